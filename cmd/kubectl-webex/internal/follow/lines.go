package follow

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/terminal"
)

// Frame is the screen at a time: a line for each run, as many as fit, and a line
// that sums up all. Its height changes only with the terminal's.
func (b *Board) Frame(term terminal.Terminal, now time.Time) []string {
	columns, height := term.Size()
	// One line for the sum, one for the cursor below it.
	shown := b.place(max(height-2, 1))
	label := 0
	for _, e := range shown {
		label = max(label, min(terminal.Width(terminal.Clean(e.Label)), labelWidth, columns/2))
	}
	frame := make([]string, 0, len(shown)+1)
	for _, e := range shown {
		frame = append(frame, e.line(term, label, columns, now))
	}
	return append(frame, b.sum(term, columns, now))
}

const (
	barCells = 16
	minText  = 16
)

func (e *entry) line(term terminal.Terminal, label, columns int, now time.Time) string {
	name := terminal.Clip(terminal.Clean(e.Label), label)
	name += strings.Repeat(" ", label-terminal.Width(name))
	rest := columns - 1 - label - 2
	bar := ""
	if rest > barCells+minText { // else the words are worth more
		// In ASCII a bar has brackets.
		drawn := term.Bar(e.share(now), barCells)
		bar, rest = term.Paint(e.shade(), drawn)+"  ", rest-terminal.Width(drawn)-2
	}
	return name + "  " + bar + terminal.Clip(terminal.Clean(e.text(now)), max(rest, 0))
}

func (e *entry) shade() terminal.Shade {
	switch e.phase {
	case Succeeded:
		return terminal.Good
	case Failed, Gone:
		return terminal.Bad
	case Held:
		return terminal.Warning
	case Waiting:
		return terminal.Faint
	case Working:
	}
	return terminal.Plain
}

// text says in words what a run does.
func (e *entry) text(now time.Time) string {
	switch e.phase {
	case Waiting:
		return "waiting"
	case Working:
		return strings.TrimSpace(step(e) + left(e, now))
	case Held:
		return holding(e, now)
	case Succeeded:
		return "done" + took(e) + rows(e) + people(e)
	case Failed:
		return "failed: " + e.run.Status + ": " + e.run.Message
	case Gone:
		return e.run.Message
	}
	return ""
}

type namedStep struct {
	step v1alpha1.RunStep
	text string
}

// steps are the steps of a run with their words.
var steps = []namedStep{
	{v1alpha1.StepCredentials, "checking the token"},
	{v1alpha1.StepOrganization, "organization"},
	{v1alpha1.StepLicenses, "licences"},
	{v1alpha1.StepUnchanged, "looking for changes"},
	{v1alpha1.StepLocations, "locations"},
	{v1alpha1.StepRoles, "roles"},
	{v1alpha1.StepPeople, "people"},
	{v1alpha1.StepWorkspaces, "workspaces"},
	{v1alpha1.StepApplying, "writing rows"},
	{v1alpha1.StepFinished, "finishing"},
}

// assigning are the steps that change who holds licences, with their words. They count people, and how long they take
// has nothing to do with the last run.
var assigning = []namedStep{
	{v1alpha1.StepPlanning, "planning licences of people"},
	{v1alpha1.StepAssigning, "assigning licences to people"},
}

func (e *entry) assigns() bool {
	return slices.ContainsFunc(assigning, func(s namedStep) bool { return s.step == e.run.Step })
}

func step(e *entry) string {
	text := "starting"
	for _, s := range slices.Concat(steps, assigning) {
		if s.step == e.run.Step {
			text = s.text
		}
	}
	if progress := e.run.Progress(); progress != "" {
		text += ": " + progress
	}
	return text
}

