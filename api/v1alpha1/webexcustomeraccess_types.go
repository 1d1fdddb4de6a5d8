package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// DeletionPolicy says what happens to a customer's licence rows when the
// customer is deleted.
// +kubebuilder:validation:Enum=Delete;Retain
type DeletionPolicy string

const (
	// DeletionPolicyDelete makes the customer own its rows: garbage collection removes them with it.
	DeletionPolicyDelete DeletionPolicy = "Delete"
	// DeletionPolicyRetain leaves the rows in place, without an owner.
	DeletionPolicyRetain DeletionPolicy = "Retain"
)

// CABundleKind is the kind of object that holds a CA bundle.
// +kubebuilder:validation:Enum=ConfigMap;Secret
type CABundleKind string

const (
	// CABundleKindConfigMap reads the bundle from a ConfigMap.
	CABundleKindConfigMap CABundleKind = "ConfigMap"
	// CABundleKindSecret reads the bundle from a Secret.
	CABundleKindSecret CABundleKind = "Secret"
)

// CredentialKind says how the operator authenticates to Webex.
// +kubebuilder:validation:Enum=AccessToken;Integration;ServiceApp
type CredentialKind string

const (
	// CredentialKindAccessToken is a plain access token; it cannot be refreshed.
	CredentialKindAccessToken CredentialKind = "AccessToken"
	// CredentialKindIntegration is an OAuth integration: client id, client secret, refresh token.
	CredentialKindIntegration CredentialKind = "Integration"
	// CredentialKindServiceApp is a Webex Service App: an integration with an application id.
	CredentialKindServiceApp CredentialKind = "ServiceApp"
)

// WebexCustomerAccessSpec describes one Webex organization and how to reach it.
//
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.organizationID) || (has(self.organizationID) && self.organizationID == oldSelf.organizationID)",message="organizationID is immutable once set: create another WebexCustomerAccess for another organization",fieldPath=".organizationID",reason="FieldValueForbidden"
type WebexCustomerAccessSpec struct {
	// customerName is the display name of the customer, shown in the location
	// column of rows at level Customer. Default: the object's name. Mutable.
	// Example: "Acme Corporation".
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	CustomerName string `json:"customerName,omitempty"`

	// organizationID is the id of the Webex organization, as the bare UUID that
	// Control Hub shows or in the API's base64 form. Default: the organization
	// that the token belongs to; a partner's token needs it. Immutable once set.
	// Example: "11111111-2222-4333-8444-555555555555".
	// +optional
	// +kubebuilder:validation:MinLength=36
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$') || self.matches('^Y2lzY29zcGFyazov[A-Za-z0-9+/_-]+={0,2}$')",message="organizationID must be a UUID such as 11111111-2222-4333-8444-555555555555 (Control Hub, Management > Account), or the API's base64 form of it, which starts with Y2lzY29zcGFyazov"
	OrganizationID string `json:"organizationID,omitempty"`

	// hierarchyPath places the customer in a provider's hierarchy, from the top
	// down, separated by dots. It serves roll-ups above the customer; nothing is
	// collected there. Default: none. Mutable. Example: "hcs.provider.reseller".
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9][A-Za-z0-9_-]*)*$`
	HierarchyPath string `json:"hierarchyPath,omitempty"`

	// credentialsSecretRef names the Secret with the Webex credentials, in the
	// same namespace. The operator reads it and never writes it. Mutable; a
	// change of the Secret's content is noticed by itself.
	// +required
	CredentialsSecretRef CredentialsSecretReference `json:"credentialsSecretRef,omitzero"`

	// defaultSubscription is the id of the subscription whose licences may be
	// assigned to users. Default: the organization's only one; needed once there
	// are several. Mutable: assignability is computed anew without a call to
	// Webex. Example: "Sub-hydraOct26a".
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	DefaultSubscription string `json:"defaultSubscription,omitempty"`

	// defaultSiteURL is the Webex Meetings site whose licences may be assigned to
	// users: a host name, without scheme or path. Default: the organization's
	// only one; needed once there are several. Mutable: assignability is computed
	// anew without a call to Webex. Example: "acme.webex.com".
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?([.][A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+$')",message="defaultSiteURL must be a host name such as acme.webex.com, without https:// and without a path"
	DefaultSiteURL string `json:"defaultSiteURL,omitempty"`

	// connection says where the Webex API is and how to get there. Default: the
	// commercial Webex service, directly. Mutable.
	// +optional
	Connection *Connection `json:"connection,omitempty"`

	// collection says what a run reads. Default: both levels, roles and
	// workspaces. Mutable; a change starts a run.
	// +optional
	Collection *Collection `json:"collection,omitempty"`

	// thresholds say when the condition CapacityOK turns False for purchased
	// licences. Default: 80 and 95 percent with 5 points of hysteresis. Mutable.
	// +optional
	Thresholds *Thresholds `json:"thresholds,omitempty"`

	// prune guards the removal of rows. Default: at most 50 percent in one run.
	// Mutable.
	// +optional
	Prune *Prune `json:"prune,omitempty"`

	// deletionPolicy says what happens to the licence rows when this object is
	// deleted: Delete removes them, Retain keeps them with their last figures.
	// Default: Delete. Mutable; set Retain and wait for Ready before deleting.
	// +optional
	// +kubebuilder:default=Delete
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`

	// staleAfter is the age of the last successful run from which on the figures
	// count as stale (condition DataFresh=False); as long as they are fresh, a
	// passing trouble of the Webex API leaves Ready=True. A duration from 1m to
	// 8760h. Default: 26h, a nightly run and two hours. Mutable. Example: "48h".
	// +optional
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1m') && duration(self) <= duration('8760h')",message="staleAfter must be a duration from 1m to 8760h, such as 26h"
	StaleAfter *metav1.Duration `json:"staleAfter,omitempty"`

	// suspend stops all runs of this customer: no new one starts, and one that
	// waits keeps waiting. A run that has begun is finished. Rows and figures
	// stay. Default: false. Mutable.
	// +optional
	Suspend *bool `json:"suspend,omitempty"`
}

