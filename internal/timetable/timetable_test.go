package timetable

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/schedule"
)

var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

func TestSpecOf(t *testing.T) {
	at := metav1.NewTime(noon.Add(time.Hour))
	object := &v1alpha1.LicenseSyncSchedule{Spec: v1alpha1.LicenseSyncScheduleSpec{
		Schedule: "30 2 * * *", TimeZone: "Europe/Berlin", At: []metav1.Time{at}, StartTime: &at,
		Every: &v1alpha1.Interval{Interval: metav1.Duration{Duration: time.Hour}},
	}}
	object.CreationTimestamp = metav1.NewTime(noon)
	want := schedule.Spec{
		Cron: "30 2 * * *", TimeZone: "Europe/Berlin", At: []time.Time{at.Time}, Start: at.Time,
		Every: &schedule.Every{Interval: time.Hour, First: noon.Add(time.Hour)},
	}
	if diff := cmp.Diff(want, SpecOf(object, noon)); diff != "" {
		t.Error("(-want +got)\n", diff)
	}
	object.Spec.Every.FirstTime = &at
	if first := SpecOf(object, noon).Every.First; !first.Equal(at.Time) {
		t.Errorf("a first time of its own: %v", first)
	}
}

func TestSpreadEndsAtTheNextSlot(t *testing.T) {
	plan, err := schedule.Parse(schedule.Spec{Cron: "0,15 12 * * *", TimeZone: "Etc/UTC"})
	if err != nil {
		t.Fatal(err)
	}
	object := &v1alpha1.LicenseSyncSchedule{}
	if got := Spread(object); got != 0 {
		t.Errorf("no spread: %v", got)
	}
	object.Spec.SpreadSeconds = new(int32(3600))
	for slot, want := range map[time.Time]time.Duration{noon: 15 * time.Minute, noon.Add(15 * time.Minute): time.Hour} {
		if got := SpreadOf(plan, slot, Spread(object)); got != want {
			t.Errorf("after %v: %v, want %v", slot, got, want)
		}
	}
	if got := Offset("ns", "acme", 15*time.Minute); got != schedule.Offset("ns/acme", 15*time.Minute) || got == Offset("ns", "globex", 15*time.Minute) {
		t.Errorf("offset %v", got)
	}
}

// An interval that counts from a creation in years to come has slots now, the same ones whenever they are asked for.
func TestIntervalFromACreationAhead(t *testing.T) {
	object := &v1alpha1.LicenseSyncSchedule{}
	object.Spec.TimeZone, object.Spec.Every = "Etc/UTC", &v1alpha1.Interval{Interval: metav1.Duration{Duration: 7 * time.Hour}}
	object.CreationTimestamp = metav1.NewTime(noon.AddDate(10, 0, 0))
	seen := map[time.Time]bool{}
	for at := noon; at.Before(noon.Add(14 * time.Hour)); at = at.Add(time.Minute) {
		plan, err := schedule.Parse(SpecOf(object, at))
		if err != nil {
			t.Fatal(err)
		}
		next, _ := plan.Next(at)
		if next.Sub(at) > 7*time.Hour {
			t.Fatalf("at %v the next slot is %v", at, next)
		}
		if offset := object.CreationTimestamp.Sub(next) % (7 * time.Hour); offset != 0 {
			t.Fatalf("%v is out of step by %v", next, offset)
		}
		seen[next] = true
	}
	if len(seen) != 3 {
		t.Errorf("slots %v", seen)
	}
}
