package webexsim

import (
	"slices"
	"time"
)

// LicenseChange says that a person got or lost a licence.
type LicenseChange struct {
	// Time is by the simulator's clock.
	Time time.Time `json:"time"`
	// Person is an index, as in all methods, and License an id of the API, as it was then.
	Person  int    `json:"person"`
	License string `json:"license"`
	// Added is false if the person lost the licence.
	Added bool `json:"added"`
	// API is true for PATCH /licenses/users, and false for a hand: the control endpoint
	// and the methods of Organization, also if the person came or left.
	API bool `json:"api"`
}

// licenseChange is a LicenseChange with the index of its row, which a renewal keeps.
type licenseChange struct {
	LicenseChange
	row int
}

// noteHoldings notes one change per licence that a person got or lost. The caller holds o.mu.
func (o *Organization) noteHoldings(person int, before, after []int, api bool) {
	if o.now == nil { // the organization is just being made
		return
	}
	note := func(license int, added bool) {
		o.changes = append(o.changes, licenseChange{LicenseChange{o.now(), person, o.licenses[license].id, added, api}, license})
		what := "removed"
		if added {
			what = "assigned"
		}
		o.auditHolding(person, license, what)
	}
	for _, l := range after {
		if !slices.Contains(before, l) {
			note(l, true)
		}
	}
	for _, l := range before {
		if !slices.Contains(after, l) {
			note(l, false)
		}
	}
}

// LicenseChanges is all that people got and lost since the organization was added, in
// order. What changed nothing is not in it.
func (o *Organization) LicenseChanges() []LicenseChange {
	o.mu.RLock()
	defer o.mu.RUnlock()
	list := make([]LicenseChange, len(o.changes))
	for i, c := range o.changes {
		list[i] = c.LicenseChange
	}
	return list
}

// MostRemovals is the largest number of removals through the API in any span of this
// length, 24 hours for example. A removal is one person who lost one licence; the ends of
// a span do not both belong to it. Choose changes first to count those of one licence.
func MostRemovals(changes []LicenseChange, span time.Duration) (most int) {
	var times []time.Time
	for _, c := range changes {
		if c.API && !c.Added {
			times = append(times, c.Time)
		}
	}
	slices.SortFunc(times, time.Time.Compare) // the clock may have been set back
	first := 0
	for i, t := range times {
		for t.Sub(times[first]) >= span {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}