// CredentialsSecretReference names a Secret in the same namespace.
// +structType=atomic
type CredentialsSecretReference struct {
	// name is the name of the Secret. Its keys are either accessToken, or
	// clientID, clientSecret and refreshToken, with applicationID for a Service
	// App, and with the bootstrap keys for one that may get its tokens by API.
	// Several customers may name the same Secret, as those of a partner do.
	// Values are read when needed and kept nowhere else, except for refreshed
	// tokens, which go to a Secret that the operator owns. Mutable.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`
}

// Connection says where the Webex API is and how to get there.
// +kubebuilder:validation:XValidation:rule="!has(self.noProxy) || has(self.proxyURL)",message="noProxy needs proxyURL: remove noProxy or set connection.proxyURL"
type Connection struct {
	// baseURL is the root of the Webex API: https, without credentials, query or
	// fragment, and on a host that the operator's administrator allows
	// (--allowed-api-hosts). Default: "https://webexapis.com/v1"; Webex for
	// Government uses "https://api-usgov.webex.com/v1". Mutable.
	// +optional
	// +kubebuilder:validation:MinLength=9
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() == 'https' && url(self).getHostname() != ''",message="baseURL must be an https URL such as https://webexapis.com/v1"
	// +kubebuilder:validation:XValidation:rule="!self.contains('@') && !self.contains('?') && !self.contains('#')",message="baseURL must hold no credentials, query or fragment: put credentials into the Secret of credentialsSecretRef"
	BaseURL string `json:"baseURL,omitempty"`

	// proxyURL is the HTTP proxy through which the API is reached: http or
	// https, without credentials, on a host that the operator's administrator
	// allows (--allowed-proxy-hosts). A user name and password go into the Secret
	// of credentialsSecretRef, keys proxyUsername and proxyPassword. Default: the
	// operator's own environment. Mutable. Example: "http://proxy.example.com:8080".
	// +optional
	// +kubebuilder:validation:MinLength=8
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() in ['http', 'https'] && url(self).getHostname() != ''",message="proxyURL must be an http or https URL such as http://proxy.example.com:8080"
	// +kubebuilder:validation:XValidation:rule="!self.contains('@') && !self.contains('?') && !self.contains('#')",message="proxyURL must hold no credentials, query or fragment: put credentials into the Secret of credentialsSecretRef, keys proxyUsername and proxyPassword"
	ProxyURL string `json:"proxyURL,omitempty"`

	// noProxy lists hosts that are reached without proxyURL: names, domains with
	// a leading dot, addresses or CIDR ranges. Default: none. Mutable.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	NoProxy []string `json:"noProxy,omitempty"`

	// caBundleRef names a PEM bundle of certificate authorities that are trusted
	// instead of the system's, for networks that inspect TLS. Default: the
	// system's. Read at the start of each run. Mutable.
	// +optional
	CABundleRef *CABundleReference `json:"caBundleRef,omitempty"` //nolint:kubeapilinter // absent is nil, as for the structs beside it

	// requestsPerMinute bounds the calls of this customer's token to each endpoint
	// of Webex, which itself allows about 300 a minute for most of them and counts
	// by the token's owner (https://developer.webex.com/docs/basics). Customers of
	// one token share it. From 1 to 6000. Default: 240. Mutable.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=6000
	RequestsPerMinute int32 `json:"requestsPerMinute,omitempty"`
}

