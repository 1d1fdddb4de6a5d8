package controllers

import (
	"maps"
	"slices"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	plan "github.com/webex-operator/webex-license-operator/internal/schedule"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// A slot that is due gets one run, named after the slot and made by the template.
func TestScheduleRunsASlot(t *testing.T) {
	f := newFixture(t)
	f.createCustomer("acme")
	soon := slotOf(time.Now().Add(3 * time.Second))
	schedule := f.newSchedule("once", "")
	schedule.Spec.At = []metav1.Time{*soon}
	schedule.Spec.SyncTemplate = &v1alpha1.LicenseSyncTemplate{
		Labels:                map[string]string{"team": "voice", v1alpha1.LabelTrigger: "Mine"},
		ActiveDeadlineSeconds: 1234, BackoffLimit: new(int32(3)),
	}
	f.create(schedule)
	f.awaitSchedule(schedule, v1alpha1.ReasonScheduled)
	f.Expect(schedule.Status.NextScheduleTime).To(HaveValue(Equal(*soon)))

	f.awaitSchedule(schedule, v1alpha1.ReasonFinished, func(g Gomega) {
		g.Expect(schedule.Status.LastScheduleTime).To(HaveValue(Equal(*soon)))
		g.Expect(schedule.Status.LastSuccessfulTime).NotTo(BeNil())
		g.Expect(schedule.Status.NextScheduleTime).To(BeNil())
		g.Expect(schedule.Status.LastMissedTime).To(BeNil())
		g.Expect(schedule.Status.Active).To(BeEmpty())
		g.Expect(schedule.Status.Targets.Succeeded).To(HaveValue(BeEquivalentTo(1)))
	})
	runs := f.runsOfSchedule("once")
	f.Expect(runs).To(HaveLen(1))
	run := runs[slotRunName("once", "acme", soon.Time)]
	f.Expect(run).NotTo(BeNil(), "%v", slices.Collect(maps.Keys(runs)))
	f.Expect(run.Spec.Trigger).To(Equal(v1alpha1.TriggerSchedule))
	f.Expect(run.Spec.ScheduledTime).To(HaveValue(Equal(*soon)))
	f.Expect(run.Spec.ActiveDeadlineSeconds).To(BeEquivalentTo(1234))
	f.Expect(run.Spec.BackoffLimit).To(HaveValue(BeEquivalentTo(3)))
	f.Expect(run.Labels).To(Equal(map[string]string{
		"team": "voice", v1alpha1.LabelCustomer: "acme", v1alpha1.LabelSchedule: "once", v1alpha1.LabelTrigger: "Schedule",
	}))
	f.Expect(run.CreationTimestamp.Time).NotTo(BeTemporally("<", soon.Time), "never early")
	expectScheduleTable(f)
}

// expectScheduleTable checks what kubectl get prints.
func expectScheduleTable(f *fixture) {
	f.t.Helper()
	table := getTable(f, "licensesyncschedules")
	usual, wide := headers(table)
	f.Expect(usual).To(Equal([]string{"Name", "Schedule", "TimeZone", "Suspend", "Active", "Last", "Next", "Consumed", "Total", "Ready", "Age"}))
	f.Expect(wide).To(Equal([]string{"Reason", "Customers", "Failed"}))
	f.Expect(table.Rows).To(HaveLen(1))
	customer := f.newCustomer("acme")
	f.Expect(f.client.Get(f.ctx, keyOf(customer), customer)).To(Succeed())
	cells := table.Rows[0].Cells
	f.Expect(cells[2]).To(Equal("Etc/UTC"))
	f.Expect(cells[4]).To(BeEquivalentTo(0))
	f.Expect(cells[5]).NotTo(BeEmpty())
	f.Expect(cells[7:10]).To(Equal([]any{float64(*customer.Status.Totals.ConsumedUnits), float64(*customer.Status.Totals.TotalUnits), "True"}))
	f.Expect(cells[11:]).To(Equal([]any{v1alpha1.ReasonFinished, 1.0, 0.0}))
}

// A selector's customers start one after the other, each at its own moment; those
// that are suspended or not selected do not.
func TestScheduleSpreadsItsCustomers(t *testing.T) {
	f, clock, slot := timed(t)
	gold := map[string]string{"tier": "gold"}
	f.labeled("globex", gold)
	f.labeled("initech", gold)
	f.labeled("sleepy", gold, func(c *v1alpha1.WebexCustomerAccess) { c.Spec.Suspend = new(true) })
	f.labeled("other", map[string]string{"tier": "silver"})
	schedule := f.newSchedule("hourly", hourlyAt(slot))
	schedule.Spec.CustomerAccessRef, schedule.Spec.CustomerAccessSelector = nil, &metav1.LabelSelector{MatchLabels: gold}
	schedule.Spec.SpreadSeconds = new(int32(1800))
	f.create(schedule)

	offset := func(customer string) time.Duration { return plan.Offset(f.namespace+"/"+customer, 1800*time.Second) }
	order := []string{"globex", "initech"}
	slices.SortFunc(order, func(a, b string) int { return int(offset(a) - offset(b)) })
	first, second := slot.Add(offset(order[0])), slot.Add(offset(order[1]))
	f.Expect(first).NotTo(Equal(second), "an unlucky namespace; 1 of 1800")
	f.awaitSchedule(schedule, v1alpha1.ReasonScheduled, func(g Gomega) {
		g.Expect(schedule.Status.Targets.Total).To(HaveValue(BeEquivalentTo(3)))
		g.Expect(schedule.Status.NextScheduleTime.Time).To(BeTemporally("==", first), "the spread is part of it")
	})

	clock.SetTime(first.Add(-time.Second))
	f.look(schedule)
	f.Consistently(func() int { return len(f.runsOfSchedule("hourly")) }, "300ms").Should(BeZero(), "not before its moment")
	clock.SetTime(first)
	f.look(schedule)
	f.awaitSchedule(schedule, v1alpha1.ReasonScheduled, func(g Gomega) {
		g.Expect(slices.Collect(maps.Keys(f.runsOfSchedule("hourly")))).To(ConsistOf(slotRunName("hourly", order[0], slot)))
		g.Expect(schedule.Status.NextScheduleTime.Time).To(BeTemporally("==", second))
		g.Expect(schedule.Status.LastScheduleTime).To(BeNil(), "the slot is not through")
	})
	clock.SetTime(second.Add(time.Second))
	f.look(schedule)
	f.awaitSchedule(schedule, v1alpha1.ReasonScheduled, func(g Gomega) {
		g.Expect(schedule.Status.LastScheduleTime).To(HaveValue(Equal(*slotOf(slot))))
		g.Expect(schedule.Status.NextScheduleTime.Time).To(BeTemporally("==", first.Add(time.Hour)))
		g.Expect(schedule.Status.Targets).To(HaveValue(Equal(v1alpha1.TargetCounts{
			Total: new(int32(3)), Active: new(int32(0)), Succeeded: new(int32(2)), Failed: new(int32(0)), Suspended: new(int32(1)),
		})))
		total, consumed := int64(0), int64(0)
		for _, name := range append(order, "sleepy") {
			customer := f.newCustomer(name)
			g.Expect(f.client.Get(f.ctx, keyOf(customer), customer)).To(Succeed())
			if totals := customer.Status.Totals; totals != nil { // sleepy may have been read before it fell asleep
				total, consumed = total+*totals.TotalUnits, consumed+*totals.ConsumedUnits
			}
		}
		g.Expect(total).NotTo(BeZero())
		g.Expect(schedule.Status.TotalUnits).To(HaveValue(Equal(total)))
		g.Expect(schedule.Status.ConsumedUnits).To(HaveValue(Equal(consumed)))
	})
	f.Expect(f.runsOfSchedule("hourly")).To(HaveLen(2))
	f.Expect(schedule.Status.LastMissedTime).To(BeNil())
}

// The name of a run is the lock on its slot: what an earlier operator created is
// adopted, what others created is left alone and reported.
func TestScheduleNameLock(t *testing.T) {
	f, clock, slot := timed(t, func(o *fixtureOptions) { o.stopped = true })
	gold := map[string]string{"tier": "gold"}
	f.labeled("globex", gold)
	f.labeled("initech", gold)
	schedule := f.newSchedule("hourly", hourlyAt(slot))
	schedule.Spec.CustomerAccessRef, schedule.Spec.CustomerAccessSelector = nil, &metav1.LabelSelector{MatchLabels: gold}
	f.create(schedule)
	foreign := f.newRun(slotRunName("hourly", "globex", slot), "globex")
	own := f.newRun(slotRunName("hourly", "initech", slot), "initech")
	own.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(schedule, v1alpha1.GroupVersion.WithKind("LicenseSyncSchedule"))}
	own.Spec.Trigger, own.Spec.ScheduledTime = v1alpha1.TriggerSchedule, slotOf(slot)
	f.create(foreign, own)

	clock.SetTime(slot.Add(time.Second))
	f.start()
	ready := f.awaitSchedule(schedule, v1alpha1.ReasonRunNameTaken)
	f.Expect(ready.Message).To(ContainSubstring(foreign.Name))
	f.Expect(meta.IsStatusConditionTrue(schedule.Status.Conditions, v1alpha1.ConditionStalled)).To(BeTrue())
	uid := own.UID
	f.awaitEnd(own)
	f.awaitEnd(foreign)
	f.Expect(own.UID).To(Equal(uid))
	f.look(schedule)
	f.awaitSchedule(schedule, v1alpha1.ReasonRunNameTaken, func(g Gomega) {
		g.Expect(schedule.Status.Targets.Succeeded).To(HaveValue(BeEquivalentTo(1)), "another owner's run does not count")
	})
	f.Expect(schedule.Status.LastScheduleTime).To(HaveValue(Equal(*slotOf(slot))), "the others go on")
	f.Expect(schedule.Status.OpenSlotTime).To(HaveValue(Equal(*slotOf(slot))), "for one it stays open")
	f.Expect(foreign.OwnerReferences).To(BeEmpty())
	f.Eventually(func() []string { return f.events(schedule, v1alpha1.ReasonRunNameTaken) }).Should(HaveLen(1))

	f.Expect(f.client.Delete(f.ctx, foreign)).To(Succeed())
	f.look(schedule)
	f.awaitSchedule(schedule, v1alpha1.ReasonScheduled, func(g Gomega) {
		g.Expect(schedule.Status.OpenSlotTime).To(BeNil())
	})
	run := f.runsOfSchedule("hourly")[foreign.Name]
	f.Expect(run).NotTo(BeNil())
	f.Expect(metav1.IsControlledBy(run, schedule)).To(BeTrue())
	f.Expect(f.awaitEnd(own).UID).To(Equal(uid))
}

