package syncrun

import (
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/usage"
)

// The status lists a bounded number of subscriptions. Whichever is the default, the run and
// the reconciler decide the same.
func TestDefaultsOfManySubscriptions(t *testing.T) {
	t.Parallel()
	for _, subscriptions := range []int{1, 2, maxSubscriptions - 1, maxSubscriptions, maxSubscriptions + 1, 2 * maxSubscriptions} {
		a := &attempt{Engine: &Engine{}, sync: &v1alpha1.LicenseSync{}, customer: testCustomer()}
		var rows []usage.Row
		for i := range subscriptions {
			id := fmt.Sprintf("S%04d", i)
			a.licenses = append(a.licenses, usage.License{ID: id, SubscriptionID: id, SiteURL: id + ".Webex.com"})
			row := counted(id, 1)
			row.SubscriptionID, row.SiteURL = id, id+".Webex.com"
			rows = append(rows, row)
		}
		for _, chosen := range []int{-1, 0, subscriptions / 2, subscriptions - 1, subscriptions} {
			g := NewWithT(t)
			customer := testCustomer()
			if chosen >= 0 {
				customer.Spec.DefaultSubscription, customer.Spec.DefaultSiteURL = fmt.Sprintf("S%04d", chosen), fmt.Sprintf("s%04d.webex.com", chosen)
			}
			decided := a.defaults(customer)
			a.recordResult(&customer.Status, diffTime)
			g.Expect(len(customer.Status.Subscriptions)).To(BeNumerically("<=", maxSubscriptions))
			g.Expect(Defaults(customer, nil)).To(Equal(decided), "%d of %d, without rows", chosen, subscriptions)

			a.defaults(testCustomer()) // the default was chosen since
			a.recordResult(&customer.Status, diffTime)
			g.Expect(Defaults(customer, stored(customer, rows...))).To(Equal(decided), "%d of %d, chosen since", chosen, subscriptions)
		}
	}
}

// The reconciler leaves to runs what it knows less of.
func TestRefreshLeavesWhatIsNotRecorded(t *testing.T) {
	t.Parallel()
	now := metav1.NewTime(diffTime.Add(time.Hour))
	at := func(d time.Duration) *metav1.Time { return new(metav1.NewTime(now.Add(d))) }
	for name, test := range map[string]struct {
		changed, recorded *metav1.Time
		written           bool
	}{
		"an hour before the facts":      {at(-2 * time.Hour), at(-time.Hour), true},
		"with them":                     {at(-time.Hour), at(-time.Hour), true},
		"after them":                    {at(-time.Minute), at(-time.Hour), false},
		"no facts yet":                  {at(-time.Minute), nil, false},
		"in a year that is to come":     {at(10000 * time.Hour), at(-time.Hour), true},
		"the time is not written down":  {nil, at(-time.Hour), true},
		"by a clock that is just ahead": {at(time.Second), at(-time.Hour), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			customer := testCustomer()
			row := stored(customer, counted("a", 1))[0]
			row.Status.AssignableReason = v1alpha1.AssignableOtherSubscription
			row.Status.LastChangeTime, customer.Status.LastSuccessfulSyncTime = test.changed, test.recorded
			change, written := refresh(&row, customer, usage.Effective{}, now)
			g.Expect(written).To(Equal(test.written))
			if written {
				g.Expect(change.after.Status.AssignableReason).To(Equal(v1alpha1.AssignableYes))
				g.Expect(change.after.Status.LastChangeTime).To(Equal(test.changed), "no run changed it")
			}
		})
	}
}
