package webex

import (
	"compress/gzip"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/webex-operator/webex-license-operator/internal/webex/wire"
)

func TestNewChecksItsConfig(t *testing.T) {
	t.Parallel()
	for _, cfg := range []Config{
		{HTTP: &http.Client{}}, {Tokens: StaticToken("t")}, {BaseURL: "http://x", HTTP: &http.Client{}, Tokens: StaticToken("t")},
	} {
		if _, err := New(cfg); err == nil {
			t.Errorf("%+v was accepted", cfg)
		}
	}
	given := &http.Client{}
	if _, err := New(Config{HTTP: given, Tokens: StaticToken("t")}); err != nil || given.CheckRedirect != nil || given.Timeout != 0 {
		t.Errorf("error %v, or the caller's HTTP client was changed: %+v", err, given)
	}
}

// Everything over a real TLS connection with gzip: the transport's part and ours fit together.
func TestOverTLS(t *testing.T) {
	t.Parallel()
	var server *httptest.Server
	server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		resp := map[string]string{
			"/v1/organizations":                 `{"items":[{"id":"` + theOrg.API() + `==","displayName":"Acme","created":"x"}]}`,
			"/v1/organizations/" + theOrg.API(): `{"id":"` + theOrg.API() + `","displayName":"Acme"}`,
			"/v1/licenses":                      `{"items":[{"id":"x","name":"n","totalUnits":1}]}`,
			"/v1/locations":                     `{"items":[{"id":"S=","name":"Oslo"}]}`,
			"/v1/roles":                         `{"items":[{"id":"R","name":"Full Admin"}]}`,
			"/v1/people":                        peoplePage("a"),
		}[r.URL.Path]
		if resp == "" || r.Header.Get("Authorization") != "Bearer secret-token" || r.UserAgent() != "test/1" {
			http.Error(w, "{}", 404)
			return
		}
		w.Header().Set("content-type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		if r.URL.Path == "/v1/people" && r.URL.Query().Get("cursor") == "" {
			w.Header().Set("link", "<"+server.URL+`/v1/people?cursor=2>; rel="next"`)
		}
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, resp)
		_ = z.Close()
	}))
	t.Cleanup(server.Close)
	c, err := New(Config{BaseURL: server.URL + "/v1", HTTP: server.Client(), Tokens: StaticToken("secret-token"), UserAgent: "test/1"})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	acme := Organization{ID: theOrg, DisplayName: "Acme"}
	if got, err := c.Organizations(ctx); err != nil || !slices.Equal(got, []Organization{acme}) {
		t.Errorf("organizations %v, %v", got, err)
	}
	if got, err := c.Organization(ctx, theOrg); err != nil || got != acme {
		t.Errorf("organization %v, %v", got, err)
	}
	if got, err := collect(c.Licenses(ctx, theOrg), func(l License) License { return l }); err != nil ||
		!slices.Equal(got, []License{{ID: "x", Name: "n", Total: wire.UnitsOf(1)}}) {
		t.Errorf("licenses %v, %v", got, err)
	}
	if got, err := collect(c.Locations(ctx, OrganizationID{}), func(l Location) Location { return l }); err != nil || !slices.Equal(got, []Location{{"S", "Oslo"}}) {
		t.Errorf("locations %v, %v", got, err)
	}
	if got, err := collect(c.Roles(ctx), func(r Role) Role { return r }); err != nil || !slices.Equal(got, []Role{{"R", "Full Admin"}}) {
		t.Errorf("roles %v, %v", got, err)
	}
	if got, err := collect(each(c.PeoplePages(ctx, OrganizationID{})), personID); err != nil || !slices.Equal(got, []string{"a", "a"}) {
		t.Errorf("people %v, %v", got, err)
	}
}

func TestNetworkErrors(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it is told that its certificate is bad
	server.StartTLS()
	t.Cleanup(server.Close)
	refuse := func(err error) *http.Client {
		return &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, err }}}
	}
	for name, test := range map[string]struct {
		client *http.Client
		base   string
		text   string
		is     error
	}{
		"untrusted": {&http.Client{Transport: &http.Transport{}}, server.URL, "certificate", nil},
		"refused":   {refuse(&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}), "", "connection refused", syscall.ECONNREFUSED},
		"no name":   {refuse(&net.DNSError{Err: "no such host", Name: "secret", IsNotFound: true}), "", "host name not found", nil},
		"time-out":  {refuse(&net.DNSError{Err: "i/o timeout", Name: "secret", IsTimeout: true}), "", "no answer in time", nil},
		"else":      {refuse(errors.New("secret")), "", "connection failed", nil},
	} {
		c, err := New(Config{BaseURL: test.base, HTTP: test.client, Tokens: StaticToken("t"), Sleep: func(context.Context, time.Duration) error { return nil }})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Organizations(t.Context())
		wantClass(t, err, ClassTransient)
		if !strings.Contains(err.Error(), test.text) || test.is != nil && !errors.Is(err, test.is) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	c, err := New(Config{BaseURL: server.URL, HTTP: &http.Client{Transport: &http.Transport{}}, Tokens: StaticToken("t")})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Organizations(t.Context())
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); !ok {
		t.Errorf("the cause of %v is lost", err)
	}
}

