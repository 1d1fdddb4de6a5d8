package assign

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
)

// guard holds the removals of assignments that would take licences from more people than they may, or that list no person
// of the organization. What is held for one assignment is held for all that it follows from.
func (p *planner) guard() {
	tripped := make([]bool, len(p.Assignments))
	sets := make([]HeldSet, len(p.Assignments))
	for i := range p.Assignments {
		removals := p.removals(i)
		if len(removals) == 0 {
			continue
		}
		sets[i] = HeldSet{People: people(removals), Token: p.token(removals)}
		a := &p.Assignments[i]
		tripped[i] = a.Removed+sets[i].People > a.MaxRemovals || len(a.Listed) == 0
		if tripped[i] && a.Approved == sets[i].Token {
			tripped[i], p.Outcomes[i].Approved = false, true
		}
		if tripped[i] {
			p.Outcomes[i].Held = &sets[i]
		}
	}
	for n := range p.Changes {
		c := &p.Changes[n]
		if c.Remove && c.State == Send && slices.ContainsFunc(c.For, func(i int) bool { return tripped[i] }) {
			c.State = Held
		}
	}
}

// removals are the changes that an assignment would send and that take licences.
func (p *planner) removals(i int) []Change {
	var found []Change
	for _, c := range p.Changes {
		if c.Remove && c.State == Send && slices.Contains(c.For, i) {
			found = append(found, c)
		}
	}
	return found
}

// people counts the people of changes.
func people(changes []Change) int64 {
	distinct := map[int]bool{}
	for _, c := range changes {
		distinct[c.Person] = true
	}
	return int64(len(distinct))
}

// token stands for exactly this set of removals: a hash over ids, from which none can be read.
func (p *planner) token(removals []Change) string {
	lines := make([]string, len(removals))
	for n, c := range removals {
		person, license := p.People[c.Person].ID, p.Licenses[c.License].ID
		lines[n] = fmt.Sprintf("%d:%s%d:%s", len(person), person, len(license), license)
	}
	slices.Sort(lines)
	sum := sha256.New()
	for _, line := range lines {
		sum.Write([]byte(line))
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}
