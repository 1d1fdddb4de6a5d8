package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// WebexLicenseAssignmentStatus says what would have to change, and what was
// changed. It names no person, and changes only when what it says does.
type WebexLicenseAssignmentStatus struct {
	// conditions hold Ready, Reconciling, Stalled and RemovalsHeld.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// observedGeneration is the generation of the spec that the conditions are about.
	// +optional
	ObservedGeneration *int64 `json:"observedGeneration,omitempty"`

	// license is the licence that spec.license means.
	// +optional
	License *AssignedLicense `json:"license,omitempty"`

	// subjects count the people in the lists.
	// +optional
	Subjects *SubjectCounts `json:"subjects,omitempty"`

	// plan is what would have to change.
	// +optional
	Plan *AssignmentPlan `json:"plan,omitempty"`

	// verdict says how the last plan, and the changes by it, came out.
	// +optional
	Verdict *AssignmentVerdict `json:"verdict,omitempty"`

	// lastRun says what the last run that changed anything in Webex, or tried to,
	// did for this assignment.
	// +optional
	LastRun *AssignmentRun `json:"lastRun,omitempty"`

	// failures count the people for whom the changes of lastRun failed, by reason.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=32
	Failures []AssignmentFailure `json:"failures,omitempty"`

	// held describes removals that wait for approval.
	// +optional
	Held *HeldRemovals `json:"held,omitempty"`

	// removals are those of the last 24 hours, which spec.maxRemovals bounds.
	// They are written before the licences are taken.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=32
	Removals []RemovalBatch `json:"removals,omitempty"`

	// observed is what the last plan was made by.
	// +optional
	Observed *AssignmentInputs `json:"observed,omitempty"`

	// told is what events have said, for the operator to know what is new.
	// +optional
	Told *AssignmentTold `json:"told,omitempty"`
}

// AssignedLicense is the licence that an assignment means.
type AssignedLicense struct {
	// row is the name of its WebexLicense at level Customer.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Row string `json:"row,omitempty"`

	// id is its id in Webex. If another licence takes its place, by a rename or
	// another default, the assignment waits until its spec changes.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	ID string `json:"id,omitempty"`

	// name is its name in Webex.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	Name string `json:"name,omitempty"`

	// totalUnits is the number of units bought.
	// +optional
	TotalUnits *int64 `json:"totalUnits,omitempty"`

	// availableUnits is the number of units that were free when the plan was made.
	// +optional
	AvailableUnits *int64 `json:"availableUnits,omitempty"`

	// chosenGeneration is the generation of the spec that chose this licence.
	// +optional
	ChosenGeneration *int64 `json:"chosenGeneration,omitempty"`
}

// SubjectCounts count the people in the lists of an assignment.
type SubjectCounts struct {
	// listed is how many people and addresses the lists have, each counted once.
	// +optional
	Listed *int64 `json:"listed,omitempty"`

	// resolved is how many of them are people of the organization.
	// +optional
	Resolved *int64 `json:"resolved,omitempty"`

	// notFound is how many addresses no person of the organization has.
	// +optional
	NotFound *int64 `json:"notFound,omitempty"`

	// notFoundAt says where such addresses are, as far as there is room: source
	// and line, never the address.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:items:MaxLength=600
	NotFoundAt []string `json:"notFoundAt,omitempty"`

	// protected is how many of the people are never touched, by
	// spec.assignment.protectedSubjects of the customer.
	// +optional
	Protected *int64 `json:"protected,omitempty"`
}

// AssignmentPlan is what would have to change, in numbers of people.
type AssignmentPlan struct {
	// time is when a run first made this plan; later runs that come to the same
	// do not change it.
	// +optional
	Time *metav1.Time `json:"time,omitempty"`

	// add is how many people would get the licence.
	// +optional
	Add *int64 `json:"add,omitempty"`

	// remove is how many people would lose a licence, held removals included.
	// +optional
	Remove *int64 `json:"remove,omitempty"`

	// unchanged is how many people in the lists hold the licence already.
	// +optional
	Unchanged *int64 `json:"unchanged,omitempty"`

	// noUnits is how many more people would get the licence if units were free.
	// +optional
	NoUnits *int64 `json:"noUnits,omitempty"`

	// skipped is how many people in the lists do not get the licence: two
	// assignments disagree about them, or they have calling licences only.
	// +optional
	Skipped *int64 `json:"skipped,omitempty"`

	// drift is how many people have to change although neither the spec nor the
	// people in the lists did since all was in sync: licences change elsewhere, too.
	// +optional
	Drift *int64 `json:"drift,omitempty"`
}

