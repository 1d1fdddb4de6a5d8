package assign_test

import (
	"testing"

	"github.com/webex-operator/webex-license-operator/internal/assign"
)

// order is a world beside the base, and the calls of its plan.
type order struct {
	world                      func(w *assign.World)
	removals, swaps, additions []string
	changes                    []string // if it matters
}

func (o order) test(t *testing.T) {
	t.Helper()
	t.Parallel()
	w := base()
	w.People = people(holds(), holds(), holds(), holds())
	w.Assignments = []assign.Assignment{list("EE", 2, 0, 1)}
	o.world(&w)
	p := assign.New(w)
	for n, want := range [][]string{o.removals, o.swaps, o.additions} {
		expect(t, []string{"removals", "swaps", "additions"}[n], calls(&w, p.Phases[n]), want...)
	}
	if o.changes != nil {
		expect(t, "changes", told(&w, p), o.changes...)
	}
}

func TestUnits(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]order{
		"enough": {world: func(*assign.World) {}, additions: []string{"p2 +EE", "p0 +EE", "p1 +EE"}},
		"the first of the list": {
			world:     func(w *assign.World) { w.Licenses[0].Free = new(int64(2)) },
			additions: []string{"p2 +EE", "p0 +EE"}, changes: []string{"p0 +EE Send [0]", "p1 +EE NoUnits [0]", "p2 +EE Send [0]"},
		},
		"some stay free": {
			world:     func(w *assign.World) { w.Licenses[0].Free, w.Assignments[0].KeepFree = new(int64(3)), 2 },
			additions: []string{"p2 +EE"},
		},
		"fewer than stay free": {world: func(w *assign.World) { w.Licenses[0].Free, w.Assignments[0].KeepFree = new(int64(2)), 2 }},
		"none":                 {world: func(w *assign.World) { w.Licenses[0].Free = new(int64(0)) }},
		"overused":             {world: func(w *assign.World) { w.Licenses[0].Free = new(int64(-2)) }},
		"unknown":              {world: func(w *assign.World) { w.Licenses[0].Free = nil }},
		"unknown, with one that is taken": {
			world: func(w *assign.World) {
				w.Licenses[0].Free, w.People[3].Held, w.Assignments[0].RemoveUnlisted = nil, holds(0), true
			},
			removals: []string{"p3 -EE"},
		},
		"taken, then given": {
			world: func(w *assign.World) {
				w.Licenses[0].Free, w.People[3].Held, w.Assignments[0].RemoveUnlisted = new(int64(0)), holds(0), true
			},
			removals: []string{"p3 -EE"}, additions: []string{"p2 +EE"},
		},
		"taken of too many": {
			world: func(w *assign.World) {
				w.Licenses[0].Free, w.People[3].Held, w.Assignments[0].RemoveUnlisted = new(int64(-1)), holds(0), true
			},
			removals: []string{"p3 -EE"},
		},
		"held removals free no unit": {
			world: func(w *assign.World) {
				w.Licenses[0].Free, w.People[3].Held = new(int64(0)), holds(0)
				w.Assignments[0].RemoveUnlisted, w.Assignments[0].MaxRemovals = true, 0
			},
		},
		"what is kept by the most generous of those that enforce": {
			world: func(w *assign.World) {
				w.Licenses[0].Free = new(int64(3))
				second, third := list("EE", 1), report(list("EE", 2, 0, 1))
				w.Assignments[0].KeepFree, second.KeepFree = 3, 2
				w.Assignments = append(w.Assignments, second, third)
			},
			additions: []string{"p1 +EE"},
		},
		"each list has an order of its own": {
			world: func(w *assign.World) {
				w.Licenses[1].Free = new(int64(1))
				w.Assignments = append(w.Assignments, list("MS", 1, 2))
			},
			additions: []string{"p2 +EE", "p0 +EE", "p1 +EE +MS"},
		},
		"one that reports takes no unit": {
			world: func(w *assign.World) {
				w.Licenses[0].Free = new(int64(1))
				w.Assignments = []assign.Assignment{report(list("EE", 3, 0)), list("EE", 1, 0)}
			},
			additions: []string{"p1 +EE"},
			changes:   []string{"p0 +EE NoUnits [0 1]", "p1 +EE Send [1]", "p3 +EE NoUnits [0]"},
		},
	} {
		t.Run(name, o.test)
	}
}

