package chart

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/controlplane"
	"github.com/webex-operator/webex-license-operator/test/operator"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

const (
	patience   = time.Minute
	deployment = release + "-controller-manager"
)

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	directory, err := os.MkdirTemp("", "chart-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	manager = sync.OnceValues(func() (string, error) { return operator.Build(context.Background(), repository, directory) })
	status := m.Run()
	_ = os.RemoveAll(directory)
	os.Exit(status)
}

// manager builds the manager when the first test asks for it, and returns its path.
var manager func() (string, error)

// world is a cluster, a simulated Webex, and helm.
type world struct {
	*WithT
	t       *testing.T
	cluster *controlplane.ControlPlane
	client  client.Client
	helm    helm
	sim     *webexsim.Server
	log     operator.Log
	pod     *operator.Pod
}

// newWorld makes a cluster with the operator's namespace, where only restricted pods may run.
func newWorld(t *testing.T, o controlplane.Options) *world {
	t.Helper()
	w := newCluster(t, o)
	var err error
	w.sim, err = webexsim.New(webexsim.Options{TLS: true})
	w.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(w.sim.Close)
	w.namespace(namespace, map[string]string{"pod-security.kubernetes.io/enforce": "restricted"})
	w.create(&corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "roots"},
		Data:       map[string]string{"simulator.crt": string(w.sim.CACertificate())},
	})
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the manager's log:\n%s", w.log.Tail(30))
		}
	})
	return w
}

// newCluster makes a world that has a cluster and helm, and nothing else.
func newCluster(t *testing.T, o controlplane.Options) *world {
	t.Helper()
	w := &world{WithT: NewWithT(t), t: t}
	w.SetDefaultEventuallyTimeout(patience)
	w.SetDefaultEventuallyPollingInterval(20 * time.Millisecond)
	o.Log = t.Logf
	var err error
	w.cluster, err = controlplane.Start(t.Context(), o)
	w.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { w.Expect(w.cluster.Stop()).To(Succeed()) })
	scheme := operator.Scheme()
	w.Expect(apiextensionsv1.AddToScheme(scheme)).To(Succeed())
	w.client, err = client.New(w.cluster.Config, client.Options{Scheme: scheme})
	w.Expect(err).NotTo(HaveOccurred())
	w.helm = newHelm(t, w.cluster.KubeconfigPath)
	return w
}

func (w *world) create(object client.Object) {
	w.t.Helper()
	w.Expect(w.client.Create(w.t.Context(), object)).To(Succeed())
}

func (w *world) namespace(name string, labels map[string]string) {
	w.t.Helper()
	w.create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}})
}

// values has the operator talk to the simulator, and trust it.
func (w *world) values(more string) string {
	base, err := url.Parse(w.sim.URL())
	w.Expect(err).NotTo(HaveOccurred())
	return fmt.Sprintf("allowedAPIHosts: [%q]\nextraCA: {configMap: roots}\n%s", base.Host, more)
}

// run runs helm in the operator's namespace.
func (w *world) run(values string, args ...string) {
	w.t.Helper()
	_, err := w.helm.run(w.t.Context(), values, append(args, "--namespace="+namespace)...)
	w.Expect(err).NotTo(HaveOccurred())
}

// deployment is one that the release made.
func (w *world) deployment(name string) *appsv1.Deployment {
	w.t.Helper()
	object := &appsv1.Deployment{}
	w.Expect(w.client.Get(w.t.Context(), client.ObjectKey{Namespace: namespace, Name: name}, object)).To(Succeed())
	return object
}

// start runs the manager as the Deployment says.
func (w *world) start() {
	w.t.Helper()
	w.pod = w.startOf(deployment)
}

// startOf runs a manager as one of the Deployments says, once the API server would have such
// a pod.
func (w *world) startOf(name string) *operator.Pod {
	w.t.Helper()
	object := w.deployment(name)
	pod := &corev1.Pod{ObjectMeta: *object.Spec.Template.ObjectMeta.DeepCopy(), Spec: *object.Spec.Template.Spec.DeepCopy()}
	pod.Namespace, pod.Name = namespace, "manager"
	w.Expect(client.NewDryRunClient(w.client).Create(w.t.Context(), pod)).To(Succeed())

	binary, err := manager()
	w.Expect(err).NotTo(HaveOccurred())
	started, err := operator.StartPod(w.t.Context(), w.cluster.Config, object, binary, w.t.TempDir(), &w.log)
	w.Expect(err).NotTo(HaveOccurred())
	w.t.Cleanup(started.Kill)
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	w.Expect(started.Ready(ctx)).To(Succeed())
	return started
}

