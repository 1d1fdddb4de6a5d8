package controllers

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/webex-operator/webex-license-operator/internal/schedule"
	"github.com/webex-operator/webex-license-operator/internal/timetable"
)

// slotInput is all that decides what a schedule does now. It holds no client and
// no clock, so that a year can be played through in a moment.
type slotInput struct {
	// namespace and name are the schedule's; replace and suspended are its spec's.
	namespace, name    string
	replace, suspended bool
	deadline, spread   time.Duration
	plan               *schedule.Plan
	// handled is the latest slot that was dealt with, or else the schedule's creation.
	handled time.Time
	// open is a slot that was dealt with, but for the customers whose run Kubernetes refused.
	// Zero for none.
	open time.Time
	// activation is a slot beside the plan's: the activation of a schedule with
	// runOnActivation. Zero for none.
	activation time.Time
	targets    []target
	// runs are the runs of this schedule, by customer.
	runs map[string][]scheduledRun
	now  time.Time
}

// target is one customer of the schedule.
type target struct {
	name      string
	suspended bool
}

// scheduledRun is one run of the schedule.
type scheduledRun struct {
	name     string
	slot     time.Time // zero for a manual run
	finished bool
}

// slotDecision is what to do now.
type slotDecision struct {
	// create are the runs to create.
	create []runOfSlot
	// handled is set if a slot is dealt with once they are created.
	handled time.Time
	// retried is the slot that create belongs to, if it was dealt with before but for these runs.
	retried time.Time
	// missed is the latest slot that was not run, or not for all customers; skipped
	// says for how many, and why.
	missed  time.Time
	skipped map[string]int
	// next is when the next run starts, spread included; zero for never.
	next time.Time
}

// runOfSlot is a run to create, and the unfinished ones to cancel before.
type runOfSlot struct {
	name, customer string
	slot, due      time.Time
	cancel         []string
}

// Why a run of a slot was not created.
const (
	skippedLate   = "MissedDeadline"
	skippedActive = "RunActive"
	skippedOlder  = "MissedSlot"
	// skippedRefused is for customers whose run Kubernetes refused until the next slot came.
	skippedRefused = "RunRefused"
)

// decideSlots finds the latest slot that is due and says what to do about each
// customer. Slots before it are missed: after an outage or a suspension there is
// one run at most, never a burst.
func decideSlots(in slotInput) slotDecision {
	d := slotDecision{skipped: map[string]int{}}
	if in.suspended {
		return d
	}
	slot, missed, due := in.latest()
	if !due {
		in.retryOpen(&d)
		d.next = in.nextStart(laterOf(in.handled, in.now))
		return d
	}
	if missed > 1 {
		in.countMissed(&d, slot)
	}
	in.giveUpOpen(&d)
	pending := time.Time{}
	spread := in.spreadOf(slot)
	for _, t := range in.targets {
		if t.suspended {
			continue
		}
		start := slot.Add(in.offset(t, spread))
		if in.now.Before(start) {
			pending = earlierOf(pending, start)
			continue
		}
		in.startTarget(&d, t, slot, start)
	}
	switch {
	case !pending.IsZero():
		d.next = pending
	default:
		d.handled = slot
		d.next = in.nextStart(laterOf(slot, in.now))
	}
	if d.skipped[skippedLate]+d.skipped[skippedActive] > 0 {
		d.missed = slot
	}
	return d
}

// spreadOf is over how long the starts of a slot are spread.
func (in *slotInput) spreadOf(slot time.Time) time.Duration {
	return timetable.SpreadOf(in.plan, slot, in.spread)
}

// offset is how much later than the slot a customer starts.
func (in *slotInput) offset(t target, spread time.Duration) time.Duration {
	return timetable.Offset(in.namespace, t.name, spread)
}

