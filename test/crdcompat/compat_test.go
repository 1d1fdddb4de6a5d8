package crdcompat

import (
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// Every kind of break is found at every field of the operator's own definitions, and
// nothing else is.
func TestBreaksOfFields(t *testing.T) {
	t.Parallel()
	done := map[string]int{}
	for kind, definition := range definitions(t) {
		root := definition.Spec.Versions[0].Schema.OpenAPIV3Schema
		for _, path := range paths("", root) {
			for _, m := range fieldMutations {
				changed := definition.DeepCopy()
				edited, applicable := "", false
				edit(changed.Spec.Versions[0].Schema.OpenAPIV3Schema, path, func(s *schema) { edited, applicable = m.do(s) })
				if !applicable {
					continue
				}
				done[m.name]++
				breaks := Compare(definition, changed)
				if len(breaks) != 1 || breaks[0].Path != path+edited || breaks[0].Version != "v1alpha1" || !strings.Contains(breaks[0].Change, m.want) {
					t.Errorf("%s %s, %s: found %v, want %q", kind, path, m.name, breaks, m.want)
					continue
				}
				if want := m.ratchets && leaf(root, path); breaks[0].Ratchets != want {
					t.Errorf("%s %s, %s: ratchets is %v, want %v", kind, path, m.name, breaks[0].Ratchets, want)
				}
				if breaks := Compare(changed, definition); m.loosens && len(breaks) > 0 {
					t.Errorf("%s %s, %s: taking it back breaks no user, found %v", kind, path, m.name, breaks)
				}
			}
		}
	}
	for _, m := range fieldMutations {
		if done[m.name] == 0 {
			t.Errorf("no field to try %s with", m.name)
		}
	}
}

// What is said about the whole definition counts, too.
func TestBreaksOfDefinitions(t *testing.T) {
	t.Parallel()
	version := func(d *apiextensionsv1.CustomResourceDefinition) *apiextensionsv1.CustomResourceDefinitionVersion {
		return &d.Spec.Versions[0]
	}
	for name, test := range map[string]struct {
		change func(d *apiextensionsv1.CustomResourceDefinition)
		want   string
	}{
		"another group":    {func(d *apiextensionsv1.CustomResourceDefinition) { d.Spec.Group = "x" }, "group changed"},
		"another kind":     {func(d *apiextensionsv1.CustomResourceDefinition) { d.Spec.Names.Kind = "X" }, "kind changed"},
		"another list":     {func(d *apiextensionsv1.CustomResourceDefinition) { d.Spec.Names.ListKind = "X" }, "list kind changed"},
		"another plural":   {func(d *apiextensionsv1.CustomResourceDefinition) { d.Spec.Names.Plural = "x" }, "plural changed"},
		"another singular": {func(d *apiextensionsv1.CustomResourceDefinition) { d.Spec.Names.Singular = "x" }, "singular changed"},
		"another scope":    {func(d *apiextensionsv1.CustomResourceDefinition) { d.Spec.Scope = "Cluster" }, "scope changed"},
		"no short name":    {func(d *apiextensionsv1.CustomResourceDefinition) { d.Spec.Names.ShortNames = []string{"new"} }, `short name "wxca" removed`},
		"no category":      {func(d *apiextensionsv1.CustomResourceDefinition) { d.Spec.Names.Categories = nil }, `category "webex" removed`},
		"no version":       {func(d *apiextensionsv1.CustomResourceDefinition) { version(d).Name = "v2" }, "v1alpha1: version removed"},
		"not served":       {func(d *apiextensionsv1.CustomResourceDefinition) { version(d).Served = false }, "v1alpha1: version no longer served"},
		"no status":        {func(d *apiextensionsv1.CustomResourceDefinition) { version(d).Subresources = nil }, "subresource status removed"},
		"no schema":        {func(d *apiextensionsv1.CustomResourceDefinition) { version(d).Schema = nil }, "schema removed"},
		"not selectable": {func(d *apiextensionsv1.CustomResourceDefinition) {
			version(d).SelectableFields = version(d).SelectableFields[1:]
		}, `selectable field ".spec.organizationID" removed`},
		"no column": {func(d *apiextensionsv1.CustomResourceDefinition) {
			version(d).AdditionalPrinterColumns = version(d).AdditionalPrinterColumns[1:]
		}, `column "Organization" removed`},
		"a renamed column": {func(d *apiextensionsv1.CustomResourceDefinition) { version(d).AdditionalPrinterColumns[0].Name = "Org" }, `column "Organization" removed`},
		"a moved column": {func(d *apiextensionsv1.CustomResourceDefinition) {
			columns := version(d).AdditionalPrinterColumns
			columns[0], columns[1] = columns[1], columns[0]
		}, `column "Licenses" moved`},
		"another column": {func(d *apiextensionsv1.CustomResourceDefinition) {
			version(d).AdditionalPrinterColumns[0].JSONPath = ".x"
		}, "shows .x instead of"},
		"a retyped column": {func(d *apiextensionsv1.CustomResourceDefinition) {
			version(d).AdditionalPrinterColumns[0].Type = "integer"
		}, "has type integer instead of string"},
		"a hidden column": {func(d *apiextensionsv1.CustomResourceDefinition) { version(d).AdditionalPrinterColumns[0].Priority = 1 }, "only shown with -o wide"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			was := definitions(t)["WebexCustomerAccess"]
			is := was.DeepCopy()
			test.change(is)
			if breaks := Compare(was, is); len(breaks) != 1 || !strings.Contains(breaks[0].String(), test.want) || breaks[0].Ratchets {
				t.Errorf("found %v, want %q", breaks, test.want)
			}
		})
	}
}

