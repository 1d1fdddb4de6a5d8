package assign

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
)

// guard holds the removals of assignments that would take licences from more people than they may, that list no person of
// the organization, or that have lost a peer. What is held for one assignment is held for all that it follows from.
func (p *planner) guard() {
	sets := p.removals()
	for i, set := range sets {
		p.Outcomes[i].Gone = p.gone(i)
		if len(set) == 0 {
			continue
		}
		a, held := &p.Assignments[i], HeldSet{People: p.peopleOf(set), Token: p.token(set)}
		switch {
		case a.Removed+held.People <= a.MaxRemovals && p.listsAny(a) && len(p.Outcomes[i].Gone) == 0:
		case a.Approved == held.Token:
			p.Outcomes[i].Approved = true
		default:
			p.Outcomes[i].Held = &held
			p.hold(set)
		}
	}
	p.holdParts(sets)
}

// holdParts holds approved removals of which a part is held for another assignment: a person approved all of them, and not
// the rest without that part.
func (p *planner) holdParts(sets [][]int) {
	for again := true; again; {
		again = false
		for i, set := range sets {
			if p.Outcomes[i].Approved && slices.ContainsFunc(set, func(n int) bool { return p.Changes[n].State == Held }) {
				p.Outcomes[i].Approved, again = false, true
				p.hold(set)
			}
		}
	}
}

// removals are the changes, by index, that each assignment would send and that take licences.
func (p *planner) removals() [][]int {
	sets := make([][]int, len(p.Assignments))
	for n := range p.Changes {
		if c := &p.Changes[n]; c.Remove && c.State == Send {
			for _, i := range c.For {
				sets[i] = append(sets[i], n)
			}
		}
	}
	return sets
}

func (p *planner) hold(set []int) {
	for _, n := range set {
		p.Changes[n].State = Held
	}
}

// gone are the former peers of an assignment that do not mean its licence any more.
func (p *planner) gone(i int) (names []string) {
	license := p.Outcomes[i].License
	for _, peer := range p.Assignments[i].Peers {
		if license < 0 || !slices.ContainsFunc(p.groups[license], func(n int) bool { return p.Assignments[n].Name == peer }) {
			names = append(names, peer)
		}
	}
	return names
}

// Peers are the names of the other assignments that mean the licence of one.
func (p *Plan) Peers(w World, i int) (names []string) {
	for n := range p.Outcomes {
		if n != i && p.Outcomes[i].License >= 0 && p.Outcomes[n].License == p.Outcomes[i].License {
			names = append(names, w.Assignments[n].Name)
		}
	}
	return names
}

// listsAny says whether an assignment lists any person of the organization.
func (p *planner) listsAny(a *Assignment) bool {
	return slices.ContainsFunc(a.Listed, func(person int) bool { return !p.People[person].External })
}

// peopleOf counts the people of changes.
func (p *planner) peopleOf(set []int) int64 {
	distinct := map[int]bool{}
	for _, n := range set {
		distinct[p.Changes[n].Person] = true
	}
	return int64(len(distinct))
}

// token stands for exactly this set of removals: a hash over ids, from which none can be read.
func (p *planner) token(set []int) string {
	lines := make([]string, len(set))
	for at, n := range set {
		c := &p.Changes[n]
		person, license := p.People[c.Person].ID, p.Licenses[c.License].ID
		lines[at] = fmt.Sprintf("%d:%s%d:%s", len(person), person, len(license), license)
	}
	slices.Sort(lines)
	sum := sha256.New()
	for _, line := range lines {
		sum.Write([]byte(line))
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}
