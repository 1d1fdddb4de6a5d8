package rows

import (
	"fmt"
	"testing"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/usage"
)

func TestGuardRemovals(t *testing.T) {
	t.Parallel()
	rows := func(n int) []usage.Row {
		var list []usage.Row
		for i := range n {
			list = append(list, counted(fmt.Sprint(i), 1))
		}
		return list
	}
	for name, test := range map[string]struct {
		have, left int
		maxPercent *int32
		held       bool
	}{
		"nothing to remove":            {have: 20, left: 20},
		"half of twenty":               {have: 20, left: 10},
		"more than half":               {have: 20, left: 9, held: true},
		"all of twenty":                {have: 20, left: 0, held: true},
		"few of few":                   {have: 9, left: 1},
		"all of few":                   {have: 3, left: 0, held: true},
		"one of ten, none allowed":     {have: 10, left: 9, maxPercent: new(int32(0)), held: true},
		"one of nine, none allowed":    {have: 9, left: 8, maxPercent: new(int32(0))},
		"nearly all, all allowed":      {have: 20, left: 1, maxPercent: new(int32(100))},
		"an empty list, all allowed":   {have: 20, left: 0, maxPercent: new(int32(100)), held: true},
		"an empty list, and it was so": {have: 0, left: 0},
		"exactly the share":            {have: 10, left: 9, maxPercent: new(int32(10))},
		"a little more than the share": {have: 11, left: 9, maxPercent: new(int32(18)), held: true},
		"a little less than that":      {have: 11, left: 9, maxPercent: new(int32(19))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			customer := testCustomer()
			if test.maxPercent != nil {
				customer.Spec.Prune = &v1alpha1.Prune{MaxPercent: test.maxPercent}
			}
			existing := stored(customer, rows(test.have)...)
			guard := func() ruling {
				return pruneCase{
					customer: customer, existing: existing, emptied: test.left == 0, collects: func(v1alpha1.Level) bool { return true },
					removals: compare(customer, existing, desiredRows(customer, rows(test.left)...), diffTime).Removals,
				}.rule()
			}
			gone := test.have - test.left
			v := guard()
			if !test.held {
				g.Expect(v.held).To(BeNil())
				g.Expect(v.kept).To(BeEmpty())
				g.Expect(v.removals).To(HaveLen(gone))
				return
			}
			g.Expect(v.removals).To(BeEmpty())
			g.Expect(v.kept).To(HaveLen(gone))
			g.Expect(v.held.Rows).To(HaveValue(BeEquivalentTo(gone)))

			metav1.SetMetaDataAnnotation(&customer.ObjectMeta, v1alpha1.AnnotationApprovePrune, v.held.Token)
			v = guard()
			g.Expect(v.held).To(BeNil(), "approved")
			g.Expect(v.removals).To(HaveLen(gone))
			existing[len(existing)-1].UID = "made anew"
			g.Expect(guard().held).NotTo(BeNil(), "that was about another row")
		})
	}
}
