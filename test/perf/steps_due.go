package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// due has all customers of some groups due in the same minute: by one schedule for each namespace or, with each, by one
// for each customer.
func due(ctx context.Context, w *world, step Step) error {
	slot, err := w.schedule(ctx, step)
	if err != nil {
		return err
	}
	return w.runsOf(ctx, step, slot)
}

// schedule makes the schedules of a step, and says when they are due.
func (w *world) schedule(ctx context.Context, step Step) (slot time.Time, err error) {
	// The minute after the next one, since the schedules have to be there before; the manager sees them at once.
	slot = time.Now().Truncate(time.Minute).Add(2 * time.Minute)
	var schedules []*v1alpha1.LicenseSyncSchedule
	for _, g := range w.of(step) {
		schedules = append(schedules, schedulesOf(g, step, slot)...)
	}
	if err := w.parallel(ctx, len(schedules), func(i int) error { return w.client.Create(ctx, schedules[i]) }); err != nil {
		return slot, err
	}
	return slot, w.quiet(ctx)
}

// runsOf measures the runs of a step's schedules, which are due at a slot.
func (w *world) runsOf(ctx context.Context, step Step, slot time.Time) error {
	groups := w.of(step)
	wait := time.Until(slot) - time.Second
	if wait < 0 {
		return errors.New("the schedules were not there in time; is the machine overloaded?")
	}
	if err := w.manager.pause(ctx, wait); err != nil {
		return err
	}
	return w.runs(ctx, step, groups, func() error { return nil })
}

func schedulesOf(g *group, step Step, slot time.Time) []*v1alpha1.LicenseSyncSchedule {
	spec := v1alpha1.LicenseSyncScheduleSpec{
		Schedule: fmt.Sprintf("%d %d * * *", slot.UTC().Minute(), slot.UTC().Hour()), SpreadSeconds: step.SpreadSeconds,
	}
	// A step may follow another one.
	suffix := "-at-" + slot.UTC().Format("1504")
	var schedules []*v1alpha1.LicenseSyncSchedule
	if !step.Each {
		spec.CustomerAccessSelector = &metav1.LabelSelector{}
		for _, namespace := range g.namespaces() {
			schedules = append(schedules, &v1alpha1.LicenseSyncSchedule{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "daily" + suffix}, Spec: spec})
		}
		return schedules
	}
	for _, key := range g.customers {
		own := spec
		own.CustomerAccessRef = &v1alpha1.LocalCustomerReference{Name: key.Name}
		schedules = append(schedules, &v1alpha1.LicenseSyncSchedule{ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name + suffix}, Spec: own})
	}
	return schedules
}

// budget adds how the requests since a moment went, for groups whose customers share a token or that have one customer.
func (w *world) budget(ctx context.Context, step Step, groups []*group, begin time.Time) error {
	for _, g := range groups {
		records, err := g.sim.Log(ctx)
		if err != nil {
			return err
		}
		var first, last time.Time
		var refused float64
		requests := map[string]float64{}
		for _, r := range records {
			if r.Time.Before(begin) {
				continue
			}
			if first.IsZero() || r.Time.Before(first) {
				first = r.Time
			}
			if r.Time.After(last) {
				last = r.Time
			}
			requests[r.Operation]++
			if r.Status == 429 {
				refused++
			}
		}
		var busiest float64
		for _, n := range requests {
			busiest = max(busiest, n)
		}
		if busiest == 0 || g.RequestsPerMinute == 0 {
			return errors.New("budget: no request, or no budget")
		}
		allowed := busiest / float64(g.RequestsPerMinute) * 60
		w.figures.add(step.As, "requests to the busiest endpoint", busiest)
		w.figures.add(step.As, "refused with 429", refused)
		w.figures.add(step.As, "seconds of requests, times what the budget allows", last.Sub(first).Seconds()/allowed)
	}
	return nil
}
