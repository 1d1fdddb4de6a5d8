package e2e

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// connection are the flags for the simulator.
func (w *world) connection(namespace string) []string {
	return []string{"--base-url", w.sim.URL(), "--ca-bundle", "configmap/webex-ca", "-n", namespace}
}

// file writes a secret into a file.
func (w *world) file(name, content string) string {
	w.t.Helper()
	path := filepath.Join(w.t.TempDir(), name)
	w.Expect(os.WriteFile(path, []byte(content), 0o600)).To(Succeed())
	return path
}

// organization is one that no customer of another test reads: connect looks for such in
// the whole cluster.
func (w *world) organization(spec webexsim.OrganizationSpec) *webexsim.Organization {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(w.t.Name())) // a hash takes everything
	spec.UUID = fmt.Sprintf("%08x-0000-4000-8000-000000000000", hash.Sum32())
	return w.sim.AddOrganization(spec)
}

// noSecrets fails if a text has a token, a secret or personal data in it.
func (w *world) noSecrets(text string) {
	w.t.Helper()
	for _, leak := range w.sim.LeakFinder().Find(text) {
		w.t.Errorf("a %s is shown:\n%s", leak.Kind, text)
	}
}

// A script adds a customer, and once its token has ended gives it an integration.
func TestConnectByScript(t *testing.T) {
	w := newWorld(t, 1)
	namespace := w.namespaces[0]
	org := w.organization(webexsim.StandardOrganization())
	token := w.sim.IssueToken(webexsim.TokenSpec{Organization: org.UUID(), ExpiresIn: time.Hour})

	args := append([]string{"webex", "connect", "acme", "--token-file", "-", "--hierarchy", "provider", "--labels", "sync=nightly"}, w.connection(namespace)...)
	run := func(more ...string) (string, int) {
		command := w.command(append(args, more...)...)
		command.Stdin = strings.NewReader(token.Access + "\n")
		out, _ := command.CombinedOutput() // its exit code is what counts
		w.noSecrets(string(out))
		return string(out), command.ProcessState.ExitCode()
	}
	out, code := run("--dry-run=server")
	w.Expect(code).To(BeZero(), out)
	w.Expect(out).To(ContainSubstring("customer acme created (server dry run)"))
	var secrets corev1.SecretList
	w.Expect(w.client.List(w.ctx, &secrets, client.InNamespace(namespace))).To(Succeed())
	w.Expect(secrets.Items).To(BeEmpty())

	out, code = run("--yes", "--wait")
	w.Expect(code).To(BeZero(), out)
	for _, want := range []string{"secret acme-webex created", "customer acme created", "1 of 1 run succeeded: ", "acme: 12 licences, 3 locations: 14 of 735 units in use"} {
		w.Expect(out).To(ContainSubstring(want))
	}

	w.sim.Advance(2 * time.Hour)
	if _, errs, code := w.kubectl("webex", "sync", "acme", "--wait", "-n", namespace); code != 1 || !strings.Contains(errs, "CredentialsRejected") {
		t.Fatalf("the token has not ended: code %d\n%s", code, errs)
	}
	w.sim.SetOptions(func(o *webexsim.Options) { o.RefreshMode, o.ReuseTokenWithin = webexsim.RefreshRotate, time.Nanosecond })
	integration := w.sim.IssueToken(webexsim.TokenSpec{Organization: org.UUID(), WithRefresh: true})
	again, errs, code := w.kubectl(append([]string{
		"webex", "connect", "acme", "--client-id", integration.ClientID, "--yes", "--wait",
		"--client-secret-file", w.file("secret", integration.ClientSecret), "--refresh-token-file", w.file("refresh", integration.Refresh),
	}, w.connection(namespace)...)...)
	w.noSecrets(again + errs)
	w.Expect(code).To(BeZero(), again+errs)
	w.Expect(errs).To(ContainSubstring("the refresh token was used: Secret acme-webex is written"))
	secret := &corev1.Secret{}
	w.Expect(w.client.Get(w.ctx, client.ObjectKey{Namespace: namespace, Name: "acme-webex"}, secret)).To(Succeed())
	w.Expect(string(secret.Data["refreshToken"])).NotTo(Equal(integration.Refresh))
	w.Expect(string(secret.Data["accessToken"])).NotTo(Equal(token.Access))
	customer := &v1alpha1.WebexCustomerAccess{}
	w.Expect(w.client.Get(w.ctx, client.ObjectKey{Namespace: namespace, Name: "acme"}, customer)).To(Succeed())
	w.Expect(customer.Spec.HierarchyPath).To(Equal("provider"))
	w.Expect(customer.Labels).To(HaveKeyWithValue("sync", "nightly"))

	// What -o yaml writes can be applied from Git, and is what is there.
	manifest := w.webex(append([]string{"connect", "acme", "--secret", "acme-webex", "--dry-run=server", "-o", "yaml"}, w.connection(namespace)...)...)
	out, errs, code = w.kubectl("diff", "--server-side", "--field-manager", "git", "--force-conflicts", "-f", w.file("acme.yaml", manifest))
	w.Expect(code).To(BeZero(), out+errs)
}

