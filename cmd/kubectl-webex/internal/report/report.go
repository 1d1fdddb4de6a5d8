package report

import (
	"cmp"
	"slices"
	"time"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/output"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/overview"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/rollup"
)

// Kind is the kind of the document.
const Kind = "LicenseReport"

// Report is the document. Items are customers.
type Report struct {
	output.Kind
	// Time is when the report was made. Figures may be older: see the customers.
	Time time.Time `json:"time"`
	// Scope is what was asked for.
	Scope Scope `json:"scope"`
	// Totals are sums over purchased licences; left out of a report on a location,
	// which has no capacity of its own.
	Totals *Totals `json:"totals,omitempty"`
	// PlaceTotals are what is in use at locations.
	PlaceTotals rollup.PlaceTotals `json:"placeTotals"`
	// Notes say what a reader must know about figures that look complete.
	Notes []string `json:"notes,omitempty"`
	// Hierarchy is one line for each node that is selected, from the top down.
	Hierarchy []Node `json:"hierarchy,omitempty"`
	// Licenses is one line for each product.
	Licenses []rollup.License `json:"licenses,omitempty"`
	// Locations is one line for each location, the most units first.
	Locations []Location `json:"locations,omitempty"`
	// Places is one line for each product at each location.
	Places []rollup.Place `json:"places,omitempty"`
	// Trend is how units went over the stored runs.
	Trend *Trend `json:"trend,omitempty"`
	// Changes are what is different since a former report, or samples of it that
	// the stored runs keep.
	Changes *Changes `json:"changes,omitempty"`
	// Items are the customers.
	Items []Customer `json:"items"`
}

// Scope is what a report is about. Reports of the same scope can be compared.
type Scope struct {
	// Namespace is the namespace; empty means all.
	Namespace string `json:"namespace,omitempty"`
	// The others are the flags of the same names.
	At        string   `json:"at,omitempty"`
	Customers []string `json:"customers,omitempty"`
	Partner   string   `json:"partner,omitempty"`
	Location  string   `json:"location,omitempty"`
	Selector  string   `json:"selector,omitempty"`
	Included  bool     `json:"included,omitempty"`
}

// Totals are those of the rollup, with what bounds them.
type Totals struct {
	rollup.Totals
	// AtLeast says that more may be in use, as in rollup.Figures.
	AtLeast bool `json:"atLeast,omitempty"`
	// UnknownPools are in no sum, because a figure of theirs is unknown.
	UnknownPools int `json:"unknownPools,omitempty"`
	// StaleCustomers have figures that are older than they should be,
	// UnreadCustomers none yet.
	StaleCustomers  int `json:"staleCustomers,omitempty"`
	UnreadCustomers int `json:"unreadCustomers,omitempty"`
	// Assignments sum up who shall hold licences; nil if no assignment is there.
	Assignments *overview.Assignments `json:"assignments,omitempty"`
}

// Source is what a report is made of.
type Source struct {
	// Customers are those that may be selected; Rows and Runs are of any customers.
	Customers []v1alpha1.WebexCustomerAccess
	Rows      []v1alpha1.WebexLicense
	Runs      []v1alpha1.LicenseSync
	// Assignments say who shall hold licences, of any customers.
	Assignments []v1alpha1.WebexLicenseAssignment
	// Scope selects.
	Scope Scope
	// Now is the time of the report.
	Now time.Time
	// Notes are the caller's.
	Notes []string
}

// Selection is the scope as the rollup has it.
func (s Scope) Selection() rollup.Selection {
	return rollup.Selection{At: s.At, Customers: s.Customers, Partner: s.Partner, Location: s.Location, Included: s.Included}
}

