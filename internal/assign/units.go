package assign

import (
	"maps"
	"slices"
)

// Units are the free units of licences, while changes are made.
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
		if done(change) == change.Remove {
			u[change.License]++
		}
	}
}

// allot makes calls of the changes to send, in phases, as far as units are free.
func (p *planner) allot() {
	units := p.Units()
	all := slices.Clone(p.orders)
	listed := map[int]bool{}
	for _, person := range p.orders {
		listed[person] = true
	}
	for _, person := range slices.Sorted(maps.Keys(p.byPerson)) {
		if !listed[person] {
			all = append(all, person)
		}
	}
	called := map[int]bool{}
	for phase := range p.Phases {
		for _, person := range all {
			call, of := p.call(person)
			if len(call.Changes) == 0 || of != phase || called[person] {
				continue
			}
			called[person] = true
			admitted, without := units.Admit(call)
			if without > 0 {
				p.wait(person, admitted)
			}
			if len(admitted.Changes) > 0 {
				p.Phases[phase] = append(p.Phases[phase], admitted)
				units.Settle(admitted.Changes, func(Change) bool { return true })
			}
		}
	}
	p.allotReported(units)
}

// call is what is to be sent about a person, and the phase for it.
func (p *planner) call(person int) (c Call, phase int) {
	c.Person = person
	adds, removes := false, false
	for _, n := range p.byPerson[person] {
		change := p.Changes[n]
		if change.State != Send {
			continue
		}
		adds, removes = adds || !change.Remove, removes || change.Remove
		c.Changes = append(c.Changes, change)
	}
	switch {
	case adds && removes:
		return c, 1
	case adds:
		return c, 2
	}
	return c, 0
}

// wait notes what of a person's call waits for units.
func (p *planner) wait(person int, admitted Call) {
	for _, n := range p.byPerson[person] {
		c := &p.Changes[n]
		sent := slices.ContainsFunc(admitted.Changes, func(a Change) bool { return a.License == c.License && a.Remove == c.Remove })
		if c.State == Send && !sent {
			c.State = NoUnits
		}
	}
}

// allotReported says which additions that are only reported would find units, after those that are sent.
func (p *planner) allotReported(units Units) {
	for n := range p.Changes {
		c := &p.Changes[n]
		switch {
		case c.State != ReportOnly:
		case c.Remove:
			units[c.License]++
		case units[c.License]-c.Keep > 0:
			units[c.License]--
		default:
			c.State = NoUnits
		}
	}
}

// count sums the changes up for each assignment.
func (p *planner) count() {
	for i := range p.Outcomes {
		o := &p.Outcomes[i]
		var removed, removing []Change
		for _, c := range p.Changes {
			if !slices.Contains(c.For, i) {
				continue
			}
			switch {
			case c.Remove:
				removed = append(removed, c)
				if c.State == Send {
					removing = append(removing, c)
				}
			case c.State == NoUnits:
				o.NoUnits++
			case c.State == CallingOnly:
				o.Skipped++
			case c.State != Conflict:
				o.Add++
			}
		}
		o.Remove, o.Removing = people(removed), people(removing)
	}
}
