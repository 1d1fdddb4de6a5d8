package assignrun

import (
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/assign"
	"github.com/webex-operator/webex-license-operator/internal/backoff"
	"github.com/webex-operator/webex-license-operator/internal/status"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

const (
	// inFlight is how many people are changed at a time: a change takes about a second, and four a second are allowed.
	inFlight = 5
	// equalFailures ends the sending: what fails for so many in a row fails for all.
	equalFailures = 20
	// reservation is how long removals may be sent that were written down; they count as if they were sent at its end.
	reservation = time.Hour
	// removalTime leaves the last removals of a reservation time for their answers.
	removalTime = reservation - 5*time.Minute
)

// callGrace is how long changes are waited for that are under way when an attempt is stopped: what became of one that is
// cut is unknown. One takes a second.
const callGrace = 10 * time.Second

// Sender carries a plan out.
type Sender struct {
	// Write has the write credentials, Read those that people were read with.
	Write, Read *webex.Client
	// Organization is that of the customer, Run the name of the run.
	Organization webex.OrganizationID
	Run          string
	// Sleep waits before another try, Now tells the time.
	Sleep func(ctx context.Context, d time.Duration) error
	Now   func() time.Time
	// Reserve writes the facts of the assignments down before the first removal.
	Reserve func(ctx context.Context) error
	// Current says whether the customer and all assignments are as they were when the plan was made.
	Current func(ctx context.Context) bool
	// Rejected is told that Webex does not know the write token any more.
	Rejected func()
	// Report is told how many of all people are dealt with.
	Report func(done, total int64)
	// Observe is told of each licence that was given or taken, or not: the operation is add or remove, the result
	// Applied or a reason of status.failures.
	Observe func(operation, result string)
}

// ResultApplied is the result of a change that Webex carried out.
const ResultApplied = "Applied"

// sentCounts is what was sent for one assignment.
type sentCounts struct {
	added, removed, failed int64
	// taken is how many people lost a licence, or may have.
	taken    int64
	reserved bool
	failures []v1alpha1.AssignmentFailure
	stopped  *stop
}

func (s *sentCounts) any() bool { return s.added+s.removed+s.failed > 0 || s.stopped != nil }

// stop is why nothing more was sent.
type stop struct{ reason, message string }

// outdated stops a plan that was made by what is no longer so.
var outdated = &stop{v1alpha1.ReasonPlanPending, "the customer or an assignment changed while licences were assigned: another run goes on by what it is now"}

// sending is one Send under way.
type sending struct {
	*Job
	Sender
	removeUntil time.Time

	mu    sync.Mutex // guards what follows, and the counts of the wards
	units assign.Units
	done  int64
	// stopped is set once nothing more is to be sent; parked is the error that the attempt ends with then, if it does.
	stopped *stop
	parked  error
	// last is the latest failure, in a row so many times.
	last  failure
	times int
}

// Send changes in Webex what the plan says, and notes in the facts what came of it. Its error is one that ends the
// attempt; what was sent before is noted nevertheless.
func (j *Job) Send(ctx context.Context, s Sender) error {
	now := s.Now()
	for i := range j.wards {
		if n := j.plan.Outcomes[i].Removing; n > 0 {
			j.wards[i].reserve(n, now)
		}
	}
	if err := s.Reserve(ctx); err != nil {
		for i := range j.wards {
			j.wards[i].unreserve()
		}
		return err // nothing is sent that was not written down
	}
	j.moved = map[[2]int]int64{}
	u := &sending{Job: j, Sender: s, units: j.world.Units(), removeUntil: now.Add(removalTime)}
	total := int64(j.Calls())
	underWay, cancel := backoff.Outlive(ctx, callGrace)
	defer cancel()
	for _, calls := range j.plan.Phases {
		group, within := errgroup.WithContext(ctx)
		group.SetLimit(inFlight)
		for _, call := range calls {
			group.Go(func() error {
				return webex.Recovered(func() error {
					u.one(within, underWay, call)
					u.Report(u.count(), total)
					return nil
				})
			})
		}
		if err := group.Wait(); err != nil {
			u.parked = err
		}
	}
	u.settle()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return u.parked
}

func (u *sending) count() int64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.done++
	return u.done
}

// one changes one person, if that is still to be done. What it has begun by then goes on for a while when ctx ends.
func (u *sending) one(ctx, underWay context.Context, planned assign.Call) {
	if !u.goesOn(ctx) {
		return
	}
	call := u.admit(planned)
	if len(call.Changes) == 0 {
		return
	}
	r := u.deliver(ctx, underWay, call)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.units.Settle(call.Changes, func(c assign.Change) bool {
		return slices.ContainsFunc(r.applied, same(c)) || r.unsure && !c.Remove // which may have taken a unit
	})
	u.note(call, r)
}

// goesOn says whether anything more is to be sent.
func (u *sending) goesOn(ctx context.Context) bool {
	if ctx.Err() != nil {
		return false
	}
	current := u.Current(ctx)
	u.mu.Lock()
	defer u.mu.Unlock()
	if !current && u.stopped == nil {
		u.stopped = outdated
	}
	return u.stopped == nil && u.parked == nil
}

// admit is what of a call may be sent now: as units are free, and removals as long as their reservation lasts.
func (u *sending) admit(planned assign.Call) assign.Call {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.Now().After(u.removeUntil) {
		planned.Changes = slices.DeleteFunc(slices.Clone(planned.Changes), func(c assign.Change) bool { return c.Remove })
	}
	call, _ := u.units.Admit(planned)
	return call
}

