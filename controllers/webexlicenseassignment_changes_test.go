package controllers

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

func TestChangesSince(t *testing.T) {
	t.Parallel()
	source := func(version string) []v1alpha1.ObservedSource {
		return []v1alpha1.ObservedSource{{Kind: v1alpha1.SubjectSourceSecret, Name: "people", ResourceVersion: version}}
	}
	seen := func(version string) *v1alpha1.AssignmentInputs {
		return &v1alpha1.AssignmentInputs{Generation: new(int64(2)), LocksHash: "l", Sources: source(version)}
	}
	for name, test := range map[string]struct {
		seen       *v1alpha1.AssignmentInputs
		generation int64
		version    string
		locks      string
		want       []string
	}{
		"as planned":         {seen("7"), 2, "7", "l", nil},
		"missing as planned": {seen(""), 2, "", "l", nil},
		"never planned":      {nil, 2, "7", "l", []string{"new"}},
		"another spec":       {seen("7"), 3, "7", "l", []string{"generation: 3, was 2"}},
		"another list":       {seen("7"), 2, "8", "l", []string{"Secret/people: 8, was 7"}},
		"a list is gone":     {seen("7"), 2, "", "l", []string{"Secret/people: , was 7"}},
		"a list is back":     {seen(""), 2, "9", "l", []string{"Secret/people: 9, was "}},
		"a lock":             {seen("7"), 2, "7", "m", []string{"locks: m, was l"}},
	} {
		NewWithT(t).Expect(changesSince(test.seen, test.generation, source(test.version), test.locks)).To(Equal(test.want), name)
	}
}

// What is pending gets one run; one that left it pending is repeated after an hour.
func TestAssignmentRun(t *testing.T) {
	t.Parallel()
	pending := func(s *customerScope) { s.changes = []string{"uid new"} }
	approval := func(s *customerScope) { s.approvals = []string{"uid t"} }
	ranFor := func(adjustments ...adjust) adjust {
		return func(s *customerScope) {
			before := syncedScope()
			for _, a := range adjustments {
				a(before)
			}
			wanted, _ := assignmentRun(before)
			s.ran = append(s.ran, wanted.name)
		}
	}
	const none, once = "", "acme-assign"
	for name, test := range map[string]struct {
		adjust []adjust
		want   string // the name's beginning
		wait   time.Duration
	}{
		"nothing is pending":        {nil, none, 0},
		"a change":                  {[]adjust{pending}, once, 0},
		"a change, after an outage": {[]adjust{pending, failedBy(v1alpha1.ReasonAPIUnavailable)}, once, 0},
		"a change, refused":         {[]adjust{pending, failedBy(v1alpha1.ReasonCredentialsRejected)}, none, 0},
		"a change, a run under way": {[]adjust{pending, activeRun}, none, 0},
		"a change, no Secret":       {[]adjust{pending, noSecret}, none, 0},
		"a change, never ran":       {[]adjust{neverRan, pending}, none, 0},
		"asked for already":         {[]adjust{pending, ranFor(pending)}, none, 50 * time.Minute},
		"an hour later":             {[]adjust{pending, ranFor(pending), later(50 * time.Minute)}, once, 0},
		"another change":            {[]adjust{ranFor(pending), func(s *customerScope) { s.changes = []string{"uid generation: 3, was 2"} }}, once, 0},
		"an approval":               {[]adjust{approval}, "acme-removals", 0},
		"an approval, asked for":    {[]adjust{approval, ranFor(approval), later(2 * time.Hour)}, none, 0},
		"an approval, and a change": {[]adjust{approval, ranFor(approval), pending}, once, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			s := syncedScope()
			for _, a := range test.adjust {
				a(s)
			}
			wanted, wait := assignmentRun(s)
			g.Expect(wait).To(Equal(test.wait))
			g.Expect(wanted != nil).To(Equal(test.want != none))
			if wanted != nil {
				g.Expect(wanted.name).To(HavePrefix(test.want))
				g.Expect(wanted.trigger).To(Equal(v1alpha1.TriggerAssignment))
				g.Expect(s.ran).NotTo(ContainElement(wanted.name))
				again, _ := assignmentRun(s)
				g.Expect(again).To(Equal(wanted), "asking twice makes one run")
			}
		})
	}
}
