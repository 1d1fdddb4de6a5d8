package webpage

import (
	"fmt"
	"html/template"
	"regexp"
	"strconv"
	"strings"

	"github.com/go-analyze/charts"
)

// The chart library writes colours and fonts into the picture, where a page that
// is light or dark cannot reach them, as style attributes, which the page's
// Content-Security-Policy forbids. Each part of a chart is therefore drawn in a
// colour of its own that stands for a class, and the class takes its place.

// part is a part of a chart; its place in parts makes the colour that stands for it.
type part string

const (
	partBackground part = "none"
	partText       part = "c-text"
	partGrid       part = "c-grid"
	partAxis       part = "c-axis"
	partBought     part = "c-bought"
	partUsed       part = "c-used"
	partWarn       part = "c-warn"
	partBad        part = "c-bad"
	partLeft       part = "c-left"
	partOver       part = "c-over"
)

var parts = []part{partBackground, partText, partGrid, partAxis, partBought, partUsed, partWarn, partBad, partLeft, partOver}

func (p part) colour() charts.Color {
	for i := range parts {
		if parts[i] == p {
			return charts.ColorRGB(uint8(i+1), 0, 1) //nolint:gosec // there are ten
		}
	}
	panic("no part of a chart: " + string(p))
}

var (
	tag            = regexp.MustCompile(`<[^<>]*>`)
	styleAttribute = regexp.MustCompile(`style="([^"]*)"`)
	emptyPath      = regexp.MustCompile(`<path[^>]*class="none"[^>]*/>`)
	// A segment without extent, which a value of nothing leaves in a stack of bars.
	flatBar = regexp.MustCompile(`<path d="M (\d+) \d+\nL (\d+) [^"]*" class="fill [^"]*"/>`)
)

// classes replaces style attributes by classes. A colour that stands for nothing
// is an error: a new version of the library may draw what this one does not. Names
// stand between tags, with < and > escaped, and are left alone whatever they say.
func classes(svg string) (string, error) {
	var unknown error
	class := func(attribute string) string {
		declarations := map[string]string{}
		for d := range strings.SplitSeq(styleAttribute.FindStringSubmatch(attribute)[1], ";") {
			name, value, _ := strings.Cut(d, ":")
			declarations[name] = value
		}
		for _, use := range []struct{ property, class string }{{"stroke", "line "}, {"fill", "fill "}} {
			value := declarations[use.property]
			if value == "none" {
				continue
			}
			for _, p := range parts {
				if p.colour().String() == value {
					if p == partBackground {
						return `class="none"`
					}
					return `class="` + use.class + string(p) + `"`
				}
			}
			unknown = fmt.Errorf("the chart library draws in %s, which stands for no part of a chart", attribute)
		}
		return `class="none"`
	}
	svg = tag.ReplaceAllStringFunc(svg, func(tag string) string { return styleAttribute.ReplaceAllStringFunc(tag, class) })
	svg = emptyPath.ReplaceAllString(alignLabels(svg), "")
	svg = flatBar.ReplaceAllStringFunc(svg, func(path string) string {
		if m := flatBar.FindStringSubmatch(path); m[1] == m[2] {
			return ""
		}
		return path
	})
	return svg, unknown
}

var (
	verticalAxis = regexp.MustCompile(`<path d="M (\d+) \d+\nL (\d+) \d+" class="line c-axis"`)
	textAt       = regexp.MustCompile(`<text x="(-?\d+)"`)
)

// alignLabels sets the labels of a vertical axis right up to it. The library
// places each by its width in its own font, which is not the reader's.
func alignLabels(svg string) string {
	m := verticalAxis.FindStringSubmatch(svg)
	if m == nil || m[1] != m[2] {
		return svg
	}
	axis, _ := strconv.Atoi(m[1])
	return textAt.ReplaceAllStringFunc(svg, func(start string) string {
		if x, _ := strconv.Atoi(textAt.FindStringSubmatch(start)[1]); x >= axis {
			return start
		}
		return fmt.Sprintf(`<text text-anchor="end" x="%d"`, axis-8)
	})
}

// picture puts a drawn chart into the page: once for wide screens and paper, once
// for phones. The texts are its alternative; the one that is not shown is in no
// reader's way.
type picture struct {
	Wide, Narrow template.HTML
}

// opening is the start tag that the library writes.
var opening = regexp.MustCompile(`^<svg [^>]*viewBox="([^"]*)">`)

func embed(svg, id, class, title, description string) (template.HTML, error) {
	svg, err := classes(svg)
	if err != nil {
		return "", err
	}
	box := opening.FindStringSubmatch(svg)
	if box == nil {
		return "", fmt.Errorf("the chart library wrote no picture: %.40q", svg)
	}
	head := fmt.Sprintf(`<svg class="chart %s" viewBox="%s" role="img" aria-labelledby="%s-t %s-d"><title id="%s-t">%s</title><desc id="%s-d">%s</desc>`,
		class, box[1], id, id, id, template.HTMLEscapeString(title), id, template.HTMLEscapeString(description))
	return template.HTML(head + svg[len(box[0]):]), nil //nolint:gosec // the library escapes texts, and a test tries
}
