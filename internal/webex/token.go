package webex

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
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

// RefreshRequest asks for a new access token. It prints as [redacted].
type RefreshRequest struct {
	// BaseURL is the REST base; empty means [DefaultBaseURL].
	BaseURL string
	// HTTP carries the request; required.
	HTTP *http.Client
	// ClientID, ClientSecret and RefreshToken are those of the integration or service app; required.
	ClientID, ClientSecret, RefreshToken string
	// UserAgent is as in [Config].
	UserAgent string
	// Limiter is waited for before the request, if set.
	Limiter Limiter
	// Observe is called after the request, if set.
	Observe func(Call)
	// Now is the clock from which the expiry times count. Nil means [time.Now].
	Now func() time.Time
}

// Format hides the secrets, whatever the verb.
func (r RefreshRequest) Format(f fmt.State, _ rune) { redact(f) }

// MarshalJSON hides the secrets.
func (r RefreshRequest) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

const (
	refreshOperation = "refresh token"
	// maxTokenBody bounds the answer of the token endpoint; two tokens are a few kB.
	maxTokenBody = 256 << 10
)

// RefreshToken asks the token endpoint for a new access token. The request is sent once: an answer that got lost may
// have replaced the refresh token, so whether to try again is the caller's decision. No redirect is followed.
//
// HTTP 400, 401 and 403 mean that a person has to authorize again: [ClassAuth], [ErrRefreshRefused].
// https://developer.webex.com/docs/integrations, "Using the Refresh Token".
func RefreshToken(ctx context.Context, r RefreshRequest) (Token, error) {
	if r.BaseURL == "" {
		r.BaseURL = DefaultBaseURL
	}
	base, err := ParseBaseURL(r.BaseURL)
	if err != nil {
		return Token{}, err
	}
	if r.HTTP == nil {
		return Token{}, errors.New("no HTTP client: set RefreshRequest.HTTP")
	}
	if r.Now == nil {
		r.Now = time.Now //nolint:forbidigo // the default of the parameter
	}
	if r.UserAgent == "" {
		r.UserAgent = defaultUserAgent
	}
	if r.Observe == nil {
		r.Observe = func(Call) {}
	}
	token, e := r.send(ctx, base)
	if e != nil {
		return Token{}, e
	}
	return token, nil
}

// send posts the form and reports the call.
func (r *RefreshRequest) send(ctx context.Context, base *url.URL) (_ Token, failed *Error) {
	call := Call{Operation: refreshOperation, Method: http.MethodPost}
	began := r.Now()
	if r.Limiter != nil {
		if err := r.Limiter.Wait(ctx, refreshOperation); err != nil {
			return Token{}, budgetError(ctx, refreshOperation, err)
		}
		now := r.Now()
		call.Throttled, began = now.Sub(began), now
		defer func() { r.Limiter.Done(refreshOperation, failed) }()
	}
	defer func() {
		call.Duration = r.Now().Sub(began)
		if failed != nil {
			call.Class = failed.Class
		}
		r.Observe(call)
	}()

	target := *base
	target.Path += "/access_token"
	form := url.Values{
		"grant_type":    {"refresh_token"},
		"client_id":     {r.ClientID},
		"client_secret": {r.ClientSecret},
		"refresh_token": {r.RefreshToken},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target.String(), strings.NewReader(form.Encode()))
	if err != nil {
		return Token{}, networkError(ctx, refreshOperation, err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", r.UserAgent)
	client := confined(r.HTTP, base)
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(req)
	if err != nil {
		return Token{}, networkError(ctx, refreshOperation, err)
	}
	defer resp.Body.Close()
	call.Status = resp.StatusCode
	if e := checkResponse(refreshOperation, resp, r.Now()); e != nil {
		switch e.Status {
		case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden:
			e.Class, e.Err, e.again = ClassAuth, ErrRefreshRefused, false
		}
		return Token{}, e
	}
	return r.decode(ctx, resp)
}

// decode reads the answer of the token endpoint.
func (r *RefreshRequest) decode(ctx context.Context, resp *http.Response) (Token, *Error) {
	t := Token{RefreshToken: r.RefreshToken}
	now := r.Now()
	d := newDecoder()
	d.reset(resp.Body, maxTokenBody)
	err := d.document(func(name []byte) error {
		switch string(name) {
		case "access_token":
			return d.readString(&t.AccessToken)
		case "refresh_token":
			var s string
			if err := d.readString(&s); err != nil {
				return err
			}
			if s != "" {
				t.RefreshToken = s
			}
			return nil
		case "expires_in":
			return d.readExpiry(&t.ExpiresAt, now)
		case "refresh_token_expires_in":
			return d.readExpiry(&t.RefreshExpiresAt, now)
		}
		return d.skip()
	})
	if err == nil && t.AccessToken == "" {
		err = ErrMissingField
	}
	if err != nil {
		return Token{}, d.failure(ctx, refreshOperation, resp, err)
	}
	return t, nil
}
