package controllers

import (
	"net/http"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// The annotation requestedAt asks for one run, however often the operator sees it.
func TestRequestedRuns(t *testing.T) {
	f := newFixture(t)
	customer := f.createCustomer("acme")
	handled := func(token string) {
		f.t.Helper()
		f.Eventually(func(g Gomega) {
			g.Expect(f.client.Get(f.ctx, keyOf(customer), customer)).To(Succeed())
			g.Expect(customer.Status.LastHandledReconcileAt).To(Equal(token))
		}).Should(Succeed())
	}
	request := func(token string) { f.setAnnotation(customer, v1alpha1.AnnotationRequestedAt, token) }
	restart := func() {
		f.t.Helper()
		f.stop()
		f.start()
		f.settle(customer)
	}

	request("one")
	handled("one")
	f.awaitRuns("acme", v1alpha1.TriggerManual, 1)
	f.settle(customer)

	f.forget()
	restart()
	f.Expect(f.sim.Requests()).To(BeEmpty(), "a restart with fresh figures does not call Webex")
	f.Expect(f.writes.all()).To(BeEmpty(), "and writes nothing")
	f.Expect(f.writes.secretReads()).To(BeZero(), "and reads no Secret: with 10,000 customers that would be 10,000 requests")

	f.poke(customer)
	f.settle(customer)
	f.Expect(f.sim.Requests()).To(BeEmpty(), "the same token asks for nothing new")
	f.awaitRuns("acme", v1alpha1.TriggerManual, 1)

	request("two")
	handled("two")
	f.awaitRuns("acme", v1alpha1.TriggerManual, 2)
	request("one") // asked for and answered before
	handled("one")
	f.settle(customer)
	f.awaitRuns("acme", v1alpha1.TriggerManual, 2)

	f.change(customer, func(c *v1alpha1.WebexCustomerAccess) { c.Spec.Suspend = new(true) })
	request("three")
	f.forget()
	restart()
	f.Expect(f.sim.Requests()).To(BeEmpty(), "nothing runs while suspended")
	f.awaitRuns("acme", v1alpha1.TriggerManual, 2)
	handled("one")
	f.awaitCondition(customer, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSynced)

	f.change(customer, func(c *v1alpha1.WebexCustomerAccess) { c.Spec.Suspend = new(false) })
	handled("three")
	f.awaitRuns("acme", v1alpha1.TriggerManual, 3)
	f.Expect(f.sim.Requests()).To(HaveKeyWithValue("GET /licenses", 1))
}

// A customer that is created suspended waits for its first run; one that asks
// for a run from the start gets one, not two.
func TestSuspendedFromTheStart(t *testing.T) {
	f := newFixture(t)
	customer := f.newCustomer("acme")
	customer.Spec.Suspend = new(true)
	customer.Annotations = map[string]string{v1alpha1.AnnotationRequestedAt: "first"}
	f.Expect(f.client.Create(f.ctx, customer)).To(Succeed())
	ready := f.awaitCondition(customer, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSuspended)
	f.Expect(ready.Message).To(ContainSubstring("spec.suspend"))
	f.settle(customer)
	f.Expect(f.sim.TotalRequests()).To(BeZero())
	f.Expect(f.runs("acme")).To(BeEmpty())

	f.change(customer, func(c *v1alpha1.WebexCustomerAccess) { c.Spec.Suspend = nil })
	f.awaitCondition(customer, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSynced)
	f.settle(customer)
	f.expectFigures(customer)
	f.Expect(customer.Status.LastHandledReconcileAt).To(Equal("first"))
	runs := f.runs("acme")
	f.Expect(runs[v1alpha1.TriggerManual]).To(HaveLen(1))
	f.Expect(runs).To(HaveLen(1), "%v", runs)
}

// What spec.collection leaves out is not asked for, and a change of it starts a run.
func TestCollection(t *testing.T) {
	f := newFixture(t)
	customer := f.createCustomer("acme", func(c *v1alpha1.WebexCustomerAccess) {
		c.Spec.Collection = &v1alpha1.Collection{Roles: new(false), Workspaces: new(false)}
		c.Spec.Prune = &v1alpha1.Prune{MaxPercent: new(int32(0))}
	})
	f.Expect(f.sim.Requests()).NotTo(Or(HaveKey("GET /roles"), HaveKey("GET /workspaces")))
	f.Expect(f.sim.Requests()).To(And(HaveKey("GET /licenses"), HaveKey("GET /people"), HaveKey("GET /locations")))
	f.Expect(customer.Status.Roles).To(BeEmpty())
	calling := f.row(customer, "Webex Calling - Professional", "")
	f.Expect(*calling.Status.ConsumedUnits).To(Equal(int64(3)))
	f.Expect(*calling.Status.ResidualUnits).To(Equal(int64(1)), "the lobby phone is in no list that was read")

	f.forget()
	f.change(customer, func(c *v1alpha1.WebexCustomerAccess) { c.Spec.Collection = nil })
	f.awaitRuns("acme", v1alpha1.TriggerSpecChange, 1)
	f.settle(customer)
	f.expectFigures(customer)
	f.Expect(f.sim.Requests()).To(And(HaveKeyWithValue("GET /roles", 1), HaveKeyWithValue("GET /licenses", 1), HaveKey("GET /workspaces")))
	f.awaitRuns("acme", v1alpha1.TriggerSpecChange, 1)

	// Rows of a level that is taken out go without a question, although
	// maxPercent 0 holds every other removal.
	f.forget()
	f.change(customer, func(c *v1alpha1.WebexCustomerAccess) {
		c.Spec.Collection = &v1alpha1.Collection{Levels: []v1alpha1.Level{v1alpha1.LevelCustomer}}
	})
	f.awaitRuns("acme", v1alpha1.TriggerSpecChange, 2)
	f.settle(customer)
	f.Expect(f.rows("acme")).To(HaveLen(21))
	f.Expect(f.row(customer, "Webex Calling - Professional", "").Status.ResidualUnits).To(BeNil(), "nothing was counted that could leave a rest")
	f.Expect(meta.FindStatusCondition(customer.Status.Conditions, v1alpha1.ConditionPruneHeld)).To(BeNil())
	f.Expect(f.sim.Requests()).NotTo(Or(HaveKey("GET /people"), HaveKey("GET /workspaces"), HaveKey("GET /locations")))
}

// newClock is a clock that stands still. It starts shortly after a full second,
// since times in a status are full seconds.
func newClock() *clocktesting.FakePassiveClock {
	return clocktesting.NewFakePassiveClock(time.Now().Truncate(time.Second).Add(200 * time.Millisecond))
}

func advance(clock *clocktesting.FakePassiveClock, by time.Duration) {
	clock.SetTime(clock.Now().Add(by))
}

// While figures are fresh, a passing trouble of Webex leaves the customer ready;
// it does no longer once they are stale.
func TestStaleFigures(t *testing.T) {
	clock := newClock()
	f := newFixture(t, func(o *fixtureOptions) { o.clock = clock })
	customer := f.createCustomer("acme", func(c *v1alpha1.WebexCustomerAccess) {
		c.Spec.StaleAfter = &metav1.Duration{Duration: 3 * time.Hour}
	})
	figures := shown(f.list("acme"))

	f.sim.AddRule(webexsim.Rule{Operation: "GET /licenses", Status: http.StatusServiceUnavailable})
	failing := &v1alpha1.LicenseSync{ObjectMeta: f.meta("failing"), Spec: v1alpha1.LicenseSyncSpec{
		CustomerAccessRef: v1alpha1.LocalCustomerReference{Name: "acme"}, BackoffLimit: new(int32(0)),
	}}
	f.Expect(f.client.Create(f.ctx, failing)).To(Succeed())
	f.awaitEnd(failing)
	f.Expect(meta.FindStatusCondition(failing.Status.Conditions, v1alpha1.ConditionFailed).Reason).To(Equal(v1alpha1.ReasonAPIUnavailable))
	f.settle(customer)
	ready := f.awaitCondition(customer, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSynced)
	f.Expect(ready.Message).To(ContainSubstring("the latest attempt failed"))
	f.awaitCondition(customer, v1alpha1.ConditionDataFresh, metav1.ConditionTrue, v1alpha1.ReasonNotScheduled)
	f.Expect(customer.Status.LastRun.Reason).To(Equal(v1alpha1.ReasonAPIUnavailable))

	advance(clock, 4*time.Hour)
	f.poke(customer)
	f.awaitCondition(customer, v1alpha1.ConditionDataFresh, metav1.ConditionFalse, v1alpha1.ReasonStale)
	f.awaitCondition(customer, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonAPIUnavailable)
	f.awaitCondition(customer, v1alpha1.ConditionReconciling, metav1.ConditionTrue, v1alpha1.ReasonAPIUnavailable) // it goes on by itself
	f.Expect(shown(f.list("acme"))).To(Equal(figures), "the last good figures stay")

	f.sim.ClearRules()
	f.run("acme")
	f.awaitCondition(customer, v1alpha1.ConditionDataFresh, metav1.ConditionTrue, v1alpha1.ReasonNotScheduled)
	f.awaitCondition(customer, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSynced)
	f.Expect(meta.FindStatusCondition(customer.Status.Conditions, v1alpha1.ConditionStalled)).To(BeNil())
}

// A customer whose first run met an outage gets another one an hour later.
func TestFirstRunDuringAnOutage(t *testing.T) {
	clock := newClock()
	f := newFixture(t, func(o *fixtureOptions) { o.clock = clock })
	f.sim.AddRule(webexsim.Rule{Status: http.StatusServiceUnavailable})
	customer := f.newCustomer("acme")
	f.Expect(f.client.Create(f.ctx, customer)).To(Succeed())
	run := f.awaitEnd(&v1alpha1.LicenseSync{ObjectMeta: f.meta("acme-initial")})
	f.Expect(run.Status.FailedAttempts).To(Equal(new(int32(defaultBackoffLimit + 1))))
	f.settle(customer)
	f.awaitCondition(customer, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonAPIUnavailable)
	f.awaitCondition(customer, v1alpha1.ConditionReconciling, metav1.ConditionTrue, v1alpha1.ReasonAPIUnavailable)
	f.awaitCondition(customer, v1alpha1.ConditionCredentialsValid, metav1.ConditionUnknown, v1alpha1.ReasonUnverified)

	f.sim.ClearRules()
	f.forget()
	advance(clock, initialRetry-time.Minute)
	f.poke(customer)
	f.settle(customer)
	f.Expect(f.sim.TotalRequests()).To(BeZero(), "the hour is not over")

	advance(clock, 2*time.Minute)
	f.poke(customer)
	f.awaitCondition(customer, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSynced)
	f.settle(customer)
	f.expectFigures(customer)
	f.awaitRuns("acme", v1alpha1.TriggerInitial, 2)
}

// Of a new customer is written that its run is under way, which organization it reads, what was found, and what follows from
// that. Neither its credentials nor its rows are worth a write of their own in between.
func TestANewCustomerIsWrittenFourTimes(t *testing.T) {
	f := timeless(t)
	f.createCustomer("acme")
	writes := f.writes.all()
	f.Expect(writes["PATCH webexcustomeraccesses/status"]).To(Equal(4))
	f.Expect(writes["PATCH licensesyncs/status"]).To(Equal(1))
}

// A first run that takes long says that the credentials are valid before it ends, and that stays said.
func TestCredentialsOfALongFirstRun(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for name, test := range map[string]struct {
		begun *metav1.Time
		said  metav1.ConditionStatus
		want  metav1.ConditionStatus
		after time.Duration
	}{
		"it did not begin, or did not say so": {nil, metav1.ConditionUnknown, metav1.ConditionUnknown, 0},
		"a moment ago":                        {new(metav1.NewTime(now.Add(-time.Second))), metav1.ConditionUnknown, metav1.ConditionUnknown, firstSilence - time.Second},
		"a while ago":                         {new(metav1.NewTime(now.Add(-firstSilence))), metav1.ConditionUnknown, metav1.ConditionTrue, 0},
		"another run, which began anew":       {nil, metav1.ConditionTrue, metav1.ConditionTrue, 0},
		"by a clock that was set back":        {new(metav1.NewTime(now.Add(time.Hour))), metav1.ConditionUnknown, metav1.ConditionTrue, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			customer := &v1alpha1.WebexCustomerAccess{}
			customer.Status.Organization = &v1alpha1.OrganizationStatus{ID: "claimed"}
			customer.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionCredentialsValid, Status: test.said}}
			s := &customerScope{customer: customer, now: now, secretVersion: "1", active: true, begun: test.begun}
			g.Expect(s.credentials().Status).To(Equal(test.want))
			g.Expect(s.after).To(Equal(test.after))
		})
	}
}
