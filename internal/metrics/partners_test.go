package metrics

import (
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus/testutil"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

func TestStateOfPartners(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	customer := acme()
	customer.Labels = map[string]string{v1alpha1.LabelPartner: "provider"}
	state := &State{Reader: reader(
		t, customer,
		&v1alpha1.WebexPartner{ObjectMeta: named("new")},
		&v1alpha1.WebexPartner{ObjectMeta: named("provider"), Status: v1alpha1.WebexPartnerStatus{
			Conditions: []metav1.Condition{condition(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonCustomersHeld)},
			OrganizationCounts: &v1alpha1.PartnerCounts{
				Found: new(int32(100)), Selected: new(int32(90)), Created: new(int32(60)), Waiting: new(int32(20)), ReadElsewhere: new(int32(9)), Vanished: new(int32(30)), Refused: new(int32(1)),
			},
			Held:          &v1alpha1.HeldCustomers{Customers: new(int32(29)), Token: "t"},
			Organizations: []v1alpha1.PartnerOrganization{{ID: "22222222-2222-4333-8444-555555555555", DisplayName: "Globex", State: v1alpha1.PartnerOrganizationHeld}},
		}},
	)}
	var lines []string
	for line := range strings.Lines(scrape(t, state)) {
		if strings.Contains(line, "partner") {
			lines = append(lines, line)
		}
	}
	want := `
webexlicense_customer_info{hierarchy_path="hcs.emea",name="acme",namespace="tenants",organization="11111111-2222-4333-8444-555555555555",partner="provider"} 1
webexlicense_partner_condition{namespace="tenants",partner="provider",reason="CustomersHeld",status="False",type="Ready"} 1
webexlicense_partner_organizations{namespace="tenants",partner="provider",state="created"} 60
webexlicense_partner_organizations{namespace="tenants",partner="provider",state="found"} 100
webexlicense_partner_organizations{namespace="tenants",partner="provider",state="held"} 29
webexlicense_partner_organizations{namespace="tenants",partner="provider",state="read_elsewhere"} 9
webexlicense_partner_organizations{namespace="tenants",partner="provider",state="refused"} 1
webexlicense_partner_organizations{namespace="tenants",partner="provider",state="selected"} 90
webexlicense_partner_organizations{namespace="tenants",partner="provider",state="vanished"} 30
webexlicense_partner_organizations{namespace="tenants",partner="provider",state="waiting"} 20
`
	g.Expect("\n" + strings.Join(lines, "")).To(Equal(want))
}

// The time of a discovery is that of a complete one, and goes with its partner.
func TestObserveDiscovery(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	partner, other := types.NamespacedName{Namespace: "tenants", Name: "observed"}, types.NamespacedName{Namespace: "others", Name: "observed"}
	last := func(p types.NamespacedName) float64 {
		return testutil.ToFloat64(partnerLastDiscovery.WithLabelValues(p.Namespace, p.Name))
	}
	ObserveDiscovery(partner, "", noon.Time)
	ObserveDiscovery(other, "", noon.Time)
	ObserveDiscovery(partner, v1alpha1.ReasonForbidden, noon.Add(time.Hour))
	g.Expect(last(partner)).To(Equal(float64(noon.Unix())))
	g.Expect(testutil.ToFloat64(partnerDiscoveries.WithLabelValues("Complete"))).To(Equal(2.0))
	g.Expect(testutil.ToFloat64(partnerDiscoveries.WithLabelValues(v1alpha1.ReasonForbidden))).To(Equal(1.0))
	ForgetPartner(partner)
	g.Expect(testutil.CollectAndCount(partnerLastDiscovery)).To(Equal(1))
	g.Expect(last(other)).To(Equal(float64(noon.Unix())))
}
