package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// LicenseClass tells rows that say something about capacity from those that do not.
// +kubebuilder:validation:Enum=Purchased;Included
type LicenseClass string

const (
	// ClassPurchased rows belong to a subscription.
	ClassPurchased LicenseClass = "Purchased"
	// ClassIncluded rows (free and hybrid services) belong to none; their
	// figures say nothing about capacity.
	ClassIncluded LicenseClass = "Included"
)

// AssignableReason says why a licence can or cannot be assigned to a user.
// +kubebuilder:validation:Enum=Assignable;DefaultSubscriptionRequired;DefaultSiteURLRequired;DefaultNotFound;OtherSubscription;OtherSiteURL;Superseded
type AssignableReason string

const (
	// AssignableYes is for a licence inside the default subscription and site URL.
	AssignableYes AssignableReason = "Assignable"
	// AssignableDefaultSubscriptionRequired is for an organization with several
	// subscriptions and no default; set spec.defaultSubscription of the customer.
	AssignableDefaultSubscriptionRequired AssignableReason = "DefaultSubscriptionRequired"
	// AssignableDefaultSiteURLRequired is for an organization with several
	// Meetings sites and no default; set spec.defaultSiteURL of the customer.
	AssignableDefaultSiteURLRequired AssignableReason = "DefaultSiteURLRequired"
	// AssignableDefaultNotFound is for a default that the organization does not have.
	AssignableDefaultNotFound AssignableReason = "DefaultNotFound"
	// AssignableOtherSubscription is for a licence of another subscription than the default.
	AssignableOtherSubscription AssignableReason = "OtherSubscription"
	// AssignableOtherSiteURL is for a licence of another Meetings site than the default.
	AssignableOtherSiteURL AssignableReason = "OtherSiteURL"
	// AssignableSuperseded is for a licence that Webex no longer lists, whose removal is held.
	AssignableSuperseded AssignableReason = "Superseded"
)

// WebexLicenseSpec is the identity of a row. It never changes.
//
// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="spec is the identity of a licence row and immutable; rows are written by runs",reason="FieldValueForbidden"
// +kubebuilder:validation:XValidation:rule="has(self.locationID) == (self.level == 'Site')",message="locationID belongs to rows at level Site, and only there",fieldPath=".locationID"
type WebexLicenseSpec struct {
	// customerAccessRef names the customer that the row belongs to. Immutable.
	// +required
	CustomerAccessRef LocalCustomerReference `json:"customerAccessRef,omitzero"`

	// licenseID is the id of the licence in Webex; names are not unique and
	// change. Immutable.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	LicenseID string `json:"licenseID,omitempty"`

	// level is Customer (the whole organization) or Site (one Webex location).
	// Immutable.
	// +required
	Level Level `json:"level,omitempty"`

	// locationID is the id of the Webex location, at level Site only. Default:
	// none. Immutable.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	LocationID string `json:"locationID,omitempty"`
}

// WebexLicenseStatus holds a row's figures. It changes only when they do; how
// old they are says status.lastSuccessfulSyncTime of the customer.
type WebexLicenseStatus struct {
	// conditions hold Ready: the figures come from a complete run; and, of a
	// purchased licence at level Customer, CapacityOK: it is used below
	// spec.thresholds of the customer.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// observedGeneration is the generation of the spec that the figures are about.
	// +optional
	ObservedGeneration *int64 `json:"observedGeneration,omitempty"`

	// name is the licence's name in Webex, which repeats and changes.
	// Example: "Webex Calling - Professional".
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	Name string `json:"name,omitempty"`

	// offerCode is Webex's code of the product, as far as the id tells it.
	// Example: "BCSTD".
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	OfferCode string `json:"offerCode,omitempty"`

	// class is Purchased for a licence of a subscription, else Included (free
	// and hybrid services, whose figures say nothing about capacity).
	// +optional
	Class LicenseClass `json:"class,omitempty"`

	// location is the name of the Webex location at level Site, and of the
	// customer at level Customer.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	Location string `json:"location,omitempty"`

	// superseded is true while Webex no longer lists what the row shows and the
	// removal of the row is held (status.heldPrune of the customer). The figures
	// are the last ones that Webex told, and belong into no sum. Absent otherwise.
	// +optional
	Superseded *bool `json:"superseded,omitempty"`

	// totalUnits is the number of units bought. At level Site it is the
	// organization's pool, which all locations share: do not add it up.
	// +optional
	TotalUnits *int64 `json:"totalUnits,omitempty"`

	// consumedUnits is the number of units in use: at level Customer as Webex
	// says, at level Site counted from people and workspaces. May exceed totalUnits.
	// +optional
	ConsumedUnits *int64 `json:"consumedUnits,omitempty"`

	// availableUnits is totalUnits minus consumedUnits; negative when over-assigned.
	// +optional
	AvailableUnits *int64 `json:"availableUnits,omitempty"`

	// utilizationPercent is consumedUnits by totalUnits, in whole percent, rounded down.
	// +optional
	UtilizationPercent *int32 `json:"utilizationPercent,omitempty"`

	// consumedByUsers is the number of units that people use.
	// +optional
	ConsumedByUsers *int64 `json:"consumedByUsers,omitempty"`

	// consumedByWorkspaces is the number of units that workspaces use.
	// +optional
	ConsumedByWorkspaces *int64 `json:"consumedByWorkspaces,omitempty"`

	// unitsWithoutLocation is the number of units of people and workspaces that
	// have no Webex location; only people with Webex Calling have one. At level
	// Customer only.
	// +optional
	UnitsWithoutLocation *int64 `json:"unitsWithoutLocation,omitempty"`

	// residualUnits is what the walk over people and workspaces does not explain:
	// consumedUnits minus the units of all locations and minus
	// unitsWithoutLocation. Causes are external users, and changes during the
	// walk. May be negative. At level Customer only.
	// +optional
	ResidualUnits *int64 `json:"residualUnits,omitempty"`

	// holders is the number of people of the organization who hold the licence, as
	// the last complete walk counted. At level Customer only.
	// +optional
	Holders *int64 `json:"holders,omitempty"`

	// subscriptionID is the subscription that the licence belongs to.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	SubscriptionID string `json:"subscriptionID,omitempty"`

	// siteURL is the Webex Meetings site that the licence is bound to.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	SiteURL string `json:"siteURL,omitempty"`

	// siteType is Webex's word for how that site is managed.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	SiteType string `json:"siteType,omitempty"`

	// assignable says whether the licence may be assigned to a user: it is
	// synced, and inside the customer's default subscription and site URL.
	// +optional
	Assignable *bool `json:"assignable,omitempty"`

	// assignableReason says why.
	// +optional
	AssignableReason AssignableReason `json:"assignableReason,omitempty"`

	// lastChangeTime is when a run last changed this status.
	// +optional
	LastChangeTime *metav1.Time `json:"lastChangeTime,omitempty"`
}

