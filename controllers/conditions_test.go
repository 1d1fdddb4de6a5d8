package controllers

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	kstatus "sigs.k8s.io/cli-utils/pkg/kstatus/status"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/status"
	"github.com/webex-operator/webex-license-operator/internal/syncrun"
	"github.com/webex-operator/webex-license-operator/internal/usage"
	"github.com/webex-operator/webex-license-operator/internal/webex"
	"github.com/webex-operator/webex-license-operator/test/statuslint"
)

// judge runs the linter over conditions as they are written, and asks kstatus
// what a tool that waits would make of them.
func judge(g Gomega, desired []metav1.Condition) ([]metav1.Condition, kstatus.Status) {
	conditions := status.Merge(nil, desired, 2, metav1.Now())
	g.Expect(statuslint.Lint(statuslint.Object{Generation: 2, ObservedGeneration: 2, Conditions: conditions})).To(BeEmpty())
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&struct {
		metav1.TypeMeta   `json:",inline"`
		metav1.ObjectMeta `json:"metadata"`
		Status            any `json:"status"`
	}{
		metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "Any"},
		metav1.ObjectMeta{Generation: 2},
		map[string]any{"observedGeneration": int64(2)},
	})
	g.Expect(err).NotTo(HaveOccurred())
	object := &unstructured.Unstructured{Object: content}
	list := []any{}
	for i := range conditions {
		condition, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&conditions[i])
		g.Expect(err).NotTo(HaveOccurred())
		list = append(list, condition)
	}
	g.Expect(unstructured.SetNestedSlice(object.Object, list, "status", "conditions")).To(Succeed())
	result, err := kstatus.Compute(object)
	g.Expect(err).NotTo(HaveOccurred())
	health, _ := argoHealth(g, object)
	g.Expect(health).To(Equal(map[kstatus.Status]string{
		kstatus.CurrentStatus: "Healthy", kstatus.InProgressStatus: "Progressing", kstatus.FailedStatus: "Degraded",
	}[result.Status]), "config/argocd/health.lua agrees with kstatus")
	return conditions, result.Status
}

// verdict is "Ready=status reason", with what stands beside it.
func verdict(conditions []metav1.Condition) string {
	ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady)
	text := string(ready.Status) + " " + ready.Reason
	for _, beside := range []string{v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled} {
		if c := meta.FindStatusCondition(conditions, beside); c != nil {
			text += " " + beside + " " + c.Reason
		}
	}
	return text
}

func retrying(s *customerScope) { s.retrying = true }

func createdJustNow(s *customerScope) { s.customer.CreationTimestamp = metav1.NewTime(s.now) }

func refusedRunOf(s *customerScope) { s.refused = &refusedRun{words: "exceeded quota: runs"} }

