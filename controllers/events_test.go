package controllers

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

func keysOf(m map[string]bool) iter.Seq[string] { return maps.Keys(m) }

// story is a change of a customer's conditions, and what is told of it.
type story struct {
	customer *v1alpha1.WebexCustomerAccess
	was, is  []metav1.Condition
	want     []string
}

// change is the story as a reconcile sees it, with each message as words say it.
func (s story) change(words func(string) string) customerChange {
	status := func(conditions []metav1.Condition) *v1alpha1.WebexCustomerAccessStatus {
		told := &v1alpha1.Told{}
		said := slices.Clone(conditions)
		for i := range said {
			told.Failing = cmp.Or(told.Failing, map[bool]*bool{true: new(true)}[strings.Contains(said[i].Message, failingMessage)])
			if _, token, found := strings.Cut(said[i].Message, " x="); found {
				told.HeldPruneToken = token
			}
			said[i].Message = words(said[i].Message)
		}
		return &v1alpha1.WebexCustomerAccessStatus{Conditions: said, Told: told}
	}
	return customerChange{customer: s.customer, old: status(s.was), current: status(s.is)}
}

// Ways to word a message: as it is, and as another version might.
func asIs(message string) string     { return message }
func reworded(message string) string { return "x " + message + " x" }

func customerStories() map[string]story {
	condition := func(name string, value metav1.ConditionStatus, reason, message string) metav1.Condition {
		return metav1.Condition{Type: name, Status: value, Reason: reason, Message: message}
	}
	ready := func(value metav1.ConditionStatus, reason string) []metav1.Condition {
		return []metav1.Condition{condition(v1alpha1.ConditionReady, value, reason, "m")}
	}
	const yes, no, unknown = metav1.ConditionTrue, metav1.ConditionFalse, metav1.ConditionUnknown
	synced := []metav1.Condition{condition(v1alpha1.ConditionReady, yes, v1alpha1.ReasonSynced, syncedMessage)}
	failing := func(why string) []metav1.Condition {
		return []metav1.Condition{condition(v1alpha1.ConditionReady, yes, v1alpha1.ReasonSynced, syncedMessage+failingMessage+why)}
	}
	fresh := condition(v1alpha1.ConditionDataFresh, yes, v1alpha1.ReasonFresh, "m")
	unscheduled := condition(v1alpha1.ConditionDataFresh, yes, v1alpha1.ReasonNotScheduled, "m")
	stale := condition(v1alpha1.ConditionDataFresh, no, v1alpha1.ReasonStale, "m")
	never := condition(v1alpha1.ConditionDataFresh, no, v1alpha1.ReasonNeverSynced, "m")
	held := []metav1.Condition{condition(v1alpha1.ConditionPruneHeld, yes, v1alpha1.ReasonApprovalRequired, "annotate it with x=abc")}
	capacity := func(value metav1.ConditionStatus, reason string) []metav1.Condition {
		return []metav1.Condition{condition(v1alpha1.ConditionCapacityOK, value, reason, "m")}
	}
	defaults := func(value metav1.ConditionStatus, reason string) []metav1.Condition {
		return []metav1.Condition{condition(v1alpha1.ConditionDefaultsResolved, value, reason, "m")}
	}
	valid := func(value metav1.ConditionStatus, reason string) []metav1.Condition {
		return []metav1.Condition{condition(v1alpha1.ConditionCredentialsValid, value, reason, "m")}
	}
	with := func(all []metav1.Condition, more ...metav1.Condition) []metav1.Condition {
		return append(append([]metav1.Condition{}, all...), more...)
	}
	anyone := &v1alpha1.WebexCustomerAccess{}
	approving := &v1alpha1.WebexCustomerAccess{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{v1alpha1.AnnotationApprovePrune: "abc"}}}
	return map[string]story{
		"nothing":                          {anyone, nil, nil, nil},
		"a new customer":                   {anyone, nil, with(ready(unknown, "Pending"), never, defaults(unknown, "NeverSynced")[0]), nil},
		"the first run completed":          {anyone, with(ready(unknown, "Pending"), never), with(synced, fresh, capacity(yes, "WithinThresholds")[0], defaults(yes, "Resolved")[0]), []string{"Normal Synced"}},
		"the first run failed":             {anyone, ready(unknown, "Pending"), ready(no, "Forbidden"), []string{"Warning Forbidden"}},
		"and again":                        {anyone, ready(no, "Forbidden"), ready(no, "Forbidden"), nil},
		"for another reason":               {anyone, ready(no, "Forbidden"), ready(no, "CredentialsRejected"), []string{"Warning CredentialsRejected"}},
		"the first attempt failed":         {anyone, ready(unknown, "Pending"), ready(no, "APIUnavailable"), []string{"Warning APIUnavailable"}},
		"the next for another reason":      {anyone, ready(no, "APIUnavailable"), ready(no, "RateLimited"), nil},
		"the next for good":                {anyone, ready(no, "APIUnavailable"), ready(no, "CredentialsRejected"), []string{"Warning CredentialsRejected"}},
		"ready again":                      {anyone, ready(no, "CredentialsRejected"), synced, []string{"Normal Synced"}},
		"never synced and suspended":       {anyone, nil, ready(no, "Suspended"), []string{"Normal Suspended"}},
		"resumed":                          {anyone, ready(no, "Suspended"), ready(unknown, "Pending"), nil},
		"another run completed":            {anyone, with(synced, fresh), with(synced, fresh), nil},
		"a run failed":                     {anyone, synced, failing("HTTP 503"), []string{"Warning SyncFailed"}},
		"another run failed":               {anyone, failing("HTTP 503"), failing("cut off"), nil},
		"a run completed again":            {anyone, failing("cut off"), synced, []string{"Normal SyncRecovered"}},
		"failing until stale":              {anyone, with(failing("cut off"), fresh), with(ready(no, "APIUnavailable"), stale), []string{"Warning APIUnavailable", "Warning Stale"}},
		"young again by a run":             {anyone, with(ready(no, "APIUnavailable"), stale), with(synced, fresh), []string{"Normal Synced"}},
		"stale, and no run failed":         {anyone, with(synced, fresh), with(synced, stale), []string{"Warning Stale"}},
		"still stale":                      {anyone, with(synced, stale), with(synced, stale), nil},
		"young again by the spec":          {anyone, with(synced, stale), with(synced, fresh), []string{"Normal Fresh"}},
		"the schedule went":                {anyone, with(synced, fresh), with(synced, unscheduled), nil},
		"another one came":                 {anyone, with(synced, unscheduled), with(synced, fresh), nil},
		"young without one by a run":       {anyone, with(ready(no, "APIUnavailable"), stale), with(synced, unscheduled), []string{"Normal Synced"}},
		"young without one by the spec":    {anyone, with(synced, stale), with(synced, unscheduled), []string{"Normal Fresh"}},
		"a default is needed":              {anyone, defaults(unknown, "NeverSynced"), defaults(no, "DefaultSubscriptionRequired"), []string{"Warning DefaultSubscriptionRequired"}},
		"another one is":                   {anyone, defaults(no, "DefaultSubscriptionRequired"), defaults(no, "DefaultSiteURLRequired"), []string{"Warning DefaultSiteURLRequired"}},
		"none is":                          {anyone, defaults(no, "DefaultSiteURLRequired"), defaults(yes, "Resolved"), []string{"Normal Resolved"}},
		"removals held":                    {anyone, synced, with(synced, held...), []string{"Warning ApprovalRequired"}},
		"still held":                       {anyone, held, held, nil},
		"approved":                         {approving, held, nil, []string{"Normal PruneApproved"}},
		"withdrawn":                        {anyone, held, nil, []string{"Normal PruneWithdrawn"}},
		"an older approval":                {approving, []metav1.Condition{condition(v1alpha1.ConditionPruneHeld, yes, "ApprovalRequired", "annotate it with x=def")}, nil, []string{"Normal PruneWithdrawn"}},
		"credentials accepted":             {anyone, valid(unknown, "Unverified"), valid(yes, "Accepted"), nil},
		"their renewal refused":            {anyone, valid(yes, "Accepted"), valid(yes, "RefreshRefused"), []string{"Warning RefreshRefused"}},
		"still refused":                    {anyone, valid(yes, "RefreshRefused"), valid(yes, "RefreshRefused"), nil},
		"renewed":                          {anyone, valid(yes, "RefreshRefused"), valid(yes, "Accepted"), []string{"Normal Accepted"}},
		"refused altogether":               {anyone, valid(yes, "RefreshRefused"), valid(no, "CredentialsRejected"), nil}, // Ready tells
		"their end is near":                {anyone, valid(yes, "Accepted"), valid(yes, "ExpiresSoon"), nil},              // told for each lead
		"their end is far again":           {anyone, valid(yes, "ExpiresSoon"), valid(yes, "Accepted"), []string{"Normal Accepted"}},
		"within thresholds from the start": {anyone, nil, capacity(yes, "WithinThresholds"), nil},
		"over one from the start":          {anyone, nil, capacity(no, "Warning"), []string{"Warning Warning"}},
		"worse":                            {anyone, capacity(no, "Warning"), capacity(no, "OverAssigned"), []string{"Warning OverAssigned"}},
		"as bad":                           {anyone, capacity(no, "OverAssigned"), capacity(no, "OverAssigned"), nil},
		"better":                           {anyone, capacity(no, "OverAssigned"), capacity(no, "Critical"), []string{"Warning Critical"}},
		"well":                             {anyone, capacity(no, "Critical"), capacity(yes, "WithinThresholds"), []string{"Normal WithinThresholds"}},
	}
}

