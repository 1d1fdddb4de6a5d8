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
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/retry"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/internal/census"
	"github.com/webex-operator/webex-license-operator/internal/rows"
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
	// taken are the versions of customers that the operator has looked at, asked those
	// that the test has made.
	taken, asked *versions
	// wrapTransport comes between the operator and the API server, if set.
	wrapTransport func(http.RoundTripper) http.RoundTripper
	stop          func()
	opts          fixtureOptions
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
	f := &fixture{WithT: NewWithT(t), t: t, ctx: ctx, client: admin, sim: sim, writes: &writeCounter{}, told: &toldEvents{}, taken: &versions{}, asked: &versions{}, opts: o, stop: func() {}}
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
		Scheme:  testScheme(),
		Cache:   CacheOptions([]string{f.namespace}),
		Client:  ClientOptions(),
		Metrics: metricsserver.Options{BindAddress: "0"},
	})
	f.Expect(err).NotTo(HaveOccurred())
	hosts := f.opts.apiHosts
	if hosts == nil {
		u, err := url.Parse(f.sim.URL())
		f.Expect(err).NotTo(HaveOccurred())
		hosts = []string{u.Host}
	}
	ctx, cancel := context.WithCancel(f.ctx)
	o := Options{
		Hosts:                access.HostPolicy{API: hosts},
		Clock:                f.opts.clock,
		UserAgent:            "test",
		LeaseNamespace:       f.namespace,
		MaxConcurrentSyncs:   4,
		ConcurrentReconciles: 2,
		DataVersion:          f.opts.dataVersion,
		UpgradeSpread:        f.opts.upgradeSpread,
		ObjectLimits:         f.opts.objectLimits,
		CensusDebounce:       50 * time.Millisecond,
		Retry:                webex.RetryPolicy{Attempts: 2, Base: time.Millisecond, Cap: 2 * time.Millisecond},
		Backoff:              func(string, int32) time.Duration { return 50 * time.Millisecond },
		WrapRecorder:         f.told.wrap(f.t),
		WrapClient:           func(c client.Client) client.Client { return lintingClient{Client: c, t: f.t, taken: f.taken} },
		// A test that holds a request decides when it ends, however slow the machine is.
		Timeouts:           access.Timeouts{Request: 10 * patience},
		SkipNameValidation: true,
	}
	for _, a := range adjust {
		a(&o)
	}
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

func (f *fixture) meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: f.namespace, Name: name}
}

// apply creates the object, or replaces it.
func (f *fixture) apply(object client.Object) {
	f.t.Helper()
	existing := object.DeepCopyObject().(client.Object)
	err := f.client.Get(f.ctx, client.ObjectKeyFromObject(object), existing)
	if err == nil {
		object.SetResourceVersion(existing.GetResourceVersion())
		f.Expect(f.client.Update(f.ctx, object)).To(Succeed())
		return
	}
	f.Expect(client.IgnoreNotFound(err)).To(Succeed())
	f.Expect(f.client.Create(f.ctx, object)).To(Succeed())
}

// newCustomer is a customer that reaches the simulator, not yet created.
func (f *fixture) newCustomer(name string) *v1alpha1.WebexCustomerAccess {
	return &v1alpha1.WebexCustomerAccess{
		ObjectMeta: f.meta(name),
		Spec: v1alpha1.WebexCustomerAccessSpec{
			CredentialsSecretRef: v1alpha1.CredentialsSecretReference{Name: "webex-token"},
			Connection: &v1alpha1.Connection{
				BaseURL:     f.sim.URL(),
				CABundleRef: &v1alpha1.CABundleReference{Name: "webex-ca"},
			},
		},
	}
}

// createCustomer creates a customer and waits for its first run.
func (f *fixture) createCustomer(name string, adjust ...func(*v1alpha1.WebexCustomerAccess)) *v1alpha1.WebexCustomerAccess {
	f.t.Helper()
	customer := f.newCustomer(name)
	for _, a := range adjust {
		a(customer)
	}
	f.Expect(f.client.Create(f.ctx, customer)).To(Succeed())
	f.awaitCondition(customer, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSynced)
	f.settle(customer)
	return customer
}

// awaitCondition waits until a condition of the customer has status and reason.
func (f *fixture) awaitCondition(customer *v1alpha1.WebexCustomerAccess, conditionType string, value metav1.ConditionStatus, reason string) *metav1.Condition {
	f.t.Helper()
	var found *metav1.Condition
	f.Eventually(func(g Gomega) {
		g.Expect(f.client.Get(f.ctx, client.ObjectKeyFromObject(customer), customer)).To(Succeed())
		found = meta.FindStatusCondition(customer.Status.Conditions, conditionType)
		g.Expect(found).NotTo(BeNil(), "no condition %s: %+v", conditionType, customer.Status)
		g.Expect(string(found.Status)+" "+found.Reason).To(Equal(string(value)+" "+reason), "%+v", customer.Status.Conditions)
		g.Expect(found.ObservedGeneration).To(Equal(customer.Generation))
	}).Should(Succeed())
	return found
}

