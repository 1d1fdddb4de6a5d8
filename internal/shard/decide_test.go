package shard

import "testing"

// Each situation there is, so that a new one cannot be forgotten. M: the selector matches, O:
// the customer names our shard, U: that is not confirmed, F: the shard's lease is free, B: an
// attempt is at work.
func TestDecide(t *testing.T) {
	t.Parallel()
	want := map[string]Action{
		// Another shard's: only labels and the lease matter.
		"-----": Ignore, "----B": Ignore, "---F-": Ignore, "---FB": Ignore,
		"--U--": Ignore, "--U-B": Ignore, "--UF-": Ignore, "--UFB": Ignore,
		"M----": Wait, "M---B": Wait, "M--F-": Take, "M--FB": Take,
		"M-U--": Wait, "M-U-B": Wait, "M-UF-": Take, "M-UFB": Take,
		// Ours.
		"MO---": Serve, "MO--B": Serve, "MO-F-": Serve, "MO-FB": Serve,
		"-O---": Release, "-O--B": Drain, "-O-F-": Release, "-O-FB": Drain,
		// Ours since a moment.
		"MOU--": GiveBack, "MOU-B": GiveBack, "MOUF-": Confirm, "MOUFB": Confirm,
		"-OU--": GiveBack, "-OU-B": GiveBack, "-OUF-": Confirm, "-OUFB": Confirm,
	}
	for i := range 32 {
		bit := func(n int) bool { return i>>n&1 == 1 }
		s := Situation{Matches: bit(0), Ours: bit(1), Unconfirmed: bit(2), Free: bit(3), Busy: bit(4)}
		letter := func(is bool, l string) string {
			if is {
				return l
			}
			return "-"
		}
		name := letter(s.Matches, "M") + letter(s.Ours, "O") + letter(s.Unconfirmed, "U") + letter(s.Free, "F") + letter(s.Busy, "B")
		if got := Decide(s); got != want[name] {
			t.Errorf("%s: %s, want %s", name, got, want[name])
		}
	}
	if len(want) != 32 {
		t.Errorf("%d of 32 situations have an answer", len(want))
	}
}

// A model of two managers, each with a lease and a cache that is late, over all orders of
// their steps: never do both have an attempt at work. It is the argument of the package's
// comment, played through.
func TestNeverTwo(t *testing.T) {
	t.Parallel()
	seen := map[model]bool{}
	next := []model{{claim: "b", taker: taker{claim: "b"}, holder: holder{claim: "b"}}}
	served := false
	for len(next) > 0 {
		m := next[len(next)-1]
		next = next[:len(next)-1]
		if seen[m] {
			continue
		}
		seen[m] = true
		if m.taker.working && m.holder.working {
			t.Fatalf("both are at work: %+v", m)
		}
		served = served || m.taker.working
		next = append(next, m.successors()...)
	}
	if !served || len(seen) < 50 {
		t.Errorf("%d states, served %t: the model does nothing", len(seen), served)
	}
}

// model is a customer, shard b whose lease was free, and the manager of shard a, which takes.
type model struct {
	claim string // as stored
	lease bool   // b's lease has a holder
	taker taker
	holder
}

type taker struct {
	claim       string // as its cache has it
	looked      bool   // it saw the lease free, and is about to write
	unconfirmed bool
	free        bool // what it saw of the lease after the write
	confirming  bool
	working     bool
}

// holder is the new leader of shard b.
type holder struct {
	leads   bool
	claim   string // as its cache has it
	working bool
}

// successors are all states one step on.
func (m model) successors() []model {
	var all []model
	step := func(do func(*model)) {
		n := m
		do(&n)
		all = append(all, n)
	}
	// The leader of b: takes the lease, sees changes late, begins after a look at what is
	// stored, stops when it sees that the customer is not its own.
	if !m.lease {
		step(func(n *model) { n.lease, n.leads = true, true })
	}
	step(func(n *model) { n.holder.claim = n.claim })
	if m.leads && m.holder.claim == "b" && m.claim == "b" {
		step(func(n *model) { n.holder.working = true })
	}
	if m.holder.claim != "b" || m.holder.working {
		step(func(n *model) { n.holder.working = false })
	}
	// The manager of a.
	step(func(n *model) { n.taker.claim = n.claim })
	action := Decide(Situation{Matches: true, Ours: m.taker.claim == "a", Unconfirmed: m.taker.unconfirmed, Free: !m.lease})
	switch {
	case m.taker.looked: // the write goes through if there was no write since
		step(func(n *model) {
			n.taker.looked = false
			if n.claim == n.taker.claim {
				n.claim, n.taker.unconfirmed = "a", true
			}
		})
	case m.taker.confirming:
		step(func(n *model) {
			n.taker.confirming = false
			if n.taker.free {
				n.taker.unconfirmed = false
			} else if n.claim == "a" {
				n.claim = "b"
			}
		})
	case action == Take:
		step(func(n *model) { n.taker.looked = true })
	case action == Confirm || action == GiveBack:
		step(func(n *model) { n.taker.confirming, n.taker.free = true, !n.lease })
	case action == Serve && m.claim == "a":
		step(func(n *model) { n.taker.working = true })
	}
	return all
}
