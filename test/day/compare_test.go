package day

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// count is the number of calls of some customers within the day; nil means all.
func (f *figures) count(some func(*customer) bool) (n int) {
	for _, c := range f.customers {
		if some == nil || some(c) {
			n += f.callsOf(c)
		}
	}
	return n
}

func (f *figures) callsOf(c *customer) (n int) {
	for _, at := range c.calls {
		if !at.Before(f.begin) && at.Before(f.end) {
			n++
		}
	}
	return n
}

// spread is a summary of durations.
type spread struct {
	n                        int
	mean, p50, p95, p99, max time.Duration
}

func (s spread) String() string {
	r := func(d time.Duration) time.Duration { return d.Round(10 * time.Millisecond) }
	return fmt.Sprintf("mean %v, half within %v, 95%% within %v, all within %v", r(s.mean), r(s.p50), r(s.p95), r(s.max))
}

// turnarounds are the times from the full hour to the end of the run, which is
// what a person waits for; a run waits for a place among the others, too.
func (f *figures) turnarounds(some map[string]bool) spread {
	return f.spread(some, func(r *run) time.Duration { return r.finished.Sub(r.due) })
}

// durations are the times from the first call of a run to its end.
func (f *figures) durations(some map[string]bool) spread {
	calls := map[string][]time.Time{}
	for _, c := range f.customers {
		calls[c.name] = c.calls
	}
	return f.spread(some, func(r *run) time.Duration {
		first, _ := slices.BinarySearchFunc(calls[r.customer], r.created, time.Time.Compare)
		return r.finished.Sub(calls[r.customer][first])
	})
}

func (f *figures) spread(some map[string]bool, of func(*run) time.Duration) spread {
	var times []time.Duration
	var sum time.Duration
	for _, r := range f.runs {
		if r.trigger == v1alpha1.TriggerSchedule && r.succeeded && (some == nil || some[r.customer]) {
			times = append(times, of(r))
			sum += of(r)
		}
	}
	if len(times) == 0 {
		return spread{}
	}
	slices.Sort(times)
	n := len(times)
	return spread{n, sum / time.Duration(n), times[n/2], times[n*95/100], times[n*99/100], times[n-1]}
}

// expectSuccess checks that nothing at all goes wrong on a good day.
func (f *figures) expectSuccess(t *testing.T) {
	if want := len(f.customers) * (1 + *dayHours); len(f.runs) != want {
		t.Errorf("%d runs, want %d", len(f.runs), want)
	}
	for _, r := range f.runs {
		if !r.succeeded {
			t.Errorf("on a good day: %v", r)
		}
	}
}

// compareBad holds a bad day against a good one. Times count only on a day without
// kills, which make runs longer.
func compareBad(t *testing.T, good, bad *figures, times bool) {
	names := []string{"healthy", "limited", "refused", "flapping"}
	for trouble, name := range names {
		index := map[string]bool{}
		for _, c := range bad.customers {
			index[c.name] = int(c.trouble) == trouble
		}
		some := func(c *customer) bool { return index[c.name] }
		t.Logf("%-8s %5d calls on the good day, %5d on the bad one", name, good.count(some), bad.count(some))
	}
	if limit := good.count(nil) * 11 / 10; bad.count(nil) > limit {
		t.Errorf("%d calls on a bad day, more than 1.1 times the %d of a good one", bad.count(nil), good.count(nil))
	}
	untroubled := map[string]bool{}
	for _, c := range bad.customers {
		untroubled[c.name] = c.trouble == healthy
		if c.trouble == refused {
			bad.expectSilence(t, c)
		}
	}
	bad.expectRecovery(t)
	if !times {
		return
	}
	expectAsFast(t, "waits", good.turnarounds(untroubled), bad.turnarounds(untroubled))
	expectAsFast(t, "runs", good.durations(untroubled), bad.durations(untroubled))
}

// expectAsFast checks that the healthy customers' times are within 10 % of those of
// a good day. The longest is not held against it: who goes last is chance.
func expectAsFast(t *testing.T, what string, was, is spread) {
	t.Logf("healthy %s, good day: %v", what, was)
	t.Logf("healthy %s, bad day:  %v", what, is)
	if is.n != was.n {
		t.Errorf("%d runs of healthy customers succeeded, %d on the good day", is.n, was.n)
	}
	for _, x := range []struct {
		name    string
		was, is time.Duration
	}{{"mean", was.mean, is.mean}, {"median", was.p50, is.p50}, {"95%", was.p95, is.p95}, {"99%", was.p99, is.p99}} {
		if x.is > x.was*11/10 {
			t.Errorf("%s of the healthy customers' %s: %v, more than 1.1 times the %v of a good day", x.name, what, x.is, x.was)
		}
	}
}

