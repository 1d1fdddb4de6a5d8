package prometheus

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/operator"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

const (
	// patience is how long a test waits for what must come, on a machine that does other things.
	patience       = 4 * time.Minute
	pollInterval   = 50 * time.Millisecond
	scrapeInterval = time.Second
)

// Options say what is particular about a world. The zero value has no rules.
type Options struct {
	// Rules is the path of a file of rules that Prometheus evaluates.
	Rules string
	// Interval is that of scrapes; default 1 s. Rules are evaluated every 200 ms, which are 30 s for the scaled ones.
	Interval time.Duration
	// Sim are the options of the simulated Webex, which speaks TLS in any case.
	Sim webexsim.Options
	// Arguments are further ones of the manager.
	Arguments []string
}

// World is a namespace of a cluster, a simulated Webex, the manager that reads one into the other, and a Prometheus that
// scrapes the manager.
type World struct {
	// Client is that of an administrator.
	Client client.WithWatch
	// Namespace is the one that the manager watches.
	Namespace string
	// Sim is the simulated Webex.
	Sim *webexsim.Server

	t          testing.TB
	cluster    *Cluster
	options    Options
	kubeconfig string
	metrics    string // address of the manager's metrics
	manager    *operator.Process
	log        *operator.Log
	prometheus *server
}

// NewWorld starts a world, which ends with the test. The manager is at work and Prometheus has scraped it when NewWorld
// returns.
func (c *Cluster) NewWorld(t testing.TB, o Options) *World {
	t.Helper()
	o.Sim.TLS = true
	if o.Interval == 0 {
		o.Interval = scrapeInterval
	}
	sim, err := webexsim.New(o.Sim)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	directory := t.TempDir()
	w := &World{
		Client: c.client, Sim: sim, t: t, cluster: c, options: o, log: &operator.Log{},
		kubeconfig: filepath.Join(directory, "kubeconfig"), metrics: freeAddress(t),
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "world-"}}
	w.Create(namespace)
	w.Namespace = namespace.Name
	w.Create(&corev1.ConfigMap{ObjectMeta: w.Meta("webex-ca"), Data: map[string]string{"ca.crt": string(sim.CACertificate())}})
	w.must("writing the manager's kubeconfig", c.managerKubeconfig(t.Context(), w.kubeconfig))
	t.Cleanup(w.end)
	w.StartManager()
	w.startPrometheus(directory)
	w.awaitResolved("ALERTS") // rules are evaluated before the first scrape, too
	return w
}

// On is the same world for a part of the test.
func (w *World) On(t testing.TB) *World {
	part := *w
	part.t = t
	return &part
}

// startPrometheus starts Prometheus once there is something to scrape.
func (w *World) startPrometheus(directory string) {
	w.t.Helper()
	token, err := w.cluster.token(w.t.Context(), monitoringNamespace, scraperAccount)
	w.must("getting a token for Prometheus", err)
	w.Await("the manager's metrics", func() bool {
		status, body := w.scrape(token)
		return status == http.StatusOK && strings.Contains(body, "webexlicense_cache_objects{")
	})
	file := filepath.Join(directory, "token")
	w.must("writing it", os.WriteFile(file, []byte(token), 0o600))
	rules := w.options.Rules
	if rules != "" {
		rules, err = filepath.Abs(rules)
		w.must("finding the rules", err)
	}
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	w.prometheus, err = startServer(ctx, directory, w.cluster.repository, scrape{
		target: w.metrics, tokenFile: file, rules: rules, interval: w.options.Interval,
	})
	w.must("starting Prometheus", err)
	w.AwaitScrape()
}

// StartManager runs the manager with the arguments of config/manager, but for its addresses and what Options add.
func (w *World) StartManager() {
	w.t.Helper()
	base, err := url.Parse(w.Sim.URL())
	w.must("reading the address of the simulator", err)
	w.manager, err = operator.Start(w.cluster.manager, w.kubeconfig, w.log, append([]string{
		"--metrics-bind-address=" + w.metrics, "--health-probe-bind-address=0",
		"--watch-namespaces=" + w.Namespace, "--allowed-api-hosts=" + base.Host,
	}, w.options.Arguments...)...)
	w.must("starting the manager", err)
}

// StopManager ends the manager as Kubernetes does, by SIGTERM.
func (w *World) StopManager() {
	w.t.Helper()
	w.must("stopping the manager", w.manager.Stop())
	w.manager = nil
}

// KillManager ends the manager by SIGKILL.
func (w *World) KillManager() {
	w.manager.Kill()
	w.manager = nil
}

func (w *World) end() {
	if w.manager != nil {
		w.KillManager()
	}
	if w.prometheus != nil {
		w.prometheus.process.Kill()
	}
	if w.t.Failed() {
		w.t.Logf("the manager's log:\n%s", w.log.Tail(100))
		if w.prometheus != nil {
			w.t.Logf("Prometheus' log:\n%s", w.prometheus.log.Tail(20))
		}
	}
}