func same(c assign.Change) func(assign.Change) bool {
	return func(other assign.Change) bool { return other.License == c.License && other.Remove == c.Remove }
}

// note adds the result of a call to the counts of its assignments, and to what is known of the person.
func (u *sending) note(call assign.Call, r result) {
	person := &u.world.People[call.Person]
	for _, c := range r.applied {
		held := slices.DeleteFunc(slices.Clone(person.Held), func(l int32) bool { return int(l) == c.License })
		if !c.Remove {
			held = append(held, int32(c.License)) //nolint:gosec // an index
		}
		units := int64(1)
		if c.Remove {
			units = -1
		}
		u.moved[[2]int{c.License, u.roster.Location(call.Person)}] += units
		person.Held = held
	}
	for i := range u.wards {
		if slices.ContainsFunc(call.Changes, func(c assign.Change) bool { return slices.Contains(c.For, i) }) {
			u.wards[i].sent.note(i, r)
		}
	}
	if len(r.left) > 0 {
		u.failed++
	} else {
		u.changed++
	}
	for _, c := range r.applied {
		u.Observe(operation(c), ResultApplied)
	}
	for _, c := range r.left {
		u.Observe(operation(c), r.failure.reason)
	}
	u.judge(r)
}

func operation(c assign.Change) string {
	if c.Remove {
		return "remove"
	}
	return "add"
}

// note counts a person.
func (s *sentCounts) note(i int, r result) {
	is := func(remove bool) func(assign.Change) bool {
		return func(c assign.Change) bool { return c.Remove == remove && slices.Contains(c.For, i) }
	}
	if slices.ContainsFunc(r.applied, is(false)) {
		s.added++
	}
	removed := slices.ContainsFunc(r.applied, is(true))
	if removed {
		s.removed++
	}
	if removed || r.unsure && slices.ContainsFunc(r.left, is(true)) {
		s.taken++
	}
	if slices.ContainsFunc(r.left, is(false)) || slices.ContainsFunc(r.left, is(true)) {
		s.failed++
		s.fail(r.failure)
	}
}

// fail counts a failure by reason and code.
func (s *sentCounts) fail(f failure) {
	for n := range s.failures {
		known := &s.failures[n]
		if known.Reason == f.reason && ptr.Deref(known.Code, 0) == f.code {
			*known.People++
			return
		}
	}
	if len(s.failures) < maxFailures {
		s.failures = append(s.failures, v1alpha1.AssignmentFailure{
			Reason: f.reason, Code: orNil(f.code), People: new(int64(1)), TrackingID: status.Clip(f.trackingID, 256),
		})
	}
}

// judge ends the sending after a failure that all others would share.
func (u *sending) judge(r result) {
	switch {
	case len(r.left) == 0:
		u.last, u.times = failure{}, 0
		return
	case r.failure.reason == u.last.reason && r.failure.code == u.last.code:
		u.times++
	default:
		u.last, u.times = r.failure, 1
	}
	switch {
	case u.stopped != nil:
	case r.ends != nil:
		u.stopped = r.ends
	case r.waits != nil:
		u.parked = r.waits
	case u.times >= equalFailures:
		u.stopped = &stop{v1alpha1.ReasonTooManyFailures, "20 changes in a row failed for the same reason, which status.failures has: nothing more was sent, the next run tries again"}
	}
}

// reserve writes down that people are about to lose licences.
func (w *ward) reserve(people int64, now time.Time) {
	batches := current(w.facts.Removals, now)
	if len(batches) >= maxBatches {
		slices.SortFunc(batches, func(a, b v1alpha1.RemovalBatch) int { return a.Time.Compare(b.Time.Time) })
		*batches[1].People += ptr.Deref(batches[0].People, 0) // which count for longer so
		batches = batches[1:]
	}
	w.facts.Removals = append(batches, v1alpha1.RemovalBatch{Time: status.WholeSecond(now.Add(reservation)), People: &people})
	w.sent.reserved = true
}

// unreserve takes back what reserve wrote down, since nothing is sent.
func (w *ward) unreserve() {
	if w.sent.reserved {
		w.facts.Removals = w.facts.Removals[:len(w.facts.Removals)-1]
		w.sent.reserved = false
	}
}

// settle makes of reservations what was done, and of counts facts.
func (u *sending) settle() {
	end := u.Now()
	for i := range u.wards {
		w := &u.wards[i]
		if w.sent.reserved {
			last := len(w.facts.Removals) - 1
			w.facts.Removals[last] = v1alpha1.RemovalBatch{Time: status.WholeSecond(end), People: &w.sent.taken}
			if w.sent.taken == 0 {
				w.facts.Removals = w.facts.Removals[:last]
			}
		}
		if u.stopped != nil && u.concerns(i) {
			w.sent.stopped = u.stopped
		}
		if w.sent.any() {
			w.facts.LastRun = &v1alpha1.AssignmentRun{Name: u.Run, Time: new(metav1.NewTime(end)), Added: &w.sent.added, Removed: &w.sent.removed, Failed: &w.sent.failed}
			w.facts.Failures = w.sent.failures
		}
	}
}

// concerns says whether the plan has anything to send for an assignment.
func (u *sending) concerns(i int) bool {
	for _, calls := range u.plan.Phases {
		for _, call := range calls {
			if slices.ContainsFunc(call.Changes, func(c assign.Change) bool { return slices.Contains(c.For, i) }) {
				return true
			}
		}
	}
	return false
}
