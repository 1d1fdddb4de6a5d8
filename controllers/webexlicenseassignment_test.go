package controllers

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

const planPending = "Unknown PlanPending Reconciling PlanPending"

// A new assignment gets one run. Once it is planned, it has no further one, and nothing is written, however often it
// and its customer are looked at.
func TestAssignmentIsPlannedOnce(t *testing.T) {
	f := newFixture(t)
	customer := f.createCustomer("acme")
	f.create(f.people(0, 1, 20))
	assignment := f.newAssignment("meetings", "acme")
	f.create(assignment)
	f.awaitVerdict(assignment, planPending)
	f.awaitRuns("acme", v1alpha1.TriggerAssignment, 1)
	f.awaitVerdict(assignment, "True PlanOnly")
	f.Expect(assignment.Status.Plan.Add).To(HaveValue(BeEquivalentTo(1)))
	f.settle(customer)
	f.forget()
	for range 5 {
		f.poke(customer)
		f.changeAssignment(assignment, func(a *v1alpha1.WebexLicenseAssignment) {
			a.Labels = map[string]string{"poked": a.ResourceVersion}
		})
		f.settle(customer)
	}
	f.stop()
	f.start()
	f.settle(customer)
	f.Expect(f.writes.all()).To(BeEmpty())
	f.Expect(f.writes.secretReads()).To(BeZero())
	f.Expect(f.sim.TotalRequests()).To(BeZero())
	f.Expect(f.told.of("WebexLicenseAssignment", "meetings")).To(BeEmpty())
}
