package day

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// fleet are customers of one size, and when they are read.
type fleet struct {
	people, customers int
	table             timetable
	maxAge            time.Duration
}

func (f fleet) String() string {
	return fmt.Sprintf("%d customers of %d people, %s, siteMaxAge %v", f.customers, f.people, f.table.name, f.maxAge)
}

// outcome is what a day of a fleet was.
type outcome struct {
	fleet
	// requests are those that were sent, computed what priceOf says.
	requests, computed int
	// longestWrong is the longest time from a change until rows at level Customer were right; oldest is the greatest age of
	// a walk that was seen.
	longestWrong, oldest time.Duration
	// quiet counts the runs of hours in which nothing changes and no walk is due, and what they cost.
	quiet struct {
		runs, requests int
		writes
	}
}

// At night nothing changes, and no walk is due by its age before the next midnight.
const (
	nightBegins = 20*time.Hour - 150*time.Second
	nightEnds   = 23*time.Hour + 30*time.Minute - 150*time.Second
	// runTakes is how long after its slot a run may end.
	runTakes = 30 * time.Second
)

// playFleet plays a day of a fleet in a bubble of time, and checks its rows between all runs.
func playFleet(t *testing.T, f fleet) (got outcome) {
	sim, err := webexsim.New(webexsim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	began := time.Now()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sim, 1)
		w.calls.page = 200 * time.Millisecond // so that one list of people ends first, whatever the size
		midnight := time.Now()
		offices, script := w.addOffices(f, midnight)
		w.start()
		counted := &writes{}
		w.watchOffices(offices, counted)
		var evening, night writes
		for _, m := range []struct {
			at   time.Duration
			into *writes
		}{{nightBegins, &evening}, {nightEnds, &night}} {
			script = append(script, moment{midnight.Add(m.at), func() { w.store.mu.Lock(); *m.into = *counted; w.store.mu.Unlock() }})
		}
		for at := dayBegins; at <= dayEnds; at += 5 * time.Minute {
			script = append(script, moment{midnight.Add(at), func() { got.oldest = max(got.oldest, w.checkOffices(offices)) }})
		}
		slices.SortStableFunc(script, func(a, b moment) int { return a.at.Compare(b.at) })
		for _, m := range script {
			time.Sleep(time.Until(m.at))
			m.do()
		}
		w.stop()
		got.fleet = f
		for _, o := range offices {
			got.add(t, o, midnight)
		}
		got.quiet.writes = writes{night.rows - evening.rows, night.others - evening.others}
		for _, r := range w.runs.records {
			if r.created.After(midnight.Add(nightBegins)) && r.created.Before(midnight.Add(nightEnds)) {
				got.quiet.runs++
			}
			if !r.succeeded {
				t.Errorf("on a good day: %v", r)
			}
		}
		for _, flaw := range w.runs.flaws {
			t.Error(flaw)
		}
	})
	t.Logf("%v: %d requests, %d computed; right after %v, %v old, in the night %+v; took %v", f, got.requests, got.computed,
		got.longestWrong, got.oldest, got.quiet, time.Since(began).Round(time.Millisecond))
	return got
}

// addOffices makes the customers and their schedule, and says what changes when.
func (w *world) addOffices(f fleet, midnight time.Time) (offices map[string]*office, script []moment) {
	offices = map[string]*office{}
	for i := range f.customers {
		o := &office{customer: newCustomer(i), spec: officeSpec(i, f.people), rows: map[string]string{}}
		o.staleAfter = 26 * time.Hour
		o.edits = editsOf(o.spec, uint64(i)) //nolint:gosec // not negative
		w.join(o.customer, o.spec, &v1alpha1.Collection{SiteMaxAge: &metav1.Duration{Duration: f.maxAge}})
		o.org = w.sim.Organization(o.uuid)
		o.note()
		offices[o.name] = o
		for _, e := range o.edits {
			script = append(script, moment{midnight.Add(e.at), func() {
				if err := o.org.SetPerson(e.person, e.change); err != nil {
					w.t.Error(err)
				}
				o.note()
			}})
		}
	}
	w.create(&v1alpha1.LicenseSyncSchedule{ObjectMeta: objectMeta("all"), Spec: v1alpha1.LicenseSyncScheduleSpec{
		Schedule: f.table.cron, CustomerAccessSelector: &metav1.LabelSelector{},
	}})
	return offices, script
}

// watchOffices tells offices of their rows.
func (w *world) watchOffices(offices map[string]*office, counted *writes) {
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	others := w.store.observe
	w.store.observe = func(before, after client.Object) {
		others(before, after)
		counted.observe(before, after)
		was, _ := before.(*v1alpha1.WebexLicense)
		is, _ := after.(*v1alpha1.WebexLicense)
		if row := cmp.Or(is, was); row != nil {
			offices[row.Spec.CustomerAccessRef.Name].observe(was, is)
		}
	}
}

// checkOffices checks that all rows are the truth of one complete walk, and returns the age of the oldest one.
func (w *world) checkOffices(offices map[string]*office) (oldest time.Duration) {
	for _, o := range offices {
		status := o.access(w.store).Status
		if status.Walked == nil || status.LastWalkTime == nil {
			w.t.Fatalf("%s was never read", o.name)
		}
		if err := o.check(status.Walked.StartTime.Time, status.LastWalkTime.Time); err != nil {
			w.t.Error(err)
		}
		oldest = max(oldest, time.Since(status.Walked.StartTime.Time))
	}
	return oldest
}

// add takes over what became of an office.
func (got *outcome) add(t *testing.T, o *office, midnight time.Time) {
	got.computed += priceOf(o.spec, o.edits, got.table, got.maxAge).requests
	got.requests += o.callsBetween(midnight.Add(dayBegins), midnight.Add(dayEnds))
	got.quiet.requests += o.callsBetween(midnight.Add(nightBegins), midnight.Add(nightEnds))
	got.longestWrong = max(got.longestWrong, o.longestWrong)
	if !o.wrongSince.IsZero() {
		t.Errorf("the rows of %s at level Customer are wrong since %v", o.name, o.wrongSince)
	}
}
