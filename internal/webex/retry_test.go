package webex

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseRetryAfter(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]time.Duration{
		"": 5 * time.Second, "  ": 5 * time.Second, "0": time.Second, "1": time.Second, "60": time.Minute, " 7 ": 7 * time.Second,
		"3600": time.Hour, "3601": time.Hour, "99999999999999999999999999": time.Hour, "-5": time.Second, "1.5": 2 * time.Second,
		"-99999999999999999999999999": time.Second, "rand(30),add(30)": 5 * time.Second, "5, 10": 5 * time.Second, "NaN": 5 * time.Second,
		"Inf": 5 * time.Second, "1e3": 5 * time.Second, "0x10": 5 * time.Second, "+": 5 * time.Second, "1-2": 5 * time.Second,
		"Tue, 01 Sep 2026 12:00:30 GMT": 30 * time.Second, "Tue, 01 Sep 2026 11:00:00 GMT": time.Second,
		"Tue, 01 Sep 2099 11:00:00 GMT": time.Hour, "2026-09-01T12:00:30Z": 5 * time.Second,
	} {
		if got := ParseRetryAfter(header, noon); got != want {
			t.Errorf("%q: %v, want %v", header, got, want)
		}
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	p := RetryPolicy{}.withDefaults()
	for n, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 5: 16 * time.Second, 6: 30 * time.Second, 5000: 30 * time.Second} {
		if got := p.backoff(n, 1); got != want {
			t.Errorf("after %d failures: %v, want %v", n, got, want)
		}
		if got := p.backoff(n, 0); got != 0 {
			t.Errorf("after %d failures with no luck: %v", n, got)
		}
	}
}

// statusTest is a sequence of responses to a list of people, and what has to come of it.
type statusTest struct {
	responses []func() *http.Response
	class     Class // ClassNone: the list arrives
	requests  int
	sleeps    []time.Duration
	retry     time.Duration
	cause     error
}

