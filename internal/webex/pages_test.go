package webex

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestWalkFollowsLinks(t *testing.T) {
	t.Parallel()
	c, in := newTestClient(t, func(r *http.Request) *http.Response {
		switch r.URL.Query().Get("cursor") {
		case "":
			return answer(200, peoplePage("a", "b"), next("/people?max=100&callingData=true&excludeStatus=true&before&cursor=x%3D"))
		case "x=":
			return answer(200, `{"items":[]}`, next("/people?cursor=2&max=null")) // an empty page is not the end
		case "2":
			return answer(200, peoplePage("c"), "Link: <"+DefaultBaseURL+`/people?cursor=1>; rel="prev"`)
		}
		return answer(404, "{}")
	})
	got, err := collect(each(c.PeoplePages(t.Context(), theOrg)), personID)
	if err != nil || !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Fatalf("people %v, error %v", got, err)
	}
	org := "orgId=" + theOrg.API()
	want := []string{
		"/v1/people?" + org + "&callingData=true&excludeStatus=true&max=100",
		"/v1/people?max=100&before&cursor=x%3D&" + org + "&callingData=true&excludeStatus=true",
		"/v1/people?cursor=2&" + org + "&callingData=true&excludeStatus=true&max=100",
	}
	if diff := cmp.Diff(want, in.urls()); diff != "" {
		t.Error(diff)
	}
	for _, r := range in.requests {
		if got := r.Header.Get("Authorization"); got != "Bearer secret-token" {
			t.Errorf("Authorization %q", got)
		}
	}
}

func TestWalkEndsAtBadLinks(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		link string
		want error
	}{
		"other host":      {"https://evil.example.com/v1/people?cursor=2", ErrForeignLink},
		"other port":      {"https://webexapis.com:8443/v1/people?cursor=2", ErrForeignLink},
		"clear text":      {"http://webexapis.com/v1/people?cursor=2", ErrForeignLink},
		"other path":      {"https://webexapis.com/v2/people?cursor=2", ErrForeignLink},
		"base itself":     {"https://webexapis.com/v1", ErrForeignLink},
		"prefix only":     {"https://webexapis.com/v1people?cursor=2", ErrForeignLink},
		"climbs out":      {"https://webexapis.com/v1/../people?cursor=2", ErrForeignLink},
		"climbs encoded":  {"https://webexapis.com/v1/%2e%2e/people?cursor=2", ErrForeignLink},
		"credentials":     {"https://u:p@webexapis.com/v1/people?cursor=2", ErrForeignLink},
		"host as user":    {"https://webexapis.com@evil.example.com/v1/people", ErrForeignLink},
		"network path":    {"//evil.example.com/v1/people", ErrForeignLink},
		"unparsable":      {"https://webexapis.com/v1/%zz", ErrForeignLink},
		"opaque":          {"https:webexapis.com/v1/people", ErrForeignLink},
		"itself":          {"https://webexapis.com/v1/people?callingData=true&excludeStatus=true&max=100", ErrLoop},
		"itself, max off": {"https://webexapis.com/v1/people?callingData=true&excludeStatus=true&max=null", ErrLoop},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, in := newTestClient(t, inTurn(one(200, peoplePage("a"), "Link: <"+test.link+`>; rel="next"`)))
			got, err := collect(each(c.PeoplePages(t.Context(), OrganizationID{})), personID)
			wantClass(t, err, ClassPartial)
			if !errors.Is(err, test.want) || !slices.Equal(got, []string{"a"}) || in.count() != 1 {
				t.Errorf("people %v, error %v, %d requests", got, err, in.count())
			}
		})
	}
}

func TestWalkAcceptsLinksOfTheSameHost(t *testing.T) {
	t.Parallel()
	for _, link := range []string{
		"https://webexapis.com/v1/people?cursor=2", "https://webexapis.com:443/v1/people?cursor=2",
		"HTTPS://WebexAPIs.com/v1/people?cursor=2#top", "/v1/people?cursor=2", "?cursor=2", "people?cursor=2",
	} {
		c, in := newTestClient(t, inTurn(one(200, peoplePage("a"), "Link: <"+link+`>; rel="next"`), one(200, peoplePage("b"))))
		got, err := collect(each(c.PeoplePages(t.Context(), OrganizationID{})), personID)
		if err != nil || !slices.Equal(got, []string{"a", "b"}) || in.count() != 2 {
			t.Errorf("%s: people %v, error %v, %d requests", link, got, err, in.count())
		}
	}
}

