package follow

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/screentest"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/terminal"
)

var start = time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)

func run(name, reason string, adjust ...func(*v1alpha1.LicenseSync)) *v1alpha1.LicenseSync {
	r := &v1alpha1.LicenseSync{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name}}
	set := func(conditionType string, status metav1.ConditionStatus) {
		r.Status.Conditions = append(r.Status.Conditions, metav1.Condition{Type: conditionType, Status: status, Reason: reason, Message: "says so"})
	}
	switch reason {
	case v1alpha1.ReasonSucceeded:
		set(v1alpha1.ConditionComplete, metav1.ConditionTrue)
		set(v1alpha1.ConditionReady, metav1.ConditionTrue)
		r.Status.Duration = &metav1.Duration{Duration: 42 * time.Second}
		r.Status.Rows = &v1alpha1.RowCounts{Added: new(int32(1)), Updated: new(int32(3)), Removed: new(int32(0)), Held: new(int32(2))}
	case v1alpha1.ReasonForbidden:
		set(v1alpha1.ConditionFailed, metav1.ConditionTrue)
		set(v1alpha1.ConditionReady, metav1.ConditionFalse)
		r.Status.Message = "the token lacks a scope"
	default:
		set(v1alpha1.ConditionReady, metav1.ConditionUnknown)
	}
	for _, a := range adjust {
		a(r)
	}
	return r
}

func at(step v1alpha1.RunStep, done, total int64) func(*v1alpha1.LicenseSync) {
	return func(r *v1alpha1.LicenseSync) {
		r.Status.Progress = &v1alpha1.Progress{Step: step}
		if done > 0 {
			r.Status.Progress.Done = &done
		}
		if total > 0 {
			r.Status.Progress.Total = &total
		}
	}
}

func until(after time.Duration) func(*v1alpha1.LicenseSync) {
	return func(r *v1alpha1.LicenseSync) { r.Status.NextAttemptTime = new(metav1.NewTime(start.Add(after))) }
}

func term(columns, lines int) terminal.Terminal {
	return terminal.Terminal{Unicode: true, Live: true, Size: func() (int, int) { return columns, lines }}
}

func targets(last time.Duration, names ...string) []Target {
	var all []Target
	for _, name := range names {
		all = append(all, Target{Key: Key{"ns", name}, Label: name, Customer: name, Last: last})
	}
	return all
}

