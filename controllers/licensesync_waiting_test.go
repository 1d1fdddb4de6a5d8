package controllers

import (
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// A run may be applied together with, but before, its customer.
func TestRunBeforeItsCustomer(t *testing.T) {
	f := newFixture(t)
	run := f.newRun("early", "acme")
	f.create(run)
	f.Expect(f.awaitRun(run, v1alpha1.ReasonCustomerNotFound).Status).To(Equal(metav1.ConditionUnknown))
	f.create(f.newCustomer("acme"))
	f.expectReason(f.awaitEnd(run), v1alpha1.ReasonSucceeded)
	f.expectRows("acme")
}

func TestRunWithoutACustomer(t *testing.T) {
	clock := clocktesting.NewFakePassiveClock(time.Now())
	f := newFixture(t, func(o *fixtureOptions) { o.clock = clock })
	run := f.newRun("lost", "missing")
	f.create(run)
	f.awaitRun(run, v1alpha1.ReasonCustomerNotFound)
	f.Expect(finished(run)).To(BeFalse())

	clock.SetTime(run.CreationTimestamp.Add(customerGrace + time.Second))
	f.Expect(f.client.Patch(f.ctx, run, client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"labels":{"look":"again"}}}`)))).To(Succeed())
	f.awaitEnd(run)
	expectOneEnd(f, run)
	f.expectReason(run, v1alpha1.ReasonCustomerNotFound)
	f.Expect(run.Status.Message).To(And(ContainSubstring("spec.customerAccessRef"), ContainSubstring("create it")))
	f.Expect(f.sim.TotalRequests()).To(BeZero())
}

func TestSuspendedCustomerHoldsItsRuns(t *testing.T) {
	f := newFixture(t)
	customer := f.newCustomer("acme")
	customer.Spec.Suspend = new(true)
	f.create(customer)
	f.awaitCondition(customer, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSuspended)
	run := f.newRun("waiting", "acme")
	f.create(run)
	f.awaitRun(run, v1alpha1.ReasonSuspended)
	f.Consistently(f.sim.TotalRequests, "500ms").Should(BeZero())

	f.Expect(f.client.Patch(f.ctx, customer, client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"suspend":false}}`)))).To(Succeed())
	f.expectReason(f.awaitEnd(run), v1alpha1.ReasonSucceeded)
	f.awaitCondition(customer, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSynced)
}

// Runs beyond --max-concurrent-syncs (4 in tests) wait for a worker, and say so in time.
func TestRunsBeyondTheWorkersQueue(t *testing.T) {
	clock := newClock()
	f := newFixture(t, func(o *fixtureOptions) { o.clock = clock })
	hold := f.sim.AddRule(webexsim.Rule{Operation: "GET /licenses", Delay: 10 * patience})
	for i := range 6 {
		name := fmt.Sprintf("customer-%d", i)
		organization := f.sim.AddOrganization(webexsim.Generate(webexsim.GeneratorOptions{Seed: int64(100 + i), People: 3, Locations: 1}))
		f.customerOf(name, organization.UUID())
	}
	held := true
	atWork := func() map[string]int {
		var runs v1alpha1.LicenseSyncList
		f.Expect(f.client.List(f.ctx, &runs, client.InNamespace(f.namespace))).To(Succeed())
		counts := map[string]int{}
		for i := range runs.Items {
			if ready := meta.FindStatusCondition(runs.Items[i].Status.Conditions, v1alpha1.ConditionReady); ready != nil {
				counts[ready.Reason]++
				if held && ready.Reason == v1alpha1.ReasonQueued { // later one may wait for the end of a deleted one, too
					f.Expect(ready.Message).To(ContainSubstring("--max-concurrent-syncs"))
				}
			}
		}
		return counts
	}
	f.Eventually(func() int { return f.sim.Requests()["GET /licenses"] }).Should(Equal(4), "they are at work")
	advance(clock, 5*quietWorker)
	f.Eventually(func() map[string]int {
		f.lookAtRuns()
		return atWork()
	}).Should(Equal(map[string]int{v1alpha1.ReasonRunning: 4, v1alpha1.ReasonQueued: 2}))
	f.Expect(f.sim.Requests()["GET /licenses"]).To(Equal(4))

	// Those who wait go on when others leave.
	held = false
	f.sim.RemoveRule(hold)
	for i := range 4 {
		f.Expect(f.client.DeleteAllOf(f.ctx, &v1alpha1.LicenseSync{}, client.InNamespace(f.namespace),
			client.MatchingFields{"spec.customerAccessRef.name": fmt.Sprintf("customer-%d", i)})).To(Succeed())
	}
	f.Eventually(atWork).Should(HaveKeyWithValue(v1alpha1.ReasonSucceeded, BeNumerically(">=", 2)))
}

// lookAtRuns makes the operator look at all runs: a clock of a test wakes no controller.
func (f *fixture) lookAtRuns() {
	f.t.Helper()
	var runs v1alpha1.LicenseSyncList
	f.Expect(f.client.List(f.ctx, &runs, client.InNamespace(f.namespace))).To(Succeed())
	patch := fmt.Appendf(nil, `{"metadata":{"annotations":{"example.com/look":%q}}}`, time.Now().Format(time.RFC3339Nano))
	for i := range runs.Items {
		f.Expect(f.client.Patch(f.ctx, &runs.Items[i], client.RawPatch("application/merge-patch+json", patch))).To(Succeed())
	}
}

// A long walk tells how far it is.
func TestProgress(t *testing.T) {
	clock := clocktesting.NewFakePassiveClock(time.Now())
	f := newFixture(t, slowPeople(40), func(o *fixtureOptions) { o.clock = clock; o.sim.Latency = 50 * time.Millisecond })
	customer := f.newCustomer("acme")
	unhurried(customer)
	f.create(customer)
	run := f.newRunSoon("acme-initial", "acme")
	f.Eventually(func(g Gomega) {
		clock.SetTime(clock.Now().Add(progressInterval))
		g.Expect(f.client.Get(f.ctx, client.ObjectKeyFromObject(run), run)).To(Succeed())
		g.Expect(run.Status.Progress).NotTo(BeNil())
		g.Expect(run.Status.Progress.Step).To(Equal(v1alpha1.StepPeople))
		g.Expect(run.Status.Progress.Done).To(HaveValue(And(BeNumerically(">=", 200), BeNumerically("<", 4000))))
	}).Should(Succeed())
	f.Expect(f.rows("acme")).To(BeEmpty(), "nothing is written before the walk is complete")
	f.expectReason(f.awaitEnd(run), v1alpha1.ReasonSucceeded)
}

// progressInterval is how far apart, at least, reports of an attempt are.
const progressInterval = 5 * time.Second
