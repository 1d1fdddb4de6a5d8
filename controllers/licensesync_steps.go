package controllers

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/internal/runner"
	"github.com/webex-operator/webex-license-operator/internal/skew"
	"github.com/webex-operator/webex-license-operator/internal/status"
	"github.com/webex-operator/webex-license-operator/internal/syncrun"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

const (
	// defaultActiveDeadline: a walk of a million people at 240 requests a minute
	// takes 1,000,000/100/240 = 42 min; the rest is room for waits and retries.
	defaultActiveDeadline = 6 * time.Hour
	// defaultBackoffLimit is that of a Job.
	defaultBackoffLimit = 6
	// customerGrace lets a run be applied together with, but before, its customer.
	customerGrace = time.Minute
	// workerGrace keeps a short wait for a free worker from being written down, quietWorker a
	// longer one of a run that the operator itself created: of a thousand that are due at
	// once the last waits for a minute.
	workerGrace = 2 * time.Second
	quietWorker = time.Minute
	// quietStart is how long a run may be at work before that is written down, if the
	// operator itself created it. Most runs of small organizations have ended by then.
	// A person who created a run looks at it right away, and a status without conditions
	// would tell kstatus that nothing is left to do.
	quietStart = 2 * time.Second
)

// read ends a run whose spec holds what cannot be read.
func (r *LicenseSyncReconciler) read(ctx context.Context, s *runScope) (bool, error) {
	fault := unreadableSpec(ctx, s.run.Unreadable)
	if fault == nil {
		return true, nil
	}
	if r.stop(s) {
		return false, nil
	}
	s.fail(fault.Reason, fault.Message+": as no spec of a run can be changed, delete the run and create another one")
	return false, nil
}

// believe takes times out of an unfinished run's status that cannot be: the run goes on as if it had just been taken up. Those
// of its customer, the customer's status names.
func (r *LicenseSyncReconciler) believe(ctx context.Context, s *runScope) (bool, error) {
	if finished(s.run) {
		return true, nil
	}
	for _, t := range []struct {
		field string
		at    **metav1.Time
		most  time.Duration
	}{{"status.startTime", &s.status.StartTime, 0}, {"status.nextAttemptTime", &s.status.NextAttemptTime, webex.LongestWait}} {
		if *t.at != nil && skew.Believed(*t.at, s.now, t.most) == nil {
			ctrl.LoggerFrom(ctx).Info("did not believe a stored time", "field", t.field, "time", *t.at)
			*t.at = nil
		}
	}
	return true, nil
}

// cancel ends the run if spec.cancel is set.
func (r *LicenseSyncReconciler) cancel(_ context.Context, s *runScope) (bool, error) {
	if !ptr.Deref(s.run.Spec.Cancel, false) || r.succeeded(s.run) {
		return true, nil
	}
	if r.stop(s) {
		return false, nil // its end comes as an event
	}
	s.fail(v1alpha1.ReasonCanceled, "the run was canceled by spec.cancel: rows that it had not written keep their figures")
	return false, nil
}

// deadline ends the run if it took too long.
func (r *LicenseSyncReconciler) deadline(_ context.Context, s *runScope) (bool, error) {
	if s.status.StartTime == nil {
		return true, nil
	}
	limit := defaultActiveDeadline
	if seconds := s.run.Spec.ActiveDeadlineSeconds; seconds > 0 {
		limit = time.Duration(seconds) * time.Second
	}
	left := s.status.StartTime.Add(limit).Sub(s.now)
	if left > 0 {
		s.lookAgain(left)
		return true, nil
	}
	if r.succeeded(s.run) {
		return true, nil
	}
	if r.stop(s) {
		return false, nil
	}
	s.fail(v1alpha1.ReasonDeadlineExceeded, "the run took longer than spec.activeDeadlineSeconds: create another run, with a higher limit if Webex is slow")
	return false, nil
}

// succeeded says whether the attempt reached its end before it could be stopped.
func (r *LicenseSyncReconciler) succeeded(run *v1alpha1.LicenseSync) bool {
	snapshot, ok := r.Runner.Look(run)
	return ok && snapshot.Outcome != nil && snapshot.Outcome.Failure == nil
}

// stop ends the attempt of the run, if it has one, and says whether it is still
// ending. What a stopped attempt cost is added up like that of any other.
func (r *LicenseSyncReconciler) stop(s *runScope) (ending bool) {
	if snapshot, ok := r.Runner.Look(s.run); ok && snapshot.Outcome != nil {
		s.start(snapshot.StartedAt)
		s.account(snapshot.Outcome)
	}
	return r.Runner.Stop(client.ObjectKeyFromObject(s.run), runner.ErrCanceled)
}

