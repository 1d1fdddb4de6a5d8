package controllers

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	ac "github.com/webex-operator/webex-license-operator/api/v1alpha1/applyconfiguration/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/assignrun"
	"github.com/webex-operator/webex-license-operator/internal/metrics"
	"github.com/webex-operator/webex-license-operator/internal/status"
)

// +kubebuilder:rbac:groups=licensing.webex-operator.io,resources=webexlicenseassignments,verbs=list;watch
// +kubebuilder:rbac:groups=licensing.webex-operator.io,resources=webexlicenseassignments/status,verbs=patch
// +kubebuilder:rbac:groups="",resources=configmaps;secrets,verbs=get;list;watch

// assignmentFieldManager owns, in server-side apply, the part of an assignment's status that this reconciler writes.
const assignmentFieldManager = "webex-license-operator/assignment"

// WebexLicenseAssignmentReconciler draws the conditions of an assignment from the facts that runs recorded. It never
// calls Webex, and creates no run: the customer's reconciler does.
type WebexLicenseAssignmentReconciler struct {
	client.Client
	// Claims says which customers are this manager's; an assignment goes with its customer.
	Claims *Claims
	// Versions tells the versions of what assignments name.
	Versions objectVersions
	// EnableAssignment is the operator's flag.
	EnableAssignment bool
	// Recorder writes events.
	Recorder events.EventRecorder
	// Clock tells the time.
	Clock clock.PassiveClock
	// Concurrency is the number of reconciles at a time.
	Concurrency int

	written ownWrites
}

// Reconcile brings the conditions in line with spec, facts and customer.
func (r *WebexLicenseAssignmentReconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	assignment := &v1alpha1.WebexLicenseAssignment{}
	err := r.Get(ctx, request.NamespacedName, assignment)
	if err != nil || !assignment.DeletionTimestamp.IsZero() {
		r.written.forget(request.NamespacedName)
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if r.written.missing(assignment) {
		return ctrl.Result{}, nil // the event about what was written asks again
	}
	customer, claim, err := r.Claims.of(ctx, assignment, assignment.Spec.CustomerAccessRef.Name)
	switch {
	case err != nil:
		return ended(err)
	case claim.unconfirmed:
		return ctrl.Result{RequeueAfter: drainCheck}, nil
	case !claim.ours, claim.leaving:
		return ctrl.Result{}, nil
	}
	if mended, err := mendStatus(ctx, r, assignment, assignment.Unreadable, assignmentFieldManager, r.Clock.Now()); err != nil || mended {
		return ended(err) // the event about what was written asks again
	}
	s := &assignmentScope{
		assignment: assignment, customer: customer, unreadable: unreadableSpec(ctx, assignment.Unreadable), now: r.Clock.Now(),
	}
	for _, step := range []assignmentStep{
		r.compare,   // is the last plan one of what there is now?
		r.summarise, // conditions from facts, written if different
	} {
		if err := step(ctx, s); err != nil {
			return ended(err)
		}
	}
	return ctrl.Result{RequeueAfter: s.after}, nil
}

// assignmentStep does one thing about an assignment.
type assignmentStep func(ctx context.Context, s *assignmentScope) error

// compare finds out whether the plan is one of the spec, the lists and the locks as they are.
func (r *WebexLicenseAssignmentReconciler) compare(ctx context.Context, s *assignmentScope) (err error) {
	if s.unreadable == nil && s.customer != nil {
		s.changes, err = changesOf(ctx, r.Versions, s.assignment, assignrun.LocksHash(s.customer, r.EnableAssignment))
	}
	return err
}

// summarise draws the conditions and writes this reconciler's part of the status if it differs.
func (r *WebexLicenseAssignmentReconciler) summarise(ctx context.Context, s *assignmentScope) error {
	old, generation := s.assignment.Status, s.assignment.Generation
	desired := v1alpha1.WebexLicenseAssignmentStatus{
		Conditions:         status.Merge(old.Conditions, s.conditions(), generation, metav1.NewTime(s.now)),
		ObservedGeneration: &generation,
	}
	told, news := s.news(desired.Conditions)
	if told != (v1alpha1.AssignmentTold{}) {
		desired.Told = &told // never an empty object, as for customers
	}
	same := sameAssignmentStatus(old, desired)
	metrics.ObserveStatus("WebexLicenseAssignment", !same)
	if same {
		return nil
	}
	configuration, err := status.ApplyConfiguration[ac.WebexLicenseAssignmentStatusApplyConfiguration](desired)
	if err != nil {
		return err
	}
	// Refused if it was decided by an old copy: it would tell an event twice, or one that is not so.
	object := ac.WebexLicenseAssignment(s.assignment.Name, s.assignment.Namespace).WithUID(s.assignment.UID).
		WithResourceVersion(s.assignment.ResourceVersion).WithStatus(configuration)
	version, err := applyStatus(ctx, r, s.assignment, object, len(s.assignment.Unreadable) > 0, assignmentFieldManager)
	if err != nil {
		return client.IgnoreNotFound(err)
	}
	r.written.note(client.ObjectKeyFromObject(s.assignment), s.assignment.UID, version)
	tellAll(r.Recorder, s.assignment, "Summarise", news)
	return nil
}

func sameAssignmentStatus(old, desired v1alpha1.WebexLicenseAssignmentStatus) bool {
	return status.Equal(old.Conditions, desired.Conditions) &&
		old.ObservedGeneration != nil && *old.ObservedGeneration == *desired.ObservedGeneration &&
		equality.Semantic.DeepEqual(old.Told, desired.Told)
}

// SetupWithManager registers the controller.
func (r *WebexLicenseAssignmentReconciler) SetupWithManager(mgr ctrl.Manager, skipNameValidation bool) error {
	ofSource := func(kind v1alpha1.SubjectSourceKind) func(context.Context, client.Object) []ctrl.Request {
		return func(ctx context.Context, source client.Object) []ctrl.Request {
			var requests []ctrl.Request
			for _, assignment := range assignmentsOfSource(ctx, r, kind, source) {
				requests = append(requests, ctrl.Request{NamespacedName: client.ObjectKeyFromObject(&assignment)})
			}
			return requests
		}
	}
	return ctrl.NewControllerManagedBy(mgr).
		For(&v1alpha1.WebexLicenseAssignment{}).
		Watches(&v1alpha1.WebexCustomerAccess{}, enqueueAllDebounced(scheduleDebounce, r.assignmentsOfCustomer)).
		WatchesMetadata(&corev1.Secret{}, enqueueAllDebounced(scheduleDebounce, ofSource(v1alpha1.SubjectSourceSecret))).
		WatchesMetadata(&corev1.ConfigMap{}, enqueueAllDebounced(scheduleDebounce, ofSource(v1alpha1.SubjectSourceConfigMap))).
		WithOptions(controller.Options{MaxConcurrentReconciles: max(r.Concurrency, 1), RateLimiter: rateLimiter(), SkipNameValidation: &skipNameValidation}).
		Complete(r)
}

// assignmentsOfCustomer are the assignments of a customer that changed.
func (r *WebexLicenseAssignmentReconciler) assignmentsOfCustomer(ctx context.Context, customer client.Object) []ctrl.Request {
	assignments, err := assignmentsOf(ctx, r, customer.GetNamespace(), customer.GetName())
	if err != nil {
		return nil // the cache is stopping
	}
	requests := make([]ctrl.Request, len(assignments))
	for i := range assignments {
		requests[i] = ctrl.Request{NamespacedName: client.ObjectKeyFromObject(&assignments[i])}
	}
	return requests
}
