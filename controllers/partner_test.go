package controllers

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

const (
	partnerOwner = "partner-admin"
	getCustomer  = "GET /organizations/{id}"
)

// newPartner is a world with a partner's token in the Secret, and two customers
// of the partner, both synced.
func newPartner(t *testing.T, adjust ...func(*fixtureOptions)) (f *fixture, one, two *v1alpha1.WebexCustomerAccess) {
	t.Helper()
	f = newFixture(t, append([]func(*fixtureOptions){func(o *fixtureOptions) { o.stopped = true }}, adjust...)...)
	f.sim.AddOrganization(webexsim.TwoSubscriptionOrganization())
	f.sim.AddOrganization(webexsim.OverAssignedOrganization())
	f.issuePartnerToken("partner-token")
	f.start()
	one = f.createCustomer("one", of(webexsim.TwoSubscriptionUUID))
	two = f.createCustomer("two", of(webexsim.OverAssignedUUID))
	f.forget()
	return f, one, two
}

// issuePartnerToken puts a token of the partner into the Secret.
func (f *fixture) issuePartnerToken(token string) {
	f.t.Helper()
	f.sim.IssueToken(webexsim.TokenSpec{
		Organization: f.org.UUID(), Organizations: []string{webexsim.TwoSubscriptionUUID, webexsim.OverAssignedUUID},
		Access: token, Owner: partnerOwner, Partner: true,
	})
	f.apply(credentialsSecret(f, "webex-token", map[string]string{access.KeyAccessToken: token}))
}

// of makes a customer that of an organization.
func of(organization string) func(*v1alpha1.WebexCustomerAccess) {
	return func(c *v1alpha1.WebexCustomerAccess) { c.Spec.OrganizationID = organization }
}

// scheduledRun makes a run as schedules do, and waits for its end.
func (f *fixture) scheduledRun(customer string) *v1alpha1.LicenseSync {
	f.t.Helper()
	run := f.newRun("", customer)
	run.GenerateName = customer + "-scheduled-"
	run.Spec.Trigger = v1alpha1.TriggerSchedule
	run.Spec.ScheduledTime = new(metav1.Now())
	f.create(run)
	return f.awaitEnd(run)
}

// A partner's customer is put on the list of managed organizations once a run, and
// again when the grant lapses in the middle.
func TestPartnersCustomersAreManaged(t *testing.T) {
	f, _, _ := newPartner(t)
	f.expectReason(f.run("one"), v1alpha1.ReasonSucceeded)
	f.Expect(f.sim.OrganizationRequests(webexsim.TwoSubscriptionUUID)[getCustomer]).To(Equal(1))

	f.forget()
	lapse := f.sim.AddRule(webexsim.Rule{Operation: "GET /people", Organization: webexsim.TwoSubscriptionUUID, Status: http.StatusForbidden, Times: 1})
	run := f.run("one")
	f.expectReason(run, v1alpha1.ReasonSucceeded)
	f.Expect(f.sim.RuleActions(lapse)).To(Equal(1))
	f.Expect(f.sim.OrganizationRequests(webexsim.TwoSubscriptionUUID)[getCustomer]).To(Equal(2))
	f.Expect(run.Status.Requests).To(HaveValue(BeEquivalentTo(f.sim.TotalRequests())))

	f.forget()
	f.sim.AddRule(webexsim.Rule{Operation: "GET /people", Organization: webexsim.TwoSubscriptionUUID, Status: http.StatusForbidden})
	f.expectReason(f.run("one"), v1alpha1.ReasonForbidden)
	requests := f.sim.OrganizationRequests(webexsim.TwoSubscriptionUUID)
	f.Expect(requests["GET /people"]).To(Equal(4), "once more in each of two attempts, and no more")
	f.Expect(requests[getCustomer]).To(Equal(4))
}

// That a customer ends its relation to the partner is that customer's affair. Its
// schedules ask no more; a person who mended it says so by a run.
func TestPartnersCustomerIsWithdrawn(t *testing.T) {
	f, one, two := newPartner(t)
	f.sim.RemoveCustomer(partnerOwner, webexsim.TwoSubscriptionUUID)
	rows := shown(f.list("one"))
	f.expectReason(f.scheduledRun("one"), v1alpha1.ReasonForbidden)
	f.awaitCondition(one, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonForbidden)
	f.awaitCondition(one, v1alpha1.ConditionCredentialsValid, metav1.ConditionTrue, v1alpha1.ReasonAccepted)
	f.expectReason(f.run("two"), v1alpha1.ReasonSucceeded)
	f.awaitCondition(two, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSynced)

	f.forget()
	for range 3 {
		run := f.scheduledRun("one")
		f.expectReason(run, v1alpha1.ReasonForbidden)
		f.Expect(run.Status.Requests).To(HaveValue(BeZero()))
	}
	f.Expect(f.sim.Requests()).To(BeEmpty(), "spec and Secret are what they were")
	f.Expect(shown(f.list("one"))).To(Equal(rows), "the last good figures stay")

	f.sim.AddCustomer(partnerOwner, webexsim.TwoSubscriptionUUID)
	f.expectReason(f.run("one"), v1alpha1.ReasonSucceeded)
	f.awaitCondition(one, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSynced)
	f.expectReason(f.scheduledRun("one"), v1alpha1.ReasonSucceeded)
}

