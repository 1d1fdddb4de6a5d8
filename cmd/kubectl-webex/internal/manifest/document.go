// Package manifest checks manifests without a cluster: what the API server would
// refuse, what the operator would not understand, and what does not fit together.
package manifest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	yamlnode "go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"
)

// File is a file to check.
type File struct {
	// Name is what findings call it.
	Name string
	// Content is YAML or JSON, with any number of documents.
	Content []byte
}

type object struct {
	file    string
	content map[string]any
	// node is the same with lines, which are counted from line.
	node *yamlnode.Node
	line int
}

func (o *object) text(path ...string) string {
	var at any = o.content
	for _, step := range path {
		m, ok := at.(map[string]any)
		if !ok {
			return ""
		}
		at = m[step]
	}
	text, _ := at.(string)
	return text
}

// split cuts a file into documents, with the lines that they begin at.
func split(content []byte) (documents [][]byte, lines []int) {
	var current bytes.Buffer
	begin, line := 1, 0
	flush := func() {
		if len(bytes.TrimSpace(current.Bytes())) > 0 {
			documents, lines = append(documents, bytes.Clone(current.Bytes())), append(lines, begin)
		}
		current.Reset()
	}
	scanner := bufio.NewReader(bytes.NewReader(content))
	for {
		text, err := scanner.ReadBytes('\n')
		line++
		if separates(text) {
			flush()
			begin = line + 1
		} else {
			current.Write(text)
		}
		if errors.Is(err, io.EOF) {
			break
		}
	}
	flush()
	return documents, lines
}

// separates says whether a line ends a document.
func separates(line []byte) bool {
	rest, found := bytes.CutPrefix(line, []byte("---"))
	return found && (len(bytes.TrimSpace(rest)) == 0 || bytes.HasPrefix(bytes.TrimSpace(rest), []byte("#")))
}

// parse reads the objects of a file. Lists give theirs.
func parse(file File) (objects []*object, findings []Finding) {
	documents, lines := split(file.Content)
	for i, document := range documents {
		o, finding := parseDocument(file.Name, document, lines[i])
		switch {
		case finding != nil:
			findings = append(findings, *finding)
		case o != nil:
			objects = append(objects, o.flatten()...)
		}
	}
	return objects, findings
}

func parseDocument(name string, document []byte, line int) (*object, *Finding) {
	o := &object{file: name, node: &yamlnode.Node{}, line: line}
	// As kubectl reads it, duplicate keys refused.
	data, err := yaml.YAMLToJSONStrict(document)
	if err == nil {
		err = json.Unmarshal(data, &o.content) // the one that keeps whole numbers whole
	}
	if err != nil {
		at, message := placeOf(err, line)
		return nil, &Finding{File: name, Line: at, Severity: Error, Message: "this is no YAML of an object: " + message}
	}
	if o.content == nil {
		return nil, nil
	}
	if err := yamlnode.Unmarshal(document, o.node); err != nil || len(o.node.Content) == 0 {
		return nil, &Finding{File: name, Line: line, Severity: Error, Message: fmt.Sprintf("this is no YAML of an object: %v", err)}
	}
	o.node = o.node.Content[0]
	return o, nil
}

var lineOf = regexp.MustCompile(`line (\d+): `)

// placeOf finds the line in the message of a YAML error.
func placeOf(err error, line int) (at int, message string) {
	text := strings.TrimPrefix(strings.ReplaceAll(err.Error(), "\n", " "), "error converting YAML to JSON: ")
	text = strings.TrimPrefix(text, "yaml: ")
	if match := lineOf.FindStringSubmatch(text); match != nil {
		if n, convErr := strconv.Atoi(match[1]); convErr == nil {
			line += n - 1
		}
		text = strings.Replace(text, match[0], "", 1)
	}
	return line, strings.TrimSpace(strings.TrimPrefix(text, "unmarshal errors:"))
}

// flatten is the object itself, or the items of a list.
func (o *object) flatten() []*object {
	items, ok := o.content["items"].([]any)
	if !ok || !strings.HasSuffix(o.text("kind"), "List") {
		return []*object{o}
	}
	var objects []*object
	nodes := child(o.node, "items")
	for i, item := range items {
		content, ok := item.(map[string]any)
		if !ok {
			continue
		}
		inner := &object{file: o.file, content: content, node: nodes, line: o.line}
		if nodes != nil && i < len(nodes.Content) {
			inner.node = nodes.Content[i]
		}
		objects = append(objects, inner)
	}
	return objects
}

// lineAt is the line of a field, or of the innermost object around it that is
// there. Paths are those of field errors: spec.at[0], metadata.labels[a.b/c].
func (o *object) lineAt(path string) int {
	node := o.node
	line := o.lineOfNode(node)
	for _, step := range steps(path) {
		next, at := childAt(node, step)
		if next == nil {
			break
		}
		node = next
		line = o.line + at - 1
	}
	return line
}

func (o *object) lineOfNode(node *yamlnode.Node) int {
	if node == nil {
		return o.line
	}
	return o.line + node.Line - 1
}

// step is a key or, in brackets, an index or a key.
var step = regexp.MustCompile(`[^.\[\]]+|\[[^\]]*\]`)

func steps(path string) []string {
	var out []string
	for _, s := range step.FindAllString(path, -1) {
		out = append(out, strings.Trim(s, "[]"))
	}
	return out
}

// childAt is a field or an item, and the line that it begins at: of a field the
// line of its key.
func childAt(node *yamlnode.Node, step string) (child *yamlnode.Node, line int) {
	if node == nil {
		return nil, 0
	}
	switch node.Kind { //nolint:exhaustive // nothing else has children
	case yamlnode.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == step {
				return node.Content[i+1], node.Content[i].Line
			}
		}
	case yamlnode.SequenceNode:
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(node.Content) {
			return node.Content[i], node.Content[i].Line
		}
	case yamlnode.AliasNode:
		return childAt(node.Alias, step)
	}
	return nil, 0
}

func child(node *yamlnode.Node, key string) *yamlnode.Node {
	c, _ := childAt(node, key)
	return c
}
