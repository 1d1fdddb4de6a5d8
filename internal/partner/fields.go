package partner

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// object are fields as JSON has them.
type object map[string]any

// atomic are structs that the API server takes whole: it owns no part of one, and a part of one cannot be applied.
var atomic = []string{"credentialsSecretRef", "caBundleRef", "customerAccessSelector"}

// settle is what to apply so that an object becomes what is wanted; nil if there is nothing
// to write. A field that belongs to another manager is left to it: applied without force it
// would be refused, with force the two would take turns. One that both own stays owned as
// long as both say the same. One that nothing owns, or this manager alone, follows. What this
// manager owns and no longer wants goes.
func settle(wanted, live object, managed []metav1.ManagedFieldsEntry, manager string) object {
	mine, others := owners(live, managed, manager)
	write := false
	applied := object{}
	wanted.leaves(nil, func(path []string, value any) {
		is, found := live.at(path)
		same := found && equal(is, value)
		if others.has(path) && !identifies(path) && (!same || !mine.has(path)) {
			return
		}
		write = write || !same
		applied.set(value, path)
	})
	mine.leaves(nil, func(path []string, _ any) { write = write || !applied.has(path) })
	if !write {
		return nil
	}
	return applied
}

// equal compares a field with what is wanted of it. A struct without fields is only wanted to be there.
func equal(is, wanted any) bool {
	if fields, ok := wanted.(map[string]any); ok && len(fields) == 0 {
		_, ok := is.(map[string]any)
		return ok
	}
	return reflect.DeepEqual(is, wanted)
}

// identifies says whether a field names the object that is applied.
func identifies(path []string) bool {
	return slices.Contains([]string{"apiVersion", "kind", "metadata/name", "metadata/namespace"}, strings.Join(path, "/"))
}

// owned are the fields of an object that a manager owns, with their values, and what names it.
func owned(live object, managed []metav1.ManagedFieldsEntry, manager string) object {
	mine, _ := owners(live, managed, manager)
	kept := object{}
	live.leaves(nil, func(path []string, value any) {
		if mine.has(path) || identifies(path) {
			kept.set(value, path)
		}
	})
	return kept
}

// owners are the fields that a manager applies, and those of all others, as trees. Status is
// another matter: it has writers of its own. Without any entry the API server takes all that
// there is for another's at the next apply.
func owners(live object, managed []metav1.ManagedFieldsEntry, manager string) (mine, others object) {
	mine, others = object{}, object{}
	if len(managed) == 0 {
		return mine, live
	}
	for _, entry := range managed {
		tree := map[string]any{}
		if entry.Subresource != "" || entry.FieldsV1 == nil || json.Unmarshal(entry.FieldsV1.GetRawBytes(), &tree) != nil {
			continue
		}
		if entry.Manager == manager && entry.Operation == metav1.ManagedFieldsOperationApply {
			mine.own(tree)
		} else {
			others.own(tree)
		}
	}
	return mine, others
}

// own adds the fields of a tree as the API server writes it: f:name is a field, v: and k: are
// items of a list. What is there for its own sake only, as an empty object, is owned in no part.
func (o object) own(tree map[string]any) {
	for key, below := range tree {
		children, _ := below.(map[string]any)
		name, field := strings.CutPrefix(key, "f:")
		if !field && !isItem(key) || len(children) == 1 && children["."] != nil {
			continue
		}
		fields, ok := o[name].(map[string]any)
		if !ok {
			fields = map[string]any{}
			o[name] = fields
		}
		if field {
			object(fields).own(children)
		}
	}
}

// has says whether there is a field, or a part of it.
func (o object) has(path []string) bool {
	_, found := o.at(path)
	return found
}

// leaves calls visit for each value that is owned whole: one that has no fields, an atomic
// struct, an item of a list; in the order of names.
func (o object) leaves(path []string, visit func(path []string, value any)) {
	for _, name := range slices.Sorted(maps.Keys(o)) {
		at := append(slices.Clone(path), name)
		switch value := o[name].(type) {
		case map[string]any:
			if len(value) == 0 || slices.Contains(atomic, name) {
				visit(at, value)
			} else {
				object(value).leaves(at, visit)
			}
		case []any:
			for _, item := range value {
				visit(append(slices.Clone(at), itemKey(item)), item)
			}
		default:
			visit(at, value)
		}
	}
}

func isItem(name string) bool { return strings.HasPrefix(name, "v:") || strings.HasPrefix(name, "k:") }

// itemKey is how the API server names an item of a set, or an owner among owners.
func itemKey(item any) string {
	if owner, ok := item.(map[string]any); ok {
		key, _ := json.Marshal(map[string]any{"uid": owner["uid"]}) // a text
		return "k:" + string(key)
	}
	key, _ := json.Marshal(item) // a scalar
	return "v:" + string(key)
}

// at is the value at a path.
func (o object) at(path []string) (any, bool) {
	var value any = map[string]any(o)
	for _, name := range path {
		switch v := value.(type) {
		case map[string]any:
			below, ok := v[name]
			if !ok {
				return nil, false
			}
			value = below
		case []any:
			i := slices.IndexFunc(v, func(item any) bool { return itemKey(item) == name })
			if i < 0 {
				return nil, false
			}
			value = v[i]
		default:
			return nil, false
		}
	}
	return value, true
}

// set puts a value at a path.
func (o object) set(value any, path []string) {
	fields := map[string]any(o)
	for i, name := range path {
		switch {
		case i == len(path)-1:
			fields[name] = value
		case isItem(path[i+1]):
			items, _ := fields[name].([]any)
			fields[name] = append(items, value)
			return
		default:
			below, ok := fields[name].(map[string]any)
			if !ok {
				below = map[string]any{}
				fields[name] = below
			}
			fields = below
		}
	}
}
