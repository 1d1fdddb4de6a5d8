package timetable

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// SelectorOf is what the labels of a schedule's customers are held against. A schedule that names its customer selects
// none by labels.
func SelectorOf(object *v1alpha1.LicenseSyncSchedule) (labels.Selector, error) {
	if object.Spec.CustomerAccessRef != nil {
		return labels.Nothing(), nil
	}
	return metav1.LabelSelectorAsSelector(object.Spec.CustomerAccessSelector)
}

// Selects says whether a customer is one of a schedule's, by name or by labels. A selector that cannot be read selects
// none.
func Selects(object *v1alpha1.LicenseSyncSchedule, customer metav1.Object) bool {
	if object.Namespace != customer.GetNamespace() {
		return false
	}
	if ref := object.Spec.CustomerAccessRef; ref != nil {
		return ref.Name == customer.GetName()
	}
	selector, err := SelectorOf(object)
	return err == nil && selector.Matches(labels.Set(customer.GetLabels()))
}

// Runs says whether a schedule starts anything: not while it is suspended or goes, nor by half of a spec.
func Runs(object *v1alpha1.LicenseSyncSchedule) bool {
	return object.DeletionTimestamp.IsZero() && !ptr.Deref(object.Spec.Suspend, false) &&
		len(v1alpha1.UnreadableIn("spec", object.Unreadable)) == 0
}
