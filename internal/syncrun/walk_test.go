package syncrun

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/budget"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/usage"
	"github.com/webex-operator/webex-license-operator/internal/webex"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// roundTrip is a transport made of a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// walker does what an attempt does between the credentials and the rows, for one
// organization of a simulated Webex.
type walker struct {
	*WithT
	sim    *webexsim.Server
	org    *webexsim.Organization
	engine *Engine
	// transport carries the requests; change adjusts the client.
	transport http.RoundTripper
	change    func(*webex.Config)
	calls     int
	// perMinute is the request budget; 0 is none.
	perMinute int32
}

// severalPages is an organization whose people come in five pages of a hundred.
func severalPages() webexsim.OrganizationSpec {
	return webexsim.Generate(webexsim.GeneratorOptions{Seed: 7, People: 450, Licenses: 9, Locations: 4, Workspaces: 120})
}

func newWalker(t *testing.T, spec webexsim.OrganizationSpec, adjust ...func(*webexsim.Options)) *walker {
	t.Helper()
	options := webexsim.Options{TLS: true}
	for _, a := range adjust {
		a(&options)
	}
	sim, err := webexsim.New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	org := sim.AddOrganization(spec)
	sim.IssueToken(webexsim.TokenSpec{Organization: org.UUID(), Access: "t0ken"})
	return &walker{
		WithT: NewWithT(t), sim: sim, org: org, transport: sim.Client().Transport, change: func(*webex.Config) {},
		engine: &Engine{Clock: clock.RealClock{}, Budgets: budget.New(0)},
	}
}

// walk reads the organization and returns the figures that its rows would show.
func (w *walker) walk(ctx context.Context) (map[string]string, error) {
	rows, err := w.rows(ctx)
	return told(rows), err
}

func (w *walker) rows(ctx context.Context) ([]usage.Row, error) {
	a, err := w.attempt(ctx)
	if err != nil {
		return nil, err
	}
	return a.usage.Rows(), nil
}

// idleWorker carries out one attempt alone.
type idleWorker struct{}

func (idleWorker) Report(Progress)                                                {}
func (idleWorker) Room() bool                                                     { return true }
func (idleWorker) Rest(_ context.Context, _ budget.Rest, wait func() error) error { return wait() }

