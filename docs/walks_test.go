package docs

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The page on schedules says of each reason to read people what it is, and of nothing else.
func TestWalkReasonsAreExplained(t *testing.T) {
	t.Parallel()
	var reasons []string
	for name, value := range stringConstants(t, filepath.Join("..", "api", "v1alpha1")) {
		if end, ok := strings.CutPrefix(name, "Walk"); ok {
			reasons = append(reasons, value)
			if end != strings.TrimPrefix(value, "Walk") {
				t.Errorf("%s has the value %q", name, value)
			}
		}
	}
	_, table, _ := strings.Cut(read(t, "schedules.md"), "| `status.walk` |")
	table, _, _ = strings.Cut(table, "\n\n")
	var explained []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([A-Za-z]+)` \\|").FindAllStringSubmatch(table, -1) {
		explained = append(explained, row[1])
	}
	slices.Sort(reasons)
	slices.Sort(explained)
	if len(reasons) < 5 || !slices.Equal(reasons, explained) {
		t.Errorf("schedules.md explains %v, the API has %v", explained, reasons)
	}
}
