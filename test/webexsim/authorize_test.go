package webexsim

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

const (
	callback = "http://127.0.0.1:8914/callback"
	verifier = "a-verifier-of-the-length-that-the-method-asks-for-0123456789"
)

// startIntegration has an integration "app" of which a person of the standard organization
// knows.
func startIntegration(t *testing.T, o Options) (*Server, Integration) {
	t.Helper()
	o.Now = noon
	s, _ := start(t, o, StandardOrganization())
	return s, s.AddIntegration(IntegrationSpec{
		Name: `Reports <of "licences">`, ClientID: "app", ClientSecret: "hush-hush", RedirectURIs: []string{"http://localhost:8914/", callback},
		Scopes: []string{ScopeLicenses, ScopePeople}, Organization: StandardUUID,
	})
}

// authorizeURL is the address of the page of consent, with some parameters changed; an empty one
// is left out.
func authorizeURL(s *Server, change url.Values) string {
	q := url.Values{
		"client_id": {"app"}, "response_type": {"code"}, "redirect_uri": {callback}, "scope": {ScopeLicenses + " " + ScopeAudit}, "state": {"my-state"},
		"code_challenge": {challengeOf(verifier)}, "code_challenge_method": {"S256"},
	}
	for name, values := range change {
		q[name] = values
		if values[0] == "" {
			q.Del(name)
		}
	}
	return s.URL() + "/authorize?" + q.Encode()
}

// decide presses a button and returns what the redirect says.
func decide(t *testing.T, s *Server, address string, accept bool) url.Values {
	t.Helper()
	redirect, err := s.Decide(t.Context(), address, accept)
	if err != nil {
		t.Fatal(err)
	}
	back, err := url.Parse(redirect)
	if err != nil || !strings.HasPrefix(redirect, callback+"?") {
		t.Fatalf("sent to %q, want %s: %v", redirect, callback, err)
	}
	return back.Query()
}

func codeForm(code string) url.Values {
	return url.Values{
		"grant_type": {codeGrant}, "client_id": {"app"}, "client_secret": {"hush-hush"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier},
	}
}

func TestConsent(t *testing.T) {
	t.Parallel()
	s, app := startIntegration(t, Options{})
	page := get(t, s, "", authorizeURL(s, nil))
	if page.status != 200 || !strings.HasPrefix(page.header.Get("Content-Type"), "text/html") || page.header.Get("Content-Security-Policy") == "" {
		t.Errorf("%d %v", page.status, page.header)
	}
	for _, want := range []string{
		`Reports &lt;of &#34;licences&#34;&gt;`, "<li>" + ScopeLicenses + "</li>", `value="accept">Accept</button>`, `value="deny">Deny</button>`, `action="/v1/authorize"`, StandardUUID,
	} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the page lacks %s:\n%s", want, page.body)
		}
	}
	for _, not := range []string{"<script", "src=", "href=", "<li>" + ScopeAudit, "<li>" + ScopePeople} {
		if strings.Contains(page.body, not) {
			t.Errorf("the page has %s:\n%s", not, page.body)
		}
	}

	back := decide(t, s, authorizeURL(s, nil), true)
	if back.Get("state") != "my-state" || back.Has("error") {
		t.Errorf("sent back with %v", back)
	}
	status, tokens, body := postForm(t, s, codeForm(back.Get("code")))
	if status != 200 || tokens.ExpiresIn != 1209600 || tokens.RefreshTokenExpiresIn != 7776000 || !strings.Contains(body, `"scope":"`+ScopeLicenses+`"`) {
		t.Fatalf("%d %s", status, body)
	}
	if a := get(t, s, tokens.AccessToken, "/licenses"); a.status != 200 {
		t.Errorf("licences: %d %s", a.status, a.body)
	}
	if a := get(t, s, tokens.AccessToken, "/people"); a.status != 403 {
		t.Errorf("people, which were not asked for: %d", a.status)
	}
	if record := s.RequestLog(); record[len(record)-1].Owner != app.Owner {
		t.Errorf("the tokens belong to %q, want %q", record[len(record)-1].Owner, app.Owner)
	}
	s.Advance(8 * day)
	refresh := url.Values{"grant_type": {"refresh_token"}, "client_id": {"app"}, "client_secret": {"hush-hush"}, "refresh_token": {tokens.RefreshToken}}
	if status, next, body := postForm(t, s, refresh); status != 200 || next.AccessToken == tokens.AccessToken {
		t.Errorf("refresh: %d %s", status, body)
	}
	want := map[string]int{"GET /authorize": 2, "POST /authorize": 1, operationToken: 2}
	for operation, n := range want {
		if got := s.Requests()[operation]; got != n {
			t.Errorf("%d of %s, want %d", got, operation, n)
		}
	}
	for _, secret := range []Sensitive{{SensitiveCode, back.Get("code")}, {SensitiveVerifier, verifier}, {SensitiveAccessToken, tokens.AccessToken}, {SensitiveClientSecret, "hush-hush"}} {
		if !known(s)[secret] {
			t.Errorf("%s is not in the list of secrets", secret.Kind)
		}
	}
}

