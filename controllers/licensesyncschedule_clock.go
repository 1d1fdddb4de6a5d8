package controllers

import (
	"context"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/skew"
	"github.com/webex-operator/webex-license-operator/internal/timetable"
)

// believe replaces what the schedule's status cannot know yet: a time that is years ahead would keep every slot before it
// from running. From then on all slots until now are dealt with, as if the schedule had just been created. It is written
// before anything is decided by it, since a slot that comes in between must find the same beginning.
func (r *LicenseSyncScheduleReconciler) believe(ctx context.Context, s *scheduleScope) error {
	believed, doubted := believable(s.schedule, s.now)
	if len(doubted) == 0 {
		return nil
	}
	if err := r.write(ctx, s, believed); err != nil {
		return err
	}
	was := s.schedule.Status
	s.schedule.Status, s.status = believed, *believed.DeepCopy()
	s.doubted = doubtMessage(doubted) + ": slots until now count as dealt with; see the clocks of the nodes, and what was restored"
	ctrl.LoggerFrom(ctx).Info("did not believe stored times", "fields", doubted, "lastScheduleTime", was.LastScheduleTime)
	tellAll(r.Recorder, s.schedule, "Schedule", []news{{corev1.EventTypeWarning, v1alpha1.ReasonTimeInFuture, s.doubted}})
	return nil
}

// believable is the status of a schedule without what lies ahead of the clock, and what that was.
func believable(object *v1alpha1.LicenseSyncSchedule, now time.Time) (status v1alpha1.LicenseSyncScheduleStatus, doubted []string) {
	status = *object.Status.DeepCopy()
	doubt := func(field string, at *metav1.Time) bool {
		if at == nil || skew.Believed(at, now, 0) != nil {
			return false
		}
		doubted = append(doubted, field)
		return true
	}
	fresh := metav1.NewTime(now.Truncate(time.Second))
	handled := doubt("status.lastScheduleTime", status.LastScheduleTime)
	if doubt("status.activationTime", status.ActivationTime) {
		status.ActivationTime = nil // it was not run: it is noted anew
		if handled {
			status.ActivationTime = &fresh // it was
		}
	}
	switch {
	case handled:
		status.LastScheduleTime = &fresh
	case status.LastScheduleTime == nil && doubt("metadata.creationTimestamp", &object.CreationTimestamp):
		status.LastScheduleTime = new(metav1.NewTime(fresh.Add(-time.Second))) // an activation of this second is not dealt with
	}
	if doubt("status.openSlotTime", status.OpenSlotTime) {
		status.OpenSlotTime = nil
	}
	if doubt("status.lastSuccessfulTime", status.LastSuccessfulTime) {
		status.LastSuccessfulTime = nil
	}
	if doubt("status.lastMissedTime", status.LastMissedTime) {
		status.LastMissedTime = nil
	}
	return status, doubted
}

// doubtMessage says which times are not believed; those of an object's status can be read there.
func doubtMessage(doubted []string) string {
	verb := "is ahead of the operator's clock and is not believed"
	if len(doubted) > 1 {
		verb = "are ahead of the operator's clock and are not believed"
	}
	return strings.Join(doubted, " and ") + " " + verb
}

// slotAhead says whether a run is of a slot that cannot have come: its clock was wrong.
func (s *scheduleScope) slotAhead(run *v1alpha1.LicenseSync) bool {
	return skew.Ahead(timeOf(run.Spec.ScheduledTime), s.now, timetable.Spread(s.schedule))
}

// created is when a run was created, for what goes by age; one that cannot have been created yet is older than all.
func created(run *v1alpha1.LicenseSync, now time.Time) time.Time {
	if skew.Ahead(run.CreationTimestamp.Time, now, 0) {
		return time.Time{}
	}
	return run.CreationTimestamp.Time
}
