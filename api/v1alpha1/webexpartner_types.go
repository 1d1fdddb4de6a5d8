package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// PartnerMode says whether a partner makes customers.
// +kubebuilder:validation:Enum=Report;Create
type PartnerMode string

const (
	// PartnerModeReport tells in the status what would be made, and makes nothing.
	PartnerModeReport PartnerMode = "Report"
	// PartnerModeCreate makes customers, and keeps them in line with the template.
	PartnerModeCreate PartnerMode = "Create"
)

// WebexPartnerSpec says how a partner's organizations are found, and what becomes of them.
//
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.organizationID) || (has(self.organizationID) && self.organizationID == oldSelf.organizationID)",message="organizationID is immutable once set: create another WebexPartner for another partner",fieldPath=".organizationID",reason="FieldValueForbidden"
type WebexPartnerSpec struct {
	// credentialsSecretRef names the Secret with the tokens of an integration
	// that a partner administrator has authorized. The customers that are made
	// name it, too. Mutable.
	// +required
	CredentialsSecretRef CredentialsSecretReference `json:"credentialsSecretRef,omitzero"`

	// connection says where the Webex API is and how to get there, for the
	// partner and for the customers that are made. Default: the commercial Webex
	// service, directly. Mutable.
	// +optional
	Connection *Connection `json:"connection,omitempty"`

	// organizationID is the id of the partner's own organization, which never
	// becomes a customer, as the bare UUID that Control Hub shows or in the API's
	// base64 form. Default: Webex is asked for it once. Immutable once set.
	// Example: "11111111-2222-4333-8444-555555555555".
	// +optional
	// +kubebuilder:validation:MinLength=36
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$') || self.matches('^Y2lzY29zcGFyazov[A-Za-z0-9+/_-]+={0,2}$')",message="organizationID must be a UUID such as 11111111-2222-4333-8444-555555555555 (Control Hub, Management > Account), or the API's base64 form of it, which starts with Y2lzY29zcGFyazov"
	OrganizationID string `json:"organizationID,omitempty"`

	// interval is the time between two discoveries: a duration from 10m to 744h.
	// Default: 24h. Mutable. Example: "6h".
	// +optional
	// +kubebuilder:validation:XValidation:rule="self.matches('DURATION') && duration(self) >= duration('10m') && duration(self) <= duration('744h')",message="interval must be a duration from 10m to 744h, such as 24h"
	Interval *metav1.Duration `json:"interval,omitempty"`

	// select says which of the organizations that the credentials see become
	// customers. Default: all but the partner's own. Mutable.
	// +optional
	Select *OrganizationSelector `json:"select,omitempty"`

	// mode is Report, which tells in the status what would be made, or Create,
	// which makes customers and keeps them in line with the template. Default:
	// Report. Mutable.
	// +optional
	// +kubebuilder:default=Report
	Mode PartnerMode `json:"mode,omitempty"`

	// maxNewPerPass is how many customers are made at a time. Passes follow each
	// other by a minute while some are left. From 1 to 100. Default: 20. Mutable.
	// +optional
	// +kubebuilder:default=20
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	MaxNewPerPass int32 `json:"maxNewPerPass,omitempty"`

	// template is what the customers look like. A field that a person sets on a
	// customer stays the person's. Default: customers with their defaults.
	// Mutable; customers that there are follow.
	// +optional
	Template *CustomerTemplate `json:"template,omitempty"`

	// deletionPolicy says what happens to the customers that were made, and to
	// their schedule, when this object is deleted: Retain keeps them, Delete
	// removes them, and what they hold by their own deletionPolicy. Default:
	// Retain. Mutable; set Delete and wait for Ready before deleting.
	// +optional
	// +kubebuilder:default=Retain
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`

	// suspend stops discoveries and leaves the customers as they are: their runs
	// go on. Default: false. Mutable.
	// +optional
	Suspend *bool `json:"suspend,omitempty"`
}

// OrganizationMatch matches organizations by id, name or tag.
type OrganizationMatch struct {
	// organizationIDs are ids of organizations, as the bare UUID or in the API's
	// base64 form. At most 1000. Default: any. Mutable.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=1000
	// +kubebuilder:validation:items:MinLength=36
	// +kubebuilder:validation:items:MaxLength=256
	OrganizationIDs []string `json:"organizationIDs,omitempty"`

	// names are regular expressions (RE2) of which one must be found in the
	// organization's name; ^ and $ stand for its ends, (?i) for any case.
	// Default: any. Mutable. Example: ["^Acme "].
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=256
	// +kubebuilder:validation:items:XValidation:rule="''.matches(self) in [true, false]",message="names must hold regular expressions of RE2: put a backslash before a sign that stands for itself, such as \\("
	Names []string `json:"names,omitempty"`

	// tags are tags of customers in Partner Hub, of which the organization must
	// have one. Reading them takes further requests. Default: any. Mutable.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=64
	Tags []string `json:"tags,omitempty"`
}

// OrganizationSelector selects organizations: those that match each list which is given,
// and nothing of exclude.
type OrganizationSelector struct {
	OrganizationMatch `json:",inline"`

	// exclude is what organizations must not match, by any of its lists. Default:
	// none. Mutable.
	// +optional
	Exclude *OrganizationMatch `json:"exclude,omitempty"`
}

// CustomerTemplate is what the customers of a partner look like, beside their organization,
// credentials and connection. A default subscription and a default site URL are not in it:
// they belong to one organization.
type CustomerTemplate struct {
	// labels are put on the customers, beside the operator's own. At most 32.
	// Default: none. Mutable.
	// +optional
	// +kubebuilder:validation:MaxProperties=32
	// +kubebuilder:validation:XValidation:rule="self.all(key, !key.startsWith('licensing.webex-operator.io/') || key == 'licensing.webex-operator.io/shard')",message="labels must not begin with licensing.webex-operator.io/, but for licensing.webex-operator.io/shard: choose another prefix"
	Labels map[string]string `json:"labels,omitempty"`

	// hierarchyPath places the customers in the provider's hierarchy, as
	// spec.hierarchyPath of a customer does. Default: none. Mutable.
	// Example: "hcs.provider".
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9][A-Za-z0-9_-]*)*$`
	HierarchyPath string `json:"hierarchyPath,omitempty"`

	// byTag are another hierarchyPath and further labels for customers with a tag
	// in Partner Hub; the first entry that has something to say goes before the
	// others. Default: none. Mutable.
	// +optional
	// +listType=map
	// +listMapKey=tag
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	ByTag []TagTemplate `json:"byTag,omitempty"`

	// thresholds are those of the customers. Default: theirs. Mutable.
	// +optional
	Thresholds *Thresholds `json:"thresholds,omitempty"`

	// collection says what runs of the customers read. Default: theirs. Mutable.
	// +optional
	Collection *Collection `json:"collection,omitempty"`

	// prune guards the removal of the customers' rows. Default: theirs. Mutable.
	// +optional
	Prune *Prune `json:"prune,omitempty"`

	// deletionPolicy is that of the customers: what happens to the licence rows
	// when a customer is deleted, Delete or Retain. Default: Delete. Mutable.
	// +optional
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`

	// staleAfter is that of the customers: a duration from 1m to 8760h. Default:
	// 26h. Mutable. Example: "48h".
	// +optional
	// +kubebuilder:validation:XValidation:rule="self.matches('DURATION') && duration(self) >= duration('1m') && duration(self) <= duration('8760h')",message="staleAfter must be a duration from 1m to 8760h, such as 26h"
	StaleAfter *metav1.Duration `json:"staleAfter,omitempty"`

	// schedule is when all customers of the partner are read, by a
	// LicenseSyncSchedule of the partner's name. Default: none; customers without
	// a schedule say so. Mutable.
	// +optional
	Schedule *PartnerSchedule `json:"schedule,omitempty"` //nolint:kubeapilinter // absent is nil, as for the structs beside it
}

// TagTemplate is what customers with one tag look like.
type TagTemplate struct {
	// tag is the tag in Partner Hub. Mutable.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Tag string `json:"tag,omitempty"`

	// hierarchyPath is used instead of the template's. Default: the template's.
	// Mutable. Example: "hcs.provider.gold".
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9][A-Za-z0-9_-]*)*$`
	HierarchyPath string `json:"hierarchyPath,omitempty"`

	// labels are put on the customers beside those of the template, or instead of
	// those with the same key. At most 32. Default: none. Mutable.
	// +optional
	// +kubebuilder:validation:MaxProperties=32
	// +kubebuilder:validation:XValidation:rule="self.all(key, !key.startsWith('licensing.webex-operator.io/') || key == 'licensing.webex-operator.io/shard')",message="labels must not begin with licensing.webex-operator.io/, but for licensing.webex-operator.io/shard: choose another prefix"
	Labels map[string]string `json:"labels,omitempty"`
}

