package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/webex-operator/webex-license-operator/hack/dashboards/board"
)

const root = "../.."

// file is a dashboard as Grafana reads it: what the tests look at.
type file struct {
	UID         string `json:"uid"`
	Title       string `json:"title"`
	Description string `json:"description"`
	Templating  struct {
		List []struct{ Name, Type, Label string }
	} `json:"templating"`
	Panels []panel `json:"panels"`
	raw    []byte
}

type panel struct {
	ID                       int
	Type, Title, Description string
	GridPos                  struct{ X, Y, W, H int }
	Datasource               struct{ Type, UID string }
	Targets                  []struct {
		RefID, Expr, LegendFormat, Format string
		Instant, Range                    bool
		Datasource                        struct{ Type, UID string }
	}
	Transformations []struct {
		ID      string
		Options struct{ ExcludeByName map[string]bool }
	}
	FieldConfig struct {
		Defaults struct {
			Unit, NoValue string
			Thresholds    struct{ Steps []struct{ Value *float64 } }
		}
		Overrides []struct {
			Matcher    struct{ ID, Options string }
			Properties []struct {
				ID    string
				Value any
			}
		}
	}
}

func files(t *testing.T) []*file {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(root, "config", "grafana", "*.json"))
	if err != nil || len(paths) != len(dashboards()) {
		t.Fatalf("config/grafana has %d dashboards, not %d (%v)", len(paths), len(dashboards()), err)
	}
	var found []*file
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f := &file{raw: raw}
		if err := json.Unmarshal(raw, f); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if filepath.Base(path) != f.UID+".json" {
			t.Errorf("%s has the uid %s", path, f.UID)
		}
		found = append(found, f)
	}
	return found
}

// What is in config/grafana is what this directory says, byte for byte, each time.
func TestWritten(t *testing.T) {
	t.Parallel()
	for range 2 {
		for _, d := range dashboards() {
			want, err := board.Grafana(d)
			if err != nil {
				t.Fatal(err)
			}
			have, err := os.ReadFile(filepath.Join(root, "config", "grafana", d.UID+".json"))
			if err != nil || !bytes.Equal(have, want) {
				t.Errorf("config/grafana/%s.json is out of date (%v): run make generate", d.UID, err)
			}
		}
	}
}