func TestCustomerNews(t *testing.T) {
	t.Parallel()
	for name, test := range customerStories() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			for _, words := range []func(string) string{asIs, reworded} {
				var got []string
				for _, n := range test.change(words).news() {
					got = append(got, n.eventType+" "+n.reason)
					g.Expect(n.note).NotTo(BeEmpty())
				}
				g.Expect(got).To(Equal(test.want))
			}
		})
	}
}

func TestScheduleNews(t *testing.T) {
	t.Parallel()
	ready := func(value metav1.ConditionStatus, reason string) *metav1.Condition {
		return &metav1.Condition{Type: v1alpha1.ConditionReady, Status: value, Reason: reason, Message: "m"}
	}
	const yes, no, unknown = metav1.ConditionTrue, metav1.ConditionFalse, metav1.ConditionUnknown
	for name, test := range map[string]struct {
		was, is *metav1.Condition
		want    string
	}{
		"new":                   {nil, ready(yes, "Scheduled"), ""},
		"new, after activation": {ready(unknown, "Pending"), ready(yes, "Scheduled"), ""},
		"new, with a mistake":   {nil, ready(no, "InvalidSchedule"), "Warning InvalidSchedule"},
		"still mistaken":        {ready(no, "InvalidSchedule"), ready(no, "InvalidSchedule"), ""},
		"another mistake":       {ready(no, "InvalidSchedule"), ready(no, "UnknownTimeZone"), "Warning UnknownTimeZone"},
		"mended":                {ready(no, "InvalidSchedule"), ready(yes, "Scheduled"), "Normal Scheduled"},
		"as it was":             {ready(yes, "Scheduled"), ready(yes, "Scheduled"), ""},
		"suspended":             {ready(yes, "Scheduled"), ready(yes, "Suspended"), "Normal Suspended"},
		"resumed":               {ready(yes, "Suspended"), ready(yes, "Scheduled"), "Normal Scheduled"},
		"at its end":            {ready(yes, "Scheduled"), ready(yes, "Finished"), "Normal Finished"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := ""
			for _, n := range scheduleNews(test.was, test.is) {
				got += n.eventType + " " + n.reason
			}
			NewWithT(t).Expect(got).To(Equal(test.want))
		})
	}
}

