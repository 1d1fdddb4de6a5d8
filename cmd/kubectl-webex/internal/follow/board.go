// Package follow watches runs until they end, and shows how far they are: on a
// terminal one steady screen, however many they are, else a line for each thing
// that happens.
package follow

import (
	"slices"
	"time"

	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/overview"
)

// Key names a run.
type Key struct{ Namespace, Name string }

// Target is a run to follow.
type Target struct {
	Key
	// Customer is read by the run; Label is what it is called on the screen.
	Customer string
	Label    string
	// Last is how long the customer's last successful run took; 0 if unknown.
	Last time.Duration
}

// Phase is how far a run is, in the words of the screen.
type Phase int

// The phases, in the order of the summary.
const (
	// Waiting is for a run that has not begun: it is queued, or was not seen yet.
	Waiting Phase = iota
	// Working is for a run at work.
	Working
	// Held is for a run that waits for Webex, or for its next attempt.
	Held
	// Succeeded and Failed are ends.
	Succeeded
	Failed
	// Gone is for a run that was deleted before its end was seen.
	Gone
)

// Ended says whether the phase is an end.
func (p Phase) Ended() bool { return p >= Succeeded }

// entry is what is known of one run.
type entry struct {
	Target
	run   overview.Run
	phase Phase
	// began is when the run was first seen at work, on our own clock: the cluster's
	// may differ.
	began time.Time
	ended time.Time
	// stepBegan is when its step was first seen, with stepFrom things dealt with.
	stepBegan time.Time
	stepFrom  int64
}

// Board holds all runs that are followed. It is not safe for concurrent use.
type Board struct {
	entries []*entry
	byKey   map[Key]*entry
	started time.Time
	// lines are the places of the screen: a run keeps its place.
	lines []*entry
}

// NewBoard makes a board.
func NewBoard(targets []Target, now time.Time) *Board {
	b := &Board{byKey: map[Key]*entry{}, started: now}
	for _, t := range targets {
		e := &entry{Target: t, run: overview.Run{Namespace: t.Namespace, Name: t.Name, Customer: t.Customer, Status: v1alpha1.ReasonPending}}
		b.entries = append(b.entries, e)
		b.byKey[t.Key] = e
	}
	return b
}

// Event is something that happened to a run.
type Event struct {
	// Label names the customer, Run is the run as it is now.
	Label string
	Run   overview.Run
	Phase Phase
}

// update takes in a run as it is now.
func (b *Board) update(run *v1alpha1.LicenseSync, now time.Time) []Event {
	e := b.byKey[Key{run.Namespace, run.Name}]
	if e == nil || e.phase.Ended() {
		return nil
	}
	was, before := e.phase, e.run
	e.run = overview.RunOf(run)
	e.phase = phaseOf(e.run)
	if e.run.Step != before.Step {
		e.stepBegan, e.stepFrom = now, ptr.Deref(e.run.Done, 0)
	}
	if e.phase == Working && e.began.IsZero() {
		e.began = now
	}
	if e.phase.Ended() {
		e.ended = now
	}
	if e.phase == was && (e.phase != Held || e.run.Status == before.Status) {
		return nil
	}
	return []Event{e.event()}
}

// Apply takes in a change, and returns what a person wants to hear of it.
func (b *Board) Apply(c Change, now time.Time) []Event {
	switch {
	case c.Listed != nil:
		return b.retain(c.Listed, now)
	case c.Gone:
		return b.remove(b.byKey[Key{c.Run.Namespace, c.Run.Name}], now)
	}
	return b.update(c.Run, now)
}

// remove takes in that a run is gone.
func (b *Board) remove(e *entry, now time.Time) []Event {
	if e == nil || e.phase.Ended() {
		return nil
	}
	e.phase, e.ended = Gone, now
	e.run.Status, e.run.Message = "Deleted", "the run was deleted before its end was seen"
	return []Event{e.event()}
}

// retain removes the runs that are not among those that exist.
func (b *Board) retain(exists map[Key]bool, now time.Time) []Event {
	var events []Event
	for _, e := range b.entries {
		if !exists[e.Key] {
			events = append(events, b.remove(e, now)...)
		}
	}
	return events
}

func (e *entry) event() Event { return Event{Label: e.Label, Run: e.run, Phase: e.phase} }

func phaseOf(run overview.Run) Phase {
	switch {
	case run.Failed:
		return Failed
	case run.Finished:
		return Succeeded
	case run.NextAttemptTime != nil:
		return Held
	case run.Status == v1alpha1.ReasonRunning, run.Status == overview.Canceling:
		return Working
	}
	return Waiting
}

// Done says whether all runs have ended.
func (b *Board) Done() bool {
	return !slices.ContainsFunc(b.entries, func(e *entry) bool { return !e.phase.Ended() })
}

// Results are the events of the ends, in the order of the targets; runs that have
// not ended are in them with their present phase.
func (b *Board) Results() []Event {
	results := make([]Event, len(b.entries))
	for i, e := range b.entries {
		results[i] = e.event()
	}
	return results
}

// Counts are the numbers of runs by phase.
func (b *Board) Counts() map[Phase]int {
	counts := map[Phase]int{}
	for _, e := range b.entries {
		counts[e.phase]++
	}
	return counts
}

// place decides which runs the screen shows, at most so many. A run keeps its line
// as long as it can: lines of ended runs are given up first, those that ended
// first before others, and only to runs that are at work.
func (b *Board) place(lines int) []*entry {
	if len(b.entries) <= lines {
		return b.entries
	}
	if len(b.lines) > lines {
		b.lines = b.lines[:lines]
	}
	shown := map[*entry]bool{}
	for _, e := range b.lines {
		shown[e] = true
	}
	for _, phase := range []Phase{Working, Held, Failed, Gone, Waiting, Succeeded} {
		for _, e := range b.entries {
			if e.phase != phase || shown[e] {
				continue
			}
			if len(b.lines) < lines {
				b.lines = append(b.lines, e)
				shown[e] = true
			} else if at := b.expendable(phase); at >= 0 {
				delete(shown, b.lines[at])
				b.lines[at] = e
				shown[e] = true
			}
		}
	}
	return b.lines
}

// expendable is the line to give to a run in a phase; -1 for none.
func (b *Board) expendable(phase Phase) int {
	if phase.Ended() || phase == Waiting {
		return -1
	}
	best := -1
	for i, e := range b.lines {
		switch {
		case e.phase == Waiting:
			return i
		case e.phase.Ended() && (best < 0 || e.ended.Before(b.lines[best].ended)):
			best = i
		}
	}
	return best
}

// labelWidth bounds the names on the screen.
const labelWidth = 32
