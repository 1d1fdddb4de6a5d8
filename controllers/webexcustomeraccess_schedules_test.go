package controllers

import (
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// A customer with fresh figures says whether a schedule will read it again, with one write of its status for each
// change of that, none for what changes nothing, and no event.
func TestNotScheduled(t *testing.T) {
	f := newFixture(t)
	customer := f.createCustomer("acme")
	never := metav1.NewTime(time.Now().AddDate(1, 0, 0))
	schedule := func(name string, alter func(*v1alpha1.LicenseSyncScheduleSpec)) *v1alpha1.LicenseSyncSchedule {
		object := &v1alpha1.LicenseSyncSchedule{ObjectMeta: f.meta(name), Spec: v1alpha1.LicenseSyncScheduleSpec{At: []metav1.Time{never}}}
		alter(&object.Spec)
		return object
	}
	byLabels := func(selector metav1.LabelSelector) func(*v1alpha1.LicenseSyncScheduleSpec) {
		return func(s *v1alpha1.LicenseSyncScheduleSpec) { s.CustomerAccessSelector = &selector }
	}
	named := schedule("named", func(s *v1alpha1.LicenseSyncScheduleSpec) {
		s.CustomerAccessRef = &v1alpha1.LocalCustomerReference{Name: "acme"}
	})
	labelled := schedule("labelled", byLabels(metav1.LabelSelector{MatchLabels: map[string]string{"sync": "nightly"}}))
	odd := schedule("odd", byLabels(metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "sync", Operator: "Like"}}}))
	other := schedule("other", func(s *v1alpha1.LicenseSyncScheduleSpec) {
		s.CustomerAccessRef = &v1alpha1.LocalCustomerReference{Name: "globex"}
	})
	create := func(o client.Object) func() { return func() { f.Expect(f.client.Create(f.ctx, o)).To(Succeed()) } }
	patch := func(o client.Object, format string, args ...any) func() {
		return func() { f.patch(o, fmt.Sprintf(format, args...)) }
	}
	remove := func(o client.Object) func() { return func() { f.Expect(f.client.Delete(f.ctx, o)).To(Succeed()) } }

	f.awaitCondition(customer, v1alpha1.ConditionDataFresh, metav1.ConditionTrue, v1alpha1.ReasonNotScheduled)
	f.writes.reset()
	writes := 0
	for _, step := range []struct {
		name   string
		do     func()
		reason string
		writes int
	}{
		{"a schedule names another customer", create(other), v1alpha1.ReasonNotScheduled, 0},
		{"the selector of one means nothing", create(odd), v1alpha1.ReasonNotScheduled, 0},
		{"one names it", create(named), v1alpha1.ReasonFresh, 1},
		{"which is suspended", patch(named, `{"spec":{"suspend":true}}`), v1alpha1.ReasonNotScheduled, 1},
		{"and resumed", patch(named, `{"spec":{"suspend":false}}`), v1alpha1.ReasonFresh, 1},
		{"names another one", patch(named, `{"spec":{"customerAccessRef":{"name":"globex"}}}`), v1alpha1.ReasonNotScheduled, 1},
		{"and this one again", patch(named, `{"spec":{"customerAccessRef":{"name":"acme"}}}`), v1alpha1.ReasonFresh, 1},
		{"and is deleted", remove(named), v1alpha1.ReasonNotScheduled, 1},
		{"one selects a label that it lacks", create(labelled), v1alpha1.ReasonNotScheduled, 0},
		{"which it gets", patch(customer, `{"metadata":{"labels":{"sync":"nightly"}}}`), v1alpha1.ReasonFresh, 1},
		{"and loses", patch(customer, `{"metadata":{"labels":{"sync":null}}}`), v1alpha1.ReasonNotScheduled, 1},
		{"the schedule selects all", patch(labelled, `{"spec":{"customerAccessSelector":{"matchLabels":null}}}`), v1alpha1.ReasonFresh, 1},
		{"and runs at another time", patch(labelled, `{"spec":{"at":[%q]}}`, never.AddDate(1, 0, 0).Format(time.RFC3339)), v1alpha1.ReasonFresh, 0},
		{"the customer is suspended, and needs none", func() {
			f.change(customer, func(c *v1alpha1.WebexCustomerAccess) { c.Spec.Suspend = new(true) })
			f.Expect(f.client.Delete(f.ctx, labelled)).To(Succeed())
		}, v1alpha1.ReasonFresh, 1}, // of the new generation
		{"and resumed", func() { f.change(customer, func(c *v1alpha1.WebexCustomerAccess) { c.Spec.Suspend = new(false) }) }, v1alpha1.ReasonNotScheduled, 1},
	} {
		step.do()
		writes += step.writes
		f.awaitCondition(customer, v1alpha1.ConditionDataFresh, metav1.ConditionTrue, step.reason)
		f.awaitCondition(customer, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSynced)
		t.Log(step.name)
	}
	f.settle(customer)
	f.Expect(f.writes.all()["PATCH webexcustomeraccesses/status"]).To(Equal(writes))
	f.Expect(f.events(customer, v1alpha1.ReasonNotScheduled)).To(BeEmpty())
	f.Expect(f.events(customer, v1alpha1.ReasonFresh)).To(BeEmpty())
}

