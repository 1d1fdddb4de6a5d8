package assign

import (
	"math"
	"slices"
)

// Fault says why an assignment has no licence that it could give.
type Fault int

// The faults of an assignment's licence.
const (
	FaultNone Fault = iota
	// FaultNotFound: no purchased licence matches.
	FaultNotFound
	// FaultNotAssignable: those that match are outside of the defaults, or superseded.
	FaultNotAssignable
	// FaultAmbiguous: several match.
	FaultAmbiguous
	// FaultNotManaged: it is a calling, UCM or Contact Center licence.
	FaultNotManaged
	// FaultChanged: it is another licence than the one chosen before.
	FaultChanged
)

// Why is the rule that a change follows from.
type Why string

// The rules.
const (
	// Listed people get the licence.
	Listed Why = "Listed"
	// Unlisted holders lose it.
	Unlisted Why = "Unlisted"
	// OtherLicense is outside of the defaults, and is not retained beside the one inside.
	OtherLicense Why = "OtherLicense"
)

// State is what becomes of a change.
type State string

// The states of a change.
const (
	// Send it: all locks are open.
	Send State = "Send"
	// ReportOnly: a lock is shut.
	ReportOnly State = "Report"
	// Held until a person approves.
	Held State = "Held"
	// NoUnits are free, for this addition or for the one that this removal goes with.
	NoUnits State = "NoUnits"
	// Conflict: two assignments would give licences of one offer code.
	Conflict State = "Conflict"
	// CallingOnly: the person has calling licences only, and Webex gives no other beside them.
	CallingOnly State = "CallingOnly"
)

// Change is one licence given to, or taken from, one person.
type Change struct {
	// Person and License are indexes in the world.
	Person, License int
	// Remove says that it is taken.
	Remove bool
	// Why is the rule, For are the assignments that it follows from, by index.
	Why Why
	For []int
	// State is what becomes of it.
	State State
	// Keep is the number of units that an addition leaves free.
	Keep int64
}

// Call is all that is to be sent about one person.
type Call struct {
	Person  int
	Changes []Change
}

// Outcome is what a plan means for one assignment, in people.
type Outcome struct {
	// Fault says why there is no licence; License is its index, or -1 if there is none. Like are those that match it but are not it.
	Fault   Fault
	License int
	Like    []int
	// Add get it, NoUnits would if units were free, Unchanged hold it, Remove lose a licence, held ones included.
	Add, NoUnits, Unchanged, Remove int64
	// Protected and Skipped are listed and not touched; Conflicts are those of them about whom assignments disagree.
	Protected, Skipped, Conflicts int64
	// Held is set if removals wait for approval.
	Held *HeldSet
	// Removing is how many people lose licences by what is to be sent.
	Removing int64
	// Approved says that what is sent has removals that a person approved.
	Approved bool
}

// HeldSet is a set of removals that waits for approval.
type HeldSet struct {
	// People is how many people lose a licence by it.
	People int64
	// Token stands for exactly this set.
	Token string
}

// Plan is what would make Webex match the assignments.
type Plan struct {
	// Outcomes are those of the assignments, in their order.
	Outcomes []Outcome
	// Changes are all that the rules ask for, whatever becomes of them.
	Changes []Change
	// Phases are the calls to send, one for each person: removals alone, then swaps, then additions alone. A phase
	// begins when the one before has ended, since it counts on units that became free.
	Phases [3][]Call
}

// planner is a plan in the making.
type planner struct {
	*World
	*Plan
	listed   []map[int]bool // of each assignment
	conflict map[int]bool   // people about whom assignments disagree
	groups   map[int][]int  // by licence, the assignments that mean it
	orders   []int          // people who are listed, in order
	byPerson map[int][]int  // indexes in Changes
}

// New makes the plan of a world.
func New(w World) *Plan {
	p := &planner{World: &w, Plan: &Plan{Outcomes: make([]Outcome, len(w.Assignments))}, conflict: map[int]bool{}, groups: map[int][]int{}, byPerson: map[int][]int{}}
	p.chooseLicenses()
	p.findConflicts()
	p.addListed()
	p.removeUnlisted()
	p.removeOthers()
	p.guard()
	p.allot()
	p.count()
	return p.Plan
}

