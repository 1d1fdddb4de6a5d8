package crdcompat

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/utils/ptr"
)

type schema = apiextensionsv1.JSONSchemaProps

// tighten reports a rule about the value at path that refuses what was taken before. The
// API server ratchets it for values without fields of their own; a rule about an object
// refuses every other change within it, too.
func (c *comparison) tighten(path string, of *schema, format string, args ...any) {
	c.add(path, format, args...)
	c.breaks[len(c.breaks)-1].Ratchets = of.Properties == nil && path != ""
}

// schema compares the values that two schemas allow at a path.
func (c *comparison) schema(path string, was, is *schema) {
	if was.Type != is.Type || was.XIntOrString != is.XIntOrString {
		c.add(path, "type changed from %q to %q", was.Type, is.Type)
		return
	}
	if !sameDefault(was.Default, is.Default) {
		c.add(path, "default changed from %s to %s", text(was.Default), text(is.Default))
	}
	c.values(path, was, is)
	c.bounds(path, was, is)
	c.rules(path, was, is)
	c.kubernetes(path, was, is)
	c.children(path, was, is)
}

func sameDefault(a, b *apiextensionsv1.JSON) bool {
	if a == nil || b == nil {
		return a == b
	}
	return bytes.Equal(a.Raw, b.Raw)
}

func text(value *apiextensionsv1.JSON) string {
	if value == nil {
		return "none"
	}
	return string(value.Raw)
}

// values compares format, enumeration and pattern.
func (c *comparison) values(path string, was, is *schema) {
	if was.Format != is.Format && is.Format != "" {
		c.tighten(path, was, "format changed from %q to %q", was.Format, is.Format)
	}
	if was.Pattern != is.Pattern && is.Pattern != "" {
		c.tighten(path, was, "pattern changed from %q to %q", was.Pattern, is.Pattern)
	}
	if was.Nullable && !is.Nullable {
		c.tighten(path, was, "null is no longer allowed")
	}
	switch {
	case len(is.Enum) == 0:
	case len(was.Enum) == 0:
		c.tighten(path, was, "enumeration added")
	default:
		for _, value := range was.Enum {
			if !slices.ContainsFunc(is.Enum, func(v apiextensionsv1.JSON) bool { return bytes.Equal(v.Raw, value.Raw) }) {
				c.tighten(path, was, "value %s removed from the enumeration", value.Raw)
			}
		}
	}
}

func (c *comparison) bounds(path string, was, is *schema) {
	whole := func(n *int64) *float64 {
		if n == nil {
			return nil
		}
		return new(float64(*n))
	}
	for _, bound := range []struct {
		name    string
		was, is *float64
		upper   bool
	}{
		{"maximum", was.Maximum, is.Maximum, true},
		{"minimum", was.Minimum, is.Minimum, false},
		{"maxLength", whole(was.MaxLength), whole(is.MaxLength), true},
		{"minLength", whole(was.MinLength), whole(is.MinLength), false},
		{"maxItems", whole(was.MaxItems), whole(is.MaxItems), true},
		{"minItems", whole(was.MinItems), whole(is.MinItems), false},
		{"maxProperties", whole(was.MaxProperties), whole(is.MaxProperties), true},
		{"minProperties", whole(was.MinProperties), whole(is.MinProperties), false},
	} {
		switch {
		case bound.is == nil:
		case bound.was == nil:
			c.tighten(path, was, "%s %v added", bound.name, *bound.is)
		case bound.upper && *bound.is < *bound.was, !bound.upper && *bound.is > *bound.was:
			c.tighten(path, was, "%s changed from %v to %v", bound.name, *bound.was, *bound.is)
		}
	}
	if !was.ExclusiveMaximum && is.ExclusiveMaximum || !was.ExclusiveMinimum && is.ExclusiveMinimum {
		c.tighten(path, was, "a bound is now exclusive")
	}
	if is.MultipleOf != nil && ptr.Deref(was.MultipleOf, 0) != *is.MultipleOf {
		c.tighten(path, was, "multipleOf %v added", *is.MultipleOf)
	}
	if !was.UniqueItems && is.UniqueItems {
		c.tighten(path, was, "items must be unique")
	}
}

