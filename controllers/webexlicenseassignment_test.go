package controllers

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

const (
	planPending  = "Unknown PlanPending Reconciling PlanPending"
	noSuchSource = "False SubjectsUnresolved Stalled SubjectsUnresolved"
)

// A new assignment gets one run. Once it is planned, it has no further one, and nothing is written, however often it
// and its customer are looked at.
func TestAssignmentIsPlannedOnce(t *testing.T) {
	f := newFixture(t)
	customer := f.createCustomer("acme")
	f.create(f.people(0, 1, 20))
	assignment := f.newAssignment("meetings", "acme")
	f.create(assignment)
	f.awaitVerdict(assignment, "True PlanOnly")
	f.awaitRuns("acme", v1alpha1.TriggerAssignment, 1)
	f.Expect(assignment.Status.Plan.Add).To(HaveValue(BeEquivalentTo(1)))
	f.settle(customer)
	f.forget()
	for range 10 {
		f.poke(customer)
		f.changeAssignment(assignment, func(a *v1alpha1.WebexLicenseAssignment) {
			a.Labels = map[string]string{"poked": a.ResourceVersion}
		})
	}
	f.settle(customer)
	f.stop()
	f.start()
	f.settle(customer)
	f.Expect(f.writes.all()).To(BeEmpty())
	f.Expect(f.writes.secretReads()).To(BeZero())
	f.Expect(f.sim.TotalRequests()).To(BeZero())
	f.Expect(f.told.of("WebexLicenseAssignment", "meetings")).To(BeEmpty())
}

// Each change of spec and lists asks for one run, also if several come together. A list that is gone takes no licence,
// and asks again once it is back. In mode Report nothing is ever sent.
func TestAssignmentIsPlannedAnew(t *testing.T) {
	f := newFixture(t, func(o *fixtureOptions) { o.stopped = true })
	f.start(assigning)
	customer := f.assignable("acme")
	more := func(person int) *corev1.ConfigMap {
		return &corev1.ConfigMap{ObjectMeta: f.meta("more"), Data: map[string]string{"emails": f.org.PersonEmail(person)}}
	}
	f.create(f.people(0, 20), more(21))
	assignment := f.newAssignment("meetings", "acme")
	assignment.Spec.Subjects.EmailsFrom = append(assignment.Spec.Subjects.EmailsFrom, v1alpha1.EmailSource{Kind: v1alpha1.SubjectSourceConfigMap, Name: "more"})
	assignment.Spec.Unlisted = v1alpha1.UnlistedRemove
	f.create(assignment)
	runs := 0
	planned := func(why, verdict string, add int) {
		f.t.Helper()
		runs++
		f.awaitRuns("acme", v1alpha1.TriggerAssignment, runs)
		f.awaitVerdict(assignment, verdict)
		f.Expect(assignment.Status.Plan.Add).To(HaveValue(BeEquivalentTo(add)), why)
	}
	planned("new", "True PlanOnly", 2)
	f.changeAssignment(assignment, func(a *v1alpha1.WebexLicenseAssignment) { a.Spec.KeepFreeUnits = new(int32(1)) })
	planned("another spec", "True PlanOnly", 2)
	f.apply(f.people(0, 20, 22))
	f.apply(more(23))
	planned("two other lists", "True PlanOnly", 3)
	f.Expect(f.client.Delete(f.ctx, more(23))).To(Succeed())
	planned("a list is gone", noSuchSource, 2)
	f.create(more(24))
	planned("it is back", "True PlanOnly", 3)
	f.Expect(f.client.Delete(f.ctx, f.people())).To(Succeed())
	planned("a Secret is gone", noSuchSource, 1)
	f.create(f.people(20))
	planned("it is back", "True PlanOnly", 2)
	f.Expect(f.told.of("WebexLicenseAssignment", "meetings")).To(Equal([]string{
		"Warning SubjectsUnresolved", "Normal PlanOnly", "Warning SubjectsUnresolved", "Normal PlanOnly",
	}))

	f.Expect(f.client.Delete(f.ctx, assignment)).To(Succeed())
	f.settle(customer)
	f.awaitRuns("acme", v1alpha1.TriggerAssignment, runs)
	f.Expect(f.sim.Requests()[webexsim.OperationAssign]).To(BeZero())
}

