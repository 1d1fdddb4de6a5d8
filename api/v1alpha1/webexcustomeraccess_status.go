package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// WebexCustomerAccessStatus is what was last seen of the organization.
type WebexCustomerAccessStatus struct {
	// conditions are Ready, Reconciling and Stalled by the kstatus contract, and
	// CredentialsValid, DefaultsResolved, DataFresh, PruneHeld, CapacityOK and
	// ObjectCountOK.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// observedGeneration is the generation of the spec that the conditions are about.
	// +optional
	ObservedGeneration *int64 `json:"observedGeneration,omitempty"`

	// organization is the Webex organization that the credentials gave access to.
	// +optional
	Organization *OrganizationStatus `json:"organization,omitempty"`

	// subscriptions are the ids of the organization's subscriptions, sorted.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=256
	// +kubebuilder:validation:items:MaxLength=128
	Subscriptions []string `json:"subscriptions,omitempty"`

	// siteURLs are the Webex Meetings sites that licences are bound to, sorted.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=256
	// +kubebuilder:validation:items:MaxLength=253
	SiteURLs []string `json:"siteURLs,omitempty"`

	// roles are the names of the roles that the organization offers, sorted.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=128
	// +kubebuilder:validation:items:MaxLength=256
	Roles []string `json:"roles,omitempty"`

	// defaults are the subscription and site URL in force: the spec's, or the
	// only one that exists.
	// +optional
	Defaults *EffectiveDefaults `json:"defaults,omitempty"`

	// credentials says what kind of credentials are in use and when they end.
	// +optional
	Credentials *CredentialsStatus `json:"credentials,omitempty"`

	// expiryWarning is the last warning that credentials are about to end: the
	// event ExpiresSoon is written once for 30, 14, 7 and 1 days.
	// +optional
	ExpiryWarning *ExpiryWarning `json:"expiryWarning,omitempty"`

	// told is what events and conditions have said, for the operator to know what
	// is new.
	// +optional
	Told *Told `json:"told,omitempty"`

	// totals sum up the purchased rows at level Customer.
	// +optional
	Totals *CustomerTotals `json:"totals,omitempty"`

	// otherLicenses count who holds licences of other subscriptions and sites than
	// the defaults, which are not to be retained. At most 64.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	OtherLicenses []OtherLicense `json:"otherLicenses,omitempty"`

	// lastRun is how the latest attempt of a run ended.
	// +optional
	LastRun *LastRun `json:"lastRun,omitempty"`

	// lastSuccessfulSyncTime is when the last complete run ended; the figures of
	// the rows at level Customer are of this time.
	// +optional
	LastSuccessfulSyncTime *metav1.Time `json:"lastSuccessfulSyncTime,omitempty"`

	// lastWalkTime is when the last complete run ended that walked over people and
	// workspaces; the figures of the rows at level Site are of this time. Absent
	// if runs read no people.
	// +optional
	LastWalkTime *metav1.Time `json:"lastWalkTime,omitempty"`

	// walked is what the last complete walk found and left. While both stay the
	// same, scheduled runs need no other walk. Absent if the next run is to walk.
	// +optional
	Walked *Walked `json:"walked,omitempty"`

	// lastHandledReconcileAt is the last value of the annotation
	// licensing.webex-operator.io/requestedAt that a run was created for.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	LastHandledReconcileAt string `json:"lastHandledReconcileAt,omitempty"`

	// notBefore is the time before which Webex asked not to be called
	// (Retry-After). No run calls Webex before it, also after a restart of the
	// operator.
	// +optional
	NotBefore *metav1.Time `json:"notBefore,omitempty"`

	// heldPrune describes row removals that wait for approval.
	// +optional
	HeldPrune *HeldPrune `json:"heldPrune,omitempty"`

	// collectedSpecHash identifies the part of the spec that the last run worked
	// by; a run starts by itself when that part changes.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	CollectedSpecHash string `json:"collectedSpecHash,omitempty"`

	// collectedDataVersion is the version of the data that the last complete run
	// collected: what it read and how it counted. An operator of a higher version
	// runs the customer once. Absent stands for 1.
	// +optional
	// +kubebuilder:validation:Minimum=1
	CollectedDataVersion int32 `json:"collectedDataVersion,omitempty"`

	// upgradeRunTime is when the run is due that an upgrade of the operator asks
	// for, spread over the operator's --upgrade-spread. Absent if none is due; any
	// run that completes before makes it needless.
	// +optional
	UpgradeRunTime *metav1.Time `json:"upgradeRunTime,omitempty"`

	// shard names the shard whose manager serves the customer, where several
	// divide the customers between them (--watch-label-selector). Absent: the
	// manager that has no selector, or none yet. No other manager sends requests
	// to Webex or writes rows for the customer.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Shard string `json:"shard,omitempty"`
}

