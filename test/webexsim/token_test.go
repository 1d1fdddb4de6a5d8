package webexsim

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// reply of the token endpoint.
type tokenReply struct {
	AccessToken           string `json:"access_token"`
	ExpiresIn             int    `json:"expires_in"`
	RefreshToken          string `json:"refresh_token"`
	RefreshTokenExpiresIn int    `json:"refresh_token_expires_in"`
	TokenType             string `json:"token_type"`
	Error, Message        string
	TrackingID            string
}

func postForm(t *testing.T, s *Server, form url.Values) (int, tokenReply, string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, s.URL()+"/access_token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	a, err := send(s, r)
	if err != nil {
		t.Fatal(err)
	}
	var reply tokenReply
	if err := json.Unmarshal([]byte(a.body), &reply); err != nil {
		t.Fatalf("%s: %v", a.body, err)
	}
	if a.status != 200 && reply.TrackingID != a.header.Get("Trackingid") {
		t.Errorf("tracking id %q, header %q", reply.TrackingID, a.header.Get("Trackingid"))
	}
	return a.status, reply, a.body
}

func refreshForm(token Token) url.Values {
	return url.Values{
		"grant_type": {"refresh_token"}, "client_id": {token.ClientID},
		"client_secret": {token.ClientSecret}, "refresh_token": {token.Refresh},
	}
}

func TestRefresh(t *testing.T) {
	for _, mode := range []RefreshMode{RefreshKeep, RefreshRotate, RefreshOmit} {
		t.Run(string(mode), func(t *testing.T) {
			clock := time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)
			s, _ := start(t, Options{RefreshMode: mode, Now: func() time.Time { return clock }}, StandardOrganization())
			token := s.IssueToken(TokenSpec{Organization: StandardUUID, WithRefresh: true})

			s.Advance(time.Hour) // too early for a new token
			status, again, _ := postForm(t, s, refreshForm(token))
			if status != 200 || again.AccessToken != token.Access || again.ExpiresIn != 14*24*3600-3600 {
				t.Errorf("early refresh: %d %+v", status, again)
			}
			s.Advance(7 * day)
			status, next, body := postForm(t, s, refreshForm(token))
			if status != 200 || next.AccessToken == token.Access || next.ExpiresIn != 1209600 || next.RefreshTokenExpiresIn != 7776000 || next.TokenType != "Bearer" {
				t.Errorf("refresh: %d %s", status, body)
			}
			if got := next.RefreshToken; (mode == RefreshOmit) != (got == "") || (mode == RefreshKeep) != (got == token.Refresh) {
				t.Errorf("refresh token %q, it was %q", got, token.Refresh)
			}
			if a := get(t, s, next.AccessToken, "/licenses"); a.status != 200 {
				t.Errorf("new token: %s", a.body)
			}
			s.Advance(8 * day)
			if a := get(t, s, token.Access, "/licenses"); a.status != 401 {
				t.Errorf("the first token still works after 15 days: %d", a.status)
			}
			status, _, _ = postForm(t, s, refreshForm(token))
			if want := map[bool]int{true: 400, false: 200}[mode == RefreshRotate]; status != want {
				t.Errorf("the first refresh token answers %d, want %d", status, want)
			}
		})
	}
}

func TestTokenRefusals(t *testing.T) {
	s, _ := start(t, Options{}, StandardOrganization())
	token := s.IssueToken(TokenSpec{Organization: StandardUUID, WithRefresh: true})
	change := func(name, value string) url.Values {
		form := refreshForm(token)
		form.Set(name, value)
		return form
	}
	code := url.Values{"grant_type": {"authorization_code"}, "client_id": {token.ClientID}, "client_secret": {token.ClientSecret}, "code": {"c"}, "redirect_uri": {"d"}}
	expired := s.IssueToken(TokenSpec{Organization: StandardUUID, WithRefresh: true, RefreshExpiresIn: -time.Hour})
	revoked := s.IssueToken(TokenSpec{Organization: StandardUUID, WithRefresh: true})
	s.RevokeRefreshToken(revoked.Refresh)
	for _, c := range []struct {
		name   string
		form   url.Values
		status int
		code   string
	}{
		{"wrong refresh token", change("refresh_token", "x"), 400, "invalid_grant"},
		{"expired", refreshForm(expired), 400, "invalid_grant"},
		{"revoked", refreshForm(revoked), 400, "invalid_grant"},
		{"wrong secret", change("client_secret", "x"), 401, "invalid_client"},
		{"wrong client", change("client_id", "x"), 401, "invalid_client"},
		{"missing secret", change("client_secret", ""), 400, "invalid_request"},
		{"other grant", change("grant_type", "password"), 400, "unsupported_grant_type"},
		{"code", code, 400, "invalid_grant"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.SetOptions(func(o *Options) { o.TokenErrorStyle = TokenErrorIdentity })
			if status, reply, body := postForm(t, s, c.form); status != c.status || reply.Error != c.code {
				t.Errorf("%d %s, want %d %s", status, body, c.status, c.code)
			}
			s.SetOptions(func(o *Options) { o.TokenErrorStyle = TokenErrorREST })
			if status, reply, body := postForm(t, s, c.form); status != c.status || reply.Message == "" {
				t.Errorf("%d %s, want %d", status, body, c.status)
			}
		})
	}
	if a := get(t, s, revoked.Access, "/licenses"); a.status != 401 {
		t.Errorf("revoking the refresh token left the access token: %d", a.status)
	}
	s.RevokeToken(token.Access)
	if status, reply, _ := postForm(t, s, refreshForm(token)); status != 200 || reply.AccessToken == token.Access {
		t.Errorf("refresh after the access token was revoked: %d %+v", status, reply)
	}
}
