// Command reasons writes the page of conditions and reasons from the comments of their
// constants.
//
//	go run ./hack/reasons api/v1alpha1 docs/reasons.md
//
// A comment says what the reason is for, then "Found on" the kinds and conditions that have
// it, unless the comment of its group says that, then "Remedy:" if a person has to act. A
// page of docs is named by its file and becomes a link.
package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: reasons PACKAGE PAGE")
		os.Exit(2)
	}
	content, err := page(os.Args[1])
	if err == nil {
		err = os.WriteFile(os.Args[2], content, 0o644) //nolint:gosec // a page to read
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "reasons:", err)
		os.Exit(1)
	}
}

const head = "# Conditions and reasons\n\n" +
	"Generated from the comments of the constants in `api/v1alpha1` by `make generate`. [Troubleshooting](troubleshooting.md) begins\n" +
	"with symptoms, and has the [commands](troubleshooting.md#commands) for what to do.\n\n" +
	"| condition | |\n| --- | --- |\n"

const tableHead = "\n| reason | found on | is for | what to do |\n| --- | --- | --- | --- |\n"

// page is the page about the constants of a package.
func page(dir string) ([]byte, error) {
	groups, err := constants(dir)
	if err != nil {
		return nil, err
	}
	var conditions, reasons bytes.Buffer
	for _, group := range groups {
		title, foundOn, _ := split(group.Doc)
		titled := false
		for _, spec := range group.Specs {
			spec := spec.(*ast.ValueSpec)
			name := spec.Names[0].Name
			meaning, own, remedy := split(spec.Doc)
			meaning, documented := strings.CutPrefix(meaning, name+" ")
			if condition, ok := strings.CutPrefix(name, "Condition"); ok {
				fmt.Fprintf(&conditions, "| `%s` | %s |\n", condition, markdown(meaning))
			}
			reason, ok := strings.CutPrefix(name, "Reason")
			if !ok {
				continue
			}
			own = cmp.Or(own, foundOn)
			if !documented || own == "" {
				return nil, fmt.Errorf(`the comment of %s must begin with its name, and it or its group's say "Found on"`, name)
			}
			if !titled {
				fmt.Fprintf(&reasons, "\n## %s\n%s", strings.TrimSuffix(title, "."), tableHead)
				titled = true
			}
			fmt.Fprintf(&reasons, "| <a id=\"%s\"></a>`%s` | %s | %s | %s |\n", strings.ToLower(reason), reason,
				conditionName.ReplaceAllString(own, "`$0`"), markdown(meaning), markdown(cmp.Or(remedy, "–")))
		}
	}
	if conditions.Len() == 0 || reasons.Len() == 0 {
		return nil, errors.New("no constants of conditions or reasons")
	}
	return []byte(head + conditions.String() + reasons.String()), nil
}

// constants are the declarations of constants of a package.
func constants(dir string) ([]*ast.GenDecl, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	var groups []*ast.GenDecl
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, decl := range file.Decls {
			if group, ok := decl.(*ast.GenDecl); ok && group.Tok == token.CONST {
				groups = append(groups, group)
			}
		}
	}
	return groups, nil
}

// split takes a comment apart: what it says, where that is found, and what to do.
func split(doc *ast.CommentGroup) (meaning, foundOn, remedy string) {
	text := strings.Join(strings.Fields(doc.Text()), " ")
	text, remedy, _ = strings.Cut(text, " Remedy: ")
	text, foundOn, _ = strings.Cut(text, " Found on ")
	return text, strings.TrimSuffix(foundOn, "."), remedy
}

var (
	// Conditions begin with a capital letter, kinds do not.
	conditionName = regexp.MustCompile(`[A-Z]\w+`)
	pageName      = regexp.MustCompile(`([a-z][a-z-]*)\.md(#[a-z0-9-]+)?`)
	codeWord      = regexp.MustCompile(`<secret>\S*[a-z]|(?:spec|status|metadata)\.\w+(?:\.\w+)*|--[a-z][a-z-]+`)
)

// markdown marks links and code in a sentence, for a cell of a table.
func markdown(text string) string {
	text = strings.TrimPrefix(text, "is for ")
	text = codeWord.ReplaceAllString(text, "`$0`")
	text = pageName.ReplaceAllString(text, "[$1]($0)")
	return strings.ReplaceAll(text, "|", `\|`)
}
