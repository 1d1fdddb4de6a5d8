package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Each reason of the code has exactly one heading in troubleshooting.md and one line in its
// index, and each heading is a reason of the code.
func TestEveryReasonIsExplained(t *testing.T) {
	t.Parallel()
	reasons := reasonsOfCode(t)
	if len(reasons) < 40 {
		t.Fatalf("found %d reasons in the code: the test looks in the wrong place", len(reasons))
	}
	page := read(t, "troubleshooting.md")
	sections := map[string]string{}
	for _, section := range strings.Split(page, "\n### ")[1:] {
		title, body, _ := strings.Cut(section, "\n")
		body, _, _ = strings.Cut(body, "\n## ")
		reason := strings.Trim(title, "`")
		if _, twice := sections[reason]; twice {
			t.Errorf("%s has two headings", reason)
		}
		sections[reason] = body
		if !slices.Contains(reasons, reason) {
			t.Errorf("heading %q is no reason of api/v1alpha1", title)
		}
		for _, part := range []string{"\n* **Meaning:** ", "\n* **The operator:** ", "\n* **You:** "} {
			if strings.Count(body, part) != 1 {
				t.Errorf("%s: want one paragraph %q", reason, strings.TrimSpace(part))
			}
		}
	}
	index := indexOf(t, page)
	for _, reason := range reasons {
		if _, ok := sections[reason]; !ok {
			t.Errorf("troubleshooting.md has no heading ### `%s`", reason)
		}
		if n := index[reason]; n != 1 {
			t.Errorf("the index has %d lines for %s, want one", n, reason)
		}
		delete(index, reason)
	}
	if len(index) > 0 {
		t.Errorf("the index has lines for what is no reason: %v", slices.Sorted(maps.Keys(index)))
	}
}

// Each condition of the code is in the table of conditions and the other way round, and what
// the index and the page of events say of conditions and reasons exists.
func TestEveryConditionIsExplained(t *testing.T) {
	t.Parallel()
	var conditions []string
	for name, value := range stringConstants(t, filepath.Join("..", "api", "v1alpha1")) {
		if strings.HasPrefix(name, "Condition") {
			conditions = append(conditions, value)
		}
	}
	slices.Sort(conditions)
	page := read(t, "troubleshooting.md")
	_, table, found := strings.Cut(page, "\n| condition | of | says |\n")
	if !found {
		t.Fatal("troubleshooting.md has no table of conditions")
	}
	table, _, _ = strings.Cut(table, "\n\n")
	var listed []string
	for line := range strings.Lines(table) {
		listed = append(listed, words(strings.Split(line, "|")[1])...)
	}
	slices.Sort(listed)
	if !slices.Equal(listed, conditions) {
		t.Errorf("the table of conditions has %v, the code %v", listed, conditions)
	}
	for line := range strings.SplitSeq(page, "\n") {
		if indexLine.MatchString(line) {
			expectAmong(t, line, words(strings.Split(line, "|")[2]), conditions, []string{"status.assignableReason"})
		}
	}
	events, reasons := read(t, "events.md"), reasonsOfCode(t)
	for line := range strings.Lines(events) {
		cells := strings.Split(line, "|")
		switch {
		case len(cells) != 5 || !strings.Contains(cells[2], "`"):
		case strings.Contains(cells[2], "that of"):
			expectAmong(t, line, words(cells[2]), conditions)
		default:
			expectAmong(t, line, words(cells[2]), reasons)
		}
	}
	for _, section := range strings.Split(page, "\n### ")[1:] {
		reason := strings.Trim(section[:strings.IndexByte(section, '\n')], "`")
		if strings.Contains(section, "**Meaning:** an event, no condition") && !strings.Contains(events, "`"+reason+"`") {
			t.Errorf("events.md has no event %s", reason)
		}
	}
}

// words are what a cell of a table writes as code.
func words(cell string) []string {
	var all []string
	for _, word := range inlineCode.FindAllString(cell, -1) {
		all = append(all, strings.Trim(word, "`"))
	}
	return all
}

func expectAmong(t *testing.T, line string, found []string, known ...[]string) {
	t.Helper()
	for _, word := range found {
		if !slices.Contains(slices.Concat(known...), word) {
			t.Errorf("%q is nothing that the code knows: %s", word, line)
		}
	}
}

var indexLine = regexp.MustCompile(`(?m)^\| \[([A-Za-z]+)\]\(#[a-z]+\) \|`)

// indexOf counts the lines of the index by reason.
func indexOf(t *testing.T, page string) map[string]int {
	t.Helper()
	_, index, found := strings.Cut(page, "\n## Index\n")
	if !found {
		t.Fatal("troubleshooting.md has no heading ## Index")
	}
	index, _, _ = strings.Cut(index, "\n## ")
	lines := map[string]int{}
	for _, line := range indexLine.FindAllStringSubmatch(index, -1) {
		lines[line[1]]++
	}
	return lines
}

// reasonsOfCode are the values of all constants Reason… of the API package, sorted.
func reasonsOfCode(t *testing.T) []string {
	t.Helper()
	values := stringConstants(t, filepath.Join("..", "api", "v1alpha1"))
	var reasons []string
	for name, value := range values {
		if strings.HasPrefix(name, "Reason") {
			reasons = append(reasons, value)
		}
	}
	slices.Sort(reasons)
	if len(slices.Compact(slices.Clone(reasons))) != len(reasons) {
		t.Error("two constants have the same reason")
	}
	return reasons
}

// stringConstants are the string constants of a package, by name.
func stringConstants(t *testing.T, dir string) map[string]string {
	t.Helper()
	expressions := map[string]ast.Expr{}
	for _, file := range parseDir(t, dir) {
		for _, decl := range file.Decls {
			constants, ok := decl.(*ast.GenDecl)
			if !ok || constants.Tok != token.CONST {
				continue
			}
			for _, spec := range constants.Specs {
				spec := spec.(*ast.ValueSpec)
				for i, name := range spec.Names {
					if i < len(spec.Values) {
						expressions[name.Name] = spec.Values[i]
					}
				}
			}
		}
	}
	values := map[string]string{}
	for name, expression := range expressions {
		value, ok := stringValue(expression, expressions)
		if ok {
			values[name] = value
		} else if strings.HasPrefix(name, "Reason") {
			t.Errorf("cannot tell the value of %s", name)
		}
	}
	return values
}

// stringValue is the value of a literal, of another constant, or of a conversion of one.
func stringValue(expression ast.Expr, constants map[string]ast.Expr) (string, bool) {
	switch e := expression.(type) {
	case *ast.BasicLit:
		value, err := strconv.Unquote(e.Value)
		return value, err == nil && e.Kind == token.STRING
	case *ast.Ident:
		named, ok := constants[e.Name]
		if !ok {
			return "", false
		}
		return stringValue(named, constants)
	case *ast.CallExpr:
		if len(e.Args) != 1 {
			return "", false
		}
		return stringValue(e.Args[0], constants)
	}
	return "", false
}

// parseDir parses the files of a package, tests left out.
func parseDir(t *testing.T, dir string) []*ast.File {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no Go files in %s: %v", dir, err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