var statusTests = func() map[string]statusTest {
	const html = "Content-Type: text/html"
	return map[string]statusTest{
		"good":          {responses: []func() *http.Response{one(200, peoplePage("a"))}, requests: 1},
		"400":           {responses: []func() *http.Response{one(400, `{"message":"secret"}`)}, class: ClassTerminal, requests: 1},
		"403":           {responses: []func() *http.Response{one(403, `{"message":"secret"}`)}, class: ClassTerminal, requests: 1},
		"404":           {responses: []func() *http.Response{one(404, webexNo)}, class: ClassTerminal, requests: 1},
		"405":           {responses: []func() *http.Response{one(405, webexNo)}, class: ClassTerminal, requests: 1},
		"410":           {responses: []func() *http.Response{one(410, webexNo)}, class: ClassTerminal, requests: 1},
		"451":           {responses: []func() *http.Response{one(451, webexNo)}, class: ClassTerminal, requests: 1},
		"redirect away": {responses: []func() *http.Response{one(302, ``, "Location: https://evil.example.com/v1/people")}, class: ClassTransient, requests: 4, cause: ErrRedirect},
		"redirect down": {responses: []func() *http.Response{one(302, ``, "Location: http://webexapis.com/v1/people")}, class: ClassTransient, requests: 4, cause: ErrRedirect},
		"redirects":     {responses: []func() *http.Response{one(302, ``, "Location: /v1/people")}, class: ClassTransient, requests: 16, cause: ErrRedirect},
		"redirect here": {responses: []func() *http.Response{one(307, ``, "Location: /v1/other"), one(200, peoplePage("a"))}, requests: 2},
		"500 for ever":  {responses: []func() *http.Response{one(500, `{}`)}, class: ClassTransient, requests: 4, sleeps: []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second}},
		"502 html":      {responses: []func() *http.Response{one(502, `<html>`, html)}, class: ClassTransient, requests: 4},
		"503 once":      {responses: []func() *http.Response{one(503, ``), one(200, peoplePage("a"))}, requests: 2, sleeps: []time.Duration{500 * time.Millisecond}},
		"503 patience": {
			responses: []func() *http.Response{one(503, ``, "Retry-After: 9"), one(200, peoplePage("a"))},
			requests:  2, sleeps: []time.Duration{9500 * time.Millisecond},
		},
		"no answer": {responses: []func() *http.Response{func() *http.Response { return nil }}, class: ClassTransient, requests: 4},
		"429 once":  {responses: []func() *http.Response{one(429, ``, "Retry-After: 7"), one(200, peoplePage("a"))}, requests: 2, sleeps: []time.Duration{7500 * time.Millisecond}},
		"429 bare":  {responses: []func() *http.Response{one(429, `<html>`, html), one(200, peoplePage("a"))}, requests: 2, sleeps: []time.Duration{5500 * time.Millisecond}},
		"429 for ever": {
			responses: []func() *http.Response{one(429, ``, "Retry-After: 1")}, class: ClassRateLimited, requests: 4, retry: time.Second,
			sleeps: []time.Duration{1500 * time.Millisecond, 1500 * time.Millisecond, 1500 * time.Millisecond},
		},
		"429 for long":    {responses: []func() *http.Response{one(429, ``, "Retry-After: 31")}, class: ClassRateLimited, requests: 1, retry: 31 * time.Second},
		"429 for an age":  {responses: []func() *http.Response{one(429, ``, "Retry-After: 86400")}, class: ClassRateLimited, requests: 1, retry: time.Hour},
		"423":             {responses: []func() *http.Response{one(423, ``, "Retry-After: 3"), one(200, peoplePage("a"))}, requests: 2, sleeps: []time.Duration{3500 * time.Millisecond}},
		"204":             {responses: []func() *http.Response{one(204, ``)}, class: ClassPartial, requests: 4},
		"206":             {responses: []func() *http.Response{one(206, peoplePage("a"))}, class: ClassPartial, requests: 4},
		"html":            {responses: []func() *http.Response{one(200, `<html>`, html)}, class: ClassPartial, requests: 4, cause: ErrNotJSON},
		"html once":       {responses: []func() *http.Response{one(200, `<html>`, html), one(200, peoplePage("a"))}, requests: 2},
		"no content type": {responses: []func() *http.Response{one(200, peoplePage("a"), "Content-Type: ")}, requests: 1},
		"malformed":       {responses: []func() *http.Response{one(200, `{"items":[}`)}, class: ClassPartial, requests: 4, cause: ErrMalformed},
		"malformed once":  {responses: []func() *http.Response{one(200, `{"items":[}`), one(200, peoplePage("a"))}, requests: 2},
		"trailing data":   {responses: []func() *http.Response{one(200, peoplePage("a")+"{}")}, class: ClassPartial, requests: 4, cause: ErrMalformed},
		"empty body":      {responses: []func() *http.Response{one(200, ``)}, class: ClassPartial, requests: 4, cause: ErrCut},
		"no items":        {responses: []func() *http.Response{one(200, `{"message":"x"}`)}, class: ClassPartial, requests: 1, cause: ErrMissingField},
		"null items":      {responses: []func() *http.Response{one(200, `{"items":null}`)}, class: ClassPartial, requests: 1, cause: ErrMissingField},
		"bare array":      {responses: []func() *http.Response{one(200, `[]`)}, class: ClassPartial, requests: 1, cause: ErrMissingField},
		"null item":       {responses: []func() *http.Response{one(200, `{"items":[null]}`)}, class: ClassPartial, requests: 1, cause: ErrMissingField},
		"item without id": {responses: []func() *http.Response{one(200, `{"items":[{"licenses":[]}]}`)}, class: ClassPartial, requests: 1, cause: ErrMissingField},
	}
}()

func TestStatuses(t *testing.T) {
	t.Parallel()
	for name, test := range statusTests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, in := newTestClient(t, inTurn(test.responses...))
			got, err := collect(each(c.PeoplePages(t.Context(), OrganizationID{})), personID)
			if in.count() != test.requests {
				t.Errorf("%d requests, want %d", in.count(), test.requests)
			}
			if test.sleeps != nil && !slices.Equal(in.sleeps, test.sleeps) {
				t.Errorf("waits %v, want %v", in.sleeps, test.sleeps)
			}
			if test.class == ClassNone {
				if err != nil || !slices.Equal(got, []string{"a"}) {
					t.Errorf("people %v, error %v", got, err)
				}
				return
			}
			e := theError(t, err, test.class)
			if e.RetryAfter != test.retry || len(got) != 0 || test.cause != nil && !errors.Is(err, test.cause) {
				t.Errorf("people %v, error %v, retry after %v", got, err, e.RetryAfter)
			}
			if e.Status != 0 && e.TrackingID != "ROUTER_ABC" {
				t.Errorf("tracking id %q", e.TrackingID)
			}
		})
	}
}

// rotating is a token source with tokens to go through.
type rotating struct {
	mu      sync.Mutex
	tokens  []string
	refresh int
	err     error
}

func (r *rotating) Token(context.Context) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.tokens[0], nil
}

func (r *rotating) Refresh(_ context.Context, rejected string) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refresh++; r.err != nil {
		return "", r.err
	}
	if len(r.tokens) > 1 && r.tokens[0] == rejected {
		r.tokens = r.tokens[1:]
	}
	return r.tokens[0], nil
}

// accepting answers like numbered, but to one token only.
func accepting(token string, pages int) func(*http.Request) *http.Response {
	return func(r *http.Request) *http.Response {
		if r.Header.Get("Authorization") != "Bearer "+token {
			return answer(401, `{"message":"secret"}`)
		}
		return numbered(pages)(r)
	}
}