// attempt is one that has read everything.
func (w *walker) attempt(ctx context.Context) (*attempt, error) {
	a, err := w.begin(ctx)
	if err != nil {
		return nil, err
	}
	for _, read := range []func(context.Context) error{a.readLicenses, a.readLocations, a.readRoles, a.readPeople, a.readWorkspaces} {
		if err := read(ctx); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// begin is an attempt that knows its organization.
func (w *walker) begin(ctx context.Context) (*attempt, error) {
	var mu sync.Mutex
	w.calls = 0
	a := &attempt{Engine: w.engine, worker: idleWorker{}, customer: &v1alpha1.WebexCustomerAccess{}}
	a.customer.UID = types.UID(w.org.UUID())
	config := webex.Config{
		BaseURL: w.sim.URL(), HTTP: &http.Client{Transport: w.transport}, Tokens: webex.StaticToken("t0ken"),
		PageSize: func(list string, usual int) int { return a.memory.PageSize(a.customer.UID, list, usual, a.Clock.Now()) },
		Shrunk:   func(list string, records int) { a.memory.Shrunk(a.customer.UID, list, records, a.Clock.Now()) },
		Retry:    webex.RetryPolicy{Attempts: 2},
		Sleep:    func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
		Observe:  func(call webex.Call) { a.observe(call); mu.Lock(); w.calls++; mu.Unlock() },
	}
	a.limiter = &budget.Limiter{Budgets: w.engine.Budgets, Owner: "owner", RequestsPerMinute: w.perMinute, Tell: func(context.Context, time.Time) {}, Worker: a.worker, Clock: w.engine.Clock}
	if w.perMinute > 0 {
		config.Limiter = a.limiter
	}
	w.change(&config)
	client, err := webex.New(config)
	w.Expect(err).NotTo(HaveOccurred())
	a.webex = client
	a.organization, err = a.ownOrganization(ctx)
	return a, err
}

// told is what rows say, by licence and location.
func told(rows []usage.Row) map[string]string {
	all := map[string]string{}
	for _, r := range rows {
		number := func(n *int64) string {
			if n == nil {
				return "?"
			}
			return fmt.Sprint(*n)
		}
		all[r.LicenseID+" @ "+r.LocationID] = strings.Join([]string{
			r.Name, r.LocationName, number(r.Total), number(r.Consumed), number(r.UnitsWithoutLocation), number(r.ResidualUnits),
		}, " ")
	}
	return all
}

// truth are the figures that the simulator counts from its people and workspaces.
func (w *walker) truth() map[string]string {
	all := map[string]string{}
	for _, l := range w.org.Truth().Licenses {
		all[l.ID+" @ "] = fmt.Sprintf("%s  %d %d %d %d", l.Name, l.Total, l.Consumed, l.WithoutLocation, l.Residual)
		for _, at := range l.Locations {
			all[l.ID+" @ "+at.ID] = fmt.Sprintf("%s %s %d %d ? ?", l.Name, at.Name, l.Total, at.Units)
		}
	}
	return all
}

// Each way in which the service was seen to fail, and what comes of it: the truth,
// or a failure of the right class. Once it is over, the truth.
func TestWalkThroughFaults(t *testing.T) {
	t.Parallel()
	type want struct {
		class   webex.Class // ClassNone: the truth
		reason  string
		message string
		calls   int // of people, if it matters
	}
	truth := want{}
	partial := want{class: webex.ClassPartial, reason: v1alpha1.ReasonPartialResult}
	rejected := want{class: webex.ClassTerminal, reason: v1alpha1.ReasonRejected}
	unavailable := want{class: webex.ClassTransient, reason: v1alpha1.ReasonAPIUnavailable}
	saying := func(w want, message string) want { w.message = message; return w }
	with := func(status int) webexsim.Rule { return webexsim.Rule{Status: status} }
	tests := map[string]struct {
		rule webexsim.Rule
		want want
	}{
		"next leads back":            {webexsim.Rule{Link: webexsim.LinkLoop}, saying(partial, "in a circle")},
		"next leads elsewhere":       {webexsim.Rule{Link: webexsim.LinkForeign}, saying(partial, "out of the API")},
		"next is in clear text":      {webexsim.Rule{Link: webexsim.LinkPlainHTTP}, saying(partial, "out of the API")},
		"next leads back, later":     {webexsim.Rule{Link: webexsim.LinkLoop, ListPage: 4}, saying(partial, "in a circle")},
		"next lost its size":         {webexsim.Rule{Link: webexsim.LinkDropMax}, truth},
		"next has no size":           {webexsim.Rule{Link: webexsim.LinkMaxNull}, truth},
		"next lost everything":       {webexsim.Rule{Link: webexsim.LinkDropParams}, truth},
		"an empty page at the end":   {webexsim.Rule{EmptyNext: true, ListPage: 5}, truth},
		"an item without licenses":   {webexsim.Rule{ItemErrors: &webexsim.ItemErrors{Every: 100, Fields: []string{"licenses"}}}, saying(partial, "every field of a person")},
		"an item without a location": {webexsim.Rule{ItemErrors: &webexsim.ItemErrors{Every: 100, Fields: []string{"locationId"}}}, saying(partial, "every field of a person")},
		"204":                        {with(204), partial},
		"206":                        {webexsim.Rule{Status: 206, Body: `{"items":[]}`}, partial},
		"400":                        {with(400), rejected},
		"403":                        {with(403), want{class: webex.ClassTerminal, reason: v1alpha1.ReasonForbidden, message: "scopes and the role"}},
		"404":                        {with(404), rejected},
		"451":                        {with(451), saying(rejected, "served by another region")},
		"500":                        {with(500), unavailable},
		"502 in HTML":                {webexsim.Rule{Status: 502, HTML: true}, unavailable},
		"503 in passing":             {webexsim.Rule{Status: 503, Every: 2}, truth},
		"504 whatever the size":      {with(504), unavailable},
		"504 for large pages":        {webexsim.Rule{Status: 504, MaxAbove: 30}, truth},
		"a cut in passing":           {webexsim.Rule{CutAt: 0.7, After: 1, Times: 1}, truth},
		"cuts":                       {webexsim.Rule{CutAt: 0.7}, unavailable},
		"truncated":                  {webexsim.Rule{Truncate: true}, saying(partial, "cut off")},
		"malformed":                  {webexsim.Rule{Malformed: true}, saying(partial, "malformed")},
		"no answer":                  {webexsim.Rule{Drop: true}, unavailable},
		"429 in passing":             {webexsim.Rule{Status: 429, Every: 2}, truth},
		"423 in passing":             {webexsim.Rule{Status: 423, Every: 2}, truth},
		"429 in HTML for long":       {webexsim.Rule{Status: 429, HTML: true, RetryAfter: webexsim.RetryAfterHuge}, want{class: webex.ClassRateLimited, reason: v1alpha1.ReasonRateLimited, calls: 1}},
		"423 for long":               {webexsim.Rule{Status: 423, RetryAfter: webexsim.RetryAfterHuge}, want{class: webex.ClassRateLimited, reason: v1alpha1.ReasonRateLimited, calls: 1}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWalker(t, severalPages())
			test.rule.Operation = "GET /people"
			w.sim.AddRule(test.rule)
			got, err := w.walk(t.Context())
			if test.want.class == webex.ClassNone {
				w.Expect(err).NotTo(HaveOccurred())
				w.Expect(got).To(Equal(w.truth()))
			} else {
				w.Expect(err).To(HaveOccurred())
				failure := failures.Of(t.Context(), err)
				w.Expect(failure.Class).To(Equal(test.want.class), failure.Message)
				w.Expect(failure.Reason).To(Equal(test.want.reason))
				w.Expect(failure.Message).To(ContainSubstring(test.want.message))
				w.Expect(failures.Retriable(failure.Reason)).To(Equal(failure.Retriable()))
				if test.want.calls > 0 {
					w.Expect(w.sim.Requests()["GET /people"]).To(Equal(test.want.calls))
				}
			}
			w.sim.ClearRules()
			got, err = w.walk(t.Context())
			w.Expect(err).NotTo(HaveOccurred())
			w.Expect(got).To(Equal(w.truth()))
		})
	}
}

// A page size that the service cannot bear is found once, not in each run.
func TestWalkRemembersThePageSize(t *testing.T) {
	t.Parallel()
	w := newWalker(t, severalPages())
	w.sim.AddRule(webexsim.Rule{Operation: "GET /people", Status: http.StatusGatewayTimeout, MaxAbove: 30})
	var calls []int
	for range 3 {
		got, err := w.walk(t.Context())
		w.Expect(err).NotTo(HaveOccurred())
		w.Expect(got).To(Equal(w.truth()))
		calls = append(calls, w.calls)
	}
	w.Expect(calls[1]).To(Equal(calls[0]-2), "100 and 50 are not tried again")
	w.Expect(calls[2]).To(Equal(calls[1]))
}

// Each form of Retry-After that was seen, and how long the operator waits for it.
func TestWalkHeedsRetryAfter(t *testing.T) {
	t.Parallel()
	for form, want := range map[webexsim.RetryAfter]time.Duration{
		webexsim.RetryAfterMissing: 5 * time.Second, webexsim.RetryAfterZero: time.Second, webexsim.RetryAfterGarbage: 5 * time.Second,
		webexsim.RetryAfterSeconds: 40 * time.Second, webexsim.RetryAfterDate: 40 * time.Second, webexsim.RetryAfterHuge: time.Hour,
	} {
		w := newWalker(t, webexsim.OverAssignedOrganization())
		now := time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)
		w.sim.SetOptions(func(o *webexsim.Options) { o.Now = func() time.Time { return now } })
		w.sim.AddRule(webexsim.Rule{Status: http.StatusTooManyRequests, RetryAfter: form, For: 40 * time.Second})
		w.change = func(c *webex.Config) {
			c.Now, c.Retry = func() time.Time { return now }, webex.RetryPolicy{Attempts: 1}
		}
		_, err := w.walk(t.Context())
		w.Expect(failures.Of(t.Context(), err).RetryAfter).To(Equal(want), string(form))
	}
}

