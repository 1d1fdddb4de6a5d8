package usage

import (
	"cmp"
	"slices"
)

// Options says which rows are wanted.
type Options struct {
	// Customer asks for one row for each licence of the organization.
	Customer bool
	// Site asks for one row for each licence and location in use. Set it only when the people were walked: it also
	// makes the Customer rows say how many units no location and no sample explains.
	Site bool
	// People says that the people were walked though Site rows are not wanted: Customer rows then say how many hold
	// the licence, as they do with Site.
	People bool
	// Key is what spellings of one id have in common: people and workspaces may spell the ids of licences and locations
	// in another way than the lists of these do. Nil compares ids as they are.
	Key func(id string) string
}

// Aggregator counts units per licence and location while people and workspaces pass by. Its memory grows with
// licences × locations in use, never with people: a location costs 16 bytes for each licence from its first unit on.
// It is not safe for concurrent use.
type Aggregator struct {
	opts      Options
	licenses  []License // in the order of the rows, as are the locations
	locations []Location

	licenseIndex  map[string]int
	locationIndex map[string]int
	// lastHolder holds, for each licence, the number of the holder that was counted last. It finds a licence that
	// is listed twice on one holder without a set for each holder.
	lastHolder []uint64
	holder     uint64

	placed   [][]units // by location and licence; nil until the location is in use
	unplaced []units   // by licence
	anywhere []units   // by licence; nil unless people were added wherever they are

	people, all, workspaces *window
	stats                   Stats
}

// units are the counted units of one licence at one place, by kind of holder.
type units [2]int64

type holderKind int

const (
	user holderKind = iota
	workspace
)

func (u units) sum() int64 { return u[user] + u[workspace] }

func (u units) plus(v units) units { return units{u[user] + v[user], u[workspace] + v[workspace]} }

// NewAggregator starts a count over the licences and locations of one organization. Of entries with the same id the
// first one counts; entries without id are left out.
func NewAggregator(licenses []License, locations []Location, opts Options) *Aggregator {
	a := &Aggregator{
		opts:       opts,
		people:     newWindow(recentIDs),
		workspaces: newWindow(recentIDs),
	}
	if a.opts.Key == nil {
		a.opts.Key = func(id string) string { return id }
	}
	a.licenses, a.licenseIndex = byNameAndID(licenses, a.opts.Key, func(l License) (name, id string) { return l.Name, l.ID })
	a.locations, a.locationIndex = byNameAndID(locations, a.opts.Key, func(l Location) (name, id string) { return l.Name, l.ID })
	a.lastHolder = make([]uint64, len(a.licenses))
	a.unplaced = make([]units, len(a.licenses))
	a.placed = make([][]units, len(a.locations))
	return a
}

// byNameAndID returns the first item of each id, in the order in which rows come, and where each id is, as it is
// spelled and by its key. Sorting the few licences and locations here leaves nothing to sort among the many rows.
func byNameAndID[T any](items []T, key func(id string) string, naming func(T) (name, id string)) (sorted []T, index map[string]int) {
	index = make(map[string]int, 2*len(items))
	for _, item := range items {
		_, id := naming(item)
		if _, twice := index[key(id)]; twice || id == "" {
			continue
		}
		index[key(id)] = 0
		sorted = append(sorted, item)
	}
	slices.SortFunc(sorted, func(x, y T) int {
		xName, xID := naming(x)
		yName, yID := naming(y)
		return cmp.Or(cmp.Compare(xName, yName), cmp.Compare(xID, yID))
	})
	for i, item := range sorted {
		_, id := naming(item)
		index[id], index[key(id)] = i, i
	}
	return sorted, index
}

// find looks an id up, as it is spelled first: the usual case costs one look.
func (a *Aggregator) find(index map[string]int, id string) (int, bool) {
	i, listed := index[id]
	if !listed {
		i, listed = index[a.opts.Key(id)]
	}
	return i, listed
}

// Location is the index of a location in [Aggregator.Locations], however its id is spelled; false if it is not listed.
func (a *Aggregator) Location(id string) (int, bool) { return a.find(a.locationIndex, id) }

// Locations are the locations that are told apart: the first one of each id. The slice must not be changed.
func (a *Aggregator) Locations() []Location { return a.locations }

// License is the index of a licence in [Aggregator.Licenses], however its id is spelled; false if it is not listed.
func (a *Aggregator) License(id string) (int, bool) { return a.find(a.licenseIndex, id) }

// Licenses are the licences that are told apart: the first one of each id. The slice must not be changed.
func (a *Aggregator) Licenses() []License { return a.licenses }