func TestUnauthorized(t *testing.T) {
	t.Parallel()
	errPlain := errors.New("the store is away")
	tests := map[string]struct {
		source    TokenSource
		accepts   string
		class     Class
		plain     error
		requests  int
		refreshes int
	}{
		"refreshed":            {source: &rotating{tokens: []string{"old", "new"}}, accepts: "new", requests: 4, refreshes: 1},
		"refused again":        {source: &rotating{tokens: []string{"old", "new"}}, accepts: "other", class: ClassAuth, requests: 2, refreshes: 1},
		"same token":           {source: &rotating{tokens: []string{"old"}}, accepts: "other", class: ClassAuth, requests: 1, refreshes: 1},
		"static":               {source: StaticToken("old"), accepts: "other", class: ClassAuth, requests: 1},
		"static, spaced":       {source: StaticToken(" good\n"), accepts: "good", requests: 3},
		"refresh limited":      {source: &rotating{tokens: []string{"old"}, err: &Error{Class: ClassRateLimited}}, accepts: "other", class: ClassRateLimited, requests: 1, refreshes: 1},
		"source has a problem": {source: &rotating{tokens: []string{"old"}, err: errPlain}, accepts: "other", plain: errPlain, requests: 1, refreshes: 1},
		"empty":                {source: StaticToken(" "), class: ClassAuth},
		"line break":           {source: StaticToken("secret\r\nX: y"), class: ClassAuth},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, in := newTestClient(t, accepting(test.accepts, 3), func(c *Config) { c.Tokens = test.source })
			got, err := collect(each(c.PeoplePages(t.Context(), OrganizationID{})), personID)
			switch {
			case test.plain != nil:
				if !errors.Is(err, test.plain) || ClassOf(err) != ClassTransient {
					t.Errorf("error %v", err)
				}
			case test.class != ClassNone:
				wantClass(t, err, test.class)
			case err != nil || len(got) != 3:
				t.Errorf("people %v, error %v", got, err)
			}
			if in.count() != test.requests || len(in.sleeps) != 0 {
				t.Errorf("%d requests, want %d; waits %v", in.count(), test.requests, in.sleeps)
			}
			if r, ok := test.source.(*rotating); ok && r.refresh != test.refreshes {
				t.Errorf("%d refreshes, want %d", r.refresh, test.refreshes)
			}
		})
	}
}

// Two pages that are refused at the same time ask for one refresh between them.
func TestOneRefreshForConcurrentRefusals(t *testing.T) {
	t.Parallel()
	source := &rotating{tokens: []string{"old", "new", "newer"}}
	c, _ := newTestClient(t, accepting("new", 1), func(c *Config) { c.Tokens = source })
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if got, err := collect(each(c.PeoplePages(t.Context(), OrganizationID{})), personID); err != nil || len(got) != 1 {
				t.Errorf("people %v, error %v", got, err)
			}
		})
	}
	wg.Wait()
	if source.refresh != 1 {
		t.Errorf("%d refreshes", source.refresh)
	}
}

// limiter records what it is asked and told, and how often it was patient.
type limiter struct {
	mu    sync.Mutex
	asked []string
	err   error
	tries int // what Tries answers, if set
}

func (l *limiter) note(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = append(l.asked, fmt.Sprintf(format, args...))
}

func (l *limiter) Wait(_ context.Context, op string) error { l.note("wait %s", op); return l.err }

// AtOnce is told apart from Wait.
func (l *limiter) AtOnce(_ context.Context, op string) error { l.note("at once %s", op); return l.err }

func (l *limiter) Done(op string, failed *Error) {
	if failed == nil {
		failed = &Error{}
	}
	l.note("done %s %d %s %s", op, failed.Status, failed.Class, failed.RetryAfter)
}

func (l *limiter) Tries(_ string, tries int) int {
	if l.tries > 0 {
		return l.tries
	}
	return tries
}

