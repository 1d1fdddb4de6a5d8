package assign_test

import (
	"slices"
	"testing"

	"github.com/webex-operator/webex-license-operator/internal/assign"
)

// base has EE and MS inside the defaults, the two outside of them, and a calling licence. EE belongs to p0 and p1.
func base() assign.World {
	return assign.World{
		Licenses:    []assign.License{inside("EE", 5), inside("MS", 5), outside("EE"), outside("MS"), inside("BCSTD", 5)},
		People:      people(holds(), holds(0), holds(0)),
		Assignments: []assign.Assignment{owner("EE", 0, 1)},
		Protected:   map[int]bool{},
	}
}

// rule is a world beside the base, and what changes in it.
type rule struct {
	world func(w *assign.World)
	want  []string
}

func (r rule) test(t *testing.T) {
	t.Helper()
	t.Parallel()
	w := base()
	r.world(&w)
	expect(t, "changes", told(&w, assign.New(w)), slices.Sorted(slices.Values(r.want))...)
}

func TestPeople(t *testing.T) {
	t.Parallel()
	only := []string{"p0 +EE Send [0]", "p2 -EE Send [0]"}
	for name, r := range map[string]rule{
		"listed gets, unlisted loses": {func(*assign.World) {}, only},
		"unlisted keeps by default":   {func(w *assign.World) { w.Assignments[0].RemoveUnlisted = false }, only[:1]},
		"report":                      {func(w *assign.World) { w.Assignments[0].Enforce = false }, []string{"p0 +EE Report [0]", "p2 -EE Report [0]"}},
		"protected, listed":           {func(w *assign.World) { w.Protected[0] = true }, only[1:]},
		"protected, unlisted":         {func(w *assign.World) { w.Protected[2] = true }, only[:1]},
		"external, listed":            {func(w *assign.World) { w.People[0].External = true }, only[1:]},
		"external, unlisted":          {func(w *assign.World) { w.People[2].External = true }, only[:1]},
		"holds calling only":          {func(w *assign.World) { w.People[0].Held = holds(4) }, []string{"p0 +EE CallingOnly [0]", "p2 -EE Send [0]"}},
		"holds an unknown code only": {func(w *assign.World) {
			w.Licenses[4].OfferCode, w.People[0].Held = "", holds(4)
		}, []string{"p0 +EE CallingOnly [0]", "p2 -EE Send [0]"}},
		"holds calling and another":  {func(w *assign.World) { w.People[0].Held = holds(4, 1) }, only},
		"calling stays":              {func(w *assign.World) { w.People[2].Held = holds(4, 0) }, only},
		"unresolved removes nothing": {func(w *assign.World) { w.Assignments[0].Unresolved = true }, only[:1]},
		"protected are unresolved":   {func(w *assign.World) { w.KeepAll = true }, only[:1]},
		"another spec is unreadable": {func(w *assign.World) {
			w.Assignments = append(w.Assignments, assign.Assignment{Name: "unreadable", Unreadable: true, Enforce: true})
		}, only[:1]},
		"an unresolved one of another licence": {func(w *assign.World) {
			w.Assignments = append(w.Assignments, list("MS"))
			w.Assignments[1].Unresolved = true
		}, only},
		"no row, no change": {func(w *assign.World) { w.Licenses[0].Purchased = false }, []string{}},
		"no assignment":     {func(w *assign.World) { w.Assignments = nil }, []string{}},
	} {
		t.Run(name, r.test)
	}
}

