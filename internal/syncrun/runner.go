package syncrun

import (
	"context"
	"errors"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/failures"
)

// Causes of a stopped attempt.
var (
	// ErrCanceled stops an attempt whose run was cancelled, deleted or out of time.
	ErrCanceled = errors.New("the run was stopped")
	// ErrShutdown stops attempts when the operator ends; they start again with it.
	ErrShutdown = errors.New("the operator is shutting down")
	// ErrNotServed ends an attempt before its first request: another manager serves the customer.
	ErrNotServed = errors.New("another manager serves the customer")
)

// progressInterval spaces the reports of one attempt, since each becomes a
// write of the run's status.
const progressInterval = 5 * time.Second

// Runner carries out attempts in the background, a bounded number at a time.
// What happens to them comes back as events: the reconciler looks up the state
// when one arrives. It is a manager.Runnable, and runs on the leader only.
type Runner struct {
	clock  clock.PassiveClock
	events chan event.GenericEvent

	mu     sync.Mutex
	base   context.Context //nolint:containedctx // the manager's context, since attempts outlive a reconcile
	jobs   map[types.NamespacedName]*job
	active map[types.NamespacedName]bool // customers with an attempt that has not ended
	closed map[types.NamespacedName]bool // customers for whom no attempt begins
	begun  int                           // attempts so far, which makes their order
	places places
	work   sync.WaitGroup
}

// job is one attempt, from Begin until its outcome is forgotten.
type job struct {
	run        *v1alpha1.LicenseSync
	customer   types.NamespacedName
	cancel     context.CancelCauseFunc
	reportedAt time.Time
	seat       seat
	Snapshot
}

// Snapshot is the state of an attempt.
type Snapshot struct {
	// StartedAt is when the attempt got its place; zero while it waits for one.
	StartedAt time.Time
	// RestsUntil is the end of a longer pause that Webex asked for; zero outside of one.
	RestsUntil time.Time
	// Progress is what was last published; empty in the first seconds.
	Progress Progress
	// Outcome is set once the attempt ended.
	Outcome *Outcome
}

// Attempt is the work of one attempt.
type Attempt func(ctx context.Context, at Place) Outcome

// Place is what an attempt is carried out at.
type Place interface {
	// Report publishes progress. It does not block on the reader.
	Report(p Progress)
	// Rest gives the place to others while wait goes on, and returns when wait has
	// and there is a place again, or when ctx ends. An attempt with several
	// requests under way is without its place as soon as one of them rests.
	Rest(ctx context.Context, rest Rest, wait func() error) error
	// Room says whether there is memory for one more attempt to rest. Without it,
	// Rest keeps the place, which only suits short waits.
	Room() bool
}

// Rest says what an attempt waits for.
type Rest struct {
	// Shared says that others of the same group would wait for the same. None of
	// them is begun in the place of one that rests so.
	Shared bool
	// Until is shown while the rest lasts, if set.
	Until time.Time
}

// NewRunner returns a runner for so many attempts at a time.
func NewRunner(places int, clock clock.PassiveClock) *Runner {
	return &Runner{
		clock: clock,
		// The reader is a controller's source, which drains it at once.
		events: make(chan event.GenericEvent, 1024),
		places: newPlaces(places),
		jobs:   map[types.NamespacedName]*job{},
		active: map[types.NamespacedName]bool{},
		closed: map[types.NamespacedName]bool{},
	}
}

// Events delivers the runs whose attempts have news.
func (r *Runner) Events() <-chan event.GenericEvent { return r.events }

// Start lets attempts begin, and when ctx ends stops them and waits for them.
func (r *Runner) Start(ctx context.Context) error {
	base, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	r.mu.Lock()
	r.base = base
	r.mu.Unlock()
	<-ctx.Done()
	r.mu.Lock()
	cancel(ErrShutdown) // under the lock, so that no attempt begins behind the wait
	r.mu.Unlock()
	r.work.Wait()
	return nil
}

// Begin starts an attempt for a run unless it has one. Groups share the places
// evenly: a group is those who share a request budget. It returns false if another
// run of the same customer is at work or the customer is closed, or the runner is not started.
func (r *Runner) Begin(run *v1alpha1.LicenseSync, group string, attempt Attempt) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	name := client.ObjectKeyFromObject(run)
	if j, ok := r.jobs[name]; ok && j.run.UID == run.UID {
		return true
	}
	customer := types.NamespacedName{Namespace: run.Namespace, Name: run.Spec.CustomerAccessRef.Name}
	if r.active[customer] || r.closed[customer] || r.base == nil || r.base.Err() != nil {
		return false
	}
	ctx, cancel := context.WithCancelCause(r.base)
	r.begun++
	j := &job{run: run.DeepCopy(), customer: customer, cancel: cancel, seat: seat{group: group, order: r.begun}}
	r.jobs[name], r.active[customer] = j, true
	r.places.queue(&j.seat)
	r.work.Go(func() {
		defer cancel(nil)
		r.carryOut(ctx, j, attempt)
	})
	return true
}