// hold lets the next run of acme get stuck in the middle of its work.
func (f *fixture) hold() (release func()) {
	id := f.sim.AddRule(webexsim.Rule{Operation: "GET /licenses", Delay: 10 * patience})
	return func() { f.sim.RemoveRule(id) }
}

func TestScheduleForbid(t *testing.T) {
	f, clock, slot := timed(t)
	f.createCustomer("acme")
	schedule := f.newSchedule("hourly", hourlyAt(slot))
	f.create(schedule)
	release := f.hold()
	clock.SetTime(slot)
	f.look(schedule)
	first := f.newRunSoon(slotRunName("hourly", "acme", slot), "acme")
	f.awaitRun(first, v1alpha1.ReasonRunning)
	f.awaitSchedule(schedule, v1alpha1.ReasonScheduled, func(g Gomega) {
		g.Expect(schedule.Status.Active).To(Equal([]string{first.Name}))
		g.Expect(schedule.Status.Targets.Active).To(HaveValue(BeEquivalentTo(1)))
	})

	slot = slot.Add(time.Hour)
	clock.SetTime(slot)
	for range 3 {
		f.look(schedule)
		f.awaitSchedule(schedule, v1alpha1.ReasonScheduled, func(g Gomega) {
			g.Expect(schedule.Status.LastMissedTime).To(HaveValue(Equal(*slotOf(slot))))
			g.Expect(schedule.Status.LastScheduleTime).To(HaveValue(Equal(*slotOf(slot))))
		})
	}
	f.Eventually(func() []string { return f.events(schedule, v1alpha1.ReasonSlotMissed) }).Should(
		ConsistOf(ContainSubstring("still had a run of an earlier slot")))
	f.Expect(f.runsOfSchedule("hourly")).To(HaveLen(1))

	release()
	f.cancel(first) // its request is stuck
	f.awaitEnd(first)
	f.Consistently(func() int { return len(f.runsOfSchedule("hourly")) }, "700ms").Should(Equal(1), "a skipped slot is not made up for")
	clock.SetTime(slot.Add(time.Hour))
	f.look(schedule)
	f.expectReason(f.awaitEnd(f.newRunSoon(slotRunName("hourly", "acme", slot.Add(time.Hour)), "acme")), v1alpha1.ReasonSucceeded)
	f.Expect(f.events(schedule, v1alpha1.ReasonSlotMissed)).To(HaveLen(1))
}

