package syncrun

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/rows"
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
	d := a.diff(customer, existing)
	a.rowsHash = d.Hash
	if err := a.write(ctx, &d); err != nil {
		return err
	}
	a.summarise(d)
	return nil
}

// diff is what to write so that the rows say what was counted, by the customer's spec as it
// is now.
func (a *attempt) diff(customer *v1alpha1.WebexCustomerAccess, existing []v1alpha1.WebexLicense) rows.Diff {
	counted := a.usage.Rows()
	a.totals = usage.Sum(counted)
	return rows.Walk{
		Customer: customer, Collects: a.customer.Collects, Emptied: len(a.licenses) == 0,
		Counted: counted, Defaults: a.defaults(customer), Existing: existing,
	}.Diff(a.now())
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

// summarise says what was found, and what of a difference was written.
func (a *attempt) summarise(d rows.Diff) {
	refused := a.outcome.Rows.Refused
	a.outcome.Rows, a.outcome.Changes, a.outcome.Held = d.Counts(), d.Samples(), d.Held
	a.outcome.Rows.Refused = refused
	a.outcome.TotalUnits, a.outcome.ConsumedUnits = a.totals.Total, a.totals.Consumed
	a.outcome.Counted = a.usage.Stats()
}

// RefreshRows brings rows up to date with the customer's spec without asking
// Webex: assignability follows the defaults, capacity the thresholds, ownership
// the deletion policy, and the location of rows at level Customer the customer's
// name. It writes only rows that differ and returns how many.
func RefreshRows(ctx context.Context, c client.Client, recorder events.EventRecorder, customer *v1alpha1.WebexCustomerAccess, existing []v1alpha1.WebexLicense, defaults usage.Effective, now metav1.Time) (int, error) {
	written := 0
	for i := range existing {
		change, ok := rows.Refresh(&existing[i], customer, defaults, now)
		if !ok {
			continue
		}
		switch err := applyRow(ctx, c, recorder, change); {
		case err == nil:
			written++
		case !apierrors.IsConflict(err) && !apierrors.IsNotFound(err):
			return written, err
		}
	}
	return written, nil
}
