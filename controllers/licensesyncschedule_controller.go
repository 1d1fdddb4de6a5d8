package controllers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/schedule"
	"github.com/webex-operator/webex-license-operator/internal/shard"
	"github.com/webex-operator/webex-license-operator/internal/timetable"
)

// +kubebuilder:rbac:groups=licensing.webex-operator.io,resources=licensesyncschedules,verbs=list;watch
// +kubebuilder:rbac:groups=licensing.webex-operator.io,resources=licensesyncschedules/status,verbs=patch
// +kubebuilder:rbac:groups=licensing.webex-operator.io,resources=licensesyncschedules/finalizers,verbs=update
// +kubebuilder:rbac:groups=licensing.webex-operator.io,resources=licensesyncs,verbs=list;watch;create;patch;delete

const (
	// scheduleFieldManager owns what the schedules' reconciler writes.
	scheduleFieldManager = "webex-license-operator/schedule"
	// indexSchedule finds runs by the schedule that controls them.
	indexSchedule = "metadata.ownerReferences.schedule"
	// indexTarget finds schedules by the customer that they name, or by anyTarget
	// if they select theirs.
	indexTarget = "spec.target"
	anyTarget   = "*" // no object has this name
	// scheduleDebounce gathers the changes of a schedule's runs and customers.
	scheduleDebounce = 500 * time.Millisecond
	// scheduleWorkers is the number of reconciles at a time. At the full hour all
	// schedules are due at once, and each only waits for the API server; so many
	// waiting together get the runs created before the runs' own writes get in the way.
	scheduleWorkers = 32
	// creators is the number of runs that one schedule creates at a time, for the
	// same reason: a single schedule may select thousands of customers.
	creators = 16
)

// LicenseSyncScheduleReconciler creates runs by a plan. It decides by what is
// stored alone, and the name of a run is the lock on its slot: whatever happens
// between creating a run and writing that down, a slot runs once.
type LicenseSyncScheduleReconciler struct {
	client.Client
	// Shard says which schedules are this manager's, by their labels; whose customers they
	// run does not matter.
	Shard shard.Shard
	// Live reads past the cache a run whose name is taken.
	Live client.Reader
	// Recorder writes events.
	Recorder events.EventRecorder
	// Clock tells the time.
	Clock clock.PassiveClock
	// ObserveSkew is told how late each run was created.
	ObserveSkew func(time.Duration)
	// TimeZoneData is the version of the time zone data that plans are computed with.
	TimeZoneData string
	// Creators is the number of runs that one schedule creates at a time; default 1.
	Creators int

	creations creations
	refusals  refusals
}

// scheduleScope is what the steps of one reconcile share.
type scheduleScope struct {
	schedule *v1alpha1.LicenseSyncSchedule
	now      time.Time

	plan      *schedule.Plan
	customers []v1alpha1.WebexCustomerAccess
	runs      []v1alpha1.LicenseSync
	// problem is what only a person can mend; nothing runs meanwhile.
	problem *scheduleProblem
	// decision is what was decided about slots.
	decision slotDecision
	// created is true if this reconcile created runs of a slot.
	created bool
	// doubted says which stored times were not believed; empty for none.
	doubted string
	// refused are the runs that could not be created.
	refused []refusedRun
	// status is the desired status.
	status v1alpha1.LicenseSyncScheduleStatus
	// after is when to look again; 0 for never.
	after time.Duration
}

type scheduleProblem struct{ reason, message string }

// scheduleStep does one thing about a schedule.
type scheduleStep func(ctx context.Context, s *scheduleScope) error