func TestCustomerSummary(t *testing.T) {
	t.Parallel()
	const current, inProgress, failed = kstatus.CurrentStatus, kstatus.InProgressStatus, kstatus.FailedStatus
	stale := later(1000 * time.Hour)
	for name, test := range map[string]struct {
		adjust  []adjust
		want    string
		kstatus kstatus.Status
	}{
		"synced":                          {nil, "True Synced", current},
		"synced long ago":                 {[]adjust{stale}, "True Synced", current},
		"synced, suspended":               {[]adjust{suspended}, "True Synced", current},
		"synced, another run":             {[]adjust{activeRun}, "True Synced", current},
		"a run for another spec":          {[]adjust{newCollection, activeRun}, "True Synced Reconciling Running", inProgress},
		"the Secret is gone":              {[]adjust{noSecret}, "False SecretNotFound Stalled SecretNotFound", failed},
		"the Secret was never there":      {[]adjust{neverRan, noSecret}, "False SecretNotFound Stalled SecretNotFound", failed},
		"the Secret is not there yet":     {[]adjust{neverRan, noSecret, createdJustNow}, "False SecretNotFound Reconciling SecretNotFound", inProgress},
		"the Secret is gone, soon":        {[]adjust{noSecret, createdJustNow}, "False SecretNotFound Stalled SecretNotFound", failed},
		"the Secret does not come":        {[]adjust{neverRan, noSecret, createdJustNow, later(secretGrace)}, "False SecretNotFound Stalled SecretNotFound", failed},
		"new":                             {[]adjust{neverRan, activeRun}, "Unknown Pending Reconciling Pending", inProgress},
		"new, suspended":                  {[]adjust{neverRan, suspended}, "True Suspended", current},
		"new, suspended, no Secret":       {[]adjust{neverRan, suspended, noSecret}, "True Suspended", current},
		"new, refused by Kubernetes":      {[]adjust{neverRan, refusedRunOf}, "False RunRefused Stalled RunRefused", failed},
		"synced, refused by Kubernetes":   {[]adjust{refusedRunOf}, "True Synced Reconciling RunRefused", inProgress},
		"outdated, refused by Kubernetes": {[]adjust{refusedRunOf, stale}, "False RunRefused Stalled RunRefused", failed},
		"failed, refused by Kubernetes":   {[]adjust{failedBy(v1alpha1.ReasonForbidden), refusedRunOf}, "False RunRefused Stalled RunRefused", failed},
		"new, Kubernetes did not answer":  {[]adjust{neverRan, retrying}, "Unknown Pending Reconciling Pending", inProgress},
		"the first run was stopped":       {[]adjust{neverRan}, "False Pending Stalled Pending", failed},
		"an outage, fresh figures":        {[]adjust{failedBy(v1alpha1.ReasonAPIUnavailable)}, "True Synced", current},
		"an outage, fresh, trying":        {[]adjust{failedBy(v1alpha1.ReasonAPIUnavailable), activeRun}, "True Synced Reconciling APIUnavailable", inProgress},
		"an outage, stale figures":        {[]adjust{failedBy(v1alpha1.ReasonAPIUnavailable), stale}, "False APIUnavailable Stalled APIUnavailable", failed},
		"an outage, stale, trying":        {[]adjust{failedBy(v1alpha1.ReasonAPIUnavailable), stale, activeRun}, "False APIUnavailable Reconciling APIUnavailable", inProgress},
		"an outage at first":              {[]adjust{failedBy(v1alpha1.ReasonAPIUnavailable), neverSynced, retrying}, "False APIUnavailable Reconciling APIUnavailable", inProgress},
		"refused":                         {[]adjust{failedBy(v1alpha1.ReasonCredentialsRejected)}, "False CredentialsRejected Stalled CredentialsRejected", failed},
		"refused, trying another spec":    {[]adjust{failedBy(v1alpha1.ReasonCredentialsRejected), activeRun}, "False CredentialsRejected Reconciling CredentialsRejected", inProgress},
		"removals held":                   {[]adjust{heldBy("t", "")}, "True Synced", current},
		"put off, fresh figures, waiting": {[]adjust{failedBy(v1alpha1.ReasonRateLimited), activeRun}, "True Synced Reconciling RateLimited", inProgress},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			s := syncedScope()
			for _, a := range test.adjust {
				a(s)
			}
			conditions, computed := judge(g, s.conditions())
			g.Expect(verdict(conditions)).To(Equal(test.want))
			g.Expect(computed).To(Equal(test.kstatus))
		})
	}
}

