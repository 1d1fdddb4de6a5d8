package webexsim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestRequestLog(t *testing.T) {
	t.Parallel()
	s, org := start(t, Options{Now: noon, RateLimits: map[string]int{"GET /roles": 1}}, StandardOrganization())
	s.Client().Transport = noRetry(s)
	other := s.AddOrganization(OverAssignedOrganization())
	token := s.IssueToken(TokenSpec{Organization: StandardUUID, WithRefresh: true, Access: "mine", Owner: "me"})
	for _, path := range []string{
		"/people?max=20&cursor=" + encodeCursor(20, 20, false), "/roles", "/roles", "/licenses?orgId=" + other.ID(),
		"/people?email=someone@example.com", "/people?max=-3", "/nothing/" + token.Access,
	} {
		get(t, s, "mine", path)
	}
	s.Advance(time.Hour)
	get(t, s, "unknown-token", "/people/"+org.PersonID(1))
	postForm(t, s, refreshForm(token))
	drop := s.AddRule(Rule{Drop: true, Times: 1})
	cut := s.AddRule(Rule{CutAfter: 10, Times: 1})
	fail := s.AddRule(Rule{Status: 503, AfterService: true, Times: 1})
	if got := outcomes(s, "/licenses", "/licenses", "/licenses"); !reflect.DeepEqual(got, []int{0, 0, 503}) {
		t.Errorf("%v", got)
	}
	later := noon().Add(time.Hour)
	const account, agent = "machine-account-" + StandardUUID, "Go-http-client/1.1"
	want := []RequestRecord{
		{1, noon(), "GET /people", StandardUUID, "me", 200, "", 2, 20, agent, false},
		{2, noon(), "GET /roles", StandardUUID, "me", 200, "", 0, 0, agent, false},
		{3, noon(), "GET /roles", StandardUUID, "me", 429, "", 0, 0, agent, false},
		{4, noon(), "GET /licenses", OverAssignedUUID, "me", 403, "", 0, 0, agent, false},
		{5, noon(), "GET /people", StandardUUID, "me", 200, "", 1, 100, agent, true},
		{6, noon(), "GET /people", StandardUUID, "me", 400, "", 0, 0, agent, false},
		{7, noon(), "unknown", "", "", 404, "", 0, 0, agent, false},
		{8, later, "GET /people/{id}", "", "", 401, "", 0, 0, agent, false},
		{9, later, "POST /access_token", StandardUUID, "me", 200, "", 0, 0, agent, false},
		{10, later, "GET /licenses", StandardUUID, account, 0, drop, 0, 0, agent, false},
		{11, later, "GET /licenses", StandardUUID, account, 200, cut, 0, 0, agent, false},
		{12, later, "GET /licenses", StandardUUID, account, 503, fail, 0, 0, agent, false},
	}
	got := s.RequestLog()
	if len(got) != len(want) {
		t.Fatalf("%d records: %+v, want %d", len(got), got, len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("record %d is\n%+v, want\n%+v", i, got[i], want[i])
		}
	}
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"mine", "unknown-token", "someone", token.Refresh, token.ClientSecret, org.PersonID(1)} {
		if strings.Contains(string(text), secret) {
			t.Errorf("the log tells %q", secret)
		}
	}

	for query, n := range map[string]int{
		"": 12, "?after=9": 3, "?operation=GET%20/roles": 2, "?status=200": 5, "?status=0": 1, "?owner=me": 7,
		"?rule=" + cut: 1, "?organization=" + OverAssignedUUID: 1, "?status=200&after=4": 3,
	} {
		var answer RequestLogAnswer
		status, body := control(t, s, http.MethodGet, "/log"+query, "")
		if err := json.Unmarshal([]byte(body), &answer); err != nil || status != 200 || len(answer.Records) != n {
			t.Errorf("%s: %d, %d records, want %d", query, status, len(answer.Records), n)
		}
	}
	for _, query := range []string{"?after=x", "?status=x"} {
		if status, _ := control(t, s, http.MethodGet, "/log"+query, ""); status != 400 {
			t.Errorf("%s: %d", query, status)
		}
	}
	if status, _ := control(t, s, http.MethodDelete, "/log", ""); status != 204 || len(s.RequestLog()) != 0 {
		t.Errorf("%d, and %d records", status, len(s.RequestLog()))
	}
	get(t, s, "t", "/licenses")
	if got := s.RequestLog(); len(got) != 1 || got[0].Sequence != 13 {
		t.Errorf("after clearing: %+v", got)
	}
}

