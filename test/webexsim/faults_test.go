package webexsim

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
)

// TestRuleWindows plays rules through twelve hours, one request an hour.
func TestRuleWindows(t *testing.T) {
	t.Parallel()
	at := func(hour int) time.Time { return noon().Add(time.Duration(hour) * time.Hour) }
	hours := func(n ...int) map[int]bool {
		set := map[int]bool{}
		for _, hour := range n {
			set[hour] = true
		}
		return set
	}
	for name, c := range map[string]struct {
		rule Rule
		want map[int]bool // hours in which it acts
	}{
		"always":                  {Rule{}, hours(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)},
		"from":                    {Rule{From: at(9)}, hours(9, 10, 11)},
		"until":                   {Rule{Until: at(2)}, hours(0, 1)},
		"from and until":          {Rule{From: at(3), Until: at(6)}, hours(3, 4, 5)},
		"in":                      {Rule{In: 10 * time.Hour}, hours(10, 11)},
		"for":                     {Rule{For: 3 * time.Hour}, hours(0, 1, 2)},
		"in and for":              {Rule{In: 4 * time.Hour, For: 2 * time.Hour}, hours(4, 5)},
		"from and for":            {Rule{From: at(4), For: 2 * time.Hour}, hours(4, 5)},
		"every second from":       {Rule{From: at(5), Every: 2}, hours(6, 8, 10)},
		"n-th from":               {Rule{From: at(5), Page: 2}, hours(6)},
		"after, every, times, in": {Rule{In: 2 * time.Hour, After: 1, Every: 3, Times: 2}, hours(5, 8)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := start(t, Options{Now: noon}, StandardOrganization())
			c.rule.Status = 503
			id := s.AddRule(c.rule)
			got := map[int]bool{}
			for hour := range 12 {
				if get(t, s, "t", "/roles").status == 503 {
					got[hour] = true
				}
				s.Advance(time.Hour)
			}
			if !reflect.DeepEqual(got, c.want) || s.RuleActions(id) != len(c.want) {
				t.Errorf("acted in hours %v, want %v", got, c.want)
			}
		})
	}
}

func TestRuleOwner(t *testing.T) {
	t.Parallel()
	s, _ := start(t, Options{}, StandardOrganization())
	mine := s.IssueToken(TokenSpec{Organization: StandardUUID, Owner: "me", WithRefresh: true})
	other := s.IssueToken(TokenSpec{Organization: StandardUUID, WithRefresh: true})
	s.AddRule(Rule{Owner: "me", Status: 503})
	for token, want := range map[string]int{mine.Access: 503, other.Access: 200, "nonsense": 401} {
		if a := get(t, s, token, "/roles"); a.status != want {
			t.Errorf("status %d, want %d", a.status, want)
		}
	}
	if status, _, _ := postForm(t, s, refreshForm(mine)); status != 503 {
		t.Errorf("refresh of the owner: %d", status)
	}
	if status, _, _ := postForm(t, s, refreshForm(other)); status != 200 {
		t.Errorf("refresh of another owner: %d", status)
	}
}

// TestLostRefresh cuts the answer of a refresh after the service has acted. What the
// client can do then depends on what the service does with refresh tokens.
func TestLostRefresh(t *testing.T) {
	t.Parallel()
	for name, rule := range map[string]Rule{
		"dropped":         {Drop: true, AfterService: true},
		"cut":             {CutAfter: -1},
		"cut in the body": {CutAfter: 30},
		"replaced":        {Status: 502, HTML: true, AfterService: true},
	} {
		for mode, again := range map[RefreshMode]int{RefreshKeep: 200, RefreshOmit: 200, RefreshRotate: 400} {
			t.Run(name+", "+string(mode), func(t *testing.T) {
				t.Parallel()
				s, _ := start(t, Options{RefreshMode: mode, ReuseTokenWithin: -1}, StandardOrganization())
				s.Client().Transport = noRetry(s)
				token := s.IssueToken(TokenSpec{Organization: StandardUUID, WithRefresh: true})
				before := s.issued()
				lost := rule
				lost.Operation, lost.Times = operationToken, 1
				id := s.AddRule(lost)
				r, err := http.NewRequest(http.MethodPost, s.URL()+"/access_token", strings.NewReader(refreshForm(token).Encode()))
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				if a, err := send(s, r); err == nil && a.status != 502 || s.RuleActions(id) != 1 {
					t.Fatalf("the answer is not lost: %v, %v", a, err)
				}
				if got := s.issued(); got != before+1 {
					t.Errorf("%d access tokens, want one more than %d: the service did not act", got, before)
				}
				if status, _, body := postForm(t, s, refreshForm(token)); status != again {
					t.Errorf("the next refresh answers %d %s, want %d", status, body, again)
				}
			})
		}
	}
}