// AssignmentVerdict says how a plan came out.
type AssignmentVerdict struct {
	// reason is that of condition Ready.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Reason string `json:"reason,omitempty"`

	// message explains the reason, with the remedy.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Message string `json:"message,omitempty"`
}

// AssignmentRun says what a run did for an assignment.
type AssignmentRun struct {
	// name is the name of the LicenseSync.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`

	// time is when its last change was answered.
	// +optional
	Time *metav1.Time `json:"time,omitempty"`

	// added is how many people got the licence.
	// +optional
	Added *int64 `json:"added,omitempty"`

	// removed is how many people lost a licence.
	// +optional
	Removed *int64 `json:"removed,omitempty"`

	// failed is how many people could not be changed.
	// +optional
	Failed *int64 `json:"failed,omitempty"`
}

// AssignmentFailure counts the people for whom changes failed for one reason.
type AssignmentFailure struct {
	// reason is why: NotApplied, Refused, LicenseUnknown, PersonNotFound,
	// WriteCredentialsRefused or Unavailable.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Reason string `json:"reason,omitempty"`

	// code is Webex's own number of the error, such as 400404; absent if there is
	// none.
	// +optional
	Code *int64 `json:"code,omitempty"`

	// people is how many people could not be changed for this reason.
	// +optional
	People *int64 `json:"people,omitempty"`

	// trackingID is Webex's id of one such answer, for its support.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	TrackingID string `json:"trackingID,omitempty"`
}

// HeldRemovals describe removals of licences that wait for approval.
type HeldRemovals struct {
	// people is how many people would lose a licence.
	// +optional
	People *int64 `json:"people,omitempty"`

	// token approves exactly these removals: set the annotation
	// licensing.webex-operator.io/approveRemovals to it.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Token string `json:"token,omitempty"`
}

// RemovalBatch counts removals that began at a time.
type RemovalBatch struct {
	// time is when these removals began.
	// +optional
	Time *metav1.Time `json:"time,omitempty"`

	// people is how many people lost a licence, or may have.
	// +optional
	People *int64 `json:"people,omitempty"`
}

// AssignmentTold is what events of an assignment have said.
type AssignmentTold struct {
	// reason is that of Ready=False that was told last; absent once all is well.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Reason string `json:"reason,omitempty"`

	// heldToken is the token of the removals that wait for approval.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	HeldToken string `json:"heldToken,omitempty"`

	// lastRunName is lastRun.name of the changes that were told last.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	LastRunName string `json:"lastRunName,omitempty"`

	// lastRunTime is lastRun.time of the changes that were told last.
	// +optional
	LastRunTime *metav1.Time `json:"lastRunTime,omitempty"`

	// drifting is true while the plan has changes that neither the spec nor the
	// lists ask for.
	// +optional
	Drifting *bool `json:"drifting,omitempty"`
}

// AssignmentInputs are what a plan was made by. A run comes when they change.
type AssignmentInputs struct {
	// generation is that of the assignment's spec.
	// +optional
	Generation *int64 `json:"generation,omitempty"`

	// sources are the versions of the Secrets and ConfigMaps that were read, that
	// with the write credentials among them.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=17
	Sources []ObservedSource `json:"sources,omitempty"`

	// locksHash identifies the operator's flag and spec.assignment of the customer.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	LocksHash string `json:"locksHash,omitempty"`

	// peers are the other assignments of the licence. Should one of them be gone
	// while the spec stays as it is, removals wait for approval: to delete an
	// assignment takes no licence from any person.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=128
	// +kubebuilder:validation:items:MaxLength=253
	Peers []string `json:"peers,omitempty"`

	// inSyncHash identifies spec and people of the lists when all was in sync.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	InSyncHash string `json:"inSyncHash,omitempty"`
}

// ObservedSource is a version of a source.
type ObservedSource struct {
	// kind is Secret or ConfigMap.
	// +optional
	Kind SubjectSourceKind `json:"kind,omitempty"`

	// name is the name of the object.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`

	// resourceVersion is the object's version; absent if it did not exist.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	ResourceVersion string `json:"resourceVersion,omitempty"`
}
