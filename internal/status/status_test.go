package status_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/internal/status"
)

// maxMessage is the bound of a message, in bytes.
const maxMessage = 1024

var (
	then = metav1.NewTime(time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC))
	now  = metav1.NewTime(then.Add(time.Hour))
)

func TestSummaryConditions(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	work := &status.Detail{Reason: "Running", Message: "work is under way"}
	all := status.Summary{Ready: metav1.ConditionFalse, Detail: status.Detail{Reason: "Bad", Message: "it is bad"}, Stalled: true}.Conditions()
	g.Expect(all).To(ConsistOf(
		metav1.Condition{Type: "Ready", Status: "False", Reason: "Bad", Message: "it is bad"},
		metav1.Condition{Type: "Stalled", Status: "True", Reason: "Bad", Message: "it is bad"},
	))
	g.Expect(status.Summary{Ready: metav1.ConditionTrue, Detail: status.Detail{Reason: "Good", Message: "it is good"}, Reconciling: work}.Conditions()).To(ConsistOf(
		metav1.Condition{Type: "Ready", Status: "True", Reason: "Good", Message: "it is good"},
		metav1.Condition{Type: "Reconciling", Status: "True", Reason: "Running", Message: "work is under way"},
	))
}

func TestConditionBoundsItsMessage(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	g.Expect(status.Condition("Ready", metav1.ConditionTrue, status.Detail{Message: strings.Repeat("x", maxMessage)}).Message).To(HaveLen(maxMessage))
	for shift := range 4 {
		message := status.Condition("Ready", metav1.ConditionTrue, status.Detail{Message: strings.Repeat("x", shift) + strings.Repeat("€", maxMessage)}).Message
		g.Expect(len(message)).To(BeNumerically("<=", maxMessage))
		g.Expect(utf8.ValidString(message)).To(BeTrue())
		g.Expect(message).To(HaveSuffix("€…"))
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	previous := []metav1.Condition{
		{Type: "Same", Status: metav1.ConditionTrue, Reason: "Old", Message: "old", LastTransitionTime: then, ObservedGeneration: 1},
		{Type: "Other", Status: metav1.ConditionTrue, Reason: "Old", Message: "old", LastTransitionTime: then, ObservedGeneration: 1},
		{Type: "Gone", Status: metav1.ConditionTrue, Reason: "Old", Message: "old", LastTransitionTime: then, ObservedGeneration: 1},
	}
	desired := []metav1.Condition{
		{Type: "Same", Status: metav1.ConditionTrue, Reason: "New", Message: "new"},
		{Type: "Other", Status: metav1.ConditionFalse, Reason: "New", Message: "new"},
		{Type: "Added", Status: metav1.ConditionTrue, Reason: "New", Message: "new"},
	}
	merged := status.Merge(previous, desired, 2, now)
	g.Expect(merged).To(Equal([]metav1.Condition{
		{Type: "Added", Status: metav1.ConditionTrue, Reason: "New", Message: "new", LastTransitionTime: now, ObservedGeneration: 2},
		{Type: "Other", Status: metav1.ConditionFalse, Reason: "New", Message: "new", LastTransitionTime: now, ObservedGeneration: 2},
		{Type: "Same", Status: metav1.ConditionTrue, Reason: "New", Message: "new", LastTransitionTime: then, ObservedGeneration: 2},
	}))
	g.Expect(desired[0].ObservedGeneration).To(BeZero(), "the input is not touched")
	g.Expect(status.Merge(merged, desired, 2, metav1.NewTime(now.Add(time.Hour)))).To(Equal(merged), "nothing moves by itself")
	g.Expect(status.Merge(previous, nil, 2, now)).To(BeEmpty())
}

func TestEqual(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	a := []metav1.Condition{{Type: "A", Status: metav1.ConditionTrue, LastTransitionTime: then}, {Type: "B", LastTransitionTime: then}}
	b := []metav1.Condition{a[1], a[0]}
	g.Expect(status.Equal(a, b)).To(BeTrue())
	g.Expect(b[0].Type).To(Equal("B"), "the input is not sorted")
	g.Expect(status.Equal(nil, []metav1.Condition{})).To(BeTrue())
	g.Expect(status.Equal(a, a[:1])).To(BeFalse())
	other := []metav1.Condition{a[0], a[1]}
	other[0].Message = "other"
	g.Expect(status.Equal(a, other)).To(BeFalse())
	elsewhere := []metav1.Condition{a[0], a[1]}
	elsewhere[0].LastTransitionTime = metav1.NewTime(then.In(time.FixedZone("east", 3600)))
	g.Expect(status.Equal(a, elsewhere)).To(BeTrue(), "one instant, two zones")
}
