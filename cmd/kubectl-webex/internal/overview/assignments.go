package overview

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// Assignments sum up the WebexLicenseAssignments of a customer: what waits. All but Count are numbers of people, each
// counted once for each assignment.
type Assignments struct {
	Count int `json:"count"`
	// Reasons are the numbers of assignments by the reason of Ready.
	Reasons map[string]int `json:"reasons,omitempty"`
	// Add and Remove would get or lose a licence, NoUnits would get one if units were free.
	Add     int64 `json:"add"`
	Remove  int64 `json:"remove"`
	NoUnits int64 `json:"noUnits"`
	// Held of those who would lose one wait for approval.
	Held int64 `json:"held"`
	// Failed could not be changed by the last run that tried, NotFound are addresses that no person has.
	Failed   int64 `json:"failed"`
	NotFound int64 `json:"notFound"`
}

// String says it in words: the numbers of assignments by reason, then what is not zero.
func (a *Assignments) String() string {
	var parts []string
	for _, reason := range slices.Sorted(maps.Keys(a.Reasons)) {
		parts = append(parts, fmt.Sprintf("%d %s", a.Reasons[reason], reason))
	}
	for _, people := range []struct {
		n    int64
		what string
	}{
		{a.Add, "to add"},
		{a.Remove, "to remove"},
		{a.Held, "held"},
		{a.NoUnits, "without units"},
		{a.Failed, "failed"},
		{a.NotFound, "not found"},
	} {
		if people.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", people.n, people.what))
		}
	}
	return fmt.Sprintf("%d: %s", a.Count, strings.Join(parts, ", "))
}

// Plus is the sum with others.
func (a *Assignments) Plus(b *Assignments) *Assignments {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	sum := &Assignments{
		Count: a.Count + b.Count, Reasons: maps.Clone(a.Reasons),
		Add: a.Add + b.Add, Remove: a.Remove + b.Remove, NoUnits: a.NoUnits + b.NoUnits,
		Held: a.Held + b.Held, Failed: a.Failed + b.Failed, NotFound: a.NotFound + b.NotFound,
	}
	for reason, n := range b.Reasons {
		sum.Reasons[reason] += n
	}
	return sum
}

// Assign adds what the customer's assignments say; others may be among them.
func (o *Customer) Assign(all []v1alpha1.WebexLicenseAssignment, now time.Time) {
	for i := range all {
		if w := &all[i]; w.Namespace == o.Namespace && w.Spec.CustomerAccessRef.Name == o.Name {
			o.Assignments = o.Assignments.Plus(sumOf(w))
			o.Issues = append(o.Issues, assignmentIssues(w, now)...)
		}
	}
	slices.SortStableFunc(o.Issues, compareSeverity)
}

func sumOf(w *v1alpha1.WebexLicenseAssignment) *Assignments {
	s := &w.Status
	a := &Assignments{Count: 1, Reasons: map[string]int{}}
	reason := v1alpha1.ReasonPending
	if ready := meta.FindStatusCondition(s.Conditions, v1alpha1.ConditionReady); ready != nil {
		reason = ready.Reason
	}
	a.Reasons[reason] = 1
	if p := s.Plan; p != nil {
		a.Add, a.Remove, a.NoUnits = ptr.Deref(p.Add, 0), ptr.Deref(p.Remove, 0), ptr.Deref(p.NoUnits, 0)
	}
	if s.Held != nil {
		a.Held = ptr.Deref(s.Held.People, 0)
	}
	if s.LastRun != nil {
		a.Failed = ptr.Deref(s.LastRun.Failed, 0)
	}
	if s.Subjects != nil {
		a.NotFound = ptr.Deref(s.Subjects.NotFound, 0)
	}
	return a
}

// assignmentIssues are what needs attention of one assignment: held removals, and why it is not ready.
func assignmentIssues(w *v1alpha1.WebexLicenseAssignment, now time.Time) []Issue {
	var issues []Issue
	add := func(severity Severity, condition, reason, format string, args ...any) {
		issues = append(issues, Issue{Severity: severity, Condition: condition, Reason: reason, Message: "assignment " + w.Name + ": " + fmt.Sprintf(format, args...), Assignment: w.Name})
	}
	held := w.Status.Held
	if held != nil && w.Annotations[v1alpha1.AnnotationApproveRemovals] != held.Token {
		add(Warning, v1alpha1.ConditionRemovalsHeld, v1alpha1.ReasonRemovalsHeld,
			"%d people would lose a licence; they keep it until you approve: kubectl webex plan %s shows who, kubectl webex approve-removals %s", ptr.Deref(held.People, 0), w.Name, w.Name)
	}
	ready := meta.FindStatusCondition(w.Status.Conditions, v1alpha1.ConditionReady)
	switch {
	case ready == nil && now.Sub(w.CreationTimestamp.Time) > noticedWithin:
		add(Error, v1alpha1.ConditionReady, v1alpha1.ReasonPending, "no operator has looked at it: see whether one runs that knows assignments, and watches this namespace")
	case ready == nil || ready.Status != metav1.ConditionFalse || ready.Reason == v1alpha1.ReasonRemovalsHeld && held != nil: // said, or approved
	case ready.Reason == v1alpha1.ReasonWriteCredentialsRefused, ready.Reason == v1alpha1.ReasonTooManyFailures:
		add(Error, v1alpha1.ConditionReady, ready.Reason, "%s", ready.Message)
	default:
		add(Warning, v1alpha1.ConditionReady, ready.Reason, "%s", ready.Message)
	}
	return issues
}
