package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/test/controlplane"
	"github.com/webex-operator/webex-license-operator/test/operator"
)

// programs are the binaries of the repository that a scenario runs.
type programs struct{ manager, simulator string }

// build compiles the programs. The flags of a release leave out paths and symbols, and change nothing that runs; here they
// would only compile all dependencies once more.
func build(ctx context.Context, repository, dir string) (programs, error) {
	p := programs{simulator: filepath.Join(dir, "webexsim")}
	var err error
	if p.manager, err = operator.Build(ctx, repository, dir); err != nil {
		return p, err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-o", p.simulator, "./hack/webexsim") //nolint:gosec // our own program
	cmd.Dir = repository
	if output, err := cmd.CombinedOutput(); err != nil {
		return p, fmt.Errorf("building the simulator: %w\n%s", err, output)
	}
	return p, nil
}

// world is what a scenario happens in.
type world struct {
	scenario Scenario
	programs programs
	dir      string // takes profiles
	profile  bool
	verbose  bool
	// profiling are the profiles of the step under way, if some are wanted.
	profiling *profiling

	// repository is where the definitions of the operator's kinds are, temporary takes what programs write for each other.
	repository, temporary string

	stop    context.CancelFunc // of the cluster's context
	cluster *controlplane.ControlPlane
	client  client.Client
	http    *http.Client // of the API server
	groups  []*group
	manager *manager
	// written counts the world's own writes to the API server, which are not the operator's.
	written atomic.Int64
	// floor is how long the API server takes for a row if bare clients write it, in seconds; 0 if not measured.
	floor float64
	// bareDelete is how long a namespace of bare rows takes to be gone; 0 if not measured.
	bareDelete time.Duration
	figures    Figures
}

// start starts a control plane and the simulators; the manager is started by a step. The caller ends the world, also if
// it did not start.
func (w *world) start(ctx context.Context) (err error) {
	if w.temporary, err = os.MkdirTemp("", "webex-license-operator-perf-"); err != nil {
		return err
	}
	if len(w.scenario.Fleet) == 0 {
		return nil // it has a world of its own
	}
	seed := 1
	for _, g := range w.scenario.Fleet {
		sim, err := startSimulator(ctx, w.programs.simulator, w.temporary, g, seed)
		if err != nil {
			return fmt.Errorf("starting the simulator of group %s: %w", g.Name, err)
		}
		w.groups = append(w.groups, &group{Group: g, sim: sim})
		seed += g.Customers
	}
	// An interruption ends the start. After that only the end of the world does: the manager goes before its API server.
	life, stop := context.WithCancel(context.WithoutCancel(ctx))
	w.stop = stop
	started := context.AfterFunc(ctx, stop)
	w.cluster, err = controlplane.Start(life, controlplane.Options{
		CRDPaths: []string{operator.CRDs(w.repository)}, ControllerManager: w.scenario.ControllerManager,
	})
	started()
	if err != nil {
		return err
	}
	config := rest.CopyConfig(w.cluster.Config)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return counting{next, &w.written} })
	if w.client, err = client.New(config, client.Options{Scheme: operator.Scheme()}); err != nil {
		return err
	}
	w.http, err = rest.HTTPClientFor(w.cluster.Config)
	return err
}

// end stops everything, and leaves nothing but profiles.
func (w *world) end() error {
	var errs []error
	if w.manager != nil {
		errs = append(errs, w.manager.stop())
	}
	for _, g := range w.groups {
		g.sim.Kill() // it keeps nothing
	}
	if w.cluster != nil {
		errs = append(errs, w.cluster.Stop())
		w.stop()
	}
	if w.temporary != "" {
		errs = append(errs, os.RemoveAll(w.temporary))
	}
	return errors.Join(errs...)
}

// startManager starts the operator as a Deployment would.
func (w *world) startManager(ctx context.Context) error {
	var hosts []string
	for _, g := range w.groups {
		u, err := url.Parse(g.sim.URL)
		if err != nil {
			return err
		}
		hosts = append(hosts, u.Host)
	}
	var err error
	w.manager, err = startManager(ctx, w.programs.manager, w.cluster.KubeconfigPath,
		append([]string{"--allowed-api-hosts=" + strings.Join(hosts, ",")}, w.scenario.Manager...)...)
	if err == nil && w.profiling != nil {
		w.profiling.manager(ctx, w.manager)
	}
	return err
}

// of are the groups that take part in a step.
func (w *world) of(step Step) []*group {
	if len(step.Groups) == 0 {
		return w.groups
	}
	var chosen []*group
	for _, g := range w.groups {
		for _, name := range step.Groups {
			if g.Name == name {
				chosen = append(chosen, g)
			}
		}
	}
	return chosen
}

// counting counts requests that write.
type counting struct {
	next    http.RoundTripper
	written *atomic.Int64
}

// RoundTrip sends the request.
func (c counting) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet {
		c.written.Add(1)
	}
	return c.next.RoundTrip(r)
}
