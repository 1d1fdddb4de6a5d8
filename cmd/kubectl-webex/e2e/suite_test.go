// Package e2e uses the plugin as a person does: through kubectl, against a real
// API server, with the operator at work on a simulated Webex.
package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/cluster"
	"github.com/webex-operator/webex-license-operator/controllers"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/internal/connection"
	"github.com/webex-operator/webex-license-operator/internal/webex"
	"github.com/webex-operator/webex-license-operator/test/controlplane"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

const repository = "../../.."

// patience is how long a test waits for what must come.
const patience = time.Minute

// shared is what all tests of the package use: a control plane, and a directory
// with the plugin.
var shared struct {
	cluster *controlplane.ControlPlane
	bin     string
}

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	os.Exit(func() int {
		var err error
		if shared.bin, err = os.MkdirTemp("", "kubectl-webex-"); err != nil {
			return fail(err)
		}
		defer func() { _ = os.RemoveAll(shared.bin) }()
		if err := build(shared.bin); err != nil {
			return fail(err)
		}
		shared.cluster, err = controlplane.Start(context.Background(), controlplane.Options{
			CRDPaths: []string{filepath.Join(repository, "config", "crd", "bases")},
		})
		if err != nil {
			return fail(err)
		}
		defer func() { _ = shared.cluster.Stop() }()
		return m.Run()
	}())
}

// build puts the plugin and its completion into a directory.
func build(dir string) error {
	name := "kubectl-webex"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	command := exec.CommandContext(context.Background(), "go", "build", "-o", filepath.Join(dir, name), "./cmd/kubectl-webex")
	command.Dir = repository
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("building the plugin: %w\n%s", err, output)
	}
	return nil
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// world is a simulated Webex, and an operator that sees the namespaces of one test.
type world struct {
	*WithT
	t          *testing.T
	ctx        context.Context
	client     client.Client
	sim        *webexsim.Server
	namespaces []string
}

func newWorld(t *testing.T, namespaces int) *world {
	t.Helper()
	t.Parallel()
	sim, err := webexsim.New(webexsim.Options{TLS: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	scheme, err := cluster.Scheme()
	if err != nil {
		t.Fatal(err)
	}
	if err := rbacv1.AddToScheme(scheme); err != nil { // tests restrict users; the plugin does not
		t.Fatal(err)
	}
	admin, err := client.New(shared.cluster.Config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{WithT: NewWithT(t), t: t, ctx: t.Context(), client: admin, sim: sim}
	w.SetDefaultEventuallyTimeout(patience)
	w.SetDefaultEventuallyPollingInterval(20 * time.Millisecond)
	for range namespaces {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "plugin-"}}
		w.Expect(admin.Create(w.ctx, namespace)).To(Succeed())
		w.namespaces = append(w.namespaces, namespace.Name)
		w.create(&corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace.Name, Name: "webex-ca"},
			Data:       map[string]string{"ca.crt": string(sim.CACertificate())},
		})
	}
	w.startOperator()
	return w
}

func (w *world) startOperator() {
	w.t.Helper()
	scheme, err := cluster.Scheme()
	w.Expect(err).NotTo(HaveOccurred())
	manager, err := ctrl.NewManager(shared.cluster.Config, ctrl.Options{
		Scheme: scheme, Cache: controllers.CacheOptions(w.namespaces), Client: controllers.ClientOptions(), Metrics: metricsserver.Options{BindAddress: "0"},
	})
	w.Expect(err).NotTo(HaveOccurred())
	host, err := url.Parse(w.sim.URL())
	w.Expect(err).NotTo(HaveOccurred())
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.ctx))
	w.Expect(controllers.Setup(ctx, manager, controllers.Options{
		Hosts: connection.HostPolicy{API: []string{host.Host}}, Clock: clock.RealClock{}, UserAgent: "test",
		MaxConcurrentSyncs: 8, ConcurrentReconciles: 4,
		Retry:              webex.RetryPolicy{Attempts: 2, Base: time.Millisecond, Cap: 2 * time.Millisecond},
		Backoff:            func(string, int32) time.Duration { return 50 * time.Millisecond },
		SkipNameValidation: true,
	})).To(Succeed())
	done := make(chan error, 1)
	go func() { done <- manager.Start(ctx) }()
	w.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("the operator ended with %v", err)
		}
	})
}