// The three locks are opened one after the other. Removals wait for approval, what a hand changes is told and mended, and
// deleting everything takes no licence.
func TestAssignmentIsEnforced(t *testing.T) {
	f := newFixture(t)
	customer := f.createCustomer("acme", func(c *v1alpha1.WebexCustomerAccess) {
		c.Spec.Assignment = &v1alpha1.CustomerAssignment{CredentialsSecretRef: v1alpha1.CredentialsSecretReference{Name: "write"}}
	})
	f.create(f.people(20, 21))
	assignment := f.newAssignment("messaging", "acme")
	assignment.Spec.License.OfferCode, assignment.Spec.Mode = "MS", v1alpha1.AssignmentModeEnforce
	assignment.Spec.MaxRemovals = new(int32(0))
	f.create(assignment)
	f.awaitVerdict(assignment, "False WritingLocked Stalled WritingLocked")
	f.awaitRuns("acme", v1alpha1.TriggerAssignment, 1)
	f.stop()
	f.start(assigning)
	f.awaitVerdict(assignment, "False WriteCredentialsRefused Stalled WriteCredentialsRefused")
	f.Expect(f.sim.Requests()[webexsim.OperationAssign]).To(BeZero())

	token := f.sim.IssueToken(webexsim.TokenSpec{Organization: f.org.UUID(), Scopes: []string{"spark-admin:people_write"}, Owner: "writer"})
	f.apply(credentialsSecret(f, "write", map[string]string{"accessToken": token.Access}))
	f.awaitVerdict(assignment, "True InSync")
	f.Expect(f.org.Holders("Advanced Messaging")).To(ConsistOf(0, 20, 21))
	var assigned []v1alpha1.LicenseSync
	for _, run := range f.awaitRuns("acme", v1alpha1.TriggerAssignment, 3) {
		if run.Status.Assigned != nil {
			assigned = append(assigned, run)
		}
	}
	f.Expect(assigned).To(HaveLen(1))
	f.Expect(assigned[0].Status.Assigned.Changed).To(HaveValue(BeEquivalentTo(2)))
	f.Expect(assigned[0].Status.Message).To(ContainSubstring("2 people changed in Webex, 0 failed"))
	f.settle(customer)
	f.expectFigures(customer)

	f.changeAssignment(assignment, func(a *v1alpha1.WebexLicenseAssignment) { a.Spec.Unlisted = v1alpha1.UnlistedRemove })
	f.awaitVerdict(assignment, "False RemovalsHeld Stalled RemovalsHeld")
	f.Expect(meta.FindStatusCondition(assignment.Status.Conditions, v1alpha1.ConditionRemovalsHeld).Message).To(ContainSubstring(assignment.Status.Held.Token))
	f.Expect(f.org.Holders("Advanced Messaging")).To(ConsistOf(0, 20, 21))
	f.changeAssignment(assignment, func(a *v1alpha1.WebexLicenseAssignment) {
		a.Annotations = map[string]string{v1alpha1.AnnotationApproveRemovals: a.Status.Held.Token}
	})
	f.awaitVerdict(assignment, "True InSync")
	f.Expect(f.org.Holders("Advanced Messaging")).To(ConsistOf(20, 21))

	f.Expect(f.org.RemoveLicense(20, "Advanced Messaging")).To(Succeed())
	f.expectReason(f.run("acme"), v1alpha1.ReasonSucceeded)
	f.Expect(f.org.Holders("Advanced Messaging")).To(ConsistOf(20, 21))
	f.Eventually(func() []string { return f.told.of("WebexLicenseAssignment", "messaging") }).Should(ConsistOf(
		"Warning WritingLocked", "Warning WriteCredentialsRefused", "Normal Assigned", "Normal InSync",
		"Warning RemovalsHeld", "Normal RemovalsApproved", "Normal Assigned", "Normal InSync", "Normal Assigned", "Warning Drift"))
	f.awaitVerdict(assignment, "True InSync")

	f.settle(customer)
	sent := f.sim.Requests()[webexsim.OperationAssign]
	f.Expect(f.client.Delete(f.ctx, assignment)).To(Succeed())
	f.Expect(f.client.Delete(f.ctx, customer)).To(Succeed())
	f.Consistently(func() []int { return f.org.Holders("Advanced Messaging") }, "3s").Should(ConsistOf(20, 21))
	f.Expect(f.sim.Requests()[webexsim.OperationAssign]).To(Equal(sent))
	f.Expect(f.sim.EmailRequests()).To(BeZero())
}

