package timeline

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/timetable"
)

var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

func customer(name, tier string) v1alpha1.WebexCustomerAccess {
	return v1alpha1.WebexCustomerAccess{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name, Labels: map[string]string{"tier": tier}}}
}

func plan(name, cron string, adjust ...func(*v1alpha1.LicenseSyncScheduleSpec)) v1alpha1.LicenseSyncSchedule {
	s := v1alpha1.LicenseSyncSchedule{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name}}
	s.Spec.Schedule, s.Spec.TimeZone = cron, "Etc/UTC"
	s.Spec.CustomerAccessSelector = &metav1.LabelSelector{}
	for _, a := range adjust {
		a(&s.Spec)
	}
	return s
}

func show(slots []Slot) []string {
	var out []string
	for _, s := range slots {
		out = append(out, fmt.Sprintf("%s %s %v", s.First.Format("15:04:05"), s.Schedule, s.Customers))
	}
	return out
}

func TestComing(t *testing.T) {
	customers := []v1alpha1.WebexCustomerAccess{customer("acme", "gold"), customer("globex", "silver")}
	suspended := customer("umbrella", "gold")
	suspended.Spec.Suspend = new(true)
	elsewhere := customer("acme", "gold")
	elsewhere.Namespace = "other"
	customers = append(customers, suspended, elsewhere)
	schedules := []v1alpha1.LicenseSyncSchedule{
		plan("hourly", "0 * * * *", func(s *v1alpha1.LicenseSyncScheduleSpec) {
			s.CustomerAccessSelector.MatchLabels = map[string]string{"tier": "gold"}
		}),
		plan("all", "0 14 * * *"),
		plan("one", "30 13 * * *", func(s *v1alpha1.LicenseSyncScheduleSpec) {
			s.CustomerAccessSelector, s.CustomerAccessRef = nil, &v1alpha1.LocalCustomerReference{Name: "globex"}
		}),
		plan("off", "* * * * *", func(s *v1alpha1.LicenseSyncScheduleSpec) { s.Suspend = new(true) }),
		plan("broken", "61 * * * *"),
		plan("empty", "* * * * *", func(s *v1alpha1.LicenseSyncScheduleSpec) {
			s.CustomerAccessSelector.MatchLabels = map[string]string{"tier": "tin"}
		}),
	}
	want := []string{"13:00:00 hourly [acme]", "13:30:00 one [globex]", "14:00:00 all [acme globex]", "14:00:00 hourly [acme]"}
	// The slot at noon has passed; that at 14:00 is just inside.
	if diff := cmp.Diff(want, show(Coming(schedules, customers, noon, noon.Add(2*time.Hour)))); diff != "" {
		t.Error("(-want +got)\n", diff)
	}
}

func TestSpread(t *testing.T) {
	var customers []v1alpha1.WebexCustomerAccess
	for i := range 50 {
		customers = append(customers, customer(fmt.Sprint("c", i), ""))
	}
	schedules := []v1alpha1.LicenseSyncSchedule{plan("spread", "0 12 * * *", func(s *v1alpha1.LicenseSyncScheduleSpec) { s.SpreadSeconds = new(int32(3600)) })}
	// Halfway through the slot, those whose start has passed are no longer coming.
	half := noon.Add(30 * time.Minute)
	var want int
	for _, c := range customers {
		if timetable.Offset("ns", c.Name, time.Hour) > 30*time.Minute {
			want++
		}
	}
	got := Coming(schedules, customers, half, half.Add(time.Hour))
	if len(got) != 1 || len(got[0].Customers) != want || want == 0 || want == 50 {
		t.Fatalf("%d of 50 customers to come, got %v", want, show(got))
	}
	if s := got[0]; !s.Slot.Equal(noon) || !s.First.After(half) || s.Last.Before(s.First) || s.Last.After(noon.Add(time.Hour)) {
		t.Errorf("slot %v from %v to %v", s.Slot, s.First, s.Last)
	}
	for i, name := range got[0].Customers[1:] {
		if timetable.Offset("ns", got[0].Customers[i], time.Hour) > timetable.Offset("ns", name, time.Hour) {
			t.Errorf("%s before %s", got[0].Customers[i], name)
		}
	}
}

func TestManySlotsAreBounded(t *testing.T) {
	got := Coming([]v1alpha1.LicenseSyncSchedule{plan("minutes", "* * * * *")}, []v1alpha1.WebexCustomerAccess{customer("acme", "")}, noon, noon.AddDate(1, 0, 0))
	if len(got) != MaxSlots {
		t.Errorf("%d slots", len(got))
	}
}

func TestLane(t *testing.T) {
	customers := []v1alpha1.WebexCustomerAccess{customer("acme", ""), customer("globex", "")}
	slots := Coming([]v1alpha1.LicenseSyncSchedule{plan("a", "30 13,15 * * *"), plan("b", "0 14 * * *")}, customers, noon, noon.Add(6*time.Hour))
	if got, want := Lane(slots, "ns", "a", noon, time.Hour, 6), []int{0, 2, 0, 2, 0, 0}; !cmp.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
