package assignrun

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/assign"
	"github.com/webex-operator/webex-license-operator/internal/subjects"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// What may have been done stays unsure, whatever becomes of the next change of the person.
func TestUnsureChangesStayUnsure(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	s := serve(t, []string{"new", "old"}, scripted{status: 400, code: 7}, scripted{status: 503, made: true})
	s.unknown = true
	r := s.sending(t).deliver(t.Context(), t.Context(), assign.Call{Changes: []assign.Change{{License: 0, Remove: true}, {License: 1, Remove: true}}})
	g.Expect(r.unsure).To(BeTrue(), "the first removal")
	g.Expect(r.applied).To(HaveLen(1))
	g.Expect(r.left).To(HaveLen(1))
}

// removing is a job with one person to lose a licence, as its plan says.
func (s *service) removing(t *testing.T) (*Job, Sender) {
	t.Helper()
	u := s.sending(t)
	j := u.Job
	j.wards = []ward{{WebexLicenseAssignment: &v1alpha1.WebexLicenseAssignment{}}}
	j.roster = subjects.NewRoster(func(string) (int, bool) { return 0, false }, nil, false)
	j.roster.Add(&webex.Person{ID: "jane"})
	j.plan = &assign.Plan{Outcomes: []assign.Outcome{{License: 1, Remove: 1, Removing: 1}}}
	j.plan.Phases[0] = []assign.Call{{Changes: []assign.Change{{License: 1, Remove: true, For: []int{0}}}}}
	u.Now, u.Report, u.Observe = time.Now, func(_, _ int64) {}, func(_, _ string) {}
	u.Current = func(context.Context) bool { return true }
	return j, u.Sender
}

// Removals that cannot be written down are not sent, and count for nothing.
func TestRemovalsAreWrittenDownBeforeTheyAreSent(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	s := serve(t, []string{"old"})
	j, sender := s.removing(t)
	sender.Reserve = func(context.Context) error {
		g.Expect(removedPeople(j.wards[0].facts.Removals)).To(BeEquivalentTo(1))
		g.Expect(s.patches).To(BeZero())
		return errors.New("the API server is away")
	}
	g.Expect(j.Send(t.Context(), sender)).To(MatchError("the API server is away"))
	g.Expect(s.patches).To(BeZero())
	g.Expect(j.wards[0].facts.Removals).To(BeEmpty(), "nothing was taken")
}

// A removal of which it is not known whether it was carried out counts in the window; one that was refused does not.
func TestRemovalsThatMayHaveBeenMadeCount(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer  scripted
		unknown bool
		counts  int64
	}{
		"carried out": {answer: scripted{status: 200, made: true}, counts: 1},
		"not known":   {answer: scripted{made: true}, unknown: true, counts: 1},
		"refused":     {answer: scripted{status: 400, code: 700006}},
		"in silence":  {answer: scripted{status: 200}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			s := serve(t, []string{"old"}, test.answer)
			s.unknown = test.unknown
			j, sender := s.removing(t)
			sender.Reserve = func(context.Context) error { return nil }
			g.Expect(j.Send(t.Context(), sender)).To(Succeed())
			g.Expect(removedPeople(j.wards[0].facts.Removals)).To(Equal(test.counts))
		})
	}
}

// A licence whose id Webex spells another way is the one that was chosen.
func TestALicenceIsTheSameHoweverSpelled(t *testing.T) {
	t.Parallel()
	const id = "Y2lzY29zcGFyazovL3VzL0xJQ0VOU0UvMTExMTExMTEtMjIyMi00MzMzLTg0NDQtNTU1NTU1NTU1NTU1"
	j := &Job{world: assign.World{Licenses: []assign.License{{ID: "other"}, {ID: id}}}}
	w := &ward{WebexLicenseAssignment: &v1alpha1.WebexLicenseAssignment{}}
	for _, known := range []string{id, id + "==", id + "="} {
		if webex.IDKey(known) != webex.IDKey(id) {
			t.Fatalf("%q and %q are not one id", known, id)
		}
		w.facts.License = &v1alpha1.AssignedLicense{ID: known, ChosenGeneration: new(int64(0))}
		if got := j.assignment(w, time.Now()).ChosenID; got != id {
			t.Errorf("%q was chosen, and is %q now", known, got)
		}
	}
	w.facts.License.ID = "gone"
	if got := j.assignment(w, time.Now()).ChosenID; got != "gone" || slices.ContainsFunc(j.world.Licenses, func(l assign.License) bool { return l.ID == got }) {
		t.Errorf("a licence that is gone is %q", got)
	}
}
