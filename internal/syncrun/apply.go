package syncrun

import (
	"context"
	"errors"

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
	d := a.plan(customer, existing)
	a.summarise(d)
	if err := a.write(ctx, d.marks, nil); err != nil {
		return err
	}
	return a.write(ctx, d.changes, d.removals)
}

// plan is what to write so that the rows say what was counted, by the customer's spec as it
// is now.
func (a *attempt) plan(customer *v1alpha1.WebexCustomerAccess, existing []v1alpha1.WebexLicense) diff {
	counted := a.usage.Rows()
	a.totals = usage.Sum(counted)
	defaults, now := a.defaults(customer), a.now()
	desired := make([]*v1alpha1.WebexLicense, len(counted))
	for i, row := range counted {
		desired[i] = desiredRow(customer, row, defaults)
	}
	d := compare(customer, existing, desired, now)
	v := pruneCase{
		customer: customer, existing: existing, removals: d.removals, emptied: len(a.licenses) == 0,
		collects: func(level v1alpha1.Level) bool { return collects(a.customer, level) },
	}.rule()
	a.outcome.Held = v.held
	d.removals, d.marks = v.removals, supersede(v.kept, customer, defaults, now)
	return d
}

// Rows lists a customer's rows from the cache. They are the cache's own: a caller
// changes none of what they point to.
func Rows(ctx context.Context, reader client.Reader, customer *v1alpha1.WebexCustomerAccess) ([]v1alpha1.WebexLicense, error) {
	var list v1alpha1.WebexLicenseList
	err := reader.List(ctx, &list, client.InNamespace(customer.Namespace), client.MatchingFields{IndexCustomer: customer.Name}, client.UnsafeDisableDeepCopy)
	return list.Items, err
}

func (a *attempt) defaults(customer *v1alpha1.WebexCustomerAccess) usage.Effective {
	a.chosen = usage.Defaults{Subscription: customer.Spec.DefaultSubscription, SiteURL: customer.Spec.DefaultSiteURL}
	return usage.ResolveDefaults(usage.Subscriptions(a.licenses), usage.SiteURLs(a.licenses), a.chosen)
}

func (a *attempt) summarise(d diff) {
	var added, updated int
	for _, change := range d.changes {
		if change.kind == v1alpha1.ChangeAdded {
			added++
		} else {
			updated++
		}
	}
	count := func(n int) *int32 { return new(int32(n)) } //nolint:gosec // bounded by the rows of one customer
	a.outcome.Rows = v1alpha1.RowCounts{Added: count(added), Updated: count(updated), Removed: count(len(d.removals)), Unchanged: count(d.unchanged)}
	if a.outcome.Held != nil {
		a.outcome.Rows.Held = a.outcome.Held.Rows
	}
	a.outcome.TotalUnits, a.outcome.ConsumedUnits = a.totals.Total, a.totals.Consumed
	a.outcome.UnlistedLocationUnits = a.usage.Stats().UnlistedLocationUnits
	a.outcome.Changes = d.samples()
}
