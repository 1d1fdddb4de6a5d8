package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The value of a reason is the end of its constant's name, by which hack/reasons calls it, and
// the headings of troubleshooting.md about reasons are about such.
func TestReasonsAreNamedLikeTheirConstants(t *testing.T) {
	t.Parallel()
	reasons := reasonsOfCode(t)
	if len(reasons) < 40 {
		t.Fatalf("found %d reasons in the code: the test looks in the wrong place", len(reasons))
	}
	for name, value := range stringConstants(t, filepath.Join("..", "api", "v1alpha1")) {
		for _, prefix := range []string{"Reason", "Condition"} {
			if end, ok := strings.CutPrefix(name, prefix); ok && end != value {
				t.Errorf("%s has the value %q", name, value)
			}
		}
	}
	for _, title := range regexp.MustCompile("(?m)^### `([A-Za-z]+)`$").FindAllStringSubmatch(read(t, "troubleshooting.md"), -1) {
		if !slices.Contains(reasons, title[1]) {
			t.Errorf("troubleshooting.md has a heading for %s, which is no reason", title[1])
		}
	}
}

// What the tables of reasons and events say of conditions and reasons exists.
func TestTablesNameWhatExists(t *testing.T) {
	t.Parallel()
	var conditions []string
	for name, value := range stringConstants(t, filepath.Join("..", "api", "v1alpha1")) {
		if strings.HasPrefix(name, "Condition") {
			conditions = append(conditions, value)
		}
	}
	reasons := reasonsOfCode(t)
	rows := reasonRow.FindAllStringSubmatch(read(t, "reasons.md"), -1)
	if len(rows) != len(reasons) {
		t.Errorf("reasons.md has %d rows for %d reasons", len(rows), len(reasons))
	}
	events := read(t, "events.md")
	for _, row := range rows {
		expectAmong(t, row[0], words(row[2]), conditions)
		if strings.HasPrefix(row[2], "event of") && !strings.Contains(events, "`"+row[1]+"`") {
			t.Errorf("events.md has no event %s", row[1])
		}
	}
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
}

// reasonRow is a row of reasons.md: the reason, and where it is found.
var reasonRow = regexp.MustCompile("(?m)^\\| <a id=\"[a-z]+\"></a>`([A-Za-z]+)` \\| ([^|]+) \\|")

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
