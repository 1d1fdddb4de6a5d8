// Package timeline foretells when customers will be read. It is pure: schedules
// and customers in, starts out, the time is a parameter.
package timeline

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/schedule"
	"github.com/webex-operator/webex-license-operator/internal/timetable"
)

// Slot is one slot of one schedule, with those of its starts that are to come.
type Slot struct {
	// Slot is the time by the plan.
	Slot time.Time `json:"slot"`
	// First and Last are when the first and the last customer start; they differ
	// from Slot by the spread.
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
	// Namespace and Schedule name the LicenseSyncSchedule.
	Namespace string `json:"namespace"`
	Schedule  string `json:"schedule"`
	// Customers start in this slot, in the order of their starts.
	Customers []string `json:"customers"`
}

// MaxSlots bounds what one schedule may foretell: a week of every minute.
const MaxSlots = 7 * 24 * 60

// Coming lists the slots whose customers start after from and no later than
// until, by their first start. Suspended schedules and customers are left out,
// and so are plans that cannot be read, which their own status tells of.
func Coming(schedules []v1alpha1.LicenseSyncSchedule, customers []v1alpha1.WebexCustomerAccess, from, until time.Time) []Slot {
	var coming []Slot
	for i := range schedules {
		if len(v1alpha1.UnreadableIn("spec", schedules[i].Unreadable)) > 0 {
			continue // the operator starts nothing by half of a plan
		}
		coming = append(coming, slotsOf(&schedules[i], Targets(&schedules[i], customers), from, until)...)
	}
	slices.SortStableFunc(coming, func(a, b Slot) int {
		return cmp.Or(a.First.Compare(b.First), strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Schedule, b.Schedule))
	})
	return coming
}

// Targets are the customers of a schedule.
func Targets(object *v1alpha1.LicenseSyncSchedule, customers []v1alpha1.WebexCustomerAccess) []*v1alpha1.WebexCustomerAccess {
	var targets []*v1alpha1.WebexCustomerAccess
	for i := range customers {
		if timetable.Selects(object, &customers[i]) {
			targets = append(targets, &customers[i])
		}
	}
	return targets
}

func slotsOf(object *v1alpha1.LicenseSyncSchedule, targets []*v1alpha1.WebexCustomerAccess, from, until time.Time) []Slot {
	plan, err := schedule.Parse(timetable.SpecOf(object, from))
	if err != nil || ptr.Deref(object.Spec.Suspend, false) {
		return nil
	}
	targets = slices.DeleteFunc(slices.Clone(targets), func(c *v1alpha1.WebexCustomerAccess) bool { return ptr.Deref(c.Spec.Suspend, false) })
	var slots []Slot
	// A slot that has passed may have customers that start later.
	at, ok := plan.Next(from.Add(-timetable.Spread(object)))
	for ok && !at.After(until) && len(slots) < MaxSlots {
		if slot, some := startsIn(object, plan, targets, at, from, until); some {
			slots = append(slots, slot)
		}
		at, ok = plan.Next(at)
	}
	return slots
}

// startsIn are the starts of one slot within a window.
func startsIn(object *v1alpha1.LicenseSyncSchedule, plan *schedule.Plan, targets []*v1alpha1.WebexCustomerAccess, at, from, until time.Time) (Slot, bool) {
	type start struct {
		customer string
		at       time.Time
	}
	var starts []start
	spread := timetable.SpreadOf(plan, at, timetable.Spread(object))
	for _, c := range targets {
		when := at.Add(timetable.Offset(object.Namespace, c.Name, spread))
		if when.After(from) && !when.After(until) {
			starts = append(starts, start{c.Name, when})
		}
	}
	if len(starts) == 0 {
		return Slot{}, false
	}
	slices.SortFunc(starts, func(a, b start) int { return cmp.Or(a.at.Compare(b.at), strings.Compare(a.customer, b.customer)) })
	slot := Slot{Slot: at.UTC(), First: starts[0].at.UTC(), Last: starts[len(starts)-1].at.UTC(), Namespace: object.Namespace, Schedule: object.Name}
	for _, s := range starts {
		slot.Customers = append(slot.Customers, s.customer)
	}
	return slot, true
}

// Lane is how many customers a schedule starts in each of a number of equal
// stretches of time.
func Lane(slots []Slot, namespace, name string, from time.Time, stretch time.Duration, cells int) []int {
	lane := make([]int, cells)
	for _, s := range slots {
		if s.Namespace != namespace || s.Schedule != name {
			continue
		}
		if i := int(s.First.Sub(from) / stretch); i >= 0 && i < cells {
			lane[i] += len(s.Customers)
		}
	}
	return lane
}

// StartOf is when one customer starts in a slot of a schedule.
func StartOf(object *v1alpha1.LicenseSyncSchedule, slot time.Time, customer string) time.Time {
	plan, err := schedule.Parse(timetable.SpecOf(object, slot))
	if err != nil {
		return slot
	}
	return slot.Add(timetable.Offset(object.Namespace, customer, timetable.SpreadOf(plan, slot, timetable.Spread(object)))).UTC()
}

// Overdue is the latest slot that a schedule was not at work in, and the customers that
// start in it now: it is made up for, unless startingDeadlineSeconds has passed.
func Overdue(object *v1alpha1.LicenseSyncSchedule, customers []v1alpha1.WebexCustomerAccess, now time.Time) (time.Time, []string) {
	plan, err := schedule.Parse(timetable.SpecOf(object, now))
	if err != nil || len(v1alpha1.UnreadableIn("spec", object.Unreadable)) > 0 {
		return time.Time{}, nil
	}
	handled := object.CreationTimestamp.Time
	if last := object.Status.LastScheduleTime; last != nil {
		handled = last.Time
	}
	slot, _, _, due := plan.Latest(handled, now)
	if !due {
		return time.Time{}, nil
	}
	deadline := time.Duration(object.Spec.StartingDeadlineSeconds) * time.Second
	var names []string
	for _, c := range Targets(object, customers) {
		late := now.Sub(StartOf(object, slot, c.Name))
		if !ptr.Deref(c.Spec.Suspend, false) && late >= 0 && (deadline == 0 || late <= deadline) {
			names = append(names, c.Name)
		}
	}
	return slot, names
}
