package controllers

import (
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/internal/rows"
	"github.com/webex-operator/webex-license-operator/internal/timetable"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// The time of an upgrade's run is found once, and then stays.
func TestPlanUpgrade(t *testing.T) {
	t.Parallel()
	offset := timetable.Offset("", "acme", time.Hour)
	soon := func(s *customerScope) { s.customer.Status.UpgradeRunTime = &metav1.Time{Time: s.now.Add(time.Minute)} }
	for name, test := range map[string]struct {
		adjust  []adjust
		planned bool
		wait    time.Duration
	}{
		"an unchanged release":                {},
		"another release":                     {adjust: []adjust{upgraded}, planned: true, wait: offset},
		"without a spread":                    {adjust: []adjust{upgraded, func(s *customerScope) { s.upgrade.spread = 0 }}, planned: true},
		"between two seconds":                 {adjust: []adjust{upgraded, later(100 * time.Millisecond)}, planned: true, wait: offset + 900*time.Millisecond},
		"planned before":                      {adjust: []adjust{upgraded, soon}, planned: true, wait: time.Minute},
		"planned before, now with more":       {adjust: []adjust{upgraded, soon, func(s *customerScope) { s.upgrade.version = 9 }}, planned: true, wait: time.Minute},
		"planned before, now suspended":       {adjust: []adjust{upgraded, soon, suspended}, planned: true, wait: time.Minute},
		"planned before, now refused":         {adjust: []adjust{upgraded, soon, failedBy(v1alpha1.ReasonForbidden)}, planned: true, wait: time.Minute},
		"suspended":                           {adjust: []adjust{upgraded, suspended}},
		"without a Secret":                    {adjust: []adjust{upgraded, noSecret}},
		"refused":                             {adjust: []adjust{upgraded, failedBy(v1alpha1.ReasonCredentialsRejected)}},
		"after an outage":                     {adjust: []adjust{upgraded, failedBy(v1alpha1.ReasonAPIUnavailable)}, planned: true, wait: offset},
		"never synced":                        {adjust: []adjust{upgraded, neverRan}},
		"the first version, written down":     {adjust: []adjust{upgraded, collectedBy(1)}, planned: true, wait: offset},
		"this version":                        {adjust: []adjust{upgraded, soon, collectedBy(2)}},
		"a later version, after a downgrade":  {adjust: []adjust{upgraded, soon, collectedBy(3)}},
		"planned, then downgraded beforehand": {adjust: []adjust{soon}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			s := syncedScope()
			s.upgrade.version = 1
			for _, a := range test.adjust {
				a(s)
			}
			planned := s.planUpgrade()
			g.Expect(planned != nil).To(Equal(test.planned))
			if planned != nil {
				g.Expect(planned.Sub(s.now)).To(Equal(test.wait))
			}
		})
	}
}

// Customers spread over the window, evenly enough.
func TestUpgradeSpread(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	quarters := map[time.Duration]int{}
	for i := range 400 {
		s := syncedScope()
		upgraded(s)
		s.customer.Name = fmt.Sprintf("customer-%d", i)
		quarters[s.planUpgrade().Sub(s.now).Truncate(15*time.Minute)]++
	}
	g.Expect(quarters).To(HaveLen(4))
	for begin, customers := range quarters {
		g.Expect(customers).To(BeNumerically("~", 100, 30), "from %v on", begin)
	}
}

