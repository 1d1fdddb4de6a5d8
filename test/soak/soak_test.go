// Package soak lets the operator work in a world where everything goes wrong all
// the time: the manager as it is shipped, a real control plane, simulated services
// with random faults, SIGKILLs, restarts of the API server. What happens follows
// from a seed, as far as processes of an operating system let it.
package soak

import (
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/test/controlplane"
	"github.com/webex-operator/webex-license-operator/test/operator"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

var (
	soakRuns = flag.Int("soak-runs", intOf("SOAK_RUNS", 30), "number of runs to ask for, or SOAK_RUNS")
	soakSeed = flag.Int("soak-seed", intOf("SOAK_SEED", 1), "seed of the soak, or SOAK_SEED; 0 for another one each time")
)

func intOf(variable string, usual int) int {
	text := os.Getenv(variable)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(fmt.Sprintf("%s: %q is no number", variable, text))
	}
	return n
}

const repository = "../.."

func TestMain(m *testing.M) {
	flag.Parse()
	ctrl.SetLogger(logr.Discard())
	os.Exit(m.Run())
}

func TestSoak(t *testing.T) {
	t.Parallel()
	w := startWorld(t)
	for _, mode := range []webexsim.RefreshMode{webexsim.RefreshKeep, webexsim.RefreshRotate, webexsim.RefreshOmit} {
		w.addSim(mode)
	}
	ctx, cancel := context.WithCancel(t.Context())
	followed := w.followAll(ctx)
	w.start()
	w.soak((*soakRuns + len(w.customers) - 1) / len(w.customers))
	w.calm()
	if !t.Failed() {
		w.finish()
	}
	cancel()
	followed()
	w.summarise()
}

// startWorld builds the manager, and starts a control plane for it.
func startWorld(t *testing.T) *world {
	t.Helper()
	seed := uint64(*soakSeed) //nolint:gosec // any number will do
	if seed == 0 {
		seed = rand.Uint64N(1e9) //nolint:gosec // it is printed, to be repeated
	}
	t.Logf("seed %d (SOAK_SEED), %d runs (SOAK_RUNS)", seed, *soakRuns)
	binary, err := operator.Build(t.Context(), repository, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	cluster, err := controlplane.Start(t.Context(), controlplane.Options{CRDPaths: []string{operator.CRDs(repository)}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	return newWorld(t, cluster, binary, seed)
}

// soak asks for runs while everything goes wrong.
func (w *world) soak(rounds int) {
	stop := make(chan struct{})
	var chaos, drivers sync.WaitGroup
	chaos.Go(func() { w.harass(stop, 30*time.Second) })
	for _, c := range w.customers {
		drivers.Go(func() { w.drive(c, rounds) })
	}
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Minute):
				w.mu.Lock()
				w.t.Logf("%v: %d runs asked for, %d kills", time.Since(w.begin).Round(time.Second), w.count["runs asked for"], w.count["kills"])
				w.mu.Unlock()
			}
		}
	}()
	drivers.Wait()
	close(stop)
	chaos.Wait()
}

// finish asks for one more run of each customer while nothing goes wrong, and
// looks at what is there.
func (w *world) finish() {
	w.note("calm")
	var drivers sync.WaitGroup
	for _, c := range w.customers {
		drivers.Go(func() {
			w.last(c)
		})
	}
	drivers.Wait()
	metrics := w.scrape()
	w.manager.end()
	for _, c := range w.customers {
		w.expectTruth(c)
		w.expectOutcomes(c)
	}
	w.expectSkips()
	w.expectTokens()
	w.expectSecrecy(metrics)
}

// last asks for runs in peace until one succeeds. It may take two: a refresh token
// that was lost before is missed when the access token ends.
func (w *world) last(c *customer) {
	object := &v1alpha1.WebexCustomerAccess{ObjectMeta: w.meta(c.name)}
	for try := range 3 {
		w.mend(c)
		w.requestByToken(c, fmt.Sprintf("last-%d", try))
		w.await("the last run of "+c.name, func() bool { return w.runs.rest(c.name, c.runs) })
		w.get(object)
		reason := object.Status.LastRun.Reason
		if reason == v1alpha1.ReasonSucceeded {
			return
		}
		if !failures.ConcernsCredentials(reason) || w.t.Failed() {
			w.t.Errorf("a run of %s that nothing disturbed: %s: %s", c.name, reason, object.Status.LastRun.Message)
			return
		}
	}
}

