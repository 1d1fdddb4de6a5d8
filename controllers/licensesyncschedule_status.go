package controllers

import (
	"cmp"
	"context"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	ac "github.com/webex-operator/webex-license-operator/api/v1alpha1/applyconfiguration/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/metrics"
	"github.com/webex-operator/webex-license-operator/internal/skew"
	"github.com/webex-operator/webex-license-operator/internal/status"
)

// maxActive is the number of unfinished runs that a schedule's status names.
const maxActive = 10

// summarise computes the status and writes it if it differs.
func (r *LicenseSyncScheduleReconciler) summarise(ctx context.Context, s *scheduleScope) error {
	s.status.NextScheduleTime = nil
	if next := s.decision.next; !next.IsZero() && s.problem == nil {
		s.status.NextScheduleTime = new(metav1.NewTime(next))
	}
	s.status.TimeZoneData = ""
	if s.schedule.Spec.Schedule != "" { // dates and intervals are in no zone
		s.status.TimeZoneData = r.TimeZoneData
	}
	s.count()
	s.sum()
	return r.apply(ctx, s)
}

// count counts customers by their latest run of this schedule.
func (s *scheduleScope) count() {
	latest := map[string]*v1alpha1.LicenseSync{}
	active := map[string]bool{}
	var names []string
	for i := range s.runs {
		run := &s.runs[i]
		customer := run.Spec.CustomerAccessRef.Name
		if !finished(run) {
			active[customer] = true
			names = append(names, run.Name)
			continue
		}
		if ended := skew.Believed(run.Status.CompletionTime, s.now, 0); succeeded(run) && ended != nil &&
			(s.status.LastSuccessfulTime == nil || s.status.LastSuccessfulTime.Before(ended)) {
			s.status.LastSuccessfulTime = ended
		}
		if other := latest[customer]; other == nil || newer(run, other, s.now) {
			latest[customer] = run
		}
	}
	var counts struct{ total, active, succeeded, failed, suspended int32 }
	for i := range s.customers {
		customer := &s.customers[i]
		counts.total++
		if ptr.Deref(customer.Spec.Suspend, false) {
			counts.suspended++
		}
		if active[customer.Name] {
			counts.active++
		}
		switch run := latest[customer.Name]; {
		case run == nil:
		case succeeded(run):
			counts.succeeded++
		default:
			counts.failed++
		}
	}
	s.status.Targets = &v1alpha1.TargetCounts{
		Total: &counts.total, Active: &counts.active, Succeeded: &counts.succeeded, Failed: &counts.failed, Suspended: &counts.suspended,
	}
	slices.Sort(names)
	s.status.Active = names[:min(len(names), maxActive)]
}

// newer orders runs by creation, which is told in whole seconds.
func newer(a, b *v1alpha1.LicenseSync, now time.Time) bool {
	return cmp.Or(created(a, now).Compare(created(b, now)), cmp.Compare(a.Name, b.Name)) > 0
}

// sum adds up the units of the schedule's customers. Before any of them was read there is
// no sum, which is not the same as 0.
func (s *scheduleScope) sum() {
	s.status.TotalUnits, s.status.ConsumedUnits = nil, nil
	for i := range s.customers {
		if totals := s.customers[i].Status.Totals; totals != nil {
			s.status.TotalUnits = new(ptr.Deref(s.status.TotalUnits, 0) + ptr.Deref(totals.TotalUnits, 0))
			s.status.ConsumedUnits = new(ptr.Deref(s.status.ConsumedUnits, 0) + ptr.Deref(totals.ConsumedUnits, 0))
		}
	}
}

// summary is the verdict on the schedule itself; how its runs went is counted.
func (s *scheduleScope) summary() status.Summary {
	refused := slices.DeleteFunc(slices.Clone(s.refused), func(run refusedRun) bool { return run.taken })
	switch {
	case s.problem != nil:
		return stalled(s.problem.reason, s.problem.message)
	case len(refused) > 0:
		return stalled(v1alpha1.ReasonRunRefused, refusedMessage(refused))
	case len(s.refused) > 0:
		return stalled(v1alpha1.ReasonRunNameTaken, "a LicenseSync of another owner has the name of one of the schedule's runs: delete or rename "+enumerate(namesOf(s.refused)))
	case s.suspended():
		return ready(v1alpha1.ReasonSuspended, "the schedule is suspended: no run starts before spec.suspend is false")
	case s.status.NextScheduleTime == nil && (!s.decision.handled.IsZero() || s.status.LastScheduleTime != nil):
		return ready(v1alpha1.ReasonFinished, "all slots of the plan have passed")
	case len(s.customers) == 0:
		return s.unselected()
	case s.schedule.Spec.CustomerAccessRef != nil && ptr.Deref(s.customers[0].Spec.Suspend, false):
		return ready(v1alpha1.ReasonCustomerSuspended, "the customer is suspended: no run starts before its spec.suspend is false")
	case s.status.NextScheduleTime == nil:
		// As where it is applied once more elsewhere. A plan that can have no slot at all is refused when it is read.
		return ready(v1alpha1.ReasonNoSlot, "the plan has no slot in the future: all of spec.at, or spec.endTime, had passed when the schedule was made")
	default:
		return ready(v1alpha1.ReasonScheduled, "the next run starts at status.nextScheduleTime")
	}
}

