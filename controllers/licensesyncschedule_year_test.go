package controllers

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/schedule"
	"github.com/webex-operator/webex-license-operator/internal/status"
	"github.com/webex-operator/webex-license-operator/test/statuslint"
)

var (
	yearSeed      = flag.Uint64("schedule-year-seed", 0, "seed of the simulated year; 0 for the usual one, or SCHEDULE_YEAR_SEED")
	yearSchedules = flag.Int("schedule-year-schedules", 200, "number of schedules in the simulated year")
)

// usualYearSeed keeps the test the same from one run to the next.
const usualYearSeed = 20280229

// TestScheduleYear plays a year of random schedules: the reconciler as it is, on
// an API server in memory, with crashes, outages, lost answers, old caches and
// clocks that jump. A schedule that fails is played again alone with
// -run 'TestScheduleYear/<name>' and the seed that is printed.
func TestScheduleYear(t *testing.T) {
	seed := *yearSeed
	if text := os.Getenv("SCHEDULE_YEAR_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	if seed == 0 {
		seed = usualYearSeed
	}
	var total yearFigures
	begin := time.Now()
	t.Cleanup(func() {
		t.Logf("seed %d: %d slots of %d schedules, %d runs, %d excused, %d reconciles, %d faults in %v", seed, total.slots.Load(),
			*yearSchedules, total.runs.Load(), total.excused.Load(), total.reconciles.Load(), total.faults.Load(), time.Since(begin).Round(time.Millisecond))
	})
	for i := range *yearSchedules {
		t.Run(fmt.Sprintf("schedule-%03d", i), func(t *testing.T) {
			t.Parallel()
			s := newSimulation(t, rand.New(rand.NewPCG(seed, uint64(i))), yearZones[i%len(yearZones)]) //nolint:gosec // it must repeat itself
			t.Cleanup(func() {
				if t.Failed() {
					for _, line := range s.diary {
						t.Log(line())
					}
					data, _ := json.Marshal(s.server.schedule)
					t.Logf("seed %d, created %s, %s", seed, s.server.schedule.CreationTimestamp.UTC(), data)
				}
			})
			s.play()
			s.total(&total)
		})
	}
}

type yearFigures struct{ slots, runs, excused, reconciles, faults atomic.Int64 }

// simulation is one schedule's year. Time goes on truly in now; the clock that
// the operator and the API server see is off by skew, which changes in steps.
type simulation struct {
	t      *testing.T
	rng    *rand.Rand
	server *memoryServer
	now    time.Time
	skew   time.Duration

	reconciler *LicenseSyncScheduleReconciler
	client     *memoryClient
	events     eventCounter
	up         bool
	timer      time.Time // of the last RequeueAfter or of a retry
	watch      time.Time // of the last event of a watch
	failures   int       // reconciles that failed, one after the other
	before     memoryState
	beforeAt   time.Time // the state when the last reconcile began
	written    bool      // whether a status was written in this one
	created    bool      // whether a run of a slot was created in this one

	diary  []func() string // of late
	script []yearEvent     // what is going to happen, by time
	ends   map[string]time.Time

	oracle
}

type yearEvent struct {
	at time.Time
	do func()
}

var _ interface {
	Now() time.Time
	Since(time.Time) time.Duration
} = &simulation{}

// Now is the time that the operator's clock shows.
func (s *simulation) Now() time.Time { return s.now.Add(s.skew) }

// Since is the time since another by the operator's clock.
func (s *simulation) Since(t time.Time) time.Duration { return s.Now().Sub(t) }

func newSimulation(t *testing.T, rng *rand.Rand, zone string) *simulation {
	s := &simulation{t: t, rng: rng, now: yearStart.Add(s1(rng, 48*time.Hour)), ends: map[string]time.Time{}, events: eventCounter{}}
	object, customers := randomSchedule(rng, zone, s.Now())
	s.server = newMemoryServer(s.Now, object, customers...)
	s.oracle = newOracle(object, customers)
	s.server.created, s.server.canceled, s.server.statusWritten = s.runCreated, s.runCanceled, s.statusWritten
	s.script = s.randomScript()
	return s
}

