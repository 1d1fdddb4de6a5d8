package webex

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/webex-operator/webex-license-operator/internal/webex/wire"
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
func (t StaticToken) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// MarshalText hides the token.
func (t StaticToken) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// secret hides what embeds it in any output.
type secret struct{}

// Format hides the value, whatever the verb.
func (secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// MarshalJSON hides the value: to store a token, name its fields.
func (secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// Token is what the token endpoint returns. It prints and marshals as [redacted].
type Token struct {
	secret
	// AccessToken goes into the Authorization header.
	AccessToken string
	// RefreshToken is the one to use next time: the new one if the server sent one, else the old one.
	RefreshToken string
	// ExpiresAt and RefreshExpiresAt are when the two end; zero if the server did not say.
	ExpiresAt, RefreshExpiresAt time.Time
}

// TokenEndpoints are the calls that issue tokens. Each sends its request once: an answer that got lost may have
// replaced the refresh token, so whether to try again is the caller's decision. No redirect is followed.
type TokenEndpoints struct {
	// BaseURL, HTTP and UserAgent are as in [Config].
	BaseURL   string
	HTTP      *http.Client
	UserAgent string
	// Observe is called after a request, if set.
	Observe func(Call)
	// Now is the clock from which the expiry times count. Nil means [time.Now].
	Now func() time.Time
}

// RefreshGrant is what a refresh asks with. It prints as [redacted].
type RefreshGrant struct {
	secret
	// ClientID, ClientSecret and RefreshToken are those of the integration or service app; required.
	ClientID, ClientSecret, RefreshToken string
}

// maxTokenBody bounds the answer of the token endpoint; two tokens are a few kB.
const maxTokenBody = 256 << 10

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
		operation: "refresh token", path: []string{"access_token"},
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

func (t TokenEndpoints) ask(ctx context.Context, r tokenRequest) (token Token, _ error) {
	c, err := newClient(Config{BaseURL: t.BaseURL, HTTP: t.HTTP, UserAgent: t.UserAgent, Observe: t.Observe, Now: t.Now})
	if err != nil {
		return Token{}, err
	}
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	request := func() *http.Request {
		req := c.request(http.MethodPost, below(c.base, r.path), r.bearer)
		carry(req, r.contentType, r.body)
		return req
	}
	e := c.attempt(ctx, Call{Operation: r.operation}, request, func(resp *http.Response) *Error {
		e := checkResponse(r.operation, resp, c.cfg.Now())
		if e == nil {
			token, e = r.decode(ctx, resp, c.cfg.Now())
			return e
		}
		own := e.oauth || e.Class == ClassTerminal || e.Class == ClassAuth
		if own && slices.Contains(r.refused, e.Status) {
			e.Class, e.Err, e.Content = ClassAuth, r.refusal, ""
		}
		return e
	})
	if e != nil {
		return Token{}, e
	}
	return token, nil
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
func (r *tokenRequest) decode(ctx context.Context, resp *http.Response, now time.Time) (Token, *Error) {
	token := Token{RefreshToken: r.refreshToken}
	d := wire.NewDecoder()
	d.Reset(resp.Body, maxTokenBody)
	err := d.Document(func(name []byte) error {
		switch string(name) {
		case "access_token":
			return d.ReadString(&token.AccessToken)
		case "refresh_token":
			var s string
			if err := d.ReadString(&s); err != nil {
				return err
			}
			if s != "" {
				token.RefreshToken = s
			}
			return nil
		case "expires_in":
			return d.ReadExpiry(&token.ExpiresAt, now)
		case "refresh_token_expires_in":
			return d.ReadExpiry(&token.RefreshExpiresAt, now)
		}
		return d.Skip()
	})
	if err == nil && token.AccessToken == "" {
		err = wire.ErrMissing
	}
	if err != nil {
		return Token{}, decodingError(ctx, r.operation, resp, d, err)
	}
	return token, nil
}
