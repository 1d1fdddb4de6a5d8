package rows

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/status"
)

// severities order the reasons of CapacityOK from good to bad.
var severities = []string{
	v1alpha1.ReasonWithinThresholds, v1alpha1.ReasonWarning, v1alpha1.ReasonCritical, v1alpha1.ReasonExhausted, v1alpha1.ReasonOverAssigned,
}

// Severity orders the reasons of condition CapacityOK: the higher, the worse.
func Severity(reason string) int { return slices.Index(severities, reason) }

// thresholds are the customer's, with defaults.
type thresholds struct{ warning, critical, hysteresis int32 }

func thresholdsOf(customer *v1alpha1.WebexCustomerAccess) thresholds {
	t := thresholds{warning: 80, critical: 95, hysteresis: 5}
	if spec := customer.Spec.Thresholds; spec != nil {
		t.warning = cmp.Or(spec.WarningPercent, t.warning)
		t.critical = cmp.Or(spec.CriticalPercent, t.critical)
		t.hysteresis = ptr.Deref(spec.HysteresisPercent, t.hysteresis)
	}
	return t
}

// Capacity judges the capacity of one row by its customer's thresholds: the reason
// of its CapacityOK condition, or "" for a row that says nothing about capacity:
// one of an included licence, of unknown units, of a superseded row, or of a location,
// since locations share the organization's pool.
//
// The row's own condition is the memory of the hysteresis: once it warns, it takes
// the warning back only when utilisation is below the threshold by the hysteresis.
func Capacity(customer *v1alpha1.WebexCustomerAccess, row *v1alpha1.WebexLicense) string {
	s := &row.Status
	if Superseded(row) || row.Spec.Level != v1alpha1.LevelCustomer || s.Class != v1alpha1.ClassPurchased || s.TotalUnits == nil || s.ConsumedUnits == nil {
		return ""
	}
	t := thresholdsOf(customer)
	reason := t.severity(s, 0)
	was := meta.FindStatusCondition(s.Conditions, v1alpha1.ConditionCapacityOK)
	if was == nil || Severity(reason) >= Severity(was.Reason) {
		return reason
	}
	// With lowered thresholds, at most what was said before: hysteresis keeps a
	// warning, it never makes one.
	if lingering := t.severity(s, t.hysteresis); Severity(lingering) <= Severity(was.Reason) {
		return lingering
	}
	return was.Reason
}

// severity judges a row. lowered says by how many points the thresholds are lowered.
func (t thresholds) severity(s *v1alpha1.WebexLicenseStatus, lowered int32) string {
	total, consumed, percent := *s.TotalUnits, *s.ConsumedUnits, ptr.Deref(s.UtilizationPercent, 0)
	switch {
	case consumed > total:
		return v1alpha1.ReasonOverAssigned
	case consumed == total && total > 0:
		return v1alpha1.ReasonExhausted
	case percent >= t.critical-lowered:
		return v1alpha1.ReasonCritical
	case percent >= t.warning-lowered:
		return v1alpha1.ReasonWarning
	default:
		return v1alpha1.ReasonWithinThresholds
	}
}

// capacityMessages are the messages of a row's condition, without figures: those
// are in its status.
var capacityMessages = map[string]string{
	v1alpha1.ReasonWithinThresholds: "fewer units are in use than spec.thresholds of the customer say",
	v1alpha1.ReasonWarning:          "used up to spec.thresholds.warningPercent of the customer, or more",
	v1alpha1.ReasonCritical:         "used up to spec.thresholds.criticalPercent of the customer, or more",
	v1alpha1.ReasonExhausted:        "all units are in use: buy more, or take some back",
	v1alpha1.ReasonOverAssigned:     "more units are in use than were bought: buy more, or take some back",
}

// setCapacity sets the condition of a row that is about to be written, by what it
// said before.
func setCapacity(want *v1alpha1.WebexLicense, previous []metav1.Condition, customer *v1alpha1.WebexCustomerAccess) {
	judged := *want
	judged.Status.Conditions = previous
	reason := Capacity(customer, &judged)
	want.Status.Conditions = slices.DeleteFunc(want.Status.Conditions, func(c metav1.Condition) bool { return c.Type == v1alpha1.ConditionCapacityOK })
	if reason == "" {
		return
	}
	ok := metav1.ConditionFalse
	if reason == v1alpha1.ReasonWithinThresholds {
		ok = metav1.ConditionTrue
	}
	want.Status.Conditions = append(want.Status.Conditions,
		status.Condition(v1alpha1.ConditionCapacityOK, ok, status.Detail{Reason: reason, Message: capacityMessages[reason]}))
}
