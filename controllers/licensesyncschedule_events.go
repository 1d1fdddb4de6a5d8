package controllers

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// tell records what changed with the status that was just written.
func (r *LicenseSyncScheduleReconciler) tell(s *scheduleScope) {
	old, current := s.schedule.Status, s.status
	all := scheduleNews(meta.FindStatusCondition(old.Conditions, v1alpha1.ConditionReady), meta.FindStatusCondition(current.Conditions, v1alpha1.ConditionReady))
	if missed := current.LastMissedTime; missed != nil && !missed.Equal(old.LastMissedTime) {
		all = append(all, news{corev1.EventTypeWarning, v1alpha1.ReasonSlotMissed, s.decision.skippedMessage()})
	}
	tellAll(r.Recorder, s.schedule, "Schedule", all)
}

// scheduleNews tells of mistakes, of their end, and of a plan that stands still or ends. That
// a new plan is in order goes without saying.
func scheduleNews(was, is *metav1.Condition) []news {
	switch {
	case is == nil || was != nil && was.Status == is.Status && was.Reason == is.Reason:
		return nil
	case is.Status == metav1.ConditionFalse:
		return warning(is)
	case is.Status == metav1.ConditionTrue && (idle(is.Reason) || was != nil && was.Status != metav1.ConditionUnknown):
		return normal(is)
	}
	return nil
}

// idle says whether a schedule that is in order runs nothing, which its user may not have meant.
func idle(reason string) bool {
	switch reason {
	case v1alpha1.ReasonNoCustomers, v1alpha1.ReasonCustomerSuspended, v1alpha1.ReasonNoSlot:
		return true
	}
	return false
}
