package controllers

import (
	"encoding/json"
	"fmt"
	"testing"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/partner"
)

// An organization that a person's customer reads is left to it, before and after; one that a person takes over by
// the label is the person's. When it goes, the partner makes one.
func TestPartnerLeavesPeoplesCustomers(t *testing.T) {
	p := newProvider(t, 3)
	own := p.newCustomer("own")
	own.Spec.CredentialsSecretRef.Name, own.Spec.OrganizationID = "partner", p.webex.Customers[0]
	p.create(own)
	p.Spec.Mode = v1alpha1.PartnerModeCreate
	p.create(p.WebexPartner)
	p.await(discovered, "3/3/2/0/1/0/0")
	p.Expect(p.Status.Organizations).To(ConsistOf(v1alpha1.PartnerOrganization{
		ID: p.webex.Customers[0], DisplayName: "Customer 0001", Customer: "own", State: v1alpha1.PartnerOrganizationReadElsewhere,
	}))

	taken := p.customer(1)
	p.patch(taken, fmt.Sprintf(`{"metadata":{"labels":{%q:null}},"spec":{"suspend":true}}`, v1alpha1.LabelPartner))
	p.await(discovered, "3/3/1/0/2/0/0")
	p.sim.RemoveCustomer(p.webex.Owner, p.webex.Customers[1])
	p.nextDay()
	p.await(discovered, "2/2/1/0/1/0/0")
	p.quiet()
	after := taken.DeepCopy()
	p.Expect(p.client.Get(p.ctx, keyOf(taken), after)).To(Succeed())
	p.Expect(after.Generation).To(Equal(taken.Generation), "nothing of it is written")

	p.Expect(p.client.Delete(p.ctx, own)).To(Succeed())
	p.later(2 * partner.PassInterval)
	p.await(discovered, "2/2/2/0/0/0/0")
}

// Of two partners that see one organization, one has a customer of it, and the other says so.
func TestTwoPartnersSeeOneOrganization(t *testing.T) {
	p := creating(t, 3)
	other := p.newPartner("other")
	other.Spec.Mode = v1alpha1.PartnerModeCreate
	p.create(other)
	p.awaitPartner(other, discovered, "3/3/0/0/3/0/0")
	p.Expect(other.Status.Organizations[0].State).To(Equal(v1alpha1.PartnerOrganizationReadElsewhere))
	p.quiet()
	p.Expect(p.customers("other")).To(BeEmpty())
	p.Expect(p.customers("hcs")).To(HaveLen(3))
}

// A template that changes moves its own fields only. What people set, by server-side apply, kubectl edit or client-side
// apply, stays theirs: nothing is written while only such fields differ, and what applies a person's manifest sees no
// difference.
func TestTemplateLeavesPeoplesFields(t *testing.T) {
	p := creating(t, 4, func(w *v1alpha1.WebexPartner) {
		w.Spec.Template = &v1alpha1.CustomerTemplate{HierarchyPath: "hcs.provider", Labels: map[string]string{"tier": "gold"}}
	})
	manifest := func() *unstructured.Unstructured {
		return &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": v1alpha1.GroupVersion.String(), "kind": "WebexCustomerAccess",
			"metadata": map[string]any{"name": p.customer(0).Name, "namespace": p.namespace},
			"spec":     map[string]any{"hierarchyPath": "applied", "thresholds": map[string]any{"warningPercent": int64(50)}},
		}}
	}
	apply := func(opts ...client.ApplyOption) *unstructured.Unstructured {
		u := manifest()
		p.Expect(p.client.Apply(p.ctx, client.ApplyConfigurationFromUnstructured(u), append(opts, client.FieldOwner("argocd"), client.ForceOwnership)...)).To(Succeed())
		return u
	}
	apply()
	p.change(p.customer(1), func(c *v1alpha1.WebexCustomerAccess) { c.Spec.HierarchyPath = "edited" })
	p.clientSideApply(p.customer(2), `{"spec":{"hierarchyPath":"client-side"}}`)
	p.quiet()
	p.forget()
	p.nextDay()
	p.quiet()
	p.Expect(p.written()).To(BeEmpty(), "people's fields are no difference")
	p.Expect(p.paths()).To(Equal([]string{"applied", "edited", "client-side", "hcs.provider"}))

	generation := p.customer(0).Generation
	p.alter(func(w *v1alpha1.WebexPartner) {
		w.Spec.Template.HierarchyPath, w.Spec.Template.Labels = "hcs.other", map[string]string{"tier": "silver"}
		w.Spec.Template.Thresholds = &v1alpha1.Thresholds{WarningPercent: 70, CriticalPercent: 90}
	})
	p.await(discovered, "4/4/4/0/0/0/0")
	p.quiet()
	p.Expect(p.paths()).To(Equal([]string{"applied", "edited", "client-side", "hcs.other"}))
	for i := range 4 {
		p.Expect(p.customer(i).Labels).To(HaveKeyWithValue("tier", "silver"))
		p.Expect(p.customer(i).Spec.Thresholds.CriticalPercent).To(BeEquivalentTo(90))
	}
	p.Expect(p.customer(0).Spec.Thresholds.WarningPercent).To(BeEquivalentTo(50))
	p.Expect(p.customer(3).Spec.Thresholds.WarningPercent).To(BeEquivalentTo(70))
	p.Expect(p.customer(0).Generation).To(Equal(generation+1), "it is written once")
	p.Expect(apply(client.DryRunAll).GetGeneration()).To(Equal(generation+1), "applied once more, it is the same")

	p.alter(func(w *v1alpha1.WebexPartner) { w.Spec.Template = nil })
	p.quiet()
	p.Expect(p.paths()).To(Equal([]string{"applied", "edited", "client-side", ""}))
	p.Expect(p.customer(3).Labels).NotTo(HaveKey("tier"))
	p.Expect(p.sim.Requests()[listsAsked]).To(Equal(1), "a template asks for nothing")
}

