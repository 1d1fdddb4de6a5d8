package webex

import (
	"context"
	"encoding/json"
	"errors"
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

var (
	jane    = apiID("PEOPLE", "bbbbbbbb-0000-4000-8000-000000000001")
	changes = []LicenseChange{{LicenseID: "L1="}, {LicenseID: "L2", Remove: true}}
)

// holds is an answer by which a person holds licences. It names the person's address, which no error may repeat.
func holds(person, licenses string) string {
	return `{"orgId":"` + theOrg.API() + `","personId":"` + person + `","email":"` + marker + `","licenses":` + licenses + `,"siteUrls":[]}`
}

// refusing is Webex' own no with a code.
func refusing(code string) string {
	return `{"message":"No, ` + marker + `.","errors":[{"errorCode":` + code + `,"description":"No, ` + marker + `."},{"errorCode":7}],"trackingId":"NA_1"}`
}

func TestAssignLicenses(t *testing.T) {
	t.Parallel()
	var sent string
	c, in := newTestClient(t, func(r *http.Request) *http.Response {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.ContentLength != int64(len(body)) {
			t.Errorf("a body of %d bytes, said to be %d: %v", len(body), r.ContentLength, err)
		}
		sent = string(body)
		return answer(206, holds(jane+"==", `["L1","L3="]`))
	})
	held, err := c.AssignLicenses(t.Context(), theOrg, jane, changes)
	if err != nil || !slices.Equal(held, []string{"L1", "L3"}) {
		t.Errorf("holds %v, %v", held, err)
	}
	var body any
	if err := json.Unmarshal([]byte(sent), &body); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"personId": jane, "orgId": theOrg.API(),
		"licenses": []any{map[string]any{"id": "L1=", "operation": "add"}, map[string]any{"id": "L2", "operation": "remove"}},
	}
	if diff := cmp.Diff(any(want), body); diff != "" {
		t.Error(diff)
	}
	r := in.requests[0]
	if r.Method != http.MethodPatch || r.URL.RequestURI() != "/v1/licenses/users" || r.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%s %s of %s", r.Method, r.URL.RequestURI(), r.Header.Get("Content-Type"))
	}
	if want := (Call{Operation: "assign licenses", Status: 206}); in.calls[0] != want {
		t.Errorf("call %+v", in.calls[0])
	}

	for name, ask := range map[string]func() ([]string, error){
		"no organization": func() ([]string, error) { return c.AssignLicenses(t.Context(), OrganizationID{}, jane, changes) },
		"no person":       func() ([]string, error) { return c.AssignLicenses(t.Context(), theOrg, "", changes) },
		"an address":      func() ([]string, error) { return c.AssignLicenses(t.Context(), theOrg, marker, changes) },
		"no change":       func() ([]string, error) { return c.AssignLicenses(t.Context(), theOrg, jane, nil) },
	} {
		held, err := ask()
		if e := theError(t, err, ClassTerminal); held != nil || e.Unsure() || in.count() != 1 {
			t.Errorf("%s: holds %v, error %v, %d requests", name, held, e, in.count())
		}
	}
}

// assignAnswer is a sequence of answers to an assignment, and what has to come of it.
type assignAnswer struct {
	answers  []func() *http.Response
	class    Class
	code     int
	unsure   bool
	requests int
	held     []string
}

