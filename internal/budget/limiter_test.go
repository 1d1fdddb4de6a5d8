package budget

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// bench is a worker that records the rests.
type bench struct {
	mu    sync.Mutex
	full  bool
	rests []Rest
}

func (b *bench) Room() bool { return !b.full }
func (b *bench) Rest(_ context.Context, rest Rest, wait func() error) error {
	b.mu.Lock()
	b.rests = append(b.rests, rest)
	b.mu.Unlock()
	return wait()
}

// limiterTest runs a test in a bubble, where only waiting takes time.
func limiterTest(t *testing.T, perSecond float64, test func(t *testing.T, g *WithT, of func(owner string) (*Limiter, *bench))) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		budgets := New(perSecond)
		test(t, NewWithT(t), func(owner string) (*Limiter, *bench) {
			worker := &bench{}
			return &Limiter{Budgets: budgets, Owner: owner, Tell: func(context.Context, time.Time) {}, Worker: worker, Clock: clock.RealClock{}}, worker
		})
	})
}

const op = "list people"

// took is how long Wait takes.
func took(l *Limiter) (time.Duration, error) {
	began := time.Now()
	err := l.Wait(context.Background(), op)
	return time.Since(began), err
}

func TestLimiterSleepsThroughShortPauses(t *testing.T) {
	limiterTest(t, 0, func(t *testing.T, g *WithT, of func(string) (*Limiter, *bench)) {
		l, worker := of("partner")
		sibling, _ := of("partner")
		other, _ := of("other")
		g.Expect(l.Wait(t.Context(), op)).To(Succeed())
		l.Done(op, limited(20*time.Second))
		began := time.Now()
		let := make(chan time.Duration, 2)
		for _, each := range []*Limiter{l, sibling} {
			go func() { _ = each.Wait(t.Context(), op); let <- time.Since(began) }()
		}
		synctest.Wait()
		g.Expect(took(other)).To(BeZero(), "another owner is not concerned")
		g.Expect([]time.Duration{<-let, <-let}).To(Equal([]time.Duration{20 * time.Second, 20*time.Second + 250*time.Millisecond}), "one after the other")
		g.Expect(worker.rests).To(Equal([]Rest{{Shared: true, Until: began.Add(20 * time.Second)}}), "without its worker, and told")
	})
}

func TestLimiterParksLongPauses(t *testing.T) {
	for name, test := range map[string]struct {
		pause   time.Duration
		answers int
		full    bool
		parks   bool
	}{
		"short, nothing read":              {pause: shortPause},
		"longer, nothing read":             {pause: shortPause + time.Second, parks: true},
		"longer, but pages would be lost":  {pause: longPause, answers: 1},
		"too long for pages to stay fresh": {pause: longPause + time.Second, answers: 1, parks: true},
		"too many rest":                    {pause: shortPause + time.Second, answers: 1, full: true, parks: true},
		"too many rest, but not for long":  {pause: shortPause, answers: 1, full: true},
		"too many rest, nothing read":      {pause: shortPause, full: true, parks: true},
	} {
		t.Run(name, func(t *testing.T) {
			limiterTest(t, 0, func(t *testing.T, g *WithT, of func(string) (*Limiter, *bench)) {
				l, worker := of("owner")
				worker.full = test.full
				for range test.answers {
					g.Expect(l.Wait(t.Context(), op)).To(Succeed())
					l.Done(op, nil)
				}
				g.Expect(l.Wait(t.Context(), op)).To(Succeed())
				l.Done(op, limited(test.pause))
				slept, err := took(l)
				if !test.parks {
					g.Expect(err).NotTo(HaveOccurred())
					g.Expect(slept).To(Equal(test.pause))
					return
				}
				g.Expect(slept).To(BeZero())
				refused, _ := webex.AsError(err)
				g.Expect(refused.Class).To(Equal(webex.ClassRateLimited))
				g.Expect(refused.RetryAfter).To(Equal(test.pause))
			})
		})
	}
}

// A service that refuses for hours costs few requests, and the walk is given up
// before its pages are too old.
func TestLimiterThroughHoursOfRefusals(t *testing.T) {
	limiterTest(t, 0, func(t *testing.T, g *WithT, of func(string) (*Limiter, *bench)) {
		began, requests := time.Now(), 0
		for time.Since(began) < 4*time.Hour {
			l, _ := of("owner") // an attempt
			attempted := time.Now()
			for range 4 { // organization, licences, locations, roles
				g.Expect(l.Wait(t.Context(), "others")).To(Succeed())
				l.Done("others", nil)
				requests++
			}
			err := l.Wait(t.Context(), op)
			for ; err == nil; err = l.Wait(t.Context(), op) {
				l.Done(op, limited(time.Second))
				requests++
			}
			g.Expect(time.Since(attempted)).To(BeNumerically("<=", maxPauses+5*time.Minute), "only pauses that are told count")
			e, _ := webex.AsError(err)
			g.Expect(e.RetryAfter).To(BeNumerically("<=", longPause))
			time.Sleep(e.RetryAfter)
		}
		g.Expect(requests).To(BeNumerically("<=", 48), "in 4 hours; four good runs of 8 requests are 32")
	})
}