// customerWait is how long a new schedule waits for the customer that it names, which may be applied after it.
const customerWait = 5 * time.Minute

// unselected is the verdict on a schedule without a customer. A selector may well match no customer yet.
func (s *scheduleScope) unselected() status.Summary {
	if s.schedule.Spec.CustomerAccessRef == nil {
		return ready(v1alpha1.ReasonNoCustomers, "spec.customerAccessSelector matches no WebexCustomerAccess of this namespace, so that nothing runs: label the customers, or change it")
	}
	detail := status.Detail{Reason: v1alpha1.ReasonCustomerNotFound, Message: "the WebexCustomerAccess of spec.customerAccessRef does not exist in this namespace: create it"}
	left := s.schedule.CreationTimestamp.Add(customerWait).Sub(s.now)
	if left <= 0 || left > customerWait {
		return stalled(detail.Reason, detail.Message)
	}
	s.lookAgain(left)
	return status.Summary{Ready: metav1.ConditionFalse, Detail: detail, Reconciling: &detail}
}

func namesOf(runs []refusedRun) []string {
	var names []string
	for _, run := range runs {
		names = append(names, run.name)
	}
	slices.Sort(names)
	return names
}

func ready(reason, message string) status.Summary {
	return status.Summary{Ready: metav1.ConditionTrue, Detail: status.Detail{Reason: reason, Message: message}}
}

// apply writes the status if it differs.
func (r *LicenseSyncScheduleReconciler) apply(ctx context.Context, s *scheduleScope) error {
	summary := s.summary()
	if s.doubted != "" {
		summary.Message += "; " + s.doubted
	}
	s.status.Conditions = status.Merge(s.schedule.Status.Conditions, summary.Conditions(), s.schedule.Generation, metav1.NewTime(s.now))
	s.status.ObservedGeneration = &s.schedule.Generation
	same := sameScheduleStatus(s.schedule.Status, s.status)
	metrics.ObserveStatus("LicenseSyncSchedule", !same)
	if same {
		return nil
	}
	if err := r.write(ctx, s, s.status); err != nil {
		return client.IgnoreNotFound(err)
	}
	r.tell(s)
	if len(s.schedule.Unreadable) == 0 && len(expendable(s, s.status)) > len(expendable(s, s.schedule.Status)) {
		// They go once the cache says so, too, and no event of this write asks for that.
		s.lookAgain(scheduleDebounce)
	}
	return nil
}

// write writes a status that was decided by the copy of the schedule in hand, and
// fails if that is an old one: the status is what keeps a slot from running again
// when its runs are gone, so that it must never go back.
func (r *LicenseSyncScheduleReconciler) write(ctx context.Context, s *scheduleScope, desired v1alpha1.LicenseSyncScheduleStatus) error {
	configuration, err := status.ApplyConfiguration[ac.LicenseSyncScheduleStatusApplyConfiguration](desired)
	if err != nil {
		return err
	}
	object := ac.LicenseSyncSchedule(s.schedule.Name, s.schedule.Namespace).WithUID(s.schedule.UID).
		WithResourceVersion(s.schedule.ResourceVersion).WithStatus(configuration)
	version, err := applyStatus(ctx, r, s.schedule, object, len(s.schedule.Unreadable) > 0, scheduleFieldManager)
	if err == nil {
		s.schedule.ResourceVersion = version
	}
	return err
}

func sameScheduleStatus(a, b v1alpha1.LicenseSyncScheduleStatus) bool {
	if !status.Equal(a.Conditions, b.Conditions) {
		return false
	}
	a.Conditions, b.Conditions = nil, nil
	a.Active, b.Active = sorted(a.Active), sorted(b.Active)
	return equality.Semantic.DeepEqual(a, b)
}

func sorted(names []string) []string {
	if len(names) == 0 {
		return nil
	}
	return slices.SortedFunc(slices.Values(names), cmp.Compare[string])
}