// Assign counts units of a licence that people at a location, by its index, have got since they were added, or lost if
// units is negative; location is negative for people without one.
func (a *Aggregator) Assign(license, location int, units int64) {
	counters := a.unplaced
	if location >= 0 {
		counters, _ = a.counters(a.locations[location].ID)
	}
	if a.anywhere != nil {
		a.anywhere[license][user] += units
		if location < 0 {
			return
		}
	}
	counters[license][user] += units
}

// Recount takes over what the licence list says of units now, after licences were assigned. What was counted of people
// and workspaces stays, as do licences that the list lacks now.
func (a *Aggregator) Recount(licenses []License) {
	for _, l := range licenses {
		if i, listed := a.License(l.ID); listed {
			counted := &a.licenses[i]
			counted.Total, counted.Consumed, counted.ByUsers, counted.ByWorkspaces = l.Total, l.Consumed, l.ByUsers, l.ByWorkspaces
		}
	}
}

// AddPerson counts one unit of each licence that a person holds, at the person's location. An empty location id
// means that the person has none, as Webex reports one for Webex Calling users only
// (https://developer.webex.com/docs/api/v1/people/list-people).
//
// A person who was added among the last few thousand is not counted again: the list repeats people when others are
// created while it is read. A person without id cannot be recognised and is always counted. A licence listed twice
// counts once. The slice is read during the call only.
func (a *Aggregator) AddPerson(id, locationID string, licenses []string) {
	if id != "" && a.people.seen(id) {
		a.stats.Duplicates++
		return
	}
	unlisted := a.stats.UnlistedLicenseUnits
	a.count(user, locationID, licenses)
	if a.anywhere != nil { // the list of all people tells of this one, too
		a.stats.UnlistedLicenseUnits = unlisted
		return
	}
	a.stats.People++
}

// AddAnywhere counts one unit of each licence that a person holds, wherever that is, by the rules of AddPerson. It is
// for people who come from two kinds of lists: one of all people, without locations, and one of each location, whose
// people are added by AddPerson, once the first page of the other was. Who is in the first list only has no location, as
// far as counts can tell: no person is remembered.
func (a *Aggregator) AddAnywhere(id string, licenses []string) {
	if a.anywhere == nil {
		a.anywhere, a.all = make([]units, len(a.licenses)), newWindow(recentIDs)
	}
	if id != "" && a.all.seen(id) {
		a.stats.Duplicates++
		return
	}
	a.stats.People++
	a.countIn(a.anywhere, user, false, licenses)
}

// AddWorkspace counts one unit of each licence that a workspace holds, at the workspace's location, by the rules of
// AddPerson. Known is false when Webex did not tell the licences, which is optional in its answer
// (https://developer.webex.com/docs/api/v1/workspaces/list-workspaces): such a workspace contributes nothing, and
// the units that it may hold end in the residual.
func (a *Aggregator) AddWorkspace(id, locationID string, licenses []string, known bool) {
	if id != "" && a.workspaces.seen(id) {
		a.stats.Duplicates++
		return
	}
	a.stats.Workspaces++
	if !known {
		a.stats.WorkspacesUnknown++
		return
	}
	a.count(workspace, locationID, licenses)
}

func (a *Aggregator) count(kind holderKind, locationID string, licenses []string) {
	if len(licenses) == 0 {
		return
	}
	counters, unlisted := a.counters(locationID)
	a.countIn(counters, kind, unlisted, licenses)
}

func (a *Aggregator) countIn(counters []units, kind holderKind, unlisted bool, licenses []string) {
	a.holder++
	for _, id := range licenses {
		i, listed := a.find(a.licenseIndex, id)
		if !listed {
			a.stats.UnlistedLicenseUnits++
			continue
		}
		if a.lastHolder[i] == a.holder {
			continue
		}
		a.lastHolder[i] = a.holder
		counters[i][kind]++
		if unlisted {
			a.stats.UnlistedLocationUnits++
		}
	}
}

// counters returns the counters of a location, and whether it is one that the location list does not know. Those
// share the counters of holders without location, so that no answer of Webex makes the memory grow further.
func (a *Aggregator) counters(locationID string) (counters []units, unlisted bool) {
	if locationID == "" {
		return a.unplaced, false
	}
	i, listed := a.Location(locationID)
	if !listed {
		return a.unplaced, true
	}
	if a.placed[i] == nil {
		a.placed[i] = make([]units, len(a.licenses))
	}
	return a.placed[i], false
}

// Stats returns what was seen so far.
func (a *Aggregator) Stats() Stats { return a.stats }
