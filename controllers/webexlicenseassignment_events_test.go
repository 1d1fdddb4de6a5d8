package controllers

import (
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// A story of one assignment, from reconcile to reconcile: what each tells is told once, whatever the messages say.
func TestAssignmentNews(t *testing.T) {
	t.Parallel()
	assigned := func(minute int, added, removed, failed int64) adjustAssignment {
		return func(s *assignmentScope) {
			at := metav1.NewTime(s.now.Add(time.Duration(minute) * time.Minute))
			s.assignment.Status.LastRun = &v1alpha1.AssignmentRun{Name: "run", Time: &at, Added: &added, Removed: &removed, Failed: &failed}
		}
	}
	notHeld := func(s *assignmentScope) { s.assignment.Status.Held = nil }
	drift := func(n int64) adjustAssignment {
		return func(s *assignmentScope) { s.assignment.Status.Plan = &v1alpha1.AssignmentPlan{Drift: &n} }
	}
	reworded := func(s *assignmentScope) { s.assignment.Status.Verdict.Message = "in other words" }
	planned := func(s *assignmentScope) { s.changes = nil }
	s := plannedScope()
	for _, step := range []struct {
		does   string
		adjust []adjustAssignment
		want   string
	}{
		{"in sync from the start", nil, ""},
		{"no unit", []adjustAssignment{verdictIs(v1alpha1.ReasonNoUnits)}, "Warning NoUnits"},
		{"looked at again", []adjustAssignment{reworded}, ""},
		{"a list changed", []adjustAssignment{changed}, ""},
		{"as bad as before", []adjustAssignment{planned}, ""},
		{"worse", []adjustAssignment{verdictIs(v1alpha1.ReasonSubjectsUnresolved)}, "Warning SubjectsUnresolved"},
		{"mended", []adjustAssignment{verdictIs(v1alpha1.ReasonInSync)}, "Normal InSync"},
		{"changes", []adjustAssignment{assigned(1, 3, 1, 0)}, "Normal Assigned"},
		{"the same run", nil, ""},
		{"another run, that failed for some", []adjustAssignment{assigned(2, 0, 0, 2), verdictIs(v1alpha1.ReasonPartlyApplied)}, "Normal Assigned, Warning PartlyApplied"},
		{"held", []adjustAssignment{verdictIs(v1alpha1.ReasonRemovalsHeld), removalsHeld("a")}, "Warning RemovalsHeld"},
		{"still", []adjustAssignment{reworded}, ""},
		{"another set", []adjustAssignment{removalsHeld("b")}, "Warning RemovalsHeld"},
		{"approved", []adjustAssignment{approvedBy("b")}, ""},
		{"carried out", []adjustAssignment{notHeld, verdictIs(v1alpha1.ReasonInSync), assigned(3, 0, 12, 0)}, "Normal Assigned, Normal RemovalsApproved, Normal InSync"},
		{"held once more", []adjustAssignment{removalsHeld("c"), verdictIs(v1alpha1.ReasonRemovalsHeld)}, "Warning RemovalsHeld"},
		{"the list is corrected", []adjustAssignment{notHeld, verdictIs(v1alpha1.ReasonInSync)}, "Normal InSync"},
		{"drift", []adjustAssignment{drift(2)}, "Warning Drift"},
		{"more of it", []adjustAssignment{drift(3)}, ""},
		{"none", []adjustAssignment{drift(0)}, ""},
		{"again", []adjustAssignment{drift(1)}, "Warning Drift"},
		{"the customer is in trouble", []adjustAssignment{changed, ofCustomer(stalledCustomer)}, ""},
		{"it is gone", []adjustAssignment{withoutCustomer}, "Warning CustomerNotFound"},
	} {
		for _, a := range step.adjust {
			a(s)
		}
		told, all := s.news(s.conditions())
		var got []string
		for _, n := range all {
			got = append(got, n.eventType+" "+n.reason)
			NewWithT(t).Expect(n.note).NotTo(BeEmpty())
			NewWithT(t).Expect(pages().lists("WebexLicenseAssignment", n.eventType, n.reason)).To(BeTrue(), "docs/events.md has %s %s", n.eventType, n.reason)
		}
		NewWithT(t).Expect(strings.Join(got, ", ")).To(Equal(step.want), step.does)
		s.assignment.Status.Told = &told
		_, again := s.news(s.conditions())
		NewWithT(t).Expect(again).To(BeEmpty(), step.does)
	}
}
