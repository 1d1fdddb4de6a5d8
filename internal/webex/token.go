package webex

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// TokenSource supplies access tokens. It is used by several requests at once. Errors that are no [*Error] come back
// from the client's calls as they are, wrapped.
type TokenSource interface {
	// Token returns the current access token.
	Token(ctx context.Context) (string, error)
	// Refresh is called after HTTP 401 for the token rejected. It returns another token, or an [*Error] of
	// [ClassAuth] if there is none to be had. The client calls it for one request at a time.
	Refresh(ctx context.Context, rejected string) (string, error)
}

// hidden stands for a secret in any output.
const hidden = "[redacted]"

// StaticToken is an access token that cannot be refreshed. Blanks and line breaks around it do not count.
type StaticToken string

// Token returns the token.
func (t StaticToken) Token(context.Context) (string, error) { return strings.TrimSpace(string(t)), nil }

// Refresh returns an [*Error] of [ClassAuth].
func (t StaticToken) Refresh(context.Context, string) (string, error) {
	return "", &Error{Class: ClassAuth, Operation: "refresh token", Status: http.StatusUnauthorized}
}

// Format hides the token, whatever the verb.
func (t StaticToken) Format(f fmt.State, _ rune) { redact(f) }

// MarshalText hides the token.
func (t StaticToken) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// Token is what the token endpoint returns. It prints and marshals as [redacted].
type Token struct {
	// AccessToken goes into the Authorization header.
	AccessToken string
	// RefreshToken is the one to use next time: the new one if the server sent one, else the old one.
	RefreshToken string
	// ExpiresAt and RefreshExpiresAt are when the two end; zero if the server did not say.
	ExpiresAt, RefreshExpiresAt time.Time
}

// String hides the token.
func (t Token) String() string { return hidden }

// GoString hides the token.
func (t Token) GoString() string { return hidden }

// Format hides the token, whatever the verb.
func (t Token) Format(f fmt.State, _ rune) { redact(f) }

// MarshalJSON hides the token: to store one, name its fields.
func (t Token) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

func redact(w io.Writer) { _, _ = io.WriteString(w, hidden) }

// TokenEndpoints are the calls that issue tokens. Each sends its request once: an answer that got lost may have
// replaced the refresh token, so whether to try again is the caller's decision. No redirect is followed.
type TokenEndpoints struct {
	// BaseURL is the REST base; empty means [DefaultBaseURL].
	BaseURL string
	// HTTP carries the requests; required.
	HTTP *http.Client
	// UserAgent is as in [Config].
	UserAgent string
	// Limiter is waited for before a request, if set.
	Limiter Limiter
	// Observe is called after a request, if set.
	Observe func(Call)
	// Now is the clock from which the expiry times count. Nil means [time.Now].
	Now func() time.Time
}

// RefreshGrant is what a refresh asks with. It prints as [redacted].
type RefreshGrant struct {
	// ClientID, ClientSecret and RefreshToken are those of the integration or service app; required.
	ClientID, ClientSecret, RefreshToken string
}

// Format hides the secrets, whatever the verb.
func (g RefreshGrant) Format(f fmt.State, _ rune) { redact(f) }

// MarshalJSON hides the secrets.
func (g RefreshGrant) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

const (
	refreshOperation = "refresh token"
	// maxTokenBody bounds the answer of the token endpoint; two tokens are a few kB.
	maxTokenBody = 256 << 10
)

// Refresh asks the token endpoint for a new access token.
//
// HTTP 400, 401 and 403 mean that a person has to authorize again: [ClassAuth], [ErrRefreshRefused]. An answer of
// another form with such a status is a proxy's, for example, and says nothing about the token: [ClassTransient].
// https://developer.webex.com/docs/integrations, "Using the Refresh Token".
func (t TokenEndpoints) Refresh(ctx context.Context, g RefreshGrant) (Token, error) {
	form := url.Values{
		"grant_type":    {"refresh_token"},
		"client_id":     {g.ClientID},
		"client_secret": {g.ClientSecret},
		"refresh_token": {g.RefreshToken},
	}
	return t.ask(ctx, tokenRequest{
		operation: refreshOperation, path: []string{"access_token"},
		contentType: "application/x-www-form-urlencoded", body: form.Encode(),
		refused:      []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden},
		refusal:      ErrRefreshRefused,
		refreshToken: g.RefreshToken,
	})
}

