package syncrun

import (
	"context"

	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/failures"
)

// refusedBefore is the failure of an attempt that need not be made: Webex said no, and nothing has
// changed since. No customer of a Secret tries credentials that were refused, since all would be
// refused the same. Another no, such as that of a missing role, is about one customer, and may be
// mended in Webex: runs of the operator's own ask again at a slow pace.
func (a *attempt) refusedBefore(ctx context.Context) error {
	last := a.customer.Status.LastRun
	if last != nil && last.Reason != v1alpha1.ReasonSucceeded && !failures.Passing(last) && a.unchanged() {
		due := failures.AskAgain(a.customer, a.Clock.Now())
		tooSoon := a.unasked() && (due.IsZero() || a.Clock.Now().Before(due))
		if tooSoon || last.Reason == v1alpha1.ReasonCredentialsRejected {
			return &failures.Failure{Class: failures.ClassOf(last.Reason), Reason: last.Reason, Message: last.Message, Repeated: true}
		}
	}
	if a.Budgets.Refused(a.limiter.Owner, a.session.SecretVersion) {
		return failures.Auth(v1alpha1.ReasonCredentialsRejected, "%s", failures.CredentialsRejected)
	}
	return a.session.RefusedToOthers(ctx)
}

// unasked says whether the run was asked for by a plan alone.
func (a *attempt) unasked() bool {
	switch a.sync.Spec.Trigger {
	case v1alpha1.TriggerSchedule, v1alpha1.TriggerUpgrade, v1alpha1.TriggerRetry:
		return true
	case v1alpha1.TriggerAssignment, v1alpha1.TriggerInitial, v1alpha1.TriggerManual, v1alpha1.TriggerSpecChange:
	}
	return false
}

// unchanged says whether spec and Secret are those of the last run.
func (a *attempt) unchanged() bool {
	s := a.customer.Status
	return s.Credentials != nil && a.session != nil && s.Credentials.ObservedSecretResourceVersion == a.session.SecretVersion &&
		ptr.Deref(s.LastRun.ObservedGeneration, 0) == a.customer.Generation
}
