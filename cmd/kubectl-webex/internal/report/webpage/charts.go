package webpage

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/go-analyze/charts"

	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/report"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/rollup"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/terminal"
)

// Charts are drawn by github.com/go-analyze/charts: pure Go, MIT, released every
// few weeks. It writes plain SVG, which needs no script, prints, and scales.
// The alternatives: go-echarts and the libraries of the npm registry draw in the
// browser, by a script of a megabyte; gonum/plot knows neither stacked horizontal
// bars nor the width of a phone, and its last release is a year old; go-chart and
// vicanso/go-charts, which this one comes from, have had no release since 2024.

// chart is a picture with its texts. The table beside it has the same figures.
type chart struct {
	ID, Title, Text string
	Legend          []key
	picture
	// Figures is the table, if there is none on the page anyway.
	Figures *table
}

type key struct {
	Class part
	Label string
}

// The widths that charts are drawn at, in the units that texts are 13 of: the
// content of a page on a desktop and on a phone.
const (
	wide   = 800
	narrow = 330
)

func theme(series ...part) charts.ColorPalette {
	colours := make([]charts.Color, len(series))
	for i, p := range series {
		colours[i] = p.colour()
	}
	text := partText.colour()
	return charts.MakeTheme(charts.ThemeOption{
		AxisStrokeColor: partAxis.colour(), AxisSplitLineColor: partGrid.colour(), BackgroundColor: partBackground.colour(), TextColor: text,
		TextColorTitle: text, TextColorMark: text, TextColorLabel: text, TextColorLegend: text, TextColorXAxis: text, TextColorYAxis: text,
		SeriesColors: colours,
	})
}

// fontSize leaves room for 13 pixels in the reader's font, which may be wider than
// the one that the library measures with.
var fontSize = charts.NewFontStyleWithSize(11.5)

var padding = charts.NewBox(0, 8, 14, 4)

func (c *chart) draw(height func(width int) int, plot func(p *charts.Painter, width int) error) error {
	for _, form := range []struct {
		width int
		class string
		to    *htmlText
	}{{wide, "wide", &c.Wide}, {narrow, "narrow", &c.Narrow}} {
		p := charts.NewPainter(charts.PainterOptions{OutputFormat: charts.ChartOutputSVG, Width: form.width, Height: height(form.width)})
		if err := plot(p, form.width); err != nil {
			return err
		}
		svg, err := p.Bytes()
		if err != nil {
			return err
		}
		if *form.to, err = embed(string(svg), c.ID+"-"+form.class, form.class, c.Title, c.Text); err != nil {
			return err
		}
	}
	return nil
}

func trendChart(t *report.Trend, zone *time.Location) (*chart, error) {
	first, last := t.Points[0], t.Points[len(t.Points)-1]
	layout := "2 Jan"
	if t.StepSeconds < int64((24 * time.Hour).Seconds()) {
		layout = "2 Jan 15:04"
	}
	c := &chart{
		ID: "trend-chart", Title: "Units bought and in use",
		Text: fmt.Sprintf("From %s to %s, units in use went from %s to %s, units bought from %s to %s.",
			first.Time.In(zone).Format("2 January 15:04"), last.Time.In(zone).Format("2 January 15:04"),
			humanize.Comma(first.ConsumedUnits), humanize.Comma(last.ConsumedUnits), humanize.Comma(first.TotalUnits), humanize.Comma(last.TotalUnits)),
		Legend:  []key{{partUsed, "in use"}, {partBought, "bought"}},
		Figures: &table{Caption: "Units bought and in use, at each point of the chart", Columns: []column{{Title: "Time"}, {Title: "In use", Number: true}, {Title: "Bought", Number: true}}},
	}
	var bought, used []float64
	var labels []string
	for _, p := range t.Points {
		bought, used = append(bought, float64(p.TotalUnits)), append(used, float64(p.ConsumedUnits))
		labels = append(labels, p.Time.In(zone).Format(layout))
		c.Figures.add(text(p.Time.In(zone).Format("Mon 2 Jan 2006, 15:04")), number(p.ConsumedUnits), number(p.TotalUnits))
	}
	step := roundStep(max(slices.Max(bought), slices.Max(used)) / 3)
	top := step * math.Ceil(max(slices.Max(bought), slices.Max(used))/step)
	err := c.draw(func(width int) int { return 160 + width/10 }, func(p *charts.Painter, width int) error {
		o := charts.NewLineChartOptionWithData([][]float64{bought, used})
		o.Theme, o.Padding, o.Legend.Show = theme(partBought, partUsed), padding, new(false)
		o.Symbol = charts.Symbol{Shape: charts.SymbolNone}
		if len(labels) < 12 {
			o.Symbol = charts.Symbol{Shape: charts.SymbolDot, Size: 3}
		}
		o.LineStrokeWidth = 2
		o.XAxis.Labels, o.XAxis.LabelFontStyle, o.XAxis.BoundaryGap = labels, fontSize, new(false)
		o.XAxis.LabelCount = min(len(labels), width/110)
		o.YAxis[0].Min, o.YAxis[0].LabelFontStyle, o.YAxis[0].Max = new(0.0), fontSize, &top
		o.YAxis[0].LabelCount = int(math.Round(top/step)) + 1
		o.YAxis[0].ValueFormatter = axisNumber
		return p.LineChart(o)
	})
	return c, err
}

