package access

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

const (
	// renewalTime is how long a renewal may take once it has begun, whatever
	// happens to the run; the manager waits so long for it when it shuts down.
	renewalTime = time.Minute
	// exchangeTime is the part of it in which Webex must answer. The rest is for
	// storing the answer.
	exchangeTime = 40 * time.Second
	// unsavedSpacing spaces the attempts to store a pair that could not be.
	unsavedSpacing = 5 * time.Second
	// troubleSpacing spaces requests to a token endpoint in trouble, over all
	// customers of the Secret.
	troubleSpacing = 10 * time.Second
)

// renew gets another pair and stores it. It is not cut short when the run is
// stopped: from the request on, the only valid refresh token may be on its way.
func (t *refreshingTokens) renew(ctx context.Context, lock *tokenLock, rejected string) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := lock.paused(t.version(), t.provider.Clock.Now()); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), renewalTime)
	defer cancel()
	t.current.attemptedAt, t.current.attemptedBy = t.provider.Clock.Now(), t.provider.Lease
	// Storing comes first, too: if it does not work now, nothing is lost yet.
	if err := t.store.write(ctx, t.current); err != nil {
		return err
	}
	answer, err := t.exchange(ctx, rejected)
	if err != nil {
		lock.pause(err, t.version(), t.provider.Clock.Now())
		if t.current.attemptedBy != "" {
			t.remember(ctx) // that it is over, for other shards
		}
		return err
	}
	lock.trouble = nil
	next := t.current.renewed(answer, rejected, t.authorization().seed(), t.provider.Clock.Now())
	if err := t.store.overwrite(ctx, next); err != nil {
		lock.unsaved = &unsavedToken{storedToken: next, in: t.store, triedAt: t.provider.Clock.Now(), failure: err}
		t.owed = true
		return storeFailure(t.store.name, err)
	}
	t.current = next
	log.FromContext(ctx).Info("renewed an access token", "secret", t.store.name, "expires", next.ExpiresAt)
	if next.AccessToken == rejected {
		lock.hopeless = digest(t.version(), rejected)
	}
	return nil
}

func storeFailure(name string, err error) error {
	return &failures.Failure{
		Class: webex.ClassTransient, Reason: v1alpha1.ReasonWriteFailed, Err: err,
		Message: fmt.Sprintf("new tokens could not be stored in Secret %q, and are not used before they are: see whether the operator may write it", name),
	}
}

// exchange asks Webex for another pair: by the refresh token, and where that is
// refused as a Service App. What is refused is remembered.
func (t *refreshingTokens) exchange(ctx context.Context, rejected string) (webex.Token, error) {
	asking, cancel := context.WithTimeout(ctx, exchangeTime)
	defer cancel()
	c := t.circumstances(rejected)
	var cause error
	if c.canRefresh(&t.current) {
		answer, err := t.useRefreshToken(asking)
		if webex.ClassOf(err) != webex.ClassAuth {
			return answer, err
		}
		t.current.refresh, cause = denial{version: c.version, at: c.now, message: t.refused}, err
	}
	if c.canAsk(&t.current) {
		answer, err := t.askAsApp(asking)
		switch f := failures.Of(asking, err); {
		case err == nil:
			t.current.organization = t.credentials.organization.UUID()
			return answer, nil
		case f.Class != webex.ClassAuth, f.Reason == v1alpha1.ReasonOrganizationRequired:
			t.remember(ctx)
			return answer, err
		default:
			t.current.app, cause = denial{version: c.version, at: c.now, message: appRefusalMessage(t.credentials.secret, err)}, err
		}
	}
	if rejected != "" && rejected == t.current.AccessToken {
		t.current.ExpiresAt = c.now // for the other customers of the Secret
	}
	t.remember(ctx)
	return webex.Token{}, t.refusal(cause)
}

// useRefreshToken asks for another pair by the refresh token.
func (t *refreshingTokens) useRefreshToken(ctx context.Context) (webex.Token, error) {
	a := t.authorization()
	return t.endpoint.Refresh(ctx, webex.RefreshGrant{ClientID: a.clientID, ClientSecret: a.clientSecret, RefreshToken: t.current.RefreshToken})
}

