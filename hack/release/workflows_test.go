package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// workflow is what is held against rules; actionlint looks after the rest.
type workflow struct {
	Permissions *map[string]string
	Jobs        map[string]struct {
		Permissions map[string]string
		Timeout     int `json:"timeout-minutes"`
		Uses        string
		Steps       []struct {
			Uses, Run string
			With      map[string]any
		}
	}
}

var (
	pinned = regexp.MustCompile(`^[a-z][\w.-]*/[\w./-]+@[0-9a-f]{40}$`)
	// The line as it is written, with the version that Dependabot keeps beside the commit.
	used       = regexp.MustCompile(`(?m)^[ -]*uses: (\S+)(.*)$`)
	makeTarget = regexp.MustCompile(`\bmake ([a-z][a-z-]*)`)
	script     = regexp.MustCompile(`(?:^|\s)((?:hack|\.ci)/[\w./-]+)`)
)

// Workflows run only what is pinned, with no right that they do not name, and nothing that
// another person wrote becomes part of a script.
func TestWorkflows(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob(filepath.Join("..", "..", ".github", "workflows", "*.yml"))
	if err != nil || len(paths) < 4 {
		t.Fatalf("%d workflows, %v", len(paths), err)
	}
	makefile, err := os.ReadFile(filepath.Join("..", "..", "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	commits := map[string]string{}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, fault := range faultsOf(t, content, string(makefile), commits) {
			t.Errorf("%s: %s", filepath.Base(path), fault)
		}
	}
}

func faultsOf(t *testing.T, content []byte, makefile string, commits map[string]string) (faults []string) {
	t.Helper()
	var w workflow
	if err := yaml.Unmarshal(content, &w); err != nil {
		t.Fatal(err)
	}
	if w.Permissions == nil || len(*w.Permissions) > 0 {
		faults = append(faults, "want permissions: {} at the top")
	}
	for _, line := range used.FindAllStringSubmatch(string(content), -1) {
		action, comment := line[1], strings.TrimSpace(line[2])
		if strings.HasPrefix(action, "./") {
			continue
		}
		if !pinned.MatchString(action) || !strings.HasPrefix(comment, "# v") {
			faults = append(faults, action+" is not pinned to a commit, with its version in a comment")
			continue
		}
		name, commit, _ := strings.Cut(action, "@")
		if other := commits[name]; other != "" && other != commit {
			faults = append(faults, name+" is pinned to two commits")
		}
		commits[name] = commit
	}
	for name, job := range w.Jobs {
		if len(job.Permissions) == 0 {
			faults = append(faults, "job "+name+" names no permissions")
		}
		if job.Uses == "" && job.Timeout == 0 {
			faults = append(faults, "job "+name+" has no timeout-minutes")
		}
		for _, step := range job.Steps {
			if strings.HasPrefix(step.Uses, "actions/checkout@") && step.With["persist-credentials"] != false {
				faults = append(faults, "job "+name+" leaves credentials in the checkout")
			}
			faults = append(faults, faultsOfScript(step.Run, makefile)...)
		}
	}
	return faults
}

func faultsOfScript(run, makefile string) (faults []string) {
	if strings.Contains(run, "${{") {
		faults = append(faults, "an expression becomes part of a script; hand it over by env: "+run)
	}
	for _, match := range makeTarget.FindAllStringSubmatch(run, -1) {
		if !strings.Contains(makefile, "\n"+match[1]+":") {
			faults = append(faults, "no make target "+match[1])
		}
	}
	for _, match := range script.FindAllStringSubmatch(run, -1) {
		if info, err := os.Stat(filepath.Join("..", "..", match[1])); err != nil || info.Mode()&0o111 == 0 {
			faults = append(faults, "no program "+match[1])
		}
	}
	return faults
}

// The image is built from bases that are named by digest, and from files that exist.
func TestDockerfile(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(filepath.Join("..", "..", "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	bases, copied := 0, 0
	for line := range strings.Lines(string(content)) {
		words := strings.Fields(line)
		switch {
		case len(words) > 1 && words[0] == "FROM":
			bases++
			if !regexp.MustCompile(`@sha256:[0-9a-f]{64}( |$)`).MatchString(strings.TrimSpace(line)) {
				t.Errorf("a base without a digest: %s", line)
			}
		case len(words) > 2 && words[0] == "COPY" && !strings.HasPrefix(words[1], "--"):
			for _, source := range words[1 : len(words)-1] {
				copied++
				if _, err := os.Stat(filepath.Join("..", "..", source)); err != nil {
					t.Error(err)
				}
			}
		}
	}
	// The zone data of the image are those of a package, of no version before the rules of 2026, and where the manager
	// looks for them.
	text := string(content)
	install := strings.Index(text, "install -y --no-install-recommends tzdata")
	least := regexp.MustCompile(`expr "\$\{version\}" '>=' 2026[f-z]`).FindStringIndex(text)
	put := strings.Index(text, "\nCOPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo\n")
	if install < 0 || least == nil || least[0] < install || put < strings.LastIndex(text, "\nFROM ") || strings.Contains(text, "ZONEINFO=") {
		t.Error("the image has no current time zone data where the manager looks for it")
	}
	if bases != 2 || copied < 5 {
		t.Errorf("%d bases and %d files", bases, copied)
	}
}

// The rules find what they should.
func TestWorkflowFaults(t *testing.T) {
	t.Parallel()
	good := `permissions: {}
jobs:
  a:
    timeout-minutes: 1
    permissions: {contents: read}
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with: {persist-credentials: false}
      - run: make there && hack/release/notes.sh
`
	for _, change := range [][2]string{
		{"", ""},
		{"permissions: {}", "permissions: {contents: read}"},
		{"permissions: {}", "name: a"},
		{"timeout-minutes: 1", "name: a"},
		{"    permissions: {contents: read}", "    name: a"},
		{" # v7.0.1", ""},
		{"3d3c42e5aac5ba805825da76410c181273ba90b1", "v7"},
		{"persist-credentials: false", "path: a"},
		{"make there", "make elsewhere"},
		{"notes.sh", "nothing.sh"},
		{"make there", "echo ${{ github.ref_name }}"},
	} {
		faults := faultsOf(t, []byte(strings.Replace(good, change[0], change[1], 1)), "\nthere:", map[string]string{})
		if want := change[0] != ""; (len(faults) == 1) != want || (len(faults) > 0) != want {
			t.Errorf("%q for %q: %q", change[1], change[0], faults)
		}
	}
	if faults := faultsOf(t, []byte(good), "\nthere:", map[string]string{"actions/checkout": "another"}); len(faults) != 1 {
		t.Errorf("two commits of an action: %q", faults)
	}
}
