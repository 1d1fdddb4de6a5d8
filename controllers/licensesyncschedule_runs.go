package controllers

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	ac "github.com/webex-operator/webex-license-operator/api/v1alpha1/applyconfiguration/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/status"
	"github.com/webex-operator/webex-license-operator/internal/timetable"
)

// activate notes when the schedule was activated, if that counts as a slot. The
// note is written before the slot runs, because the names of its runs follow
// from it.
func (r *LicenseSyncScheduleReconciler) activate(ctx context.Context, s *scheduleScope) error {
	if s.suspended() || !ptr.Deref(s.schedule.Spec.RunOnActivation, false) {
		s.status.ActivationTime = nil
		return nil
	}
	if s.status.ActivationTime != nil || s.problem != nil {
		return nil
	}
	noted := s.schedule.Status.DeepCopy()
	noted.ActivationTime = new(metav1.NewTime(s.now.Truncate(time.Second)))
	if len(noted.Conditions) == 0 {
		detail := status.Detail{Reason: v1alpha1.ReasonPending, Message: "the run of the activation is about to start"}
		noted.Conditions = status.Merge(nil, status.Summary{Ready: metav1.ConditionUnknown, Detail: detail, Reconciling: &detail}.Conditions(),
			s.schedule.Generation, metav1.NewTime(s.now))
		noted.ObservedGeneration = &s.schedule.Generation
	}
	if err := r.write(ctx, s, *noted); err != nil {
		return err
	}
	s.status.ActivationTime = noted.ActivationTime
	return nil
}

// startDue creates the runs of the slot that is due.
func (r *LicenseSyncScheduleReconciler) startDue(ctx context.Context, s *scheduleScope) error {
	if s.problem != nil {
		return nil
	}
	s.decision = decideSlots(s.slotInput())
	wanted := make([]dueRun, 0, len(s.decision.create))
	for _, due := range s.decision.create {
		wanted = append(wanted, dueRun{
			run: s.newRun(due.name, due.customer, v1alpha1.TriggerSchedule, &due.slot), cancel: due.cancel,
			created: func() { r.ObserveSkew(r.Clock.Since(due.due)) },
		})
	}
	var err error
	if s.created, err = r.createRuns(ctx, s, wanted); err != nil || s.created {
		return err // the slot stays open
	}
	if handled := s.decision.handled; !handled.IsZero() {
		s.status.LastScheduleTime = new(metav1.NewTime(handled))
	}
	if !s.suspended() {
		s.status.OpenSlotTime = nil
	}
	if slot := laterOf(s.decision.handled, s.decision.retried); !slot.IsZero() && len(s.refused) > 0 {
		s.status.OpenSlotTime = new(metav1.NewTime(slot)) // for the customers that were refused, until the next one
	}
	if missed := s.decision.missed; !missed.IsZero() {
		s.miss(missed)
	}
	if next := s.decision.next; !next.IsZero() {
		s.lookAgain(next.Sub(s.now))
	}
	return nil
}

// miss notes a slot that was not run.
func (s *scheduleScope) miss(slot time.Time) {
	noted := metav1.NewTime(slot)
	if old := s.schedule.Status.LastMissedTime; old == nil || old.Before(&noted) {
		s.status.LastMissedTime = &noted
	}
}

func (s *scheduleScope) slotInput() slotInput {
	spec := s.schedule.Spec
	in := slotInput{
		namespace: s.schedule.Namespace, name: s.schedule.Name,
		replace: spec.ConcurrencyPolicy == v1alpha1.ConcurrencyReplace, suspended: s.suspended(),
		deadline: time.Duration(spec.StartingDeadlineSeconds) * time.Second,
		spread:   timetable.Spread(s.schedule),
		plan:     s.plan, handled: s.schedule.CreationTimestamp.Time,
		open:       timeOf(s.schedule.Status.OpenSlotTime),
		activation: timeOf(s.status.ActivationTime),
		runs:       map[string][]scheduledRun{}, now: s.now,
	}
	if last := s.schedule.Status.LastScheduleTime; last != nil {
		in.handled = last.Time
	} else if !in.activation.IsZero() && !in.activation.After(in.handled) {
		in.handled = in.activation.Add(-time.Second) // activated within the second of its creation
	}
	for i := range s.customers {
		c := &s.customers[i]
		in.targets = append(in.targets, target{name: c.Name, suspended: ptr.Deref(c.Spec.Suspend, false)})
	}
	for i := range s.runs {
		run := &s.runs[i]
		customer := run.Spec.CustomerAccessRef.Name
		in.runs[customer] = append(in.runs[customer], scheduledRun{
			name: run.Name, slot: timeOf(run.Spec.ScheduledTime),
			finished: finished(run) || ptr.Deref(run.Spec.Cancel, false),
		})
	}
	return in
}

