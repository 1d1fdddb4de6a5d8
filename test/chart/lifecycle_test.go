package chart

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	certutil "k8s.io/client-go/util/cert"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/controlplane"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// A release is installed, upgraded, rolled back, uninstalled and installed again. At each
// step the manager runs as the Deployment says, with the rights that the release gives it.
// The customer, its runs and its rows outlive all of that, until crds.keep is turned off.
func TestLifecycle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, controlplane.Options{ControllerManager: true})

	const nightly = "defaultSchedule: {enabled: true, namespaces: [default]}\n"
	w.run(w.values(nightly), "install", release, chart)
	w.Expect(w.schedules()).To(BeEmpty(), "their kind comes with this installation")
	w.start()
	customer := w.customer("default", webexsim.StandardOrganization())
	w.awaitSync(customer, "")
	rows := w.rows("default")
	w.Expect(rows).NotTo(BeEmpty())
	w.Expect(w.metrics(nil)).To(Equal(http.StatusUnauthorized))
	w.stop()

	// The next version has another name for rows, and the administrator turns more on.
	w.run(w.values(nightly+"metrics: {certificateSecret: metrics-tls}\npodDisruptionBudget: {enabled: true}\nextraArgs: [--max-concurrent-syncs=3]"),
		"upgrade", release, changedChart(t))
	w.Expect(w.shortNames()).To(ContainElement("wxrow"))
	w.Expect(w.schedules()).To(ConsistOf("default/" + release + "-default"))
	w.Expect(w.rows("default")).To(Equal(rows))
	roots := w.certificate("metrics-tls")
	w.start()
	w.Expect(w.pod.Arguments).To(ContainElement("--max-concurrent-syncs=3"))
	w.Expect(w.metrics(roots)).To(Equal(http.StatusUnauthorized))
	w.syncAgain(customer)
	w.Expect(w.rows("default")).To(Equal(rows))
	w.stop()

	w.run("", "rollback", release, "1")
	w.Expect(w.shortNames()).NotTo(ContainElement("wxrow"))
	w.start()
	w.Expect(w.pod.Arguments).NotTo(ContainElement("--max-concurrent-syncs=3"))
	w.syncAgain(customer)
	w.Expect(w.rows("default")).To(Equal(rows))

	// Helm takes the rights of the leader before it ends, so that it cannot give its lease back.
	w.pod.Kill()
	w.pod = nil
	w.Expect(w.leases()).NotTo(BeEmpty())
	w.run("", "uninstall", release)
	w.Expect(w.left()).To(BeEmpty())
	w.Expect(w.leases()).To(BeEmpty(), "the next installation would wait for them")
	w.Expect(w.rows("default")).To(Equal(rows))

	w.run(w.values(""), "install", release, chart)
	w.start()
	w.syncAgain(customer)
	w.Expect(w.rows("default")).To(Equal(rows))
	w.stop()

	w.run(w.values("crds: {keep: false}"), "upgrade", release, chart)
	w.Expect(w.rows("default")).To(Equal(rows))
	w.run("", "uninstall", release)
	w.Expect(w.left()).To(BeEmpty())
	w.Eventually(func(g Gomega) {
		var crds apiextensionsv1.CustomResourceDefinitionList
		g.Expect(w.client.List(t.Context(), &crds)).To(Succeed())
		g.Expect(crds.Items).To(BeEmpty())
	}).Should(Succeed())
}

// For named namespaces the release has no ClusterRole, and needs none. The definitions are
// there already, as another release or an administrator leaves them.
func TestNamespaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t, controlplane.Options{CRDPaths: []string{filepath.Join(repository, "config", "crd", "bases")}})
	for _, name := range []string{"team-a", "team-b", "team-c"} {
		w.namespace(name, nil)
	}
	w.run(w.values(valuesFile(t, "namespaced-values.yaml")+"defaultSchedule: {enabled: true}\n"), "install", release, chart)
	w.Expect(w.schedules()).To(ConsistOf("team-a/"+release+"-default", "team-b/"+release+"-default"))
	var roles rbacv1.ClusterRoleList
	w.Expect(w.client.List(t.Context(), &roles, client.MatchingLabels{"app.kubernetes.io/instance": release})).To(Succeed())
	w.Expect(roles.Items).To(BeEmpty())
	w.start()
	first := w.customer("team-a", webexsim.StandardOrganization())
	second := w.customer("team-b", webexsim.OverAssignedOrganization())
	outside := w.customer("team-c", webexsim.TwoSubscriptionOrganization())
	w.awaitSync(first, "")
	w.awaitSync(second, "")
	w.awaitFresh(first, v1alpha1.ReasonFresh)
	first.Labels = map[string]string{v1alpha1.LabelDefaultSchedule: "none"}
	w.Expect(w.client.Update(t.Context(), first)).To(Succeed())
	w.awaitFresh(first, v1alpha1.ReasonNotScheduled)
	w.Expect(w.client.Get(t.Context(), client.ObjectKeyFromObject(outside), outside)).To(Succeed())
	w.Expect(outside.Status.Conditions).To(BeEmpty())
	w.stop()

	w.run("", "uninstall", release)
	w.Expect(w.left()).To(BeEmpty())
	w.Expect(w.schedules()).To(BeEmpty())
	w.Expect(w.client.Get(t.Context(), client.ObjectKeyFromObject(first), first)).To(Succeed())
	w.Expect(w.rows("team-a")).NotTo(BeEmpty())
}

