package usage

import (
	"math"
	"math/bits"
)

// Rows returns the rows of what was added so far, in an order that depends on the data alone: by level (Customer
// before Site), licence name, licence id, location name, location id. At LevelCustomer every licence of the list has
// a row; at LevelSite only those pairs of licence and location that have a unit in use.
func (a *Aggregator) Rows() []Row {
	var customers, sites []Row
	for i, l := range a.licenses {
		var placed units
		for at, counters := range a.placed {
			if counters == nil || counters[i].sum() == 0 {
				continue
			}
			placed = placed.plus(counters[i])
			if a.opts.Site {
				sites = append(sites, siteRow(l, a.locations[at], counters[i]))
			}
		}
		if a.opts.Customer {
			row := customerRow(l)
			if a.opts.Site {
				row.explain(placed.sum(), a.withoutLocation(i, placed))
			}
			if a.opts.Site || a.opts.People {
				row.Holders = new(a.holders(i, placed))
			}
			customers = append(customers, row)
		}
	}
	return append(customers, sites...)
}

// withoutLocation is the number of units that people and workspaces hold at no location. A person who moves from one location to
// another while lists of both are read can be in two of them, and in the list of all people once: not less than zero.
func (a *Aggregator) withoutLocation(license int, placed units) int64 {
	n := a.unplaced[license].sum()
	if a.anywhere != nil {
		n += max(0, a.anywhere[license][user]-placed[user])
	}
	return n
}

// holders is the number of people who hold a licence. The list of all people tells of each, and without it each is at a location or at none.
func (a *Aggregator) holders(license int, placed units) int64 {
	if a.anywhere != nil {
		return max(a.anywhere[license][user], placed[user])
	}
	return placed[user] + a.unplaced[license][user]
}

func customerRow(l License) Row {
	row := newRow(l, LevelCustomer)
	row.ByUsers, row.ByWorkspaces = known(l.ByUsers), known(l.ByWorkspaces)
	row.Consumed = known(l.Consumed)
	if row.Consumed == nil && row.ByUsers != nil && row.ByWorkspaces != nil {
		row.Consumed = new(addSaturated(*row.ByUsers, *row.ByWorkspaces))
	}
	row.derive()
	return row
}

func siteRow(l License, at Location, u units) Row {
	row := newRow(l, LevelSite)
	row.LocationID, row.LocationName = at.ID, at.Name
	row.Consumed = new(u.sum())
	row.ByUsers, row.ByWorkspaces = new(u[user]), new(u[workspace])
	row.derive()
	return row
}

func newRow(l License, level Level) Row {
	return Row{
		Key:            Key{Level: level, LicenseID: l.ID},
		Name:           l.Name,
		OfferCode:      l.OfferCode,
		Class:          ClassOf(l.SubscriptionID),
		SubscriptionID: l.SubscriptionID,
		SiteURL:        l.SiteURL,
		SiteType:       l.SiteType,
		Total:          known(l.Total),
	}
}

// derive sets the figures that follow from Total and Consumed.
func (r *Row) derive() {
	if r.Total == nil || r.Consumed == nil {
		return
	}
	// Both are zero or more, so the difference cannot overflow.
	r.Available = new(*r.Total - *r.Consumed)
	r.UtilizationPercent = utilization(*r.Consumed, *r.Total)
}

// explain sets how much of a Customer row's Consumed the counted units explain.
func (r *Row) explain(atLocations, withoutLocation int64) {
	r.UnitsWithoutLocation = new(withoutLocation)
	if r.Consumed != nil {
		r.ResidualUnits = new(*r.Consumed - atLocations - withoutLocation)
	}
}

// utilization returns floor(100 × consumed / total) for figures of zero or more; Row.UtilizationPercent documents
// the edges. The product is computed in 128 bits: no figure is too large to be compared with a threshold.
func utilization(consumed, total int64) *int32 {
	if total == 0 {
		if consumed == 0 {
			return nil
		}
		total = 1
	}
	high, low := bits.Mul64(100, uint64(consumed))
	if high >= uint64(total) { // the quotient needs more than 64 bits
		return new(int32(math.MaxInt32))
	}
	percent, _ := bits.Div64(high, low, uint64(total))
	return new(int32(min(percent, math.MaxInt32)))
}

// known returns a copy of a figure, or nil if it is unknown.
func known(figure *int64) *int64 {
	if figure == nil || *figure < 0 {
		return nil
	}
	return new(*figure)
}

// addSaturated adds two figures and stays at the largest or smallest int64 instead of wrapping around, so that a
// nonsensical figure in an answer of Webex cannot turn units into negative ones.
func addSaturated(a, b int64) int64 {
	sum := a + b
	switch {
	case a > 0 && b > 0 && sum < 0:
		return math.MaxInt64
	case a < 0 && b < 0 && sum >= 0:
		return math.MinInt64
	}
	return sum
}