// startNow runs all customers once for each new value of the requestedAt
// annotation. The plan goes on unchanged.
func (r *LicenseSyncScheduleReconciler) startNow(ctx context.Context, s *scheduleScope) error {
	token := s.requested()
	if token == "" || s.suspended() || s.problem != nil {
		return nil
	}
	there := map[string]bool{}
	for i := range s.runs {
		there[s.runs[i].Name] = true
	}
	var wanted []dueRun
	for i := range s.customers {
		customer := &s.customers[i]
		if ptr.Deref(customer.Spec.Suspend, false) {
			continue
		}
		name := requestedRunName(s.schedule.Name, customer.Name, token)
		if there[name] {
			continue
		}
		wanted = append(wanted, dueRun{run: s.newRun(name, customer.Name, v1alpha1.TriggerManual, nil), created: func() {}})
	}
	before := len(s.refused)
	if _, err := r.createRuns(ctx, s, wanted); err != nil {
		return err
	}
	if len(s.refused) == before {
		s.status.LastHandledReconcileAt = token
	}
	return nil
}

// tryAgain has the runs tried again that could not be created, and forgets what was refused before.
func (r *LicenseSyncScheduleReconciler) tryAgain(_ context.Context, s *scheduleScope) error {
	if len(s.refused) == 0 {
		r.refusals.forget(client.ObjectKeyFromObject(s.schedule))
		return nil
	}
	r.refusals.of(s.schedule).keep(s.refused...)
	for _, run := range s.refused {
		s.lookAgain(run.until.Sub(s.now))
	}
	return nil
}

// requested is the value of the requestedAt annotation, if nothing was done about it yet.
func (s *scheduleScope) requested() string { return requestedSince(s.schedule, s.schedule.Status) }

func requestedSince(object *v1alpha1.LicenseSyncSchedule, as v1alpha1.LicenseSyncScheduleStatus) string {
	token := clipToken(object.Annotations[v1alpha1.AnnotationRequestedAt])
	if token == as.LastHandledReconcileAt {
		return ""
	}
	return token
}

func (s *scheduleScope) newRun(name, customer string, trigger v1alpha1.Trigger, slot *time.Time) *v1alpha1.LicenseSync {
	run := &v1alpha1.LicenseSync{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: s.schedule.Namespace, Name: name, Labels: map[string]string{},
			OwnerReferences: []metav1.OwnerReference{
				*metav1.NewControllerRef(s.schedule, v1alpha1.GroupVersion.WithKind("LicenseSyncSchedule")),
			},
		},
		Spec: v1alpha1.LicenseSyncSpec{
			CustomerAccessRef: v1alpha1.LocalCustomerReference{Name: customer},
			Trigger:           trigger,
		},
	}
	if slot != nil {
		run.Spec.ScheduledTime = new(metav1.NewTime(*slot))
	}
	if template := s.schedule.Spec.SyncTemplate; template != nil {
		maps.Copy(run.Labels, template.Labels)
		run.Spec.ActiveDeadlineSeconds, run.Spec.BackoffLimit = template.ActiveDeadlineSeconds, template.BackoffLimit
	}
	run.Labels[v1alpha1.LabelCustomer] = customer
	run.Labels[v1alpha1.LabelSchedule] = s.schedule.Name
	run.Labels[v1alpha1.LabelTrigger] = string(trigger)
	return run
}

// dueRun is a run to create.
type dueRun struct {
	run *v1alpha1.LicenseSync
	// cancel are the runs to cancel before.
	cancel []string
	// created is called once the run is there, if it is new.
	created func()
}

// creation is what came of a wanted run: at most one of the three.
type creation struct {
	created bool
	refused *refusedRun
	err     error
}

// createRuns creates runs, several at a time, and says whether any is new. One that is
// refused keeps no other back.
func (r *LicenseSyncScheduleReconciler) createRuns(ctx context.Context, s *scheduleScope, wanted []dueRun) (anyNew bool, failed error) {
	if len(wanted) == 0 {
		return false, nil
	}
	asked := r.refusals.of(s.schedule)
	results := make([]creation, len(wanted))
	workqueue.ParallelizeUntil(ctx, max(r.Creators, 1), len(wanted), func(i int) {
		name := wanted[i].run.Name
		if refused, waiting := asked.waits(name, s.now); waiting {
			results[i].refused = &refused
			return
		}
		if results[i] = r.createRun(ctx, s, wanted[i]); results[i].refused != nil {
			refused := asked.note(*results[i].refused, s.now)
			results[i].refused = &refused
			ctrl.LoggerFrom(ctx).Info("Kubernetes refused a run", "run", name, "taken", refused.taken, "answer", refused.words)
		}
	})
	failed = ctx.Err()
	for i, result := range results {
		failed = errors.Join(failed, result.err)
		if result.created {
			anyNew = true
			s.runs = append(s.runs, *wanted[i].run)
		}
		if result.refused != nil {
			s.refused = append(s.refused, *result.refused)
		}
	}
	return anyNew, failed
}

