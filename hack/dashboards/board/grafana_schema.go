package board

// The part of Grafana's dashboard schema that is in use: version 39, that of Grafana 11.0, which later versions read and
// bring up to date themselves.
const schemaVersion = 39

type grafanaDashboard struct {
	UID           string             `json:"uid"`
	Title         string             `json:"title"`
	Description   string             `json:"description"`
	Tags          []string           `json:"tags"`
	SchemaVersion int                `json:"schemaVersion"`
	Editable      bool               `json:"editable"`
	GraphTooltip  int                `json:"graphTooltip"`
	Refresh       string             `json:"refresh"`
	Time          grafanaTime        `json:"time"`
	Timezone      string             `json:"timezone"`
	Templating    list[any]          `json:"templating"`
	Annotations   list[any]          `json:"annotations"`
	Links         []grafanaBoardLink `json:"links"`
	Panels        []any              `json:"panels"`
}

type list[T any] struct {
	List []T `json:"list"`
}

type grafanaTime struct {
	From string `json:"from"`
	To   string `json:"to"`
}

type grafanaBoardLink struct {
	Type        string   `json:"type"`
	Title       string   `json:"title"`
	URL         string   `json:"url"`
	Icon        string   `json:"icon"`
	Tooltip     string   `json:"tooltip"`
	Tags        []string `json:"tags"`
	AsDropdown  bool     `json:"asDropdown"`
	IncludeVars bool     `json:"includeVars"`
	KeepTime    bool     `json:"keepTime"`
	TargetBlank bool     `json:"targetBlank"`
}

type grafanaSource struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

type grafanaSourceVariable struct {
	Type    string         `json:"type"`
	Name    string         `json:"name"`
	Label   string         `json:"label"`
	Query   string         `json:"query"`
	Regex   string         `json:"regex"`
	Current map[string]any `json:"current"`
	Options []any          `json:"options"`
	Refresh int            `json:"refresh"`
	Hide    int            `json:"hide"`
}

type grafanaQueryVariable struct {
	Type        string            `json:"type"`
	Name        string            `json:"name"`
	Label       string            `json:"label"`
	Description string            `json:"description"`
	Datasource  grafanaSource     `json:"datasource"`
	Definition  string            `json:"definition"`
	Query       grafanaLabelQuery `json:"query"`
	Regex       string            `json:"regex"`
	Refresh     int               `json:"refresh"`
	Sort        int               `json:"sort"`
	Multi       bool              `json:"multi"`
	IncludeAll  bool              `json:"includeAll"`
	AllValue    string            `json:"allValue,omitempty"`
	Current     map[string]any    `json:"current"`
	Options     []any             `json:"options"`
	Hide        int               `json:"hide"`
}

type grafanaLabelQuery struct {
	QueryType int    `json:"qryType"`
	Query     string `json:"query"`
	RefID     string `json:"refId"`
}

type grafanaFilterVariable struct {
	Type        string        `json:"type"`
	Name        string        `json:"name"`
	Label       string        `json:"label"`
	Description string        `json:"description"`
	Datasource  grafanaSource `json:"datasource"`
	Filters     []any         `json:"filters"`
	BaseFilters []any         `json:"baseFilters"`
	Hide        int           `json:"hide"`
}

type grafanaGrid struct {
	H int `json:"h"`
	W int `json:"w"`
	X int `json:"x"`
	Y int `json:"y"`
}

type grafanaRow struct {
	ID        int         `json:"id"`
	Type      string      `json:"type"`
	Title     string      `json:"title"`
	Collapsed bool        `json:"collapsed"`
	GridPos   grafanaGrid `json:"gridPos"`
	Panels    []any       `json:"panels"`
}

type grafanaPanel struct {
	ID              int                `json:"id"`
	Type            string             `json:"type"`
	Title           string             `json:"title"`
	Description     string             `json:"description"`
	GridPos         grafanaGrid        `json:"gridPos"`
	Datasource      grafanaSource      `json:"datasource"`
	Targets         []grafanaTarget    `json:"targets"`
	FieldConfig     grafanaFieldConfig `json:"fieldConfig"`
	Options         map[string]any     `json:"options"`
	Transformations []grafanaTransform `json:"transformations,omitempty"`
	Links           []grafanaLink      `json:"links,omitempty"`
}

type grafanaTarget struct {
	RefID        string        `json:"refId"`
	Datasource   grafanaSource `json:"datasource"`
	Expr         string        `json:"expr"`
	LegendFormat string        `json:"legendFormat,omitempty"`
	Format       string        `json:"format"`
	Instant      bool          `json:"instant"`
	Range        bool          `json:"range"`
	EditorMode   string        `json:"editorMode"`
}

type grafanaFieldConfig struct {
	Defaults  grafanaField      `json:"defaults"`
	Overrides []grafanaOverride `json:"overrides"`
}

type grafanaField struct {
	Unit       Unit              `json:"unit"`
	Decimals   *int              `json:"decimals,omitempty"` // as many as the value asks for, if nil
	Min        *float64          `json:"min,omitempty"`
	Max        *float64          `json:"max,omitempty"`
	NoValue    string            `json:"noValue"`
	Color      map[string]string `json:"color"`
	Thresholds grafanaThresholds `json:"thresholds"`
	Mappings   []grafanaMapping  `json:"mappings"`
	Custom     map[string]any    `json:"custom,omitempty"`
}

type grafanaThresholds struct {
	Mode  string        `json:"mode"`
	Steps []grafanaStep `json:"steps"`
}

type grafanaStep struct {
	Color Color    `json:"color"`
	Value *float64 `json:"value"` // null: from the smallest on
}

type grafanaMapping struct {
	Type    string                 `json:"type"`
	Options map[string]grafanaText `json:"options"`
}

type grafanaText struct {
	Text  string `json:"text"`
	Color Color  `json:"color"`
	Index int    `json:"index"`
}

type grafanaOverride struct {
	Matcher    grafanaMatcher    `json:"matcher"`
	Properties []grafanaProperty `json:"properties"`
}

type grafanaMatcher struct {
	ID      string `json:"id"`
	Options string `json:"options"`
}

type grafanaProperty struct {
	ID    string `json:"id"`
	Value any    `json:"value"`
}

type grafanaTransform struct {
	ID      string         `json:"id"`
	Options map[string]any `json:"options"`
}

type grafanaLink struct {
	Title       string `json:"title"`
	URL         string `json:"url"`
	TargetBlank bool   `json:"targetBlank"`
}
