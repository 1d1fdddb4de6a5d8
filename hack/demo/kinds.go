package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"reflect"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/webex-operator/webex-license-operator/config/crd"
)

// definitions are those of this version, with the defaults that an API server adds.
func definitions() ([]*apiextensionsv1.CustomResourceDefinition, error) {
	scheme, err := newScheme()
	if err != nil {
		return nil, err
	}
	files, err := fs.Glob(crd.Bases, "bases/*.yaml")
	if err != nil {
		return nil, err
	}
	var all []*apiextensionsv1.CustomResourceDefinition
	for _, name := range files {
		content, err := crd.Bases.ReadFile(name)
		if err != nil {
			return nil, err
		}
		definition := &apiextensionsv1.CustomResourceDefinition{}
		if err := yaml.UnmarshalStrict(content, definition); err != nil {
			return nil, fmt.Errorf("reading config/crd/%s: %w", name, err)
		}
		scheme.Default(definition)
		all = append(all, definition)
	}
	return all, nil
}

// missingKinds returns the definitions that a cluster lacks. One of another version is an
// error: it is not the demo's to change.
func missingKinds(ctx context.Context, c client.Client) ([]*apiextensionsv1.CustomResourceDefinition, error) {
	wanted, err := definitions()
	if err != nil {
		return nil, err
	}
	var missing []*apiextensionsv1.CustomResourceDefinition
	for _, want := range wanted {
		var got apiextensionsv1.CustomResourceDefinition
		err := c.Get(ctx, client.ObjectKeyFromObject(want), &got)
		switch {
		case apierrors.IsNotFound(err):
			missing = append(missing, want)
		case err != nil:
			return nil, fmt.Errorf("looking for CustomResourceDefinition %s: %w", want.Name, err)
		case got.DeletionTimestamp != nil:
			return nil, fmt.Errorf("CustomResourceDefinition %s is being deleted: try again when it is gone", want.Name)
		case !sameJSON(want.Spec, got.Spec):
			return nil, fmt.Errorf("CustomResourceDefinition %s of this cluster is not that of this version, and the demo changes nothing that is there: "+
				"use another cluster, check out the version that is installed there, or upgrade the definitions yourself (make install)", want.Name)
		}
	}
	return missing, nil
}

// sameJSON compares what is written, since defaults of fields are kept as they came.
func sameJSON(a, b any) bool {
	var plain [2]any
	for i, value := range []any{a, b} {
		content, err := json.Marshal(value)
		if err != nil {
			panic(err) // they were read from JSON
		}
		if err := json.Unmarshal(content, &plain[i]); err != nil {
			panic(err)
		}
	}
	return reflect.DeepEqual(plain[0], plain[1])
}
