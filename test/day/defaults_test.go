package day

import (
	"encoding/json"
	"os"
	"path/filepath"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

// schemas are those of the custom resource definitions, by kind.
var schemas = func() map[string]*structuralschema.Structural {
	files, err := filepath.Glob(filepath.Join("..", "..", "config", "crd", "bases", "*.yaml"))
	if err != nil {
		panic(err)
	}
	found := map[string]*structuralschema.Structural{}
	for _, file := range files {
		data, err := os.ReadFile(filepath.Clean(file))
		if err != nil {
			panic(err)
		}
		var definition apiextensionsv1.CustomResourceDefinition
		if err := yaml.Unmarshal(data, &definition); err != nil {
			panic(err)
		}
		var schema apiextensions.JSONSchemaProps
		if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(definition.Spec.Versions[0].Schema.OpenAPIV3Schema, &schema, nil); err != nil {
			panic(err)
		}
		if found[definition.Spec.Names.Kind], err = structuralschema.NewStructural(&schema); err != nil {
			panic(err)
		}
	}
	return found
}()

// withDefaults fills in what the definition of an object's kind says.
func withDefaults(object client.Object) client.Object {
	schema := schemas[kindOf(object)]
	if schema == nil {
		return object
	}
	data, err := json.Marshal(object)
	if err == nil {
		var m map[string]any
		if err = json.Unmarshal(data, &m); err == nil {
			defaulting.Default(m, schema)
			data, err = json.Marshal(m)
		}
	}
	if err == nil {
		err = json.Unmarshal(data, object)
	}
	if err != nil {
		panic(err) // our own types always have a JSON form
	}
	return object
}
