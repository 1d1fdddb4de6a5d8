package webex

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// fake is a transport that answers from a function. It records requests, and counts bodies that were not closed.
type fake struct {
	handler func(*http.Request) *http.Response

	mu       sync.Mutex
	requests []*http.Request
	open     atomic.Int64
}

func (f *fake) RoundTrip(r *http.Request) (*http.Response, error) {
	f.mu.Lock()
	f.requests = append(f.requests, r)
	f.mu.Unlock()
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	resp := f.handler(r)
	if resp == nil {
		return nil, io.ErrUnexpectedEOF // the server closed the connection without an answer
	}
	f.open.Add(1)
	resp.Body = &closer{ReadCloser: resp.Body, open: &f.open}
	resp.Request = r
	return resp, nil
}

// count is the number of requests so far.
func (f *fake) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.requests)
}

// urls are the paths and queries of the requests so far.
func (f *fake) urls() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []string
	for _, r := range f.requests {
		all = append(all, r.URL.RequestURI())
	}
	return all
}

type closer struct {
	io.ReadCloser
	open *atomic.Int64
	once sync.Once
}

func (c *closer) Close() error {
	c.once.Do(func() { c.open.Add(-1) })
	return c.ReadCloser.Close()
}

// answer is a response with a JSON body. Options are header lines "Name: value".
func answer(status int, body string, header ...string) *http.Response {
	h := http.Header{"Content-Type": {"application/json;charset=UTF-8"}, "Trackingid": {"ROUTER_ABC"}}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		if value == "" {
			h.Del(name)
		} else {
			h.Set(name, value)
		}
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

// cut is a good answer whose connection breaks after n bytes of the body.
func cut(body string, n int, header ...string) *http.Response {
	r := answer(200, "", header...)
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader(body[:n]), failing{io.ErrUnexpectedEOF}))
	return r
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func next(query string) string { return "Link: <" + DefaultBaseURL + query + `>; rel="next"` }

// inTurn answers the nth request with the nth response, and the last one for ever.
func inTurn(responses ...func() *http.Response) func(*http.Request) *http.Response {
	var n atomic.Int64
	return func(*http.Request) *http.Response {
		i := min(int(n.Add(1)), len(responses)) - 1
		return responses[i]()
	}
}

func one(status int, body string, header ...string) func() *http.Response {
	return func() *http.Response { return answer(status, body, header...) }
}

// instruments record what a client did besides its requests.
type instruments struct {
	*fake
	mu     sync.Mutex
	sleeps []time.Duration
	calls  []Call
}

var noon = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

// newTestClient returns a client that neither sleeps nor rolls dice.
func newTestClient(t testing.TB, handler func(*http.Request) *http.Response, change ...func(*Config)) (*Client, *instruments) {
	t.Helper()
	in := &instruments{fake: &fake{handler: handler}}
	cfg := Config{
		HTTP:   &http.Client{Transport: in.fake},
		Tokens: StaticToken("secret-token"),
		Sleep: func(ctx context.Context, d time.Duration) error {
			in.mu.Lock()
			defer in.mu.Unlock()
			in.sleeps = append(in.sleeps, d)
			return ctx.Err()
		},
		Rand: func() float64 { return 0.5 },
		Now:  func() time.Time { return noon },
		Observe: func(c Call) {
			in.mu.Lock()
			defer in.mu.Unlock()
			in.calls = append(in.calls, c)
		},
	}
	for _, f := range change {
		f(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if n := in.open.Load(); n != 0 {
			t.Errorf("%d bodies were not closed", n)
		}
	})
	return c, in
}

// tokenOf is what an answer with this refresh token makes.
func tokenOf(refresh string, expires, refreshExpires time.Time) Token {
	return Token{AccessToken: "new-access", RefreshToken: refresh, ExpiresAt: expires, RefreshExpiresAt: refreshExpires}
}

// collect gathers what an iterator yields.
func collect[T, S any](seq iter.Seq2[T, error], each func(T) S) (all []S, err error) {
	for item, err := range seq {
		if err != nil {
			return all, err
		}
		all = append(all, each(item))
	}
	return all, nil
}

func personID(p Person) string { return p.ID }

// peoplePage is the body of a page of people with these ids.
func peoplePage(ids ...string) string {
	var items []string
	for _, id := range ids {
		items = append(items, fmt.Sprintf(`{"id":%q,"licenses":["L1","L2"],"locationId":"S"}`, id))
	}
	return `{"notFoundIds":null,"items":[` + strings.Join(items, ",") + `]}`
}

// numbered serves pages of one person each, p0 to p<n-1>, with the number in the cursor.
func numbered(n int) func(*http.Request) *http.Response {
	return func(r *http.Request) *http.Response {
		i, _ := strconv.Atoi(r.URL.Query().Get("cursor"))
		var header []string
		if i+1 < n {
			header = append(header, next(fmt.Sprintf("/people?max=100&cursor=%d", i+1)))
		}
		return answer(200, peoplePage(fmt.Sprintf("p%d", i)), header...)
	}
}

// wantClass asserts the class of an error, and what holds for every error of the package.
func wantClass(t *testing.T, err error, want Class) {
	t.Helper()
	_ = theError(t, err, want)
}

// theError is err as an *Error of a class.
func theError(t *testing.T, err error, want Class) *Error {
	t.Helper()
	e, ok := AsError(err)
	if !ok {
		t.Fatalf("error %v (%T) is no *Error; want class %v", err, err, want)
	}
	if e.Class != want {
		t.Errorf("class %v of %q, want %v", e.Class, e, want)
	}
	if ClassOf(err) != e.Class {
		t.Errorf("ClassOf %v, want %v", ClassOf(err), e.Class)
	}
	for _, secret := range []string{"secret", "https://", "?", "ROUTER"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("error text %q has %q in it", err, secret)
		}
		if cause := errors.Unwrap(e); cause != nil && strings.Contains(cause.Error(), secret) {
			t.Errorf("cause %q has %q in it", cause, secret)
		}
	}
	return e
}
