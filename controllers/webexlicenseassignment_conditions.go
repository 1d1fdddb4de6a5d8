package controllers

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/status"
)

// assignmentScope is what the steps of one reconcile share.
type assignmentScope struct {
	assignment *v1alpha1.WebexLicenseAssignment
	customer   *v1alpha1.WebexCustomerAccess // nil if it does not exist
	// unreadable is set if the spec cannot be read whole.
	unreadable *status.Detail
	// changes are those since the last plan; see changesOf.
	changes []string
	now     time.Time
	// after is when to look again; 0 for never.
	after time.Duration
}

// conditions are all conditions of the assignment, drawn from facts alone.
func (s *assignmentScope) conditions() []metav1.Condition {
	conditions := s.summary().Conditions()
	if held := s.assignment.Status.Held; held != nil {
		conditions = append(conditions, status.Condition(v1alpha1.ConditionRemovalsHeld, metav1.ConditionTrue, s.heldDetail(held)))
	}
	return conditions
}

func (s *assignmentScope) heldDetail(held *v1alpha1.HeldRemovals) status.Detail {
	return status.Detail{
		Reason: v1alpha1.ReasonRemovalsHeld,
		Message: fmt.Sprintf("%d people would lose licences, more than spec.maxRemovals allows within 24 hours, or the lists have no person: none of them loses any; look at the plan; if it is right, run kubectl annotate --overwrite webexlicenseassignment %s %s=%s",
			ptr.Deref(held.People, 0), s.assignment.Name, v1alpha1.AnnotationApproveRemovals, held.Token),
	}
}

// summary is the verdict on the assignment.
func (s *assignmentScope) summary() status.Summary {
	switch {
	case s.unreadable != nil:
		return stalled(s.unreadable.Reason, s.unreadable.Message)
	case s.customer == nil:
		return s.noCustomer()
	case s.planless():
		return s.planPending("no run has planned the assignment yet")
	case len(s.changes) > 0:
		return s.planPending("the spec, a list, or what operator and customer allow has changed since the last plan")
	}
	verdict := s.assignment.Status.Verdict
	switch verdict.Reason {
	case v1alpha1.ReasonInSync, v1alpha1.ReasonPlanOnly:
		return ready(verdict.Reason, verdict.Message)
	case v1alpha1.ReasonPlanPending:
		return s.planPending(verdict.Message)
	}
	summary := stalled(verdict.Reason, verdict.Message)
	if verdict.Reason == v1alpha1.ReasonRemovalsHeld && approved(s.assignment) {
		summary.Reconciling, summary.Stalled = &status.Detail{Reason: v1alpha1.ReasonPlanPending, Message: "the removals are approved: the next run of the customer carries them out"}, false
	}
	return summary
}

// planless says whether there is no plan of this customer.
func (s *assignmentScope) planless() bool {
	known := s.assignment.Status
	return known.Observed == nil || known.Verdict == nil || known.Verdict.Reason == "" || s.customer.Status.LastSuccessfulSyncTime == nil
}

// planPending is the verdict on an assignment that waits for a run, and for what else.
func (s *assignmentScope) planPending(why string) status.Summary {
	detail := status.Detail{Reason: v1alpha1.ReasonPlanPending, Message: why}
	known, last := s.customer.Status, s.customer.Status.LastRun
	switch stuck := meta.FindStatusCondition(known.Conditions, v1alpha1.ConditionStalled); {
	case ptr.Deref(s.customer.Spec.Suspend, false):
		detail.Message += ", and the customer is suspended: set spec.suspend of the customer to false"
	case stuck != nil && stuck.Status == metav1.ConditionTrue:
		detail.Message += fmt.Sprintf(", and the customer is stalled (%s): see condition Ready of WebexCustomerAccess %s", stuck.Reason, s.customer.Name)
		return stalled(detail.Reason, detail.Message)
	case last != nil && failures.Passing(last):
		detail.Message += fmt.Sprintf(", and the last run of the customer failed (%s): the next one goes on; see status.lastRun of WebexCustomerAccess %s", last.Reason, s.customer.Name)
	default:
		detail.Message += ": a run of the customer is due"
	}
	return status.Summary{Ready: metav1.ConditionUnknown, Detail: detail, Reconciling: &detail}
}

// noCustomer is the verdict on an assignment without a customer, which may be applied after it.
func (s *assignmentScope) noCustomer() status.Summary {
	detail := status.Detail{Reason: v1alpha1.ReasonCustomerNotFound, Message: "the WebexCustomerAccess of spec.customerAccessRef does not exist in this namespace: create it"}
	left := s.assignment.CreationTimestamp.Add(customerWait).Sub(s.now)
	if left <= 0 || left > customerWait {
		return stalled(detail.Reason, detail.Message)
	}
	s.after = left
	return status.Summary{Ready: metav1.ConditionFalse, Detail: detail, Reconciling: &detail}
}