// left is the time left, by the last run's, and where people are counted by their pace.
func left(e *entry, now time.Time) string {
	if e.assigns() {
		return e.paced(now)
	}
	if e.Last <= 0 || e.began.IsZero() {
		return ""
	}
	rest := e.Last - now.Sub(e.began)
	if rest < time.Second {
		return ", longer than last time"
	}
	return ", about " + duration.HumanDuration(rest) + " left"
}

// paced is the time left of a step that counts people, once its pace can be told.
func (e *entry) paced(now time.Time) string {
	done, total := ptr.Deref(e.run.Done, 0), ptr.Deref(e.run.Total, 0)
	spent := now.Sub(e.stepBegan)
	if made := done - e.stepFrom; made > 0 && total > done && spent >= 5*time.Second {
		return ", about " + duration.HumanDuration(time.Duration(float64(spent)/float64(made)*float64(total-done))) + " left"
	}
	return ""
}

func holding(e *entry, now time.Time) string {
	what := e.run.Status + ", next attempt"
	if e.run.Status == v1alpha1.ReasonRateLimited {
		what = "Webex asked to wait, goes on"
	}
	if rest := e.run.NextAttemptTime.Sub(now); rest >= time.Second {
		return what + " in " + duration.HumanDuration(rest)
	}
	return what + " now"
}

func took(e *entry) string {
	if e.run.DurationSeconds == nil {
		return ""
	}
	return " in " + duration.HumanDuration(time.Duration(*e.run.DurationSeconds)*time.Second)
}

func rows(e *entry) string {
	if text := e.run.Rows(); text != "" {
		return ", rows " + text
	}
	return ""
}

// people is what a run did to licences of people.
func people(e *entry) string {
	changed, failed := ptr.Deref(e.run.PeopleChanged, 0), ptr.Deref(e.run.PeopleFailed, 0)
	switch {
	case failed > 0:
		return fmt.Sprintf(", licences of %d people, %d failed", changed, failed)
	case changed > 0:
		return fmt.Sprintf(", licences of %d people", changed)
	}
	return ""
}

// share is how much of a run is done: by the time that the last one took, else by
// the steps; of a step that counts people how much of that.
func (e *entry) share(now time.Time) float64 {
	const most = 0.97 // only an end is full
	switch {
	case e.phase.Ended():
		return 1
	case e.phase == Waiting:
		return 0
	case e.assigns() && ptr.Deref(e.run.Total, 0) > 0:
		return min(float64(ptr.Deref(e.run.Done, 0))/float64(*e.run.Total), most)
	case e.assigns():
		return most
	case e.Last > 0 && !e.began.IsZero():
		return min(float64(now.Sub(e.began))/float64(e.Last), most)
	}
	at := slices.IndexFunc(steps, func(s namedStep) bool { return s.step == e.run.Step })
	return max(float64(at), 0) / float64(len(steps))
}

// sum is the line about all runs.
func (b *Board) sum(term terminal.Terminal, columns int, now time.Time) string {
	counts := b.Counts()
	failed := counts[Failed] + counts[Gone]
	text := fmt.Sprintf("%d of %d done", counts[Succeeded]+failed, len(b.entries))
	for _, part := range []struct {
		n    int
		text string
	}{{failed, "failed"}, {counts[Working], "at work"}, {counts[Held], "held up"}, {counts[Waiting], "waiting"}} {
		if part.n > 0 {
			text += fmt.Sprintf(", %d %s", part.n, part.text)
		}
	}
	text += ", " + duration.HumanDuration(now.Sub(b.started))
	text = terminal.Clip(text, columns-1)
	if failed > 0 {
		return term.Paint(terminal.Bad, text)
	}
	return term.Paint(terminal.Strong, text)
}

// Line is an event for a log.
func (e Event) Line(now time.Time) string {
	entry := &entry{Target: Target{Label: e.Label}, run: e.Run, phase: e.Phase}
	text := entry.text(now)
	if e.Phase == Working {
		text = "run " + e.Run.Name + " began"
	}
	return e.Label + ": " + text
}