// createRun creates a run, or adopts the one that an earlier reconcile created
// without living to write it down. A run of that name and another owner is
// left alone and reported.
func (r *LicenseSyncScheduleReconciler) createRun(ctx context.Context, s *scheduleScope, wanted dueRun) creation {
	run := wanted.run
	existing := &v1alpha1.LicenseSync{}
	err := r.cancelRuns(ctx, s, wanted.cancel) // once the new run exists, no reconcile would try again to cancel the old one
	if err == nil {
		end := r.creations.begin()
		err = r.Create(ctx, run)
		end()
	}
	switch {
	case err == nil:
		wanted.created()
		return creation{created: true}
	case apierrors.IsAlreadyExists(err):
		err = r.Live.Get(ctx, client.ObjectKeyFromObject(run), existing)
	}
	customer := run.Spec.CustomerAccessRef.Name
	switch refused, isRefusal := refusedBy(err, run.Name, customer); {
	case isRefusal && !apierrors.IsNotFound(err): // the run in the way may be gone meanwhile
		return creation{refused: &refused}
	case err != nil:
		return creation{err: err}
	case metav1.IsControlledBy(existing, s.schedule):
		return creation{}
	}
	return creation{refused: &refusedRun{name: run.Name, customer: customer, taken: true}}
}

// cancelRuns sets spec.cancel of unfinished runs.
func (r *LicenseSyncScheduleReconciler) cancelRuns(ctx context.Context, s *scheduleScope, names []string) error {
	var failed error
	for i := range s.runs {
		run := &s.runs[i]
		if !slices.Contains(names, run.Name) {
			continue
		}
		cancel := ac.LicenseSync(run.Name, run.Namespace).WithUID(run.UID).WithSpec(ac.LicenseSyncSpec().WithCancel(true))
		err := r.Apply(ctx, cancel, client.ForceOwnership, client.FieldOwner(scheduleFieldManager))
		failed = errors.Join(failed, client.IgnoreNotFound(err))
	}
	return failed
}

// expendable are the finished runs beyond the history limits. Runs of a slot that
// is not known to be dealt with stay, because they say that they ran; so do manual
// runs while a request is open.
func expendable(s *scheduleScope, as v1alpha1.LicenseSyncScheduleStatus) []*v1alpha1.LicenseSync {
	byCustomer := map[string][]*v1alpha1.LicenseSync{}
	handled := as.LastScheduleTime
	for i := range s.runs {
		run := &s.runs[i]
		open := requestedSince(s.schedule, as) != ""
		if slot := run.Spec.ScheduledTime; slot != nil {
			open = (handled == nil || handled.Before(slot)) && !s.slotAhead(run)
		}
		if finished(run) && !open && run.DeletionTimestamp.IsZero() {
			byCustomer[run.Spec.CustomerAccessRef.Name] = append(byCustomer[run.Spec.CustomerAccessRef.Name], run)
		}
	}
	var surplus []*v1alpha1.LicenseSync
	for _, customer := range slices.Sorted(maps.Keys(byCustomer)) {
		runs := byCustomer[customer]
		slices.SortFunc(runs, func(a, b *v1alpha1.LicenseSync) int {
			return cmp.Or(created(b, s.now).Compare(created(a, s.now)), cmp.Compare(b.Name, a.Name))
		})
		keepSucceeded, keepFailed := ptr.Deref(s.schedule.Spec.SuccessfulRunsHistoryLimit, 3), ptr.Deref(s.schedule.Spec.FailedRunsHistoryLimit, 1)
		for _, run := range runs {
			keep := &keepFailed
			if succeeded(run) {
				keep = &keepSucceeded
			}
			// Those of a slot that is open for other customers say that this one had its run.
			if *keep--; *keep < 0 && (run.Spec.ScheduledTime == nil || !run.Spec.ScheduledTime.Equal(as.OpenSlotTime)) {
				surplus = append(surplus, run)
			}
		}
	}
	return surplus
}
