package controllers

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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

// What is pending gets one run; one that left a change pending is repeated after an hour.
func TestAssignmentRun(t *testing.T) {
	t.Parallel()
	pending := func(s *customerScope) { s.changes = []string{"uid new"} }
	otherwise := func(s *customerScope) { s.changes = []string{"uid generation: 3, was 2"} }
	leftover := func(s *customerScope) { s.leftovers = []string{"uid approved: t"} }
	ended := func(s *customerScope, name string, canceled bool) {
		run := v1alpha1.LicenseSync{}
		run.Name, run.Spec.Cancel, run.Status.CompletionTime = name, &canceled, new(metav1.NewTime(s.now))
		s.runs = append(s.runs, run)
	}
	// carriedOut is the run that is wanted, at its end.
	carriedOut := func(canceled bool) adjust {
		return func(s *customerScope) {
			if wanted, _ := assignmentRun(s); wanted != nil {
				ended(s, wanted.name, canceled)
			}
		}
	}
	planned := func(s *customerScope) { s.changes = nil }
	for name, test := range map[string]struct {
		adjust []adjust
		wanted bool
		wait   time.Duration
	}{
		"nothing is pending":        {nil, false, 0},
		"a change":                  {[]adjust{pending}, true, 0},
		"a change, after an outage": {[]adjust{pending, failedBy(v1alpha1.ReasonAPIUnavailable)}, true, 0},
		"a change, refused":         {[]adjust{pending, failedBy(v1alpha1.ReasonCredentialsRejected)}, false, 0},
		"a change, a run under way": {[]adjust{pending, activeRun}, false, 0},
		"a change, no Secret":       {[]adjust{pending, noSecret}, false, 0},
		"a change, never ran":       {[]adjust{neverRan, pending}, false, 0},
		"asked for already":         {[]adjust{pending, carriedOut(false), later(10 * time.Minute)}, false, 50 * time.Minute},
		"an hour later":             {[]adjust{pending, carriedOut(false), later(time.Hour)}, true, 0},
		"an hour later, twice":      {[]adjust{pending, carriedOut(false), later(time.Hour), carriedOut(false), later(time.Minute)}, false, 59 * time.Minute},
		"two hours later":           {[]adjust{pending, carriedOut(false), later(time.Hour), carriedOut(false), later(time.Hour)}, true, 0},
		"cancelled":                 {[]adjust{pending, carriedOut(true), later(2 * time.Hour)}, false, 0},
		"another change":            {[]adjust{pending, carriedOut(false), otherwise}, true, 0},
		"another one, cancelled":    {[]adjust{pending, carriedOut(true), otherwise}, true, 0},
		"an approval":               {[]adjust{leftover}, true, 0},
		"an approval, asked for":    {[]adjust{leftover, carriedOut(false), later(2 * time.Hour)}, false, 0},
		"an approval, and a change": {[]adjust{leftover, carriedOut(false), pending}, true, 0},
		"an approval after a plan":  {[]adjust{pending, carriedOut(false), planned, leftover}, true, 0},
		"what a person cancelled":   {[]adjust{pending, carriedOut(true), planned, leftover}, false, 0},
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
			g.Expect(wanted != nil).To(Equal(test.wanted))
			if wanted == nil {
				return
			}
			g.Expect(wanted.name).To(HavePrefix("acme-assign-"))
			g.Expect(wanted.trigger).To(Equal(v1alpha1.TriggerAssignment))
			for _, run := range s.runs {
				g.Expect(run.Name).NotTo(Equal(wanted.name))
			}
			again, _ := assignmentRun(s)
			g.Expect(again).To(Equal(wanted), "asking twice makes one run")
		})
	}
}
