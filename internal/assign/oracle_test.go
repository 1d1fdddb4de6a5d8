package assign_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/webex-operator/webex-license-operator/internal/assign"
)

// oracle tells by the text of the rules what a plan has to say about a small world, one person and one licence at a
// time. It shares no code with the planner, and is as slow as it likes.
type oracle struct {
	w *assign.World
	// means is the licence of each assignment, -1 if there is none; waits says that another took its place.
	means []int
	waits []bool
	// approved are the sets of removals that tokens stand for.
	approved map[string]string
}

// wish is what the rules ask for about a person and a licence.
type wish struct {
	person, license int
	remove          bool
	state           assign.State // before anything is held, or waits for units
	by              []int
	keep            int64
}

func (w wish) removal() bool { return w.remove && w.state == assign.Send }

// unmanaged are the offer codes of licences that are never touched. One that is unknown may be one of them.
var unmanaged = regexp.MustCompile(`(?i)^(BC.*|UCPREM.*|CJP.*|CO|)$`)

func (o *oracle) managed(license int) bool {
	return !unmanaged.MatchString(o.w.Licenses[license].OfferCode)
}

func (o *oracle) sameOffer(a, b int) bool {
	return strings.EqualFold(o.w.Licenses[a].OfferCode, o.w.Licenses[b].OfferCode)
}

// choose finds the licence of each assignment, and whether the outcome says of it what is true.
func (o *oracle) choose(p *assign.Plan) error {
	o.means, o.waits = make([]int, len(o.w.Assignments)), make([]bool, len(o.w.Assignments))
	for i, a := range o.w.Assignments {
		all, good, managed := 0, []int{}, 0
		for n, l := range o.w.Licenses {
			selected := a.LicenseName == l.Name
			if a.OfferCode != "" {
				selected = strings.EqualFold(a.OfferCode, l.OfferCode)
			}
			if !selected || !l.Purchased || a.Unreadable {
				continue
			}
			all++
			if o.managed(n) {
				managed++
			}
			if l.Assignable {
				good = append(good, n)
			}
		}
		fault := assign.FaultNone
		o.means[i] = -1
		switch {
		case all == 0:
			fault = assign.FaultNotFound
		case managed == 0 || len(good) == 1 && !o.managed(good[0]):
			fault = assign.FaultNotManaged
		case len(good) == 0:
			fault = assign.FaultNotAssignable
		case len(good) > 1:
			fault = assign.FaultAmbiguous
		default:
			o.means[i] = good[0]
			if a.ChosenID != "" && a.ChosenID != o.w.Licenses[good[0]].ID {
				fault, o.waits[i] = assign.FaultChanged, true
			}
		}
		if out := p.Outcomes[i]; out.Fault != fault || out.License != o.means[i] {
			return fmt.Errorf("assignment %d has fault %d and licence %d, want %d and %d", i, out.Fault, out.License, fault, o.means[i])
		}
	}
	return nil
}

// which are the assignments of which something is true.
func (o *oracle) which(true func(i int, a *assign.Assignment) bool) []int {
	found := []int{}
	for i := range o.w.Assignments {
		if true(i, &o.w.Assignments[i]) {
			found = append(found, i)
		}
	}
	return found
}

func (o *oracle) lists(i, person int) bool { return slices.Contains(o.w.Assignments[i].Listed, person) }

func (o *oracle) holds(person, license int) bool {
	return slices.Contains(o.w.People[person].Held, int32(license)) //nolint:gosec // an index
}

// untouchable says whether a person is left alone by every assignment.
func (o *oracle) untouchable(person int) bool {
	return o.w.Protected[person] || o.w.People[person].External
}

// disputed says whether two assignments would give a person two licences of the offer code of a licence.
func (o *oracle) disputed(person, license int) bool {
	giving := o.which(func(i int, _ *assign.Assignment) bool {
		return o.means[i] >= 0 && o.sameOffer(o.means[i], license) && o.lists(i, person)
	})
	return slices.ContainsFunc(giving, func(i int) bool { return o.means[i] != o.means[giving[0]] })
}

// callingOnly says whether a person has calling licences, and no other.
func (o *oracle) callingOnly(person int) bool {
	n := 0
	for _, held := range o.w.People[person].Held {
		if o.managed(int(held)) {
			return false
		}
		n++
	}
	return n > 0
}

// mayRemove says whether an assignment may take a licence from any person at all.
func (o *oracle) mayRemove(i int) bool {
	unreadable := o.which(func(_ int, a *assign.Assignment) bool { return a.Unreadable })
	return o.means[i] >= 0 && !o.waits[i] && !o.w.Assignments[i].Unresolved && !o.w.KeepAll && len(unreadable) == 0
}

func (o *oracle) enforcing(all []int) []int {
	return slices.DeleteFunc(slices.Clone(all), func(i int) bool { return !o.w.Assignments[i].Enforce })
}

// addition is the wish to give a licence to a person; its state is empty if there is none.
func (o *oracle) addition(person, license int) (add wish) {
	giving := o.which(func(i int, _ *assign.Assignment) bool {
		return o.means[i] == license && !o.waits[i] && o.lists(i, person)
	})
	if len(giving) == 0 || o.untouchable(person) || o.disputed(person, license) || o.holds(person, license) {
		return wish{}
	}
	add = wish{person: person, license: license, by: giving, state: assign.ReportOnly}
	deciding := o.enforcing(giving)
	switch {
	case o.callingOnly(person):
		add.state = assign.CallingOnly
	case len(deciding) > 0:
		add.state = assign.Send
	default:
		deciding = giving
	}
	keep := []int64{}
	for _, i := range deciding {
		keep = append(keep, o.w.Assignments[i].KeepFree)
	}
	if len(keep) > 0 {
		add.keep = slices.Min(keep)
	}
	return add
}

