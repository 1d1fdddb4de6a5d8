package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ConcurrencyPolicy says what happens when a slot comes while the customer's run
// of an earlier slot is unfinished.
// +kubebuilder:validation:Enum=Forbid;Replace
type ConcurrencyPolicy string

const (
	// ConcurrencyForbid skips the slot.
	ConcurrencyForbid ConcurrencyPolicy = "Forbid"
	// ConcurrencyReplace cancels the unfinished run, waits for its end, and starts the new one.
	ConcurrencyReplace ConcurrencyPolicy = "Replace"
)

// LicenseSyncScheduleSpec says which customers are read, and when.
//
// +kubebuilder:validation:ExactlyOneOf=customerAccessRef;customerAccessSelector
// +kubebuilder:validation:AtLeastOneOf=schedule;at;every
// +kubebuilder:validation:XValidation:rule="!has(self.startTime) || !has(self.endTime) || !self.startTime.matches('RFC3339') || !self.endTime.matches('RFC3339') || timestamp(self.startTime) <= timestamp(self.endTime)",message="endTime must not be before startTime",fieldPath=".endTime"
type LicenseSyncScheduleSpec struct {
	// customerAccessRef names the one customer to read, in the same namespace.
	// Exactly one of customerAccessRef and customerAccessSelector is set. Default:
	// none. Mutable.
	// +optional
	CustomerAccessRef *LocalCustomerReference `json:"customerAccessRef,omitempty"` //nolint:kubeapilinter // absent is nil, as for the selector beside it

	// customerAccessSelector selects the customers to read by their labels, in
	// the same namespace; an empty selector selects all. Each gets a run of its
	// own. Default: none. Mutable.
	// +optional
	CustomerAccessSelector *metav1.LabelSelector `json:"customerAccessSelector,omitempty"`

	// schedule is a cron expression of five fields, as of a CronJob, or one of
	// @hourly, @daily, @weekly, @monthly and @yearly. At least one of schedule, at
	// and every is set; the earliest due time wins. Default: none. Mutable.
	// Example: "30 2 * * *".
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:XValidation:rule="!self.contains('TZ=')",message="schedule must not hold TZ= or CRON_TZ=: set spec.timeZone instead"
	// +kubebuilder:validation:XValidation:rule="self.contains('TZ=') || self.matches('CRON')",message="schedule must be five fields with blanks between: minute 0-59, hour 0-23, day of month 1-31, month 1-12 or jan-dec, day of week 0-7 or sun-sat; each a number, a range, a list, a step such as */15 or a star; or one of @hourly, @daily, @midnight, @weekly, @monthly, @yearly and @annually; for an interval set spec.every. Example: 30 2 * * *"
	// +kubebuilder:validation:XValidation:rule="self.findAll('NUMBERRANGE').all(r, int(r.split('-')[0]) <= int(r.split('-')[1])) && self.lowerAscii().findAll('NAMERANGE').all(r, 'jan feb mar apr may jun jul aug sep oct nov dec sun mon tue wed thu fri sat'.indexOf(r.split('-')[0]) <= 'jan feb mar apr may jun jul aug sep oct nov dec sun mon tue wed thu fri sat'.indexOf(r.split('-')[1]))",message="schedule must not hold a range that ends before it begins: write 22-23,0-6 for 22-6, and 5-7 for fri-sun"
	Schedule string `json:"schedule,omitempty"`

	// timeZone is the IANA name of the zone that schedule is in. Default:
	// "Etc/UTC". Mutable. Example: "Europe/Berlin".
	// +optional
	// +kubebuilder:default="Etc/UTC"
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self != 'Local'",message="timeZone must be an IANA name such as Europe/Berlin; Local would be the operator's own zone"
	TimeZone string `json:"timeZone,omitempty"`

	// at are single times. Those that have passed when the schedule is created
	// are never run. At most 64. Default: none. Mutable.
	// Example: ["2027-01-01T02:00:00Z"].
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	At []metav1.Time `json:"at,omitempty"`

	// every runs at a fixed interval from a first time. Default: none. Mutable.
	// +optional
	Every *Interval `json:"every,omitempty"`

	// startTime is the first moment at which a slot counts. Default: none. Mutable.
	// +optional
	StartTime *metav1.Time `json:"startTime,omitempty"`

	// endTime is the last moment at which a slot counts. Default: none. Mutable.
	// +optional
	EndTime *metav1.Time `json:"endTime,omitempty"`

	// runOnActivation runs once when the schedule is created, or resumed after
	// suspend, before its first slot. Default: false. Mutable.
	// +optional
	RunOnActivation *bool `json:"runOnActivation,omitempty"`

	// suspend stops the schedule: no run starts. Slots that pass meanwhile count
	// as missed; after resuming, at most the latest is made up for, and only
	// within startingDeadlineSeconds. Default: false. Mutable.
	// +optional
	Suspend *bool `json:"suspend,omitempty"`

	// concurrencyPolicy says what happens when a slot comes while the customer's
	// run of an earlier slot is unfinished: Forbid skips the slot, Replace
	// cancels that run, waits for its end and starts the new one. Default:
	// Forbid. Mutable.
	// +optional
	// +kubebuilder:default=Forbid
	ConcurrencyPolicy ConcurrencyPolicy `json:"concurrencyPolicy,omitempty"`

	// startingDeadlineSeconds is how late a slot may still be started, in
	// seconds. After an outage only the latest slot is made up for. From 1 to
	// 31536000 (a year). Default: no limit. Mutable.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=31536000
	StartingDeadlineSeconds int64 `json:"startingDeadlineSeconds,omitempty"`

	// spreadSeconds spreads the starts of one slot over so many seconds, or until
	// the next slot if that comes earlier. Each customer has an offset of its own
	// that stays the same. From 0 to 86400 (a day). Default: 0. Mutable.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=86400
	SpreadSeconds *int32 `json:"spreadSeconds,omitempty"`

	// successfulRunsHistoryLimit is how many completed runs are kept for each
	// customer. From 0 to 100. Default: 3. Mutable.
	// +optional
	// +kubebuilder:default=3
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	SuccessfulRunsHistoryLimit *int32 `json:"successfulRunsHistoryLimit,omitempty"`

	// failedRunsHistoryLimit is how many failed runs are kept for each customer.
	// From 0 to 100. Default: 1. Mutable.
	// +optional
	// +kubebuilder:default=1
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	FailedRunsHistoryLimit *int32 `json:"failedRunsHistoryLimit,omitempty"`

	// syncTemplate is what the runs look like. Default: a LicenseSync with its
	// defaults. Mutable; a change concerns later runs.
	// +optional
	SyncTemplate *LicenseSyncTemplate `json:"syncTemplate,omitempty"`
}