func TestScheduleReplace(t *testing.T) {
	f, clock, slot := timed(t)
	f.createCustomer("acme")
	schedule := f.newSchedule("hourly", hourlyAt(slot))
	schedule.Spec.ConcurrencyPolicy = v1alpha1.ConcurrencyReplace
	f.create(schedule)
	release := f.hold()
	clock.SetTime(slot)
	f.look(schedule)
	first := f.newRunSoon(slotRunName("hourly", "acme", slot), "acme")
	f.awaitRun(first, v1alpha1.ReasonRunning)

	clock.SetTime(slot.Add(time.Hour))
	f.look(schedule)
	second := f.newRunSoon(slotRunName("hourly", "acme", slot.Add(time.Hour)), "acme")
	f.expectReason(f.awaitEnd(first), v1alpha1.ReasonCanceled)
	release()
	f.expectReason(f.awaitEnd(second), v1alpha1.ReasonSucceeded)
	f.Expect(second.Status.StartTime.Time).NotTo(BeTemporally("<", first.Status.CompletionTime.Time))
	f.awaitSchedule(schedule, v1alpha1.ReasonScheduled, func(g Gomega) {
		g.Expect(schedule.Status.LastMissedTime).To(BeNil())
		g.Expect(schedule.Status.Targets.Succeeded).To(HaveValue(BeEquivalentTo(1)))
	})
	f.expectRows("acme")
}

