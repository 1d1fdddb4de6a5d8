package alerts

import (
	"encoding/json"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// dashboard is what of a dashboard of config/grafana names metrics or labels.
type dashboard struct {
	UID        string `json:"uid"`
	Templating struct {
		List []struct{ Name, Type, Definition string }
	} `json:"templating"`
	Panels []struct {
		Title   string
		Targets []struct{ Expr, LegendFormat string }
	} `json:"panels"`
}

// series are the metrics that dashboards may name, with their labels.
type series map[string][]string

// byPrometheus are labels that Prometheus puts on series, and ofHistograms one that their buckets have.
var byPrometheus, ofHistograms = []string{"job", "instance"}, "le"

// exportedSeries asks the operator's collectors. They are of another module, so their names come from one of its commands.
func exportedSeries(t *testing.T) series {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "run", "./hack/dashboards", "-series")
	command.Dir = filepath.Join("..", "..")
	var problems strings.Builder
	command.Stderr = &problems
	output, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", command, err, &problems)
	}
	s := series{}
	if err := json.Unmarshal(output, &s); err != nil {
		t.Fatal(err)
	}
	if len(s) < len(exported(t)) {
		t.Fatalf("the operator exports %d metrics, but docs/metrics.md has %d", len(s), len(exported(t)))
	}
	return s
}

// alerting are the series that Prometheus makes of the alerts: with the labels of the rule and of what it is about.
func (s series) alerting() {
	all := map[string]bool{"alertname": true, "alertstate": true, "severity": true}
	for name, labels := range s {
		if strings.HasPrefix(name, "webexlicense_") {
			for _, label := range labels {
				all[label] = true
			}
		}
	}
	s["ALERTS"] = slices.Sorted(maps.Keys(all))
}

// resources are what of the configuration of kube-state-metrics names metrics and labels.
type resources struct {
	Spec struct {
		Resources []struct {
			MetricNamePrefix string         `json:"metricNamePrefix"`
			LabelsFromPath   map[string]any `json:"labelsFromPath"`
			Metrics          []struct {
				Name           string         `json:"name"`
				LabelsFromPath map[string]any `json:"labelsFromPath"`
				Each           struct {
					Info, Gauge, StateSet struct {
						LabelsFromPath map[string]any `json:"labelsFromPath"`
						LabelFromKey   string         `json:"labelFromKey"`
						LabelName      string         `json:"labelName"`
					}
				} `json:"each"`
			} `json:"metrics"`
		} `json:"resources"`
	} `json:"spec"`
}

// addObjects adds what kube-state-metrics makes of the operator's objects.
func (s series) addObjects(t *testing.T) {
	t.Helper()
	var r resources
	read(t, filepath.Join("..", "..", "config", "kube-state-metrics", "config.yaml"), &r)
	for _, resource := range r.Spec.Resources {
		for _, metric := range resource.Metrics {
			all := slices.Collect(maps.Keys(resource.LabelsFromPath))
			all = slices.AppendSeq(all, maps.Keys(metric.LabelsFromPath))
			for _, each := range []struct {
				labels map[string]any
				names  []string
			}{
				{metric.Each.Info.LabelsFromPath, []string{metric.Each.Info.LabelFromKey}},
				{metric.Each.Gauge.LabelsFromPath, []string{metric.Each.Gauge.LabelFromKey}},
				{metric.Each.StateSet.LabelsFromPath, []string{metric.Each.StateSet.LabelName}},
			} {
				all = append(slices.AppendSeq(all, maps.Keys(each.labels)), each.names...)
			}
			s[resource.MetricNamePrefix+"_"+metric.Name] = all
		}
	}
	if _, ok := s["kube_webexlicense_info"]; !ok {
		t.Fatal("config/kube-state-metrics says nothing of licence rows")
	}
}

// of are the labels of a metric; nil if there is none of that name.
func (s series) of(metric string) []string {
	if found, ok := s[metric]; ok {
		return append(slices.Clone(found), byPrometheus...)
	}
	base := regexp.MustCompile("_(bucket|sum|count)$").ReplaceAllString(metric, "")
	if found, ok := s[base]; ok && base != metric {
		return append(append(slices.Clone(found), byPrometheus...), ofHistograms)
	}
	return nil
}

