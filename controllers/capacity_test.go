package controllers

import (
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// used is a row of which so many percent of 1000 units are in use.
func used(name string, percent int32) v1alpha1.WebexLicense {
	return v1alpha1.WebexLicense{
		Spec: v1alpha1.WebexLicenseSpec{Level: v1alpha1.LevelCustomer},
		Status: v1alpha1.WebexLicenseStatus{
			Name: name, Class: v1alpha1.ClassPurchased, UtilizationPercent: &percent,
			TotalUnits: new(int64(1000)), ConsumedUnits: new(int64(percent) * 10),
		},
	}
}

// said is what a row said before.
func said(reason string) []metav1.Condition {
	return []metav1.Condition{{Type: v1alpha1.ConditionCapacityOK, Reason: reason}}
}

func TestCapacity(t *testing.T) {
	t.Parallel()
	unlike := func(row v1alpha1.WebexLicense, alter func(*v1alpha1.WebexLicense)) v1alpha1.WebexLicense {
		alter(&row)
		return row
	}
	const within, warning, critical, exhausted, over = v1alpha1.ReasonWithinThresholds, v1alpha1.ReasonWarning,
		v1alpha1.ReasonCritical, v1alpha1.ReasonExhausted, v1alpha1.ReasonOverAssigned
	for name, test := range map[string]struct {
		previous   string
		thresholds *v1alpha1.Thresholds
		rows       []v1alpha1.WebexLicense
		want       string
		names      string
	}{
		"no rows":                      {want: within},
		"below the warning":            {rows: []v1alpha1.WebexLicense{used("a", 79)}, want: within},
		"at the warning":               {rows: []v1alpha1.WebexLicense{used("a", 80)}, want: warning, names: "a"},
		"below critical":               {rows: []v1alpha1.WebexLicense{used("a", 94)}, want: warning, names: "a"},
		"critical":                     {rows: []v1alpha1.WebexLicense{used("a", 95)}, want: critical, names: "a"},
		"nearly exhausted":             {rows: []v1alpha1.WebexLicense{used("a", 99)}, want: critical, names: "a"},
		"exhausted":                    {rows: []v1alpha1.WebexLicense{used("a", 100)}, want: exhausted, names: "a"},
		"over-assigned":                {rows: []v1alpha1.WebexLicense{used("a", 101)}, want: over, names: "a"},
		"the worst are named, sorted":  {rows: []v1alpha1.WebexLicense{used("c", 96), used("a", 85), used("b", 95)}, want: critical, names: "b, c"},
		"a name is told once":          {rows: []v1alpha1.WebexLicense{used("a", 96), used("a", 97)}, want: critical, names: "a"},
		"nothing bought, nothing used": {rows: []v1alpha1.WebexLicense{unlike(used("a", 0), func(r *v1alpha1.WebexLicense) { r.Status.TotalUnits = new(int64(0)) })}, want: within},
		"included rows say nothing":    {rows: []v1alpha1.WebexLicense{unlike(used("a", 200), func(r *v1alpha1.WebexLicense) { r.Status.Class = v1alpha1.ClassIncluded })}, want: within},
		"sites share the pool":         {rows: []v1alpha1.WebexLicense{unlike(used("a", 200), func(r *v1alpha1.WebexLicense) { r.Spec.Level = v1alpha1.LevelSite })}, want: within},
		"unknown figures say nothing":  {rows: []v1alpha1.WebexLicense{unlike(used("a", 200), func(r *v1alpha1.WebexLicense) { r.Status.TotalUnits = nil })}, want: within},

		"thresholds of the spec": {thresholds: &v1alpha1.Thresholds{WarningPercent: 50, CriticalPercent: 60}, rows: []v1alpha1.WebexLicense{used("a", 60)}, want: critical, names: "a"},
		"one threshold":          {thresholds: &v1alpha1.Thresholds{WarningPercent: 50}, rows: []v1alpha1.WebexLicense{used("a", 60)}, want: warning, names: "a"},

		"a warning stays within the hysteresis": {previous: warning, rows: []v1alpha1.WebexLicense{used("a", 75)}, want: warning, names: "a"},
		"a warning goes below it":               {previous: warning, rows: []v1alpha1.WebexLicense{used("a", 74)}, want: within},
		"hysteresis makes no warning":           {previous: within, rows: []v1alpha1.WebexLicense{used("a", 79)}, want: within},
		"critical stays within the hysteresis":  {previous: critical, rows: []v1alpha1.WebexLicense{used("a", 90)}, want: critical, names: "a"},
		"critical becomes a warning":            {previous: critical, rows: []v1alpha1.WebexLicense{used("a", 89)}, want: warning, names: "a"},
		"critical becomes a lingering warning":  {previous: critical, rows: []v1alpha1.WebexLicense{used("a", 76)}, want: warning, names: "a"},
		"a warning gets worse":                  {previous: warning, rows: []v1alpha1.WebexLicense{used("a", 96)}, want: critical, names: "a"},
		"hysteresis makes nothing worse":        {previous: warning, rows: []v1alpha1.WebexLicense{used("a", 92)}, want: warning, names: "a"},
		"over-assigned has no hysteresis":       {previous: over, rows: []v1alpha1.WebexLicense{used("a", 100)}, want: exhausted, names: "a"},
		"no hysteresis":                         {previous: warning, thresholds: &v1alpha1.Thresholds{HysteresisPercent: new(int32(0))}, rows: []v1alpha1.WebexLicense{used("a", 79)}, want: within},
		"a hysteresis wider than the gap":       {previous: warning, thresholds: &v1alpha1.Thresholds{CriticalPercent: 82}, rows: []v1alpha1.WebexLicense{used("a", 78)}, want: warning, names: "a"},
		"each licence remembers for itself": {previous: within, want: warning, names: "a", rows: []v1alpha1.WebexLicense{
			unlike(used("a", 76), func(r *v1alpha1.WebexLicense) { r.Status.Conditions = said(warning) }), used("b", 76),
		}},
		"what was worse before no longer matters": {previous: over, rows: []v1alpha1.WebexLicense{used("a", 10)}, want: within},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			customer := &v1alpha1.WebexCustomerAccess{Spec: v1alpha1.WebexCustomerAccessSpec{Thresholds: test.thresholds}}
			for i := range test.rows {
				if status := &test.rows[i].Status; test.previous != "" && status.Conditions == nil {
					status.Conditions = said(test.previous)
				}
			}
			condition := (&customerScope{customer: customer, rows: test.rows}).capacity()
			g.Expect(condition.Reason).To(Equal(test.want), condition.Message)
			g.Expect(condition.Status == metav1.ConditionTrue).To(Equal(test.want == within))
			if test.names != "" {
				g.Expect(condition.Message).To(HaveSuffix(": " + test.names))
			}
		})
	}
}