// expectOutcomes checks that each run that was asked for exists once and has
// exactly one outcome, and that the last one succeeded.
func (w *world) expectOutcomes(c *customer) {
	byToken := 0
	for _, run := range w.runsOf(c) {
		outcome := outcomeOf(&run)
		if strings.HasPrefix(run.Name, c.name+"-m-") {
			byToken++
		}
		if strings.Count(outcome, " at ") != 1 || strings.HasPrefix(outcome, "CompleteFailed") {
			w.t.Errorf("run %s has the outcome %q", run.Name, outcome)
		}
		w.tally("runs " + strings.SplitN(outcome, " ", 2)[0])
	}
	if byToken != c.tokens {
		w.t.Errorf("%s: %d runs for %d tokens", c.name, byToken, c.tokens)
	}
	outcomes := w.runs.outcomes()
	for _, name := range c.runs {
		if outcomes[name] == "" {
			w.t.Errorf("run %s was asked for, and has no outcome", name)
		}
	}
	if last := c.runs[len(c.runs)-1]; !strings.HasPrefix(outcomes[last], "Complete") {
		w.t.Errorf("the last run of %s, which nothing disturbed: %s", c.name, outcomes[last])
	}
}

// scrape reads the manager's metrics.
func (w *world) scrape() string {
	w.manager.mu.Lock()
	address := w.manager.metrics
	w.manager.mu.Unlock()
	client := http.Client{Timeout: time.Minute}
	answer, err := client.Get("http://" + address + "/metrics")
	if err != nil {
		w.t.Errorf("reading metrics: %v", err)
		return ""
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		w.t.Errorf("reading metrics: %v", err)
	}
	return string(body)
}

// expectSecrecy searches all that the operator told for all that is secret.
func (w *world) expectSecrecy(metrics string) {
	told, err := operator.Stored(w.ctx, w.cluster.Config, w.namespace)
	if err != nil {
		w.t.Error(err)
	}
	for _, resource := range []string{"events.events.k8s.io", "licensesyncs.licensing.webex-operator.io", "webexcustomeraccesses.licensing.webex-operator.io", "webexlicenses.licensing.webex-operator.io"} {
		if told[resource] == "" {
			w.t.Errorf("there are no %s to search: %v", resource, slices.Collect(maps.Keys(told)))
		}
	}
	told["the log"], told["metrics"], told["conditions"] = w.manager.log.String(), metrics, w.told.all()
	for _, sim := range w.sims {
		for where, text := range told {
			if len(text) < 500 {
				w.t.Errorf("%s: there is nothing to search", where)
			}
			for _, leak := range operator.Leaks(sim, text) {
				w.t.Errorf("%s tells: %s", where, leak)
			}
		}
	}
	for where, text := range told {
		w.note("searched %s: %d bytes", where, len(text))
	}
	if sign := operator.Crashed(told["the log"]); sign != "" {
		w.t.Errorf("the log tells of a crash: %s", sign)
	}
}

func (w *world) summarise() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.t.Logf("seed %d, %v", w.seed, time.Since(w.begin).Round(time.Second))
	acted := 0
	for _, sim := range w.sims {
		for _, request := range sim.RequestLog() {
			if request.Rule != "" {
				acted++
			}
		}
	}
	w.t.Logf("%5d requests to Webex, %d of them spoiled", w.requests(), acted)
	if n := w.patches(); n > 0 && len(w.arguments) == 0 {
		w.t.Errorf("a manager without --enable-assignment sent %d changes of licences", n)
	}
	if acted < *soakRuns/2 || w.count["kills"] < 3 || w.count["restarts of the API server"] < 1 {
		w.t.Error("too little went wrong to prove anything")
	}
	for _, what := range slices.Sorted(maps.Keys(w.count)) {
		w.t.Logf("%5d %s", w.count[what], what)
	}
}
