package chart

import (
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/shard"
	"github.com/webex-operator/webex-license-operator/test/controlplane"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

const (
	customersFlag = "--watch-label-selector="
	nameFlag      = "--shard-name="
)

// Each customer is in exactly one Deployment's part, and each pod is exactly one Deployment's.
// What is there once for all of them has all pods.
func TestShards(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	helm := newHelm(t, "")
	objects := decode(t, helm.template(t, "shards: [a, b]\nnetworkPolicy: {enabled: true}\nmetrics: {serviceMonitor: {enabled: true}}"))
	deployments := ofKind[appsv1.Deployment](t, objects, "Deployment")
	g.Expect(deployments).To(HaveLen(3))

	for label, want := range map[string]string{"": "rest", "a": "a", "b": "b", "gone": "rest"} {
		customer := labels.Set{"team": "voice"}
		if label != "" {
			customer[v1alpha1.LabelShard] = label
		}
		var serve []string
		for i := range deployments {
			selector, err := labels.Parse(flagOf(&deployments[i], customersFlag))
			g.Expect(err).NotTo(HaveOccurred())
			if selector.Matches(customer) {
				serve = append(serve, flagOf(&deployments[i], nameFlag))
			}
		}
		g.Expect(serve).To(Equal([]string{want}), "of a customer with the label %q", label)
	}

	checkSelectors(t, objects)

	// Uninstalling takes the lease of each.
	var leases []string
	for _, lease := range ofKind[coordinationv1.Lease](t, objects, "Lease") {
		leases = append(leases, lease.Name)
	}
	var want []string
	for i := range deployments {
		part, err := shard.Parse(flagOf(&deployments[i], nameFlag), flagOf(&deployments[i], customersFlag))
		g.Expect(err).NotTo(HaveOccurred())
		want = append(want, part.LeaseName())
	}
	g.Expect(leases).To(ConsistOf(want))

	// But for what tells them apart, they are the one Deployment that there is without shards.
	plain := ofKind[appsv1.Deployment](t, decode(t, helm.template(t, "")), "Deployment")[0]
	for i := range deployments {
		name := deployments[i].Name
		if name == plain.Name {
			g.Expect(deployments[i].Spec.Selector).To(Equal(plain.Spec.Selector), "a selector cannot change")
		}
		g.Expect(withoutShard(&deployments[i])).To(Equal(withoutShard(&plain)), name)
	}
}

// checkSelectors fails unless each pod is exactly one Deployment's, and what there is once for all
// of them finds them all.
func checkSelectors(t *testing.T, objects []*unstructured.Unstructured) {
	t.Helper()
	g := NewWithT(t)
	deployments := ofKind[appsv1.Deployment](t, objects, "Deployment")
	budgets := ofKind[policyv1.PodDisruptionBudget](t, objects, "PodDisruptionBudget")
	g.Expect(budgets).To(HaveLen(len(deployments)))
	service := ofKind[corev1.Service](t, objects, "Service")[0]
	policy := ofKind[networkingv1.NetworkPolicy](t, objects, "NetworkPolicy")[0]
	for i := range deployments {
		pods := labels.Set(deployments[i].Spec.Template.Labels)
		g.Expect(labels.SelectorFromSet(service.Spec.Selector).Matches(pods)).To(BeTrue())
		g.Expect(selects(t, &policy.Spec.PodSelector, pods)).To(BeTrue())
		for k := range deployments {
			g.Expect(selects(t, deployments[k].Spec.Selector, pods)).To(Equal(i == k), "%s, pods of %s", deployments[k].Name, deployments[i].Name)
			g.Expect(selects(t, budgets[k].Spec.Selector, pods)).To(Equal(budgets[k].Name == deployments[i].Name), "budget %s, pods of %s", budgets[k].Name, deployments[i].Name)
			g.Expect(selects(t, deployments[k].Spec.Template.Spec.TopologySpreadConstraints[0].LabelSelector, pods)).To(Equal(i == k))
		}
	}
	monitor := slices.IndexFunc(objects, func(o *unstructured.Unstructured) bool { return o.GetKind() == "ServiceMonitor" })
	scraped, _, err := unstructured.NestedStringMap(objects[monitor].Object, "spec", "selector", "matchLabels")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(labels.SelectorFromSet(scraped).Matches(labels.Set(service.Labels))).To(BeTrue())
}

// A release gets shards in an upgrade, and loses them in another. The customer goes to the
// manager that its label names and comes back, and keeps its rows.
func TestShardsLifecycle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, controlplane.Options{ControllerManager: true})
	w.run(w.values(""), "install", release, chart)
	w.start()
	customer := w.customer("default", webexsim.StandardOrganization())
	w.awaitSync(customer, "")
	w.Expect(customer.Status.Shard).To(BeEmpty())
	rows := w.rows("default")
	w.stop()

	w.run(w.values("shards: [a]"), "upgrade", release, chart)
	w.start()
	second := w.startOf(deployment + "-a")
	w.syncAgain(customer)
	w.Expect(customer.Status.Shard).To(Equal("rest"))
	w.label(customer, "a")
	w.syncAgain(customer)
	w.Expect(customer.Status.Shard).To(Equal("a"))
	w.Expect(w.rows("default")).To(Equal(rows))

	w.Expect(second.Stop()).To(Succeed())
	w.stop()
	w.run(w.values(""), "upgrade", release, chart)
	w.start()
	w.syncAgain(customer)
	w.Expect(customer.Status.Shard).To(BeEmpty())
	w.Expect(w.rows("default")).To(Equal(rows))
	w.stop()
	w.run("", "uninstall", release)
	w.Expect(w.left()).To(BeEmpty())
}

