package main

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/go-analyze/charts"
)

// plot is a picture of horizontal bars, each of one piece or of several.
type plot struct {
	// name is that of its file.
	name, title string
	// series are the names of the pieces, if a bar has several.
	series []string
	bars   []bar
}

type bar struct {
	label  string
	values []float64
}

// figures is the length of a bar in words, piece by piece.
func (b bar) figures() string {
	var words []string
	for _, v := range b.values {
		words = append(words, humanize.Commaf(math.Round(10*v)/10))
	}
	return strings.Join(words, " + ")
}

// text says all that the picture shows.
func (p plot) text() string {
	title := p.title
	if len(p.series) > 0 {
		title += " (" + strings.Join(p.series, " + ") + ")"
	}
	var words []string
	for _, b := range p.bars {
		words = append(words, b.label+": "+b.figures())
	}
	return title + ". " + strings.Join(words, "; ")
}

// plots are the pictures of results; those that would have no bar are left out.
func plots(shown []result) []plot {
	promised := plot{name: "promised", title: "Percent of what is promised at most"}
	memory := plot{name: "memory", title: "The manager's peak of memory, in MiB"}
	processor := plot{name: "processor", title: "Processor time of a run in rows-10000, in ms", series: []string{"manager", "API server", "etcd"}}
	writes := plot{name: "writes", title: "Writes of a step of rows-10000", series: []string{"rows", "all else"}}
	for _, r := range shown {
		for _, s := range r.statistics {
			if limit := r.limits[s.name]; limit.Target != nil && *limit.Target > 0 {
				promised.bars = append(promised.bars, bar{r.scenario.Name + ": " + s.name, []float64{100 * s.mean / *limit.Target}})
			}
		}
		for _, step := range r.scenario.Steps {
			if values, ok := r.means(step, "manager peak MiB"); ok {
				memory.bars = append(memory.bars, bar{r.scenario.Name + ": " + step.As, values})
			}
			if r.scenario.Name != "rows-10000" { // the others would need another scale
				continue
			}
			if values, ok := r.means(step, "manager CPU ms per run", "API server CPU ms per run", "etcd CPU ms per run"); ok {
				processor.bars = append(processor.bars, bar{step.As, values})
			}
			if values, ok := r.means(step, "row writes", "writes"); ok {
				writes.bars = append(writes.bars, bar{step.As, []float64{values[0], max(values[1]-values[0], 0)}})
			}
		}
	}
	var drawn []plot
	for _, p := range []plot{promised, memory, processor, writes} {
		if len(p.bars) > 0 {
			drawn = append(drawn, p)
		}
	}
	return drawn
}

// means are those of figures of a step, if all of them were measured.
func (r result) means(step Step, what ...string) (values []float64, ok bool) {
	for _, w := range what {
		mean, ok := r.mean(step.As + "/" + w)
		if !ok {
			return nil, false
		}
		values = append(values, mean)
	}
	return values, true
}

// The colours that pictures are drawn in, and those that a reader in the dark sees instead.
var (
	background, foreground, grid = charts.ColorRGB(255, 255, 255), charts.ColorRGB(31, 35, 40), charts.ColorRGB(209, 217, 224)
	pieces                       = []charts.Color{charts.ColorRGB(9, 105, 218), charts.ColorRGB(191, 135, 0), charts.ColorRGB(130, 80, 223)}
)

var dark = map[charts.Color]string{
	background: "#0d1117", foreground: "#e6edf3", grid: "#3d444d", pieces[0]: "#4493f8", pieces[1]: "#d29922", pieces[2]: "#ab7df8",
}