// collect writes down an attempt that ended.
func (r *LicenseSyncReconciler) collect(_ context.Context, s *runScope) (bool, error) {
	snapshot, ok := r.Runner.Look(s.run)
	if !ok || snapshot.Outcome == nil {
		return true, nil
	}
	outcome := snapshot.Outcome
	s.collected = true
	s.start(snapshot.StartedAt)
	s.account(outcome)
	s.status.Walk = outcome.Walk
	failure := outcome.Failure
	switch {
	case failure == nil:
		s.succeed(outcome)
	case failure.Reason == v1alpha1.ReasonCanceled:
		// Stopped from outside, and not by this run: it begins again.
		s.collected, s.stopped = false, true
		r.Runner.Forget(client.ObjectKeyFromObject(s.run))
		return true, nil
	case failure.Class == webex.ClassRateLimited:
		s.retry(failure, failure.RetryAfter)
	case !failure.Retriable() || *s.status.FailedAttempts > ptr.Deref(s.run.Spec.BackoffLimit, defaultBackoffLimit):
		s.fail(failure.Reason, failure.Message)
		s.trackingID(failure)
	default:
		s.retry(failure, max(r.Backoff(string(s.run.UID), *s.status.FailedAttempts), failure.RetryAfter))
	}
	return false, nil
}

// leave ends the attempt of a customer that goes to another manager, which begins it anew. The
// run stays as it is.
func (r *LicenseSyncReconciler) leave(_ context.Context, s *runScope) (bool, error) {
	if !s.leaving {
		return true, nil
	}
	r.Runner.Stop(client.ObjectKeyFromObject(s.run), syncrun.ErrNotServed)
	return false, nil
}

// customerOf finds the customer. A run may be applied shortly before it.
func (r *LicenseSyncReconciler) customerOf(ctx context.Context, s *runScope) (bool, error) {
	customer := &v1alpha1.WebexCustomerAccess{}
	err := r.Get(ctx, client.ObjectKey{Namespace: s.run.Namespace, Name: s.run.Spec.CustomerAccessRef.Name}, customer)
	if err == nil && customer.DeletionTimestamp.IsZero() {
		s.customer = customer
		return r.readCustomer(ctx, s)
	}
	if client.IgnoreNotFound(err) != nil {
		return false, err
	}
	if r.stop(s) {
		return false, nil
	}
	if created := s.run.CreationTimestamp.Time; skew.Young(created, s.now, customerGrace) && s.status.StartTime == nil {
		s.wait(v1alpha1.ReasonCustomerNotFound, "the WebexCustomerAccess of spec.customerAccessRef does not exist yet")
		s.lookAgain(min(created.Add(customerGrace).Sub(s.now), customerGrace))
		return false, nil
	}
	s.fail(v1alpha1.ReasonCustomerNotFound, "the WebexCustomerAccess of spec.customerAccessRef does not exist in this namespace: create it, then another LicenseSync")
	return false, nil
}

// readCustomer ends a run of a customer whose spec holds what cannot be read.
func (r *LicenseSyncReconciler) readCustomer(ctx context.Context, s *runScope) (bool, error) {
	fault := unreadableSpec(ctx, s.customer.Unreadable)
	if fault == nil {
		return true, nil
	}
	if r.stop(s) {
		return false, nil
	}
	s.fail(fault.Reason, "of the customer, "+fault.Message)
	return false, nil
}

// queue lets the oldest run of the customer go first. One whose attempt has begun did.
func (r *LicenseSyncReconciler) queue(ctx context.Context, s *runScope) (bool, error) {
	if _, begun := r.Runner.Look(s.run); begun {
		return true, nil
	}
	runs, err := runsOf(ctx, r, s.run.Namespace, s.run.Spec.CustomerAccessRef.Name)
	if err != nil {
		return false, err
	}
	for i := range runs {
		other := &runs[i]
		if other.UID != s.run.UID && !finished(other) && other.DeletionTimestamp.IsZero() && goesFirst(other, s.run) {
			s.queued("another run of this customer goes first")
			return false, nil // its end wakes this run
		}
	}
	return true, nil
}

func goesFirst(a, b *v1alpha1.LicenseSync) bool {
	if started := a.Status.StartTime != nil; started != (b.Status.StartTime != nil) {
		return started
	}
	if !a.CreationTimestamp.Equal(&b.CreationTimestamp) {
		return a.CreationTimestamp.Before(&b.CreationTimestamp)
	}
	return a.Name < b.Name
}