// label puts a customer into a shard, and waits until that is so.
func (w *world) label(customer *v1alpha1.WebexCustomerAccess, shard string) {
	w.t.Helper()
	patch := client.MergeFrom(customer.DeepCopy())
	metav1.SetMetaDataLabel(&customer.ObjectMeta, v1alpha1.LabelShard, shard)
	w.Expect(w.client.Patch(w.t.Context(), customer, patch)).To(Succeed())
	w.Eventually(func(g Gomega) {
		g.Expect(w.client.Get(w.t.Context(), client.ObjectKeyFromObject(customer), customer)).To(Succeed())
		g.Expect(customer.Status.Shard).To(Equal(shard))
	}).Should(Succeed())
}

// ofKind are the objects of a kind, typed.
func ofKind[T any](t *testing.T, objects []*unstructured.Unstructured, kind string) (typed []T) {
	t.Helper()
	for _, object := range objects {
		if object.GetKind() != kind {
			continue
		}
		var one T
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &one); err != nil {
			t.Fatal(err)
		}
		typed = append(typed, one)
	}
	if len(typed) == 0 {
		t.Fatalf("no %s", kind)
	}
	return typed
}

func selects(t *testing.T, selector *metav1.LabelSelector, pods labels.Set) bool {
	t.Helper()
	parsed, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Matches(pods)
}

// flagOf is the value of one of the manager's flags.
func flagOf(object *appsv1.Deployment, flag string) string {
	for _, argument := range object.Spec.Template.Spec.Containers[0].Args {
		if value, found := strings.CutPrefix(argument, flag); found {
			return value
		}
	}
	return ""
}

// withoutShard is what a Deployment is like apart from its name, its labels and its customers.
func withoutShard(object *appsv1.Deployment) appsv1.DeploymentSpec {
	spec := *object.Spec.DeepCopy()
	spec.Selector = nil
	spec.Template.Labels = nil
	spec.Template.Spec.TopologySpreadConstraints[0].LabelSelector = nil
	container := &spec.Template.Spec.Containers[0]
	container.Args = slices.DeleteFunc(container.Args, func(argument string) bool {
		return strings.HasPrefix(argument, customersFlag) || strings.HasPrefix(argument, nameFlag)
	})
	return spec
}
