package controllers

import (
	"testing"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// What a run's status says when an operator starts decides whether the process ended with it.
func TestInterruptions(t *testing.T) {
	began := metav1.Now()
	for name, test := range map[string]struct {
		status v1alpha1.LicenseSyncStatus
		reason string
		count  any
	}{
		"new":                    {v1alpha1.LicenseSyncStatus{}, v1alpha1.ReasonSucceeded, BeNil()},
		"it failed, and is due":  {v1alpha1.LicenseSyncStatus{StartTime: &began, NextAttemptTime: &began}, v1alpha1.ReasonSucceeded, BeNil()},
		"at work":                {v1alpha1.LicenseSyncStatus{StartTime: &began}, v1alpha1.ReasonSucceeded, HaveValue(BeEquivalentTo(1))},
		"at work once more":      {v1alpha1.LicenseSyncStatus{StartTime: &began, Interruptions: new(int32(1))}, v1alpha1.ReasonInterrupted, HaveValue(BeEquivalentTo(2))},
		"stopped after one such": {v1alpha1.LicenseSyncStatus{StartTime: &began, NextAttemptTime: &began, Interruptions: new(int32(1))}, v1alpha1.ReasonSucceeded, HaveValue(BeEquivalentTo(1))},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.createCustomer("acme", unhurried)
			f.stop()
			run := f.newRun("walking", "acme")
			f.create(run)
			run.Status = test.status
			f.Expect(f.client.Status().Update(f.ctx, run)).To(Succeed())
			f.forget()
			f.start()
			f.expectReason(f.awaitEnd(run), test.reason)
			f.Expect(run.Status.Interruptions).To(test.count.(OmegaMatcher))
			if test.reason == v1alpha1.ReasonInterrupted {
				f.Expect(f.sim.TotalRequests()).To(BeZero(), "it is not taken up again")
			}
		})
	}
}

// A regular stop in the middle of a walk, a rolling update say, is no interruption, however
// often it comes.
func TestRegularStopIsNoInterruption(t *testing.T) {
	f := newFixture(t, slowPeople(3))
	run, _ := interrupted(f)
	f.Eventually(func(g Gomega) {
		g.Expect(f.client.Get(f.ctx, client.ObjectKeyFromObject(run), run)).To(Succeed())
		g.Expect(cutShort(run)).To(BeTrue())
	}).Should(Succeed())
	f.stop()
	f.Expect(f.client.Get(f.ctx, client.ObjectKeyFromObject(run), run)).To(Succeed())
	f.Expect(run.Status.NextAttemptTime).NotTo(BeNil(), "%+v", run.Status)
	f.start()
	f.expectReason(f.awaitEnd(run), v1alpha1.ReasonSucceeded)
	f.Expect(run.Status.Interruptions).To(BeNil())
}
