package assign_test

import (
	"testing"

	"github.com/webex-operator/webex-license-operator/internal/assign"
)

// counts are those of an outcome.
type counts struct{ add, noUnits, unchanged, remove, protected, skipped, conflicts, held, removing int64 }

func countsOf(o assign.Outcome) counts {
	c := counts{o.Add, o.NoUnits, o.Unchanged, o.Remove, o.Protected, o.Skipped, o.Conflicts, 0, o.Removing}
	if o.Held != nil {
		c.held = o.Held.People
	}
	return c
}

func TestCounts(t *testing.T) {
	t.Parallel()
	// EE: p0 gets it, p1 holds it, p2 waits, p3 is protected, p4 of another organization, p5 has calling only, p6 loses
	// it, p7 is unlisted and protected. MS: p1 and p6 get it; p6 swaps, and p1 loses the other EE by both.
	w := base()
	w.RemoveOthers = true
	w.Licenses[0].Free = new(int64(0))
	w.People = people(holds(), holds(0, 2), holds(), holds(), holds(), holds(4), holds(0), holds(0))
	w.People[4].External = true
	w.Protected = map[int]bool{3: true, 7: true}
	w.Assignments = []assign.Assignment{owner("EE", 0, 1, 2, 3, 4, 5), list("MS", 1, 6), report(list("MS", 6, 2))}
	for name, test := range map[string]struct {
		change func(w *assign.World)
		want   [3]counts
	}{
		"enforced": {func(*assign.World) {}, [3]counts{
			{add: 1, noUnits: 1, unchanged: 1, remove: 2, protected: 1, skipped: 2, removing: 2},
			{add: 2, remove: 1, removing: 1},
			{add: 2},
		}},
		"held": {func(w *assign.World) { w.Assignments[0].MaxRemovals = 1 }, [3]counts{
			{noUnits: 2, unchanged: 1, remove: 2, protected: 1, skipped: 2, held: 2},
			{add: 2, remove: 1},
			{add: 2},
		}},
		"held for another": {func(w *assign.World) { w.Assignments[1].MaxRemovals = 0 }, [3]counts{
			{add: 1, noUnits: 1, unchanged: 1, remove: 2, protected: 1, skipped: 2, removing: 1},
			{add: 2, remove: 1, held: 1},
			{add: 2},
		}},
		"reported": {func(w *assign.World) { w.Assignments[0].Enforce = false }, [3]counts{
			{add: 1, noUnits: 1, unchanged: 1, remove: 1, protected: 1, skipped: 2},
			{add: 2, remove: 1, removing: 1},
			{add: 2},
		}},
		"a person who loses two": {func(w *assign.World) { w.People[6].Held, w.Assignments[1].Listed = holds(0, 1, 3), []int{6} }, [3]counts{
			{add: 1, noUnits: 1, unchanged: 1, remove: 2, protected: 1, skipped: 2, removing: 2},
			{unchanged: 1, remove: 1, removing: 1},
			{add: 1, unchanged: 1},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := w
			w.Licenses, w.People, w.Assignments = append([]assign.License{}, w.Licenses...), append([]assign.Person{}, w.People...), append([]assign.Assignment{}, w.Assignments...)
			test.change(&w)
			p := assign.New(w)
			for i, want := range test.want {
				if got := countsOf(p.Outcomes[i]); got != want {
					t.Errorf("assignment %d:\n got %+v\nwant %+v\n%v", i, got, want, told(&w, p))
				}
			}
		})
	}
}