// What the operator's definitions do not have is compared as well.
func TestBreaksOfRarities(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		was, is schema
		want    string
	}{
		"null":           {schema{Type: "string", Nullable: true}, schema{Type: "string"}, "null is no longer allowed"},
		"unknown fields": {schema{Type: "object", XPreserveUnknownFields: new(true)}, schema{Type: "object"}, "unknown fields are no longer kept"},
		"int or string":  {schema{XIntOrString: true}, schema{}, "type changed"},
		"maximum":        {schema{Type: "number"}, schema{Type: "number", Maximum: new(1.5)}, "maximum 1.5 added"},
		"old self":       {schema{XValidations: apiextensionsv1.ValidationRules{{Rule: "self == oldSelf"}}}, schema{XValidations: apiextensionsv1.ValidationRules{{Rule: "self == oldSelf", OptionalOldSelf: new(true)}}}, "rule added"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var c comparison
			c.schema(".x", &test.was, &test.is)
			if len(c.breaks) != 1 || !strings.Contains(c.breaks[0].Change, test.want) {
				t.Errorf("found %v, want %q", c.breaks, test.want)
			}
			var same comparison
			if same.schema(".x", &test.was, &test.was); len(same.breaks) > 0 {
				t.Errorf("found %v between equals", same.breaks)
			}
		})
	}
}

// Additions and looser rules break no user.
func TestHarmlessChanges(t *testing.T) {
	t.Parallel()
	was := definitions(t)["WebexCustomerAccess"]
	is := was.DeepCopy()
	is.Spec.Names.ShortNames = append(is.Spec.Names.ShortNames, "new")
	v := &is.Spec.Versions[0]
	next := *v.DeepCopy()
	v.Deprecated, v.Storage = true, false
	next.Name, next.Storage = "v1beta1", true
	v.AdditionalPrinterColumns = append([]apiextensionsv1.CustomResourceColumnDefinition{{Name: "New", Type: "string", JSONPath: ".spec.new"}}, v.AdditionalPrinterColumns...)
	v.SelectableFields = append(v.SelectableFields, apiextensionsv1.SelectableField{JSONPath: ".spec.new"})
	is.Spec.Versions = append([]apiextensionsv1.CustomResourceDefinitionVersion{next}, is.Spec.Versions...)
	edit(is.Spec.Versions[1].Schema.OpenAPIV3Schema, ".spec", func(s *schema) {
		s.Description = "another text"
		s.Properties["new"] = schema{Type: "object", Required: []string{"inner"}, Properties: map[string]schema{"inner": {Type: "string", MaxLength: new(int64(1))}}}
		s.Properties["defaulted"] = schema{Type: "string", Default: &apiextensionsv1.JSON{Raw: []byte(`"x"`)}}
		s.Required = append(s.Required, "defaulted")
		s.XValidations = nil
	})
	edit(is.Spec.Versions[1].Schema.OpenAPIV3Schema, ".spec.deletionPolicy", func(s *schema) {
		s.Enum = append(s.Enum, apiextensionsv1.JSON{Raw: []byte(`"New"`)})
	})
	edit(is.Spec.Versions[1].Schema.OpenAPIV3Schema, ".spec.hierarchyPath", func(s *schema) { s.Pattern, s.MaxLength = "", new(int64(1000)) })
	if breaks := Compare(was, is); len(breaks) > 0 {
		t.Errorf("found %v", breaks)
	}
}
