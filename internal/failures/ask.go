package failures

import (
	"hash/fnv"
	"time"

	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/skew"
)

// askPace is how long a customer whose last run failed waits for another one, if
// neither a schedule nor a person makes one: a no of Webex costs one request in
// this time.
const askPace = 6 * time.Hour

// SaysNo says whether a reason is a no of Webex, or of the proxy, that a person has to
// see to in the end. It may still be an error of theirs, and may be taken back, so it
// is confirmed before it is believed, and asked about again. Refused credentials are
// none of these: to try them again is what ends accounts.
func SaysNo(reason string) bool {
	switch reason {
	case v1alpha1.ReasonForbidden, v1alpha1.ReasonRejected, v1alpha1.ReasonOrganizationMismatch,
		v1alpha1.ReasonOrganizationRequired, v1alpha1.ReasonProxyAuthenticationFailed:
		return true
	}
	return false
}

// Passing says whether a failed attempt is nothing to be believed in: trouble that
// passes, or a no that was said once.
func Passing(last *v1alpha1.LastRun) bool {
	return Retriable(last.Reason) || SaysNo(last.Reason) && last.Verdict != nil && !ptr.Deref(last.Verdict.Confirmed, false)
}

// AskAgain is when a customer whose last run failed is due for another one by itself;
// zero for never. What waits for a Secret, a spec or another customer is started by
// their change. A time that is ahead of now is not believed: it is due.
func AskAgain(customer *v1alpha1.WebexCustomerAccess, now time.Time) time.Time {
	last := customer.Status.LastRun
	if last == nil || last.EndTime == nil || !Retriable(last.Reason) && !SaysNo(last.Reason) && last.Reason != v1alpha1.ReasonHostNotAllowed {
		return time.Time{}
	}
	at, pace := last.EndTime.Time, askPace
	if v := last.Verdict; v != nil && v.Time != nil {
		at = v.Time.Time
		if customer.Spec.OrganizationID != "" && v.Step != v1alpha1.StepOrganization {
			pace *= 2 // see knock: that costs two requests
		}
	}
	if skew.Ahead(at, now, 0) {
		return now
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(customer.Namespace + "/" + customer.Name))
	return at.Add(pace + askPace/12*time.Duration(h.Sum32()%1000)/1000)
}
