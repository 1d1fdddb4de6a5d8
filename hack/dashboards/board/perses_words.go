package board

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// persesValue is Perses' name of the column with a query's values.
func persesValue(several bool, query int) string {
	if several {
		return fmt.Sprint("value #", query)
	}
	return "value"
}

var grouping = regexp.MustCompile(`^[a-z]+ by \(([^)]*)\)`)

// sharedLabels are the label columns that all queries of a table have; its rows are joined by them.
func sharedLabels(p *Panel, v Table) []string {
	var shared []string
	for i := range v.Columns {
		label := v.Columns[i].Label
		if label != "" && !slices.ContainsFunc(p.Queries, func(q Query) bool { return !groupedBy(q.Expr, label) }) {
			shared = append(shared, label)
		}
	}
	return shared
}

func groupedBy(expr, label string) bool {
	found := grouping.FindStringSubmatch(expr)
	return found != nil && slices.Contains(strings.Split(found[1], ", "), label)
}

func persesFormat(u Unit, decimals int) map[string]any {
	unit := map[Unit]string{Count: "decimal", Share: "percent-decimal", Seconds: "seconds", Days: "days", PerSecond: "requests/sec", Bytes: "bytes"}[u]
	format := map[string]any{"unit": unit}
	if u == Count || decimals > 0 {
		format["decimalPlaces"] = decimals
	}
	return format
}

// persesColors are Grafana's colours, for Perses, which knows none by name.
var persesColors = map[Color]string{
	Good: "#37872d", Notice: "#e0b400", Warning: "#e8710a", Bad: "#c4162a", Neutral: "#1f60c4", Plain: "#4b4b4b",
}

func persesThresholds(thresholds []Threshold) map[string]any {
	steps := []any{}
	out := map[string]any{"mode": "absolute", "defaultColor": persesColors[Plain]}
	for i, t := range thresholds {
		if i == 0 {
			out["defaultColor"] = persesColors[t.Color]
			continue
		}
		steps = append(steps, map[string]any{"value": t.From, "color": persesColors[t.Color]})
	}
	out["steps"] = steps
	return out
}

func persesMappings(texts []Text) []any {
	out := []any{}
	for _, t := range texts {
		out = append(out, kind("Value", map[string]any{
			"value": strconv.Itoa(t.Value), "result": map[string]any{"value": t.Text, "color": persesColors[t.Color]},
		}))
	}
	return out
}
