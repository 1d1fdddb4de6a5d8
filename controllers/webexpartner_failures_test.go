package controllers

import (
	"net/http"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/internal/partner"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// Refused credentials are asked with once: neither time nor a restart tries them again, a new Secret does.
func TestPartnersCredentialsAreRefused(t *testing.T) {
	p := newProvider(t, 2)
	p.apply(credentialsSecret(p.fixture, "partner", map[string]string{access.KeyAccessToken: "revoked"}))
	p.create(p.WebexPartner)
	p.await("False CredentialsRejected Stalled CredentialsRejected", "none")
	p.quiet()
	p.Expect(p.Status.Failure.Terminal).To(HaveValue(BeTrue()))
	p.Expect(meta.FindStatusCondition(p.Status.Conditions, v1alpha1.ConditionDiscoveryFresh).Reason).To(Equal(v1alpha1.ReasonNeverDiscovered))
	asked := p.sim.TotalRequests()
	p.Expect(asked).To(BeNumerically("<=", 2))
	p.later(48 * time.Hour)
	p.quiet()
	p.stop()
	p.start()
	p.quiet()
	p.Expect(p.sim.TotalRequests()).To(Equal(asked))
	p.Expect(p.written()).To(Equal(map[string]int{"PATCH webexpartners/status": 1}))

	p.apply(credentialsSecret(p.fixture, "partner", map[string]string{access.KeyAccessToken: p.webex.Token.Access}))
	p.await(discovered, "2/2/0/2/0/0/0")
	p.Expect(p.Status.Failure).To(BeNil())
	p.Expect(p.Status.FailingSince).To(BeNil())
	p.Expect(p.told.of("WebexPartner", "hcs")).To(Equal([]string{"Warning CredentialsRejected", "Normal Discovered"}))
}

// A partner whose Secret is not there yet waits for it, and asks for nothing.
func TestPartnerWaitsForItsSecret(t *testing.T) {
	p := newProvider(t, 2)
	p.Spec.CredentialsSecretRef.Name = "later"
	p.create(p.WebexPartner)
	p.clock.SetTime(p.CreationTimestamp.Time)
	p.look()
	p.await("False SecretNotFound Reconciling SecretNotFound", "none")
	p.later(6 * time.Minute)
	p.await("False SecretNotFound Stalled SecretNotFound", "none")
	p.Expect(p.sim.TotalRequests()).To(BeZero())
	p.apply(credentialsSecret(p.fixture, "later", map[string]string{access.KeyAccessToken: p.webex.Token.Access}))
	p.await(discovered, "2/2/0/2/0/0/0")
}

// A no of Webex is confirmed once before it is believed. A person may ask for another discovery.
func TestPartnerMayNotListOrganizations(t *testing.T) {
	p := newProvider(t, 2)
	no := p.sim.AddRule(webexsim.Rule{Operation: listsAsked, Status: http.StatusForbidden})
	p.create(p.WebexPartner)
	p.await("False Forbidden Reconciling Forbidden", "none")
	p.later(discoveryRetry)
	p.Expect(p.await("False Forbidden Stalled Forbidden", "none").Message).To(ContainSubstring("spark-admin:organizations_read"))
	p.later(48 * time.Hour)
	p.quiet()
	p.Expect(p.sim.RuleActions(no)).To(Equal(2))
	p.sim.RemoveRule(no)
	p.annotate(v1alpha1.AnnotationRequestedAt, "now")
	p.await(discovered, "2/2/0/2/0/0/0")
	p.Expect(p.Status.LastHandledReconcileAt).To(Equal("now"))
	p.quiet()
	p.Expect(p.sim.Requests()[listsAsked]).To(Equal(3))
}

// A partner that does not know its own organization makes nothing, until the spec says which it is.
func TestPartnerDoesNotKnowItsOwnOrganization(t *testing.T) {
	p := newProvider(t, 2)
	own := p.Spec.OrganizationID
	p.Spec.OrganizationID, p.Spec.Mode = "", v1alpha1.PartnerModeCreate
	p.sim.AddRule(webexsim.Rule{Operation: ownAsked, Status: http.StatusForbidden})
	p.create(p.WebexPartner)
	p.await("False OwnOrganizationUnknown Reconciling OwnOrganizationUnknown", "none")
	p.later(discoveryRetry)
	p.Expect(p.await("False OwnOrganizationUnknown Stalled OwnOrganizationUnknown", "none").Message).To(ContainSubstring("spec.organizationID"))
	p.Expect(p.customers("hcs")).To(BeEmpty())
	p.alter(func(w *v1alpha1.WebexPartner) { w.Spec.OrganizationID = own })
	p.await(discovered, "2/2/2/0/0/0/0")
}

// While discoveries fail for a passing cause, customers and counts stay. It is told when they have failed for a day.
func TestPartnersDiscoveriesFail(t *testing.T) {
	p := creating(t, 3)
	down := p.sim.AddRule(webexsim.Rule{Operation: listsAsked, Status: http.StatusBadGateway})
	p.forget()
	p.later(25 * time.Hour)
	p.Eventually(func(g Gomega) {
		g.Expect(p.await(discovered, "3/3/3/0/0/0/0").Message).To(ContainSubstring("the latest discovery failed"))
	}).Should(Succeed())
	since := p.Status.FailingSince
	for range 2 {
		p.later(discoveryRetry)
		p.quiet()
	}
	p.Expect(p.written()).To(Equal(map[string]int{"PATCH webexpartners/status": 1}), "a failure is written once")
	p.later(24 * time.Hour)
	p.await("False APIUnavailable Reconciling APIUnavailable", "3/3/3/0/0/0/0")
	p.Expect(p.Status.FailingSince).To(Equal(since))
	p.Expect(meta.FindStatusCondition(p.Status.Conditions, v1alpha1.ConditionDiscoveryFresh).Reason).To(Equal(v1alpha1.ReasonDiscoveryFailing))
	p.sim.RemoveRule(down)
	p.later(discoveryRetry)
	p.await(discovered, "3/3/3/0/0/0/0")
	p.Expect(p.suspended()).To(BeZero())
}

// What Kubernetes does not take of one customer stops none of the others, and is tried again later.
func TestPartnersCustomerIsRefused(t *testing.T) {
	p := newProvider(t, 4)
	organization := p.webex.Customers[1]
	id, name := organization, ""
	p.Spec.MaxNewPerPass = 2
	p.create(p.WebexPartner)
	p.await(discovered, "4/4/0/4/0/0/0")
	for _, o := range p.Status.Organizations {
		if o.ID == id {
			name = o.Customer
		}
	}
	inTheWay := p.newCustomer(name) // of another organization, made by a person
	inTheWay.Spec.OrganizationID = "99999999-2222-4333-8444-555555555555"
	inTheWay.Spec.Suspend = new(true)
	p.create(inTheWay)
	p.alter(func(w *v1alpha1.WebexPartner) { w.Spec.Mode = v1alpha1.PartnerModeCreate })
	p.await("False CustomersRefused Reconciling CreatingCustomers", "4/4/1/2/0/0/1")
	p.later(partner.PassInterval)
	ready := p.await(customersRefused, "4/4/3/0/0/0/1")
	p.Expect(ready.Message).To(ContainSubstring("conflict"))
	p.Expect(p.Status.Organizations).To(ConsistOf(v1alpha1.PartnerOrganization{
		ID: organization, DisplayName: "Customer 0002", Customer: name, State: v1alpha1.PartnerOrganizationRefused,
	}))
	writes := p.written()["PATCH webexcustomeraccesses"]
	p.later(partner.PassInterval)
	p.quiet()
	p.Expect(p.written()["PATCH webexcustomeraccesses"]).To(Equal(writes), "it is left alone for a while")

	p.Expect(p.client.Delete(p.ctx, inTheWay)).To(Succeed())
	p.later(partner.RefusedPause)
	p.await(discovered, "4/4/4/0/0/0/0")
}

// A LicenseSyncSchedule of another maker that has the partner's name stays as it is.
func TestPartnersScheduleIsTaken(t *testing.T) {
	p := newProvider(t, 2)
	other := p.newSchedule("hcs", "0 1 1 1 *")
	p.create(other)
	p.Spec.Mode = v1alpha1.PartnerModeCreate
	p.Spec.Template = &v1alpha1.CustomerTemplate{Schedule: &v1alpha1.PartnerSchedule{Schedule: "0 2 1 1 *"}}
	p.create(p.WebexPartner)
	p.Expect(p.await(discovered, "2/2/2/0/0/0/0").Message).To(ContainSubstring("another maker has the partner's name"))
	p.Expect(p.client.Get(p.ctx, keyOf(other), other)).To(Succeed())
	p.Expect(other.Spec.Schedule).To(Equal("0 1 1 1 *"))
	p.Expect(p.client.Delete(p.ctx, other)).To(Succeed())
	p.Eventually(func(g Gomega) {
		made := &v1alpha1.LicenseSyncSchedule{}
		g.Expect(p.client.Get(p.ctx, client.ObjectKeyFromObject(p.WebexPartner), made)).To(Succeed())
		g.Expect(made.Spec.Schedule).To(Equal("0 2 1 1 *"))
	}).Should(Succeed())
	p.Eventually(func() string { return p.await(discovered, "").Message }).ShouldNot(ContainSubstring("another maker"))
}

// A customer that Webex does not let the partner read says so. The partner, and the others, are well.
func TestPartnerMayNotReadOneCustomer(t *testing.T) {
	p := newProvider(t, 3)
	p.sim.AddRule(webexsim.Rule{Organization: p.webex.Customers[1], Owner: p.webex.Owner, Status: http.StatusForbidden})
	p.Spec.Mode = v1alpha1.PartnerModeCreate
	p.create(p.WebexPartner)
	p.await(discovered, "3/3/3/0/0/0/0")
	p.Eventually(func(g Gomega) {
		for i, want := range []string{v1alpha1.ReasonSynced, v1alpha1.ReasonOrganizationMismatch, v1alpha1.ReasonSynced} {
			ready := meta.FindStatusCondition(p.customer(i).Status.Conditions, v1alpha1.ConditionReady)
			g.Expect(ready).NotTo(BeNil())
			g.Expect(ready.Reason).To(Equal(want))
		}
	}).Should(Succeed())
	p.await(discovered, "3/3/3/0/0/0/0")
}
