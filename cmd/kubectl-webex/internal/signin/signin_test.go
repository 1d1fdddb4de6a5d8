package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

const callbackOperation, tokenOperation = "POST /authorize", "POST /access_token"

func TestAccepted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	back := w.visit(w.consent(true))
	if back.status != http.StatusSeeOther || back.header.Get("Location") != donePath || back.body != "" {
		t.Errorf("the callback answers %d %v %q", back.status, back.header, back.body)
	}
	tokens, err := w.flow.Tokens(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if tokens.Access == "" || tokens.Refresh == "" || !tokens.ExpiresAt.Equal(noon.Add(14*24*time.Hour)) || len(tokens.Scopes) != 2 {
		t.Errorf("ends %s, scopes %v", tokens.ExpiresAt, tokens.Scopes)
	}
	// A second tab of the same sign-in, and a page that is opened again.
	for _, address := range []string{w.flow.StartURL(), "http://" + w.flow.address + donePath} {
		if got := w.visit(address); got.status != http.StatusOK || !strings.Contains(got.body, "You may close this tab") {
			t.Errorf("%s answers %d %s", address, got.status, got.body)
		}
	}
	for _, query := range []string{"?code=another&state=" + w.flow.state, "?code=another&state=foreign", ""} {
		if got := w.visit(RedirectURI(w.port) + query); got.status != http.StatusSeeOther || got.header.Get("Location") != donePath {
			t.Errorf("a second callback answers %d %v", got.status, got.header)
		}
	}
	if n := w.sim.Requests(); n[callbackOperation] != 1 || n[tokenOperation] != 1 {
		t.Errorf("requests %v", n)
	}
	fmt.Fprintf(&w.shown, "%v %+v %#v %s", tokens, tokens, &tokens, tokens)
	encoded, err := json.Marshal(tokens)
	w.shown.Write(encoded)
	if w.clean(); err != nil {
		t.Error(err)
	}
	w.closed()
}

func TestDenied(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.visit(w.consent(false))
	if got := w.visit("http://" + w.flow.address + donePath); !strings.Contains(got.body, "Not signed in") {
		t.Error(got.body)
	}
	if _, err := w.flow.Tokens(t.Context()); !errors.Is(err, ErrDenied) {
		t.Error(err)
	}
	if n := w.sim.Requests()[tokenOperation]; n != 0 {
		t.Errorf("%d codes were exchanged", n)
	}
	w.closed()
}

// What another sign-in, another page or a half-typed address brings does not end the flow.
func TestForeignCallback(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := w.consent(true)
	for name, address := range map[string]string{
		"foreign state": swap(t, good, "state", "state-of-another-browser"), "no state": swap(t, good, "state", ""),
		"part of the state": swap(t, good, "state", w.flow.state[:10]), "two states": good + "&state=" + w.flow.state,
		"foreign denial": RedirectURI(w.port) + "?error=access_denied&state=foreign", "no code": swap(t, good, "code", ""), "two codes": good + "&code=another",
		"nothing": RedirectURI(w.port),
	} {
		got := w.visit(address)
		if got.status != http.StatusBadRequest || !strings.Contains(got.body, "The command still waits") {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
		if name != "two codes" && name != "two states" { // those come of an address with a good one
			if err := w.flow.Paste(address); err == nil {
				t.Errorf("%s can be pasted", name)
			} else {
				w.shown.WriteString(err.Error())
			}
		}
	}
	if got := w.visit("http://" + w.flow.address + donePath); got.status != http.StatusNotFound {
		t.Errorf("the last page answers %d before the end", got.status)
	}
	w.waits()
	w.visit(good)
	if _, err := w.flow.Tokens(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestForeignStateOfWebex(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, fault := range []webexsim.StateFault{webexsim.StateForeign, webexsim.StateMissing} {
		w.sim.SetOptions(func(o *webexsim.Options) { o.AuthorizeState = fault })
		if got := w.visit(w.consent(true)); got.status != http.StatusBadRequest {
			t.Errorf("%s state: %d", fault, got.status)
		}
	}
	w.waits()
}

func TestPasted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	back, err := w.sim.Decide(t.Context(), w.flow.Link(), true)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "yes", back[:len(RedirectURI(w.port))], "https://example.com/callback?code=1&state=" + w.flow.state, "%zz", strings.Replace(back, "127.0.0.1", "localhost", 1)} {
		if err := w.flow.Paste(text); err == nil || !strings.Contains(err.Error(), RedirectURI(w.port)) {
			t.Errorf("%d bytes of no address: %v", len(text), err)
		}
	}
	w.waits()
	if err := w.flow.Paste("  " + back + "\r\n"); err != nil {
		t.Error(err)
	}
	if _, err := w.flow.Tokens(t.Context()); err != nil {
		t.Error(err)
	}
	w.closed()
}

// What is wrong with a code or an integration shows when the code is exchanged.
func TestRefused(t *testing.T) {
	t.Parallel()
	rule := func(status int) func(*testing.T, *world) {
		return func(_ *testing.T, w *world) {
			w.sim.AddRule(webexsim.Rule{Operation: tokenOperation, Owner: "person-" + webexsim.StandardUUID, AfterService: true, Status: status, Times: 1})
			w.visit(w.consent(true))
		}
	}
	for name, c := range map[string]struct {
		change func(*webexsim.IntegrationSpec, *Config)
		do     func(*testing.T, *world)
		want   string
	}{
		"expired code": {do: func(_ *testing.T, w *world) {
			w.visit(w.consent(true))
			w.sim.Advance(10 * time.Minute)
		}, want: "Webex does not take the code"},
		"code of another verifier": {do: func(t *testing.T, w *world) {
			challenge := oauth2.S256ChallengeOption("another-verifier-of-the-length-that-the-method-asks-for")
			back, err := w.sim.Decide(t.Context(), w.flow.oauth.AuthCodeURL(w.flow.state, challenge), true)
			if err != nil {
				t.Fatal(err)
			}
			w.visit(back)
		}, want: "Webex does not take the code"},
		"wrong secret": {change: func(_ *webexsim.IntegrationSpec, c *Config) { c.ClientSecret = "wrong" }, do: func(_ *testing.T, w *world) {
			w.visit(w.consent(true))
		}, want: "Webex refused the client id or the client secret"},
		"scope that is not registered": {change: func(_ *webexsim.IntegrationSpec, c *Config) { c.Scopes = []string{webexsim.ScopeAudit} }, do: func(_ *testing.T, w *world) {
			w.visit(w.consent(true))
		}, want: "register these scopes for it at developer.webex.com, and sign in again: " + webexsim.ScopeAudit},
		"lost answer": {do: rule(502), want: "Webex answered 502 in place of tokens"},
		"overload":    {do: rule(429), want: "Webex answered 429 in place of tokens"},
		"unknown code": {do: func(_ *testing.T, w *world) {
			w.visit(RedirectURI(w.port) + "?error=secret-text&state=" + w.flow.state)
		}, want: "with an error and no code"},
		"no client": {do: func(_ *testing.T, w *world) {
			w.visit(RedirectURI(w.port) + "?error=unauthorized_client&state=" + w.flow.state)
		}, want: "is a redirect URI of it"},
		"no time": {do: func(_ *testing.T, w *world) {
			w.visit(RedirectURI(w.port) + "?error=server_error&state=" + w.flow.state)
		}, want: "try again later"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			change := c.change
			if change == nil {
				change = func(*webexsim.IntegrationSpec, *Config) {}
			}
			w := newWorld(t, change)
			c.do(t, w)
			w.fails(c.want)
			if n := w.sim.Requests()[tokenOperation]; n > 1 {
				t.Errorf("a code was exchanged %d times", n)
			}
			if strings.Contains(w.shown.String(), "secret-text") {
				t.Error("what Webex wrote is repeated")
			}
			w.closed()
		})
	}
}