// WebexLicense is one licence row: one Webex licence of one customer, for the
// whole organization (level Customer) or for one Webex location (level Site).
// Rows are written by runs only; what is edited by hand, the next run repairs.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=webexlicenses,shortName=wxl,categories=webex
// +kubebuilder:selectablefield:JSONPath=`.spec.customerAccessRef.name`
// +kubebuilder:selectablefield:JSONPath=`.spec.level`
// +kubebuilder:selectablefield:JSONPath=`.spec.licenseID`
// +kubebuilder:selectablefield:JSONPath=`.spec.locationID`
// +kubebuilder:selectablefield:JSONPath=`.status.location`
// +kubebuilder:selectablefield:JSONPath=`.status.class`
// +kubebuilder:selectablefield:JSONPath=`.status.subscriptionID`
// +kubebuilder:selectablefield:JSONPath=`.status.siteURL`
// +kubebuilder:printcolumn:name="License",type=string,JSONPath=`.status.name`,description="the licence's name in Webex"
// +kubebuilder:printcolumn:name="Total",type=integer,JSONPath=`.status.totalUnits`,description="units bought; at level Site the pool that all locations share"
// +kubebuilder:printcolumn:name="Consumed",type=integer,JSONPath=`.status.consumedUnits`,description="units in use"
// +kubebuilder:printcolumn:name="Available",type=integer,JSONPath=`.status.availableUnits`,description="total minus consumed"
// +kubebuilder:printcolumn:name="Location",type=string,JSONPath=`.status.location`,description="Webex location, or the customer at level Customer"
// +kubebuilder:printcolumn:name="Superseded",type=boolean,JSONPath=`.status.superseded`,description="true if Webex no longer lists it and its removal is held: in no sum"
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Customer",type=string,priority=1,JSONPath=`.spec.customerAccessRef.name`,description="the WebexCustomerAccess that the row belongs to"
// +kubebuilder:printcolumn:name="Level",type=string,priority=1,JSONPath=`.spec.level`,description="Customer or Site"
// +kubebuilder:printcolumn:name="Used %",type=integer,priority=1,JSONPath=`.status.utilizationPercent`,description="consumed by total, in percent"
// +kubebuilder:printcolumn:name="Capacity",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="CapacityOK")].reason`,description="how a purchased licence is used, by the customer's thresholds"
// +kubebuilder:printcolumn:name="Subscription",type=string,priority=1,JSONPath=`.status.subscriptionID`
// +kubebuilder:printcolumn:name="Site URL",type=string,priority=1,JSONPath=`.status.siteURL`
// +kubebuilder:printcolumn:name="Assignable",type=string,priority=1,JSONPath=`.status.assignableReason`,description="Assignable, or why not"
type WebexLicense struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is the identity of the row. It never changes.
	// +required
	// +structType=atomic
	Spec WebexLicenseSpec `json:"spec,omitzero"`

	// status holds the figures, written by runs.
	// +optional
	// +structType=atomic
	Status WebexLicenseStatus `json:"status,omitempty,omitzero"`

	// Unreadable are the stored values that the Go types do not take. They are
	// missing from the other fields, and are never written.
	Unreadable []UnreadableField `json:"-"`
}

// WebexLicenseList is a list of WebexLicense.
// +kubebuilder:object:root=true
type WebexLicenseList struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard list metadata.
	// +optional
	metav1.ListMeta `json:"metadata,omitzero"`
	// items are the objects.
	Items []WebexLicense `json:"items"`
}
