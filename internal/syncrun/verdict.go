package syncrun

import (
	"context"
	"errors"
	"net/http"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// judge makes of a failure what it means for the customer.
func (a *attempt) judge(f *failures.Failure) *failures.Failure {
	switch {
	case f.Repeated || !failures.SaysNo(f.Reason):
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
	case !failures.SaysNo(f.Reason):
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
	if last == nil || failures.Passing(last) || last.Verdict == nil || !a.unasked() || !a.unchanged() {
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
	return a.webex.Knock(ctx, path, a.named)
}
