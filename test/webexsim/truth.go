package webexsim

import "cmp"

// Truth are the figures that a right report of an organization shows, counted
// straight from its people and workspaces.
type Truth struct {
	Organization string         `json:"organization"`
	Name         string         `json:"name"`
	People       int            `json:"people"`
	Licenses     []LicenseTruth `json:"licenses"`
}

// LicenseTruth are the figures of one row.
type LicenseTruth struct {
	ID           string `json:"id"`
	Key          string `json:"key"`
	Name         string `json:"name"`
	OfferCode    string `json:"offerCode"`
	Subscription string `json:"subscription,omitempty"`
	SiteURL      string `json:"siteURL,omitempty"`
	Total        int    `json:"total"`
	// Consumed is users plus workspaces, whatever form the row shows them in.
	Consumed      int `json:"consumed"`
	ByUsers       int `json:"byUsers"`
	ByWorkspaces  int `json:"byWorkspaces"`
	ExternalUsers int `json:"externalUsers,omitempty"`
	// Locations are the places with at least one unit, in the organization's order.
	Locations []LocationTruth `json:"locations,omitempty"`
	// WithoutLocation are units of people and workspaces that have no location.
	WithoutLocation int `json:"withoutLocation"`
	// Residual is what neither explains: external users, and holders that are not
	// of type person.
	Residual int `json:"residual"`
}

// LocationTruth are the units of one licence at one location.
type LocationTruth struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Users      int    `json:"users"`
	Workspaces int    `json:"workspaces"`
	Units      int    `json:"units"`
}

// Available is total minus consumed, negative if over-assigned.
func (l LicenseTruth) Available() int { return l.Total - l.Consumed }

// At are the units at a location given by name or id.
func (l LicenseTruth) At(location string) int {
	for _, at := range l.Locations {
		if at.Name == location || at.ID == location {
			return at.Units
		}
	}
	return 0
}

// License is the row with this key, name or id; the zero value if there is none.
func (t Truth) License(ref string) LicenseTruth {
	for _, same := range []func(LicenseTruth) bool{
		func(l LicenseTruth) bool { return l.Key == ref },
		func(l LicenseTruth) bool { return l.Name == ref },
		func(l LicenseTruth) bool { return l.ID == ref },
	} {
		for _, l := range t.Licenses {
			if same(l) {
				return l
			}
		}
	}
	return LicenseTruth{}
}

// tally is one count over an organization's people and workspaces.
type tally struct {
	generation uint64
	people     int // of type person
	// Per licence: all holders, and all workspaces.
	users, workspaces []int
	// Per licence and location (the last column is "none"): holders of type person,
	// and workspaces.
	userUnits, workspaceUnits [][]int
}

// tally counts, unless nothing changed since the last time. The caller holds o.mu.
func (o *Organization) tally() *tally {
	o.tallyMu.Lock()
	defer o.tallyMu.Unlock()
	if o.counted != nil && o.counted.generation == o.generation {
		return o.counted
	}
	none := len(o.locations)
	t := &tally{
		generation: o.generation,
		users:      make([]int, len(o.licenses)), workspaces: make([]int, len(o.licenses)),
		userUnits: table(len(o.licenses), none+1), workspaceUnits: table(len(o.licenses), none+1),
	}
	column := func(location int) int {
		if location == NoLocation {
			return none
		}
		return location
	}
	var p Person
	for i := range o.base + len(o.added) {
		if len(o.gone) > 0 && !o.exists(i) {
			continue
		}
		o.person(i, &p)
		counts := p.Type == "" || p.Type == TypePerson
		if counts {
			t.people++
		}
		for _, l := range p.Licenses {
			t.users[l]++
			if counts {
				t.userUnits[l][column(p.Location)]++
			}
		}
	}
	for _, w := range o.workspaces {
		for _, l := range w.spec.Licenses {
			t.workspaces[l]++
			t.workspaceUnits[l][column(w.spec.Location)]++
		}
	}
	o.counted = t
	return t
}

func table(rows, columns int) [][]int {
	cells := make([]int, rows*columns)
	t := make([][]int, rows)
	for i := range t {
		t[i], cells = cells[:columns:columns], cells[columns:]
	}
	return t
}

// figures are the numbers of one row.
func (o *Organization) figures(i int, t *tally) (total, byUsers, byWorkspaces int) {
	l := o.licenses[i]
	total = l.spec.Total
	if l.spec.TotalIsPeople {
		total = t.people
	}
	return total, t.users[i] + l.external, t.workspaces[i]
}

// Truth are the expected figures of the organization as it is now.
func (o *Organization) Truth() Truth {
	o.mu.RLock()
	defer o.mu.RUnlock()
	t := o.tally()
	truth := Truth{Organization: o.uuid, Name: o.name, People: o.peopleLen(), Licenses: []LicenseTruth{}}
	for i, l := range o.licenses {
		if !l.removed {
			truth.Licenses = append(truth.Licenses, o.licenseTruth(i, t))
		}
	}
	return truth
}

func (o *Organization) licenseTruth(i int, t *tally) LicenseTruth {
	l := o.licenses[i]
	row := LicenseTruth{
		ID: l.id, Key: cmp.Or(l.spec.Key, l.spec.Name), Name: l.spec.Name, OfferCode: l.spec.OfferCode,
		Subscription: l.spec.Subscription, SiteURL: l.spec.SiteURL, ExternalUsers: l.external,
	}
	row.Total, row.ByUsers, row.ByWorkspaces = o.figures(i, t)
	row.Consumed = row.ByUsers + row.ByWorkspaces
	row.Residual = row.Consumed
	for at := range len(o.locations) + 1 {
		users, workspaces := t.userUnits[i][at], t.workspaceUnits[i][at]
		units := users + workspaces
		row.Residual -= units
		switch {
		case at == len(o.locations):
			row.WithoutLocation = units
		case units > 0:
			row.Locations = append(row.Locations, LocationTruth{
				ID: o.locations[at].id, Name: o.locations[at].spec.Name,
				Users: users, Workspaces: workspaces, Units: units,
			})
		}
	}
	return row
}
