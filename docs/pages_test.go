package docs

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The page of a kind says what a user does with it. What a field means says kubectl explain
// and the API reference, what a reason means the table of reasons: the page leads to both,
// with examples, and repeats neither.
func TestPagesOfKinds(t *testing.T) {
	t.Parallel()
	for _, page := range []string{"webexcustomeraccess.md", "licensesync.md", "schedules.md", "webexlicense.md", "assigning.md"} {
		content := read(t, page)
		for _, want := range []string{"](api-reference.md#", "](reasons.md", "kubectl explain"} {
			if !strings.Contains(content, want) {
				t.Errorf("%s has no %s", page, want)
			}
		}
		if links := strings.Count(content, "](reasons.md#"); links > 12 {
			t.Errorf("%s has %d links to single reasons: it repeats the table", page, links)
		}
	}
}

// The index leads to every page.
func TestEveryPageIsInTheIndex(t *testing.T) {
	t.Parallel()
	index := read(t, "README.md")
	pages, err := filepath.Glob("*.md")
	if err != nil || len(pages) < 20 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	for _, page := range pages {
		if page != "README.md" && !strings.Contains(index, "]("+page+")") {
			t.Errorf("docs/README.md does not lead to %s", page)
		}
	}
}

// Each page of the web view, which is a folder, has a row on its page under the name that it has in the sidebar.
func TestPagesOfTheWebView(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("..", "headlamp", "src", "pages", "*", "index.ts*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d pages, %v", len(files), err)
	}
	view := read(t, "web-view.md")
	label := regexp.MustCompile(`\blabel: '([^']+)'`)
	for _, file := range files {
		found := label.FindStringSubmatch(read(t, file))
		if found == nil {
			t.Errorf("%s has no label", file)
		} else if !strings.Contains(view, "\n| "+found[1]+" | ") {
			t.Errorf("docs/web-view.md has no row of %s", found[1])
		}
	}
}
