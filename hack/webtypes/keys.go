package main

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
)

// constant is a text constant of a package, its value still an expression.
type constant struct {
	name, doc string
	value     ast.Expr
}

// keys are the annotations and labels, by the names of their constants.
func keys(dir string) (string, error) {
	all, err := read(dir)
	if err != nil {
		return "", err
	}
	values := map[string]ast.Expr{}
	for _, c := range all {
		values[c.name] = c.value
	}
	var out bytes.Buffer
	for _, group := range []struct{ prefix, name, doc string }{
		{"Annotation", "annotations", "Annotations that ask the operator for something."},
		{"Label", "labels", "Labels that the operator puts on objects, or reads from them."},
	} {
		fmt.Fprintf(&out, "\n/** %s */\nexport const %s = {\n", group.doc, group.name)
		found := false
		for _, c := range all {
			name, ok := strings.CutPrefix(c.name, group.prefix)
			if !ok {
				continue
			}
			value, err := text(values, c.value)
			if err != nil {
				return "", fmt.Errorf("%s: %w", c.name, err)
			}
			found = true
			meaning, _ := strings.CutPrefix(c.doc, c.name+" ")
			fmt.Fprintf(&out, "%s  %s: %s,\n", comment("  ", meaning), strings.ToLower(name[:1])+name[1:], quote(value))
		}
		if !found {
			return "", fmt.Errorf("no constant of %s begins with %s", dir, group.prefix)
		}
		out.WriteString("} as const;\n")
	}
	return out.String(), nil
}

// read finds the constants of a package, in the order of its files.
func read(dir string) ([]constant, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	var all []constant
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, decl := range file.Decls {
			group, ok := decl.(*ast.GenDecl)
			if !ok || group.Tok != token.CONST {
				continue
			}
			for _, spec := range group.Specs {
				if spec := spec.(*ast.ValueSpec); len(spec.Values) == 1 {
					all = append(all, constant{spec.Names[0].Name, cmp.Or(spec.Doc, group.Doc).Text(), spec.Values[0]})
				}
			}
		}
	}
	return all, nil
}

// text is the value of an expression of texts, constants and plus signs.
func text(values map[string]ast.Expr, e ast.Expr) (string, error) {
	switch e := e.(type) {
	case *ast.BasicLit:
		return strconv.Unquote(e.Value)
	case *ast.Ident:
		if value, ok := values[e.Name]; ok {
			return text(values, value)
		}
	case *ast.BinaryExpr:
		left, err := text(values, e.X)
		if err != nil || e.Op != token.ADD {
			break
		}
		right, err := text(values, e.Y)
		return left + right, err
	}
	return "", fmt.Errorf("the value is no sum of texts and constants")
}