// remember stores that a renewal is over, and what was refused, so that neither the
// next run nor another customer of the same Secret asks again.
func (t *refreshingTokens) remember(ctx context.Context) {
	t.current.attemptedBy = ""
	if err := t.store.write(ctx, t.current); err != nil {
		log.FromContext(ctx).Info("the end of a renewal could not be stored", "secret", t.store.name, "reason", err.Error())
	}
}

// askAsApp asks for a pair as a Service App, for the organization of the credentials
// (https://developer.webex.com/docs/service-apps).
func (t *refreshingTokens) askAsApp(ctx context.Context) (webex.Token, error) {
	c := t.credentials
	if c.organization == (webex.OrganizationID{}) {
		return webex.Token{}, organizationUnknown(c.secret)
	}
	caller, err := t.caller.Token(ctx)
	if err != nil {
		return webex.Token{}, err
	}
	grant := webex.ServiceAppGrant{
		ApplicationID: c.applicationID, ClientID: c.clientID, ClientSecret: c.clientSecret,
		OrganizationID: c.organization, CallerToken: caller,
	}
	answer, refusal := t.endpoint.ServiceApp(ctx, grant)
	if e, ok := webex.AsError(refusal); !ok || e.Status != http.StatusUnauthorized {
		return answer, refusal
	}
	// It may be the caller's token that ended early.
	grant.CallerToken, err = t.caller.Refresh(ctx, caller)
	_, known := errors.AsType[*failures.Failure](err) // and says more than the refusal
	switch {
	case err != nil && (known || webex.ClassOf(err) != webex.ClassAuth):
		return answer, err
	case err != nil, grant.CallerToken == caller:
		return answer, refusal
	}
	return t.endpoint.ServiceApp(ctx, grant)
}

// callerStanding is the refusal of what the caller's tokens are refreshed by.
func (t *refreshingTokens) callerStanding() *StandingRefusal {
	caller, ok := t.caller.(*refreshingTokens)
	if !ok {
		return nil
	}
	caller.mu.Lock()
	defer caller.mu.Unlock()
	denied := caller.standing()
	if denied != nil {
		denied.UsableUntil = time.Time{} // the app's own tokens are renewed
	}
	return denied
}

func organizationUnknown(secret string) *failures.Failure {
	return failures.Auth(v1alpha1.ReasonOrganizationRequired,
		"the Service App of Secret %q asks for tokens of one organization, and none is known yet: set spec.organizationID", secret)
}

// appRefusalMessage says why a Service App gets no tokens, and who can help.
func appRefusalMessage(secret string, err error) string {
	if caller, ok := errors.AsType[refusedTokens](err); ok {
		return caller.what
	}
	if f, ok := errors.AsType[*failures.Failure](err); ok {
		return f.Message
	}
	e, ok := webex.AsError(err)
	if !ok || !errors.Is(err, webex.ErrServiceAppRefused) {
		return fmt.Sprintf("the bootstrap token of Secret %q cannot be used: replace it", secret)
	}
	switch e.Status {
	case http.StatusUnauthorized:
		return fmt.Sprintf("Webex refused the bootstrap token, or the client of the Service App, of Secret %q: put valid ones into it", secret)
	case http.StatusForbidden:
		return fmt.Sprintf("the Service App of Secret %q gets no token: let a full administrator of the organization authorize it in Control Hub (Apps > Service Apps), and give the bootstrap token the scope spark:applications_token; then change the Secret", secret)
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return fmt.Sprintf("Webex does not know the Service App of Secret %q, or issues no tokens of Service Apps here, as Webex for Government: correct %s, or put a %s into the Secret", secret, KeyApplicationID, KeyRefreshToken)
	default:
		return fmt.Sprintf("Webex refused to issue a token of the Service App of Secret %q: check %s, %s and %s in it, and spec.organizationID",
			secret, KeyApplicationID, KeyClientID, KeyClientSecret)
	}
}
