package controllers

import (
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/rows"
	"github.com/webex-operator/webex-license-operator/internal/status"
	"github.com/webex-operator/webex-license-operator/internal/survey"
	"github.com/webex-operator/webex-license-operator/internal/usage"
)

// conditions are all conditions of the customer, drawn from facts alone.
func (s *customerScope) conditions() []metav1.Condition {
	s.told = v1alpha1.Told{}
	fresh := s.freshness()
	summary := s.summary(fresh.Status == metav1.ConditionTrue)
	if doubted := s.doubted(); len(doubted) > 0 {
		summary.Message += "; " + doubtMessage(doubted)
	}
	conditions := append(summary.Conditions(), s.credentials(), s.defaultsResolved(), fresh, s.objectCount())
	if held := s.customer.Status.HeldPrune; held != nil {
		s.told.HeldPruneToken = held.Token
		conditions = append(conditions, status.Condition(v1alpha1.ConditionPruneHeld, metav1.ConditionTrue, heldDetail(s.customer.Name, held)))
	}
	if s.customer.Status.LastSuccessfulSyncTime != nil {
		conditions = append(conditions, s.capacity())
	}
	return conditions
}

// summary is the verdict on the customer.
func (s *customerScope) summary(fresh bool) status.Summary {
	last := s.customer.Status.LastRun
	switch {
	case s.unreadable != nil:
		return stalled(s.unreadable.Reason, s.unreadable.Message)
	case last == nil && ptr.Deref(s.customer.Spec.Suspend, false):
		return ready(v1alpha1.ReasonSuspended, "the customer is suspended and was never synced: set spec.suspend to false for its first run")
	case s.secretVersion == "":
		return s.noSecret()
	case s.refused != nil:
		return s.runRefused(fresh)
	case last == nil:
		return s.firstRun()
	case last.Reason == v1alpha1.ReasonSucceeded:
		summary := status.Summary{Ready: metav1.ConditionTrue, Detail: status.Detail{
			Reason: v1alpha1.ReasonSynced, Message: syncedMessage,
		}}
		if ptr.Deref(last.RefusedRows, 0) > 0 {
			summary.Message += ", but for some: " + last.Message
		}
		if s.active && s.customer.Status.CollectedSpecHash != rows.CollectedSpecHash(s.customer) {
			summary.Reconciling = &status.Detail{Reason: v1alpha1.ReasonRunning, Message: "a run for the changed spec is under way"}
		}
		return summary
	}
	detail := status.Detail{Reason: last.Reason, Message: last.Message}
	switch {
	case failures.Passing(last) && fresh:
		summary := status.Summary{Ready: metav1.ConditionTrue, Detail: status.Detail{Reason: v1alpha1.ReasonSynced, Message: syncedMessage}}
		if s.failing() {
			summary.Message += failingMessage + last.Message
			s.told.Failing = new(true)
		}
		if s.active {
			summary.Reconciling = &detail
		}
		return summary
	case s.active, s.retrying:
		return status.Summary{Ready: metav1.ConditionFalse, Detail: detail, Reconciling: &detail}
	default:
		return stalled(detail.Reason, detail.Message)
	}
}

// firstRun is the verdict on a customer of which nothing is known yet.
func (s *customerScope) firstRun() status.Summary {
	switch {
	case s.active, s.retrying:
		detail := status.Detail{Reason: v1alpha1.ReasonPending, Message: "the first run is under way"}
		return status.Summary{Ready: metav1.ConditionUnknown, Detail: detail, Reconciling: &detail}
	default:
		return stalled(v1alpha1.ReasonPending, "the first run was stopped before it learned anything: create a LicenseSync for this customer")
	}
}

// secretGrace is how long a new customer waits for its Secret before that is an error: who makes Secrets from a vault, or
// decrypts them, does so after the customer was applied.
const secretGrace = 5 * time.Minute

// noSecret is the verdict on a customer without a credentials Secret.
func (s *customerScope) noSecret() status.Summary {
	detail := status.Detail{Reason: v1alpha1.ReasonSecretNotFound, Message: access.SecretNotFoundMessage(s.customer.Spec.CredentialsSecretRef.Name)}
	left := s.customer.CreationTimestamp.Add(secretGrace).Sub(s.now)
	if s.customer.Status.LastRun != nil || left <= 0 || left > secretGrace {
		return stalled(detail.Reason, detail.Message)
	}
	s.lookAgain(left)
	return status.Summary{Ready: metav1.ConditionFalse, Detail: detail, Reconciling: &detail}
}

