package docs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// Every relative link of the pages at the top, of the chart's, of those beside tests and of
// those in docs leads to a file, and every anchor to a heading.
func TestLinks(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob(filepath.Join("..", "*.md"))
	if err != nil || len(pages) < 4 {
		t.Fatalf("%d pages at the top: %v", len(pages), err)
	}
	beside, err := filepath.Glob(filepath.Join("..", "test", "*", "*.md"))
	if err != nil || len(beside) < 2 {
		t.Fatalf("%d pages beside tests: %v", len(beside), err)
	}
	pages = append(pages, beside...)
	pages = append(pages, filepath.Join("..", "charts", "webex-license-operator", "README.md"), filepath.Join("..", "headlamp", "README.md"))
	err = filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && filepath.Ext(path) == ".md" {
			pages = append(pages, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, page := range pages {
		for _, link := range linksOf(read(t, page)) {
			checked++
			if err := checkLink(page, link); err != nil {
				t.Errorf("%s: link %s: %v", page, link, err)
			}
		}
	}
	if checked < 100 {
		t.Errorf("found %d links in %d pages: the test looks for the wrong thing", checked, len(pages))
	}
}

var (
	fence      = regexp.MustCompile("(?ms)^ *```.*?^ *```")
	inlineCode = regexp.MustCompile("`[^`\n]*`")
	// A target ends with the parenthesis; a title may follow it.
	inlineLink = regexp.MustCompile(`\]\(([^()\s]+)(?:\s+"[^"]*")?\)`)
	reference  = regexp.MustCompile(`(?m)^\[[^\]]+\]:\s+(\S+)`)
	heading    = regexp.MustCompile(`(?m)^#{1,6} +(.+?) *#*$`)
	linkText   = regexp.MustCompile(`!?\[([^\]]*)\]\([^)]*\)`)
	explicitID = regexp.MustCompile(`<a (?:id|name)="([^"]+)"`)
)

// linksOf are the relative targets of a page's links.
func linksOf(page string) []string {
	page = inlineCode.ReplaceAllString(fence.ReplaceAllString(page, ""), "`")
	var targets []string
	for _, pattern := range []*regexp.Regexp{inlineLink, reference} {
		for _, match := range pattern.FindAllStringSubmatch(page, -1) {
			if target := match[1]; !strings.Contains(target, "://") && !strings.HasPrefix(target, "mailto:") {
				targets = append(targets, target)
			}
		}
	}
	return targets
}

func checkLink(page, link string) error {
	path, anchor, _ := strings.Cut(link, "#")
	if filepath.IsAbs(path) {
		return errors.New("it is absolute")
	}
	target := page
	if path != "" {
		target = filepath.Join(filepath.Dir(page), filepath.FromSlash(path))
		info, err := os.Stat(target)
		if err != nil {
			return err
		}
		if info.IsDir() || filepath.Ext(target) != ".md" {
			return nil
		}
	}
	if anchor == "" {
		return nil
	}
	content, err := os.ReadFile(target)
	if err != nil {
		return err
	}
	if !anchorsOf(string(content))[anchor] {
		return fmt.Errorf("no heading of %s has that anchor", target)
	}
	return nil
}

// anchorsOf are the anchors of a page's headings, as GitHub makes them.
func anchorsOf(page string) map[string]bool {
	anchors := map[string]bool{}
	page = fence.ReplaceAllString(page, "")
	for _, match := range explicitID.FindAllStringSubmatch(page, -1) {
		anchors[match[1]] = true
	}
	for _, match := range heading.FindAllStringSubmatch(page, -1) {
		slug := slugOf(match[1])
		for n, free := 1, slug; ; n++ {
			if !anchors[free] {
				anchors[free] = true
				break
			}
			free = fmt.Sprintf("%s-%d", slug, n)
		}
	}
	return anchors
}

func slugOf(title string) string {
	title = linkText.ReplaceAllString(title, "$1")
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-', r == '_', unicode.IsLetter(r), unicode.IsNumber(r):
			return unicode.ToLower(r)
		}
		return -1
	}, title)
}

// What the link check is made of finds what it should.
func TestLinkCheckFindsFaults(t *testing.T) {
	t.Parallel()
	page := filepath.Join(t.TempDir(), "page.md")
	content := "# A `Title`: of things\n\n## Twice\n\n## Twice\n\n```sh\n# no heading\n[no](link)\n```\n\n`[no](link)` [yes](page.md#twice-1) ![picture](picture.png \"title\")\n\n[ref]: other.md\n"
	if err := os.WriteFile(page, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if links := linksOf(content); strings.Join(links, " ") != "page.md#twice-1 picture.png other.md" {
		t.Errorf("links: %q", links)
	}
	for link, good := range map[string]bool{
		"#a-title-of-things": true, "page.md": true, "page.md#twice": true, "page.md#twice-1": true, ".": true,
		"#twice-2": false, "#no-heading": false, "other.md": false, "other.md#twice": false, "/etc/hosts": false,
	} {
		if err := checkLink(page, link); (err == nil) != good {
			t.Errorf("%s: %v", link, err)
		}
	}
}

// What code, manifests, the chart and dashboards name of docs exists: a page, and its heading.
func TestPagesThatAreNamedExist(t *testing.T) {
	t.Parallel()
	named := regexp.MustCompile(`\bdocs/((?:[\w-]+/)?[\w-]+\.md)(?:#([a-z0-9-]+))?`)
	found := 0
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := entry.Name(); entry.IsDir() && path != ".." {
			if name == "bin" || name == "dist" || name == "node_modules" || name == "testdata" || strings.HasPrefix(name, ".") {
				return fs.SkipDir
			}
			return nil
		}
		if !slices.Contains([]string{".go", ".yaml", ".json", ".ts", ".tsx", ".txt", ".tpl", ""}, filepath.Ext(path)) || !entry.Type().IsRegular() {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, match := range named.FindAllStringSubmatch(string(content), -1) {
			found++
			link := match[1]
			if match[2] != "" {
				link += "#" + match[2]
			}
			if err := checkLink("page", link); err != nil {
				t.Errorf("%s names docs/%s: %v", path, link, err)
			}
		}
		return nil
	})
	if err != nil || found < 40 {
		t.Errorf("found %d names of pages, %v", found, err)
	}
}