var assignAnswers = func() map[string]assignAnswer {
	good := one(200, holds(jane, `["L1"]`))
	of := func(responses ...func() *http.Response) []func() *http.Response { return responses }
	organization := one(200, `{"id":"`+theOrg.API()+`","displayName":"x"}`)
	const html = "Content-Type: text/html"
	return map[string]assignAnswer{
		"all":                     {answers: of(good), requests: 1, held: []string{"L1"}},
		"in part":                 {answers: of(one(206, holds(jane, `[]`))), requests: 1, held: []string{}},
		"in silence":              {answers: of(one(200, holds(jane, `["L9"]`))), requests: 1, held: []string{"L9"}},
		"another spelling":        {answers: of(one(200, holds("bbbbbbbb-0000-4000-8000-000000000001", `["L1"]`))), requests: 1, held: []string{"L1"}},
		"another person":          {answers: of(one(200, holds(apiID("PEOPLE", benchOrg), `["L1"]`))), class: ClassPartial, unsure: true, requests: 1},
		"no person":               {answers: of(one(200, `{"licenses":["L1"]}`)), class: ClassPartial, unsure: true, requests: 1},
		"no licences":             {answers: of(one(200, `{"personId":"`+jane+`"}`)), class: ClassPartial, unsure: true, requests: 1},
		"null licences":           {answers: of(one(206, holds(jane, `null`))), class: ClassPartial, unsure: true, requests: 1},
		"odd licences":            {answers: of(one(206, holds(jane, `{}`))), class: ClassPartial, unsure: true, requests: 1},
		"malformed":               {answers: of(one(200, `{"personId":}`), good), class: ClassPartial, unsure: true, requests: 1},
		"a page":                  {answers: of(one(200, `<html>`, html), good), class: ClassPartial, unsure: true, requests: 1},
		"cut":                     {answers: of(func() *http.Response { return cut(holds(jane, `["L1"]`), 40) }, good), class: ClassTransient, unsure: true, requests: 1},
		"nothing":                 {answers: of(one(204, ``), good), class: ClassPartial, unsure: true, requests: 1},
		"no answer":               {answers: of(func() *http.Response { return nil }, good), class: ClassTransient, unsure: true, requests: 1},
		"500":                     {answers: of(one(500, `{}`), good), class: ClassTransient, unsure: true, requests: 1},
		"502 of a gateway":        {answers: of(one(502, `<html>`, html), good), class: ClassTransient, unsure: true, requests: 1},
		"503 with patience":       {answers: of(one(503, ``, "Retry-After: 1"), good), class: ClassTransient, unsure: true, requests: 1},
		"504":                     {answers: of(one(504, ``), good), class: ClassTransient, unsure: true, requests: 1},
		"redirect":                {answers: of(one(307, ``, "Location: /v1/licenses/users"), good), class: ClassTransient, unsure: true, requests: 1},
		"redirect to GET":         {answers: of(one(303, ``, "Location: /v1/people"), good), class: ClassTransient, unsure: true, requests: 1},
		"400":                     {answers: of(one(400, webexNo)), class: ClassTerminal, requests: 1},
		"400 with a code":         {answers: of(one(400, refusing("400118"))), class: ClassTerminal, code: 400118, requests: 1},
		"400 with a code in text": {answers: of(one(400, refusing(`"700003"`))), class: ClassTerminal, code: 700003, requests: 1},
		"400 with an odd code":    {answers: of(one(400, refusing(`"x"`))), class: ClassTerminal, code: 7, requests: 1},
		"400 of a stranger":       {answers: of(one(400, refusing("400118"), html)), class: ClassTransient, requests: 1},
		"401":                     {answers: of(one(401, webexNo)), class: ClassAuth, requests: 1},
		"403":                     {answers: of(one(403, webexNo), organization, one(403, webexNo)), class: ClassTerminal, requests: 3},
		"403 until granted":       {answers: of(one(403, webexNo), organization, good), requests: 3, held: []string{"L1"}},
		"403, grant in trouble":   {answers: of(one(403, webexNo), one(503, ``)), class: ClassTransient, requests: 5},
		"403 of a proxy":          {answers: of(one(403, `<html>`, html), good), class: ClassTransient, requests: 1},
		"404":                     {answers: of(one(404, webexNo)), class: ClassTerminal, requests: 1},
		"409":                     {answers: of(one(409, webexNo)), class: ClassTerminal, requests: 1},
		"408":                     {answers: of(one(408, webexNo), good), class: ClassTransient, unsure: true, requests: 1},
		"429 once":                {answers: of(one(429, ``, "Retry-After: 2"), good), requests: 2, held: []string{"L1"}},
		"429 for ever":            {answers: of(one(429, ``, "Retry-After: 1")), class: ClassRateLimited, requests: 4},
		"423 once":                {answers: of(one(423, ``), good), requests: 2, held: []string{"L1"}},
	}
}()

// A change is sent once, but where the answer says that it was not carried out, and the error says whether it may have been.
func TestAnswersToAnAssignment(t *testing.T) {
	t.Parallel()
	for name, test := range assignAnswers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, in := newTestClient(t, inTurn(test.answers...))
			held, err := c.AssignLicenses(t.Context(), theOrg, jane, changes)
			if in.count() != test.requests {
				t.Errorf("requests %v, want %d", in.urls(), test.requests)
			}
			for _, r := range in.requests {
				if r.Method != http.MethodPatch && !strings.HasPrefix(r.URL.Path, "/v1/organizations/") {
					t.Errorf("%s %s", r.Method, r.URL)
				}
			}
			if test.class == ClassNone {
				if err != nil || !slices.Equal(held, test.held) {
					t.Errorf("holds %v, error %v", held, err)
				}
				return
			}
			e := theError(t, err, test.class)
			if held != nil || e.Unsure() != test.unsure || e.Code != test.code {
				t.Errorf("holds %v, unsure %v, code %d: %v", held, e.Unsure(), e.Code, e)
			}
			if strings.Contains(e.String(), marker) {
				t.Errorf("%q names a person", e.String())
			}
		})
	}
}

// A new token is asked for once, and the request is sent again with it.
func TestAssignmentWithARefusedToken(t *testing.T) {
	t.Parallel()
	source := &rotating{tokens: []string{"old", "new"}}
	c, in := newTestClient(t, func(r *http.Request) *http.Response {
		body, _ := io.ReadAll(r.Body)
		if r.Header.Get("Authorization") != "Bearer new" {
			return answer(401, webexNo)
		}
		if !strings.Contains(string(body), jane) {
			t.Errorf("the second body is %q", body)
		}
		return answer(200, holds(jane, `[]`))
	}, func(c *Config) { c.Tokens = source })
	if _, err := c.AssignLicenses(t.Context(), theOrg, jane, changes); err != nil || in.count() != 2 || source.refresh != 1 {
		t.Errorf("%d requests, %d refreshes, error %v", in.count(), source.refresh, err)
	}
}

