package manifest

import (
	"context"
	"fmt"
	"io/fs"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	metavalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"

	"github.com/webex-operator/webex-license-operator/config/crd"
)

// kind checks objects of one kind as the API server does, with its own code.
type kind struct {
	structural *schema.Structural
	validator  validation.SchemaCreateValidator
	rules      *cel.Validator
}

func loadKinds() (map[string]*kind, error) {
	files, err := fs.Glob(crd.Bases, "bases/*.yaml")
	if err != nil {
		return nil, err
	}
	kinds := map[string]*kind{}
	for _, name := range files {
		data, err := crd.Bases.ReadFile(name)
		if err != nil {
			return nil, err
		}
		k, of, err := newKind(data)
		if err != nil {
			return nil, fmt.Errorf("reading the embedded %s: %w", name, err)
		}
		kinds[of] = k
	}
	return kinds, nil
}

func newKind(definition []byte) (*kind, string, error) {
	var v1 apiextensionsv1.CustomResourceDefinition
	if err := yaml.UnmarshalStrict(definition, &v1); err != nil {
		return nil, "", err
	}
	if len(v1.Spec.Versions) != 1 {
		return nil, "", fmt.Errorf("%d versions, want one", len(v1.Spec.Versions))
	}
	var internal apiextensions.JSONSchemaProps
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(v1.Spec.Versions[0].Schema.OpenAPIV3Schema, &internal, nil); err != nil {
		return nil, "", err
	}
	structural, err := schema.NewStructural(&internal)
	if err != nil {
		return nil, "", err
	}
	validator, _, err := validation.NewSchemaValidator(&internal)
	if err != nil {
		return nil, "", err
	}
	return &kind{structural: structural, validator: validator, rules: cel.NewValidator(structural, true, celconfig.PerCallLimit)}, v1.Spec.Names.Kind, nil
}

// check returns what the API server would refuse in an object that a person
// creates with strict validation, as kubectl does. The object gets its defaults.
func (k *kind) check(ctx context.Context, object map[string]any) field.ErrorList {
	var errs field.ErrorList
	delete(object, "status") // the server drops it, too
	defer nameGenerated(object)()
	for _, path := range pruning.PruneWithOptions(object, k.structural, true, schema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true}) {
		errs = append(errs, &field.Error{Type: field.ErrorTypeForbidden, Field: path, Detail: "there is no such field"})
	}
	defaulting.Default(object, k.structural)
	defaulting.PruneNonNullableNullsWithoutDefaults(object, k.structural) // the server drops them without a word
	errs = append(errs, checkMetadata(object)...)
	errs = append(errs, validation.ValidateCustomResource(nil, object, k.validator)...)
	errs = append(errs, listtype.ValidateListSetsAndMaps(nil, k.structural, object)...)
	if !blocking(errs) {
		rules, _ := k.rules.Validate(ctx, nil, k.structural, object, nil, celconfig.RuntimeCELCostBudget)
		errs = append(errs, rules...)
	}
	return errs
}

// nameGenerated gives an object with generateName a name, as the server does
// before it checks, and returns what takes it away again.
func nameGenerated(object map[string]any) func() {
	meta, ok := object["metadata"].(map[string]any)
	if !ok {
		return func() {}
	}
	prefix, _ := meta["generateName"].(string)
	if name, _ := meta["name"].(string); name != "" || prefix == "" {
		return func() {}
	}
	meta["name"] = prefix + "xxxxx"
	return func() { delete(meta, "name") }
}

// blocking says whether rules cannot be asked: they expect values of the right
// type and size, and the server does not ask them either.
func blocking(errs field.ErrorList) bool {
	for _, err := range errs {
		switch err.Type { //nolint:exhaustive // the others do not block
		case field.ErrorTypeRequired, field.ErrorTypeTooLong, field.ErrorTypeTooMany, field.ErrorTypeTypeInvalid, field.ErrorTypeNotSupported:
			return true
		}
	}
	return false
}

// checkMetadata checks name, labels and annotations. A namespace may be left to
// the command line.
func checkMetadata(object map[string]any) field.ErrorList {
	path := field.NewPath("metadata")
	content, ok := object["metadata"].(map[string]any)
	if !ok {
		return field.ErrorList{field.Required(path.Child("name"), "name or generateName is required")}
	}
	var meta metav1.ObjectMeta
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(content, &meta, true); err != nil {
		return field.ErrorList{&field.Error{Type: field.ErrorTypeInvalid, Field: "metadata", Detail: err.Error()}}
	}
	if meta.Namespace == "" {
		meta.Namespace = metav1.NamespaceDefault
	}
	return metavalidation.ValidateObjectMeta(&meta, true, metavalidation.NameIsDNSSubdomain, path)
}
