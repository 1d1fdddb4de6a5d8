package rollup

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// Placing says what a line at level Site is about.
type Placing string

const (
	// PlacingLocation is a Webex location.
	PlacingLocation Placing = "Location"
	// PlacingNone stands for people and workspaces without a location.
	PlacingNone Placing = "WithoutLocation"
	// PlacingUnexplained stands for units that no person and no workspace
	// explains; negative if more were counted than Webex reports.
	PlacingUnexplained Placing = "Unexplained"
)

// Where is the name of the location, or what stands for it where there is none.
func (p Placing) Where(location string) string {
	switch p {
	case PlacingNone:
		return "(no location)"
	case PlacingUnexplained:
		return "(unexplained)"
	case PlacingLocation:
	}
	return location
}

// Place is the use of one product at one location of one customer. The lines of
// a customer's product add up to what it consumes.
type Place struct {
	// License, OfferCode and Class are the product's.
	License   string                `json:"license"`
	OfferCode string                `json:"offerCode,omitempty"`
	Class     v1alpha1.LicenseClass `json:"class"`
	// Namespace and Customer name the WebexCustomerAccess, HierarchyPath its place.
	Namespace     string `json:"namespace"`
	Customer      string `json:"customer"`
	HierarchyPath string `json:"hierarchyPath,omitempty"`
	// Placing says whether this is a location at all; Location and LocationID name it.
	Placing    Placing `json:"placing"`
	Location   string  `json:"location,omitempty"`
	LocationID string  `json:"locationID,omitempty"`
	// LastWalkTime is when the run ended that counted the units here, by people and workspaces. Figures of the pool are
	// of the customer's last successful run.
	LastWalkTime *time.Time `json:"lastWalkTime,omitempty"`
	// ConsumedUnits are in use here.
	ConsumedUnits        *int64 `json:"consumedUnits,omitempty"`
	ConsumedByUsers      *int64 `json:"consumedByUsers,omitempty"`
	ConsumedByWorkspaces *int64 `json:"consumedByWorkspaces,omitempty"`
	// SharePercent is the share of the pool that is in use here, rounded down.
	SharePercent *int32 `json:"sharePercent,omitempty"`
	// PoolTotalUnits is what was bought for all locations of the customer together,
	// and PoolAvailableUnits what is left of it. Do not add them up over lines.
	PoolTotalUnits     *int64 `json:"poolTotalUnits,omitempty"`
	PoolAvailableUnits *int64 `json:"poolAvailableUnits,omitempty"`
	// Pools is the number of pools that are used here: a product in two
	// subscriptions is two.
	Pools int `json:"pools"`
}

// PlaceTotals are sums over places.
type PlaceTotals struct {
	// Customers, Licenses and Locations are how many there are.
	Customers int `json:"customers"`
	Licenses  int `json:"licenses"`
	Locations int `json:"locations"`
	// ConsumedUnits are units of purchased licences in use at the places.
	ConsumedUnits int64 `json:"consumedUnits"`
}

// SumPlaces adds up places. Their pools it does not: each appears at several.
func SumPlaces(places []Place) PlaceTotals {
	var t PlaceTotals
	customers, locations, products := map[[2]string]bool{}, map[[3]string]bool{}, map[[3]string]bool{}
	for i := range places {
		p := &places[i]
		customers[[2]string{p.Namespace, p.Customer}] = true
		products[[3]string{string(p.Class), p.OfferCode, p.License}] = true
		if p.Placing == PlacingLocation {
			locations[[3]string{p.Namespace, p.Customer, p.LocationID}] = true
		}
		if p.Class == v1alpha1.ClassPurchased && p.ConsumedUnits != nil {
			t.ConsumedUnits = add(t.ConsumedUnits, *p.ConsumedUnits)
		}
	}
	t.Customers, t.Licenses, t.Locations = len(customers), len(products), len(locations)
	return t
}

// Places is one line for each product at each location of each customer. With a
// mark, those that draw from a pool below it.
func (r *Rollup) Places() []Place {
	lines := []Place{}
	for _, product := range r.products {
		name, _ := names(product)
		byCustomer := map[[2]string][]*Pool{}
		var order [][2]string
		for _, p := range product {
			k := [2]string{p.Namespace, p.Customer}
			if byCustomer[k] == nil {
				order = append(order, k)
			}
			byCustomer[k] = append(byCustomer[k], p)
		}
		for _, k := range order {
			if pools := byCustomer[k]; slices.ContainsFunc(pools, r.scarce) {
				lines = append(lines, r.placesOf(name, pools)...)
			}
		}
	}
	return lines
}

func (r *Rollup) placesOf(name string, pools []*Pool) []Place {
	lines := map[string]*Place{} // by location id
	total, available := poolFigures(pools)
	var nowhere, residual *int64
	for _, p := range pools {
		nowhere, residual = plus(nowhere, p.withoutLocation), plus(residual, p.residual)
		for _, row := range p.places {
			if !r.s.wants(row.Spec.LocationID, row.Status.Location) {
				continue
			}
			line := lines[row.Spec.LocationID]
			if line == nil {
				line = newPlace(name, pools, PlacingLocation)
				line.Location, line.LocationID = row.Status.Location, row.Spec.LocationID
				lines[row.Spec.LocationID] = line
			}
			line.Pools++
			line.ConsumedUnits = plus(line.ConsumedUnits, row.Status.ConsumedUnits)
			line.ConsumedByUsers = plus(line.ConsumedByUsers, row.Status.ConsumedByUsers)
			line.ConsumedByWorkspaces = plus(line.ConsumedByWorkspaces, row.Status.ConsumedByWorkspaces)
		}
	}
	sorted := make([]Place, 0, len(lines)+2)
	for _, line := range lines {
		sorted = append(sorted, *line)
	}
	slices.SortFunc(sorted, func(a, b Place) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Location), strings.ToLower(b.Location)), strings.Compare(a.LocationID, b.LocationID))
	})
	if r.s.Location == "" {
		for _, rest := range []struct {
			placing Placing
			units   *int64
		}{{PlacingNone, nowhere}, {PlacingUnexplained, residual}} {
			if rest.units != nil && *rest.units != 0 {
				line := newPlace(name, pools, rest.placing)
				line.ConsumedUnits, line.Pools = rest.units, len(pools)
				sorted = append(sorted, *line)
			}
		}
	}
	for i := range sorted {
		line := &sorted[i]
		line.PoolTotalUnits, line.PoolAvailableUnits = total, available
		if total != nil && line.ConsumedUnits != nil {
			line.SharePercent = percent(*line.ConsumedUnits, *total)
		}
	}
	return sorted
}

// poolFigures are what was bought and what is left over pools, unknown if one of
// them is: what is left where only locations were counted is not known either.
func poolFigures(pools []*Pool) (total, available *int64) {
	total, available = new(int64), new(int64)
	for _, p := range pools {
		if p.TotalUnits == nil {
			return nil, nil
		}
		*total = add(*total, *p.TotalUnits)
		if p.AvailableUnits == nil || p.AtLeast {
			available = nil
		}
		if available != nil {
			*available = add(*available, *p.AvailableUnits)
		}
	}
	return total, available
}

func newPlace(name string, pools []*Pool, placing Placing) *Place {
	p := pools[0]
	line := &Place{
		License: name, Class: p.Class, Namespace: p.Namespace, Customer: p.Customer, HierarchyPath: p.HierarchyPath, Placing: placing,
		LastWalkTime: p.walked,
	}
	for _, p := range pools {
		line.OfferCode = cmp.Or(line.OfferCode, p.OfferCode)
	}
	return line
}
