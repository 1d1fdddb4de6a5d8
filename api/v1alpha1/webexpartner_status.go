package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// PartnerOrganizationState is what becomes of an organization.
// +kubebuilder:validation:Enum=Waiting;ReadElsewhere;Vanished;Held;Refused
type PartnerOrganizationState string

const (
	// PartnerOrganizationWaiting gets a customer in a pass to come, or would in mode Create.
	PartnerOrganizationWaiting PartnerOrganizationState = "Waiting"
	// PartnerOrganizationReadElsewhere has a customer that this partner did not make.
	PartnerOrganizationReadElsewhere PartnerOrganizationState = "ReadElsewhere"
	// PartnerOrganizationVanished is no longer seen or selected; its customer is suspended, or
	// would be in mode Create.
	PartnerOrganizationVanished PartnerOrganizationState = "Vanished"
	// PartnerOrganizationHeld is no longer seen or selected; suspending its customer waits for approval.
	PartnerOrganizationHeld PartnerOrganizationState = "Held"
	// PartnerOrganizationRefused has a customer that Kubernetes refuses to take as it shall be.
	PartnerOrganizationRefused PartnerOrganizationState = "Refused"
)

// WebexPartnerStatus says what was found and made. A discovery that finds no
// change writes nothing.
type WebexPartnerStatus struct {
	// conditions hold Ready, DiscoveryFresh, Reconciling, Stalled and RemovalsHeld.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// observedGeneration is the generation of the spec that the conditions are about.
	// +optional
	ObservedGeneration *int64 `json:"observedGeneration,omitempty"`

	// organizationID is the UUID of the partner's own organization.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	OrganizationID string `json:"organizationID,omitempty"`

	// organizationCounts count organizations by the last complete discovery.
	// +optional
	OrganizationCounts *PartnerCounts `json:"organizationCounts,omitempty"`

	// held describes customers whose suspension waits for approval.
	// +optional
	Held *HeldCustomers `json:"held,omitempty"`

	// organizations are at most 50 of those that are not plainly read by a
	// customer of this partner, with those that need attention first.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=50
	Organizations []PartnerOrganization `json:"organizations,omitempty"`

	// failingSince is when the first discovery failed after the last complete
	// one. Empty while discoveries complete.
	// +optional
	FailingSince *metav1.Time `json:"failingSince,omitempty"`

	// failure says why the last discovery failed. Empty if it completed.
	// +optional
	Failure *PartnerFailure `json:"failure,omitempty"`

	// lastHandledReconcileAt is the last value of the annotation
	// licensing.webex-operator.io/requestedAt that a discovery was made for.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	LastHandledReconcileAt string `json:"lastHandledReconcileAt,omitempty"`
}

// PartnerCounts count the organizations of a partner.
type PartnerCounts struct {
	// found is how many the credentials see, without the partner's own.
	// +optional
	Found *int32 `json:"found,omitempty"`

	// selected is how many of them spec.select selects.
	// +optional
	Selected *int32 `json:"selected,omitempty"`

	// created is how many customers the partner has made that there are.
	// +optional
	Created *int32 `json:"created,omitempty"`

	// waiting is how many customers would be made, or are about to be.
	// +optional
	Waiting *int32 `json:"waiting,omitempty"`

	// readElsewhere is how many of the selected a customer reads that the
	// partner did not make. They are left to it.
	// +optional
	ReadElsewhere *int32 `json:"readElsewhere,omitempty"`

	// vanished is how many customers of the partner have an organization that is
	// no longer seen, or no longer selected.
	// +optional
	Vanished *int32 `json:"vanished,omitempty"`

	// refused is how many customers Kubernetes refuses to take as they shall be.
	// +optional
	Refused *int32 `json:"refused,omitempty"`
}

// HeldCustomers describe customers whose suspension waits for approval.
type HeldCustomers struct {
	// customers is how many customers would be suspended.
	// +optional
	Customers *int32 `json:"customers,omitempty"`

	// token approves exactly these suspensions: set the annotation
	// licensing.webex-operator.io/approveRemovals to it.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Token string `json:"token,omitempty"`
}

// PartnerOrganization is one organization, and what becomes of it.
type PartnerOrganization struct {
	// id is the organization's UUID.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	ID string `json:"id,omitempty"`

	// displayName is its name in Webex; shortened to 256 characters. Empty if it
	// is no longer seen.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	DisplayName string `json:"displayName,omitempty"`

	// customer is its WebexCustomerAccess, with a namespace and a slash before
	// it if that is another one: the one that there is, or would be made.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=320
	Customer string `json:"customer,omitempty"`

	// state is Waiting, ReadElsewhere, Vanished, Held or Refused.
	// +optional
	State PartnerOrganizationState `json:"state,omitempty"`
}

// PartnerFailure is why a discovery failed.
type PartnerFailure struct {
	// reason is one of the reasons of conditions.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Reason string `json:"reason,omitempty"`

	// message says what went wrong, and what to do.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Message string `json:"message,omitempty"`

	// terminal says that Webex is not asked again until the spec, the Secret or
	// the annotation licensing.webex-operator.io/requestedAt changes; credentials
	// that it refused are not tried again before the Secret changes.
	// +optional
	Terminal *bool `json:"terminal,omitempty"`

	// observedSecretResourceVersion is the version of the credentials Secret
	// that the discovery was made with.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	ObservedSecretResourceVersion string `json:"observedSecretResourceVersion,omitempty"`
}
