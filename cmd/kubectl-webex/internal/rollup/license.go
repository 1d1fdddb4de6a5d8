package rollup

import (
	"cmp"
	"slices"
	"strings"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// License is one product, added up over the pools of all selected customers.
// Figures add up the pools of which both the total and the units in use are
// known, so that they fit each other; UnknownPools counts the others.
type License struct {
	// License is the product's name, as most pools have it; OtherNames are those
	// that others have.
	License    string                `json:"license"`
	OtherNames []string              `json:"otherNames,omitempty"`
	OfferCode  string                `json:"offerCode,omitempty"`
	Class      v1alpha1.LicenseClass `json:"class"`
	Figures
	// OverAssignedUnits are in use beyond what was bought, over the pools of which
	// that is true: units that other pools have left do not make up for them.
	OverAssignedUnits int64 `json:"overAssignedUnits"`
	// Customers, Subscriptions, Pools and Locations are how many of them the
	// figures are about.
	Customers     int `json:"customers"`
	Subscriptions int `json:"subscriptions"`
	Pools         int `json:"pools"`
	Locations     int `json:"locations"`
	UnknownPools  int `json:"unknownPools,omitempty"`
	// Tightest is the pool with the largest share of its units in use. Units cannot
	// move from pool to pool, so that one may be empty while the sum looks well.
	Tightest *Tightest `json:"tightest,omitempty"`
}

// Tightest is a pool, shortly.
type Tightest struct {
	// Namespace, Customer, SubscriptionID and SiteURL tell which pool.
	Namespace      string `json:"namespace"`
	Customer       string `json:"customer"`
	SubscriptionID string `json:"subscriptionID,omitempty"`
	SiteURL        string `json:"siteURL,omitempty"`
	// The figures are the pool's.
	TotalUnits         *int64 `json:"totalUnits,omitempty"`
	ConsumedUnits      *int64 `json:"consumedUnits,omitempty"`
	AvailableUnits     *int64 `json:"availableUnits,omitempty"`
	UtilizationPercent *int32 `json:"utilizationPercent,omitempty"`
}

func (p *Pool) tightest() *Tightest {
	return &Tightest{
		Namespace: p.Namespace, Customer: p.Customer, SubscriptionID: p.SubscriptionID, SiteURL: p.SiteURL,
		TotalUnits: p.TotalUnits, ConsumedUnits: p.ConsumedUnits, AvailableUnits: p.AvailableUnits, UtilizationPercent: p.UtilizationPercent,
	}
}

// Totals are sums over licences or pools.
type Totals struct {
	// Customers, Licenses, Pools and Locations are how many there are.
	Customers int `json:"customers"`
	Licenses  int `json:"licenses"`
	Pools     int `json:"pools"`
	Locations int `json:"locations"`
	// The units are those of purchased licences only.
	TotalUnits        int64 `json:"totalUnits"`
	ConsumedUnits     int64 `json:"consumedUnits"`
	AvailableUnits    int64 `json:"availableUnits"`
	OverAssignedUnits int64 `json:"overAssignedUnits"`
}

// Rollup is what was selected.
type Rollup struct {
	pools    []*Pool
	products [][]*Pool
	s        Selection
}

// New gathers the rows that are selected.
func New(customers []v1alpha1.WebexCustomerAccess, rows []v1alpha1.WebexLicense, s Selection) *Rollup {
	pools := poolsOf(customers, rows, s)
	if !s.Included {
		pools = slices.DeleteFunc(pools, func(p *Pool) bool { return p.Class != v1alpha1.ClassPurchased })
	}
	return &Rollup{pools: pools, products: productsOf(pools), s: s}
}

// scarce says whether a pool is below the mark that was asked for. Included
// licences never are: their totals are no capacity.
func (r *Rollup) scarce(p *Pool) bool {
	return r.s.Below == nil || p.Class == v1alpha1.ClassPurchased && p.leavesLess(*r.s.Below)
}

// Licenses is one line for each product. With a mark, those that have a pool
// below it.
func (r *Rollup) Licenses() []License {
	lines := []License{}
	for _, pools := range r.products {
		if slices.ContainsFunc(pools, r.scarce) {
			lines = append(lines, licenseOf(pools))
		}
	}
	return lines
}

// Pools is one line for each licence of each customer.
func (r *Rollup) Pools() []Pool {
	lines := []Pool{}
	for _, p := range r.pools {
		if r.scarce(p) {
			lines = append(lines, *p)
		}
	}
	return lines
}

// Totals adds up pools.
func (r *Rollup) Totals() Totals {
	var t Totals
	customers, locations := map[[2]string]bool{}, map[[3]string]bool{}
	for _, pools := range r.products {
		if slices.ContainsFunc(pools, r.scarce) {
			t.Licenses++
		}
	}
	for _, p := range r.pools {
		if !r.scarce(p) {
			continue
		}
		t.Pools++
		customers[[2]string{p.Namespace, p.Customer}] = true
		for _, place := range p.places {
			locations[[3]string{p.Namespace, p.Customer, place.Spec.LocationID}] = true
		}
		if p.Class != v1alpha1.ClassPurchased || p.AvailableUnits == nil {
			continue
		}
		t.TotalUnits = add(t.TotalUnits, *p.TotalUnits)
		t.ConsumedUnits = add(t.ConsumedUnits, *p.ConsumedUnits)
		t.AvailableUnits = add(t.AvailableUnits, *p.AvailableUnits)
		t.OverAssignedUnits = add(t.OverAssignedUnits, max(0, -*p.AvailableUnits))
	}
	t.Customers, t.Locations = len(customers), len(locations)
	return t
}

func licenseOf(pools []*Pool) License {
	l := License{Class: pools[0].Class, Pools: len(pools)}
	l.License, l.OtherNames = names(pools)
	customers, subscriptions, locations := map[[2]string]bool{}, map[[3]string]bool{}, map[[3]string]bool{}
	var total, consumed, users, workspaces *int64
	var tightest *Pool
	for _, p := range pools {
		l.OfferCode = cmp.Or(l.OfferCode, p.OfferCode)
		l.AtLeast = l.AtLeast || p.AtLeast
		customers[[2]string{p.Namespace, p.Customer}] = true
		if p.SubscriptionID != "" {
			subscriptions[[3]string{p.Namespace, p.Customer, p.SubscriptionID}] = true
		}
		for _, place := range p.places {
			locations[[3]string{p.Namespace, p.Customer, place.Spec.LocationID}] = true
		}
		if p.AvailableUnits == nil {
			l.UnknownPools++
			continue
		}
		total, consumed = plus(total, p.TotalUnits), plus(consumed, p.ConsumedUnits)
		users, workspaces = plus(users, p.ConsumedByUsers), plus(workspaces, p.ConsumedByWorkspaces)
		l.OverAssignedUnits = add(l.OverAssignedUnits, max(0, -*p.AvailableUnits))
		if tighter(p, tightest) {
			tightest = p
		}
	}
	if tightest != nil {
		l.Tightest = tightest.tightest()
	}
	atLeast := l.AtLeast
	l.Figures = figures(total, consumed, users, workspaces)
	l.AtLeast = atLeast
	l.Customers, l.Subscriptions, l.Locations = len(customers), len(subscriptions), len(locations)
	return l
}

func tighter(p, than *Pool) bool {
	share, known := p.Share()
	if !known || than == nil {
		return than == nil
	}
	other, known := than.Share()
	return !known || share > other
}

// names are the name of a product and those that some pools have instead. The
// name that most pools have wins, then the one that was written last.
func names(pools []*Pool) (name string, others []string) {
	type use struct {
		name    string
		pools   int
		changed int64
	}
	byName := map[string]*use{}
	var uses []*use
	for _, p := range pools {
		u := byName[p.License]
		if u == nil {
			u = &use{name: p.License}
			byName[p.License], uses = u, append(uses, u)
		}
		u.pools++
		u.changed = max(u.changed, p.changed)
	}
	slices.SortFunc(uses, func(a, b *use) int {
		return cmp.Or(cmp.Compare(b.pools, a.pools), cmp.Compare(b.changed, a.changed), strings.Compare(a.name, b.name))
	})
	for _, u := range uses[1:] {
		others = append(others, u.name)
	}
	slices.Sort(others)
	return uses[0].name, others
}

// productsOf gathers pools by product, sorted as the pools are.
func productsOf(pools []*Pool) [][]*Pool {
	type product struct {
		class v1alpha1.LicenseClass
		offer string
		name  string // for pools without an offer code
	}
	// A name that stands for one offer code alone tells the product of a row that
	// has no code. (Rows get theirs from the licence's id, which may be opaque.)
	offers := map[string]map[string]bool{}
	for _, p := range pools {
		if p.OfferCode != "" {
			if offers[p.License] == nil {
				offers[p.License] = map[string]bool{}
			}
			offers[p.License][p.OfferCode] = true
		}
	}
	at := map[product]int{}
	var products [][]*Pool
	for _, p := range pools {
		k := product{class: p.Class, offer: p.OfferCode}
		if k.offer == "" {
			k.name = p.License
			if codes := offers[p.License]; len(codes) == 1 {
				for code := range codes {
					k = product{class: p.Class, offer: code}
				}
			}
		}
		i, seen := at[k]
		if !seen {
			i = len(products)
			at[k], products = i, append(products, nil)
		}
		products[i] = append(products[i], p)
	}
	slices.SortStableFunc(products, func(a, b []*Pool) int {
		aName, _ := names(a)
		bName, _ := names(b)
		return cmp.Or(-cmp.Compare(a[0].Class, b[0].Class), strings.Compare(strings.ToLower(aName), strings.ToLower(bName)),
			strings.Compare(a[0].OfferCode, b[0].OfferCode))
	})
	return products
}