// expectSilence checks that a refused customer is left alone from the end of the
// run that was refused until its Secret changes, and not longer; one that is told no
// is asked about once in 6 hours.
func (f *figures) expectSilence(t *testing.T, c *customer) {
	known := time.Time{}
	silent := 0
	for _, r := range f.runs {
		if r.customer == c.name && !r.finished.IsZero() && !r.succeeded && r.finished.After(c.troubled) && (known.IsZero() || r.finished.Before(known)) {
			known = r.finished
		}
	}
	if known.IsZero() {
		t.Errorf("%s was refused at %v, and no run says so", c.name, c.troubled)
		return
	}
	until := f.end
	if !c.mended.IsZero() {
		until = c.mended
	}
	for _, r := range f.runs {
		if r.customer == c.name && r.created.After(known) && r.created.Before(until) {
			silent++
		}
	}
	if silent == 0 && until.Sub(known) > 2*time.Hour {
		t.Errorf("%s had no run while it was refused: there is nothing to see", c.name)
	}
	allowed := 0
	if c.denied {
		allowed = int(until.Sub(known) / (6 * time.Hour))
	}
	for _, at := range c.calls {
		if !at.After(known) || !at.Before(until) {
			continue
		}
		if allowed--; allowed < 0 {
			t.Errorf("%s was refused at %v, its Secret changed at %v; a call at %v", c.name, known, until, at)
			return
		}
	}
	if c.mended.IsZero() {
		return
	}
	next := slices.IndexFunc(c.calls, func(at time.Time) bool { return at.After(c.mended) })
	if next < 0 || c.calls[next].Sub(c.mended) > 10*time.Second {
		t.Errorf("%s has a new Secret since %v, and was not called within 10 s", c.name, c.mended)
	}
}

// expectRecovery checks that a customer which is no longer in trouble is fine again.
func (f *figures) expectRecovery(t *testing.T) {
	last := map[string]*run{}
	for _, r := range f.runs {
		if l := last[r.customer]; !r.finished.IsZero() && (l == nil || r.finished.After(l.finished)) {
			last[r.customer] = r
		}
	}
	for _, c := range f.customers {
		fine := c.trouble == healthy || c.trouble == refused && !c.mended.IsZero()
		if l := last[c.name]; fine && (l == nil || !l.succeeded) {
			t.Errorf("%s is in no trouble, and its last run failed: %v", c.name, l)
		}
	}
}

// compareRestarts checks that killing the operator adds no run, and no call but
// those of the runs that were cut.
func compareRestarts(t *testing.T, good, killed *figures) {
	want, got := good.scheduled(), killed.scheduled()
	for name, r := range got {
		if want[name] == nil {
			t.Errorf("run %s (%s) is on no plan", r.name, name)
		}
	}
	interrupted := 0
	for name := range want {
		switch r := got[name]; {
		case r == nil:
			t.Errorf("run %s of the good day is missing", name)
		case r.succeeded:
		case killed.cuts[r.customer] < 2:
			t.Errorf("run %s of the good day: %v", name, r)
		default: // the operator does not take up a run that was cut twice
			interrupted++
		}
	}
	if interrupted > len(want)/50 {
		t.Errorf("%d of %d runs failed for being cut twice", interrupted, len(want))
	}
	if len(good.runs) != len(killed.runs) {
		t.Errorf("%d runs in all, %d on the good day", len(killed.runs), len(good.runs))
	}
	cuts, extra := 0, 0
	for i, c := range killed.customers {
		perRun := good.callsOf(good.customers[i]) / *dayHours
		usual, is := good.callsOf(good.customers[i]), killed.callsOf(c)
		cuts += killed.cuts[c.name]
		extra += is - usual
		least := usual
		if killed.cuts[c.name] >= 2 {
			least -= perRun * (killed.cuts[c.name] / 2)
		}
		if allowed := usual + perRun*killed.cuts[c.name]; is > allowed || is < least {
			t.Errorf("%s: %d calls, %d on the good day, %d of its runs were cut", c.name, is, usual, killed.cuts[c.name])
		}
	}
	t.Logf("%d kills cut %d runs, which cost %d calls", *dayRestarts, cuts, extra)
	if cuts == 0 {
		t.Error("no run was cut: there is nothing to see")
	}
}