// PartnerSchedule is when the customers of a partner are read.
type PartnerSchedule struct {
	// schedule is a cron expression of five fields, or one of @hourly, @daily,
	// @weekly, @monthly and @yearly. Mutable. Example: "0 1 * * *".
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:XValidation:rule="!self.contains('TZ=')",message="schedule must not hold TZ= or CRON_TZ=: set timeZone instead"
	// +kubebuilder:validation:XValidation:rule="self.contains('TZ=') || self.matches('CRON')",message="schedule must be five fields with blanks between: minute 0-59, hour 0-23, day of month 1-31, month 1-12 or jan-dec, day of week 0-7 or sun-sat; each a number, a range, a list, a step such as */15 or a star; or one of @hourly, @daily, @midnight, @weekly, @monthly, @yearly and @annually. Example: 30 2 * * *"
	// +kubebuilder:validation:XValidation:rule="self.findAll('NUMBERRANGE').all(r, int(r.split('-')[0]) <= int(r.split('-')[1])) && self.lowerAscii().findAll('NAMERANGE').all(r, 'jan feb mar apr may jun jul aug sep oct nov dec sun mon tue wed thu fri sat'.indexOf(r.split('-')[0]) <= 'jan feb mar apr may jun jul aug sep oct nov dec sun mon tue wed thu fri sat'.indexOf(r.split('-')[1]))",message="schedule must not hold a range that ends before it begins: write 22-23,0-6 for 22-6, and 5-7 for fri-sun"
	Schedule string `json:"schedule,omitempty"`

	// timeZone is the IANA name of the zone that schedule is in. Default:
	// "Etc/UTC". Mutable. Example: "Europe/Berlin".
	// +optional
	// +kubebuilder:default="Etc/UTC"
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self != 'Local'",message="timeZone must be an IANA name such as Europe/Berlin; Local would be the operator's own zone"
	TimeZone string `json:"timeZone,omitempty"`

	// spreadSeconds spreads the starts of the customers over so many seconds.
	// From 0 to 86400 (a day). Default: 3600. Mutable.
	// +optional
	// +kubebuilder:default=3600
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=86400
	SpreadSeconds *int32 `json:"spreadSeconds,omitempty"`
}

