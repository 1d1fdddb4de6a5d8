package report

import (
	"slices"
	"strconv"
	"strings"

	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/overview"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// samples are the changes that the stored runs tell of, at one location or all.
func (g gathered) samples(location string) *Changes {
	c := &Changes{}
	for i := range g.customers {
		k := id{g.customers[i].Namespace, g.customers[i].Name}
		rows := map[string]*v1alpha1.WebexLicense{}
		for j := range g.rows[k] {
			rows[g.rows[k][j].Name] = &g.rows[k][j]
		}
		for _, run := range g.runs[k] {
			if !overview.Succeeded(&run) || run.Status.CompletionTime == nil {
				continue
			}
			c.Runs++
			if counts := run.Status.Rows; counts != nil && location == "" {
				c.Added += int64(ptr.Deref(counts.Added, 0))
				c.Changed += int64(ptr.Deref(counts.Updated, 0))
				c.Removed += int64(ptr.Deref(counts.Removed, 0))
			}
			for _, change := range run.Status.Changes {
				if g.shows(rows[change.Row], change, location) {
					c.Rows = append(c.Rows, sample(&run, change, rows[change.Row]))
				}
			}
		}
	}
	slices.SortStableFunc(c.Rows, func(a, b RowChange) int { return b.Time.Compare(*a.Time) })
	return c
}

// shows says whether a sample is about what was selected. Of a row that is gone
// only its names are known.
func (g gathered) shows(row *v1alpha1.WebexLicense, change v1alpha1.Change, location string) bool {
	if row == nil {
		return location == "" || strings.EqualFold(location, change.Location)
	}
	if !g.selection.Included && row.Status.Class != v1alpha1.ClassPurchased {
		return false
	}
	return location == "" || webex.IDKey(row.Spec.LocationID) == webex.IDKey(location) || strings.EqualFold(location, row.Status.Location)
}

func sample(run *v1alpha1.LicenseSync, change v1alpha1.Change, row *v1alpha1.WebexLicense) RowChange {
	c := RowChange{
		Kind: change.Kind, Namespace: run.Namespace, Customer: run.Spec.CustomerAccessRef.Name, License: change.License,
		Run: run.Name, Time: new(run.Status.CompletionTime.UTC()),
	}
	c.ConsumedBefore, c.TotalBefore = parse(change.Before)
	c.ConsumedAfter, c.TotalAfter = parse(change.After)
	if row == nil || row.Spec.Level == v1alpha1.LevelSite {
		c.Location = change.Location
	}
	if row != nil && row.Spec.Level == v1alpha1.LevelSite {
		c.TotalBefore, c.TotalAfter = nil, nil // the pool's, which is not bought there
	}
	return c
}

// parse reads "consumed/total", either of which may be unknown.
func parse(text string) (consumed, total *int64) {
	used, bought, _ := strings.Cut(text, "/")
	return number(used), number(bought)
}

func number(text string) *int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil
	}
	return &n
}