// issued is the number of access tokens.
func (s *Server) issued() int {
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	return len(s.tokens.access)
}

// TestDropBeforeService is the other half: without AfterService nothing happens.
func TestDropBeforeService(t *testing.T) {
	t.Parallel()
	s, _ := start(t, Options{RefreshMode: RefreshRotate, ReuseTokenWithin: -1}, StandardOrganization())
	token := s.IssueToken(TokenSpec{Organization: StandardUUID, WithRefresh: true})
	s.AddRule(Rule{Operation: operationToken, Status: 502, Times: 1})
	before := s.issued()
	if status, _, _ := postForm(t, s, refreshForm(token)); status != 502 || s.issued() != before {
		t.Errorf("status %d, and %d tokens, want %d", status, s.issued(), before)
	}
	if status, _, body := postForm(t, s, refreshForm(token)); status != 200 {
		t.Errorf("%d %s", status, body)
	}
}

func TestTokenEndpointRules(t *testing.T) {
	t.Parallel()
	s, _ := start(t, Options{ReuseTokenWithin: -1}, StandardOrganization())
	token := s.IssueToken(TokenSpec{Organization: StandardUUID, WithRefresh: true})
	for _, c := range []struct {
		name   string
		rule   Rule
		status int
		want   func(r tokenReply) bool
	}{
		{"400", Rule{Status: 400}, 400, func(r tokenReply) bool { return r.Error == "invalid_grant" }},
		{"401", Rule{Status: 401}, 401, func(r tokenReply) bool { return r.Error == "invalid_client" }},
		{"403", Rule{Status: 403}, 403, func(r tokenReply) bool { return r.Error == "access_denied" }},
		{"REST style", Rule{Status: 401, TokenErrorStyle: TokenErrorREST}, 401, func(r tokenReply) bool { return r.Message != "" && r.Error == "" }},
		{"503", Rule{Status: 503}, 503, func(r tokenReply) bool { return r.Message == "Service Unavailable" }},
		{"omit", Rule{RefreshMode: RefreshOmit}, 200, func(r tokenReply) bool { return r.RefreshToken == "" }},
		{"rotate", Rule{RefreshMode: RefreshRotate}, 200, func(r tokenReply) bool { return r.RefreshToken != token.Refresh }},
	} {
		c.rule.Operation = operationToken
		id := s.AddRule(c.rule)
		status, reply, body := postForm(t, s, refreshForm(token))
		if status != c.status || !c.want(reply) {
			t.Errorf("%s: %d %s", c.name, status, body)
		}
		s.RemoveRule(id)
	}
}

func TestRuleRetryAfter(t *testing.T) {
	t.Parallel()
	s, _ := start(t, Options{Now: noon}, StandardOrganization())
	for _, c := range []struct {
		rule Rule
		want string
	}{
		{Rule{Status: 429}, ""},
		{Rule{Status: 429, RetryAfter: RetryAfterSeconds}, "5"},
		{Rule{Status: 423, RetryAfter: RetryAfterSeconds, For: 90 * time.Second}, "90"},
		{Rule{Status: 429, RetryAfter: RetryAfterDate, For: time.Hour}, "Tue, 01 Sep 2026 13:00:00 GMT"},
		{Rule{Status: 429, RetryAfter: RetryAfterGarbage}, "rand(30),add(30)"},
		{Rule{Status: 429, RetryAfter: RetryAfterZero, HTML: true}, "0"},
		{Rule{Status: 429, RetryAfter: RetryAfterHuge}, "3600"},
		{Rule{Status: 429, RetryAfter: RetryAfterMissing}, ""},
		{Rule{Status: 429, RetryAfter: RetryAfterSeconds, Header: map[string]string{"Retry-After": "7"}}, "7"},
	} {
		id := s.AddRule(c.rule)
		if a := get(t, s, "t", "/people"); a.status != c.rule.Status || a.header.Get("Retry-After") != c.want {
			t.Errorf("%+v: %d, Retry-After %q, want %q", c.rule, a.status, a.header.Get("Retry-After"), c.want)
		}
		s.RemoveRule(id)
	}
}

