package webexsim

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// tokenError is one way in which the token endpoint refuses.
type tokenError struct {
	status            int
	code, description string
}

var (
	errInvalidClient = &tokenError{http.StatusUnauthorized, "invalid_client", "Invalid client credentials"}
	errInvalidCode   = &tokenError{
		http.StatusBadRequest, "invalid_grant",
		"The authorization code is expired, revoked, malformed or invalid.",
	}
	errInvalidRefresh = &tokenError{
		http.StatusBadRequest, "invalid_grant",
		"The refresh token provided is expired, revoked, malformed or invalid.",
	}
	errVerifier  = &tokenError{http.StatusBadRequest, "invalid_grant", "The code verifier does not match the code challenge."}
	errGrantType = &tokenError{http.StatusBadRequest, "unsupported_grant_type", "The grant type is not supported."}
)

// codeGrant is the grant type of a code.
const codeGrant = "authorization_code"

// operationToken is the token endpoint in counts and rules.
const operationToken = http.MethodPost + " /access_token"

// ruleTokenErrors is how the endpoint says what a rule's status says. Others come
// from in front of it, in the form of any endpoint.
var ruleTokenErrors = map[int]*tokenError{
	http.StatusBadRequest:   errInvalidRefresh,
	http.StatusUnauthorized: errInvalidClient,
	http.StatusForbidden:    {http.StatusForbidden, "access_denied", "The client is not authorized."},
}

// postAccessToken is POST /access_token.
func (c *call) postAccessToken() error {
	// Rules and counters had a look at the form already.
	answer, refused := c.s.tokens.exchange(c.r.PostForm, c.o, c.s.Now())
	if refused != nil {
		return c.refuseToken(refused)
	}
	return c.json(http.StatusOK, answer)
}

// exchange answers a grant.
func (t *tokens) exchange(form url.Values, o *Options, now time.Time) ([]byte, *tokenError) {
	kind := form.Get("grant_type")
	need := []string{"grant_type", "client_id", "client_secret", "refresh_token"}
	if kind == codeGrant {
		need = []string{"client_id", "client_secret", "code", "redirect_uri"}
	}
	for _, field := range need {
		if form.Get(field) == "" {
			return nil, &tokenError{http.StatusBadRequest, "invalid_request", "Missing required parameter: " + field}
		}
	}
	if kind != "refresh_token" && kind != codeGrant {
		return nil, errGrantType
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.clients[client{form.Get("client_id"), form.Get("client_secret")}] {
		return nil, errInvalidClient
	}
	if kind == codeGrant {
		return t.redeem(form, o, now)
	}
	g := t.refresh[form.Get("refresh_token")]
	if g == nil || g.spec.ClientID != form.Get("client_id") || !now.Before(g.refreshExpires) {
		return nil, errInvalidRefresh
	}
	return t.refreshed(g, o, now), nil
}

// redeem answers a code. It is dead after the first try of its client, whatever comes of it.
func (t *tokens) redeem(form url.Values, o *Options, now time.Time) ([]byte, *tokenError) {
	value, verifier := form.Get("code"), form.Get("code_verifier")
	t.remember(SensitiveVerifier, verifier)
	code := t.codes[value]
	if code == nil || code.integration.ClientID != form.Get("client_id") {
		return nil, errInvalidCode
	}
	delete(t.codes, value)
	switch {
	case !now.Before(code.expires), code.redirect != form.Get("redirect_uri"):
		return nil, errInvalidCode
	case challengeOf(verifier) != code.challenge:
		return nil, errVerifier
	}
	token := t.add(code.tokenSpec(), o, now)
	g := t.refresh[token.Refresh]
	b := appendTokens(nil, g.latest, token.Refresh, g.refreshExpires, now)
	return append(appendMember(b[:len(b)-1], "scope", strings.Join(code.scopes, " ")), '}'), nil
}

// challengeOf is the challenge of the method S256; none of no verifier.
func challengeOf(verifier string) string {
	if verifier == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// refreshed issues what a refresh answers.
func (t *tokens) refreshed(g *grant, o *Options, now time.Time) []byte {
	a := g.latest
	reused := !a.revoked && now.Before(a.expires) && now.Sub(a.issued) < o.ReuseTokenWithin
	if !reused {
		a = t.issue(g, "", now, o.AccessTokenLifetime)
		if !o.KeepRefreshEnd {
			g.refreshExpires = now.Add(o.RefreshTokenLifetime)
		}
		if o.RefreshMode == RefreshRotate {
			delete(t.refresh, g.refresh)
			g.refresh = t.secret("sim-refresh-")
			t.store(g)
		}
	}
	refresh := g.refresh
	if o.RefreshMode == RefreshOmit {
		refresh = ""
	}
	return appendTokens(nil, a, refresh, g.refreshExpires, now)
}

// refuseToken writes an error in the style that the options ask for.
func (c *call) refuseToken(e *tokenError) error {
	if c.o.TokenErrorStyle == TokenErrorREST {
		return c.fail(e.status, e.description)
	}
	b := append([]byte(nil), `{"error":`...)
	b = appendString(b, e.code)
	b = appendMember(b, "error_description", e.description)
	b = appendMember(b, "trackingID", c.tracking)
	return c.json(e.status, append(b, '}'))
}

// formSubject is the organization and the owner that a form is about, for counts and rules
// only.
func (t *tokens) formSubject(form url.Values) (organization, owner string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if g := t.refresh[form.Get("refresh_token")]; g != nil {
		return g.spec.Organization, g.spec.Owner
	}
	if code := t.codes[form.Get("code")]; code != nil {
		return code.integration.Organization, code.integration.Owner
	}
	if i := t.integrations[form.Get("client_id")]; i != nil {
		return i.Organization, i.Owner
	}
	return "", ""
}
