package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	// reportPath is the page that shows results, between two markers, and imagesPath has its pictures.
	reportPath = "test/perf/RESULTS.md"
	imagesPath = "test/perf/images"

	beginMarker = "<!-- What follows is written by make bench-fleet REPORT=1. -->\n"
	endMarker   = "<!-- What precedes was written by make bench-fleet REPORT=1. -->\n"
)

// result is what the latest runs of a scenario measured.
type result struct {
	scenario   Scenario
	runs       []Run
	limits     map[string]Limit
	statistics []statistic
}

// mean is that of a figure.
func (r result) mean(name string) (float64, bool) {
	for _, s := range r.statistics {
		if s.name == name {
			return s.mean, true
		}
	}
	return 0, false
}

// report writes the results of all scenarios that have some into the page.
func report(repository string, r results, all []Scenario, limits Limits) error {
	var shown []result
	for _, s := range all {
		if _, err := os.Stat(r.path(s.Name)); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		runs, err := r.latest(s.Name, 0)
		if err != nil {
			return err
		}
		shown = append(shown, result{s, runs, limits[s.Name], statistics(runs)})
	}
	text, err := section(shown)
	if err != nil {
		return err
	}
	path := filepath.Join(repository, reportPath)
	page, err := os.ReadFile(path) //nolint:gosec // ours
	if err != nil {
		return err
	}
	before, _, found := strings.Cut(string(page), beginMarker)
	_, after, foundEnd := strings.Cut(string(page), endMarker)
	if !found || !foundEnd {
		return fmt.Errorf("%s lacks the line %q or %q", reportPath, strings.TrimSpace(beginMarker), strings.TrimSpace(endMarker))
	}
	var pictures strings.Builder
	for _, p := range plots(shown) {
		svg, err := p.draw()
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(repository, imagesPath, p.name+".svg"), svg, 0o644); err != nil { //nolint:gosec // nothing secret
			return err
		}
		fmt.Fprintf(&pictures, "![%s](images/%s.svg)\n\n", p.text(), p.name)
	}
	page = []byte(before + beginMarker + "\n" + pictures.String() + text + endMarker + after)
	return os.WriteFile(path, page, 0o644) //nolint:gosec // nothing secret
}

// section is what the page says of results, all of one machine.
func section(shown []result) (string, error) {
	if len(shown) == 0 {
		return "", errors.New("there are no results; run scenarios first")
	}
	machine := shown[0].runs[0].Machine
	for _, r := range shown {
		m := r.runs[0].Machine
		if m.Kubernetes == "" || machine.Kubernetes == "" { // a scenario without a control plane
			m.Kubernetes, m.EtcdSyncs = machine.Kubernetes, machine.EtcdSyncs
		}
		if m != machine {
			return "", fmt.Errorf("scenario %s was run on another machine than %s: %s instead of %s; run both on one", r.scenario.Name, shown[0].scenario.Name, m, machine)
		}
		if r.runs[0].Machine.Kubernetes != "" {
			machine = r.runs[0].Machine
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Measured on %s\n", machine)
	for _, r := range shown {
		b.WriteString(r.tables())
	}
	return b.String(), nil
}

// tables are what is judged of a scenario and, folded, what is not.
func (r result) tables() string {
	var judged, others strings.Builder
	for _, s := range r.statistics {
		span := short(s.least) + " to " + short(s.most)
		if s.least == s.most {
			span = "the same"
		}
		limit, ok := r.limits[s.name]
		if !ok {
			fmt.Fprintf(&others, "| %s | %s | %s |\n", s.name, short(s.mean), span)
			continue
		}
		fmt.Fprintf(&judged, "| %s | %s | %s | %s | %s |\n", s.name, short(s.mean), span, limit.cell(), reached(limit, s.values))
	}
	runs := fmt.Sprintf("%d runs", len(r.runs))
	if len(r.runs) == 1 {
		runs = "1 run"
	}
	text := fmt.Sprintf("\n### %s\n\n%s; %s.\n", r.scenario.Name, upper(r.scenario.Title), runs)
	if judged.Len() > 0 {
		text += "\n| figure | mean | from, to | limit | kept |\n| --- | --- | --- | --- | --- |\n" + judged.String()
	}
	if others.Len() > 0 {
		text += "\n<details><summary>Figures that are not judged</summary>\n\n| figure | mean | from, to |\n| --- | --- | --- |\n" + others.String() + "\n</details>\n"
	}
	return text
}

// cell is the limit in a table, which says what of it is promised and what was once measured.
func (l Limit) cell() string {
	if l.Mean != nil {
		return fmt.Sprintf("%v, which is %v × %s", l, headroom, short(*l.Mean))
	}
	return l.String() + ", promised"
}

// reached is whether runs kept a limit.
func reached(limit Limit, values []float64) string {
	kept := 0
	for _, v := range values {
		if limit.met(v) {
			kept++
		}
	}
	switch kept {
	case len(values):
		return "yes"
	case 0:
		return "**no**"
	}
	return fmt.Sprintf("**in %d of %d runs**", kept, len(values))
}

// upper begins a text with a capital letter.
func upper(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