// The ConfigMaps hold each dashboard once.
func TestKustomization(t *testing.T) {
	t.Parallel()
	kustomization, err := os.ReadFile(filepath.Join(root, "config", "grafana", "kustomization.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range dashboards() {
		if n := bytes.Count(kustomization, []byte("["+d.UID+".json]")); n != 1 {
			t.Errorf("%s.json is %d times in config/grafana/kustomization.yaml", d.UID, n)
		}
	}
}

// Each panel says what it shows, in which unit, and what it means that there is nothing to show.
func TestPanels(t *testing.T) {
	t.Parallel()
	kinds := []string{"stat", "timeseries", "bargauge", "state-timeline", "table"}
	for _, f := range files(t) {
		ids, titles := map[int]bool{}, map[string]bool{}
		for _, p := range f.Panels {
			where := fmt.Sprintf("%s, panel %q", f.UID, p.Title)
			if ids[p.ID] || p.ID <= 0 {
				t.Errorf("%s: the id %d is not its own", where, p.ID)
			}
			ids[p.ID] = true
			if p.Type == "row" && p.Title != "" {
				continue
			}
			if p.Title == "" || titles[p.Title] {
				t.Errorf("%s: no title, or that of another panel", where)
			}
			titles[p.Title] = true
			if !slices.Contains(kinds, p.Type) {
				t.Errorf("%s: Grafana has no panel %q", where, p.Type)
			}
			defaults := p.FieldConfig.Defaults
			if p.Description == "" || defaults.Unit == "" || defaults.NoValue == "" {
				t.Errorf("%s: description %q, unit %q, text for no data %q", where, p.Description, defaults.Unit, defaults.NoValue)
			}
			for i, step := range defaults.Thresholds.Steps {
				if (step.Value == nil) != (i == 0) || i > 1 && *step.Value <= *defaults.Thresholds.Steps[i-1].Value {
					t.Errorf("%s: thresholds do not rise", where)
				}
			}
			checkTargets(t, where, &p)
		}
	}
}

func checkTargets(t *testing.T, where string, p *panel) {
	t.Helper()
	refs := map[string]bool{}
	for _, target := range p.Targets {
		if refs[target.RefID] || target.RefID == "" || target.Expr == "" {
			t.Errorf("%s: target %q is empty, or there are two", where, target.RefID)
		}
		refs[target.RefID] = true
		if target.Instant == target.Range || (target.Format == "table") != (p.Type == "table") {
			t.Errorf("%s: target %s is instant: %v, range: %v, format: %s", where, target.RefID, target.Instant, target.Range, target.Format)
		}
		for _, source := range []struct{ Type, UID string }{p.Datasource, target.Datasource} {
			if source.Type != "prometheus" || source.UID != "${datasource}" {
				t.Errorf("%s: asks the data source %v, not the one that is chosen", where, source)
			}
		}
	}
	if len(refs) == 0 {
		t.Errorf("%s asks nothing", where)
	}
}

// Panels fill the 24 columns from left to right, and none covers another.
func TestGrid(t *testing.T) {
	t.Parallel()
	for _, f := range files(t) {
		cells := map[[2]int]string{}
		for _, p := range f.Panels {
			at := p.GridPos
			if at.X < 0 || at.Y < 0 || at.W <= 0 || at.H <= 0 || at.X+at.W > board.GridColumns {
				t.Errorf("%s, panel %q is at %+v", f.UID, p.Title, at)
			}
			for x := at.X; x < at.X+at.W; x++ {
				for y := at.Y; y < at.Y+at.H; y++ {
					if other, taken := cells[[2]int{x, y}]; taken {
						t.Fatalf("%s: %q covers %q", f.UID, p.Title, other)
					}
					cells[[2]int{x, y}] = p.Title
				}
			}
		}
		bottom := 0
		for cell := range cells {
			bottom = max(bottom, cell[1]+1)
		}
		if holes := board.GridColumns*bottom - len(cells); holes != 0 {
			t.Errorf("%s has holes of %d cells", f.UID, holes)
		}
	}
}

var variable = regexp.MustCompile(`\$(?:\{)?([a-zA-Z_]\w*)`)

// Variables that queries, titles and links use are those of the dashboard, and each is used.
func TestVariables(t *testing.T) {
	t.Parallel()
	for _, f := range files(t) {
		defined := map[string]int{}
		for _, v := range f.Templating.List {
			if v.Label == "" {
				t.Errorf("%s: variable %s has no label", f.UID, v.Name)
			}
			defined[v.Name] = 0
		}
		for _, found := range variable.FindAllSubmatch(f.raw, -1) {
			name := string(found[1])
			if strings.HasPrefix(name, "__") {
				if !slices.Contains([]string{"__rate_interval", "__interval", "__range", "__all", "__data", "__url_time_range"}, name) {
					t.Errorf("%s: Grafana has no variable %s", f.UID, name)
				}
				continue
			}
			if _, ok := defined[name]; !ok {
				t.Errorf("%s uses the variable %s, which it does not have", f.UID, name)
			}
			defined[name]++
		}
		for name, uses := range defined {
			if uses == 0 && name != "filters" { // Grafana adds filters to each query
				t.Errorf("%s has the variable %s, which nothing uses", f.UID, name)
			}
		}
	}
}

var (
	url   = regexp.MustCompile(`"url": "([^"]*)"`)
	field = regexp.MustCompile(`\$\{__data\.fields\.(\w+)`)
)

// Links lead to dashboards with the variables that they set, and to pages that exist.
func TestLinks(t *testing.T) {
	t.Parallel()
	all := files(t)
	for _, f := range all {
		for _, found := range url.FindAllSubmatch(f.raw, -1) {
			to := string(found[1])
			switch {
			case to == "": // the list of dashboards with the same tag
			case strings.HasPrefix(to, "/d/"):
				checkDashboardLink(t, f, all, to)
			case strings.HasPrefix(to, board.Documents):
				// The run book of an alert in a table is that of the row.
				page := field.ReplaceAllString(strings.TrimPrefix(to, board.Documents), "WebexLicenseDataStale")
				page = strings.ReplaceAll(page, ":percentencode}", "")
				if _, err := os.Stat(filepath.Join(root, "docs", page)); err != nil {
					t.Errorf("%s links to %s: %v", f.UID, to, err)
				}
			default:
				t.Errorf("%s links to %s", f.UID, to)
			}
		}
		for _, p := range f.Panels {
			checkFields(t, f, &p)
		}
	}
}

func checkDashboardLink(t *testing.T, f *file, all []*file, to string) {
	t.Helper()
	path, query, _ := strings.Cut(to, "?")
	i := slices.IndexFunc(all, func(f *file) bool { return "/d/"+f.UID == path })
	if i < 0 {
		t.Errorf("%s links to %s, which is not there", f.UID, path)
		return
	}
	for setting := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(strings.TrimPrefix(setting, "var-"), "=")
		known := slices.ContainsFunc(all[i].Templating.List, func(v struct{ Name, Type, Label string }) bool { return v.Name == name })
		if strings.HasPrefix(setting, "var-") && !known {
			t.Errorf("%s sets %s of %s, which has no such variable", f.UID, name, path)
		}
	}
}

