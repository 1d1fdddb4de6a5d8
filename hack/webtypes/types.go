package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// width is that of prettier-config in @headlamp-k8s/eslint-config.
const width = 100

// condition is the one type that all kinds share.
const condition = "Condition"

// writer writes one interface after another: a nested object follows the one that it is in.
type writer struct {
	out *bytes.Buffer
	// conditions says that Condition is written.
	conditions bool
}

// nested is an object inside another, which becomes an interface of its own.
type nested struct {
	name   string
	schema apiextensionsv1.JSONSchemaProps
}

// object writes the interface of an object, and then those of the objects in it.
func (w *writer) object(name string, schema apiextensionsv1.JSONSchemaProps) error {
	var below []nested
	fmt.Fprint(w.out, "\n", comment("", schema.Description), "export interface ", name, " {\n")
	for _, field := range slices.Sorted(maps.Keys(schema.Properties)) {
		property := schema.Properties[field]
		typ, inside, err := w.typeOf(name+strings.ToUpper(field[:1])+field[1:], property)
		if err != nil {
			return fmt.Errorf("%s.%s: %w", name, field, err)
		}
		below = append(below, inside...)
		optional := "?"
		if slices.Contains(schema.Required, field) {
			optional = ""
		}
		fmt.Fprint(w.out, comment("  ", property.Description), fits("  "+field+optional+":", typ), "\n")
	}
	fmt.Fprintln(w.out, "}")
	for _, n := range below {
		if err := w.object(n.name, n.schema); err != nil {
			return err
		}
	}
	return nil
}

// typeOf is the type of a value, with the objects that it is made of.
func (w *writer) typeOf(name string, schema apiextensionsv1.JSONSchemaProps) (string, []nested, error) {
	switch {
	case len(schema.Enum) > 0:
		typ, err := union(schema.Enum)
		return typ, nil, err
	case schema.Type == "string" || schema.Type == "boolean":
		return schema.Type, nil, nil
	case schema.Type == "integer" || schema.Type == "number":
		return "number", nil, nil
	case schema.Type == "array" && schema.Items != nil && schema.Items.Schema != nil:
		typ, below, err := w.typeOf(name, *schema.Items.Schema)
		if strings.Contains(typ, " | ") {
			typ = "(" + typ + ")"
		}
		return typ + "[]", below, err
	case schema.Type == "object" && schema.AdditionalProperties != nil && schema.AdditionalProperties.Schema != nil:
		typ, below, err := w.typeOf(name, *schema.AdditionalProperties.Schema)
		return "Record<string, " + typ + ">", below, err
	case schema.Type == "object" && isCondition(schema):
		if w.conditions {
			return condition, nil, nil
		}
		w.conditions = true
		return condition, []nested{{condition, schema}}, nil
	case schema.Type == "object" && len(schema.Properties) > 0:
		return name, []nested{{name, schema}}, nil
	}
	return "", nil, fmt.Errorf("a schema of type %q is nothing that the types know", schema.Type)
}

// isCondition tells by its fields whether an object is a condition of Kubernetes.
func isCondition(schema apiextensionsv1.JSONSchemaProps) bool {
	return slices.Equal(slices.Sorted(maps.Keys(schema.Properties)),
		[]string{"lastTransitionTime", "message", "observedGeneration", "reason", "status", "type"})
}

func union(values []apiextensionsv1.JSON) (string, error) {
	var literals []string
	for _, value := range values {
		var text string
		if err := json.Unmarshal(value.Raw, &text); err != nil {
			return "", fmt.Errorf("value %s of the enum: %w", value.Raw, err)
		}
		literals = append(literals, quote(text))
	}
	return strings.Join(literals, " | "), nil
}

// fits is a field on one line, or, where that is too long, its union on a line for each value.
func fits(field, typ string) string {
	line := field + " " + typ + ";"
	if len(line) <= width {
		return line
	}
	if list, ok := strings.CutSuffix(typ, ")[]"); ok {
		return field + " (\n    | " + strings.ReplaceAll(list[1:], " | ", "\n    | ") + "\n  )[];"
	}
	return field + "\n    | " + strings.ReplaceAll(typ, " | ", "\n    | ") + ";"
}

var escapes = strings.NewReplacer(`\`, `\\`, `'`, `\'`)

func quote(text string) string { return "'" + escapes.Replace(text) + "'" }

// comment is a description as a comment, its lines filled again.
func comment(indent, description string) string {
	text := strings.ReplaceAll(strings.Join(strings.Fields(description), " "), "*/", "* /")
	if text == "" {
		return ""
	}
	if line := indent + "/** " + text + " */"; len(line) <= width {
		return line + "\n"
	}
	out, line := indent+"/**\n", indent+" *"
	for word := range strings.SplitSeq(text, " ") {
		if len(line)+1+len(word) > width {
			out, line = out+line+"\n", indent+" *"
		}
		line += " " + word
	}
	return out + line + "\n" + indent + " */\n"
}
