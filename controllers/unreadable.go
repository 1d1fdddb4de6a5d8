package controllers

import (
	"context"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/status"
)

// unreadableSpec is the verdict on an object whose spec is not to be read whole; nil for all
// others. What a missing value would stand for is not guessed.
func unreadableSpec(ctx context.Context, fields []v1alpha1.UnreadableField) *status.Detail {
	found := v1alpha1.UnreadableIn("spec", fields)
	if len(found) == 0 {
		return nil
	}
	const told = 8
	var sentences []string
	for _, field := range found[:min(len(found), told)] {
		sentences = append(sentences, field.String())
	}
	detail := &status.Detail{Reason: v1alpha1.ReasonUnreadableField, Message: strings.Join(sentences, "; ")}
	ctrl.LoggerFrom(ctx).Info("an object is left alone until its spec can be read", "problem", detail.Message)
	return detail
}

// mendStatus takes out of a stored status what is not to be read, and says whether there was
// anything. What the operator would take for something else if it were missing gets a value
// with which nothing happens twice.
func mendStatus(ctx context.Context, c client.Client, object client.Object, fields []v1alpha1.UnreadableField, owner string, now time.Time) (mended bool, err error) {
	found := v1alpha1.UnreadableIn("status", fields)
	if len(found) == 0 {
		return false, nil
	}
	var sentences []string
	for _, field := range found {
		sentences = append(sentences, field.String())
	}
	ctrl.LoggerFrom(ctx).Info("values of a status that cannot be read are written anew", "problem", strings.Join(sentences, "; "))
	patch, err := json.Marshal(mendingPatch(object, found, now))
	if err != nil {
		return true, err
	}
	err = c.Status().Patch(ctx, object, client.RawPatch(types.JSONPatchType, patch), client.FieldOwner(owner))
	return true, client.IgnoreNotFound(err)
}

// patchOperation is one of a JSON patch.
type patchOperation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value,omitempty"`
}

var (
	// ofCondition are the parts of the path of a field of a condition.
	ofCondition = regexp.MustCompile(`^(/status/conditions/[0-9]+)(/.*)?$`)
	// ofRemovals is the path of a field of removals, which spec.maxRemovals of an assignment bounds.
	ofRemovals = regexp.MustCompile(`^/status/removals/[0-9]+/(time|people)$`)
)

// mostRemovals is the highest value of spec.maxRemovals: with so many, no others are allowed for a day.
const mostRemovals = 100_000

// mendingPatch takes out, or replaces, what the fields name.
func mendingPatch(object client.Object, fields []v1alpha1.UnreadableField, now time.Time) []patchOperation {
	patch := []patchOperation{ifUnchanged(object)}
	moment := now.UTC().Format(time.RFC3339)
	gone := map[string]bool{}
	// From behind: what goes moves the items after it.
	for _, field := range slices.Backward(fields) {
		path := "/" + strings.NewReplacer(".", "/", "[", "/", "]", "").Replace(field.Path)
		operation := patchOperation{Op: "remove", Path: path}
		condition := ofCondition.FindStringSubmatch(path)
		switch {
		case ofRemovals.MatchString(path):
			operation.Op, operation.Value = "replace", map[bool]any{true: moment, false: mostRemovals}[strings.HasSuffix(path, "/time")]
		case condition != nil && condition[2] == "/lastTransitionTime",
			path == "/status/lastScheduleTime", path == "/status/completionTime", path == "/status/lastRun/endTime":
			operation.Op, operation.Value = "replace", moment
		case path == "/status/activationTime":
			operation.Op, operation.Value = "replace", object.GetCreationTimestamp().UTC().Format(time.RFC3339)
		case condition != nil && condition[2] != "/observedGeneration":
			operation.Path = condition[1]
		}
		if !gone[operation.Path] && (condition == nil || !gone[condition[1]]) {
			patch = append(patch, operation)
			gone[operation.Path] = operation.Op == "remove"
		}
	}
	return patch
}

// applyStatus applies a status and returns the new version of the object. An object that is
// not to be read whole is patched: the API server applies nothing to one whose values have
// other types than the schema, and answers with the whole object, which an apply configuration
// takes only if all of it can be read.
func applyStatus(ctx context.Context, c client.Client, object client.Object, configuration runtime.ApplyConfiguration, unreadable bool, owner string) (version string, err error) {
	if !unreadable {
		if err := c.Status().Apply(ctx, configuration, client.ForceOwnership, client.FieldOwner(owner)); err != nil {
			return "", err
		}
		// The answer is read into what was sent.
		answer, err := status.ApplyConfiguration[metav1.PartialObjectMetadata](configuration)
		if err != nil {
			return "", err
		}
		return answer.ResourceVersion, nil
	}
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(configuration)
	if err != nil {
		return "", err
	}
	fields, _, _ := unstructured.NestedMap(content, "status")
	patch := []patchOperation{ifUnchanged(object)}
	switch object.(type) {
	case *v1alpha1.WebexCustomerAccess, *v1alpha1.WebexLicenseAssignment: // others write the rest
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			patch = append(patch, patchOperation{Op: "add", Path: "/status/" + name, Value: fields[name]})
		}
	default:
		patch = append(patch, patchOperation{Op: "add", Path: "/status", Value: fields})
	}
	data, err := json.Marshal(patch)
	if err != nil {
		return "", err
	}
	written, ok := object.DeepCopyObject().(client.Object)
	if !ok {
		return "", nil
	}
	err = c.Status().Patch(ctx, written, client.RawPatch(types.JSONPatchType, data), client.FieldOwner(owner))
	return written.GetResourceVersion(), err
}

// ifUnchanged has a patch refused if the object has changed meanwhile.
func ifUnchanged(object client.Object) patchOperation {
	return patchOperation{Op: "replace", Path: "/metadata/resourceVersion", Value: object.GetResourceVersion()}
}

// completed is a status in which what a last run always says is there, in any version.
func completed(known *v1alpha1.WebexCustomerAccessStatus) {
	if last := known.LastRun; last != nil && last.EndTime == nil {
		last.EndTime = &metav1.Time{}
	}
}
