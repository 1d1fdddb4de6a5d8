package assign

import (
	"math"
	"slices"
)

// addListed gives licences to listed people, in the order of assignments and lists. Those that only report come last: they
// do not decide who gets a scarce unit.
func (p *planner) addListed() {
	var enforcing, reporting []int
	for i := range p.Assignments {
		if p.Assignments[i].Enforce {
			enforcing = append(enforcing, i)
		} else {
			reporting = append(reporting, i)
		}
	}
	for _, i := range slices.Concat(enforcing, reporting) {
		o := &p.Outcomes[i]
		if o.Fault != FaultNone {
			continue
		}
		for _, person := range p.Assignments[i].Listed {
			switch {
			case p.Protected[person]:
				o.Protected++
			case p.People[person].External:
				o.Skipped++
			case p.conflicting(person, o.License):
				o.Skipped, o.Conflicts = o.Skipped+1, o.Conflicts+1
				p.change(Change{Person: person, License: o.License, Why: Listed, For: []int{i}, State: Conflict})
			case p.People[person].holds(o.License):
				o.Unchanged++
			case !p.given(person, o.License):
				p.change(p.addition(person, o.License))
			}
		}
	}
}

// given says whether the plan gives a licence to a person.
func (p *planner) given(person, license int) bool {
	return slices.ContainsFunc(p.byPerson[person], func(n int) bool { return p.Changes[n].License == license })
}

// addition is the change that gives a licence to a person, for all assignments that do; those that enforce decide.
func (p *planner) addition(person, license int) Change {
	c := Change{Person: person, License: license, Why: Listed, State: ReportOnly, Keep: math.MaxInt64}
	for _, i := range p.groups[license] {
		if p.Outcomes[i].Fault != FaultNone || !p.listed[i][person] {
			continue
		}
		a := &p.Assignments[i]
		c.For = append(c.For, i)
		switch {
		case a.Enforce && c.State == ReportOnly:
			c.State, c.Keep = Send, a.KeepFree
		case a.Enforce == (c.State == Send):
			c.Keep = min(c.Keep, a.KeepFree)
		}
	}
	if p.callingOnly(person) {
		c.State = CallingOnly
	}
	return c
}

// callingOnly says whether a person has licences that are not managed, and no other.
func (p *planner) callingOnly(person int) bool {
	held := p.People[person].Held
	return len(held) > 0 && !slices.ContainsFunc(held, func(l int32) bool { return p.managed(int(l)) })
}

// removes says whether an assignment may take licences at all.
func (p *planner) removes(i int) bool {
	a := &p.Assignments[i]
	return p.Outcomes[i].Fault == FaultNone && !a.Unresolved && !p.KeepAll &&
		!slices.ContainsFunc(p.Assignments, func(a Assignment) bool { return a.Unreadable })
}

// removeUnlisted takes licences from holders who are in no list, where all assignments of the licence say so.
func (p *planner) removeUnlisted() {
	owned := make([]State, len(p.Licenses)) // what becomes of removals, empty if the lists do not own the pool
	for license, group := range p.groups {
		if len(group) > 0 && !slices.ContainsFunc(group, func(i int) bool { return !p.removes(i) || !p.Assignments[i].RemoveUnlisted }) {
			owned[license] = p.stateOf(group)
		}
	}
	for person := range p.People {
		for _, held := range p.People[person].Held {
			license := int(held)
			if owned[license] == "" || !p.touchable(person, license) {
				continue
			}
			group := p.groups[license]
			if !slices.ContainsFunc(group, func(i int) bool { return p.listed[i][person] }) {
				p.change(Change{Person: person, License: license, Remove: true, Why: Unlisted, For: group, State: owned[license]})
			}
		}
	}
}

// stateOf is Send if all assignments enforce.
func (p *planner) stateOf(assignments []int) State {
	if slices.ContainsFunc(assignments, func(i int) bool { return !p.Assignments[i].Enforce }) {
		return ReportOnly
	}
	return Send
}

// removeOthers takes licences outside of the defaults from listed people who have, or get, the same inside.
func (p *planner) removeOthers() {
	if !p.RemoveOthers {
		return
	}
	may := make([]bool, len(p.Assignments))
	for i := range may {
		may[i] = p.removes(i)
	}
	for person := range p.People {
		for _, held := range p.People[person].Held {
			license := int(held)
			if l := &p.Licenses[license]; l.Outside && l.Purchased && p.managed(license) && p.touchable(person, license) {
				p.removeOther(person, license, may)
			}
		}
	}
}

// removeOther takes a licence outside of the defaults from a person, for all assignments that list the person, enforce
// and may remove. If none does, or the person would get the same inside only by what is reported, it is reported for the
// others.
func (p *planner) removeOther(person, license int, may []bool) {
	inside := p.stateInside(person, license)
	if inside == "" {
		return
	}
	var enforcing, reporting []int
	for i := range p.Assignments {
		switch {
		case !may[i] || !p.listed[i][person]:
		case p.Assignments[i].Enforce:
			enforcing = append(enforcing, i)
		default:
			reporting = append(reporting, i)
		}
	}
	c := Change{Person: person, License: license, Remove: true, Why: OtherLicense, For: enforcing, State: Send}
	if len(enforcing) == 0 || inside == ReportOnly {
		c.For, c.State = reporting, ReportOnly
	}
	if len(c.For) > 0 {
		p.change(c)
	}
}

// stateInside is Send if a person keeps, or gets by what is to be sent, a licence inside the defaults of the offer code of
// another; ReportOnly if the person would get it; else empty.
func (p *planner) stateInside(person, other int) (best State) {
	for license := range p.Licenses {
		l := &p.Licenses[license]
		if !l.Purchased || !l.Assignable || p.offer(license) != p.offer(other) {
			continue
		}
		if state := p.stateAfter(person, license); state == Send {
			return Send
		} else if state == ReportOnly {
			best = ReportOnly
		}
	}
	return best
}

// stateAfter is Send if a person has a licence after what is to be sent, ReportOnly if only after what is reported.
func (p *planner) stateAfter(person, license int) State {
	for _, n := range p.byPerson[person] {
		switch c := &p.Changes[n]; {
		case c.License != license:
		case c.Remove:
			return "" // even if it is only reported, or held: both may come true
		default:
			return c.State
		}
	}
	if p.People[person].holds(license) {
		return Send
	}
	return ""
}