// What a person wants so, or what may come yet, is no failure of a schedule; what only a person can mend is one.
func TestScheduleSummary(t *testing.T) {
	t.Parallel()
	const current, inProgress, failed = kstatus.CurrentStatus, kstatus.InProgressStatus, kstatus.FailedStatus
	noon := at(12, 0, 0)
	noted := func(at time.Time) *metav1.Time { return new(metav1.NewTime(at)) }
	selector := func(s *scheduleScope) {
		s.schedule.Spec.CustomerAccessRef, s.schedule.Spec.CustomerAccessSelector = nil, &metav1.LabelSelector{}
	}
	noCustomers := func(s *scheduleScope) { s.customers = nil }
	asleep := func(s *scheduleScope) { s.customers[0].Spec.Suspend = new(true) }
	noNext := func(s *scheduleScope) { s.status.NextScheduleTime = nil }
	ranOnce := func(s *scheduleScope) { s.status.LastScheduleTime = noted(noon) }
	new5 := func(s *scheduleScope) {
		s.schedule.CreationTimestamp = metav1.NewTime(noon.Add(-customerWait + time.Second))
	}
	refuse := func(taken bool) func(*scheduleScope) {
		return func(s *scheduleScope) {
			s.refused = append(s.refused, refusedRun{name: "plan-acme-1", customer: "acme", taken: taken, words: "exceeded quota: runs"})
		}
	}
	for name, test := range map[string]struct {
		adjust  []func(*scheduleScope)
		want    string
		kstatus kstatus.Status
	}{
		"in order":                        {nil, "True Scheduled", current},
		"suspended":                       {[]func(*scheduleScope){func(s *scheduleScope) { s.schedule.Spec.Suspend = new(true) }, noNext}, "True Suspended", current},
		"its customer is suspended":       {[]func(*scheduleScope){asleep}, "True CustomerSuspended", current},
		"one that it selects is":          {[]func(*scheduleScope){selector, asleep}, "True Scheduled", current},
		"it selects no customer yet":      {[]func(*scheduleScope){selector, noCustomers}, "True NoCustomers", current},
		"its customer is not there yet":   {[]func(*scheduleScope){noCustomers, new5}, "False CustomerNotFound Reconciling CustomerNotFound", inProgress},
		"its customer does not come":      {[]func(*scheduleScope){noCustomers}, "False CustomerNotFound Stalled CustomerNotFound", failed},
		"finished":                        {[]func(*scheduleScope){noNext, ranOnce}, "True Finished", current},
		"finished, the customer is gone":  {[]func(*scheduleScope){noNext, ranOnce, noCustomers}, "True Finished", current},
		"finished, the customer suspends": {[]func(*scheduleScope){noNext, ranOnce, asleep}, "True Finished", current},
		"all dates passed before":         {[]func(*scheduleScope){noNext}, "True NoSlot", current},
		"refused":                         {[]func(*scheduleScope){refuse(false), refuse(true)}, "False RunRefused Stalled RunRefused", failed},
		"the name is taken":               {[]func(*scheduleScope){refuse(true)}, "False RunNameTaken Stalled RunNameTaken", failed},
		"a mistake": {
			[]func(*scheduleScope){func(s *scheduleScope) { s.problem = &scheduleProblem{v1alpha1.ReasonInvalidSchedule, "no"} }, noNext},
			"False InvalidSchedule Stalled InvalidSchedule", failed,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			s := &scheduleScope{schedule: &v1alpha1.LicenseSyncSchedule{}, now: noon, customers: []v1alpha1.WebexCustomerAccess{{}}}
			s.schedule.CreationTimestamp = metav1.NewTime(noon.Add(-time.Hour))
			s.schedule.Spec.CustomerAccessRef = &v1alpha1.LocalCustomerReference{Name: "acme"}
			s.status.NextScheduleTime = noted(noon.Add(time.Hour))
			for _, a := range test.adjust {
				a(s)
			}
			conditions, computed := judge(g, s.summary().Conditions())
			g.Expect(verdict(conditions)).To(Equal(test.want))
			g.Expect(computed).To(Equal(test.kstatus))
		})
	}
}

// A schedule of which no customer was read has no sum, and not a sum of 0.
func TestScheduleSumsWhatIsKnown(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	s := &scheduleScope{customers: make([]v1alpha1.WebexCustomerAccess, 3)}
	s.status.TotalUnits = new(int64(5))
	s.sum()
	g.Expect(s.status.TotalUnits).To(BeNil())
	g.Expect(s.status.ConsumedUnits).To(BeNil())
	s.customers[1].Status.Totals = &v1alpha1.CustomerTotals{TotalUnits: new(int64(0)), ConsumedUnits: new(int64(0))}
	s.sum()
	g.Expect(s.status.TotalUnits).To(HaveValue(BeZero()), "none bought is known")
	s.customers[2].Status.Totals = &v1alpha1.CustomerTotals{TotalUnits: new(int64(7)), ConsumedUnits: new(int64(3))}
	s.sum()
	g.Expect(s.status.TotalUnits).To(HaveValue(BeEquivalentTo(7)))
	g.Expect(s.status.ConsumedUnits).To(HaveValue(BeEquivalentTo(3)))
}