func TestEmptyNextRule(t *testing.T) {
	t.Parallel()
	s, _ := start(t, Options{}, StandardOrganization())
	s.AddRule(Rule{Operation: "GET /people", ListPage: 2, Times: 1, EmptyNext: true})
	all, pages := walk(t, s, "/people?max=20")
	if want := []int{20, 20, 0, 4}; len(all) != 44 || !reflect.DeepEqual(pages, want) {
		t.Errorf("%d people on pages %v, want %v", len(all), pages, want)
	}
	s.AddRule(Rule{Operation: "GET /people", ListPage: 3, EmptyNext: true})
	if _, pages := walk(t, s, "/people?max=20"); !reflect.DeepEqual(pages, []int{20, 20, 4, 0}) {
		t.Errorf("pages %v, want an empty one at the end", pages)
	}
}

func TestStall(t *testing.T) {
	t.Parallel()
	s, _ := start(t, Options{}, StandardOrganization())
	whole := get(t, s, "t", "/roles").body
	s.AddRule(Rule{Stall: 30 * time.Millisecond})
	r, err := http.NewRequest(http.MethodGet, s.URL()+"/roles", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer t")
	begin := time.Now()
	resp, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	half := make([]byte, len(whole)/2)
	if n, err := resp.Body.Read(half); err != nil || !strings.HasPrefix(whole, string(half[:n])) || n == 0 {
		t.Errorf("the first half: %q, %v", half[:n], err)
	}
	if a, err := tryGet(s, "t", "/roles"); err != nil || a.body != whole {
		t.Errorf("%v, %v", a, err)
	}
	if d := time.Since(begin); d < 30*time.Millisecond {
		t.Errorf("two stalled answers after %s", d)
	}
}

func TestRuleChecks(t *testing.T) {
	t.Parallel()
	s, _ := start(t, Options{}, StandardOrganization())
	for body, want := range map[string]string{
		`{"staus": 503}`:               `unknown field "staus"`,
		`{"operation": "GET /poeple"}`: `operation: "GET /poeple"`,
		`{"status": 99}`:               "status: 99",
		`{"cutAt": 2}`:                 "cutAt: 2",
		`{"link": "loopy"}`:            `link: "loopy" is unknown; want one of loop,`,
		`{"retryAfter": "soon"}`:       `retryAfter: "soon"`,
		`{"refreshMode": "x"}`:         `refreshMode: "x"`,
		`{"tokenErrorStyle": "x"}`:     `tokenErrorStyle: "x"`,
		`{"in": "soon"}`:               "in",
		`{"from": "noon"}`:             `parsing time "noon"`,
	} {
		status, answer := control(t, s, http.MethodPost, "/rules", body)
		var reply struct{ Error string }
		if err := json.Unmarshal([]byte(answer), &reply); err != nil || status != 400 || !strings.Contains(reply.Error, want) {
			t.Errorf("%s: %d %s, want 400 and %q", body, status, answer, want)
		}
	}
	for _, r := range routes {
		if err := (&Rule{Operation: r.operation()}).check(); err != nil {
			t.Error(err)
		}
	}
	if len(s.Rules()) != 0 {
		t.Errorf("rules %v", s.Rules())
	}
	status, body := control(t, s, http.MethodPost, "/rules", `{"id":"mine","operation":"GET /roles","status":503,"for":"1h","times":1}`)
	if status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	get(t, s, "t", "/roles")
	get(t, s, "t", "/roles")
	_, body = control(t, s, http.MethodGet, "/rules", "")
	for _, want := range []string{`"id": "mine"`, `"until": "`, `"seen": 2`, `"acted": 1`} {
		if !strings.Contains(body, want) {
			t.Errorf("%s lacks %s", body, want)
		}
	}
}
