package runner

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

type (
	testRunner  = Runner[string, testOutcome]
	testWorker  = Worker[string]
	testAttempt = Attempt[string, testOutcome]
)

// testOutcome is what the attempts of these tests end with.
type testOutcome struct {
	Requests int64
	Failure  error
}

func newTestRunner(workers int, clock clock.PassiveClock) *testRunner {
	return New[string](workers, clock, func(ctx context.Context, err error) testOutcome {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return testOutcome{Failure: err}
	})
}

// runnerTest runs a test in a bubble, where time stands still while any goroutine
// works, and which fails if a goroutine is left behind.
func runnerTest(t *testing.T, workers int, test func(g *WithT, r *testRunner, shutdown func())) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newTestRunner(workers, clock.RealClock{})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- r.Start(ctx) }()
		synctest.Wait()
		g := NewWithT(t)
		stopped := false
		shutdown := func() {
			cancel()
			g.Expect(<-ended).To(Succeed())
			stopped = true
		}
		test(g, r, shutdown)
		if !stopped {
			shutdown()
		}
	})
}

func runOf(name, customer string, uid types.UID) *v1alpha1.LicenseSync {
	return &v1alpha1.LicenseSync{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name, UID: uid},
		Spec:       v1alpha1.LicenseSyncSpec{CustomerAccessRef: v1alpha1.LocalCustomerReference{Name: customer}},
	}
}

// untilStopped is an attempt that only its context ends.
func untilStopped(ctx context.Context, _ testWorker) testOutcome {
	<-ctx.Done()
	return testOutcome{Requests: 3, Failure: context.Cause(ctx)}
}

// after is an attempt that succeeds after a while.
func after(d time.Duration) testAttempt {
	return func(context.Context, testWorker) testOutcome {
		time.Sleep(d)
		return testOutcome{Requests: 7}
	}
}

// news are the names of the runs that events arrived for.
func news(r *testRunner) []string {
	var names []string
	for {
		select {
		case e := <-r.Events():
			names = append(names, e.Object.GetName())
		default:
			return names
		}
	}
}

func TestRunnerCarriesAnAttemptOut(t *testing.T) {
	runnerTest(t, 1, func(g *WithT, r *testRunner, _ func()) {
		run := runOf("a", "acme", "1")
		_, known := r.Look(run)
		g.Expect(known).To(BeFalse())

		began := time.Now()
		g.Expect(r.Begin(run, "ns/"+run.Spec.CustomerAccessRef.Name, after(time.Minute))).To(BeTrue())
		synctest.Wait()
		snapshot, known := r.Look(run)
		g.Expect(known).To(BeTrue())
		g.Expect(snapshot.StartedAt).To(Equal(began))
		g.Expect(snapshot.Outcome).To(BeNil())
		g.Expect(news(r)).To(Equal([]string{"a"}), "the beginning is news")

		g.Expect(r.Begin(run, "ns/"+run.Spec.CustomerAccessRef.Name, after(time.Hour))).To(BeTrue(), "to begin what is under way changes nothing")
		r.Forget(client.ObjectKeyFromObject(run))
		_, known = r.Look(run)
		g.Expect(known).To(BeTrue(), "what is under way cannot be forgotten")

		time.Sleep(time.Minute)
		synctest.Wait()
		snapshot, _ = r.Look(run)
		g.Expect(snapshot.Outcome).To(HaveField("Requests", int64(7)))
		g.Expect(news(r)).To(Equal([]string{"a"}), "so is the end")

		g.Expect(r.Begin(run, "ns/"+run.Spec.CustomerAccessRef.Name, after(time.Hour))).To(BeTrue())
		snapshot, _ = r.Look(run)
		g.Expect(snapshot.Outcome).NotTo(BeNil(), "no second attempt begins before the first is written down")
		r.Forget(client.ObjectKeyFromObject(run))
		_, known = r.Look(run)
		g.Expect(known).To(BeFalse())
	})
}