// What passed during a suspension is made up for by one run at most.
func TestScheduleSuspendAndResume(t *testing.T) {
	f, clock, slot := timed(t)
	f.createCustomer("acme")
	schedule := f.newSchedule("hourly", hourlyAt(slot))
	schedule.Spec.Suspend = new(true)
	f.create(schedule)
	f.awaitSchedule(schedule, v1alpha1.ReasonSuspended)
	f.Expect(schedule.Status.NextScheduleTime).To(BeNil())

	slot = slot.Add(365 * 24 * time.Hour)
	clock.SetTime(slot.Add(10 * time.Minute))
	f.look(schedule)
	f.Consistently(func() int { return len(f.runsOfSchedule("hourly")) }, "300ms").Should(BeZero())
	f.patch(schedule, `{"spec":{"suspend":false}}`)
	f.awaitSchedule(schedule, v1alpha1.ReasonScheduled, func(g Gomega) {
		g.Expect(schedule.Status.LastScheduleTime).To(HaveValue(Equal(*slotOf(slot))), "the latest, not the first")
		g.Expect(schedule.Status.LastMissedTime).To(HaveValue(Equal(*slotOf(slot.Add(-time.Hour)))))
		g.Expect(schedule.Status.NextScheduleTime.Time).To(BeTemporally("==", slot.Add(time.Hour)))
	})
	f.awaitEnd(f.newRunSoon(slotRunName("hourly", "acme", slot), "acme"))
	f.Eventually(func() []string { return f.events(schedule, v1alpha1.ReasonSlotMissed) }).Should(ConsistOf(ContainSubstring("earlier slots passed")))

	// Within the deadline, that is.
	f.patch(schedule, `{"spec":{"suspend":true,"startingDeadlineSeconds":60}}`)
	f.awaitSchedule(schedule, v1alpha1.ReasonSuspended)
	slot = slot.Add(100 * time.Hour)
	clock.SetTime(slot.Add(61 * time.Second))
	f.patch(schedule, `{"spec":{"suspend":false}}`)
	f.awaitSchedule(schedule, v1alpha1.ReasonScheduled, func(g Gomega) {
		g.Expect(schedule.Status.LastMissedTime).To(HaveValue(Equal(*slotOf(slot))))
		g.Expect(schedule.Status.LastScheduleTime).To(HaveValue(Equal(*slotOf(slot))))
	})
	f.Expect(f.runsOfSchedule("hourly")).To(HaveLen(1))
	f.Eventually(func() []string { return f.events(schedule, v1alpha1.ReasonSlotMissed) }).Should(ContainElement(ContainSubstring("spec.startingDeadlineSeconds")))
}

