package controllers

import (
	"cmp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/status"
)

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

// severities order the reasons of CapacityOK from good to bad.
var severities = []string{
	v1alpha1.ReasonWithinThresholds, v1alpha1.ReasonWarning, v1alpha1.ReasonCritical, v1alpha1.ReasonExhausted, v1alpha1.ReasonOverAssigned,
}

// severity judges one licence. lowered says by how many points the thresholds
// are lowered for it.
func (t thresholds) severity(total, consumed int64, percent, lowered int32) string {
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

// capacity judges the purchased licences. Once it warns, it takes the warning
// back only when utilisation is below the threshold by the hysteresis.
func (s *customerScope) capacity() metav1.Condition {
	t := thresholdsOf(s.customer)
	previous := v1alpha1.ReasonWithinThresholds
	if was := meta.FindStatusCondition(s.customer.Status.Conditions, v1alpha1.ConditionCapacityOK); was != nil {
		previous = was.Reason
	}
	worst, names := s.worst(t, 0, v1alpha1.ReasonOverAssigned)
	if rank(worst) < rank(previous) {
		// With lowered thresholds, at most what was said before: hysteresis keeps a
		// warning, it never makes one.
		worst, names = s.worst(t, t.hysteresis, previous)
	}
	if worst == v1alpha1.ReasonWithinThresholds {
		return status.Condition(v1alpha1.ConditionCapacityOK, metav1.ConditionTrue, status.Detail{Reason: worst, Message: "all purchased licences are used below spec.thresholds"})
	}
	return status.Condition(v1alpha1.ConditionCapacityOK, metav1.ConditionFalse, status.Detail{Reason: worst, Message: capacityMessages[worst] + enumerate(names)})
}

var capacityMessages = map[string]string{
	v1alpha1.ReasonWarning:      "used up to spec.thresholds.warningPercent or more: ",
	v1alpha1.ReasonCritical:     "used up to spec.thresholds.criticalPercent or more: ",
	v1alpha1.ReasonExhausted:    "all units are in use: ",
	v1alpha1.ReasonOverAssigned: "more units are in use than were bought: ",
}

func rank(reason string) int { return slices.Index(severities, reason) }

// worst is the worst severity of all purchased licences, at most the given one,
// and who is that bad.
func (s *customerScope) worst(t thresholds, lowered int32, most string) (string, []string) {
	worst, names := v1alpha1.ReasonWithinThresholds, []string(nil)
	for i := range s.rows {
		row := &s.rows[i].Status
		if s.rows[i].Spec.Level != v1alpha1.LevelCustomer || row.Class != v1alpha1.ClassPurchased || row.TotalUnits == nil || row.ConsumedUnits == nil {
			continue
		}
		severity := t.severity(*row.TotalUnits, *row.ConsumedUnits, ptr.Deref(row.UtilizationPercent, 0), lowered)
		if rank(severity) > rank(most) {
			severity = most
		}
		switch {
		case rank(severity) > rank(worst):
			worst, names = severity, []string{row.Name}
		case severity == worst && worst != v1alpha1.ReasonWithinThresholds:
			names = append(names, row.Name)
		}
	}
	slices.Sort(names)
	return worst, slices.Compact(slices.DeleteFunc(names, func(name string) bool { return strings.TrimSpace(name) == "" }))
}