func TestLimiterIsAskedBeforeEveryAttempt(t *testing.T) {
	t.Parallel()
	l := &limiter{}
	c, in := newTestClient(t, inTurn(one(503, ``), one(429, ``, "Retry-After: 2"), one(200, peoplePage("a"))), func(c *Config) { c.Limiter = l })
	if _, err := collect(each(c.PeoplePages(t.Context(), OrganizationID{})), personID); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{
		"wait list people", "done list people 503 Transient 0s", "wait list people", "done list people 429 RateLimited 2s",
		"wait list people", "done list people 0  0s",
	}, l.asked); diff != "" {
		t.Error(diff)
	}
	if want := []time.Duration{500 * time.Millisecond}; !slices.Equal(in.sleeps, want) {
		t.Errorf("waits %v, want %v: how long 429 holds back is the limiter's business", in.sleeps, want)
	}
	want := []Call{
		{Operation: "list people", Status: 503, Class: ClassTransient},
		{Operation: "list people", Status: 429, Class: ClassRateLimited, Retried: true},
		{Operation: "list people", Status: 200, Retried: true},
	}
	if !slices.Equal(in.calls, want) {
		t.Errorf("calls %+v", in.calls)
	}

	c, in = newTestClient(t, numbered(1), func(c *Config) { c.Limiter = &limiter{err: errors.New("would exceed context deadline")} })
	_, err := collect(each(c.PeoplePages(t.Context(), OrganizationID{})), personID)
	if wantClass(t, err, ClassTransient); in.count() != 0 {
		t.Errorf("%d requests without budget", in.count())
	}
}

// A limiter waits for as many refusals as it likes, and ends the call when it does not.
func TestLimiterDecidesAboutRefusals(t *testing.T) {
	t.Parallel()
	l := &limiter{}
	c, in := newTestClient(t, nil, func(c *Config) { c.Limiter = l })
	in.handler = func(*http.Request) *http.Response {
		if in.count() == 20 {
			l.err = fmt.Errorf("parked: %w", &Error{Class: ClassRateLimited, Operation: "list people", RetryAfter: time.Hour})
		}
		return answer(429, ``)
	}
	_, err := collect(each(c.PeoplePages(t.Context(), OrganizationID{})), personID)
	if e := theError(t, err, ClassRateLimited); e.RetryAfter != time.Hour || in.count() != 20 || len(in.sleeps) != 0 {
		t.Errorf("error %v after %d requests and sleeps %v", e.String(), in.count(), in.sleeps)
	}
}

func TestLimiterDecidesAboutTries(t *testing.T) {
	t.Parallel()
	c, in := newTestClient(t, inTurn(one(503, ``)), func(c *Config) { c.Limiter = &limiter{tries: 1} })
	_, err := collect(each(c.PeoplePages(t.Context(), OrganizationID{})), personID)
	if wantClass(t, err, ClassTransient); in.count() != 1 {
		t.Errorf("%d requests to an endpoint that was in trouble the last time", in.count())
	}
}

// What a partner's token may see of a customer lapses at times: asking for the organization renews it.
func TestGrantIsRenewedOnce(t *testing.T) {
	t.Parallel()
	organizationOf := func(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/v1/organizations/") }
	good := `{"id":"` + theOrg.API() + `","displayName":"x"}`
	for name, test := range map[string]struct {
		renewal  func() *http.Response
		lapses   int // how often calls are refused until a renewal helps
		class    Class
		status   int
		requests int
	}{
		"renewed":                  {one(200, good), 1, ClassNone, 0, 3},
		"renewed in vain":          {one(200, good), 9, ClassTerminal, 403, 3},
		"the customer is gone":     {one(404, webexNo), 1, ClassTerminal, 403, 2},
		"the renewal is put off":   {one(429, ``, "Retry-After: 900"), 1, ClassRateLimited, 429, 2},
		"the token is refused now": {one(401, webexNo), 1, ClassAuth, 401, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused := 0
			c, in := newTestClient(t, func(r *http.Request) *http.Response {
				if organizationOf(r) {
					return test.renewal()
				}
				if refused++; refused <= test.lapses {
					return answer(403, webexNo)
				}
				return answer(200, peoplePage("a"))
			})
			got, err := collect(each(c.PeoplePages(t.Context(), theOrg)), personID)
			if in.count() != test.requests {
				t.Errorf("requests %v, want %d", in.urls(), test.requests)
			}
			if test.class == ClassNone {
				if err != nil || !slices.Equal(got, []string{"a"}) {
					t.Errorf("people %v, error %v", got, err)
				}
				return
			}
			if e := theError(t, err, test.class); e.Status != test.status {
				t.Errorf("error %v", e)
			}
		})
	}

	c, in := newTestClient(t, inTurn(one(403, webexNo)))
	_, err := collect(each(c.PeoplePages(t.Context(), OrganizationID{})), personID)
	if wantClass(t, err, ClassTerminal); in.count() != 1 {
		t.Errorf("requests %v: the token's own organization needs no grant", in.urls())
	}
}

func TestContextEndsTheWait(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	c, in := newTestClient(t, inTurn(one(503, ``)), func(c *Config) {
		c.Sleep = func(ctx context.Context, _ time.Duration) error { cancel(); return sleep(ctx, time.Hour) }
	})
	_, err := collect(each(c.PeoplePages(ctx, OrganizationID{})), personID)
	if wantClass(t, err, ClassTransient); !errors.Is(err, context.Canceled) || in.count() != 1 {
		t.Errorf("error %v after %d requests", err, in.count())
	}
}
