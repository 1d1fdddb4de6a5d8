package controllers

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/runner"
	"github.com/webex-operator/webex-license-operator/internal/skew"
	"github.com/webex-operator/webex-license-operator/internal/syncrun"
)

// +kubebuilder:rbac:groups=licensing.webex-operator.io,resources=licensesyncs,verbs=get;list;watch;create;delete
// +kubebuilder:rbac:groups=licensing.webex-operator.io,resources=licensesyncs/status,verbs=patch
// +kubebuilder:rbac:groups=licensing.webex-operator.io,resources=webexlicenses,verbs=list;watch;create;patch;delete
// +kubebuilder:rbac:groups=licensing.webex-operator.io,resources=webexlicenses/status,verbs=patch
// +kubebuilder:rbac:groups="",resources=configmaps,verbs=get
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;create;patch
// +kubebuilder:rbac:groups=licensing.webex-operator.io,resources=webexpartners,verbs=list;watch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create

// LicenseSyncReconciler carries a run from its creation to its end: it lets at
// most one run of a customer be at work, attempts it in the background, and
// writes down how it went.
type LicenseSyncReconciler struct {
	client.Client
	// Live reads past the cache: a stale status would start a finished run again.
	Live client.Reader
	// Claims says which runs are this manager's.
	Claims *Claims
	// Engine makes the attempts, Runner carries them out.
	Engine *syncrun.Engine
	Runner *Runner
	// Recorder writes events.
	Recorder events.EventRecorder
	// Clock tells the time.
	Clock clock.PassiveClock
	// Backoff is the wait after a number of failed attempts; default Backoff.
	Backoff func(uid string, failed int32) time.Duration
	// Concurrency is the number of reconciles at a time; attempts do not count.
	Concurrency int
	// Rushing says whether schedules are creating many runs: those that have not begun give way
	// to them. Nil stands for never.
	Rushing func() bool

	written ownWrites
}

// runScope is what the steps of one reconcile share.
type runScope struct {
	run      *v1alpha1.LicenseSync
	customer *v1alpha1.WebexCustomerAccess // nil if it does not exist
	// leaving is true if the customer is about to go to another manager.
	leaving bool
	now     time.Time
	// status is the desired status, verdict its conditions to be.
	status  v1alpha1.LicenseSyncStatus
	verdict *runVerdict
	// collected is set once the outcome of an attempt is in status.
	collected bool
	// uneventful is set if the run completed and changed nothing.
	uneventful bool
	// stopped is set if an attempt ended for a cause outside of it.
	stopped bool
	// after is when to look again; 0 for never.
	after time.Duration
}

// runStep does one thing about a run and says whether the next step follows.
type runStep func(ctx context.Context, s *runScope) (proceed bool, err error)

// Reconcile carries the run one step further.
func (r *LicenseSyncReconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	run, claim, after, err := r.get(ctx, request.NamespacedName)
	if err != nil || run == nil {
		return ctrl.Result{RequeueAfter: after}, err
	}
	if mended, err := mendStatus(ctx, r, run, run.Unreadable, syncrun.FieldManager, r.Clock.Now()); err != nil || mended {
		return ended(err) // the event about what was written asks again
	}
	s := &runScope{run: run, leaving: claim.leaving, now: r.Clock.Now(), status: *run.Status.DeepCopy()}
	steps := []runStep{
		r.believe,    // no time decides that cannot be
		r.expire,     // a finished run waits for the end of its life
		r.read,       // of a run that cannot be read, nothing is known
		r.cancel,     // spec.cancel goes before everything else
		r.deadline,   // so does running out of time
		r.collect,    // an attempt that ended is written down
		r.leave,      // nothing begins for a customer that goes to another manager
		r.customerOf, // from here on the customer matters
		r.queue,      // one run of a customer at a time
		r.gates,      // suspended, rate-limited, backing off
		r.attempt,    // begin, or show the progress
	}
	for _, step := range steps {
		proceed, err := step(ctx, s)
		if err != nil {
			return ctrl.Result{}, err
		}
		if !proceed {
			break
		}
	}
	if err := r.write(ctx, s); err != nil {
		return ended(err)
	}
	return ctrl.Result{RequeueAfter: s.after}, nil
}

// get reads the run; nil if there is nothing to do about it, or not before a while. A run that
// is gone, or another manager's, stops its attempt; an API server that does not answer says neither.
func (r *LicenseSyncReconciler) get(ctx context.Context, name client.ObjectKey) (found *v1alpha1.LicenseSync, claim runClaim, after time.Duration, err error) {
	run := &v1alpha1.LicenseSync{}
	if err = r.Get(ctx, name, run); err == nil {
		claim, err = r.Claims.ofRun(ctx, run)
	}
	if err == nil && claim.unconfirmed {
		return nil, claim, drainCheck, nil
	}
	if err == nil && claim.ours && !finished(run) {
		switch _, begun := r.Runner.Look(run); {
		case begun && r.written.missing(run):
			return nil, claim, 0, nil // the event about what was written asks again
		case begun: // the cache will do: what is written by an old copy is refused
		case r.Rushing != nil && r.Rushing() && skew.Young(run.CreationTimestamp.Time, r.Clock.Now(), rushGrace):
			return nil, claim, rushPause, nil
		default: // past the cache, by an old copy of which a finished run would begin again
			err = r.Live.Get(ctx, name, run)
		}
	}
	if client.IgnoreNotFound(err) != nil {
		return nil, claim, 0, err
	}
	if err == nil && claim.ours && run.DeletionTimestamp.IsZero() {
		return run, claim, 0, nil
	}
	r.Runner.Stop(name, runner.ErrCanceled)
	r.written.forget(name)
	return nil, claim, 0, nil
}

