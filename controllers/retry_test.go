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

// toldNo is a no of Webex that was said so long ago, at a step.
func toldNo(reason string, ago time.Duration, step v1alpha1.RunStep, confirmed bool) adjust {
	return func(s *customerScope) {
		failedBy(reason)(s)
		s.customer.Status.LastRun.Verdict = &v1alpha1.Verdict{Time: &metav1.Time{Time: s.now.Add(-ago)}, Step: step, Confirmed: new(confirmed)}
	}
}

// readBefore is a customer that was read so long before the last run ended.
func readBefore(before time.Duration) adjust {
	return func(s *customerScope) {
		s.customer.Status.LastSuccessfulSyncTime = &metav1.Time{Time: s.customer.Status.LastRun.EndTime.Add(-before)}
	}
}

func named(s *customerScope) {
	s.customer.Spec.OrganizationID = "11111111-2222-4333-8444-555555555555"
}

// Each failed customer is asked again after 6 hours and its share of half an hour, but for what only a change mends.
func TestRetryRun(t *testing.T) {
	t.Parallel()
	const hours = 6 * time.Hour
	const none, due = -2, -1
	for name, test := range map[string]struct {
		adjust []adjust
		wait   time.Duration // without the share
	}{
		"all is well":                         {nil, none},
		"never ran":                           {[]adjust{neverRan}, none},
		"an outage":                           {[]adjust{failedBy(v1alpha1.ReasonAPIUnavailable)}, hours - 10*time.Minute},
		"an outage, hours later":              {[]adjust{failedBy(v1alpha1.ReasonAPIUnavailable), later(7 * time.Hour)}, due},
		"an outage, suspended":                {[]adjust{failedBy(v1alpha1.ReasonAPIUnavailable), later(7 * time.Hour), suspended}, none},
		"an outage, no Secret":                {[]adjust{failedBy(v1alpha1.ReasonAPIUnavailable), later(7 * time.Hour), noSecret}, none},
		"an outage, a run":                    {[]adjust{failedBy(v1alpha1.ReasonAPIUnavailable), later(7 * time.Hour), activeRun}, none},
		"an outage, stale in 2 hours":         {[]adjust{failedBy(v1alpha1.ReasonAPIUnavailable), readBefore(24 * time.Hour)}, 50 * time.Minute},
		"an outage, stale in an hour":         {[]adjust{failedBy(v1alpha1.ReasonAPIUnavailable), readBefore(25 * time.Hour)}, hours - 10*time.Minute},
		"a no, stale in 2 hours":              {[]adjust{toldNo(v1alpha1.ReasonForbidden, 0, v1alpha1.StepPeople, true), readBefore(24 * time.Hour)}, hours},
		"a half answer":                       {[]adjust{failedBy(v1alpha1.ReasonPartialResult), later(7 * time.Hour)}, due},
		"a host, allowed meanwhile":           {[]adjust{failedBy(v1alpha1.ReasonHostNotAllowed), later(7 * time.Hour)}, due},
		"a no":                                {[]adjust{toldNo(v1alpha1.ReasonForbidden, time.Hour, v1alpha1.StepPeople, true)}, 5 * time.Hour},
		"a no that was said once":             {[]adjust{toldNo(v1alpha1.ReasonForbidden, 0, v1alpha1.StepPeople, false)}, hours},
		"a no that schedules repeated":        {[]adjust{toldNo(v1alpha1.ReasonForbidden, 7*time.Hour, v1alpha1.StepPeople, true)}, due},
		"a no to a partner, of two requests":  {[]adjust{named, toldNo(v1alpha1.ReasonForbidden, 7*time.Hour, v1alpha1.StepPeople, true)}, 5 * time.Hour},
		"a no to a partner, of one":           {[]adjust{named, toldNo(v1alpha1.ReasonForbidden, 7*time.Hour, v1alpha1.StepOrganization, true)}, due},
		"a no of an operator before this one": {[]adjust{failedBy(v1alpha1.ReasonForbidden), later(7 * time.Hour)}, due},
		"a no of a proxy":                     {[]adjust{toldNo(v1alpha1.ReasonProxyAuthenticationFailed, 7*time.Hour, v1alpha1.StepOrganization, true)}, due},
		"refused credentials":                 {[]adjust{failedBy(v1alpha1.ReasonCredentialsRejected), later(1000 * time.Hour)}, none},
		"no Secret":                           {[]adjust{failedBy(v1alpha1.ReasonSecretNotFound), later(1000 * time.Hour)}, none},
		"a key is missing":                    {[]adjust{failedBy(v1alpha1.ReasonSecretKeyMissing), later(1000 * time.Hour)}, none},
		"an id that is none":                  {[]adjust{failedBy(v1alpha1.ReasonInvalidOrganizationID), later(1000 * time.Hour)}, none},
		"a duplicate":                         {[]adjust{failedBy(v1alpha1.ReasonDuplicateOrganization), later(1000 * time.Hour)}, none},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			s := syncedScope()
			for _, a := range test.adjust {
				a(s)
			}
			wanted, wait := retryRun(s)
			switch test.wait {
			case none:
				g.Expect(wanted).To(BeNil())
				g.Expect(wait).To(BeZero())
			case due:
				g.Expect(wanted).NotTo(BeNil())
				g.Expect(wanted.trigger).To(Equal(v1alpha1.TriggerRetry))
				again, _ := retryRun(s)
				g.Expect(again).To(Equal(wanted), "the same facts ask for the same run")
			default:
				g.Expect(wanted).To(BeNil())
				g.Expect(wait).To(And(BeNumerically(">=", test.wait), BeNumerically("<=", test.wait+30*time.Minute)))
			}
		})
	}
	shares := map[time.Duration]bool{}
	for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
		s := syncedScope()
		failedBy(v1alpha1.ReasonAPIUnavailable)(s)
		s.customer.Name = name
		_, wait := retryRun(s)
		shares[wait] = true
	}
	NewWithT(t).Expect(len(shares)).To(BeNumerically(">", 3), "customers that fail together do not come back together")
}