func TestConsentRefused(t *testing.T) {
	t.Parallel()
	s, _ := startIntegration(t, Options{})
	for _, c := range []struct {
		name   string
		change url.Values
		accept bool
		code   string
	}{
		{"denied", nil, false, "access_denied"},
		{"another response", url.Values{"response_type": {"token"}}, true, "unsupported_response_type"},
		{"no scope", url.Values{"scope": {""}}, true, "invalid_scope"},
		{"a scope that is not registered", url.Values{"scope": {ScopeAudit}}, true, "invalid_scope"},
		{"a plain challenge", url.Values{"code_challenge_method": {"plain"}}, true, "invalid_request"},
		{"a challenge of no method", url.Values{"code_challenge_method": {""}}, true, "invalid_request"},
		{"a method of no challenge", url.Values{"code_challenge": {""}}, true, "invalid_request"},
	} {
		back := decide(t, s, authorizeURL(s, c.change), c.accept)
		if back.Get("error") != c.code || back.Get("state") != "my-state" || back.Has("code") {
			t.Errorf("%s: sent back with %v, want %s", c.name, back, c.code)
		}
	}
	// The browser stays where it is: the redirect URI may be an attacker's.
	for name, change := range map[string]url.Values{
		"unknown client": {"client_id": {"other"}}, "no client": {"client_id": {""}}, "no redirect": {"redirect_uri": {""}},
		"another port": {"redirect_uri": {"http://127.0.0.1:8915/callback"}}, "another path": {"redirect_uri": {callback + "/"}}, "another host": {"redirect_uri": {"http://localhost:8914/callback"}},
	} {
		if redirect, err := s.Decide(t.Context(), authorizeURL(s, change), true); err == nil || redirect != "" {
			t.Errorf("%s: sent to %q", name, redirect)
		}
		if page := get(t, s, "", authorizeURL(s, change)); page.status != 400 || !strings.Contains(page.body, "cannot be authorized") {
			t.Errorf("%s: %d %s", name, page.status, page.body)
		}
	}
}

func TestCodeRefused(t *testing.T) {
	t.Parallel()
	s, _ := startIntegration(t, Options{})
	s.AddIntegration(IntegrationSpec{ClientID: "other", ClientSecret: "other-secret", RedirectURIs: []string{callback}, Organization: StandardUUID})
	for _, c := range []struct {
		name   string
		change url.Values
		wait   time.Duration
		status int
		code   string
		dead   bool
	}{
		{"too late", nil, 10 * time.Minute, 400, "invalid_grant", true},
		{"another redirect", url.Values{"redirect_uri": {"http://localhost:8914/"}}, 0, 400, "invalid_grant", true},
		{"another verifier", url.Values{"code_verifier": {verifier + "x"}}, 0, 400, "invalid_grant", true},
		{"no verifier", url.Values{"code_verifier": {""}}, 0, 400, "invalid_grant", true},
		{"another client", url.Values{"client_id": {"other"}, "client_secret": {"other-secret"}}, 0, 400, "invalid_grant", false},
		{"unknown client", url.Values{"client_id": {"unknown"}}, 0, 401, "invalid_client", false},
		{"wrong secret", url.Values{"client_secret": {"wrong"}}, 0, 401, "invalid_client", false},
		{"unknown code", url.Values{"code": {"unknown"}}, 0, 400, "invalid_grant", false},
		{"no code", url.Values{"code": {""}}, 0, 400, "invalid_request", false},
		{"no redirect", url.Values{"redirect_uri": {""}}, 0, 400, "invalid_request", false},
	} {
		form := codeForm(decide(t, s, authorizeURL(s, nil), true).Get("code"))
		right := maps.Clone(form)
		maps.Copy(form, c.change)
		s.Advance(c.wait)
		if status, reply, body := postForm(t, s, form); status != c.status || reply.Error != c.code {
			t.Errorf("%s: %d %s, want %d %s", c.name, status, body, c.status, c.code)
		}
		if status, _, _ := postForm(t, s, right); (status == 200) == c.dead {
			t.Errorf("%s: the right request answers %d then", c.name, status)
		}
		if status, _, _ := postForm(t, s, right); status != 400 {
			t.Errorf("%s: the code is good twice: %d", c.name, status)
		}
	}
	plain := decide(t, s, authorizeURL(s, url.Values{"code_challenge": {""}, "code_challenge_method": {""}}), true).Get("code")
	if status, _, body := postForm(t, s, codeForm(plain)); status != 400 {
		t.Errorf("a verifier without a challenge: %d %s", status, body)
	}
}

