package assign_test

import (
	"slices"
	"testing"

	"github.com/webex-operator/webex-license-operator/internal/assign"
)

// crowd has five holders of EE, of whom p0 is listed; p5 is listed and holds nothing.
func crowd() assign.World {
	w := base()
	w.People = people(holds(0), holds(0), holds(0), holds(0), holds(0), holds())
	w.Assignments = []assign.Assignment{owner("EE", 0, 5)}
	return w
}

// sent is how many people lose licences by what a plan sends.
func sent(p *assign.Plan) int {
	lose := map[int]bool{}
	for _, phase := range p.Phases {
		for _, call := range phase {
			for _, c := range call.Changes {
				lose[c.Person] = lose[c.Person] || c.Remove
			}
		}
	}
	n := 0
	for _, loses := range lose {
		if loses {
			n++
		}
	}
	return n
}

func TestGuard(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change        func(w *assign.World)
		removes, held int64
	}{
		"as many as may":       {func(w *assign.World) { w.Assignments[0].MaxRemovals = 4 }, 4, 0},
		"one too many":         {func(w *assign.World) { w.Assignments[0].MaxRemovals = 3 }, 0, 4},
		"with those of before": {func(w *assign.World) { w.Assignments[0].MaxRemovals, w.Assignments[0].Removed = 6, 3 }, 0, 4},
		"just with those of before": {func(w *assign.World) {
			w.Assignments[0].MaxRemovals, w.Assignments[0].Removed = 7, 3
		}, 4, 0},
		"none may":         {func(w *assign.World) { w.Assignments[0].MaxRemovals = 0 }, 0, 4},
		"none to remove":   {func(w *assign.World) { w.Assignments[0].MaxRemovals, w.Assignments[0].RemoveUnlisted = 0, false }, 0, 0},
		"an empty list":    {func(w *assign.World) { w.Assignments[0].Listed = nil }, 0, 5},
		"others' people":   {func(w *assign.World) { w.Assignments[0].Listed = []int{5}; w.People[5].External = true }, 0, 5},
		"only protected":   {func(w *assign.World) { w.Assignments[0].Listed = []int{5}; w.Protected[5] = true }, 5, 0},
		"only reported":    {func(w *assign.World) { w.Assignments[0].Enforce, w.Assignments[0].MaxRemovals = false, 0 }, 0, 0},
		"people count":     {twoEach(2), 2, 0},
		"people, too many": {twoEach(1), 0, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := crowd()
			test.change(&w)
			p := assign.New(w)
			var held int64
			if h := p.Outcomes[0].Held; h != nil {
				held = h.People
			}
			if got := p.Outcomes[0].Removing; got != test.removes || sent(p) != int(got) || held != test.held {
				t.Errorf("%d people lose licences by %d calls and %d are held; want %d and %d", got, sent(p), held, test.removes, test.held)
			}
			if o := p.Outcomes[0]; o.Approved || o.Held != nil && o.Remove != o.Held.People {
				t.Errorf("%+v", o)
			}
			if listed := slices.Contains(w.Assignments[0].Listed, 5) && !w.People[5].External && !w.Protected[5] && w.Assignments[0].Enforce; listed != (sentTo(p, 5) == 1) {
				t.Errorf("the addition does not go on: %v", told(&w, p))
			}
		})
	}
}

// twoEach has two people lose two licences each, outside of the defaults.
func twoEach(most int64) func(w *assign.World) {
	return func(w *assign.World) {
		w.RemoveOthers = true
		w.Licenses = append(w.Licenses, outside("EE"))
		w.People = people(holds(0, 2, 5), holds(0, 2, 5), holds(), holds(), holds(), holds())
		w.Assignments[0] = list("EE", 0, 1, 5)
		w.Assignments[0].MaxRemovals = most
	}
}

// sentTo counts the calls about a person.
func sentTo(p *assign.Plan, person int) int {
	n := 0
	for _, phase := range p.Phases {
		for _, call := range phase {
			if call.Person == person {
				n++
			}
		}
	}
	return n
}

