package docs

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"
)

// kindPages are the pages about kinds, with the index's word for each.
var kindPages = map[string]struct{ page, word string }{
	"webexcustomeraccesses": {"webexcustomeraccess.md", "customer"},
	"licensesyncs":          {"licensesync.md", "run"},
	"licensesyncschedules":  {"schedules.md", "schedule"},
	"webexlicenses":         {"webexlicense.md", "row"},
}

// The page of a kind names each field of its spec and each reason that the index of
// troubleshooting.md knows on the kind, and leads to no other reason.
func TestPagesOfKindsAreComplete(t *testing.T) {
	t.Parallel()
	for plural, kind := range kindPages {
		page := read(t, kind.page)
		fields := fieldsOfSpec(t, plural)
		if len(fields) < 3 {
			t.Errorf("%s: found %d fields in the spec", plural, len(fields))
		}
		for _, field := range fields {
			if !regexp.MustCompile("`[^`\n]*\\b" + field + "\\b[^`\n]*`|(?m)^ +" + field + ":").MatchString(page) {
				t.Errorf("%s does not name %s", kind.page, field)
			}
		}
		for _, reason := range reasonsFoundOn(t, kind.word) {
			link := "[" + reason + "](troubleshooting.md#" + strings.ToLower(reason) + ")"
			if !strings.Contains(page, link) && !strings.Contains(page, "`"+reason+"`") {
				t.Errorf("%s does not say %s", kind.page, reason)
			}
		}
		known := reasonsOfCode(t)
		found := reasonsFoundOn(t, kind.word)
		_, conditions, _ := strings.Cut(page, "\n## Conditions\n")
		for _, link := range regexp.MustCompile(`\[([A-Za-z]+)\]\(troubleshooting\.md#`).FindAllStringSubmatch(conditions, -1) {
			if slices.Contains(known, link[1]) && !slices.Contains(found, link[1]) {
				t.Errorf("%s says %s, but the index does not know it on a %s", kind.page, link[1], kind.word)
			}
		}
	}
}

// reasonsFoundOn are the reasons that the index finds on conditions and events of a kind.
func reasonsFoundOn(t *testing.T, word string) (reasons []string) {
	t.Helper()
	for _, row := range regexp.MustCompile(`(?m)^\| \[([A-Za-z]+)\]\([^)]*\) \| ([^|]+) \|`).FindAllStringSubmatch(read(t, "troubleshooting.md"), -1) {
		if regexp.MustCompile(`\b` + word + `\b`).MatchString(row[2]) {
			reasons = append(reasons, row[1])
		}
	}
	if len(reasons) == 0 {
		t.Fatalf("the index has nothing on a %s", word)
	}
	return reasons
}

// fieldsOfSpec are the names of the fields of a kind's spec that hold values, at any depth.
func fieldsOfSpec(t *testing.T, plural string) []string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "config", "crd", "bases", "licensing.webex-operator.io_"+plural+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var crd apiextensionsv1.CustomResourceDefinition
	if err := yaml.Unmarshal(content, &crd); err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	var walk func(schema apiextensionsv1.JSONSchemaProps)
	walk = func(schema apiextensionsv1.JSONSchemaProps) {
		for name, property := range schema.Properties {
			if len(property.Properties) == 0 {
				names[name] = true
			}
			// What a selector of labels looks like, everybody knows.
			if !strings.HasSuffix(name, "Selector") {
				walk(property)
			}
		}
	}
	walk(crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"])
	return slices.Sorted(maps.Keys(names))
}

// The index leads to every page.
func TestEveryPageIsInTheIndex(t *testing.T) {
	t.Parallel()
	index := read(t, "README.md")
	pages, err := filepath.Glob("*.md")
	if err != nil || len(pages) < 20 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	for _, page := range pages {
		if page != "README.md" && !strings.Contains(index, "]("+page+")") {
			t.Errorf("docs/README.md does not lead to %s", page)
		}
	}
}
