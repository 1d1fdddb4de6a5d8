package webexsim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// callAPI sends a JSON body to a path under /v1.
func callAPI(t *testing.T, s *Server, method, token, path, body string) answer {
	t.Helper()
	a, err := trySend(s, method, token, path, body)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func trySend(s *Server, method, token, path, body string) (answer, error) {
	r, err := http.NewRequest(method, s.URL()+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return send(s, r)
}

// postApp asks for a token of a service app.
func postApp(t *testing.T, s *Server, caller string, app ServiceApp, organization string) (answer, tokenReply) {
	t.Helper()
	body := fmt.Sprintf(`{"clientId":%q,"clientSecret":%q,"targetOrgId":%q}`, app.ClientID, app.ClientSecret, EncodeID(kindOrganization, organization))
	a := callAPI(t, s, http.MethodPost, caller, "/applications/"+app.ID+"/token", body)
	var reply tokenReply
	if err := json.Unmarshal([]byte(a.body), &reply); err != nil {
		t.Fatalf("%s: %v", a.body, err)
	}
	return a, reply
}

// newApp registers an app that the standard organization authorized, and a caller "boot".
func newApp(s *Server) ServiceApp {
	s.IssueToken(TokenSpec{Organization: "developer", Access: "boot", Scopes: []string{ScopeApplicationsToken}, NoRole: true})
	return s.AddServiceApp(ServiceAppSpec{Organizations: []string{StandardUUID}})
}

func TestServiceAppToken(t *testing.T) {
	t.Parallel()
	s, _ := start(t, Options{}, StandardOrganization())
	s.AddOrganization(OverAssignedOrganization())
	app := newApp(s)

	a, first := postApp(t, s, "boot", app, StandardUUID)
	if a.status != 200 || first.ExpiresIn != 1209600 || first.RefreshTokenExpiresIn != 7776000 || first.TokenType != "Bearer" || first.RefreshToken == "" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a := get(t, s, first.AccessToken, "/licenses"); a.status != 200 {
		t.Errorf("the app's token answers %d", a.status)
	}
	s.Advance(2 * day)
	pair := Token{ClientID: app.ClientID, ClientSecret: app.ClientSecret, Refresh: first.RefreshToken}
	if status, next, body := postForm(t, s, refreshForm(pair)); status != 200 || next.AccessToken == first.AccessToken {
		t.Errorf("refresh: %d %s", status, body)
	}
	if got := s.OrganizationRequests(StandardUUID)["POST /applications/{id}/token"]; got != 1 {
		t.Errorf("%d requests for a token were counted, want 1", got)
	}

	// The administrator takes the authorization back, then gives it again.
	if err := s.DeauthorizeServiceApp(app.ID, StandardUUID); err != nil {
		t.Fatal(err)
	}
	if a, _ := postApp(t, s, "boot", app, StandardUUID); a.status != 403 {
		t.Errorf("deauthorized: %d %s", a.status, a.body)
	}
	if a := get(t, s, first.AccessToken, "/licenses"); a.status != 401 {
		t.Errorf("the token of a deauthorized app answers %d", a.status)
	}
	if status, _, body := postForm(t, s, refreshForm(pair)); status != 400 {
		t.Errorf("refresh of a deauthorized app: %d %s", status, body)
	}
	if err := s.AuthorizeServiceApp(app.ClientID, StandardUUID); err != nil {
		t.Fatal(err)
	}
	if a, reply := postApp(t, s, "boot", app, StandardUUID); a.status != 200 || get(t, s, reply.AccessToken, "/licenses").status != 200 {
		t.Errorf("authorized again: %d %s", a.status, a.body)
	}
	if get(t, s, first.AccessToken, "/licenses").status != 401 {
		t.Error("a token that was dead is good again")
	}
	if token, err := s.IssueServiceAppToken(app.ID, StandardUUID); err != nil || get(t, s, token.Access, "/licenses").status != 200 {
		t.Errorf("the portal's token: %v", err)
	}
	if _, err := s.IssueServiceAppToken(app.ID, OverAssignedUUID); err == nil {
		t.Error("the portal shows a token of an organization that did not authorize the app")
	}
	for _, err := range []error{s.AuthorizeServiceApp("none", StandardUUID), s.DeauthorizeServiceApp("none", StandardUUID)} {
		if err == nil {
			t.Error("an unknown app is no error")
		}
	}
}

func TestServiceAppTokenRefusals(t *testing.T) {
	t.Parallel()
	s, _ := start(t, Options{}, StandardOrganization())
	app := newApp(s)
	change := func(f func(*ServiceApp)) ServiceApp {
		changed := app
		f(&changed)
		return changed
	}
	for _, c := range []struct {
		name, caller string
		app          ServiceApp
		organization string
		status       int
	}{
		{"no caller", "", app, StandardUUID, 401},
		{"unknown caller", "nonsense", app, StandardUUID, 401},
		{"caller without the scope", "t", app, StandardUUID, 403},
		{"not authorized", "boot", app, OverAssignedUUID, 403},
		{"no such app", "boot", change(func(a *ServiceApp) { a.ID = EncodeID(kindApplication, "Cdead") }), StandardUUID, 404},
		{"wrong secret", "boot", change(func(a *ServiceApp) { a.ClientSecret = "x" }), StandardUUID, 401},
		{"wrong client", "boot", change(func(a *ServiceApp) { a.ClientID = "x" }), StandardUUID, 401},
		{"missing secret", "boot", change(func(a *ServiceApp) { a.ClientSecret = "" }), StandardUUID, 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, _ := postApp(t, s, c.caller, c.app, c.organization)
			if a.status != c.status {
				t.Errorf("status %d, want %d: %s", a.status, c.status, a.body)
			}
			if c.app.ClientID == app.ClientID && c.app.ClientSecret == app.ClientSecret { // else 401 is about the app's credentials, and says so
				checkReply(t, a)
			}
		})
	}
	path := "/applications/" + app.ID + "/token"
	for name, body := range map[string]string{
		"no body": "", "no JSON": "grant_type=x", "no organization": `{"clientId":"a","clientSecret":"b"}`,
		"organization by name": `{"clientId":"a","clientSecret":"b","targetOrgId":"Standard"}`,
		"too long":             `{"clientId":"` + strings.Repeat("a", bodyLimit) + `"}`,
	} {
		if a := callAPI(t, s, http.MethodPost, "boot", path, body); a.status != 400 {
			t.Errorf("%s: status %d: %s", name, a.status, a.body)
		}
	}
	if a := get(t, s, "boot", path); a.status != 405 {
		t.Errorf("GET: %d", a.status)
	}
	s.SetOptions(func(o *Options) { o.OmitErrors = true })
	if a, _ := postApp(t, s, "boot", app, OverAssignedUUID); a.status != 403 || strings.Contains(a.body, "errors") {
		t.Errorf("errors are not omitted: %s", a.body)
	}
}

func TestGovernment(t *testing.T) {
	t.Parallel()
	s, _ := start(t, Options{Government: true}, StandardOrganization())
	app := newApp(s)
	if a, _ := postApp(t, s, "boot", app, StandardUUID); a.status != 404 {
		t.Errorf("the government cloud issues tokens of service apps: %d %s", a.status, a.body)
	}
	lifetime := func() int {
		t.Helper()
		token := s.IssueToken(TokenSpec{Organization: StandardUUID, WithRefresh: true})
		s.RevokeToken(token.Access) // so that the refresh issues another one
		_, reply, _ := postForm(t, s, refreshForm(token))
		return reply.RefreshTokenExpiresIn
	}
	if got := lifetime(); got != 60*24*3600 {
		t.Errorf("a refresh token lives %d s, want 60 days", got)
	}
	s.SetOptions(func(o *Options) { o.Government = false })
	if got := lifetime(); got != 90*24*3600 {
		t.Errorf("a refresh token of the commercial cloud lives %d s, want 90 days", got)
	}
	s.SetOptions(func(o *Options) { o.Government, o.RefreshTokenLifetime = true, day })
	if got := lifetime(); got != 24*3600 {
		t.Errorf("a refresh token lives %d s, want the day that was asked for", got)
	}
}

func TestControlServiceApps(t *testing.T) {
	t.Parallel()
	s, _ := start(t, Options{}, StandardOrganization())
	s.IssueToken(TokenSpec{Organization: "developer", Access: "boot", Scopes: []string{ScopeApplicationsToken}})
	status, body := control(t, s, http.MethodPost, "/applications", `{}`)
	var app ServiceApp
	if err := json.Unmarshal([]byte(body), &app); err != nil || status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	at := "/applications/" + app.ID + "/organizations/" + StandardUUID
	ask := func() int { a, _ := postApp(t, s, "boot", app, StandardUUID); return a.status }
	if got := ask(); got != 403 {
		t.Errorf("before: %d", got)
	}
	if status, body := control(t, s, http.MethodPut, at, ""); status != 204 || ask() != 200 {
		t.Errorf("authorize: %d %s", status, body)
	}
	if status, body := control(t, s, http.MethodPost, at, ""); status != 200 || !strings.Contains(body, `"refreshToken"`) {
		t.Errorf("the portal's token: %d %s", status, body)
	}
	if status, body := control(t, s, http.MethodGet, "/applications", ""); status != 200 || !strings.Contains(body, StandardUUID) {
		t.Errorf("list: %d %s", status, body)
	}
	if status, body := control(t, s, http.MethodDelete, at, ""); status != 204 || ask() != 403 {
		t.Errorf("deauthorize: %d %s", status, body)
	}
	if status, _ := control(t, s, http.MethodPut, "/applications/none/organizations/x", ""); status != 404 {
		t.Errorf("unknown app: %d", status)
	}
	if status, _ := control(t, s, http.MethodPost, "/applications", `{"name": "x"}`); status != 400 {
		t.Errorf("wrong member: %d", status)
	}
}
