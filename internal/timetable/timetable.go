// Package timetable reads the plan of a LicenseSyncSchedule: its slots, and when
// each customer starts in one. The operator works by it, and the kubectl plugin
// foretells by it, so that both say the same. Time is a parameter.
package timetable

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/schedule"
	"github.com/webex-operator/webex-license-operator/internal/skew"
)

// SpecOf is the plan of a schedule, as its user wrote it.
func SpecOf(object *v1alpha1.LicenseSyncSchedule, now time.Time) schedule.Spec {
	spec := schedule.Spec{Cron: object.Spec.Schedule, TimeZone: object.Spec.TimeZone}
	for _, at := range object.Spec.At {
		spec.At = append(spec.At, at.Time)
	}
	if every := object.Spec.Every; every != nil {
		first := counted(object.CreationTimestamp.Time, every.Interval.Duration, now)
		if every.FirstTime != nil {
			first = every.FirstTime.Time
		}
		spec.Every = &schedule.Every{Interval: every.Interval.Duration, First: first}
	}
	spec.Start, spec.End = timeOf(object.Spec.StartTime), timeOf(object.Spec.EndTime)
	return spec
}

// counted is the first slot of an interval that counts from the creation. From one that cannot have been yet it counts
// back, to a moment that stays the same however often it is asked for: the slots keep in step.
func counted(created time.Time, interval time.Duration, now time.Time) time.Time {
	if seconds := int64(interval / time.Second); seconds > 0 && skew.Ahead(created, now, 0) {
		return time.Unix(created.Unix()%seconds, 0)
	}
	return created.Add(interval)
}

func timeOf(t *metav1.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.Time
}

// SpreadOf is over how long the starts of a slot are spread: never beyond the next
// slot, since a customer that starts after it would never start.
func SpreadOf(plan *schedule.Plan, slot time.Time, spread time.Duration) time.Duration {
	if next, ok := plan.Next(slot); ok && spread > 0 {
		return min(spread, next.Sub(slot))
	}
	return spread
}

// Spread is the spread that a schedule asks for.
func Spread(object *v1alpha1.LicenseSyncSchedule) time.Duration {
	return time.Duration(ptr.Deref(object.Spec.SpreadSeconds, 0)) * time.Second
}

// Offset is how much later than a slot a customer starts, within a spread.
func Offset(namespace, customer string, spread time.Duration) time.Duration {
	return schedule.Offset(namespace+"/"+customer, spread)
}
