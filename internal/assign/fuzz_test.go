package assign_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/webex-operator/webex-license-operator/internal/assign"
)

// small makes a small world: pick returns a number below another, which decides. In half of the worlds nothing is odd.
func small(pick func(n int) int) assign.World {
	calm := pick(2) == 0
	odd := func(of int) bool { return !calm && pick(of) == 0 }
	w := assign.World{Protected: map[int]bool{}, RemoveOthers: pick(2) == 0, KeepAll: odd(15)}
	for n := range 1 + pick(5) {
		w.Licenses = append(w.Licenses, someLicense(n, pick, odd))
	}
	for n := range 5 - pick(4) {
		person := assign.Person{ID: fmt.Sprintf("p%d", n), External: odd(8)}
		for l := range w.Licenses {
			if pick(5) < 2 {
				person.Held = append(person.Held, int32(l)) //nolint:gosec // an index
			}
		}
		if odd(8) {
			w.Protected[n] = true
		}
		w.People = append(w.People, person)
	}
	for n := range 4 - pick(4) {
		w.Assignments = append(w.Assignments, someAssignment(&w, n, pick, odd))
	}
	return w
}

func someLicense(n int, pick func(n int) int, odd func(of int) bool) assign.License {
	l := assign.License{
		ID: fmt.Sprintf("l%d", n), Row: fmt.Sprintf("row%d", n), Name: fmt.Sprintf("Name %d", n), Purchased: !odd(10),
		OfferCode: []string{"EE", "MS", "EE", "EE", "MS", "ee"}[pick(6)], Free: new(int64(pick(5) - 1)),
	}
	if odd(3) {
		l.OfferCode = []string{"BCSTD", "BCSTD", "BCSTD", "CO", "UCPREM", "cjp", ""}[pick(7)]
	}
	if odd(4) {
		l.Name = "Name of two"
	}
	if odd(8) {
		l.Free = nil
	}
	if l.Outside = pick(3) == 0; !l.Outside {
		l.Assignable = !odd(8)
	}
	return l
}

func someAssignment(w *assign.World, n int, pick func(n int) int, odd func(of int) bool) assign.Assignment {
	l := w.Licenses[pick(len(w.Licenses))]
	for range 3 {
		if !l.Assignable {
			l = w.Licenses[pick(len(w.Licenses))]
		}
	}
	a := assign.Assignment{
		Name: fmt.Sprintf("a%d", n), LicenseName: l.Name, Enforce: pick(4) != 0, RemoveUnlisted: pick(3) != 0, Unresolved: odd(6), Unreadable: odd(25),
		MaxRemovals: []int64{10, 10, 0, 1, 2, 3}[pick(6)], Removed: int64(pick(3)), KeepFree: []int64{0, 0, 0, 1, 2}[pick(5)],
	}
	if pick(4) == 0 && l.OfferCode != "" {
		a.LicenseName, a.OfferCode = "", l.OfferCode
	}
	if odd(4) {
		a.ChosenID = []string{l.ID, "gone"}[pick(2)]
	}
	if odd(4) {
		a.Approved = "other"
	}
	if odd(5) {
		a.Peers = []string{[]string{"a0", "a1", "gone"}[pick(3)]}
	}
	for person := range w.People {
		if pick(2) == 0 {
			a.Listed = slices.Insert(a.Listed, pick(len(a.Listed)+1), person)
		}
	}
	return a
}

// play holds the plans of a small world against the rules: as it is, numbered in another way, with approvals, and while they
// are carried out until nothing is left to do.
func play(pick func(n int) int) error {
	w := small(pick)
	o := &oracle{w: &w, approved: map[string]string{}}
	before := copyOf(w)
	p := assign.New(w)
	if err := o.check(p); err != nil {
		return tellWorld(w, err)
	}
	if !reflect.DeepEqual(before, copyOf(w)) {
		return tellWorld(before, fmt.Errorf("planning changed the world"))
	}
	if err := compareShuffled(w, pick); err != nil {
		return tellWorld(w, err)
	}
	for i := range w.Assignments {
		if held := p.Outcomes[i].Held; held != nil && pick(3) != 0 {
			w.Assignments[i].Approved = held.Token
		}
	}
	return settle(o, pick)
}

// settle carries plans out, the first one badly, until nothing is sent. Each plan is held against the rules, and sends
// nothing new: only what waited for units, or failed.
func settle(o *oracle, pick func(n int) int) error {
	var left []assign.Change
	for round := 0; ; round++ {
		p := assign.New(*o.w)
		if err := o.check(p); err != nil {
			return tellWorld(*o.w, fmt.Errorf("round %d: %w", round, err))
		}
		toSend := slices.Concat(p.Phases[0], p.Phases[1], p.Phases[2])
		for _, call := range toSend {
			for _, c := range call.Changes {
				if round > 0 && !slices.ContainsFunc(left, func(l assign.Change) bool {
					return l.Person == c.Person && l.License == c.License && l.Remove == c.Remove
				}) {
					return tellWorld(*o.w, fmt.Errorf("round %d: %+v was not planned before", round, c))
				}
			}
		}
		if len(toSend) == 0 {
			return tellWorld(*o.w, o.checkFixed(p))
		}
		if round > len(o.w.People)+1 {
			return tellWorld(*o.w, fmt.Errorf("round %d still sends %+v", round, toSend))
		}
		fate := func() bool { return round > 0 || pick(3) != 2 }
		after, failed, err := carryOut(*o.w, p, pick, fate)
		if err != nil {
			return tellWorld(*o.w, fmt.Errorf("round %d: %w", round, err))
		}
		left = failed
		for _, c := range p.Changes {
			if c.State == assign.NoUnits {
				left = append(left, c)
			}
		}
		o.w = &after
	}
}

