package main

import (
	"encoding/json"
	"fmt"
	"maps"
)

// schemaOf is a JSON schema of the values. It knows no value but these, so that a misspelt
// one is an error.
func schemaOf(values []value) ([]byte, error) {
	root := group()
	root["$schema"] = "http://json-schema.org/draft-07/schema#"
	// Helm gives each chart the global values of the chart that it is part of, whose condition
	// for this one may be a value among those for this one.
	root["properties"] = map[string]any{
		"global": map[string]any{"type": orNull("object")}, "enabled": map[string]any{"type": orNull("boolean")},
	}
	for _, v := range values {
		parent := root
		for _, key := range v.groups() {
			properties := parent["properties"].(map[string]any)
			if properties[key] == nil {
				properties[key] = group()
			}
			parent = properties[key].(map[string]any)
		}
		schema, err := v.jsonSchema()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", v.name(), err)
		}
		parent["properties"].(map[string]any)[v.key()] = schema
	}
	content, err := json.MarshalIndent(root, "", "  ")
	return append(content, '\n'), err
}

func group() map[string]any {
	return map[string]any{"type": orNull("object"), "additionalProperties": false, "properties": map[string]any{}}
}

// orNull lets a value be null, which Helm hands on from a chart to those that it depends on.
func orNull(types ...any) []any { return append(types, "null") }

// jsonSchema takes the type from the default.
func (v value) jsonSchema() (map[string]any, error) {
	schema := map[string]any{"description": v.description, "default": v.fallback}
	maps.Copy(schema, v.schema)
	switch types := v.schema["type"].(type) {
	case []any:
		schema["type"] = orNull(types...)
	default:
		name, err := jsonType(v.fallback)
		if err != nil {
			return nil, err
		}
		schema["type"] = orNull(name)
	}
	if allowed, ok := v.schema["enum"].([]any); ok {
		schema["enum"] = append(allowed, nil)
	}
	return schema, nil
}

func jsonType(fallback any) (string, error) {
	switch fallback.(type) {
	case bool:
		return "boolean", nil
	case int:
		return "integer", nil
	case string:
		return "string", nil
	case []any:
		return "array", nil
	case map[string]any:
		return "object", nil
	default:
		return "", fmt.Errorf("a default of type %T tells no JSON type", fallback)
	}
}
