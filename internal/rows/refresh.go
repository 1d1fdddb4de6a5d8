package rows

import (
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/usage"
)

// Refresh is the change that brings a row up to date. A row that no run has written yet, or
// one by facts that the customer does not have yet, is left to the runs.
func Refresh(have *v1alpha1.WebexLicense, customer *v1alpha1.WebexCustomerAccess, defaults usage.Effective, now metav1.Time) (Change, bool) {
	if len(have.Status.Conditions) == 0 || unrecorded(have, customer, now) {
		return Change{}, false
	}
	want := new(*have) // rows are the cache's own: decide replaces what it alters
	want.Labels = ownLabels(have)
	decide(want, have.Status.Conditions, customer, defaults)
	change, ok := ChangeOf(have, want, now)
	want.Status.LastChangeTime = have.Status.LastChangeTime // no run changed it
	return change, ok
}

// unrecorded says whether a run changed a row after the last one whose facts the customer
// has: one that is at work, was cut off, or is done a moment ago. A time that is still to
// come is none to go by.
func unrecorded(row *v1alpha1.WebexLicense, customer *v1alpha1.WebexCustomerAccess, now metav1.Time) bool {
	changed, recorded := row.Status.LastChangeTime, customer.Status.LastSuccessfulSyncTime
	return changed != nil && (recorded == nil || changed.After(recorded.Time)) && !changed.After(now.Add(time.Minute))
}

// Defaults are the defaults in force by what the last complete run recorded of a customer,
// and by its rows. The run decides by all subscriptions and site URLs there are, the status
// lists a bounded number of them: of a list that is full, rows know more.
func Defaults(customer *v1alpha1.WebexCustomerAccess, rows []v1alpha1.WebexLicense) usage.Effective {
	return usage.ResolveDefaults(
		known(customer.Status.Subscriptions, MaxSubscriptions, rows, func(s *v1alpha1.WebexLicenseStatus) string { return s.SubscriptionID }),
		known(customer.Status.SiteURLs, MaxSiteURLs, rows, func(s *v1alpha1.WebexLicenseStatus) string { return s.SiteURL }),
		usage.Defaults{Subscription: customer.Spec.DefaultSubscription, SiteURL: customer.Spec.DefaultSiteURL})
}

func known(listed []string, limit int, rows []v1alpha1.WebexLicense, of func(*v1alpha1.WebexLicenseStatus) string) []string {
	if len(listed) < limit {
		return listed
	}
	all := slices.Clone(listed)
	for i := range rows {
		if !Superseded(&rows[i]) {
			all = append(all, of(&rows[i].Status))
		}
	}
	return all
}
