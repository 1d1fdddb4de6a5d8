package controllers

import (
	"testing"

	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// However assignments are deleted, one, or all, or their customer: no person loses anything, though what is left of
// the lists owns the pool, and runs go on.
func TestDeletingAssignmentsTakesNothing(t *testing.T) {
	f := newFixture(t, func(o *fixtureOptions) { o.stopped = true })
	f.start(assigning)
	customer := f.assignable("acme")
	f.create(f.people(0, 1, 2, 20))
	assignment := f.newAssignment("meetings", "acme")
	assignment.Spec.Mode, assignment.Spec.Unlisted = v1alpha1.AssignmentModeEnforce, v1alpha1.UnlistedRemove
	f.create(assignment)
	f.awaitVerdict(assignment, "True InSync")
	holders := f.org.Holders("Webex Meetings Suite")
	f.Expect(holders).To(Equal([]int{0, 1, 2, 20}))

	f.Expect(f.client.Delete(f.ctx, assignment)).To(Succeed())
	f.run("acme")
	f.Expect(f.org.Holders("Webex Meetings Suite")).To(Equal(holders), "the assignment is deleted")

	again := f.newAssignment("meetings", "acme")
	again.Spec = assignment.Spec
	f.create(again)
	f.awaitVerdict(again, "True InSync")
	f.Expect(f.client.DeleteAllOf(f.ctx, &v1alpha1.WebexLicenseAssignment{}, client.InNamespace(f.namespace))).To(Succeed())
	f.Expect(f.client.Delete(f.ctx, f.people())).To(Succeed())
	f.run("acme")
	f.Expect(f.org.Holders("Webex Meetings Suite")).To(Equal(holders), "the folder is deleted")

	f.create(f.people(0, 1, 2, 20))
	again = f.newAssignment("meetings", "acme")
	again.Spec = assignment.Spec
	f.create(again)
	f.awaitVerdict(again, "True InSync")
	f.Expect(f.client.Delete(f.ctx, customer)).To(Succeed())
	f.Eventually(func() error { return f.client.Get(f.ctx, keyOf(customer), customer) }).ShouldNot(Succeed())
	f.awaitVerdict(again, "False CustomerNotFound Reconciling CustomerNotFound")
	f.Expect(f.org.Holders("Webex Meetings Suite")).To(Equal(holders), "the customer is deleted")
}

// Of two assignments that own the pool together, or of which one kept it as it was, the one that is left takes nothing
// from the people of the one that is deleted, unless a person approves that or says it anew.
func TestDeletingOneOfTwoAssignmentsTakesNothing(t *testing.T) {
	f := newFixture(t, func(o *fixtureOptions) { o.stopped = true })
	f.start(assigning)
	f.assignable("acme")
	f.create(f.people(0, 1, 2, 20))
	all := f.newAssignment("all", "acme")
	all.Spec.Mode, all.Spec.Unlisted = v1alpha1.AssignmentModeEnforce, v1alpha1.UnlistedRemove
	one := f.newAssignment("one", "acme")
	one.Spec.Mode, one.Spec.Unlisted = v1alpha1.AssignmentModeEnforce, v1alpha1.UnlistedRemove
	one.Spec.Subjects = v1alpha1.Subjects{Emails: []string{f.org.PersonEmail(1)}}
	f.create(all)
	f.create(one)
	f.awaitVerdict(all, "True InSync")
	f.awaitVerdict(one, "True InSync")
	holders := f.org.Holders("Webex Meetings Suite")
	f.Expect(holders).To(Equal([]int{0, 1, 2, 20}))
	f.run("acme") // after which each has seen the other

	f.Expect(f.client.Delete(f.ctx, all)).To(Succeed())
	f.run("acme")
	f.run("acme")
	f.awaitVerdict(one, "False RemovalsHeld Stalled RemovalsHeld")
	f.Expect(f.org.Holders("Webex Meetings Suite")).To(Equal(holders))
	f.Expect(one.Status.Held.People).To(HaveValue(BeEquivalentTo(3)))
	f.Expect(one.Status.Verdict.Message).To(ContainSubstring("other assignments of the licence are gone, such as all"))

	f.changeAssignment(one, func(a *v1alpha1.WebexLicenseAssignment) { a.Spec.MaxRemovals = new(int32(3)) })
	f.awaitVerdict(one, "True InSync")
	f.Expect(f.org.Holders("Webex Meetings Suite")).To(Equal([]int{1}))
}

// An operator without its flag plans, and changes nothing: see newFixture.
func TestWithoutTheFlagNothingIsAssigned(t *testing.T) {
	f := newFixture(t)
	f.assignable("acme")
	f.create(f.people(0, 20))
	assignment := f.newAssignment("meetings", "acme")
	assignment.Spec.Mode, assignment.Spec.Unlisted = v1alpha1.AssignmentModeEnforce, v1alpha1.UnlistedRemove
	f.create(assignment)
	f.awaitVerdict(assignment, "False WritingLocked Stalled WritingLocked")
	f.Expect(assignment.Status.Verdict.Message).To(ContainSubstring("the operator runs without --enable-assignment"))
	f.Expect(assignment.Status.Plan.Remove).To(HaveValue(BeEquivalentTo(2)))
	f.Expect(f.sim.Patches()).To(BeZero())
}