func TestLoopOverSeveralPages(t *testing.T) {
	t.Parallel()
	c, in := newTestClient(t, func(r *http.Request) *http.Response {
		n := map[string]string{"": "1", "1": "2", "2": "3", "3": "1"}[r.URL.Query().Get("cursor")]
		return answer(200, peoplePage("p"+n), next("/people?cursor="+n))
	})
	_, err := collect(each(c.PeoplePages(t.Context(), OrganizationID{})), personID)
	wantClass(t, err, ClassPartial)
	if !errors.Is(err, ErrLoop) || in.count() != 4 {
		t.Errorf("error %v after %d requests", err, in.count())
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	page := len(peoplePage("p0"))
	tests := map[string]struct {
		limits Limits
		ok     bool
	}{
		"pages, reached":    {Limits{Pages: 5}, true},
		"pages, exceeded":   {Limits{Pages: 4}, false},
		"results, reached":  {Limits{Results: 5}, true},
		"results, exceeded": {Limits{Results: 4}, false},
		"bytes, reached":    {Limits{BodyBytes: int64(page)}, true},
		"bytes, exceeded":   {Limits{BodyBytes: int64(page) - 1}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, in := newTestClient(t, numbered(5), func(c *Config) { c.Limits = test.limits })
			got, err := collect(each(c.PeoplePages(t.Context(), OrganizationID{})), personID)
			if test.ok {
				if err != nil || len(got) != 5 {
					t.Errorf("people %v, error %v", got, err)
				}
				return
			}
			wantClass(t, err, ClassPartial)
			if !errors.Is(err, ErrLimit) || in.count() > 5 {
				t.Errorf("error %v after %d requests", err, in.count())
			}
		})
	}
}

// The next page's request must leave once the header is there, and no request beyond that one.
func TestNextPageIsRequestedBeforeTheBodyEnds(t *testing.T) {
	t.Parallel()
	requested := make(chan string, 10)
	release := make(chan struct{})
	c, _ := newTestClient(t, func(r *http.Request) *http.Response {
		cursor := r.URL.Query().Get("cursor")
		requested <- cursor
		resp := numbered(5)(r)
		if cursor == "" { // the body of the first page comes only when the test says so
			body := resp.Body
			resp.Body = io.NopCloser(io.MultiReader(waiting{release}, body))
		}
		return resp
	})
	type result struct {
		ids []string
		err error
	}
	done := make(chan result)
	go func() {
		ids, err := collect(each(c.PeoplePages(t.Context(), OrganizationID{})), personID)
		done <- result{ids, err}
	}()
	if got := []string{<-requested, <-requested}; !slices.Equal(got, []string{"", "1"}) {
		t.Errorf("requests %q before the first body", got)
	}
	for range 1000 { // were there a third request, it had every chance to leave
		runtime.Gosched()
	}
	if len(requested) > 0 {
		t.Errorf("request for page %q before the first page was delivered", <-requested)
	}
	close(release)
	if r := <-done; r.err != nil || len(r.ids) != 5 {
		t.Errorf("people %v, error %v", r.ids, r.err)
	}
}

type waiting struct{ until chan struct{} }

func (w waiting) Read([]byte) (int, error) { <-w.until; return 0, io.EOF }