// findConflicts notes who is listed, and people who would get two licences of one offer code.
func (p *planner) findConflicts() {
	type wanted struct {
		person int
		offer  string
	}
	first, seen := map[wanted]int{}, map[int]bool{}
	p.listed = make([]map[int]bool, len(p.Assignments))
	for i := range p.Assignments {
		p.listed[i] = map[int]bool{}
		license := p.Outcomes[i].License
		for _, person := range p.Assignments[i].Listed {
			p.listed[i][person] = true
			if !seen[person] {
				seen[person] = true
				p.orders = append(p.orders, person)
			}
			if license < 0 {
				continue
			}
			key := wanted{person, p.Licenses[license].OfferCode}
			if other, twice := first[key]; twice && other != license {
				p.conflict[person] = true
			}
			first[key] = license
		}
	}
}

// touchable says whether anything of a person may change.
func (p *planner) touchable(person int) bool {
	return !p.Protected[person] && !p.People[person].External && !p.conflict[person]
}

// callingOnly says whether a person has licences that are not managed, and no other.
func (p *planner) callingOnly(person int) bool {
	held := p.People[person].Held
	return len(held) > 0 && !slices.ContainsFunc(held, func(l int32) bool { return p.managed(int(l)) })
}

// change adds to the plan.
func (p *planner) change(c Change) {
	p.byPerson[c.Person] = append(p.byPerson[c.Person], len(p.Changes))
	p.Changes = append(p.Changes, c)
}

// addListed gives licences to listed people.
func (p *planner) addListed() {
	for _, person := range p.orders {
		given := map[int]bool{}
		for i := range p.Assignments {
			o := &p.Outcomes[i]
			if o.Fault != FaultNone || !p.listed[i][person] {
				continue
			}
			switch {
			case p.Protected[person]:
				o.Protected++
			case p.People[person].External:
				o.Skipped++
			case p.conflict[person]:
				o.Skipped, o.Conflicts = o.Skipped+1, o.Conflicts+1
				p.change(Change{Person: person, License: o.License, Why: Listed, For: []int{i}, State: Conflict})
			case p.People[person].holds(o.License):
				o.Unchanged++
			case !given[o.License]:
				given[o.License] = true
				p.change(p.addition(person, o.License))
			}
		}
	}
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

// removeUnlisted takes licences from holders who are in no list, where all assignments of the licence say so.
func (p *planner) removeUnlisted() {
	for license := range p.Licenses {
		group := p.groups[license]
		if len(group) == 0 || slices.ContainsFunc(group, func(i int) bool { return !p.removes(i) || !p.Assignments[i].RemoveUnlisted }) {
			continue
		}
		state := p.stateOf(group)
		for person := range p.People {
			listed := slices.ContainsFunc(group, func(i int) bool { return p.listed[i][person] })
			if !listed && p.People[person].holds(license) && p.touchable(person) {
				p.change(Change{Person: person, License: license, Remove: true, Why: Unlisted, For: group, State: state})
			}
		}
	}
}

// removes says whether an assignment may take licences at all.
func (p *planner) removes(i int) bool {
	a := &p.Assignments[i]
	return p.Outcomes[i].Fault == FaultNone && !a.Unresolved && !p.KeepAll &&
		!slices.ContainsFunc(p.Assignments, func(a Assignment) bool { return a.Unreadable })
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
	for _, person := range p.orders {
		by := p.retainer(person)
		if by < 0 || !p.touchable(person) {
			continue
		}
		for _, held := range p.People[person].Held {
			other := int(held)
			l := &p.Licenses[other]
			if !l.Outside || !l.Purchased || !p.managed(other) {
				continue
			}
			if state := p.stateInside(person, l.OfferCode); state == Send || state == ReportOnly && p.stateOf([]int{by}) == ReportOnly {
				p.change(Change{Person: person, License: other, Remove: true, Why: OtherLicense, For: []int{by}, State: p.stateOf([]int{by})})
			}
		}
	}
}

// retainer is the assignment by which a person is not to retain other licences, one that enforces before one that does
// not; negative if there is none.
func (p *planner) retainer(person int) int {
	by := -1
	for i := range p.Assignments {
		if !p.listed[i][person] || !p.removes(i) {
			continue
		}
		if p.Assignments[i].Enforce {
			return i
		}
		if by < 0 {
			by = i
		}
	}
	return by
}

// stateInside is Send if a person keeps, or gets by what is to be sent, a licence of an offer code inside the defaults;
// ReportOnly if the person would get it; else empty.
func (p *planner) stateInside(person int, offerCode string) (best State) {
	for license := range p.Licenses {
		l := &p.Licenses[license]
		if !l.Purchased || !l.Assignable || l.OfferCode != offerCode {
			continue
		}
		switch state := p.stateAfter(person, license); state {
		case Send:
			return Send
		case ReportOnly:
			best = state
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