// However often a customer is read, looked at, and the operator restarted: as long as
// nothing changes, it has no further event, and neither has its schedule, nor any run. A run that changes rows has one.
func TestSteadyStateTellsNothing(t *testing.T) {
	f := newFixture(t)
	customer := f.createCustomer("acme")
	schedule := f.newSchedule("yearly", "0 0 1 1 *")
	f.create(schedule)
	f.awaitSchedule(schedule, v1alpha1.ReasonScheduled)
	f.Expect(f.told.of("WebexCustomerAccess", "acme")).To(Equal([]string{"Normal Synced"}))

	const polls = 6
	for i := range polls {
		run := f.run("acme")
		f.poke(customer)
		f.look(schedule)
		f.settle(customer)
		f.Expect(f.told.of("LicenseSync", run.Name)).To(BeEmpty(), "it found nothing new")
		if i == polls/2 {
			f.stop()
			f.start()
		}
	}
	f.Expect(f.told.of("WebexCustomerAccess", "acme")).To(Equal([]string{"Normal Synced"}))
	f.Expect(f.told.of("LicenseSyncSchedule", "yearly")).To(BeEmpty())

	f.Expect(f.org.SetTotal("Webex Calling - Professional", 1000)).To(Succeed())
	run := f.run("acme")
	f.settle(customer)
	f.Expect(f.told.of("LicenseSync", run.Name)).To(Equal([]string{"Normal Succeeded"}))
	f.Expect(f.told.of("LicenseSync", "acme-initial")).To(Equal([]string{"Normal Succeeded"}))
}

