package controllers

import (
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// A renamed organization keeps its customer. Two of one name are two customers. One that is gone is suspended, and
// goes on when it is back.
func TestPartnersOrganizationsChange(t *testing.T) {
	p := creating(t, 10)
	renamed, twin := p.customer(0), p.customer(1)
	p.sim.Organization(p.webex.Customers[0]).Rename("Müller & Söhne \"<b>\"")
	p.sim.Organization(p.webex.Customers[1]).Rename("Müller & Söhne \"<b>\"")
	other := p.customer(2)
	p.nextDay()
	p.quiet()
	p.Expect(p.customer(2).Generation).To(Equal(other.Generation))
	for i, before := range []*v1alpha1.WebexCustomerAccess{renamed, twin} {
		is := p.customer(i)
		p.Expect(is.UID).To(Equal(before.UID))
		p.Expect(is.Generation).To(Equal(before.Generation + 1))
		p.Expect(is.Spec.CustomerName).To(Equal("Müller & Söhne \"<b>\""))
	}

	gone := p.webex.Customers[2]
	p.sim.RemoveCustomer(p.webex.Owner, gone)
	p.nextDay()
	p.Expect(p.await(discovered, "9/9/10/0/0/1/0").Message).To(ContainSubstring("1 are suspended"))
	p.Expect(p.customer(2).Spec.Suspend).To(HaveValue(BeTrue()))
	p.Expect(p.suspended()).To(Equal(1))
	p.Expect(p.Status.Organizations).To(ConsistOf(v1alpha1.PartnerOrganization{ID: gone, Customer: p.customer(2).Name, State: v1alpha1.PartnerOrganizationVanished}))
	p.sim.AddCustomer(p.webex.Owner, gone)
	p.nextDay()
	p.await(discovered, "10/10/10/0/0/0/0")
	p.Expect(p.suspended()).To(BeZero())
	p.Expect(p.told.of("WebexPartner", "hcs")[2:]).To(Equal([]string{"Warning OrganizationsVanished", "Normal OrganizationsBack"}))
}

// More than a fifth that is gone, or an empty list, is held until exactly that is approved. New organizations become
// customers meanwhile. What is back is held no longer.
func TestPartnersSuspensionsAreHeld(t *testing.T) {
	p := creating(t, 10)
	for _, gone := range p.webex.Customers[:3] {
		p.sim.RemoveCustomer(p.webex.Owner, gone)
	}
	added := p.sim.AddOrganization(webexsim.OrganizationSpec{UUID: "aaaaaaaa-0000-4000-8000-000000000001", Name: "New"})
	p.sim.AddCustomer(p.webex.Owner, added.UUID())
	p.nextDay()
	p.await(customersHeld, "8/8/11/0/0/3/0")
	p.Expect(p.Status.Held.Customers).To(HaveValue(BeEquivalentTo(3)))
	held := meta.FindStatusCondition(p.Status.Conditions, v1alpha1.ConditionRemovalsHeld)
	p.Expect(held.Message).To(ContainSubstring(p.Status.Held.Token))
	p.Expect(p.customers("hcs")).To(HaveKey(added.UUID()))
	p.Expect(p.suspended()).To(BeZero())

	token := p.Status.Held.Token
	p.sim.RemoveCustomer(p.webex.Owner, p.webex.Customers[3])
	p.nextDay()
	p.await(customersHeld, "7/7/11/0/0/4/0")
	p.Expect(p.Status.Held.Token).NotTo(Equal(token))
	p.annotate(v1alpha1.AnnotationApproveRemovals, token)
	p.quiet()
	p.Expect(p.suspended()).To(BeZero(), "the approval was for another set")
	p.annotate(v1alpha1.AnnotationApproveRemovals, p.Status.Held.Token)
	p.await(discovered, "7/7/11/0/0/4/0")
	p.Expect(p.suspended()).To(Equal(4))
	p.Expect(p.Status.Held).To(BeNil())

	p.sim.SetOptions(func(o *webexsim.Options) { o.EmptyOrganizations = true })
	p.nextDay()
	p.await(customersHeld, "0/0/11/0/0/11/0")
	p.Expect(p.Status.Held.Customers).To(HaveValue(BeEquivalentTo(7)))
	p.Expect(p.suspended()).To(Equal(4))
	p.sim.SetOptions(func(o *webexsim.Options) { o.EmptyOrganizations = false })
	p.nextDay()
	p.await(discovered, "7/7/11/0/0/4/0")
	for _, back := range p.webex.Customers[:4] {
		p.sim.AddCustomer(p.webex.Owner, back)
	}
	p.nextDay()
	p.await(discovered, "11/11/11/0/0/0/0")
	p.Expect(p.suspended()).To(BeZero())
	p.Expect(p.told.of("WebexPartner", "hcs")).To(ContainElements("Warning CustomersHeld", "Normal RemovalsApproved"))
}

// An administrator of the partner who may suddenly see two customers only takes none away.
func TestPartnerAdministratorIsRestricted(t *testing.T) {
	p := creating(t, 6)
	p.sim.RestrictPartner(p.webex.Owner, p.webex.Customers[:2]...)
	p.nextDay()
	p.await(customersHeld, "2/2/6/0/0/4/0")
	p.Expect(p.suspended()).To(BeZero())
	p.sim.UnrestrictPartner(p.webex.Owner)
	p.nextDay()
	p.await(discovered, "6/6/6/0/0/0/0")
}

// Names of any sort fit status and objects, of which the API server takes each.
func TestPartnersOrganizationsHaveHostileNames(t *testing.T) {
	names := []string{
		strings.Repeat("x", 256), strings.Repeat("ü", 128), strings.Repeat("漢", 300), "$(rm -rf /)", "../../etc", "a\nb\x00c", "{{ .Secret }}",
		"\u202eright to left", " ", "-", "42", "true",
	}
	p := newProvider(t, 60)
	for i, name := range names {
		p.sim.Organization(p.webex.Customers[i]).Rename(name)
	}
	p.create(p.WebexPartner)
	p.await(discovered, "60/60/0/60/0/0/0")
	p.Expect(p.Status.Organizations).To(HaveLen(50))
	for _, o := range p.Status.Organizations {
		p.Expect(len(o.DisplayName)).To(BeNumerically("<=", 256))
	}
	p.alter(func(w *v1alpha1.WebexPartner) {
		w.Spec.Mode = v1alpha1.PartnerModeCreate
		w.Spec.Select = &v1alpha1.OrganizationSelector{OrganizationMatch: v1alpha1.OrganizationMatch{OrganizationIDs: p.webex.Customers[:len(names)]}}
	})
	p.await(discovered, "60/12/12/0/0/0/0")
	p.Expect(p.customers("hcs")).To(HaveLen(len(names)))
	p.forget()
	p.nextDay()
	p.quiet()
	p.Expect(p.written()).To(BeEmpty())
}
