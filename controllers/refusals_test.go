package controllers

import (
	"errors"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

const countRuns = corev1.ResourceName("count/licensesyncs.licensing.webex-operator.io")

// quota lets a namespace hold so many runs. No controller of the tests' control plane counts, so that what is used is
// written down here.
func (f *fixture) quota(runs int64) *corev1.ResourceQuota {
	f.t.Helper()
	hard := corev1.ResourceList{countRuns: *resource.NewQuantity(runs, resource.DecimalSI)}
	quota := &corev1.ResourceQuota{ObjectMeta: f.meta("runs"), Spec: corev1.ResourceQuotaSpec{Hard: hard}}
	f.Expect(f.client.Create(f.ctx, quota)).To(Succeed())
	quota.Status = corev1.ResourceQuotaStatus{Hard: hard, Used: corev1.ResourceList{countRuns: resource.MustParse("0")}}
	f.Expect(f.client.Status().Update(f.ctx, quota)).To(Succeed())
	// The admission plugin reads quotas from a cache of its own.
	f.Eventually(func() error {
		return f.client.Create(f.ctx, f.newRun("probe", "missing"), client.DryRunAll)
	}).Should(MatchError(ContainSubstring("exceeded quota")))
	return quota
}

// Where Kubernetes takes no run, customer and schedule say so in its words, and go on by themselves once it does.
func TestUsedUpQuota(t *testing.T) {
	f := newFixture(t, func(o *fixtureOptions) { o.stopped = true })
	quota := f.quota(0)
	f.start()
	customer := f.newCustomer("acme")
	f.create(customer)
	stalled := f.awaitCondition(customer, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonRunRefused)
	f.Expect(stalled.Message).To(ContainSubstring("exceeded quota: runs"))
	f.Expect(meta.FindStatusCondition(customer.Status.Conditions, v1alpha1.ConditionCredentialsValid)).NotTo(BeNil(), "the rest of the status is there")

	schedule := f.newSchedule("now", "@yearly")
	schedule.Spec.RunOnActivation = new(true)
	f.create(schedule)
	ready := f.awaitSchedule(schedule, v1alpha1.ReasonRunRefused, func(g Gomega) {
		g.Expect(schedule.Status.LastScheduleTime).To(HaveValue(Equal(*schedule.Status.ActivationTime)))
		g.Expect(schedule.Status.OpenSlotTime).To(HaveValue(Equal(*schedule.Status.ActivationTime)))
		g.Expect(schedule.Status.NextScheduleTime).NotTo(BeNil())
	})
	f.Expect(ready.Message).To(And(ContainSubstring("exceeded quota: runs"), ContainSubstring("acme")))
	f.Eventually(func() []string { return f.events(schedule, v1alpha1.ReasonRunRefused) }).Should(HaveLen(1))
	f.Eventually(func() []string { return f.events(customer, v1alpha1.ReasonRunRefused) }).Should(HaveLen(1))

	f.Expect(f.client.Delete(f.ctx, quota)).To(Succeed())
	f.awaitCondition(customer, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSynced)
	f.awaitSchedule(schedule, v1alpha1.ReasonScheduled, func(g Gomega) { g.Expect(schedule.Status.OpenSlotTime).To(BeNil()) })
	f.awaitRuns("acme", v1alpha1.TriggerSchedule, 1) // no initial one beside it, if this was taken first
	f.expectRows("acme")
}

// refusedPlay is a schedule of two customers; Kubernetes refuses the runs of globex while refused is true.
func refusedPlay(t *testing.T, spec v1alpha1.LicenseSyncScheduleSpec) (p *played, refused *bool) {
	p, refused = newPlayed(t, spec), new(true)
	p.server.changeSchedule(func(o *v1alpha1.LicenseSyncSchedule) {
		o.Spec.CustomerAccessRef, o.Spec.CustomerAccessSelector = nil, &metav1.LabelSelector{}
	})
	p.server.customers = append(p.server.customers, &v1alpha1.WebexCustomerAccess{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "globex"}})
	p.server.refuse = func(_ string, run *v1alpha1.LicenseSync) error {
		if *refused && run.Spec.CustomerAccessRef.Name == "globex" {
			return apierrors.NewForbidden(schema.GroupResource{}, run.Name, errors.New("a policy denied request: not this one"))
		}
		return nil
	}
	return p, refused
}

func (p *played) ready() *metav1.Condition {
	return meta.FindStatusCondition(p.server.schedule.Status.Conditions, v1alpha1.ConditionReady)
}

// slotsOf are the slots of a customer's runs.
func (p *played) slotsOf(customer string) []string {
	var slots []string
	for _, run := range p.server.runs {
		if run.Spec.CustomerAccessRef.Name == customer && run.Spec.ScheduledTime != nil {
			slots = append(slots, run.Spec.ScheduledTime.UTC().Format(time.TimeOnly))
		}
	}
	return slots
}