// WebexPartner is one credential of a Webex partner, and the customers that it
// sees. It finds their organizations, and in mode Create it makes a
// WebexCustomerAccess for each. It deletes none.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=webexpartners,shortName=wxp,categories=webex
// +kubebuilder:printcolumn:name="Mode",type=string,JSONPath=`.spec.mode`,description="Report or Create"
// +kubebuilder:printcolumn:name="Found",type=integer,JSONPath=`.status.organizationCounts.found`,description="organizations that the credentials see, without the partner's own"
// +kubebuilder:printcolumn:name="Selected",type=integer,JSONPath=`.status.organizationCounts.selected`,description="organizations of them that spec.select selects"
// +kubebuilder:printcolumn:name="Created",type=integer,JSONPath=`.status.organizationCounts.created`,description="customers that the partner has made"
// +kubebuilder:printcolumn:name="Waiting",type=integer,JSONPath=`.status.organizationCounts.waiting`,description="customers that would be made, or are about to be"
// +kubebuilder:printcolumn:name="Vanished",type=integer,JSONPath=`.status.organizationCounts.vanished`,description="customers whose organization is gone or no longer selected"
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Elsewhere",type=integer,priority=1,JSONPath=`.status.organizationCounts.readElsewhere`,description="organizations that a customer of another maker reads"
// +kubebuilder:printcolumn:name="Held",type=integer,priority=1,JSONPath=`.status.held.customers`,description="customers whose suspension waits for approval"
// +kubebuilder:printcolumn:name="Fresh",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="DiscoveryFresh")].status`,description="whether the list of organizations is young enough"
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:validation:XValidation:rule="size(self.metadata.name) <= 63",message="the name may have at most 63 characters, since it becomes a label value of the customers"
type WebexPartner struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object metadata. The name, at most 63
	// characters, becomes a label of the customers.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec says how organizations are found, and what becomes of them.
	// +required
	Spec WebexPartnerSpec `json:"spec,omitzero"`

	// status is what was found, and what was made of it, written by the operator.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status WebexPartnerStatus `json:"status,omitempty,omitzero"`

	// Unreadable are the stored values that the Go types do not take. They are
	// missing from the other fields, and are never written.
	Unreadable []UnreadableField `json:"-"`
}

// WebexPartnerList is a list of WebexPartner.
// +kubebuilder:object:root=true
type WebexPartnerList struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard list metadata.
	// +optional
	metav1.ListMeta `json:"metadata,omitzero"`
	// items are the objects.
	Items []WebexPartner `json:"items"`
}