// OrganizationStatus identifies a Webex organization.
type OrganizationStatus struct {
	// id is the bare UUID of the organization, in lower case.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	ID string `json:"id,omitempty"`

	// displayName is the organization's name in Webex.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	DisplayName string `json:"displayName,omitempty"`
}

// EffectiveDefaults are the defaults in force for assignability.
type EffectiveDefaults struct {
	// subscription is the subscription in force; empty if one must be chosen.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	Subscription string `json:"subscription,omitempty"`

	// siteURL is the site URL in force; empty if one must be chosen.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	SiteURL string `json:"siteURL,omitempty"`
}

// CredentialsStatus says what kind of credentials are in use and when they end.
type CredentialsStatus struct {
	// kind is AccessToken, Integration or ServiceApp, by the keys of the Secret.
	// +optional
	Kind CredentialKind `json:"kind,omitempty"`

	// accessTokenExpirationTime is when the access token ends; unknown for one
	// that a person put into the Secret without saying.
	// +optional
	AccessTokenExpirationTime *metav1.Time `json:"accessTokenExpirationTime,omitempty"`

	// refreshTokenExpirationTime is when the refresh token ends unless it is
	// renewed before.
	// +optional
	RefreshTokenExpirationTime *metav1.Time `json:"refreshTokenExpirationTime,omitempty"`

	// refusal is set while the access token works but Webex refuses to renew it,
	// or the bootstrap credentials of a Service App.
	// +optional
	Refusal *CredentialsRefusal `json:"refusal,omitempty"`

	// observedSecretResourceVersion is the version of the user's Secret that the
	// latest attempt used. Refused credentials are not tried again before it changes.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	ObservedSecretResourceVersion string `json:"observedSecretResourceVersion,omitempty"`
}

// CredentialsRefusal says that Webex refuses to renew tokens that still work.
type CredentialsRefusal struct {
	// time is when Webex refused. It is not asked again before the Secret
	// changes or the access token ends.
	// +optional
	Time *metav1.Time `json:"time,omitempty"`

	// usableUntil is when the access token ends that cannot be renewed; absent if
	// that is unknown, or if only the bootstrap credentials were refused.
	// +optional
	UsableUntil *metav1.Time `json:"usableUntil,omitempty"`

	// message says what was refused, with the remedy.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Message string `json:"message,omitempty"`
}

// Told is what events and conditions of a customer have said.
type Told struct {
	// failing is true while the latest run failed and the figures are still good.
	// +optional
	Failing *bool `json:"failing,omitempty"`

	// heldPruneToken is the token of the removals that condition PruneHeld is about.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	HeldPruneToken string `json:"heldPruneToken,omitempty"`

	// crowdedKind is the kind of objects that condition ObjectCountOK is about,
	// such as webexlicenses, while there are too many or nearly so.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	CrowdedKind string `json:"crowdedKind,omitempty"`
}

// ExpiryWarning is the last warning, so that none is given twice.
type ExpiryWarning struct {
	// expirationTime is when the credentials end that the warning was about.
	// +optional
	ExpirationTime *metav1.Time `json:"expirationTime,omitempty"`

	// daysBefore is the lead of the warning in days: 30, 14, 7 or 1.
	// +optional
	DaysBefore *int32 `json:"daysBefore,omitempty"`
}

