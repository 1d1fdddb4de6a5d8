package controllers

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/failures"
)

// createdNews tells of the customers that were made in a pass.
func (s *partnerScope) createdNews() []news {
	if s.created == 0 {
		return nil
	}
	return []news{{corev1.EventTypeNormal, v1alpha1.ReasonCustomersCreated, fmt.Sprintf("%d customers were made of organizations that the partner sees", s.created)}}
}

// news is what is new about a partner: trouble and its end, organizations that went or came back, and suspensions that
// are held.
func (s *partnerScope) news(old, current *v1alpha1.WebexPartnerStatus) []news {
	was, is := meta.FindStatusCondition(old.Conditions, v1alpha1.ConditionReady), meta.FindStatusCondition(current.Conditions, v1alpha1.ConditionReady)
	return append(append(partnerReadyNews(was, is), s.heldNews(old, current)...), s.vanishedNews(old, current)...)
}

// partnerReadyNews tells of trouble and of its end. That suspensions are held, heldNews tells.
func partnerReadyNews(was, is *metav1.Condition) []news {
	switch {
	case is == nil || is.Status == metav1.ConditionUnknown || is.Reason == v1alpha1.ReasonCustomersHeld:
		return nil
	case is.Status == metav1.ConditionTrue:
		if was != nil && was.Status == is.Status && (was.Reason == v1alpha1.ReasonSuspended) == (is.Reason == v1alpha1.ReasonSuspended) {
			return nil
		}
		return normal(is)
	case was != nil && was.Status == is.Status && (was.Reason == is.Reason || failures.Retriable(was.Reason) && failures.Retriable(is.Reason)):
		return nil
	}
	return warning(is)
}

// heldNews tells when suspensions are held, or others than before, and that approved ones are not any more.
func (s *partnerScope) heldNews(old, current *v1alpha1.WebexPartnerStatus) []news {
	before, token := ptr.Deref(old.Held, v1alpha1.HeldCustomers{}).Token, ptr.Deref(current.Held, v1alpha1.HeldCustomers{}).Token
	switch {
	case token == before:
		return nil
	case token != "":
		return warning(meta.FindStatusCondition(current.Conditions, v1alpha1.ConditionRemovalsHeld))
	case s.partner.Annotations[v1alpha1.AnnotationApproveRemovals] == before:
		return []news{{corev1.EventTypeNormal, v1alpha1.ReasonRemovalsApproved, "the suspensions that were approved are no longer held"}}
	}
	return nil
}

// vanishedNews tells how many customers lost their organization, or have it again.
func (s *partnerScope) vanishedNews(old, current *v1alpha1.WebexPartnerStatus) []news {
	if old.OrganizationCounts == nil || current.OrganizationCounts == nil {
		return nil
	}
	switch more := ptr.Deref(current.OrganizationCounts.Vanished, 0) - ptr.Deref(old.OrganizationCounts.Vanished, 0); {
	case more > 0:
		return []news{{corev1.EventTypeWarning, v1alpha1.ReasonOrganizationsVanished, fmt.Sprintf("the organizations of %d customers are no longer listed or selected", more)}}
	case more < 0:
		return []news{{corev1.EventTypeNormal, v1alpha1.ReasonOrganizationsBack, fmt.Sprintf("%d customers less than before have an organization that is not listed or not selected", -more)}}
	}
	return nil
}