// The API server accepts what the chart renders in each of its forms, and warns of nothing.
func TestDryRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, controlplane.Options{})
	for _, name := range []string{"team-a", "team-b"} {
		w.namespace(name, nil)
	}
	all, err := filepath.Glob(filepath.Join(chart, "ci", "*-values.yaml"))
	w.Expect(err).NotTo(HaveOccurred())
	w.Expect(all).NotTo(BeEmpty())
	w.dryRun(w.helm.template(t, ""))
	for _, name := range all {
		w.dryRun(w.helm.template(t, valuesFile(t, filepath.Base(name))))
	}
	w.dryRun(w.helm.template(t, `
commonLabels: {team: voice}
imagePullSecrets: [{name: registry}]
extraCA: {secret: roots}
replicas: 2
extraArgs: [--max-concurrent-syncs=16]
extraEnv: [{name: HTTPS_PROXY, value: "http://proxy.example.com:3128"}]
podLabels: {team: voice}
tolerations: [{key: dedicated, operator: Exists}]
affinity: {podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, podAffinityTerm: {topologyKey: zone, labelSelector: {matchLabels: {team: voice}}}}]}}
priorityClassName: system-cluster-critical
podDisruptionBudget: {enabled: true}
metrics: {certificateSecret: metrics-tls}
networkPolicy: {enabled: true, extraEgress: [{to: [{ipBlock: {cidr: 192.0.2.10/32}}], ports: [{port: 3128}]}]}
admissionPolicy: {enabled: true, operators: ["system:serviceaccount:velero:velero"]}`))
}

// changedChart is a copy of the chart with one more short name for rows.
func changedChart(t *testing.T) string {
	t.Helper()
	copied := filepath.Join(t.TempDir(), filepath.Base(chart))
	if err := os.CopyFS(copied, os.DirFS(chart)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(copied, "files", "crds", "licensing.webex-operator.io_webexlicenses.yaml")
	crd, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const name = "    - wxl\n"
	if !strings.Contains(string(crd), name) {
		t.Fatalf("%s has no %q", path, name)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(crd), name, name+"    - wxrow\n", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	return copied
}

func (w *world) shortNames() []string {
	w.t.Helper()
	var crd apiextensionsv1.CustomResourceDefinition
	w.Expect(w.client.Get(w.t.Context(), client.ObjectKey{Name: "webexlicenses." + v1alpha1.GroupName}, &crd)).To(Succeed())
	return crd.Spec.Names.ShortNames
}

// syncAgain asks for a run and waits for it.
func (w *world) syncAgain(customer *v1alpha1.WebexCustomerAccess) {
	w.t.Helper()
	last := customer.Status.LastRun.Name
	patch := client.MergeFrom(customer.DeepCopy())
	metav1.SetMetaDataAnnotation(&customer.ObjectMeta, v1alpha1.AnnotationRequestedAt, "after "+last)
	w.Expect(w.client.Patch(w.t.Context(), customer, patch)).To(Succeed())
	w.awaitSync(customer, last)
}

// certificate makes a Secret as cert-manager would, and returns what to trust.
func (w *world) certificate(name string) *x509.CertPool {
	w.t.Helper()
	certificate, key, err := certutil.GenerateSelfSignedCertKey(deployment+"-metrics."+namespace+".svc", nil, nil)
	w.Expect(err).NotTo(HaveOccurred())
	w.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Type: corev1.SecretTypeTLS,
		Data: map[string][]byte{"tls.crt": certificate, "tls.key": key, "ca.crt": certificate},
	})
	roots := x509.NewCertPool()
	w.Expect(roots.AppendCertsFromPEM(certificate)).To(BeTrue())
	return roots
}

// metrics asks for metrics without a token, and checks the certificate if roots are given.
func (w *world) metrics(roots *x509.CertPool) int {
	w.t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{
		RootCAs: roots, ServerName: deployment + "-metrics." + namespace + ".svc",
		InsecureSkipVerify: roots == nil, //nolint:gosec // the manager made its certificate for itself
	}}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, "https://"+w.pod.Addresses["metrics"]+"/metrics", nil)
	w.Expect(err).NotTo(HaveOccurred())
	response, err := (&http.Client{Transport: transport}).Do(request)
	w.Expect(err).NotTo(HaveOccurred())
	w.Expect(response.Body.Close()).To(Succeed())
	return response.StatusCode
}

// leases are those of leaders.
func (w *world) leases() (names []string) {
	w.t.Helper()
	var list coordinationv1.LeaseList
	w.Expect(w.client.List(w.t.Context(), &list, client.InNamespace(namespace))).To(Succeed())
	for i := range list.Items {
		names = append(names, list.Items[i].Name)
	}
	return names
}

// left are objects of the release that are still there.
func (w *world) left() []string {
	w.t.Helper()
	var names []string
	for _, list := range []client.ObjectList{
		&appsv1.DeploymentList{}, &corev1.ServiceList{}, &corev1.ServiceAccountList{},
		&rbacv1.RoleList{}, &rbacv1.RoleBindingList{}, &rbacv1.ClusterRoleList{}, &rbacv1.ClusterRoleBindingList{},
	} {
		w.Expect(w.client.List(w.t.Context(), list, client.MatchingLabels{"app.kubernetes.io/instance": release})).To(Succeed())
		objects, err := metaList(list)
		w.Expect(err).NotTo(HaveOccurred())
		names = append(names, objects...)
	}
	return names
}
