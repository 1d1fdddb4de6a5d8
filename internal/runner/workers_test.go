package runner

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/budget"
)

// resting is an attempt that works, rests and works again; it ends early where
// there is no room to rest.
func resting(work, rest time.Duration, how budget.Rest) testAttempt {
	return func(ctx context.Context, at testWorker) testOutcome {
		time.Sleep(work)
		if !at.Room() {
			return testOutcome{}
		}
		if err := at.Rest(ctx, how, func() error { return nap(ctx, rest) }); err != nil {
			return testOutcome{Failure: context.Cause(ctx)}
		}
		time.Sleep(work)
		return testOutcome{}
	}
}

// endOf is when the attempt of a run ended, after the beginning of the test.
func endOf(r *testRunner, run *v1alpha1.LicenseSync, began time.Time) time.Duration {
	for {
		if snapshot, known := r.Look(run); known && snapshot.Outcome != nil {
			return time.Since(began)
		}
		time.Sleep(time.Second / 4)
	}
}

// A hundred customers whom Webex put off keep no other from working.
func TestRestingAttemptsLeaveTheirWorkers(t *testing.T) {
	for name, group := range map[string]func(i int) string{
		"each with a token of its own": func(i int) string { return fmt.Sprint("ns/", i) },
		"all of one partner":           func(int) string { return "ns/partner" },
	} {
		t.Run(name, func(t *testing.T) {
			runnerTest(t, 2, func(g *WithT, r *testRunner, _ func()) {
				began := time.Now()
				for i := range 100 {
					run := runOf(fmt.Sprint("limited", i), fmt.Sprint("c", i), "1")
					g.Expect(r.Begin(run, group(i), resting(time.Second, 10*time.Minute, budget.Rest{Shared: true}))).To(BeTrue())
				}
				time.Sleep(time.Minute)
				healthy := runOf("healthy", "acme", "2")
				g.Expect(r.Begin(healthy, "ns/acme", after(time.Minute))).To(BeTrue())
				g.Expect(endOf(r, healthy, began)).To(BeNumerically("~", 2*time.Minute, 2*time.Second))
				news(r)
				time.Sleep(24 * time.Hour) // all of them end some time
				synctest.Wait()
				news(r)
				for i := range 100 {
					snapshot, _ := r.Look(runOf(fmt.Sprint("limited", i), fmt.Sprint("c", i), "1"))
					g.Expect(snapshot.Outcome).To(HaveField("Failure", BeNil()))
				}
			})
		})
	}
}

// A partner with many customers gets no more workers than one with a few, as long as both wait.
func TestWorkersAreSharedByGroups(t *testing.T) {
	runnerTest(t, 2, func(g *WithT, r *testRunner, _ func()) {
		began := time.Now()
		var large []*v1alpha1.LicenseSync
		for i := range 20 {
			run := runOf(fmt.Sprint("large", i), fmt.Sprint("c", i), "1")
			large = append(large, run)
			g.Expect(r.Begin(run, "ns/large", after(time.Minute))).To(BeTrue())
		}
		synctest.Wait()
		small := []*v1alpha1.LicenseSync{runOf("small0", "s0", "2"), runOf("small1", "s1", "3")}
		for _, run := range small {
			g.Expect(r.Begin(run, "ns/small", after(time.Minute))).To(BeTrue())
		}
		g.Expect(endOf(r, small[0], began)).To(BeNumerically("~", 2*time.Minute, time.Second), "the first free worker")
		g.Expect(endOf(r, small[1], began)).To(BeNumerically("~", 3*time.Minute, time.Second))
		g.Expect(endOf(r, large[19], began)).To(BeNumerically("~", 11*time.Minute, time.Second), "22 minutes of work at two workers")
		news(r)
	})
}

