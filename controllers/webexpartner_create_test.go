package controllers

import (
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/partner"
)

// A report of 1,000 organizations costs one request and one write; a day later another request, and no write.
func TestPartnerReports(t *testing.T) {
	p := newProvider(t, 1000)
	p.create(p.WebexPartner)
	ready := p.await(discovered, "1000/1000/0/1000/0/0/0")
	p.Expect(ready.Message).To(Equal("1000 organizations, of which spec.select selects 1000; spec.mode Create would make 1000 customers"))
	p.Expect(p.Status.OrganizationID).To(Equal(p.webex.Organization))
	p.Expect(p.Status.Organizations).To(HaveLen(50))
	p.Expect(p.Status.Organizations[0]).To(Equal(v1alpha1.PartnerOrganization{
		ID: p.webex.Customers[0], DisplayName: "Customer 0001", Customer: p.Status.Organizations[0].Customer, State: v1alpha1.PartnerOrganizationWaiting,
	}))
	p.Expect(meta.IsStatusConditionTrue(p.Status.Conditions, v1alpha1.ConditionDiscoveryFresh)).To(BeTrue())
	p.quiet()
	p.Expect(p.sim.TotalRequests()).To(Equal(1))
	p.Expect(p.written()).To(Equal(map[string]int{"PATCH webexpartners/status": 1}))
	p.Expect(p.customers("hcs")).To(BeEmpty())

	p.forget()
	p.nextDay()
	p.quiet()
	p.stop()
	p.start()
	p.Eventually(p.sim.TotalRequests).Should(Equal(2), "a restart asks once, too")
	p.quiet()
	p.Expect(p.sim.TotalRequests()).To(Equal(2))
	p.Expect(p.written()).To(BeEmpty())
	p.Expect(p.told.of("WebexPartner", "hcs")).To(Equal([]string{"Normal Discovered"}))
}

// Which organization is the partner's own, Webex is asked once. It becomes no customer.
func TestPartnerAsksForItsOwnOrganizationOnce(t *testing.T) {
	p := newProvider(t, 3)
	p.Spec.OrganizationID = ""
	p.create(p.WebexPartner)
	p.await(discovered, "3/3/0/3/0/0/0")
	p.Expect(p.Status.OrganizationID).To(Equal(p.webex.Organization))
	p.nextDay()
	p.quiet()
	p.stop()
	p.start()
	p.Eventually(func() int { return p.sim.Requests()[listsAsked] }).Should(Equal(3))
	p.quiet()
	p.Expect(p.sim.Requests()).To(Equal(map[string]int{listsAsked: 3, ownAsked: 1}))
	p.Expect(p.written()).To(Equal(map[string]int{"PATCH webexpartners/status": 1}))
}

// Customers are made a few at a time, with a minute between, also over events and a restart. Nothing is asked for twice,
// each customer is written once, and the next day writes nothing.
func TestPartnerCreates(t *testing.T) {
	const customers, atATime = 50, 20
	p := newProvider(t, customers)
	p.Spec.Mode = v1alpha1.PartnerModeCreate
	p.Spec.Template = &v1alpha1.CustomerTemplate{Schedule: &v1alpha1.PartnerSchedule{Schedule: "0 1 1 1 *", SpreadSeconds: new(int32(60))}}
	p.create(p.WebexPartner)
	p.await(creatingTheRest, "50/50/20/30/0/0/0")
	p.look()
	p.quiet()
	p.Expect(p.customers("hcs")).To(HaveLen(atATime), "events do not shorten the pause")
	p.Expect(p.written()).To(Equal(map[string]int{"PATCH webexpartners/status": 1, "PATCH webexcustomeraccesses": 20, "PATCH licensesyncschedules": 1}))

	p.clock.SetTime(p.clock.Now().Add(partner.PassInterval / 2))
	p.stop()
	p.start()
	p.Eventually(func() int { return p.sim.Requests()[listsAsked] }).Should(Equal(2), "the list is in memory only")
	p.quiet()
	p.Expect(p.customers("hcs")).To(HaveLen(atATime), "nor does a restart")
	for pass, want := range []string{"50/50/40/10/0/0/0", "50/50/50/0/0/0/0"} {
		p.later(2 * partner.PassInterval)
		p.await(map[int]string{0: creatingTheRest, 1: discovered}[pass], want)
		p.quiet() // else a write may cross that of the test, and is sent again
	}
	p.Expect(p.sim.Requests()[listsAsked]).To(Equal(2))
	p.Expect(p.written()).To(Equal(map[string]int{"PATCH webexpartners/status": 3, "PATCH webexcustomeraccesses": customers, "PATCH licensesyncschedules": 1}))
	p.expectFirstRuns(customers)

	p.forget()
	p.nextDay()
	p.quiet()
	p.Expect(p.written()).To(BeEmpty())
	p.Expect(p.told.of("WebexPartner", "hcs")).To(Equal([]string{"Normal CustomersCreated", "Normal CustomersCreated", "Normal CustomersCreated", "Normal Discovered"}))
}

