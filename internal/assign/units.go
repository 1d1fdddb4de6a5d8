package assign

import "slices"

// Units are the free units of licences, while changes are made. One that is not in it has none, whatever becomes free.
type Units map[int]int64

// Units are those that are free before the plan is carried out. Of a licence whose units Webex does not tell, none is.
func (w *World) Units() Units {
	u := Units{}
	for n := range w.Licenses {
		if free := w.Licenses[n].Free; free != nil {
			u[n] = *free
		}
	}
	return u
}

// Admit takes the units of a call's additions, and returns what of the call may be sent: additions for which units are
// free; and removals, if none of the additions that they come with is left out.
func (u Units) Admit(c Call) (admitted Call, without int) {
	admitted = Call{Person: c.Person}
	var removals []Change
	for _, change := range c.Changes {
		switch {
		case change.Remove:
			removals = append(removals, change)
		case u[change.License]-change.Keep > 0:
			u[change.License]--
			admitted.Changes = append(admitted.Changes, change)
		default:
			without++
		}
	}
	if without == 0 {
		admitted.Changes = append(admitted.Changes, removals...)
	}
	return admitted, without
}

// Settle gives back the units of what was not added, and those of what was removed.
func (u Units) Settle(sent []Change, done func(Change) bool) {
	for _, change := range sent {
		if _, known := u[change.License]; known && done(change) == change.Remove {
			u[change.License]++
		}
	}
}

// The phases of a plan.
const (
	removalsAlone = iota
	swaps
	additionsAlone
)

// allot makes calls of the changes to send, as far as units are free, and says which reported additions would find units
// after them.
func (p *planner) allot() {
	units := p.Units()
	p.Phases = p.calls(Send, units)
	p.calls(ReportOnly, units)
}

// calls makes calls of the changes in a state, as far as units are free, and notes which changes wait for units. A swap
// is admitted whole; additions alone are admitted one by one, in the order of each list.
func (p *planner) calls(state State, units Units) (phases [3][]Call) {
	if !slices.ContainsFunc(p.Changes, func(c Change) bool { return c.State == state }) {
		return phases // of a large organization in sync, nothing needs memory
	}
	phaseOf, at := p.phasesOf(state), make([]int, len(p.People)) // at is the place of a person's call, and one
	for phase := range phases {
		for n := range p.Changes {
			person := p.Changes[n].Person
			if p.Changes[n].State != state || phaseOf[person] != phase {
				continue
			}
			parts := []int{n}
			if phase == swaps {
				parts = slices.DeleteFunc(slices.Clone(p.byPerson[person]), func(n int) bool { return p.Changes[n].State != state })
				phaseOf[person] = -1
			}
			sent := p.admit(person, parts, units)
			switch place := at[person]; {
			case len(sent) == 0:
			case place == 0:
				phases[phase] = append(phases[phase], Call{Person: person, Changes: sent})
				at[person] = len(phases[phase])
			default:
				phases[phase][place-1].Changes = append(phases[phase][place-1].Changes, sent...)
			}
		}
	}
	return phases
}

// phasesOf are the phases of people, by their changes in a state.
func (p *planner) phasesOf(state State) []int {
	phases := make([]int, len(p.People))
	for person, changes := range p.byPerson {
		adds, removes := false, false
		for _, n := range changes {
			if c := &p.Changes[n]; c.State == state {
				adds, removes = adds || !c.Remove, removes || c.Remove
			}
		}
		switch {
		case adds && removes:
			phases[person] = swaps
		case adds:
			phases[person] = additionsAlone
		default:
			phases[person] = removalsAlone
		}
	}
	return phases
}

// admit takes units for changes of a person, notes which of them wait for units, and returns the others as they will be
// done.
func (p *planner) admit(person int, parts []int, units Units) []Change {
	call := Call{Person: person}
	for _, n := range parts {
		call.Changes = append(call.Changes, p.Changes[n])
	}
	admitted, _ := units.Admit(call)
	for _, n := range parts {
		c := &p.Changes[n]
		if !slices.ContainsFunc(admitted.Changes, func(a Change) bool { return a.License == c.License }) {
			c.State = NoUnits
		}
	}
	units.Settle(admitted.Changes, func(Change) bool { return true })
	return admitted.Changes
}