// s1 is a random duration below a limit, to the millisecond.
func s1(rng *rand.Rand, limit time.Duration) time.Duration {
	return time.Duration(rng.Int64N(int64(limit/time.Millisecond))) * time.Millisecond
}

func (s *simulation) chance(p float64) bool { return s.rng.Float64() < p }

// play goes from event to event until the year is over.
func (s *simulation) play() {
	s.restart()
	for !s.t.Failed() {
		at, do := s.nextEvent()
		if !at.Before(yearEnd) {
			break
		}
		s.now = at
		do()
	}
	s.disarm()
	s.judge()
}

func (s *simulation) nextEvent() (time.Time, func()) {
	at, do := yearEnd, func() {}
	sooner := func(t time.Time, what func()) {
		if !t.IsZero() && t.Before(at) {
			at, do = t, what
		}
	}
	if len(s.script) > 0 {
		sooner(s.script[0].at, func() {
			event := s.script[0]
			s.script = s.script[1:]
			event.do()
		})
	}
	if s.up {
		sooner(s.timer, s.reconcile)
		sooner(s.watch, s.reconcile)
		for _, name := range sortedKeys(s.ends) {
			sooner(s.ends[name], func() { s.runEnds(name) })
		}
	}
	return at, do
}

// note writes into the diary, which is read when a test fails.
func (s *simulation) note(format string, args ...any) {
	now := s.Now()
	s.diary = append(s.diary[max(0, len(s.diary)-200):], func() string { return now.UTC().Format("2006-01-02T15:04:05.000 ") + fmt.Sprintf(format, args...) })
}

func (s *simulation) watchIn(d time.Duration) {
	if at := s.now.Add(d); s.watch.IsZero() || at.Before(s.watch) {
		s.watch = at
	}
}

// restart starts an operator that remembers nothing.
func (s *simulation) restart() {
	s.up, s.timer, s.failures = true, time.Time{}, 0
	s.client = &memoryClient{server: s.server}
	s.reconciler = &LicenseSyncScheduleReconciler{
		Client: s.client, Live: &memoryClient{server: s.server}, Recorder: s.events, Clock: s, ObserveSkew: func(d time.Duration) {
			if d < 0 {
				s.t.Errorf("%s: a run was %v early", s.Now(), -d)
			}
		},
	}
	for _, name := range sortedKeys(s.ends) { // runs begin again
		s.ends[name] = laterOf(s.ends[name], s.now.Add(s1(s.rng, time.Minute)))
	}
	s.watch = s.now
}

// stop ends the operator, which is up again after a while.
func (s *simulation) stop(down time.Duration) {
	s.note("down for %v", down)
	s.disarm()
	s.up = false
	s.timer, s.watch = time.Time{}, time.Time{}
	s.at(s.now.Add(down), s.restart)
}

func (s *simulation) at(at time.Time, do func()) {
	i, _ := slices.BinarySearchFunc(s.script, at, func(e yearEvent, at time.Time) int { return e.at.Compare(at) })
	s.script = slices.Insert(s.script, i, yearEvent{at, do})
}

// reconcile runs the reconciler once, with whatever goes wrong this time.
func (s *simulation) reconcile() {
	if !s.up {
		return
	}
	s.timer, s.watch, s.written, s.created = time.Time{}, time.Time{}, false, false
	s.arm()
	stale := s.chooseView()
	faults, dies := s.chooseFaults()
	s.before, s.beforeAt = s.server.memoryState, s.now
	s.reconciles++
	result, err := s.reconciler.Reconcile(s.t.Context(), ctrl.Request{NamespacedName: client.ObjectKeyFromObject(s.server.schedule)})
	s.note("reconcile: stale %v, %d faults, dies %v, %v, %v", stale, *faults, *dies, result.RequeueAfter, err)
	happened := *faults > 0
	s.faults += *faults
	switch {
	case *dies:
		s.stop(time.Second + s1(s.rng, 40*time.Second))
		return
	case err != nil:
		if !happened && !stale {
			s.t.Errorf("%s: %v, though nothing went wrong", s.Now(), err)
		}
		s.timer = s.now.Add(time.Second << s.failures)
		s.failures++
	default:
		s.failures = 0
		if result.RequeueAfter > 0 {
			s.timer = s.now.Add(result.RequeueAfter + s1(s.rng, 20*time.Millisecond))
		}
	}
	if stale {
		s.watchIn(s1(s.rng, time.Second)) // what was not seen yet will be
	}
	if s.written && s.chance(0.3) {
		s.watchIn(time.Millisecond + s1(s.rng, 50*time.Millisecond))
	}
	if err == nil && !stale && !happened && len(s.reconciler.refusals.askers) == 0 {
		s.check(result.RequeueAfter)
	}
}

