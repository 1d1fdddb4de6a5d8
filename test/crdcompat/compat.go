// Package crdcompat compares two versions of a CustomResourceDefinition and finds what would
// break those who use the older one: manifests that are refused, objects that lose a field
// or cannot be updated any more, commands and selectors that find nothing.
package crdcompat

import (
	"fmt"
	"slices"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// Break is a change that can break a user.
type Break struct {
	// Version and Path are where: Path is the way to a field, such as .spec.suspend, or
	// empty for what is about the whole definition.
	Version, Path string
	// Change says what was done, such as "field removed".
	Change string
	// Ratchets is true if the API server goes on taking updates of objects that were stored
	// before and break the new rule, as long as the field itself stays the same. New objects
	// are refused all the same.
	Ratchets bool
}

// String is "version path: change".
func (b Break) String() string {
	at := b.Version
	if b.Path != "" {
		at += " " + b.Path
	}
	if at == "" {
		return b.Change
	}
	return at + ": " + b.Change
}

// Compare returns what breaks when the later definition takes the place of the earlier, in
// the order of the definition.
func Compare(earlier, later *apiextensionsv1.CustomResourceDefinition) []Break {
	var c comparison
	c.definition(&earlier.Spec, &later.Spec)
	for i := range earlier.Spec.Versions {
		was := &earlier.Spec.Versions[i]
		c.version = was.Name
		at := slices.IndexFunc(later.Spec.Versions, func(v apiextensionsv1.CustomResourceDefinitionVersion) bool { return v.Name == was.Name })
		switch {
		case at < 0:
			c.add("", "version removed")
		case was.Served && !later.Spec.Versions[at].Served:
			c.add("", "version no longer served")
		default:
			c.versions(was, &later.Spec.Versions[at])
		}
	}
	return c.breaks
}

// comparison gathers what is found.
type comparison struct {
	version string
	breaks  []Break
}

func (c *comparison) add(path, format string, args ...any) {
	c.breaks = append(c.breaks, Break{Version: c.version, Path: path, Change: fmt.Sprintf(format, args...)})
}

func (c *comparison) definition(was, is *apiextensionsv1.CustomResourceDefinitionSpec) {
	for _, name := range []struct{ what, was, is string }{
		{"group", was.Group, is.Group},
		{"scope", string(was.Scope), string(is.Scope)},
		{"kind", was.Names.Kind, is.Names.Kind},
		{"list kind", was.Names.ListKind, is.Names.ListKind},
		{"plural", was.Names.Plural, is.Names.Plural},
		{"singular", was.Names.Singular, is.Names.Singular},
	} {
		if name.was != name.is {
			c.add("", "%s changed from %q to %q", name.what, name.was, name.is)
		}
	}
	c.missing("", "short name", was.Names.ShortNames, is.Names.ShortNames)
	c.missing("", "category", was.Names.Categories, is.Names.Categories)
}

// missing reports what is no longer in a list.
func (c *comparison) missing(path, what string, was, is []string) {
	for _, item := range was {
		if !slices.Contains(is, item) {
			c.add(path, "%s %q removed", what, item)
		}
	}
}

func (c *comparison) versions(was, is *apiextensionsv1.CustomResourceDefinitionVersion) {
	c.columns(was.AdditionalPrinterColumns, is.AdditionalPrinterColumns)
	c.missing("", "selectable field", selectable(was), selectable(is))
	if was.Subresources != nil {
		if was.Subresources.Status != nil && (is.Subresources == nil || is.Subresources.Status == nil) {
			c.add("", "subresource status removed")
		}
		if was.Subresources.Scale != nil && (is.Subresources == nil || is.Subresources.Scale == nil) {
			c.add("", "subresource scale removed")
		}
	}
	if was.Schema != nil && was.Schema.OpenAPIV3Schema != nil {
		if is.Schema == nil || is.Schema.OpenAPIV3Schema == nil {
			c.add("", "schema removed")
			return
		}
		c.schema("", was.Schema.OpenAPIV3Schema, is.Schema.OpenAPIV3Schema)
	}
}

func selectable(v *apiextensionsv1.CustomResourceDefinitionVersion) []string {
	paths := make([]string, len(v.SelectableFields))
	for i := range v.SelectableFields {
		paths[i] = v.SelectableFields[i].JSONPath
	}
	return paths
}

// columns are read by people and by scripts: what kubectl get prints without a flag stays,
// in its order. New ones may come at any place.
func (c *comparison) columns(was, is []apiextensionsv1.CustomResourceColumnDefinition) {
	from := 0
	for i := range was {
		column := &was[i]
		at := slices.IndexFunc(is, func(d apiextensionsv1.CustomResourceColumnDefinition) bool { return d.Name == column.Name })
		switch {
		case at < 0:
			c.add("", "column %q removed", column.Name)
			continue
		case at < from:
			c.add("", "column %q moved to another place", column.Name)
		case is[at].JSONPath != column.JSONPath:
			c.add("", "column %q shows %s instead of %s", column.Name, is[at].JSONPath, column.JSONPath)
		case is[at].Type != column.Type || is[at].Format != column.Format:
			c.add("", "column %q has type %s instead of %s", column.Name, is[at].Type, column.Type)
		case column.Priority == 0 && is[at].Priority > 0:
			c.add("", "column %q is only shown with -o wide", column.Name)
		}
		from = max(from, at)
	}
}
