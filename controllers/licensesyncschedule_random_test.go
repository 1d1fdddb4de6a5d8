package controllers

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// maxYearSlots keeps the simulated year short: denser plans get a window.
const maxYearSlots = 130

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// randomLine is a cron line, regular or not, sparse enough for maxYearSlots or not.
func randomLine(rng *rand.Rand) string {
	n := rng.IntN
	minute, hour := n(60), n(24)
	switch n(14) {
	case 0, 1, 2:
		return fmt.Sprintf("%d %d * * *", minute, n(5)) // where clocks change
	case 3:
		return fmt.Sprintf("%d %d * * %d-%d", minute, hour, 1+n(3), 4+n(3))
	case 4:
		return fmt.Sprintf("%d %d %d,%d * *", minute, hour, 1+n(15), 16+n(16))
	case 5:
		return fmt.Sprintf("%d %d %d * %d", minute, hour, 1+n(31), n(7)) // either day
	case 6:
		return fmt.Sprintf("*/%d 8-17 * %d 1-5", 15+n(15), 1+n(12))
	case 7:
		return fmt.Sprintf("%d,%d 9,10 * * *", n(30), 30+n(30))
	case 8:
		return fmt.Sprintf("%d * %d-%d %d,%d *", minute, 20+n(5), 25+n(7), 1+n(6), 7+n(6)) // each hour
	case 9:
		return fmt.Sprintf("%d-%d/%d 0-3 * 3,4,9-11 0,6", n(10), 10+n(50), 1+n(25))
	case 10:
		return fmt.Sprintf("%d %d 29 2 *", minute, hour)
	case 11:
		return fmt.Sprintf("*/10 * * %d 0", 1+n(12))
	case 12:
		return fmt.Sprintf("%d */%d * * *", minute, 5+n(15))
	default:
		return fmt.Sprintf("%d %d-%d/2 1-7 * *", minute, n(12), 12+n(12))
	}
}

// randomSchedule is a schedule as a user might write it, with its customers.
func randomSchedule(rng *rand.Rand, zone string, now time.Time) (*v1alpha1.LicenseSyncSchedule, []*v1alpha1.WebexCustomerAccess) {
	chance := func(p float64) bool { return rng.Float64() < p }
	later := func(limit time.Duration) metav1.Time {
		return metav1.NewTime(now.Add(s1(rng, limit)).Truncate(time.Second))
	}
	const day = 24 * time.Hour
	spec := v1alpha1.LicenseSyncScheduleSpec{TimeZone: zone, ConcurrencyPolicy: v1alpha1.ConcurrencyForbid}
	if chance(0.8) {
		spec.Schedule = randomLine(rng)
	}
	if chance(0.2) {
		for range 1 + rng.IntN(10) {
			spec.At = append(spec.At, later(360*day))
		}
	}
	if spec.Schedule == "" && spec.At == nil || chance(0.1) {
		spec.Every = &v1alpha1.Interval{Interval: metav1.Duration{Duration: (time.Hour + s1(rng, 72*time.Hour)).Truncate(time.Second)}}
		if chance(0.5) {
			spec.Every.FirstTime = new(later(30 * day))
		}
	}
	if chance(0.1) {
		spec.StartTime = new(later(60 * day))
	}
	if chance(0.1) {
		spec.EndTime = new(metav1.NewTime(now.Add(100*day + s1(rng, 200*day)).Truncate(time.Second)))
	}
	if chance(0.4) {
		spec.ConcurrencyPolicy = v1alpha1.ConcurrencyReplace
	}
	if chance(0.3) {
		spec.SpreadSeconds = new(int32(1 + rng.IntN(1+rng.IntN(86400))))
	}
	if chance(0.4) {
		spec.StartingDeadlineSeconds = 1 + rng.Int64N(1+rng.Int64N(86400))
	}
	if chance(0.3) {
		spec.RunOnActivation = new(true)
	}
	spec.SuccessfulRunsHistoryLimit, spec.FailedRunsHistoryLimit = new(rng.Int32N(4)), new(rng.Int32N(3))
	if slots := planOracle(spec, now); len(slots) > maxYearSlots {
		first := rng.IntN(len(slots) - maxYearSlots)
		spec.StartTime = new(metav1.NewTime(time.Unix(slots[first], 0)))
		spec.EndTime = new(metav1.NewTime(time.Unix(slots[first+maxYearSlots-1], 0)))
	} else if len(slots) == 0 {
		spec.StartTime, spec.EndTime, spec.At = nil, nil, append(spec.At, later(300*day))
	}
	return withCustomers(rng, spec)
}