// A release that collects the same runs no customer and writes nothing. One that collects
// something else runs each customer once, in its own time, over restarts; customers that
// are suspended wait. A downgrade runs no customer.
func TestUpgrade(t *testing.T) {
	clock := newClock()
	f := newFixture(t, func(o *fixtureOptions) { o.clock, o.sim.Now = clock, clock.Now })
	const window = 3 * time.Hour
	f.opts.upgradeSpread = window
	other := f.sim.AddOrganization(webexsim.TwoSubscriptionOrganization())
	f.sim.IssueToken(webexsim.TokenSpec{Organization: other.UUID(), Access: "other-token"})
	f.apply(&corev1.Secret{ObjectMeta: f.meta("other-token"), StringData: map[string]string{access.KeyAccessToken: "other-token"}})
	acme := f.createCustomer("acme")
	globex := f.createCustomer("globex", func(c *v1alpha1.WebexCustomerAccess) { c.Spec.CredentialsSecretRef.Name = "other-token" })
	f.Expect(acme.Status.CollectedDataVersion).To(Equal(rows.DataVersion))
	f.change(globex, func(c *v1alpha1.WebexCustomerAccess) { c.Spec.Suspend = new(true) })
	f.settle(globex)
	release := func(version int32) {
		f.t.Helper()
		f.stop()
		f.forget()
		f.opts.dataVersion = version
		f.start()
		f.settle(acme)
		f.settle(globex)
	}
	quiet := func(why string) {
		f.t.Helper()
		f.Expect(f.sim.Requests()).To(BeEmpty(), why)
		f.Expect(f.runs("acme")).NotTo(HaveKey(v1alpha1.TriggerUpgrade), why)
	}

	release(rows.DataVersion)
	quiet("a release that collects the same")
	f.Expect(f.writes.all()).To(BeEmpty(), "and writes nothing")

	next := rows.DataVersion + 1
	release(next)
	offset := timetable.Offset(f.namespace, "acme", window)
	due := new(metav1.NewTime(clock.Now().Truncate(time.Second).Add(offset + time.Second)))
	quiet("the customer's time has not come")
	f.Expect(acme.Status.UpgradeRunTime.Equal(due)).To(BeTrue(), "planned at %v, want %v", acme.Status.UpgradeRunTime, due)
	f.Expect(globex.Status.UpgradeRunTime).To(BeNil(), "suspended")
	f.Expect(f.writes.all()).To(Equal(map[string]int{"PATCH webexcustomeraccesses/status": 1}))

	advance(clock, offset/2)
	release(next)
	f.Expect(acme.Status.UpgradeRunTime.Equal(due)).To(BeTrue(), "a restart does not start over")
	f.Expect(f.writes.all()).To(BeEmpty())
	quiet("half of the time")

	clock.SetTime(due.Time)
	f.poke(acme)
	f.awaitRuns("acme", v1alpha1.TriggerUpgrade, 1)
	f.settle(acme)
	f.Expect(f.sim.Requests()).To(HaveKeyWithValue("GET /licenses", 1))
	f.Expect(acme.Status.CollectedDataVersion).To(Equal(next))
	f.Expect(acme.Status.UpgradeRunTime).To(BeNil())

	release(next)
	f.Expect(f.sim.Requests()).To(BeEmpty(), "once")
	f.Expect(f.writes.all()).To(BeEmpty())

	f.change(globex, func(c *v1alpha1.WebexCustomerAccess) { c.Spec.Suspend = nil })
	f.settle(globex)
	f.Expect(globex.Status.UpgradeRunTime).NotTo(BeNil(), "resumed")
	clock.SetTime(globex.Status.UpgradeRunTime.Time)
	f.poke(globex)
	f.awaitRuns("globex", v1alpha1.TriggerUpgrade, 1)
	f.settle(globex)
	f.settle(acme)

	release(rows.DataVersion)
	f.Expect(f.sim.Requests()).To(BeEmpty(), "a downgrade")
	f.Expect(f.writes.all()).To(BeEmpty())
	f.awaitRuns("acme", v1alpha1.TriggerUpgrade, 1)
}

// A run that completes in the window, whatever asked for it, makes the upgrade's needless.
func TestUpgradeAndAnotherRun(t *testing.T) {
	f := newFixture(t)
	customer := f.createCustomer("acme")
	f.stop()
	f.opts.dataVersion, f.opts.upgradeSpread = rows.DataVersion+1, 240*time.Hour
	f.start()
	f.Eventually(func(g Gomega) {
		g.Expect(f.client.Get(f.ctx, keyOf(customer), customer)).To(Succeed())
		g.Expect(customer.Status.UpgradeRunTime).NotTo(BeNil())
	}).Should(Succeed())
	f.run("acme")
	f.settle(customer)
	f.Expect(customer.Status.UpgradeRunTime).To(BeNil())
	f.Expect(customer.Status.CollectedDataVersion).To(Equal(f.opts.dataVersion))
	f.Expect(f.runs("acme")).NotTo(HaveKey(v1alpha1.TriggerUpgrade))
}