// Several assignments of one licence are a union of lists. It is taken only where all of them say so.
func TestSeveralAssignments(t *testing.T) {
	t.Parallel()
	second := func(change func(a *assign.Assignment), listed ...int) func(w *assign.World) {
		return func(w *assign.World) {
			w.People = append(w.People, people(holds(0))...)
			a := owner("EE", listed...)
			change(&a)
			w.Assignments = append(w.Assignments, a)
		}
	}
	nothing := func(*assign.Assignment) {}
	for name, r := range map[string]rule{
		"in either list":      {second(nothing, 2), []string{"p0 +EE Send [0]", "p3 -EE Send [0 1]"}},
		"in both lists":       {second(nothing, 2, 0), []string{"p0 +EE Send [0 1]", "p3 -EE Send [0 1]"}},
		"one keeps":           {second(func(a *assign.Assignment) { a.RemoveUnlisted = false }, 2), []string{"p0 +EE Send [0]"}},
		"one is unresolved":   {second(func(a *assign.Assignment) { a.Unresolved = true }, 2), []string{"p0 +EE Send [0]"}},
		"one waits":           {second(func(a *assign.Assignment) { a.ChosenID = "id-old" }, 2), []string{"p0 +EE Send [0]"}},
		"one reports":         {second(func(a *assign.Assignment) { a.Enforce = false }, 2), []string{"p0 +EE Send [0]", "p3 -EE Report [0 1]"}},
		"one reports, one in": {second(func(a *assign.Assignment) { a.Enforce = false }, 0), []string{"p0 +EE Send [0 1]", "p2 -EE Report [0 1]", "p3 -EE Report [0 1]"}},
		"by code and by name": {second(func(a *assign.Assignment) { a.OfferCode, a.LicenseName = "", "Name of EE" }, 2), []string{"p0 +EE Send [0]", "p3 -EE Send [0 1]"}},
	} {
		t.Run(name, r.test)
	}
}

// Two licences of one offer code exclude each other: a person to whom assignments would give both keeps what there is.
func TestConflict(t *testing.T) {
	t.Parallel()
	twice := func(change func(w *assign.World)) func(w *assign.World) {
		return func(w *assign.World) {
			w.Licenses[0].Name, w.Licenses[2] = "First", renamed(inside("EE", 5), "Second")
			w.Licenses[2].Name = "Second"
			w.People[2].Held = holds()
			first, second := list("", 0), list("", 0)
			first.LicenseName, second.LicenseName = "First", "Second"
			w.Assignments = []assign.Assignment{first, second}
			change(w)
		}
	}
	skipped := []string{"p0 +EE Conflict [0]", "p0 +Second Conflict [1]"}
	for name, r := range map[string]rule{
		"skipped in both":          {twice(func(*assign.World) {}), skipped},
		"whichever is held":        {twice(func(w *assign.World) { w.People[0].Held = holds(2) }), skipped},
		"one reports":              {twice(func(w *assign.World) { w.Assignments[1].Enforce = false }), skipped},
		"codes differ by case":     {twice(func(w *assign.World) { w.Licenses[2].OfferCode = "ee" }), skipped},
		"protected":                {twice(func(w *assign.World) { w.Protected[0] = true }), []string{}},
		"others of the lists":      {twice(func(w *assign.World) { w.Assignments[1].Listed = []int{0, 2} }), append(skipped[:2:2], "p2 +Second Send [1]")},
		"third licence of another": {twice(func(w *assign.World) { w.Assignments = append(w.Assignments, list("MS", 0)) }), append(skipped[:2:2], "p0 +MS Send [2]")},
		"third licence of the code stays": {twice(func(w *assign.World) {
			w.Licenses[1] = renamed(inside("EE", 5), "Third")
			w.Licenses[1].Name, w.People[0].Held = "Third", holds(1)
			w.Assignments = append(w.Assignments, owner("", 1))
			w.Assignments[2].LicenseName = "Third"
		}), append(skipped[:2:2], "p1 +Third Send [2]")},
		"outside of the defaults stays": {twice(func(w *assign.World) {
			w.Licenses[3].OfferCode, w.People[0].Held, w.RemoveOthers = "EE", holds(0, 3), true
		}), skipped},
		"one waits": {twice(func(w *assign.World) { w.Assignments[1].ChosenID = "id-old" }), skipped[:1]},
	} {
		t.Run(name, r.test)
	}
}