// A consumer that leaves, and a context that ends, leave nothing behind.
func TestNothingRunsOn(t *testing.T) {
	var running atomic.Int64 // responses whose body was not closed, by way of the context of their request
	hang := func(r *http.Request) *http.Response {
		resp := numbered(1000)(r)
		if r.URL.Query().Get("cursor") == "7" { // a page that never comes: the one ahead when the consumer leaves
			running.Add(1)
			context.AfterFunc(r.Context(), func() { running.Add(-1) })
			resp.Body = io.NopCloser(blocked{r.Context()})
		}
		return resp
	}
	before := runtime.NumGoroutine()
	for range 20 {
		c, in := newTestClient(t, hang)
		n := 0
		for _, err := range each(c.PeoplePages(t.Context(), OrganizationID{})) {
			if err != nil {
				t.Fatal(err)
			}
			if n++; n == 7 {
				break
			}
		}
		if open := in.open.Load(); open != 0 {
			t.Errorf("%d bodies open after break", open)
		}

		c, in = newTestClient(t, hang)
		ctx, cancel := context.WithCancel(t.Context())
		n = 0
		var last error
		for _, err := range each(c.PeoplePages(ctx, OrganizationID{})) {
			if n++; n == 7 {
				cancel()
			}
			last = err
		}
		cancel()
		wantClass(t, last, ClassTransient)
		if !errors.Is(last, context.Canceled) || in.open.Load() != 0 {
			t.Errorf("error %v, %d bodies open after cancel", last, in.open.Load())
		}
	}
	for range 100 { // the runtime takes a moment to bury a goroutine that has ended
		if running.Load() == 0 && runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before; %d requests alive", runtime.NumGoroutine(), before, running.Load())
}

type blocked struct{ ctx context.Context }

func (b blocked) Read([]byte) (int, error) { <-b.ctx.Done(); return 0, b.ctx.Err() }

// Every byte offset at which a connection may break: the page is asked for again, and the list is right; or, if it
// breaks every time, an error comes, and what was delivered before is a prefix of the truth.
func TestCutAtEveryByte(t *testing.T) {
	t.Parallel()
	truth := []string{"a", "b", "c", "d", "e"}
	second := peoplePage("c", "d")
	pages := func(cutNow func() bool, how func() *http.Response) func(*http.Request) *http.Response {
		return func(r *http.Request) *http.Response {
			switch r.URL.Query().Get("cursor") {
			case "":
				return answer(200, peoplePage("a", "b"), next("/people?cursor=2"))
			case "2":
				if cutNow() {
					return how()
				}
				return answer(200, second, next("/people?cursor=3"))
			}
			return answer(200, peoplePage("e"))
		}
	}
	for n := range second {
		for name, how := range map[string]func() *http.Response{
			"reset": func() *http.Response { return cut(second, n, next("/people?cursor=3")) },
			"end":   func() *http.Response { return answer(200, second[:n], next("/people?cursor=3")) },
		} {
			var times atomic.Int64
			c, in := newTestClient(t, pages(func() bool { return times.Add(1) == 1 }, how))
			got, err := collect(each(c.PeoplePages(t.Context(), OrganizationID{})), personID)
			if err != nil || !slices.Equal(got, truth) || in.count() != 4 {
				t.Fatalf("%s after %d bytes once: people %v, error %v, %d requests", name, n, got, err, in.count())
			}

			c, _ = newTestClient(t, pages(func() bool { return true }, how))
			got, err = collect(each(c.PeoplePages(t.Context(), OrganizationID{})), personID)
			if err == nil || !slices.Equal(got, truth[:2]) {
				t.Fatalf("%s after %d bytes always: people %v, error %v", name, n, got, err)
			}
			want := map[string]Class{"reset": ClassTransient, "end": ClassPartial}[name]
			if e := theError(t, err, want); !errors.Is(e, ErrCut) {
				t.Fatalf("%s after %d bytes always: error %v", name, n, err)
			}
		}
	}
}

// A page that was asked for again may come with another link: only that one belongs to what was received.
func TestLinkOfTheLastAttemptCounts(t *testing.T) {
	t.Parallel()
	var first atomic.Int64
	c, in := newTestClient(t, func(r *http.Request) *http.Response {
		switch cursor := r.URL.Query().Get("cursor"); cursor {
		case "":
			if first.Add(1) == 1 {
				return cut(peoplePage("a"), 20, next("/people?cursor=old"))
			}
			return answer(200, peoplePage("a"), next("/people?cursor=new"))
		case "new":
			return answer(200, peoplePage("b"))
		default:
			return answer(200, peoplePage("wrong"), next("/people?cursor=wrong"))
		}
	})
	got, err := collect(each(c.PeoplePages(t.Context(), OrganizationID{})), personID)
	if err != nil || !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("people %v, error %v, requests %q", got, err, in.urls())
	}
}

func TestGatewayTimeoutHalvesThePage(t *testing.T) {
	t.Parallel()
	var served []string
	c, in := newTestClient(t, func(r *http.Request) *http.Response {
		var size int
		_, _ = fmt.Sscan(r.URL.Query().Get("max"), &size)
		if size > 20 {
			return answer(504, `{}`)
		}
		cursor := r.URL.Query().Get("cursor")
		served = append(served, cursor)
		if cursor == "" {
			return answer(200, peoplePage("a"), next("/people?max=100&cursor=2")) // the server forgot
		}
		return answer(200, peoplePage("b"))
	})
	got, err := collect(each(c.PeoplePages(t.Context(), OrganizationID{})), personID)
	if err != nil || !slices.Equal(got, []string{"a", "b"}) || !slices.Equal(served, []string{"", "2"}) {
		t.Fatalf("people %v, error %v, served %q", got, err, served)
	}
	var sizes []string
	for _, r := range in.requests {
		sizes = append(sizes, r.URL.Query().Get("max"))
	}
	if want := []string{"100", "50", "25", "12", "12"}; !slices.Equal(sizes, want) {
		t.Errorf("page sizes %v, want %v", sizes, want)
	}
}

func TestGatewayTimeoutEnds(t *testing.T) {
	t.Parallel()
	c, in := newTestClient(t, inTurn(one(504, "")))
	_, err := collect(each(c.PeoplePages(t.Context(), OrganizationID{})), personID)
	wantClass(t, err, ClassTransient)
	last := in.requests[len(in.requests)-1].URL.Query().Get("max")
	if in.count() != 4+4 || last != "10" {
		t.Errorf("%d requests, the last with max=%s", in.count(), last)
	}
}

// An iterator may be used again, and several at a time.
func TestIteratorIsReusable(t *testing.T) {
	t.Parallel()
	c, _ := newTestClient(t, numbered(5))
	people := each(c.PeoplePages(t.Context(), OrganizationID{}))
	outer := 0
	for _, err := range people {
		if err != nil {
			t.Fatal(err)
		}
		if got, err := collect(people, personID); err != nil || len(got) != 5 {
			t.Fatalf("inner walk: %v, %v", got, err)
		}
		outer++
	}
	if outer != 5 {
		t.Errorf("outer walk: %d people", outer)
	}
}