func withCustomers(rng *rand.Rand, spec v1alpha1.LicenseSyncScheduleSpec) (*v1alpha1.LicenseSyncSchedule, []*v1alpha1.WebexCustomerAccess) {
	const namespace = "year"
	var customers []*v1alpha1.WebexCustomerAccess
	for i := range 1 + rng.IntN(3) {
		customers = append(customers, &v1alpha1.WebexCustomerAccess{ObjectMeta: metav1.ObjectMeta{
			Namespace: namespace, Name: fmt.Sprintf("customer-%d", i), Labels: map[string]string{"tier": "gold"},
		}})
	}
	if len(customers) > 1 && rng.IntN(5) == 0 {
		customers[rng.IntN(len(customers))].Spec.Suspend = new(true)
	}
	spec.CustomerAccessSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"tier": "gold"}}
	if len(customers) == 1 && rng.IntN(2) == 0 {
		spec.CustomerAccessSelector, spec.CustomerAccessRef = nil, &v1alpha1.LocalCustomerReference{Name: customers[0].Name}
	}
	return &v1alpha1.LicenseSyncSchedule{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "plan"}, Spec: spec}, customers
}

// randomScript is what happens in the year, half of it about when a slot is due.
func (s *simulation) randomScript() []yearEvent {
	var script []yearEvent
	skew := time.Duration(0)
	for at := s.now; ; {
		at = at.Add(time.Hour + s1(s.rng, 12*24*time.Hour))
		if next := slotAfter(s.plan, at.Add(skew).Unix()); next != 0 && s.chance(0.5) {
			at = time.Unix(next, 0).Add(-skew).Add(s1(s.rng, 3*time.Minute) - 90*time.Second)
		}
		if !at.Before(yearEnd) {
			break
		}
		switch s.rng.IntN(8) {
		case 0, 1:
			down := time.Second + s1(s.rng, time.Minute<<s.rng.IntN(13)) // to days
			script = append(script, yearEvent{at, func() { s.stop(down) }})
			at = at.Add(down)
		case 2, 3, 4:
			by := s1(s.rng, 2*time.Hour) - time.Hour
			if (skew + by).Abs() > 90*time.Minute {
				by = -by
			}
			skew += by
			script = append(script, yearEvent{at, func() { s.step(by) }})
		case 5:
			length := time.Second + s1(s.rng, time.Hour<<s.rng.IntN(9))
			script = append(script, yearEvent{at, func() { s.setSuspend(true) }}, yearEvent{at.Add(length), func() { s.setSuspend(false) }})
			at = at.Add(length)
		case 6:
			token := fmt.Sprint("now-", at.Unix())
			script = append(script, yearEvent{at, func() { s.request(token) }})
		case 7:
			script = append(script, yearEvent{at, func() { s.stop(time.Second + s1(s.rng, 15*time.Second)) }}) // another leader
		}
	}
	for range 60 {
		script = append(script, yearEvent{s.now.Add(s1(s.rng, yearEnd.Sub(s.now))), func() { s.watchIn(0) }})
	}
	slices.SortStableFunc(script, func(a, b yearEvent) int { return cmp.Compare(a.at.UnixNano(), b.at.UnixNano()) })
	return script
}

// request asks for a run of all customers at once.
func (s *simulation) request(token string) {
	s.server.changeSchedule(func(object *v1alpha1.LicenseSyncSchedule) {
		object.Annotations = map[string]string{v1alpha1.AnnotationRequestedAt: token}
	})
	s.requests++
	s.watchIn(s1(s.rng, 100*time.Millisecond))
}
