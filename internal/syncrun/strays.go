package syncrun

import (
	"context"
	"encoding/json"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// Server-side apply leaves alone what others added to a row. That is right for
// their labels and annotations, and wrong for our own labels: each run would find
// a difference that it cannot write away. Figures need no such care, since the
// definition makes a row's status one value (structType=atomic): a figure that
// Webex does not tell goes with the next write, whoever wrote it.

// strayLabels are those of our labels that a row has and should not have.
func strayLabels(have map[string]string, want *v1alpha1.WebexLicense) []string {
	var stray []string
	for _, key := range labelKeys {
		if _, wanted := want.Labels[key]; wanted {
			continue
		}
		if _, found := have[key]; found {
			stray = append(stray, key)
		}
	}
	return stray
}

// dropLabels removes labels of a row and returns the version that it has then.
func dropLabels(ctx context.Context, c client.Client, row *v1alpha1.WebexLicense, keys []string) (version string, err error) {
	labels := map[string]any{}
	for _, key := range keys {
		labels[key] = nil
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"labels": labels}})
	if err != nil {
		return "", err
	}
	target := patchTarget(row)
	err = c.Patch(ctx, target, client.RawPatch(types.MergePatchType, patch), client.FieldOwner(FieldManager))
	return target.ResourceVersion, err
}

// patchTarget names a row to a patch, whose answer is written into it.
func patchTarget(row *v1alpha1.WebexLicense) *v1alpha1.WebexLicense {
	target := &v1alpha1.WebexLicense{}
	target.Namespace, target.Name = row.Namespace, row.Name
	return target
}
