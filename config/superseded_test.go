package config

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What is superseded belongs into no sum: each query of rows that we write leaves it out.
func TestQueriesLeaveOutSupersededRows(t *testing.T) {
	files, err := filepath.Glob("grafana/*.json")
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, file := range append(files, "../docs/metrics.md") {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, query := range regexp.MustCompile(`kube_webexlicense_info\{[^}]*\}`).FindAllString(string(data), -1) {
			asked++
			if !strings.Contains(strings.ReplaceAll(query, `\"`, `"`), `superseded=""`) {
				t.Errorf("%s: %s", file, query)
			}
		}
	}
	if asked == 0 {
		t.Error("there are no queries")
	}
}
