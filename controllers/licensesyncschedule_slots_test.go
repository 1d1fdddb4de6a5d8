package controllers

import (
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/schedule"
)

// at is a time of the day on which the tables play.
func at(hour, minute, second int) time.Time {
	return time.Date(2026, time.March, 10, hour, minute, second, 0, time.UTC)
}

// dueAtNoon is a decision to make about an hourly plan at 12:00:01, of which 11:00
// was dealt with.
func dueAtNoon(t *testing.T) slotInput {
	t.Helper()
	plan, err := schedule.Parse(schedule.Spec{Cron: "0 * * * *", TimeZone: "Etc/UTC"})
	if err != nil {
		t.Fatal(err)
	}
	return slotInput{
		namespace: "n", name: "plan", plan: plan, handled: at(11, 0, 0), now: at(12, 0, 1),
		targets: []target{{name: "a"}, {name: "b"}}, runs: map[string][]scheduledRun{},
	}
}

// runAt is a run of a customer for a slot.
func runAt(customer string, slot time.Time, finished bool) scheduledRun {
	return scheduledRun{name: slotRunName("plan", customer, slot), slot: slot, finished: finished}
}

func TestDecideSlots(t *testing.T) {
	type want struct {
		create  string // customers and their slots
		cancel  []string
		handled time.Time
		retried time.Time
		missed  time.Time
		skipped map[string]int
		next    time.Time
	}
	both := "a@12:00:00 b@12:00:00"
	for name, c := range map[string]struct {
		given func(in *slotInput)
		want  want
	}{
		"the first slot": {func(*slotInput) {}, want{create: both, handled: at(12, 0, 0), next: at(13, 0, 0)}},
		"nothing due": {
			func(in *slotInput) { in.now = at(11, 59, 59) }, want{next: at(12, 0, 0)},
		},
		"exactly due": {
			func(in *slotInput) { in.now = at(12, 0, 0) }, want{create: both, handled: at(12, 0, 0), next: at(13, 0, 0)},
		},
		"the second of creation is no slot": {
			func(in *slotInput) { in.handled, in.now = at(12, 0, 0), at(12, 0, 0) }, want{next: at(13, 0, 0)},
		},
		"suspended": {func(in *slotInput) { in.suspended = true }, want{}},
		"run already": {
			func(in *slotInput) { in.runs["a"] = []scheduledRun{runAt("a", at(12, 0, 0), false)} },
			want{create: "b@12:00:00", handled: at(12, 0, 0), next: at(13, 0, 0)},
		},
		"never again when the clock was put back": {
			func(in *slotInput) { in.handled, in.now = at(12, 0, 0), at(11, 30, 0) }, want{next: at(13, 0, 0)},
		},
		"older ones are missed": {
			func(in *slotInput) { in.handled = at(8, 0, 0) },
			want{create: both, handled: at(12, 0, 0), missed: at(11, 0, 0), skipped: map[string]int{skippedOlder: 3}, next: at(13, 0, 0)},
		},
		"an older one that ran is not missed, though it was not written down": {
			func(in *slotInput) {
				in.handled = at(8, 0, 0)
				in.runs["a"] = []scheduledRun{runAt("a", at(9, 0, 0), true), runAt("a", at(11, 0, 0), true)}
			},
			want{create: both, handled: at(12, 0, 0), next: at(13, 0, 0)},
		},
		"late without a deadline": {
			func(in *slotInput) { in.now = at(12, 59, 59) }, want{create: both, handled: at(12, 0, 0), next: at(13, 0, 0)},
		},
		"at the deadline": {
			func(in *slotInput) { in.deadline, in.now = time.Minute, at(12, 1, 0) }, want{create: both, handled: at(12, 0, 0), next: at(13, 0, 0)},
		},
		"beyond the deadline": {
			func(in *slotInput) { in.deadline, in.now = time.Minute, at(12, 1, 1) },
			want{handled: at(12, 0, 0), missed: at(12, 0, 0), skipped: map[string]int{skippedLate: 2}, next: at(13, 0, 0)},
		},
		"run already, by a release that named it in another way": {
			func(in *slotInput) { in.runs["a"] = []scheduledRun{{name: "plan-a-29552400", slot: at(12, 0, 0)}} },
			want{create: "b@12:00:00", handled: at(12, 0, 0), next: at(13, 0, 0)},
		},
		"Forbid": {
			func(in *slotInput) { in.runs["a"] = []scheduledRun{runAt("a", at(11, 0, 0), false)} },
			want{create: "b@12:00:00", handled: at(12, 0, 0), missed: at(12, 0, 0), skipped: map[string]int{skippedActive: 1}, next: at(13, 0, 0)},
		},
		"Forbid, but finished": {
			func(in *slotInput) { in.runs["a"] = []scheduledRun{runAt("a", at(11, 0, 0), true)} },
			want{create: both, handled: at(12, 0, 0), next: at(13, 0, 0)},
		},
		"Forbid does not mind manual runs": {
			func(in *slotInput) { in.runs["a"] = []scheduledRun{{name: "plan-a-m-1"}} },
			want{create: both, handled: at(12, 0, 0), next: at(13, 0, 0)},
		},
		"Replace": {
			func(in *slotInput) {
				in.replace = true
				in.runs["a"] = []scheduledRun{runAt("a", at(10, 0, 0), true), runAt("a", at(11, 0, 0), false)}
			},
			want{create: both, cancel: []string{slotRunName("plan", "a", at(11, 0, 0))}, handled: at(12, 0, 0), next: at(13, 0, 0)},
		},
		"Replace, too late": {
			func(in *slotInput) {
				in.replace, in.deadline, in.now = true, time.Second, at(12, 1, 0)
				in.runs["a"] = []scheduledRun{runAt("a", at(11, 0, 0), false)}
			},
			want{handled: at(12, 0, 0), missed: at(12, 0, 0), skipped: map[string]int{skippedLate: 2}, next: at(13, 0, 0)},
		},
		"a suspended customer": {
			func(in *slotInput) { in.targets[0].suspended = true },
			want{create: "b@12:00:00", handled: at(12, 0, 0), next: at(13, 0, 0)},
		},
		"all customers suspended": {
			func(in *slotInput) { in.targets[0].suspended, in.targets[1].suspended = true, true },
			want{handled: at(12, 0, 0), next: at(13, 0, 0)},
		},
		"refused before": {
			func(in *slotInput) {
				in.handled, in.open, in.now = at(12, 0, 0), at(12, 0, 0), at(12, 30, 0)
				in.runs["a"] = []scheduledRun{runAt("a", at(12, 0, 0), true)}
			},
			want{create: "b@12:00:00", retried: at(12, 0, 0), next: at(13, 0, 0)},
		},
		"refused before, and created meanwhile": {
			func(in *slotInput) {
				in.handled, in.open, in.now = at(12, 0, 0), at(12, 0, 0), at(12, 30, 0)
				in.runs["a"], in.runs["b"] = []scheduledRun{runAt("a", at(12, 0, 0), true)}, []scheduledRun{runAt("b", at(12, 0, 0), false)}
			},
			want{retried: at(12, 0, 0), next: at(13, 0, 0)},
		},
		"refused until the deadline": {
			func(in *slotInput) {
				in.handled, in.open, in.now, in.deadline = at(12, 0, 0), at(12, 0, 0), at(12, 1, 1), time.Minute
				in.runs["a"] = []scheduledRun{runAt("a", at(12, 0, 0), true)}
			},
			want{retried: at(12, 0, 0), missed: at(12, 0, 0), skipped: map[string]int{skippedLate: 1}, next: at(13, 0, 0)},
		},
		"refused until the next slot": {
			func(in *slotInput) {
				in.open = at(11, 0, 0)
				in.runs["a"] = []scheduledRun{runAt("a", at(11, 0, 0), true)}
			},
			want{create: both, handled: at(12, 0, 0), missed: at(11, 0, 0), skipped: map[string]int{skippedRefused: 1}, next: at(13, 0, 0)},
		},
		"refused and suspended": {func(in *slotInput) { in.open, in.suspended = at(11, 0, 0), true }, want{}},
		"activation": {
			func(in *slotInput) { in.activation, in.now = at(11, 30, 5), at(11, 30, 6) },
			want{create: "a@11:30:05 b@11:30:05", handled: at(11, 30, 5), next: at(12, 0, 0)},
		},
		"activation with missed slots before it": {
			func(in *slotInput) { in.handled, in.activation, in.now = at(9, 0, 0), at(11, 30, 5), at(11, 30, 6) },
			want{
				create: "a@11:30:05 b@11:30:05", handled: at(11, 30, 5), missed: at(11, 0, 0),
				skipped: map[string]int{skippedOlder: 2}, next: at(12, 0, 0),
			},
		},
		"activation that was dealt with": {
			func(in *slotInput) { in.handled, in.activation, in.now = at(11, 30, 5), at(11, 30, 5), at(11, 40, 0) },
			want{next: at(12, 0, 0)},
		},
		"a slot came after the activation": {
			func(in *slotInput) { in.activation = at(11, 30, 5) }, want{create: both, handled: at(12, 0, 0), next: at(13, 0, 0)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			in := dueAtNoon(t)
			c.given(&in)
			d := decideSlots(in)
			create, cancel := "", []string(nil)
			for i, run := range d.create {
				if i > 0 {
					create += " "
				}
				create += run.customer + "@" + run.slot.Format(time.TimeOnly)
				cancel = append(cancel, run.cancel...)
				g.Expect(run.name).To(Equal(slotRunName("plan", run.customer, run.slot)))
			}
			g.Expect(create).To(Equal(c.want.create))
			g.Expect(cancel).To(Equal(c.want.cancel))
			g.Expect(d.handled).To(BeTemporally("==", c.want.handled))
			g.Expect(d.retried).To(BeTemporally("==", c.want.retried))
			g.Expect(d.missed).To(BeTemporally("==", c.want.missed))
			g.Expect(d.next).To(BeTemporally("==", c.want.next))
			if c.want.skipped == nil {
				c.want.skipped = map[string]int{}
			}
			g.Expect(d.skipped).To(Equal(c.want.skipped))
		})
	}
}

