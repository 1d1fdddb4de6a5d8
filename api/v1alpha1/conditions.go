package v1alpha1

// Condition types. Ready, Reconciling and Stalled follow the kstatus contract
// (https://github.com/kubernetes-sigs/cli-utils/tree/master/pkg/kstatus):
// Reconciling and Stalled are absent unless True.
const (
	// ConditionReady is True when the object is in the state that its spec asks for.
	ConditionReady = "Ready"
	// ConditionReconciling is True while the operator is working on the object.
	ConditionReconciling = "Reconciling"
	// ConditionStalled is True when only a person can help.
	ConditionStalled = "Stalled"

	// ConditionCredentialsValid of a customer is True when Webex accepted the credentials.
	ConditionCredentialsValid = "CredentialsValid"
	// ConditionDefaultsResolved of a customer is True when it is clear which
	// subscription and site URL licences are assigned from.
	ConditionDefaultsResolved = "DefaultsResolved"
	// ConditionDataFresh of a customer is True while the last successful run is
	// younger than spec.staleAfter.
	ConditionDataFresh = "DataFresh"
	// ConditionPruneHeld of a customer is True while the removal of rows waits
	// for approval; absent otherwise.
	ConditionPruneHeld = "PruneHeld"
	// ConditionCapacityOK of a purchased licence at level Customer is True while it
	// is used below the customer's thresholds; that of a customer while all are.
	ConditionCapacityOK = "CapacityOK"
	// ConditionObjectCountOK of a customer is True while its namespace and the
	// cluster hold fewer objects of the operator's kinds than they are known to
	// hold well.
	ConditionObjectCountOK = "ObjectCountOK"

	// ConditionComplete of a run is True once it succeeded, as on a Job.
	ConditionComplete = "Complete"
	// ConditionFailed of a run is True once it failed for good, as on a Job.
	ConditionFailed = "Failed"
)

// Reasons of Ready, Reconciling and Stalled, on customers and runs.
const (
	// ReasonSynced is for figures of a complete run.
	ReasonSynced = "Synced"
	// ReasonSucceeded is for a run that completed.
	ReasonSucceeded = "Succeeded"
	// ReasonPending is for a customer whose first run has not ended.
	ReasonPending = "Pending"
	// ReasonSuspended is for a customer with spec.suspend that was never synced,
	// and for a run that waits for its customer to be resumed.
	ReasonSuspended = "Suspended"
	// ReasonRunRefused is for a customer or a schedule of which Kubernetes refuses to
	// create a run: by a quota, an admission policy, a webhook, a missing right.
	ReasonRunRefused = "RunRefused"
	// ReasonQueued is for a run that waits for another run of the same customer
	// or for a free place.
	ReasonQueued = "Queued"
	// ReasonRunning is for a run at work.
	ReasonRunning = "Running"
	// ReasonCanceled is for a run that was ended by spec.cancel.
	ReasonCanceled = "Canceled"
	// ReasonDeadlineExceeded is for a run that took longer than spec.activeDeadlineSeconds.
	ReasonDeadlineExceeded = "DeadlineExceeded"
	// ReasonInterrupted is for a run during which the operator's process ended twice.
	ReasonInterrupted = "Interrupted"
	// ReasonCustomerNotFound is for a run whose customer does not exist.
	ReasonCustomerNotFound = "CustomerNotFound"
	// ReasonUnreadableField is for an object of any kind whose stored spec holds a value
	// that the field's type does not take; nothing is done with the object.
	ReasonUnreadableField = "UnreadableField"
)

