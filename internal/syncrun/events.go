package syncrun

import (
	"context"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// clockSkew is how far Webex's clock may be behind that of the operator. An event in it asks for one walk too many.
const clockSkew = time.Minute

// hint asks Webex's audit log whether people, locations or licences changed since the last walk began. It is an error only if
// the credentials are refused: whatever else keeps the log from telling, the run goes on without. What may not read the
// log is not asked again for a day.
func (a *attempt) hint(ctx context.Context) (webex.Hint, error) {
	walked, now := a.customer.Status.Walked, a.Clock.Now()
	if walked == nil || walked.StartTime == nil || a.memory.AuditRefused(a.customer.UID, a.session.SecretVersion, now) {
		return webex.HintUnknown, nil
	}
	hint, err := a.webex.AuditEvents(ctx, a.organization.ID, walked.StartTime.Add(-clockSkew), now)
	e, _ := webex.AsError(err)
	switch {
	case err == nil:
		return hint, nil
	case ctx.Err() != nil, e == nil, e.Class == webex.ClassAuth:
		return webex.HintUnknown, err
	case e.Class == webex.ClassTerminal: // no right, or no such log in this region
		a.memory.RefuseAudit(a.customer.UID, a.session.SecretVersion, now)
	}
	log.FromContext(ctx).Info("the audit log gives no hint", "cause", e.Error(), "trackingID", e.TrackingID)
	return webex.HintUnknown, nil
}