// checkFields expects each column of a table to be one that its queries give, a label that a query's series are grouped
// by or the value of a query, and each of those to be a column or hidden.
func checkFields(t *testing.T, f *file, p *panel) {
	t.Helper()
	if p.Type != "table" {
		return
	}
	given := map[string]bool{"Time": true}
	for _, target := range p.Targets {
		grouped := regexp.MustCompile(`^max by \(([^)]*)\)`).FindStringSubmatch(target.Expr)
		if grouped == nil {
			t.Errorf("%s, panel %q: %s is not grouped: its columns depend on what else the series have", f.UID, p.Title, target.Expr)
			continue
		}
		for label := range strings.SplitSeq(grouped[1], ", ") {
			given[label] = true
		}
		if value := "Value"; len(p.Targets) > 1 {
			given[value+" #"+target.RefID] = true
		} else {
			given[value] = true
		}
	}
	hidden := p.Transformations[len(p.Transformations)-1].Options.ExcludeByName
	shown := map[string]bool{}
	for _, override := range p.FieldConfig.Overrides {
		shown[override.Matcher.Options] = true
		used := []string{override.Matcher.Options}
		for _, property := range override.Properties {
			for _, found := range field.FindAllStringSubmatch(fmt.Sprint(property.Value), -1) {
				used = append(used, found[1])
			}
		}
		for _, name := range used {
			if !given[name] {
				t.Errorf("%s, panel %q has no column %s", f.UID, p.Title, name)
			}
		}
	}
	for name := range given {
		if shown[name] == hidden[name] {
			t.Errorf("%s, panel %q: column %s is shown: %v, hidden: %v", f.UID, p.Title, name, shown[name], hidden[name])
		}
	}
}

// The form for Perses has all panels, and only units that Perses knows.
func TestPerses(t *testing.T) {
	t.Parallel()
	for _, d := range dashboards() {
		content, err := board.Perses(d)
		if err != nil {
			t.Fatal(err)
		}
		panels := 0
		for _, row := range d.Rows {
			panels += len(row.Panels)
		}
		if n := bytes.Count(content, []byte(`"kind": "Panel"`)); n != panels {
			t.Errorf("%s has %d panels for Perses, not %d", d.UID, n, panels)
		}
		if bytes.Contains(content, []byte(`"unit": ""`)) || bytes.Contains(content, []byte(`"plugin": null`)) {
			t.Errorf("%s has a unit or a view that Perses does not know", d.UID)
		}
	}
}
