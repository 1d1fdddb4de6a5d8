package controllers

import (
	"testing"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/syncrun"
	"github.com/webex-operator/webex-license-operator/internal/usage"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// Which licences may be assigned follows the customer's defaults at once, and
// Webex is not asked again.
func TestDefaults(t *testing.T) {
	const (
		subscription, otherSubscription = "Sub2000001", "Sub2000002"
		site, otherSite                 = "globex.example.webex.com", "globex-emea.example.webex.com"
	)
	f := timeless(t, func(o *fixtureOptions) { o.organization = webexsim.TwoSubscriptionOrganization() })
	customer := f.createCustomer("globex")
	f.forget()

	// reasons are those of calling and meetings of the one and the other subscription.
	for _, step := range []struct {
		subscription, site string
		status             metav1.ConditionStatus
		reason             string
		message            []string
		reasons            [4]v1alpha1.AssignableReason
		effective          v1alpha1.EffectiveDefaults
	}{
		{
			status: metav1.ConditionFalse, reason: v1alpha1.ReasonDefaultSubscriptionRequired,
			message: []string{"spec.defaultSubscription", subscription + ", " + otherSubscription, "spec.defaultSiteURL", otherSite + ", " + site},
			reasons: [4]v1alpha1.AssignableReason{
				v1alpha1.AssignableDefaultSubscriptionRequired, v1alpha1.AssignableDefaultSubscriptionRequired,
				v1alpha1.AssignableDefaultSubscriptionRequired, v1alpha1.AssignableDefaultSubscriptionRequired,
			},
		}, {
			subscription: subscription,
			status:       metav1.ConditionFalse, reason: v1alpha1.ReasonDefaultSiteURLRequired,
			message: []string{"spec.defaultSiteURL", otherSite + ", " + site},
			reasons: [4]v1alpha1.AssignableReason{
				v1alpha1.AssignableYes, v1alpha1.AssignableDefaultSiteURLRequired,
				v1alpha1.AssignableOtherSubscription, v1alpha1.AssignableOtherSubscription,
			},
			effective: v1alpha1.EffectiveDefaults{Subscription: subscription},
		}, {
			subscription: subscription, site: site,
			status: metav1.ConditionTrue, reason: v1alpha1.ReasonResolved,
			reasons: [4]v1alpha1.AssignableReason{
				v1alpha1.AssignableYes, v1alpha1.AssignableYes,
				v1alpha1.AssignableOtherSubscription, v1alpha1.AssignableOtherSubscription,
			},
			effective: v1alpha1.EffectiveDefaults{Subscription: subscription, SiteURL: site},
		}, {
			subscription: otherSubscription, site: site,
			status: metav1.ConditionTrue, reason: v1alpha1.ReasonResolved,
			reasons: [4]v1alpha1.AssignableReason{
				v1alpha1.AssignableOtherSubscription, v1alpha1.AssignableOtherSubscription,
				v1alpha1.AssignableYes, v1alpha1.AssignableOtherSiteURL,
			},
			effective: v1alpha1.EffectiveDefaults{Subscription: otherSubscription, SiteURL: site},
		}, {
			subscription: "Sub9999999", site: site,
			status: metav1.ConditionFalse, reason: v1alpha1.ReasonDefaultNotFound,
			message: []string{`spec.defaultSubscription "Sub9999999"`, subscription + ", " + otherSubscription},
			reasons: [4]v1alpha1.AssignableReason{
				v1alpha1.AssignableDefaultNotFound, v1alpha1.AssignableDefaultNotFound,
				v1alpha1.AssignableDefaultNotFound, v1alpha1.AssignableDefaultNotFound,
			},
			effective: v1alpha1.EffectiveDefaults{SiteURL: site},
		}, {
			subscription: subscription, site: "nowhere.example.com",
			status: metav1.ConditionFalse, reason: v1alpha1.ReasonDefaultNotFound,
			message: []string{`spec.defaultSiteURL "nowhere.example.com"`, otherSite + ", " + site},
			reasons: [4]v1alpha1.AssignableReason{
				v1alpha1.AssignableYes, v1alpha1.AssignableDefaultNotFound,
				v1alpha1.AssignableOtherSubscription, v1alpha1.AssignableOtherSubscription,
			},
			effective: v1alpha1.EffectiveDefaults{Subscription: subscription},
		}, {
			// Back to none at all.
			status: metav1.ConditionFalse, reason: v1alpha1.ReasonDefaultSubscriptionRequired,
			reasons: [4]v1alpha1.AssignableReason{
				v1alpha1.AssignableDefaultSubscriptionRequired, v1alpha1.AssignableDefaultSubscriptionRequired,
				v1alpha1.AssignableDefaultSubscriptionRequired, v1alpha1.AssignableDefaultSubscriptionRequired,
			},
		},
	} {
		f.change(customer, func(c *v1alpha1.WebexCustomerAccess) {
			c.Spec.DefaultSubscription, c.Spec.DefaultSiteURL = step.subscription, step.site
		})
		condition := f.awaitCondition(customer, v1alpha1.ConditionDefaultsResolved, step.status, step.reason)
		for _, part := range step.message {
			f.Expect(condition.Message).To(ContainSubstring(part))
		}
		f.Expect(ptr.Deref(customer.Status.Defaults, v1alpha1.EffectiveDefaults{})).To(Equal(step.effective))
		f.Expect(customer.Status.LastRun.Name).To(Equal("globex-initial"))
		expectAssignable(f, customer, step.reasons)
	}
	f.settle(customer)
	f.Expect(f.sim.Requests()).To(BeEmpty(), "defaults are a matter of rows, not of Webex")
	f.Expect(f.runs("globex")).To(HaveLen(1))
	f.expectFigures(customer)

	f.forget()
	f.runSeen("globex")
	f.settle(customer)
	f.Expect(f.writes.all()).To(Equal(idleWrites), "a run and a changed default come to the same rows")
}

func expectAssignable(f *fixture, customer *v1alpha1.WebexCustomerAccess, reasons [4]v1alpha1.AssignableReason) {
	f.t.Helper()
	want := map[string]v1alpha1.AssignableReason{}
	for i, license := range []string{"calling-main", "meetings-main", "calling-other", "meetings-other"} {
		want[f.org.LicenseID(license)] = reasons[i]
	}
	f.Eventually(func(g Gomega) {
		for _, row := range f.list(customer.Name) {
			reason, ok := want[row.Spec.LicenseID]
			if row.Status.Class == v1alpha1.ClassIncluded {
				reason, ok = v1alpha1.AssignableYes, true // no subscription, no site
			}
			if !ok {
				continue
			}
			g.Expect(row.Status.AssignableReason).To(Equal(reason), "%s %s", row.Name, row.Status.SiteURL)
			g.Expect(row.Status.Assignable).To(HaveValue(Equal(reason == v1alpha1.AssignableYes)), row.Name)
		}
	}).Should(Succeed())
}

// What a cache does not know yet is not overwritten: a row that a run wrote a
// moment ago keeps its figures, one that was deleted stays so.
func TestRefreshFromAStaleCache(t *testing.T) {
	f := newFixture(t)
	customer := f.createCustomer("acme")
	f.stop()
	stale := f.list("acme")

	newer := f.row(customer, "Webex Calling - Professional", "")
	newer.Status.ConsumedUnits = new(int64(42))
	f.Expect(f.client.Status().Update(f.ctx, newer)).To(Succeed())
	deleted := f.row(customer, "Advanced Messaging", "")
	f.Expect(f.client.Delete(f.ctx, deleted)).To(Succeed())
	purchased := 0
	for _, row := range stale {
		if row.Status.Class == v1alpha1.ClassPurchased {
			purchased++
		}
	}

	refresh := func() int {
		f.t.Helper()
		written, err := syncrun.RefreshRows(f.ctx, f.client, events.NewFakeRecorder(100), customer, stale,
			usage.Effective{SubscriptionState: usage.StateRequired, SiteURLState: usage.StateRequired}, metav1.Now())
		f.Expect(err).NotTo(HaveOccurred())
		return written
	}
	f.Expect(refresh()).To(Equal(purchased-2), "all purchased rows but those two")
	customer.Spec.DeletionPolicy = v1alpha1.DeletionPolicyRetain // now the rows themselves are to change, too
	f.Expect(refresh()).To(Equal(len(stale)-purchased), "by now the purchased rows are stale, all of them")
	f.Expect(f.list("acme")).To(HaveLen(len(stale) - 1))
	kept := f.row(customer, "Webex Calling - Professional", "")
	f.Expect(kept.Status.ConsumedUnits).To(HaveValue(BeEquivalentTo(42)))
	f.Expect(kept.Status.AssignableReason).To(Equal(v1alpha1.AssignableYes), "its own event brings that")
	f.Expect(f.row(customer, "Webex Meetings Suite", "").Status.AssignableReason).To(Equal(v1alpha1.AssignableDefaultSubscriptionRequired))
	f.Expect(f.row(customer, "Basic Messaging", "").OwnerReferences).To(BeEmpty())
}