// A refused token is refused to all who share its Secret: only one asks.
func TestPartnersTokenIsRefused(t *testing.T) {
	f, one, two := newPartner(t)
	f.sim.RevokeToken("partner-token")
	f.expectReason(f.run("one"), v1alpha1.ReasonCredentialsRejected)
	f.Expect(f.sim.TotalRequests()).To(Equal(1))
	f.expectReason(f.run("two"), v1alpha1.ReasonCredentialsRejected)
	f.awaitCondition(two, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonCredentialsRejected)
	f.awaitCondition(two, v1alpha1.ConditionCredentialsValid, metav1.ConditionFalse, v1alpha1.ReasonCredentialsRejected)
	f.stop()
	f.start()
	f.expectReason(f.scheduledRun("two"), v1alpha1.ReasonCredentialsRejected)
	f.expectReason(f.run("one"), v1alpha1.ReasonCredentialsRejected)
	f.Expect(f.sim.TotalRequests()).To(Equal(1), "nor after a restart")

	f.issuePartnerToken("new-token")
	f.awaitCondition(one, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSynced)
	f.awaitCondition(two, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSynced)
}

// Webex counts requests by the token's owner: what it refuses for one customer of
// a partner it would refuse for the others, before and after a restart.
func TestPartnersWaitTogether(t *testing.T) {
	clock := clocktesting.NewFakePassiveClock(time.Now())
	f, one, _ := newPartner(t, func(o *fixtureOptions) { o.clock = clock })
	limited := f.sim.AddRule(webexsim.Rule{
		Operation: "GET /people", Organization: webexsim.TwoSubscriptionUUID,
		Status: http.StatusTooManyRequests, Header: map[string]string{"Retry-After": "600"},
	})
	first := f.newRun("first", "one")
	f.create(first)
	f.awaitRun(first, v1alpha1.ReasonRateLimited)
	f.Expect(first.Status.NextAttemptTime.Time).To(BeTemporally("~", clock.Now().Add(10*time.Minute), 2*time.Second))
	f.Expect(f.client.Get(f.ctx, keyOf(one), one)).To(Succeed())
	f.Expect(one.Status.NotBefore.Time).To(BeTemporally("~", clock.Now().Add(10*time.Minute), 2*time.Second))
	f.sim.RemoveRule(limited)

	f.forget()
	second := f.newRun("second", "two")
	f.create(second)
	ready := f.awaitRun(second, v1alpha1.ReasonRateLimited)
	f.Expect(ready.Message).To(ContainSubstring("Webex asked to wait"))
	f.stop()
	f.start()
	f.Consistently(f.sim.TotalRequests, "2s").Should(BeZero(), "a restart does not shorten the wait")

	clock.SetTime(clock.Now().Add(10*time.Minute + 2*time.Second))
	for _, run := range []*v1alpha1.LicenseSync{first, second} {
		f.annotate(run, "example.com/poke", fmt.Sprint(clock.Now()))
	}
	for _, run := range []*v1alpha1.LicenseSync{first, second} {
		f.expectReason(f.awaitEnd(run), v1alpha1.ReasonSucceeded)
	}
}

// Customers whom Webex puts off wait without a worker: with four workers, twelve of
// them do not delay a thirteenth.
func TestLimitedCustomersDelayNoOther(t *testing.T) {
	f := newFixture(t)
	f.createCustomer("healthy")
	var runs []*v1alpha1.LicenseSync
	for i := range 12 {
		name := fmt.Sprintf("limited-%d", i)
		spec := webexsim.OverAssignedOrganization()
		spec.UUID = fmt.Sprintf("44444444-4444-4555-8666-%012d", i)
		f.sim.AddOrganization(spec)
		f.sim.IssueToken(webexsim.TokenSpec{Organization: spec.UUID, Access: name})
		f.sim.AddRule(webexsim.Rule{Operation: "GET /people", Organization: spec.UUID, Status: http.StatusTooManyRequests, Header: map[string]string{"Retry-After": "600"}})
		f.apply(credentialsSecret(f, name, map[string]string{access.KeyAccessToken: name}))
		customer := f.newCustomer(name)
		customer.Spec.CredentialsSecretRef.Name = name
		run := f.newRun(name+"-initial", name)
		f.create(customer)
		runs = append(runs, run)
	}
	for _, run := range runs {
		f.awaitRun(run, v1alpha1.ReasonRateLimited)
		f.Expect(run.Status.StartTime).NotTo(BeNil(), "it has begun, and rests")
	}
	f.expectReason(f.run("healthy"), v1alpha1.ReasonSucceeded)
	for _, run := range runs {
		f.Expect(f.client.Get(f.ctx, keyOf(run), run)).To(Succeed())
		f.Expect(meta.FindStatusCondition(run.Status.Conditions, v1alpha1.ConditionReady).Reason).To(Equal(v1alpha1.ReasonRateLimited))
		f.Expect(finished(run)).To(BeFalse())
	}
}
