package syncrun

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"

	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/survey"
	"github.com/webex-operator/webex-license-operator/internal/webex"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

func byLocation(*survey.Estimate) bool { return true }
func oneList(*survey.Estimate) bool    { return false }

// manyPages is an organization that is large enough to be surveyed.
func manyPages(seed int64) webexsim.OrganizationSpec {
	return webexsim.Generate(webexsim.GeneratorOptions{
		Seed: seed, People: 1500 + 37*int(seed), Licenses: 9 + int(seed)%12, Locations: 1 + 5*int(seed), Workspaces: 60,
	})
}

// begun makes the walker know the organization already, so that lists by location
// are read from the first page on.
func (w *walker) begun() *walker {
	w.engine.memory.Surveyed(types.UID(w.org.UUID()), survey.Survey{}, w.engine.Clock.Now())
	return w
}

// Whichever way people are read, and whenever it changes, the rows are the same:
// the truth.
func TestEachWayGivesTheSameRows(t *testing.T) {
	t.Parallel()
	for seed := range int64(8) {
		t.Run(fmt.Sprint("organization ", seed), func(t *testing.T) {
			t.Parallel()
			for name, way := range map[string]struct {
				choose func(*survey.Estimate) bool
				known  bool
			}{
				"one list": {choose: oneList}, "by location": {choose: byLocation, known: true}, "by location in the end": {choose: byLocation},
			} {
				w := newWalker(t, manyPages(seed), func(o *webexsim.Options) { o.TrailingEmptyPage = seed%2 == 1 })
				if w.engine.choose = way.choose; way.known {
					w.begun()
				}
				var oneList, byLocation atomic.Int64
				w.transport = roundTrip(func(r *http.Request) (*http.Response, error) {
					if r.URL.Query().Has("locationId") {
						byLocation.Add(1)
					} else if r.URL.Query().Has("callingData") {
						oneList.Add(1)
					}
					return w.sim.Client().Transport.RoundTrip(r)
				})
				got, err := w.walk(t.Context())
				w.Expect(err).NotTo(HaveOccurred(), name)
				w.Expect(got).To(Equal(w.truth()), name)
				w.Expect(oneList.Load() > 0).To(Equal(!way.known), name)
				w.Expect(byLocation.Load() > 0).To(Equal(name != "one list"), name)
			}
		})
	}
}

// TestWalkThroughFaults has what each fault means. It means the same by location.
func TestFaultsByLocation(t *testing.T) {
	t.Parallel()
	with := func(status int) webexsim.Rule { return webexsim.Rule{Status: status} }
	for name, test := range map[string]struct {
		rule  webexsim.Rule
		class webex.Class
	}{
		"next leads back":        {webexsim.Rule{Link: webexsim.LinkLoop}, webex.ClassPartial},
		"next lost everything":   {webexsim.Rule{Link: webexsim.LinkDropParams}, webex.ClassNone},
		"an incomplete person":   {webexsim.Rule{ItemErrors: &webexsim.ItemErrors{Every: 100, Fields: []string{"licenses"}}}, webex.ClassPartial},
		"403":                    {with(403), webex.ClassTerminal},
		"500":                    {with(500), webex.ClassTransient},
		"503 in passing":         {webexsim.Rule{Status: 503, Every: 3, Times: 5}, webex.ClassNone},
		"504 for large pages":    {webexsim.Rule{Status: 504, MaxAbove: 30}, webex.ClassNone},
		"a cut in passing":       {webexsim.Rule{CutAt: 0.7, After: 5, Times: 1}, webex.ClassNone},
		"429 in passing":         {webexsim.Rule{Status: 429, Every: 3, Times: 5}, webex.ClassNone},
		"429 for long":           {webexsim.Rule{Status: 429, After: 9, RetryAfter: webexsim.RetryAfterHuge}, webex.ClassRateLimited},
		"a passing bad location": {webexsim.Rule{Status: 404, After: 12, Times: 1}, webex.ClassNone},
		"a garbled page":         {webexsim.Rule{Malformed: true, After: 7, Times: 1}, webex.ClassNone},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWalker(t, manyPages(3)).begun()
			w.engine.choose = byLocation
			// Of several requests at once, one may meet all that passes.
			w.change = func(c *webex.Config) { c.Retry.Attempts = 6 }
			test.rule.Operation = "GET /people"
			w.sim.AddRule(test.rule)
			got, err := w.walk(t.Context())
			if test.class == webex.ClassNone {
				w.Expect(err).NotTo(HaveOccurred())
				w.Expect(got).To(Equal(w.truth()))
			} else {
				w.Expect(err).To(HaveOccurred())
				w.Expect(failures.Of(t.Context(), err).Class).To(Equal(test.class))
			}
			w.sim.ClearRules()
			got, err = w.walk(t.Context())
			w.Expect(err).NotTo(HaveOccurred())
			w.Expect(got).To(Equal(w.truth()))
		})
	}
}

