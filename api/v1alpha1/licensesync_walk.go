package v1alpha1

// WalkReason says why a run read people and workspaces, or why not.
// +kubebuilder:validation:Enum=Unchanged;Requested;NeverWalked;LastRunFailed;RemovalsHeld;SpecChanged;AssignmentPending;WalkTooOld;LicensesMoved;RowsChanged;EventsSeen
type WalkReason string

const (
	// WalkUnchanged is of a run that did not walk: nothing moved since the last
	// walk, as far as licences tell.
	WalkUnchanged WalkReason = "Unchanged"
	// WalkRequested is of a run that more than its schedule asked for, see
	// spec.trigger.
	WalkRequested WalkReason = "Requested"
	// WalkNeverWalked is of a run without a complete walk to compare with.
	WalkNeverWalked WalkReason = "NeverWalked"
	// WalkLastRunFailed is of a run after one that failed, or whose rows were not
	// all taken.
	WalkLastRunFailed WalkReason = "LastRunFailed"
	// WalkRemovalsHeld is of a run while removals of rows wait for approval.
	WalkRemovalsHeld WalkReason = "RemovalsHeld"
	// WalkSpecChanged is of a run that collects other data than the one before,
	// by the customer's spec or the operator's version.
	WalkSpecChanged WalkReason = "SpecChanged"
	// WalkAssignmentPending is of a run while an assignment is not in sync, or
	// after one that assigned licences.
	WalkAssignmentPending WalkReason = "AssignmentPending"
	// WalkTooOld is of a run whose last walk is older than
	// spec.collection.siteMaxAge or spec.staleAfter, or would be before the next run.
	WalkTooOld WalkReason = "WalkTooOld"
	// WalkLicensesMoved is of a run that found licences or units which the last
	// walk did not.
	WalkLicensesMoved WalkReason = "LicensesMoved"
	// WalkRowsChanged is of a run that found rows deleted or edited.
	WalkRowsChanged WalkReason = "RowsChanged"
	// WalkEventsSeen is of a run because of an admin audit event about users,
	// locations, licences or identities since the last walk.
	WalkEventsSeen WalkReason = "EventsSeen"
)
