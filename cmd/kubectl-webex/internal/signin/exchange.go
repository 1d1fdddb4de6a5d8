package signin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// Tokens are what the code was good for. They print and marshal as [redacted].
type Tokens struct {
	Access, Refresh string
	// ExpiresAt is the end of the access token; zero if Webex does not say.
	ExpiresAt time.Time
	// Scopes are those that were granted; nil if Webex does not say.
	Scopes []string
}

const hidden = "[redacted]"

// Format hides the tokens, whatever the verb.
func (t Tokens) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, hidden) }

// MarshalJSON hides the tokens.
func (t Tokens) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// ErrDenied says that the person, or an administrator for them, did not consent.
var ErrDenied = errors.New("consent was denied in the browser: sign in again with a person who may give it, an administrator of the organization")

// faultf makes an error that begins with a name.
func faultf(format string, args ...any) error { return fmt.Errorf(format, args...) }

// refusal is the error that Webex sent in place of a code. What it wrote is not repeated.
func (f *Flow) refusal(code string) error {
	switch code {
	case "access_denied":
		return ErrDenied
	case "invalid_scope":
		return fmt.Errorf("the integration may not ask for what is needed: register these scopes for it at developer.webex.com, and sign in again: %s", strings.Join(f.oauth.Scopes, " "))
	case "invalid_request", "unauthorized_client", "unsupported_response_type":
		return faultf("Webex does not let this integration sign in (%s): see its page at developer.webex.com, and that %s is a redirect URI of it", code, f.oauth.RedirectURL)
	case "server_error", "temporarily_unavailable":
		return faultf("Webex cannot sign in now (%s): try again later", code)
	}
	return faultf("Webex sent the browser back with an error and no code: sign in again")
}

// exchange asks once: a code is good once, whatever became of the answer.
func (f *Flow) exchange(ctx context.Context, code string) (Tokens, error) {
	client := *f.config.HTTP
	// A redirect would take code and client secret along.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	answer, err := f.oauth.Exchange(context.WithValue(ctx, oauth2.HTTPClient, &client), code, oauth2.VerifierOption(f.verifier))
	switch {
	case ctx.Err() != nil:
		return Tokens{}, context.Cause(ctx)
	case err != nil:
		return Tokens{}, explain(err)
	case answer.RefreshToken == "":
		return Tokens{}, faultf("Webex gave no refresh token with the access token: see that the client id is that of an integration")
	}
	t := Tokens{Access: answer.AccessToken, Refresh: answer.RefreshToken}
	if answer.ExpiresIn > 0 {
		t.ExpiresAt = f.config.Now().Add(time.Duration(answer.ExpiresIn) * time.Second)
	}
	if scope, _ := answer.Extra("scope").(string); scope != "" {
		t.Scopes = strings.Fields(scope)
	}
	return t, nil
}

// explain says what to do, and repeats nothing of an answer.
func explain(err error) error {
	if refused, is := errors.AsType[*oauth2.RetrieveError](err); is && refused.Response != nil {
		status := refused.Response.StatusCode
		switch {
		case refused.ErrorCode == "invalid_client", status == http.StatusUnauthorized, status == http.StatusForbidden:
			return faultf("Webex refused the client id or the client secret: take both from the integration's page at developer.webex.com")
		case status == http.StatusBadRequest:
			return faultf("Webex does not take the code that the browser brought: it is good once, for a few minutes, and in this sign-in only: sign in again")
		}
		return faultf("Webex answered %d in place of tokens: sign in again later, and see --base-url and --proxy", status)
	}
	if away, is := errors.AsType[*url.Error](err); is {
		return faultf("Webex was not reached: %w: sign in again; see --base-url, --proxy, and --ca-bundle-file where TLS is inspected", away.Err)
	}
	return errors.New("what Webex answered in place of tokens cannot be read: see --base-url, and sign in again")
}