// roundStep is the next number above that is one, two or five of a power of ten.
func roundStep(least float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(max(least, 1))))
	for _, digit := range []float64{1, 2, 5} {
		if digit*power >= least {
			return digit * power
		}
	}
	return 10 * power
}

// axisNumber is a short number.
func axisNumber(value float64) string {
	if math.Abs(value) >= 10_000 {
		return humanize.SIWithDigits(value, 1, "")
	}
	return humanize.Comma(int64(math.Round(value)))
}

// maxBars is how many bars a chart has.
const maxBars = 12

// What is over-assigned shows at least as a trace, and at most as much again as
// was bought.
const leastOver, mostOver = 1.0, 100.0

// licenceChart is the utilisation of purchased licences, the fullest first.
func licenceChart(licenses []rollup.License) (*chart, error) {
	var shown []bar
	for i := range licenses {
		if b, ok := licenceBar(&licenses[i]); ok {
			shown = append(shown, b)
		}
	}
	if len(shown) == 0 {
		return nil, nil
	}
	slices.SortStableFunc(shown, func(a, b bar) int { return compareShares(b.share, a.share) })
	c := &chart{ID: "licence-chart", Title: "Utilisation of licences", Legend: legendOf(shown, true)}
	if len(shown) > maxBars {
		c.Title = fmt.Sprintf("Utilisation of the %d fullest licences", maxBars)
		shown = shown[:maxBars]
	}
	c.Text = "Share of the bought units that is in use: " + sentence(shown)
	return c, c.bars(shown, "%")
}