// settle waits until the operator has looked at what the test changed, and nothing is
// written about the customer for a while, longer than the row watch gathers events.
func (f *fixture) settle(customer *v1alpha1.WebexCustomerAccess) {
	f.t.Helper()
	quiet := rowDebounce + 500*time.Millisecond
	last, since := "", time.Now()
	f.Eventually(func(g Gomega) {
		g.Expect(f.client.Get(f.ctx, client.ObjectKeyFromObject(customer), customer)).To(Succeed())
		g.Expect(f.taken.of(customer.Name)).To(BeNumerically(">=", f.asked.of(customer.Name)), "a change that the operator has not seen")
		state := customer.ResourceVersion + fmt.Sprint(f.writes.all())
		if state != last {
			last, since = state, time.Now()
		}
		g.Expect(time.Since(since)).To(BeNumerically(">", quiet))
	}).Should(Succeed())
}

// run creates a run by hand and waits for its end.
func (f *fixture) run(customer string) *v1alpha1.LicenseSync {
	f.t.Helper()
	run := &v1alpha1.LicenseSync{
		ObjectMeta: metav1.ObjectMeta{Namespace: f.namespace, GenerateName: customer + "-"},
		Spec:       v1alpha1.LicenseSyncSpec{CustomerAccessRef: v1alpha1.LocalCustomerReference{Name: customer}},
	}
	f.Expect(f.client.Create(f.ctx, run)).To(Succeed())
	return f.awaitEnd(run)
}

// awaitEnd waits for a run's end.
func (f *fixture) awaitEnd(run *v1alpha1.LicenseSync) *v1alpha1.LicenseSync {
	f.t.Helper()
	f.Eventually(func(g Gomega) {
		g.Expect(f.client.Get(f.ctx, client.ObjectKeyFromObject(run), run)).To(Succeed())
		g.Expect(finished(run)).To(BeTrue(), "%+v", run.Status)
	}).Should(Succeed())
	return run
}

// keyOf names an object.
func keyOf(object client.Object) client.ObjectKey { return client.ObjectKeyFromObject(object) }

// list are the customer's rows.
func (f *fixture) list(customer string) []v1alpha1.WebexLicense {
	f.t.Helper()
	var list v1alpha1.WebexLicenseList
	f.Expect(f.client.List(f.ctx, &list, client.InNamespace(f.namespace), client.MatchingFields{"spec.customerAccessRef.name": customer})).To(Succeed())
	return list.Items
}

// rows are the customer's rows, by "level licence @ location".
func (f *fixture) rows(customer string) map[string]*v1alpha1.WebexLicense {
	f.t.Helper()
	list := f.list(customer)
	rows := map[string]*v1alpha1.WebexLicense{}
	for i := range list {
		row := &list[i]
		rows[fmt.Sprintf("%s %s @ %s", row.Spec.Level, row.Status.Name, row.Status.Location)] = row
	}
	f.Expect(rows).To(HaveLen(len(list)), "rows share name and location")
	return rows
}

// change alters a customer as an administrator would, also while others write it.
func (f *fixture) change(customer *v1alpha1.WebexCustomerAccess, alter func(*v1alpha1.WebexCustomerAccess)) {
	f.t.Helper()
	f.Expect(retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		if err := f.client.Get(f.ctx, client.ObjectKeyFromObject(customer), customer); err != nil {
			return err
		}
		alter(customer)
		return f.client.Update(f.ctx, customer)
	})).To(Succeed())
	f.asked.see(customer)
}

// setAnnotation sets an annotation of a customer; empty removes it.
func (f *fixture) setAnnotation(customer *v1alpha1.WebexCustomerAccess, key, value string) {
	f.t.Helper()
	f.change(customer, func(c *v1alpha1.WebexCustomerAccess) {
		if c.Annotations == nil {
			c.Annotations = map[string]string{}
		}
		c.Annotations[key] = value
		if value == "" {
			delete(c.Annotations, key)
		}
	})
}

// poke makes the operator look at a customer although nothing changed that matters.
func (f *fixture) poke(customer *v1alpha1.WebexCustomerAccess) {
	f.t.Helper()
	f.setAnnotation(customer, "example.com/poke", time.Now().Format(time.RFC3339Nano))
}

// forget makes all counters zero.
func (f *fixture) forget() {
	f.writes.reset()
	f.sim.ResetRequests()
}

// runs are the names of a customer's runs, by trigger.
func (f *fixture) runs(customer string) map[v1alpha1.Trigger][]string {
	f.t.Helper()
	var list v1alpha1.LicenseSyncList
	f.Expect(f.client.List(f.ctx, &list, client.InNamespace(f.namespace), client.MatchingFields{"spec.customerAccessRef.name": customer})).To(Succeed())
	runs := map[v1alpha1.Trigger][]string{}
	for _, run := range list.Items {
		runs[run.Spec.Trigger] = append(runs[run.Spec.Trigger], run.Name)
	}
	return runs
}

