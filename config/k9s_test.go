package config

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// column is what k9s reads a column as: a name, perhaps a path, and what it looks like.
var column = regexp.MustCompile(`^([\w\s%/-]+):?([\w\W]*?)\|?([NTWSLRH]{0,3})$`)

// Of a column that does not exist k9s shows "n/a", of a path that leads nowhere nothing at all.
func TestK9sViews(t *testing.T) {
	t.Parallel()
	type view struct {
		SortColumn string   `json:"sortColumn"`
		Columns    []string `json:"columns"`
	}
	var file struct {
		Views map[string]view `json:"views"`
	}
	readYAML(t, filepath.Join("k9s", "views.yaml"), &file)

	names, err := filepath.Glob(filepath.Join("crd", "bases", "*.yaml"))
	if err != nil || len(names) != len(file.Views) {
		t.Fatalf("%d views for %d kinds, %v", len(file.Views), len(names), err)
	}
	for _, name := range names {
		var crd apiextensionsv1.CustomResourceDefinition
		readYAML(t, name, &crd)
		version := crd.Spec.Versions[0]
		view, ok := file.Views[crd.Spec.Group+"/"+version.Name+"/"+crd.Spec.Names.Plural]
		if !ok {
			t.Errorf("no view of %s", crd.Spec.Names.Plural)
		}
		known := []string{"NAMESPACE", "NAME"}
		for _, c := range version.AdditionalPrinterColumns {
			known = append(known, strings.ToUpper(c.Name))
		}
		var shown []string
		for _, text := range view.Columns {
			parts := column.FindStringSubmatch(text)
			switch {
			case parts == nil:
				t.Errorf("%s: k9s cannot read the column %q", crd.Spec.Names.Kind, text)
				continue
			case parts[2] == "" && !slices.Contains(known, parts[1]):
				t.Errorf("%s has no column %s, but %v", crd.Spec.Names.Kind, parts[1], known)
			case parts[2] != "" && slices.Contains(known, parts[1]):
				t.Errorf("%s: %s stands for a column of the kind already", crd.Spec.Names.Kind, text)
			case parts[2] != "" && !leads(*version.Schema.OpenAPIV3Schema, parts[2]):
				t.Errorf("%s has no field %s", crd.Spec.Names.Kind, parts[2])
			}
			shown = append(shown, parts[1])
		}
		by, order, _ := strings.Cut(view.SortColumn, ":")
		if view.SortColumn != "" && (!slices.Contains(shown, by) || order != "asc" && order != "desc") {
			t.Errorf("%s: sorted by %q", crd.Spec.Names.Kind, view.SortColumn)
		}
	}
}

// leads says whether a path of names and dots ends at a value that is one word.
func leads(schema apiextensionsv1.JSONSchemaProps, path string) bool {
	for name := range strings.SplitSeq(strings.TrimPrefix(path, "."), ".") {
		next, ok := schema.Properties[name]
		if !ok {
			return false
		}
		schema = next
	}
	return schema.Type != "object" && schema.Type != "array"
}