// Every query of the dashboards can be parsed by Prometheus, and names no metric and no label that is not exported.
func TestDashboards(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob(filepath.Join("..", "..", "config", "grafana", "*.json"))
	if err != nil || len(paths) == 0 {
		t.Fatal("config/grafana has no dashboards", err)
	}
	known := exportedSeries(t)
	known.alerting()
	known.addObjects(t)
	for _, path := range paths {
		var d dashboard
		read(t, path, &d)
		for _, v := range d.Templating.List {
			if v.Type != "query" {
				continue
			}
			found := regexp.MustCompile(`^label_values\((.*), (\w+)\)$`).FindStringSubmatch(v.Definition)
			if found == nil {
				t.Errorf("%s, variable %s: %s", d.UID, v.Name, v.Definition)
				continue
			}
			for _, problem := range known.check(found[1], "{{"+found[2]+"}}") {
				t.Errorf("%s, variable %s: %s", d.UID, v.Name, problem)
			}
		}
		queries := 0
		for _, panel := range d.Panels {
			for _, target := range panel.Targets {
				queries++
				for _, problem := range known.check(target.Expr, target.LegendFormat) {
					t.Errorf("%s, panel %q: %s\n%s", d.UID, panel.Title, problem, target.Expr)
				}
			}
		}
		if queries == 0 {
			t.Errorf("%s has no queries", path)
		}
	}
}

// What is wrong is found.
func TestDashboardProblems(t *testing.T) {
	t.Parallel()
	known := series{"units": {"customer", "state"}, "info": {"customer", "path"}, "skew_seconds": {}}
	for query, want := range map[string]string{
		`units{`:                        "parse error",
		`unit`:                          "metric unit",
		`{state="total"}`:               "no name",
		`units{level="Site"}`:           "label level of units",
		`sum by (level) (units)`:        "label level",
		`units * on (name) info`:        "label name",
		`units / ignoring (path) units`: "label path",
		`units * on (customer) group_left (level) info`:                               "label level",
		`label_replace(info, "c", "$1", "location", "")`:                              "label location",
		`skew_seconds_bucket{customer="c"}`:                                           "label customer of skew_seconds_bucket",
		`units and on (customer) info{path=~"$p(\\..*)?"}`:                            "",
		`max by (le) (rate(skew_seconds_bucket[$__rate_interval]))`:                   "",
		`units * on (customer) label_replace(info, "customer", "$1", "path", "(.+)")`: "",
	} {
		if problems := strings.Join(known.check(query, ""), "; "); (want == "") != (problems == "") || !strings.Contains(problems, want) {
			t.Errorf("%s: %q, not %q", query, problems, want)
		}
	}
	if problems := known.check("units", "{{customer}} {{path}}"); len(problems) != 1 {
		t.Errorf("a legend with a label that the series do not have: %q", problems)
	}
}

// grafana are values for Grafana's own variables. Those of the dashboards are in matchers only, and regular expressions
// as they stand.
var grafana = strings.NewReplacer("$__interval", "1m", "$__rate_interval", "5m", "$__range", "7d")

// check finds what is wrong with a query and its legend.
func (s series) check(query, legend string) (problems []string) {
	expression, err := parser.NewParser(parser.Options{}).ParseExpr(grafana.Replace(query))
	if err != nil {
		return []string{err.Error()}
	}
	problem := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	whole := s.labels(expression)
	need := func(in []string, names ...string) {
		for _, name := range names {
			if !slices.Contains(in, name) {
				problem("no metric has label %s", name)
			}
		}
	}
	parser.Inspect(expression, func(node parser.Node, _ []parser.Node) error {
		switch node := node.(type) {
		case *parser.VectorSelector:
			problems = append(problems, s.checkSelector(node)...)
		case *parser.AggregateExpr:
			need(s.labels(node.Expr), node.Grouping...)
		case *parser.BinaryExpr:
			if node.VectorMatching != nil {
				need(s.labels(node.LHS), node.VectorMatching.MatchingLabels...)
				need(s.labels(node.RHS), node.VectorMatching.MatchingLabels...)
				need(s.labels(node), node.VectorMatching.Include...)
			}
		case *parser.Call:
			if node.Func.Name == "label_replace" {
				need(s.labels(node.Args[0]), node.Args[3].(*parser.StringLiteral).Val)
			}
		}
		return nil
	})
	for _, found := range regexp.MustCompile(`\{\{(\w+)\}\}`).FindAllStringSubmatch(legend, -1) {
		need(whole, found[1])
	}
	return problems
}

func (s series) checkSelector(selector *parser.VectorSelector) (problems []string) {
	if selector.Name == "" {
		return []string{"a selector has no name"}
	}
	have := s.of(selector.Name)
	if have == nil {
		return []string{"nothing exports metric " + selector.Name}
	}
	for _, matcher := range selector.LabelMatchers {
		if matcher.Name != labels.MetricName && !slices.Contains(have, matcher.Name) {
			problems = append(problems, fmt.Sprintf("no metric has label %s of %s", matcher.Name, selector.Name))
		}
	}
	return problems
}

// labels are those that the series below a node may have.
func (s series) labels(node parser.Node) (all []string) {
	parser.Inspect(node, func(node parser.Node, _ []parser.Node) error {
		switch node := node.(type) {
		case *parser.VectorSelector:
			all = append(all, s.of(node.Name)...)
		case *parser.Call:
			if node.Func.Name == "label_replace" {
				all = append(all, node.Args[1].(*parser.StringLiteral).Val)
			}
		}
		return nil
	})
	return all
}
