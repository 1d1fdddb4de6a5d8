package webexsim

import (
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
)

// noon is a clock that stands still; Advance moves it.
func noon() time.Time { return time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC) }

func TestRateLimit(t *testing.T) {
	t.Parallel()
	s, _ := start(t, Options{Now: noon, RateLimit: 3, RateLimits: map[string]int{"GET /people": 1, "GET /roles": 0}}, StandardOrganization())
	s.IssueToken(TokenSpec{Organization: StandardUUID, Access: "t2"})
	s.IssueToken(TokenSpec{Organization: StandardUUID, Access: "other", Owner: "other"})
	expect := func(token, path string, want ...int) {
		t.Helper()
		var got []int
		for range want {
			got = append(got, get(t, s, token, path).status)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("GET %s with %s: %v, want %v", path, token, got, want)
		}
	}
	expect("t", "/licenses", 200)
	s.Advance(20*time.Second + time.Millisecond)
	expect("t", "/licenses", 200)
	expect("t2", "/licenses", 200) // of the same owner
	expect("t2", "/licenses", 429)
	expect("t", "/licenses", 429, 429, 429)
	expect("other", "/licenses", 200)
	expect("t", "/locations", 200)
	expect("t", "/people", 200, 429)
	expect("t", "/people/me", 200, 200, 200, 429)
	expect("t", "/roles", 200, 200, 200, 200)
	expect("nonsense", "/licenses", 401, 401, 401, 401)

	// Waiting as long as told is enough, and a second less is not.
	a := get(t, s, "t", "/licenses")
	if a.header.Get("Retry-After") != "40" || !strings.Contains(a.body, a.header.Get("Trackingid")) {
		t.Errorf("%v %s, want 40 seconds", a.header, a.body)
	}
	s.Advance(39 * time.Second)
	expect("t", "/licenses", 429)
	s.Advance(time.Second)
	expect("t", "/licenses", 200, 429)
	s.Advance(time.Hour)
	expect("t", "/licenses", 200, 200, 200, 429)
	s.ResetLimits()
	expect("t", "/licenses", 200)
	s.Advance(-2 * time.Hour) // what is counted in the future would never end
	expect("t", "/licenses", 200, 200, 200, 429)
	s.SetOptions(func(o *Options) { o.RateLimit = 1 })
	if got := get(t, s, "t", "/licenses").header.Get("Retry-After"); got != "60" {
		t.Errorf("with a lower limit: %q seconds, want 60", got)
	}
	s.SetOptions(func(o *Options) { o.RateLimit = 0 })
	expect("t", "/licenses", 200, 200, 200, 200)
}

func TestRetryAfterForms(t *testing.T) {
	t.Parallel()
	s, _ := start(t, Options{Now: noon, RateLimit: 1}, StandardOrganization())
	s.Advance(500 * time.Millisecond)
	get(t, s, "t", "/licenses")
	s.Advance(10 * time.Second)
	for form, want := range map[RetryAfter]string{
		"": "50", RetryAfterSeconds: "50", RetryAfterMissing: "", RetryAfterZero: "0", RetryAfterHuge: "3600",
		RetryAfterGarbage: "rand(30),add(30)", RetryAfterDate: "Tue, 01 Sep 2026 12:01:01 GMT",
	} {
		s.SetOptions(func(o *Options) { o.RetryAfter = form })
		a := get(t, s, "t", "/licenses")
		if got := a.header.Get("Retry-After"); a.status != 429 || got != want {
			t.Errorf("%s: %d %q, want %q", form, a.status, got, want)
		}
		if got := a.header.Get("Date"); got != "Tue, 01 Sep 2026 12:00:10 GMT" {
			t.Errorf("the answer is from %s", got)
		}
	}
	s.SetOptions(func(o *Options) { o.RateLimitHTML, o.LowerCaseHeaders = true, true })
	a := get(t, s, "t", "/licenses")
	if a.status != http.StatusTooManyRequests || a.header.Get("Content-Type") != "text/html" || !strings.Contains(a.body, "<h1>429 ") {
		t.Errorf("%d %v %s", a.status, a.header, a.body)
	}
}

// TestRateLimitHolds counts by hand what gets through in any minute.
func TestRateLimitHolds(t *testing.T) {
	t.Parallel()
	var l limits
	var through []time.Time
	now := noon()
	for i := range 2000 {
		now = now.Add(time.Duration(mix(uint64(i))%9000) * time.Millisecond / 10)
		wait := l.take(limitKey{"a", "b"}, 7, now)
		recent := 0
		for _, at := range through {
			if at.After(now.Add(-time.Minute)) {
				recent++
			}
		}
		if (recent >= 7) != (wait > 0) {
			t.Fatalf("request %s: %d in the last minute, wait %s", strconv.Itoa(i), recent, wait)
		}
		if wait <= 0 {
			through = append(through, now)
		}
	}
	if len(through) < 7 || len(l.seen[limitKey{"a", "b"}]) > 7 {
		t.Errorf("%d got through, %d are remembered", len(through), len(l.seen))
	}
}