// tokenRequest is one request for tokens.
type tokenRequest struct {
	operation, contentType, body string
	// path are the segments below the base, unescaped.
	path []string
	// bearer is the access token to send; none if empty.
	bearer string
	// refused are the statuses by which the endpoint refuses the credentials, and refusal is the cause that they mean.
	refused []int
	refusal error
	// refreshToken is the one to keep if the answer has none.
	refreshToken string
}

func (t TokenEndpoints) ask(ctx context.Context, r tokenRequest) (Token, error) {
	if t.BaseURL == "" {
		t.BaseURL = DefaultBaseURL
	}
	base, err := ParseBaseURL(t.BaseURL)
	if err != nil {
		return Token{}, err
	}
	if t.HTTP == nil {
		return Token{}, errors.New("no HTTP client: set TokenEndpoints.HTTP")
	}
	if t.Now == nil {
		t.Now = time.Now //nolint:forbidigo // the default of the parameter
	}
	if t.UserAgent == "" {
		t.UserAgent = defaultUserAgent
	}
	if t.Observe == nil {
		t.Observe = func(Call) {}
	}
	token, e := t.send(ctx, base, &r)
	if e != nil {
		return Token{}, e
	}
	return token, nil
}

// send posts the request and reports the call.
func (t *TokenEndpoints) send(ctx context.Context, base *url.URL, r *tokenRequest) (_ Token, failed *Error) {
	call := Call{Operation: r.operation, Method: http.MethodPost}
	began := t.Now()
	if t.Limiter != nil {
		if err := t.Limiter.Wait(ctx, r.operation); err != nil {
			return Token{}, budgetError(ctx, r.operation, err)
		}
		now := t.Now()
		call.Throttled, began = now.Sub(began), now
		defer func() { t.Limiter.Done(r.operation, failed) }()
	}
	defer func() {
		call.Duration = t.Now().Sub(began)
		if failed != nil {
			call.Class = failed.Class
		}
		t.Observe(call)
	}()

	req, err := http.NewRequestWithContext(ctx, http.MethodPost, below(base, r.path).String(), strings.NewReader(r.body))
	if err != nil {
		return Token{}, networkError(ctx, r.operation, err)
	}
	req.Header.Set("Content-Type", r.contentType)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", t.UserAgent)
	if r.bearer != "" {
		req.Header.Set("Authorization", "Bearer "+r.bearer)
	}
	client := confined(t.HTTP, base)
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(req)
	if err != nil {
		return Token{}, networkError(ctx, r.operation, err)
	}
	defer resp.Body.Close()
	call.Status = resp.StatusCode
	if e := checkResponse(r.operation, resp, t.Now()); e != nil {
		own := e.oauth || e.Class == ClassTerminal || e.Class == ClassAuth
		if own && slices.Contains(r.refused, e.Status) {
			e.Class, e.Err, e.Content = ClassAuth, r.refusal, ""
		}
		return Token{}, e
	}
	return t.decode(ctx, resp, r)
}

// below is the URL of a path below base.
func below(base *url.URL, segments []string) *url.URL {
	u := *base
	u.RawPath = u.EscapedPath()
	for _, segment := range segments {
		u.Path += "/" + segment
		u.RawPath += "/" + url.PathEscape(segment)
	}
	return &u
}

// decode reads an answer with tokens.
func (t *TokenEndpoints) decode(ctx context.Context, resp *http.Response, r *tokenRequest) (Token, *Error) {
	token := Token{RefreshToken: r.refreshToken}
	now := t.Now()
	d := newDecoder()
	d.reset(resp.Body, maxTokenBody)
	err := d.document(func(name []byte) error {
		switch string(name) {
		case "access_token":
			return d.readString(&token.AccessToken)
		case "refresh_token":
			var s string
			if err := d.readString(&s); err != nil {
				return err
			}
			if s != "" {
				token.RefreshToken = s
			}
			return nil
		case "expires_in":
			return d.readExpiry(&token.ExpiresAt, now)
		case "refresh_token_expires_in":
			return d.readExpiry(&token.RefreshExpiresAt, now)
		}
		return d.skip()
	})
	if err == nil && token.AccessToken == "" {
		err = ErrMissingField
	}
	if err != nil {
		return Token{}, d.failure(ctx, r.operation, resp, err)
	}
	return token, nil
}
