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
	// Helm gives each chart the global values of the chart that it is part of.
	root["properties"].(map[string]any)["global"] = map[string]any{"type": "object"}
	for _, v := range values {
		parent := root
		for _, key := range v.path[:len(v.path)-1] {
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
		parent["properties"].(map[string]any)[v.path[len(v.path)-1]] = schema
	}
	content, err := json.MarshalIndent(root, "", "  ")
	return append(content, '\n'), err
}

func group() map[string]any {
	return map[string]any{"type": "object", "additionalProperties": false, "properties": map[string]any{}}
}

// jsonSchema takes the type from the default.
func (v value) jsonSchema() (map[string]any, error) {
	schema := map[string]any{"description": v.description, "default": v.fallback}
	switch v.fallback.(type) {
	case bool:
		schema["type"] = "boolean"
	case int:
		schema["type"] = "integer"
	case string:
		schema["type"] = "string"
	case []any:
		schema["type"] = "array"
	case map[string]any:
		schema["type"] = "object"
	default:
		return nil, fmt.Errorf("a default of type %T tells no JSON type", v.fallback)
	}
	maps.Copy(schema, v.schema)
	return schema, nil
}
