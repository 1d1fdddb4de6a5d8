package controllers

import (
	"context"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	ac "github.com/webex-operator/webex-license-operator/api/v1alpha1/applyconfiguration/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/metrics"
	"github.com/webex-operator/webex-license-operator/internal/status"
	"github.com/webex-operator/webex-license-operator/internal/syncrun"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// runVerdict is what a reconcile found about a run.
type runVerdict struct {
	status.Summary
	complete, failed bool
}

func (v runVerdict) conditions() []metav1.Condition {
	conditions := v.Summary.Conditions()
	if v.complete {
		conditions = append(conditions, status.Condition(v1alpha1.ConditionComplete, metav1.ConditionTrue, v.Detail))
	}
	if v.failed {
		conditions = append(conditions, status.Condition(v1alpha1.ConditionFailed, metav1.ConditionTrue, v.Detail))
	}
	return conditions
}

// wait is for a run that goes on by itself.
func (s *runScope) wait(reason, message string) {
	detail := status.Detail{Reason: reason, Message: message}
	s.verdict = &runVerdict{Summary: status.Summary{Ready: metav1.ConditionUnknown, Detail: detail, Reconciling: &detail}}
}

// keepVerdict leaves the conditions as they are.
func (s *runScope) keepVerdict() { s.verdict = nil }

// fail ends the run for good.
func (s *runScope) fail(reason, message string) {
	s.verdict = &runVerdict{failed: true, Summary: status.Summary{
		Ready: metav1.ConditionFalse, Detail: status.Detail{Reason: reason, Message: message}, Stalled: true,
	}}
	s.status.Message = message
	s.end()
}

// succeed ends the run with its results.
func (s *runScope) succeed(outcome *syncrun.Outcome) {
	detail := status.Detail{Reason: v1alpha1.ReasonSucceeded, Message: "the organization was read and its licence rows are up to date"}
	s.status.Message = fmt.Sprintf("%d rows added, %d updated, %d removed, %d unchanged",
		*outcome.Rows.Added, *outcome.Rows.Updated, *outcome.Rows.Removed, *outcome.Rows.Unchanged)
	if outcome.Walk == v1alpha1.WalkUnchanged {
		detail.Message = "the licences of the organization were read; nothing moved since the last walk, whose licence rows stay"
	}
	if outcome.Held != nil {
		detail.Message = "the organization was read; the removal of rows waits for approval, see condition PruneHeld of the customer"
		s.status.Message += fmt.Sprintf(", %d held", *outcome.Held.Rows)
	}
	if outcome.Missing != "" {
		detail.Message += "; " + outcome.Missing
		s.status.Message += "; " + outcome.Missing
	}
	seen := outcome.Counted
	if seen.People+seen.Workspaces > 0 {
		s.status.Explained = &v1alpha1.Explained{
			People: &seen.People, Workspaces: &seen.Workspaces, RepeatedRecords: some(seen.Duplicates),
			UnlistedLicenseUnits: some(seen.UnlistedLicenseUnits), WorkspacesWithoutLicenses: some(seen.WorkspacesUnknown),
		}
	}
	if n := seen.UnlistedLocationUnits; n > 0 {
		s.status.UnlistedLocationUnits = &n
		s.status.Message += fmt.Sprintf("; %d units name a location that Webex does not list and count as without location", n)
	}
	s.verdict = &runVerdict{complete: true, Summary: status.Summary{Ready: metav1.ConditionTrue, Detail: detail}}
	s.status.Rows = &outcome.Rows
	s.status.TotalUnits, s.status.ConsumedUnits = &outcome.TotalUnits, &outcome.ConsumedUnits
	s.status.Changes = outcome.Changes
	s.uneventful = uneventful(outcome)
	if assigned := s.status.Assigned; assigned != nil {
		s.status.Message += fmt.Sprintf("; %d people changed in Webex, %d failed", *assigned.Changed, *assigned.Failed)
	}
	s.end()
}

// uneventful says whether a complete attempt changed no row and no one's licences, held nothing, and missed nothing.
func uneventful(outcome *syncrun.Outcome) bool {
	written := *outcome.Rows.Added + *outcome.Rows.Updated + *outcome.Rows.Removed
	return written == 0 && outcome.Rows.Refused == nil && outcome.Held == nil && outcome.Missing == "" && outcome.Assigned == nil
}

// some is a count that goes without saying if it is zero.
func some(n int64) *int64 {
	if n == 0 {
		return nil
	}
	return &n
}

func (s *runScope) end() {
	s.status.CompletionTime = new(metav1.NewTime(s.now))
	s.status.NextAttemptTime = nil
	s.status.Progress = &v1alpha1.Progress{Step: v1alpha1.StepFinished}
	if s.status.StartTime != nil {
		// A clock that was set back makes no negative one, which would not be taken.
		s.status.Duration = &metav1.Duration{Duration: max(s.now.Sub(s.status.StartTime.Time).Truncate(time.Second), 0)}
	}
	s.after = 0
	if ttl := s.run.Spec.TTLSecondsAfterFinished; ttl != nil {
		s.lookAgain(time.Duration(*ttl) * time.Second)
	}
}

// retry ends an attempt, not the run.
func (s *runScope) retry(failure *failures.Failure, after time.Duration) {
	s.wait(failure.Reason, failure.Message)
	s.trackingID(failure)
	s.status.NextAttemptTime = new(metav1.NewTime(s.now.Add(after)))
	if failure.Class == webex.ClassRateLimited {
		s.status.NextAttemptTime = status.WholeSecond(s.now.Add(after))
	}
	s.status.Progress = nil
	s.lookAgain(after)
}

// maxRunMessage bounds the message of a run, in bytes, as in the API.
const maxRunMessage = 1024

// trackingID goes to the message of the status, not to a condition: it differs
// from attempt to attempt.
func (s *runScope) trackingID(failure *failures.Failure) {
	suffix := ""
	if failure.TrackingID != "" {
		suffix = status.Clip(" (Webex tracking id "+failure.TrackingID, maxRunMessage/4) + ")"
	}
	s.status.Message = status.Clip(failure.Message, maxRunMessage-len(suffix)) + suffix
}

// account adds what an attempt cost, and what it assigned.
func (s *runScope) account(outcome *syncrun.Outcome) {
	add := func(sum *int64, n int64) *int64 { return new(ptr.Deref(sum, 0) + n) }
	s.status.Requests = add(s.status.Requests, outcome.Requests)
	s.status.Retries = add(s.status.Retries, outcome.Retries)
	s.status.ThrottledSeconds = add(s.status.ThrottledSeconds, int64(outcome.Throttled/time.Second))
	if assigned := outcome.Assigned; assigned != nil {
		before := ptr.Deref(s.status.Assigned, v1alpha1.AssignedPeople{})
		s.status.Assigned = &v1alpha1.AssignedPeople{Changed: add(before.Changed, *assigned.Changed), Failed: assigned.Failed} // who failed before was tried again
	}
	failed := ptr.Deref(s.status.FailedAttempts, 0)
	if f := outcome.Failure; f != nil && f.Reason != v1alpha1.ReasonRateLimited && f.Reason != v1alpha1.ReasonCanceled {
		failed++
	}
	s.status.FailedAttempts = &failed
}

func (s *runScope) progress(p syncrun.Progress) {
	if p.Step == "" {
		return
	}
	s.status.Progress = &v1alpha1.Progress{Step: p.Step}
	if p.Done > 0 {
		s.status.Progress.Done = &p.Done
	}
	if p.Total > 0 {
		s.status.Progress.Total = &p.Total
	}
}

// write applies the status if it differs, and tells of an end by an event.
func (r *LicenseSyncReconciler) write(ctx context.Context, s *runScope) error {
	if s.verdict == nil {
		return nil
	}
	s.status.Conditions = status.Merge(s.run.Status.Conditions, s.verdict.conditions(), s.run.Generation, metav1.NewTime(s.now))
	s.status.ObservedGeneration = &s.run.Generation
	s.status.Message = status.Clip(s.status.Message, maxRunMessage)
	same := sameRunStatus(s.run.Status, s.status)
	metrics.ObserveStatus("LicenseSync", !same)
	if same {
		return nil
	}
	if err := r.applyStatus(ctx, s.run, s.status); err != nil {
		return client.IgnoreNotFound(err)
	}
	if s.collected {
		r.Runner.Forget(client.ObjectKeyFromObject(s.run))
	}
	r.tell(s)
	return nil
}

// applyStatus writes the status of a run as it was read. It is refused if another write came
// in between: a replica that lost its lease while it was frozen must not write over what its
// successor wrote.
func (r *LicenseSyncReconciler) applyStatus(ctx context.Context, run *v1alpha1.LicenseSync, desired v1alpha1.LicenseSyncStatus) error {
	configuration, err := status.ApplyConfiguration[ac.LicenseSyncStatusApplyConfiguration](desired)
	if err != nil {
		return err
	}
	object := ac.LicenseSync(run.Name, run.Namespace).WithUID(run.UID).WithResourceVersion(run.ResourceVersion).WithStatus(configuration)
	version, err := applyStatus(ctx, r, run, object, len(run.Unreadable) > 0, syncrun.FieldManager)
	if err == nil {
		r.written.note(client.ObjectKeyFromObject(run), run.UID, version)
	}
	return err
}

func sameRunStatus(a, b v1alpha1.LicenseSyncStatus) bool {
	if !status.Equal(a.Conditions, b.Conditions) {
		return false
	}
	a.Conditions, b.Conditions = nil, nil
	return equality.Semantic.DeepEqual(a, b)
}

// tell counts the end of a run, and records one event for it; attempts have none, and neither has a run that completed and
// changed nothing: its status says that, and with a schedule of every five minutes no event would be about anything else.
func (r *LicenseSyncReconciler) tell(s *runScope) {
	if !s.verdict.complete && !s.verdict.failed {
		return
	}
	duration := time.Duration(0)
	if begun := s.status.StartTime; begun != nil {
		duration = s.now.Sub(begun.Time)
	}
	metrics.ObserveRun(string(s.run.Spec.Trigger), s.verdict.Reason, duration)
	switch {
	case s.verdict.complete && s.uneventful:
	case s.verdict.complete:
		r.Recorder.Eventf(s.run, nil, corev1.EventTypeNormal, v1alpha1.ReasonSucceeded, "Sync", "%s", s.status.Message)
	case s.verdict.failed && s.verdict.Reason == v1alpha1.ReasonCanceled: // it was asked for
		r.Recorder.Eventf(s.run, nil, corev1.EventTypeNormal, s.verdict.Reason, "Sync", "%s", s.verdict.Message)
	case s.verdict.failed:
		r.Recorder.Eventf(s.run, nil, corev1.EventTypeWarning, s.verdict.Reason, "Sync", "%s", s.verdict.Message)
	}
}

const (
	firstBackoff = 10 * time.Second
	maxBackoff   = 15 * time.Minute
)

// Backoff is the wait after a number of failed attempts: 10 s, doubled each
// time, 15 min at most, plus up to a tenth that differs from run to run but not
// from call to call.
func Backoff(uid string, failed int32) time.Duration {
	wait := firstBackoff
	for i := int32(1); i < failed && wait < maxBackoff; i++ {
		wait *= 2
	}
	wait = min(wait, maxBackoff)
	h := fnv.New32a()
	fmt.Fprintf(h, "%s/%d", strings.ToLower(uid), failed)
	return wait + wait/10*time.Duration(h.Sum32()%1000)/1000
}
