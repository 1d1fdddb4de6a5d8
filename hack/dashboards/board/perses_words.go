package board

import (
	"fmt"
	"strconv"
)

// persesValue is Perses' name of the column with a query's values.
func persesValue(several bool, query int) string {
	if several {
		return fmt.Sprint("value #", query)
	}
	return "value"
}

func persesFormat(u Unit, n int) map[string]any {
	unit := map[Unit]string{Count: "decimal", Share: "percent-decimal", Seconds: "seconds", PerSecond: "requests/sec", Bytes: "bytes"}[u]
	format := map[string]any{"unit": unit}
	if u == Count {
		format["shortValues"] = false
	}
	if d := decimals(u, n); d != nil {
		format["decimalPlaces"] = *d
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

func persesCells(texts []Text) (cells []any) {
	for _, t := range texts {
		cells = append(cells, map[string]any{
			"condition": kind("Value", map[string]any{"value": strconv.Itoa(t.Value)}), "text": t.Text, "textColor": persesColors[t.Color],
		})
	}
	return cells
}