// While a no is not confirmed, fresh figures stay good; a confirmed one stalls; trouble that
// the operator goes on about never does.
func TestSummaryOfANo(t *testing.T) {
	t.Parallel()
	stale := later(1000 * time.Hour)
	for name, test := range map[string]struct {
		adjust []adjust
		want   string
	}{
		"said once, fresh":           {[]adjust{toldNo(v1alpha1.ReasonForbidden, 0, v1alpha1.StepPeople, false)}, "True Synced"},
		"said once, trying":          {[]adjust{toldNo(v1alpha1.ReasonForbidden, 0, v1alpha1.StepPeople, false), activeRun}, "True Synced Reconciling Forbidden"},
		"said once, nothing read":    {[]adjust{toldNo(v1alpha1.ReasonForbidden, 0, v1alpha1.StepPeople, false), neverSynced, activeRun}, "False Forbidden Reconciling Forbidden"},
		"confirmed":                  {[]adjust{toldNo(v1alpha1.ReasonForbidden, 0, v1alpha1.StepPeople, true)}, "False Forbidden Stalled Forbidden"},
		"trouble, stale, to go on":   {[]adjust{failedBy(v1alpha1.ReasonAPIUnavailable), stale, retrying}, "False APIUnavailable Reconciling APIUnavailable"},
		"confirmed, to be asked for": {[]adjust{toldNo(v1alpha1.ReasonForbidden, time.Hour, v1alpha1.StepPeople, true), stale}, "False Forbidden Stalled Forbidden"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			s := syncedScope()
			for _, a := range test.adjust {
				a(s)
			}
			conditions, _ := judge(g, s.conditions())
			g.Expect(verdict(conditions)).To(Equal(test.want))
		})
	}
}

