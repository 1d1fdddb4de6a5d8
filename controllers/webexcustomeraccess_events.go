package controllers

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/failures"
)

func warning(c *metav1.Condition) []news {
	return []news{{corev1.EventTypeWarning, c.Reason, c.Message}}
}

func normal(c *metav1.Condition) []news { return []news{{corev1.EventTypeNormal, c.Reason, c.Message}} }

// Messages of Ready of a customer with good figures. The second one follows the first
// while runs fail.
const (
	syncedMessage  = "the licence rows are those of the last complete run"
	failingMessage = "; the latest attempt failed: "
)

// failing says whether the latest run that ended failed. One that is unfinished may still
// recover from a failed attempt; until it ends, what was said before holds.
func (s *customerScope) failing() bool {
	last := s.customer.Status.LastRun
	if last == nil || last.Reason == v1alpha1.ReasonSucceeded {
		return false
	}
	if !slices.Contains(s.unfinished, last.Name) {
		return true
	}
	return tellsFailing(&s.customer.Status)
}

// tellsFailing says whether it was told that runs fail. Versions that did not count failures, and
// did not write status.told, told it of each run that failed.
func tellsFailing(s *v1alpha1.WebexCustomerAccessStatus) bool {
	if s.Told != nil {
		return ptr.Deref(s.Told.Failing, false)
	}
	return s.LastRun != nil && s.LastRun.Reason != v1alpha1.ReasonSucceeded && s.LastRun.Failures == 0
}

// watchedCondition is a condition of a customer whose changes are events.
type watchedCondition struct {
	name string
	news func(c customerChange, was, is *metav1.Condition) []news
}

// customerChange is what a reconcile changed about a customer.
type customerChange struct {
	customer *v1alpha1.WebexCustomerAccess
	// old is the status before, with the facts that the new one is drawn from.
	old, current *v1alpha1.WebexCustomerAccessStatus
}

// watched are in the order in which they are told.
var watched = []watchedCondition{
	{v1alpha1.ConditionReady, readyNews},
	{v1alpha1.ConditionReconciling, refusedNews},
	{v1alpha1.ConditionCredentialsValid, credentialNews},
	{v1alpha1.ConditionDataFresh, freshNews},
	{v1alpha1.ConditionDefaultsResolved, falseIsBad},
	{v1alpha1.ConditionPruneHeld, pruneNews},
	{v1alpha1.ConditionCapacityOK, falseIsBad},
}

// news is what is new about a customer.
func (c customerChange) news() []news {
	var all []news
	for _, w := range watched {
		all = append(all, w.news(c, meta.FindStatusCondition(c.old.Conditions, w.name), meta.FindStatusCondition(c.current.Conditions, w.name))...)
	}
	synced := slices.ContainsFunc(all, func(n news) bool {
		return n.reason == v1alpha1.ReasonSynced || n.reason == v1alpha1.ReasonSyncRecovered
	})
	// Fresh figures go without saying where a run completed.
	return slices.DeleteFunc(all, func(n news) bool { return synced && n.reason == v1alpha1.ReasonFresh })
}

// readyNews tells of trouble and of its end. While the operator goes on trying, it does not
// matter that one attempt fails for another reason than the one before.
func readyNews(c customerChange, was, is *metav1.Condition) []news {
	switch {
	case is == nil || is.Status == metav1.ConditionUnknown:
		return nil
	case is.Status == metav1.ConditionTrue:
		return c.goodNews(was, is)
	case was != nil && was.Status == is.Status && (was.Reason == is.Reason || failures.Retriable(was.Reason) && failures.Retriable(is.Reason)):
		return nil
	case is.Reason == v1alpha1.ReasonSuspended: // as the spec asks
		return normal(is)
	default:
		return warning(is)
	}
}

// goodNews is about a customer with figures to rely on.
func (c customerChange) goodNews(was, is *metav1.Condition) []news {
	failed, fails := tellsFailing(c.old), tellsFailing(c.current)
	switch {
	case was == nil || was.Status != is.Status:
		return normal(is)
	case fails && !failed:
		return []news{{corev1.EventTypeWarning, v1alpha1.ReasonSyncFailed, is.Message}}
	case failed && !fails:
		return []news{{corev1.EventTypeNormal, v1alpha1.ReasonSyncRecovered, "a run completed again: " + is.Message}}
	}
	return nil
}

// refusedNews tells when Kubernetes begins to refuse a run of a customer whose figures are good.
func refusedNews(_ customerChange, was, is *metav1.Condition) []news {
	if is == nil || is.Reason != v1alpha1.ReasonRunRefused || was != nil && was.Reason == is.Reason {
		return nil
	}
	return warning(is)
}

// freshNews tells when figures become old. That there are none yet goes without saying, and so does whether a schedule
// selects the customer: one schedule that goes would else be an event of each of a thousand customers.
func freshNews(_ customerChange, was, is *metav1.Condition) []news {
	stale := func(c *metav1.Condition) bool { return c != nil && c.Reason == v1alpha1.ReasonStale }
	switch {
	case stale(is) && !stale(was):
		return warning(is)
	case stale(was) && is != nil && is.Status == metav1.ConditionTrue:
		return []news{{corev1.EventTypeNormal, v1alpha1.ReasonFresh, is.Message}}
	}
	return nil
}

// pruneNews tells when removals are held, and what became of them.
func pruneNews(c customerChange, was, is *metav1.Condition) []news {
	switch {
	case is != nil && was == nil:
		return warning(is)
	case is != nil || was == nil:
		return nil
	}
	if told := c.old.Told; told != nil && told.HeldPruneToken != "" && told.HeldPruneToken == c.customer.Annotations[v1alpha1.AnnotationApprovePrune] {
		return []news{{corev1.EventTypeNormal, v1alpha1.ReasonPruneApproved, "the rows whose removal was approved are gone"}}
	}
	return []news{{corev1.EventTypeNormal, v1alpha1.ReasonPruneWithdrawn, "the rows that waited for approval are no longer to be removed"}}
}

// falseIsBad tells of each change of a condition that should be True, and not that it is
// from the start.
func falseIsBad(_ customerChange, was, is *metav1.Condition) []news {
	switch {
	case is == nil || was != nil && was.Status == is.Status && was.Reason == is.Reason:
		return nil
	case is.Status == metav1.ConditionFalse:
		return warning(is)
	case is.Status == metav1.ConditionTrue && was != nil && was.Status == metav1.ConditionFalse:
		return normal(is)
	}
	return nil
}
