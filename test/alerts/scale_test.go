package alerts

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
	"sigs.k8s.io/yaml"
)

// TestScaledRules keeps rules_scaled.yaml what the PrometheusRule says at factor times the speed; UPDATE writes it.
func TestScaledRules(t *testing.T) {
	t.Parallel()
	scaled, err := scale(prometheusRule(t), factor)
	if err != nil {
		t.Fatal(err)
	}
	want, err := yaml.Marshal(scaled)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "rules_scaled.yaml", "# Written by UPDATE=1 go test, from config/prometheus/prometheusrule.yaml, in which time goes 150 times slower.\n", want)
}

// What is scaled up again is what it was: nothing was rounded, and nothing scaled that scales in another way.
func TestScaleAndBack(t *testing.T) {
	t.Parallel()
	canonical, err := scale(prometheusRule(t), 1)
	if err != nil {
		t.Fatal(err)
	}
	there, err := scale(prometheusRule(t), factor)
	if err != nil {
		t.Fatal(err)
	}
	back, err := scale(there, 1.0/factor)
	if err != nil {
		t.Fatal(err)
	}
	for i, group := range canonical.Groups {
		for j, rule := range group.Rules {
			if got := back.Groups[i].Rules[j]; got.Expr != rule.Expr || got.For != rule.For {
				t.Errorf("%s: %s for %s, there and back, is %s for %s", rule.Alert, rule.Expr, rule.For, got.Expr, got.For)
			}
		}
	}
}

// Between the rules and their scaled copy, times differ and nothing else does: no threshold, no matcher, no label.
func TestScaleTouchesTimeOnly(t *testing.T) {
	t.Parallel()
	// By alert: the numbers and ranges of its expression that are times. All others have to stay.
	times := map[string][]string{
		"WebexLicenseCredentialsEnding": {"1209600 -> 8064"},
		"WebexLicensePoolRunsOut":       {"1209600 -> 8064", "1w -> 1h7m12s", "1w -> 1h7m12s", "20m -> 8s", "20m -> 8s"},
		"WebexLicenseScheduleLate":      {"1h -> 24s", "60 -> 0.4"},
		"WebexLicenseRequestBudget":     {"1h -> 24s", "1h -> 24s"},
	}
	rules, err := scale(prometheusRule(t), 1)
	if err != nil {
		t.Fatal(err)
	}
	scaled, err := scale(rules, factor)
	if err != nil {
		t.Fatal(err)
	}
	for i, group := range rules.Groups {
		for j, rule := range group.Rules {
			changed := scaled.Groups[i].Rules[j]
			have := differences(t, rule.Expr, changed.Expr)
			if want := times[rule.Alert]; !slices.Equal(have, want) {
				t.Errorf("%s: %q changed, not %q", rule.Alert, have, want)
			}
			rule.Expr, rule.For, changed.Expr, changed.For = "", "", "", ""
			if a, b := text(t, rule), text(t, changed); a != b {
				t.Errorf("%s became %s", a, b)
			}
		}
	}
}

// differences compares two expressions word by word. It knows nothing of PromQL, on purpose.
func differences(t *testing.T, before, after string) []string {
	t.Helper()
	words := regexp.MustCompile(`"[^"]*"|[A-Za-z0-9_.]+|\S`)
	a, b := words.FindAllString(before, -1), words.FindAllString(after, -1)
	if len(a) != len(b) {
		t.Fatalf("%s became %s", before, after)
	}
	var changed []string
	for i := range a {
		if a[i] != b[i] {
			changed = append(changed, a[i]+" -> "+b[i])
		}
	}
	slices.Sort(changed)
	return changed
}

func text(t *testing.T, r rule) string {
	t.Helper()
	data, err := yaml.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestScaleQuery(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		`up == 1`:                       `up == 1`,
		`rate(x_total[5m]) / 300 > 0.1`: `rate(x_total[30s]) / 300 > 0.1`,
		`x offset 10m`:                  `x offset 1m`,
		`max_over_time(x[1h:10m])`:      `max_over_time(x[6m:1m])`,
		`time() - x_timestamp_seconds > 2 * 3600 + 600`:                           `time() - x_timestamp_seconds > 780`,
		`predict_linear(x[1h], 3600) > 100`:                                       `predict_linear(x[6m], 360) > 100`,
		`histogram_quantile(0.5, sum by (le) (rate(x_seconds_bucket[10m]))) > 30`: `histogram_quantile(0.5, sum by (le) (rate(x_seconds_bucket[1m]))) > 3`,
		`histogram_quantile(0.5, rate(x_bytes_bucket[10m])) > 30`:                 `histogram_quantile(0.5, rate(x_bytes_bucket[1m])) > 30`,
		`count(x_seconds > 30) > 3`:                                               `count(x_seconds > 3) > 3`,
	} {
		have, err := scaleQuery(query, 10)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		expected, err := parser.NewParser(parser.Options{}).ParseExpr(want)
		if err != nil {
			t.Fatal(err)
		}
		if have != expected.String() {
			t.Errorf("%s at ten times the speed is %s, not %s", query, have, expected)
		}
	}
	if _, err := scaleQuery("rate(", 10); err == nil || !strings.Contains(err.Error(), "parse") {
		t.Errorf("a query that cannot be read: %v", err)
	}
}