func TestLines(t *testing.T) {
	for _, c := range []struct {
		name string
		last time.Duration
		runs []*v1alpha1.LicenseSync
		now  time.Duration
		want string
	}{
		{name: "not seen yet", want: "acme  ░░░░░░░░░░░░░░░░  waiting"},
		{name: "queued", runs: []*v1alpha1.LicenseSync{run("acme", v1alpha1.ReasonQueued)}, want: "acme  ░░░░░░░░░░░░░░░░  waiting"},
		{name: "suspended", runs: []*v1alpha1.LicenseSync{run("acme", v1alpha1.ReasonSuspended)}, want: "acme  ░░░░░░░░░░░░░░░░  waiting"},
		{name: "at work, by steps", runs: []*v1alpha1.LicenseSync{run("acme", v1alpha1.ReasonRunning, at(v1alpha1.StepPeople, 1200, 0))}, want: "acme  █████████▌░░░░░░  people: 1200"},
		{
			name: "by the last run's time", last: 40 * time.Second, now: 10 * time.Second,
			runs: []*v1alpha1.LicenseSync{run("acme", v1alpha1.ReasonRunning, at(v1alpha1.StepPeople, 1200, 0))},
			want: "acme  ████░░░░░░░░░░░░  people: 1200, about 30s left",
		},
		{
			name: "longer than that", last: 40 * time.Second, now: 50 * time.Second,
			runs: []*v1alpha1.LicenseSync{run("acme", v1alpha1.ReasonRunning, at(v1alpha1.StepApplying, 10, 40))},
			want: "acme  ███████████████▌  writing rows: 10 of 40, longer than last time",
		},
		{
			name: "Webex asked to wait", now: 10 * time.Second, runs: []*v1alpha1.LicenseSync{run("acme", v1alpha1.ReasonRateLimited, until(40*time.Second))},
			want: "acme  ░░░░░░░░░░░░░░░░  Webex asked to wait, goes on in 30s",
		},
		{
			name: "an attempt failed", now: 10 * time.Second, runs: []*v1alpha1.LicenseSync{run("acme", v1alpha1.ReasonAPIUnavailable, until(10*time.Second))},
			want: "acme  ░░░░░░░░░░░░░░░░  APIUnavailable, next attempt now",
		},
		{
			name: "planning", last: 40 * time.Second, now: 50 * time.Second,
			runs: []*v1alpha1.LicenseSync{run("acme", v1alpha1.ReasonRunning, at(v1alpha1.StepPlanning, 0, 0))},
			want: "acme  ███████████████▌  planning licences of people",
		},
		{
			name: "assigning, whatever the last run took", last: 40 * time.Second, now: 60 * time.Second,
			runs: []*v1alpha1.LicenseSync{run("acme", v1alpha1.ReasonRunning, at(v1alpha1.StepAssigning, 0, 400)), run("acme", v1alpha1.ReasonRunning, at(v1alpha1.StepAssigning, 100, 400))},
			want: "acme  ████░░░░░░░░░░░░  assigning licences to people: 100 of 400, about 3m left",
		},
		{
			name: "assigned", runs: []*v1alpha1.LicenseSync{run("acme", v1alpha1.ReasonSucceeded, func(r *v1alpha1.LicenseSync) {
				r.Status.Assigned = &v1alpha1.AssignedPeople{Changed: new(int64(399)), Failed: new(int64(1))}
			})},
			want: "acme  ████████████████  done in 42s, rows +1 ~3 -0 (2 held), licences of 399 people, 1 failed",
		},
		{name: "done", runs: []*v1alpha1.LicenseSync{run("acme", v1alpha1.ReasonSucceeded)}, want: "acme  ████████████████  done in 42s, rows +1 ~3 -0 (2 held)"},
		{name: "failed", runs: []*v1alpha1.LicenseSync{run("acme", v1alpha1.ReasonForbidden)}, want: "acme  ████████████████  failed: Forbidden: the token lacks a scope"},
		{
			name: "an end is final", runs: []*v1alpha1.LicenseSync{run("acme", v1alpha1.ReasonSucceeded), run("acme", v1alpha1.ReasonRunning)},
			want: "acme  ████████████████  done in 42s, rows +1 ~3 -0 (2 held)",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := NewBoard(targets(c.last, "acme"), start)
			for _, r := range c.runs {
				b.Apply(Change{Run: r}, start)
			}
			if got := b.Frame(term(100, 30), start.Add(c.now))[0]; got != c.want {
				t.Errorf("%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestNarrowAndASCII(t *testing.T) {
	b := NewBoard(targets(0, "a-customer-with-a-rather-long-name-as-some-have"), start)
	b.Apply(Change{Run: run("a-customer-with-a-rather-long-name-as-some-have", v1alpha1.ReasonForbidden)}, start)
	ascii := term(72, 30)
	ascii.Unicode = false
	for columns, want := range map[int]string{
		100: "a-customer-with-a-rather-long-n…  ████████████████  failed: Forbidden: the token lacks a scope",
		72:  "a-customer-with-a-rather-long-n…  ████████████████  failed: Forbidden:…",
		60:  "a-customer-with-a-rather-long…  failed: Forbidden: the tok…",
		30:  "a-customer-wit…  failed: For…",
		10:  "a-cu…  f…",
	} {
		if got := b.Frame(term(columns, 30), start)[0]; got != want || terminal.Width(got) >= columns {
			t.Errorf("%d columns: %q, want %q", columns, got, want)
		}
	}
	if got, want := b.Frame(ascii, start)[0], "a-customer-with-a-rather-long-n…  [################]  failed: Forbidde…"; got != want {
		t.Errorf("in ASCII: %q, want %q", got, want)
	}
}

func TestEvents(t *testing.T) {
	b := NewBoard(targets(0, "acme", "globex"), start)
	var got []string
	tell := func(c Change) {
		for _, e := range b.Apply(c, start) {
			got = append(got, e.Line(start))
		}
	}
	tell(Change{Run: run("acme", v1alpha1.ReasonQueued)})
	tell(Change{Run: run("acme", v1alpha1.ReasonRunning)})
	tell(Change{Run: run("acme", v1alpha1.ReasonRunning, at(v1alpha1.StepPeople, 10, 0))})
	tell(Change{Run: run("acme", v1alpha1.ReasonRateLimited, until(time.Minute))})
	tell(Change{Run: run("acme", v1alpha1.ReasonRateLimited, until(2*time.Minute))})
	tell(Change{Run: run("acme", v1alpha1.ReasonAPIUnavailable, until(2*time.Minute))})
	tell(Change{Run: run("stranger", v1alpha1.ReasonRunning)})
	tell(Change{Run: run("acme", v1alpha1.ReasonSucceeded)})
	tell(Change{Run: run("acme", v1alpha1.ReasonSucceeded), Gone: true})
	if b.Done() {
		t.Error("done while a run is under way")
	}
	tell(Change{Listed: map[Key]bool{{"ns", "acme"}: true}})
	want := []string{
		"acme: run acme began", "acme: Webex asked to wait, goes on in 60s", "acme: APIUnavailable, next attempt in 2m",
		"acme: done in 42s, rows +1 ~3 -0 (2 held)", "globex: the run was deleted before its end was seen",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error("(-want +got)\n", diff)
	}
	if counts := b.Counts(); !b.Done() || counts[Succeeded] != 1 || counts[Gone] != 1 {
		t.Errorf("counts %v", counts)
	}
}

// Two hundred customers keep one steady screen: nothing scrolls away, and a run
// stays on its line until another one needs it.
func TestSteadyScreen(t *testing.T) {
	const customers, columns, lines = 200, 100, 24
	names := make([]string, customers)
	for i := range names {
		names[i] = fmt.Sprintf("customer-%03d", i)
	}
	b := NewBoard(targets(30*time.Second, names...), start)
	view := &screentest.Screen{Columns: columns, Height: lines}
	terminal := term(columns, lines)
	terminal.Out = view
	s := NewScreen(terminal)
	random := rand.New(rand.NewPCG(1, 2))
	now, next := start, 0
	working := map[string]bool{}
	var moved, frames int
	lineOf := map[string]int{}
	for !b.Done() {
		now = now.Add(time.Second)
		for len(working) < 8 && next < customers {
			b.Apply(Change{Run: run(names[next], v1alpha1.ReasonRunning, at(v1alpha1.StepPeople, 100, 0))}, now)
			working[names[next]] = true
			next++
		}
		for name := range working {
			if random.IntN(5) == 0 {
				delete(working, name)
				reason := v1alpha1.ReasonSucceeded
				if random.IntN(20) == 0 {
					reason = v1alpha1.ReasonForbidden
				}
				b.Apply(Change{Run: run(name, reason)}, now)
			}
		}
		if err := s.Draw(b.Frame(terminal, now)); err != nil {
			t.Fatal(err)
		}
		frames++
		shown := view.Lines()
		if len(shown) != lines-1 || view.Row() != lines-1 || len(view.Faults()) > 0 {
			t.Fatalf("frame %d has %d lines, the cursor is on line %d; %v", frames, len(shown), view.Row(), view.Faults())
		}
		for name := range working {
			line := -1
			for i, text := range shown {
				if strings.HasPrefix(text, name+" ") {
					line = i
				}
			}
			if line < 0 {
				t.Fatalf("frame %d does not show %s, which is at work:\n%s", frames, name, view.Text())
			}
			if before, seen := lineOf[name]; seen && before != line {
				moved++
			}
			lineOf[name] = line
		}
	}
	if moved > 0 {
		t.Errorf("%d times in %d frames a run at work changed its line", moved, frames)
	}
	if sum := view.Lines()[lines-2]; !strings.HasPrefix(sum, "200 of 200 done, ") {
		t.Errorf("the last line is %q", sum)
	}
}

// A terminal that changes its size is drawn anew.
func TestResize(t *testing.T) {
	b := NewBoard(targets(0, "acme", "globex", "initech"), start)
	view := &screentest.Screen{Columns: 80, Height: 24}
	size := [2]int{80, 24}
	terminal := terminal.Terminal{Out: view, Unicode: true, Size: func() (int, int) { return size[0], size[1] }}
	s := NewScreen(terminal)
	for _, lines := range []int{24, 4, 24} {
		size[1] = lines
		if err := s.Draw(b.Frame(terminal, start)); err != nil {
			t.Fatal(err)
		}
		if want := min(4, lines-1); len(view.Lines()) != want {
			t.Errorf("on a terminal of %d lines:\n%s", lines, view.Text())
		}
	}
}
