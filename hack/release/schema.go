package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"github.com/webex-operator/webex-license-operator/config/crd"
)

// schemaFiles are the JSON Schemas of all kinds, under the names that kubeconform and
// editors look for: <group>/<kind>_<version>.json, in lower case.
func schemaFiles() ([]file, error) {
	names, err := fs.Glob(crd.Bases, "bases/*.yaml") // sorted
	if err != nil {
		return nil, err
	}
	var files []file
	for _, name := range names {
		content, err := crd.Bases.ReadFile(name)
		if err != nil {
			return nil, err
		}
		var definition apiextensionsv1.CustomResourceDefinition
		if err := yaml.UnmarshalStrict(content, &definition); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for _, version := range definition.Spec.Versions {
			schema, err := jsonSchema(definition.Spec, version)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			path := fmt.Sprintf("%s/%s_%s.json", definition.Spec.Group, strings.ToLower(definition.Spec.Names.Kind), version.Name)
			files = append(files, file{name: path, content: schema})
		}
	}
	return files, nil
}

// jsonSchema makes a JSON Schema of a version's schema. The API server drops fields that it
// does not know; here they are mistakes.
func jsonSchema(spec apiextensionsv1.CustomResourceDefinitionSpec, version apiextensionsv1.CustomResourceDefinitionVersion) ([]byte, error) {
	content, err := json.Marshal(version.Schema.OpenAPIV3Schema)
	if err != nil {
		return nil, err
	}
	var schema map[string]any
	if err := json.Unmarshal(content, &schema); err != nil {
		return nil, err
	}
	strict(schema)
	schema["$schema"] = "http://json-schema.org/draft-07/schema#"
	schema["$id"] = fmt.Sprintf("%s/%s_%s.json", spec.Group, strings.ToLower(spec.Names.Kind), version.Name)
	schema["required"] = []any{"apiVersion", "kind", "metadata", "spec"}
	properties, _ := schema["properties"].(map[string]any)
	for name, value := range map[string]string{"apiVersion": spec.Group + "/" + version.Name, "kind": spec.Names.Kind} {
		property, _ := properties[name].(map[string]any)
		if property == nil {
			return nil, fmt.Errorf("the schema has no %s", name)
		}
		property["const"] = value
	}
	// A field of all kinds; the API server knows its schema.
	properties["metadata"] = map[string]any{"type": "object"}
	out, err := json.MarshalIndent(schema, "", "  ") // keys are sorted
	return append(out, '\n'), err
}

// strict allows only the declared fields, and leaves out what is Kubernetes' own.
func strict(node any) {
	switch n := node.(type) {
	case map[string]any:
		if properties, ok := n["properties"].(map[string]any); ok && n["additionalProperties"] == nil {
			n["additionalProperties"] = false
			for _, property := range properties {
				strict(property)
			}
		}
		for _, key := range []string{"items", "additionalProperties"} {
			strict(n[key])
		}
		for key := range n {
			if strings.HasPrefix(key, "x-kubernetes-") {
				delete(n, key)
			}
		}
	case []any:
		for _, item := range n {
			strict(item)
		}
	}
}