// expectFirstRuns waits for a run of each customer, by the schedule of the partner or by itself, which Webex never put off.
func (p *provider) expectFirstRuns(customers int) {
	p.t.Helper()
	schedule := &v1alpha1.LicenseSyncSchedule{ObjectMeta: p.meta("hcs")}
	p.Eventually(func(g Gomega) {
		g.Expect(p.client.Get(p.ctx, keyOf(schedule), schedule)).To(Succeed())
		g.Expect(schedule.Status.Targets).NotTo(BeNil())
		g.Expect(schedule.Status.Targets.Total).To(HaveValue(BeEquivalentTo(customers)))
		synced := 0
		for _, c := range p.customers("hcs") {
			g.Expect(c.Labels).To(HaveKeyWithValue(v1alpha1.LabelDefaultSchedule, partner.ScheduleNone))
			if meta.IsStatusConditionTrue(c.Status.Conditions, v1alpha1.ConditionReady) {
				synced++
			}
		}
		g.Expect(synced).To(Equal(customers))
	}).Should(Succeed())
	for _, record := range p.sim.RequestLog() {
		p.Expect(record.Status).To(BeNumerically("<", 400), fmt.Sprintf("%+v", record))
	}
}

// A suspended partner asks for nothing and changes nothing. One with a selector that cannot be read says which field.
func TestPartnerThatRests(t *testing.T) {
	p := newProvider(t, 3)
	p.Spec.Suspend, p.Spec.Mode = new(true), v1alpha1.PartnerModeCreate
	p.create(p.WebexPartner)
	p.await("True Suspended", "none")
	p.quiet()
	p.Expect(p.sim.TotalRequests()).To(BeZero())
	p.alter(func(p *v1alpha1.WebexPartner) {
		p.Spec.Suspend = nil
		p.Spec.Select = &v1alpha1.OrganizationSelector{OrganizationMatch: v1alpha1.OrganizationMatch{OrganizationIDs: []string{"0000000000000000000000000000000000000"}}}
	})
	p.Expect(p.await("False InvalidSelector Stalled InvalidSelector", "none").Message).To(ContainSubstring("spec.select.organizationIDs[0]"))
	p.Expect(p.sim.TotalRequests()).To(BeZero())
	p.alter(func(p *v1alpha1.WebexPartner) {
		p.Spec.Select.OrganizationIDs = nil
		p.Spec.Select.Names = []string{"0002$"}
	})
	p.await(discovered, "3/1/1/0/0/0/0")

	p.alter(func(p *v1alpha1.WebexPartner) { p.Spec.Suspend = new(true) })
	p.await("True Suspended", "3/1/1/0/0/0/0")
	p.Expect(p.client.DeleteAllOf(p.ctx, &v1alpha1.WebexCustomerAccess{}, client.InNamespace(p.namespace))).To(Succeed())
	p.forget()
	p.later(48 * time.Hour)
	p.quiet()
	p.Expect(p.customers("hcs")).To(BeEmpty())
	p.Expect(p.written()).To(BeEmpty())
	p.Expect(p.sim.Requests()[listsAsked]).To(BeZero())
	p.alter(func(p *v1alpha1.WebexPartner) { p.Spec.Suspend = nil })
	p.await(discovered, "3/1/1/0/0/0/0")
}
