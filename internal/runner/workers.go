package runner

import (
	"cmp"
	"slices"
)

// restingPerWorker bounds the attempts that rest: with the usual 8 workers at 128,
// and their memory at 128 MiB of the 512 that the manager gets.
const restingPerWorker = 16

// workers decides which attempts work and which wait. A free worker goes to the group with the
// fewest of them, and within a group, as among groups, to the attempt that began
// first. So a partner with a thousand customers and one with a single customer
// get their turns alike. It is guarded by the lock of the runner.
type workers struct {
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
	tickets int // known attempts, so that groups without any are dropped
	working int // have a worker
	begun   int // that had a worker, but for those which rest for a reason of their own
	// waiting are those that wait for a worker, in their order: one that had a worker before, and
	// rested, goes before one that had none, since workers are given away in this order.
	waiting []*ticket
}

// ticket is one attempt as workers see it.
type ticket struct {
	group   string
	order   int
	working bool
	// begun is set once it had a worker, counted while it counts for its group.
	begun, counted, resting bool
	// turn is closed when it gets a worker; nil unless it waits.
	turn chan struct{}
	// counters are those of its group.
	counters *group
}

func newWorkers(size int) workers {
	return workers{size: size, free: size, groups: map[string]*group{}, queues: map[*group]struct{}{}}
}

// always is a turn that has come.
var always = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

// queue asks for a worker. The channel is closed when it is there.
func (p *workers) queue(s *ticket) <-chan struct{} {
	if s.working {
		return always
	}
	if s.counters == nil {
		if p.groups[s.group] == nil {
			p.groups[s.group] = &group{}
		}
		s.counters = p.groups[s.group]
		s.counters.tickets++
	}
	if s.turn == nil {
		s.turn = make(chan struct{})
		g := s.counters
		at, _ := slices.BinarySearchFunc(g.waiting, s, func(x, y *ticket) int { return cmp.Compare(x.order, y.order) })
		g.waiting = slices.Insert(g.waiting, at, s)
		p.queues[g] = struct{}{}
	}
	turn := s.turn // hand takes it away
	p.hand()
	return turn
}

// rest gives the worker back until queue asks for it again, if there is room. An
// attempt that rests for its own reason counts no longer for its group.
func (p *workers) rest(s *ticket, shared bool) {
	if !s.working || !p.room() {
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
func (p *workers) room() bool { return p.resting < p.size*restingPerWorker }

// leave takes an attempt out for good, wherever it is.
func (p *workers) leave(s *ticket) {
	if s.turn != nil {
		p.remove(s)
	}
	if s.working {
		p.giveBack(s)
	}
	p.wake(s)
	p.uncount(s)
	if s.counters.tickets--; s.counters.tickets == 0 {
		delete(p.groups, s.group)
	}
	p.hand()
}

// hand gives the free workers away.
func (p *workers) hand() {
	for p.free > 0 {
		s := p.next()
		if s == nil {
			return
		}
		p.remove(s)
		g := s.counters
		p.free--
		g.working++
		s.working = true
		p.wake(s)
		if !s.counted {
			s.counted = true
			g.begun++
		}
		s.begun = true
	}
}

// next is the attempt that gets the next worker; nil if none may.
func (p *workers) next() *ticket {
	var best *ticket
	for g := range p.queues {
		p.looks++
		s := g.waiting[0]
		if !s.begun && g.begun >= p.size {
			continue // it would only wait for what others of its group wait for
		}
		if best == nil || s.counters.working < best.counters.working ||
			s.counters.working == best.counters.working && s.order < best.order {
			best = s
		}
	}
	return best
}

func (p *workers) giveBack(s *ticket) {
	s.working = false
	p.free++
	s.counters.working--
}

// remove takes an attempt out of the queue, and tells it.
func (p *workers) remove(s *ticket) {
	g := s.counters
	g.waiting = slices.DeleteFunc(g.waiting, func(other *ticket) bool { return other == s })
	if len(g.waiting) == 0 {
		delete(p.queues, g)
	}
	close(s.turn)
	s.turn = nil
}

func (p *workers) wake(s *ticket) {
	if s.resting {
		s.resting = false
		p.resting--
	}
}

func (p *workers) uncount(s *ticket) {
	if s.counted {
		s.counted = false
		s.counters.begun--
	}
}
