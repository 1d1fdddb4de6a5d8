package syncrun

import (
	"fmt"
	"testing"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/rows"
	"github.com/webex-operator/webex-license-operator/internal/usage"
)

// A run starts by itself when what is collected changes, and only then.
func TestCollectedSpecHash(t *testing.T) {
	t.Parallel()
	customer := func(change func(*v1alpha1.WebexCustomerAccessSpec)) *v1alpha1.WebexCustomerAccess {
		c := &v1alpha1.WebexCustomerAccess{ObjectMeta: metav1.ObjectMeta{Name: "acme"}}
		c.Spec.CredentialsSecretRef.Name = "webex"
		if change != nil {
			change(&c.Spec)
		}
		return c
	}
	same := rows.CollectedSpecHash(customer(nil))
	for name, test := range map[string]struct {
		change func(*v1alpha1.WebexCustomerAccessSpec)
		same   bool
	}{
		"nothing":              {nil, true},
		"default subscription": {func(s *v1alpha1.WebexCustomerAccessSpec) { s.DefaultSubscription = "Sub1" }, true},
		"default site URL":     {func(s *v1alpha1.WebexCustomerAccessSpec) { s.DefaultSiteURL = "acme.webex.com" }, true},
		"thresholds":           {func(s *v1alpha1.WebexCustomerAccessSpec) { s.Thresholds = &v1alpha1.Thresholds{} }, true},
		"prune":                {func(s *v1alpha1.WebexCustomerAccessSpec) { s.Prune = &v1alpha1.Prune{MaxPercent: new(int32(1))} }, true},
		"suspend":              {func(s *v1alpha1.WebexCustomerAccessSpec) { s.Suspend = new(true) }, true},
		"deletion policy":      {func(s *v1alpha1.WebexCustomerAccessSpec) { s.DeletionPolicy = v1alpha1.DeletionPolicyRetain }, true},
		"request budget":       {func(s *v1alpha1.WebexCustomerAccessSpec) { s.Connection = &v1alpha1.Connection{RequestsPerMinute: 60} }, true},
		"organization":         {func(s *v1alpha1.WebexCustomerAccessSpec) { s.OrganizationID = "11111111-2222-4333-8444-555555555555" }, false},
		"another Secret":       {func(s *v1alpha1.WebexCustomerAccessSpec) { s.CredentialsSecretRef.Name = "other" }, false},
		"another service": {func(s *v1alpha1.WebexCustomerAccessSpec) {
			s.Connection = &v1alpha1.Connection{BaseURL: "https://sim/v1"}
		}, false},
		"one level only": {func(s *v1alpha1.WebexCustomerAccessSpec) {
			s.Collection = &v1alpha1.Collection{Levels: []v1alpha1.Level{v1alpha1.LevelCustomer}}
		}, false},
		"no workspaces any more": {func(s *v1alpha1.WebexCustomerAccessSpec) {
			s.Collection = &v1alpha1.Collection{Workspaces: new(false)}
		}, false},
	} {
		matcher := Equal(same)
		if !test.same {
			matcher = Not(matcher)
		}
		NewWithT(t).Expect(rows.CollectedSpecHash(customer(test.change))).To(matcher, name)
	}
}

// The status lists a bounded number of subscriptions. Whichever is the default, the run and
// the reconciler decide the same.
func TestDefaultsOfManySubscriptions(t *testing.T) {
	t.Parallel()
	for _, subscriptions := range []int{1, 2, rows.MaxSubscriptions - 1, rows.MaxSubscriptions, rows.MaxSubscriptions + 1, 2 * rows.MaxSubscriptions} {
		a := &attempt{Engine: &Engine{}, sync: &v1alpha1.LicenseSync{}, customer: testCustomer()}
		var found []usage.Row
		for i := range subscriptions {
			id := fmt.Sprintf("S%04d", i)
			a.licenses = append(a.licenses, usage.License{ID: id, SubscriptionID: id, SiteURL: id + ".Webex.com"})
			row := counted(id, 1)
			row.SubscriptionID, row.SiteURL = id, id+".Webex.com"
			found = append(found, row)
		}
		for _, chosen := range []int{-1, 0, subscriptions / 2, subscriptions - 1, subscriptions} {
			g := NewWithT(t)
			customer := testCustomer()
			if chosen >= 0 {
				customer.Spec.DefaultSubscription, customer.Spec.DefaultSiteURL = fmt.Sprintf("S%04d", chosen), fmt.Sprintf("s%04d.webex.com", chosen)
			}
			decided := a.defaults(customer)
			a.recordResult(&customer.Status, at)
			g.Expect(len(customer.Status.Subscriptions)).To(BeNumerically("<=", rows.MaxSubscriptions))
			g.Expect(rows.Defaults(customer, nil)).To(Equal(decided), "%d of %d, without rows", chosen, subscriptions)

			a.defaults(testCustomer()) // the default was chosen since
			a.recordResult(&customer.Status, at)
			g.Expect(rows.Defaults(customer, stored(customer, found...))).To(Equal(decided), "%d of %d, chosen since", chosen, subscriptions)
		}
	}
}

// Failures in a row are counted until a run completes.
func TestFailuresInARow(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	scheme := runtime.NewScheme()
	g.Expect(v1alpha1.AddToScheme(scheme)).To(Succeed())
	customer := testCustomer()
	c := fake.NewClientBuilder().WithScheme(scheme).WithStatusSubresource(customer).WithObjects(customer.DeepCopy()).Build()
	for _, test := range []struct {
		failure *failures.Failure
		want    int32
	}{
		{failures.Partial("cut off"), 1},
		{failures.Auth(v1alpha1.ReasonForbidden, "no"), 2},
		{nil, 0},
		{failures.Partial("cut off"), 1},
	} {
		a := &attempt{Engine: &Engine{Client: c, Live: c, Clock: clocktesting.NewFakePassiveClock(at.Time)}, sync: &v1alpha1.LicenseSync{}, customer: customer.DeepCopy()}
		a.outcome.Failure = test.failure
		g.Expect(a.recordFacts(t.Context())).To(Succeed())
		g.Expect(c.Get(t.Context(), client.ObjectKeyFromObject(customer), customer)).To(Succeed())
		g.Expect(customer.Status.LastRun.Failures).To(Equal(test.want))
	}
}
