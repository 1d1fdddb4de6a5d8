package timetable

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

func TestSelects(t *testing.T) {
	t.Parallel()
	customer := &v1alpha1.WebexCustomerAccess{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "acme", Labels: map[string]string{"tier": "gold"}}}
	byLabels := func(s metav1.LabelSelector) v1alpha1.LicenseSyncScheduleSpec {
		return v1alpha1.LicenseSyncScheduleSpec{CustomerAccessSelector: &s}
	}
	expression := func(operator metav1.LabelSelectorOperator, values ...string) v1alpha1.LicenseSyncScheduleSpec {
		return byLabels(metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "tier", Operator: operator, Values: values}}})
	}
	byName := func(name string) v1alpha1.LicenseSyncScheduleSpec {
		return v1alpha1.LicenseSyncScheduleSpec{CustomerAccessRef: &v1alpha1.LocalCustomerReference{Name: name}}
	}
	for name, test := range map[string]struct {
		spec      v1alpha1.LicenseSyncScheduleSpec
		namespace string
		want      bool
	}{
		"its name":                 {spec: byName("acme"), namespace: "ns", want: true},
		"another name":             {spec: byName("globex"), namespace: "ns"},
		"its name, elsewhere":      {spec: byName("acme"), namespace: "other"},
		"all":                      {spec: byLabels(metav1.LabelSelector{}), namespace: "ns", want: true},
		"all, elsewhere":           {spec: byLabels(metav1.LabelSelector{}), namespace: "other"},
		"its label":                {spec: byLabels(metav1.LabelSelector{MatchLabels: map[string]string{"tier": "gold"}}), namespace: "ns", want: true},
		"another value":            {spec: byLabels(metav1.LabelSelector{MatchLabels: map[string]string{"tier": "base"}}), namespace: "ns"},
		"all but others":           {spec: expression(metav1.LabelSelectorOpNotIn, "base"), namespace: "ns", want: true},
		"all but its own":          {spec: expression(metav1.LabelSelectorOpNotIn, "gold"), namespace: "ns"},
		"a selector of no meaning": {spec: expression("Like", "gold"), namespace: "ns"},
		"neither name nor labels":  {namespace: "ns"},
	} {
		object := &v1alpha1.LicenseSyncSchedule{ObjectMeta: metav1.ObjectMeta{Namespace: test.namespace, Name: "nightly"}, Spec: test.spec}
		if got := Selects(object, customer); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestRuns(t *testing.T) {
	t.Parallel()
	now := metav1.Now()
	for name, test := range map[string]struct {
		alter func(*v1alpha1.LicenseSyncSchedule)
		want  bool
	}{
		"as made":            {func(*v1alpha1.LicenseSyncSchedule) {}, true},
		"not suspended":      {func(s *v1alpha1.LicenseSyncSchedule) { s.Spec.Suspend = new(false) }, true},
		"suspended":          {func(s *v1alpha1.LicenseSyncSchedule) { s.Spec.Suspend = new(true) }, false},
		"on its way out":     {func(s *v1alpha1.LicenseSyncSchedule) { s.DeletionTimestamp = &now }, false},
		"an unreadable spec": {func(s *v1alpha1.LicenseSyncSchedule) { s.Unreadable = []v1alpha1.UnreadableField{{Path: "spec.at[0]"}} }, false},
		"an unreadable state": {func(s *v1alpha1.LicenseSyncSchedule) {
			s.Unreadable = []v1alpha1.UnreadableField{{Path: "status.active"}}
		}, true},
	} {
		object := &v1alpha1.LicenseSyncSchedule{}
		test.alter(object)
		if got := Runs(object); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
