// Package docs has no code. Its tests hold the pages against the code and a real API
// server: reasons, commands, links.
package docs

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/controlplane"
)

var shellBlock = regexp.MustCompile("(?ms)^```sh\n(.*?)^```")

// Every block of commands of these pages runs, as it stands, against an API server with the
// operator's manifests and the objects that the pages speak of.
func TestCommands(t *testing.T) {
	t.Parallel()
	cluster, err := controlplane.Start(t.Context(), controlplane.Options{Log: t.Logf})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	c := newCommands(t, cluster)
	for _, page := range []string{"troubleshooting.md", "events.md", "multi-tenancy.md", "credentials.md"} {
		blocks := shellBlock.FindAllStringSubmatch(read(t, page), -1)
		if len(blocks) == 0 {
			t.Errorf("%s has no commands", page)
		}
		for i, block := range blocks {
			first, _, _ := strings.Cut(block[1], "\n")
			t.Run(fmt.Sprintf("%s %d %s", page, i+1, first), func(t *testing.T) { c.run(t, block[1]) })
		}
	}
	t.Run("a wrong command fails", func(t *testing.T) {
		for _, wrong := range []string{"kubectl get wxcustomer", "kubectl get wxca --no-such-flag", "kubectl get wxca --field-selector spec.nothing=1", "kubectl get wxca acme | false"} {
			if output, err := c.shell(t, c.prepare(t), wrong); err == nil {
				t.Errorf("%q succeeds:\n%s", wrong, output)
			}
		}
	})
}

// commands runs commands of pages.
type commands struct {
	cluster *controlplane.ControlPlane
	admin   client.Client
}

const systemNamespace = "webex-license-operator-system"

// newCommands installs the operator's manifests, with a pod as its Deployment would make it.
func newCommands(t *testing.T, cluster *controlplane.ControlPlane) *commands {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	admin, err := client.New(cluster.Config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	c := &commands{cluster: cluster, admin: admin}
	install := "kubectl apply --server-side -k config/default && kubectl wait --for=condition=Established crd --all"
	if output, err := c.shell(t, place{dir: "..", kubeconfig: cluster.KubeconfigPath}, install); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	deployment := &appsv1.Deployment{}
	name := client.ObjectKey{Namespace: systemNamespace, Name: "webex-license-operator-controller-manager"}
	if err := admin.Get(t.Context(), name, deployment); err != nil {
		t.Fatal(err)
	}
	pod := &corev1.Pod{ObjectMeta: deployment.Spec.Template.ObjectMeta, Spec: deployment.Spec.Template.Spec}
	pod.Namespace, pod.Name = systemNamespace, "manager"
	if err := admin.Create(t.Context(), pod); err != nil {
		t.Fatal(err)
	}
	return c
}

// place is where a block runs: its directory and its cluster.
type place struct{ dir, kubeconfig string }

func (c *commands) run(t *testing.T, block string) {
	t.Parallel()
	if output, err := c.shell(t, c.prepare(t), block); err != nil {
		t.Errorf("%v\n%s\n%s", err, block, output)
	}
}

// shell runs commands until one fails. kubectl is the one of the control plane.
func (c *commands) shell(t *testing.T, at place, script string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	sh := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", script)
	sh.Dir = at.dir
	sh.Env = append(os.Environ(), "PATH="+c.cluster.AssetsDir+string(filepath.ListSeparator)+os.Getenv("PATH"), "KUBECONFIG="+at.kubeconfig)
	output, err := sh.CombinedOutput()
	return string(output), err
}

// prepare makes a namespace with what the pages speak of, and a directory with token.txt
// and the manifests.
func (c *commands) prepare(t *testing.T) place {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "page-"}}
	c.create(t, namespace)
	for _, object := range fixtures(namespace.Name) {
		c.create(t, object)
	}
	customer := &v1alpha1.WebexCustomerAccess{ObjectMeta: metav1.ObjectMeta{Namespace: namespace.Name, Name: "acme"}}
	status := `{"status":{"observedGeneration":1,"heldPrune":{"rows":3,"token":"0a1b2c"},"conditions":[{"type":"CredentialsValid","status":"True","reason":"Accepted","message":"m","lastTransitionTime":"2026-01-01T00:00:00Z"}]}}`
	if err := c.admin.Status().Patch(t.Context(), customer, client.RawPatch("application/merge-patch+json", []byte(status))); err != nil {
		t.Fatal(err)
	}
	at := place{dir: t.TempDir()}
	manifests, err := filepath.Abs(filepath.Join("..", "config"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(manifests, filepath.Join(at.dir, "config")); err != nil {
		t.Fatal(err)
	}
	at.kubeconfig = filepath.Join(at.dir, "kubeconfig")
	config, err := clientcmd.LoadFromFile(c.cluster.KubeconfigPath)
	if err != nil {
		t.Fatal(err)
	}
	config.Contexts[config.CurrentContext].Namespace = namespace.Name
	if err := clientcmd.WriteToFile(*config, at.kubeconfig); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(at.dir, "token.txt"), []byte("a token\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return at
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
		&v1alpha1.LicenseSync{ObjectMeta: meta("acme-now"), Spec: v1alpha1.LicenseSyncSpec{CustomerAccessRef: acme}},
		&v1alpha1.LicenseSyncSchedule{ObjectMeta: meta("nightly"), Spec: v1alpha1.LicenseSyncScheduleSpec{
			CustomerAccessRef: &acme, Schedule: "0 2 * * *",
		}},
		&v1alpha1.WebexLicense{ObjectMeta: meta("acme-calling"), Spec: v1alpha1.WebexLicenseSpec{
			CustomerAccessRef: acme, LicenseID: "id", Level: v1alpha1.LevelCustomer,
		}},
	}
}
