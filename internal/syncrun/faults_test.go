package syncrun

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/survey"
	"github.com/webex-operator/webex-license-operator/internal/usage"
	"github.com/webex-operator/webex-license-operator/internal/webex"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// outcome is what a reading of an organization cost and gave.
type outcome struct {
	rows     []usage.Row
	err      error
	requests []webexsim.RequestRecord // as the simulator saw them
	counted  int                      // as the operator counted them
	hosts    map[string]int
	took     time.Duration
}

// answered are the requests that went well, and refused those that did not.
func (o *outcome) answered() (good, refused []string) {
	for _, r := range o.requests {
		request := fmt.Sprintf("%s, page %d of %d", r.Operation, r.Page, r.Max)
		if r.Status == http.StatusOK {
			good = append(good, request)
		} else {
			refused = append(refused, request)
		}
	}
	return good, refused
}

// outcome reads the organization as an attempt does, with the operator's own patience and limiter, in time of its own. A
// page takes a second.
func (w *walker) outcome(t *testing.T, prepare func()) (o outcome) {
	t.Helper()
	o.hosts = map[string]int{}
	w.perMinute = 300
	change := w.change
	w.change = func(c *webex.Config) { c.Sleep, c.Retry = nil, webex.RetryPolicy{}; change(c) }
	synctest.Test(t, func(t *testing.T) {
		w.sim.SetOptions(func(o *webexsim.Options) { o.Now = time.Now })
		var mu sync.Mutex
		w.transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			time.Sleep(time.Second)
			mu.Lock()
			defer mu.Unlock()
			o.hosts[r.URL.Host]++
			answer, asked := httptest.NewRecorder(), r.Clone(r.Context())
			asked.Host, asked.TLS = r.URL.Host, &tls.ConnectionState{}
			w.sim.ServeHTTP(answer, asked)
			return answer.Result(), nil
		})
		prepare()
		began := time.Now()
		o.rows, o.err = w.rows(t.Context())
		o.took = time.Since(began)
	})
	o.requests, o.counted = w.sim.RequestLog(), w.calls
	return o
}

// manyPeople has sixty pages of people.
func manyPeople() webexsim.OrganizationSpec {
	return webexsim.Generate(webexsim.GeneratorOptions{Seed: 5, People: 6000, Licenses: 9, Locations: 4, Workspaces: 30})
}

// What passes, or is merely odd, changes no figure, and costs no more than it must. docs/reliability.md says which other
// clients were seen to fail at it, and how.
func TestFaultsThatOthersFailAt(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		organization func() webexsim.OrganizationSpec
		choose       func(*survey.Estimate) bool
		options      func(*webexsim.Options)
		rule         webexsim.Rule
		change       func(*webexsim.Organization) error
		refused      int           // requests
		waited       time.Duration // at least
		empty        int           // pages more than without the fault
	}{
		"429 to every tenth request": {
			rule:    webexsim.Rule{Status: http.StatusTooManyRequests, Every: 10, Header: map[string]string{"Retry-After": "1"}},
			refused: 7, waited: 7 * time.Second,
		},
		"429 until a date": {
			rule:    webexsim.Rule{Operation: "GET /people", Status: http.StatusTooManyRequests, ListPage: 30, For: 3 * time.Minute, RetryAfter: webexsim.RetryAfterDate},
			refused: 1, waited: 100 * time.Second,
		},
		"503 to every twenty-fifth request": {rule: webexsim.Rule{Status: http.StatusServiceUnavailable, Every: 25}, refused: 2},
		"max=null in next links":            {choose: byLocation, rule: webexsim.Rule{Link: webexsim.LinkMaxNull}},
		"next links without parameters":     {choose: byLocation, rule: webexsim.Rule{Link: webexsim.LinkDropParams}},
		"an empty page after each":          {rule: webexsim.Rule{Operation: "GET /people", EmptyNext: true}, empty: 60},
		"other links before the next one":   {options: func(o *webexsim.Options) { o.ExtraRels = true }},
		"booleans as texts":                 {options: func(o *webexsim.Options) { o.StringBooleans = true }},
		"totals with a decimal point": {change: func(o *webexsim.Organization) error {
			return o.SetLicense("Webex Calling - Professional", func(l *webexsim.LicenseSpec) { l.Units, l.Consumers = webexsim.FormDecimal, webexsim.FormDecimal })
		}},
		"two licences of one name": {organization: webexsim.TwoSubscriptionOrganization},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if test.organization == nil {
				test.organization = manyPeople
			}
			if test.choose == nil {
				test.choose = oneList
			}
			read := func(faulty bool) outcome {
				w := newWalker(t, test.organization()).begun()
				w.engine.choose = test.choose
				o := w.outcome(t, func() {
					if !faulty {
						return
					}
					if test.options != nil {
						w.sim.SetOptions(test.options)
					}
					if test.change != nil {
						w.Expect(test.change(w.org)).To(Succeed())
					}
					w.sim.AddRule(test.rule)
				})
				w.Expect(o.err).NotTo(HaveOccurred())
				w.Expect(told(o.rows)).To(Equal(w.truth()))
				w.Expect(o.counted).To(Equal(len(o.requests)), "each request is counted")
				return o
			}
			g := NewWithT(t)
			peace, fault := read(false), read(true)
			wanted, none := peace.answered()
			good, refused := fault.answered()
			g.Expect(none).To(BeEmpty())
			g.Expect(refused).To(HaveLen(test.refused))
			g.Expect(len(good)).To(Equal(len(wanted) + test.empty))
			if test.empty == 0 { // no page is left out, none read twice, none of another size
				g.Expect(good).To(ConsistOf(wanted))
			}
			for i, r := range fault.requests {
				if r.Status != http.StatusOK {
					next := fault.requests[i+1]
					g.Expect([]any{next.Operation, next.Page, next.Status}).To(Equal([]any{r.Operation, r.Page, http.StatusOK}), "it goes on where it was refused")
				}
			}
			g.Expect(fault.took).To(BeNumerically(">=", peace.took+test.waited))
		})
	}
}

