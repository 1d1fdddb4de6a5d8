package rows

import (
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/usage"
)

var diffTime = metav1.NewTime(time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC))

// counted is a licence with units in use.
func counted(license string, consumed int64) usage.Row {
	row := usageRow(usage.LevelCustomer, license, "Licence "+license, "", "")
	row.Total, row.Consumed = new(int64(100)), &consumed
	return row
}

func desiredRows(customer *v1alpha1.WebexCustomerAccess, rows ...usage.Row) []*v1alpha1.WebexLicense {
	var desired []*v1alpha1.WebexLicense
	for _, row := range rows {
		desired = append(desired, Desired(customer, row, usage.Effective{}))
	}
	return desired
}

// stored are rows as a first run left them an hour ago.
func stored(customer *v1alpha1.WebexCustomerAccess, rows ...usage.Row) []v1alpha1.WebexLicense {
	before := metav1.NewTime(diffTime.Add(-time.Hour))
	var list []v1alpha1.WebexLicense
	for _, change := range compare(customer, nil, desiredRows(customer, rows...), before).Changes {
		row := *change.After
		row.Generation, row.CreationTimestamp, row.UID = 1, before, types.UID("uid-of-"+row.Name)
		list = append(list, row)
	}
	return list
}

func TestCompare(t *testing.T) {
	t.Parallel()
	customer := testCustomer()
	g := NewWithT(t)

	d := compare(customer, nil, desiredRows(customer, counted("a", 1), counted("b", 2)), diffTime)
	g.Expect(d.Changes).To(HaveLen(2))
	g.Expect(d.Changes[0].Kind).To(Equal(v1alpha1.ChangeAdded))
	g.Expect(d.Changes[0].Object && d.Changes[0].Status).To(BeTrue())
	g.Expect(d.Changes[0].After.Status.LastChangeTime).To(Equal(&diffTime))
	g.Expect(d.Changes[0].After.Status.ObservedGeneration).To(HaveValue(BeEquivalentTo(1)))

	existing := stored(customer, counted("a", 1), counted("b", 2), counted("c", 3))
	d = compare(customer, existing, desiredRows(customer, counted("c", 3), counted("a", 1), counted("b", 2)), diffTime)
	g.Expect(d).To(Equal(Diff{Unchanged: 3}), "an hour later and in another order, nothing changed")

	d = compare(customer, existing, desiredRows(customer, counted("a", 9), counted("d", 4)), diffTime)
	g.Expect(d.Unchanged).To(BeZero())
	g.Expect(d.Changes).To(HaveLen(2))
	g.Expect(d.Changes[0].Kind).To(Equal(v1alpha1.ChangeUpdated))
	g.Expect(d.Changes[0].Object).To(BeFalse(), "figures are in the status alone")
	g.Expect(d.Changes[0].After.Status.Conditions[0].LastTransitionTime).To(Equal(existing[0].Status.Conditions[0].LastTransitionTime))
	g.Expect(d.Changes[1].Kind).To(Equal(v1alpha1.ChangeAdded))
	g.Expect(d.Removals).To(HaveLen(2))
	g.Expect(d.Removals[0].Spec.LicenseID + d.Removals[1].Spec.LicenseID).To(Equal("bc"))
	g.Expect(d.Samples()).To(Equal([]v1alpha1.Change{
		{Kind: v1alpha1.ChangeUpdated, Row: existing[0].Name, License: "Licence a", Location: "acme", Before: "1/100", After: "9/100"},
		{Kind: v1alpha1.ChangeAdded, Row: d.Changes[1].After.Name, License: "Licence d", Location: "acme", After: "4/100"},
		{Kind: v1alpha1.ChangeRemoved, Row: existing[1].Name, License: "Licence b", Location: "acme", Before: "2/100"},
		{Kind: v1alpha1.ChangeRemoved, Row: existing[2].Name, License: "Licence c", Location: "acme", Before: "3/100"},
	}))

	unknown := counted("a", 1)
	unknown.Consumed = nil
	d = compare(customer, existing[:1], desiredRows(customer, unknown), diffTime)
	g.Expect(d.Samples()[0].After).To(Equal("?/100"), "unknown is not zero")
}

