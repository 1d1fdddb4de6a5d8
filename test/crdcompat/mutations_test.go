package crdcompat

import (
	"maps"
	"slices"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"github.com/webex-operator/webex-license-operator/config/crd"
)

// fieldMutation changes a schema for the worse. It says at which field below it that shows,
// and whether it applies to the schema at all.
type fieldMutation struct {
	name, want string
	// ratchets is whether the API server bears with stored values of a leaf.
	ratchets bool
	// loosens is whether the way back breaks no user.
	loosens bool
	do      func(s *schema) (field string, applicable bool)
}

// at is a mutation of the schema itself.
func at(applicable func(s *schema) bool, do func(s *schema)) func(s *schema) (string, bool) {
	return func(s *schema) (string, bool) {
		if !applicable(s) {
			return "", false
		}
		do(s)
		return "", true
	}
}

func is(types ...string) func(s *schema) bool {
	return func(s *schema) bool { return slices.Contains(types, s.Type) }
}

func always(*schema) bool { return true }

// optional is a field of an object that no user needs to set.
func optional(s *schema) string {
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		if !slices.Contains(s.Required, name) && s.Properties[name].Default == nil {
			return name
		}
	}
	return ""
}

// raise and lower move a bound, or set one where there is none.
func raise(bound **int64) { move(bound, 1) }
func lower(bound **int64) { move(bound, -1) }
func move(b **int64, by int64) {
	if *b == nil {
		*b = new(int64(7))
		return
	}
	*b = new(**b + by)
}

func moveFloat(b **float64, by float64) {
	if *b == nil {
		*b = new(float64(7))
		return
	}
	*b = new(**b + by)
}

var fieldMutations = []fieldMutation{
	{name: "remove a field", want: "field removed", loosens: true, do: func(s *schema) (string, bool) {
		name := optional(s)
		delete(s.Properties, name)
		return "." + name, name != ""
	}},
	{name: "require a field", want: "required now", loosens: true, do: func(s *schema) (string, bool) {
		name := optional(s)
		s.Required = append(s.Required, name)
		return "." + name, name != ""
	}},
	{name: "change the type", want: "type changed", do: at(is("string", "integer", "boolean"), func(s *schema) { s.Type = "number" })},
	{name: "change a default", want: "default changed", do: at(func(s *schema) bool { return s.Default != nil }, func(s *schema) {
		s.Default = &apiextensionsv1.JSON{Raw: []byte(`"other"`)}
	})},
	{name: "remove a default", want: "default changed", do: at(func(s *schema) bool { return s.Default != nil }, func(s *schema) { s.Default = nil })},
	{name: "add a default", want: "default changed", do: at(func(s *schema) bool { return s.Default == nil }, func(s *schema) {
		s.Default = &apiextensionsv1.JSON{Raw: []byte(`"x"`)}
	})},
	{name: "remove a value", want: "removed from the enumeration", ratchets: true, loosens: true, do: at(func(s *schema) bool { return len(s.Enum) > 0 }, func(s *schema) { s.Enum = s.Enum[1:] })},
	{name: "enumerate", want: "enumeration added", ratchets: true, loosens: true, do: at(func(s *schema) bool { return s.Type == "string" && len(s.Enum) == 0 }, func(s *schema) {
		s.Enum = []apiextensionsv1.JSON{{Raw: []byte(`"x"`)}}
	})},
	{name: "a pattern", want: "pattern changed", ratchets: true, do: at(is("string"), func(s *schema) { s.Pattern += "x" })},
	{name: "a format", want: "format changed", ratchets: true, do: at(is("string"), func(s *schema) { s.Format = "ipv4" })},
	{name: "fewer characters", want: "maxLength", ratchets: true, loosens: true, do: at(is("string"), func(s *schema) { lower(&s.MaxLength) })},
	{name: "more characters", want: "minLength", ratchets: true, loosens: true, do: at(is("string"), func(s *schema) { raise(&s.MinLength) })},
	{name: "fewer items", want: "maxItems", ratchets: true, loosens: true, do: at(is("array"), func(s *schema) { lower(&s.MaxItems) })},
	{name: "more items", want: "minItems", ratchets: true, loosens: true, do: at(is("array"), func(s *schema) { raise(&s.MinItems) })},
	{name: "unique items", want: "must be unique", ratchets: true, loosens: true, do: at(is("array"), func(s *schema) { s.UniqueItems = true })},
	{name: "fewer properties", want: "maxProperties", ratchets: true, loosens: true, do: at(is("object"), func(s *schema) { lower(&s.MaxProperties) })},
	{name: "more properties", want: "minProperties", ratchets: true, loosens: true, do: at(is("object"), func(s *schema) { raise(&s.MinProperties) })},
	{name: "a lower maximum", want: "maximum", ratchets: true, loosens: true, do: at(is("integer"), func(s *schema) { moveFloat(&s.Maximum, -1) })},
	{name: "a higher minimum", want: "minimum", ratchets: true, loosens: true, do: at(is("integer"), func(s *schema) { moveFloat(&s.Minimum, 1) })},
	{name: "an exclusive bound", want: "exclusive", ratchets: true, loosens: true, do: at(is("integer"), func(s *schema) { s.ExclusiveMinimum = true })},
	{name: "multiples", want: "multipleOf", ratchets: true, loosens: true, do: at(is("integer"), func(s *schema) { s.MultipleOf = new(2.0) })},
	{name: "a rule", want: "rule added", ratchets: true, loosens: true, do: at(always, func(s *schema) {
		s.XValidations = append(s.XValidations, apiextensionsv1.ValidationRule{Rule: "false"})
	})},
	{name: "a rule about changes", want: "rule added", loosens: true, do: at(always, func(s *schema) {
		s.XValidations = append(s.XValidations, apiextensionsv1.ValidationRule{Rule: "self == oldSelf && true"})
	})},
	{name: "another rule", want: "rule added", ratchets: false, do: at(func(s *schema) bool {
		return len(s.XValidations) > 0 && strings.Contains(s.XValidations[0].Rule, "oldSelf")
	}, func(s *schema) { s.XValidations[0].Rule += " && true" })},
	{name: "all of", want: "allOf changed", loosens: true, do: at(always, func(s *schema) { s.AllOf = []schema{{}} })},
	{name: "any of", want: "anyOf changed", loosens: true, do: at(always, func(s *schema) { s.AnyOf = []schema{{}} })},
	{name: "one of", want: "oneOf changed", loosens: true, do: at(always, func(s *schema) { s.OneOf = []schema{{}} })},
	{name: "not", want: "not changed", loosens: true, do: at(always, func(s *schema) { s.Not = &schema{} })},
	{name: "list type", want: "list type", do: at(is("array"), func(s *schema) {
		if s.XListType == nil || *s.XListType == "atomic" {
			s.XListType = new("set")
		} else {
			s.XListType = new("atomic")
		}
	})},
	{name: "list keys", want: "list map keys", do: at(func(s *schema) bool { return len(s.XListMapKeys) > 0 }, func(s *schema) { s.XListMapKeys = []string{"reason"} })},
	{name: "map type", want: "map type", do: at(is("object"), func(s *schema) {
		if s.XMapType == nil {
			s.XMapType = new("atomic")
		} else {
			s.XMapType = nil
		}
	})},
	{name: "embedded", want: "embedded resource", do: at(is("object"), func(s *schema) { s.XEmbeddedResource = true })},
	{name: "no more keys", want: "values of any key", loosens: true, do: func(s *schema) (string, bool) {
		had := s.AdditionalProperties != nil
		s.AdditionalProperties = nil
		return "{}", had
	}},
}

