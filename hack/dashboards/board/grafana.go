package board

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// source is the data source that people choose at the top of the dashboard.
var source = grafanaSource{Type: "prometheus", UID: "${datasource}"}

// Grafana writes a dashboard as Grafana imports it. The same dashboard gives the same bytes.
func Grafana(d *Dashboard) ([]byte, error) {
	out := grafanaDashboard{
		UID: d.UID, Title: d.Title, Description: d.Description, Tags: []string{Tag}, SchemaVersion: schemaVersion,
		Editable: true, GraphTooltip: 1, Refresh: "1m", Time: grafanaTime{From: "now-" + d.From, To: "now"}, Timezone: "browser",
		Templating: list[any]{grafanaVariables(d)}, Annotations: list[any]{[]any{}}, Links: boardLinks(),
	}
	id, y := 0, 0
	for _, row := range d.Rows {
		id++
		out.Panels = append(out.Panels, grafanaRow{
			ID: id, Type: "row", Title: row.Title, GridPos: grafanaGrid{H: 1, W: GridColumns, Y: y}, Panels: []any{},
		})
		var places []place
		places, y = layout(row.Panels, y+1)
		for i := range row.Panels {
			id++
			at := places[i]
			out.Panels = append(out.Panels, grafanaOf(&row.Panels[i], id, grafanaGrid{H: at.H, W: at.W, X: at.X, Y: at.Y}))
		}
	}
	return marshal(out)
}

// marshal writes JSON as people read it, and leaves < and & of queries and links as they are.
func marshal(v any) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(v)
	return buffer.Bytes(), err
}

func boardLinks() []grafanaBoardLink {
	return []grafanaBoardLink{
		{
			Type: "dashboards", Title: "Webex licences", Icon: "external link", Tooltip: "The other levels, for the same choice",
			Tags: []string{Tag}, AsDropdown: true, IncludeVars: true, KeepTime: true,
		},
		{Type: "link", Title: "Run books", URL: Documents + "runbooks/README.md", Icon: "doc", Tooltip: "What to do about each alert", Tags: []string{}, TargetBlank: true},
		{Type: "link", Title: "About these panels", URL: Documents + "dashboard.md", Icon: "question", Tooltip: "What the panels show, and what they need", Tags: []string{}, TargetBlank: true},
	}
}

// Values of Grafana's enumerations.
const (
	refreshOnLoad, refreshOnTimeRange = 1, 2
	sortNaturally                     = 7
	queryOfLabelValues                = 1
)

func grafanaVariables(d *Dashboard) []any {
	variables := []any{grafanaSourceVariable{
		Type: "datasource", Name: "datasource", Label: "Data source", Query: "prometheus", Current: map[string]any{}, Options: []any{}, Refresh: refreshOnLoad,
	}}
	for _, v := range d.Variables {
		query := fmt.Sprintf("label_values(%s, %s)", v.Metric, v.Of)
		variable := grafanaQueryVariable{
			Type: "query", Name: v.Name, Label: v.Label, Description: v.Description, Datasource: source, Definition: query,
			Query:   grafanaLabelQuery{QueryType: queryOfLabelValues, Query: query, RefID: "PrometheusVariableQueryEditor-VariableQuery"},
			Refresh: refreshOnTimeRange, Sort: sortNaturally, Multi: v.Multi, IncludeAll: v.Multi, AllValue: v.All,
			Current: map[string]any{}, Options: []any{},
		}
		if v.Multi {
			variable.Current = map[string]any{"selected": true, "text": []string{"All"}, "value": []string{"$__all"}}
		}
		variables = append(variables, variable)
	}
	return append(variables, grafanaFilterVariable{
		Type: "adhoc", Name: "filters", Label: "Filters",
		Description: "Labels that your Prometheus puts on all series, such as cluster", Datasource: source, Filters: []any{}, BaseFilters: []any{},
	})
}