// Webex shows an error and never comes back.
func TestRedirectNotRegistered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(s *webexsim.IntegrationSpec, _ *Config) { s.RedirectURIs = []string{"http://127.0.0.1:1/callback"} })
	if back, err := w.sim.Decide(t.Context(), w.flow.Link(), true); err == nil {
		t.Errorf("sent to %q", back)
	}
	w.waits()
	w.closed()
}

// What is no Webex gets the code at most once, and none of what it says is repeated.
func TestStrangeTokenEndpoint(t *testing.T) {
	t.Parallel()
	var elsewhere int
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	t.Cleanup(other.Close)
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"page":    {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>hush-hush")) }, "cannot be read"},
		"refusal": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "hush-hush", http.StatusBadRequest) }, "does not take the code"},
		"no refresh token": {func(w http.ResponseWriter, _ *http.Request) {
			writeJSON(w, `{"access_token":"hush-hush","expires_in":10}`)
		}, "no refresh token"},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		}, "Webex answered 307"},
		"hang up": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "Webex was not reached"},
	} {
		var asked int
		webex := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked++
			c.answer(w, r)
		}))
		w := newWorld(t, func(_ *webexsim.IntegrationSpec, config *Config) {
			config.BaseURL, config.HTTP = webex.URL+"/", webex.Client()
		})
		w.visit(RedirectURI(w.port) + "?code=hush-hush&state=" + w.flow.state)
		w.fails(c.want)
		if webex.Close(); asked != 1 || elsewhere != 0 || strings.Contains(w.shown.String(), "hush-hush") {
			t.Errorf("%s: asked %d times, elsewhere %d times, %s", name, asked, elsewhere, w.shown.String())
		}
		w.closed()
	}
}

func writeJSON(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(text))
}

// Ctrl-C and a person who takes too long leave nothing listening.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := w.flow.Tokens(ctx)
		ended <- err
	}()
	interrupted := errors.New("interrupted")
	cancel(interrupted)
	if err := <-ended; !errors.Is(err, interrupted) {
		t.Error(err)
	}
	w.closed()
	w.listen(w.flow.config) // the port is free
}

func TestLink(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u, err := url.Parse(w.flow.Link())
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	for name, want := range map[string]string{
		"client_id": "C0ffee", "response_type": "code", "redirect_uri": RedirectURI(w.port), "scope": webexsim.ScopeLicenses + " " + webexsim.ScopePeople, "code_challenge_method": "S256",
	} {
		if q.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, q.Get(name), want)
		}
	}
	if len(q.Get("state")) < 26 || len(w.flow.verifier) < 43 || strings.Contains(u.RawQuery, w.flow.verifier) || strings.Contains(u.RawQuery, "secret") {
		t.Error("the link is too short of state or verifier, or has a secret in it")
	}
	other := newWorld(t)
	if other.flow.state == w.flow.state || other.flow.verifier == w.flow.verifier {
		t.Error("two sign-ins have the same state or verifier")
	}
}
