package syncrun

import (
	"bytes"
	"context"
	"encoding/json"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// Server-side apply leaves alone what others added to a row. That is right for
// their labels and annotations, and wrong for figures and for our own labels: a
// figure that Webex does not tell has no place in a row, whoever wrote it, and
// each run would find a difference that it cannot write away.

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

func dropLabels(ctx context.Context, c client.Client, row *v1alpha1.WebexLicense, keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	labels := map[string]any{}
	for _, key := range keys {
		labels[key] = nil
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"labels": labels}})
	if err != nil {
		return err
	}
	return c.Patch(ctx, patchTarget(row), client.RawPatch(types.MergePatchType, patch), client.FieldOwner(FieldManager))
}

// restoreStatus makes the status that an apply answered the one that was sent.
func restoreStatus(ctx context.Context, c client.Client, row *v1alpha1.WebexLicense, answered any) error {
	have, err := members(answered)
	if err != nil {
		return err
	}
	want, err := members(row.Status)
	if err != nil {
		return err
	}
	difference := map[string]any{}
	for name, value := range have {
		if wanted, ok := want[name]; !ok {
			difference[name] = nil
		} else if !bytes.Equal(value, wanted) {
			difference[name] = wanted
		}
	}
	if len(difference) == 0 {
		return nil
	}
	patch, err := json.Marshal(map[string]any{"status": difference})
	if err != nil {
		return err
	}
	return c.Status().Patch(ctx, patchTarget(row), client.RawPatch(types.MergePatchType, patch), client.FieldOwner(FieldManager))
}

// members are the members of a value's JSON form, each in canonical form, so
// that equal ones are equal bytes.
func members(value any) (map[string]json.RawMessage, error) {
	data, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	var generic map[string]any
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber() // a float64 would round large figures
	if err := decoder.Decode(&generic); err != nil {
		return nil, err
	}
	canonical := make(map[string]json.RawMessage, len(generic))
	for name, member := range generic {
		if canonical[name], err = json.Marshal(member); err != nil {
			return nil, err
		}
	}
	return canonical, nil
}

// patchTarget names a row to a patch, whose answer is written into it.
func patchTarget(row *v1alpha1.WebexLicense) *v1alpha1.WebexLicense {
	target := &v1alpha1.WebexLicense{}
	target.Namespace, target.Name = row.Namespace, row.Name
	return target
}