// A pause that began before a restart is not tried out in steps again.
func TestLimiterInheritsAPause(t *testing.T) {
	limiterTest(t, 0, func(t *testing.T, g *WithT, of func(string) (*Limiter, *bench)) {
		l, _ := of("owner")
		l.NotBefore = new(metav1.NewTime(time.Now().Add(-time.Second)))
		g.Expect(took(l)).To(BeZero(), "the pause is over")
		l.Done(op, limited(time.Second))
		_, err := took(l)
		e, _ := webex.AsError(err)
		g.Expect(e.RetryAfter).To(Equal(320 * time.Second))
	})
}

// All owners together keep the common bound, and without one none waits for another.
func TestLimitersShareTheCommonBound(t *testing.T) {
	for name, test := range map[string]struct{ perSecond, seconds float64 }{
		"bound":    {perSecond: 5, seconds: 6}, // 40 requests, of which 10 at once
		"no bound": {perSecond: 0, seconds: 0},
	} {
		t.Run(name, func(t *testing.T) {
			limiterTest(t, test.perSecond, func(t *testing.T, g *WithT, of func(string) (*Limiter, *bench)) {
				start := time.Now()
				var work sync.WaitGroup
				for i := range 40 {
					l, _ := of(fmt.Sprint("owner", i%4))
					work.Go(func() { g.Expect(l.Wait(t.Context(), op)).To(Succeed()) })
				}
				work.Wait()
				g.Expect(time.Since(start).Seconds()).To(BeNumerically("~", test.seconds, 0.1))
			})
		})
	}
}

// What can be done without waits for a moment, not for longer and through no pause, and takes no turn of others then.
func TestLimiterAtOnce(t *testing.T) {
	atOnce := func(g *WithT, l *Limiter) (waited time.Duration, refused bool) {
		began := time.Now()
		err := l.AtOnce(context.Background(), op)
		if err != nil {
			e, _ := webex.AsError(err)
			g.Expect(e.Class).To(Equal(webex.ClassRateLimited))
			g.Expect(time.Since(began)).To(BeZero())
		}
		return time.Since(began), err != nil
	}
	for name, test := range map[string]struct {
		perSecond float64 // of all owners
		perMinute int32
		moment    time.Duration // between two requests
	}{
		"the owner's turns": {perMinute: 150, moment: 400 * time.Millisecond},
		"the turns of all":  {perMinute: 600, perSecond: 2.5, moment: 400 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			limiterTest(t, test.perSecond, func(t *testing.T, g *WithT, of func(string) (*Limiter, *bench)) {
				l, worker := of("owner")
				l.RequestsPerMinute = test.perMinute
				var let []time.Duration
				refusals := 0
				var work sync.WaitGroup
				var mu sync.Mutex
				for range burst + 4 {
					work.Go(func() {
						waited, refused := atOnce(g, l)
						mu.Lock()
						defer mu.Unlock()
						if refused {
							refusals++
						} else {
							let = append(let, waited)
						}
					})
				}
				work.Wait()
				g.Expect(let).To(HaveLen(burst + 2))
				g.Expect(slices.Max(let)).To(Equal(2 * test.moment))
				g.Expect(refusals).To(Equal(2))
				g.Expect(took(l)).To(Equal(test.moment), "the next turn is free: those that were refused took none")
				g.Expect(worker.rests).To(BeEmpty())
			})
		})
	}
	t.Run("a pause", func(t *testing.T) {
		limiterTest(t, 0, func(t *testing.T, g *WithT, of func(string) (*Limiter, *bench)) {
			l, _ := of("owner")
			g.Expect(l.Wait(t.Context(), op)).To(Succeed())
			l.Done(op, limited(time.Second))
			_, refused := atOnce(g, l)
			g.Expect(refused).To(BeTrue())
			time.Sleep(time.Second)
			waited, refused := atOnce(g, l)
			g.Expect(waited).To(BeZero())
			g.Expect(refused).To(BeFalse())
		})
	})
}

func TestLimiterEndsWithItsContext(t *testing.T) {
	limiterTest(t, 0, func(t *testing.T, g *WithT, of func(string) (*Limiter, *bench)) {
		l, _ := of("owner")
		g.Expect(l.Wait(t.Context(), op)).To(Succeed())
		l.Done(op, limited(20*time.Second))
		ctx, cancel := context.WithCancel(t.Context())
		go func() { time.Sleep(time.Second); cancel() }()
		g.Expect(l.Wait(ctx, op)).To(MatchError(context.Canceled))
	})
}

// A pause from before the operator counts while it would be remembered, and not for ever.
func TestLimiterInheritsYoungPausesOnly(t *testing.T) {
	t.Parallel()
	l := &Limiter{Clock: clocktesting.NewFakePassiveClock(noon)}
	NewWithT(t).Expect(l.inherited()).To(BeZero())
	for until, want := range map[time.Duration]int{
		webex.LongestWait: inheritedRefusals, time.Second: inheritedRefusals, 0: inheritedRefusals, -memory: inheritedRefusals,
		-memory - time.Second: 0, -720 * time.Hour: 0, 87600 * time.Hour: 0,
	} {
		l.NotBefore = new(metav1.NewTime(noon.Add(until)))
		NewWithT(t).Expect(l.inherited()).To(Equal(want), until.String())
	}
}
