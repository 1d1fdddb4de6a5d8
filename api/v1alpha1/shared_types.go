package v1alpha1

// Labels that runs put on licence rows, so that `kubectl get webexlicenses -l`
// and Prometheus relabelling can select by the same identities as the fields.
// Values longer than 63 characters, or with characters that a label may not
// hold, are shortened; the field selectors carry the exact values.
const (
	// LabelCustomer is the name of the WebexCustomerAccess that a row or run belongs to.
	LabelCustomer = GroupName + "/customer"
	// LabelLevel is the row's level: Customer or Site.
	LabelLevel = GroupName + "/level"
	// LabelClass is the row's class: Purchased or Included.
	LabelClass = GroupName + "/class"
	// LabelLocation is a slug of the Webex location's name and a hash of its id; absent at level Customer.
	LabelLocation = GroupName + "/location"
	// LabelSchedule is the name of the schedule that created a run.
	LabelSchedule = GroupName + "/schedule"
	// LabelTrigger is a run's trigger.
	LabelTrigger = GroupName + "/trigger"
	// LabelShard on a customer or schedule names the shard that it belongs to, where
	// managers are told apart by it (--watch-label-selector).
	LabelShard = GroupName + "/shard"
	// LabelPartner is the name of the WebexPartner that made a customer. A person who takes it away takes the
	// customer over.
	LabelPartner = GroupName + "/partner"
	// LabelDefaultSchedule on a customer, with the value none, leaves it out of the schedule that the chart makes
	// for all customers.
	LabelDefaultSchedule = GroupName + "/default-schedule"
)

const (
	// AnnotationRequestedAt on a WebexCustomerAccess asks for a run now, on a
	// LicenseSyncSchedule for one of each of its customers, on a WebexPartner for a discovery. Any new value counts (a time is customary); the value is echoed in
	// status.lastHandledReconcileAt, and the same value never runs twice.
	AnnotationRequestedAt = GroupName + "/requestedAt"

	// AnnotationApprovePrune on a WebexCustomerAccess approves the removal of
	// exactly the rows that status.heldPrune describes; its value is
	// status.heldPrune.token.
	AnnotationApprovePrune = GroupName + "/approvePrune"

	// AnnotationApproveRemovals on a WebexLicenseAssignment approves exactly the
	// removals of licences that status.held describes, on a WebexPartner the
	// suspensions; its value is status.held.token.
	AnnotationApproveRemovals = GroupName + "/approveRemovals"
)

// Level says what a licence row counts: the whole organization or one location.
// +kubebuilder:validation:Enum=Customer;Site
type Level string

const (
	// LevelCustomer rows carry the figures of the whole Webex organization.
	LevelCustomer Level = "Customer"
	// LevelSite rows carry the units in use at one Webex location.
	LevelSite Level = "Site"
)

// LocalCustomerReference names a WebexCustomerAccess in the same namespace.
// +structType=atomic
type LocalCustomerReference struct {
	// name is the name of a WebexCustomerAccess in the same namespace.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Name string `json:"name,omitempty"`
}
