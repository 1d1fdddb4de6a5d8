package controllers

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/rows"
	"github.com/webex-operator/webex-license-operator/internal/status"
)

// capacity is the worst of what the customer's rows say, and which they are. While a run is
// at work it stays what it was: half of the rows of a run are no state of the organization.
func (s *customerScope) capacity() metav1.Condition {
	if was := meta.FindStatusCondition(s.customer.Status.Conditions, v1alpha1.ConditionCapacityOK); was != nil && s.reading {
		return *was
	}
	worst, names := v1alpha1.ReasonWithinThresholds, []string(nil)
	for i := range s.rows {
		row := &s.rows[i]
		reason := rows.Capacity(s.customer, row)
		switch {
		case rows.Severity(reason) > rows.Severity(worst):
			worst, names = reason, []string{row.Status.Name}
		case reason == worst:
			names = append(names, row.Status.Name)
		}
	}
	if worst == v1alpha1.ReasonWithinThresholds {
		return status.Condition(v1alpha1.ConditionCapacityOK, metav1.ConditionTrue, status.Detail{Reason: worst, Message: "all purchased licences are used below spec.thresholds"})
	}
	slices.Sort(names)
	names = slices.Compact(slices.DeleteFunc(names, func(name string) bool { return strings.TrimSpace(name) == "" }))
	return status.Condition(v1alpha1.ConditionCapacityOK, metav1.ConditionFalse, status.Detail{Reason: worst, Message: capacityMessages[worst] + enumerate(names)})
}

var capacityMessages = map[string]string{
	v1alpha1.ReasonWarning:      "used up to spec.thresholds.warningPercent or more: ",
	v1alpha1.ReasonCritical:     "used up to spec.thresholds.criticalPercent or more: ",
	v1alpha1.ReasonExhausted:    "all units are in use: ",
	v1alpha1.ReasonOverAssigned: "more units are in use than were bought: ",
}