// Meta is that of an object of the world.
func (w *World) Meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: w.Namespace, Name: name}
}

// Create creates an object.
func (w *World) Create(object client.Object) {
	w.t.Helper()
	w.must("creating "+object.GetName(), w.Client.Create(w.t.Context(), object))
}

// Get reads an object as it is now.
func (w *World) Get(object client.Object) {
	w.t.Helper()
	w.must("reading "+object.GetName(), w.Client.Get(w.t.Context(), client.ObjectKeyFromObject(object), object))
}

// Patch merges a patch into an object.
func (w *World) Patch(object client.Object, format string, args ...any) {
	w.t.Helper()
	patch := client.RawPatch(types.MergePatchType, fmt.Appendf(nil, format, args...))
	w.must("patching "+object.GetName(), w.Client.Patch(w.t.Context(), object, patch))
}

// AddCustomer adds an organization to the simulated Webex, and a customer that reads it with an access token. Its first
// run begins by itself. The customer may be changed before it is created.
func (w *World) AddCustomer(name string, organization webexsim.OrganizationSpec, change ...func(*v1alpha1.WebexCustomerAccess)) *webexsim.Organization {
	w.t.Helper()
	org := w.Sim.AddOrganization(organization)
	token := w.Sim.IssueToken(webexsim.TokenSpec{Organization: org.UUID(), Owner: name})
	w.AddAccess(name, map[string]string{"accessToken": token.Access}, change...)
	return org
}

// AddAccess creates a customer with these keys in its Secret.
func (w *World) AddAccess(name string, credentials map[string]string, change ...func(*v1alpha1.WebexCustomerAccess)) {
	w.t.Helper()
	w.Create(&corev1.Secret{ObjectMeta: w.Meta(name), StringData: credentials})
	customer := &v1alpha1.WebexCustomerAccess{
		ObjectMeta: w.Meta(name),
		Spec: v1alpha1.WebexCustomerAccessSpec{
			CredentialsSecretRef: v1alpha1.CredentialsSecretReference{Name: name},
			Connection: &v1alpha1.Connection{
				BaseURL: w.Sim.URL(), CABundleRef: &v1alpha1.CABundleReference{Name: "webex-ca"}, RequestsPerMinute: 6000,
			},
		},
	}
	for _, f := range change {
		f(customer)
	}
	w.Create(customer)
}

// Customer is a customer as it is now.
func (w *World) Customer(name string) *v1alpha1.WebexCustomerAccess {
	w.t.Helper()
	customer := &v1alpha1.WebexCustomerAccess{ObjectMeta: w.Meta(name)}
	w.Get(customer)
	return customer
}

// AwaitSynced waits for the first successful run of customers.
func (w *World) AwaitSynced(names ...string) {
	w.t.Helper()
	for _, name := range names {
		w.Await(name+" is synced", func() bool { return w.Customer(name).Status.LastSuccessfulSyncTime != nil })
	}
}

// Sync runs a customer now, and waits for the end of the run. It says whether it succeeded.
func (w *World) Sync(customer string) bool {
	w.t.Helper()
	run := &v1alpha1.LicenseSync{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, GenerateName: customer + "-"},
		Spec: v1alpha1.LicenseSyncSpec{
			CustomerAccessRef: v1alpha1.LocalCustomerReference{Name: customer}, BackoffLimit: new(int32(0)),
		},
	}
	w.Create(run)
	w.Await("the end of "+run.Name, func() bool {
		w.Get(run)
		return run.Status.CompletionTime != nil
	})
	return isTrue(run.Status.Conditions, v1alpha1.ConditionComplete)
}

func isTrue(conditions []metav1.Condition, kind string) bool {
	for i := range conditions {
		if conditions[i].Type == kind {
			return conditions[i].Status == metav1.ConditionTrue
		}
	}
	return false
}

// Await waits until something is so.
func (w *World) Await(what string, so func() bool) {
	w.t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for !so() {
		select {
		case <-deadline:
			w.t.Fatalf("not within %v: %s", patience, what)
		case <-w.t.Context().Done():
			w.t.Fatalf("the test ended before: %s", what)
		case <-tick.C:
		}
	}
}

// scrape asks the manager for its metrics, with a token or none. Status 0 is that of a manager that does not answer.
func (w *World) scrape(token string) (status int, body string) {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, "https://"+w.metrics+"/metrics", nil)
	w.must("preparing a scrape", err)
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	https := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // as the ServiceMonitor says
	}}
	response, err := https.Do(request)
	if err != nil {
		return 0, ""
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	w.must("reading a scrape", err)
	return response.StatusCode, string(content)
}

func (w *World) must(what string, err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("%s: %v", what, err)
	}
}

func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}