// Reasons of a failed attempt, the same on the run and on its customer.
const (
	// ReasonSecretNotFound is for a credentials Secret that does not exist.
	ReasonSecretNotFound = "SecretNotFound"
	// ReasonSecretKeyMissing is for a credentials Secret without a key, or with an empty one.
	ReasonSecretKeyMissing = "SecretKeyMissing"
	// ReasonSecretKeyInvalid is for a credentials Secret with a value that cannot be read.
	ReasonSecretKeyInvalid = "SecretKeyInvalid"
	// ReasonSecretNameReserved is for a Secret of the user's with the name of the
	// one in which the operator keeps refreshed tokens.
	ReasonSecretNameReserved = "SecretNameReserved"
	// ReasonCABundleInvalid is for a CA bundle that is missing or holds no certificate.
	ReasonCABundleInvalid = "CABundleInvalid"
	// ReasonHostNotAllowed is for a base URL or proxy on a host that the
	// operator's administrator does not allow.
	ReasonHostNotAllowed = "HostNotAllowed"
	// ReasonProxyAuthenticationFailed is for a proxy that wants a user name and
	// password, or other ones (407).
	ReasonProxyAuthenticationFailed = "ProxyAuthenticationFailed"
	// ReasonInvalidOrganizationID is for an organization id that cannot be read.
	ReasonInvalidOrganizationID = "InvalidOrganizationID"
	// ReasonOrganizationMismatch is for an organization id that the token has no access to.
	ReasonOrganizationMismatch = "OrganizationMismatch"
	// ReasonOrganizationRequired is for a token that sees several organizations
	// while spec.organizationID is empty.
	ReasonOrganizationRequired = "OrganizationRequired"
	// ReasonDuplicateOrganization is for an organization that another, older
	// WebexCustomerAccess reads already.
	ReasonDuplicateOrganization = "DuplicateOrganization"
	// ReasonCredentialsRejected is for credentials that Webex refused (401, invalid_grant).
	ReasonCredentialsRejected = "CredentialsRejected"
	// ReasonForbidden is for a token without a scope or role (403).
	ReasonForbidden = "Forbidden"
	// ReasonRejected is for a request that Webex does not understand or find (400, 404).
	ReasonRejected = "Rejected"
	// ReasonRateLimited is for a request that Webex put off (429, 423).
	ReasonRateLimited = "RateLimited"
	// ReasonAPIUnavailable is for a Webex API that failed or could not be reached.
	ReasonAPIUnavailable = "APIUnavailable"
	// ReasonPartialResult is for an answer that cannot be trusted to be whole;
	// nothing of it is written.
	ReasonPartialResult = "PartialResult"
	// ReasonWriteFailed is for rows that the Kubernetes API did not take.
	ReasonWriteFailed = "WriteFailed"
	// ReasonRowsRefused is for rows that a quota or a policy of Kubernetes refuses.
	ReasonRowsRefused = "RowsRefused"
)

// Reasons of CredentialsValid.
const (
	// ReasonAccepted is for credentials that Webex accepted.
	ReasonAccepted = "Accepted"
	// ReasonUnverified is for credentials that were not tried yet.
	ReasonUnverified = "Unverified"
	// ReasonExpiresSoon is for credentials that work, and end within 30 days
	// unless they are renewed.
	ReasonExpiresSoon = "ExpiresSoon"
	// ReasonRefreshRefused is for an access token that works, and that Webex
	// refuses to renew: without new credentials, runs fail once it has ended.
	ReasonRefreshRefused = "RefreshRefused"
	// ReasonSecretInSeveralShards is for credentials that work, and that customers of
	// other shards use, too: each shard has a request budget of its own.
	ReasonSecretInSeveralShards = "SecretInSeveralShards"
)

// Reasons of DefaultsResolved. Where one is missing or wrong, they are the same
// words as in status.assignableReason of the rows.
const (
	// ReasonResolved is for defaults that are set, or that go without saying.
	ReasonResolved = "Resolved"
	// ReasonDefaultSubscriptionRequired is for several subscriptions and no default.
	ReasonDefaultSubscriptionRequired = string(AssignableDefaultSubscriptionRequired)
	// ReasonDefaultSiteURLRequired is for several site URLs and no default.
	ReasonDefaultSiteURLRequired = string(AssignableDefaultSiteURLRequired)
	// ReasonDefaultNotFound is for a default that the organization does not have.
	ReasonDefaultNotFound = string(AssignableDefaultNotFound)
)