// paths are spec.hierarchyPath of the partner's customers.
func (p *provider) paths() (paths []string) {
	for i := range p.webex.Customers {
		paths = append(paths, p.customer(i).Spec.HierarchyPath)
	}
	return paths
}

// clientSideApply is kubectl apply without --server-side: a merge patch with the manifest in an annotation.
func (p *provider) clientSideApply(c *v1alpha1.WebexCustomerAccess, manifest string) {
	p.t.Helper()
	patch := map[string]any{}
	p.Expect(json.Unmarshal([]byte(manifest), &patch)).To(Succeed())
	patch["metadata"] = map[string]any{"annotations": map[string]string{"kubectl.kubernetes.io/last-applied-configuration": manifest}}
	data, err := json.Marshal(patch)
	p.Expect(err).NotTo(HaveOccurred())
	p.Expect(p.client.Patch(p.ctx, c, client.RawPatch("application/merge-patch+json", data), client.FieldOwner("kubectl-client-side-apply"))).To(Succeed())
}

// Customers stay when their partner is deleted, unless the policy says otherwise. Each change of the policy is carried
// to the customers and the schedule.
func TestPartnerIsDeleted(t *testing.T) {
	p := creating(t, 3, func(w *v1alpha1.WebexPartner) {
		w.Spec.Template = &v1alpha1.CustomerTemplate{Schedule: &v1alpha1.PartnerSchedule{Schedule: "0 1 1 1 *"}}
	})
	schedule := &v1alpha1.LicenseSyncSchedule{ObjectMeta: p.meta("hcs")}
	owned := func(n int) {
		p.t.Helper()
		p.Eventually(func(g Gomega) {
			g.Expect(p.client.Get(p.ctx, keyOf(schedule), schedule)).To(Succeed())
			g.Expect(schedule.OwnerReferences).To(HaveLen(n))
			for _, c := range p.customers("hcs") {
				g.Expect(c.OwnerReferences).To(HaveLen(n))
			}
		}).Should(Succeed())
	}
	policy := func(is v1alpha1.DeletionPolicy) {
		p.alter(func(w *v1alpha1.WebexPartner) { w.Spec.DeletionPolicy = is })
	}
	owned(0)
	policy(v1alpha1.DeletionPolicyDelete)
	owned(1)
	policy(v1alpha1.DeletionPolicyRetain)
	owned(0)
	p.Expect(p.client.Delete(p.ctx, p.WebexPartner)).To(Succeed())
	p.Consistently(func() int { return len(p.customers("hcs")) }, "2s").Should(Equal(3))

	again := p.newPartner("hcs")
	again.Spec = *p.Spec.DeepCopy()
	again.Spec.DeletionPolicy = v1alpha1.DeletionPolicyDelete
	p.WebexPartner = again
	p.create(again)
	p.await(discovered, "3/3/3/0/0/0/0")
	owned(1)
	p.Expect(p.client.Delete(p.ctx, again, client.PropagationPolicy(metav1.DeletePropagationBackground))).To(Succeed())
	p.Eventually(func() int { return len(p.customers("hcs")) }).Should(BeZero())
	p.Eventually(func() error { return p.client.Get(p.ctx, keyOf(schedule), schedule) }).ShouldNot(Succeed())
}
