package soak

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/test/controlplane"
	"github.com/webex-operator/webex-license-operator/test/operator"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// patience is how long the test waits for what must come: a run may fail three
// times, with 10 and 20 s in between, on a machine that does other things.
const patience = 5 * time.Minute

// world is a namespace of a control plane, a Webex for each way in which refresh
// tokens may change, their customers, and a manager that gets killed.
type world struct {
	t         *testing.T
	ctx       context.Context
	seed      uint64
	cluster   *controlplane.ControlPlane
	binary    string
	namespace string
	arguments []string // of the manager, beside the usual ones
	// up is held by those who need the API server, and taken by who restarts it.
	up      sync.RWMutex
	outages []outage
	client  client.WithWatch

	sims      []*webexsim.Server
	customers []*customer
	runs      runs
	manager   manager
	told      told
	begin     time.Time

	mu    sync.Mutex
	diary []string
	count map[string]int
}

// outage is a time without an API server.
type outage struct{ from, until time.Time }

func newWorld(t *testing.T, cluster *controlplane.ControlPlane, binary string, seed uint64) *world {
	t.Helper()
	admin, err := client.NewWithWatch(cluster.Config, client.Options{Scheme: operator.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		t: t, ctx: t.Context(), seed: seed, cluster: cluster, binary: binary, client: admin, begin: time.Now(), count: map[string]int{},
		runs: runs{states: map[string]*runState{}}, told: told{texts: map[string]bool{}},
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "soak-"}}
	if err := admin.Create(w.ctx, namespace); err != nil {
		t.Fatal(err)
	}
	w.namespace = namespace.Name
	t.Cleanup(func() {
		w.manager.end()
		if t.Failed() {
			w.mu.Lock()
			defer w.mu.Unlock()
			t.Logf("what happened, seed %d:\n%s", seed, strings.Join(w.diary[max(0, len(w.diary)-600):], "\n"))
			t.Logf("the managers' log:\n%s", w.manager.log.Tail(200))
		}
	})
	return w
}

// rng is a source of chance of its own, so that what one part of the test draws
// does not depend on how fast another one is.
func (w *world) rng(name string) *rand.Rand {
	h := w.seed
	for _, c := range []byte(name) {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return rand.New(rand.NewPCG(w.seed, h)) //nolint:gosec // it must repeat itself
}

// note writes into the diary, which is read when a test fails.
func (w *world) note(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.diary = append(w.diary, fmt.Sprintf("%8.3f ", time.Since(w.begin).Seconds())+fmt.Sprintf(format, args...))
}

// tally counts things for the summary.
func (w *world) tally(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count[what]++
}

// do talks to the API server while it is up.
func (w *world) do(what string, request func() error) {
	w.t.Helper()
	w.up.RLock()
	defer w.up.RUnlock()
	if err := request(); err != nil {
		w.t.Errorf("%s: %v", what, err)
	}
}

func (w *world) create(object client.Object) {
	w.t.Helper()
	w.do("creating "+object.GetName(), func() error { return w.client.Create(w.ctx, object) })
}

// get reads an object as it is now.
func (w *world) get(object client.Object) {
	w.t.Helper()
	w.do("reading "+object.GetName(), func() error { return w.client.Get(w.ctx, client.ObjectKeyFromObject(object), object) })
}

func (w *world) meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: w.namespace, Name: name}
}

// await waits until something is so, and says whether it came to that.
func (w *world) await(what string, so func() bool) bool {
	w.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		switch {
		case so():
			return true
		case w.t.Failed():
			return false // of no use any more
		case time.Now().After(deadline):
			w.t.Errorf("not within %v: %s", patience, what)
			return false
		}
	}
}

// manager keeps a manager running, as Kubernetes does.
type manager struct {
	log     operator.Log
	mu      sync.Mutex
	process *operator.Process
	ended   bool
	metrics string // address of the metrics of the process
	kills   []time.Time
}

// start runs the manager until it is killed or ended.
func (w *world) start() {
	m := &w.manager
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ended {
		return
	}
	var hosts []string
	for _, sim := range w.sims {
		if u, err := url.Parse(sim.URL()); err == nil {
			hosts = append(hosts, u.Host)
		}
	}
	m.metrics = freeAddress(w.t)
	process, err := operator.Start(w.binary, w.cluster.KubeconfigPath, &m.log, append([]string{
		"--watch-namespaces=" + w.namespace, "--allowed-api-hosts=" + strings.Join(hosts, ","),
		"--metrics-bind-address=" + m.metrics, "--metrics-secure=false",
		"--health-probe-bind-address=0", "--zap-log-level=debug",
	}, w.arguments...)...)
	if err != nil {
		w.t.Errorf("starting the manager: %v", err)
		return
	}
	m.process = process
	w.note("manager started")
	go w.supervise(process)
}

// supervise starts the manager again when it has ended. By itself it may do so
// only if it cannot reach the API server.
func (w *world) supervise(process *operator.Process) {
	<-process.Done()
	m := &w.manager
	m.mu.Lock()
	killed := m.process != process
	m.mu.Unlock()
	if killed {
		return
	}
	w.tally("exits without an API server")
	w.note("manager ended by itself: %v", process.Err())
	if w.up.TryRLock() { // the API server is not being restarted, or just was
		w.up.RUnlock()
		if tail := m.log.Tail(30); !strings.Contains(tail, "connection refused") && !strings.Contains(tail, "etcd") {
			w.t.Errorf("the manager ended by itself: %v\n%s", process.Err(), tail)
		}
	}
	time.Sleep(time.Second) // as Kubernetes would, at first
	w.start()
}

// kill ends the manager by SIGKILL, and starts another one.
func (w *world) kill(why string) {
	m := &w.manager
	m.mu.Lock()
	process := m.process
	m.process = nil
	if process != nil {
		m.kills = append(m.kills, time.Now())
	}
	m.mu.Unlock()
	if process == nil {
		return
	}
	w.note("SIGKILL: %s", why)
	process.Kill()
	w.tally("kills")
	w.start()
}

// end stops it all.
func (m *manager) end() {
	m.mu.Lock()
	m.ended = true
	process := m.process
	m.process = nil
	m.mu.Unlock()
	if process != nil {
		process.Kill()
	}
}

func freeAddress(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}