func TestOrganizationArgument(t *testing.T) {
	t.Parallel()
	c, in := newTestClient(t, inTurn(one(200, `{"id":"x"}`)))
	for _, id := range []string{"", "acme", "../people", "a/b", strings.Repeat("x", 5000)} { // ids that an answer may hold
		_, err := c.Organization(t.Context(), answeredID(id))
		if wantClass(t, err, ClassTerminal); !errors.Is(err, ErrOrganizationID) {
			t.Errorf("%.20q: %v", id, err)
		}
	}
	if in.count() != 0 {
		t.Errorf("%d requests for malformed ids", in.count())
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	bare, _ := newTestClient(t, inTurn(one(403, `{"message":"secret","errors":[],"trackingId":"ROUTERGW_1"}`, "Trackingid: ")))
	_, err := bare.Organization(t.Context(), theOrg)
	e := theError(t, err, ClassTerminal)
	if want := "get organization: not allowed (HTTP 403): give the token the scopes and the role it needs, and access to this organization"; err.Error() != want {
		t.Errorf("text %q", err)
	}
	if e.TrackingID != "ROUTERGW_1" || !strings.HasSuffix(e.String(), "; tracking id ROUTERGW_1") {
		t.Errorf("tracking id %q in %q", e.TrackingID, e.String())
	}
	evil, _ := newTestClient(t, inTurn(one(403, `{"message":"secret","errors":[{"description":"secret"}]}`, "Trackingid: <script>")))
	if _, err = evil.Organization(t.Context(), theOrg); theError(t, err, ClassTerminal).TrackingID != "" {
		t.Errorf("tracking id of %v was not cleaned", err)
	}
	if ClassOf(nil) != ClassNone || ClassOf(context.Canceled) != ClassTransient || ClassOf(fmt.Errorf("x: %w", err)) != ClassTerminal {
		t.Error("ClassOf is wrong about nil, a context or a wrapped error")
	}
	for _, class := range []Class{ClassNone, ClassTerminal, ClassAuth, ClassRateLimited, ClassTransient, ClassPartial, "unknown"} {
		text := (&Error{Class: class, Err: errors.New("secret")}).Error()
		if strings.Contains(text, "secret") || text != strings.ToLower(text) && !strings.Contains(text, "URL") {
			t.Errorf("class %v: %q", class, text)
		}
	}
}

func TestRefreshToken(t *testing.T) {
	t.Parallel()
	good := `{"access_token":"new-access","expires_in":1209599,"refresh_token":"new-refresh","refresh_token_expires_in":"7775999","token_type":"Bearer"}`
	tests := map[string]struct {
		response func() *http.Response
		class    Class
		cause    error
		want     Token
		tracking string
	}{
		"rotated": {response: one(200, good), want: tokenOf("new-refresh", noon.Add(1209599*time.Second), noon.Add(7775999*time.Second))},
		"kept":    {response: one(200, `{"access_token":"new-access","expires_in":3600}`), want: tokenOf("old-refresh", noon.Add(time.Hour), time.Time{})},
		"empty":   {response: one(200, `{"access_token":"new-access","refresh_token":""}`), want: tokenOf("old-refresh", time.Time{}, time.Time{})},
		"null": {
			response: one(200, `{"access_token":"new-access","refresh_token":null,"expires_in":-1,"refresh_token_expires_in":1e15}`),
			want:     tokenOf("old-refresh", time.Time{}, time.Time{}),
		},
		"nothing":       {response: one(200, `{}`), class: ClassPartial, cause: ErrMissingField, tracking: "ROUTER_ABC"},
		"html":          {response: one(200, `<html>`, "Content-Type: text/html"), class: ClassPartial, cause: ErrNotJSON, tracking: "ROUTER_ABC"},
		"cut":           {response: func() *http.Response { return cut(good, 20) }, class: ClassTransient, cause: ErrCut, tracking: "ROUTER_ABC"},
		"identity 400":  {response: one(400, `{"error":"invalid_grant","error_description":"secret","trackingID":"ID_1"}`, "Trackingid: "), class: ClassAuth, cause: ErrRefreshRefused, tracking: "ID_1"},
		"rest 401":      {response: one(401, `{"message":"secret","errors":[],"trackingId":"R_1"}`, "Trackingid: "), class: ClassAuth, cause: ErrRefreshRefused, tracking: "R_1"},
		"403":           {response: one(403, webexNo), class: ClassAuth, cause: ErrRefreshRefused, tracking: "ROUTER_ABC"},
		"404":           {response: one(404, webexNo), class: ClassTerminal, tracking: "ROUTER_ABC"},
		"a proxy's 403": {response: one(403, `<html>`, "Content-Type: text/html"), class: ClassTransient, cause: ErrNotJSON, tracking: "ROUTER_ABC"},
		"redirect":      {response: one(307, ``, "Location: /v1/other"), class: ClassTransient, cause: ErrRedirect, tracking: "ROUTER_ABC"},
		"429":           {response: one(429, ``), class: ClassRateLimited, tracking: "ROUTER_ABC"},
		"503":           {response: one(503, ``), class: ClassTransient, tracking: "ROUTER_ABC"},
		"no answer":     {response: func() *http.Response { return nil }, class: ClassTransient},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var form string
			f := &fake{handler: func(r *http.Request) *http.Response {
				body, _ := io.ReadAll(r.Body)
				form = r.Method + " " + r.URL.String() + " " + string(body)
				return test.response()
			}}
			endpoints := TokenEndpoints{HTTP: &http.Client{Transport: f}, Now: func() time.Time { return noon }}
			got, err := endpoints.Refresh(t.Context(), RefreshGrant{ClientID: "id", ClientSecret: "secret&", RefreshToken: "old-refresh"})
			if want := "POST https://webexapis.com/v1/access_token client_id=id&client_secret=secret%26&grant_type=refresh_token&refresh_token=old-refresh"; form != want {
				t.Errorf("request %q", form)
			}
			if f.count() != 1 || f.open.Load() != 0 {
				t.Errorf("%d requests, %d bodies open", f.count(), f.open.Load())
			}
			if test.class == ClassNone {
				if err != nil || got != test.want {
					t.Errorf("error %v, token differs: %v", err, got != test.want)
				}
				return
			}
			e := theError(t, err, test.class)
			if test.cause != nil && !errors.Is(err, test.cause) || e.TrackingID != test.tracking || got != (Token{}) {
				t.Errorf("error %v, tracking id %q", err, e.TrackingID)
			}
		})
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	t.Parallel()
	secrets := []any{
		StaticToken("s3cret"),
		Token{AccessToken: "s3cret", RefreshToken: "s3cret"},
		&Token{AccessToken: "s3cret"},
		RefreshGrant{ClientSecret: "s3cret", RefreshToken: "s3cret"},
		ServiceAppGrant{ClientSecret: "s3cret", CallerToken: "s3cret"},
		struct{ T Token }{Token{AccessToken: "s3cret"}},
	}
	for _, v := range secrets {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			if s := fmt.Sprintf(verb, v); strings.Contains(s, "s3cret") || strings.Contains(s, "733363726574") || !strings.Contains(s, hidden) {
				t.Errorf("%T with %s prints %s", v, verb, s)
			}
		}
		if s, err := json.Marshal(v); err != nil || strings.Contains(string(s), "s3cret") {
			t.Errorf("%T marshals to %s, %v", v, s, err)
		}
	}
}

func TestPersonalDataIsNotKept(t *testing.T) {
	t.Parallel()
	p := newBenchPages(1)
	for person, err := range each(p.client(t).PeoplePages(t.Context(), OrganizationID{})) {
		if err != nil {
			t.Fatal(err)
		}
		want := Person{
			ID: apiID("PEOPLE", "bbbbbbbb-0000-4000-8000-000000000000"), LocationID: apiID("LOCATION", "aaaaaaaa-0000-4000-8000-000000000000"),
			Licenses: []string{
				apiID(license, benchOrg+":BCSTD_0a000000-0000-4000-8000-000000000001"), apiID(license, benchOrg+":FMS_9eca7814-3313-464f-9642-0239875bc9f8"),
				apiID(license, benchOrg+":FTM_f5fde35f-4704-460a-810f-4c5d35241e69"), apiID(license, benchOrg+":FSS_1b728ff9-7de8-4cb7-9540-29320b5a42cb"),
				apiID(license, benchOrg+":EE_0a000000-0000-4000-8000-000000000002_acme.example.webex.com"),
			},
			LicensesKnown: true, Type: "person",
		}
		if diff := cmp.Diff(want, person); diff != "" {
			t.Error(diff)
		}
		break
	}
}
