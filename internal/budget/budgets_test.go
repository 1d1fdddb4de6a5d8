package budget

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/webex-operator/webex-license-operator/internal/webex"
)

var (
	noon   = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)
	people = endpointKey{"owner", "list people"}
)

func limited(after time.Duration) *webex.Error {
	return &webex.Error{Class: webex.ClassRateLimited, Status: 429, RetryAfter: after}
}

var unavailable = &webex.Error{Class: webex.ClassTransient, Status: 503}

// taken takes n turns and returns how long each is off.
func taken(b *Budgets, key endpointKey, n int, now time.Time) []time.Duration {
	var waits []time.Duration
	for range n {
		wait, _ := b.take(key, 240, 0, now)
		waits = append(waits, wait)
	}
	return waits
}

func TestBudgetOfOwnerAndEndpoint(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	b := New(0)
	const turn = 250 * time.Millisecond // at 240 a minute
	g.Expect(taken(b, people, burst, noon)).To(HaveEach(BeZero()), "a small organization is read without a wait")
	g.Expect(taken(b, people, 3, noon)).To(Equal([]time.Duration{turn, 2 * turn, 3 * turn}))
	g.Expect(taken(b, endpointKey{"owner", "list licenses"}, 1, noon)).To(HaveEach(BeZero()), "Webex counts another endpoint by itself")
	g.Expect(taken(b, endpointKey{"other", "list people"}, 1, noon)).To(HaveEach(BeZero()), "and another owner")

	wait, paused := b.take(people, 60, 0, noon)
	g.Expect(paused).To(BeFalse())
	g.Expect(wait).To(Equal(4*time.Second), "a changed spec counts at once: 4 turns are due, a second each")
	wait, _ = b.take(people, 6000, 0, noon.Add(10*time.Second))
	g.Expect(wait).To(BeZero())
}

// How long an endpoint is left alone after refusals in a row: as long as Webex
// says the first time, then longer and longer.
func TestPauses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		asked     time.Duration
		inherited int
		want      []time.Duration
	}{
		"a moment":     {time.Second, 0, []time.Duration{1, 5, 10, 20, 40, 80, 160, 320, 640, 900, 900}},
		"a minute":     {time.Minute, 0, []time.Duration{60, 60, 60, 60, 60, 80, 160}},
		"an hour":      {time.Hour, 0, []time.Duration{3600, 3600}},
		"of before":    {time.Second, inheritedRefusals, []time.Duration{320, 640, 900}},
		"for ever":     {time.Second, 100, []time.Duration{900, 900}},
		"long, before": {time.Hour, inheritedRefusals, []time.Duration{3600}},
	} {
		g, now, b := NewWithT(t), noon, New(0)
		var got []time.Duration
		for range test.want {
			wait, paused := b.take(people, 240, test.inherited, now)
			g.Expect(paused).To(BeFalse(), name)
			g.Expect(wait).To(BeZero(), "%s: one may ask at the end of a pause", name)
			b.done(people, limited(test.asked), now)
			pause := b.paused(people, now)
			got = append(got, pause/time.Second)
			now = now.Add(pause)
		}
		g.Expect(got).To(Equal(test.want), name)
	}
}

func TestPauseHoldsForAllOfTheOwner(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	b := New(0)
	taken(b, people, 3, noon)
	b.done(people, limited(time.Minute), noon)
	wait, paused := b.take(people, 240, 0, noon.Add(20*time.Second))
	g.Expect(paused).To(BeTrue())
	g.Expect(wait).To(Equal(40 * time.Second))
	_, paused = b.take(endpointKey{"owner", "list licenses"}, 240, 0, noon)
	g.Expect(paused).To(BeFalse(), "Webex speaks of one endpoint")

	b.done(people, limited(30*time.Second), noon.Add(time.Second))
	g.Expect(b.paused(people, noon)).To(Equal(time.Minute), "a request that left before adds nothing")
	b.done(people, limited(2*time.Minute), noon)
	g.Expect(b.paused(people, noon)).To(Equal(2*time.Minute), "unless it learned of a longer wait")

	end := noon.Add(2 * time.Minute)
	g.Expect(taken(b, people, 3, end)).To(Equal([]time.Duration{0, 250 * time.Millisecond, 500 * time.Millisecond}),
		"the pause of many ends with one question, not with a burst")
	b.done(people, nil, end)
	b.done(people, limited(time.Second), end)
	g.Expect(b.paused(people, end)).To(Equal(time.Second), "Webex is taken at its word again")
}

func TestTriesInTrouble(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	b := New(0)
	taken(b, people, 1, noon)
	after := func(failures ...*webex.Error) int {
		for _, f := range failures {
			b.done(people, f, noon)
		}
		return b.tries(people, 4)
	}
	g.Expect(after()).To(Equal(4))
	g.Expect(after(unavailable, unavailable, unavailable)).To(Equal(4))
	g.Expect(after(nil, unavailable)).To(Equal(4), "in a row")
	canceled := &webex.Error{Class: webex.ClassTransient, Err: context.Canceled}
	g.Expect(errors.Is(canceled, context.Canceled)).To(BeTrue())
	g.Expect(after(canceled, canceled, canceled)).To(Equal(4), "who stops a run says nothing about Webex")
	g.Expect(after(unavailable, unavailable, unavailable)).To(Equal(1), "an outage")
	g.Expect(b.tries(endpointKey{"owner", "list licenses"}, 4)).To(Equal(4))
	g.Expect(after(&webex.Error{Class: webex.ClassTerminal, Status: 403})).To(Equal(4), "a no is an answer")
}

// What is no longer asked for takes no memory, and what matters is kept.
func TestBudgetsForget(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	b := New(0)
	for i := range 1000 {
		key := endpointKey{fmt.Sprint("owner", i), "list people"}
		b.take(key, 240, 0, noon)
		b.done(key, nil, noon)
	}
	limitedKey, troubled := endpointKey{"limited", "list people"}, endpointKey{"troubled", "list people"}
	b.take(limitedKey, 240, 0, noon)
	b.done(limitedKey, limited(time.Hour), noon)
	b.take(troubled, 240, 0, noon)
	b.done(troubled, unavailable, noon)
	b.Refuse("refused", "1", noon)
	left := func(after time.Duration) int {
		b.take(people, 240, 0, noon.Add(after)) // each request sweeps
		delete(b.endpoints, people)
		return len(b.endpoints)
	}
	g.Expect(left(sweepInterval - time.Second)).To(Equal(1002))
	g.Expect(b.Refused("refused", "1")).To(BeTrue())
	g.Expect(b.Refused("refused", "2")).To(BeFalse(), "another Secret")
	g.Expect(b.Refused("other", "1")).To(BeFalse())
	g.Expect(left(sweepInterval)).To(Equal(2))
	g.Expect(b.refused).To(BeEmpty(), "the customers' status says it by now")
	g.Expect(left(memory+time.Minute)).To(Equal(1), "the pause and what follows it")
	g.Expect(left(time.Hour + memory + time.Minute)).To(BeZero())
}