func TestConsentSwitches(t *testing.T) {
	t.Parallel()
	s, _ := startIntegration(t, Options{CodeLifetime: time.Minute, AuthorizeState: StateForeign})
	for _, accept := range []bool{true, false} {
		if got := decide(t, s, authorizeURL(s, nil), accept).Get("state"); got == "" || got == "my-state" {
			t.Errorf("state %q, want a foreign one", got)
		}
	}
	s.SetOptions(func(o *Options) { o.AuthorizeState = StateMissing })
	if back := decide(t, s, authorizeURL(s, nil), true); back.Has("state") {
		t.Errorf("state %q, want none", back.Get("state"))
	}
	s.SetOptions(func(o *Options) { o.AuthorizeState = StateRight })
	code := decide(t, s, authorizeURL(s, nil), true).Get("code")
	s.Advance(time.Minute)
	if status, _, _ := postForm(t, s, codeForm(code)); status != 400 {
		t.Errorf("a code of a minute is good after a minute: %d", status)
	}
	code = decide(t, s, authorizeURL(s, nil), true).Get("code")
	s.Advance(time.Minute - time.Second)
	s.AddRule(Rule{Operation: operationToken, Owner: "person-" + StandardUUID, AfterService: true, Status: 502, Times: 1})
	if status, _, _ := postForm(t, s, codeForm(code)); status != 502 {
		t.Errorf("%d, want an answer that was lost", status)
	}
	if status, _, _ := postForm(t, s, codeForm(code)); status != 400 {
		t.Errorf("the code was used, and answers %d again", status)
	}
}

// A partner's tokens see the customers of the day of consent, and follow what changes.
func TestConsentOfPartner(t *testing.T) {
	t.Parallel()
	s, _ := startIntegration(t, Options{})
	s.AddOrganization(TwoSubscriptionOrganization())
	s.AddOrganization(OverAssignedOrganization())
	app := s.AddIntegration(IntegrationSpec{
		ClientID: "app", RedirectURIs: []string{callback}, Scopes: []string{ScopeOrganizations}, Organization: StandardUUID, Organizations: []string{OverAssignedUUID},
		Partner: true, Owner: partnerOwner,
	})
	s.AddCustomer(partnerOwner, TwoSubscriptionUUID)
	signIn := func() string {
		t.Helper()
		form := codeForm(decide(t, s, authorizeURL(s, url.Values{"scope": {ScopeOrganizations}}), true).Get("code"))
		if status, _, body := postForm(t, s, form); status != 401 {
			t.Errorf("the secret of the integration that was replaced: %d %s", status, body)
		}
		form.Set("client_secret", app.ClientSecret)
		_, tokens, _ := postForm(t, s, form)
		return tokens.AccessToken
	}
	access := signIn()
	if n := len(get(t, s, access, "/organizations").items(t)); n != 3 {
		t.Errorf("%d organizations, want 3", n)
	}
	s.RemoveCustomer(partnerOwner, TwoSubscriptionUUID)
	for _, access := range []string{access, signIn()} {
		if n := len(get(t, s, access, "/organizations").items(t)); n != 2 {
			t.Errorf("%d organizations, want 2", n)
		}
	}
}

func TestControlIntegrations(t *testing.T) {
	t.Parallel()
	s, _ := start(t, Options{}, StandardOrganization())
	for body, want := range map[string]int{
		`{"organization": "` + StandardUUID + `", "redirectURIs": ["` + callback + `"], "clientID": "app"}`: 200,
		`{"organization": "` + StandardUUID + `"}`:                                                          400,
		`{"organization": "unknown", "redirectURIs": ["` + callback + `"]}`:                                 404,
		`{"organisation": "x"}`: 400,
	} {
		if status, answer := control(t, s, http.MethodPost, "/integrations", body); status != want {
			t.Errorf("%s: %d %s, want %d", body, status, answer, want)
		}
	}
	if status, body := control(t, s, http.MethodGet, "/integrations", ""); status != 200 || !strings.Contains(body, callback) || len(s.Integrations()) != 1 {
		t.Errorf("%d %s", status, body)
	}
	if redirect, err := s.Decide(t.Context(), authorizeURL(s, nil), true); err != nil || !strings.Contains(redirect, "code=") {
		t.Errorf("%q, %v", redirect, err)
	}
}
