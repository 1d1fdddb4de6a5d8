package access

import (
	"context"
	"errors"
	"time"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// ErrRenewalNeeded says that credentials were not tried: there is no access token
// at hand, and to get one would use up a refresh token.
var ErrRenewalNeeded = errors.New("there is no access token at hand, and getting one would use up the refresh token")

// Renewal is what a probe does about tokens that it has to renew. Webex may replace
// a refresh token when it is used, and the answer has the only good one then.
type Renewal struct {
	// Before is asked before a refresh token is used; its error ends the probe.
	Before func(ctx context.Context) error
	// Keep is given the new values of keys of the Secret, before they are used. Its
	// context does not end when the probe's does.
	Keep func(ctx context.Context, values map[string]string) error
}

// Probing makes the session one of a probe: it uses the access token at hand, and without
// a renewal it renews none.
func (s *Session) Probing(renewal *Renewal) {
	tokens, ok := s.Tokens.(*refreshingTokens)
	if !ok {
		return
	}
	s.Tokens = &probeTokens{tokens, renewal}
	if caller, ok := tokens.caller.(*refreshingTokens); ok {
		tokens.caller = &probeTokens{caller, renewal}
	}
}

// probeTokens uses the access token at hand: that of the user's Secret, or the one
// that the operator has got by it. They are renewed outside of the operator's store,
// which belongs to customers that there are.
type probeTokens struct {
	*refreshingTokens
	renewal *Renewal
}

// Token returns the access token at hand, or a new one if that has ended.
func (p *probeTokens) Token(ctx context.Context) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.loaded {
		stored, err := p.store.load(ctx)
		if err != nil {
			return "", err
		}
		p.current, p.loaded = stored.with(p.authorization()), true
	}
	if !p.current.expired(p.provider.Clock.Now()) {
		return p.current.AccessToken, nil
	}
	return p.renew(ctx)
}

// Refresh replaces a token that Webex answered 401 to.
func (p *probeTokens) Refresh(ctx context.Context, rejected string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current.AccessToken != rejected {
		return p.current.AccessToken, nil
	}
	return p.renew(ctx)
}

// renew is not cut short when the probe is: from the request on, the only valid
// refresh token may be on its way.
func (p *probeTokens) renew(ctx context.Context) (string, error) {
	if p.renewal == nil {
		return "", ErrRenewalNeeded
	}
	if err := p.renewal.Before(ctx); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), renewalTime)
	defer cancel()
	asking, stop := context.WithTimeout(ctx, exchangeTime)
	defer stop()
	answer, err := p.exchange(ctx, asking)
	if err != nil {
		return "", err
	}
	p.current.Token = answer
	return answer.AccessToken, nil
}

// exchange asks Webex for another pair, in the order of the operator, and has it kept.
func (p *probeTokens) exchange(ctx, asking context.Context) (webex.Token, error) {
	var refusal error
	if p.current.RefreshToken != "" {
		answer, err := p.useRefreshToken(asking)
		switch {
		case err == nil:
			return answer, p.renewal.Keep(ctx, p.values(answer))
		case p.caller == nil || webex.ClassOf(err) != webex.ClassAuth:
			return answer, err
		}
		refusal = err
	}
	if p.caller == nil {
		return webex.Token{}, refusal
	}
	// The pair is of one organization, and the Secret may be for several: the operator
	// asks for another one by itself.
	answer, err := p.askAsApp(asking)
	if webex.ClassOf(err) == webex.ClassAuth {
		err = failures.Auth(v1alpha1.ReasonCredentialsRejected, "%s", appRefusalMessage(p.credentials.secret, err))
	}
	return answer, err
}

// values are the new content of the Secret.
func (p *probeTokens) values(answer webex.Token) map[string]string {
	if p.bootstrap {
		return map[string]string{KeyBootstrapToken: answer.AccessToken, KeyBootstrapRefreshToken: answer.RefreshToken}
	}
	values := map[string]string{KeyAccessToken: answer.AccessToken, KeyRefreshToken: answer.RefreshToken, KeyAccessTokenExpiresAt: ""}
	if !answer.ExpiresAt.IsZero() {
		values[KeyAccessTokenExpiresAt] = answer.ExpiresAt.UTC().Format(time.RFC3339)
	}
	return values
}