// runRefused is the verdict on a customer whose run Kubernetes refuses. Figures that are good stay so meanwhile.
func (s *customerScope) runRefused(fresh bool) status.Summary {
	detail := status.Detail{Reason: v1alpha1.ReasonRunRefused, Message: "Kubernetes refuses to create the run that is due, and is asked again: " + s.refused.words}
	last := s.customer.Status.LastRun
	if fresh && passable(last) {
		summary := ready(v1alpha1.ReasonSynced, syncedMessage)
		summary.Reconciling = &detail
		return summary
	}
	return stalled(detail.Reason, detail.Message)
}

func stalled(reason, message string) status.Summary {
	return status.Summary{Ready: metav1.ConditionFalse, Detail: status.Detail{Reason: reason, Message: message}, Stalled: true}
}

// credentials says whether Webex accepted the credentials.
func (s *customerScope) credentials() metav1.Condition {
	of := func(value metav1.ConditionStatus, reason, message string) metav1.Condition {
		return status.Condition(v1alpha1.ConditionCredentialsValid, value, status.Detail{Reason: reason, Message: message})
	}
	last := s.customer.Status.LastRun
	switch {
	case s.secretVersion == "":
		return of(metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound, access.SecretNotFoundMessage(s.customer.Spec.CredentialsSecretRef.Name))
	case last != nil && refusesCredentials(last.Reason):
		return of(metav1.ConditionFalse, last.Reason, last.Message)
	case s.customer.Status.Organization == nil, last == nil && s.beginning():
		return of(metav1.ConditionUnknown, v1alpha1.ReasonUnverified, "the credentials were not tried yet")
	default:
		reason, message := s.outlook()
		return of(metav1.ConditionTrue, reason, message)
	}
}

// firstSilence is how long a customer's first run may be at work before it is said that its credentials are valid. Most
// have ended by then, and what they found is said at once.
const firstSilence = 10 * time.Second

// beginning says whether the run under way began a moment ago, or has not said yet that it did. What was said stays.
func (s *customerScope) beginning() bool {
	if said := meta.IsStatusConditionTrue(s.customer.Status.Conditions, v1alpha1.ConditionCredentialsValid); said || !s.active || s.begun == nil {
		return s.active && !said
	}
	left := s.begun.Add(firstSilence).Sub(s.now)
	if left <= 0 || left > firstSilence {
		return false
	}
	s.lookAgain(left)
	return true
}

func refusesCredentials(reason string) bool {
	switch reason {
	case v1alpha1.ReasonCredentialsRejected, v1alpha1.ReasonSecretNotFound, v1alpha1.ReasonSecretKeyMissing, v1alpha1.ReasonSecretKeyInvalid:
		return true
	}
	return false
}

// freshness says whether the figures are young enough, and has the customer
// looked at again when they will not be.
func (s *customerScope) freshness() metav1.Condition {
	of := func(value metav1.ConditionStatus, reason, message string) metav1.Condition {
		return status.Condition(v1alpha1.ConditionDataFresh, value, status.Detail{Reason: reason, Message: message})
	}
	if s.customer.Status.LastSuccessfulSyncTime == nil {
		return of(metav1.ConditionFalse, v1alpha1.ReasonNeverSynced, "no run has completed yet")
	}
	if doubted := s.doubtedFigures(); len(doubted) > 0 {
		return of(metav1.ConditionFalse, v1alpha1.ReasonStale, doubtMessage(doubted)+
			", so that the age of the figures is unknown: create a LicenseSync, and see the clocks of the nodes")
	}
	left := staleFrom(s.customer).Sub(s.now)
	switch {
	case left <= 0 && s.now.Sub(s.customer.Status.LastSuccessfulSyncTime.Time) < survey.StaleAfter(s.customer):
		return of(metav1.ConditionFalse, v1alpha1.ReasonStale, "people and workspaces were last read longer ago than spec.staleAfter, so that the figures of level Site are older: create a LicenseSync, and see why none reads them")
	case left <= 0 && s.unscheduled:
		return of(metav1.ConditionFalse, v1alpha1.ReasonStale, "the last complete run is older than spec.staleAfter, and "+notScheduledMessage)
	case left <= 0:
		return of(metav1.ConditionFalse, v1alpha1.ReasonStale, "the last complete run is older than spec.staleAfter: create a LicenseSync, and see why none completed")
	}
	s.lookAgain(left + time.Second) // times in a status are whole seconds
	if s.unscheduled {
		return of(metav1.ConditionTrue, v1alpha1.ReasonNotScheduled, "the last complete run is younger than spec.staleAfter, but "+notScheduledMessage)
	}
	return of(metav1.ConditionTrue, v1alpha1.ReasonFresh, "the last complete run is younger than spec.staleAfter")
}

