package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Trigger says why a run exists.
// +kubebuilder:validation:Enum=Assignment;Initial;Manual;Retry;Schedule;SpecChange;Upgrade
type Trigger string

const (
	// TriggerAssignment is a run because a WebexLicenseAssignment changed, or its
	// sources, its approval, or what it is written with.
	TriggerAssignment Trigger = "Assignment"
	// TriggerInitial is the first run of a customer, created by the operator.
	TriggerInitial Trigger = "Initial"
	// TriggerManual is a run that a person asked for.
	TriggerManual Trigger = "Manual"
	// TriggerRetry is a run because the last one failed hours ago, and none came after it.
	TriggerRetry Trigger = "Retry"
	// TriggerSchedule is a run that a schedule created for one of its slots.
	TriggerSchedule Trigger = "Schedule"
	// TriggerSpecChange is a run because the customer's spec or credentials changed.
	TriggerSpecChange Trigger = "SpecChange"
	// TriggerUpgrade is a run because the operator collects other data than the
	// rows hold, after it was upgraded.
	TriggerUpgrade Trigger = "Upgrade"
)

// RunStep is the part of its work that a run is at.
// +kubebuilder:validation:Enum=Credentials;Organization;Licenses;Unchanged;Locations;Roles;People;Workspaces;Applying;Planning;Assigning;Finished
type RunStep string

// The steps of a run, in their order.
const (
	StepCredentials  RunStep = "Credentials"
	StepOrganization RunStep = "Organization"
	StepLicenses     RunStep = "Licenses"
	// StepUnchanged finds out whether anything moved since the last walk; if
	// nothing did, the run ends after it.
	StepUnchanged  RunStep = "Unchanged"
	StepLocations  RunStep = "Locations"
	StepRoles      RunStep = "Roles"
	StepPeople     RunStep = "People"
	StepWorkspaces RunStep = "Workspaces"
	StepApplying   RunStep = "Applying"
	StepPlanning   RunStep = "Planning"
	StepAssigning  RunStep = "Assigning"
	StepFinished   RunStep = "Finished"
)

// LicenseSyncSpec describes one run. It is immutable but for cancel.
//
// +kubebuilder:validation:XValidation:rule="self.customerAccessRef == oldSelf.customerAccessRef && self.trigger == oldSelf.trigger && has(self.scheduledTime) == has(oldSelf.scheduledTime) && (!has(self.scheduledTime) || self.scheduledTime == oldSelf.scheduledTime) && has(self.activeDeadlineSeconds) == has(oldSelf.activeDeadlineSeconds) && (!has(self.activeDeadlineSeconds) || self.activeDeadlineSeconds == oldSelf.activeDeadlineSeconds) && has(self.backoffLimit) == has(oldSelf.backoffLimit) && (!has(self.backoffLimit) || self.backoffLimit == oldSelf.backoffLimit) && has(self.ttlSecondsAfterFinished) == has(oldSelf.ttlSecondsAfterFinished) && (!has(self.ttlSecondsAfterFinished) || self.ttlSecondsAfterFinished == oldSelf.ttlSecondsAfterFinished)",message="spec is immutable but for cancel: create another LicenseSync for another run",reason="FieldValueForbidden"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.cancel) || !oldSelf.cancel || (has(self.cancel) && self.cancel)",message="cancel cannot be taken back: create another LicenseSync",fieldPath=".cancel",reason="FieldValueForbidden"
type LicenseSyncSpec struct {
	// customerAccessRef names the customer to read, in the same namespace. Immutable.
	// +required
	CustomerAccessRef LocalCustomerReference `json:"customerAccessRef,omitzero"`

	// trigger says why the run exists: Manual for a run that you create;
	// Assignment, Initial, Retry, Schedule, SpecChange and Upgrade are the
	// operator's. Default: Manual. Immutable.
	// +optional
	// +kubebuilder:default=Manual
	Trigger Trigger `json:"trigger,omitempty"`

	// scheduledTime is the slot that a schedule created the run for. Default:
	// none. Immutable.
	// +optional
	ScheduledTime *metav1.Time `json:"scheduledTime,omitempty"`

	// activeDeadlineSeconds is how long the run may take from its start, waiting
	// for rate limits and retries included, in seconds. From 1 to 604800 (7 days).
	// Default: 21600 (6 h). Immutable.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=604800
	ActiveDeadlineSeconds int64 `json:"activeDeadlineSeconds,omitempty"`

	// backoffLimit is how many failed attempts are retried before the run counts
	// as failed. Waiting for a rate limit is not an attempt. From 0 to 100.
	// Default: 6. Immutable.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	BackoffLimit *int32 `json:"backoffLimit,omitempty"`

	// ttlSecondsAfterFinished is how long a finished run is kept, in seconds. From
	// 0 to 31536000 (a year); 0 removes it at once. Default: kept until it is
	// deleted. Immutable.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=31536000
	TTLSecondsAfterFinished *int32 `json:"ttlSecondsAfterFinished,omitempty"`

	// cancel ends the run: it fails with reason Canceled and changes no further
	// row. May be set once, from false to true. Default: false.
	// +optional
	Cancel *bool `json:"cancel,omitempty"`
}

