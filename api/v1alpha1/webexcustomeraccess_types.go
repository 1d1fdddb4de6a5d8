package v1alpha1

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

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

	// assignment is what WebexLicenseAssignments in mode Enforce need to change
	// licences in Webex, beside the operator's flag --enable-assignment. Without
	// it they only report. Default: none. Mutable.
	// +optional
	Assignment *CustomerAssignment `json:"assignment,omitempty"` //nolint:kubeapilinter // absent is nil, as for the structs beside it

	// deletionPolicy says what happens to the licence rows when this object is
	// deleted: Delete removes them, Retain keeps them with their last figures.
	// Default: Delete. Mutable; set Retain and wait for Ready before deleting.
	// +optional
	// +kubebuilder:default=Delete
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`

	// staleAfter is the age of the last successful run from which on the figures
	// count as stale (condition DataFresh=False), and of the last walk over people
	// and workspaces for those of level Site; as long as they are fresh, a passing
	// trouble of the Webex API leaves Ready=True. A duration from 1m to 8760h.
	// Default: 26h, a nightly run and two hours. Mutable. Example: "48h".
	// +optional
	// +kubebuilder:validation:XValidation:rule="self.matches('DURATION') && duration(self) >= duration('1m') && duration(self) <= duration('8760h')",message="staleAfter must be a duration from 1m to 8760h, such as 26h"
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

	// caBundleRef names a bundle of certificate authorities that are trusted
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

	// key is the entry that holds the certificates, as PEM, or as DER in a
	// ConfigMap's binaryData. Default: "ca.crt". Mutable.
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

	// siteMaxAge is how old the figures of level Site may get while no licence's
	// units change. Until then scheduled runs read licences only, which tell of
	// the whole organization, and leave people and workspaces alone; 0s reads them
	// in every run. A shorter staleAfter goes first. Default: "24h". Mutable.
	// Example: "6h".
	// +optional
	// +kubebuilder:validation:XValidation:rule="self.matches('DURATION') && duration(self) >= duration('0s') && duration(self) <= duration('8760h')",message="siteMaxAge must be a duration from 0s to 8760h, such as 6h"
	SiteMaxAge *metav1.Duration `json:"siteMaxAge,omitempty"`
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

	// criticalPercent is the utilisation, in percent, from which on units
	// run out. Must be above warningPercent. From 1 to 100. Default: 95. Mutable.
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
	// remove, in percent, from 10 rows on. More are held: the rows say superseded
	// and are in no sum until the removal is approved (status.heldPrune). A
	// licence list that comes back empty is held at any number of rows. From 0 to
	// 100; 0 holds every removal from 10 rows on. Default: 50. Mutable.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	MaxPercent *int32 `json:"maxPercent,omitempty"`
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

	// Unreadable are the stored values that the Go types do not take. They are
	// missing from the other fields, and are never written.
	Unreadable []UnreadableField `json:"-"`
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

// Collects says whether licences are collected at a level, by spec.collection.
func (c *WebexCustomerAccess) Collects(level Level) bool {
	wanted := c.Spec.Collection
	return wanted == nil || len(wanted.Levels) == 0 || slices.Contains(wanted.Levels, level)
}
