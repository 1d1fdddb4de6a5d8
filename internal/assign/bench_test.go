package assign_test

import (
	"fmt"
	"testing"

	"github.com/webex-operator/webex-license-operator/internal/assign"
)

// large has 100,000 people with three licences each, 20 licences, and for each an assignment of 5,000 people who hold
// it already, or none of them. Each list owns its pool.
func large(inSync bool) assign.World {
	var w assign.World
	for n := range 20 {
		l := inside(fmt.Sprintf("EE%d", n), 1_000_000)
		w.Licenses = append(w.Licenses, l)
		a := owner(l.OfferCode)
		for person := n * 5_000; person < (n+1)*5_000; person++ {
			a.Listed = append(a.Listed, person)
		}
		w.Assignments = append(w.Assignments, a)
	}
	for n := range 3 {
		l := inside(fmt.Sprintf("FREE%d", n), 0)
		l.Purchased, l.Assignable = false, false
		w.Licenses = append(w.Licenses, l)
	}
	held := make([][]int32, 100_000)
	for person := range held {
		held[person] = holds(20, 21, 22)
		if inSync {
			held[person] = holds(20, 21, int32(person/5_000)) //nolint:gosec // an index
		}
	}
	w.People = people(held...)
	return w
}

// read passes over a world once: no planner does less.
func read(w *assign.World) (sum int) {
	for n := range w.People {
		for _, l := range w.People[n].Held {
			sum += int(l)
		}
	}
	for i := range w.Assignments {
		for _, person := range w.Assignments[i].Listed {
			sum += len(w.People[person].Held)
		}
	}
	return sum
}

// BenchmarkPlan plans for 100,000 people. The floor is one pass that only reads the same world.
func BenchmarkPlan(b *testing.B) {
	inSync := large(true)
	var floor float64
	b.Run("floor", func(b *testing.B) {
		for b.Loop() {
			read(&inSync)
		}
		floor = float64(b.Elapsed()) / float64(b.N)
	})
	most := large(true) // every list moves on by one licence: 100,000 swaps
	for i := range most.Assignments {
		most.Assignments[i].MaxRemovals = 100_000
		most.Assignments[i].OfferCode = fmt.Sprintf("EE%d", (i+1)%20)
	}
	for name, w := range map[string]assign.World{"in sync": inSync, "first roll-out": large(false), "all swap": most} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				assign.New(w)
			}
			if floor > 0 {
				b.ReportMetric(float64(b.Elapsed())/float64(b.N)/floor, "floors")
			}
		})
	}
}
