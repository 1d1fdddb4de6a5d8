package syncrun

import (
	"context"
	"errors"
	"hash/fnv"
	"net/http"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/skew"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// askPace is how long a customer whose last run failed waits for another one, if
// neither a schedule nor a person makes one: a no of Webex costs one request in
// this time.
const askPace = 6 * time.Hour

// saysNo says whether a reason is a no of Webex, or of the proxy, that a person has to
// see to in the end. It may still be an error of theirs, and may be taken back, so it
// is confirmed before it is believed, and asked about again. Refused credentials are
// none of these: to try them again is what ends accounts.
func saysNo(reason string) bool {
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
	return failures.Retriable(last.Reason) || saysNo(last.Reason) && last.Verdict != nil && !ptr.Deref(last.Verdict.Confirmed, false)
}

// AskAgain is when a customer whose last run failed is due for another one by itself;
// zero for never. What waits for a Secret, a spec or another customer is started by
// their change. A time that is ahead of now is not believed: it is due.
func AskAgain(customer *v1alpha1.WebexCustomerAccess, now time.Time) time.Time {
	last := customer.Status.LastRun
	if last == nil || last.EndTime == nil || !failures.Retriable(last.Reason) && !saysNo(last.Reason) && last.Reason != v1alpha1.ReasonHostNotAllowed {
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

// judge makes of a failure what it means for the customer.
func (a *attempt) judge(f *failures.Failure) *failures.Failure {
	switch {
	case f.Repeated || !saysNo(f.Reason):
	case f.Reason == v1alpha1.ReasonRejected && a.walking() && !elsewhere(f):
		// A cursor that ended, or a gateway that stumbles: it is about this walk.
		f.Class, f.Reason = webex.ClassPartial, v1alpha1.ReasonPartialResult
		f.Message += "; nothing is written, the run begins anew"
	default:
		f.Unconfirmed = !a.saidBefore(f.Reason)
	}
	return f
}

// walking says whether the organization is known to be the right one, and is being read.
func (a *attempt) walking() bool {
	return a.step != v1alpha1.StepCredentials && a.step != v1alpha1.StepOrganization
}

// elsewhere says whether Webex said that another region serves the organization.
func elsewhere(f *failures.Failure) bool {
	e, ok := errors.AsType[*webex.Error](f.Err)
	return ok && e.Status == http.StatusUnavailableForLegalReasons
}

// saidBefore says whether the attempt before was told the same by the same spec and Secret.
func (a *attempt) saidBefore(reason string) bool {
	last := a.customer.Status.LastRun
	return last != nil && last.Reason == reason && last.Verdict != nil && a.unchanged()
}

// verdict is what the customer keeps of a no.
func (a *attempt) verdict(f *failures.Failure, now metav1.Time) *v1alpha1.Verdict {
	switch {
	case !saysNo(f.Reason):
		return nil
	case f.Repeated:
		return a.customer.Status.LastRun.Verdict
	}
	return &v1alpha1.Verdict{Time: &now, Step: a.step, Confirmed: new(!f.Unconfirmed)}
}

// knock asks first for what Webex said no to the last time, so that a no that still
// holds costs one request and not those of half a walk. Of a named organization a
// partner's token has to ask for that before. Who creates a run gets the whole one.
func (a *attempt) knock(ctx context.Context) error {
	last := a.customer.Status.LastRun
	if last == nil || Passing(last) || last.Verdict == nil || !a.unasked() || !a.unchanged() {
		return nil
	}
	path := map[v1alpha1.RunStep]string{
		v1alpha1.StepLicenses: "licenses", v1alpha1.StepLocations: "locations",
		v1alpha1.StepPeople: "people", v1alpha1.StepWorkspaces: "workspaces",
	}[last.Verdict.Step]
	if path == "" {
		return nil
	}
	if a.customer.Spec.OrganizationID != "" {
		if _, err := a.namedOrganization(ctx); err != nil {
			return err
		}
	}
	a.step = last.Verdict.Step
	return a.webex.Knock(ctx, path, a.orgParameter)
}
