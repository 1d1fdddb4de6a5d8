package main

import (
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	scenarioHeading = regexp.MustCompile(`(?m)^### (.+)$`)
	judgedRow       = regexp.MustCompile(`(?m)^\| ([^|]+/[^|]+) \| [^|]+ \| [^|]+ \| ([^|]+) \| [^|]+ \|$`)
	pictureLink     = regexp.MustCompile(`(?m)^!\[([^\]]+)\]\(images/([a-z-]+\.svg)\)$`)
)

// drift is what a page shows otherwise than limits and pictures are.
func drift(page string, limits Limits, pictures []string) []string {
	var found []string
	_, part, _ := strings.Cut(page, beginMarker)
	part, _, ok := strings.Cut(part, endMarker)
	if !ok {
		return []string{"the markers are missing"}
	}
	headings := scenarioHeading.FindAllStringSubmatchIndex(part, -1)
	for i, at := range headings {
		end := len(part)
		if i+1 < len(headings) {
			end = headings[i+1][0]
		}
		name, shown := part[at[2]:at[3]], map[string]string{}
		for _, row := range judgedRow.FindAllStringSubmatch(part[at[1]:end], -1) {
			shown[row[1]] = row[2]
		}
		want := map[string]string{}
		for figure, limit := range limits[name] {
			want[figure] = limit.cell()
		}
		for _, figure := range slices.Sorted(maps.Keys(shown)) {
			if shown[figure] != want[figure] {
				found = append(found, name+", "+figure+" is shown with the limit "+shown[figure]+", and limits.yaml has "+want[figure])
			}
		}
		for _, figure := range slices.Sorted(maps.Keys(want)) {
			if shown[figure] == "" {
				found = append(found, name+", "+figure+" has a limit and is not shown")
			}
		}
	}
	var linked []string
	for _, link := range pictureLink.FindAllStringSubmatch(part, -1) {
		linked = append(linked, link[2])
	}
	slices.Sort(linked)
	if !slices.Equal(linked, pictures) {
		found = append(found, "the pictures are "+strings.Join(pictures, " ")+", and shown are "+strings.Join(linked, " "))
	}
	return found
}

// What the documentation shows is judged by the limits that are in force.
func TestPageShowsTheLimits(t *testing.T) {
	t.Parallel()
	limits, _, _ := committed(t)
	page, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(reportPath)))
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(filepath.Join("..", "..", filepath.FromSlash(imagesPath)))
	if err != nil {
		t.Fatal(err)
	}
	var pictures []string
	for _, entry := range entries {
		pictures = append(pictures, entry.Name())
	}
	for _, found := range drift(string(page), limits, pictures) {
		t.Errorf("%s; make bench-fleet RUNS=0 REPORT=1 writes %s again", found, reportPath)
	}
}

func TestReport(t *testing.T) {
	t.Parallel()
	repository := t.TempDir()
	path := filepath.Join(repository, filepath.FromSlash(reportPath))
	for _, directory := range []string{filepath.Dir(path), filepath.Join(repository, filepath.FromSlash(imagesPath))} {
		if err := os.MkdirAll(directory, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(path, []byte("# Before\n\n"+beginMarker+"old\n"+endMarker+"\n# After\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	machine := Machine{Cores: 2, Processor: "Abacus", MemoryGiB: 24, Kernel: "6.1.0", Go: "go1.26.0", Kubernetes: "v1.37.2"}
	r := results{t.TempDir()}
	for i := range 2 {
		run := Run{Machine: machine, Figures: []Figure{
			{"cold/rows", 50},
			{"cold/manager peak MiB", float64(100 + 30*i)},
			{"cold/row writes", 100},
			{"cold/writes", 130},
			{"cold/manager CPU ms per run", 1},
			{"cold/API server CPU ms per run", 20},
			{"cold/etcd CPU ms per run", 3},
		}}
		if err := r.append("rows-10000", run); err != nil {
			t.Fatal(err)
		}
	}
	all := []Scenario{{Name: "other"}, {Name: "rows-10000", Title: "some rows", Steps: []Step{{As: "cold"}}}}
	limits := Limits{"rows-10000": {
		"cold/rows": {Exactly: new(50.0)}, "cold/manager peak MiB": {Target: new(120.0)}, "cold/row writes": {Mean: new(90.0), Runs: 5}, "cold/writes": {Target: new(10.0)},
	}}
	var first string
	for range 2 { // what it wrote it finds again
		if err := report(repository, r, all, limits); err != nil {
			t.Fatal(err)
		}
		page, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if first != "" && first != string(page) {
			t.Errorf("was:\n%s\nbecame:\n%s", first, page)
		}
		first = string(page)
	}
	for _, want := range []string{
		"# Before\n\n<!--", "Measured on 2 cores (Abacus), 24 GiB of memory, Linux 6.1.0; Go 1.26.0, Kubernetes 1.37.2, etcd does not wait for the disk (`--unsafe-no-fsync`).\n",
		"### rows-10000\n\nSome rows; 2 runs.\n", "| cold/rows | 50 | the same | exactly 50, promised | yes |\n",
		"| cold/manager peak MiB | 115 | 100 to 130 | at most 120, promised | **in 1 of 2 runs** |\n",
		"| cold/row writes | 100 | the same | at most 108, which is 1.2 × 90 | yes |\n", "| cold/writes | 130 | the same | at most 10, promised | **no** |\n",
		"Figures that are not judged", "| cold/etcd CPU ms per run | 3 | the same |\n",
		"![Writes of a step of rows-10000 (rows + all else). cold: 100 + 30](images/writes.svg)\n", "\n# After\n",
	} {
		if !strings.Contains(first, want) {
			t.Errorf("the page lacks %q:\n%s", want, first)
		}
	}
	pictures := []string{"memory.svg", "processor.svg", "promised.svg", "writes.svg"}
	for _, picture := range pictures {
		wellFormed(t, filepath.Join(repository, filepath.FromSlash(imagesPath), picture))
	}
	if found := drift(first, limits, pictures); len(found) > 0 {
		t.Errorf("a page that was just written drifts: %q", found)
	}
	limits["rows-10000"]["cold/rows"], limits["rows-10000"]["cold/more"] = Limit{Exactly: new(51.0)}, Limit{Target: new(1.0)}
	delete(limits["rows-10000"], "cold/writes")
	if found := drift(first, limits, pictures[1:]); len(found) != 4 {
		t.Errorf("a changed limit, a new one, one that is gone and a picture that is gone: %q", found)
	}
	elsewhere := machine
	elsewhere.Cores = 64
	if err := r.append("other", Run{Machine: elsewhere, Figures: []Figure{{"a/b", 1}}}); err != nil {
		t.Fatal(err)
	}
	if err := report(repository, r, all, limits); err == nil || !strings.Contains(err.Error(), "was run on another machine") {
		t.Errorf("two machines in one report: %v", err)
	}
}

func wellFormed(t *testing.T, path string) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	decoder, texts := xml.NewDecoder(file), 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "text" {
			texts++
		}
	}
	if texts < 4 { // the title, a label, an axis
		t.Errorf("%s has %d texts", path, texts)
	}
}