// A service that does something else with a filter than it says is found out, and
// not asked again for a day.
func TestListsThatDisagreeAreNotBelieved(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(r *http.Request, person map[string]any){
		"the filter is ignored": func(r *http.Request, _ map[string]any) {
			q := r.URL.Query()
			q.Del("locationId")
			r.URL.RawQuery = q.Encode()
		},
		"locations are missing": func(r *http.Request, person map[string]any) {
			if r.URL.Query().Has("locationId") {
				delete(person, "locationId")
			}
		},
		"licences are missing": func(r *http.Request, person map[string]any) {
			if r.URL.Query().Has("locationId") {
				delete(person, "licenses")
			}
		},
		"all are at each location": func(r *http.Request, person map[string]any) {
			if at := r.URL.Query().Get("locationId"); at != "" {
				person["locationId"] = at
				q := r.URL.Query()
				q.Del("locationId")
				r.URL.RawQuery = q.Encode()
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWalker(t, manyPages(1)).begun()
			w.engine.choose = byLocation
			var spoiled atomic.Int64
			w.transport = roundTrip(func(r *http.Request) (*http.Response, error) {
				if !strings.HasSuffix(r.URL.Path, "/people") || !r.URL.Query().Has("locationId") {
					return w.sim.Client().Transport.RoundTrip(r)
				}
				spoiled.Add(1)
				return spoilPeople(w.sim.Client().Transport, r, spoil)
			})
			for range 2 {
				got, err := w.walk(t.Context())
				w.Expect(err).NotTo(HaveOccurred())
				w.Expect(got).To(Equal(w.truth()))
				w.Expect(spoiled.Swap(0)).To(BeNumerically("<=", 300))
			}
			w.Expect(spoiled.Load()).To(BeZero(), "it was tried once")
		})
	}
}

// A list without locations that is empty is asked for once, not beside each page.
func TestEmptyListWithoutLocationsIsNotBelieved(t *testing.T) {
	t.Parallel()
	w := newWalker(t, manyPages(1))
	w.engine.choose = byLocation
	var asked atomic.Int64
	w.transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		answer, err := w.sim.Client().Transport.RoundTrip(r)
		if err != nil || !strings.HasSuffix(r.URL.Path, "/people") || r.URL.Query().Has("callingData") {
			return answer, err
		}
		asked.Add(1)
		_ = answer.Body.Close()
		answer.Body = io.NopCloser(strings.NewReader(`{"items":[]}`))
		answer.ContentLength = -1
		answer.Header.Del("Content-Length")
		answer.Header.Del("Link")
		return answer, nil
	})
	for range 2 {
		got, err := w.walk(t.Context())
		w.Expect(err).NotTo(HaveOccurred())
		w.Expect(got).To(Equal(w.truth()))
	}
	w.Expect(asked.Load()).To(BeEquivalentTo(1))
}

// spoilPeople sends a request as spoil leaves it, and spoils the people that come back.
func spoilPeople(transport http.RoundTripper, r *http.Request, spoil func(*http.Request, map[string]any)) (*http.Response, error) {
	asked := r.Clone(r.Context())
	altered := r.Clone(r.Context())
	spoil(altered, map[string]any{})
	answer, err := transport.RoundTrip(altered)
	if err != nil || answer.StatusCode != http.StatusOK {
		return answer, err
	}
	defer answer.Body.Close()
	var page struct {
		Items []map[string]any `json:"items"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&page); err != nil {
		return nil, err
	}
	for _, person := range page.Items {
		spoil(asked.Clone(r.Context()), person)
	}
	body, err := json.Marshal(page)
	answer.Body, answer.ContentLength = io.NopCloser(strings.NewReader(string(body))), int64(len(body))
	answer.Header.Del("Content-Length")
	return answer, err
}

// The first run finds out how people are spread; the next one begins with what is best.
func TestTheNextRunKnowsTheWay(t *testing.T) {
	t.Parallel()
	w := newWalker(t, manyPages(4))
	pays := 0
	w.engine.choose = func(s *survey.Estimate) bool { pays++; return s.AtPages > 0 && s.Latency > 0 }
	for run, want := range []int{2, 2} { // of the list without locations: once before its first page, once after it
		pays = 0
		got, err := w.walk(t.Context())
		w.Expect(err).NotTo(HaveOccurred())
		w.Expect(got).To(Equal(w.truth()))
		w.Expect(pays).To(Equal(want), "run %d", run)
	}
	seen, ok := w.engine.memory.Survey(types.UID(w.org.UUID()), w.engine.Clock.Now())
	w.Expect(ok).To(BeTrue())
	w.Expect(seen.Largest).NotTo(BeEmpty())
	_, ok = w.engine.memory.Survey(types.UID(w.org.UUID()), w.engine.Clock.Now().Add(survey.Lasts+time.Second))
	w.Expect(ok).To(BeFalse(), "organizations change")
}