// Reconcile starts what is due and says when it will look again.
func (r *LicenseSyncScheduleReconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	object := &v1alpha1.LicenseSyncSchedule{}
	if err := r.Get(ctx, request.NamespacedName, object); err != nil || !object.DeletionTimestamp.IsZero() || !r.Shard.Matches(object) {
		r.refusals.forget(request.NamespacedName)
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if mended, err := mendStatus(ctx, r, object, object.Unreadable, scheduleFieldManager, r.Clock.Now()); err != nil {
		return ended(err)
	} else if mended {
		return ctrl.Result{RequeueAfter: scheduleDebounce}, nil
	}
	s := &scheduleScope{schedule: object, now: r.Clock.Now(), status: *object.Status.DeepCopy()}
	if fault := unreadableSpec(ctx, object.Unreadable); fault != nil {
		s.problem, s.status.NextScheduleTime = &scheduleProblem{fault.Reason, fault.Message}, nil
		return ended(r.apply(ctx, s))
	}
	for _, step := range []scheduleStep{
		r.believe,  // no time decides that cannot be
		r.compile,  // the plan, or what is wrong with it
		r.observe,  // customers and runs as they are
		r.activate, // runOnActivation is a slot, written down before it is run
	} {
		// Nothing is decided by half of the facts.
		if err := step(ctx, s); err != nil {
			return ended(err)
		}
	}
	failed := r.startDue(ctx, s) // the slot that is due
	if failed == nil && s.created {
		// Other schedules' runs go before this one's status: it follows, with the
		// event of the new run.
		return ctrl.Result{RequeueAfter: scheduleDebounce}, nil
	}
	for _, step := range []scheduleStep{
		r.startNow,  // what the requestedAt annotation asks for
		r.cleanUp,   // history
		r.tryAgain,  // later, what Kubernetes refused
		r.summarise, // status, written if different
	} {
		// A run that could not be created must not keep the others, or the status, back.
		failed = errors.Join(failed, step(ctx, s))
	}
	if failed != nil {
		return ended(failed)
	}
	return ctrl.Result{RequeueAfter: s.after}, nil
}

// compile turns the spec into a plan.
func (r *LicenseSyncScheduleReconciler) compile(_ context.Context, s *scheduleScope) error {
	plan, err := schedule.Parse(timetable.SpecOf(s.schedule, s.now))
	if err == nil {
		s.plan = plan
		s.problem = templateProblem(s.schedule.Spec.SyncTemplate)
		return nil
	}
	s.problem = &scheduleProblem{v1alpha1.ReasonInvalidSchedule, err.Error()}
	if e, ok := errors.AsType[*schedule.Error](err); ok && string(e.Reason) == v1alpha1.ReasonUnknownTimeZone {
		s.problem.reason = v1alpha1.ReasonUnknownTimeZone
	}
	return nil
}

// templateProblem finds labels that no run could be created with.
func templateProblem(template *v1alpha1.LicenseSyncTemplate) *scheduleProblem {
	if template == nil {
		return nil
	}
	path := field.NewPath("spec", "syncTemplate", "labels")
	if faults := metavalidation.ValidateLabels(template.Labels, path); len(faults) > 0 {
		return &scheduleProblem{v1alpha1.ReasonInvalidTemplate, fmt.Sprintf("spec.syncTemplate.labels holds %d keys or values that no label can have: "+
			"use letters, digits, -, _ and ., at most 63 of them", len(faults))}
	}
	return nil
}

// observe reads the schedule's customers and runs from the cache.
func (r *LicenseSyncScheduleReconciler) observe(ctx context.Context, s *scheduleScope) error {
	namespace := client.InNamespace(s.schedule.Namespace)
	var runs v1alpha1.LicenseSyncList
	// Thousands, and nothing here changes them: no copies.
	if err := r.List(ctx, &runs, namespace, client.MatchingFields{indexSchedule: s.schedule.Name}, client.UnsafeDisableDeepCopy); err != nil {
		return err
	}
	for i := range runs.Items {
		if run := &runs.Items[i]; metav1.IsControlledBy(run, s.schedule) {
			s.runs = append(s.runs, *run)
		}
	}
	if ref := s.schedule.Spec.CustomerAccessRef; ref != nil {
		customer := v1alpha1.WebexCustomerAccess{}
		err := r.Get(ctx, client.ObjectKey{Namespace: s.schedule.Namespace, Name: ref.Name}, &customer)
		if err == nil && customer.DeletionTimestamp.IsZero() {
			s.customers = append(s.customers, customer)
		}
		return client.IgnoreNotFound(err)
	}
	selector, err := timetable.SelectorOf(s.schedule)
	if err != nil {
		s.problem = &scheduleProblem{v1alpha1.ReasonInvalidSelector, "spec.customerAccessSelector cannot be read: use matchLabels, or matchExpressions with In, NotIn, Exists or DoesNotExist"}
		return nil
	}
	var customers v1alpha1.WebexCustomerAccessList
	err = r.List(ctx, &customers, namespace, client.MatchingLabelsSelector{Selector: selector}, client.UnsafeDisableDeepCopy)
	s.customers = customers.Items
	return err
}

// cleanUp deletes the finished runs that are not kept as history.
func (r *LicenseSyncScheduleReconciler) cleanUp(ctx context.Context, s *scheduleScope) error {
	var failed error
	asked := r.refusals.of(s.schedule)
	for _, run := range expendable(s, s.schedule.Status) { // as stored, not as it is going to be
		if refused, waiting := asked.waits(run.Name, s.now); waiting {
			s.refused = append(s.refused, refused)
			continue
		}
		err := r.Delete(ctx, run, client.Preconditions{UID: &run.UID}, client.PropagationPolicy(metav1.DeletePropagationBackground))
		if refused, ok := refusedBy(client.IgnoreNotFound(err), run.Name, run.Spec.CustomerAccessRef.Name); ok {
			ctrl.LoggerFrom(ctx).Info("Kubernetes refused to delete a run of the history", "run", run.Name, "answer", refused.words)
			s.refused = append(s.refused, asked.note(refused, s.now))
			continue
		}
		failed = errors.Join(failed, client.IgnoreNotFound(err))
	}
	return failed
}

// SetupWithManager registers the controller.
func (r *LicenseSyncScheduleReconciler) SetupWithManager(mgr ctrl.Manager, skipNameValidation bool) error {
	return ctrl.NewControllerManagedBy(mgr).
		// Not its status: a thousand runs that end would make each write of it ask for the next one at once. But its
		// labels, which say whose it is.
		For(&v1alpha1.LicenseSyncSchedule{}, builder.WithPredicates(predicate.Or(
			predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{}, predicate.LabelChangedPredicate{}))).
		Watches(&v1alpha1.LicenseSync{}, enqueueDebounced(scheduleDebounce, scheduleOfRun)).
		Watches(&v1alpha1.WebexCustomerAccess{}, enqueueAllDebounced(scheduleDebounce, r.schedulesOfCustomer)).
		WithOptions(controller.Options{MaxConcurrentReconciles: scheduleWorkers, RateLimiter: rateLimiter(), SkipNameValidation: &skipNameValidation}).
		Complete(r)
}

func scheduleOfRun(object client.Object) (ctrl.Request, bool) {
	owner := metav1.GetControllerOf(object)
	if owner == nil || owner.Kind != "LicenseSyncSchedule" {
		return ctrl.Request{}, false
	}
	return ctrl.Request{NamespacedName: client.ObjectKey{Namespace: object.GetNamespace(), Name: owner.Name}}, true
}

// schedulesOfCustomer are the schedules that select a customer.
func (r *LicenseSyncScheduleReconciler) schedulesOfCustomer(ctx context.Context, customer client.Object) []ctrl.Request {
	schedules, err := schedulesOf(ctx, r, customer)
	if err != nil {
		return nil // the cache is stopping
	}
	requests := make([]ctrl.Request, len(schedules))
	for i, object := range schedules {
		requests[i] = ctrl.Request{NamespacedName: client.ObjectKeyFromObject(object)}
	}
	return requests
}

func timeOf(t *metav1.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.Time
}

func succeeded(run *v1alpha1.LicenseSync) bool {
	return meta.IsStatusConditionTrue(run.Status.Conditions, v1alpha1.ConditionComplete)
}

func (s *scheduleScope) suspended() bool { return ptr.Deref(s.schedule.Spec.Suspend, false) }

func (s *scheduleScope) lookAgain(after time.Duration) {
	if s.after == 0 || after < s.after {
		s.after = max(after, time.Millisecond)
	}
}
