package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// Changes are what is different. Since a former report they are complete; of the
// stored runs they are samples, because a run keeps ten.
type Changes struct {
	// Since is the time of the former report; without one these are samples.
	Since *time.Time `json:"since,omitempty"`
	// Totals is by how much the sums moved, since a former report.
	Totals *Delta `json:"totals,omitempty"`
	// Customers came or went, with all of their rows.
	Customers []CustomerChange `json:"customers,omitempty"`
	// Unread is how many customers show the same reading as then.
	Unread int `json:"unread,omitempty"`
	// Runs is how many stored runs the samples are from; Added, Changed and Removed
	// count rows: of all runs, or of all customers that are in both reports.
	Runs    int   `json:"runs,omitempty"`
	Added   int64 `json:"added"`
	Changed int64 `json:"changed"`
	Removed int64 `json:"removed"`
	// Rows are the changes, the largest first; of runs, the latest first.
	Rows []RowChange `json:"rows,omitempty"`
}

// Delta is by how much sums moved.
type Delta struct {
	Customers         int   `json:"customers"`
	Licenses          int   `json:"licenses"`
	Locations         int   `json:"locations"`
	TotalUnits        int64 `json:"totalUnits"`
	ConsumedUnits     int64 `json:"consumedUnits"`
	AvailableUnits    int64 `json:"availableUnits"`
	OverAssignedUnits int64 `json:"overAssignedUnits"`
}

// CustomerChange is a customer that is in one of two reports only.
type CustomerChange struct {
	Kind      v1alpha1.ChangeKind `json:"kind"`
	Namespace string              `json:"namespace"`
	Customer  string              `json:"customer"`
	// Rows and the units are what it brought or took along.
	Rows          int    `json:"rows"`
	TotalUnits    *int64 `json:"totalUnits,omitempty"`
	ConsumedUnits *int64 `json:"consumedUnits,omitempty"`
}

// RowChange is a row that is new, different or gone.
type RowChange struct {
	Kind      v1alpha1.ChangeKind `json:"kind"`
	Namespace string              `json:"namespace"`
	Customer  string              `json:"customer"`
	License   string              `json:"license"`
	// FormerLicense is the name that it had, if that changed.
	FormerLicense string `json:"formerLicense,omitempty"`
	// Location is set for the use at one location; no units are bought there.
	Location string `json:"location,omitempty"`
	// Before and After are the figures; nil is unknown, or none.
	TotalBefore    *int64 `json:"totalBefore,omitempty"`
	TotalAfter     *int64 `json:"totalAfter,omitempty"`
	ConsumedBefore *int64 `json:"consumedBefore,omitempty"`
	ConsumedAfter  *int64 `json:"consumedAfter,omitempty"`
	// Run is the run that found it, and Time when, for samples.
	Run  string     `json:"run,omitempty"`
	Time *time.Time `json:"time,omitempty"`
}