func (r *Runner) carryOut(ctx context.Context, j *job, attempt Attempt) {
	outcome := Outcome{}
	if err := r.enter(ctx, j); err == nil {
		r.change(j, func() bool { j.StartedAt, j.reportedAt = r.clock.Now(), r.clock.Now(); return true })
		outcome = survived(ctx, func() Outcome { return attempt(ctx, placeOf{r, j}) })
	} else {
		outcome.Failure = failures.Of(ctx, err)
	}
	r.change(j, func() bool {
		j.Outcome = &outcome
		delete(r.active, j.customer)
		r.places.leave(&j.seat)
		return true
	})
}

// survived makes a panic outside of an attempt's steps the failure of this one run.
func survived(ctx context.Context, attempt func() Outcome) (outcome Outcome) {
	err := carefully(ctx, func(context.Context) error { outcome = attempt(); return nil })
	if err != nil {
		outcome.Failure = failures.Of(ctx, err)
	}
	return outcome
}

// enter waits for a place.
func (r *Runner) enter(ctx context.Context, j *job) error {
	r.mu.Lock()
	turn := r.places.queue(&j.seat)
	r.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		return ctx.Err() // it leaves the queue, or the place that it got meanwhile, at its end
	}
}

// placeOf is the place of a job.
type placeOf struct {
	*Runner
	job *job
}

// Report publishes a report if the last one is old enough.
func (p placeOf) Report(progress Progress) {
	p.change(p.job, func() bool {
		now := p.clock.Now()
		if now.Sub(p.job.reportedAt) < progressInterval {
			return false
		}
		p.job.Progress, p.job.reportedAt = progress, now
		return true
	})
}

// Rest waits without the place.
func (p placeOf) Rest(ctx context.Context, rest Rest, wait func() error) error {
	j := p.job
	p.change(j, func() bool {
		p.places.rest(&j.seat, rest.Shared)
		news := rest.Until.After(j.RestsUntil)
		if news {
			j.RestsUntil = rest.Until
		}
		return news
	})
	err := wait()
	if err == nil {
		err = p.enter(ctx, j)
	}
	p.change(j, func() bool {
		news := !rest.Until.IsZero() && !j.RestsUntil.After(rest.Until)
		if news {
			j.RestsUntil = time.Time{}
		}
		return news
	})
	return err
}

// Room says whether one more attempt may rest.
func (p placeOf) Room() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.places.room()
}

// change alters a job and, if that is news, tells the reconciler.
func (r *Runner) change(j *job, alter func() bool) {
	r.mu.Lock()
	news, stopped := alter(), r.base.Done()
	r.mu.Unlock()
	if !news {
		return
	}
	select {
	case r.events <- event.GenericEvent{Object: j.run}:
	case <-stopped: // nobody listens any more
	}
}

// Look returns the state of a run's attempt; false if it has none.
func (r *Runner) Look(run *v1alpha1.LicenseSync) (Snapshot, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	j, ok := r.jobs[client.ObjectKeyFromObject(run)]
	if !ok || j.run.UID != run.UID {
		return Snapshot{}, false
	}
	return j.Snapshot, true
}

// Stop ends the attempt of the run with this name, if it has one, for a cause, and
// says whether it is still ending; its end comes as an event.
func (r *Runner) Stop(name types.NamespacedName, cause error) (ending bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	j, ok := r.jobs[name]
	if !ok {
		return false
	}
	if j.Outcome != nil {
		delete(r.jobs, name)
		return false
	}
	j.cancel(cause)
	return true
}

// Close lets no attempt of a customer begin any more, unless there is one whose outcome
// was not written down yet; it says whether it did.
func (r *Runner) Close(customer types.NamespacedName) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, j := range r.jobs {
		if j.customer == customer {
			return false
		}
	}
	r.closed[customer] = true
	return true
}

// Open lets attempts of a customer begin again.
func (r *Runner) Open(customer types.NamespacedName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.closed, customer)
}

// Forget drops the outcome of a run's attempt once it is written down.
func (r *Runner) Forget(name types.NamespacedName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if j, ok := r.jobs[name]; ok && j.Outcome != nil {
		delete(r.jobs, name)
	}
}