// One call has all of a person's changes, and takes nothing while the person does not get what comes with it.
func TestSwaps(t *testing.T) {
	t.Parallel()
	swap := func(change func(w *assign.World)) func(w *assign.World) {
		return func(w *assign.World) {
			w.People = people(holds(0), holds(0), holds(1), holds(0))
			w.Assignments = []assign.Assignment{owner("EE", 2), owner("MS", 0, 1)}
			change(w)
		}
	}
	for name, o := range map[string]order{
		"before additions, after removals": {
			world: swap(func(w *assign.World) {
				w.People = append(w.People, people(holds())...)
				w.Assignments[0].Listed = []int{4}
			}),
			removals: []string{"p2 -MS", "p3 -EE"}, swaps: []string{"p0 +MS -EE", "p1 +MS -EE"}, additions: []string{"p4 +EE"},
		},
		"a unit for one": {
			world: swap(func(w *assign.World) {
				w.Licenses[1].Free = new(int64(1))
				w.Assignments[0].Listed, w.Assignments[1].Listed = nil, []int{1, 0, 2}
				w.Assignments[0].Approved = assign.New(*w).Outcomes[0].Held.Token
			}),
			removals: []string{"p3 -EE"}, swaps: []string{"p1 +MS -EE"},
			changes: []string{"p0 +MS NoUnits [1]", "p0 -EE NoUnits [0]", "p1 +MS Send [1]", "p1 -EE Send [0]", "p3 -EE Send [0]"},
		},
		"one makes room for the next": {
			world:    swap(func(w *assign.World) { w.Licenses[0].Free, w.Licenses[1].Free = new(int64(-1)), new(int64(1)) }),
			removals: []string{"p3 -EE"}, swaps: []string{"p0 +MS -EE"},
			changes: []string{"p0 +MS Send [1]", "p0 -EE Send [0]", "p1 +MS NoUnits [1]", "p1 -EE NoUnits [0]", "p2 +EE NoUnits [0]", "p2 -MS NoUnits [1]", "p3 -EE Send [0]"},
		},
		"for additions alone, too": {
			world: swap(func(w *assign.World) {
				w.Licenses[0].Free, w.Licenses[1].Free = new(int64(-1)), new(int64(1))
				w.People[3].Held = holds()
				w.Assignments[0].Listed, w.Assignments[1].Listed = []int{1, 3}, []int{2, 0}
			}),
			swaps: []string{"p0 +MS -EE"},
		},
		"what else is given goes on": {
			world: swap(func(w *assign.World) {
				w.Licenses[1].Free, w.People[0].Held = new(int64(0)), holds(4, 2)
				w.Assignments = []assign.Assignment{list("EE", 0), list("MS", 0)}
				w.RemoveOthers = true
			}),
			swaps:   []string{"p0 +EE"},
			changes: []string{"p0 +EE Send [0]", "p0 +MS NoUnits [1]", "p0 -other-EE NoUnits [0 1]"},
		},
		"held removals": {
			world:     swap(func(w *assign.World) { w.Assignments[0].MaxRemovals = 2 }),
			swaps:     []string{"p2 +EE -MS"},
			additions: []string{"p0 +MS", "p1 +MS"},
		},
		"reported as it would be": {
			world: swap(func(w *assign.World) {
				w.Licenses[0].Free, w.Licenses[1].Free = new(int64(-1)), new(int64(0))
				w.People[3].Held, w.Assignments[0].Listed = holds(), []int{3}
				w.Assignments[1].Listed = []int{1, 0}
				w.Assignments[0], w.Assignments[1] = report(w.Assignments[0]), report(w.Assignments[1])
			}),
			changes: []string{"p0 +MS NoUnits [1]", "p0 -EE NoUnits [0]", "p1 +MS Report [1]", "p1 -EE Report [0]", "p2 -MS Report [1]", "p3 +EE NoUnits [0]"},
		},
	} {
		t.Run(name, o.test)
	}
}

// Units are what is free now: what failed gives back what it took, and gives nothing.
func TestAdmit(t *testing.T) {
	t.Parallel()
	u := assign.Units{0: 2, 1: 0}
	add, remove := assign.Change{License: 0, Keep: 1}, assign.Change{License: 1, Remove: true}
	unknown := assign.Change{License: 7}
	both := assign.Call{Person: 3, Changes: []assign.Change{remove, add}}
	first, without := u.Admit(both)
	if without != 0 || len(first.Changes) != 2 || first.Person != 3 || u[0] != 1 || u[1] != 0 {
		t.Fatalf("admitted %+v, %d without, units %v", first, without, u)
	}
	if second, without := u.Admit(both); without != 1 || len(second.Changes) != 0 || u[0] != 1 {
		t.Errorf("admitted %+v, %d without, units %v", second, without, u)
	}
	u.Settle(first.Changes, func(assign.Change) bool { return false })
	if u[0] != 2 || u[1] != 0 {
		t.Errorf("after failures %v", u)
	}
	u.Settle(first.Changes, func(c assign.Change) bool { return c.Remove })
	if u[0] != 3 || u[1] != 1 {
		t.Errorf("after a removal that came true %v", u)
	}
	u.Settle([]assign.Change{{License: 7, Remove: true}}, func(assign.Change) bool { return true })
	if got, without := u.Admit(assign.Call{Changes: []assign.Change{unknown}}); without != 1 || len(got.Changes) != 0 {
		t.Errorf("of a licence whose units are not known, %+v is given", got)
	}
}