// LicenseSyncStatus is how far a run is, or how it ended.
type LicenseSyncStatus struct {
	// conditions are Complete and Failed as on a Job, and Ready, Reconciling and
	// Stalled by the kstatus contract.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// observedGeneration is the generation of the spec that the conditions are about.
	// +optional
	ObservedGeneration *int64 `json:"observedGeneration,omitempty"`

	// startTime is when the run began its first attempt.
	// +optional
	StartTime *metav1.Time `json:"startTime,omitempty"`

	// completionTime is when the run ended, whether it succeeded or failed.
	// +optional
	CompletionTime *metav1.Time `json:"completionTime,omitempty"`

	// duration is the time from startTime to completionTime, to the second, such
	// as 1m30s.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self.matches('DURATION')",message="duration must be a duration such as 1m30s"
	Duration *metav1.Duration `json:"duration,omitempty"`

	// progress is how far the current attempt is; written every few seconds at most.
	// +optional
	Progress *Progress `json:"progress,omitempty"`

	// walk says why people and workspaces were read: Requested, NeverWalked,
	// LastRunFailed, RemovalsHeld, SpecChanged, AssignmentPending, WalkTooOld,
	// LicensesMoved, RowsChanged or EventsSeen. Unchanged: they were not, and rows
	// stay as the last walk left them. Absent if runs of the customer read none.
	// +optional
	Walk WalkReason `json:"walk,omitempty"`

	// rows count what the run did to licence rows.
	// +optional
	Rows *RowCounts `json:"rows,omitempty"`

	// totalUnits is the number of units bought, over purchased licences.
	// +optional
	TotalUnits *int64 `json:"totalUnits,omitempty"`

	// consumedUnits is the number of units in use, over purchased licences.
	// +optional
	ConsumedUnits *int64 `json:"consumedUnits,omitempty"`

	// unlistedLocationUnits is the number of units of people and workspaces that
	// name a location which is not in Webex's list of locations; the licence rows
	// count them as units without location. Absent if none was seen.
	// +optional
	UnlistedLocationUnits *int64 `json:"unlistedLocationUnits,omitempty"`

	// explained is what the walk over people and workspaces saw, by which residual
	// units of the rows at level Customer can be explained.
	// +optional
	Explained *Explained `json:"explained,omitempty"`

	// assigned counts the people whose licences the run changed in Webex, or tried
	// to. Absent if it changed none.
	// +optional
	Assigned *AssignedPeople `json:"assigned,omitempty"`

	// requests is the number of requests sent to Webex, over all attempts,
	// retries included.
	// +optional
	Requests *int64 `json:"requests,omitempty"`

	// retries is the number of requests that repeated an earlier one.
	// +optional
	Retries *int64 `json:"retries,omitempty"`

	// throttledSeconds is how long the run waited for the request budget and for
	// Retry-After, in whole seconds.
	// +optional
	ThrottledSeconds *int64 `json:"throttledSeconds,omitempty"`

	// failedAttempts is the number of attempts that ended in an error.
	// +optional
	FailedAttempts *int32 `json:"failedAttempts,omitempty"`

	// interruptions is the number of attempts during which the operator's process
	// ended other than by a regular stop. The run fails at the second.
	// +optional
	Interruptions *int32 `json:"interruptions,omitempty"`

	// nextAttemptTime is when the next attempt is due.
	// +optional
	NextAttemptTime *metav1.Time `json:"nextAttemptTime,omitempty"`

	// message says how the run ended, with the Webex tracking id of the request
	// that failed, which Webex support asks for.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Message string `json:"message,omitempty"`

	// changes are at most 10 samples of rows that the run changed.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10
	Changes []Change `json:"changes,omitempty"`
}

// Progress is how far an attempt is.
type Progress struct {
	// step is the part of the work that is under way.
	// +optional
	Step RunStep `json:"step,omitempty"`

	// done is the number of things dealt with in this step: people read, rows written.
	// +optional
	Done *int64 `json:"done,omitempty"`

	// total is the number of things to deal with in this step, if known. Webex
	// does not say how many people an organization has.
	// +optional
	Total *int64 `json:"total,omitempty"`
}

// RowCounts count what a run did to licence rows.
type RowCounts struct {
	// added is the number of rows that were created.
	// +optional
	Added *int32 `json:"added,omitempty"`

	// updated is the number of rows whose figures or description changed.
	// +optional
	Updated *int32 `json:"updated,omitempty"`

	// removed is the number of rows that were deleted.
	// +optional
	Removed *int32 `json:"removed,omitempty"`

	// unchanged is the number of rows that were right already.
	// +optional
	Unchanged *int32 `json:"unchanged,omitempty"`

	// held is the number of rows whose removal waits for approval.
	// +optional
	Held *int32 `json:"held,omitempty"`

	// refused is the number of rows that the API server did not take, as their
	// values are out of bounds. Those that were there keep their figures.
	// +optional
	Refused *int32 `json:"refused,omitempty"`
}

