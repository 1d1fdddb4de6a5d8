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
	// ReasonPlanOnly is for mode Report: status.plan says how much would change. Remedy: look at the people with
	// "kubectl webex plan"; to have it carried out, see assigning.md#enforce.
	ReasonPlanOnly = "PlanOnly"
	// ReasonWritingLocked is for mode Enforce while another lock is shut: the operator runs without
	// --enable-assignment, or the customer has no spec.assignment. Nothing is changed in Webex. Remedy: open the
	// lock that the message names (assigning.md#the-three-locks), or set spec.mode to Report.
	ReasonWritingLocked = "WritingLocked"
	// ReasonRemovalsHeld is for removals that are more than spec.maxRemovals allows within 24 hours, or a list
	// without any person of the organization. Additions go on. Found on assignment: Ready, RemovalsHeld. Remedy:
	// look at the people with "kubectl webex plan", then correct the list, or approve with "kubectl webex
	// approve-removals" (assigning.md#take-licences-back).
	ReasonRemovalsHeld = "RemovalsHeld"
	// ReasonNoUnits is for people who do not get the licence since no unit is free, beyond spec.keepFreeUnits.
	// Each run tries again. Remedy: buy units, take the licence from others, shorten the list, or lower
	// spec.keepFreeUnits.
	ReasonNoUnits = "NoUnits"
	// ReasonPartlyApplied is for changes that Webex did not carry out for some people: status.failures. The next
	// run tries again. Remedy: look up reason and code of status.failures in assigning.md#when-changes-fail.
	ReasonPartlyApplied = "PartlyApplied"
	// ReasonConflict is for people to whom two assignments would give licences of one offer code: they are
	// skipped in both. Remedy: take them out of one of the lists.
	ReasonConflict = "Conflict"
	// ReasonSubjectsUnresolved is for a list that is not surely complete: a source is missing, empty, or no text in
	// UTF-8, a line is no address or repeats one, a group or location is not there, there twice, without people, or a
	// group has groups in it or fewer members than Webex counts. So it is for such a fault of protectedSubjects of the
	// customer. Nothing is removed; who is resolved gets the licence. Remedy: correct the field or line that the
	// message names.
	ReasonSubjectsUnresolved = "SubjectsUnresolved"
	// ReasonSubjectsNotFound is for addresses, or members of groups, that no person of the organization is: a typo, a
	// person who has left or whose address changed. Nothing is removed, nothing is sent to these addresses; the others
	// get the licence. Remedy: correct what status.subjects.notFoundAt names, or take it out.
	ReasonSubjectsNotFound = "SubjectsNotFound"
	// ReasonLicenseNotFound is for a spec.license that no purchased licence of the customer matches. Remedy:
	// compare it with status.offerCode and status.name of the rows (assigning.md#a-department-in-report).
	ReasonLicenseNotFound = "LicenseNotFound"
	// ReasonLicenseNotAssignable is for a licence outside of the defaults, or one that Webex lists no longer.
	// Remedy: see status.assignableReason of the row; choose another licence, or other defaults.
	ReasonLicenseNotAssignable = "LicenseNotAssignable"
	// ReasonLicenseAmbiguous is for several licences that match. Remedy: select by the one that is unique, name
	// or offer code; or choose a default subscription and site URL.
	ReasonLicenseAmbiguous = "LicenseAmbiguous"
	// ReasonLicenseChanged is for a spec.license that means another licence than before, by a renewal, a rename
	// or another default. Nothing is changed in Webex. Remedy: see which row the message names; if it is right,
	// change anything in spec of the assignment, such as spec.keepFreeUnits.
	ReasonLicenseChanged = "LicenseChanged"
	// ReasonNotManaged is for a calling, UCM or Contact Center licence, or one of unknown offer code: taking one may
	// destroy settings that cannot be brought back. Remedy: assign it in Control Hub, and delete the assignment.
	ReasonNotManaged = "NotManaged"
	// ReasonWriteCredentialsRefused is for write credentials that are missing, unusable, or refused by Webex.
	// Reading goes on. Found on assignment: Ready, status.failures. Remedy: mend the Secret of
	// spec.assignment.credentialsSecretRef of the customer: it needs the scope spark-admin:people_write, and a
	// full or user administrator of the organization.
	ReasonWriteCredentialsRefused = "WriteCredentialsRefused"
	// ReasonTooManyFailures is for 20 equal failures in a row, after which nothing more was sent. The next run
	// tries again. Remedy: look up reason and code of status.failures in assigning.md#when-changes-fail.
	ReasonTooManyFailures = "TooManyFailures"
	// ReasonPlanPending is for an assignment that no run has planned yet, or not as it is now. Found on
	// assignment: Ready, Reconciling. Remedy: wait; if it stays, see Ready of the customer.
	ReasonPlanPending = "PlanPending"
)

// Reasons in status.failures of an assignment. Found on assignment: status.failures.
const (
	// ReasonNotApplied is for an answer that tells success, while the change is missing in it. The next run
	// tries again. Remedy: if it stays, give the trackingID to Cisco's support.
	ReasonNotApplied = "NotApplied"
	// ReasonRefused is for a change that Webex refuses, for the cause that the code beside it stands for. The next run
	// tries again. Remedy: look the code up in assigning.md#when-changes-fail.
	ReasonRefused = "Refused"
	// ReasonLicenseUnknown is for a licence that Webex does not know any more. Nothing more was sent. Found on
	// assignment: Ready, status.failures. Remedy: wait for the next run, which reads the licences.
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
	// ReasonRemovalsApproved is for removals of licences, or suspensions of customers, that were carried out after
	// approval. Found on event of an assignment, of a partner.
	ReasonRemovalsApproved = "RemovalsApproved"
	// ReasonDrift is for people who had to change although neither spec nor lists did. Remedy: see who else
	// assigns licences: an automatic template in Control Hub, a script, a person.
	ReasonDrift = "Drift"
)
