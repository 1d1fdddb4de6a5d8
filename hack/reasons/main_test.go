package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPageIsCurrent(t *testing.T) {
	t.Parallel()
	want, err := page(filepath.Join("..", "..", "api", "v1alpha1"))
	if err != nil {
		t.Fatal(err)
	}
	have, err := os.ReadFile(filepath.Join("..", "..", "docs", "reasons.md"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(have)); diff != "" {
		t.Errorf("docs/reasons.md is out of date, make generate writes it (-want +got):\n%s", diff)
	}
}

const example = `package example

// Conditions.
const (
	// ConditionReady is True when all is well.
	ConditionReady = "Ready"
)

// Reasons of one | two. Found on run: Ready, Failed.
const (
	// ReasonFine is for --flags and spec.field. Found on row.
	ReasonFine = "Fine"
	// ReasonBad is for
	// all else. Remedy: see page.md#bad.
	ReasonBad = "Bad"
)
`

func TestPage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ source, want string }{
		"complete": {example, head + "| `Ready` | is True when all is well. |\n" +
			"\n## Reasons of one | two\n" + tableHead +
			"| <a id=\"fine\"></a>`Fine` | row | `--flags` and `spec.field`. | – |\n" +
			"| <a id=\"bad\"></a>`Bad` | run: `Ready`, `Failed` | all else. | see [page](page.md#bad). |\n"},
		"nothing found on": {"package example\n\nconst (\n\t// ReasonBad is for all.\n\tReasonBad = \"Bad\"\n)\n", ""},
		"no comment":       {"package example\n\n// Found on run.\nconst (\n\tReasonBad = \"Bad\"\n)\n", ""},
		"no constants":     {"package example\n", ""},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "example.go"), []byte(c.source), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := page(dir)
		if diff := cmp.Diff(c.want, string(got)); diff != "" || (err == nil) != (c.want != "") {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
}
