package syncrun

import (
	"testing"

	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// What an old copy of the rows decided is refused, also of a row that is not in it: another
// run may have made it meanwhile.
func TestAnOldCopyWritesNoFigures(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	scheme := runtime.NewScheme()
	g.Expect(v1alpha1.AddToScheme(scheme)).To(Succeed())
	customer := testCustomer()
	c := fake.NewClientBuilder().WithScheme(scheme).WithStatusSubresource(&v1alpha1.WebexLicense{}).Build()
	recorder := events.NewFakeRecorder(10)
	write := func(existing []v1alpha1.WebexLicense, consumed int64) error {
		d := diffOf(customer, existing, counted("a", consumed))
		g.Expect(d.Changes).To(HaveLen(1))
		return applyRow(t.Context(), c, recorder, d.Changes[0])
	}
	rows := func() []v1alpha1.WebexLicense {
		var list v1alpha1.WebexLicenseList
		g.Expect(c.List(t.Context(), &list, client.InNamespace(customer.Namespace))).To(Succeed())
		g.Expect(list.Items).To(HaveLen(1))
		return list.Items
	}

	g.Expect(write(nil, 1)).To(Succeed())
	first := rows()
	g.Expect(apierrors.IsConflict(write(nil, 2))).To(BeTrue(), "the row is not new")
	g.Expect(rows()[0].Status.ConsumedUnits).To(HaveValue(BeEquivalentTo(1)))
	g.Expect(write(rows(), 3)).To(Succeed())
	g.Expect(apierrors.IsConflict(write(first, 4))).To(BeTrue(), "the row is another one by now")
	g.Expect(rows()[0].Status.ConsumedUnits).To(HaveValue(BeEquivalentTo(3)))
}
