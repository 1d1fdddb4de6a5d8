package partner_test

import (
	"encoding/json"
	"fmt"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/partner"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// settled has so many customers that need nothing.
func settled(b *testing.B, customers int) *partner.World {
	b.Helper()
	w := &partner.World{Partner: &v1alpha1.WebexPartner{ObjectMeta: metav1.ObjectMeta{Name: "reseller", Namespace: "customers"}}}
	hierarchy("hcs.provider")(&w.Partner.Spec)
	w.Partner.Spec.CredentialsSecretRef.Name, w.Partner.Spec.Mode = "one", v1alpha1.PartnerModeCreate
	w.Partner.Spec.Template.Labels = map[string]string{"tier": "gold"}
	w.Partner.Spec.MaxNewPerPass = int32(customers) //nolint:gosec // small
	for n := range customers {
		id, err := webex.ParseOrganizationID(idOf(n + 1))
		if err != nil {
			b.Fatal(err)
		}
		w.Organizations = append(w.Organizations, partner.Organization{ID: id, Name: fmt.Sprintf("Customer %05d", n)})
	}
	for _, write := range w.Decide().Writes {
		r := &record{name: write.Name, values: map[string]any{}, owners: map[string][]string{}}
		if err := r.apply(ours, flatten(write.Fields), false); err != nil {
			b.Fatal(err)
		}
		w.Customers = append(w.Customers, r.customer())
	}
	if d := w.Decide(); len(w.Customers) != customers || len(d.Writes) > 0 {
		b.Fatalf("%d customers, and then %d writes", len(w.Customers), len(d.Writes))
	}
	return w
}

// BenchmarkDecide decides about customers that need nothing. The floor is to read their managed fields once, which says
// who owns what: no decision does less.
func BenchmarkDecide(b *testing.B) {
	for _, customers := range []int{1_000, 10_000} {
		w := settled(b, customers)
		var floor float64
		b.Run(fmt.Sprintf("%d/floor", customers), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for i := range w.Customers {
					for _, entry := range w.Customers[i].ManagedFields {
						var tree map[string]any
						if err := json.Unmarshal(entry.FieldsV1.GetRawBytes(), &tree); err != nil {
							b.Fatal(err)
						}
					}
				}
			}
			floor = float64(b.Elapsed()) / float64(b.N)
		})
		b.Run(fmt.Sprintf("%d/customers", customers), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w.Decide()
			}
			if floor > 0 {
				b.ReportMetric(float64(b.Elapsed())/float64(b.N)/floor, "floors")
			}
		})
	}
}