// TestRequestLogRing compares the ring with a list that is cut, also while the size changes.
func TestRequestLogRing(t *testing.T) {
	t.Parallel()
	var l requestLog
	var want []int64
	sizes := []int{4, 4, 7, 3, 1, 5}
	for n := range int64(120) {
		size := sizes[n/20]
		l.add(RequestRecord{}, size)
		want = append(want, n+1)
		want = want[max(0, len(want)-size):]
		var got []int64
		for _, r := range l.list() {
			got = append(got, r.Sequence)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("size %d: %v, want %v", size, got, want)
		}
	}
	l.add(RequestRecord{}, -1)
	if len(l.list()) != 0 {
		t.Errorf("a log that is off holds %v", l.list())
	}
	s, _ := start(t, Options{}, StandardOrganization())
	if got := s.Options().RequestLog; got != 10_000 {
		t.Errorf("the log holds %d requests by default", got)
	}
}

func TestControlOptions(t *testing.T) {
	t.Parallel()
	s, _ := start(t, Options{TLS: true, RateLimits: map[string]int{"GET /roles": 7}, ItemErrors: &ItemErrors{Fields: []string{"a"}}}, StandardOrganization())
	before := s.Options()
	for _, c := range []struct {
		body string
		want func(o Options) bool
	}{
		{`{"refreshMode": "rotate"}`, func(o Options) bool { return o.RefreshMode == RefreshRotate && o.LinkFault == LinkGood }},
		{`{"linkFault": "loop", "rateLimit": 300}`, func(o Options) bool {
			return o.LinkFault == LinkLoop && o.RateLimit == 300 && o.RefreshMode == RefreshRotate
		}},
		{`{"rateLimits": {"GET /people": 9}}`, func(o Options) bool { return len(o.RateLimits) == 2 && o.RateLimits["GET /people"] == 9 }},
		{`{"rateLimits": null}`, func(o Options) bool { return len(o.RateLimits) == 0 }},
		{`{"itemErrors": {"every": 3, "fields": ["licenses"]}}`, func(o Options) bool { return o.ItemErrors.Every == 3 }},
		{`{"itemErrors": null}`, func(o Options) bool { return o.ItemErrors == nil }},
		{`{"managedListLapse": "1h", "reuseTokenWithin": "-1s", "latency": "1ms", "accessTokenLifetime": "2h", "refreshTokenLifetime": "3h"}`, func(o Options) bool {
			return o.ManagedListLapse == time.Hour && o.ReuseTokenWithin == -time.Second && o.Latency == time.Millisecond &&
				o.AccessTokenLifetime == 2*time.Hour && o.RefreshTokenLifetime == 3*time.Hour
		}},
		{`{"peopleCeiling": 0}`, func(o Options) bool { return o.PeopleCeiling == 1000 && o.TLS }},
	} {
		status, body := control(t, s, http.MethodPatch, "/options", c.body)
		if status != 200 || !c.want(s.Options()) {
			t.Errorf("%s: %d %s", c.body, status, body)
		}
	}
	if len(before.RateLimits) != 1 || before.ItemErrors.Every != 0 {
		t.Errorf("a copy that was taken before has changed: %+v", before)
	}
	now := s.Options()
	for body, want := range map[string]string{
		``: "needs a JSON body", `{"refreshMod": "keep"}`: "refreshMod", `{"refreshMode": "x"}`: `refreshMode: \"x\"`,
		`{"rateLimits": {"GET /x": 1}}`: "rateLimits", `{"tls": true}`: "tls", `{"latency": "x"}`: "invalid duration", `[]`: "",
	} {
		status, answer := control(t, s, http.MethodPatch, "/options", body)
		if status != 400 || !strings.Contains(answer, want) {
			t.Errorf("%s: %d %s, want 400 and %q", body, status, answer, want)
		}
	}
	_, body := control(t, s, http.MethodGet, "/options", "")
	read := Options{TLS: true}
	if err := json.Unmarshal([]byte(body), &read); err != nil {
		t.Fatal(err)
	}
	read.TLS, read.Addr, read.Hosts, read.HTTP2, read.Now, now.Now = now.TLS, now.Addr, now.Hosts, now.HTTP2, nil, nil
	if !reflect.DeepEqual(read, now) {
		t.Errorf("%s is read as\n%+v, want\n%+v", body, read, now)
	}
}