// CustomerTotals sum up the purchased rows at level Customer.
type CustomerTotals struct {
	// licenses is the number of purchased licences.
	// +optional
	Licenses *int64 `json:"licenses,omitempty"`

	// locations is the number of Webex locations at which licences are in use.
	// +optional
	Locations *int64 `json:"locations,omitempty"`

	// totalUnits is the number of units bought.
	// +optional
	TotalUnits *int64 `json:"totalUnits,omitempty"`

	// consumedUnits is the number of units in use.
	// +optional
	ConsumedUnits *int64 `json:"consumedUnits,omitempty"`

	// availableUnits is totalUnits minus consumedUnits; negative when over-assigned.
	// +optional
	AvailableUnits *int64 `json:"availableUnits,omitempty"`
}

// Walked identifies what a complete walk found, and what it left.
type Walked struct {
	// startTime is when the walk began. Admin audit events since then ask for
	// another one.
	// +optional
	StartTime *metav1.Time `json:"startTime,omitempty"`

	// licensesHash identifies the licences and their units as Webex listed them
	// before the walk.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	LicensesHash string `json:"licensesHash,omitempty"`

	// rowsHash identifies the rows and their figures after the walk. Rows that are
	// deleted or edited by hand ask for another one.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	RowsHash string `json:"rowsHash,omitempty"`
}

// LastRun is how the latest attempt of a run ended.
type LastRun struct {
	// name is the name of the LicenseSync.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`

	// reason is Succeeded, or why the attempt failed; the same word as in the
	// run's conditions.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Reason string `json:"reason,omitempty"`

	// message explains the reason, with the remedy.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Message string `json:"message,omitempty"`

	// failures is how many attempts in a row have failed, this one included.
	// Absent after one that succeeded.
	// +optional
	// +kubebuilder:validation:Minimum=1
	Failures int32 `json:"failures,omitempty"`

	// refusedRows is the number of licence rows that the API server did not take.
	// The message says of one why.
	// +optional
	RefusedRows *int32 `json:"refusedRows,omitempty"`

	// observedGeneration is the generation of the customer's spec that the attempt worked by.
	// +optional
	ObservedGeneration *int64 `json:"observedGeneration,omitempty"`

	// observedCABundleResourceVersion is the version of the Secret of
	// spec.connection.caBundleRef that the attempt trusted, if it names one. A
	// customer that could not be reached is tried again when it changes.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	ObservedCABundleResourceVersion string `json:"observedCABundleResourceVersion,omitempty"`

	// verdict is set if Webex itself said no: to a right, to the organization, to
	// the request; or the proxy to its user name and password.
	// +optional
	Verdict *Verdict `json:"verdict,omitempty"`

	// endTime is when the attempt ended.
	// +optional
	EndTime *metav1.Time `json:"endTime,omitempty"`
}

// Verdict is what is kept of a no, so that it is neither believed too early nor for ever.
type Verdict struct {
	// time is when it was said last. Runs that the operator makes repeat it for 6
	// hours without a request; the next one asks again.
	// +optional
	Time *metav1.Time `json:"time,omitempty"`

	// step is the step of the run that it was said to. Asking again begins there.
	// +optional
	Step RunStep `json:"step,omitempty"`

	// confirmed is true once a second attempt was told the same. Before that it is
	// not believed: the customer is what it was.
	// +optional
	Confirmed *bool `json:"confirmed,omitempty"`
}

// HeldPrune describes row removals that wait for approval.
type HeldPrune struct {
	// rows is the number of rows that would be removed.
	// +optional
	Rows *int32 `json:"rows,omitempty"`

	// percent is the share that they are of the rows that there were before, in
	// percent, rounded up. They are held while it is more than spec.prune.maxPercent.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	Percent *int32 `json:"percent,omitempty"`

	// token approves the removal of exactly these rows: set the annotation
	// licensing.webex-operator.io/approvePrune to it.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Token string `json:"token,omitempty"`
}