// Compare tells what changed since a former report.
func (r *Report) Compare(former *Report) {
	c := &Changes{Since: &former.Time, Totals: &Delta{
		Customers: len(r.Items) - len(former.Items),
		Locations: r.PlaceTotals.Locations - former.PlaceTotals.Locations,
		Licenses:  r.PlaceTotals.Licenses - former.PlaceTotals.Licenses,
		// The units at a location, unless there are those of whole customers.
		ConsumedUnits: r.PlaceTotals.ConsumedUnits - former.PlaceTotals.ConsumedUnits,
	}}
	if r.Totals != nil && former.Totals != nil {
		now, then := r.Totals, former.Totals
		c.Totals.Licenses, c.Totals.Locations = now.Licenses-then.Licenses, now.Locations-then.Locations
		c.Totals.TotalUnits, c.Totals.ConsumedUnits = now.TotalUnits-then.TotalUnits, now.ConsumedUnits-then.ConsumedUnits
		c.Totals.AvailableUnits, c.Totals.OverAssignedUnits = now.AvailableUnits-then.AvailableUnits, now.OverAssignedUnits-then.OverAssignedUnits
	}
	then := map[id]*Customer{}
	for i := range former.Items {
		then[id{former.Items[i].Namespace, former.Items[i].Name}] = &former.Items[i]
	}
	for i := range r.Items {
		now := &r.Items[i]
		k := id{now.Namespace, now.Name}
		was, known := then[k]
		delete(then, k)
		if !known {
			c.Customers = append(c.Customers, came(v1alpha1.ChangeAdded, now))
			continue
		}
		if now.LastSuccessfulSyncTime != nil && was.LastSuccessfulSyncTime != nil && now.LastSuccessfulSyncTime.Equal(*was.LastSuccessfulSyncTime) {
			c.Unread++
		}
		c.compare(now, was.Pools, now.Pools)
		c.compare(now, was.Places, now.Places)
	}
	for i := range former.Items {
		if was := &former.Items[i]; then[id{was.Namespace, was.Name}] != nil {
			c.Customers = append(c.Customers, came(v1alpha1.ChangeRemoved, was))
		}
	}
	slices.SortStableFunc(c.Rows, func(a, b RowChange) int {
		return cmp.Or(
			cmp.Compare(b.weight(), a.weight()), strings.Compare(a.Customer, b.Customer), strings.Compare(a.Namespace, b.Namespace),
			strings.Compare(a.License, b.License), strings.Compare(a.Location, b.Location),
		)
	})
	r.Changes = c
}

func came(kind v1alpha1.ChangeKind, c *Customer) CustomerChange {
	return CustomerChange{
		Kind: kind, Namespace: c.Namespace, Customer: c.Name, Rows: len(c.Pools) + len(c.Places),
		TotalUnits: c.TotalUnits, ConsumedUnits: c.ConsumedUnits,
	}
}

func (c *Changes) compare(customer *Customer, before, after []Row) {
	then := map[string]*Row{}
	for i := range before {
		then[before[i].Key] = &before[i]
	}
	for i := range after {
		now := &after[i]
		was := then[now.Key]
		delete(then, now.Key)
		switch change := changeOf(customer, was, now); {
		case was == nil:
			c.Added++
			c.Rows = append(c.Rows, change)
		case change.FormerLicense != "" || !same(was.TotalUnits, now.TotalUnits) || !same(was.ConsumedUnits, now.ConsumedUnits):
			c.Changed++
			c.Rows = append(c.Rows, change)
		}
	}
	for i := range before {
		if was := &before[i]; then[was.Key] == was {
			c.Removed++
			c.Rows = append(c.Rows, changeOf(customer, was, nil))
		}
	}
}

// changeOf is what happened to a row; was or now may be nil.
func changeOf(customer *Customer, was, now *Row) RowChange {
	change := RowChange{Kind: v1alpha1.ChangeUpdated, Namespace: customer.Namespace, Customer: customer.Name}
	switch {
	case was == nil:
		change.Kind, was = v1alpha1.ChangeAdded, &Row{License: now.License}
	case now == nil:
		change.Kind, now = v1alpha1.ChangeRemoved, &Row{License: was.License}
	}
	change.License, change.Location = now.License, cmp.Or(now.Location, was.Location)
	if was.License != now.License {
		change.FormerLicense = was.License
	}
	change.TotalBefore, change.TotalAfter, change.ConsumedBefore, change.ConsumedAfter = was.TotalUnits, now.TotalUnits, was.ConsumedUnits, now.ConsumedUnits
	return change
}

func same(a, b *int64) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }

func (c *RowChange) weight() int64 {
	return max(moved(c.TotalBefore, c.TotalAfter), moved(c.ConsumedBefore, c.ConsumedAfter))
}

func moved(before, after *int64) int64 {
	var d int64
	if after != nil {
		d = *after
	}
	if before != nil {
		d -= *before
	}
	return max(d, -d)
}
