package overview

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// What keeps a customer from being read is told, even if the customer itself cannot say so.
func TestUnread(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	slot := metav1.NewTime(noon.Add(-time.Hour))
	schedule := func(name string, conditions ...metav1.Condition) v1alpha1.LicenseSyncSchedule {
		s := v1alpha1.LicenseSyncSchedule{ObjectMeta: metav1.ObjectMeta{Name: name, UID: "1"}}
		s.Status.Conditions = conditions
		return s
	}
	refused := schedule("nightly", is("Ready", metav1.ConditionFalse, "RunRefused"))
	refused.Status.OpenSlotTime = &slot
	ran := v1alpha1.LicenseSync{ObjectMeta: metav1.ObjectMeta{OwnerReferences: []metav1.OwnerReference{{UID: "1", Controller: new(true)}}}}
	ran.Spec.CustomerAccessRef.Name, ran.Spec.ScheduledTime = "acme", &slot
	ready := []metav1.Condition{is("Ready", metav1.ConditionTrue, "Synced")}
	for name, c := range map[string]struct {
		conditions []metav1.Condition
		age        time.Duration
		schedules  []v1alpha1.LicenseSyncSchedule
		runs       []v1alpha1.LicenseSync
		want       string
	}{
		"new":                         {nil, time.Second, nil, nil, ""},
		"not looked at":               {nil, time.Hour, nil, nil, "Error Pending"},
		"in order":                    {ready, time.Hour, []v1alpha1.LicenseSyncSchedule{schedule("a", is("Ready", metav1.ConditionTrue, "Scheduled")), schedule("b")}, nil, ""},
		"its schedule is refused":     {ready, time.Hour, []v1alpha1.LicenseSyncSchedule{refused}, nil, "Warning RunRefused"},
		"another customer's run is":   {ready, time.Hour, []v1alpha1.LicenseSyncSchedule{refused}, []v1alpha1.LicenseSync{ran}, ""},
		"its schedule has a mistake":  {ready, time.Hour, []v1alpha1.LicenseSyncSchedule{schedule("a", is("Ready", metav1.ConditionFalse, "InvalidSchedule"))}, nil, "Warning InvalidSchedule"},
		"both are refused, one cause": {[]metav1.Condition{is("Ready", metav1.ConditionFalse, "RunRefused")}, time.Hour, []v1alpha1.LicenseSyncSchedule{refused}, nil, "Error RunRefused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			customer := &v1alpha1.WebexCustomerAccess{ObjectMeta: metav1.ObjectMeta{Name: "acme", CreationTimestamp: metav1.NewTime(noon.Add(-c.age))}}
			customer.Status.Conditions = c.conditions
			o := Of(customer, c.runs, nil)
			o.Unread(customer, c.schedules, c.runs, noon)
			var got []string
			for _, issue := range o.Issues {
				got = append(got, string(issue.Severity)+" "+issue.Reason)
			}
			if strings.Join(got, ", ") != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