// rules compares required fields, CEL rules and combinations of schemas. What a rule means
// is not understood: another text is another rule.
func (c *comparison) rules(path string, was, is *schema) {
	for _, name := range is.Required {
		if slices.Contains(was.Required, name) || is.Properties[name].Default != nil {
			continue
		}
		c.add(path+"."+name, "required now")
	}
	for i := range is.XValidations {
		rule := &is.XValidations[i]
		same := func(r apiextensionsv1.ValidationRule) bool {
			return r.Rule == rule.Rule && ptr.Deref(r.OptionalOldSelf, false) == ptr.Deref(rule.OptionalOldSelf, false)
		}
		if slices.ContainsFunc(was.XValidations, same) {
			continue
		}
		c.tighten(path, was, "rule added: %s", rule.Rule)
		if strings.Contains(rule.Rule, "oldSelf") {
			c.breaks[len(c.breaks)-1].Ratchets = false // rules about changes always hold
		}
	}
	for _, combination := range []struct {
		name    string
		was, is any
		given   bool
	}{
		{"allOf", was.AllOf, is.AllOf, len(is.AllOf) > 0},
		{"anyOf", was.AnyOf, is.AnyOf, len(is.AnyOf) > 0},
		{"oneOf", was.OneOf, is.OneOf, len(is.OneOf) > 0},
		{"not", was.Not, is.Not, is.Not != nil},
	} {
		if combination.given && !equality.Semantic.DeepEqual(combination.was, combination.is) {
			c.add(path, "%s changed", combination.name)
		}
	}
}

// kubernetes compares how objects are stored and merged.
func (c *comparison) kubernetes(path string, was, is *schema) {
	if ptr.Deref(was.XPreserveUnknownFields, false) && !ptr.Deref(is.XPreserveUnknownFields, false) {
		c.add(path, "unknown fields are no longer kept")
	}
	if was.XEmbeddedResource != is.XEmbeddedResource {
		c.add(path, "embedded resource: changed from %v to %v", was.XEmbeddedResource, is.XEmbeddedResource)
	}
	if a, b := ptr.Deref(was.XListType, "atomic"), ptr.Deref(is.XListType, "atomic"); a != b {
		c.add(path, "list type changed from %s to %s", a, b)
	}
	if !slices.Equal(was.XListMapKeys, is.XListMapKeys) {
		c.add(path, "list map keys changed from %v to %v", was.XListMapKeys, is.XListMapKeys)
	}
	if a, b := ptr.Deref(was.XMapType, "granular"), ptr.Deref(is.XMapType, "granular"); a != b {
		c.add(path, "map type changed from %s to %s", a, b)
	}
}

func (c *comparison) children(path string, was, is *schema) {
	for _, name := range slices.Sorted(maps.Keys(was.Properties)) {
		now, ok := is.Properties[name]
		if !ok {
			c.add(path+"."+name, "field removed")
			continue
		}
		before := was.Properties[name]
		c.schema(path+"."+name, &before, &now)
	}
	if was.Items != nil && was.Items.Schema != nil && is.Items != nil && is.Items.Schema != nil {
		c.schema(path+"[]", was.Items.Schema, is.Items.Schema)
	}
	if was.AdditionalProperties == nil || was.AdditionalProperties.Schema == nil {
		return
	}
	if is.AdditionalProperties == nil || is.AdditionalProperties.Schema == nil {
		c.add(path+"{}", "values of any key are no longer kept")
		return
	}
	c.schema(path+"{}", was.AdditionalProperties.Schema, is.AdditionalProperties.Schema)
}