// awaitRuns waits until so many runs of a trigger exist, and all have ended.
func (f *fixture) awaitRuns(customer string, trigger v1alpha1.Trigger, count int) []v1alpha1.LicenseSync {
	f.t.Helper()
	var found []v1alpha1.LicenseSync
	f.Eventually(func(g Gomega) {
		var list v1alpha1.LicenseSyncList
		g.Expect(f.client.List(f.ctx, &list, client.InNamespace(f.namespace), client.MatchingFields{
			"spec.customerAccessRef.name": customer, "spec.trigger": string(trigger),
		})).To(Succeed())
		found = list.Items
		g.Expect(found).To(HaveLen(count))
		for i := range found {
			g.Expect(finished(&found[i])).To(BeTrue(), "%s: %+v", found[i].Name, found[i].Status)
		}
	}).Should(Succeed())
	return found
}

// row is the row of a licence, by its key in the simulator, at a location; ""
// means level Customer.
func (f *fixture) row(customer *v1alpha1.WebexCustomerAccess, license, location string) *v1alpha1.WebexLicense {
	f.t.Helper()
	fields := client.MatchingFields{
		"spec.customerAccessRef.name": customer.Name, "spec.licenseID": f.org.LicenseID(license), "spec.level": string(v1alpha1.LevelCustomer),
	}
	if location != "" {
		fields["spec.level"], fields["spec.locationID"] = string(v1alpha1.LevelSite), f.org.LocationID(location)
	}
	var list v1alpha1.WebexLicenseList
	f.Expect(f.client.List(f.ctx, &list, client.InNamespace(f.namespace), fields)).To(Succeed())
	f.Expect(list.Items).To(HaveLen(1), "rows of %s at %q", license, location)
	return &list.Items[0]
}

// expectFigures compares all rows of a customer with the figures that the
// simulator counts from its own people and workspaces.
func (f *fixture) expectFigures(customer *v1alpha1.WebexCustomerAccess) {
	f.t.Helper()
	f.Expect(shown(f.list(customer.Name))).To(Equal(f.truth(customer)))
}

// truth is what the rows of a customer must show, by level, licence and location.
func (f *fixture) truth(customer *v1alpha1.WebexCustomerAccess) map[string]string {
	hidden := map[string]bool{} // licences of which Webex does not tell who consumes
	for _, spec := range f.opts.organization.Licenses {
		hidden[spec.Name] = spec.Consumers == webexsim.FormNull
	}
	want := map[string]string{}
	for _, l := range f.org.Truth().Licenses {
		users, workspaces := fmt.Sprint(l.ByUsers), fmt.Sprint(l.ByWorkspaces)
		if hidden[l.Name] {
			users, workspaces = "?", "?"
		}
		class := v1alpha1.ClassPurchased
		if l.Subscription == "" {
			class = v1alpha1.ClassIncluded
		}
		about := fmt.Sprintf("%s %s subscription %q site %q", l.OfferCode, class, l.Subscription, l.SiteURL)
		want["Customer "+l.ID+" @ "] = fmt.Sprintf("%s @ %s: total %d consumed %d available %d users %s workspaces %s elsewhere %d residual %d; %s",
			l.Name, rows.DisplayName(customer), l.Total, l.Consumed, l.Total-l.Consumed, users, workspaces, l.WithoutLocation, l.Residual, about)
		for _, at := range l.Locations {
			want["Site "+l.ID+" @ "+at.ID] = fmt.Sprintf("%s @ %s: total %d consumed %d available %d users %d workspaces %d elsewhere ? residual ?; %s",
				l.Name, at.Name, l.Total, at.Units, l.Total-at.Units, at.Users, at.Workspaces, about)
		}
	}
	return want
}

// shown is what rows show, in the form of truth.
func shown(rows []v1alpha1.WebexLicense) map[string]string {
	unit := func(n *int64) string {
		if n == nil {
			return "?"
		}
		return fmt.Sprint(*n)
	}
	got := map[string]string{}
	for _, row := range rows {
		s := row.Status
		got[fmt.Sprintf("%s %s @ %s", row.Spec.Level, row.Spec.LicenseID, row.Spec.LocationID)] = fmt.Sprintf(
			"%s @ %s: total %s consumed %s available %s users %s workspaces %s elsewhere %s residual %s; %s %s subscription %q site %q",
			s.Name, s.Location, unit(s.TotalUnits), unit(s.ConsumedUnits), unit(s.AvailableUnits), unit(s.ConsumedByUsers), unit(s.ConsumedByWorkspaces),
			unit(s.UnitsWithoutLocation), unit(s.ResidualUnits), s.OfferCode, s.Class, s.SubscriptionID, s.SiteURL)
	}
	return got
}