// Each reason for which an attempt can fail leads to a customer that waits by
// kstatus neither hang on nor take for ready.
func TestCustomerSummaryOfEveryFailure(t *testing.T) {
	t.Parallel()
	for reason, goesOn := range map[string]bool{
		v1alpha1.ReasonSecretNotFound: false, v1alpha1.ReasonSecretKeyMissing: false, v1alpha1.ReasonSecretKeyInvalid: false, v1alpha1.ReasonHostNotAllowed: false,
		v1alpha1.ReasonInvalidOrganizationID: false, v1alpha1.ReasonOrganizationMismatch: false, v1alpha1.ReasonOrganizationRequired: false,
		v1alpha1.ReasonDuplicateOrganization: false, v1alpha1.ReasonCredentialsRejected: false, v1alpha1.ReasonForbidden: false,
		v1alpha1.ReasonRejected: false, v1alpha1.ReasonRateLimited: true, v1alpha1.ReasonAPIUnavailable: true,
		v1alpha1.ReasonPartialResult: true, v1alpha1.ReasonWriteFailed: true, v1alpha1.ReasonCABundleInvalid: true,
	} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			s := syncedScope()
			failedBy(reason)(s)
			conditions, computed := judge(g, s.conditions())
			if goesOn {
				g.Expect(verdict(conditions)).To(Equal("True Synced"), "fresh figures stay good")
				g.Expect(computed).To(Equal(kstatus.CurrentStatus))
			} else {
				g.Expect(verdict(conditions)).To(Equal("False " + reason + " Stalled " + reason))
				g.Expect(computed).To(Equal(kstatus.FailedStatus))
			}
			g.Expect(meta.FindStatusCondition(conditions, v1alpha1.ConditionReady).Message).To(ContainSubstring("it went wrong"))

			neverSynced(s)
			_, wait := decideRun(s)
			s.retrying = wait > 0
			g.Expect(s.retrying).To(Equal(goesOn))
			_, computed = judge(g, s.conditions())
			if goesOn {
				g.Expect(computed).To(Equal(kstatus.InProgressStatus))
			} else {
				g.Expect(computed).To(Equal(kstatus.FailedStatus))
			}
		})
	}
}

