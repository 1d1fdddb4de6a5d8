// Package v1alpha1 holds the API of the group licensing.webex-operator.io: a
// Webex organization to read (WebexCustomerAccess), one run that reads it
// (LicenseSync) and the licence rows that runs write (WebexLicense).
//
// +kubebuilder:object:generate=true
// +kubebuilder:ac:generate=true
// +groupName=licensing.webex-operator.io
package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupName is the API group of every kind here, and the prefix of the labels
// and annotations that the operator reads and writes.
const GroupName = "licensing.webex-operator.io"

var (
	// GroupVersion is the group and version of the kinds in this package.
	GroupVersion = schema.GroupVersion{Group: GroupName, Version: "v1alpha1"}

	// SchemeGroupVersion is GroupVersion under the name that generated code expects.
	SchemeGroupVersion = GroupVersion

	// SchemeBuilder collects the functions that register the kinds.
	SchemeBuilder = runtime.NewSchemeBuilder(addKnownTypes)

	// AddToScheme registers the kinds with a scheme.
	AddToScheme = SchemeBuilder.AddToScheme
)

func addKnownTypes(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion,
		&WebexCustomerAccess{}, &WebexCustomerAccessList{},
		&LicenseSync{}, &LicenseSyncList{},
		&LicenseSyncSchedule{}, &LicenseSyncScheduleList{},
		&WebexLicense{}, &WebexLicenseList{},
		&WebexLicenseAssignment{}, &WebexLicenseAssignmentList{},
		&WebexPartner{}, &WebexPartnerList{},
	)
	metav1.AddToGroupVersion(scheme, GroupVersion)
	return nil
}
