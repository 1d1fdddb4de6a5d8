package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// AssignmentMode says whether an assignment is carried out.
// +kubebuilder:validation:Enum=Report;Enforce
type AssignmentMode string

const (
	// AssignmentModeReport plans, and changes nothing in Webex.
	AssignmentModeReport AssignmentMode = "Report"
	// AssignmentModeEnforce carries the plan out.
	AssignmentModeEnforce AssignmentMode = "Enforce"
)

// UnlistedPolicy says what happens to people who hold the licence and are in no list.
// +kubebuilder:validation:Enum=Keep;Remove
type UnlistedPolicy string

const (
	// UnlistedKeep lets them keep it.
	UnlistedKeep UnlistedPolicy = "Keep"
	// UnlistedRemove takes it from them: the list owns the licence's whole pool.
	UnlistedRemove UnlistedPolicy = "Remove"
)

// SubjectSourceKind is the kind of object that holds addresses.
// +kubebuilder:validation:Enum=ConfigMap;Secret
type SubjectSourceKind string

const (
	// SubjectSourceConfigMap reads addresses from a ConfigMap.
	SubjectSourceConfigMap SubjectSourceKind = "ConfigMap"
	// SubjectSourceSecret reads addresses from a Secret.
	SubjectSourceSecret SubjectSourceKind = "Secret"
)

// WebexLicenseAssignmentSpec says who shall hold one licence.
//
// +kubebuilder:validation:XValidation:rule="self.customerAccessRef == oldSelf.customerAccessRef",message="customerAccessRef is immutable: delete this WebexLicenseAssignment, which changes nothing in Webex, and create another one",fieldPath=".customerAccessRef"
type WebexLicenseAssignmentSpec struct {
	// customerAccessRef names the customer whose people shall hold the licence.
	// Immutable.
	// +required
	CustomerAccessRef LocalCustomerReference `json:"customerAccessRef,omitzero"`

	// license says which licence: one purchased licence of the customer that is
	// assignable, which means synced and inside the default subscription and
	// site URL. Calling and Contact Center licences are not managed. Mutable.
	// +required
	License LicenseSelector `json:"license,omitzero"` //nolint:kubeapilinter // the rule of the struct refuses an empty one, in better words

	// subjects say who shall hold it: the union of all sources. While one of them
	// cannot be resolved completely, the licence is taken from no person. Mutable.
	// +required
	Subjects Subjects `json:"subjects,omitzero"` //nolint:kubeapilinter // as license

	// mode is Report, which plans only, or Enforce, which carries the plan out.
	// Enforce needs two more things: the operator's flag --enable-assignment, and
	// spec.assignment of the customer. Default: Report. Mutable.
	// +optional
	// +kubebuilder:default=Report
	Mode AssignmentMode `json:"mode,omitempty"`

	// unlisted says what happens to people who hold the licence and are in no
	// list: Keep, or Remove. It is taken from them only if all assignments of the
	// licence say Remove, enforce, and are resolved. Default: Keep. Mutable.
	// +optional
	// +kubebuilder:default=Keep
	Unlisted UnlistedPolicy `json:"unlisted,omitempty"`

	// maxRemovals is how many people this assignment may take licences from within
	// 24 hours. If there were more, none of them loses any before a person
	// approves (status.held); additions go on. From 0 to 100000; 0 holds every
	// removal. Default: 10. Mutable.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100000
	MaxRemovals *int32 `json:"maxRemovals,omitempty"`

	// keepFreeUnits is how many units of the licence stay free: additions stop
	// before. From 0 to 1000000. Default: 0. Mutable.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000
	KeepFreeUnits *int32 `json:"keepFreeUnits,omitempty"`
}

// LicenseSelector selects one licence.
// +structType=atomic
// +kubebuilder:validation:XValidation:rule="has(self.offerCode) != has(self.name)",message="set either offerCode or name: offerCode stays when Cisco renames the licence"
type LicenseSelector struct {
	// offerCode is Webex's code of the product (status.offerCode of the row). It
	// stays when Cisco renames the licence. Default: none. Mutable. Example: "EE".
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	OfferCode string `json:"offerCode,omitempty"`

	// name is the licence's name in Webex (status.name of the row), exactly.
	// Default: none. Mutable. Example: "Webex Meetings Suite".
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	Name string `json:"name,omitempty"`
}