// Where the new token is not to be had for a passing cause, the change was refused for certain.
func TestAssignmentWithoutANewToken(t *testing.T) {
	t.Parallel()
	c, in := newTestClient(t, inTurn(one(401, webexNo)), func(c *Config) { c.Tokens = failingRefresh{"old"} })
	_, err := c.AssignLicenses(t.Context(), theOrg, jane, changes)
	if e := theError(t, err, ClassTransient); e.Unsure() || in.count() != 1 {
		t.Errorf("%d requests, unsure about %v", in.count(), e)
	}
}

// failingRefresh is a token whose endpoint is in trouble.
type failingRefresh struct{ StaticToken }

func (failingRefresh) Refresh(context.Context, string) (string, error) {
	return "", &Error{Class: ClassTransient, Operation: "refresh token", Status: 503}
}

// The limiter waits for refusals of the rate as it does for lists, and is told of the operation.
func TestAssignmentAsksTheLimiter(t *testing.T) {
	t.Parallel()
	l := &limiter{tries: 1}
	c, _ := newTestClient(t, inTurn(one(429, ``), one(423, ``), one(503, ``), one(200, holds(jane, `[]`))), func(c *Config) { c.Limiter = l })
	_, err := c.AssignLicenses(t.Context(), theOrg, jane, changes)
	if e := theError(t, err, ClassTransient); !e.Unsure() || e.Status != 503 {
		t.Errorf("error %v", e)
	}
	if len(l.asked) != 6 || l.asked[0] != "wait assign licenses" {
		t.Errorf("the limiter was asked %v", l.asked)
	}
	l = &limiter{err: errors.New("would exceed context deadline")}
	c, in := newTestClient(t, inTurn(one(503, ``)), func(c *Config) { c.Limiter = l })
	_, err = c.AssignLicenses(t.Context(), theOrg, jane, changes)
	if e := theError(t, err, ClassTransient); e.Unsure() || in.count() != 0 {
		t.Errorf("nothing was sent, error %v is unsure", e)
	}
}

// Where no connection came about, nothing was carried out; where one broke, something may have been.
func TestUnsureAboutConnections(t *testing.T) {
	t.Parallel()
	serve := func(handle http.HandlerFunc) *httptest.Server {
		server := httptest.NewUnstartedServer(handle)
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		server.StartTLS()
		t.Cleanup(server.Close)
		return server
	}
	abort := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	hang := func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		<-r.Context().Done()
	}
	cutting, silent := serve(abort), serve(hang)
	dial := func(err error) *http.Client {
		return &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, err }}}
	}
	impatient := silent.Client()
	impatient.Timeout = 50 * time.Millisecond
	for name, test := range map[string]struct {
		url    string
		client *http.Client
		unsure bool
	}{
		"refused":        {cutting.URL, dial(&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}), false},
		"unknown host":   {cutting.URL, dial(&net.DNSError{IsNotFound: true}), false},
		"dial in vain":   {cutting.URL, dial(&net.OpError{Op: "dial", Err: context.DeadlineExceeded}), false},
		"proxy refuses":  {cutting.URL, dial(errProxy), false},
		"unknown issuer": {cutting.URL, &http.Client{}, false},
		"no answer":      {silent.URL, impatient, true},
		"cut":            {cutting.URL, cutting.Client(), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := New(Config{BaseURL: test.url, HTTP: test.client, Tokens: StaticToken("t")})
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.AssignLicenses(t.Context(), theOrg, jane, changes)
			if e := theError(t, err, ClassTransient); e.Unsure() != test.unsure || e.Status != 0 {
				t.Errorf("unsure %v about %v", e.Unsure(), e)
			}
		})
	}
}

func FuzzDecodeHeld(f *testing.F) {
	f.Add([]byte(holds(jane, `["L1=","L2"]`)), jane)
	f.Add([]byte(holds(jane, `["L1,L2"]`)), "bbbbbbbb-0000-4000-8000-000000000001")
	f.Add([]byte(`{"personId":"a","licenses":[],"licenses":null}`), "a")
	f.Fuzz(func(t *testing.T, body []byte, person string) {
		d := wire.NewDecoder()
		d.Reset(strings.NewReader(string(body)), 1<<20)
		held, err := decodeHeld(d, person)
		if err != nil {
			checkFailure(t, err)
			return
		}
		if person == "" || held == nil && !strings.Contains(string(body), "[") {
			t.Fatalf("%q holds %v by %q", person, held, body)
		}
		for _, l := range held {
			if l == "" || strings.HasSuffix(l, "=") {
				t.Fatalf("holds %q", held)
			}
		}
	})
}
