package rows

import (
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/naming"
	"github.com/webex-operator/webex-license-operator/internal/usage"
)

// Thresholds of the prune guard.
const (
	defaultMaxPrunePercent = 50
	// guardedFrom is the number of rows from which on the share counts: below it
	// a few licences that end together would already be most of the rows.
	guardedFrom = 10
)

// pruneCase is what the guard decides by.
type pruneCase struct {
	// customer has policy, approval and what was held, as they are now.
	customer *v1alpha1.WebexCustomerAccess
	// collects says which levels the walk collected.
	collects func(v1alpha1.Level) bool
	// existing are all rows of the customer, removals those of them that the walk did not find.
	existing []v1alpha1.WebexLicense
	removals []*v1alpha1.WebexLicense
	// emptied is true if Webex listed no licence at all.
	emptied bool
}

// ruling is what becomes of removals.
type ruling struct {
	// removals are carried out, kept rows stay and are superseded.
	removals, kept []*v1alpha1.WebexLicense
	// held describes the rows that are kept; nil if none is.
	held *v1alpha1.HeldPrune
}

// rule decides which removals are carried out. The share is that of the rows that were
// in sums before the walk: those that a renewal added do not count, since the rows that
// it replaced are superseded before any is added, and what is superseded is not judged
// anew. It waits until exactly it is approved, Webex lists it again, or spec.prune allows
// the share that it was. Whatever else goes meanwhile joins it.
func (c pruneCase) rule() ruling {
	var v ruling
	var waiting, gone []*v1alpha1.WebexLicense
	for _, row := range c.removals {
		switch {
		case !c.collects(row.Spec.Level): // the user took the level out of spec.collection
			v.removals = append(v.removals, row)
		case Superseded(row):
			waiting = append(waiting, row)
		default:
			gone = append(gone, row)
		}
	}
	before, marked := c.count()
	recorded := c.customer.Status.HeldPrune
	switch approved := c.customer.Annotations[v1alpha1.AnnotationApprovePrune]; {
	case approved == pruneToken(slices.Concat(waiting, gone)):
		v.removals = slices.Concat(v.removals, waiting, gone)
		return v
	case recorded != nil && approved == recorded.Token && len(waiting) == marked:
		// What was approved, or what a run that was cut off left of it; not what has gone since.
		for _, row := range waiting {
			if !c.markedSince(row) {
				v.removals = append(v.removals, row)
			}
		}
		waiting = slices.DeleteFunc(waiting, func(row *v1alpha1.WebexLicense) bool { return !c.markedSince(row) })
	}
	percent, guarded := share(len(gone), before), before >= guardedFrom
	earlier := recorded != nil && marked == 0 // a version held it that marked no rows
	if len(waiting) > 0 || earlier {
		percent, guarded = max(percent, c.heldPercent(waiting)), true
	}
	rows := slices.Concat(waiting, gone)
	if len(rows) == 0 || !c.emptied && (!guarded || percent <= maxPrunePercent(c.customer)) {
		v.removals = append(v.removals, rows...)
		return v
	}
	v.kept = rows
	v.held = &v1alpha1.HeldPrune{Rows: new(int32(len(rows))), Percent: &percent, Token: pruneToken(rows)} //nolint:gosec // bounded by the rows of one customer
	return v
}

// count is how many rows of the collected levels are in sums, and how many are superseded.
func (c pruneCase) count() (counted, marked int) {
	for i := range c.existing {
		switch row := &c.existing[i]; {
		case !c.collects(row.Spec.Level):
		case Superseded(row):
			marked++
		default:
			counted++
		}
	}
	return counted, marked
}

// markedSince says whether a run superseded the row that was cut off before it wrote down
// what it held.
func (c pruneCase) markedSince(row *v1alpha1.WebexLicense) bool {
	recorded := c.customer.Status.LastSuccessfulSyncTime
	return recorded == nil || row.Status.LastChangeTime != nil && row.Status.LastChangeTime.After(recorded.Time)
}

// heldPercent is the share that was written down of the rows that wait. All, if it was not,
// or some wait since.
func (c pruneCase) heldPercent(waiting []*v1alpha1.WebexLicense) int32 {
	recorded := c.customer.Status.HeldPrune
	if recorded == nil || slices.ContainsFunc(waiting, c.markedSince) {
		return 100
	}
	return ptr.Deref(recorded.Percent, 100)
}

func maxPrunePercent(customer *v1alpha1.WebexCustomerAccess) int32 {
	if customer.Spec.Prune == nil {
		return defaultMaxPrunePercent
	}
	return ptr.Deref(customer.Spec.Prune.MaxPercent, defaultMaxPrunePercent)
}

// share is n of all in percent, rounded up.
func share(n, all int) int32 {
	if all == 0 {
		return 0
	}
	return int32((n*100 + all - 1) / all) //nolint:gosec // at most 100
}

// Superseded says whether Webex no longer lists what a row shows.
func Superseded(row *v1alpha1.WebexLicense) bool { return ptr.Deref(row.Status.Superseded, false) }

// supersede are the changes by which rows say that they are superseded.
func supersede(rows []*v1alpha1.WebexLicense, customer *v1alpha1.WebexCustomerAccess, defaults usage.Effective, now metav1.Time) []Change {
	var changes []Change
	for _, have := range rows {
		want := new(*have) // rows are the cache's own: decide replaces what it alters
		want.Status.Superseded = new(true)
		want.Labels = ownLabels(have)
		decide(want, have.Status.Conditions, customer, defaults)
		if change, ok := ChangeOf(have, want, now); ok {
			changes = append(changes, change)
		}
	}
	return changes
}

// pruneToken stands for a set of rows: approving one set approves no other, and
// not the rows of the same names that a later run creates.
func pruneToken(rows []*v1alpha1.WebexLicense) string {
	names := make([]string, len(rows))
	for i, row := range rows {
		names[i] = row.Name + "/" + string(row.UID)
	}
	slices.Sort(names)
	return naming.Hash(strings.Join(names, "\n"))
}
