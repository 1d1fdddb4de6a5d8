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
	"github.com/webex-operator/webex-license-operator/internal/skew"
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
		leftovers := leftoversOf(assignment)
		switch {
		case err != nil:
			return err
		case len(changes)+len(leftovers) == 0:
			return nil
		case reader == nil:
			continue
		}
		for _, change := range changes {
			s.changes = append(s.changes, string(assignment.UID)+" "+change)
		}
		for _, leftover := range leftovers {
			s.leftovers = append(s.leftovers, string(assignment.UID)+" "+leftover)
		}
	}
	return nil
}

// leftoversOf are what a run would carry out by the plan that there is: removals that are approved by now, and what is
// left of a plan since the customer or another assignment changed meanwhile.
func leftoversOf(assignment *v1alpha1.WebexLicenseAssignment) (leftovers []string) {
	if approved(assignment) {
		leftovers = append(leftovers, "approved: "+assignment.Status.Held.Token)
	}
	if plan, verdict := assignment.Status.Plan, assignment.Status.Verdict; plan != nil && verdict != nil && verdict.Reason == v1alpha1.ReasonPlanPending {
		leftovers = append(leftovers, "to go on: "+timeOf(plan.Time).UTC().Format(time.RFC3339))
	}
	return leftovers
}

// assignmentRun is the run that plans assignments anew, or carries out what is left of a plan. What is pending names it,
// so that asking twice makes one run. One that left a change pending, as it failed, is repeated after an hour; what is
// left of a plan, the next run of any trigger carries out as well. What a person cancelled is not begun again.
func assignmentRun(s *customerScope) (wanted *wantedRun, wait time.Duration) {
	if s.active || s.secretVersion == "" || !passable(s.customer.Status.LastRun) {
		return nil, 0
	}
	due := func(name string) *wantedRun { return &wantedRun{name: name, trigger: v1alpha1.TriggerAssignment} }
	if len(s.leftovers) > 0 && !canceled(latest(s.runs, "", s.now)) {
		name := runName(s.customer, "assign", s.leftovers...)
		if latest(s.runs, name, s.now) == nil {
			return due(name), 0
		}
	}
	if len(s.changes) == 0 {
		return nil, 0
	}
	name := runName(s.customer, "assign", s.changes...)
	before := latest(s.runs, name, s.now)
	switch {
	case before == nil:
		return due(name), 0
	case canceled(before):
		return nil, 0
	}
	again := endOf(before, s.now).Add(initialRetry)
	if s.now.Before(again) {
		return nil, again.Sub(s.now)
	}
	return due(name + "-" + causeHash(before.Name)), 0
}

// latest is the run that ended last of those whose names begin so; nil if there is none.
func latest(runs []v1alpha1.LicenseSync, prefix string, now time.Time) (found *v1alpha1.LicenseSync) {
	for i := range runs {
		if strings.HasPrefix(runs[i].Name, prefix) && (found == nil || endOf(&runs[i], now).After(endOf(found, now))) {
			found = &runs[i]
		}
	}
	return found
}

// endOf is when a run ended; a time that cannot be is that of its creation.
func endOf(run *v1alpha1.LicenseSync, now time.Time) time.Time {
	if end := skew.Believed(run.Status.CompletionTime, now, 0); end != nil {
		return end.Time
	}
	return created(run, now)
}

// canceled says whether a person ended a run.
func canceled(run *v1alpha1.LicenseSync) bool { return run != nil && ptr.Deref(run.Spec.Cancel, false) }

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
