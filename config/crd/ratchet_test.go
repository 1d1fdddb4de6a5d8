package crd

import (
	"context"
	"errors"
	"testing"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/test/crdcompat"
)

// tightened are rules on single values, of each sort, that the object below breaks.
var tightened = map[string]func(spec map[string]schema){
	".spec.customerName":   on("customerName", func(s *schema) { s.MaxLength = new(int64(4)) }),
	".spec.hierarchyPath":  on("hierarchyPath", func(s *schema) { s.Pattern = "^x" }),
	".spec.deletionPolicy": on("deletionPolicy", func(s *schema) { s.Enum = s.Enum[:1] }),
	".spec.defaultSubscription": on("defaultSubscription", func(s *schema) {
		s.XValidations = apiextensionsv1.ValidationRules{{Rule: "self.startsWith('Sub-')"}}
	}),
	".spec.thresholds.warningPercent": on("thresholds", func(s *schema) {
		on("warningPercent", func(s *schema) { s.Minimum = new(60.0) })(s.Properties)
	}),
	".spec.connection.noProxy": on("connection", func(s *schema) {
		on("noProxy", func(s *schema) { s.MaxItems = new(int64(1)) })(s.Properties)
	}),
	".spec.collection.levels[]": on("collection", func(s *schema) {
		on("levels", func(s *schema) { s.Items.Schema.Enum = s.Items.Schema.Enum[:1] })(s.Properties)
	}),
}

func on(name string, change func(s *schema)) func(map[string]schema) {
	return func(properties map[string]schema) {
		s := properties[name]
		change(&s)
		properties[name] = s
	}
}

// testRatcheting tightens a copy of a definition. Of the breaks that are said to ratchet, the
// API server lets stored objects be: they can be updated elsewhere. Of the others it does not.
func testRatcheting(t *testing.T, admin client.Client) {
	must(t, apiextensionsv1.AddToScheme(admin.Scheme()))
	was := definitions(t, "bases")["WebexCustomerAccess"]
	was.Name = "ratchets." + was.Spec.Group
	was.Spec.Names = apiextensionsv1.CustomResourceDefinitionNames{Plural: "ratchets", Singular: "ratchet", Kind: "Ratchet", ListKind: "RatchetList"}
	must(t, admin.Create(t.Context(), was.DeepCopy()))
	object := ratchet("old", map[string]any{
		"credentialsSecretRef": map[string]any{"name": "x"}, "customerName": "Acme Corporation", "hierarchyPath": "a.b", "deletionPolicy": "Retain",
		"defaultSubscription": "other", "thresholds": map[string]any{"warningPercent": int64(50)},
		"connection": map[string]any{"proxyURL": "http://p.example.com", "noProxy": []any{"a", "b"}}, "collection": map[string]any{"levels": []any{"Customer", "Site"}},
	})
	until(t, "the definition is served", func(ctx context.Context) bool { return admin.Create(ctx, object.DeepCopy()) == nil })

	is := was.DeepCopy()
	properties := is.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"].Properties
	for _, tighten := range tightened {
		tighten(properties)
	}
	found := crdcompat.Compare(was, is)
	if len(found) != len(tightened) {
		t.Errorf("%d breaks of %d are found: %v", len(found), len(tightened), found)
	}
	for _, b := range found {
		if tightened[b.Path] == nil || !b.Ratchets {
			t.Errorf("%v: ratchets is %v", b, b.Ratchets)
		}
	}
	replace(t, admin, is)
	refused := func(ctx context.Context, causes int) bool {
		another := object.DeepCopy()
		another.SetName("new")
		err := admin.Create(ctx, another, client.DryRunAll)
		return apierrors.IsInvalid(err) && len(causesOf(err)) >= causes
	}
	until(t, "new objects are refused", func(ctx context.Context) bool { return refused(ctx, len(tightened)) })
	set := func(value any, path ...string) error {
		stored := ratchet("old", nil)
		must(t, admin.Get(t.Context(), client.ObjectKeyFromObject(stored), stored))
		must(t, unstructured.SetNestedField(stored.Object, value, append([]string{"spec"}, path...)...))
		return admin.Update(t.Context(), stored)
	}
	must(t, set(true, "suspend"))
	must(t, set(int64(99), "thresholds", "criticalPercent"))
	must(t, set(int64(100), "connection", "requestsPerMinute"))
	if err := set("Acme Holding", "customerName"); !apierrors.IsInvalid(err) {
		t.Errorf("another value that breaks the rule: %v", err)
	}
	must(t, set("Acme", "customerName"))

	// A rule about an object, or a field that it must have, holds for every change within it.
	next := is.DeepCopy()
	on("spec", func(s *schema) { s.Required = append(s.Required, "staleAfter") })(next.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties)
	for _, b := range crdcompat.Compare(is, next) {
		if b.Ratchets {
			t.Errorf("%v does not ratchet", b)
		}
	}
	replace(t, admin, next)
	suspend := true
	until(t, "a change elsewhere is refused", func(context.Context) bool {
		suspend = !suspend // until the API server knows the definition, each is a change, and taken
		return apierrors.IsInvalid(set(suspend, "suspend"))
	})
}

func causesOf(err error) []string {
	var fields []string
	if status, ok := errors.AsType[*apierrors.StatusError](err); ok && status.ErrStatus.Details != nil {
		for _, cause := range status.ErrStatus.Details.Causes {
			fields = append(fields, cause.Field)
		}
	}
	return fields
}

func ratchet(name string, spec map[string]any) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: manifest("Ratchet", name, map[string]any{"spec": spec})}
}

func replace(t *testing.T, admin client.Client, definition *apiextensionsv1.CustomResourceDefinition) {
	t.Helper()
	stored := &apiextensionsv1.CustomResourceDefinition{}
	must(t, admin.Get(t.Context(), client.ObjectKeyFromObject(definition), stored))
	stored.Spec = definition.Spec
	must(t, admin.Update(t.Context(), stored))
}

// until waits for the API server to notice a definition, which it does in the background.
func until(t *testing.T, what string, reached func(ctx context.Context) bool) {
	t.Helper()
	err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) { return reached(ctx), nil })
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}
