package controllers

import (
	"context"
	"slices"
	"strings"
	"time"

	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/assignrun"
)

// assignmentDebounce gathers assignments and lists that are applied together into one run.
const assignmentDebounce = 2 * time.Second

// observeAssignments finds out what a run would plan anew. While one is under way, its end asks again.
func (r *WebexCustomerAccessReconciler) observeAssignments(ctx context.Context, s *customerScope) error {
	if s.active || s.unreadable != nil || ptr.Deref(s.customer.Spec.Suspend, false) || s.customer.Status.LastSuccessfulSyncTime == nil {
		return nil
	}
	assignments, err := assignmentsOf(ctx, r, s.customer.Namespace, s.customer.Name)
	if err != nil {
		return err
	}
	slices.SortFunc(assignments, func(a, b v1alpha1.WebexLicenseAssignment) int { return strings.Compare(a.Name, b.Name) })
	for i := range assignments {
		if err := r.observeAssignment(ctx, s, &assignments[i]); err != nil {
			return err
		}
	}
	return nil
}

// observeAssignment compares an assignment with its last plan. If they differ, the one in the cache may be older than
// that plan: the API server is asked.
func (r *WebexCustomerAccessReconciler) observeAssignment(ctx context.Context, s *customerScope, assignment *v1alpha1.WebexLicenseAssignment) error {
	locks := assignrun.LocksHash(s.customer, r.EnableAssignment)
	for _, reader := range []client.Reader{nil, r.Live} {
		if reader != nil {
			key := client.ObjectKeyFromObject(assignment)
			assignment = &v1alpha1.WebexLicenseAssignment{}
			if err := reader.Get(ctx, key, assignment); err != nil {
				return client.IgnoreNotFound(err)
			}
		}
		if !assignment.DeletionTimestamp.IsZero() || len(v1alpha1.UnreadableIn("spec", assignment.Unreadable)) > 0 {
			return nil
		}
		changes, err := changesOf(ctx, r.Versions, assignment, locks)
		switch {
		case err != nil:
			return err
		case len(changes) == 0 && !approved(assignment):
			return nil
		case reader == nil:
			continue
		}
		for _, change := range changes {
			s.changes = append(s.changes, string(assignment.UID)+" "+change)
		}
		if approved(assignment) {
			s.approvals = append(s.approvals, string(assignment.UID)+" "+assignment.Status.Held.Token)
		}
	}
	return nil
}

// assignmentRun is the run that plans assignments anew, or carries out removals that were approved. What is pending
// names it, so that asking twice makes one run. One that left a change pending, as it failed, is repeated like a first
// run; approved removals, which need no other run than the customer's next one, are not.
func assignmentRun(s *customerScope) (wanted *wantedRun, wait time.Duration) {
	last := s.customer.Status.LastRun
	if s.active || s.secretVersion == "" || !passable(last) {
		return nil, 0
	}
	due := func(word string, cause ...string) *wantedRun {
		return &wantedRun{name: runName(s.customer, word, cause...), trigger: v1alpha1.TriggerAssignment}
	}
	if len(s.approvals) > 0 {
		if run := due("removals", s.approvals...); !slices.Contains(s.ran, run.name) {
			return run, 0
		}
	}
	if len(s.changes) == 0 {
		return nil, 0
	}
	run := due("assign", s.changes...)
	if !slices.Contains(s.ran, run.name) {
		return run, 0
	}
	if again := retryAfter(last, s.now); s.now.Before(again) {
		return nil, again.Sub(s.now)
	}
	return due("assign", append(slices.Clone(s.changes), last.EndTime.UTC().Format(time.RFC3339))...), 0
}

// assignmentChanged passes on what may make a run due: a new assignment, and a change of spec, approval or held removals.
func assignmentChanged() predicate.Predicate {
	token := func(object client.Object) (approval, held string) {
		if assignment, ok := object.(*v1alpha1.WebexLicenseAssignment); ok && assignment.Status.Held != nil {
			held = assignment.Status.Held.Token
		}
		return object.GetAnnotations()[v1alpha1.AnnotationApproveRemovals], held
	}
	return predicate.Funcs{
		UpdateFunc: func(e event.UpdateEvent) bool {
			approvalBefore, heldBefore := token(e.ObjectOld)
			approval, held := token(e.ObjectNew)
			return e.ObjectOld.GetGeneration() != e.ObjectNew.GetGeneration() || approval != approvalBefore || held != heldBefore
		},
		DeleteFunc:  func(event.DeleteEvent) bool { return false },
		GenericFunc: func(event.GenericEvent) bool { return false },
	}
}

func customerOfAssignment(object client.Object) (ctrl.Request, bool) {
	assignment, ok := object.(*v1alpha1.WebexLicenseAssignment)
	if !ok {
		return ctrl.Request{}, false
	}
	return ctrl.Request{NamespacedName: client.ObjectKey{Namespace: assignment.Namespace, Name: assignment.Spec.CustomerAccessRef.Name}}, true
}

// customersOfSource are the customers whose assignments name a Secret or ConfigMap.
func (r *WebexCustomerAccessReconciler) customersOfSource(kind v1alpha1.SubjectSourceKind) func(context.Context, client.Object) []ctrl.Request {
	return func(ctx context.Context, source client.Object) []ctrl.Request {
		var requests []ctrl.Request
		for _, assignment := range assignmentsOfSource(ctx, r, kind, source) {
			if request, ok := customerOfAssignment(&assignment); ok && !slices.Contains(requests, request) {
				requests = append(requests, request)
			}
		}
		return requests
	}
}