// CABundleReference names a ConfigMap or Secret in the same namespace.
// +structType=atomic
type CABundleReference struct {
	// kind is the kind of object that holds the bundle: ConfigMap or Secret.
	// Default: ConfigMap. Mutable.
	// +optional
	// +kubebuilder:default=ConfigMap
	Kind CABundleKind `json:"kind,omitempty"`

	// name is the name of the ConfigMap or Secret, in the same namespace. Mutable.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`

	// key is the entry that holds the PEM certificates. Default: "ca.crt". Mutable.
	// +optional
	// +kubebuilder:default="ca.crt"
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Key string `json:"key,omitempty"`
}

// Collection says what a run reads.
type Collection struct {
	// levels are the levels at which rows are written: Customer, Site or both.
	// Without Site, people and workspaces are not read. Default: both. Mutable;
	// rows of a level that is taken out are removed by the next run.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=2
	Levels []Level `json:"levels,omitempty"`

	// roles says whether the role names of the organization are read into the
	// status. Default: true. Mutable.
	// +optional
	Roles *bool `json:"roles,omitempty"`

	// workspaces says whether workspaces are read, so that their licences are
	// counted at their location. Without them those units appear as residual.
	// Default: true. Mutable.
	// +optional
	Workspaces *bool `json:"workspaces,omitempty"`
}

// Thresholds are percentages of utilisation (consumed units by total units) of
// purchased licences at level Customer.
// +kubebuilder:validation:XValidation:rule="(has(self.warningPercent) ? self.warningPercent : 80) < (has(self.criticalPercent) ? self.criticalPercent : 95)",message="warningPercent (default 80) must be below criticalPercent (default 95)",fieldPath=".warningPercent"
// +kubebuilder:validation:XValidation:rule="(has(self.hysteresisPercent) ? self.hysteresisPercent : 5) < (has(self.warningPercent) ? self.warningPercent : 80)",message="hysteresisPercent (default 5) must be below warningPercent (default 80)",fieldPath=".hysteresisPercent"
type Thresholds struct {
	// warningPercent is the utilisation, in percent, from which on a licence
	// counts as nearly used up. From 1 to 100. Default: 80. Mutable.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	WarningPercent int32 `json:"warningPercent,omitempty"`

	// criticalPercent is the utilisation, in percent, from which on somebody must
	// act. Must be above warningPercent. From 1 to 100. Default: 95. Mutable.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	CriticalPercent int32 `json:"criticalPercent,omitempty"`

	// hysteresisPercent is how many percentage points utilisation must fall below
	// a threshold before the warning is taken back, so that one user who comes and
	// goes does not toggle it. From 0 to 50, and below warningPercent. Default: 5.
	// Mutable.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=50
	HysteresisPercent *int32 `json:"hysteresisPercent,omitempty"`
}

