package syncrun

import (
	"crypto/tls"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/utils/clock"

	"github.com/webex-operator/webex-license-operator/internal/budget"
	"github.com/webex-operator/webex-license-operator/internal/survey"
	"github.com/webex-operator/webex-license-operator/internal/webex"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// slowService is a Webex whose answers take time by the clock of a test, and
// which counts the requests of a minute.
type slowService struct {
	organization webexsim.GeneratorOptions
	latency      time.Duration // of a page
	perMinute    int           // that it answers
	budget       int32         // that the operator keeps to
	ceiling      int           // of a page without locations
}

// way is one reading of an organization's people.
type way struct {
	took     time.Duration
	requests int // for people
	refused  int // 429
}

func (w way) String() string {
	return fmt.Sprintf("%v, %d requests", w.took.Round(time.Second), w.requests)
}

// read reads the people twice, with real waits that take no time, and returns how
// long each took. The second run knows what the first has seen.
func (s slowService) read(t *testing.T, choose func(*survey.Estimate) bool) (runs [2]way) {
	t.Helper()
	w := newWalker(t, webexsim.Generate(s.organization))
	w.engine.Clock, w.engine.choose = clock.RealClock{}, choose
	w.engine.Budgets = budget.New(50)
	w.change = func(c *webex.Config) { c.Sleep, c.Retry = nil, webex.RetryPolicy{} }
	w.perMinute = s.budget
	synctest.Test(t, func(t *testing.T) {
		w.sim.SetOptions(func(o *webexsim.Options) {
			o.Now, o.RateLimit, o.PeopleCeiling = time.Now, s.perMinute, s.ceiling
		})
		var run *way
		w.transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			time.Sleep(s.latency)
			answer, asked := httptest.NewRecorder(), r.Clone(r.Context())
			asked.Host, asked.TLS = r.URL.Host, &tls.ConnectionState{}
			w.sim.ServeHTTP(answer, asked)
			if answer.Code == http.StatusTooManyRequests {
				run.refused++
			}
			return answer.Result(), nil
		})
		for i := range runs {
			run = &runs[i]
			before, began := w.sim.Requests()["GET /people"], time.Now()
			rows, err := w.rows(t.Context())
			w.Expect(err).NotTo(HaveOccurred())
			w.Expect(told(rows)).To(Equal(w.truth()))
			run.took, run.requests = time.Since(began), w.sim.Requests()["GET /people"]-before
			time.Sleep(time.Hour) // the budget is whole again
		}
	})
	return runs
}

// largePeople is the size of the large organization below. test/perf/RESULTS.md has the figures of 100,000.
var largePeople = flag.Int("large-people", 10_000, "people of the large organization")

// The operator reads people in the way that ends first, without being told which
// that is, and keeps to the budget.
func TestPeopleAreReadInTheWayThatEndsFirst(t *testing.T) {
	t.Parallel()
	organization := func(locations int, share float64) webexsim.GeneratorOptions {
		return webexsim.GeneratorOptions{Seed: 1, People: *largePeople, Locations: locations, CallingShare: share, Workspaces: -1}
	}
	for name, test := range map[string]struct {
		service    slowService
		byLocation bool // ends first
	}{
		"1 s a page, each person has a location": {slowService{organization(*largePeople/500, 1), time.Second, 300, 288, 1000}, true},
		"1 s a page, three of five have one":     {slowService{organization(*largePeople/500, 0.6), time.Second, 300, 288, 1000}, true},
		"1 s a page, one of five has one":        {slowService{organization(*largePeople/500, 0.2), time.Second, 300, 288, 1000}, true},
		"3 s a page":                             {slowService{organization(*largePeople/500, 0.6), 3 * time.Second, 300, 288, 1000}, true},
		"200 ms a page: the budget decides":      {slowService{organization(*largePeople/500, 1), 200 * time.Millisecond, 300, 288, 1000}, false},
		"two locations":                          {slowService{organization(2, 1), time.Second, 300, 288, 1000}, false},
		"small pages without locations, too":     {slowService{organization(*largePeople/500, 1), time.Second, 300, 288, 100}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			one, by, chosen := test.service.read(t, oneList), test.service.read(t, byLocation), test.service.read(t, nil)
			t.Logf("one list %v; by location %v, then %v; chosen %v, then %v", one[0], by[0], by[1], chosen[0], chosen[1])
			best := one[0].took
			if test.byLocation {
				g.Expect(by[1].took).To(BeNumerically("<", one[0].took))
				best = by[1].took
			}
			// The first run has to find out: it reads ten pages of the one list, and asks for one without locations.
			finding := (survey.Pages + 1) * max(test.service.latency, time.Minute/time.Duration(test.service.budget))
			g.Expect(chosen[0].took).To(BeNumerically("<=", best*11/10+finding))
			g.Expect(chosen[1].took).To(BeNumerically("<=", best*11/10+finding/survey.Pages))
			for _, runs := range [][2]way{one, by, chosen} {
				g.Expect(runs[0].refused+runs[1].refused).To(BeZero(), "the service refused requests")
			}
		})
	}
}
