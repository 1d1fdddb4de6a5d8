// Package e2e tests the manager as it is shipped: the binary, as a process of
// its own, against a real control plane and the simulator.
package e2e

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/go-logr/logr"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/controlplane"
	"github.com/webex-operator/webex-license-operator/test/operator"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

const repository = "../.."

// shared is what all tests of the package use: a control plane and the binary.
var shared struct {
	cluster *controlplane.ControlPlane
	manager string
}

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	os.Exit(func() int {
		directory, err := os.MkdirTemp("", "e2e-")
		if err != nil {
			return fail(err)
		}
		defer func() { _ = os.RemoveAll(directory) }()
		if shared.manager, err = operator.Build(context.Background(), repository, directory); err != nil {
			return fail(err)
		}
		shared.cluster, err = controlplane.Start(context.Background(), controlplane.Options{
			CRDPaths: []string{operator.CRDs(repository)},
		})
		if err != nil {
			return fail(err)
		}
		defer func() { _ = shared.cluster.Stop() }()
		return m.Run()
	}())
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}

const (
	patience    = time.Minute
	accessToken = "e2e-access-token-5kq2"
)

// world is a namespace, a simulated Webex, and a manager that can be killed.
type world struct {
	*WithT
	t         *testing.T
	ctx       context.Context
	cluster   *controlplane.ControlPlane
	namespace string
	client    client.Client
	sim       *webexsim.Server
	org       *webexsim.Organization
	spec      webexsim.OrganizationSpec
	log       operator.Log
	process   *operator.Process
}

func newWorld(t *testing.T, organization webexsim.OrganizationSpec) *world {
	t.Helper()
	return newWorldIn(t, shared.cluster, organization)
}

func newWorldIn(t *testing.T, cluster *controlplane.ControlPlane, organization webexsim.OrganizationSpec) *world {
	t.Helper()
	sim, err := webexsim.New(webexsim.Options{TLS: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	admin, err := client.New(cluster.Config, client.Options{Scheme: operator.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{WithT: NewWithT(t), t: t, ctx: t.Context(), cluster: cluster, client: admin, sim: sim, org: sim.AddOrganization(organization), spec: organization}
	w.SetDefaultEventuallyTimeout(patience)
	w.SetDefaultEventuallyPollingInterval(5 * time.Millisecond)
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "e2e-"}}
	w.Expect(admin.Create(w.ctx, namespace)).To(Succeed())
	w.namespace = namespace.Name
	w.create(&corev1.ConfigMap{ObjectMeta: w.meta("webex-ca"), Data: map[string]string{"ca.crt": string(sim.CACertificate())}})
	t.Cleanup(func() {
		w.kill()
		if t.Failed() {
			t.Logf("the manager's log:\n%s", w.log.Tail(200))
		}
	})
	return w
}

func (w *world) meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: w.namespace, Name: name}
}

func (w *world) create(object client.Object) {
	w.t.Helper()
	w.Expect(w.client.Create(w.ctx, object)).To(Succeed())
}

// createCustomer creates a customer whose credentials are in a Secret with these keys.
func (w *world) createCustomer(name string, credentials map[string]string, adjust ...func(*v1alpha1.WebexCustomerAccess)) *v1alpha1.WebexCustomerAccess {
	w.t.Helper()
	w.create(&corev1.Secret{ObjectMeta: w.meta(name + "-credentials"), StringData: credentials})
	customer := &v1alpha1.WebexCustomerAccess{
		ObjectMeta: w.meta(name),
		Spec: v1alpha1.WebexCustomerAccessSpec{
			CredentialsSecretRef: v1alpha1.CredentialsSecretReference{Name: name + "-credentials"},
			Connection: &v1alpha1.Connection{
				BaseURL:           w.sim.URL(),
				CABundleRef:       &v1alpha1.CABundleReference{Name: "webex-ca"},
				RequestsPerMinute: 6000,
			},
		},
	}
	for _, a := range adjust {
		a(customer)
	}
	w.create(customer)
	return customer
}

// start runs the manager. Further arguments win.
func (w *world) start(arguments ...string) {
	w.t.Helper()
	w.Expect(w.process).To(BeNil())
	base, err := url.Parse(w.sim.URL())
	w.Expect(err).NotTo(HaveOccurred())
	w.process, err = operator.Start(shared.manager, w.cluster.KubeconfigPath, &w.log, append([]string{
		"--watch-namespaces=" + w.namespace, "--allowed-api-hosts=" + base.Host,
		"--health-probe-bind-address=0", "--zap-log-level=debug",
	}, arguments...)...)
	w.Expect(err).NotTo(HaveOccurred())
}

// kill ends the manager by SIGKILL: it gets to tidy up nothing.
func (w *world) kill() {
	if w.process == nil {
		return
	}
	w.process.Kill()
	w.process = nil
}
