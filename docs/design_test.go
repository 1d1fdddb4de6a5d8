package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Each function that a reader's path names is one of its room.
func TestReadersPath(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("design.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n## A reader's path\n")
	section, _, _ = strings.Cut(section, "\n## ")
	named := regexp.MustCompile("(?m)^[0-9]+\\. `([a-z]+)\\.([^`]+)`").FindAllStringSubmatch(section, -1)
	if len(named) < 12 {
		t.Fatalf("the section names %d functions", len(named))
	}
	rooms := map[string]map[string]bool{}
	for _, name := range named {
		room, function := name[1], name[2]
		if rooms[room] == nil {
			rooms[room] = functionsOf(t, room)
		}
		if !rooms[room][function] {
			t.Errorf("docs/design.md names %s of %s, which has no such function", function, room)
		}
	}
}

// functionsOf are the names of a room's functions, and of its methods with their receivers.
func functionsOf(t *testing.T, room string) map[string]bool {
	t.Helper()
	dir := filepath.Join("..", "internal", room)
	if room == "controllers" {
		dir = filepath.Join("..", room)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("room %s has no files: %v", room, err)
	}
	functions := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range parsed.Decls {
			if f, ok := declaration.(*ast.FuncDecl); ok {
				functions[nameOf(f)] = true
			}
		}
	}
	return functions
}

// nameOf is a function's name as the page writes it: without type parameters.
func nameOf(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return f.Name.Name
	}
	receiver, _, _ := strings.Cut(types.ExprString(f.Recv.List[0].Type), "[")
	if strings.HasPrefix(receiver, "*") {
		receiver = "(" + receiver + ")"
	}
	return receiver + "." + f.Name.Name
}