// stop ends the manager as Kubernetes does when a Deployment changes or goes.
func (w *world) stop() {
	w.t.Helper()
	w.Expect(w.pod.Stop()).To(Succeed())
	w.pod = nil
	for line := range strings.SplitSeq(w.log.String(), "\n") {
		w.Expect(strings.ToLower(line)).NotTo(ContainSubstring("forbidden"), "the release does not give all rights")
	}
}

// customer adds one, and its organization. It needs no caBundleRef because the operator
// trusts the simulator.
func (w *world) customer(in string, organization webexsim.OrganizationSpec) *v1alpha1.WebexCustomerAccess {
	w.t.Helper()
	token := w.sim.IssueToken(webexsim.TokenSpec{Organization: w.sim.AddOrganization(organization).UUID()})
	w.create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: in, Name: "acme"}, StringData: map[string]string{"accessToken": token.Access}})
	customer := &v1alpha1.WebexCustomerAccess{
		ObjectMeta: metav1.ObjectMeta{Namespace: in, Name: "acme"},
		Spec: v1alpha1.WebexCustomerAccessSpec{
			CredentialsSecretRef: v1alpha1.CredentialsSecretReference{Name: "acme"},
			Connection:           &v1alpha1.Connection{BaseURL: w.sim.URL(), RequestsPerMinute: 6000},
		},
	}
	w.create(customer)
	return customer
}

// awaitSync waits for a complete run other than the given one.
func (w *world) awaitSync(customer *v1alpha1.WebexCustomerAccess, last string) {
	w.t.Helper()
	w.Eventually(func(g Gomega) {
		g.Expect(w.client.Get(w.t.Context(), client.ObjectKeyFromObject(customer), customer)).To(Succeed())
		g.Expect(customer.Status.LastRun).To(HaveValue(And(HaveField("Name", Not(Equal(last))), HaveField("Reason", "Succeeded"))), "%+v", customer.Status.Conditions)
	}).Should(Succeed())
}

// awaitFresh waits until the customer's figures are fresh for a reason, and leaves it as it is then.
func (w *world) awaitFresh(customer *v1alpha1.WebexCustomerAccess, reason string) {
	w.t.Helper()
	w.Eventually(func(g Gomega) {
		g.Expect(w.client.Get(w.t.Context(), client.ObjectKeyFromObject(customer), customer)).To(Succeed())
		fresh := meta.FindStatusCondition(customer.Status.Conditions, v1alpha1.ConditionDataFresh)
		g.Expect(fresh).To(HaveValue(And(HaveField("Status", metav1.ConditionTrue), HaveField("Reason", reason))))
	}).Should(Succeed())
}

// schedules are all that there are.
func (w *world) schedules() []string {
	w.t.Helper()
	var list v1alpha1.LicenseSyncScheduleList
	w.Expect(w.client.List(w.t.Context(), &list)).To(Succeed())
	var names []string
	for i := range list.Items {
		names = append(names, client.ObjectKeyFromObject(&list.Items[i]).String())
	}
	return names
}

// rows are the licence rows of a namespace, by name, with what makes them the same ones.
func (w *world) rows(in string) map[string]string {
	w.t.Helper()
	var list v1alpha1.WebexLicenseList
	w.Expect(w.client.List(w.t.Context(), &list, client.InNamespace(in))).To(Succeed())
	rows := map[string]string{}
	for i := range list.Items {
		row := &list.Items[i]
		rows[row.Name] = string(row.UID) + " " + operator.Shown(row)
	}
	return rows
}

// dryRun shows objects to the API server as kubectl apply does, which stores nothing.
func (w *world) dryRun(manifests string) {
	w.t.Helper()
	var known []string
	for _, object := range decode(w.t, manifests) {
		if object.GroupVersionKind().Group == "monitoring.coreos.com" {
			continue // of the Prometheus operator, which is not here
		}
		content, err := yaml.Marshal(object.Object)
		w.Expect(err).NotTo(HaveOccurred())
		known = append(known, string(content))
	}
	cmd := exec.CommandContext(w.t.Context(), filepath.Join(w.cluster.AssetsDir, "kubectl"), //nolint:gosec // our own program
		"--kubeconfig="+w.cluster.KubeconfigPath, "apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-")
	cmd.Stdin = strings.NewReader(strings.Join(known, "---\n"))
	output, err := cmd.CombinedOutput()
	w.Expect(err).NotTo(HaveOccurred(), "%s", output)
	w.Expect(string(output)).NotTo(ContainSubstring("Warning"))
}

// metaList are the kinds and names of a list's objects.
func metaList(list client.ObjectList) ([]string, error) {
	var names []string
	err := meta.EachListItem(list, func(object runtime.Object) error {
		names = append(names, fmt.Sprintf("%T %s", object, object.(client.Object).GetName()))
		return nil
	})
	return names, err
}