// Licences outside of the defaults go only from people whom an enforced assignment lists, beside the same inside.
func TestOtherLicenses(t *testing.T) {
	t.Parallel()
	other := func(change func(w *assign.World)) func(w *assign.World) {
		return func(w *assign.World) {
			w.RemoveOthers = true
			w.People = people(holds(2), holds(0, 2), holds(1))
			w.Assignments[0].RemoveUnlisted = false
			change(w)
		}
	}
	both := []string{"p0 +EE Send [0]", "p0 -other-EE Send [0]", "p1 -other-EE Send [0]"}
	for name, r := range map[string]rule{
		"gets or has the same":    {other(func(*assign.World) {}), both},
		"retained by default":     {other(func(w *assign.World) { w.RemoveOthers = false }), both[:1]},
		"not listed":              {other(func(w *assign.World) { w.Assignments[0].Listed = []int{0} }), both[:2]},
		"another code":            {other(func(w *assign.World) { w.People[1].Held = holds(0, 3) }), both[:2]},
		"inside by no assignment": {other(func(w *assign.World) { w.People[1].Held = holds(0, 1, 3) }), append(both[:2:2], "p1 -other-MS Send [0]")},
		"codes differ by case":    {other(func(w *assign.World) { w.Licenses[2].OfferCode = "ee" }), both},
		"neither in nor out":      {other(func(w *assign.World) { w.Licenses[2].Outside = false }), both[:1]},
		"included":                {other(func(w *assign.World) { w.Licenses[2].Purchased = false }), both[:1]},
		"calling":                 {other(func(w *assign.World) { w.Licenses[2].OfferCode, w.People[1].Held = "BCSTD", holds(0, 2, 4) }), []string{"p0 +EE CallingOnly [0]"}},
		"protected":               {other(func(w *assign.World) { w.Protected[1] = true }), both[:2]},
		"external":                {other(func(w *assign.World) { w.People[1].External = true }), both[:2]},
		"unresolved":              {other(func(w *assign.World) { w.Assignments[0].Unresolved = true }), both[:1]},
		"keep all":                {other(func(w *assign.World) { w.KeepAll = true }), both[:1]},
		"report":                  {other(func(w *assign.World) { w.Assignments[0].Enforce = false }), []string{"p0 +EE Report [0]", "p0 -other-EE Report [0]", "p1 -other-EE Report [0]"}},
		"the one inside is only reported": {other(func(w *assign.World) {
			w.Assignments = []assign.Assignment{report(list("EE", 0)), list("MS", 0)}
		}), []string{"p0 +EE Report [0]", "p0 +MS Send [1]", "p0 -other-EE Report [0]"}},
		"the one inside is given by one that may not remove": {other(func(w *assign.World) {
			w.Assignments = []assign.Assignment{report(list("EE", 0)), list("MS", 0)}
			w.Assignments[0].Unresolved = true
		}), []string{"p0 +EE Report [0]", "p0 +MS Send [1]"}},
		"the one inside goes away": {other(func(w *assign.World) {
			w.Assignments = []assign.Assignment{owner("EE", 2), list("MS", 1)}
		}), []string{"p1 +MS Send [1]", "p1 -EE Send [0]", "p2 +EE Send [0]"}},
		"the one inside would go away": {other(func(w *assign.World) {
			w.Assignments = []assign.Assignment{report(owner("EE", 2)), list("MS", 1)}
		}), []string{"p1 +MS Send [1]", "p1 -EE Report [0]", "p2 +EE Report [0]"}},
		"the one inside goes once approved": {other(func(w *assign.World) {
			w.Assignments = []assign.Assignment{owner("EE", 2), list("MS", 1)}
			w.Assignments[0].MaxRemovals = 0
		}), []string{"p1 +MS Send [1]", "p1 -EE Held [0]", "p2 +EE Send [0]"}},
		"for all that list the person": {other(func(w *assign.World) {
			w.Assignments = append(w.Assignments, list("MS", 1), report(list("MS", 1)))
		}), []string{"p0 +EE Send [0]", "p0 -other-EE Send [0]", "p1 +MS Send [1 2]", "p1 -other-EE Send [0 1]"}},
	} {
		t.Run(name, r.test)
	}
}
