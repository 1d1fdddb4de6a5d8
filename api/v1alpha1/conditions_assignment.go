package v1alpha1

// Conditions of an assignment, besides those of all kinds.
const (
	// ConditionRemovalsHeld of an assignment is True while removals of licences wait for approval; absent
	// otherwise.
	ConditionRemovalsHeld = "RemovalsHeld"
)

// Reasons of Ready of an assignment. Found on assignment: Ready.
const (
	// ReasonInSync is for a licence that all people in the lists hold, and that was taken from those from whom
	// it was to be taken.
	ReasonInSync = "InSync"
	// ReasonPlanOnly is for mode Report: status.plan says what would change. Remedy: look at the plan with
	// "kubectl webex plan", then set spec.mode to Enforce.
	ReasonPlanOnly = "PlanOnly"
	// ReasonWritingLocked is for mode Enforce while another lock is shut: the operator runs without
	// --enable-assignment, or the customer has no spec.assignment. Nothing is changed in Webex. Remedy: open the
	// lock that the message names, or set spec.mode to Report.
	ReasonWritingLocked = "WritingLocked"
	// ReasonRemovalsHeld is for removals that are more than spec.maxRemovals allows within 24 hours, or a list
	// without any person of the organization. Additions go on. Found on assignment: Ready, RemovalsHeld. Remedy:
	// look at the plan, then correct the list or approve with "kubectl webex approve-removals".
	ReasonRemovalsHeld = "RemovalsHeld"
	// ReasonNoUnits is for people who do not get the licence since no unit is free, beyond spec.keepFreeUnits.
	// Each run tries again. Remedy: buy units, take back those of people who have left, or shorten the list.
	ReasonNoUnits = "NoUnits"
	// ReasonPartlyApplied is for changes that Webex did not carry out for some people: status.failures. The next
	// run tries again. Remedy: see the reasons in status.failures.
	ReasonPartlyApplied = "PartlyApplied"
	// ReasonConflict is for people to whom two assignments would give licences of one offer code: they are
	// skipped in both. Remedy: take them out of one of the lists.
	ReasonConflict = "Conflict"
	// ReasonSubjectsUnresolved is for a source that is missing, empty or unreadable, has a line that is no
	// address or one twice, or a group or location that is not there, there twice, or not as Webex says. Nothing
	// is removed; who is resolved gets the licence. Remedy: correct what the message names.
	ReasonSubjectsUnresolved = "SubjectsUnresolved"
	// ReasonSubjectsNotFound is for addresses that no person of the organization has, a typo or a person who has
	// left. Nothing is removed, nothing is sent to these addresses. Remedy: correct the lines of
	// status.subjects.notFoundAt, or take them out.
	ReasonSubjectsNotFound = "SubjectsNotFound"
	// ReasonLicenseNotFound is for a spec.license that no purchased licence of the customer matches. Remedy:
	// compare it with "kubectl get webexlicenses".
	ReasonLicenseNotFound = "LicenseNotFound"
	// ReasonLicenseNotAssignable is for a licence outside of the defaults, or one that Webex lists no longer.
	// Remedy: see status.assignableReason of the row; choose another licence, or other defaults.
	ReasonLicenseNotAssignable = "LicenseNotAssignable"
	// ReasonLicenseAmbiguous is for several licences that match. Remedy: select by the one that is unique, name
	// or offer code; or choose a default subscription and site URL.
	ReasonLicenseAmbiguous = "LicenseAmbiguous"
	// ReasonLicenseChanged is for a spec.license that means another licence than before, by a renewal, a rename
	// or another default. Nothing is changed in Webex. Remedy: look at the plan; if it is right, change anything
	// in spec of the assignment.
	ReasonLicenseChanged = "LicenseChanged"
	// ReasonNotManaged is for a calling, UCM or Contact Center licence: taking one destroys settings that cannot
	// be brought back. Remedy: assign it in Control Hub.
	ReasonNotManaged = "NotManaged"
	// ReasonWriteCredentialsRefused is for write credentials that are missing, unusable, or refused by Webex.
	// Reading goes on. Found on assignment: Ready, status.failures. Remedy: mend the Secret of
	// spec.assignment.credentialsSecretRef of the customer: it needs the scope spark-admin:people_write, and a
	// full or user administrator of the organization.
	ReasonWriteCredentialsRefused = "WriteCredentialsRefused"
	// ReasonTooManyFailures is for 20 equal failures in a row, after which nothing more was sent. The next run
	// tries again. Found on assignment: Ready, status.failures. Remedy: see status.failures.
	ReasonTooManyFailures = "TooManyFailures"
	// ReasonPlanPending is for an assignment that no run has planned yet, or not as it is now. Found on
	// assignment: Ready, Reconciling. Remedy: wait; if it stays, see Ready of the customer.
	ReasonPlanPending = "PlanPending"
)

// Reasons in status.failures of an assignment. Found on assignment: status.failures.
const (
	// ReasonNotApplied is for an answer that tells success, and that the change is missing in. The next run
	// tries again. Remedy: look at the person in Control Hub if it stays.
	ReasonNotApplied = "NotApplied"
	// ReasonRefused is for a change that Webex refuses, by the code beside it. Remedy: see the code in
	// assigning.md.
	ReasonRefused = "Refused"
	// ReasonLicenseUnknown is for a licence that Webex does not know any more. Nothing more was sent. Remedy:
	// wait for the next run.
	ReasonLicenseUnknown = "LicenseUnknown"
	// ReasonPersonNotFound is for a person who has left since people were read.
	ReasonPersonNotFound = "PersonNotFound"
	// ReasonUnavailable is for changes that failed for a passing cause, three times. The next run tries again.
	ReasonUnavailable = "Unavailable"
)

// Reasons of events of an assignment. Found on event of an assignment.
const (
	// ReasonAssigned is for licences that were given or taken; the message has the numbers.
	ReasonAssigned = "Assigned"
	// ReasonRemovalsApproved is for removals that were carried out after approval.
	ReasonRemovalsApproved = "RemovalsApproved"
	// ReasonDrift is for people who had to change although neither spec nor lists did. Remedy: see who else
	// assigns licences: an automatic template in Control Hub, a script, a person.
	ReasonDrift = "Drift"
)