// Subjects say who is meant. Addresses are personal data: prefer emailsFrom.
//
// +kubebuilder:validation:XValidation:rule="has(self.emails) || has(self.emailsFrom) || has(self.groups) || has(self.locations)",message="subjects needs at least one source: emails, emailsFrom, groups or locations"
type Subjects struct {
	// emails are addresses of people of the organization, compared without case.
	// More than 1000 go into a Secret. Default: none. Mutable.
	// Example: ["ada@example.com"].
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=1000
	// +kubebuilder:validation:items:MinLength=3
	// +kubebuilder:validation:items:MaxLength=254
	Emails []string `json:"emails,omitempty"`

	// emailsFrom lists Secrets and ConfigMaps with addresses, one in each line; a
	// line that begins with # is a comment. Default: none. Mutable.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	EmailsFrom []EmailSource `json:"emailsFrom,omitempty"`

	// groups are names of Webex groups, exactly as in Control Hub: their members.
	// One with groups in it cannot be resolved. The read credentials need the
	// scope identity:groups_read. Default: none. Mutable. Example: ["Sales"].
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=256
	Groups []string `json:"groups,omitempty"`

	// locations are names of Webex locations: the people there. Webex knows a
	// location only of people with Webex Calling. Default: none. Mutable.
	// Example: ["Berlin"].
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=256
	Locations []string `json:"locations,omitempty"`
}

// EmailSource names a list of addresses, in the same namespace.
type EmailSource struct {
	// kind is Secret or ConfigMap. Default: Secret. Mutable.
	// +optional
	// +kubebuilder:default=Secret
	Kind SubjectSourceKind `json:"kind,omitempty"`

	// name is the name of the Secret or ConfigMap. Mutable.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`

	// key is the entry with the addresses. Default: "emails". Mutable.
	// +optional
	// +kubebuilder:default=emails
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Key string `json:"key,omitempty"`
}

// WebexLicenseAssignment says who shall hold one licence of a customer. Each
// run of the customer plans what would have to change, and in mode Enforce
// changes it. Deleting an assignment changes nothing in Webex.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=webexlicenseassignments,shortName=wxla,categories=webex
// +kubebuilder:selectablefield:JSONPath=`.spec.customerAccessRef.name`
// +kubebuilder:printcolumn:name="License",type=string,JSONPath=`.status.license.name`,description="the licence's name in Webex"
// +kubebuilder:printcolumn:name="Mode",type=string,JSONPath=`.spec.mode`,description="Report or Enforce"
// +kubebuilder:printcolumn:name="Listed",type=integer,JSONPath=`.status.subjects.listed`,description="people and addresses in the lists"
// +kubebuilder:printcolumn:name="Add",type=integer,JSONPath=`.status.plan.add`,description="people who would get the licence"
// +kubebuilder:printcolumn:name="Remove",type=integer,JSONPath=`.status.plan.remove`,description="people who would lose a licence"
// +kubebuilder:printcolumn:name="Failed",type=integer,JSONPath=`.status.lastRun.failed`,description="people for whom the last changes failed"
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Customer",type=string,priority=1,JSONPath=`.spec.customerAccessRef.name`,description="the WebexCustomerAccess whose people are meant"
// +kubebuilder:printcolumn:name="Unlisted",type=string,priority=1,JSONPath=`.spec.unlisted`,description="Keep or Remove"
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
type WebexLicenseAssignment struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec says who shall hold which licence.
	// +required
	Spec WebexLicenseAssignmentSpec `json:"spec,omitzero"`

	// status is what would have to change, and what was changed: numbers, never
	// people. Written by the operator.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status WebexLicenseAssignmentStatus `json:"status,omitempty,omitzero"`

	// Unreadable are the stored values that the Go types do not take. They are
	// missing from the other fields, and are never written.
	Unreadable []UnreadableField `json:"-"`
}

// WebexLicenseAssignmentList is a list of WebexLicenseAssignment.
// +kubebuilder:object:root=true
type WebexLicenseAssignmentList struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard list metadata.
	// +optional
	metav1.ListMeta `json:"metadata,omitzero"`
	// items are the objects.
	Items []WebexLicenseAssignment `json:"items"`
}
