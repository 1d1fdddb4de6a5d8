package v1alpha1

// OtherLicensesPolicy says what happens to licences outside of the defaults.
// +kubebuilder:validation:Enum=Report;Remove
type OtherLicensesPolicy string

const (
	// OtherLicensesReport counts who holds them.
	OtherLicensesReport OtherLicensesPolicy = "Report"
	// OtherLicensesRemove takes them from people who have the same inside the defaults.
	OtherLicensesRemove OtherLicensesPolicy = "Remove"
)

// CustomerAssignment allows to write to Webex.
type CustomerAssignment struct {
	// credentialsSecretRef names the Secret with the write credentials, in the
	// same namespace: the keys of the read credentials, of a token with the scope
	// spark-admin:people_write. The operator reads it and never writes it. Mutable.
	// +required
	CredentialsSecretRef CredentialsSecretReference `json:"credentialsSecretRef,omitzero"`

	// otherLicenses says what happens to licences of other subscriptions and sites
	// than the defaults: Report counts their holders (status.otherLicenses), and
	// Remove takes them from people whom an enforced WebexLicenseAssignment lists
	// and who have, or get, the licence of the same offer code inside the
	// defaults. maxRemovals of that assignment bounds it. Default: Report. Mutable.
	// +optional
	// +kubebuilder:default=Report
	OtherLicenses OtherLicensesPolicy `json:"otherLicenses,omitempty"`

	// protectedSubjects are people to whom no assignment gives a licence, and from
	// whom none takes one. Default: none. Mutable.
	// +optional
	ProtectedSubjects *ProtectedSubjects `json:"protectedSubjects,omitempty"` //nolint:kubeapilinter // absent is nil, as for the structs of the customer
}

// ProtectedSubjects are people whom no assignment touches.
type ProtectedSubjects struct {
	// emails are their addresses, compared without case. While one of them is that
	// of no person of the organization, no licence is taken from any person. Who
	// may read the customer may read them. Mutable.
	// +required
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=1000
	// +kubebuilder:validation:items:MinLength=3
	// +kubebuilder:validation:items:MaxLength=254
	Emails []string `json:"emails,omitempty"`
}

// OtherLicense counts who holds a licence outside of the defaults.
type OtherLicense struct {
	// row is the name of its WebexLicense at level Customer.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Row string `json:"row,omitempty"`

	// name is the licence's name in Webex.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	Name string `json:"name,omitempty"`

	// reason is OtherSubscription or OtherSiteURL.
	// +optional
	Reason AssignableReason `json:"reason,omitempty"`

	// people is how many people hold it, as the last complete walk counted.
	// +optional
	People *int64 `json:"people,omitempty"`
}
