package partner_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// record is a customer as the API server keeps it: the value of each field that is owned whole, by its path, and the
// managers that own it. TestPeopleAndTemplate holds the rules of this model at a real one.
type record struct {
	name   string
	values map[string]any
	owners map[string][]string
}

const (
	bar        = "|"
	labelPath  = "metadata|labels|"
	editor     = "kubectl-edit Update"
	applier    = "kubectl Apply"
	twin       = "webex-license-operator/partner/reseller Update" // the partner's name, and not its way to write
	ours       = "webex-license-operator/partner/reseller Apply"
	policyPath = "spec|deletionPolicy"
)

// flatten takes fields apart into paths.
func flatten(fields map[string]any) map[string]any {
	flat := map[string]any{}
	var walk func(at []string, value any)
	walk = func(at []string, value any) {
		path := strings.Join(at, bar)
		switch v := value.(type) {
		case map[string]any:
			if last := at[len(at)-1]; len(v) == 0 || last == "credentialsSecretRef" || last == "caBundleRef" {
				flat[path] = v
				return
			}
			for name, below := range v {
				walk(append(slices.Clone(at), name), below)
			}
		case []any:
			for _, item := range v {
				flat[path+bar+itemName(item)] = item
			}
		default:
			flat[path] = v
		}
	}
	for name, value := range fields {
		walk([]string{name}, value)
	}
	for _, identity := range []string{"apiVersion", "kind", "metadata|name", "metadata|namespace"} {
		delete(flat, identity)
	}
	return flat
}

func itemName(item any) string {
	if owner, ok := item.(map[string]any); ok {
		return fmt.Sprintf(`k:{"uid":%q}`, owner["uid"])
	}
	text, _ := json.Marshal(item) // a text
	return "v:" + string(text)
}

// apply is server-side apply without force, or with.
func (r *record) apply(manager string, flat map[string]any, force bool) error {
	for path, value := range flat {
		if is, found := r.values[path]; found && !reflect.DeepEqual(is, value) {
			others := slices.DeleteFunc(slices.Clone(r.owners[path]), func(name string) bool { return name == manager })
			if len(others) > 0 && !force {
				return fmt.Errorf("conflict about %s with %q: is %v, applied %v", path, others, is, value)
			}
			r.owners[path] = nil
		}
		r.values[path] = value
		r.own(manager, path)
	}
	for path := range maps.Clone(r.values) {
		if _, kept := flat[path]; !kept {
			r.disown(manager, path)
		}
	}
	r.complete()
	return nil
}

func (r *record) own(manager, path string) {
	if !slices.Contains(r.owners[path], manager) {
		r.owners[path] = append(r.owners[path], manager)
	}
}

func (r *record) disown(manager, path string) {
	owners := slices.DeleteFunc(slices.Clone(r.owners[path]), func(name string) bool { return name == manager })
	if len(owners) == len(r.owners[path]) {
		return
	}
	if r.owners[path] = owners; len(owners) == 0 {
		delete(r.values, path)
		delete(r.owners, path)
	}
}

// update is what kubectl edit and patches do to one field; nil takes it away.
func (r *record) update(manager, path string, value any) {
	switch is, found := r.values[path]; {
	case value == nil:
		delete(r.values, path)
		delete(r.owners, path)
	case !found || !reflect.DeepEqual(is, value):
		r.values[path], r.owners[path] = value, []string{manager}
	}
	r.complete()
}

// complete adds the default.
func (r *record) complete() {
	if _, found := r.values[policyPath]; !found {
		r.values[policyPath] = "Delete"
	}
}

// nest puts paths together again.
func nest(flat map[string]any) map[string]any {
	fields := map[string]any{}
	for _, path := range slices.Sorted(maps.Keys(flat)) {
		at, names := fields, strings.Split(path, bar)
		for i, name := range names {
			switch {
			case i == len(names)-1:
				at[name] = flat[path]
			case strings.HasPrefix(names[i+1], "v:"), strings.HasPrefix(names[i+1], "k:"):
				items, _ := at[name].([]any)
				at[name] = append(items, flat[path])
			default:
				below, ok := at[name].(map[string]any)
				if !ok {
					below = map[string]any{}
					at[name] = below
				}
				at = below
				continue
			}
			break
		}
	}
	return fields
}

// customer is what the operator reads.
func (r *record) customer() v1alpha1.WebexCustomerAccess {
	text, err := json.Marshal(nest(r.values))
	if err != nil {
		panic(err)
	}
	c := v1alpha1.WebexCustomerAccess{}
	if err := json.Unmarshal(text, &c); err != nil {
		panic(fmt.Errorf("%w: %s", err, text))
	}
	c.Name, c.Namespace = r.name, "customers"
	trees := map[string]map[string]any{}
	for path, owners := range r.owners {
		for _, manager := range owners {
			if trees[manager] == nil {
				trees[manager] = map[string]any{}
			}
			at := trees[manager]
			for name := range strings.SplitSeq(path, bar) {
				if !strings.HasPrefix(name, "v:") && !strings.HasPrefix(name, "k:") {
					name = "f:" + name
				}
				below, ok := at[name].(map[string]any)
				if !ok {
					below = map[string]any{}
					at[name] = below
				}
				at = below
			}
		}
	}
	for _, manager := range slices.Sorted(maps.Keys(trees)) {
		text, _ := json.Marshal(trees[manager])
		name, operation, _ := strings.Cut(manager, " ")
		c.ManagedFields = append(c.ManagedFields, metav1.ManagedFieldsEntry{
			Manager: name, Operation: metav1.ManagedFieldsOperationType(operation), FieldsType: "FieldsV1", FieldsV1: metav1.NewFieldsV1(string(text)),
		})
	}
	// The status has a writer of its own, which owns nothing else.
	c.ManagedFields = append(c.ManagedFields, metav1.ManagedFieldsEntry{
		Manager: "webex-license-operator", Operation: "Apply", Subresource: "status", FieldsV1: metav1.NewFieldsV1(`{"f:spec":{"f:hierarchyPath":{},"f:suspend":{}}}`),
	})
	return c
}