func grafanaOf(p *Panel, id int, at grafanaGrid) grafanaPanel {
	out := grafanaPanel{
		ID: id, Title: p.Title, Description: p.Description, GridPos: at, Datasource: source, Links: grafanaLinks(p.Links),
		FieldConfig: grafanaFieldConfig{Overrides: []grafanaOverride{}, Defaults: grafanaField{
			Unit: p.Unit, Decimals: decimals(p.Unit, p.Decimals), NoValue: p.NoData, Mappings: []grafanaMapping{},
			Color: map[string]string{"mode": "thresholds"}, Thresholds: grafanaSteps(p.Thresholds),
		}},
	}
	zero := 0.0
	out.FieldConfig.Defaults.Min = &zero
	if p.Max != 0 {
		out.FieldConfig.Defaults.Max = &p.Max
	}
	format := "time_series"
	if _, ok := p.View.(Table); ok {
		format = "table"
	}
	now := instant(p.View)
	for i, q := range p.Queries {
		out.Targets = append(out.Targets, grafanaTarget{
			RefID: ref(i), Datasource: source, Expr: q.Expr, LegendFormat: q.Legend, Format: format, Instant: now, Range: !now, EditorMode: "code",
		})
	}
	grafanaView(p, &out)
	return out
}

// latest is how Grafana makes one value of a series.
var latest = map[string]any{"calcs": []string{"lastNotNull"}, "fields": "", "values": false}

func grafanaView(p *Panel, out *grafanaPanel) {
	field := &out.FieldConfig.Defaults
	switch v := p.View.(type) {
	case Stat:
		out.Type = "stat"
		field.Mappings = grafanaMappings(v.Text)
		text, graph := "value", "none"
		if v.Named {
			text = "value_and_name"
		}
		if v.Spark {
			graph = "area"
		}
		out.Options = map[string]any{
			"reduceOptions": latest, "colorMode": "value", "graphMode": graph, "justifyMode": "auto", "orientation": "auto",
			"textMode": text, "wideLayout": false, "showPercentChange": false,
		}
	case Lines:
		out.Type = "timeseries"
		grafanaLines(v, out)
	case Bars:
		out.Type = "bargauge"
		out.Options = map[string]any{
			"reduceOptions": latest, "displayMode": "basic", "orientation": "horizontal", "valueMode": "text", "namePlacement": "left",
			"showUnfilled": true, "sizing": "auto", "minVizHeight": 16, "maxVizHeight": 300, "minVizWidth": 8,
		}
	case States:
		out.Type = "state-timeline"
		field.Mappings = grafanaMappings(v.Text)
		field.Custom = map[string]any{"fillOpacity": 70, "lineWidth": 0}
		out.Options = map[string]any{
			"showValue": "never", "rowHeight": 0.8, "mergeValues": true, "alignValue": "left",
			"legend":  map[string]any{"showLegend": true, "displayMode": "list", "placement": "bottom"},
			"tooltip": map[string]any{"mode": "single", "sort": "none"},
		}
	case Table:
		out.Type = "table"
		grafanaTable(p, v, out)
	}
}

func grafanaLines(v Lines, out *grafanaPanel) {
	field := &out.FieldConfig.Defaults
	field.Color["mode"] = "palette-classic"
	stacking, fill := "none", 0
	if v.Stacked {
		stacking, fill = "normal", 40
	}
	field.Custom = map[string]any{
		"drawStyle": "line", "lineInterpolation": "linear", "lineWidth": 2, "fillOpacity": fill, "showPoints": "auto", "spanNulls": false,
		"stacking": map[string]any{"mode": stacking, "group": "A"}, "thresholdsStyle": map[string]any{"mode": "off"},
	}
	legend := map[string]any{"showLegend": true, "displayMode": "list", "placement": "bottom", "calcs": []string{}}
	if v.Aside {
		legend = map[string]any{"showLegend": true, "displayMode": "table", "placement": "right", "calcs": []string{"lastNotNull"}, "sortBy": "Last *", "sortDesc": true}
	}
	out.Options = map[string]any{"legend": legend, "tooltip": map[string]any{"mode": "multi", "sort": "desc"}}
}

// valueField is Grafana's name of the column with a query's values.
func valueField(p *Panel, query int) string {
	if len(p.Queries) == 1 {
		return "Value"
	}
	return "Value #" + ref(query-1)
}

