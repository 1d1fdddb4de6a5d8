package webpage

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/report"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/report/reporttest"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/rollup"
)

func write(t *testing.T, r *report.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, r, Options{Zone: time.UTC, Version: "v0.0.0-test"}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// elements are all elements of a page.
func elements(t *testing.T, page string) []*html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var all []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			all = append(all, n)
		}
	}
	return all
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// Whatever the fleet calls itself, a page runs nothing and refers to nothing but
// its own sections.
func TestPagesAreInert(t *testing.T) {
	t.Parallel()
	for name, r := range reporttest.Samples() {
		page := write(t, r)
		scripts := 0
		for _, n := range elements(t, page) {
			switch n.DataAtom { //nolint:exhaustive // a few of all elements
			case atom.Script:
				scripts++
				if attribute(n, "type") != "application/json" || attribute(n, "src") != "" {
					t.Errorf("%s: a script", name)
				}
			case atom.Img, atom.Link, atom.Iframe, atom.Object, atom.Embed, atom.Base, atom.Form, atom.Image, atom.Video, atom.Audio, atom.Input, atom.Button:
				t.Errorf("%s: an element %s", name, n.Data)
			}
			for _, a := range n.Attr {
				inPage := a.Key == "href" && strings.HasPrefix(a.Val, "#")
				refers := a.Key == "src" || a.Key == "href" || a.Key == "srcset" || a.Key == "action" || a.Key == "data" || strings.Contains(a.Val, "url(")
				if refers && !inPage || strings.HasPrefix(a.Key, "on") || a.Key == "style" {
					t.Errorf("%s: attribute %s=%q of %s", name, a.Key, a.Val, n.Data)
				}
			}
		}
		if scripts != 1 {
			t.Errorf("%s: %d scripts", name, scripts)
		}
	}
	for _, word := range []string{"url(", "@import", "http"} {
		if strings.Contains(sheet(), word) {
			t.Errorf("the style sheet holds %s", word)
		}
	}
	if !strings.Contains(write(t, reporttest.Samples()["hostile"]), "&lt;/script&gt;&lt;script src=&#34;https://example.com") {
		t.Error("the hostile name is not shown as it is")
	}
}

// The policy names the style sheet that the page has; a browser would use no other.
func TestPolicy(t *testing.T) {
	t.Parallel()
	page := write(t, reporttest.Samples()["small"])
	var sheets []string
	policy := ""
	for _, n := range elements(t, page) {
		switch n.DataAtom { //nolint:exhaustive // two of all elements
		case atom.Style:
			sheets = append(sheets, textOf(n))
		case atom.Meta:
			if attribute(n, "http-equiv") == "Content-Security-Policy" {
				policy = attribute(n, "content")
			}
		}
	}
	if len(sheets) != 1 {
		t.Fatalf("%d style sheets", len(sheets))
	}
	sum := sha256.Sum256([]byte(sheets[0]))
	want := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
	if policy != want {
		t.Errorf("policy %s\nwant %s", policy, want)
	}
}

// Who cannot see the page finds the way: headings in order, tables with heads and
// names, pictures with texts.
func TestStructure(t *testing.T) {
	t.Parallel()
	for name, r := range reporttest.Samples() {
		page := write(t, r)
		ids := map[string]bool{}
		level, tables, pictures := 0, 0, 0
		all := elements(t, page)
		for _, n := range all {
			if id := attribute(n, "id"); id != "" {
				if ids[id] {
					t.Errorf("%s: id %s twice", name, id)
				}
				ids[id] = true
			}
		}
		for _, n := range all {
			switch {
			case n.DataAtom == atom.Html && attribute(n, "lang") != "en":
				t.Errorf("%s: no language", name)
			case regexp.MustCompile("^h[1-6]$").MatchString(n.Data):
				is := int(n.Data[1] - '0')
				if is > level+1 || is == 1 && level > 0 {
					t.Errorf("%s: %s after h%d", name, n.Data, level)
				}
				level = is
			case n.DataAtom == atom.Table:
				tables++
				if caption := n.FirstChild.NextSibling; caption.DataAtom != atom.Caption || textOf(caption) == "" {
					t.Errorf("%s: a table without a caption", name)
				}
			case n.DataAtom == atom.Th && attribute(n, "scope") == "":
				t.Errorf("%s: a head without a scope: %s", name, textOf(n))
			case attribute(n, "role") == "img":
				pictures++
				if first := n.FirstChild; first.Data != "title" || textOf(first) == "" || textOf(first.NextSibling) == "" {
					t.Errorf("%s: a picture without texts", name)
				}
			case n.Data == "svg" && attribute(n, "aria-hidden") != "true":
				t.Errorf("%s: a picture without a role", name)
			}
			for _, refers := range []string{"aria-labelledby", "href"} {
				for id := range strings.FieldsSeq(strings.ReplaceAll(attribute(n, refers), "#", "")) {
					if !ids[id] {
						t.Errorf("%s: %s of %s leads nowhere: %s", name, refers, n.Data, id)
					}
				}
			}
		}
		if name == "small" && (tables != 9 || pictures != 6) {
			t.Errorf("%s: %d tables, %d pictures", name, tables, pictures)
		}
	}
}