func TestControlClock(t *testing.T) {
	t.Parallel()
	s, _ := start(t, Options{Now: noon}, StandardOrganization())
	for _, c := range []struct {
		method, body string
		status       int
		want         time.Time
	}{
		{http.MethodGet, "", 200, noon()},
		{http.MethodPost, `{"advance": "24h"}`, 200, noon().Add(day)},
		{http.MethodPost, `{"set": "2030-01-02T03:04:05Z"}`, 200, time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)},
		{http.MethodPost, `{"advance": "-1s"}`, 200, time.Date(2030, 1, 2, 3, 4, 4, 0, time.UTC)},
		{http.MethodPost, `{"set": "2030-01-02T03:04:05Z", "advance": "1s"}`, 400, time.Date(2030, 1, 2, 3, 4, 4, 0, time.UTC)},
		{http.MethodPost, `{"set": "soon"}`, 400, time.Date(2030, 1, 2, 3, 4, 4, 0, time.UTC)},
	} {
		status, body := control(t, s, c.method, "/clock", c.body)
		if status != c.status || !s.Now().Equal(c.want) || (status == 200 && !strings.Contains(body, c.want.Format(time.RFC3339))) {
			t.Errorf("%s %s: %d %s, and it is %s, want %s", c.method, c.body, status, body, s.Now(), c.want)
		}
	}
	s.SetOptions(func(o *Options) { o.RateLimit = 1 })
	s.IssueToken(TokenSpec{Organization: StandardUUID, Access: "t"}) // the first one has expired
	get(t, s, "t", "/roles")
	if status, _ := control(t, s, http.MethodDelete, "/limits", ""); status != 204 || get(t, s, "t", "/roles").status != 200 {
		t.Errorf("resetting the limits: %d", status)
	}
}

// TestSeed plays the same requests on two simulators with the same seed.
func TestSeed(t *testing.T) {
	t.Parallel()
	play := func(seed uint64) string {
		s, _ := start(t, Options{Now: noon, Seed: seed, RefreshMode: RefreshRotate, ReuseTokenWithin: -1, ShuffleLicenses: true}, StandardOrganization())
		token := s.IssueToken(TokenSpec{Organization: StandardUUID, WithRefresh: true})
		app := s.AddServiceApp(ServiceAppSpec{})
		_, reply, _ := postForm(t, s, refreshForm(token))
		a := get(t, s, token.Access, "/licenses")
		return fmt.Sprint(token, app, reply, a.header.Get("Trackingid"), a.body)
	}
	if a, b := play(1), play(1); a != b {
		t.Errorf("the same seed gives\n%s and\n%s", a, b)
	}
	if a, b := play(0), play(0); a == b || a == play(1) || play(1) == play(2) {
		t.Error("different seeds, or none, give the same")
	}
}

func TestKeepRefreshEnd(t *testing.T) {
	t.Parallel()
	s, _ := start(t, Options{Now: noon, KeepRefreshEnd: true, ReuseTokenWithin: -1}, StandardOrganization())
	token := s.IssueToken(TokenSpec{Organization: StandardUUID, WithRefresh: true})
	s.Advance(10 * day)
	if _, reply, _ := postForm(t, s, refreshForm(token)); reply.RefreshTokenExpiresIn != 80*24*3600 || reply.ExpiresIn != 14*24*3600 {
		t.Errorf("%+v", reply)
	}
}