// gates hold a run back: its customer is suspended, Webex asked to wait, or the
// last attempt failed a moment ago. A run whose attempt has begun is past them.
func (r *LicenseSyncReconciler) gates(ctx context.Context, s *runScope) (bool, error) {
	if _, begun := r.Runner.Look(s.run); begun {
		return true, nil
	}
	if ptr.Deref(s.customer.Spec.Suspend, false) {
		s.wait(v1alpha1.ReasonSuspended, "the customer is suspended: the run begins once spec.suspend of the customer is false")
		return false, nil
	}
	until, err := access.NotBefore(ctx, r, s.customer.Namespace, s.customer.Spec.CredentialsSecretRef.Name, s.now)
	if err != nil {
		return false, err
	}
	if s.now.Before(until) {
		s.wait(v1alpha1.ReasonRateLimited, rateLimitedMessage)
		s.lookAgain(until.Sub(s.now))
		return false, nil
	}
	if due := s.status.NextAttemptTime; due != nil && s.now.Before(due.Time) {
		s.keepVerdict()
		s.lookAgain(due.Sub(s.now))
		return false, nil
	}
	return true, nil
}

const rateLimitedMessage = "Webex asked to wait before the next request: the run goes on by itself afterwards"

// attempt begins an attempt, or shows how far it is.
func (r *LicenseSyncReconciler) attempt(_ context.Context, s *runScope) (bool, error) {
	run := s.run
	if !r.interruptions(s) {
		return false, nil
	}
	// Customers of one Secret share a request budget.
	group := run.Namespace + "/" + s.customer.Spec.CredentialsSecretRef.Name
	if !r.Runner.Begin(run, group, func(ctx context.Context, worker runner.Worker[syncrun.Progress]) syncrun.Outcome {
		logger := ctrl.Log.WithName("run").WithValues("run", client.ObjectKeyFromObject(run), "customer", run.Spec.CustomerAccessRef.Name)
		ctx = ctrl.LoggerInto(ctx, logger)
		defer r.putOff(ctx, run)
		return r.Engine.Run(ctx, run, worker)
	}) {
		s.queued("another run of this customer goes first")
		s.lookAgain(workerGrace)
		return false, nil
	}
	snapshot, _ := r.Runner.Look(run)
	switch {
	case snapshot.Outcome != nil:
		// It ended in this very moment; the event is on its way.
		s.keepVerdict()
	case !snapshot.StartedAt.IsZero():
		s.start(snapshot.StartedAt)
		s.progress(snapshot.Progress)
		s.status.NextAttemptTime = nil
		if left := snapshot.StartedAt.Add(quietStart).Sub(s.now); left > 0 && unsaid(run) {
			s.keepVerdict()
			s.lookAgain(left)
			break
		}
		if until := snapshot.RestsUntil; !until.IsZero() {
			s.status.NextAttemptTime = status.WholeSecond(until)
			s.wait(v1alpha1.ReasonRateLimited, rateLimitedMessage)
			break
		}
		s.wait(v1alpha1.ReasonRunning, "the run reads the organization and writes its licence rows")
	default:
		s.queued("the run waits for its turn: the operator's --max-concurrent-syncs are in use, or as many runs with the same credentials wait for Webex")
	}
	return false, nil
}

// unsaid says whether a run was created by the operator, and has no status so far.
func unsaid(run *v1alpha1.LicenseSync) bool {
	return metav1.GetControllerOfNoCopy(run) != nil && len(run.Status.Conditions) == 0
}

// queued is for a run that waits its turn. A new one may wait a moment unsaid.
func (s *runScope) queued(message string) {
	grace := workerGrace
	if unsaid(s.run) {
		grace = quietWorker
	}
	if skew.Young(s.run.CreationTimestamp.Time, s.now, grace) && len(s.run.Status.Conditions) == 0 {
		s.lookAgain(grace)
		return
	}
	s.wait(v1alpha1.ReasonQueued, message)
}

// start notes when the first attempt began.
func (s *runScope) start(at time.Time) {
	if s.status.StartTime == nil && !at.IsZero() {
		s.status.StartTime = new(metav1.NewTime(at))
	}
}

func (s *runScope) lookAgain(after time.Duration) {
	if s.after == 0 || after < s.after {
		s.after = max(after, time.Millisecond)
	}
}