// Figures that are stale for want of a schedule say so, and those of a customer that has one do not.
func TestStaleForWantOfASchedule(t *testing.T) {
	t.Parallel()
	for unscheduled, want := range map[bool]string{true: "no LicenseSyncSchedule", false: "see why none completed"} {
		g, s := NewWithT(t), syncedScope()
		s.unscheduled, s.now = unscheduled, s.now.Add(48*time.Hour)
		fresh := s.freshness()
		g.Expect(fresh.Status).To(Equal(metav1.ConditionFalse))
		g.Expect(fresh.Reason).To(Equal(v1alpha1.ReasonStale))
		g.Expect(fresh.Message).To(ContainSubstring(want))
	}
}

// A fleet with one schedule: each customer is looked at once when it comes or goes, and not at all when its status is
// written. A schedule that names its customer looks for no other one.
func TestScheduleOfAFleet(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	const fleet = 1000
	builder := fake.NewClientBuilder().WithScheme(testScheme())
	for i := range fleet {
		builder = builder.WithObjects(&v1alpha1.WebexCustomerAccess{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: fmt.Sprintf("c%d", i)}})
	}
	r := &WebexCustomerAccessReconciler{Client: builder.Build()}
	queue := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[ctrl.Request]())
	defer queue.ShutDown()
	all := &v1alpha1.LicenseSyncSchedule{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "nightly"}}
	all.Spec.CustomerAccessSelector = &metav1.LabelSelector{}
	one := all.DeepCopy()
	one.Spec.CustomerAccessSelector, one.Spec.CustomerAccessRef = nil, &v1alpha1.LocalCustomerReference{Name: "c7"}
	written, suspended := all.DeepCopy(), all.DeepCopy()
	written.Status.LastScheduleTime = new(metav1.Now())
	suspended.Spec.Suspend = new(true)
	handler := r.wakeSelected(0)
	woken := func(tell func()) int {
		tell()
		woken := queue.Len()
		for range woken {
			request, _ := queue.Get()
			queue.Done(request)
		}
		return woken
	}
	g.Expect(woken(func() { handler.Create(t.Context(), event.CreateEvent{Object: all}, queue) })).To(Equal(fleet))
	g.Expect(woken(func() { handler.Create(t.Context(), event.CreateEvent{Object: all, IsInInitialList: true}, queue) })).To(BeZero())
	g.Expect(woken(func() { handler.Update(t.Context(), event.UpdateEvent{ObjectOld: all, ObjectNew: written}, queue) })).To(BeZero())
	g.Expect(woken(func() { handler.Update(t.Context(), event.UpdateEvent{ObjectOld: all, ObjectNew: suspended}, queue) })).To(Equal(fleet))
	g.Expect(woken(func() { handler.Update(t.Context(), event.UpdateEvent{ObjectOld: all, ObjectNew: one}, queue) })).To(Equal(fleet))
	g.Expect(woken(func() { handler.Delete(t.Context(), event.DeleteEvent{Object: one}, queue) })).To(Equal(1))
}
