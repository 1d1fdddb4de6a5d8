package chart

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// The chart and config/ are two ways to the same objects. As the release
// webex-license-operator in the namespace webex-license-operator-system, the chart renders
// exactly what kustomize does, but for what Helm adds, see ownWords, its hooks, and the
// Namespace, which helm install --create-namespace makes.
func TestSameAsKustomize(t *testing.T) {
	t.Parallel()
	helm := newHelm(t, "")
	for _, tc := range []struct {
		name        string
		directories []string
		values      string
	}{
		{"default", []string{"default"}, ""},
		{"namespaced", []string{"namespaced"}, valuesFile(t, "namespaced-values.yaml")},
		{"with all that is optional", []string{"default", "prometheus", "grafana", "network-policy", "admission"}, valuesFile(t, "optional-values.yaml")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			want := map[string]any{}
			for _, directory := range tc.directories {
				collect(t, want, kustomize(t, directory))
			}
			delete(want, "v1 Namespace /"+namespace)
			got := map[string]any{}
			collect(t, got, withoutHooks(decode(t, helm.template(t, tc.values))))
			if len(got) < 8 {
				t.Errorf("the chart has %d objects: the test looks for the wrong thing", len(got))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("kustomize (-) and the chart (+) differ:\n%s", diff)
			}
		})
	}
}

// collect puts objects into a map by what identifies them.
func collect(t *testing.T, into map[string]any, objects []*unstructured.Unstructured) {
	t.Helper()
	for _, object := range objects {
		key := object.GetAPIVersion() + " " + object.GetKind() + " " + object.GetNamespace() + "/" + object.GetName()
		if _, found := into[key]; found {
			t.Errorf("%s is there twice", key)
		}
		into[key] = normal(object.Object)
	}
}

// ownWords are the labels and annotations with which Helm, or kustomize, tells its objects
// from those of others.
var ownWords = []string{
	"app.kubernetes.io/instance",
	"app.kubernetes.io/managed-by",
	"app.kubernetes.io/version",
	"helm.sh/chart",
	"helm.sh/resource-policy",
}

// normal is a part of an object without these words, wherever they are: in labels and in
// selectors too.
func normal(part any) any {
	switch part := part.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, value := range part {
			if !slices.Contains(ownWords, key) {
				out[key] = normal(value)
			}
		}
		return out
	case []any:
		out := make([]any, len(part))
		for i := range part {
			out[i] = normal(part[i])
		}
		return out
	default:
		return part
	}
}
