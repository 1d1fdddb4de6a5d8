package main

import "encoding/json"

// defaultsOf is what values are that are set to null: a group and a single value are as in
// values.yaml, a list and an object are empty, since by null a user takes their default away.
func defaultsOf(values []value) ([]byte, error) {
	root := map[string]any{}
	for _, v := range values {
		parent := root
		for _, key := range v.groups() {
			if parent[key] == nil {
				parent[key] = map[string]any{}
			}
			parent = parent[key].(map[string]any)
		}
		switch v.fallback.(type) {
		case []any:
			parent[v.key()] = []any{}
		case map[string]any:
			parent[v.key()] = map[string]any{}
		default:
			parent[v.key()] = v.fallback
		}
	}
	content, err := json.MarshalIndent(root, "", "  ")
	return append(content, '\n'), err
}
