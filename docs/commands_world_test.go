package docs

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/controlplane"
	"github.com/webex-operator/webex-license-operator/test/operator"
)

// commands runs commands of pages.
type commands struct {
	cluster *controlplane.ControlPlane
	admin   client.Client

	// The plugin is built if a page needs it.
	plugin   sync.Once
	programs string
}

const systemNamespace = "webex-license-operator-system"

// newCommands starts a control plane.
func newCommands(t *testing.T, options controlplane.Options) *commands {
	t.Helper()
	options.Log = t.Logf
	cluster, err := controlplane.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	admin, err := client.New(cluster.Config, client.Options{Scheme: operator.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	return &commands{cluster: cluster, admin: admin}
}

// installed installs the operator's manifests, with a pod as its Deployment would make it.
func (c *commands) installed(t *testing.T) {
	t.Helper()
	install := "kubectl apply --server-side -k config/default && kubectl wait --for=condition=Established crd --all"
	if output, err := c.shell(t, shellDir{dir: "..", kubeconfig: c.cluster.KubeconfigPath}, install); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	deployment := &appsv1.Deployment{}
	name := client.ObjectKey{Namespace: systemNamespace, Name: "webex-license-operator-controller-manager"}
	if err := c.admin.Get(t.Context(), name, deployment); err != nil {
		t.Fatal(err)
	}
	pod := &corev1.Pod{ObjectMeta: deployment.Spec.Template.ObjectMeta, Spec: deployment.Spec.Template.Spec}
	pod.Namespace, pod.Name = systemNamespace, "manager"
	if err := c.admin.Create(t.Context(), pod); err != nil {
		t.Fatal(err)
	}
}

// shellDir is where a block runs: its directory and its cluster.
type shellDir struct{ dir, kubeconfig, namespace string }

func (c *commands) run(t *testing.T, block string) {
	t.Parallel()
	if output, err := c.shell(t, c.prepare(t), block); err != nil {
		t.Errorf("%v\n%s\n%s", err, block, output)
	}
}

// shell runs commands until one fails. kubectl is the one of the control plane.
func (c *commands) shell(t *testing.T, at shellDir, script string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if strings.Contains(script, "kubectl webex") {
		c.plugin.Do(func() { c.buildPlugin(t) })
	}
	sh := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", placeholders(script, at.namespace))
	sh.Dir = at.dir
	sh.Env = append(os.Environ(), "PATH="+strings.Join([]string{c.programs, c.cluster.AssetsDir, os.Getenv("PATH")}, string(filepath.ListSeparator)), "KUBECONFIG="+at.kubeconfig)
	output, err := sh.CombinedOutput()
	return string(output), err
}

// prepare makes a namespace with what the pages speak of, and a directory with token.txt
// and the manifests.
func (c *commands) prepare(t *testing.T) shellDir {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "page-"}}
	c.create(t, namespace)
	for _, object := range fixtures(namespace.Name) {
		c.create(t, object)
	}
	customer := &v1alpha1.WebexCustomerAccess{ObjectMeta: metav1.ObjectMeta{Namespace: namespace.Name, Name: "acme"}}
	status := `{"status":{"observedGeneration":1,"heldPrune":{"rows":3,"token":"0a1b2c"},"conditions":[{"type":"CredentialsValid","status":"True","reason":"Accepted","message":"m","lastTransitionTime":"2026-01-01T00:00:00Z"}]}}`
	done := &v1alpha1.LicenseSync{ObjectMeta: metav1.ObjectMeta{Namespace: namespace.Name, Name: "acme-done"}}
	complete := `{"status":{"observedGeneration":1,"conditions":[{"type":"Complete","status":"True","reason":"Succeeded","message":"m","lastTransitionTime":"2026-01-01T00:00:00Z"}]}}`
	assignment := &v1alpha1.WebexLicenseAssignment{ObjectMeta: metav1.ObjectMeta{Namespace: namespace.Name, Name: "sales"}}
	held := `{"status":{"observedGeneration":1,"held":{"people":3,"token":"0a1b2c"}}}`
	partner := &v1alpha1.WebexPartner{ObjectMeta: metav1.ObjectMeta{Namespace: namespace.Name, Name: "provider"}}
	vanished := `{"status":{"observedGeneration":1,"held":{"customers":3,"token":"0a1b2c"}}}`
	for object, patch := range map[client.Object]string{customer: status, done: complete, assignment: held, partner: vanished} {
		if err := c.admin.Status().Patch(t.Context(), object, client.RawPatch("application/merge-patch+json", []byte(patch))); err != nil {
			t.Fatal(err)
		}
	}
	at := shellDir{dir: t.TempDir(), namespace: namespace.Name}
	for link, target := range map[string]string{"config": "../config", "bin/demo/kubectl": filepath.Join(c.cluster.AssetsDir, "kubectl")} {
		absolute, err := filepath.Abs(target)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(at.dir, link)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(absolute, path); err != nil {
			t.Fatal(err)
		}
	}
	at.kubeconfig = filepath.Join(at.dir, "bin", "demo", "kubeconfig")
	config, err := clientcmd.LoadFromFile(c.cluster.KubeconfigPath)
	if err != nil {
		t.Fatal(err)
	}
	config.Contexts[config.CurrentContext].Namespace = namespace.Name
	if err := clientcmd.WriteToFile(*config, at.kubeconfig); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"token.txt", "clientID", "clientSecret", "refreshToken"} {
		if err := os.WriteFile(filepath.Join(at.dir, name), []byte("a token\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sample, err := os.ReadFile(filepath.Join("..", "config", "samples", "webexcustomeraccess.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(at.dir, "customer.yaml"), sample, 0o600); err != nil {
		t.Fatal(err)
	}
	return at
}

// placeholders fills in what run books leave open: the alert says it.
func placeholders(script, namespace string) string {
	names := map[string]string{"wxca": "acme", "wxl": "acme-calling", "wxla": "sales", "wxp": "provider", "wxsched": "nightly", "wxsync": "acme"}
	var filled strings.Builder
	for line := range strings.Lines(script) {
		line = strings.ReplaceAll(line, "customerAccessRef.name=<name>", "customerAccessRef.name=acme")
		for kind, name := range names {
			if strings.Contains(line, " "+kind+" ") {
				line = strings.ReplaceAll(line, "<name>", name)
			}
		}
		filled.WriteString(strings.ReplaceAll(line, "<namespace>", namespace))
	}
	return filled.String()
}

// buildPlugin builds kubectl webex.
func (c *commands) buildPlugin(t *testing.T) {
	dir, err := os.MkdirTemp("", "docs-")
	if err != nil {
		t.Error(err)
		return
	}
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "kubectl-webex"), "./cmd/kubectl-webex")
	build.Dir = ".."
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
	c.programs = dir
}

