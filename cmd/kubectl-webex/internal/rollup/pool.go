package rollup

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// Pool is one licence of one customer. Figures are whole units; nil is unknown.
type Pool struct {
	// License is the licence's name, OfferCode Webex's code of the product.
	License   string `json:"license"`
	OfferCode string `json:"offerCode,omitempty"`
	// Class is Purchased or Included.
	Class v1alpha1.LicenseClass `json:"class"`
	// Namespace and Customer name the WebexCustomerAccess, HierarchyPath its place.
	Namespace     string `json:"namespace"`
	Customer      string `json:"customer"`
	HierarchyPath string `json:"hierarchyPath,omitempty"`
	// SubscriptionID and SiteURL tell pools of the same name apart.
	SubscriptionID string `json:"subscriptionID,omitempty"`
	SiteURL        string `json:"siteURL,omitempty"`
	LicenseID      string `json:"licenseID"`
	Figures
	// Locations is the number of locations at which units are in use.
	Locations int `json:"locations"`
	// Assignable says whether the licence can be assigned to users, or why not.
	Assignable v1alpha1.AssignableReason `json:"assignable,omitempty"`

	withoutLocation, residual *int64
	places                    []*v1alpha1.WebexLicense
	changed                   int64
	walked                    *time.Time // nil if unknown
}

// key is the identity of a pool.
type key struct{ namespace, customer, licenseID string }

// poolsOf gathers rows to pools, in a fixed order.
func poolsOf(customers []v1alpha1.WebexCustomerAccess, rows []v1alpha1.WebexLicense, s Selection) []*Pool {
	known := map[[2]string]*v1alpha1.WebexCustomerAccess{}
	for i := range customers {
		known[[2]string{customers[i].Namespace, customers[i].Name}] = &customers[i]
	}
	whole, places := map[key]*v1alpha1.WebexLicense{}, map[key][]*v1alpha1.WebexLicense{}
	var keys []key
	for _, row := range distinct(rows) {
		k := key{row.Namespace, row.Spec.CustomerAccessRef.Name, row.Spec.LicenseID}
		customer := known[[2]string{k.namespace, k.customer}]
		if customer == nil && !s.former(k.customer) || customer != nil && !s.Selects(customer) {
			continue
		}
		if whole[k] == nil && places[k] == nil {
			keys = append(keys, k)
		}
		if row.Spec.Level == v1alpha1.LevelSite {
			places[k] = append(places[k], row)
		} else {
			whole[k] = row
		}
	}
	pools := make([]*Pool, 0, len(keys))
	for _, k := range keys {
		pool := newPool(whole[k], places[k])
		if customer := known[[2]string{k.namespace, k.customer}]; customer != nil {
			pool.HierarchyPath = customer.Spec.HierarchyPath
			pool.walked = WalkOf(customer)
		}
		pools = append(pools, pool)
	}
	slices.SortFunc(pools, comparePools)
	return pools
}

// distinct drops what Webex no longer lists, and the second of two rows with one identity, which a run that
// worked by an old cache can leave behind until the next one repairs it. As
// there, the older row stays.
func distinct(rows []v1alpha1.WebexLicense) []*v1alpha1.WebexLicense {
	type identity struct {
		key
		level      v1alpha1.Level
		locationID string
	}
	at := map[identity]int{}
	var kept []*v1alpha1.WebexLicense
	for i := range rows {
		row := &rows[i]
		if Superseded(row) {
			continue
		}
		id := identity{key{row.Namespace, row.Spec.CustomerAccessRef.Name, row.Spec.LicenseID}, row.Spec.Level, row.Spec.LocationID}
		other, seen := at[id]
		switch {
		case !seen:
			at[id] = len(kept)
			kept = append(kept, row)
		case older(row, kept[other]):
			kept[other] = row
		}
	}
	return kept
}

// Superseded says whether Webex no longer lists what a row shows: its removal is
// held, and its figures are in no sum.
func Superseded(row *v1alpha1.WebexLicense) bool { return ptr.Deref(row.Status.Superseded, false) }

func older(a, b *v1alpha1.WebexLicense) bool {
	return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), strings.Compare(a.Name, b.Name)) < 0
}

// WalkOf is when the run ended that counted a customer's units by location; nil if that is not known.
func WalkOf(customer *v1alpha1.WebexCustomerAccess) *time.Time {
	if customer.Status.LastWalkTime == nil {
		return nil
	}
	return new(customer.Status.LastWalkTime.UTC())
}

// newPool makes a pool of the row for the whole organization, if there is one,
// and those of its locations.
func newPool(whole *v1alpha1.WebexLicense, places []*v1alpha1.WebexLicense) *Pool {
	row := whole
	if row == nil {
		row = newest(places)
	}
	p := &Pool{
		License: row.Status.Name, OfferCode: row.Status.OfferCode, Class: classOf(row),
		Namespace: row.Namespace, Customer: row.Spec.CustomerAccessRef.Name, LicenseID: row.Spec.LicenseID,
		SubscriptionID: row.Status.SubscriptionID, SiteURL: row.Status.SiteURL, Assignable: row.Status.AssignableReason,
		places: places, Locations: len(places),
	}
	if row.Status.LastChangeTime != nil {
		p.changed = row.Status.LastChangeTime.Unix()
	}
	if whole != nil {
		s := &whole.Status
		p.Figures = figures(s.TotalUnits, s.ConsumedUnits, s.ConsumedByUsers, s.ConsumedByWorkspaces)
		p.withoutLocation, p.residual = s.UnitsWithoutLocation, s.ResidualUnits
		return p
	}
	var consumed, users, workspaces *int64
	for _, place := range places {
		consumed = plus(consumed, place.Status.ConsumedUnits)
		users = plus(users, place.Status.ConsumedByUsers)
		workspaces = plus(workspaces, place.Status.ConsumedByWorkspaces)
	}
	p.Figures = figures(row.Status.TotalUnits, consumed, users, workspaces)
	p.AtLeast = true
	return p
}

// newest is the row that was written last: of several that repeat a figure, the
// one to believe.
func newest(rows []*v1alpha1.WebexLicense) *v1alpha1.WebexLicense {
	return slices.MaxFunc(rows, func(a, b *v1alpha1.WebexLicense) int {
		at, bt := a.Status.LastChangeTime, b.Status.LastChangeTime
		switch {
		case at == nil && bt == nil:
			return 0
		case at == nil:
			return -1
		case bt == nil:
			return 1
		}
		return at.Compare(bt.Time)
	})
}

// classOf is the row's class; a row without one was not written yet.
func classOf(row *v1alpha1.WebexLicense) v1alpha1.LicenseClass {
	if row.Status.Class == "" {
		return v1alpha1.ClassIncluded
	}
	return row.Status.Class
}

// comparePools orders pools: purchased ones first, then by name, customer,
// subscription and site URL.
func comparePools(a, b *Pool) int {
	return cmp.Or(
		-cmp.Compare(a.Class, b.Class),
		cmp.Compare(strings.ToLower(a.License), strings.ToLower(b.License)),
		cmp.Compare(a.HierarchyPath, b.HierarchyPath), cmp.Compare(a.Customer, b.Customer), cmp.Compare(a.Namespace, b.Namespace),
		cmp.Compare(a.SubscriptionID, b.SubscriptionID), cmp.Compare(a.SiteURL, b.SiteURL), cmp.Compare(a.LicenseID, b.LicenseID),
	)
}
