package alerts

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
	"sigs.k8s.io/yaml"
)

const docs = "../../docs"

func prometheusRule(t *testing.T) groups {
	t.Helper()
	var object struct {
		Spec groups `json:"spec"`
	}
	read(t, "../../config/prometheus/prometheusrule.yaml", &object)
	return object.Spec
}

func read(t *testing.T, path string, into any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(data, into, yaml.DisallowUnknownFields); err != nil && !strings.Contains(err.Error(), "unknown field") {
		t.Fatalf("%s: %v", path, err)
	}
}

// TestRulesFile writes rules.yaml, which promtool reads, if UPDATE is set; else it must be what the PrometheusRule says.
func TestRulesFile(t *testing.T) {
	t.Parallel()
	want, err := yaml.Marshal(prometheusRule(t))
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "rules.yaml", "# Written by UPDATE=1 go test, from config/prometheus/prometheusrule.yaml.\n", want)
}

// golden compares a generated file with what it should be, or writes it if UPDATE is set.
func golden(t *testing.T, name, header string, want []byte) {
	t.Helper()
	want = append([]byte(header), want...)
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(name, want, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(name); err != nil || !bytes.Equal(have, want) {
		t.Errorf("%s is not what config/prometheus/prometheusrule.yaml says (%v): run UPDATE=1 go test in test/alerts", name, err)
	}
}

// Each alert has an expression that Prometheus can read and that names our metrics, a severity, a summary and a page.
func TestAlerts(t *testing.T) {
	t.Parallel()
	var unitTests []byte
	for _, file := range []string{"rules_test.yaml", "trend_test.yaml"} {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		unitTests = append(unitTests, content...)
	}
	var pages []string
	for _, group := range prometheusRule(t).Groups {
		for _, rule := range group.Rules {
			checkQuery(t, rule.Alert, rule.Expr)
			if !slices.Contains([]string{"info", "warning", "critical"}, rule.Labels["severity"]) {
				t.Errorf("%s: severity %q", rule.Alert, rule.Labels["severity"])
			}
			if rule.For == "" || rule.Annotations["summary"] == "" {
				t.Errorf("%s has no for, or no summary", rule.Alert)
			}
			page := rule.Alert + ".md"
			if want := "https://github.com/webex-operator/webex-license-operator/blob/main/docs/runbooks/" + page; rule.Annotations["runbook_url"] != want {
				t.Errorf("%s: runbook_url is %s, not %s", rule.Alert, rule.Annotations["runbook_url"], want)
			}
			if n := bytes.Count(unitTests, []byte("alertname: "+rule.Alert)); n < 3 {
				t.Errorf("%s has %d unit tests: a healthy day, one that fires, and one that resolves are the least", rule.Alert, n)
			}
			pages = append(pages, page)
		}
	}
	found, err := filepath.Glob(filepath.Join(docs, "runbooks", "Webex*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range found {
		found[i] = filepath.Base(found[i])
	}
	slices.Sort(pages)
	if !slices.Equal(found, pages) {
		t.Errorf("pages in docs/runbooks: %v\nalerts: %v", found, pages)
	}
}

var promql = regexp.MustCompile("(?s)```promql\n(.*?)```")

// exported are the metrics of docs/metrics.md; a test of internal/metrics holds that page against the operator.
func exported(t *testing.T) []string {
	t.Helper()
	return onPage(t, "webexlicense")
}

// onPage are the metrics of docs/metrics.md whose names begin so.
func onPage(t *testing.T, prefix string) []string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(docs, "metrics.md"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, row := range regexp.MustCompile("(?m)^\\| `("+prefix+"_[a-z_]+)` \\|").FindAllSubmatch(page, -1) {
		names = append(names, string(row[1]))
	}
	return names
}

// The queries of the page about metrics can be asked.
func TestMetricsPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(docs, "metrics.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range promql.FindAllSubmatch(page, -1) {
		for query := range strings.SplitSeq(string(block[1]), "\n\n") {
			checkQuery(t, "docs/metrics.md", query, onPage(t, "kube")...)
		}
	}
}

// checkQuery parses a query and checks that it asks for metrics that the operator exports, or for further ones.
func checkQuery(t *testing.T, where, query string, further ...string) {
	t.Helper()
	expression, err := parser.NewParser(parser.Options{}).ParseExpr(query)
	if err != nil {
		t.Errorf("%s: %v", where, err)
		return
	}
	names := append(exported(t), further...)
	parser.Inspect(expression, func(node parser.Node, _ []parser.Node) error {
		if selector, ok := node.(*parser.VectorSelector); ok {
			name := regexp.MustCompile("_(bucket|sum|count)$").ReplaceAllString(selector.Name, "")
			if !slices.Contains(names, selector.Name) && !slices.Contains(names, name) {
				t.Errorf("%s asks for %s, which the operator does not export", where, selector.Name)
			}
		}
		return nil
	})
}