// notScheduledMessage is the second half of what DataFresh says of a customer that is read by hand only.
const notScheduledMessage = "no LicenseSyncSchedule that is not suspended selects the customer, so that it is not read again by itself: " +
	"create one, or label the customer for one that there is (kubectl webex connect --schedule and the chart's defaultSchedule make one)"

// staleFrom is when the figures of a level are too old; zero if there are none.
func staleFrom(customer *v1alpha1.WebexCustomerAccess) time.Time {
	known := customer.Status
	if known.LastSuccessfulSyncTime == nil {
		return time.Time{}
	}
	oldest := known.LastSuccessfulSyncTime
	if known.LastWalkTime != nil && known.LastWalkTime.Before(oldest) {
		oldest = known.LastWalkTime
	}
	return oldest.Add(survey.StaleAfter(customer))
}

// defaultsResolved says whether it is clear what licences are assigned from.
func (s *customerScope) defaultsResolved() metav1.Condition {
	of := func(value metav1.ConditionStatus, reason, message string) metav1.Condition {
		return status.Condition(v1alpha1.ConditionDefaultsResolved, value, status.Detail{Reason: reason, Message: message})
	}
	if s.customer.Status.LastSuccessfulSyncTime == nil {
		return of(metav1.ConditionUnknown, v1alpha1.ReasonNeverSynced, "no run has completed yet")
	}
	spec, known := s.customer.Spec, s.customer.Status
	var reasons, messages []string
	add := func(reason, format string, args ...any) {
		reasons, messages = append(reasons, reason), append(messages, fmt.Sprintf(format, args...))
	}
	switch s.defaults.SubscriptionState {
	case usage.StateRequired:
		add(v1alpha1.ReasonDefaultSubscriptionRequired, "the organization has several subscriptions: set spec.defaultSubscription to one of %s", enumerate(known.Subscriptions))
	case usage.StateNotFound:
		add(v1alpha1.ReasonDefaultNotFound, "spec.defaultSubscription %q is none of the organization's: set it to one of %s", spec.DefaultSubscription, enumerate(known.Subscriptions))
	case usage.StateNone, usage.StateResolved:
	}
	switch s.defaults.SiteURLState {
	case usage.StateRequired:
		add(v1alpha1.ReasonDefaultSiteURLRequired, "the organization has several Meetings sites: set spec.defaultSiteURL to one of %s", enumerate(known.SiteURLs))
	case usage.StateNotFound:
		add(v1alpha1.ReasonDefaultNotFound, "spec.defaultSiteURL %q is none of the organization's: set it to one of %s", spec.DefaultSiteURL, enumerate(known.SiteURLs))
	case usage.StateNone, usage.StateResolved:
	}
	if len(reasons) > 0 {
		return of(metav1.ConditionFalse, reasons[0], strings.Join(messages, "; "))
	}
	return of(metav1.ConditionTrue, v1alpha1.ReasonResolved, "licences are assigned from one subscription and one Meetings site")
}

// enumerate lists the first few of the items.
func enumerate(items []string) string {
	const shown = 8
	switch {
	case len(items) == 0:
		return "those that it will have"
	case len(items) > shown:
		return strings.Join(items[:shown], ", ") + " and others (status)"
	default:
		return strings.Join(items, ", ")
	}
}

func heldDetail(customer string, held *v1alpha1.HeldPrune) status.Detail {
	return status.Detail{
		Reason: v1alpha1.ReasonApprovalRequired,
		Message: fmt.Sprintf("Webex no longer lists what %d rows show, more than spec.prune allows to remove: they are in no sum; check the organization; if they are to go, run kubectl annotate --overwrite webexcustomeraccess %s %s=%s",
			ptr.Deref(held.Rows, 0), customer, v1alpha1.AnnotationApprovePrune, held.Token),
	}
}