// Each customer starts at its offset; the slot is dealt with when the last one
// has started, and no offset reaches the next slot.
func TestDecideSlotsSpread(t *testing.T) {
	for _, spread := range []time.Duration{30 * time.Minute, time.Hour, 24 * time.Hour} {
		t.Run(spread.String(), func(t *testing.T) {
			g := NewWithT(t)
			in := dueAtNoon(t)
			in.spread = spread
			in.targets = append(in.targets, target{name: "c"}, target{name: "asleep", suspended: true})
			started := map[string]time.Time{}
			for in.now = at(12, 0, 0); in.now.Before(at(13, 0, 0)); in.now = in.now.Add(time.Second) {
				d := decideSlots(in)
				for _, run := range d.create {
					g.Expect(run.due).To(BeTemporally("==", in.now))
					started[run.customer] = in.now
					in.runs[run.customer] = []scheduledRun{{name: run.name, slot: run.slot}}
				}
				g.Expect(d.missed).To(BeZero())
				g.Expect(d.next).To(BeTemporally(">", in.now))
				if g.Expect(d.handled.IsZero()).To(Equal(len(started) < 3)); !d.handled.IsZero() {
					in.handled = d.handled
					break
				}
			}
			g.Expect(started).To(HaveLen(3))
			g.Expect(started).NotTo(HaveKey("asleep"))
			for customer, start := range started {
				g.Expect(start.Sub(at(12, 0, 0))).To(Equal(schedule.Offset("n/"+customer, min(spread, time.Hour))))
			}
		})
	}
}

