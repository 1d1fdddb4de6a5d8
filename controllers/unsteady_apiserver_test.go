package controllers

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/internal/backoff"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// unsteady is an API server that fails every few requests of the operator, each time in
// another way.
type unsteady struct {
	every int

	mu     sync.Mutex
	asked  int
	faults map[string]int
}

// fault is one way to fail. If it is not late, the request was not carried out.
type fault struct {
	name string
	late bool
	code int
}

var apiServerFaults = []fault{
	{name: "drop"},
	{name: "drop the answer", late: true},
	{name: "delay", late: true, code: http.StatusOK},
	{name: "conflict", code: http.StatusConflict},
	{name: "too many", code: http.StatusTooManyRequests},
	{name: "internal error", code: http.StatusInternalServerError},
	{name: "unavailable", code: http.StatusServiceUnavailable},
}

func (u *unsteady) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		f := u.next(r)
		if f == nil {
			return next.RoundTrip(r)
		}
		if f.late {
			response, err := next.RoundTrip(r)
			if err != nil || f.code == http.StatusOK {
				time.Sleep(50 * time.Millisecond) // a delay is what is tested
				return response, err
			}
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
		}
		if f.code == 0 || f.late {
			return nil, errors.New("connection reset by peer")
		}
		body := fmt.Sprintf(`{"kind":"Status","apiVersion":"v1","status":"Failure","message":"%s","reason":%q,"code":%d}`, f.name, reasons[f.code], f.code)
		return &http.Response{
			StatusCode: f.code, Request: r, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)),
		}, nil
	})
}

var reasons = map[int]string{
	http.StatusConflict: "Conflict", http.StatusTooManyRequests: "TooManyRequests",
	http.StatusInternalServerError: "InternalError", http.StatusServiceUnavailable: "ServiceUnavailable",
}

// next is the fault of a request; nil for none. Watches and lists of whole kinds are the
// cache's, which tries again by itself; events are told once.
func (u *unsteady) next(r *http.Request) *fault {
	if r.URL.Query().Has("watch") || strings.HasSuffix(r.URL.Path, "/events") ||
		r.Method == http.MethodGet && r.URL.Query().Has("limit") {
		return nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.asked++; u.asked%u.every != 0 {
		return nil
	}
	f := apiServerFaults[u.asked/u.every%len(apiServerFaults)]
	if f.code == http.StatusConflict && r.Method == http.MethodGet {
		return nil // reads meet no conflict
	}
	u.faults[f.name]++
	return &f
}

func (u *unsteady) all() (n int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, times := range u.faults {
		n += times
	}
	return n
}

// hurried waits little for the API server.
func hurried(o *Options) {
	o.Patience = backoff.Policy{First: 5 * time.Millisecond, Longest: 50 * time.Millisecond, InAll: patience, Clock: o.Clock}
}

// A walk is dear: whatever the API server does meanwhile and afterwards, each page is asked
// for once, and the rows are right.
func TestWalkIsKeptWhileTheAPIServerFails(t *testing.T) {
	f := newFixture(t, func(o *fixtureOptions) {
		o.stopped = true
		o.organization = webexsim.Generate(webexsim.GeneratorOptions{Seed: 15, People: 10_000, Licenses: 9, Locations: 4, Workspaces: 30})
	})
	server := &unsteady{every: 4, faults: map[string]int{}}
	f.wrapTransport = server.wrap
	f.start(hurried)
	customer := f.createCustomer("acme")
	f.expectFigures(customer)

	run := f.awaitRuns("acme", "Initial", 1)[0]
	f.Expect(ptr.Deref(run.Status.FailedAttempts, 0)).To(BeZero(), "%+v", run.Status)
	f.Expect(run.Status.Interruptions).To(BeNil())
	f.Expect(server.all()).To(BeNumerically(">=", 20), "%v", server.faults)
	f.Expect(server.faults).To(HaveLen(len(apiServerFaults)), "%v", server.faults)
	pages := map[int]int{}
	for _, r := range f.sim.RequestLog() {
		if r.Operation == "GET /people" {
			pages[r.Page]++
		}
	}
	f.Expect(len(pages)).To(BeNumerically(">=", 100))
	for page, times := range pages {
		f.Expect(times).To(Equal(1), "page %d of %d, over %v", page, len(pages), server.faults)
	}
}
