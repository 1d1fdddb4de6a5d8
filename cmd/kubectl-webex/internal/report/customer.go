package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/overview"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/rollup"
)

// Customer is one customer with its rows.
type Customer struct {
	Namespace     string `json:"namespace"`
	Name          string `json:"name"`
	DisplayName   string `json:"displayName,omitempty"`
	HierarchyPath string `json:"hierarchyPath,omitempty"`
	// Deleted customers have left their rows behind.
	Deleted bool `json:"deleted,omitempty"`
	// LastSuccessfulSyncTime is the time of the figures. Stale ones are older than
	// they should be.
	LastSuccessfulSyncTime *time.Time `json:"lastSuccessfulSyncTime,omitempty"`
	Stale                  bool       `json:"stale,omitempty"`
	// LastWalkTime is when people and workspaces were last read: figures of locations are of then.
	LastWalkTime *time.Time `json:"lastWalkTime,omitempty"`
	// Licenses and Locations are how many there are; the figures are those of
	// purchased licences.
	Licenses  int `json:"licenses"`
	Locations int `json:"locations"`
	rollup.Figures
	OverAssignedUnits int64 `json:"overAssignedUnits"`
	// Assignments sum up the customer's WebexLicenseAssignments; nil if there are none.
	Assignments *overview.Assignments `json:"assignments,omitempty"`
	// Issues need attention.
	Issues []overview.Issue `json:"issues,omitempty"`
	// Pools and Places are the rows, by which the next report tells what changed.
	Pools  []Row `json:"pools,omitempty"`
	Places []Row `json:"places,omitempty"`
}

// Row is a pool of a customer, or the use of one product at one location.
type Row struct {
	// Key tells which row of the customer this is, whatever its name becomes.
	Key     string                `json:"key"`
	License string                `json:"license"`
	Class   v1alpha1.LicenseClass `json:"class,omitempty"`
	// Location is that of a place: its name, or "-" for what has none.
	Location      string `json:"location,omitempty"`
	TotalUnits    *int64 `json:"totalUnits,omitempty"`
	ConsumedUnits *int64 `json:"consumedUnits,omitempty"`
}

type id struct{ namespace, name string }

type gathered struct {
	customers []v1alpha1.WebexCustomerAccess // selected
	rows      map[id][]v1alpha1.WebexLicense
	runs      map[id][]v1alpha1.LicenseSync
	selection rollup.Selection

	assignments []v1alpha1.WebexLicenseAssignment
	now         time.Time
}

func gather(s Source) gathered {
	g := gathered{rows: map[id][]v1alpha1.WebexLicense{}, runs: map[id][]v1alpha1.LicenseSync{}, selection: s.Scope.Selection(), assignments: s.Assignments, now: s.Now}
	for i := range s.Customers {
		if g.selection.Selects(&s.Customers[i]) {
			g.customers = append(g.customers, s.Customers[i])
		}
	}
	slices.SortFunc(g.customers, func(a, b v1alpha1.WebexCustomerAccess) int {
		return cmp.Or(strings.Compare(a.Spec.HierarchyPath, b.Spec.HierarchyPath), strings.Compare(a.Name, b.Name), strings.Compare(a.Namespace, b.Namespace))
	})
	for i := range s.Rows {
		k := id{s.Rows[i].Namespace, s.Rows[i].Spec.CustomerAccessRef.Name}
		g.rows[k] = append(g.rows[k], s.Rows[i])
	}
	for i := range s.Runs {
		k := id{s.Runs[i].Namespace, s.Runs[i].Spec.CustomerAccessRef.Name}
		g.runs[k] = append(g.runs[k], s.Runs[i])
	}
	return g
}

// items are the customers in the order of the hierarchy, those that are deleted last.
func (g gathered) items(all *rollup.Rollup, places []rollup.Place) []Customer {
	pools, at := map[id][]Row{}, map[id][]Row{}
	var left []id
	for _, p := range all.Pools() {
		k := id{p.Namespace, p.Customer}
		if pools[k] == nil && !slices.ContainsFunc(g.customers, func(c v1alpha1.WebexCustomerAccess) bool { return c.Namespace == k.namespace && c.Name == k.name }) {
			left = append(left, k)
		}
		pools[k] = append(pools[k], poolRow(&p))
	}
	for i := range places {
		k := id{places[i].Namespace, places[i].Customer}
		at[k] = append(at[k], placeRow(&places[i]))
	}
	items := make([]Customer, 0, len(g.customers)+len(left))
	for i := range g.customers {
		items = append(items, g.customer(&g.customers[i]))
	}
	for _, k := range left {
		items = append(items, Customer{Namespace: k.namespace, Name: k.name, Deleted: true})
	}
	for i := range items {
		c := &items[i]
		k := id{c.Namespace, c.Name}
		c.Pools, c.Places = pools[k], at[k]
		if g.selection.Location != "" {
			c.Pools = nil
		}
		g.sum(c, k)
	}
	return items
}

func (g gathered) customer(access *v1alpha1.WebexCustomerAccess) Customer {
	o := overview.Of(access, nil, nil)
	if g.selection.Location == "" { // an assignment is of a customer, not of a location
		o.Assign(g.assignments, g.now)
	}
	fresh := meta.FindStatusCondition(access.Status.Conditions, v1alpha1.ConditionDataFresh)
	return Customer{
		Namespace: access.Namespace, Name: access.Name, DisplayName: access.Spec.CustomerName, HierarchyPath: access.Spec.HierarchyPath,
		LastSuccessfulSyncTime: o.LastSuccessfulSyncTime, Stale: fresh != nil && fresh.Reason == v1alpha1.ReasonStale, Assignments: o.Assignments, Issues: o.Issues,
		LastWalkTime: o.LastWalkTime,
	}
}

func (g gathered) sum(c *Customer, k id) {
	var access []v1alpha1.WebexCustomerAccess // none, for one that is deleted
	for i := range g.customers {
		if g.customers[i].Namespace == k.namespace && g.customers[i].Name == k.name {
			access = g.customers[i : i+1]
		}
	}
	r := rollup.New(access, g.rows[k], g.selection)
	licenses, sums := r.Licenses(), r.Totals()
	c.Licenses, c.Locations, c.OverAssignedUnits = sums.Licenses, sums.Locations, sums.OverAssignedUnits
	bounds := totals(sums, licenses, nil)
	if known := slices.ContainsFunc(licenses, func(l rollup.License) bool { return l.Class == v1alpha1.ClassPurchased && l.TotalUnits != nil }); known {
		c.Figures = rollup.FiguresOf(&sums.TotalUnits, &sums.ConsumedUnits)
		c.AtLeast = bounds.AtLeast
	}
}

func poolRow(p *rollup.Pool) Row {
	return Row{Key: key(p.LicenseID), License: p.License, Class: p.Class, TotalUnits: p.TotalUnits, ConsumedUnits: p.ConsumedUnits}
}

func placeRow(p *rollup.Place) Row {
	return Row{
		Key:     key(string(p.Class), cmp.Or(p.OfferCode, p.License), string(p.Placing), p.LocationID),
		License: p.License, Class: p.Class, Location: p.Placing.Where(p.Location), ConsumedUnits: p.ConsumedUnits,
	}
}

// key is short, because there may be ten thousand, and says nothing: ids of
// Webex are long.
func key(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:8])
}
