package assign

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
	// Conflict: two assignments would give licences of one offer code. Nothing changes about that code.
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
	// Gone are the peers that do not mean the licence any more.
	Gone []string
	// Held is set if removals wait for approval.
	Held *HeldSet
	// Removing is how many people lose licences by what is to be sent.
	Removing int64
	// Approved says that its removals are more than may be sent unasked, and that a person approved all of them. They are
	// sent as far as units are free for the additions that they go with.
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
	groups   [][]int       // by licence, the assignments that mean it
	listed   [][]bool      // by assignment and person
	conflict map[pair]bool // about what assignments disagree
	byPerson [][]int       // indexes in Changes
}

// pair is a person and an offer code.
type pair struct {
	person int
	offer  string
}

// New makes the plan of a world.
func New(w World) *Plan {
	p := &planner{
		World: &w, Plan: &Plan{Outcomes: make([]Outcome, len(w.Assignments))},
		groups: make([][]int, len(w.Licenses)), listed: make([][]bool, len(w.Assignments)),
		conflict: map[pair]bool{}, byPerson: make([][]int, len(w.People)),
	}
	p.chooseLicenses()
	p.markListed()
	p.findConflicts()
	p.addListed()
	p.removeUnlisted()
	p.removeOthers()
	p.guard()
	p.allot()
	p.count()
	return p.Plan
}

// markListed notes who is listed.
func (p *planner) markListed() {
	for i := range p.Assignments {
		p.listed[i] = make([]bool, len(p.People))
		for _, person := range p.Assignments[i].Listed {
			p.listed[i][person] = true
		}
	}
}

// findConflicts notes people who would get two licences of one offer code.
func (p *planner) findConflicts() {
	for i := range p.Assignments {
		for j := range i {
			one, other := p.Outcomes[i].License, p.Outcomes[j].License
			if one < 0 || other < 0 || one == other || p.offer(one) != p.offer(other) {
				continue
			}
			for _, person := range p.Assignments[i].Listed {
				if p.listed[j][person] {
					p.conflict[pair{person, p.offer(one)}] = true
				}
			}
		}
	}
}

// conflicting says whether assignments disagree about which licence of an offer code a person gets.
func (p *planner) conflicting(person, license int) bool {
	return len(p.conflict) > 0 && p.conflict[pair{person, p.offer(license)}]
}

// touchable says whether a licence may be taken from a person.
func (p *planner) touchable(person, license int) bool {
	return !p.Protected[person] && !p.People[person].External && !p.conflicting(person, license)
}

// change adds to the plan.
func (p *planner) change(c Change) {
	p.byPerson[c.Person] = append(p.byPerson[c.Person], len(p.Changes))
	p.Changes = append(p.Changes, c)
}

// count sums the changes up for each assignment.
func (p *planner) count() {
	removed, removing := make([]int, len(p.Outcomes)), make([]int, len(p.Outcomes)) // the last person counted, and one
	for person, changes := range p.byPerson {
		for _, n := range changes {
			for _, i := range p.Changes[n].For {
				p.Outcomes[i].count(&p.Changes[n])
				if !p.Changes[n].Remove {
					continue
				}
				if removed[i] != person+1 {
					removed[i] = person + 1
					p.Outcomes[i].Remove++
				}
				if p.Changes[n].State == Send && removing[i] != person+1 {
					removing[i] = person + 1
					p.Outcomes[i].Removing++
				}
			}
		}
	}
}

// count counts an addition.
func (o *Outcome) count(c *Change) {
	switch {
	case c.Remove, c.State == Conflict:
	case c.State == NoUnits:
		o.NoUnits++
	case c.State == CallingOnly:
		o.Skipped++
	default:
		o.Add++
	}
}