func TestScheduleRunsOnActivation(t *testing.T) {
	f, clock, _ := timed(t)
	f.createCustomer("acme")
	schedule := f.newSchedule("yearly", "@yearly")
	schedule.Spec.RunOnActivation = new(true)
	f.create(schedule)
	activated := func(n int) func(Gomega) {
		return func(g Gomega) {
			g.Expect(f.runsOfSchedule("yearly")).To(HaveLen(n))
			g.Expect(schedule.Status.LastScheduleTime).To(HaveValue(Equal(*schedule.Status.ActivationTime)))
			g.Expect(schedule.Status.Targets.Succeeded).To(HaveValue(BeEquivalentTo(1)))
			g.Expect(schedule.Status.LastMissedTime).To(BeNil())
		}
	}
	f.awaitSchedule(schedule, v1alpha1.ReasonScheduled, activated(1))
	f.Expect(schedule.Status.ActivationTime.Time).To(BeTemporally("==", clock.Now().Truncate(time.Second)))

	clock.SetTime(clock.Now().Add(time.Minute))
	f.stop()
	f.start()
	f.look(schedule)
	f.Consistently(func() int { return len(f.runsOfSchedule("yearly")) }, "700ms").Should(Equal(1), "a restart activates nothing")

	f.patch(schedule, `{"spec":{"suspend":true}}`)
	f.awaitSchedule(schedule, v1alpha1.ReasonSuspended, func(g Gomega) { g.Expect(schedule.Status.ActivationTime).To(BeNil()) })
	clock.SetTime(clock.Now().Add(time.Minute))
	f.patch(schedule, `{"spec":{"suspend":false}}`)
	f.awaitSchedule(schedule, v1alpha1.ReasonScheduled, activated(2))
	f.Expect(schedule.Status.ActivationTime.Time).To(BeTemporally("==", clock.Now().Truncate(time.Second)))
}