// A panic ends the attempt that it is thrown in, and gives the worker back.
func TestRunnerOutlivesAPanic(t *testing.T) {
	runnerTest(t, 1, func(g *WithT, r *testRunner, _ func()) {
		odd, next := runOf("odd", "acme", "1"), runOf("next", "globex", "2")
		g.Expect(r.Begin(odd, "ns/acme", func(context.Context, testWorker) testOutcome { panic("injected") })).To(BeTrue())
		g.Expect(r.Begin(next, "ns/globex", after(time.Second))).To(BeTrue())
		time.Sleep(2 * time.Second)
		snapshot, _ := r.Look(odd)
		g.Expect(snapshot.Outcome.Failure).To(HaveOccurred())
		snapshot, _ = r.Look(next)
		g.Expect(snapshot.Outcome).To(HaveField("Requests", int64(7)))
		news(r)
	})
}

func TestRunnerLetsOneRunOfACustomerWork(t *testing.T) {
	runnerTest(t, 4, func(g *WithT, r *testRunner, _ func()) {
		first, second := runOf("a", "acme", "1"), runOf("b", "acme", "2")
		g.Expect(r.Begin(first, "ns/"+first.Spec.CustomerAccessRef.Name, after(time.Minute))).To(BeTrue())
		g.Expect(r.Begin(second, "ns/"+second.Spec.CustomerAccessRef.Name, after(time.Minute))).To(BeFalse())
		g.Expect(r.Begin(runOf("c", "globex", "3"), "ns/globex", after(time.Second))).To(BeTrue(), "another customer's run is not concerned")

		time.Sleep(time.Minute)
		synctest.Wait()
		g.Expect(r.Begin(second, "ns/"+second.Spec.CustomerAccessRef.Name, after(time.Second))).To(BeTrue(), "it goes on even before the end of the first is written down")
	})
}

func TestRunnerBoundsTheAttemptsAtWork(t *testing.T) {
	runnerTest(t, 2, func(g *WithT, r *testRunner, _ func()) {
		runs := []*v1alpha1.LicenseSync{runOf("a", "acme", "1"), runOf("b", "globex", "2"), runOf("c", "initech", "3")}
		atWork := func() (n int) {
			synctest.Wait()
			for _, run := range runs {
				if snapshot, _ := r.Look(run); !snapshot.StartedAt.IsZero() && snapshot.Outcome == nil {
					n++
				}
			}
			return n
		}
		for _, run := range runs {
			g.Expect(r.Begin(run, "ns/"+run.Spec.CustomerAccessRef.Name, after(time.Minute))).To(BeTrue())
		}
		g.Expect(atWork()).To(Equal(2))
		time.Sleep(time.Minute)
		g.Expect(atWork()).To(Equal(1), "the third gets the first free worker")
		time.Sleep(time.Minute)
		g.Expect(atWork()).To(BeZero())
	})
}

func TestRunnerStops(t *testing.T) {
	runnerTest(t, 1, func(g *WithT, r *testRunner, _ func()) {
		working, waiting := runOf("a", "acme", "1"), runOf("b", "globex", "2")
		name := client.ObjectKeyFromObject(working)
		g.Expect(r.Stop(name, ErrCanceled)).To(BeFalse(), "nothing to stop")

		g.Expect(r.Begin(working, "ns/"+working.Spec.CustomerAccessRef.Name, untilStopped)).To(BeTrue())
		synctest.Wait()
		g.Expect(r.Begin(waiting, "ns/"+waiting.Spec.CustomerAccessRef.Name, untilStopped)).To(BeTrue())
		news(r)

		g.Expect(r.Stop(client.ObjectKeyFromObject(waiting), ErrCanceled)).To(BeTrue())
		synctest.Wait()
		snapshot, _ := r.Look(waiting)
		g.Expect(snapshot.StartedAt.IsZero()).To(BeTrue(), "it never got a worker")
		g.Expect(snapshot.Outcome.Failure).To(MatchError(ErrCanceled))

		g.Expect(r.Stop(name, ErrCanceled)).To(BeTrue(), "its end is still to come")
		synctest.Wait()
		g.Expect(news(r)).To(Equal([]string{"b", "a"}), "each end is told")
		snapshot, _ = r.Look(working)
		g.Expect(errors.Is(snapshot.Outcome.Failure, ErrCanceled)).To(BeTrue())
		g.Expect(r.Stop(name, ErrCanceled)).To(BeFalse(), "its end has come")
		_, known := r.Look(working)
		g.Expect(known).To(BeFalse())
	})
}

