// Package board describes dashboards once, and writes them for Grafana and for Perses. It has what the dashboards of
// config/grafana need, no more.
package board

import (
	"regexp"
	"slices"
	"strings"
)

// Documents is where the pages are that panels link to.
const Documents = "https://github.com/webex-operator/webex-license-operator/blob/main/docs/"

// Tag is on all dashboards; they find each other by it.
const Tag = "webex-license-operator"

// Dashboard is one dashboard.
type Dashboard struct {
	// UID is its name in links, and that of its file. It must not change: people keep links.
	UID                string
	Title, Description string
	// From is how far back it looks at first, such as 7d.
	From      string
	Variables []Variable
	Rows      []Row
}

// Variable is one that people choose from the values of a label.
type Variable struct {
	Name, Label, Description string
	// Metric with its matchers, and Of, the label, say where the values come from.
	Metric, Of string
	// Multi lets people choose several values, or all.
	Multi bool
	// All is the regular expression for all, for values that may be missing; empty for an alternative of all values.
	All string
}

// Row is a headline with panels, which are laid out from left to right in the order given.
type Row struct {
	Title  string
	Panels []Panel
}

// Panel is one panel. Everything but Max, Decimals, Thresholds and Links is required.
type Panel struct {
	Title, Description string
	// NoData is what the panel says if there are no series: why that is, and whether it is good.
	NoData string
	// Width in 24ths of the screen, Height in lines of about 30 pixels.
	Width, Height int
	View          View
	Unit          Unit
	Max           float64
	Decimals      int
	Thresholds    []Threshold
	Queries       []Query
	Links         []Link
}

// View is how a panel shows its series: [Stat], [Lines], [Bars], [States] or [Table].
type View interface{ view() }

// Stat shows the latest value in large figures.
type Stat struct {
	// Named shows the legend beside the value.
	Named bool
	// Spark draws how it came about behind the value.
	Spark bool
	// Text replaces values.
	Text []Text
}

// Lines shows series over time.
type Lines struct {
	// Stacked puts them on top of each other.
	Stacked bool
	// Aside puts the legend to the right, with the latest values.
	Aside bool
}

// Bars shows one bar for each series, by its latest value.
type Bars struct{}

// States shows a line for each series, coloured by its value.
type States struct{ Text []Text }

// Table shows the latest values, with a column for each label and query.
type Table struct {
	Columns []Column
	// SortBy is the column to sort by at first, downwards unless Ascending.
	SortBy    string
	Ascending bool
}

func (Stat) view()   {}
func (Lines) view()  {}
func (Bars) view()   {}
func (States) view() {}
func (Table) view()  {}

// Column of a table is a label, or the value of a query. Values without a column are not shown.
type Column struct {
	// Label or Value says what is in it: a label's name, or the number of the query, from 1.
	Label string
	Value int
	Title string
	// Of values:
	Unit       Unit
	Decimals   int
	Thresholds []Threshold
	Text       []Text // shown in place of values
	// Gauge draws a bar from 0 to 1 in the cell.
	Gauge bool
	// Links of the cell may use [Field].
	Links []Link
	Width int
}

// Text is shown in place of a value.
type Text struct {
	Value int
	Text  string
	Color Color
}

// Threshold colours values from From on. The first one's From does not matter.
type Threshold struct {
	From  float64
	Color Color
}

// Query is one in PromQL. Its variables are those of the dashboard and Grafana's $__interval, $__rate_interval and $__range.
type Query struct {
	Expr string
	// Legend names a series by its labels, such as {{reason}}.
	Legend string
}

// Link leads to a page or to another dashboard.
type Link struct {
	Title, URL string
	// Away opens a new tab.
	Away bool
}

// Color is one of Grafana's, which fit its light and its dark theme.
type Color string

// The colours that mean something.
const (
	Good    Color = "green"
	Notice  Color = "yellow"
	Warning Color = "orange"
	Bad     Color = "red"
	Neutral Color = "blue"
	Plain   Color = "text"
)

// Unit is a unit in Grafana's words.
type Unit string

// The units in use.
const (
	Count     Unit = "locale"      // with separators of thousands: licence figures are exact
	Share     Unit = "percentunit" // of 0 to 1
	Seconds   Unit = "s"
	PerSecond Unit = "reqps"
	Bytes     Unit = "bytes"
)

// Field is a label's value in the row of a table, or of the series, for the URL of a link.
func Field(label string) string { return "${__data.fields." + label + ":percentencode}" }

// To is a link to another dashboard. The arguments are names of variables and their values, in pairs.
func To(title, uid string, variables ...string) Link {
	var settings strings.Builder
	for i := 0; i+1 < len(variables); i += 2 {
		settings.WriteString("&var-" + variables[i] + "=" + variables[i+1])
	}
	return Link{Title: title, URL: "/d/" + uid + "?var-datasource=${datasource}" + settings.String() + "&${__url_time_range}"}
}

// Page is a link to a page of the documents.
func Page(title, path string) Link { return Link{Title: title, URL: Documents + path, Away: true} }

// RunBook is a link to the page of an alert.
func RunBook(alert string) Link { return Page("Run book: "+alert, "runbooks/"+alert+".md") }

// GridColumns is the width of the screen.
const GridColumns = 24

// place is where a panel, or a headline, is on the screen.
type place struct {
	X, Y, W, H int
}

// layout places the panels of a row from y on, and says where the next row begins.
func layout(panels []Panel, y int) (places []place, next int) {
	x, tallest := 0, 0
	for i := range panels {
		p := &panels[i]
		if x+p.Width > GridColumns {
			x, y, tallest = 0, y+tallest, 0
		}
		places = append(places, place{X: x, Y: y, W: p.Width, H: p.Height})
		x += p.Width
		tallest = max(tallest, p.Height)
	}
	return places, y + tallest
}

var grouping = regexp.MustCompile(`^[a-z]+ by \(([^)]*)\)`)

// groupedBy are the labels that the series of a query have, if they are grouped; those of tables must be.
func groupedBy(q Query) []string {
	if found := grouping.FindStringSubmatch(q.Expr); found != nil {
		return strings.Split(found[1], ", ")
	}
	return nil
}

// unseen are labels of a table's series that have no column.
func unseen(p *Panel, v Table) (labels []string) {
	for _, q := range p.Queries {
		for _, label := range groupedBy(q) {
			if !slices.ContainsFunc(v.Columns, func(c Column) bool { return c.Label == label }) && !slices.Contains(labels, label) {
				labels = append(labels, label)
			}
		}
	}
	return labels
}

// shared are the labels that all queries of a table have; its rows are joined by them.
func shared(p *Panel) []string {
	return slices.DeleteFunc(groupedBy(p.Queries[0]), func(label string) bool {
		return slices.ContainsFunc(p.Queries, func(q Query) bool { return !slices.Contains(groupedBy(q), label) })
	})
}

// ref is Grafana's name of the query with this index: A, B, …
func ref(i int) string { return string(rune('A' + i)) }

// decimals are those of values: none of counts unless they say otherwise, and nil for as many as a value asks for.
func decimals(u Unit, n int) *int {
	if u != Count && n == 0 {
		return nil
	}
	return &n
}

// instant says whether a panel needs the latest values only.
func instant(v View) bool {
	switch v := v.(type) {
	case Stat:
		return !v.Spark
	case Table, Bars:
		return true
	default:
		return false
	}
}
