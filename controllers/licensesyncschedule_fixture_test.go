package controllers

import (
	"fmt"
	"slices"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// newSchedule is a schedule of customer acme, not yet created.
func (f *fixture) newSchedule(name, cron string) *v1alpha1.LicenseSyncSchedule {
	return &v1alpha1.LicenseSyncSchedule{
		ObjectMeta: f.meta(name),
		Spec: v1alpha1.LicenseSyncScheduleSpec{
			CustomerAccessRef: &v1alpha1.LocalCustomerReference{Name: "acme"},
			Schedule:          cron,
		},
	}
}

// runsOfSchedule are the runs of a schedule, by name.
func (f *fixture) runsOfSchedule(name string) map[string]*v1alpha1.LicenseSync {
	f.t.Helper()
	var list v1alpha1.LicenseSyncList
	f.Expect(f.client.List(f.ctx, &list, client.InNamespace(f.namespace), client.MatchingLabels{v1alpha1.LabelSchedule: name})).To(Succeed())
	runs := map[string]*v1alpha1.LicenseSync{}
	for i := range list.Items {
		runs[list.Items[i].Name] = &list.Items[i]
	}
	return runs
}

// awaitSchedule waits until Ready of the schedule has a reason, and all that check asks for is so.
func (f *fixture) awaitSchedule(object *v1alpha1.LicenseSyncSchedule, reason string, check ...func(g Gomega)) *metav1.Condition {
	f.t.Helper()
	var ready *metav1.Condition
	f.Eventually(func(g Gomega) {
		g.Expect(f.client.Get(f.ctx, keyOf(object), object)).To(Succeed())
		ready = meta.FindStatusCondition(object.Status.Conditions, v1alpha1.ConditionReady)
		g.Expect(ready).NotTo(BeNil(), "%+v", object.Status)
		g.Expect(ready.Reason).To(Equal(reason), "%+v", object.Status)
		g.Expect(object.Status.ObservedGeneration).To(HaveValue(Equal(object.Generation)))
		for _, c := range check {
			c(g)
		}
	}).Should(Succeed())
	return ready
}

// look makes the operator look at a schedule: a clock of a test wakes no controller.
func (f *fixture) look(object *v1alpha1.LicenseSyncSchedule) {
	f.t.Helper()
	f.annotate(object, "example.com/poke", time.Now().Format(time.RFC3339Nano))
}

func (f *fixture) annotate(object client.Object, key, value string) {
	f.t.Helper()
	f.patch(object, fmt.Sprintf(`{"metadata":{"annotations":{%q:%q}}}`, key, value))
}

func (f *fixture) patch(object client.Object, patch string) {
	f.t.Helper()
	f.Expect(f.client.Patch(f.ctx, object, client.RawPatch("application/merge-patch+json", []byte(patch)))).To(Succeed())
}

// events are the messages of an object's events of a reason.
func (f *fixture) events(object client.Object, reason string) []string {
	f.t.Helper()
	var list eventsv1.EventList
	f.Expect(f.client.List(f.ctx, &list, client.InNamespace(f.namespace))).To(Succeed())
	var messages []string
	for _, event := range list.Items {
		if event.Regarding.UID != object.GetUID() || event.Reason != reason {
			continue
		}
		count := 1
		if event.Series != nil {
			count = int(event.Series.Count)
		}
		messages = append(messages, slices.Repeat([]string{event.Note}, count)...)
	}
	return messages
}

// timed is a fixture with a clock that stands still, and the first slot of hourlyAt.
func timed(t *testing.T, adjust ...func(*fixtureOptions)) (*fixture, *clocktesting.FakePassiveClock, time.Time) {
	t.Helper()
	now := time.Now()
	clock := clocktesting.NewFakePassiveClock(now)
	f := newFixture(t, append(adjust, func(o *fixtureOptions) { o.clock = clock })...)
	return f, clock, now.Add(10 * time.Minute).Truncate(time.Minute)
}

// hourlyAt is the plan with a slot and all that are whole hours from it.
func hourlyAt(slot time.Time) string { return fmt.Sprintf("%d * * * *", slot.Minute()) }

// labeled is a customer of an organization of its own.
func (f *fixture) labeled(name string, labels map[string]string, adjust ...func(*v1alpha1.WebexCustomerAccess)) *v1alpha1.WebexCustomerAccess {
	f.t.Helper()
	organization := f.sim.AddOrganization(webexsim.Generate(webexsim.GeneratorOptions{Seed: int64(1000 + len(f.sim.Organizations())), People: 5, Locations: 1}))
	customer := f.customerOf(name, organization.UUID())
	f.change(customer, func(c *v1alpha1.WebexCustomerAccess) {
		c.Labels = labels
		for _, a := range adjust {
			a(c)
		}
	})
	return customer
}

func slotOf(t time.Time) *metav1.Time { return new(metav1.NewTime(t.Truncate(time.Second))) }