// startTarget decides about one customer whose start has come.
func (in *slotInput) startTarget(d *slotDecision, t target, slot, start time.Time) {
	name := slotRunName(in.name, t.name, slot)
	runs := in.runs[t.name]
	// By the slot, and not by the name alone, which an earlier release may have made in another way.
	if slices.ContainsFunc(runs, func(r scheduledRun) bool { return r.name == name || r.slot.Equal(slot) }) {
		return
	}
	if in.deadline > 0 && in.now.Sub(start) > in.deadline {
		d.skipped[skippedLate]++
		return
	}
	var cancel []string
	for _, run := range runs {
		if run.finished || run.slot.IsZero() {
			continue // a manual run has its own will; the new one waits for its end
		}
		if !in.replace {
			d.skipped[skippedActive]++
			return
		}
		cancel = append(cancel, run.name)
	}
	d.create = append(d.create, runOfSlot{name: name, customer: t.name, slot: slot, due: start, cancel: cancel})
}

// retryOpen tries again what was refused for the slot that is open, within the starting deadline.
func (in *slotInput) retryOpen(d *slotDecision) {
	if in.open.IsZero() {
		return
	}
	d.retried = in.open
	spread := in.spreadOf(in.open)
	for _, t := range in.targets {
		if start := in.open.Add(in.offset(t, spread)); !t.suspended && !in.now.Before(start) {
			in.startTarget(d, t, in.open, start)
		}
	}
	if d.skipped[skippedLate]+d.skipped[skippedActive] > 0 {
		d.missed = in.open
	}
}

// giveUpOpen counts the customers without a run of the slot that was open: a later one takes its place.
func (in *slotInput) giveUpOpen(d *slotDecision) {
	if in.open.IsZero() {
		return
	}
	for _, t := range in.targets {
		if !t.suspended && !slices.ContainsFunc(in.runs[t.name], func(r scheduledRun) bool { return r.slot.Equal(in.open) }) {
			d.skipped[skippedRefused]++
			d.missed = laterOf(d.missed, in.open)
		}
	}
}

// latest is the latest slot that is due and was not dealt with.
func (in *slotInput) latest() (slot time.Time, missed int, due bool) {
	slot, missed, _, due = in.plan.Latest(in.handled, in.now)
	if in.activation.After(in.handled) && !in.activation.After(in.now) && in.activation.After(slot) {
		// What was missed before the activation is not made up for beside it.
		return in.activation, missed + 1, true
	}
	return slot, missed, due
}

// countMissed notes the slots before this one that were not run. A slot that has runs
// was dealt with, whether that was written down or not.
func (in *slotInput) countMissed(d *slotDecision, slot time.Time) {
	since := in.handled
	for _, runs := range in.runs {
		for _, run := range runs {
			if run.slot.Before(slot) {
				since = laterOf(since, run.slot)
			}
		}
	}
	if latest, n, _, missed := in.plan.Latest(since, slot.Add(-time.Nanosecond)); missed {
		d.missed, d.skipped[skippedOlder] = latest, n
	}
}

// nextStart is when the first customer of the next slot starts.
func (in *slotInput) nextStart(after time.Time) time.Time {
	slot, ok := in.plan.Next(after)
	if !ok {
		return time.Time{}
	}
	first, spread := time.Time{}, in.spreadOf(slot)
	for _, t := range in.targets {
		if !t.suspended {
			first = earlierOf(first, slot.Add(in.offset(t, spread)))
		}
	}
	if first.IsZero() {
		return slot
	}
	return first
}

// skippedMessage tells what was skipped, in a fixed order.
func (d slotDecision) skippedMessage() string {
	var parts []string
	for _, kind := range []struct{ reason, text string }{
		{skippedOlder, "earlier slots passed while nothing ran"},
		{skippedLate, "customers were later than spec.startingDeadlineSeconds"},
		{skippedActive, "customers still had a run of an earlier slot"},
		{skippedRefused, "customers got no run of the slot before, which Kubernetes refused"},
	} {
		if n := d.skipped[kind.reason]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, kind.text))
		}
	}
	return strings.Join(parts, "; ")
}

func laterOf(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// earlierOf is the earlier of two times, of which a may be zero for none.
func earlierOf(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}
