package plan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/assign"
	"github.com/webex-operator/webex-license-operator/internal/assignrun"
)

func spec(name string) v1alpha1.WebexLicenseAssignment {
	w := v1alpha1.WebexLicenseAssignment{}
	w.Name, w.Spec.License.Name, w.Spec.Mode = name, "Webex Meetings Suite", v1alpha1.AssignmentModeEnforce
	return w
}

func preview(states ...assign.State) *assignrun.Preview {
	p := &assignrun.Preview{Assignments: []assignrun.AssignmentPreview{{Name: "a"}, {Name: "b"}}}
	for i, state := range states {
		p.Changes = append(p.Changes, assignrun.ChangePreview{Assignments: []string{"a", "b"}, Person: fmt.Sprintf("%05d@example.com", i), Why: assign.Listed, State: state})
	}
	return p
}

func planOf(p *assignrun.Preview, name string) *Document {
	d := New("webex")
	d.Put("acme", []v1alpha1.WebexLicenseAssignment{spec("a"), spec("b")}, p, name)
	return d
}

func TestDiffers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		states  []assign.State
		differs bool
		sum     string
	}{
		{nil, false, "2 assignments: nothing to change"},
		{[]assign.State{assign.Conflict, assign.CallingOnly}, false, "2 assignments: nothing to change"},
		{[]assign.State{assign.Send, assign.Conflict}, true, "2 assignments: 1 to add, 0 to remove"},
		{[]assign.State{assign.ReportOnly, assign.NoUnits, assign.Held}, true, "2 assignments: 3 to add, 0 to remove"},
	} {
		if d := planOf(preview(c.states...), ""); d.Differs() != c.differs || d.Sum() != c.sum {
			t.Errorf("%v: %v, %s", c.states, d.Differs(), d.Sum())
		}
	}
}

// Each rule and state has words of its own.
func TestWords(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, why := range []assign.Why{assign.Listed, assign.Unlisted, assign.OtherLicense} {
		seen[(&Change{Why: why}).Reason()] = true
	}
	for _, state := range []assign.State{assign.Send, assign.ReportOnly, assign.Held, assign.NoUnits, assign.Conflict, assign.CallingOnly} {
		seen[(&Change{State: state}).Fate()] = true
	}
	for word := range seen {
		if !strings.Contains(word, " ") && word != "listed" {
			t.Errorf("%q is no words for a person", word)
		}
	}
	if len(seen) != 9 {
		t.Errorf("%v", seen)
	}
}

func TestOneOfTwo(t *testing.T) {
	t.Parallel()
	p := preview(assign.Send)
	p.Changes = append(p.Changes, assignrun.ChangePreview{Assignments: []string{"b"}, Person: "other@example.com"})
	if d := planOf(p, "a"); len(d.Assignments) != 1 || len(d.Items) != 1 || len(d.Of(&d.Assignments[0])) != 1 {
		t.Errorf("%+v", d)
	}
}

// What a run has held can be approved; what only this plan holds cannot.
func TestApprovable(t *testing.T) {
	t.Parallel()
	p := preview()
	p.Assignments[0].Verdict = &v1alpha1.AssignmentVerdict{Reason: v1alpha1.ReasonRemovalsHeld, Message: "3 people would lose it"}
	p.Assignments[0].Held = &v1alpha1.HeldRemovals{People: new(int64(3)), Token: "t0"}
	w := spec("a")
	for token, want := range map[string]string{"t0": "kubectl webex approve-removals a --token t0", "t1": ""} {
		w.Status.Held = &v1alpha1.HeldRemovals{Token: token}
		d := New("webex")
		d.Put("acme", []v1alpha1.WebexLicenseAssignment{w}, p, "")
		if got := d.Assignments[0].Approve(); got != want || strings.Contains(d.Markdown(), "--token") != (want != "") {
			t.Errorf("%s: %q\n%s", token, got, d.Markdown())
		}
	}
}

// A comment has 65536 characters at most.
func TestMarkdownFits(t *testing.T) {
	t.Parallel()
	text := planOf(preview(make([]assign.State, 5000)...), "").Markdown()
	if len(text) > 65536 || len(text) < 50000 || !strings.Contains(text, "more, for which a comment has no room") || !strings.HasSuffix(text, "\n</details>\n") {
		t.Errorf("%d characters, which end in %q", len(text), text[len(text)-200:])
	}
}
