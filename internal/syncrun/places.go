package syncrun

import (
	"cmp"
	"slices"
)

// restingPerPlace bounds the attempts that rest: with the usual 8 places at 128,
// and their memory at 128 MiB of the 512 that the manager gets.
const restingPerPlace = 16

// places decides who works and who waits. A free place goes to the group with the
// fewest places, and within a group, as among groups, to the attempt that began
// first. So a partner with a thousand customers and one with a single customer
// get their turns alike. It is guarded by the lock of the runner.
type places struct {
	size, free int
	resting    int
	groups     map[string]*group
	// queues are the groups of which an attempt waits: who is next is looked for among
	// them, not among thousands of attempts.
	queues map[*group]struct{}
	// looks counts how many of them were looked at; for tests.
	looks int
}

// group counts the attempts that share a request budget.
type group struct {
	seats  int // known attempts, so that groups without any are dropped
	placed int // at a place
	begun  int // that had a place, but for those which rest for a reason of their own
	// waiting are those that wait for a place, in their order: who had one before, and
	// rested, goes before who had none, since places are given away in this order.
	waiting []*seat
}

// seat is one attempt as places see it.
type seat struct {
	group  string
	order  int
	placed bool
	// begun is set once it had a place, counted while it counts for its group.
	begun, counted, resting bool
	// turn is closed when it gets a place; nil unless it waits.
	turn chan struct{}
	// counters are those of its group.
	counters *group
}

func newPlaces(size int) places {
	return places{size: size, free: size, groups: map[string]*group{}, queues: map[*group]struct{}{}}
}

// always is a turn that has come.
var always = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

// queue asks for a place. The channel is closed when it is there.
func (p *places) queue(s *seat) <-chan struct{} {
	if s.placed {
		return always
	}
	if s.counters == nil {
		if p.groups[s.group] == nil {
			p.groups[s.group] = &group{}
		}
		s.counters = p.groups[s.group]
		s.counters.seats++
	}
	if s.turn == nil {
		s.turn = make(chan struct{})
		g := s.counters
		at, _ := slices.BinarySearchFunc(g.waiting, s, func(x, y *seat) int { return cmp.Compare(x.order, y.order) })
		g.waiting = slices.Insert(g.waiting, at, s)
		p.queues[g] = struct{}{}
	}
	turn := s.turn // hand takes it away
	p.hand()
	return turn
}

// rest gives the place back until queue asks for it again, if there is room. An
// attempt that rests for its own reason counts no longer for its group.
func (p *places) rest(s *seat, shared bool) {
	if !s.placed || !p.room() {
		return // another request of the attempt rests already, or this one rests where it is
	}
	s.resting = true
	p.resting++
	p.giveBack(s)
	if !shared {
		p.uncount(s)
	}
	p.hand()
}

// room says whether one more attempt may rest.
func (p *places) room() bool { return p.resting < p.size*restingPerPlace }

// leave takes an attempt out for good, wherever it is.
func (p *places) leave(s *seat) {
	if s.turn != nil {
		p.remove(s)
	}
	if s.placed {
		p.giveBack(s)
	}
	p.wake(s)
	p.uncount(s)
	if s.counters.seats--; s.counters.seats == 0 {
		delete(p.groups, s.group)
	}
	p.hand()
}

// hand gives the free places away.
func (p *places) hand() {
	for p.free > 0 {
		s := p.next()
		if s == nil {
			return
		}
		p.remove(s)
		g := s.counters
		p.free--
		g.placed++
		s.placed = true
		p.wake(s)
		if !s.counted {
			s.counted = true
			g.begun++
		}
		s.begun = true
	}
}

// next is the attempt that gets the next place; nil if nobody may.
func (p *places) next() *seat {
	var best *seat
	for g := range p.queues {
		p.looks++
		s := g.waiting[0]
		if !s.begun && g.begun >= p.size {
			continue // it would only wait for what others of its group wait for
		}
		if best == nil || s.counters.placed < best.counters.placed ||
			s.counters.placed == best.counters.placed && s.order < best.order {
			best = s
		}
	}
	return best
}

func (p *places) giveBack(s *seat) {
	s.placed = false
	p.free++
	s.counters.placed--
}

// remove takes an attempt out of the queue, and tells it.
func (p *places) remove(s *seat) {
	g := s.counters
	g.waiting = slices.DeleteFunc(g.waiting, func(other *seat) bool { return other == s })
	if len(g.waiting) == 0 {
		delete(p.queues, g)
	}
	close(s.turn)
	s.turn = nil
}

func (p *places) wake(s *seat) {
	if s.resting {
		s.resting = false
		p.resting--
	}
}

func (p *places) uncount(s *seat) {
	if s.counted {
		s.counted = false
		s.counters.begun--
	}
}