// runCreated follows a run that the server has just stored.
func (s *simulation) runCreated(run *v1alpha1.LicenseSync) {
	s.note("%s is created", run.Name)
	s.created = s.created || run.Spec.Trigger == v1alpha1.TriggerSchedule
	s.checkCreated(run)
	length := 10*time.Second + s1(s.rng, 5*time.Minute)
	if s.chance(0.04) {
		length = s1(s.rng, 40*time.Hour)
	}
	begins := s.now
	for name, end := range s.ends { // one run of a customer at a time
		if other := s.server.run(name); other != nil && other.Spec.CustomerAccessRef == run.Spec.CustomerAccessRef {
			begins = laterOf(begins, end)
		}
	}
	s.ends[run.Name] = begins.Add(length)
	s.watchIn(scheduleDebounce)
}

func (s *simulation) runCanceled(run *v1alpha1.LicenseSync) {
	if _, ok := s.ends[run.Name]; ok {
		s.ends[run.Name] = s.now.Add(s1(s.rng, 5*time.Second))
	}
}

func (s *simulation) runEnds(name string) {
	delete(s.ends, name)
	s.finishedAt(name)
	condition := v1alpha1.ConditionComplete
	if s.chance(0.15) || ptr.Deref(s.server.run(name).Spec.Cancel, false) {
		condition = v1alpha1.ConditionFailed
	}
	s.note("%s ends, %s", name, condition)
	s.server.finish(name, condition)
	s.watchIn(scheduleDebounce)
}

func (s *simulation) statusWritten(object *v1alpha1.LicenseSyncSchedule) {
	s.written = true
	s.note("status: last %v, missed %v, activation %v", object.Status.LastScheduleTime, object.Status.LastMissedTime, object.Status.ActivationTime)
	if at := object.Status.ActivationTime; at != nil {
		s.activated(at.Unix())
	}
	if status.Equal(object.Status.Conditions, s.before.schedule.Status.Conditions) {
		return
	}
	written := statuslint.Object{Generation: *object.Status.ObservedGeneration, ObservedGeneration: *object.Status.ObservedGeneration, Conditions: object.Status.Conditions}
	for _, finding := range statuslint.Lint(written) {
		s.t.Errorf("%s: status linter: %s", s.Now(), finding)
	}
}

// setSuspend changes spec.suspend.
func (s *simulation) setSuspend(suspend bool) {
	s.note("suspend %v", suspend)
	if suspend {
		s.disarm()
	}
	s.server.changeSchedule(func(object *v1alpha1.LicenseSyncSchedule) { object.Spec.Suspend = &suspend })
	s.watchIn(s1(s.rng, 100*time.Millisecond))
}

// step puts the clock forward or back. The operator is not told.
func (s *simulation) step(by time.Duration) {
	s.note("the clock steps by %v", by)
	s.disarm()
	s.skew += by
}

func (s *simulation) start(slot int64, customer string) int64 {
	spread := int64(ptr.Deref(s.server.schedule.Spec.SpreadSeconds, 0))
	if next := slotAfter(s.plan, slot); next != 0 {
		spread = min(spread, next-slot)
	}
	return slot + int64(schedule.Offset(s.server.schedule.Namespace+"/"+customer, time.Duration(spread)*time.Second)/time.Second)
}