// CapacityOK names the licences that run out, and follows runs and thresholds.
func TestCapacityOfACustomer(t *testing.T) {
	f := newFixture(t, func(o *fixtureOptions) { o.organization = webexsim.OverAssignedOrganization() })
	customer := f.createCustomer("initech")
	f.expectFigures(customer)
	condition := f.awaitCondition(customer, v1alpha1.ConditionCapacityOK, metav1.ConditionFalse, v1alpha1.ReasonOverAssigned)
	f.Expect(condition.Message).To(HaveSuffix(": Webex Calling - Professional, Webex Meetings Suite"))
	f.Expect(meta.IsStatusConditionTrue(customer.Status.Conditions, v1alpha1.ConditionReady)).To(BeTrue(), "a full licence is no fault of the operator")
	f.Expect(*f.row(customer, "Webex Calling - Professional", "").Status.AvailableUnits).To(BeNumerically("<", 0))
	f.Expect(*f.row(customer, "Webex Meetings Suite", "").Status.ResidualUnits).To(BeEquivalentTo(5), "users of other organizations")

	// Calling has 12 units in use.
	f.Expect(f.org.SetTotal("Webex Meetings Suite", 100)).To(Succeed())
	for _, step := range []struct {
		total  int
		status metav1.ConditionStatus
		reason string
	}{
		{12, metav1.ConditionFalse, v1alpha1.ReasonExhausted},
		{15, metav1.ConditionFalse, v1alpha1.ReasonWarning},         // 80 percent
		{16, metav1.ConditionFalse, v1alpha1.ReasonWarning},         // 75 percent: within the hysteresis
		{17, metav1.ConditionTrue, v1alpha1.ReasonWithinThresholds}, // 70 percent
		{16, metav1.ConditionTrue, v1alpha1.ReasonWithinThresholds}, // and now 75 percent is no reason to warn
	} {
		f.Expect(f.org.SetTotal("Webex Calling - Professional", step.total)).To(Succeed())
		f.run("initech")
		f.settle(customer)
		f.awaitCondition(customer, v1alpha1.ConditionCapacityOK, step.status, step.reason)
	}

	f.forget()
	f.change(customer, func(c *v1alpha1.WebexCustomerAccess) {
		c.Spec.Thresholds = &v1alpha1.Thresholds{WarningPercent: 70, CriticalPercent: 75}
	})
	f.awaitCondition(customer, v1alpha1.ConditionCapacityOK, metav1.ConditionFalse, v1alpha1.ReasonCritical)
	f.Eventually(func() *metav1.Condition {
		row := f.row(customer, "Webex Calling - Professional", "")
		return meta.FindStatusCondition(row.Status.Conditions, v1alpha1.ConditionCapacityOK)
	}).Should(HaveField("Reason", v1alpha1.ReasonCritical))
	f.Expect(f.row(customer, "Basic Messaging", "").Status.Conditions).To(HaveLen(1), "an included licence has no capacity")
	f.Expect(f.sim.Requests()).To(BeEmpty(), "thresholds are no matter of Webex")
}