func TestCompareMetadata(t *testing.T) {
	t.Parallel()
	customer := testCustomer()
	for name, test := range map[string]struct {
		alter   func(*v1alpha1.WebexLicense)
		changed bool
	}{
		"a label of the user":       {func(r *v1alpha1.WebexLicense) { r.Labels["example.com/x"] = "y" }, false},
		"an annotation of the user": {func(r *v1alpha1.WebexLicense) { r.Annotations = map[string]string{"x": "y"} }, false},
		"another owner beside": {func(r *v1alpha1.WebexLicense) {
			r.OwnerReferences = append(r.OwnerReferences, metav1.OwnerReference{UID: "z"})
		}, false},
		"a name of its own":           {func(r *v1alpha1.WebexLicense) { r.Name = "of-another-time" }, false},
		"our label lost":              {func(r *v1alpha1.WebexLicense) { delete(r.Labels, v1alpha1.LabelLevel) }, true},
		"our label changed":           {func(r *v1alpha1.WebexLicense) { r.Labels[v1alpha1.LabelClass] = "Bogus" }, true},
		"a location it does not have": {func(r *v1alpha1.WebexLicense) { r.Labels[v1alpha1.LabelLocation] = "bogus" }, true},
		"the owner lost":              {func(r *v1alpha1.WebexLicense) { r.OwnerReferences = nil }, true},
		"a customer of the same name": {func(r *v1alpha1.WebexLicense) { r.OwnerReferences[0].UID = "earlier" }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			existing := stored(customer, counted("a", 1))
			test.alter(&existing[0])
			d := compare(customer, existing, desiredRows(customer, counted("a", 1)), diffTime)
			if !test.changed {
				g.Expect(d).To(Equal(Diff{Unchanged: 1}))
				return
			}
			g.Expect(d.Changes).To(HaveLen(1))
			g.Expect(d.Changes[0].Object).To(BeTrue())
			g.Expect(d.Changes[0].Status).To(BeFalse())
			g.Expect(d.Changes[0].After.Name).To(Equal(existing[0].Name))
		})
	}
}

// Two rows of one identity can come from a stale cache only; the older stays,
// whatever the order of the list.
func TestCompareTwins(t *testing.T) {
	t.Parallel()
	customer := testCustomer()
	g := NewWithT(t)
	old := stored(customer, counted("a", 1))[0]
	young := *old.DeepCopy()
	young.Name, young.CreationTimestamp = "another", diffTime
	for _, existing := range [][]v1alpha1.WebexLicense{{old, young}, {young, old}} {
		d := compare(customer, existing, desiredRows(customer, counted("a", 1)), diffTime)
		g.Expect(d.Unchanged).To(Equal(1))
		g.Expect(d.Removals).To(HaveLen(1))
		g.Expect(d.Removals[0].Name).To(Equal("another"))
	}
	young.CreationTimestamp = old.CreationTimestamp // then the name decides
	for _, existing := range [][]v1alpha1.WebexLicense{{old, young}, {young, old}} {
		d := compare(customer, existing, desiredRows(customer, counted("a", 1)), diffTime)
		g.Expect(d.Removals).To(HaveLen(1))
		g.Expect(d.Removals[0].Name).To(Equal(max(old.Name, "another")))
	}
}

func TestSamplesAreFew(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	customer := testCustomer()
	var rows []usage.Row
	for i := range 25 {
		rows = append(rows, counted(fmt.Sprint(i), 1))
	}
	g.Expect(compare(customer, nil, desiredRows(customer, rows...), diffTime).Samples()).To(HaveLen(maxSamples))
	g.Expect(compare(customer, stored(customer, rows...), nil, diffTime).Samples()).To(HaveLen(maxSamples))
	g.Expect(Diff{}.Samples()).To(BeEmpty())
}