// Interval is a fixed interval from a first time.
type Interval struct {
	// interval is the time between two slots: a duration from 1m to 8760h.
	// Mutable. Example: "6h".
	// +required
	// +kubebuilder:validation:XValidation:rule="self.matches('DURATION') && duration(self) >= duration('1m') && duration(self) <= duration('8760h')",message="interval must be a duration from 1m to 8760h, such as 6h"
	Interval metav1.Duration `json:"interval,omitzero"` //nolint:kubeapilinter // a duration is a string, which the rule above bounds

	// firstTime is the first slot. Default: one interval after the schedule was
	// created. Mutable.
	// +optional
	FirstTime *metav1.Time `json:"firstTime,omitempty"`
}

// LicenseSyncTemplate is what the runs of a schedule look like.
type LicenseSyncTemplate struct {
	// labels are put on the runs, beside the operator's own. At most 32. Default:
	// none. Mutable.
	// +optional
	// +kubebuilder:validation:MaxProperties=32
	Labels map[string]string `json:"labels,omitempty"`

	// activeDeadlineSeconds is how long a run may take, in seconds. From 1 to
	// 604800 (7 days). Default: that of a LicenseSync. Mutable.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=604800
	ActiveDeadlineSeconds int64 `json:"activeDeadlineSeconds,omitempty"`

	// backoffLimit is how many failed attempts of a run are retried. From 0 to
	// 100. Default: that of a LicenseSync. Mutable.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	BackoffLimit *int32 `json:"backoffLimit,omitempty"`
}