func (w *world) create(object client.Object) {
	w.t.Helper()
	w.Expect(w.client.Create(w.ctx, object)).To(Succeed())
}

// customer adds an organization to Webex and a customer to a namespace.
func (w *world) customer(namespace, name, path string, organization webexsim.OrganizationSpec, adjust ...func(*v1alpha1.WebexCustomerAccess)) *webexsim.Organization {
	w.t.Helper()
	org := w.sim.AddOrganization(organization)
	token := w.sim.IssueToken(webexsim.TokenSpec{Organization: org.UUID()})
	meta := metav1.ObjectMeta{Namespace: namespace, Name: name}
	w.create(&corev1.Secret{ObjectMeta: meta, Data: map[string][]byte{access.KeyAccessToken: []byte(token.Access)}})
	customer := &v1alpha1.WebexCustomerAccess{ObjectMeta: meta, Spec: v1alpha1.WebexCustomerAccessSpec{
		HierarchyPath:        path,
		CredentialsSecretRef: v1alpha1.CredentialsSecretReference{Name: name},
		Connection:           &v1alpha1.Connection{BaseURL: w.sim.URL(), CABundleRef: &v1alpha1.CABundleReference{Name: "webex-ca"}},
	}}
	for _, a := range adjust {
		a(customer)
	}
	w.create(customer)
	return org
}

// customerWithoutSecret is a customer that never gets figures.
func customerWithoutSecret(namespace, name string) *v1alpha1.WebexCustomerAccess {
	return &v1alpha1.WebexCustomerAccess{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec:       v1alpha1.WebexCustomerAccessSpec{CredentialsSecretRef: v1alpha1.CredentialsSecretReference{Name: "none"}},
	}
}

// synced waits for a customer's first figures.
func (w *world) synced(namespace, name string) {
	w.t.Helper()
	customer := &v1alpha1.WebexCustomerAccess{}
	w.Eventually(func(g Gomega) {
		g.Expect(w.client.Get(w.ctx, client.ObjectKey{Namespace: namespace, Name: name}, customer)).To(Succeed())
		g.Expect(meta.IsStatusConditionTrue(customer.Status.Conditions, v1alpha1.ConditionReady)).To(BeTrue(), "%+v", customer.Status)
	}).Should(Succeed())
}

// kubectl runs kubectl, which finds the plugin on the PATH.
func (w *world) kubectl(args ...string) (out, errs string, code int) {
	w.t.Helper()
	command := w.command(args...)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	if _, exited := err.(*exec.ExitError); err != nil && !exited { //nolint:errorlint // os/exec gives it as it is
		w.t.Fatal(err)
	}
	return stdout.String(), stderr.String(), command.ProcessState.ExitCode()
}

func (w *world) command(args ...string) *exec.Cmd {
	command := exec.CommandContext(w.ctx, filepath.Join(shared.cluster.AssetsDir, "kubectl"), args...)
	command.Env = append(os.Environ(), "KUBECONFIG="+shared.cluster.KubeconfigPath, "PATH="+shared.bin+string(os.PathListSeparator)+os.Getenv("PATH"), "LANG=C.UTF-8")
	return command
}

// lockedBuffer is output that is read while it is written.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

// Write adds output.
func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

// String is the output so far.
func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

// webex is kubectl webex, which must do what it is asked.
func (w *world) webex(args ...string) (out string) {
	w.t.Helper()
	out, errs, code := w.kubectl(append([]string{"webex"}, args...)...)
	if code != 0 {
		w.t.Fatalf("kubectl webex %s: exit code %d\n%s%s", strings.Join(args, " "), code, out, errs)
	}
	return out
}
