// Package status turns verdicts into conditions. A reconciler decides one
// Summary and a few further conditions; this package keeps the times of
// conditions that did not change. It also makes texts and times fit a status.
package status

import (
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// Detail is the reason and message of a condition.
type Detail struct {
	// Reason is a CamelCase word of the API package.
	Reason string
	// Message is a stable sentence in lower case: no counters, times or ids that
	// change with each attempt, since each change of it is a write.
	Message string
}

// Summary is the verdict on an object, from which Ready, Reconciling and
// Stalled follow by the kstatus contract
// (https://github.com/kubernetes-sigs/cli-utils/tree/master/pkg/kstatus).
type Summary struct {
	// Ready is the status of the condition Ready, explained by Detail.
	Ready metav1.ConditionStatus
	Detail
	// Reconciling is set while the operator goes on by itself. It may stand
	// beside Ready=True: work is under way, and the figures are still good.
	Reconciling *Detail
	// Stalled is true when only a person can help; it implies Ready=False.
	Stalled bool
}

// Conditions are the conditions of the summary. Reconciling and Stalled are
// left out unless they hold.
func (s Summary) Conditions() []metav1.Condition {
	conditions := []metav1.Condition{Condition(v1alpha1.ConditionReady, s.Ready, s.Detail)}
	if s.Reconciling != nil {
		conditions = append(conditions, Condition(v1alpha1.ConditionReconciling, metav1.ConditionTrue, *s.Reconciling))
	}
	if s.Stalled {
		conditions = append(conditions, Condition(v1alpha1.ConditionStalled, metav1.ConditionTrue, s.Detail))
	}
	return conditions
}

// Condition puts a condition together.
func Condition(conditionType string, status metav1.ConditionStatus, detail Detail) metav1.Condition {
	return metav1.Condition{Type: conditionType, Status: status, Reason: detail.Reason, Message: Clip(detail.Message, MaxMessage)}
}

// MaxMessage is how many bytes a message of a condition, or a note of an event, has at most: what is comfortable to
// read in a condition, of which the API allows 32768, and what the API server takes of an event.
const MaxMessage = 1024

// Clip shortens a text to a number of bytes, without cutting a character in two.
func Clip(text string, most int) string {
	text = strings.ToValidUTF8(text, "�")
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most-len("…")], "") + "…"
}

// Merge completes desired conditions for writing: each gets the generation, and
// keeps its last transition time from previous unless its status changed. What
// desired does not name is gone. The result is sorted by type.
func Merge(previous, desired []metav1.Condition, generation int64, now metav1.Time) []metav1.Condition {
	merged := make([]metav1.Condition, 0, len(desired))
	for _, condition := range desired {
		condition.ObservedGeneration = generation
		condition.LastTransitionTime = now
		if old := meta.FindStatusCondition(previous, condition.Type); old != nil && old.Status == condition.Status && !old.LastTransitionTime.IsZero() {
			condition.LastTransitionTime = old.LastTransitionTime
		}
		merged = append(merged, condition)
	}
	sortByType(merged)
	return merged
}

// Equal says whether two lists hold the same conditions, in any order.
func Equal(a, b []metav1.Condition) bool {
	return slices.EqualFunc(sorted(a), sorted(b), func(x, y metav1.Condition) bool {
		if !x.LastTransitionTime.Equal(&y.LastTransitionTime) {
			return false
		}
		x.LastTransitionTime = y.LastTransitionTime // equal times may differ in their zone
		return x == y
	})
}

// sorted are conditions by type; those that are not are sorted in a copy.
func sorted(conditions []metav1.Condition) []metav1.Condition {
	if slices.IsSortedFunc(conditions, byType) {
		return conditions
	}
	conditions = slices.Clone(conditions)
	sortByType(conditions)
	return conditions
}

func byType(a, b metav1.Condition) int { return strings.Compare(a.Type, b.Type) }

func sortByType(conditions []metav1.Condition) {
	slices.SortFunc(conditions, byType)
}

// WholeSecond is a time for a status, which holds whole seconds, that is not too early.
func WholeSecond(t time.Time) *metav1.Time {
	return new(metav1.NewTime(t.Add(time.Second - time.Nanosecond)))
}

// TimeOrNil is a time for a status; nil for the zero time.
func TimeOrNil(t time.Time) *metav1.Time {
	if t.IsZero() {
		return nil
	}
	return new(metav1.NewTime(t))
}
