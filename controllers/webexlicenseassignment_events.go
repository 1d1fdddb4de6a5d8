package controllers

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// news is what is new about an assignment whose conditions are to be these, and what has been told with it. What was
// told before is in the status, since runs write facts, and not this reconciler.
func (s *assignmentScope) news(conditions []metav1.Condition) (told v1alpha1.AssignmentTold, all []news) {
	told = ptr.Deref(s.assignment.Status.Told, v1alpha1.AssignmentTold{})
	for _, tell := range []func(*v1alpha1.AssignmentTold, []metav1.Condition) []news{s.assignedNews, s.heldNews, s.readyNews, s.driftNews} {
		all = append(all, tell(&told, conditions)...)
	}
	return told, all
}

// assignedNews tells what a run changed in Webex.
func (s *assignmentScope) assignedNews(told *v1alpha1.AssignmentTold, _ []metav1.Condition) []news {
	last := s.assignment.Status.LastRun
	if last == nil || last.Time == nil || last.Name == told.LastRunName && last.Time.Equal(told.LastRunTime) {
		return nil
	}
	told.LastRunName, told.LastRunTime = last.Name, last.Time // each attempt of a run has a time of its own
	return []news{{corev1.EventTypeNormal, v1alpha1.ReasonAssigned, fmt.Sprintf("%d people got the licence, %d lost one, and %d could not be changed",
		ptr.Deref(last.Added, 0), ptr.Deref(last.Removed, 0), ptr.Deref(last.Failed, 0))}}
}

// heldNews tells when removals are held, and that approved ones are not any more.
func (s *assignmentScope) heldNews(told *v1alpha1.AssignmentTold, conditions []metav1.Condition) (all []news) {
	before, token := told.HeldToken, ""
	if held := s.assignment.Status.Held; held != nil {
		token = held.Token
	}
	if token == before {
		return nil
	}
	told.HeldToken = token
	if before != "" && s.assignment.Annotations[v1alpha1.AnnotationApproveRemovals] == before {
		all = append(all, news{corev1.EventTypeNormal, v1alpha1.ReasonRemovalsApproved, "the removals that were approved are no longer held"})
	}
	if is := meta.FindStatusCondition(conditions, v1alpha1.ConditionRemovalsHeld); is != nil {
		all = append(all, warning(is)...)
	}
	return all
}

// readyNews tells what only a person can mend, and that it is mended. That a plan waits for a customer in trouble, the
// customer tells; that removals are held, heldNews.
func (s *assignmentScope) readyNews(told *v1alpha1.AssignmentTold, conditions []metav1.Condition) []news {
	is := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady)
	switch {
	case is.Status == metav1.ConditionTrue && told.Reason != "":
		told.Reason = ""
		return normal(is)
	case !meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionStalled) || is.Reason == v1alpha1.ReasonPlanPending || is.Reason == told.Reason:
		return nil
	}
	told.Reason = is.Reason
	if is.Reason == v1alpha1.ReasonRemovalsHeld {
		return nil
	}
	return warning(is)
}

// driftNews tells when licences begin to change elsewhere, too.
func (s *assignmentScope) driftNews(told *v1alpha1.AssignmentTold, _ []metav1.Condition) []news {
	var drift int64
	if plan := s.assignment.Status.Plan; plan != nil {
		drift = ptr.Deref(plan.Drift, 0)
	}
	before := ptr.Deref(told.Drifting, false)
	told.Drifting = nil
	if drift == 0 {
		return nil
	}
	told.Drifting = new(true)
	if before {
		return nil
	}
	return []news{{corev1.EventTypeWarning, v1alpha1.ReasonDrift, fmt.Sprintf(
		"%d people have to change although neither the spec nor the lists did: see who else assigns licences, such as an automatic template in Control Hub, a script or a person", drift)}}
}
