// Package runner carries out attempts as bounded work: a number of workers, fairness among
// those who share a request budget, progress, and rests without a worker.
package runner

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
	"github.com/webex-operator/webex-license-operator/internal/budget"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// Causes of a stopped attempt.
var (
	// ErrCanceled stops an attempt whose run was cancelled, deleted or out of time.
	ErrCanceled = errors.New("the run was stopped")
	// ErrShutdown stops attempts when the operator ends; they start again with it.
	ErrShutdown = errors.New("the operator is shutting down")
)

// progressInterval spaces the reports of one attempt, since each becomes a
// write of the run's status.
const progressInterval = 5 * time.Second

// Runner carries out attempts in the background, a bounded number at a time.
// What happens to them comes back as events: the reconciler looks up the state
// when one arrives. It is a manager.Runnable, and runs on the leader only. P is the progress
// of an attempt, O its outcome.
type Runner[P, O any] struct {
	clock  clock.PassiveClock
	failed func(ctx context.Context, err error) O
	events chan event.GenericEvent

	mu      sync.Mutex
	base    context.Context //nolint:containedctx // the manager's context, since attempts outlive a reconcile
	jobs    map[types.NamespacedName]*job[P, O]
	active  map[types.NamespacedName]bool // customers with an attempt that has not ended
	closed  map[types.NamespacedName]bool // customers for whom no attempt begins
	begun   int                           // attempts so far, which makes their order
	workers workers
	work    sync.WaitGroup
}

// job is one attempt, from Begin until its outcome is forgotten.
type job[P, O any] struct {
	run        *v1alpha1.LicenseSync
	customer   types.NamespacedName
	cancel     context.CancelCauseFunc
	reportedAt time.Time
	ticket     ticket
	Snapshot[P, O]
}

// Snapshot is the state of an attempt.
type Snapshot[P, O any] struct {
	// StartedAt is when the attempt got its worker; zero while it waits for one.
	StartedAt time.Time
	// RestsUntil is the end of a longer pause that Webex asked for; zero outside of one.
	RestsUntil time.Time
	// Progress is what was last published; empty in the first seconds.
	Progress P
	// Outcome is set once the attempt ended.
	Outcome *O
}

// Attempt is the work of one attempt.
type Attempt[P, O any] func(ctx context.Context, by Worker[P]) O

// Worker carries an attempt out.
type Worker[P any] interface {
	budget.Worker
	// Report publishes progress. It does not block on the reader.
	Report(progress P)
}

// New returns a runner for so many attempts at a time. What failed makes an outcome of the
// error of an attempt that could not begin, or that panicked.
func New[P, O any](workers int, clock clock.PassiveClock, failed func(ctx context.Context, err error) O) *Runner[P, O] {
	return &Runner[P, O]{
		clock: clock,
		// The reader is a controller's source, which drains it at once.
		events:  make(chan event.GenericEvent, 1024),
		workers: newWorkers(workers),
		failed:  failed,
		jobs:    map[types.NamespacedName]*job[P, O]{},
		active:  map[types.NamespacedName]bool{},
		closed:  map[types.NamespacedName]bool{},
	}
}

// Events delivers the runs whose attempts have news.
func (r *Runner[P, O]) Events() <-chan event.GenericEvent { return r.events }

// Start lets attempts begin, and when ctx ends stops them and waits for them.
func (r *Runner[P, O]) Start(ctx context.Context) error {
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

// Begin starts an attempt for a run unless it has one. Groups share the workers
// evenly: a group is those who share a request budget. It returns false if another
// run of the same customer is at work or the customer is closed, or the runner is not started.
func (r *Runner[P, O]) Begin(run *v1alpha1.LicenseSync, group string, attempt Attempt[P, O]) bool {
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
	j := &job[P, O]{run: run.DeepCopy(), customer: customer, cancel: cancel, ticket: ticket{group: group, order: r.begun}}
	r.jobs[name], r.active[customer] = j, true
	r.workers.queue(&j.ticket)
	r.work.Go(func() {
		defer cancel(nil)
		r.carryOut(ctx, j, attempt)
	})
	return true
}

func (r *Runner[P, O]) carryOut(ctx context.Context, j *job[P, O], attempt Attempt[P, O]) {
	var outcome O
	err := r.enter(ctx, j)
	if err == nil {
		r.change(j, func() bool { j.StartedAt, j.reportedAt = r.clock.Now(), r.clock.Now(); return true })
		err = webex.Recovered(func() error { outcome = attempt(ctx, worker[P, O]{r, j}); return nil })
	}
	if err != nil {
		outcome = r.failed(ctx, err)
	}
	r.change(j, func() bool {
		j.Outcome = &outcome
		delete(r.active, j.customer)
		r.workers.leave(&j.ticket)
		return true
	})
}

// enter waits for a worker.
func (r *Runner[P, O]) enter(ctx context.Context, j *job[P, O]) error {
	r.mu.Lock()
	turn := r.workers.queue(&j.ticket)
	r.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		return ctx.Err() // it leaves the queue, or the worker that it got meanwhile, at its end
	}
}

// worker is the worker of a job.
type worker[P, O any] struct {
	*Runner[P, O]
	job *job[P, O]
}

// Report publishes a report if the last one is old enough.
func (p worker[P, O]) Report(progress P) {
	p.change(p.job, func() bool {
		now := p.clock.Now()
		if now.Sub(p.job.reportedAt) < progressInterval {
			return false
		}
		p.job.Progress, p.job.reportedAt = progress, now
		return true
	})
}

// Rest waits without the worker.
func (p worker[P, O]) Rest(ctx context.Context, rest budget.Rest, wait func() error) error {
	j := p.job
	p.change(j, func() bool {
		p.workers.rest(&j.ticket, rest.Shared)
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
func (p worker[P, O]) Room() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.workers.room()
}

// change alters a job and, if that is news, tells the reconciler.
func (r *Runner[P, O]) change(j *job[P, O], alter func() bool) {
	r.mu.Lock()
	news, stopped := alter(), r.base.Done()
	r.mu.Unlock()
	if !news {
		return
	}
	select {
	case r.events <- event.GenericEvent{Object: j.run}:
	case <-stopped: // the reader is gone
	}
}

// Look returns the state of a run's attempt; false if it has none.
func (r *Runner[P, O]) Look(run *v1alpha1.LicenseSync) (Snapshot[P, O], bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	j, ok := r.jobs[client.ObjectKeyFromObject(run)]
	if !ok || j.run.UID != run.UID {
		return Snapshot[P, O]{}, false
	}
	return j.Snapshot, true
}

// Stop ends the attempt of the run with this name, if it has one, for a cause, and
// says whether it is still ending; its end comes as an event.
func (r *Runner[P, O]) Stop(name types.NamespacedName, cause error) (ending bool) {
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
func (r *Runner[P, O]) Close(customer types.NamespacedName) bool {
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
func (r *Runner[P, O]) Open(customer types.NamespacedName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.closed, customer)
}

// Forget drops the outcome of a run's attempt once it is written down.
func (r *Runner[P, O]) Forget(name types.NamespacedName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if j, ok := r.jobs[name]; ok && j.Outcome != nil {
		delete(r.jobs, name)
	}
}
