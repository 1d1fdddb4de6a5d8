package controllers

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/internal/census"
	"github.com/webex-operator/webex-license-operator/internal/connection"
	"github.com/webex-operator/webex-license-operator/internal/webex"
	"github.com/webex-operator/webex-license-operator/test/controlplane"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// cluster is the control plane that all tests of the package share: a real API
// server, and the real garbage collector.
var cluster *controlplane.ControlPlane

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	flag.Parse()
	raiseParallelism()
	os.Exit(func() int {
		var err error
		cluster, err = controlplane.Start(context.Background(), controlplane.Options{
			CRDPaths:          []string{filepath.Join("..", "config", "crd", "bases")},
			ControllerManager: true,
		})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer func() {
			if err := cluster.Stop(); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		}()
		return m.Run()
	}())
}

// raiseParallelism lets more tests run side by side than there are processors,
// since most of their time is waiting. A -parallel on the command line wins.
func raiseParallelism() {
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if given {
		return
	}
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
}

// patience is how long a test waits for what must come. It is long because
// machines are slow at times, and costs nothing when all is well.
const patience = time.Minute

// fixture is one test's world: a namespace, a simulated Webex with one
// organization, and an operator that sees only that namespace.
type fixture struct {
	*WithT
	t         *testing.T
	ctx       context.Context
	namespace string
	// client is an administrator's.
	client client.Client
	sim    *webexsim.Server
	org    *webexsim.Organization
	// writes counts what the operator writes.
	writes *writeCounter
	// told are the events that the operator tells.
	told *toldEvents
	// taken are the versions of customers that the operator has looked at since it was started.
	taken *versions
	// reconciles are those of the operator, cache what it reads.
	reconciles *reconciles
	cache      client.Reader
	// wrapTransport comes between the operator and the API server, if set.
	wrapTransport func(http.RoundTripper) http.RoundTripper
	stop          func()
	// assigns says that an operator ran which may change licences in Webex; no other ever does.
	assigns bool
	opts    fixtureOptions
}

type fixtureOptions struct {
	organization webexsim.OrganizationSpec
	sim          webexsim.Options
	clock        clock.PassiveClock
	// stopped leaves the operator to the test to start.
	stopped bool
	// dataVersion and upgradeSpread make the operator another release.
	dataVersion   int32
	upgradeSpread time.Duration
	// objectLimits replace the published ones.
	objectLimits census.Limits
	// apiHosts replaces the simulator's host in the list of allowed hosts.
	apiHosts []string
}

const accessToken = "sim-access-token"

func newFixture(t *testing.T, adjust ...func(*fixtureOptions)) *fixture {
	t.Helper()
	t.Parallel()
	o := fixtureOptions{organization: webexsim.StandardOrganization(), clock: clock.RealClock{}}
	o.sim.TLS = true
	for _, a := range adjust {
		a(&o)
	}
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	sim, err := webexsim.New(o.sim)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	admin, err := client.New(cluster.Config, client.Options{Scheme: testScheme()})
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{WithT: NewWithT(t), t: t, ctx: ctx, client: admin, sim: sim, writes: &writeCounter{}, told: &toldEvents{}, taken: &versions{}, reconciles: &reconciles{}, opts: o, stop: func() {}}
	f.told.reconciles = f.reconciles
	t.Cleanup(func() {
		if n := sim.Patches(); n > 0 && !f.assigns {
			t.Errorf("an operator without --enable-assignment sent %d changes of licences", n)
		}
	})
	f.SetDefaultEventuallyTimeout(patience)
	f.SetDefaultEventuallyPollingInterval(20 * time.Millisecond)
	f.org = sim.AddOrganization(o.organization)
	sim.IssueToken(webexsim.TokenSpec{Organization: o.organization.UUID, Access: accessToken})

	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"}}
	f.Expect(admin.Create(ctx, namespace)).To(Succeed())
	f.namespace = namespace.Name
	f.apply(&corev1.ConfigMap{ObjectMeta: f.meta("webex-ca"), Data: map[string]string{"ca.crt": string(sim.CACertificate())}})
	f.apply(&corev1.Secret{ObjectMeta: f.meta("webex-token"), Data: map[string][]byte{access.KeyAccessToken: []byte(accessToken)}})
	if !o.stopped {
		f.start()
	}
	return f
}

func testScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			panic(err)
		}
	}
	return scheme
}

// start runs an operator until f.stop, or the end of the test, stops it.
func (f *fixture) start(adjust ...func(*Options)) {
	f.t.Helper()
	config := rest.CopyConfig(cluster.Config)
	config.Wrap(f.writes.wrap)
	if f.wrapTransport != nil {
		config.Wrap(f.wrapTransport)
	}
	mgr, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:     testScheme(),
		Cache:      CacheOptions([]string{f.namespace}),
		Client:     ClientOptions(),
		Metrics:    metricsserver.Options{BindAddress: "0"},
		Controller: reconcilesThatEnd,
	})
	f.Expect(err).NotTo(HaveOccurred())
	f.cache = mgr.GetCache()
	f.taken.byName.Clear()
	hosts := f.opts.apiHosts
	if hosts == nil {
		u, err := url.Parse(f.sim.URL())
		f.Expect(err).NotTo(HaveOccurred())
		hosts = []string{u.Host}
	}
	ctx, cancel := context.WithCancel(f.ctx)
	o := Options{
		Hosts:                connection.HostPolicy{API: hosts},
		Clock:                f.opts.clock,
		UserAgent:            "test",
		LeaseNamespace:       f.namespace,
		MaxConcurrentSyncs:   4,
		ConcurrentReconciles: 2,
		DataVersion:          f.opts.dataVersion,
		UpgradeSpread:        f.opts.upgradeSpread,
		ObjectLimits:         f.opts.objectLimits,
		CensusDebounce:       50 * time.Millisecond,
		Settle:               time.Millisecond,
		Retry:                webex.RetryPolicy{Attempts: 2, Base: time.Millisecond, Cap: 2 * time.Millisecond},
		Backoff:              func(string, int32) time.Duration { return 50 * time.Millisecond },
		WrapRecorder:         f.told.wrap(f.t),
		WrapClient: func(c client.Client) client.Client {
			return lintingClient{Client: c, t: f.t, taken: f.taken, reconciles: f.reconciles}
		},
		// A test that holds a request decides when it ends, however slow the machine is.
		Timeouts:           connection.Timeouts{Request: 10 * patience},
		SkipNameValidation: true,
	}
	for _, a := range adjust {
		a(&o)
	}
	f.assigns = f.assigns || o.EnableAssignment
	f.Expect(Setup(ctx, mgr, o)).To(Succeed())
	done := make(chan error, 1)
	go func() { done <- mgr.Start(ctx) }()
	var once sync.Once
	f.stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				f.t.Errorf("the manager ended with %v", err)
			}
		})
	}
	f.t.Cleanup(f.stop)
}