// draw makes a file of SVG.
func (p plot) draw() ([]byte, error) {
	values := make([][]float64, max(len(p.series), 1))
	labels := make([]string, len(p.bars))
	top := 0.0
	for i, b := range p.bars {
		at := len(p.bars) - 1 - i // the library begins at the bottom
		labels[at] = b.label + ": " + b.figures()
		sum := 0.0
		for piece, v := range b.values {
			values[piece] = append([]float64{v}, values[piece]...)
			sum += v
		}
		top = max(top, sum)
	}
	painter := charts.NewPainter(charts.PainterOptions{OutputFormat: charts.ChartOutputSVG, Width: 880, Height: 90 + 26*len(p.bars)})
	o := charts.NewBarChartOptionWithData(values)
	o.Theme = charts.MakeTheme(charts.ThemeOption{
		AxisStrokeColor: grid, AxisSplitLineColor: grid, BackgroundColor: background, SeriesColors: pieces,
		TextColor: foreground, TextColorTitle: foreground, TextColorMark: foreground, TextColorLabel: foreground,
		TextColorLegend: foreground, TextColorXAxis: foreground, TextColorYAxis: foreground,
	})
	font := charts.NewFontStyleWithSize(12)
	o.Horizontal, o.StackSeries, o.BarSize, o.Padding = true, new(true), 0.6, charts.NewBox(12, 12, 24, 12)
	o.Title.Text, o.Title.FontStyle = p.title, charts.NewFontStyleWithSize(15)
	o.Legend.Show = new(len(p.series) > 0)
	o.Legend.SeriesNames, o.Legend.FontStyle, o.Legend.Offset = p.series, font, charts.OffsetRight
	o.CategoryAxis.Labels, o.CategoryAxis.LabelFontStyle = labels, font
	step := roundStep(top / 4)
	o.ValueAxis[0].Min, o.ValueAxis[0].Max, o.ValueAxis[0].LabelCount = new(0.0), new(step*math.Ceil(top/step)), int(math.Ceil(top/step))+1
	o.ValueAxis[0].LabelFontStyle = font
	o.ValueAxis[0].ValueFormatter = func(v float64) string { return humanize.CommafWithDigits(v, 2) }
	if err := painter.BarChart(o); err != nil {
		return nil, err
	}
	svg, err := painter.Bytes()
	if err != nil {
		return nil, err
	}
	return []byte(readableIn(string(svg))), nil
}

// roundStep is the next number above that is one, two or five of a power of ten.
func roundStep(least float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(max(least, 0.01))))
	for _, digit := range []float64{1, 2, 5} {
		if digit*power >= least {
			return digit * power
		}
	}
	return 10 * power
}

var (
	opening      = regexp.MustCompile(`^<svg [^>]*>`)
	fontFamily   = regexp.MustCompile(`font-family:[^"]*`)
	verticalAxis = regexp.MustCompile(`<path d="M (\d+) \d+\nL (\d+) \d+" style="stroke-width:1`)
	labelAt      = regexp.MustCompile(`<text x="(\d+)" y="(\d+)"`)
)

// readableIn lets a picture be read in the dark, and in any font: the library places labels by their width in its own.
func readableIn(svg string) string {
	var style strings.Builder
	style.WriteString("<style>@media (prefers-color-scheme: dark) {")
	for _, colour := range append([]charts.Color{background, foreground, grid}, pieces...) {
		for _, property := range []string{"fill", "stroke"} {
			name := strings.ReplaceAll(colour.String(), "rgba", "rgb")
			fmt.Fprintf(&style, ` [style*="%s:%s"] { %s: %s !important }`, property, name, property, dark[colour])
		}
	}
	style.WriteString(" }</style>")
	svg = fontFamily.ReplaceAllString(svg, "font-family:sans-serif")
	if m := verticalAxis.FindStringSubmatch(svg); m != nil && m[1] == m[2] {
		axis, _ := strconv.Atoi(m[1])
		svg = labelAt.ReplaceAllStringFunc(svg, func(start string) string {
			at := labelAt.FindStringSubmatch(start)
			x, _ := strconv.Atoi(at[1])
			if y, _ := strconv.Atoi(at[2]); x >= axis-6 || y < 40 { // right of it, or the title
				return start
			}
			return fmt.Sprintf(`<text text-anchor="end" x="%d" y="%s"`, axis-8, at[2])
		})
	}
	return opening.ReplaceAllStringFunc(svg, func(start string) string { return start + style.String() })
}
