package assign

import (
	"slices"
	"strings"
)

// chooseLicenses finds the licence of each assignment.
func (p *planner) chooseLicenses() {
	for i := range p.Assignments {
		o := &p.Outcomes[i]
		*o = p.choose(&p.Assignments[i])
		if o.License >= 0 {
			p.groups[o.License] = append(p.groups[o.License], i)
		}
	}
}

// choose finds the one assignable purchased licence that an assignment means. A licence that took another's place is
// chosen with a fault: it is known which one is meant, and not wanted before a person has looked.
func (p *planner) choose(a *Assignment) Outcome {
	var matches, assignable []int
	for n := range p.Licenses {
		l := &p.Licenses[n]
		if !l.Purchased || !a.means(l) {
			continue
		}
		matches = append(matches, n)
		if l.Assignable {
			assignable = append(assignable, n)
		}
	}
	none := func(fault Fault, like []int) Outcome { return Outcome{Fault: fault, License: -1, Like: like} }
	switch {
	case a.Unreadable || len(matches) == 0:
		return none(FaultNotFound, nil)
	case !slices.ContainsFunc(matches, p.managed):
		return none(FaultNotManaged, matches)
	case len(assignable) == 1 && !p.managed(assignable[0]):
		return none(FaultNotManaged, assignable)
	case len(assignable) == 0:
		return none(FaultNotAssignable, matches)
	case len(assignable) > 1:
		return none(FaultAmbiguous, assignable)
	}
	o := Outcome{License: assignable[0]}
	if a.ChosenID != "" && a.ChosenID != p.Licenses[o.License].ID {
		o.Fault = FaultChanged
	}
	return o
}

// offer is the offer code of a licence, as it is compared.
func (p *planner) offer(license int) string { return strings.ToUpper(p.Licenses[license].OfferCode) }

func (p *planner) managed(license int) bool { return Managed(p.Licenses[license].OfferCode) }

// means says whether a licence is the one that an assignment selects.
func (a *Assignment) means(l *License) bool {
	if a.OfferCode != "" {
		return strings.EqualFold(a.OfferCode, l.OfferCode)
	}
	return a.LicenseName == l.Name
}