// finished says whether a run ended, for good or bad.
func finished(run *v1alpha1.LicenseSync) bool {
	return meta.IsStatusConditionTrue(run.Status.Conditions, v1alpha1.ConditionComplete) ||
		meta.IsStatusConditionTrue(run.Status.Conditions, v1alpha1.ConditionFailed)
}

// expire deletes a finished run at the end of its life.
func (r *LicenseSyncReconciler) expire(ctx context.Context, s *runScope) (bool, error) {
	if !finished(s.run) {
		return true, nil
	}
	r.Runner.Forget(client.ObjectKeyFromObject(s.run))
	r.written.forget(client.ObjectKeyFromObject(s.run))
	ttl := s.run.Spec.TTLSecondsAfterFinished
	if ttl == nil || s.run.Status.CompletionTime == nil {
		return false, nil
	}
	ended := s.run.Status.CompletionTime
	if skew.Ahead(ended.Time, s.now, 0) {
		ended = &s.run.CreationTimestamp
	}
	end := ended.Add(time.Duration(*ttl) * time.Second)
	if skew.Ahead(ended.Time, s.now, 0) {
		end = s.now
	}
	if s.after = end.Sub(s.now); s.after > 0 {
		return false, nil
	}
	s.after = 0
	return false, client.IgnoreNotFound(r.Delete(ctx, s.run, client.Preconditions{UID: &s.run.UID}, client.PropagationPolicy(metav1.DeletePropagationBackground)))
}

// SetupWithManager registers the controller.
func (r *LicenseSyncReconciler) SetupWithManager(mgr ctrl.Manager, skipNameValidation bool) error {
	if r.Backoff == nil {
		r.Backoff = Backoff
	}
	if err := mgr.Add(r.Runner); err != nil {
		return err
	}
	return ctrl.NewControllerManagedBy(mgr).
		For(&v1alpha1.LicenseSync{}).
		Watches(&v1alpha1.LicenseSync{}, r.wakeSiblings()).
		Watches(&v1alpha1.WebexCustomerAccess{}, handler.EnqueueRequestsFromMapFunc(r.waitingRuns)).
		WatchesRawSource(source.Channel(r.Runner.Events(), &handler.EnqueueRequestForObject{})).
		WithOptions(controller.Options{MaxConcurrentReconciles: max(r.Concurrency, 1), RateLimiter: rateLimiter(), SkipNameValidation: &skipNameValidation}).
		Complete(r)
}

// wakeSiblings enqueues the other unfinished runs of a customer when one of its
// runs ends or goes away, since they wait for that.
func (r *LicenseSyncReconciler) wakeSiblings() handler.EventHandler {
	wake := func(ctx context.Context, object client.Object, queue workqueue.TypedRateLimitingInterface[ctrl.Request]) {
		run, ok := object.(*v1alpha1.LicenseSync)
		if !ok {
			return
		}
		for _, request := range r.unfinished(ctx, run.Namespace, run.Spec.CustomerAccessRef.Name) {
			if request.Name != run.Name {
				queue.Add(request)
			}
		}
	}
	return handler.Funcs{
		UpdateFunc: func(ctx context.Context, e event.UpdateEvent, queue workqueue.TypedRateLimitingInterface[ctrl.Request]) {
			if run, ok := e.ObjectNew.(*v1alpha1.LicenseSync); ok && finished(run) {
				wake(ctx, run, queue)
			}
		},
		DeleteFunc: func(ctx context.Context, e event.DeleteEvent, queue workqueue.TypedRateLimitingInterface[ctrl.Request]) {
			wake(ctx, e.Object, queue)
		},
	}
}

// waitingRuns are the unfinished runs of a customer that changed.
func (r *LicenseSyncReconciler) waitingRuns(ctx context.Context, customer client.Object) []ctrl.Request {
	return r.unfinished(ctx, customer.GetNamespace(), customer.GetName())
}

func (r *LicenseSyncReconciler) unfinished(ctx context.Context, namespace, customer string) []ctrl.Request {
	var requests []ctrl.Request
	runs, err := runsOf(ctx, r, namespace, customer)
	if err != nil {
		return nil // the cache is stopping
	}
	for i := range runs {
		if run := &runs[i]; !finished(run) {
			requests = append(requests, ctrl.Request{NamespacedName: client.ObjectKeyFromObject(run)})
		}
	}
	return requests
}

// runsOf lists the runs of a customer from the cache. They are the cache's own: a
// caller changes none of what they point to.
func runsOf(ctx context.Context, reader client.Reader, namespace, customer string) ([]v1alpha1.LicenseSync, error) {
	var runs v1alpha1.LicenseSyncList
	err := reader.List(ctx, &runs, client.InNamespace(namespace), client.MatchingFields{syncrun.IndexCustomer: customer}, client.UnsafeDisableDeepCopy)
	return runs.Items, err
}
