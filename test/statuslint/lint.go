// Package statuslint finds what is wrong with conditions; tests run it on each status that a reconciler writes.
package statuslint

import (
	"fmt"
	"regexp"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

var (
	reasonShape = regexp.MustCompile(`^[A-Z][A-Za-z]+$`)

	// unstable matches what changes from one attempt to the next and therefore
	// does not belong into a condition's message.
	unstable = []*regexp.Regexp{
		regexp.MustCompile(`\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}`),                        // times
		regexp.MustCompile(`\b\d+(\.\d+)?(ns|µs|ms|s|m|h)\b`),                         // durations
		regexp.MustCompile(`(?i)\b(attempt|try|retry) \d+`),                           // counters
		regexp.MustCompile(`(?i)(ROUTER|ROUTERGW|ATLAS|NA|GTWY)_[0-9a-f-]{8,}`),       // Webex tracking ids
		regexp.MustCompile(`(?i)(resourceVersion|uid)[ :=]+"?[0-9a-f-]+`),             // Kubernetes ids
		regexp.MustCompile(`(?i)bearer |access_token=|refresh_token=|client_secret=`), // secrets
	}
)

// Object is what Lint needs to know of a Kubernetes object.
type Object struct {
	// Generation is metadata.generation.
	Generation int64
	// ObservedGeneration is status.observedGeneration.
	ObservedGeneration int64
	// Conditions are status.conditions.
	Conditions []metav1.Condition
}

// Lint returns what is wrong with the conditions of an object that a
// reconciler has just written; none if all is well. Tests run it after every
// write of a status.
func Lint(o Object) []string {
	var findings []string
	report := func(format string, args ...any) { findings = append(findings, fmt.Sprintf(format, args...)) }

	if o.ObservedGeneration != o.Generation {
		report("status.observedGeneration is %d, but the generation is %d", o.ObservedGeneration, o.Generation)
	}
	for _, condition := range o.Conditions {
		lintCondition(condition, o, report)
	}
	lintSummary(o.Conditions, report)
	return findings
}

func lintCondition(c metav1.Condition, o Object, report func(string, ...any)) {
	if c.ObservedGeneration != o.ObservedGeneration {
		report("%s: observedGeneration is %d, but that of the status is %d", c.Type, c.ObservedGeneration, o.ObservedGeneration)
	}
	if !reasonShape.MatchString(c.Reason) {
		report("%s: reason %q is not a CamelCase word", c.Type, c.Reason)
	}
	if c.LastTransitionTime.IsZero() {
		report("%s: no lastTransitionTime", c.Type)
	}
	if c.Reason == v1alpha1.ReasonNotScheduled && (c.Type != v1alpha1.ConditionDataFresh || c.Status != metav1.ConditionTrue) {
		report("%s=%s with reason %s: it is for figures that are fresh", c.Type, c.Status, c.Reason)
	}
	switch {
	case c.Message == "":
		report("%s: no message", c.Type)
	case c.Message[len(c.Message)-1] == '.':
		report("%s: message %q ends with a dot", c.Type, c.Message)
	case c.Message[0] >= 'A' && c.Message[0] <= 'Z' && (len(c.Message) < 2 || c.Message[1] >= 'a' && c.Message[1] <= 'z') && !properNoun.MatchString(c.Message):
		report("%s: message %q starts with a capital letter", c.Type, c.Message)
	}
	for _, pattern := range unstable {
		if found := pattern.FindString(c.Message); found != "" {
			report("%s: message %q holds %q, which changes or must not be shown", c.Type, c.Message, found)
		}
	}
}

// properNoun matches the one name that a message may start with.
var properNoun = regexp.MustCompile(`^(Webex|Kubernetes|Secret|ConfigMap|Retry-After)\b`)

func lintSummary(conditions []metav1.Condition, report func(string, ...any)) {
	ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady)
	reconciling := meta.FindStatusCondition(conditions, v1alpha1.ConditionReconciling)
	stalled := meta.FindStatusCondition(conditions, v1alpha1.ConditionStalled)

	if ready == nil {
		report("Ready is missing")
		return
	}
	for _, c := range []*metav1.Condition{reconciling, stalled} {
		if c != nil && c.Status != metav1.ConditionTrue {
			report("%s is %s: it must be True or absent", c.Type, c.Status)
		}
	}
	if reconciling != nil && stalled != nil {
		report("Reconciling and Stalled stand side by side: either the operator goes on or a person must")
	}
	if stalled != nil && ready.Status != metav1.ConditionFalse {
		report("Stalled with Ready=%s: must be False", ready.Status)
	}
	if ready.Status != metav1.ConditionTrue && reconciling == nil && stalled == nil {
		report("Ready=%s with neither Reconciling nor Stalled: waits by kstatus would hang", ready.Status)
	}
	complete := meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionComplete)
	failed := meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionFailed)
	switch {
	case complete && failed:
		report("Complete and Failed at once")
	case complete && ready.Status != metav1.ConditionTrue:
		report("Complete with Ready=%s: must be True", ready.Status)
	case failed && stalled == nil:
		report("Failed without Stalled")
	}
}