func grafanaTable(p *Panel, v Table, out *grafanaPanel) {
	field := &out.FieldConfig.Defaults
	field.Min = nil
	field.Custom = map[string]any{"align": "auto", "cellOptions": map[string]any{"type": "auto"}, "filterable": true, "inspect": false}
	hidden, order := map[string]bool{"Time": true}, map[string]int{}
	for i := range p.Queries {
		hidden[valueField(p, i+1)] = true
	}
	for _, label := range unseen(p, v) {
		hidden[label] = true
	}
	for i := range v.Columns {
		c := &v.Columns[i]
		name := c.Label
		if name == "" {
			name = valueField(p, c.Value)
			delete(hidden, name)
		}
		order[name] = i
		out.FieldConfig.Overrides = append(out.FieldConfig.Overrides, grafanaOverride{
			Matcher: grafanaMatcher{ID: "byName", Options: name}, Properties: grafanaColumn(c),
		})
	}
	if len(p.Queries) > 1 {
		out.Transformations = append(out.Transformations, grafanaTransform{ID: "merge", Options: map[string]any{}})
	}
	out.Transformations = append(out.Transformations, grafanaTransform{ID: "organize", Options: map[string]any{
		"excludeByName": hidden, "indexByName": order, "renameByName": map[string]any{},
	}})
	out.Options = map[string]any{"cellHeight": "sm", "showHeader": true, "footer": map[string]any{"show": false, "reducer": []string{}}}
	if v.SortBy != "" {
		out.Options["sortBy"] = []any{map[string]any{"displayName": v.SortBy, "desc": !v.Ascending}}
	}
}

func grafanaColumn(c *Column) []grafanaProperty {
	properties := []grafanaProperty{{"displayName", c.Title}}
	if c.Label == "" {
		properties = append(properties, grafanaProperty{"unit", c.Unit})
		if d := decimals(c.Unit, c.Decimals); d != nil {
			properties = append(properties, grafanaProperty{"decimals", d})
		}
	}
	cell := map[string]any{"type": "auto"}
	switch {
	case c.Gauge:
		cell = map[string]any{"type": "gauge", "mode": "basic", "valueDisplayMode": "text"}
		properties = append(properties, grafanaProperty{"min", 0}, grafanaProperty{"max", 1})
	case len(c.Thresholds) > 0 || len(c.Text) > 0:
		cell["type"] = "color-text"
	}
	if len(c.Thresholds) > 0 {
		properties = append(properties, grafanaProperty{"thresholds", grafanaSteps(c.Thresholds)})
	}
	properties = append(properties, grafanaProperty{"custom.cellOptions", cell})
	if len(c.Text) > 0 {
		properties = append(properties, grafanaProperty{"mappings", grafanaMappings(c.Text)})
	}
	if c.Width > 0 {
		properties = append(properties, grafanaProperty{"custom.width", c.Width})
	}
	if len(c.Links) > 0 {
		properties = append(properties, grafanaProperty{"links", grafanaLinks(c.Links)})
	}
	return properties
}

func grafanaLinks(links []Link) []grafanaLink {
	var out []grafanaLink
	for _, l := range links {
		out = append(out, grafanaLink{Title: l.Title, URL: l.URL, TargetBlank: l.Away})
	}
	return out
}

func grafanaSteps(thresholds []Threshold) grafanaThresholds {
	if len(thresholds) == 0 {
		thresholds = []Threshold{{Color: Plain}}
	}
	out := grafanaThresholds{Mode: "absolute"}
	for i, t := range thresholds {
		step := grafanaStep{Color: t.Color}
		if i > 0 {
			step.Value = &thresholds[i].From
		}
		out.Steps = append(out.Steps, step)
	}
	return out
}

func grafanaMappings(texts []Text) []grafanaMapping {
	if len(texts) == 0 {
		return []grafanaMapping{}
	}
	options := map[string]grafanaText{}
	for i, t := range texts {
		options[strconv.Itoa(t.Value)] = grafanaText{Text: t.Text, Color: t.Color, Index: i}
	}
	return []grafanaMapping{{Type: "value", Options: options}}
}