// unlisted is the wish to take a licence from a person who is in no list.
func (o *oracle) unlisted(person, license int) (take wish) {
	owners := o.which(func(i int, _ *assign.Assignment) bool { return o.means[i] == license })
	if len(owners) == 0 || !o.holds(person, license) || o.untouchable(person) || o.disputed(person, license) {
		return wish{}
	}
	for _, i := range owners {
		if !o.mayRemove(i) || !o.w.Assignments[i].RemoveUnlisted || o.lists(i, person) {
			return wish{}
		}
	}
	take = wish{person: person, license: license, remove: true, by: owners, state: assign.Send}
	if len(o.enforcing(owners)) < len(owners) {
		take.state = assign.ReportOnly
	}
	return take
}

// other is the wish to take a licence outside of the defaults from a person.
func (o *oracle) other(person, license int) (take wish) {
	l := &o.w.Licenses[license]
	if !o.w.RemoveOthers || !l.Outside || !l.Purchased || !o.managed(license) || !o.holds(person, license) || o.untouchable(person) || o.disputed(person, license) {
		return wish{}
	}
	has, gets := false, false // for certain; or only by what is reported
	for n, in := range o.w.Licenses {
		if !in.Purchased || !in.Assignable || !o.sameOffer(n, license) {
			continue
		}
		given := o.addition(person, n).state
		has = has || given == assign.Send || o.holds(person, n) && o.unlisted(person, n).state == ""
		gets = gets || given == assign.ReportOnly
	}
	listing := o.which(func(i int, _ *assign.Assignment) bool { return o.mayRemove(i) && o.lists(i, person) })
	enforcing := o.enforcing(listing)
	reporting := slices.DeleteFunc(listing, func(i int) bool { return slices.Contains(enforcing, i) })
	take = wish{person: person, license: license, remove: true}
	switch {
	case has && len(enforcing) > 0:
		take.by, take.state = enforcing, assign.Send
	case (has || gets) && len(reporting) > 0:
		take.by, take.state = reporting, assign.ReportOnly
	default:
		return wish{}
	}
	return take
}

// wishes are all that the rules ask for.
func (o *oracle) wishes() []wish {
	all := []wish{}
	for person := range o.w.People {
		for license := range o.w.Licenses {
			for _, rule := range []func(person, license int) wish{o.addition, o.unlisted, o.other} {
				if w := rule(person, license); w.state != "" {
					all = append(all, w)
				}
			}
		}
	}
	return all
}

// guarded are the removals of an assignment.
func guarded(all []wish, i int) []wish {
	return slices.DeleteFunc(slices.Clone(all), func(w wish) bool { return !w.removal() || !slices.Contains(w.by, i) })
}

// trips says whether an assignment would take too many licences, or all because its list is empty, or some of a peer's
// that is gone.
func (o *oracle) trips(all []wish, i int) bool {
	set := guarded(all, i)
	own := slices.ContainsFunc(o.w.Assignments[i].Listed, func(person int) bool { return !o.w.People[person].External })
	return len(set) > 0 && (o.w.Assignments[i].Removed+peopleIn(set) > o.w.Assignments[i].MaxRemovals || !own || o.misses(i))
}

// misses says whether a peer of an assignment means another licence now, or nothing.
func (o *oracle) misses(i int) bool {
	return slices.ContainsFunc(o.w.Assignments[i].Peers, func(name string) bool {
		k := slices.IndexFunc(o.w.Assignments, func(a assign.Assignment) bool { return a.Name == name })
		return k < 0 || o.means[k] != o.means[i]
	})
}

func peopleIn(set []wish) int64 {
	n := int64(0)
	for at, w := range set {
		if !slices.ContainsFunc(set[:at], func(before wish) bool { return before.person == w.person }) {
			n++
		}
	}
	return n
}

// describe names a set of removals.
func (o *oracle) describe(set []wish) string {
	lines := []string{}
	for _, w := range set {
		lines = append(lines, o.w.People[w.person].ID+" loses "+o.w.Licenses[w.license].ID)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// allows says whether a person approved exactly the removals of an assignment.
func (o *oracle) allows(all []wish, i int) bool {
	approved, known := o.approved[o.w.Assignments[i].Approved]
	return known && approved == o.describe(guarded(all, i))
}

// open are the assignments whose removals go: those whose guard does not trip, and those whose whole set was approved and
// can go whole. It tries each set of assignments, and returns the largest that is consistent.
func (o *oracle) open(all []wish) []int {
	best := []int{}
	for mask := range 1 << len(o.w.Assignments) {
		set := o.which(func(i int, _ *assign.Assignment) bool { return mask&(1<<i) != 0 })
		consistent := true
		for _, i := range set {
			whole := !slices.ContainsFunc(guarded(all, i), func(w wish) bool { return !within(w.by, set) })
			consistent = consistent && (!o.trips(all, i) || o.allows(all, i) && whole)
		}
		if consistent && len(set) > len(best) {
			best = set
		}
	}
	return best
}

func within(some, all []int) bool {
	return !slices.ContainsFunc(some, func(i int) bool { return !slices.Contains(all, i) })
}
