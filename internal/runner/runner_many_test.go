package runner

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/internal/budget"
)

// Beginning a run looks at the groups that wait, not at each run that is due: also where
// there are free workers that none of them may have, as all of their group wait for Webex.
func TestRunnerBeginsManyRuns(t *testing.T) {
	for name, group := range map[string]func(i int) string{
		"each with a token of its own": func(i int) string { return fmt.Sprint("ns/", i) },
		"all of one partner":           func(int) string { return "ns/partner" },
	} {
		t.Run(name, func(t *testing.T) {
			runnerTest(t, 4, func(g *WithT, r *testRunner, _ func()) {
				for i := range 4 { // they rest, and their workers are free
					g.Expect(r.Begin(runOf(fmt.Sprint("resting", i), fmt.Sprint("r", i), "1"), "ns/partner", resting(time.Second, time.Hour, budget.Rest{Shared: true}))).To(BeTrue())
				}
				time.Sleep(time.Minute)
				synctest.Wait()
				news(r)
				const due = 3000
				before := r.workers.looks
				for i := range due {
					g.Expect(r.Begin(runOf(fmt.Sprint("run", i), fmt.Sprint("c", i), "1"), group(i), untilStopped)).To(BeTrue())
				}
				g.Expect(r.workers.looks-before).To(BeNumerically("<=", 2*due), "a look or two for each")
				for i := range due {
					name := client.ObjectKeyFromObject(runOf(fmt.Sprint("run", i), "", "1"))
					r.Stop(name, ErrCanceled)
				}
				for range due { // each end is told, and forgotten
					e := <-r.Events()
					r.Forget(client.ObjectKeyFromObject(e.Object))
				}
			})
		})
	}
}

func BenchmarkRunnerBegin(b *testing.B) {
	for _, due := range []int{1000, 10_000} {
		b.Run(fmt.Sprint(due, " due"), func(b *testing.B) {
			for b.Loop() {
				p, index := newWorkers(8), map[int]*ticket{}
				for i := range due {
					index[i] = &ticket{group: fmt.Sprint(i % 50), order: i}
					p.queue(index[i])
				}
				for i := range due {
					p.leave(index[i])
				}
			}
		})
	}
}