// Reasons of DataFresh and PruneHeld.
const (
	// ReasonFresh is for figures younger than spec.staleAfter.
	ReasonFresh = "Fresh"
	// ReasonStale is for older figures.
	ReasonStale = "Stale"
	// ReasonNeverSynced is for a customer without a successful run.
	ReasonNeverSynced = "NeverSynced"
	// ReasonApprovalRequired is for row removals that wait for approval.
	ReasonApprovalRequired = "ApprovalRequired"
)

// Reasons of CapacityOK, from good to bad.
const (
	// ReasonWithinThresholds is for utilisation below spec.thresholds.warningPercent.
	ReasonWithinThresholds = "WithinThresholds"
	// ReasonWarning is for a licence at or over warningPercent.
	ReasonWarning = "Warning"
	// ReasonCritical is for a licence at or over criticalPercent.
	ReasonCritical = "Critical"
	// ReasonExhausted is for a licence with all units in use.
	ReasonExhausted = "Exhausted"
	// ReasonOverAssigned is for a licence with more units in use than bought.
	ReasonOverAssigned = "OverAssigned"
)

// Reasons of ObjectCountOK, from good to bad.
const (
	// ReasonWithinLimits is for numbers of objects that are far from their limits.
	ReasonWithinLimits = "WithinLimits"
	// ReasonNearNamespaceLimit is for 80 percent of what one namespace holds well.
	ReasonNearNamespaceLimit = "NearNamespaceLimit"
	// ReasonNearClusterLimit is for 80 percent of what one cluster holds well.
	ReasonNearClusterLimit = "NearClusterLimit"
	// ReasonOverNamespaceLimit is for more objects than one namespace holds well.
	ReasonOverNamespaceLimit = "OverNamespaceLimit"
	// ReasonOverClusterLimit is for more objects than one cluster holds well.
	ReasonOverClusterLimit = "OverClusterLimit"
)

// Reasons of Ready of a schedule.
const (
	// ReasonScheduled is for a schedule whose next run is known.
	ReasonScheduled = "Scheduled"
	// ReasonFinished is for a schedule whose slots have all passed.
	ReasonFinished = "Finished"
	// ReasonInvalidSchedule is for a plan that cannot be read, or never comes.
	ReasonInvalidSchedule = "InvalidSchedule"
	// ReasonUnknownTimeZone is for a time zone that does not exist.
	ReasonUnknownTimeZone = "UnknownTimeZone"
	// ReasonInvalidSelector is for a selector that cannot be read.
	ReasonInvalidSelector = "InvalidSelector"
	// ReasonInvalidTemplate is for a syncTemplate that no run can be made from.
	ReasonInvalidTemplate = "InvalidTemplate"
	// ReasonNoSlot is for a plan whose slots had all passed when it was made.
	ReasonNoSlot = "NoSlot"
	// ReasonNoCustomers is for a selector that matches nothing.
	ReasonNoCustomers = "NoCustomers"
	// ReasonCustomerSuspended is for a schedule of one customer that is suspended.
	ReasonCustomerSuspended = "CustomerSuspended"
	// ReasonRunNameTaken is for a run whose name an object of another owner has.
	ReasonRunNameTaken = "RunNameTaken"
	// ReasonSlotMissed is the reason of the event for a slot that was not run, or
	// not for all customers.
	ReasonSlotMissed = "SlotMissed"
)

// Reasons of events that no condition has.
const (
	// ReasonSyncFailed is for a run of a customer that failed while its figures are good.
	ReasonSyncFailed = "SyncFailed"
	// ReasonSyncRecovered is for a run that completed after others had failed.
	ReasonSyncRecovered = "SyncRecovered"
	// ReasonPruneApproved is for rows that were removed after approval.
	ReasonPruneApproved = "PruneApproved"
	// ReasonPruneWithdrawn is for removals that are no longer due, without approval.
	ReasonPruneWithdrawn = "PruneWithdrawn"
	// ReasonTimeInFuture is for times in a schedule's status that its clock has not reached,
	// and that were replaced.
	ReasonTimeInFuture = "TimeInFuture"
	// ReasonServedByAnother is for a customer that a manager's label selector matches,
	// and that the manager of another shard does not let go.
	ReasonServedByAnother = "ServedByAnother"
)