// compareShares sorts unknown shares of nothing bought as the largest.
func compareShares(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// licenceBar is the bar of one licence. Units beyond what was bought are a piece
// of their own: those that other pools have left do not make up for them.
func licenceBar(l *rollup.License) (bar, bool) {
	share, known := l.Share()
	if !known || l.Class != purchased {
		return bar{}, false
	}
	b := bar{label: terminal.Clean(l.License), text: percent(l.UtilizationPercent), share: share, part: urgency(l.UtilizationPercent)}
	if total := float64(*l.TotalUnits); total > 0 {
		b.length = 100 * (float64(*l.ConsumedUnits) - float64(l.OverAssignedUnits)) / total
		if l.OverAssignedUnits > 0 {
			b.over = min(max(100*float64(l.OverAssignedUnits)/total, leastOver), mostOver)
		}
		b.rest = max(0, 100-b.length)
	} else {
		b.over = mostOver
	}
	if b.over > 0 {
		b.text += ", " + humanize.Comma(l.OverAssignedUnits) + " over-assigned"
	}
	return b, true
}

// locationChart is what is in use at the locations that use the most.
func locationChart(all []report.Location) (*chart, error) {
	var shown []bar
	for i := range all {
		if l := &all[i]; l.Placing == rollup.PlacingLocation && l.ConsumedUnits > 0 {
			shown = append(shown, bar{
				label: terminal.Clean(l.Location) + ", " + terminal.Clean(l.Customer), text: humanize.Comma(l.ConsumedUnits), share: float64(l.ConsumedUnits), length: float64(l.ConsumedUnits), part: partUsed,
			})
		}
	}
	if len(shown) < 2 {
		return nil, nil
	}
	c := &chart{ID: "location-chart", Title: "Units in use by location"}
	if len(shown) > maxBars {
		c.Title = fmt.Sprintf("Units in use at the %d largest locations", maxBars)
		shown = shown[:maxBars]
	}
	c.Text = "Units of purchased licences in use: " + sentence(shown)
	return c, c.bars(shown, "")
}

// bar is one bar, or of several pieces one.
type bar struct {
	label, text        string
	share              float64 // to sort by
	length, over, rest float64
	part               part // of length
}

func sentence(bars []bar) string {
	texts := make([]string, len(bars))
	for i, b := range bars {
		texts[i] = b.label + " " + b.text
	}
	return strings.Join(texts, "; ") + "."
}

func legendOf(bars []bar, withOver bool) []key {
	legend := []key{{partUsed, "in use"}, {partWarn, fmt.Sprintf("%d%% and more", rollup.WarningPercent)}, {partBad, fmt.Sprintf("%d%% and more", rollup.CriticalPercent)}}
	legend = slices.DeleteFunc(legend, func(k key) bool {
		return !slices.ContainsFunc(bars, func(b bar) bool { return b.part == k.Class && b.length > 0 })
	})
	if withOver && slices.ContainsFunc(bars, func(b bar) bool { return b.over > 0 }) {
		legend = append(legend, key{partOver, "over-assigned"})
	}
	return append(legend, key{partLeft, "left"})
}

// series are the pieces that bars may have, from the axis on.
var series = []part{partUsed, partWarn, partBad, partLeft, partOver}

// bars draws horizontal bars, the first at the top.
func (c *chart) bars(bars []bar, unit string) error {
	pieces := make([][]float64, len(series))
	for i := range pieces {
		pieces[i] = make([]float64, len(bars))
	}
	top := 0.0
	for i, b := range bars {
		at := len(bars) - 1 - i // the library begins at the bottom
		pieces[slices.Index(series, b.part)][at] = b.length
		pieces[3][at], pieces[4][at] = b.rest, b.over
		top = max(top, b.length+b.rest+b.over)
	}
	height := func(int) int { return 30 + 30*len(bars) }
	return c.draw(height, func(p *charts.Painter, width int) error {
		o := charts.NewBarChartOptionWithData(pieces)
		o.Horizontal, o.StackSeries, o.BarSize = true, new(true), 0.6
		o.Theme, o.Padding, o.Legend.Show = theme(series...), padding, new(false)
		columns := 20
		if width == wide {
			columns = 44
		}
		labels := make([]string, len(bars))
		for i, b := range bars {
			labels[len(bars)-1-i] = terminal.Clip(b.label, columns)
		}
		o.CategoryAxis.Labels, o.CategoryAxis.LabelFontStyle = labels, fontSize
		o.ValueAxis[0].Min, o.ValueAxis[0].LabelFontStyle = new(0.0), fontSize
		if unit == "%" {
			o.ValueAxis[0].Max, o.ValueAxis[0].LabelCount = new(math.Ceil(top/50)*50), int(math.Ceil(top/50))+1
		} else {
			o.ValueAxis[0].LabelCount = 3
		}
		o.ValueAxis[0].ValueFormatter = func(value float64) string {
			if width == narrow && unit == "%" && math.Mod(value, 100) != 0 {
				return "" // no room beside the others
			}
			return axisNumber(value) + unit
		}
		return p.BarChart(o)
	})
}
