package overview

import (
	"fmt"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// Run is the state of one run.
type Run struct {
	// Namespace and Name are the object's.
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	// Customer is read, because of Trigger, by Schedule if that is Schedule.
	Customer string           `json:"customer"`
	Trigger  v1alpha1.Trigger `json:"trigger"`
	Schedule string           `json:"schedule,omitempty"`
	// Status is the reason of the condition Ready: Succeeded, Running, Queued, or why
	// the run failed.
	Status string `json:"status"`
	// Finished and Failed say how far the run is.
	Finished bool `json:"finished"`
	Failed   bool `json:"failed"`
	// CreationTime, StartTime and CompletionTime are its times, DurationSeconds lies
	// between the last two.
	CreationTime    time.Time  `json:"creationTime"`
	StartTime       *time.Time `json:"startTime,omitempty"`
	CompletionTime  *time.Time `json:"completionTime,omitempty"`
	DurationSeconds *int64     `json:"durationSeconds,omitempty"`
	// NextAttemptTime is when a run that failed once goes on.
	NextAttemptTime *time.Time `json:"nextAttemptTime,omitempty"`
	// Step is what the run is at; Done of Total things are dealt with in it.
	Step  v1alpha1.RunStep `json:"step,omitempty"`
	Done  *int64           `json:"done,omitempty"`
	Total *int64           `json:"total,omitempty"`
	// Walk says why the run read people and workspaces, or Unchanged if it did not; empty where that is not known yet, or
	// none would be read.
	Walk v1alpha1.WalkReason `json:"walk,omitempty"`
	// The rows that the run wrote.
	RowsAdded     *int32 `json:"rowsAdded,omitempty"`
	RowsUpdated   *int32 `json:"rowsUpdated,omitempty"`
	RowsRemoved   *int32 `json:"rowsRemoved,omitempty"`
	RowsUnchanged *int32 `json:"rowsUnchanged,omitempty"`
	RowsHeld      *int32 `json:"rowsHeld,omitempty"`
	// What the run cost.
	Requests         *int64 `json:"requests,omitempty"`
	Retries          *int64 `json:"retries,omitempty"`
	ThrottledSeconds *int64 `json:"throttledSeconds,omitempty"`
	FailedAttempts   *int32 `json:"failedAttempts,omitempty"`
	// Message says how the run ended, or why it waits.
	Message string `json:"message,omitempty"`
	// The people whose licences the run changed in Webex, or could not change.
	PeopleChanged *int64 `json:"peopleChanged,omitempty"`
	PeopleFailed  *int64 `json:"peopleFailed,omitempty"`
}

// Rows is what the run did to rows: +added ~updated -removed, or that it had no reason to look; empty if that is not known.
func (r *Run) Rows() string {
	if r.Walk == v1alpha1.WalkUnchanged && r.Finished && !r.Failed {
		return "unchanged"
	}
	if r.RowsAdded == nil || r.RowsUpdated == nil || r.RowsRemoved == nil {
		return ""
	}
	text := fmt.Sprintf("+%d ~%d -%d", *r.RowsAdded, *r.RowsUpdated, *r.RowsRemoved)
	if ptr.Deref(r.RowsHeld, 0) > 0 {
		text += fmt.Sprintf(" (%d held)", *r.RowsHeld)
	}
	return text
}

// Progress is how far the run is in its step; empty if that is not known.
func (r *Run) Progress() string {
	switch {
	case r.Done == nil:
		return ""
	case r.Total == nil:
		return strconv.FormatInt(*r.Done, 10)
	}
	return fmt.Sprintf("%d of %d", *r.Done, *r.Total)
}

// Canceling is the status of a run that is about to be ended.
const Canceling = "Canceling"

// RunOf is the state of a run.
func RunOf(run *v1alpha1.LicenseSync) Run {
	s := &run.Status
	r := Run{
		Namespace: run.Namespace, Name: run.Name, Customer: run.Spec.CustomerAccessRef.Name, Trigger: run.Spec.Trigger,
		Schedule: run.Labels[v1alpha1.LabelSchedule], Status: v1alpha1.ReasonPending, Finished: Finished(run), Failed: Failed(run),
		CreationTime: run.CreationTimestamp.UTC(), StartTime: TimeOf(s.StartTime), CompletionTime: TimeOf(s.CompletionTime), NextAttemptTime: TimeOf(s.NextAttemptTime),
		Requests: s.Requests, Retries: s.Retries, ThrottledSeconds: s.ThrottledSeconds, FailedAttempts: s.FailedAttempts, Message: s.Message,
		Walk: s.Walk,
	}
	if ready := meta.FindStatusCondition(s.Conditions, v1alpha1.ConditionReady); ready != nil {
		r.Status = ready.Reason
		if r.Message == "" && !r.Finished {
			r.Message = ready.Message
		}
	}
	if ptr.Deref(run.Spec.Cancel, false) && !r.Finished {
		r.Status = Canceling
	}
	if s.Duration != nil {
		r.DurationSeconds = new(int64(s.Duration.Seconds()))
	}
	if p := s.Progress; p != nil {
		r.Step, r.Done, r.Total = p.Step, p.Done, p.Total
	}
	if rows := s.Rows; rows != nil {
		r.RowsAdded, r.RowsUpdated, r.RowsRemoved, r.RowsUnchanged, r.RowsHeld = rows.Added, rows.Updated, rows.Removed, rows.Unchanged, rows.Held
	}
	if people := s.Assigned; people != nil {
		r.PeopleChanged, r.PeopleFailed = people.Changed, people.Failed
	}
	return r
}