// Of finished runs, the limits are kept; with the schedule, they all go. Rows stay.
func TestScheduleHistoryAndDeletion(t *testing.T) {
	f, clock, slot := timed(t)
	f.createCustomer("acme")
	rows := f.versions("acme")
	schedule := f.newSchedule("hourly", hourlyAt(slot))
	schedule.Spec.SuccessfulRunsHistoryLimit, schedule.Spec.FailedRunsHistoryLimit = new(int32(2)), new(int32(0))
	schedule.Spec.SyncTemplate = &v1alpha1.LicenseSyncTemplate{BackoffLimit: new(int32(0))}
	f.create(schedule)
	due := func(slot time.Time, succeeds bool) {
		f.t.Helper()
		clock.SetTime(slot)
		f.look(schedule)
		f.awaitSchedule(schedule, v1alpha1.ReasonScheduled, func(g Gomega) {
			g.Expect(schedule.Status.LastScheduleTime).To(HaveValue(Equal(*slotOf(slot))))
			g.Expect(schedule.Status.Active).To(BeEmpty())
			g.Expect(schedule.Status.LastSuccessfulTime != nil && schedule.Status.LastSuccessfulTime.Equal(slotOf(slot))).To(Equal(succeeds))
		})
	}
	for i := range 4 {
		due(slot.Add(time.Duration(i)*time.Hour), true)
	}
	rule := f.sim.AddRule(webexsim.Rule{Operation: "GET /licenses", Status: 403})
	due(slot.Add(4*time.Hour), false)
	failed := &v1alpha1.LicenseSync{ObjectMeta: f.meta(slotRunName("hourly", "acme", slot.Add(4*time.Hour)))}
	f.Eventually(func() error { return f.client.Get(f.ctx, keyOf(failed), failed) }).Should(MatchError(apierrors.IsNotFound, "none that failed is kept"))
	f.sim.RemoveRule(rule)
	kept := []string{slotRunName("hourly", "acme", slot.Add(2*time.Hour)), slotRunName("hourly", "acme", slot.Add(3*time.Hour))}
	f.Eventually(func() []string { return slices.Collect(maps.Keys(f.runsOfSchedule("hourly"))) }).Should(ConsistOf(kept))
	f.Consistently(func() []string { return slices.Collect(maps.Keys(f.runsOfSchedule("hourly"))) }, "700ms").Should(ConsistOf(kept))

	f.Expect(f.client.Delete(f.ctx, schedule, client.PropagationPolicy(metav1.DeletePropagationBackground))).To(Succeed())
	f.Eventually(func() int { return len(f.runsOfSchedule("hourly")) }).Should(BeZero(), "the garbage collector takes them")
	f.Expect(f.runs("acme")).To(HaveKey(v1alpha1.TriggerInitial), "other runs stay")
	f.Expect(f.versions("acme")).To(Equal(rows))
}

// Two schedules on one customer are two plans, and still one run at a time.
func TestTwoSchedulesOnOneCustomer(t *testing.T) {
	f, clock, slot := timed(t, slowPeople(3))
	f.createCustomer("acme", unhurried)
	f.sim.SetLatency(100 * time.Millisecond)
	schedules := []*v1alpha1.LicenseSyncSchedule{f.newSchedule("one", hourlyAt(slot)), f.newSchedule("two", hourlyAt(slot)), f.newSchedule("three", hourlyAt(slot))}
	for _, schedule := range schedules {
		f.create(schedule)
		f.awaitSchedule(schedule, v1alpha1.ReasonScheduled)
	}
	clock.SetTime(slot)
	for _, schedule := range schedules {
		f.look(schedule)
	}
	var runs []*v1alpha1.LicenseSync
	for _, schedule := range schedules {
		runs = append(runs, f.newRunSoon(slotRunName(schedule.Name, "acme", slot), "acme"))
	}
	// The clock of the runs moves on, so that their times tell them apart.
	f.Eventually(func(g Gomega) {
		clock.SetTime(clock.Now().Add(time.Second))
		atWork := 0
		for _, run := range runs {
			g.Expect(f.client.Get(f.ctx, keyOf(run), run)).To(Succeed())
			if ready := meta.FindStatusCondition(run.Status.Conditions, v1alpha1.ConditionReady); ready != nil && ready.Reason == v1alpha1.ReasonRunning {
				atWork++
			}
		}
		if atWork > 1 {
			StopTrying("two runs of one customer at work").Now()
		}
		for _, run := range runs {
			g.Expect(finished(run)).To(BeTrue())
		}
	}).Should(Succeed())
	f.Expect(runs).To(HaveLen(3))
	slices.SortFunc(runs, func(a, b *v1alpha1.LicenseSync) int { return a.Status.StartTime.Compare(b.Status.StartTime.Time) })
	for i, run := range runs {
		f.expectReason(run, v1alpha1.ReasonSucceeded)
		if i > 0 {
			f.Expect(run.Status.StartTime.Time).NotTo(BeTemporally("<", runs[i-1].Status.CompletionTime.Time), "%s and %s overlap", run.Name, runs[i-1].Name)
		}
	}
}
