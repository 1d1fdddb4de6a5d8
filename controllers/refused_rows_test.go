package controllers

import (
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// Each text that Webex sends may be longer than the API takes. A longer identity is one odd
// row; all else is cut. The other rows are written, and a row that was there stays.
func TestOddRows(t *testing.T) {
	long := strings.Repeat("é\u202e<\"", 300)
	for name, test := range map[string]struct {
		odd     webexsim.LicenseSpec
		refused int32
	}{
		"name":         {odd: webexsim.LicenseSpec{Name: long, Total: 5}},
		"offer code":   {odd: webexsim.LicenseSpec{Name: "odd", OfferCode: strings.Repeat("é", 40), Total: 5}},
		"subscription": {odd: webexsim.LicenseSpec{Name: "odd", Subscription: long, Total: 5}},
		"site URL":     {odd: webexsim.LicenseSpec{Name: "odd", SiteURL: strings.Repeat("s", 250) + ".webex.com", Total: 5}},
		"site type":    {odd: webexsim.LicenseSpec{Name: "odd", SiteURL: "a.webex.com", SiteType: long, Total: 5}},
		"units":        {odd: webexsim.LicenseSpec{Name: "odd", Total: -7}},
		"id":           {odd: webexsim.LicenseSpec{Name: "odd", UUID: strings.Repeat("a", 600), Total: 5}, refused: 1},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			customer := f.createCustomer("acme", unhurried)
			before := len(f.list("acme"))
			f.Expect(f.org.SetTotal("Advanced Messaging", 4321)).To(Succeed())
			if test.odd.UUID == "" {
				test.odd.UUID = "5d3c4dcb-7b44-4b3d-a1a5-6a1b2c3d4e5f"
			}
			f.org.AddLicense(test.odd)

			run := f.run("acme")
			f.expectReason(run, v1alpha1.ReasonSucceeded)
			f.Expect(ptr.Deref(run.Status.Rows.Refused, 0)).To(Equal(test.refused), "%+v", run.Status)
			f.Expect(f.row(customer, "Advanced Messaging", "").Status.TotalUnits).To(HaveValue(BeEquivalentTo(4321)))
			f.Expect(len(f.list("acme"))).To(Equal(before + 1 - int(test.refused)))
			f.settle(customer)
			ready := meta.FindStatusCondition(customer.Status.Conditions, v1alpha1.ConditionReady)
			f.Expect(ready.Reason).To(Equal(v1alpha1.ReasonSynced))
			if test.refused > 0 {
				for _, told := range []string{run.Status.Message, customer.Status.LastRun.Message, ready.Message} {
					f.Expect(told).To(ContainSubstring(`licence "odd"`))
					f.Expect(told).To(ContainSubstring("spec.licenseID"), "the API server's words")
				}
				f.Expect(customer.Status.LastRun.RefusedRows).To(HaveValue(Equal(test.refused)))
			}
			again := f.run("acme")
			f.Expect(*again.Status.Rows.Added+*again.Status.Rows.Updated+*again.Status.Rows.Removed).To(BeZero(), "%+v", again.Status.Rows)
		})
	}
}

// A quota of rows is told in the API server's words where a tenant reads them. What is there
// already is kept up to date, and no walk is made again for what would be refused again.
func TestRowsOverQuota(t *testing.T) {
	f := newFixture(t)
	customer := f.createCustomer("acme", unhurried)
	used := resource.MustParse("1000")
	quota := &corev1.ResourceQuota{
		ObjectMeta: f.meta("rows"),
		Spec:       corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{"count/webexlicenses.licensing.webex-operator.io": resource.MustParse("1")}},
	}
	f.create(quota)
	f.Eventually(func(g Gomega) { // the controller of quotas writes the same, later
		g.Expect(f.client.Get(f.ctx, client.ObjectKeyFromObject(quota), quota)).To(Succeed())
		quota.Status.Hard = quota.Spec.Hard
		quota.Status.Used = corev1.ResourceList{"count/webexlicenses.licensing.webex-operator.io": used}
		g.Expect(f.client.Status().Update(f.ctx, quota)).To(Succeed())
	}).Should(Succeed())
	f.Expect(f.org.SetTotal("Advanced Messaging", 4321)).To(Succeed())
	f.org.AddLicense(webexsim.LicenseSpec{Name: "one too many", Total: 5})

	run := f.run("acme")
	f.expectReason(run, v1alpha1.ReasonRowsRefused)
	f.Expect(run.Status.Message).To(And(ContainSubstring("exceeded quota: rows"), ContainSubstring(`licence "one too many"`)))
	f.Expect(run.Status.FailedAttempts).To(HaveValue(BeEquivalentTo(1)))
	f.Expect(f.row(customer, "Advanced Messaging", "").Status.TotalUnits).To(HaveValue(BeEquivalentTo(4321)))
	f.Eventually(func(g Gomega) {
		g.Expect(f.client.Get(f.ctx, client.ObjectKeyFromObject(customer), customer)).To(Succeed())
		ready := meta.FindStatusCondition(customer.Status.Conditions, v1alpha1.ConditionReady)
		g.Expect(ready.Message).To(ContainSubstring("exceeded quota: rows"))
		g.Expect(meta.IsStatusConditionTrue(customer.Status.Conditions, v1alpha1.ConditionReady)).To(BeTrue(), "its figures are fresh")
	}).Should(Succeed())
	walked := 0
	for _, r := range f.sim.RequestLog() {
		if r.Operation == "GET /licenses" {
			walked++
		}
	}
	f.Expect(walked).To(Equal(2), "the first run, and this one")

	f.Expect(f.client.Delete(f.ctx, quota)).To(Succeed())
	f.Eventually(func(g Gomega) { // until the API server's copy of quotas is without it
		f.expectReason(f.run("acme"), v1alpha1.ReasonSucceeded)
	}).Should(Succeed())
	f.expectFigures(customer)
}
