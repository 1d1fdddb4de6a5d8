package overview

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// noticedWithin is how soon an operator that runs has written the status of a new customer.
const noticedWithin = time.Minute

// Unread adds why a customer is not read, which its own conditions cannot say: no operator looks at it, or a schedule
// of it has trouble. Schedules are those that read the customer, runs may be of others, too.
func (o *Customer) Unread(c *v1alpha1.WebexCustomerAccess, schedules []v1alpha1.LicenseSyncSchedule, runs []v1alpha1.LicenseSync, now time.Time) {
	if len(c.Status.Conditions) == 0 && now.Sub(c.CreationTimestamp.Time) > noticedWithin {
		o.add(Issue{Severity: Error, Condition: v1alpha1.ConditionReady, Reason: v1alpha1.ReasonPending, Message: "no operator has looked at the customer: see whether one runs, and whether it watches this namespace and the customer's labels"})
	}
	for i := range schedules {
		s := &schedules[i]
		ready := meta.FindStatusCondition(s.Status.Conditions, v1alpha1.ConditionReady)
		if ready == nil || ready.Status != metav1.ConditionFalse || spared(s, ready.Reason, c.Name, runs) {
			continue
		}
		o.add(Issue{Severity: Warning, Condition: v1alpha1.ConditionReady, Reason: ready.Reason, Message: "schedule " + s.Name + ": " + ready.Message})
	}
	slices.SortStableFunc(o.Issues, compareSeverity)
}

// spared says whether a schedule's trouble with single runs leaves a customer alone: its run of the open slot is there.
func spared(s *v1alpha1.LicenseSyncSchedule, reason, customer string, runs []v1alpha1.LicenseSync) bool {
	if reason != v1alpha1.ReasonRunRefused && reason != v1alpha1.ReasonRunNameTaken || s.Status.OpenSlotTime == nil {
		return false
	}
	return slices.ContainsFunc(runs, func(run v1alpha1.LicenseSync) bool {
		return run.Namespace == s.Namespace && run.Spec.CustomerAccessRef.Name == customer &&
			metav1.IsControlledBy(&run, s) && run.Spec.ScheduledTime.Equal(s.Status.OpenSlotTime)
	})
}

// add adds an issue, unless one of the same reason is there: one cause, one issue.
func (o *Customer) add(issue Issue) {
	if !slices.ContainsFunc(o.Issues, func(i Issue) bool { return i.Reason == issue.Reason }) {
		o.Issues = append(o.Issues, issue)
	}
}
