// Package alerts tests the alerts of config/prometheus and the queries of config/grafana. The unit tests of what the
// alerts say are in rules_test.yaml and trend_test.yaml, for promtool (make alerts); what is here needs nothing but Go. It also makes the copy
// of the rules by which test/prometheus lets them fire under a real Prometheus.
package alerts

import (
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
)

type rule struct {
	Alert       string            `json:"alert"`
	Expr        string            `json:"expr"`
	For         string            `json:"for"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

type group struct {
	Name     string `json:"name"`
	Interval string `json:"interval,omitempty"`
	Rules    []rule `json:"rules"`
}

type groups struct {
	Groups []group `json:"groups"`
}

// factor is how much faster time goes in rules_scaled.yaml, by which test/prometheus lets alerts fire and resolve under
// a real Prometheus, which knows real time alone: a day takes 9 min 36 s, 15 minutes take 6 s. It is such that all
// durations of the rules come out even, in milliseconds.
const factor = 150

// scale divides all that is time in the rules by the factor:
//   - how long an alert waits (for), and the interval of a group;
//   - ranges, offsets and steps in expressions;
//   - numbers that stand for seconds: how far predict_linear looks ahead, and what is compared with, added to or taken
//     from something that is in seconds itself.
func scale(rules groups, by float64) (groups, error) {
	var scaled groups
	for _, group := range rules.Groups {
		var err error
		if group.Interval, err = scaleText(group.Interval, by); err != nil {
			return groups{}, fmt.Errorf("group %s: %w", group.Name, err)
		}
		copied := make([]rule, 0, len(group.Rules))
		for _, r := range group.Rules {
			if r.For, err = scaleText(r.For, by); err != nil {
				return groups{}, fmt.Errorf("%s: %w", r.Alert, err)
			}
			if r.Expr, err = scaleQuery(r.Expr, by); err != nil {
				return groups{}, fmt.Errorf("%s: %w", r.Alert, err)
			}
			copied = append(copied, r)
		}
		group.Rules = copied
		scaled.Groups = append(scaled.Groups, group)
	}
	return scaled, nil
}

func scaleText(duration string, by float64) (string, error) {
	if duration == "" {
		return "", nil
	}
	d, err := model.ParseDuration(duration)
	return model.Duration(scaleDuration(time.Duration(d), by)).String(), err
}

func scaleDuration(d time.Duration, by float64) time.Duration {
	return time.Duration(float64(d) / by).Round(time.Millisecond)
}

func scaleQuery(query string, by float64) (string, error) {
	root, err := parser.NewParser(parser.Options{}).ParseExpr(query)
	if err != nil {
		return "", err
	}
	parser.Inspect(root, func(node parser.Node, _ []parser.Node) error {
		switch n := node.(type) {
		case *parser.MatrixSelector:
			n.Range = scaleDuration(n.Range, by)
		case *parser.VectorSelector:
			n.OriginalOffset = scaleDuration(n.OriginalOffset, by)
		case *parser.SubqueryExpr:
			n.Range, n.Step, n.OriginalOffset = scaleDuration(n.Range, by), scaleDuration(n.Step, by), scaleDuration(n.OriginalOffset, by)
		case *parser.Call:
			if n.Func.Name == "predict_linear" {
				n.Args[1] = scaleConstant(n.Args[1], by)
			}
		case *parser.BinaryExpr:
			if keepsUnit(n.Op) && (inSeconds(n.LHS) || inSeconds(n.RHS)) {
				n.LHS, n.RHS = scaleConstant(n.LHS, by), scaleConstant(n.RHS, by)
			}
		}
		return nil
	})
	return root.String(), nil
}

// keepsUnit is true of operators whose sides have the same unit.
func keepsUnit(op parser.ItemType) bool {
	return op == parser.ADD || op == parser.SUB || op.IsComparisonOperator()
}

// inSeconds tells whether an expression is a number of seconds, by the names of metrics.
func inSeconds(e parser.Expr) bool {
	switch e := e.(type) {
	case *parser.VectorSelector:
		name := e.Name
		for _, part := range []string{"_bucket", "_sum"} {
			name = strings.TrimSuffix(name, part)
		}
		return strings.HasSuffix(name, "_seconds")
	case *parser.Call:
		if e.Func.Name == "histogram_quantile" {
			return inSecondsPerSecond(e.Args[1])
		}
		return e.Func.Name == "time"
	case *parser.ParenExpr:
		return inSeconds(e.Expr)
	case *parser.UnaryExpr:
		return inSeconds(e.Expr)
	case *parser.AggregateExpr:
		return e.Op != parser.COUNT && e.Op != parser.GROUP && inSeconds(e.Expr)
	case *parser.BinaryExpr:
		return keepsUnit(e.Op) && (inSeconds(e.LHS) || inSeconds(e.RHS))
	default:
		return false
	}
}

// inSecondsPerSecond tells whether the buckets of a histogram of seconds are below aggregations and rates.
func inSecondsPerSecond(e parser.Expr) (found bool) {
	parser.Inspect(e, func(node parser.Node, _ []parser.Node) error {
		if selector, ok := node.(*parser.VectorSelector); ok {
			found = found || inSeconds(selector)
		}
		return nil
	})
	return found
}

// scaleConstant divides an expression of numbers alone; any other it leaves as it is.
func scaleConstant(e parser.Expr, by float64) parser.Expr {
	if value, ok := constant(e); ok {
		return &parser.NumberLiteral{Val: value / by}
	}
	return e
}

func constant(e parser.Expr) (value float64, ok bool) {
	switch e := e.(type) {
	case *parser.NumberLiteral:
		return e.Val, true
	case *parser.ParenExpr:
		return constant(e.Expr)
	case *parser.BinaryExpr:
		left, ok := constant(e.LHS)
		if !ok {
			return 0, false
		}
		right, ok := constant(e.RHS)
		return map[parser.ItemType]float64{
			parser.ADD: left + right, parser.SUB: left - right, parser.MUL: left * right, parser.DIV: left / right,
		}[e.Op], ok
	default:
		return 0, false
	}
}
