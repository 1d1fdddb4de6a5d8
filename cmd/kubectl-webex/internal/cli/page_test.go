package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const docs = "../../../../docs"

var page = filepath.Join(docs, "kubectl-webex.md")

// example is a block of a page with the golden file that it shows.
var example = regexp.MustCompile("(?s)<!-- ([a-z-]+)\\.golden -->\n```console\n(.*?)```\n")

// What pages show is what the commands print: each console block names the
// golden file that it is a copy of. -update copies anew; run it twice if the golden
// files change, too.
func TestPagesShowRealOutput(t *testing.T) {
	for _, path := range []string{page, filepath.Join(docs, "assigning.md")} {
		t.Run(filepath.Base(path), func(t *testing.T) { showsRealOutput(t, path) })
	}
}

func showsRealOutput(t *testing.T, page string) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	updated := example.ReplaceAllStringFunc(string(text), func(block string) string {
		match := example.FindStringSubmatch(block)
		golden, err := os.ReadFile(filepath.Join("testdata", match[1]+".golden"))
		if err != nil {
			t.Error(err)
			return block
		}
		shown[match[1]] = true
		if string(golden) != match[2] && !*update {
			t.Errorf("the example %s is not what the command prints: go test -update copies it anew", match[1])
		}
		return "<!-- " + match[1] + ".golden -->\n```console\n" + string(golden) + "```\n"
	})
	if blocks := strings.Count(string(text), "```console\n"); blocks != len(shown) || blocks == 0 {
		t.Errorf("%d of %d console blocks name a golden file of their own", len(shown), blocks)
	}
	if *update && updated != string(text) {
		if err := os.WriteFile(page, []byte(updated), 0o644); err != nil { //nolint:gosec // a page of the documentation
			t.Fatal(err)
		}
	}
}

// The page has a section for each command, and none for another.
func TestPageHasAllCommands(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]bool{}
	for _, head := range regexp.MustCompile("(?m)^## `.*$").FindAllString(string(text), -1) {
		for _, name := range regexp.MustCompile("`([^`]*)`").FindAllStringSubmatch(head, -1) {
			sections[name[1]] = true
		}
	}
	for _, command := range (&app{}).root().Commands() {
		if name := command.Name(); !sections[name] {
			t.Errorf("no section `%s`", name)
		} else {
			delete(sections, name)
		}
	}
	for name := range sections {
		t.Errorf("a section for %q, which is no command", name)
	}
}