// New makes a report. Changes are the samples of the stored runs; Compare
// replaces them.
func New(s Source) *Report {
	g := gather(s)
	all := rollup.New(g.customers, s.Rows, s.Scope.Selection())
	r := &Report{Kind: output.Document(Kind), Time: s.Now.UTC().Truncate(time.Second), Scope: s.Scope, Notes: s.Notes}
	r.Places = all.Places()
	r.PlaceTotals = rollup.SumPlaces(r.Places)
	r.Locations = locations(r.Places)
	r.Items = g.items(all, r.Places)
	if s.Scope.Location != "" {
		// A location draws from the pools of its customer; what is left is not its own.
		r.Items = slices.DeleteFunc(r.Items, func(c Customer) bool { return len(c.Places) == 0 })
		r.Changes = g.samples(s.Scope.Location)
		return r
	}
	r.Licenses = all.Licenses()
	r.Totals = totals(all.Totals(), r.Licenses, r.Items)
	r.Hierarchy = g.hierarchy(s.Scope)
	r.Trend = trendOf(g.histories(), r.Time)
	r.Changes = g.samples("")
	return r
}

func totals(sums rollup.Totals, licenses []rollup.License, customers []Customer) *Totals {
	t := &Totals{Totals: sums}
	for i := range licenses {
		if licenses[i].Class == v1alpha1.ClassPurchased {
			t.AtLeast = t.AtLeast || licenses[i].AtLeast
			t.UnknownPools += licenses[i].UnknownPools
		}
	}
	for i := range customers {
		t.Assignments = t.Assignments.Plus(customers[i].Assignments)
		switch c := &customers[i]; {
		case c.LastSuccessfulSyncTime == nil && !c.Deleted:
			t.UnreadCustomers++
		case c.Stale:
			t.StaleCustomers++
		}
	}
	return t
}

// Location is the use at one location of one customer, over its products.
type Location struct {
	Namespace     string `json:"namespace"`
	Customer      string `json:"customer"`
	HierarchyPath string `json:"hierarchyPath,omitempty"`
	// Placing, Location and LocationID are those of rollup.Place.
	Placing    rollup.Placing `json:"placing"`
	Location   string         `json:"location,omitempty"`
	LocationID string         `json:"locationID,omitempty"`
	// LastWalkTime is when people and workspaces of the customer were last read: the units are of then.
	LastWalkTime *time.Time `json:"lastWalkTime,omitempty"`
	// Licenses are in use here, ConsumedUnits those of the purchased ones.
	Licenses      int   `json:"licenses"`
	ConsumedUnits int64 `json:"consumedUnits"`
	// Largest is the licence of whose pool the largest share is in use here.
	Largest *rollup.Place `json:"largest,omitempty"`
}

type placeKey struct {
	namespace, customer, id string
	placing                 rollup.Placing
}

// locations gathers places by location: real ones first, the most units first.
func locations(places []rollup.Place) []Location {
	groups := map[placeKey][]rollup.Place{}
	var order []placeKey
	for i := range places {
		p := &places[i]
		k := placeKey{p.Namespace, p.Customer, p.LocationID, p.Placing}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], *p)
	}
	lines := make([]Location, 0, len(order))
	for _, k := range order {
		group := groups[k]
		sum := rollup.SumPlaces(group)
		lines = append(lines, Location{
			Namespace: k.namespace, Customer: k.customer, HierarchyPath: group[0].HierarchyPath, Placing: k.placing, Location: group[0].Location, LocationID: k.id, LastWalkTime: group[0].LastWalkTime,
			Licenses: sum.Licenses, ConsumedUnits: sum.ConsumedUnits, Largest: largest(group),
		})
	}
	slices.SortStableFunc(lines, func(a, b Location) int {
		return cmp.Or(
			cmp.Compare(rank(a.Placing), rank(b.Placing)), cmp.Compare(b.ConsumedUnits, a.ConsumedUnits),
			cmp.Compare(a.Location, b.Location), cmp.Compare(a.Customer, b.Customer), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.LocationID, b.LocationID),
		)
	})
	return lines
}

func rank(p rollup.Placing) int {
	return slices.Index([]rollup.Placing{rollup.PlacingLocation, rollup.PlacingNone, rollup.PlacingUnexplained}, p)
}

func largest(places []rollup.Place) *rollup.Place {
	var found *rollup.Place
	for i := range places {
		p := &places[i]
		if p.Class == v1alpha1.ClassPurchased && p.SharePercent != nil && (found == nil || *p.SharePercent > *found.SharePercent) {
			found = p
		}
	}
	return found
}