// What does not pass ends the reading, soon and without rows: a part of the truth is never shown for all of it.
func TestFaultsThatOthersTakeForTheEnd(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		rule    webexsim.Rule
		reason  string
		says    string
		refused int
	}{
		"404 to the list of licences": {webexsim.Rule{Operation: "GET /licenses", Status: http.StatusNotFound}, v1alpha1.ReasonRejected, "list licenses", 1},
		"404 to a page of people":     {webexsim.Rule{Operation: "GET /people", Status: http.StatusNotFound, ListPage: 9}, v1alpha1.ReasonRejected, "list people", 1},
		"429 from the eighth page on, for long": {
			webexsim.Rule{Operation: "GET /people", Status: http.StatusTooManyRequests, After: 7, RetryAfter: webexsim.RetryAfterHuge}, v1alpha1.ReasonRateLimited, "wait", 1,
		},
		"503 from the eighth page on": {
			webexsim.Rule{Operation: "GET /people", Status: http.StatusServiceUnavailable, After: 7}, v1alpha1.ReasonAPIUnavailable, "HTTP 503", 4,
		},
		"a next link to another host": {webexsim.Rule{Operation: "GET /people", Link: webexsim.LinkForeign, ListPage: 3}, v1alpha1.ReasonPartialResult, "out of the API", 0},
		"451":                         {webexsim.Rule{Operation: "GET /people", Status: http.StatusUnavailableForLegalReasons}, v1alpha1.ReasonRejected, "served by another region", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWalker(t, manyPeople())
			w.engine.choose = oneList
			o := w.outcome(t, func() { w.sim.AddRule(test.rule) })
			w.Expect(o.err).To(HaveOccurred())
			w.Expect(o.rows).To(BeEmpty())
			failure := failures.Of(t.Context(), o.err)
			w.Expect(failure.Reason).To(Equal(test.reason))
			w.Expect(failure.Message).To(ContainSubstring(test.says))
			_, refused := o.answered()
			w.Expect(refused).To(HaveLen(test.refused))
			w.Expect(o.counted).To(Equal(len(o.requests)))
			w.Expect(o.hosts).To(HaveLen(1), "no other host gets a request, or a token")
		})
	}
}

// renewing replaces the token that is refused.
type renewing struct {
	mu      sync.Mutex
	current string
	renew   func() string
	renewed int
}

func (r *renewing) Token(context.Context) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.current, nil
}

func (r *renewing) Refresh(context.Context, string) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.renewed++
	r.current = r.renew()
	return r.current, nil
}

// A token that ends in the middle of a list does not end the list: another one reads on at the same page, and where there
// is no other one, the reading has failed.
func TestTokenEndsInTheMiddleOfAList(t *testing.T) {
	t.Parallel()
	issue := func(w *walker, lifetime time.Duration) string {
		return w.sim.IssueToken(webexsim.TokenSpec{Organization: w.org.UUID(), ExpiresIn: lifetime}).Access
	}
	read := func(t *testing.T, tokens func(*walker) webex.TokenSource) (*walker, outcome) {
		w := newWalker(t, manyPeople())
		w.engine.choose = oneList
		var source webex.TokenSource
		w.change = func(c *webex.Config) { c.Tokens = source }
		return w, w.outcome(t, func() { source = tokens(w) })
	}
	t.Run("another one is to be had", func(t *testing.T) {
		t.Parallel()
		source := &renewing{}
		w, o := read(t, func(w *walker) webex.TokenSource {
			source.current, source.renew = issue(w, 30*time.Second), func() string { return issue(w, 30*time.Second) }
			return source
		})
		w.Expect(o.err).NotTo(HaveOccurred())
		w.Expect(told(o.rows)).To(Equal(w.truth()))
		good, refused := o.answered()
		w.Expect(source.renewed).To(BeNumerically(">=", 2))
		w.Expect(refused).To(HaveLen(source.renewed))
		w.Expect(w.sim.Requests()["GET /people"]).To(Equal(60 + len(refused)))
		w.Expect(o.counted).To(Equal(len(good) + len(refused)))
	})
	t.Run("there is no other one", func(t *testing.T) {
		t.Parallel()
		w, o := read(t, func(w *walker) webex.TokenSource { return webex.StaticToken(issue(w, 30*time.Second)) })
		w.Expect(failures.Of(t.Context(), o.err).Reason).To(Equal(v1alpha1.ReasonCredentialsRejected))
		w.Expect(o.rows).To(BeEmpty())
		_, refused := o.answered()
		w.Expect(refused).To(HaveLen(1))
	})
}