// definitions are the operator's own, by kind.
func definitions(t *testing.T) map[string]*apiextensionsv1.CustomResourceDefinition {
	t.Helper()
	all := map[string]*apiextensionsv1.CustomResourceDefinition{}
	files, err := crd.Bases.ReadDir("bases")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		content, err := crd.Bases.ReadFile("bases/" + file.Name())
		if err != nil {
			t.Fatal(err)
		}
		definition := &apiextensionsv1.CustomResourceDefinition{}
		if err := yaml.UnmarshalStrict(content, definition); err != nil {
			t.Fatal(err)
		}
		all[definition.Spec.Names.Kind] = definition
	}
	if len(all) != 6 {
		t.Fatalf("found %d definitions, want 6", len(all))
	}
	return all
}

// paths are the ways to all schemas within one.
func paths(path string, s *schema) []string {
	all := []string{path}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		all = append(all, paths(path+"."+name, new(s.Properties[name]))...)
	}
	if s.Items != nil {
		all = append(all, paths(path+"[]", s.Items.Schema)...)
	}
	if s.AdditionalProperties != nil {
		all = append(all, paths(path+"{}", s.AdditionalProperties.Schema)...)
	}
	return all
}

// edit changes the schema at a path.
func edit(s *schema, path string, change func(s *schema)) {
	switch {
	case path == "":
		change(s)
	case strings.HasPrefix(path, "[]"):
		edit(s.Items.Schema, path[2:], change)
	case strings.HasPrefix(path, "{}"):
		edit(s.AdditionalProperties.Schema, path[2:], change)
	default:
		name, rest := path[1:], ""
		if end := strings.IndexAny(name, ".[{"); end >= 0 {
			name, rest = name[:end], name[end:]
		}
		child := s.Properties[name]
		edit(&child, rest, change)
		s.Properties[name] = child
	}
}

// leaf says whether the values at a path have no fields of their own.
func leaf(root *schema, path string) bool {
	simple := false
	edit(root, path, func(s *schema) { simple = s.Properties == nil && path != "" })
	return simple
}
