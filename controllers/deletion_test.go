package controllers

import (
	"errors"
	"fmt"
	"testing"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
)

// owners counts a customer's rows by the UID of the customer that owns them.
func (f *fixture) owners(customer string) map[types.UID]int {
	f.t.Helper()
	owners := map[types.UID]int{}
	for _, row := range f.list(customer) {
		var owner types.UID
		if controller := metav1.GetControllerOf(&row); controller != nil {
			owner = controller.UID
		}
		owners[owner]++
	}
	return owners
}

// awaitRowOwner waits until all rows have an owner; empty for none.
func (f *fixture) awaitRowOwner(customer string, rows int, owner types.UID) {
	f.t.Helper()
	f.Eventually(func() map[types.UID]int { return f.owners(customer) }).Should(Equal(map[types.UID]int{owner: rows}))
}

// deleteCustomer deletes a customer and waits until garbage collection, by the
// real kube-controller-manager, removed its runs.
func (f *fixture) deleteCustomer(customer *v1alpha1.WebexCustomerAccess) {
	f.t.Helper()
	f.Expect(f.runs(customer.Name)).NotTo(BeEmpty())
	f.Expect(f.client.Delete(f.ctx, customer)).To(Succeed())
	f.Eventually(func() map[v1alpha1.Trigger][]string { return f.runs(customer.Name) }).Should(BeEmpty())
}

// A deleted customer takes with it all that the operator made for it, and
// nothing of the user's.
func TestDeleteCustomer(t *testing.T) {
	f := newFixture(t)
	f.oauthSecret("oauth")
	customer := f.createCustomer("acme", func(c *v1alpha1.WebexCustomerAccess) { c.Spec.CredentialsSecretRef.Name = "oauth" })
	f.Expect(f.owners("acme")).To(Equal(map[types.UID]int{customer.UID: len(f.rows("acme"))}))
	token := f.tokenSecret("oauth")
	f.Expect(token.ManagedFields).To(HaveEach(HaveField("Operation", metav1.ManagedFieldsOperationApply)), "what is applied without an owner takes it away")
	other := f.newCustomer("other")
	other.Spec.CredentialsSecretRef.Name = "oauth"
	f.Expect(f.client.Create(f.ctx, other)).To(Succeed())
	f.Eventually(func() []metav1.OwnerReference { return f.tokenSecret("oauth").OwnerReferences }).Should(ConsistOf(
		HaveField("UID", customer.UID), HaveField("UID", other.UID)), "it belongs to all who use it")

	f.deleteCustomer(customer)
	f.Eventually(func() []metav1.OwnerReference { return f.tokenSecret("oauth").OwnerReferences }).Should(ConsistOf(
		HaveField("UID", other.UID)), "the other one keeps it")
	f.deleteCustomer(other)
	f.Eventually(func() map[types.UID]int { return f.owners("acme") }).Should(BeEmpty())
	f.Eventually(func() bool {
		return apierrors.IsNotFound(f.client.Get(f.ctx, keyOf(token), &corev1.Secret{}))
	}).Should(BeTrue(), "the operator's Secret with tokens goes too")
	f.Expect(f.client.Get(f.ctx, keyOf(&corev1.Secret{ObjectMeta: f.meta("oauth")}), &corev1.Secret{})).To(Succeed())
}

// With Retain, rows outlive their customer, and a customer of the same name
// takes them over.
func TestRetainRows(t *testing.T) {
	f := newFixture(t)
	customer := f.createCustomer("acme", func(c *v1alpha1.WebexCustomerAccess) { c.Spec.DeletionPolicy = v1alpha1.DeletionPolicyRetain })
	rows := f.rows("acme")
	f.awaitRowOwner("acme", len(rows), "")

	f.forget()
	policy := func(p v1alpha1.DeletionPolicy) {
		f.change(customer, func(c *v1alpha1.WebexCustomerAccess) { c.Spec.DeletionPolicy = p })
	}
	policy(v1alpha1.DeletionPolicyDelete)
	f.awaitRowOwner("acme", len(rows), customer.UID)
	policy(v1alpha1.DeletionPolicyRetain)
	f.awaitRowOwner("acme", len(rows), "")
	f.settle(customer)
	f.Expect(f.sim.Requests()).To(BeEmpty(), "ownership is no matter of Webex")
	f.expectFigures(customer)

	f.deleteCustomer(customer)
	f.Expect(f.org.AssignLicense(5, "Advanced Messaging")).To(Succeed())
	f.Expect(f.rows("acme")).To(Equal(f.rowsWithoutChange(rows)), "rows keep their last figures")

	again := f.createCustomer("acme")
	f.Expect(again.UID).NotTo(Equal(customer.UID))
	f.awaitRowOwner("acme", len(rows), again.UID)
	f.expectFigures(again)
	for name, row := range f.rows("acme") {
		f.Expect(row.UID).To(Equal(rows[name].UID), "%s was taken over, not made anew", name)
	}
	run := &v1alpha1.LicenseSync{ObjectMeta: f.meta("acme-initial")}
	f.Expect(f.client.Get(f.ctx, keyOf(run), run)).To(Succeed())
	f.Expect(run.Status.Rows.Added).To(HaveValue(BeZero()))
}

// rowsWithoutChange are rows as they were, but for what a change of owner moves.
func (f *fixture) rowsWithoutChange(rows map[string]*v1alpha1.WebexLicense) map[string]*v1alpha1.WebexLicense {
	f.t.Helper()
	now := f.rows(rows[firstKey(rows)].Spec.CustomerAccessRef.Name)
	expected := map[string]*v1alpha1.WebexLicense{}
	for name, row := range rows {
		f.Expect(now).To(HaveKey(name))
		copied := row.DeepCopy()
		copied.ResourceVersion, copied.ManagedFields = now[name].ResourceVersion, now[name].ManagedFields
		expected[name] = copied
	}
	return expected
}

func firstKey[V any](m map[string]V) string {
	for key := range m {
		return key
	}
	return ""
}

// tokenSecret is the Secret in which the operator keeps what it refreshed by
// means of a user's Secret.
func (f *fixture) tokenSecret(users string) *corev1.Secret {
	f.t.Helper()
	secret := &corev1.Secret{ObjectMeta: f.meta(access.TokenSecretName(users, ""))}
	f.Expect(f.client.Get(f.ctx, keyOf(secret), secret)).To(Succeed())
	return secret
}

// A reconcile that could create nothing, because its namespace is being deleted, is not tried again: the deletion of what
// is there comes as an event.
func TestNothingIsCreatedInADeletedNamespace(t *testing.T) {
	f := newFixture(t, func(o *fixtureOptions) { o.stopped = true })
	f.Expect(f.client.Delete(f.ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: f.namespace}})).To(Succeed())
	refused := f.client.Create(f.ctx, f.newCustomer("acme"))
	f.Expect(apierrors.IsForbidden(refused)).To(BeTrue(), "%v", refused)
	for name, err := range map[string]error{"alone": refused, "among others": errors.Join(nil, fmt.Errorf("create: %w", refused))} {
		result, err := ended(err)
		f.Expect(err).NotTo(HaveOccurred(), name)
		f.Expect(result).To(BeZero(), name)
	}

	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "licensesyncs"}, "acme", errors.New("no permission"))
	_, err := ended(forbidden)
	f.Expect(err).To(MatchError(forbidden), "what else is forbidden may be allowed later")
}
