package day

import (
	"context"
	"math/rand/v2"
	"net"
	"net/http"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/record"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/recorder"

	"github.com/webex-operator/webex-license-operator/controllers"
	hosts "github.com/webex-operator/webex-license-operator/internal/connection"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

const (
	namespace = "webex"
	// apiLatency and watchLag are what requests to an API server and its watches
	// take, about as seen of a real one.
	apiLatency = 5 * time.Millisecond
	watchLag   = 20 * time.Millisecond
)

// world is an API server, a Webex and an operator that can be killed, all by the
// clock of one bubble of time.
type world struct {
	t         *testing.T
	rng       *rand.Rand
	store     *store
	sim       *webexsim.Server
	network   *network
	calls     calls
	authority string
	customers []*customer
	runs      runs
	verdicts  verdicts
	process   *process
}

// process is one life of the operator.
type process struct {
	connection *connection
	lines      *lines
	cancel     context.CancelFunc
	done       chan error
}

// newWorld must be called inside of the bubble, with a simulator from outside of
// it: its listener would keep time from going on.
func newWorld(t *testing.T, sim *webexsim.Server, seed uint64) *world {
	certificate, authority, err := newCertificate()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		t: t, rng: rand.New(rand.NewPCG(seed, 0)), //nolint:gosec // it must repeat itself
		store: newStore(), sim: sim, authority: authority,
	}
	w.calls.next, w.calls.owners, w.calls.page = sim, map[string]*customer{}, 800*time.Millisecond
	w.runs.records = map[string]*run{}
	w.verdicts = verdicts{}
	w.store.observe = func(before, after client.Object) {
		w.runs.observe(before, after)
		w.verdicts.observe(after)
	}
	w.network = newNetwork(&w.calls, certificate)
	w.create(&corev1.ConfigMap{ObjectMeta: objectMeta("webex-ca"), Data: map[string]string{"ca.crt": w.authority}})
	return w
}

func objectMeta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: name}
}

func (w *world) create(object client.Object) {
	w.t.Helper()
	if _, err := w.store.create(object); err != nil {
		w.t.Fatal(err)
	}
}

// managed is a manager on the memory API server.
type managed struct {
	ctrl.Manager
	live client.Reader
}

func (m managed) GetAPIReader() client.Reader { return m.live }

func (managed) GetEventRecorder(string) recorder.EventRecorder { return noEvents{} }

func (managed) GetEventRecorderFor(string) record.EventRecorder { return &record.FakeRecorder{} }

type noEvents struct{ recorder.EventRecorder }

func (noEvents) Eventf(_, _ runtime.Object, _, _, _, _ string, _ ...any) {}

func (noEvents) AnnotatedEventf(_, _ runtime.Object, _ map[string]string, _, _, _, _ string, _ ...any) {
}

// start begins a life of the operator: the controllers as main.go sets them up,
// with the defaults of its flags.
func (w *world) start() {
	w.t.Helper()
	p := &process{
		connection: &connection{store: w.store, latency: apiLatency},
		lines:      &lines{network: w.network, open: map[net.Conn]bool{}},
		done:       make(chan error, 1),
	}
	known := newMemoryCache(w.store, watchLag)
	c := memoryClient{connection: p.connection, cache: known}
	inner, err := ctrl.NewManager(&rest.Config{Host: "https://kubernetes.example"}, ctrl.Options{
		Scheme:                 scheme,
		MapperProvider:         func(*rest.Config, *http.Client) (meta.RESTMapper, error) { return meta.NewDefaultRESTMapper(nil), nil },
		NewCache:               func(*rest.Config, cache.Options) (cache.Cache, error) { return known, nil },
		NewClient:              func(*rest.Config, client.Options) (client.Client, error) { return c, nil },
		Metrics:                metricsserver.Options{BindAddress: "0"},
		HealthProbeBindAddress: "0",
	})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	err = controllers.Setup(ctx, managed{inner, liveReader{p.connection}}, controllers.Options{
		Hosts:                hosts.HostPolicy{API: []string{webexHost}, Dial: p.lines.dial},
		Clock:                clock.RealClock{},
		UserAgent:            "day",
		MaxConcurrentSyncs:   8,
		RequestsPerSecond:    50,
		ConcurrentReconciles: 4,
		SkipNameValidation:   true,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	go func() { p.done <- inner.Start(ctx) }()
	w.process = p
}

// kill ends the operator as SIGKILL does: from now on nothing that it does has
// any effect.
func (w *world) kill() {
	w.process.connection.dead.Store(true)
	w.process.lines.unplug()
	w.process.cancel()
	if err := <-w.process.done; err != nil {
		w.t.Errorf("the manager ended with %v", err)
	}
	w.process = nil
}

func (w *world) stop() {
	if w.process != nil {
		w.kill()
	}
	w.network.stop()
}