// Who waits for what its whole group waits for lets none of the group begin; who
// has troubles of its own does.
func TestRestsOfAGroup(t *testing.T) {
	for name, test := range map[string]struct {
		rest budget.Rest
		want time.Duration
	}{
		"shared": {budget.Rest{Shared: true}, 12 * time.Minute},
		"own":    {budget.Rest{}, time.Minute + time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			runnerTest(t, 1, func(g *WithT, r *testRunner, _ func()) {
				began := time.Now()
				first, second := runOf("a", "acme", "1"), runOf("b", "globex", "2")
				g.Expect(r.Begin(first, "ns/partner", resting(time.Second, 10*time.Minute+58*time.Second, test.rest))).To(BeTrue())
				synctest.Wait()
				g.Expect(r.Begin(second, "ns/partner", after(time.Minute))).To(BeTrue())
				g.Expect(endOf(r, second, began)).To(BeNumerically("~", test.want, time.Second))
				endOf(r, first, began)
				news(r)
			})
		})
	}
}

func TestRestIsShown(t *testing.T) {
	runnerTest(t, 1, func(g *WithT, r *testRunner, _ func()) {
		run := runOf("a", "acme", "1")
		until := time.Now().Add(time.Minute)
		g.Expect(r.Begin(run, "ns/acme", resting(time.Second, 59*time.Second, budget.Rest{Until: until}))).To(BeTrue())
		time.Sleep(2 * time.Second)
		snapshot, _ := r.Look(run)
		g.Expect(snapshot.RestsUntil).To(Equal(until))
		g.Expect(news(r)).To(HaveLen(2), "the beginning and the rest")
		time.Sleep(time.Minute)
		synctest.Wait()
		snapshot, _ = r.Look(run)
		g.Expect(snapshot.RestsUntil).To(BeZero())
		g.Expect(news(r)).To(HaveLen(2), "the end of the rest and of the attempt")
	})
}

func TestRestEndsWithTheRun(t *testing.T) {
	runnerTest(t, 1, func(g *WithT, r *testRunner, _ func()) {
		run, next := runOf("a", "acme", "1"), runOf("b", "globex", "2")
		g.Expect(r.Begin(run, "ns/acme", func(ctx context.Context, at testWorker) testOutcome {
			_ = at.Rest(ctx, budget.Rest{}, func() error { <-ctx.Done(); return ctx.Err() })
			return testOutcome{Failure: context.Cause(ctx)}
		})).To(BeTrue())
		synctest.Wait()
		g.Expect(r.Begin(next, "ns/globex", after(time.Hour))).To(BeTrue())
		g.Expect(r.Stop(client.ObjectKeyFromObject(run), ErrCanceled)).To(BeTrue())
		synctest.Wait()
		snapshot, _ := r.Look(run)
		g.Expect(snapshot.Outcome.Failure).To(MatchError(ErrCanceled))
		time.Sleep(time.Hour)
		synctest.Wait()
		snapshot, _ = r.Look(next)
		g.Expect(snapshot.Outcome).NotTo(BeNil())
		g.Expect(r.workers.free).To(Equal(1))
		news(r)
	})
}

// Two requests of one attempt may wait at a time: it has one worker, not two.
func TestRestsSideBySide(t *testing.T) {
	runnerTest(t, 1, func(g *WithT, r *testRunner, _ func()) {
		began := time.Now()
		run, next := runOf("a", "acme", "1"), runOf("b", "globex", "2")
		g.Expect(r.Begin(run, "ns/acme", func(ctx context.Context, at testWorker) testOutcome {
			ended := make(chan error)
			for _, d := range []time.Duration{time.Minute, 2 * time.Minute} {
				go func() { ended <- at.Rest(ctx, budget.Rest{}, func() error { time.Sleep(d); return nil }) }()
			}
			g.Expect([]error{<-ended, <-ended}).To(HaveEach(BeNil()))
			return testOutcome{}
		})).To(BeTrue())
		synctest.Wait()
		g.Expect(r.Begin(next, "ns/globex", after(time.Hour))).To(BeTrue())
		g.Expect(endOf(r, next, began)).To(BeNumerically("~", time.Hour, time.Second), "its worker was free at once")
		g.Expect(endOf(r, run, began)).To(BeNumerically("~", time.Hour, time.Second), "and it got one back for its end")
		g.Expect(r.workers.free).To(Equal(1))
		g.Expect(r.workers.groups).To(BeEmpty())
		news(r)
	})
}