// One customer whose runs are refused keeps nothing of the others back: their slots run, are dealt with, and leave the
// history that they should.
func TestRefusedRunsOfOneCustomer(t *testing.T) {
	p, refused := refusedPlay(t, v1alpha1.LicenseSyncScheduleSpec{Schedule: "0 * * * *"})
	p.reconcile()
	for hour := 1; hour <= 6; hour++ {
		p.now = at(hour, 0, 0)
		for end := at(hour, 50, 0); p.now.Before(end); {
			after := p.reconcile()
			p.finishAll()
			p.Expect(p.server.schedule.Status.LastScheduleTime.UTC()).To(Equal(at(hour, 0, 0)))
			p.Expect(p.server.schedule.Status.OpenSlotTime.UTC()).To(Equal(at(hour, 0, 0)))
			p.Expect(p.ready().Reason).To(Equal(v1alpha1.ReasonRunRefused))
			p.Expect(p.ready().Message).To(And(ContainSubstring("globex"), Not(ContainSubstring("acme")), ContainSubstring("a policy denied request")))
			p.Expect(p.server.schedule.Status.NextScheduleTime.UTC()).To(Equal(at(hour+1, 0, 0)))
			p.Expect(after).To(BeNumerically(">", 0))
			p.now = p.now.Add(min(after, 10*time.Second)) // whatever else wakes it
		}
		if hour > 1 {
			p.Expect(p.server.schedule.Status.LastMissedTime.UTC()).To(Equal(at(hour-1, 0, 0)), "not lost silently")
		}
	}
	p.Expect(p.slotsOf("acme")).To(Equal([]string{"04:00:00", "05:00:00", "06:00:00"}))
	p.Expect(p.slotsOf("globex")).To(BeEmpty())
	for name, times := range p.server.asked {
		if strings.Contains(name, "globex") {
			p.Expect(times).To(BeNumerically("~", 16, 4), name) // 2 s, 4 s … 5 min, over 50 min
		}
	}

	*refused = false
	p.now = p.now.Add(mostRefusedRetry)
	p.Expect(p.reconcile()).To(Equal(at(7, 0, 0).Sub(p.now)))
	p.Expect(p.slotsOf("globex")).To(Equal([]string{"06:00:00"}), "the open slot, and none before")
	p.Expect(p.slotsOf("acme")).To(HaveLen(3))
	p.Expect(p.ready().Reason).To(Equal(v1alpha1.ReasonScheduled))
	p.Expect(p.server.schedule.Status.OpenSlotTime).To(BeNil())
}

// A slot that is refused is tried again for as long as the starting deadline, and no longer.
func TestRefusedUntilTheDeadline(t *testing.T) {
	p, refused := refusedPlay(t, v1alpha1.LicenseSyncScheduleSpec{Schedule: "0 * * * *", StartingDeadlineSeconds: 600})
	p.reconcile()
	p.now = at(1, 0, 0)
	p.reconcile()
	p.now = at(1, 10, 1)
	p.Expect(p.reconcile()).To(Equal(at(2, 0, 0).Sub(p.now)))
	p.Expect(p.server.schedule.Status.OpenSlotTime).To(BeNil())
	p.Expect(p.server.schedule.Status.LastMissedTime.UTC()).To(Equal(at(1, 0, 0)))
	p.Expect(p.ready().Reason).To(Equal(v1alpha1.ReasonScheduled))
	*refused = false
	p.now = at(2, 0, 0)
	p.reconcile()
	p.Expect(p.slotsOf("globex")).To(Equal([]string{"02:00:00"}))
}

// What a person asks for by hand is tried again, too, once a person touches the schedule at once, and what was created
// is not asked for again. Deletions that are refused are told, and keep no slot back.
func TestRefusedRequestAndDeletion(t *testing.T) {
	p, refused := refusedPlay(t, v1alpha1.LicenseSyncScheduleSpec{Schedule: "0 * * * *", SuccessfulRunsHistoryLimit: new(int32(0))})
	ask := func(token string) {
		p.server.changeSchedule(func(o *v1alpha1.LicenseSyncSchedule) {
			o.Annotations = map[string]string{v1alpha1.AnnotationRequestedAt: token}
		})
	}
	ask("one")
	p.reconcile()
	p.Expect(p.server.runs).To(HaveLen(1))
	p.Expect(p.ready().Reason).To(Equal(v1alpha1.ReasonRunRefused))
	p.Expect(p.server.schedule.Status.LastHandledReconcileAt).To(BeEmpty())
	p.reconcile()
	*refused = false
	p.server.changeSchedule(func(o *v1alpha1.LicenseSyncSchedule) { o.Annotations["example.com/poke"] = "now" })
	p.reconcile()
	p.Expect(p.server.schedule.Status.LastHandledReconcileAt).To(Equal("one"))
	p.Expect(p.server.runs).To(HaveLen(2))
	for name, times := range p.server.asked {
		p.Expect(times).To(BeNumerically("<=", 2), name)
	}

	*refused = true
	p.finishAll()
	p.Expect(p.reconcile()).To(Equal(firstRefusedRetry))
	p.Expect(p.server.runs).To(HaveLen(1), "one of the two could be deleted")
	p.Expect(p.ready().Reason).To(Equal(v1alpha1.ReasonRunRefused))
	p.now = at(1, 0, 0)
	result, err := p.r.Reconcile(t.Context(), ctrl.Request{NamespacedName: client.ObjectKeyFromObject(p.server.schedule)})
	p.Expect(err).NotTo(HaveOccurred())
	p.Expect(result.RequeueAfter).To(Equal(scheduleDebounce))
	p.Expect(p.slotsOf("acme")).To(ContainElement("01:00:00"))
}