// Prune guards the removal of licence rows.
type Prune struct {
	// maxPercent is the largest share of a customer's rows that one run may
	// remove, in percent, from 10 rows on. More are held: they keep their last
	// figures until the removal is approved (status.heldPrune). A licence list
	// that comes back empty is held at any number of rows. From 0 to 100; 0 holds
	// every removal from 10 rows on. Default: 50. Mutable.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	MaxPercent *int32 `json:"maxPercent,omitempty"`
}

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

	// totals sum up the purchased rows at level Customer.
	// +optional
	Totals *CustomerTotals `json:"totals,omitempty"`

	// lastRun is how the latest attempt of a run ended.
	// +optional
	LastRun *LastRun `json:"lastRun,omitempty"`

	// lastSuccessfulSyncTime is when the last complete run ended; the figures of
	// the rows are of this time.
	// +optional
	LastSuccessfulSyncTime *metav1.Time `json:"lastSuccessfulSyncTime,omitempty"`

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

// ExpiryWarning is what was last warned of, so that nobody is warned twice.
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

	// endTime is when the attempt ended.
	// +optional
	EndTime *metav1.Time `json:"endTime,omitempty"`
}

// HeldPrune describes row removals that wait for approval.
type HeldPrune struct {
	// rows is the number of rows that would be removed.
	// +optional
	Rows *int32 `json:"rows,omitempty"`

	// token approves the removal of exactly these rows: set the annotation
	// licensing.webex-operator.io/approvePrune to it.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Token string `json:"token,omitempty"`
}

// WebexCustomerAccess is one Webex organization and how to reach it. Runs
// (LicenseSync) read its licences into rows (WebexLicense). The first run
// starts by itself.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=webexcustomeraccesses,shortName=wxca,categories=webex
// +kubebuilder:selectablefield:JSONPath=`.spec.organizationID`
// +kubebuilder:selectablefield:JSONPath=`.spec.hierarchyPath`
// +kubebuilder:selectablefield:JSONPath=`.status.organization.id`
// +kubebuilder:printcolumn:name="Organization",type=string,JSONPath=`.status.organization.displayName`,description="name of the Webex organization"
// +kubebuilder:printcolumn:name="Licenses",type=integer,JSONPath=`.status.totals.licenses`,description="number of purchased licences"
// +kubebuilder:printcolumn:name="Total",type=integer,JSONPath=`.status.totals.totalUnits`,description="units bought"
// +kubebuilder:printcolumn:name="Consumed",type=integer,JSONPath=`.status.totals.consumedUnits`,description="units in use"
// +kubebuilder:printcolumn:name="Last Sync",type=date,JSONPath=`.status.lastSuccessfulSyncTime`,description="time since the last complete run"
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`,description="whether the credentials work and the figures can be relied on"
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`,description="why"
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Org ID",type=string,priority=1,JSONPath=`.status.organization.id`,description="UUID of the Webex organization"
// +kubebuilder:printcolumn:name="Available",type=integer,priority=1,JSONPath=`.status.totals.availableUnits`,description="units bought minus units in use"
// +kubebuilder:printcolumn:name="Subscription",type=string,priority=1,JSONPath=`.status.defaults.subscription`,description="default subscription in force"
// +kubebuilder:printcolumn:name="Site URL",type=string,priority=1,JSONPath=`.status.defaults.siteURL`,description="default Webex Meetings site in force"
// +kubebuilder:printcolumn:name="Shard",type=string,priority=1,JSONPath=`.status.shard`,description="shard whose manager serves the customer"
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:validation:XValidation:rule="size(self.metadata.name) <= 63",message="the name may have at most 63 characters, since it becomes a label value of the licence rows"
type WebexCustomerAccess struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object metadata. The name, at most 63
	// characters, becomes part of the names of runs and licence rows.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec says which organization to read and how to reach it.
	// +required
	Spec WebexCustomerAccessSpec `json:"spec,omitzero"`

	// status is what was last seen of the organization, written by the operator.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status WebexCustomerAccessStatus `json:"status,omitempty,omitzero"`
}

// WebexCustomerAccessList is a list of WebexCustomerAccess.
// +kubebuilder:object:root=true
type WebexCustomerAccessList struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard list metadata.
	// +optional
	metav1.ListMeta `json:"metadata,omitzero"`
	// items are the objects.
	Items []WebexCustomerAccess `json:"items"`
}
