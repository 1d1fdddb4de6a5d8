package metrics

import (
	"context"

	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

var (
	assignmentCondition = describe("assignment_condition", "The state of each condition of an assignment; 1 for the status and reason that it has.",
		"namespace", "customer", "name", "type", "status", "reason")
	assignmentPeople = describe("assignment_people", "People of an assignment, by state. Planned: add, remove, and held of these; drift, which neither spec nor lists "+
		"explain. Of the last run that sent changes: added, removed. Addresses that no person has: not_found.",
		"namespace", "customer", "name", "state")
	assignmentFailedPeople = describe("assignment_failed_people", "People of an assignment whose changes failed in the last run that sent any, by reason.",
		"namespace", "customer", "name", "reason")
)

// assignments sends numbers of people. There is no label by which one could be told from another.
func (s *State) assignments(ctx context.Context, e *emitter) (int, error) {
	var assignments v1alpha1.WebexLicenseAssignmentList
	if err := s.all(ctx, &assignments); err != nil {
		return 0, err
	}
	served := 0
	for i := range assignments.Items {
		if a := &assignments.Items[i]; s.reports(e, a, a.Spec.CustomerAccessRef.Name) {
			e.assignment(a)
			served++
		}
	}
	return served, nil
}

func (e *emitter) assignment(a *v1alpha1.WebexLicenseAssignment) {
	namespace, customer, name := a.Namespace, a.Spec.CustomerAccessRef.Name, a.Name
	people := func(state string, n *int64) {
		e.gauge(assignmentPeople, float64(ptr.Deref(n, 0)), namespace, customer, name, state)
	}
	e.conditions(assignmentCondition, a.Status.Conditions, namespace, customer, name)
	if plan := a.Status.Plan; plan != nil {
		people("add", plan.Add)
		people("remove", plan.Remove)
		people("drift", plan.Drift)
		people("held", ptr.Deref(a.Status.Held, v1alpha1.HeldRemovals{}).People)
	}
	if subjects := a.Status.Subjects; subjects != nil {
		people("not_found", subjects.NotFound)
	}
	if run := a.Status.LastRun; run != nil {
		people("added", run.Added)
		people("removed", run.Removed)
	}
	failed := map[string]int64{} // several codes of Webex may have one reason
	for _, failure := range a.Status.Failures {
		failed[failure.Reason] += ptr.Deref(failure.People, 0)
	}
	for reason, n := range failed {
		e.gauge(assignmentFailedPeople, float64(n), namespace, customer, name, reason)
	}
}
