// Package day plays a day of 200 customers, in time of its own: the whole
// operator as main.go sets it up, real HTTP to the simulator, and an API server
// in memory. Each wait of the operator, the limiter and the service counts by the
// clock of the test, and takes no time.
package day

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// The usual day is short, so that it can be played with all other tests; make
// soak plays whole ones.
var (
	dayCustomers = flag.Int("day-customers", intOf("DAY_CUSTOMERS", 200), "number of customers, or DAY_CUSTOMERS")
	dayHours     = flag.Int("day-hours", intOf("DAY_HOURS", 6), "length of the day, or DAY_HOURS")
	daySeed      = flag.Int("day-seed", intOf("DAY_SEED", 20000101), "seed of the day, or DAY_SEED; 0 for another one each time")
	dayRestarts  = flag.Int("day-restarts", intOf("DAY_RESTARTS", 50), "how often the operator is killed, or DAY_RESTARTS")
)

func intOf(variable string, usual int) int {
	text := os.Getenv(variable)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(fmt.Sprintf("%s: %q is no number", variable, text))
	}
	return n
}

func TestMain(m *testing.M) {
	flag.Parse()
	ctrl.SetLogger(logr.Discard())
	debug.SetGCPercent(400) // a day makes much garbage, and little that stays
	os.Exit(m.Run())
}

// plan says what kind of day it is.
type plan struct {
	bad      bool
	outage   bool
	restarts int
}

// figures are what is kept of a day.
type figures struct {
	begin, end time.Time
	customers  []*customer
	runs       map[string]*run
	flaws      []string
	// verdicts are what was said of each customer.
	verdicts verdicts
	// cuts counts, by customer, the runs that were killed in their middle.
	cuts map[string]int
}

// TestDay compares a good day with a bad one, with one on which Webex is down, and
// with one on which the operator is killed again and again.
func TestDay(t *testing.T) {
	seed := uint64(*daySeed) //nolint:gosec // any number will do
	if seed == 0 {
		seed = rand.Uint64() //nolint:gosec // it is printed, to be repeated
	}
	t.Logf("seed %d (DAY_SEED), %d customers, %d hours", seed, *dayCustomers, *dayHours)
	days := map[string]*figures{}
	t.Run("play", func(t *testing.T) {
		for name, p := range map[string]plan{
			"good": {}, "bad": {bad: true}, "outage": {outage: true}, "restarts": {restarts: *dayRestarts}, "bad-restarts": {bad: true, restarts: *dayRestarts},
		} {
			if name == "bad-restarts" && *dayHours < 24 || name == "outage" && *dayHours < 6 {
				continue
			}
			f := &figures{}
			days[name] = f
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				play(t, seed, p, f)
			})
		}
	})
	if t.Failed() {
		return
	}
	for name, f := range days {
		t.Logf("%-12s %6d calls, %5d runs; %s", name, f.count(nil), len(f.runs), f.turnarounds(nil))
	}
	report(t, days)
	t.Run("good day", days["good"].expectSuccess)
	t.Run("bad day", func(t *testing.T) { compareBad(t, days["good"], days["bad"], true) })
	if days["outage"] != nil {
		t.Run("outage", func(t *testing.T) { compareOutage(t, days["good"], days["outage"]) })
	}
	t.Run("restarts", func(t *testing.T) { compareRestarts(t, days["good"], days["restarts"]) })
	if days["bad-restarts"] != nil {
		t.Run("bad day with restarts", func(t *testing.T) { compareBad(t, days["good"], days["bad-restarts"], false) })
	}
}

// play plays one day in a bubble of time.
func play(t *testing.T, seed uint64, p plan, f *figures) {
	sim, err := webexsim.New(webexsim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	began := time.Now()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sim, seed)
		for i := range *dayCustomers {
			w.addCustomer(i, "0 * * * *", staleAfter[i%len(staleAfter)], walking)
		}
		w.start()
		time.Sleep(55 * time.Minute) // all first runs
		w.expectFirstRuns()
		f.begin = time.Now()
		f.end = f.begin.Add(time.Duration(*dayHours) * time.Hour)
		var script []moment
		if p.bad {
			script = w.spoil(f.begin, *dayHours)
		}
		if p.outage {
			w.breakDown(f.begin)
		}
		f.cuts = map[string]int{}
		script = append(script, w.restarts(f, p.restarts)...)
		slices.SortStableFunc(script, func(a, b moment) int { return a.at.Compare(b.at) })
		for _, m := range script {
			time.Sleep(time.Until(m.at))
			m.do()
		}
		time.Sleep(time.Until(f.end))
		w.stop()
		f.customers, f.runs, f.flaws = w.customers, w.runs.records, w.runs.flaws
		f.verdicts = w.verdicts
		if w.calls.unknown > 0 {
			t.Errorf("%d calls with unknown tokens", w.calls.unknown)
		}
	})
	t.Logf("%v", time.Since(began).Round(time.Millisecond))
	for _, flaw := range f.flaws {
		t.Error(flaw)
	}
}

func (w *world) expectFirstRuns() {
	for _, c := range w.customers {
		if first := w.runs.records[c.name+"-initial"]; first == nil || !first.succeeded {
			w.t.Errorf("the first run of %s: %v", c.name, first)
		}
	}
}

// restarts kills the operator at random moments, half of them shortly after a
// full hour, when it has most to do.
func (w *world) restarts(f *figures, n int) (script []moment) {
	rng := rand.New(rand.NewPCG(uint64(n), 1)) //nolint:gosec // it must repeat itself
	for i := range n {
		at := f.begin.Add(time.Duration(rng.Int64N(int64(f.end.Sub(f.begin) - 10*time.Minute)))) // runs end before the day does
		if i%2 == 0 {
			hour := 1 + rng.IntN(*dayHours)
			at = f.begin.Truncate(time.Hour).Add(time.Duration(hour)*time.Hour + time.Duration(rng.Int64N(int64(40*time.Second))))
		}
		script = append(script, moment{at, func() {
			for name := range w.atWork() {
				f.cuts[name]++
			}
			w.kill()
			time.Sleep(time.Duration(rng.Int64N(int64(5 * time.Second))))
			w.start()
		}})
	}
	return script
}

// atWork are the customers that have made calls for a run that has not ended.
func (w *world) atWork() map[string]bool {
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	w.calls.mu.Lock()
	defer w.calls.mu.Unlock()
	busy := map[string]bool{}
	last := map[string]time.Time{}
	for _, c := range w.customers {
		if len(c.calls) > 0 {
			last[c.name] = c.calls[len(c.calls)-1]
		}
	}
	for _, r := range w.runs.records {
		if r.finished.IsZero() && last[r.customer].After(r.created) {
			busy[r.customer] = true
		}
	}
	return busy
}

// scheduled are the runs of the day's slots, by what a person would call them.
func (f *figures) scheduled() map[string]*run {
	found := map[string]*run{}
	for _, r := range f.runs {
		if r.trigger == v1alpha1.TriggerSchedule {
			found[r.customer+" "+r.due.Format("02T15:04")] = r
		}
	}
	return found
}
