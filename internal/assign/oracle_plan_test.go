package assign_test

import (
	"fmt"
	"slices"

	"github.com/webex-operator/webex-license-operator/internal/assign"
)

// check compares a plan with the rules. Tokens of held sets are remembered, so that a later plan may be asked about them.
func (o *oracle) check(p *assign.Plan) error {
	if err := o.choose(p); err != nil {
		return err
	}
	all := o.wishes()
	for _, check := range []func(p *assign.Plan, all []wish) error{o.checkChanges, o.checkConflicts, o.checkGuard, o.checkCalls, o.checkUnits, o.checkCounts} {
		if err := check(p, all); err != nil {
			return err
		}
	}
	return nil
}

// find is the change that a wish became.
func find(p *assign.Plan, w wish) *assign.Change {
	for n := range p.Changes {
		if c := &p.Changes[n]; c.Person == w.person && c.License == w.license && c.Remove == w.remove && c.State != assign.Conflict {
			return c
		}
	}
	return nil
}

// checkChanges: each wish is a change of the plan, in the state that it has to have, and there is no other.
func (o *oracle) checkChanges(p *assign.Plan, all []wish) error {
	open := o.open(all)
	for _, w := range all {
		c, want := find(p, w), w.state
		if w.removal() && !within(w.by, open) {
			want = assign.Held
		}
		waits := c != nil && c.State == assign.NoUnits && (want == assign.Send || want == assign.ReportOnly)
		switch {
		case c == nil:
			return fmt.Errorf("%+v is not in the plan", w)
		case c.State != want && !waits:
			return fmt.Errorf("%+v is %s in the plan, want %s", w, c.State, want)
		case !slices.Equal(slices.Sorted(slices.Values(c.For)), w.by):
			return fmt.Errorf("%+v is for %v in the plan", w, c.For)
		case !w.remove && w.state != assign.CallingOnly && c.Keep != w.keep:
			return fmt.Errorf("%+v leaves %d units", w, c.Keep)
		}
	}
	n := 0
	for _, c := range p.Changes {
		if c.State != assign.Conflict {
			n++
		}
	}
	if n != len(all) {
		return fmt.Errorf("%d changes, want %d: %+v", n, len(all), p.Changes)
	}
	return nil
}

// checkConflicts: each of the assignments that disagree about a person says so, and no other does.
func (o *oracle) checkConflicts(p *assign.Plan, _ []wish) error {
	for i, a := range o.w.Assignments {
		want := int64(0)
		for _, person := range a.Listed {
			if o.means[i] < 0 || o.waits[i] || o.untouchable(person) || !o.disputed(person, o.means[i]) {
				continue
			}
			want++
			if !slices.ContainsFunc(p.Changes, func(c assign.Change) bool {
				return c.Person == person && c.License == o.means[i] && c.State == assign.Conflict && slices.Equal(c.For, []int{i})
			}) {
				return fmt.Errorf("assignment %d does not tell of the conflict about person %d", i, person)
			}
		}
		told := int64(0)
		for _, c := range p.Changes {
			if c.State == assign.Conflict && slices.Contains(c.For, i) {
				told++
			}
		}
		if told != want || p.Outcomes[i].Conflicts != want {
			return fmt.Errorf("assignment %d tells of %d conflicts and counts %d, want %d", i, told, p.Outcomes[i].Conflicts, want)
		}
	}
	return nil
}

// checkGuard: what is held has a token for exactly this set, and nothing beyond the bound goes without an approval.
func (o *oracle) checkGuard(p *assign.Plan, all []wish) error {
	open := o.open(all)
	for i, a := range o.w.Assignments {
		set, out := guarded(all, i), p.Outcomes[i]
		waits := o.trips(all, i) && !o.allows(all, i)
		if (out.Held != nil) != waits || out.Approved != (o.trips(all, i) && slices.Contains(open, i)) {
			return fmt.Errorf("assignment %d: held %+v, approved %t", i, out.Held, out.Approved)
		}
		if out.Held == nil {
			continue
		}
		if out.Held.People != peopleIn(set) || out.Held.Token == "" || out.Held.Token == a.Approved {
			return fmt.Errorf("assignment %d holds %+v, want %d people", i, out.Held, peopleIn(set))
		}
		for token, known := range o.approved {
			if (token == out.Held.Token) != (known == o.describe(set)) {
				return fmt.Errorf("token %s stands for\n%s\nand now for\n%s", token, known, o.describe(set))
			}
		}
		o.approved[out.Held.Token] = o.describe(set)
	}
	return nil
}

// checkCalls: one call for each person has all that is sent about the person, in the right phase.
func (o *oracle) checkCalls(p *assign.Plan, all []wish) error {
	called := map[int]bool{}
	inCalls := 0
	for phase, calls := range p.Phases {
		for _, call := range calls {
			if called[call.Person] || len(call.Changes) == 0 {
				return fmt.Errorf("person %d is called twice, or for nothing", call.Person)
			}
			called[call.Person] = true
			inCalls += len(call.Changes)
			adds, removes := false, false
			for _, w := range all {
				c := find(p, w)
				wanted := w.person == call.Person && (c.State == assign.Send || c.State == assign.NoUnits && w.state == assign.Send)
				adds, removes = adds || wanted && !w.remove, removes || wanted && w.remove
			}
			if want := map[[2]bool]int{{false, true}: 0, {true, true}: 1, {true, false}: 2}[[2]bool{adds, removes}]; phase != want {
				return fmt.Errorf("person %d is called in phase %d, want %d", call.Person, phase, want)
			}
			for _, c := range call.Changes {
				planned := find(p, wish{person: call.Person, license: c.License, remove: c.Remove})
				if c.Person != call.Person || planned == nil || planned.State != assign.Send || c.State != assign.Send || c.Keep != planned.Keep || !slices.Equal(c.For, planned.For) {
					return fmt.Errorf("%+v is sent about person %d", c, call.Person)
				}
			}
		}
	}
	toSend := 0
	for _, c := range p.Changes {
		if c.State == assign.Send {
			toSend++
		}
	}
	if toSend != inCalls {
		return fmt.Errorf("%d changes are to be sent, and %d are in calls", toSend, inCalls)
	}
	return nil
}

// checkCounts: the numbers of an outcome are those of its changes and lists.
func (o *oracle) checkCounts(p *assign.Plan, all []wish) error {
	for i, a := range o.w.Assignments {
		want := counts{conflicts: p.Outcomes[i].Conflicts, skipped: p.Outcomes[i].Conflicts}
		if held := p.Outcomes[i].Held; held != nil {
			want.held = held.People
		}
		for _, person := range a.Listed {
			switch given := o.means[i] >= 0 && !o.waits[i]; {
			case !given:
			case o.w.Protected[person]:
				want.protected++
			case o.w.People[person].External:
				want.skipped++
			case !o.disputed(person, o.means[i]) && o.holds(person, o.means[i]):
				want.unchanged++
			}
		}
		var removed, removing []wish
		for _, w := range all {
			if !slices.Contains(w.by, i) {
				continue
			}
			switch state := find(p, w).State; {
			case w.remove && state == assign.Send:
				removed, removing = append(removed, w), append(removing, w)
			case w.remove:
				removed = append(removed, w)
			case state == assign.NoUnits:
				want.noUnits++
			case state == assign.CallingOnly:
				want.skipped++
			default:
				want.add++
			}
		}
		want.remove, want.removing = peopleIn(removed), peopleIn(removing)
		if got := countsOf(p.Outcomes[i]); got != want {
			return fmt.Errorf("assignment %d counts\n%+v, want\n%+v", i, got, want)
		}
	}
	return nil
}