func TestExpendable(t *testing.T) {
	run := func(customer string, hour int, condition string) v1alpha1.LicenseSync {
		slot := metav1.NewTime(at(hour, 0, 0))
		made := v1alpha1.LicenseSync{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("%s-%02d-%s", customer, hour, condition), CreationTimestamp: slot}}
		made.Spec.CustomerAccessRef.Name, made.Spec.ScheduledTime = customer, &slot
		if condition != "" {
			made.Status.Conditions = []metav1.Condition{{Type: condition, Status: metav1.ConditionTrue}}
		}
		return made
	}
	manual := run("a", 0, v1alpha1.ConditionComplete)
	manual.Name, manual.Spec.ScheduledTime = "manual", nil
	object := &v1alpha1.LicenseSyncSchedule{}
	object.Status.LastScheduleTime = new(metav1.NewTime(at(8, 0, 0)))
	s := &scheduleScope{schedule: object, now: at(12, 0, 0), runs: []v1alpha1.LicenseSync{
		run("a", 1, "Complete"), run("a", 2, "Failed"), run("a", 3, "Complete"), run("a", 4, "Failed"), run("a", 5, "Complete"),
		run("a", 6, ""), run("a", 7, "Complete"), run("a", 9, "Complete"), run("b", 1, "Complete"), run("b", 2, "Failed"), manual,
	}}
	expect := func(names ...string) {
		t.Helper()
		var found []string
		for _, run := range expendable(s, object.Status) {
			found = append(found, run.Name)
		}
		NewWithT(t).Expect(found).To(ConsistOf(names))
	}
	// Three that completed and one that failed are kept; the slot at 9 is still open.
	expect("a-01-Complete", "a-02-Failed", "manual")
	// A request that is not dealt with keeps the manual runs.
	object.Annotations = map[string]string{v1alpha1.AnnotationRequestedAt: "now"}
	expect("a-01-Complete", "a-02-Failed")
	object.Status.LastHandledReconcileAt = "now"
	// What is decided but not stored does not count.
	s.status.LastScheduleTime = new(metav1.NewTime(at(9, 0, 0)))
	object.Spec.SuccessfulRunsHistoryLimit, object.Spec.FailedRunsHistoryLimit = ptr.To[int32](0), ptr.To[int32](0)
	expect("a-01-Complete", "a-02-Failed", "a-03-Complete", "a-04-Failed", "a-05-Complete", "a-07-Complete", "b-01-Complete", "b-02-Failed", "manual")
	// Nothing was ever dealt with: all slots are open.
	object.Status.LastScheduleTime = nil
	expect("manual")
}
