package access

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// refreshingTokens is a webex.TokenSource for one authorization that can be
// renewed. The pair is shared by all users of the Secret with the
// authorization; the first that needs another renews it for all. A new pair is
// durable in an operator-owned Secret before its first use.
type refreshingTokens struct {
	provider *Provider
	store    *tokenStore
	endpoint webex.TokenEndpoints
	// credentials are what the user's Secret held when it was last read. Of these the
	// tokens are by the authorization, or by that of the bootstrap.
	credentials *credentials
	bootstrap   bool
	// refused is what to tell a person whose refresh token was refused.
	refused string
	// caller is the source of tokens of the identity that asks, as a Service App, for a
	// pair where none can be refreshed; nil if there is none.
	caller webex.TokenSource

	mu      sync.Mutex
	current storedToken
	loaded  bool
	// owed is true while a pair waits in memory for being stored.
	owed bool
	// tended is true once the tokens of caller were seen to.
	tended bool
}

// tokenSource is the source of tokens for the credentials of the session.
func (s *Session) tokenSource(observe func(webex.Call)) webex.TokenSource {
	c := s.credentials
	if c.kind == v1alpha1.CredentialKindAccessToken {
		return webex.StaticToken(c.accessToken)
	}
	p := s.provider
	endpoint := webex.TokenEndpoints{BaseURL: s.BaseURL.String(), HTTP: s.HTTP, UserAgent: p.UserAgent, Observe: observe, Now: p.Clock.Now}
	source := func(name, of string, shared func(user) bool) *refreshingTokens {
		return &refreshingTokens{
			provider: p, endpoint: endpoint, credentials: c,
			store: &tokenStore{provider: p, user: s.user, secret: c.secret, name: name, of: of, sharedBy: shared},
		}
	}
	name, of := TokenSecretName(c.secret, ""), c.secret
	if c.tokenPerOrganization() {
		name, of = TokenSecretName(c.secret, c.organization.UUID()[:8]), c.secret+" for organization "+c.organization.UUID()
	}
	tokens := source(name, of, c.areThoseOf)
	tokens.refused = fmt.Sprintf("Webex refused the refresh token or the client of Secret %q: authorize again and put the new %s into it", c.secret, KeyRefreshToken)
	if !c.canBootstrap() {
		return tokens
	}
	tokens.caller = webex.StaticToken(c.bootstrap.accessToken)
	if c.bootstrap.refreshToken != "" {
		caller := source(TokenSecretName(c.secret, "bootstrap"), c.secret+" for bootstrap", func(other user) bool { return other.kind == customerKind })
		caller.bootstrap = true
		caller.refused = fmt.Sprintf("Webex refused the bootstrap refresh token or client of Secret %q: authorize it again and put the new %s into it", c.secret, KeyBootstrapRefreshToken)
		tokens.caller = caller
	}
	return tokens
}

// authorization is that of the tokens.
func (t *refreshingTokens) authorization() authorization {
	if t.bootstrap {
		return t.credentials.bootstrap
	}
	return t.credentials.authorization
}

// Token returns the current access token, renewed if it is due.
func (t *refreshingTokens) Token(ctx context.Context) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.loaded || t.owed || t.current.decide(t.circumstances("")) != useToken {
		err := t.settle(ctx, "")
		if err != nil && (!t.loaded || t.current.expired(t.provider.Clock.Now())) {
			return "", err
		}
		if err != nil {
			// The renewal is in trouble, the token is not: nearly half of its life is left.
			log.FromContext(ctx).Info("an access token is used although it could not be renewed", "secret", t.store.name, "reason", err.Error())
		}
	}
	if t.caller != nil && !t.tended {
		t.tended = true
		// Its refresh token is needed once in years, and ends after months without a refresh.
		if _, err := t.caller.Token(ctx); err != nil {
			log.FromContext(ctx).Info("the bootstrap credentials of a Service App do not work", "reason", err.Error())
		}
	}
	return t.current.AccessToken, nil
}

// Refresh replaces a token that Webex answered 401 to.
func (t *refreshingTokens) Refresh(ctx context.Context, rejected string) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.settle(ctx, rejected); err != nil {
		return "", err
	}
	return t.current.AccessToken, nil
}

func (t *refreshingTokens) circumstances(rejected string) circumstances {
	return circumstances{
		now: t.provider.Clock.Now(), version: t.version(), rejected: rejected,
		canBootstrap: t.caller != nil && t.credentials.canBootstrap(),
	}
}

// version names what a refusal is about: the content of the user's Secret, and
// the service that refused it. Another one is worth another try.
func (t *refreshingTokens) version() string {
	return t.credentials.resourceVersion + " " + t.endpoint.BaseURL
}

// settle loads the pair and does what is to be done about it, while no other run does.
func (t *refreshingTokens) settle(ctx context.Context, rejected string) error {
	lock, unlock, err := t.provider.locks.lock(ctx, t.store.key())
	if err != nil {
		return err
	}
	defer unlock()
	// Each round begins with what another writer changed in the one before. To wait is none.
	for rounds := 5; rounds > 0; {
		err = t.settleOnce(ctx, lock, rejected)
		switch {
		case errors.Is(err, errRenewedElsewhere):
		case errors.Is(err, errChanged):
			rounds--
		default:
			return err
		}
	}
	return err
}