func (c *commands) create(t *testing.T, object client.Object) {
	t.Helper()
	if err := c.admin.Create(t.Context(), object); err != nil {
		t.Fatal(err)
	}
}

// fixtures are the objects that the pages speak of.
func fixtures(namespace string) []client.Object {
	meta := func(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Namespace: namespace, Name: name} }
	acme := v1alpha1.LocalCustomerReference{Name: "acme"}
	return []client.Object{
		&corev1.Secret{ObjectMeta: meta("acme-webex"), StringData: map[string]string{"accessToken": "replace-me"}},
		&corev1.Secret{ObjectMeta: meta("acme-webex-webex-token"), StringData: map[string]string{"accessToken": "replace-me"}},
		&corev1.ConfigMap{ObjectMeta: meta("corporate-ca"), Data: map[string]string{"ca.crt": "replace-me"}},
		&v1alpha1.WebexCustomerAccess{ObjectMeta: meta("acme"), Spec: v1alpha1.WebexCustomerAccessSpec{
			CredentialsSecretRef: v1alpha1.CredentialsSecretReference{Name: "acme-webex"},
		}},
		&v1alpha1.WebexCustomerAccess{ObjectMeta: meta("globex"), Spec: v1alpha1.WebexCustomerAccessSpec{
			CredentialsSecretRef: v1alpha1.CredentialsSecretReference{Name: "globex-webex"},
		}},
		&v1alpha1.LicenseSync{ObjectMeta: meta("acme-done"), Spec: v1alpha1.LicenseSyncSpec{CustomerAccessRef: acme}},
		&v1alpha1.LicenseSync{ObjectMeta: meta("acme-now"), Spec: v1alpha1.LicenseSyncSpec{CustomerAccessRef: acme}},
		&v1alpha1.LicenseSyncSchedule{ObjectMeta: meta("nightly"), Spec: v1alpha1.LicenseSyncScheduleSpec{
			CustomerAccessRef: &acme, Schedule: "0 2 * * *",
		}},
		&v1alpha1.WebexLicenseAssignment{ObjectMeta: meta("sales"), Spec: v1alpha1.WebexLicenseAssignmentSpec{
			CustomerAccessRef: acme,
			License:           v1alpha1.LicenseSelector{OfferCode: "EE"},
			Subjects: v1alpha1.Subjects{EmailsFrom: []v1alpha1.EmailSource{
				{Kind: v1alpha1.SubjectSourceSecret, Name: "sales-people", Key: "emails"},
			}},
		}},
		&v1alpha1.WebexPartner{ObjectMeta: meta("provider"), Spec: v1alpha1.WebexPartnerSpec{
			CredentialsSecretRef: v1alpha1.CredentialsSecretReference{Name: "provider-webex"},
		}},
		&v1alpha1.WebexLicense{ObjectMeta: meta("acme-calling"), Spec: v1alpha1.WebexLicenseSpec{
			CustomerAccessRef: acme, LicenseID: "id", Level: v1alpha1.LevelCustomer,
		}},
	}
}
