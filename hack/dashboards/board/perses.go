package board

import "strings"

// Perses writes a dashboard with the same queries for Perses (https://perses.dev), in the form of its API. What Perses
// has no word for is left out: links, filters, gauges in tables.
func Perses(d *Dashboard) ([]byte, error) {
	panels, layouts := map[string]any{}, []any{}
	for r, row := range d.Rows {
		var items []any
		places, _ := layout(row.Panels, 0)
		for i := range row.Panels {
			key := strings.Join([]string{ref(r), ref(i)}, "")
			panels[key] = persesOf(&row.Panels[i])
			at := places[i]
			items = append(items, map[string]any{
				"x": at.X, "y": at.Y, "width": at.W, "height": at.H, "content": map[string]any{"$ref": "#/spec/panels/" + key},
			})
		}
		layouts = append(layouts, map[string]any{"kind": "Grid", "spec": map[string]any{
			"display": map[string]any{"title": row.Title, "collapse": map[string]any{"open": true}}, "items": items,
		}})
	}
	return marshal(map[string]any{
		"kind": "Dashboard", "metadata": map[string]any{"name": d.UID, "project": Tag},
		"spec": map[string]any{
			"display": map[string]any{"name": d.Title, "description": d.Description}, "duration": d.From, "refreshInterval": "1m",
			"variables": persesVariables(d), "panels": panels, "layouts": layouts,
		},
	})
}

func kind(kind string, spec map[string]any) map[string]any {
	return map[string]any{"kind": kind, "spec": spec}
}

func persesVariables(d *Dashboard) []any {
	out := []any{}
	for _, v := range d.Variables {
		spec := map[string]any{
			"name": v.Name, "display": map[string]any{"name": v.Label, "description": v.Description}, "allowAllValue": v.Multi, "allowMultiple": v.Multi,
			"plugin": kind("PrometheusLabelValuesVariable", map[string]any{"labelName": v.Of, "matchers": []string{v.Metric}}),
		}
		if v.All != "" {
			spec["customAllValue"] = v.All
		}
		if v.Multi {
			spec["defaultValue"] = []string{"$__all"}
		}
		out = append(out, kind("ListVariable", spec))
	}
	return out
}

func persesOf(p *Panel) map[string]any {
	var queries []any
	for _, q := range p.Queries {
		queries = append(queries, kind("TimeSeriesQuery", map[string]any{
			"plugin": kind("PrometheusTimeSeriesQuery", map[string]any{"query": q.Expr, "seriesNameFormat": q.Legend}),
		}))
	}
	return kind("Panel", map[string]any{
		"display": map[string]any{"name": p.Title, "description": p.Description}, "plugin": persesView(p), "queries": queries,
	})
}

func persesView(p *Panel) map[string]any {
	format := persesFormat(p.Unit, p.Decimals)
	switch v := p.View.(type) {
	case Stat:
		spec := map[string]any{"calculation": "last", "format": format, "thresholds": persesThresholds(p.Thresholds), "mappings": persesMappings(v.Text)}
		if v.Spark {
			spec["sparkline"] = map[string]any{}
		}
		if v.Named {
			spec["metricLabel"] = "reason"
		}
		return kind("StatChart", spec)
	case Bars:
		return kind("BarChart", map[string]any{"calculation": "last", "format": format, "sort": "desc"})
	case States:
		return kind("StatusHistoryChart", map[string]any{"mappings": persesMappings(v.Text), "legend": map[string]any{"position": "bottom"}})
	case Table:
		return kind("Table", persesTable(p, v))
	case Lines:
		legend := map[string]any{"position": "bottom", "mode": "list"}
		if v.Aside {
			legend = map[string]any{"position": "right", "mode": "table", "values": []string{"last"}}
		}
		visual := map[string]any{"areaOpacity": 0, "lineWidth": 2}
		if v.Stacked {
			visual["areaOpacity"], visual["stack"] = 0.4, "all"
		}
		return kind("TimeSeriesChart", map[string]any{"legend": legend, "visual": visual, "yAxis": map[string]any{"format": format, "min": 0}})
	}
	return nil
}

func persesTable(p *Panel, v Table) map[string]any {
	several := len(p.Queries) > 1
	shown := map[string]bool{}
	columns, cells, transforms := []any{}, []any{}, []any{}
	merge := func(label string) {
		if several {
			transforms = append(transforms, kind("MergeIndexedColumns", map[string]any{"column": label}))
		}
	}
	for i := range v.Columns {
		c := &v.Columns[i]
		name, column := c.Label, map[string]any{"header": c.Title, "enableSorting": true}
		if name == "" {
			name = persesValue(several, c.Value)
			column["format"], column["align"] = persesFormat(c.Unit, c.Decimals), "right"
			cells = append(cells, persesCells(c.Text)...)
		} else {
			merge(name)
		}
		column["name"], shown[name] = name, true
		if c.Title == v.SortBy {
			column["sort"] = map[bool]string{true: "asc", false: "desc"}[v.Ascending]
		}
		if c.Width > 0 {
			column["width"] = c.Width
		}
		columns = append(columns, column)
	}
	hide := []string{"timestamp"}
	for i := range p.Queries {
		if name := persesValue(several, i+1); !shown[name] {
			hide = append(hide, name)
		}
	}
	for _, label := range unseen(p, v) {
		merge(label)
		hide = append(hide, label)
	}
	for _, name := range hide {
		columns = append(columns, map[string]any{"name": name, "hide": true})
	}
	if several {
		transforms = append(transforms, kind("JoinByColumnValue", map[string]any{"columns": shared(p)}))
	}
	return map[string]any{"density": "compact", "columnSettings": columns, "cellSettings": cells, "transforms": transforms}
}