// A run that was deleted and created anew under its name is another run.
func TestRunnerTellsRunsOfOneNameApart(t *testing.T) {
	runnerTest(t, 4, func(g *WithT, r *testRunner, _ func()) {
		before, now := runOf("a", "acme", "1"), runOf("a", "acme", "2")
		g.Expect(r.Begin(before, "ns/"+before.Spec.CustomerAccessRef.Name, after(time.Minute))).To(BeTrue())
		_, known := r.Look(now)
		g.Expect(known).To(BeFalse())
		g.Expect(r.Begin(now, "ns/"+now.Spec.CustomerAccessRef.Name, after(time.Minute))).To(BeFalse(), "the former one is still at work")

		time.Sleep(time.Minute)
		synctest.Wait()
		g.Expect(r.Begin(now, "ns/"+now.Spec.CustomerAccessRef.Name, after(time.Minute))).To(BeTrue())
		snapshot, known := r.Look(now)
		g.Expect(known).To(BeTrue())
		g.Expect(snapshot.Outcome).To(BeNil())
	})
}

func TestRunnerShutdownStopsAndWaits(t *testing.T) {
	runnerTest(t, 1, func(g *WithT, r *testRunner, shutdown func()) {
		working, waiting := runOf("a", "acme", "1"), runOf("b", "globex", "2")
		var cause error
		g.Expect(r.Begin(working, "ns/"+working.Spec.CustomerAccessRef.Name, func(ctx context.Context, _ testWorker) testOutcome {
			<-ctx.Done()
			time.Sleep(time.Second) // a write that is under way is not left half done
			cause = context.Cause(ctx)
			return testOutcome{}
		})).To(BeTrue())
		synctest.Wait()
		g.Expect(r.Begin(waiting, "ns/"+waiting.Spec.CustomerAccessRef.Name, untilStopped)).To(BeTrue())

		shutdown()
		g.Expect(cause).To(MatchError(ErrShutdown), "shutdown waits for the attempt")
		g.Expect(r.Begin(runOf("c", "initech", "3"), "ns/initech", untilStopped)).To(BeFalse(), "nothing begins any more")
	})
}

func TestRunnerBeginsNothingBeforeItsStart(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	g.Expect(newTestRunner(1, clock.RealClock{}).Begin(runOf("a", "acme", "1"), "ns/acme", untilStopped)).To(BeFalse())
}

// Each report is a write of the run's status, so few of them are published.
func TestRunnerSpacesProgress(t *testing.T) {
	runnerTest(t, 1, func(g *WithT, r *testRunner, _ func()) {
		run := runOf("a", "acme", "1")
		g.Expect(r.Begin(run, "ns/"+run.Spec.CustomerAccessRef.Name, func(_ context.Context, at testWorker) testOutcome {
			for i := range int64(120) { // 12 s of work
				at.Report(fmt.Sprint(i))
				time.Sleep(100 * time.Millisecond)
			}
			return testOutcome{}
		})).To(BeTrue())
		synctest.Wait()
		news(r)

		time.Sleep(progressInterval - time.Millisecond)
		synctest.Wait()
		g.Expect(news(r)).To(BeEmpty())
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		g.Expect(news(r)).To(Equal([]string{"a"}))
		snapshot, _ := r.Look(run)
		g.Expect(snapshot.Progress).To(Equal(fmt.Sprint(50)))

		time.Sleep(progressInterval)
		synctest.Wait()
		g.Expect(news(r)).To(HaveLen(1), "the next one 5 s later")
		time.Sleep(progressInterval)
		synctest.Wait()
		g.Expect(news(r)).To(HaveLen(1), "and the end")
	})
}