// Duplicates count once: people who come again on a later page, since others were
// created before them.
func TestWalkCountsDuplicatesOnce(t *testing.T) {
	t.Parallel()
	w := newWalker(t, severalPages())
	var before []json.RawMessage
	w.transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		answer, err := w.sim.Client().Transport.RoundTrip(r)
		if err != nil || !strings.HasSuffix(r.URL.Path, "/people") {
			return answer, err
		}
		defer answer.Body.Close()
		var page struct {
			Items []json.RawMessage `json:"items"`
		}
		if err := json.NewDecoder(answer.Body).Decode(&page); err != nil {
			return nil, err
		}
		own := page.Items
		page.Items = append(before, own...)
		before = own[max(0, len(own)-30):]
		body, err := json.Marshal(page)
		answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		answer.Header.Del("Content-Length")
		return answer, err
	})
	got, err := w.walk(t.Context())
	w.Expect(err).NotTo(HaveOccurred())
	w.Expect(got).To(Equal(w.truth()))
}

// People who come, go and move while they are read are tolerated: a walk has no
// moment of its own. What it cannot explain, it reports as the residual, so that
// units at locations, without one and residual are what Webex says is consumed.
func TestWalkWhilePeopleMove(t *testing.T) {
	t.Parallel()
	w := newWalker(t, severalPages())
	place := w.org.AddLocation(webexsim.LocationSpec{Name: "New office"})
	pages := 0
	w.transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/people") {
			pages++
			if pages == 3 { // two pages were asked for
				for i := range 8 {
					w.Expect(w.org.RemovePerson(i)).To(Succeed()) // all others move up: eight are missed
					w.Expect(w.org.MovePerson(440-i, place)).To(Succeed())
				}
				_, err := w.org.AddPerson(webexsim.Person{Location: webexsim.NoLocation, Licenses: []int{0, 1}})
				w.Expect(err).NotTo(HaveOccurred())
			}
		}
		return w.sim.Client().Transport.RoundTrip(r)
	})
	consumed := map[string]int{}
	for _, l := range w.org.Truth().Licenses {
		consumed[l.ID] = l.Consumed
	}
	rows, err := w.rows(t.Context())
	w.Expect(err).NotTo(HaveOccurred())
	w.Expect(pages).To(BeNumerically(">=", 5))
	var residual int64
	explained := map[string]int64{}
	for _, r := range rows {
		if r.Level == usage.LevelSite {
			explained[r.LicenseID] += *r.Consumed
			continue
		}
		w.Expect(*r.Consumed).To(BeEquivalentTo(consumed[r.LicenseID]), "as the list of licences said, before people moved")
		explained[r.LicenseID] += *r.UnitsWithoutLocation + *r.ResidualUnits
		residual += *r.ResidualUnits
	}
	for id, units := range explained {
		w.Expect(units).To(BeEquivalentTo(consumed[id]))
	}
	w.Expect(residual).NotTo(BeZero(), "some were missed")

	w.transport = w.sim.Client().Transport
	got, err := w.walk(t.Context())
	w.Expect(err).NotTo(HaveOccurred())
	w.Expect(got).To(Equal(w.truth()), "the next walk is right")
}