// An outage is told when runs begin to fail, when the figures become old, and when it is
// over, however many runs fail in between.
func TestOutageIsToldOnce(t *testing.T) {
	clock := newClock()
	f := newFixture(t, func(o *fixtureOptions) { o.clock = clock })
	customer := f.createCustomer("acme", func(c *v1alpha1.WebexCustomerAccess) {
		c.Spec.StaleAfter = &metav1.Duration{Duration: 3 * time.Hour}
	})
	fail := func(times int, rule webexsim.Rule, backoffLimit int32) {
		f.t.Helper()
		for i := range times {
			f.sim.AddRule(rule)
			run := f.newRun(fmt.Sprintf("failing-%d-%d-%d", rule.Status, rule.Times, i), "acme")
			run.Spec.BackoffLimit = &backoffLimit
			f.create(run)
			f.awaitEnd(run)
			f.Expect(run.Status.FailedAttempts).To(HaveValue(BeNumerically(">=", 1)))
			f.Expect(succeeded(run)).To(Equal(rule.Times > 0), "%+v", run.Status)
			f.settle(customer)
			f.sim.ClearRules()
		}
	}
	want := []string{"Normal Synced"}
	expect := func(more ...string) {
		f.t.Helper()
		f.settle(customer)
		want = append(want, more...)
		f.Expect(f.told.of("WebexCustomerAccess", "acme")).To(Equal(want))
	}
	expect()

	// Attempts that fail within a run that completes are no news.
	fail(2, webexsim.Rule{Operation: "GET /people", Status: http.StatusServiceUnavailable, Times: 3}, 6)
	expect()

	fail(3, webexsim.Rule{Operation: "GET /licenses", Status: http.StatusServiceUnavailable}, 1)
	expect("Warning SyncFailed")
	fail(2, webexsim.Rule{Operation: "GET /licenses", Status: http.StatusBadGateway, Malformed: true}, 0)
	expect()

	for range 3 {
		f.run("acme")
	}
	expect("Normal SyncRecovered")

	fail(1, webexsim.Rule{Operation: "GET /licenses", Status: http.StatusInternalServerError}, 0)
	expect("Warning SyncFailed")
	// The operator asks again by itself, and fails again.
	f.sim.AddRule(webexsim.Rule{Operation: "GET /licenses", Status: http.StatusInternalServerError})
	advance(clock, 4*time.Hour)
	f.poke(customer)
	f.awaitCondition(customer, v1alpha1.ConditionDataFresh, metav1.ConditionFalse, v1alpha1.ReasonStale)
	expect("Warning APIUnavailable", "Warning Stale")
	f.poke(customer)
	expect()
	f.sim.ClearRules()
	f.run("acme")
	f.awaitCondition(customer, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSynced)
	expect("Normal Synced")
}

// Held removals are told once, and what became of them.
func TestHeldRemovalsAreToldOnce(t *testing.T) {
	f := newFixture(t)
	customer := f.createCustomer("acme")
	told := func(want ...string) {
		f.t.Helper()
		f.settle(customer)
		f.Expect(f.told.of("WebexCustomerAccess", "acme")).To(Equal(append([]string{"Normal Synced"}, want...)))
	}
	f.org.RemoveAllLicenses()
	for range 3 {
		f.run("acme")
	}
	told("Warning ApprovalRequired")
	f.org.RestoreLicenses()
	f.run("acme")
	told("Warning ApprovalRequired", "Normal PruneWithdrawn")
	f.org.RemoveAllLicenses()
	f.run("acme")
	f.awaitCondition(customer, v1alpha1.ConditionPruneHeld, metav1.ConditionTrue, v1alpha1.ReasonApprovalRequired)
	f.setAnnotation(customer, v1alpha1.AnnotationApprovePrune, customer.Status.HeldPrune.Token)
	f.Eventually(func() int { return len(f.list("acme")) }).Should(BeZero())
	told("Warning ApprovalRequired", "Normal PruneWithdrawn", "Warning ApprovalRequired", "Normal PruneApproved")
}