// A no heals by itself: it is believed when it is said again, then costs one request in 6
// hours, whatever schedules do and wherever it was said, and ends the first time that it is
// not said any more.
func TestANoIsAskedAboutAgain(t *testing.T) {
	for operation, named := range map[string]bool{"GET /organizations": false, "GET /people": false, getCustomer: true} {
		t.Run(operation, func(t *testing.T) {
			clock := clocktesting.NewFakePassiveClock(time.Now())
			f := newFixture(t, func(o *fixtureOptions) { o.clock = clock })
			customer := f.createCustomer("acme", unhurried, func(c *v1alpha1.WebexCustomerAccess) {
				c.Spec.Collection = &v1alpha1.Collection{SiteMaxAge: &metav1.Duration{}} // each run asks for all
				if named {
					c.Spec.OrganizationID = f.org.UUID()
				}
			})
			rule := f.sim.AddRule(webexsim.Rule{Operation: operation, Status: http.StatusForbidden})
			scheduled := func() *v1alpha1.LicenseSync { // the clock goes on, since attempts wait for each other
				run := f.newRun("", "acme")
				run.GenerateName, run.Spec.Trigger, run.Spec.ScheduledTime = "acme-scheduled-", v1alpha1.TriggerSchedule, new(metav1.Now())
				f.create(run)
				f.Eventually(func() bool {
					clock.SetTime(clock.Now().Add(time.Second))
					return f.client.Get(f.ctx, keyOf(run), run) == nil && finished(run)
				}).Should(BeTrue())
				return run
			}
			f.expectReason(scheduled(), v1alpha1.ReasonForbidden)
			f.awaitCondition(customer, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonForbidden)
			f.Expect(customer.Status.LastRun.Verdict.Confirmed).To(HaveValue(BeTrue()))
			f.settle(customer)

			f.sim.ResetRequests()
			for range 6 { // 13 hours
				clock.SetTime(clock.Now().Add(13 * time.Hour / 6))
				f.expectReason(scheduled(), v1alpha1.ReasonForbidden)
			}
			f.Expect(f.sim.TotalRequests()).To(BeNumerically("~", 2, 1), "%v", f.sim.Requests())
			f.Expect(f.sim.RuleActions(rule)).To(BeNumerically(">=", 2))

			f.sim.ClearRules()
			f.Eventually(func(g Gomega) { // no schedule, no person: the customer's own run
				clock.SetTime(clock.Now().Add(30 * time.Minute))
				f.poke(customer)
				g.Expect(f.client.Get(f.ctx, keyOf(customer), customer)).To(Succeed())
				g.Expect(customer.Status.LastRun.Reason).To(Equal(v1alpha1.ReasonSucceeded))
				g.Expect(meta.IsStatusConditionTrue(customer.Status.Conditions, v1alpha1.ConditionReady)).To(BeTrue())
			}).Should(Succeed())
			f.Expect(f.runs("acme")).To(HaveKey(v1alpha1.TriggerRetry))
			f.expectRows("acme")
		})
	}
}

// What is not said twice was never so: a single no, whatever its status and wherever it hits, leaves the customer ready.
func TestOneOddAnswer(t *testing.T) {
	f := newFixture(t)
	customer := f.createCustomer("acme", unhurried)
	statuses := []int{400, 403, 404, 405, 409, 410, 451}
	for i, operation := range []string{"GET /organizations", "GET /licenses", "GET /locations", "GET /roles", "GET /people", "GET /workspaces"} {
		for _, status := range []int{statuses[i], statuses[(i+3)%len(statuses)]} {
			id := f.sim.AddRule(webexsim.Rule{Operation: operation, Status: status, Times: 1})
			f.expectReason(f.run("acme"), v1alpha1.ReasonSucceeded)
			f.Expect(f.sim.RuleActions(id)).To(Equal(1), "%s, %d", operation, status)
			f.sim.ClearRules()
		}
	}
	f.Expect(f.client.Get(f.ctx, keyOf(customer), customer)).To(Succeed())
	f.Expect(meta.IsStatusConditionTrue(customer.Status.Conditions, v1alpha1.ConditionReady)).To(BeTrue())
	f.expectRows("acme")
}

// The names of roles are for show: without them a run completes, says so, and those that are known stay.
func TestRolesMayBeMissing(t *testing.T) {
	f := newFixture(t)
	customer := f.createCustomer("acme", unhurried)
	f.Expect(f.client.Get(f.ctx, keyOf(customer), customer)).To(Succeed())
	roles := customer.Status.Roles
	f.Expect(roles).NotTo(BeEmpty())
	for name, rule := range map[string]webexsim.Rule{
		"not found": {Status: 404}, "forbidden": {Status: 403}, "in trouble": {Status: 503}, "a page": {Status: 403, HTML: true},
		"a page for a list": {Status: 200, HTML: true}, "malformed": {Malformed: true}, "no answer": {Drop: true},
	} {
		rule.Operation = "GET /roles"
		f.sim.AddRule(rule)
		run := f.run("acme")
		f.expectReason(run, v1alpha1.ReasonSucceeded)
		f.Expect(run.Status.Message).To(ContainSubstring("names of roles could not be read"), name)
		f.Expect(meta.FindStatusCondition(run.Status.Conditions, v1alpha1.ConditionComplete).Message).To(ContainSubstring("list roles"), name)
		f.Eventually(func(g Gomega) {
			g.Expect(f.client.Get(f.ctx, keyOf(customer), customer)).To(Succeed())
			g.Expect(customer.Status.LastRun.Name).To(Equal(run.Name))
		}).Should(Succeed())
		f.Expect(customer.Status.Roles).To(Equal(roles), name)
		f.Expect(customer.Status.LastRun.Message).To(ContainSubstring("list roles"), name)
		f.sim.ClearRules()
	}
	f.expectRows("acme")
}