func TestCustomerConditions(t *testing.T) {
	t.Parallel()
	defaults := func(e usage.Effective) adjust {
		return func(s *customerScope) {
			s.defaults = e
			s.customer.Status.Subscriptions = []string{"S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8", "S9"}
			s.customer.Status.SiteURLs = []string{"a.example.com", "b.example.com"}
			s.customer.Spec.DefaultSubscription, s.customer.Spec.DefaultSiteURL = "S0", "x.example.com"
		}
	}
	for name, test := range map[string]struct {
		adjust    []adjust
		condition string
		want      string
		message   string
	}{
		"credentials accepted":    {nil, v1alpha1.ConditionCredentialsValid, "True Accepted", ""},
		"credentials refused":     {[]adjust{failedBy(v1alpha1.ReasonCredentialsRejected)}, v1alpha1.ConditionCredentialsValid, "False CredentialsRejected", "it went wrong"},
		"a key is missing":        {[]adjust{failedBy(v1alpha1.ReasonSecretKeyMissing)}, v1alpha1.ConditionCredentialsValid, "False SecretKeyMissing", "it went wrong"},
		"the Secret is missing":   {[]adjust{noSecret}, v1alpha1.ConditionCredentialsValid, "False SecretNotFound", `Secret "token"`},
		"credentials not tried":   {[]adjust{neverRan}, v1alpha1.ConditionCredentialsValid, "Unknown Unverified", ""},
		"an outage says nothing":  {[]adjust{failedBy(v1alpha1.ReasonAPIUnavailable)}, v1alpha1.ConditionCredentialsValid, "True Accepted", ""},
		"fresh":                   {nil, v1alpha1.ConditionDataFresh, "True Fresh", ""},
		"fresh to the last":       {[]adjust{later(26*time.Hour - 11*time.Minute)}, v1alpha1.ConditionDataFresh, "True Fresh", ""},
		"stale":                   {[]adjust{later(26*time.Hour - 10*time.Minute)}, v1alpha1.ConditionDataFresh, "False Stale", "spec.staleAfter"},
		"stale by the spec":       {[]adjust{func(s *customerScope) { s.customer.Spec.StaleAfter = &metav1.Duration{Duration: time.Minute} }}, v1alpha1.ConditionDataFresh, "False Stale", ""},
		"never synced":            {[]adjust{neverSynced}, v1alpha1.ConditionDataFresh, "False NeverSynced", ""},
		"defaults not known":      {[]adjust{neverSynced}, v1alpha1.ConditionDefaultsResolved, "Unknown NeverSynced", ""},
		"defaults resolved":       {[]adjust{defaults(usage.Effective{SubscriptionState: usage.StateResolved, SiteURLState: usage.StateNone})}, v1alpha1.ConditionDefaultsResolved, "True Resolved", ""},
		"a subscription required": {[]adjust{defaults(usage.Effective{SubscriptionState: usage.StateRequired, SiteURLState: usage.StateNone})}, v1alpha1.ConditionDefaultsResolved, "False DefaultSubscriptionRequired", "spec.defaultSubscription to one of S1, S2, S3, S4, S5, S6, S7, S8 and others"},
		"a site required":         {[]adjust{defaults(usage.Effective{SubscriptionState: usage.StateResolved, SiteURLState: usage.StateRequired})}, v1alpha1.ConditionDefaultsResolved, "False DefaultSiteURLRequired", "spec.defaultSiteURL to one of a.example.com, b.example.com"},
		"no such subscription":    {[]adjust{defaults(usage.Effective{SubscriptionState: usage.StateNotFound, SiteURLState: usage.StateResolved})}, v1alpha1.ConditionDefaultsResolved, "False DefaultNotFound", `spec.defaultSubscription "S0"`},
		"no such site":            {[]adjust{defaults(usage.Effective{SubscriptionState: usage.StateResolved, SiteURLState: usage.StateNotFound})}, v1alpha1.ConditionDefaultsResolved, "False DefaultNotFound", `spec.defaultSiteURL "x.example.com"`},
		"both are told":           {[]adjust{defaults(usage.Effective{SubscriptionState: usage.StateRequired, SiteURLState: usage.StateNotFound})}, v1alpha1.ConditionDefaultsResolved, "False DefaultSubscriptionRequired", `; spec.defaultSiteURL "x.example.com"`},
		"removals held":           {[]adjust{heldBy("abc", "")}, v1alpha1.ConditionPruneHeld, "True ApprovalRequired", v1alpha1.AnnotationApprovePrune + "=abc"},
		"nothing held":            {nil, v1alpha1.ConditionPruneHeld, "", ""},
		"capacity":                {[]adjust{func(s *customerScope) { s.rows = []v1alpha1.WebexLicense{used("a", 90)} }}, v1alpha1.ConditionCapacityOK, "False Warning", "a"},
		"capacity not known":      {[]adjust{neverSynced}, v1alpha1.ConditionCapacityOK, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			s := syncedScope()
			for _, a := range test.adjust {
				a(s)
			}
			conditions, _ := judge(g, s.conditions())
			found := meta.FindStatusCondition(conditions, test.condition)
			if test.want == "" {
				g.Expect(found).To(BeNil())
				return
			}
			g.Expect(found).NotTo(BeNil())
			g.Expect(string(found.Status) + " " + found.Reason).To(Equal(test.want))
			g.Expect(found.Message).To(ContainSubstring(test.message))
		})
	}
}