// Each licence whose capacity changes is told once, on its row; the customer tells of the
// worst, and of no state in which only half of the rows were written.
func TestCapacityIsToldOnce(t *testing.T) {
	const calling, meetings = "Webex Calling - Professional", "Webex Meetings Suite"
	f := newFixture(t, func(o *fixtureOptions) { o.organization = webexsim.OverAssignedOrganization() })
	inUse := func(license string) int { return f.org.Truth().License(license).Consumed }
	set := func(license string, total int) {
		f.t.Helper()
		f.Expect(f.org.SetTotal(license, total)).To(Succeed())
	}
	set(calling, inUse(calling))
	set(meetings, 10*inUse(meetings))
	customer := f.createCustomer("initech")
	told := func(license string) []string { return f.told.of("WebexLicense", f.row(customer, license, "").Name) }
	f.Expect(told(calling)).To(Equal([]string{"Warning Exhausted"}))
	f.Expect(told(meetings)).To(BeEmpty())
	first := []string{"Normal Synced", "Warning Exhausted"}
	f.Expect(f.told.of("WebexCustomerAccess", "initech")).To(Equal(first))
	for range 3 {
		f.run("initech")
		f.settle(customer)
	}

	// One gets well and the other ill, and the customer is looked at between the two writes.
	set(calling, 10*inUse(calling))
	set(meetings, inUse(meetings))
	held, release := f.writes.hold("webexlicenses", f.row(customer, meetings, "").Name)
	defer release()
	run := f.newRun("both", "initech")
	f.create(run)
	f.Eventually(held).Should(BeClosed())
	f.Eventually(func() []string { return told(calling) }).Should(HaveLen(2))
	f.settle(customer)
	f.poke(customer)
	f.settle(customer)
	release()
	f.expectReason(f.awaitEnd(run), v1alpha1.ReasonSucceeded)
	f.settle(customer)
	f.Expect(told(calling)).To(Equal([]string{"Warning Exhausted", "Normal WithinThresholds"}))
	f.Expect(told(meetings)).To(Equal([]string{"Warning Exhausted"}))
	f.Expect(f.told.of("WebexCustomerAccess", "initech")).To(Equal(first))
	condition := f.awaitCondition(customer, v1alpha1.ConditionCapacityOK, metav1.ConditionFalse, v1alpha1.ReasonExhausted)
	f.Expect(condition.Message).To(HaveSuffix(": " + meetings))

	// Thresholds change rows without a run.
	f.change(customer, func(c *v1alpha1.WebexCustomerAccess) {
		c.Spec.Thresholds = &v1alpha1.Thresholds{WarningPercent: 8, CriticalPercent: 50}
	})
	f.Eventually(func() []string { return told(calling) }).Should(Equal([]string{"Warning Exhausted", "Normal WithinThresholds", "Warning Warning"}))
	f.settle(customer)
	f.Expect(f.told.of("WebexCustomerAccess", "initech")).To(Equal(first))
}

// A version before status.told told of runs that fail; this one does not tell it again, and tells
// of what happens from then on.
func TestFailingBeforeAnUpgrade(t *testing.T) {
	t.Parallel()
	synced := []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonSynced}}
	for name, test := range map[string]struct {
		failures     int32
		told, become *v1alpha1.Told
		want         []string
	}{
		"an old failure, told":         {0, nil, &v1alpha1.Told{Failing: new(true)}, nil},
		"an old failure, recovered":    {0, nil, nil, []string{v1alpha1.ReasonSyncRecovered}},
		"a failure after the upgrade":  {1, nil, &v1alpha1.Told{Failing: new(true)}, []string{v1alpha1.ReasonSyncFailed}},
		"an old failure, told by this": {0, &v1alpha1.Told{Failing: new(true)}, &v1alpha1.Told{Failing: new(true)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			old := &v1alpha1.WebexCustomerAccessStatus{
				Conditions: synced, Told: test.told,
				LastRun: &v1alpha1.LastRun{Reason: v1alpha1.ReasonAPIUnavailable, Failures: test.failures},
			}
			current := &v1alpha1.WebexCustomerAccessStatus{Conditions: synced, Told: test.become}
			var got []string
			for _, n := range (customerChange{customer: &v1alpha1.WebexCustomerAccess{}, old: old, current: current}).news() {
				got = append(got, n.reason)
			}
			NewWithT(t).Expect(got).To(Equal(test.want))
		})
	}
}