// Ten thousand rows of 200 customers make a page that mail takes and phones open.
func TestSize(t *testing.T) {
	t.Parallel()
	source := reporttest.Large()
	page := write(t, report.New(source))
	if len(source.Rows) != 10_000 || len(page) > 2_000_000 {
		t.Errorf("%d rows make %d bytes", len(source.Rows), len(page))
	}
	shown := strings.Index(page, `<script type="application/json"`)
	if shown < 0 || shown > 400_000 {
		t.Errorf("the page without its data is %d bytes", shown)
	}
	t.Logf("%d bytes, %d of them without data", len(page), shown)
	if again := write(t, report.New(reporttest.Large())); again != page {
		t.Error("two pages of the same fleet differ")
	}
}

// The page's data is the report.
func TestPageCarriesItsData(t *testing.T) {
	t.Parallel()
	for name, r := range reporttest.Samples() {
		former, err := report.Former([]byte(write(t, r)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		r.Compare(former)
		if c := r.Changes; len(c.Rows)+len(c.Customers) != 0 {
			t.Errorf("%s: %+v", name, c)
		}
		if !strings.Contains(write(t, r), "No licence changed.") {
			t.Errorf("%s: the page does not say that nothing changed", name)
		}
	}
}

// The contrasts of WCAG 2.2: 4.5 for texts (1.4.3), 3 for bars and lines that say
// something (1.4.11), by day and by night.
func TestContrast(t *testing.T) {
	t.Parallel()
	byName := map[string]colour{}
	for _, c := range palette {
		byName[c.name] = c
	}
	for _, pair := range []struct {
		front, back string
		least       float64
	}{
		{"text", "page", 4.5},
		{"text", "surface", 4.5},
		{"muted", "page", 4.5},
		{"muted", "surface", 4.5},
		{"link", "page", 4.5},
		{"link", "surface", 4.5},
		{"warntext", "surface", 4.5},
		{"warntext", "warnback", 4.5},
		{"badtext", "surface", 4.5},
		{"badtext", "badback", 4.5},
		{"good", "page", 4.5},
		{"axis", "surface", 3},
		{"used", "surface", 3},
		{"used", "track", 3},
		{"warn", "surface", 3},
		{"warn", "track", 3},
		{"bad", "surface", 3},
		{"bad", "track", 3},
	} {
		for scheme, of := range map[string]func(colour) string{"light": light, "dark": dark} {
			if is := contrast(t, of(byName[pair.front]), of(byName[pair.back])); is < pair.least {
				t.Errorf("%s: %s on %s has a contrast of %.2f, at least %.1f is needed", scheme, pair.front, pair.back, is, pair.least)
			}
		}
	}
}

// contrast is that of WCAG: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	la, lb := luminance(t, a), luminance(t, b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(strings.TrimPrefix(hex, "#"), 16, 24)
	if err != nil || len(hex) != 7 {
		t.Fatalf("%q is no colour", hex)
	}
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		c := float64(n>>(16-8*i)&255) / 255
		if c <= 0.04045 {
			sum += weight * c / 12.92
		} else {
			sum += weight * math.Pow((c+0.055)/1.055, 2.4)
		}
	}
	return sum
}

// The text of a chart tells what its bars do, of units beyond what was bought, too.
func TestChartTexts(t *testing.T) {
	t.Parallel()
	line := func(name string, total, consumed, over int64) rollup.License {
		return rollup.License{License: name, Class: purchased, Figures: rollup.FiguresOf(&total, &consumed), OverAssignedUnits: over}
	}
	c, err := licenceChart([]rollup.License{
		line("Calling", 100, 81, 2), line("Meetings", 10, 13, 3), line("Messaging", 50, 5, 0), line("Unused", 0, 0, 0),
		{License: "Free", Class: "Included", Figures: rollup.FiguresOf(new(int64(5)), new(int64(5)))},
	})
	if err != nil {
		t.Fatal(err)
	}
	const want = "Share of the bought units that is in use: Meetings 130%, 3 over-assigned; Calling 81%, 2 over-assigned; Messaging 10%."
	if c.Text != want {
		t.Errorf("text %s\nwant %s", c.Text, want)
	}
	for _, class := range []string{"c-used", "c-warn", "c-bad", "c-left", "c-over"} {
		if !strings.Contains(string(c.Wide), "fill "+class) || !strings.Contains(string(c.Narrow), "fill "+class) {
			t.Errorf("no bar %s", class)
		}
	}
}

// A colour that the library brings in by itself would be wrong by night.
func TestForeignColours(t *testing.T) {
	t.Parallel()
	if _, err := classes(`<path d="M 0 0" style="stroke:none;fill:white"/>`); err == nil {
		t.Error("white was taken")
	}
	if got, err := classes(`<path d="M 0 0" style="stroke:none;fill:` + partUsed.colour().String() + `"/>`); err != nil || got != `<path d="M 0 0" class="fill c-used"/>` {
		t.Errorf("%s, %v", got, err)
	}
}