// LicenseSyncScheduleStatus is what the schedule did and will do.
type LicenseSyncScheduleStatus struct {
	// conditions are Ready, Reconciling and Stalled by the kstatus contract.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// observedGeneration is the generation of the spec that the conditions are about.
	// +optional
	ObservedGeneration *int64 `json:"observedGeneration,omitempty"`

	// nextScheduleTime is when the next run starts, the customer's spread included.
	// +optional
	NextScheduleTime *metav1.Time `json:"nextScheduleTime,omitempty"`

	// lastScheduleTime is the latest slot that was dealt with.
	// +optional
	LastScheduleTime *metav1.Time `json:"lastScheduleTime,omitempty"`

	// openSlotTime is a slot that was dealt with, but for customers whose run
	// Kubernetes refused to create. It is tried again until the next slot, or for
	// spec.startingDeadlineSeconds. Empty if there is none.
	// +optional
	OpenSlotTime *metav1.Time `json:"openSlotTime,omitempty"`

	// lastSuccessfulTime is when a run of this schedule last completed.
	// +optional
	LastSuccessfulTime *metav1.Time `json:"lastSuccessfulTime,omitempty"`

	// lastMissedTime is the latest slot that was not run, or not for all customers.
	// +optional
	LastMissedTime *metav1.Time `json:"lastMissedTime,omitempty"`

	// active are at most 10 of the runs that are unfinished.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10
	// +kubebuilder:validation:items:MaxLength=253
	Active []string `json:"active,omitempty"`

	// targets count the schedule's customers by how their latest run went.
	// +optional
	Targets *TargetCounts `json:"targets,omitempty"`

	// totalUnits is the number of units bought, over the schedule's
	// customers. Empty before any of them was read.
	// +optional
	TotalUnits *int64 `json:"totalUnits,omitempty"`

	// consumedUnits is the number of units in use, over the schedule's
	// customers. Empty before any of them was read.
	// +optional
	ConsumedUnits *int64 `json:"consumedUnits,omitempty"`

	// lastHandledReconcileAt is the last value of the annotation
	// licensing.webex-operator.io/requestedAt that runs were created for.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	LastHandledReconcileAt string `json:"lastHandledReconcileAt,omitempty"`

	// activationTime is when the schedule was last activated: created or resumed.
	// Slots before it are not made up for by runOnActivation.
	// +optional
	ActivationTime *metav1.Time `json:"activationTime,omitempty"`

	// timeZoneData is the version of the time zone data that the operator computes
	// the slots of spec.schedule with, such as 2026f. Programs with other data may
	// tell other times.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	TimeZoneData string `json:"timeZoneData,omitempty"`
}

// TargetCounts count the customers of a schedule.
type TargetCounts struct {
	// total is the number of customers that the schedule reads.
	// +optional
	Total *int32 `json:"total,omitempty"`

	// active is the number of customers with an unfinished run of this schedule.
	// +optional
	Active *int32 `json:"active,omitempty"`

	// succeeded is the number of customers whose latest run of this schedule completed.
	// +optional
	Succeeded *int32 `json:"succeeded,omitempty"`

	// failed is the number of customers whose latest run of this schedule failed.
	// +optional
	Failed *int32 `json:"failed,omitempty"`

	// suspended is the number of customers that are suspended, for which no run is created.
	// +optional
	Suspended *int32 `json:"suspended,omitempty"`
}

// LicenseSyncSchedule creates runs (LicenseSync) by a plan, for one customer
// or for all that a selector selects.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=licensesyncschedules,shortName=wxsched,categories=webex
// +kubebuilder:printcolumn:name="Schedule",type=string,JSONPath=`.spec.schedule`,description="cron expression"
// +kubebuilder:printcolumn:name="TimeZone",type=string,JSONPath=`.spec.timeZone`,description="zone of the cron expression"
// +kubebuilder:printcolumn:name="Suspend",type=boolean,JSONPath=`.spec.suspend`
// +kubebuilder:printcolumn:name="Active",type=integer,JSONPath=`.status.targets.active`,description="unfinished runs"
// +kubebuilder:printcolumn:name="Last",type=date,JSONPath=`.status.lastScheduleTime`,description="time since the latest slot"
// +kubebuilder:printcolumn:name="Next",type=string,JSONPath=`.status.nextScheduleTime`,description="when the next run starts"
// +kubebuilder:printcolumn:name="Consumed",type=integer,JSONPath=`.status.consumedUnits`,description="units in use over the schedule's customers"
// +kubebuilder:printcolumn:name="Total",type=integer,JSONPath=`.status.totalUnits`,description="units bought over the schedule's customers"
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Reason",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Customers",type=integer,priority=1,JSONPath=`.status.targets.total`,description="customers that the schedule reads"
// +kubebuilder:printcolumn:name="Failed",type=integer,priority=1,JSONPath=`.status.targets.failed`,description="customers whose latest run failed"
// +kubebuilder:validation:XValidation:rule="size(self.metadata.name) <= 63",message="the name may have at most 63 characters, since it becomes part of the names of runs and a label value"
type LicenseSyncSchedule struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object metadata. The name, at most 63
	// characters, becomes part of the names of runs.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec says which customers are read, and when.
	// +required
	Spec LicenseSyncScheduleSpec `json:"spec,omitzero"`

	// status is what the schedule did and will do, written by the operator.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	// +structType=atomic
	Status LicenseSyncScheduleStatus `json:"status,omitempty,omitzero"`

	// Unreadable are the stored values that the Go types do not take. They are
	// missing from the other fields, and are never written.
	Unreadable []UnreadableField `json:"-"`
}

// LicenseSyncScheduleList is a list of LicenseSyncSchedule.
// +kubebuilder:object:root=true
type LicenseSyncScheduleList struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard list metadata.
	// +optional
	metav1.ListMeta `json:"metadata,omitzero"`
	// items are the objects.
	Items []LicenseSyncSchedule `json:"items"`
}
