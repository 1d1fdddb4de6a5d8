package syncrun

import (
	"context"
	"errors"
	"slices"
	"strings"

	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/usage"
)

// apply compares what was counted with the rows there are, and writes the difference.
func (a *attempt) apply(ctx context.Context) error {
	if err := a.refuseDuplicate(ctx); err != nil {
		return err
	}
	// The spec may have changed during a long walk: defaults, policy and an
	// approval count as they are now.
	customer := &v1alpha1.WebexCustomerAccess{}
	if err := a.Live.Get(ctx, client.ObjectKeyFromObject(a.customer), customer); err != nil {
		return err
	}
	if customer.UID != a.customer.UID {
		return errors.New("the customer was replaced during the run")
	}
	existing, err := Rows(ctx, a.Client, customer)
	if err != nil {
		return err
	}
	counted := a.usage.Rows()
	a.totals = usage.Sum(counted)
	defaults := a.defaults(customer)
	desired := make([]*v1alpha1.WebexLicense, len(counted))
	for i, row := range counted {
		desired[i] = desiredRow(customer, row, defaults)
	}
	d := compare(a.customer, existing, desired, a.now())
	removals := a.guardRemovals(customer, existing, &d)
	a.summarise(d, removals)
	return a.write(ctx, d.changes, removals)
}

// Rows lists a customer's rows from the cache. They are the cache's own: a caller
// changes none of what they point to.
func Rows(ctx context.Context, reader client.Reader, customer *v1alpha1.WebexCustomerAccess) ([]v1alpha1.WebexLicense, error) {
	var list v1alpha1.WebexLicenseList
	err := reader.List(ctx, &list, client.InNamespace(customer.Namespace), client.MatchingFields{IndexCustomer: customer.Name}, client.UnsafeDisableDeepCopy)
	return list.Items, err
}

func (a *attempt) defaults(customer *v1alpha1.WebexCustomerAccess) usage.Effective {
	return usage.ResolveDefaults(usage.Subscriptions(a.licenses), usage.SiteURLs(a.licenses),
		usage.Defaults{Subscription: customer.Spec.DefaultSubscription, SiteURL: customer.Spec.DefaultSiteURL})
}

// Thresholds of the prune guard.
const (
	defaultMaxPrunePercent = 50
	// guardedFrom is the number of rows from which on the share counts: below it
	// a few licences that end together would already be most of the rows.
	guardedFrom = 10
)

// guardRemovals returns the removals to carry out. If they are more than the
// guard allows, those of collected levels are held instead, unless approved.
func (a *attempt) guardRemovals(customer *v1alpha1.WebexCustomerAccess, existing []v1alpha1.WebexLicense, d *diff) []*v1alpha1.WebexLicense {
	var guarded, free []*v1alpha1.WebexLicense
	for _, row := range d.removals {
		if collects(a.customer, row.Spec.Level) {
			guarded = append(guarded, row)
		} else {
			free = append(free, row) // the user took the level out of spec.collection
		}
	}
	rows := 0
	for i := range existing {
		if collects(a.customer, existing[i].Spec.Level) {
			rows++
		}
	}
	maxPercent := int32(defaultMaxPrunePercent)
	if customer.Spec.Prune != nil {
		maxPercent = ptr.Deref(customer.Spec.Prune.MaxPercent, maxPercent)
	}
	tooMany := rows >= guardedFrom && len(guarded)*100 > int(maxPercent)*rows
	emptied := len(a.licenses) == 0 && rows > 0
	token := pruneToken(guarded)
	if len(guarded) == 0 || !tooMany && !emptied || customer.Annotations[v1alpha1.AnnotationApprovePrune] == token {
		return d.removals
	}
	a.outcome.Held = &v1alpha1.HeldPrune{Rows: new(int32(len(guarded))), Token: token} //nolint:gosec // bounded by the rows of one customer
	return free
}

// pruneToken stands for a set of rows: approving one set approves no other, and
// not the rows of the same names that a later run creates.
func pruneToken(rows []*v1alpha1.WebexLicense) string {
	names := make([]string, len(rows))
	for i, row := range rows {
		names[i] = row.Name + "/" + string(row.UID)
	}
	slices.Sort(names)
	return shortHash(strings.Join(names, "\n"))
}

func (a *attempt) summarise(d diff, removals []*v1alpha1.WebexLicense) {
	var added, updated int
	for _, change := range d.changes {
		if change.kind == v1alpha1.ChangeAdded {
			added++
		} else {
			updated++
		}
	}
	count := func(n int) *int32 { return new(int32(n)) } //nolint:gosec // bounded by the rows of one customer
	a.outcome.Rows = v1alpha1.RowCounts{Added: count(added), Updated: count(updated), Removed: count(len(removals)), Unchanged: count(d.unchanged)}
	if a.outcome.Held != nil {
		a.outcome.Rows.Held = a.outcome.Held.Rows
	}
	a.outcome.TotalUnits, a.outcome.ConsumedUnits = a.totals.Total, a.totals.Consumed
	a.outcome.UnlistedLocationUnits = a.usage.Stats().UnlistedLocationUnits
	d.removals = removals
	a.outcome.Changes = d.samples()
}
