package v1alpha1

// Condition types. Ready, Reconciling and Stalled follow the kstatus contract
// (https://github.com/kubernetes-sigs/cli-utils/tree/master/pkg/kstatus):
// Reconciling and Stalled are absent unless True.
const (
	// ConditionReady is True when the object is in the state that its spec asks for: a customer's figures
	// can be relied on, a run completed, a schedule will run.
	ConditionReady = "Ready"
	// ConditionReconciling is True while the operator works on the object, or waits to try again.
	ConditionReconciling = "Reconciling"
	// ConditionStalled is True when only a change helps: of the spec, the Secret, another object.
	ConditionStalled = "Stalled"

	// ConditionCredentialsValid of a customer is True when Webex accepted the credentials.
	ConditionCredentialsValid = "CredentialsValid"
	// ConditionDefaultsResolved of a customer is True when it is clear which
	// subscription and site URL licences are assigned from.
	ConditionDefaultsResolved = "DefaultsResolved"
	// ConditionDataFresh of a customer is True while the last successful run, and
	// the last that read people, are younger than spec.staleAfter.
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

// Reasons of Ready, Reconciling and Stalled.
const (
	// ReasonSynced is for figures of a complete run. A message that goes on with "the latest attempt failed"
	// tells of a later run; the figures are still fresh. Found on customer, row: Ready.
	ReasonSynced = "Synced"
	// ReasonSucceeded is for a run that completed; status.rows and status.changes say what changed. Found on
	// run: Ready, Complete.
	ReasonSucceeded = "Succeeded"
	// ReasonPending is for a customer whose first run has not ended, and for a schedule whose activation is
	// about to run. Found on customer, schedule: Ready. Remedy: wait; if the customer is Stalled, its first run
	// was cancelled or deleted: ask for a run.
	ReasonPending = "Pending"
	// ReasonSuspended is for spec.suspend: of a schedule, of a customer that was never synced, of the
	// customer that a run waits for, of a partner. Found on customer, run, schedule: Ready; partner: Ready,
	// DiscoveryFresh. Remedy: set spec.suspend to false.
	ReasonSuspended = "Suspended"
	// ReasonRunRefused is for a run that Kubernetes refuses to create or delete: by a quota, an admission
	// policy, a webhook, a missing right. The message has the words of the API server. Found on customer,
	// schedule: Ready; customer: Reconciling. Remedy: troubleshooting.md#runrefused.
	ReasonRunRefused = "RunRefused"
	// ReasonQueued is for a run that waits for another run of the customer, for a worker
	// (--max-concurrent-syncs), or because enough runs of its Secret wait for Webex. Found on run: Ready.
	// Remedy: wait, or cancel the run that goes first.
	ReasonQueued = "Queued"
	// ReasonRunning is for a run at work, or, on a customer, for a run of the changed spec; status.progress of
	// the run says how far it is. Found on run: Ready; customer: Reconciling. Remedy: wait.
	ReasonRunning = "Running"
	// ReasonCanceled is for a run that spec.cancel ended, set by a person or by concurrencyPolicy Replace. Rows
	// that it had not written keep their figures. Found on run: Ready, Failed. Remedy: ask for another run if
	// you want one.
	ReasonCanceled = "Canceled"
	// ReasonDeadlineExceeded is for a run that took longer than spec.activeDeadlineSeconds, waits for Webex
	// included. Found on run: Ready, Failed. Remedy: see status.throttledSeconds, status.retries and
	// status.failedAttempts; raise activeDeadlineSeconds, for a schedule in spec.syncTemplate.
	ReasonDeadlineExceeded = "DeadlineExceeded"
	// ReasonInterrupted is for a run during which the operator's process ended twice other than by a regular
	// stop. It is not taken up again, so that it cannot end the runs of others. Found on run: Ready, Failed.
	// Remedy: see why the pod restarted: troubleshooting.md#the-operator-itself.
	ReasonInterrupted = "Interrupted"
	// ReasonCustomerNotFound is for a run, schedule or assignment whose customer does not exist in its namespace.
	// A new run waits a minute for it; schedules and assignments go on once it exists. Found on run: Ready,
	// Failed; schedule, assignment: Ready. Remedy: create the customer, or correct the name; for a run, create
	// another run.
	ReasonCustomerNotFound = "CustomerNotFound"
	// ReasonUnreadableField is for a stored spec with a value that the field's type does not take, by an
	// older CRD; nothing is done with the object, and all others are served. Found on customer: Ready; run:
	// Ready, Failed; schedule, assignment, partner: Ready. Remedy: troubleshooting.md#unreadablefield.
	ReasonUnreadableField = "UnreadableField"
)

// Reasons of a failed attempt, the same on the run and on its customer, and of a failed discovery of a partner. Found
// on customer, partner: Ready; run.
const (
	// ReasonSecretNotFound is for a credentials Secret that does not exist in the customer's namespace. A new
	// customer without its Secret is in progress for five minutes, then stalled. Found on customer: Ready,
	// CredentialsValid; partner: Ready; run. Remedy: create it (credentials.md); a run starts within seconds.
	ReasonSecretNotFound = "SecretNotFound"
	// ReasonSecretKeyMissing is for a credentials Secret that lacks a key, or has an empty one. The message
	// names it. Found on customer: Ready, CredentialsValid; partner: Ready; run. Remedy: add the key; a run
	// starts within seconds.
	ReasonSecretKeyMissing = "SecretKeyMissing"
	// ReasonSecretKeyInvalid is for a credentials Secret with a value that cannot be read, such as UTF-16,
	// quotation marks, base64 twice. The message names key and form, never the value. Found on customer:
	// Ready, CredentialsValid; partner: Ready; run. Remedy: correct or remove the key.
	ReasonSecretKeyInvalid = "SecretKeyInvalid"
	// ReasonSecretNameReserved is for a Secret of yours with the name of the operator's own,
	// <secret>-webex-token, or for a customer that names one of type licensing.webex-operator.io/tokens. Remedy:
	// give your Secret another name and point the customer to it; or, if the other Secret is not needed, delete
	// it and ask for a run.
	ReasonSecretNameReserved = "SecretNameReserved"
	// ReasonCABundleInvalid is for a CA bundle that is missing, or holds no certificate under its key, or one
	// that cannot be used. It is tried again. Remedy: correct the key that the message names.
	ReasonCABundleInvalid = "CABundleInvalid"
	// ReasonHostNotAllowed is for a base URL or proxy on a host that the operator's administrator does not
	// allow, or that is no URL. Nothing is sent; the flags are read again after 6 hours. Remedy: correct
	// spec.connection, or have the host added to --allowed-api-hosts or --allowed-proxy-hosts
	// (security.md#hosts).
	ReasonHostNotAllowed = "HostNotAllowed"
	// ReasonProxyAuthenticationFailed is for a proxy that wants a user name and password, or other ones (407).
	// It is asked twice, then every 6 hours, since proxies lock accounts. Remedy: set proxyUsername and
	// proxyPassword in the credentials Secret; for a proxy of the environment, its administrator sets them in
	// HTTPS_PROXY.
	ReasonProxyAuthenticationFailed = "ProxyAuthenticationFailed"
	// ReasonInvalidOrganizationID is for a spec.organizationID that is neither a UUID nor an id as the Webex API
	// writes it. Remedy: create the customer anew: troubleshooting.md#a-wrong-organization.
	ReasonInvalidOrganizationID = "InvalidOrganizationID"
	// ReasonOrganizationMismatch is for an organization that the token has no access to; Webex is asked every 6
	// hours. Remedy: put a token of that organization, or of its partner, into the Secret; if the id is wrong:
	// troubleshooting.md#a-wrong-organization.
	ReasonOrganizationMismatch = "OrganizationMismatch"
	// ReasonOrganizationRequired is for a token that sees several organizations while spec.organizationID is
	// empty. Remedy: set spec.organizationID.
	ReasonOrganizationRequired = "OrganizationRequired"
	// ReasonDuplicateOrganization is for an organization that another customer reads already, in any namespace
	// that the operator watches: the one synced first or, of two new ones, the older. This one starts by itself
	// once that is gone. Remedy: delete one of the two: troubleshooting.md#a-wrong-organization.
	ReasonDuplicateOrganization = "DuplicateOrganization"
	// ReasonCredentialsRejected is for credentials that Webex refused (401, invalid_grant), also after a
	// refresh: revoked, ended, or mistaken. No request is sent with them, for any customer of the Secret,
	// before it changes. Found on customer: Ready, CredentialsValid; partner: Ready; run. Remedy: get new
	// credentials (credentials.md) and replace the Secret; a run starts within seconds.
	ReasonCredentialsRejected = "CredentialsRejected"
	// ReasonForbidden is for a token without a scope or role, or a partner that no longer manages the
	// organization (403). Remedy: troubleshooting.md#forbidden.
	ReasonForbidden = "Forbidden"
	// ReasonRejected is for a request that Webex does not understand or find (400, 404, 405), or that another
	// region serves (451). Webex is asked every 6 hours. Remedy: check spec.connection.baseURL (does it end in
	// /v1, is it that of the region?) and spec.organizationID; if both are right, report a bug.
	ReasonRejected = "Rejected"
	// ReasonRateLimited is for a request that Webex put off (429, 423). The run waits as long as asked; this is
	// no failed attempt. Remedy: nothing; if it comes often: troubleshooting.md#ratelimited.
	ReasonRateLimited = "RateLimited"
	// ReasonAPIUnavailable is for a Webex API that failed (5xx), was not reached, or had something between
	// answer in its place. It is tried again, 10 seconds to 15 minutes later, up to spec.backoffLimit times.
	// Remedy: troubleshooting.md#apiunavailable.
	ReasonAPIUnavailable = "APIUnavailable"
	// ReasonPartialResult is for an answer that cannot be trusted to be whole: malformed, cut off, in a circle.
	// Nothing of it is written; the walk begins anew. Remedy: if it stays, look at what is between the operator
	// and Webex, then give the tracking id to Cisco's support.
	ReasonPartialResult = "PartialResult"
	// ReasonWriteFailed is for a row, a status or a Secret of tokens that the Kubernetes API did not take. It is
	// asked for five minutes, then with growing waits; rows that were written are right. Remedy: nothing if the
	// API server was down; else see the operator's rights and log: troubleshooting.md#the-operator-itself.
	ReasonWriteFailed = "WriteFailed"
	// ReasonRowsRefused is for rows that a quota or policy of Kubernetes refuses; the others are written. Rows
	// whose values the API server does not take fail no run: status.rows.refused counts them. Remedy: make room
	// or change the policy, then ask for a run.
	ReasonRowsRefused = "RowsRefused"
)

// Reasons of CredentialsValid. Found on customer: CredentialsValid.
const (
	// ReasonAccepted is for credentials that Webex accepted; status.credentials says when they end.
	ReasonAccepted = "Accepted"
	// ReasonUnverified is for credentials that were not tried yet. Remedy: if it stays, see Ready: the first run
	// does not get that far.
	ReasonUnverified = "Unverified"
	// ReasonExpiresSoon is for credentials that work, and end within 30 days unless they are renewed: no run has
	// refreshed them, or Webex does not prolong them. Found on customer: CredentialsValid, event. Remedy: ask
	// for a run; if the date stays, authorize again and replace the Secret (credentials.md).
	ReasonExpiresSoon = "ExpiresSoon"
	// ReasonRefreshRefused is for an access token that works until the date of the message, and that Webex
	// refuses to renew; the same is said of bootstrap credentials. After that date: CredentialsRejected. Found
	// on customer: CredentialsValid, event. Remedy: authorize again and replace the Secret (credentials.md); if
	// you mended something in Webex instead, change anything in the Secret, such as an annotation.
	ReasonRefreshRefused = "RefreshRefused"
	// ReasonSecretInSeveralShards is for credentials that work, and that customers of other shards use, too:
	// each shard has a request budget of its own, so Webex may ask to wait. Found on customer: CredentialsValid,
	// event. Remedy: give all customers of the Secret the same shard label, or those of the other shard
	// credentials of another owner.
	ReasonSecretInSeveralShards = "SecretInSeveralShards"
)

// Reasons of DefaultsResolved, and words of status.assignableReason of rows. Found on customer:
// DefaultsResolved; row.
const (
	// ReasonResolved is for defaults that are set, or that go without saying: status.defaults. Found on
	// customer: DefaultsResolved.
	ReasonResolved = "Resolved"
	// ReasonDefaultSubscriptionRequired is for several subscriptions and no default. No row is assignable.
	// Remedy: set spec.defaultSubscription to one of status.subscriptions.
	ReasonDefaultSubscriptionRequired = string(AssignableDefaultSubscriptionRequired)
	// ReasonDefaultSiteURLRequired is for several site URLs and no default. Rows that are bound to one are not
	// assignable. Remedy: set spec.defaultSiteURL to one of status.siteURLs.
	ReasonDefaultSiteURLRequired = string(AssignableDefaultSiteURLRequired)
	// ReasonDefaultNotFound is for a default that the organization does not have: a slip, or it has ended.
	// Remedy: choose one that the message lists, or remove the field, which stands for the only one there is.
	ReasonDefaultNotFound = string(AssignableDefaultNotFound)
)

// Reasons of DataFresh and PruneHeld. Found on customer: DataFresh.
const (
	// ReasonFresh is for a last complete run that is younger than spec.staleAfter. On a partner: for
	// discoveries that complete every spec.interval. Found on customer: DataFresh; partner: DiscoveryFresh.
	ReasonFresh = "Fresh"
	// ReasonNotScheduled is for such a run of a customer that no schedule selects which is not suspended, so
	// that the figures will go stale. Nothing is wrong with them, and Ready stays as it is. Remedy: create a
	// LicenseSyncSchedule for the customer, or label it for one: schedules.md#customers-without-a-schedule.
	ReasonNotScheduled = "NotScheduled"
	// ReasonStale is for an older one, for people who were last read longer ago than that, or for a time ahead of
	// the operator's clock. Rows stay; no run starts because of it. Remedy: see whether runs fail or none starts,
	// and whether a schedule selects the customer; ask for a run.
	ReasonStale = "Stale"
	// ReasonNeverSynced is for a customer without a complete run. After a passing failure the first run is
	// repeated in an hour. Found on customer: DataFresh, DefaultsResolved. Remedy: see Ready.
	ReasonNeverSynced = "NeverSynced"
	// ReasonApprovalRequired is for row removals that wait for approval. Found on customer: PruneHeld. Remedy:
	// see troubleshooting.md#approvalrequired.
	ReasonApprovalRequired = "ApprovalRequired"
)

// Reasons of CapacityOK, from good to bad. Found on customer, row: CapacityOK.
const (
	// ReasonWithinThresholds is for utilisation below spec.thresholds.warningPercent.
	ReasonWithinThresholds = "WithinThresholds"
	// ReasonWarning is for a licence at or over warningPercent. Remedy: see where it is used, plan to buy:
	// troubleshooting.md#capacity.
	ReasonWarning = "Warning"
	// ReasonCritical is for a licence at or over criticalPercent. Remedy: as for Warning, soon.
	ReasonCritical = "Critical"
	// ReasonExhausted is for a licence with all units in use. Remedy: buy units, or take back those of people
	// who have left.
	ReasonExhausted = "Exhausted"
	// ReasonOverAssigned is for a licence with more units in use than bought: status.availableUnits is negative.
	// Webex allows that for a while. Remedy: as for Exhausted; status.residualUnits shows units that no location
	// explains.
	ReasonOverAssigned = "OverAssigned"
)

// Reasons of ObjectCountOK, from good to bad: nothing is broken, lists become slow. Found on customer:
// ObjectCountOK.
const (
	// ReasonWithinLimits is for numbers of objects below 80 percent of their limits, or below 70 percent once
	// they were over it.
	ReasonWithinLimits = "WithinLimits"
	// ReasonNearNamespaceLimit is for 80 percent of the objects of a kind that one namespace holds well. Remedy:
	// see troubleshooting.md#numbers-of-objects.
	ReasonNearNamespaceLimit = "NearNamespaceLimit"
	// ReasonNearClusterLimit is for 80 percent of the objects of a kind that one cluster holds well, over the
	// watched namespaces. Remedy: troubleshooting.md#numbers-of-objects.
	ReasonNearClusterLimit = "NearClusterLimit"
	// ReasonOverNamespaceLimit is for more objects of a kind than one namespace holds well, until they are below
	// 90 percent. Remedy: as for NearNamespaceLimit, or raise --object-limits-factor.
	ReasonOverNamespaceLimit = "OverNamespaceLimit"
	// ReasonOverClusterLimit is for more objects of a kind than one cluster holds well, until they are below 90
	// percent. Remedy: as for NearClusterLimit, or raise --object-limits-factor.
	ReasonOverClusterLimit = "OverClusterLimit"
)

// Reasons of Ready of a schedule; one with a mistake runs nothing of its plan. Found on schedule: Ready.
const (
	// ReasonScheduled is for a schedule whose next run is known: status.nextScheduleTime.
	ReasonScheduled = "Scheduled"
	// ReasonFinished is for a schedule whose slots have all passed. Remedy: delete it, which deletes its runs
	// too, or give it new slots.
	ReasonFinished = "Finished"
	// ReasonInvalidSchedule is for a plan that cannot be read, has an interval that is too short, or never
	// comes. The message names the field. Remedy: correct the field.
	ReasonInvalidSchedule = "InvalidSchedule"
	// ReasonUnknownTimeZone is for a time zone that the IANA database does not have. Remedy: write a name such
	// as Europe/Berlin; abbreviations such as CEST are none.
	ReasonUnknownTimeZone = "UnknownTimeZone"
	// ReasonInvalidSelector is for a spec.customerAccessSelector of a schedule, or a spec.select of a
	// partner, that cannot be read. The message of a partner names the field. Found on schedule, partner:
	// Ready. Remedy: in a schedule use matchLabels, or matchExpressions with In, NotIn, Exists or
	// DoesNotExist; in a partner correct the field.
	ReasonInvalidSelector = "InvalidSelector"
	// ReasonInvalidTemplate is for a spec.syncTemplate with labels that no object can have. Remedy: use letters,
	// digits, "-", "_" and ".", at most 63 of them.
	ReasonInvalidTemplate = "InvalidTemplate"
	// ReasonNoSlot is for a plan whose slots had all passed when it was made. Remedy: correct spec.at or
	// spec.endTime if something is to run.
	ReasonNoSlot = "NoSlot"
	// ReasonNoCustomers is for a selector that matches no customer of the namespace, perhaps not yet. Remedy:
	// label the customers.
	ReasonNoCustomers = "NoCustomers"
	// ReasonCustomerSuspended is for a schedule whose one customer is suspended. Slots are skipped; the latest
	// is made up for later. Remedy: resume the customer.
	ReasonCustomerSuspended = "CustomerSuspended"
	// ReasonRunNameTaken is for an object of another owner that has the name of the run for a slot. It is left
	// alone, and tried again as for RunRefused. Remedy: look at its metadata.ownerReferences, and delete it if
	// it is not needed; the message names it.
	ReasonRunNameTaken = "RunNameTaken"
	// ReasonSlotMissed is for a slot that was not run, or not for all customers: the operator was down, the
	// start too late, the run before still at work, or Kubernetes refused the run. Found on event of a schedule.
	// Remedy: nothing after an outage; if it comes by day, the plan asks for more than the runs can do
	// (status.duration, status.throttledSeconds).
	ReasonSlotMissed = "SlotMissed"
)

// Reasons of events that no condition has. Found on event of a customer.
const (
	// ReasonSyncFailed is for a run that failed for a passing cause while the figures are fresh. Remedy: nothing
	// for once; if it lasts, see the reason of the run.
	ReasonSyncFailed = "SyncFailed"
	// ReasonSyncRecovered is for a run that completed after others had failed.
	ReasonSyncRecovered = "SyncRecovered"
	// ReasonPruneApproved is for rows that were removed after approval. An approval is for one removal.
	ReasonPruneApproved = "PruneApproved"
	// ReasonPruneWithdrawn is for removals that are no longer due: Webex lists the licences again, or the guard
	// was loosened.
	ReasonPruneWithdrawn = "PruneWithdrawn"
	// ReasonTimeInFuture is for times in a schedule's status more than three hours ahead of the clock: a clock
	// stood wrong, or they come from a backup. The next slot runs, none before it. A customer names such times
	// in the message of Ready; its next run writes them anew. Found on event of a schedule. Remedy: see the
	// clocks of the nodes; ask for a run if the last slot matters.
	ReasonTimeInFuture = "TimeInFuture"
	// ReasonServedByAnother is for a customer that a manager's --watch-label-selector has matched for two
	// minutes, and that the manager of another shard (status.shard) goes on serving. Remedy: change one of the
	// selectors, or the customer's labels, so that they do not overlap; if the other manager is to go, stop it.
	ReasonServedByAnother = "ServedByAnother"
)
