package controllers

import (
	"context"
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/runner"
	"github.com/webex-operator/webex-license-operator/internal/syncrun"
)

// maxInterruptions is at which attempt the run fails during which the process ended: once may
// be chance, and a run that ends the process each time would end the runs of all others, too.
const maxInterruptions = 2

// putOffTime bounds the write that a regular stop waits for.
const putOffTime = 10 * time.Second

// interruptions counts an attempt whose end was not written down, which means that the process
// ended with it. It says whether another attempt may begin. The count is written before, since
// the next attempt may end the process as well.
func (r *LicenseSyncReconciler) interruptions(s *runScope) (begins bool) {
	if _, begun := r.Runner.Look(s.run); begun || s.stopped || !cutShort(s.run) {
		return true
	}
	n := ptr.Deref(s.status.Interruptions, 0) + 1
	s.status.Interruptions = &n
	if n >= maxInterruptions {
		s.fail(v1alpha1.ReasonInterrupted, fmt.Sprintf("the operator's process ended %d times while the run was at work, so it is not taken up again: see why the operator's pod restarted (memory limit, log of the previous container), then create another LicenseSync", n))
		return false
	}
	// Until the attempt has begun, none is under way.
	s.status.NextAttemptTime = new(metav1.NewTime(s.now))
	s.wait(v1alpha1.ReasonQueued, "the operator's process ended while the run was at work: the run begins again")
	return false // the write is an event, which begins the attempt
}

// cutShort says whether the status tells of an attempt under way.
func cutShort(run *v1alpha1.LicenseSync) bool {
	return run.Status.StartTime != nil && run.Status.NextAttemptTime == nil && !finished(run)
}

// putOff writes down that an attempt ended with the operator, or went to another one, so
// that the next operator does not take the run for one that ended the process.
func (r *LicenseSyncReconciler) putOff(ctx context.Context, run *v1alpha1.LicenseSync) {
	if cause := context.Cause(ctx); !errors.Is(cause, runner.ErrShutdown) && !errors.Is(cause, syncrun.ErrNotServed) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), putOffTime)
	defer cancel()
	current := &v1alpha1.LicenseSync{}
	err := r.Live.Get(ctx, client.ObjectKeyFromObject(run), current)
	if err == nil && current.UID == run.UID && cutShort(current) {
		put := *current.Status.DeepCopy()
		put.NextAttemptTime = new(metav1.NewTime(r.Clock.Now()))
		err = r.applyStatus(ctx, current, put)
	}
	if client.IgnoreNotFound(err) != nil {
		ctrl.LoggerFrom(ctx).Error(err, "the end of an attempt could not be written down: it will count as an interruption")
	}
}
