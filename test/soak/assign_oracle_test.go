package soak

import (
	"slices"
	"time"
)

// whole says whether a list can be resolved, and is carried out.
func (l *list) whole() bool { return !l.typo && !l.gone && !l.report }

// allows says whether the rules of one time let the operator take a licence from a person.
func (r *rules) allows(person int, license string) bool {
	for offer := range inside {
		switch license {
		case inside[offer]:
			return !slices.ContainsFunc(r.lists, func(l list) bool {
				return l.offer == offer && (!l.whole() || l.keep || slices.Contains(l.people, person))
			})
		case outside[offer]:
			return r.others && slices.ContainsFunc(r.lists, func(l list) bool {
				return l.whole() && slices.Contains(l.people, person) // of whichever licence
			})
		}
	}
	return false
}

// audit looks at what the operator changed since the last audit: no licence was taken that no rules in force allowed,
// and none was given to people who are in no list.
func (w *world) audit(a *assignee) {
	names := map[string]string{}
	for offer := range inside {
		names[a.org.LicenseID(inside[offer])], names[a.org.LicenseID(outside[offer])] = inside[offer], outside[offer]
	}
	changes := a.org.LicenseChanges()
	for _, c := range changes[a.seen:] {
		if !c.API {
			continue
		}
		name := names[c.License]
		allowed := func(r rules) bool { return r.allows(c.Person, name) }
		what := "taken"
		if c.Added {
			what = "given"
			allowed = func(r rules) bool {
				return slices.ContainsFunc(r.lists, func(l list) bool { return inside[l.offer] == name && !l.report && slices.Contains(l.people, c.Person) })
			}
		}
		w.tally("licences " + what)
		if !slices.ContainsFunc(a.inForce, allowed) {
			w.t.Errorf("%s: %q was %s by no rule in force, for person %d; of rules %+v", a.name, name, what, c.Person, a.inForce)
		}
	}
	a.seen = len(changes)
	a.inForce = a.inForce[len(a.inForce)-1:]
}

// expectFewRemovals checks that within no day more people lost licences than assignments may take, and people approve.
func (w *world) expectFewRemovals(a *assignee) {
	const day = 24 * time.Hour
	changes := a.org.LicenseChanges()
	family := map[string]string{}
	most := map[string]int{}
	for offer := range inside {
		family[a.org.LicenseID(inside[offer])], family[a.org.LicenseID(outside[offer])] = offer, offer
	}
	for _, l := range a.lists {
		for offer := range inside { // a licence outside of the defaults may be taken for any list that has the person
			most[offer] += l.most
		}
	}
	for first, from := range changes {
		people := map[string]map[int]bool{"MS": {}, "EE": {}}
		for _, c := range changes[first:] {
			if c.API && !c.Added && c.Time.Sub(from.Time) < day {
				people[family[c.License]][c.Person] = true
			}
		}
		approved := 0
		for _, given := range a.approvals {
			if since := given.at.Sub(from.Time); since > -day && since < day {
				approved += given.people
			}
		}
		for offer, lost := range people {
			if len(lost) > most[offer]+approved {
				w.t.Errorf("%s: %d people lost %s within a day, of at most %d, and %d approved", a.name, len(lost), offer, most[offer], approved)
			}
		}
	}
}

// listed are the people whom assignments of an offer list, in order.
func (a *assignee) listed(offer string) []int {
	var people []int
	for _, l := range a.lists {
		if l.offer == offer {
			people = append(people, l.people...)
		}
	}
	slices.Sort(people)
	return slices.Compact(people)
}
