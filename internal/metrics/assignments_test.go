package metrics

import (
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// suite is an assignment with this status.
func suite(name string, status v1alpha1.WebexLicenseAssignmentStatus) *v1alpha1.WebexLicenseAssignment {
	return &v1alpha1.WebexLicenseAssignment{
		ObjectMeta: named(name),
		Spec: v1alpha1.WebexLicenseAssignmentSpec{
			CustomerAccessRef: v1alpha1.LocalCustomerReference{Name: "acme"}, Subjects: v1alpha1.Subjects{Emails: []string{"ada@example.com"}},
		},
		Status: status,
	}
}

func TestStateOfAssignments(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	state := &State{Reader: reader(
		t, acme(),
		suite("new", v1alpha1.WebexLicenseAssignmentStatus{}),
		suite("planned", v1alpha1.WebexLicenseAssignmentStatus{
			Subjects: &v1alpha1.SubjectCounts{Listed: new(int64(10)), Resolved: new(int64(10))}, Plan: &v1alpha1.AssignmentPlan{Add: new(int64(10))},
		}),
		suite("sales", v1alpha1.WebexLicenseAssignmentStatus{
			Conditions: []metav1.Condition{condition(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonRemovalsHeld)},
			Subjects:   &v1alpha1.SubjectCounts{Listed: new(int64(40)), NotFound: new(int64(3)), NotFoundAt: []string{"Secret sales, line 7"}},
			Plan:       &v1alpha1.AssignmentPlan{Add: new(int64(5)), Remove: new(int64(20)), Drift: new(int64(2))},
			Held:       &v1alpha1.HeldRemovals{People: new(int64(19)), Token: "t"},
			LastRun:    &v1alpha1.AssignmentRun{Name: "r", Added: new(int64(8)), Removed: new(int64(1)), Failed: new(int64(6))},
			Failures: []v1alpha1.AssignmentFailure{
				{Reason: v1alpha1.ReasonRefused, Code: new(int64(400404)), People: new(int64(2)), TrackingID: "ROUTER_1"},
				{Reason: v1alpha1.ReasonRefused, Code: new(int64(400408)), People: new(int64(3))},
				{Reason: v1alpha1.ReasonNotApplied, People: new(int64(1))},
			},
		}),
	)}
	var lines []string
	for line := range strings.Lines(scrape(t, state)) {
		if strings.Contains(line, "assignment_") {
			lines = append(lines, line)
		}
	}
	want := `
webexlicense_assignment_condition{customer="acme",name="sales",namespace="tenants",reason="RemovalsHeld",status="False",type="Ready"} 1
webexlicense_assignment_failed_people{customer="acme",name="sales",namespace="tenants",reason="NotApplied"} 1
webexlicense_assignment_failed_people{customer="acme",name="sales",namespace="tenants",reason="Refused"} 5
webexlicense_assignment_people{customer="acme",name="planned",namespace="tenants",state="add"} 10
webexlicense_assignment_people{customer="acme",name="planned",namespace="tenants",state="drift"} 0
webexlicense_assignment_people{customer="acme",name="planned",namespace="tenants",state="held"} 0
webexlicense_assignment_people{customer="acme",name="planned",namespace="tenants",state="not_found"} 0
webexlicense_assignment_people{customer="acme",name="planned",namespace="tenants",state="remove"} 0
webexlicense_assignment_people{customer="acme",name="sales",namespace="tenants",state="add"} 5
webexlicense_assignment_people{customer="acme",name="sales",namespace="tenants",state="added"} 8
webexlicense_assignment_people{customer="acme",name="sales",namespace="tenants",state="drift"} 2
webexlicense_assignment_people{customer="acme",name="sales",namespace="tenants",state="held"} 19
webexlicense_assignment_people{customer="acme",name="sales",namespace="tenants",state="not_found"} 3
webexlicense_assignment_people{customer="acme",name="sales",namespace="tenants",state="remove"} 20
webexlicense_assignment_people{customer="acme",name="sales",namespace="tenants",state="removed"} 1
`
	g.Expect("\n" + strings.Join(lines, "")).To(Equal(want))
}
