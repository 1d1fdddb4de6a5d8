package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// value is one that a user of the chart may set.
type value struct {
	path        []string
	section     string
	description string
	fallback    any // what values.yaml has
	schema      map[string]any
}

func (v value) name() string { return strings.Join(v.path, ".") }

// key is the last part of the name, groups are the others.
func (v value) key() string      { return v.path[len(v.path)-1] }
func (v value) groups() []string { return v.path[:len(v.path)-1] }

// parse reads values.yaml, in its order.
func parse(content []byte) ([]value, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(content, &document); err != nil {
		return nil, err
	}
	if len(document.Content) != 1 || document.Content[0].Kind != yaml.MappingNode {
		return nil, errors.New("not a mapping")
	}
	p := parser{lines: strings.Split(string(content), "\n")}
	if err := p.mapping(document.Content[0], nil); err != nil {
		return nil, err
	}
	return p.values, nil
}

type parser struct {
	lines  []string
	values []value
}

func (p *parser) mapping(node *yaml.Node, path []string) error {
	for i := 0; i < len(node.Content); i += 2 {
		key, content := node.Content[i], node.Content[i+1]
		v := value{path: append(slices.Clip(path), key.Value), section: p.section(key.Line)}
		if err := p.describe(&v, key.Line); err != nil {
			return fmt.Errorf("line %d: %s: %w", key.Line, v.name(), err)
		}
		switch {
		case v.description != "":
			if err := content.Decode(&v.fallback); err != nil {
				return err
			}
			p.values = append(p.values, v)
		case content.Kind == yaml.MappingNode && len(content.Content) > 0:
			if err := p.mapping(content, v.path); err != nil {
				return err
			}
		default:
			return fmt.Errorf("line %d: %s has no comment that describes it", key.Line, v.name())
		}
	}
	return nil
}

const schemaMark, sectionMark = "@schema ", "##@ "

// describe reads the comment above a line.
func (p *parser) describe(v *value, line int) error {
	first := line - 1 // the lines are numbered from 1
	for first > 0 && strings.HasPrefix(strings.TrimSpace(p.lines[first-1]), "#") {
		first--
	}
	var words []string
	for _, comment := range p.lines[first : line-1] {
		comment = strings.TrimSpace(comment)
		if strings.HasPrefix(comment, sectionMark) {
			return errors.New("a blank line has to follow the heading above it")
		}
		comment = strings.TrimSpace(strings.TrimPrefix(comment, "#"))
		if schema, ok := strings.CutPrefix(comment, schemaMark); ok {
			if err := yaml.Unmarshal([]byte(schema), &v.schema); err != nil {
				return fmt.Errorf("%s: %w", schemaMark, err)
			}
			continue
		}
		words = append(words, comment)
	}
	v.description = strings.TrimSpace(strings.Join(words, " "))
	return nil
}

// section is the last heading above a line.
func (p *parser) section(line int) string {
	for i := line - 1; i >= 0; i-- {
		if heading, ok := strings.CutPrefix(p.lines[i], sectionMark); ok {
			return heading
		}
	}
	return ""
}

// tables are Markdown, a table for each section.
func tables(values []value) []byte {
	var out bytes.Buffer
	section := ""
	for i, v := range values {
		if i == 0 || v.section != section {
			section = v.section
			fmt.Fprintf(&out, "\n### %s\n\n| value | default | description |\n| --- | --- | --- |\n", section)
		}
		fmt.Fprintf(&out, "| `%s` | `%s` | %s |\n", v.name(), compact(v.fallback), strings.ReplaceAll(v.description, "|", `\|`))
	}
	out.WriteByte('\n')
	return out.Bytes()
}

// compact is a value in one line of JSON, which is YAML too.
func compact(v any) string {
	content, err := json.Marshal(v)
	if err != nil {
		panic(err) // YAML with keys that are no strings
	}
	return string(content)
}