// checkFixed: when nothing is sent, all that waits for units lacks them.
func (o *oracle) checkFixed(p *assign.Plan) error {
	s := stockOf(o.w)
	for _, w := range o.wishes() {
		if w.state == assign.Send && !w.remove && !s.lacks(w.license, w.keep) {
			return fmt.Errorf("%+v waits for ever, with %v units free: %+v", w, s, p.Changes)
		}
	}
	return nil
}

func tellWorld(w assign.World, err error) error {
	if err == nil {
		return nil
	}
	text, _ := json.Marshal(w)
	return fmt.Errorf("%w\nin %s", err, text)
}

// compareShuffled: numbers of people and licences mean nothing; the order of assignments decides who gets scarce units, and
// nothing else.
func compareShuffled(w assign.World, pick func(n int) int) error {
	same, want := shuffled(w, pick, false), named(&w, assign.New(w))
	if got := named(&same, assign.New(same)); !slices.Equal(got, want) {
		return fmt.Errorf("another order of people and licences has another plan:\n%q\n%q", got, want)
	}
	ample := copyOf(w)
	for n := range ample.Licenses {
		if ample.Licenses[n].Free != nil {
			*ample.Licenses[n].Free = 100
		}
	}
	same, want = shuffled(ample, pick, true), named(&ample, assign.New(ample))
	if got := named(&same, assign.New(same)); !slices.Equal(got, want) {
		return fmt.Errorf("another order of assignments has another plan:\n%q\n%q", got, want)
	}
	return nil
}

// named is a plan with names for numbers, sorted.
func named(w *assign.World, p *assign.Plan) []string {
	texts := []string{}
	for _, c := range p.Changes {
		names := []string{}
		for _, i := range c.For {
			names = append(names, w.Assignments[i].Name)
		}
		slices.Sort(names)
		texts = append(texts, fmt.Sprintf("%s %s %t %s %s %v %d", w.People[c.Person].ID, w.Licenses[c.License].ID, c.Remove, c.Why, c.State, names, c.Keep))
	}
	for i, o := range p.Outcomes {
		texts = append(texts, fmt.Sprintf("%s %+v %+v %t", w.Assignments[i].Name, countsOf(o), o.Held, o.Approved))
	}
	slices.Sort(texts)
	return texts
}

// shuffled is a world with its people and licences numbered in another way, and its assignments too if asked.
func shuffled(w assign.World, pick func(n int) int, assignments bool) assign.World {
	all := copyOf(w)
	people, licenses := shuffle(len(w.People), pick), shuffle(len(w.Licenses), pick)
	for from, to := range licenses {
		all.Licenses[to] = w.Licenses[from]
	}
	all.Protected = map[int]bool{}
	for person := range maps.Keys(w.Protected) {
		all.Protected[people[person]] = true
	}
	for from, to := range people {
		all.People[to] = w.People[from]
		all.People[to].Held = nil
		for _, l := range w.People[from].Held {
			all.People[to].Held = append(all.People[to].Held, int32(licenses[l])) //nolint:gosec // an index
		}
	}
	order := shuffle(len(w.Assignments), pick)
	for from, to := range order {
		if !assignments {
			to = from
		}
		all.Assignments[to] = w.Assignments[from]
		all.Assignments[to].Listed = nil
		for _, person := range w.Assignments[from].Listed {
			all.Assignments[to].Listed = append(all.Assignments[to].Listed, people[person])
		}
	}
	return all
}

func shuffle(n int, pick func(n int) int) []int {
	order := []int{}
	for i := range n {
		order = slices.Insert(order, pick(i+1), i)
	}
	return order
}

// FuzzPlan holds plans of small worlds against the oracle; each byte decides one thing about the world.
func FuzzPlan(f *testing.F) {
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 17))
		data := make([]byte, 160)
		for n := range data {
			data[n] = byte(random.Uint32())
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		rest := rand.New(rand.NewPCG(uint64(len(data)), 1)) // decides what is left
		if err := play(func(n int) int {
			if len(data) == 0 {
				return rest.IntN(n)
			}
			first := data[0]
			data = data[1:]
			return int(first) % n
		}); err != nil {
			t.Error(err)
		}
	})
}

// The plans of many small worlds are what the oracle says.
func TestManyWorlds(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6_000) {
		if err := play(rand.New(rand.NewPCG(seed, 42)).IntN); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}
