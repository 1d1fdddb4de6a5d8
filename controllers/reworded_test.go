package controllers

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"testing"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/internal/census"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// Messages are for people. After a version that words each of them in another way, the operator
// tells the same events, asks Webex the same, and comes to the same conditions.
func TestRewordedMessages(t *testing.T) {
	t.Parallel()
	var as, other string
	t.Run("words", func(t *testing.T) { // it waits for both
		crowded := limited(census.Limits{census.Schedules: {Namespace: 10, Cluster: 1000}})
		t.Run("as they were", func(t *testing.T) { as = newFixture(t, crowded).rewordedStory(false) })
		t.Run("others", func(t *testing.T) { other = newFixture(t, crowded).rewordedStory(true) })
	})
	g := NewWithT(t)
	g.Expect(as).To(ContainSubstring(v1alpha1.ReasonPruneApproved))
	g.Expect(as).To(ContainSubstring(v1alpha1.ReasonNearNamespaceLimit))
	g.Expect(other).To(Equal(as))
}

// rewordedStory leads customers into trouble, restarts the operator, and leads them out of it.
// It returns what was seen but for messages.
func (f *fixture) rewordedStory(reword bool) string {
	f.t.Helper()
	failing := f.createCustomer("failing")
	held := f.customerWithToken("held", webexsim.TwoSubscriptionOrganization())
	refused := f.customerWithToken("refused", webexsim.OverAssignedOrganization())
	outage := f.sim.AddRule(webexsim.Rule{Operation: "GET /licenses", Organization: f.org.UUID(), Status: http.StatusServiceUnavailable})
	f.run("failing")
	f.awaitTold(failing, func(g Gomega, told v1alpha1.Told) { g.Expect(told.Failing).To(HaveValue(BeTrue())) })
	heldOrganization := f.sim.Organization(webexsim.TwoSubscriptionUUID)
	heldOrganization.RemoveAllLicenses()
	f.run("held")
	f.awaitTold(held, func(g Gomega, told v1alpha1.Told) {
		g.Expect(told.HeldPruneToken).To(Equal(held.Status.HeldPrune.Token))
	})
	f.sim.RevokeToken("refused-token")
	f.run("refused")
	f.awaitCondition(refused, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonCredentialsRejected)
	customers := []*v1alpha1.WebexCustomerAccess{failing, held, refused}
	f.addSchedules(0, 8)
	for _, customer := range customers {
		f.awaitCondition(customer, v1alpha1.ConditionObjectCountOK, metav1.ConditionFalse, v1alpha1.ReasonNearNamespaceLimit)
	}
	f.dropSchedules(7, 8) // near it still, but only for those who were told so
	for _, customer := range customers {
		f.settle(customer)
	}

	f.stop()
	if reword {
		f.rewordAll()
	}
	f.forget()
	f.start()
	for _, customer := range customers {
		f.settle(customer)
	}
	seen := []any{"after the restart", f.sim.Requests(), f.toldOf(customers), f.verdicts()}

	f.sim.RemoveRule(outage)
	f.run("failing")
	f.setAnnotation(held, v1alpha1.AnnotationApprovePrune, held.Status.HeldPrune.Token)
	f.Eventually(func() int { return len(f.list("held")) }).Should(BeZero())
	f.run("refused")
	for _, customer := range customers {
		f.settle(customer)
	}
	f.Expect(f.told.of("WebexCustomerAccess", "held")).To(ContainElement("Normal " + v1alpha1.ReasonPruneApproved))
	f.Expect(f.told.of("WebexCustomerAccess", "failing")).To(ContainElement("Normal " + v1alpha1.ReasonSyncRecovered))
	seen = append(seen, "in the end", f.sim.Requests(), f.toldOf(customers), f.verdicts())
	data, err := json.MarshalIndent(seen, "", " ")
	f.Expect(err).NotTo(HaveOccurred())
	return string(data)
}

// customerWithToken is a customer of an organization of its own.
func (f *fixture) customerWithToken(name string, of webexsim.OrganizationSpec) *v1alpha1.WebexCustomerAccess {
	f.t.Helper()
	organization := f.sim.AddOrganization(of)
	f.sim.IssueToken(webexsim.TokenSpec{Organization: organization.UUID(), Access: name + "-token"})
	f.apply(&corev1.Secret{ObjectMeta: f.meta(name), StringData: map[string]string{access.KeyAccessToken: name + "-token"}})
	return f.createCustomer(name, func(c *v1alpha1.WebexCustomerAccess) { c.Spec.CredentialsSecretRef.Name = name })
}

func (f *fixture) awaitTold(customer *v1alpha1.WebexCustomerAccess, check func(g Gomega, told v1alpha1.Told)) {
	f.t.Helper()
	f.Eventually(func(g Gomega) {
		g.Expect(f.client.Get(f.ctx, keyOf(customer), customer)).To(Succeed())
		g.Expect(customer.Status.Told).NotTo(BeNil())
		check(g, *customer.Status.Told)
	}).Should(Succeed())
}

// rewordAll words each message of each status in another way.
func (f *fixture) rewordAll() {
	f.t.Helper()
	messages := 0
	for _, kind := range []string{"WebexCustomerAccess", "LicenseSync", "LicenseSyncSchedule", "WebexLicense"} {
		list := &unstructured.UnstructuredList{}
		list.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(kind + "List"))
		f.Expect(f.client.List(f.ctx, list, client.InNamespace(f.namespace))).To(Succeed())
		for i := range list.Items {
			n := rewordIn(list.Items[i].Object["status"])
			if messages += n; n > 0 {
				f.Expect(f.client.Status().Update(f.ctx, &list.Items[i])).To(Succeed())
			}
		}
	}
	f.Expect(messages).To(BeNumerically(">", 20))
}

// rewordIn changes each message in a value, and counts them.
func rewordIn(value any) (messages int) {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			if text, ok := inner.(string); ok && key == "message" {
				v[key] = reworded(text)
				messages++
				continue
			}
			messages += rewordIn(inner)
		}
	case []any:
		for _, inner := range v {
			messages += rewordIn(inner)
		}
	}
	return messages
}

// toldOf are the events of customers.
func (f *fixture) toldOf(customers []*v1alpha1.WebexCustomerAccess) map[string][]string {
	all := map[string][]string{}
	for _, customer := range customers {
		all[customer.Name] = f.told.of("WebexCustomerAccess", customer.Name)
	}
	return all
}

// verdicts are the conditions of all customers, without messages and times.
func (f *fixture) verdicts() []string {
	f.t.Helper()
	var list v1alpha1.WebexCustomerAccessList
	f.Expect(f.client.List(f.ctx, &list, client.InNamespace(f.namespace))).To(Succeed())
	said := map[string]bool{}
	for _, customer := range list.Items {
		for _, c := range customer.Status.Conditions {
			said[fmt.Sprint(customer.Name, " ", c.Type, " ", c.Status, " ", c.Reason)] = true
		}
	}
	return slices.Sorted(maps.Keys(said))
}