func (t *refreshingTokens) settleOnce(ctx context.Context, lock *tokenLock, rejected string) error {
	stored, err := t.load(ctx, lock)
	if err != nil {
		return err
	}
	hopeless := rejected != "" && t.current.AccessToken == rejected && lock.hopeless == digest(t.version(), rejected)
	step := t.current.decide(t.circumstances(rejected))
	switch {
	case step != useToken && t.current.renewedElsewhere(t.provider.Lease, t.provider.Clock.Now()):
		return t.await(ctx, rejected)
	case step == giveUp:
		return t.refusal(nil)
	case step == useToken, hopeless:
		return t.keep(ctx, stored)
	case lock.unsaved != nil:
		return storeFailure(t.store.name, lock.unsaved.failure)
	}
	if err := t.reread(ctx); err != nil {
		return err
	}
	return t.renew(ctx, lock, rejected)
}

// load takes over what is stored, or else what the user's Secret holds.
func (t *refreshingTokens) load(ctx context.Context, lock *tokenLock) (storedToken, error) {
	stored, err := t.store.load(ctx)
	if err != nil {
		return stored, err
	}
	a, now := t.authorization(), t.provider.Clock.Now()
	if lock.unsaved != nil && lock.unsaved.source != a.source() {
		lock.unsaved = nil // the user's new credentials win
	}
	if u := lock.unsaved; u != nil && (now.Sub(u.triedAt) >= unsavedSpacing || !now.After(u.triedAt)) {
		saving, cancel := context.WithTimeout(context.WithoutCancel(ctx), renewalTime-exchangeTime)
		defer cancel()
		if lock.save(saving, t.store) {
			stored = u.storedToken
		}
	}
	if asked := t.credentials.organization.UUID(); stored.organization != "" && asked != "" && stored.organization != asked {
		return stored, failures.Auth(v1alpha1.ReasonOrganizationMismatch,
			"the tokens that the Service App of Secret %q got are of organization %s: give each organization a Secret of its own, or leave %s out of it",
			t.credentials.secret, stored.organization, KeyRefreshToken)
	}
	t.current, t.loaded, t.owed = stored.with(a), true, lock.unsaved != nil
	return stored, nil
}

// with is the pair that counts, given what is stored and what the user's Secret
// holds: what stems from an earlier authorization does not, and an access token
// that the user has supplied since goes before the stored one.
func (t *storedToken) with(a authorization) storedToken {
	if t.source != a.source() {
		return storedToken{
			Token:  webex.Token{AccessToken: a.accessToken, RefreshToken: a.refreshToken, ExpiresAt: a.expiresAt},
			source: a.source(),
		}
	}
	current := *t
	if a.accessToken != "" && a.seed() != t.seed {
		current.AccessToken, current.ExpiresAt, current.issuedAt = a.accessToken, a.expiresAt, time.Time{}
	}
	return current
}

// seed is a digest of the user's access token; empty if there is none.
func (a authorization) seed() string {
	if a.accessToken == "" {
		return ""
	}
	return digest("seed", a.accessToken)
}

// keep makes the user an owner of the stored pair that it uses. It matters
// when the other owners go, not to this run.
func (t *refreshingTokens) keep(ctx context.Context, stored storedToken) error {
	if stored.source != t.current.source || t.store.keeps() {
		return nil
	}
	err := t.store.write(ctx, stored)
	if err != nil && !errors.Is(err, errChanged) {
		log.FromContext(ctx).Info("a customer could not become an owner of the tokens that it uses", "secret", t.store.name, "reason", err.Error())
		return nil
	}
	return err
}

// reread fails if the user's Secret has changed since it was read, and takes over
// what it holds now: an old copy must not replace tokens of new credentials.
func (t *refreshingTokens) reread(ctx context.Context) error {
	before := t.credentials
	c, err := t.provider.readCredentials(ctx, t.store.user, before.field)
	if err != nil {
		return err
	}
	if t.credentials = c; c.resourceVersion != before.resourceVersion {
		return errChanged
	}
	return nil
}

// refusedTokens is the cause of a failure of tokens: what was refused, with the remedy.
type refusedTokens struct {
	what  string
	cause error
}

func (r refusedTokens) Error() string {
	if r.cause == nil {
		return r.what
	}
	return r.cause.Error()
}

func (r refusedTokens) Unwrap() error { return r.cause }

// refusal is the failure of credentials with which nothing more can be done.
func (t *refreshingTokens) refusal(err error) error {
	what := t.current.refusalMessage(t.version())
	f := failures.Auth(v1alpha1.ReasonCredentialsRejected, "%s; nothing is tried before the Secret changes", what)
	f.Err = refusedTokens{what, err}
	if e, ok := webex.AsError(err); ok {
		f.TrackingID = e.TrackingID
	}
	return f
}

// refusalMessage joins what was refused for a version of the user's Secret.
func (t *storedToken) refusalMessage(version string) string {
	message := "Webex refused the access token, and there is none to replace it by"
	if t.refresh.version == version && t.refresh.message != "" {
		message = t.refresh.message
	}
	if t.app.version == version && t.app.message != "" {
		if t.RefreshToken == "" {
			return t.app.message
		}
		message += "; " + t.app.message
	}
	return message
}

// standing is the denial after which nothing is tried any more; nil if there is none.
func (t *refreshingTokens) standing() *StandingRefusal {
	c := t.circumstances("")
	at := later(t.current.refresh.at, t.current.app.at)
	if c.canRefresh(&t.current) || c.canAsk(&t.current) || at.IsZero() {
		return nil
	}
	return &StandingRefusal{At: at, Message: t.current.refusalMessage(c.version), UsableUntil: t.current.ExpiresAt}
}