// A person without the right to write Secrets is told what right to ask for, and no token is used.
func TestConnectWithoutRights(t *testing.T) {
	w := newWorld(t, 1)
	namespace := w.namespaces[0]
	org := w.organization(webexsim.StandardOrganization())
	token := w.sim.IssueToken(webexsim.TokenSpec{Organization: org.UUID(), WithRefresh: true})
	w.create(&rbacv1.Role{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "looker"},
		Rules: []rbacv1.PolicyRule{
			{APIGroups: []string{v1alpha1.GroupName}, Resources: []string{"*"}, Verbs: []string{"get", "list"}},
			{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"get"}},
		},
	})
	w.create(&rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "looker"},
		Subjects:   []rbacv1.Subject{{Kind: "User", APIGroup: rbacv1.GroupName, Name: "looker-" + namespace}},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "looker"},
	})
	_, errs, code := w.kubectl(append([]string{
		"webex", "connect", "acme", "--as", "looker-" + namespace, "--yes", "--client-id", token.ClientID,
		"--client-secret-file", w.file("secret", token.ClientSecret), "--refresh-token-file", w.file("refresh", token.Refresh),
	}, w.connection(namespace)...)...)
	w.noSecrets(errs)
	for _, want := range []string{
		"note: you may look into namespace " + namespace + " only",
		"writing secret acme-webex: ", "ask an administrator of the cluster for the role edit in namespace " + namespace,
	} {
		if code != 1 || !strings.Contains(errs, want) {
			t.Errorf("code %d, no %q in\n%s", code, want, errs)
		}
	}
	if n := w.sim.TotalRequests(); n != 0 {
		t.Errorf("%d requests to Webex", n)
	}
	_, errs, code = w.kubectl(append([]string{"webex", "connect", "acme", "--yes", "--token-file", w.file("token", token.Access)}, w.connection("nowhere-"+namespace)...)...)
	if code != 1 || !strings.Contains(errs, "there is no namespace nowhere-"+namespace+": kubectl create namespace nowhere-") {
		t.Errorf("code %d\n%s", code, errs)
	}
}

// Without a cluster a manifest can still be made.
func TestConnectWithoutACluster(t *testing.T) {
	w := newWorld(t, 0)
	org := w.organization(webexsim.StandardOrganization())
	token := w.sim.IssueToken(webexsim.TokenSpec{Organization: org.UUID()})
	config, err := clientcmd.LoadFromFile(shared.cluster.KubeconfigPath)
	w.Expect(err).NotTo(HaveOccurred())
	for _, c := range config.Clusters {
		c.Server = "https://127.0.0.1:1"
	}
	path := filepath.Join(t.TempDir(), "kubeconfig")
	w.Expect(clientcmd.WriteToFile(*config, path)).To(Succeed())
	command := w.command("webex", "connect", "acme", "--kubeconfig", path, "--token-file", "env:TOKEN", "--dry-run", "-o", "yaml",
		"--base-url", w.sim.URL(), "--ca-bundle-file", w.file("ca.crt", string(w.sim.CACertificate())))
	command.Env = append(command.Env, "TOKEN="+token.Access)
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	w.Expect(command.Run()).To(Succeed(), errs.String())
	w.noSecrets(out.String() + errs.String())
	w.Expect(errs.String()).To(ContainSubstring("note: the cluster was not looked at: the cluster cannot be reached"))
	for _, want := range []string{"kind: ConfigMap", "name: acme-ca", "kind: WebexCustomerAccess", fmt.Sprintf("organizationID: %s", org.UUID())} {
		w.Expect(out.String()).To(ContainSubstring(want))
	}
}