// An approval is for exactly the set that its token stands for.
func TestApproval(t *testing.T) {
	t.Parallel()
	token := func(w assign.World) string {
		if held := assign.New(w).Outcomes[0].Held; held != nil {
			return held.Token
		}
		return ""
	}
	held := crowd()
	held.Assignments[0].MaxRemovals = 1
	approved := token(held)
	if approved == "" || token(held) != approved {
		t.Fatalf("token %q, then %q", approved, token(held))
	}
	for name, test := range map[string]struct {
		change func(w *assign.World)
		sent   bool
	}{
		"the same": {func(*assign.World) {}, true},
		"one more added": {func(w *assign.World) {
			w.People = append(w.People, people(holds())...)
			w.Assignments[0].Listed = []int{0, 5, 6}
		}, true},
		"another order": {func(w *assign.World) {
			slices.Reverse(w.People)
			slices.Reverse(w.Licenses)
			for n := range w.People {
				if len(w.People[n].Held) > 0 {
					w.People[n].Held = holds(4)
				}
			}
			w.Assignments[0].Listed = []int{0, 5}
		}, true},
		"one less":        {func(w *assign.World) { w.People[4].Held = holds() }, false},
		"one more":        {func(w *assign.World) { w.People[5].Held = holds(0); w.Assignments[0].Listed = []int{0} }, false},
		"another person":  {func(w *assign.World) { w.People[4].ID = "person-9" }, false},
		"another licence": {func(w *assign.World) { w.Licenses[0].ID = "id-new" }, false},
		"no token":        {func(w *assign.World) { w.Assignments[0].Approved = "" }, false},
		"an empty list":   {func(w *assign.World) { w.Assignments[0].Listed = nil }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := crowd()
			w.Assignments[0].MaxRemovals, w.Assignments[0].Approved = 1, approved
			test.change(&w)
			p := assign.New(w)
			if o := p.Outcomes[0]; o.Approved != test.sent || (o.Held == nil) != test.sent || (o.Removing > 0) != test.sent {
				t.Errorf("%+v", o)
			}
			if o := p.Outcomes[0]; o.Held != nil && (o.Held.Token == w.Assignments[0].Approved || o.Held.Token == "") {
				t.Errorf("another set has the token %q", o.Held.Token)
			}
		})
	}
	empty := crowd()
	empty.Assignments[0].Listed = nil
	empty.Assignments[0].Approved = token(empty)
	if p := assign.New(empty); p.Outcomes[0].Removing != 5 || !p.Outcomes[0].Approved {
		t.Errorf("removals by an empty list are held although a person approved them: %+v", p.Outcomes[0])
	}
}

// Ids that run together are told apart.
func TestTokenKeepsIDsApart(t *testing.T) {
	t.Parallel()
	tokens := map[string]bool{}
	for _, ids := range [][2]string{{"ab", "c"}, {"a", "bc"}} {
		w := base()
		w.People[2].ID, w.Licenses[0].ID = ids[0], ids[1]
		w.Assignments[0].MaxRemovals = 0
		tokens[assign.New(w).Outcomes[0].Held.Token] = true
	}
	if len(tokens) != 2 {
		t.Errorf("tokens %v", tokens)
	}
}

// Removals that follow from two assignments wait for both of them, and so does the rest of what was approved.
func TestHeldTogether(t *testing.T) {
	t.Parallel()
	// p1 loses EE by 0 and 1, p2 loses the other MS by 1 and 2, p3 the other MS by 2.
	world := func(first, second, third int64) assign.World {
		w := base()
		w.RemoveOthers = true
		w.People = people(holds(0), holds(0), holds(0, 1, 3), holds(1, 3))
		w.Assignments = []assign.Assignment{owner("EE", 0), owner("EE", 2), list("MS", 2, 3)}
		for i, most := range []int64{first, second, third} {
			w.Assignments[i].MaxRemovals = most
		}
		return w
	}
	approve := func(w assign.World, assignments ...int) assign.World {
		outcomes := assign.New(w).Outcomes
		for _, i := range assignments {
			w.Assignments[i].Approved = outcomes[i].Held.Token
		}
		return w
	}
	const one, shared, alone = "p1 -EE Held [0 1]", "p2 -other-MS Held [1 2]", "p3 -other-MS Held [2]"
	for name, test := range map[string]struct {
		w        assign.World
		want     []string
		approved []int
	}{
		"free":                       {world(1, 2, 2), []string{"p1 -EE Send [0 1]", "p2 -other-MS Send [1 2]", "p3 -other-MS Send [2]"}, nil},
		"the first is held":          {world(0, 2, 2), []string{one, "p2 -other-MS Send [1 2]", "p3 -other-MS Send [2]"}, nil},
		"the second is held":         {world(1, 1, 2), []string{one, shared, "p3 -other-MS Send [2]"}, nil},
		"one of two is approved":     {approve(world(0, 1, 2), 1), []string{one, shared, "p3 -other-MS Send [2]"}, nil},
		"what was approved is whole": {approve(world(0, 1, 1), 1, 2), []string{one, shared, alone}, nil},
		"nor the part of another":    {approve(world(0, 1, 1), 0, 1), []string{one, shared, alone}, nil},
		"all are approved":           {approve(world(0, 1, 1), 0, 1, 2), []string{"p1 -EE Send [0 1]", "p2 -other-MS Send [1 2]", "p3 -other-MS Send [2]"}, []int{0, 1, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := assign.New(test.w)
			expect(t, "changes", told(&test.w, p), test.want...)
			for i, o := range p.Outcomes {
				if o.Approved != slices.Contains(test.approved, i) {
					t.Errorf("assignment %d: %+v", i, o)
				}
			}
		})
	}
}