// A reconcile that waits for freshness to end says when to look again.
func TestFreshnessLooksAgain(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	s := syncedScope()
	g.Expect(s.freshness().Reason).To(Equal(v1alpha1.ReasonFresh))
	g.Expect(s.after).To(Equal(26*time.Hour - 10*time.Minute + time.Second))
	s.now = s.now.Add(s.after)
	g.Expect(s.freshness().Reason).To(Equal(v1alpha1.ReasonStale))
}

// A short wait for a worker is not written down, and a longer one of a run that the operator itself created neither.
func TestShortWaitsAreUnsaid(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		own    bool
		waited time.Duration
		said   bool
	}{
		"a person's, new":                    {waited: workerGrace - time.Second},
		"a person's, after a moment":         {waited: workerGrace, said: true},
		"the operator's, after a moment":     {own: true, waited: workerGrace},
		"the operator's, after some time":    {own: true, waited: quietWorker - time.Second},
		"the operator's, after a longer one": {own: true, waited: quietWorker, said: true},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			s := &runScope{run: &v1alpha1.LicenseSync{}, now: time.Now()}
			s.run.CreationTimestamp = metav1.NewTime(s.now.Add(-test.waited))
			if test.own {
				s.run.OwnerReferences = []metav1.OwnerReference{{Kind: "WebexCustomerAccess", Name: "acme", Controller: new(true)}}
			}
			s.queued("another run of this customer goes first")
			g.Expect(s.verdict != nil).To(Equal(test.said))
			if !test.said {
				g.Expect(s.after).To(BeNumerically(">", 0), "it looks again")
			}
		})
	}
}

// A run is in progress, complete or failed, and kstatus agrees.
func TestRunVerdicts(t *testing.T) {
	t.Parallel()
	outcome := func(held *v1alpha1.HeldPrune) *syncrun.Outcome {
		none := new(int32(0))
		return &syncrun.Outcome{Held: held, Rows: v1alpha1.RowCounts{Added: none, Updated: none, Removed: none, Unchanged: none}}
	}
	for name, test := range map[string]struct {
		do      func(*runScope)
		want    string
		ended   string
		kstatus kstatus.Status
	}{
		"queued":    {func(s *runScope) { s.wait(v1alpha1.ReasonQueued, "another run of this customer goes first") }, "Unknown Queued Reconciling Queued", "", kstatus.InProgressStatus},
		"succeeded": {func(s *runScope) { s.succeed(outcome(nil)) }, "True Succeeded", v1alpha1.ConditionComplete, kstatus.CurrentStatus},
		"held":      {func(s *runScope) { s.succeed(outcome(&v1alpha1.HeldPrune{Rows: new(int32(3))})) }, "True Succeeded", v1alpha1.ConditionComplete, kstatus.CurrentStatus},
		"failed":    {func(s *runScope) { s.fail(v1alpha1.ReasonForbidden, "the token lacks a scope") }, "False Forbidden Stalled Forbidden", v1alpha1.ConditionFailed, kstatus.FailedStatus},
		"retried": {func(s *runScope) {
			s.retry(&failures.Failure{Class: webex.ClassTransient, Reason: v1alpha1.ReasonAPIUnavailable, Message: "it went wrong", TrackingID: "NA_12345678-1"}, time.Minute)
		}, "Unknown APIUnavailable Reconciling APIUnavailable", "", kstatus.InProgressStatus},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			s := &runScope{run: &v1alpha1.LicenseSync{}, now: time.Now()}
			test.do(s)
			conditions, computed := judge(g, s.verdict.conditions())
			g.Expect(verdict(conditions)).To(Equal(test.want))
			g.Expect(computed).To(Equal(test.kstatus))
			for _, end := range []string{v1alpha1.ConditionComplete, v1alpha1.ConditionFailed} {
				g.Expect(meta.IsStatusConditionTrue(conditions, end)).To(Equal(end == test.ended), end)
			}
			g.Expect(s.status.CompletionTime != nil).To(Equal(test.ended != ""))
		})
	}
}