// ChangeKind says what happened to a row.
// +kubebuilder:validation:Enum=Added;Updated;Removed
type ChangeKind string

// What can happen to a row.
const (
	ChangeAdded   ChangeKind = "Added"
	ChangeUpdated ChangeKind = "Updated"
	ChangeRemoved ChangeKind = "Removed"
)

// Change is one row that a run changed.
type Change struct {
	// kind is Added, Updated or Removed.
	// +optional
	Kind ChangeKind `json:"kind,omitempty"`

	// row is the name of the WebexLicense.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Row string `json:"row,omitempty"`

	// license is the name of the licence.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	License string `json:"license,omitempty"`

	// location is the row's location.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	Location string `json:"location,omitempty"`

	// before is "consumed/total" before the run; empty for an added row.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Before string `json:"before,omitempty"`

	// after is "consumed/total" after the run; empty for a removed row.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	After string `json:"after,omitempty"`
}

// LicenseSync is one run for one customer: it reads the organization's
// licences, people and workspaces and brings the licence rows up to date.
// Create one to run a sync now. At most one run of a customer is active; the
// next one waits.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=licensesyncs,shortName=wxsync,categories=webex
// +kubebuilder:selectablefield:JSONPath=`.spec.customerAccessRef.name`
// +kubebuilder:selectablefield:JSONPath=`.spec.trigger`
// +kubebuilder:printcolumn:name="Customer",type=string,JSONPath=`.spec.customerAccessRef.name`,description="the WebexCustomerAccess that is read"
// +kubebuilder:printcolumn:name="Trigger",type=string,JSONPath=`.spec.trigger`,description="why the run exists"
// +kubebuilder:printcolumn:name="Status",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`,description="how far the run is or how it ended"
// +kubebuilder:printcolumn:name="Added",type=integer,JSONPath=`.status.rows.added`,description="rows created"
// +kubebuilder:printcolumn:name="Updated",type=integer,JSONPath=`.status.rows.updated`,description="rows changed"
// +kubebuilder:printcolumn:name="Removed",type=integer,JSONPath=`.status.rows.removed`,description="rows deleted"
// +kubebuilder:printcolumn:name="Walk",type=string,priority=1,JSONPath=`.status.walk`,description="why people were read; Unchanged if they were not"
// +kubebuilder:printcolumn:name="Requests",type=integer,JSONPath=`.status.requests`,description="requests sent to Webex"
// +kubebuilder:printcolumn:name="Duration",type=string,JSONPath=`.status.duration`,description="from start to completion"
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Step",type=string,priority=1,JSONPath=`.status.progress.step`,description="part of the work under way"
// +kubebuilder:printcolumn:name="Done",type=integer,priority=1,JSONPath=`.status.progress.done`,description="things dealt with in this step"
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.message`
type LicenseSync struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec says which customer to read. Immutable but for cancel.
	// +required
	Spec LicenseSyncSpec `json:"spec,omitzero"`

	// status is how far the run is, or how it ended; written by the operator.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	// +structType=atomic
	Status LicenseSyncStatus `json:"status,omitempty,omitzero"`

	// Unreadable are the stored values that the Go types do not take. They are
	// missing from the other fields, and are never written.
	Unreadable []UnreadableField `json:"-"`
}

// LicenseSyncList is a list of LicenseSync.
// +kubebuilder:object:root=true
type LicenseSyncList struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard list metadata.
	// +optional
	metav1.ListMeta `json:"metadata,omitzero"`
	// items are the objects.
	Items []LicenseSync `json:"items"`
}

// AssignedPeople count people whose licences a run changed in Webex.
type AssignedPeople struct {
	// changed is how many people got or lost licences.
	// +optional
	Changed *int64 `json:"changed,omitempty"`

	// failed is how many people could not be changed.
	// +optional
	Failed *int64 `json:"failed,omitempty"`
}

// Explained is what a walk over people and workspaces saw. Residual units have
// their causes here, or are of users of other organizations.
type Explained struct {
	// people is how many people were counted.
	// +optional
	People *int64 `json:"people,omitempty"`

	// workspaces is how many workspaces were counted.
	// +optional
	Workspaces *int64 `json:"workspaces,omitempty"`

	// repeatedRecords is how many people and workspaces came twice and count
	// once. The organization changed during the walk: others may be missing.
	// +optional
	RepeatedRecords *int64 `json:"repeatedRecords,omitempty"`

	// unlistedLicenseUnits is how many units are held of licences that Webex does
	// not list. They are in no row.
	// +optional
	UnlistedLicenseUnits *int64 `json:"unlistedLicenseUnits,omitempty"`

	// workspacesWithoutLicenses is how many workspaces came without the licences
	// that they hold. Their units are residual.
	// +optional
	WorkspacesWithoutLicenses *int64 `json:"workspacesWithoutLicenses,omitempty"`
}