// An assignment waits for its customer, and says why.
func TestAssignmentAndItsCustomer(t *testing.T) {
	f := newFixture(t)
	f.create(f.people(0, 1))
	assignment := f.newAssignment("meetings", "acme")
	f.create(assignment)
	f.awaitVerdict(assignment, "False CustomerNotFound Reconciling CustomerNotFound")
	customer := f.createCustomer("acme")
	f.awaitVerdict(assignment, "True PlanOnly")

	f.change(customer, func(c *v1alpha1.WebexCustomerAccess) { c.Spec.Suspend = new(true) })
	f.changeAssignment(assignment, func(a *v1alpha1.WebexLicenseAssignment) { a.Spec.KeepFreeUnits = new(int32(1)) })
	f.Eventually(func(g Gomega) {
		f.awaitVerdict(assignment, planPending)
		g.Expect(meta.FindStatusCondition(assignment.Status.Conditions, v1alpha1.ConditionReady).Message).To(ContainSubstring("set spec.suspend of the customer to false"))
	}).Should(Succeed())
	f.change(customer, func(c *v1alpha1.WebexCustomerAccess) { c.Spec.Suspend = nil })
	f.awaitVerdict(assignment, "True PlanOnly")

	f.Expect(f.client.Delete(f.ctx, customer)).To(Succeed())
	f.awaitVerdict(assignment, "False CustomerNotFound Reconciling CustomerNotFound")
	f.createCustomer("acme")
	f.awaitVerdict(assignment, "True PlanOnly")
}

// An assignment goes with its customer from shard to shard: only the manager that serves it writes.
func TestAssignmentChangesItsShard(t *testing.T) {
	f := newShards(t)
	f.startShard("a", inShard+"a")
	customer := f.createCustomer("acme", labelled("a"))
	f.create(f.people(0, 1))
	assignment := f.newAssignment("meetings", "acme")
	f.create(assignment)
	f.awaitVerdict(assignment, "True PlanOnly")
	f.startShard("b", inShard+"b")
	f.change(customer, labelled("b"))
	f.awaitShard(customer, "b")
	f.settle(customer)
	f.Expect(f.agents()).To(Equal([]string{"a"}), "a plan holds in any shard")
	f.changeAssignment(assignment, func(a *v1alpha1.WebexLicenseAssignment) { a.Spec.KeepFreeUnits = new(int32(1)) })
	f.awaitVerdict(assignment, "True PlanOnly")
	f.awaitRuns("acme", v1alpha1.TriggerAssignment, 2)
	f.Expect(f.agents()).To(Equal([]string{"a", "b"}))
}

// A run that is cancelled while it assigns lets the calls under way end, sends no other, and is not begun anew.
func TestCancelWhileAssigning(t *testing.T) {
	f := newFixture(t, func(o *fixtureOptions) { o.stopped = true })
	f.start(assigning)
	customer := f.assignable("acme")
	const listed = 20
	var people []int
	for i := range listed {
		people = append(people, 10+i)
	}
	f.create(f.people(people...))
	slow := f.sim.AddRule(webexsim.Rule{Operation: webexsim.OperationAssign, Delay: time.Second})
	assignment := f.newAssignment("messaging", "acme")
	assignment.Spec.License.OfferCode, assignment.Spec.Mode = "MS", v1alpha1.AssignmentModeEnforce
	f.create(assignment)
	f.Eventually(func() int { return f.sim.RuleActions(slow) }).Should(BeNumerically(">", 0))
	var runs v1alpha1.LicenseSyncList
	f.Expect(f.client.List(f.ctx, &runs, client.InNamespace(f.namespace), client.MatchingFields{"spec.trigger": string(v1alpha1.TriggerAssignment)})).To(Succeed())
	f.Expect(runs.Items).To(HaveLen(1))
	run := &runs.Items[0]
	f.cancel(run)
	f.expectReason(f.awaitEnd(run), v1alpha1.ReasonCanceled)
	f.settle(customer)
	f.Expect(f.client.Get(f.ctx, keyOf(run), run)).To(Succeed())
	sent := f.sim.Requests()[webexsim.OperationAssign]
	f.Expect(sent).To(And(BeNumerically(">", 0), BeNumerically("<", listed)))
	f.Expect(f.org.Holders("Advanced Messaging")).To(HaveLen(1+sent), "what was sent is carried out")
	f.Expect(f.client.Get(f.ctx, keyOf(assignment), assignment)).To(Succeed())
	f.Expect(assignment.Status.LastRun.Added).To(HaveValue(BeEquivalentTo(sent)), "and written down")
	f.Expect(run.Status.Assigned.Changed).To(HaveValue(BeEquivalentTo(sent)))
	f.awaitRuns("acme", v1alpha1.TriggerAssignment, 1)
}