// The memory of attempts that rest is bounded: beyond, they keep their workers.
func TestRestsAreBounded(t *testing.T) {
	runnerTest(t, 1, func(g *WithT, r *testRunner, _ func()) {
		var mu sync.Mutex
		rooms := map[bool]int{}
		counted := func() map[bool]int { mu.Lock(); defer mu.Unlock(); return maps.Clone(rooms) }
		begun := func() (n int) {
			synctest.Wait()
			for i := range 30 {
				if snapshot, _ := r.Look(runOf(fmt.Sprint("r", i), "", "1")); !snapshot.StartedAt.IsZero() {
					n++
				}
			}
			return n
		}
		for i := range 30 {
			run := runOf(fmt.Sprint("r", i), fmt.Sprint("c", i), "1")
			g.Expect(r.Begin(run, fmt.Sprint("ns/", i), func(ctx context.Context, at testWorker) testOutcome {
				mu.Lock()
				rooms[at.Room()]++
				mu.Unlock()
				_ = at.Rest(ctx, budget.Rest{}, func() error { time.Sleep(time.Hour); return nil })
				return testOutcome{}
			})).To(BeTrue())
		}
		g.Expect(begun()).To(Equal(restingPerWorker + 1))
		g.Expect(counted()).To(Equal(map[bool]int{true: restingPerWorker, false: 1}), "the last one keeps its worker")
		time.Sleep(24 * time.Hour)
		g.Expect(begun()).To(Equal(30))
		g.Expect(r.workers.resting).To(BeZero())
		news(r)
	})
}

// Whatever attempts do, no worker is lost, none is given twice, and all of them end.
func TestWorkersUnderRandomUse(t *testing.T) {
	const tickets = 60
	for seed := range uint64(20) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			runnerTest(t, 3, func(g *WithT, r *testRunner, _ func()) {
				dice := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // a test
				for i := range tickets {
					steps, stop := dice.IntN(5), dice.IntN(4) == 0
					naps := []time.Duration{time.Duration(dice.IntN(9)) * time.Second, time.Duration(dice.IntN(900)) * time.Second}
					run := runOf(fmt.Sprint("r", i), fmt.Sprint("c", i), "1")
					g.Expect(r.Begin(run, fmt.Sprint("ns/", i%7), func(ctx context.Context, at testWorker) testOutcome {
						for step := range steps {
							r.mu.Lock()
							p := &r.workers
							working := 0
							for _, each := range p.groups {
								working += each.working
							}
							g.Expect(p.free + working).To(Equal(p.size))
							g.Expect(p.free).To(BeNumerically(">=", 0))
							r.mu.Unlock()
							if err := at.Rest(ctx, budget.Rest{Shared: step%2 == 0}, func() error { return nap(ctx, naps[step%2]) }); err != nil {
								return testOutcome{Failure: context.Cause(ctx)}
							}
						}
						return testOutcome{}
					})).To(BeTrue())
					if stop {
						time.AfterFunc(naps[1]/2, func() { r.Stop(client.ObjectKeyFromObject(run), ErrCanceled) })
					}
				}
				time.Sleep(24 * time.Hour)
				synctest.Wait()
				for _, j := range r.jobs {
					g.Expect(j.Outcome).NotTo(BeNil(), j.run.Name)
				}
				r.workers.looks = 0
				g.Expect(r.workers).To(Equal(workers{size: 3, free: 3, groups: map[string]*group{}, queues: map[*group]struct{}{}}))
				news(r)
			})
		})
	}
}

// nap sleeps unless ctx ends.
func nap(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
