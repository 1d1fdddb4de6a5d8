package controllers

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
)

const day = 24 * time.Hour

// leads are how many days before its end one is warned of credentials, in order.
var leads = []int32{30, 14, 7, 1}

// leadOf is the last lead before an end that has begun, 0 if none has, and when
// something is different: the next lead begins, or all is over; zero if never.
func leadOf(end, now time.Time) (lead int32, next time.Time) {
	for _, days := range leads {
		begins := end.Add(-time.Duration(days) * day)
		if now.Before(begins) {
			return lead, begins
		}
		lead = days
	}
	if now.Before(end) {
		return lead, end
	}
	return lead, time.Time{}
}

// ending is what ends of a customer's credentials unless a person acts.
type ending struct {
	at time.Time
	// message says so, with the remedy. It stays the same until the end.
	message string
}

// endingOf is that end, as far as it is known: of the access token where nothing
// renews it, and else of the refresh token.
func endingOf(customer *v1alpha1.WebexCustomerAccess, now time.Time) *ending {
	c := customer.Status.Credentials
	secret := customer.Spec.CredentialsSecretRef.Name
	verb := func(end *metav1.Time) string {
		if now.Before(end.Time) {
			return "ends"
		}
		return "ended"
	}
	switch {
	case c == nil:
		return nil
	case c.Refusal != nil && c.Refusal.UsableUntil != nil:
		end := c.Refusal.UsableUntil
		return &ending{end.Time, fmt.Sprintf("the access token %s on %s and cannot be renewed: %s", verb(end), date(end), c.Refusal.Message)}
	case c.Kind == v1alpha1.CredentialKindAccessToken && c.AccessTokenExpirationTime != nil:
		end := c.AccessTokenExpirationTime
		return &ending{end.Time, fmt.Sprintf("the access token %s on %s: put another one into Secret %q", verb(end), date(end), secret)}
	case c.Kind != v1alpha1.CredentialKindAccessToken && c.RefreshTokenExpirationTime != nil:
		end := c.RefreshTokenExpirationTime
		return &ending{end.Time, fmt.Sprintf(
			"the refresh token %s on %s unless a run renews it: create a LicenseSync; if the date stays, authorize again and put the new %s into Secret %q",
			verb(end), date(end), access.KeyRefreshToken, secret)}
	}
	return nil
}

func date(t *metav1.Time) string { return t.UTC().Format(time.DateOnly) }

// outlook is the reason and message of accepted credentials: what is about to
// happen to them. It has the customer looked at again when that changes.
func (s *customerScope) outlook() (reason, message string) {
	lead := int32(0)
	end := endingOf(s.customer, s.now)
	if end != nil {
		var next time.Time
		lead, next = leadOf(end.at, s.now)
		if !next.IsZero() {
			s.lookAgain(next.Sub(s.now))
		}
	}
	refusal := refusalOf(s.customer)
	switch {
	case refusal != nil && refusal.UsableUntil != nil:
		return v1alpha1.ReasonRefreshRefused, end.message
	case refusal != nil:
		return v1alpha1.ReasonRefreshRefused, refusal.Message
	case lead > 0:
		return v1alpha1.ReasonExpiresSoon, end.message
	case s.elsewhere:
		return v1alpha1.ReasonSecretInSeveralShards, fmt.Sprintf("Webex accepted the credentials; customers of other shards use Secret %q, too, each shard with a request budget of its own: "+
			"give all customers of the Secret the same labels, or the others a Secret with credentials of their own", s.customer.Spec.CredentialsSecretRef.Name)
	default:
		return v1alpha1.ReasonAccepted, "Webex accepted the credentials"
	}
}

func refusalOf(customer *v1alpha1.WebexCustomerAccess) *v1alpha1.CredentialsRefusal {
	if c := customer.Status.Credentials; c != nil {
		return c.Refusal
	}
	return nil
}

// worriesAboutCredentials says whether a person was asked to do something about
// credentials that work.
func worriesAboutCredentials(customer *v1alpha1.WebexCustomerAccess) bool {
	return refusalOf(customer) != nil || customer.Status.ExpiryWarning != nil
}

// sameEnd is how far two ends may lie apart and still be those of the same token:
// each answer of Webex tells what is left, in seconds, from when it arrives.
const sameEnd = day

// warnOfExpiry decides on a warning, given the condition CredentialsValid as it is
// to be: one for each lead of an end, and none for what was warned of before,
// which the status remembers.
func (s *customerScope) warnOfExpiry(valid *metav1.Condition) (*v1alpha1.ExpiryWarning, []news) {
	last := s.customer.Status.ExpiryWarning
	if valid == nil || valid.Status != metav1.ConditionTrue {
		return last, nil // there is worse to tell
	}
	end := endingOf(s.customer, s.now)
	if end == nil {
		return nil, nil
	}
	lead, _ := leadOf(end.at, s.now)
	if last != nil && last.ExpirationTime != nil && last.ExpirationTime.Sub(end.at).Abs() < sameEnd &&
		(lead == 0 || ptr.Deref(last.DaysBefore, 0) <= lead) {
		return last, nil
	}
	if lead == 0 {
		return nil, nil
	}
	warning := &v1alpha1.ExpiryWarning{ExpirationTime: new(metav1.NewTime(end.at)), DaysBefore: new(lead)}
	before := meta.FindStatusCondition(s.customer.Status.Conditions, v1alpha1.ConditionCredentialsValid)
	refused := valid.Reason == v1alpha1.ReasonRefreshRefused
	if !s.now.Before(end.at) || refused && (before == nil || before.Reason != valid.Reason) {
		return warning, nil // too late for a warning, or told at this moment
	}
	days := fmt.Sprintf("%d days", lead)
	if lead == 1 {
		days = "1 day"
	}
	return warning, []news{{"Warning", v1alpha1.ReasonExpiresSoon, end.message + " (" + days + " left, or less)"}}
}

// credentialNews tells that tokens cannot be renewed any more, that shards share
// them, and that all is well again. Of credentials that do not work at all, Ready tells.
func credentialNews(_ customerChange, was, is *metav1.Condition) []news {
	worry := func(c *metav1.Condition) bool {
		return c != nil && (c.Reason == v1alpha1.ReasonRefreshRefused || c.Reason == v1alpha1.ReasonExpiresSoon || c.Reason == v1alpha1.ReasonSecretInSeveralShards)
	}
	switch {
	case is == nil || was != nil && was.Reason == is.Reason:
		return nil
	case is.Reason == v1alpha1.ReasonRefreshRefused, is.Reason == v1alpha1.ReasonSecretInSeveralShards:
		return warning(is)
	case is.Reason == v1alpha1.ReasonAccepted && worry(was):
		return normal(is)
	}
	return nil
}
