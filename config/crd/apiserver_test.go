package crd

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	ac "github.com/webex-operator/webex-license-operator/api/v1alpha1/applyconfiguration/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/controlplane"
)

// forms are a kind's Go type and its apply configuration.
var forms = map[string]struct {
	object func() client.Object
	apply  func() runtime.ApplyConfiguration
}{
	"WebexCustomerAccess": {func() client.Object { return &v1alpha1.WebexCustomerAccess{} }, func() runtime.ApplyConfiguration { return &ac.WebexCustomerAccessApplyConfiguration{} }},
	"LicenseSync":         {func() client.Object { return &v1alpha1.LicenseSync{} }, func() runtime.ApplyConfiguration { return &ac.LicenseSyncApplyConfiguration{} }},
	"LicenseSyncSchedule": {func() client.Object { return &v1alpha1.LicenseSyncSchedule{} }, func() runtime.ApplyConfiguration { return &ac.LicenseSyncScheduleApplyConfiguration{} }},
	"WebexLicense":        {func() client.Object { return &v1alpha1.WebexLicense{} }, func() runtime.ApplyConfiguration { return &ac.WebexLicenseApplyConfiguration{} }},
	"WebexLicenseAssignment": {
		func() client.Object { return &v1alpha1.WebexLicenseAssignment{} }, func() runtime.ApplyConfiguration { return &ac.WebexLicenseAssignmentApplyConfiguration{} },
	},
	"WebexPartner": {func() client.Object { return &v1alpha1.WebexPartner{} }, func() runtime.ApplyConfiguration { return &ac.WebexPartnerApplyConfiguration{} }},
}

// What the CRDs promise is kept by a real API server.
func TestAPIServer(t *testing.T) {
	t.Parallel()
	cluster, err := controlplane.Start(t.Context(), controlplane.Options{CRDPaths: []string{"bases"}, Log: t.Logf})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	admin, err := client.New(cluster.Config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	t.Run("keeps every field", func(t *testing.T) { testRoundTrips(t, admin) })
	t.Run("adds the documented defaults", func(t *testing.T) { testDefaults(t, admin) })
	t.Run("admits nothing that cannot be read", func(t *testing.T) { testReadable(t, cluster.Config, admin) })
	t.Run("holds the rules of assignments", func(t *testing.T) { testAssignmentRules(t, admin) })
	t.Run("holds the rules of partners", func(t *testing.T) { testPartnerRules(t, admin) })
	t.Run("ratchets", func(t *testing.T) { testRatcheting(t, admin) })
	t.Run("bears with stored cron lines", func(t *testing.T) { testStoredCron(t, admin) })
}

// testRoundTrips sends random objects through JSON, YAML, the Go types, the apply
// configurations and the API server: each keeps everything.
func testRoundTrips(t *testing.T, admin client.Client) {
	const seed, objects = 20260301, 15
	for kind, definition := range definitions(t, "bases") {
		root := definition.Spec.Versions[0].Schema.OpenAPIV3Schema
		g := generator{Rand: rand.New(rand.NewPCG(seed, uint64(len(kind))))} //nolint:gosec // it must repeat itself
		for i := range objects {
			name := fmt.Sprintf("random-%d", i)
			t.Run(kind+" "+name, func(t *testing.T) {
				spec, status := root.Properties["spec"], root.Properties["status"]
				written := manifest(kind, name, map[string]any{"spec": g.value(".spec", &spec), "status": g.value(".status", &status)})
				object, configuration := forms[kind].object(), forms[kind].apply()
				for _, form := range []any{object, configuration} {
					asYAML, err := yaml.Marshal(written)
					must(t, err)
					must(t, yaml.UnmarshalStrict(asYAML, form))
					same(t, fmt.Sprintf("through YAML and %T", form), parts(written), parts(generic(t, form)))
				}
				must(t, admin.Create(t.Context(), object.DeepCopyObject().(client.Object)))
				must(t, admin.Status().Apply(t.Context(), configurationOf(t, kind, written, "status"), client.FieldOwner("test"), client.ForceOwnership))
				stored := fetch(t, admin, kind, name)
				want := withDefaults(generic(t, written), root)
				same(t, "through create", parts(want), parts(stored))

				// What is applied over a copy that says the same changes nothing, and takes the place
				// of one that does not exist.
				applied := configurationOf(t, kind, written, "spec")
				must(t, admin.Apply(t.Context(), applied, client.FieldOwner("test"), client.ForceOwnership))
				same(t, "through apply", parts(want), parts(fetch(t, admin, kind, name)))
				must(t, admin.Delete(t.Context(), object))
				must(t, admin.Apply(t.Context(), configurationOf(t, kind, written, "spec"), client.FieldOwner("test"), client.ForceOwnership))
				same(t, "through apply anew", parts(want)["spec"], parts(fetch(t, admin, kind, name))["spec"])
			})
		}
	}
}

// testDefaults creates the smallest object of each kind. What the API server adds is what the
// schema says, and so what the descriptions say, which TestEveryFieldIsDescribed compares.
func testDefaults(t *testing.T, admin client.Client) {
	acme := map[string]any{"name": "acme"}
	unseen := map[string]any{"observedGeneration": int64(-1)}
	for kind, test := range map[string]struct{ spec, added, status map[string]any }{
		"WebexCustomerAccess": {spec: map[string]any{"credentialsSecretRef": acme}, added: map[string]any{"deletionPolicy": "Delete"}, status: unseen},
		"LicenseSync":         {spec: map[string]any{"customerAccessRef": acme}, added: map[string]any{"trigger": "Manual"}, status: unseen},
		"LicenseSyncSchedule": {
			spec:   map[string]any{"customerAccessRef": acme, "schedule": "@daily"},
			added:  map[string]any{"timeZone": "Etc/UTC", "concurrencyPolicy": "Forbid", "successfulRunsHistoryLimit": int64(3), "failedRunsHistoryLimit": int64(1)},
			status: unseen,
		},
		"WebexLicense": {spec: map[string]any{"customerAccessRef": acme, "licenseID": "x", "level": "Customer"}},
		"WebexLicenseAssignment": {
			spec:   map[string]any{"customerAccessRef": acme, "license": map[string]any{"offerCode": "EE"}, "subjects": map[string]any{"emailsFrom": []any{map[string]any{"name": "people", "kind": "Secret", "key": "emails"}}}},
			added:  map[string]any{"mode": "Report", "unlisted": "Keep"},
			status: unseen,
		},
		"WebexPartner": {
			spec:   map[string]any{"credentialsSecretRef": acme},
			added:  map[string]any{"mode": "Report", "maxNewPerPass": int64(20), "deletionPolicy": "Retain"},
			status: unseen,
		},
	} {
		t.Run(kind, func(t *testing.T) {
			object := &unstructured.Unstructured{Object: manifest(kind, "smallest", map[string]any{"spec": test.spec})}
			must(t, admin.Create(t.Context(), object))
			want := maps.Clone(test.spec)
			maps.Copy(want, test.added)
			stored := parts(fetch(t, admin, kind, "smallest"))
			same(t, "spec", any(want), stored["spec"])
			if test.status != nil {
				same(t, "status", any(test.status), stored["status"])
			}
		})
	}
	t.Run("within a field", func(t *testing.T) {
		spec := map[string]any{"credentialsSecretRef": acme, "connection": map[string]any{"caBundleRef": map[string]any{"name": "ca"}}}
		must(t, admin.Create(t.Context(), &unstructured.Unstructured{Object: manifest("WebexCustomerAccess", "nested", map[string]any{"spec": spec})}))
		stored := fetch(t, admin, "WebexCustomerAccess", "nested")
		got, _, err := unstructured.NestedMap(stored, "spec", "connection", "caBundleRef")
		must(t, err)
		same(t, "caBundleRef", map[string]any{"name": "ca", "kind": "ConfigMap", "key": "ca.crt"}, got)
		spec = map[string]any{"customerAccessRef": acme, "license": map[string]any{"offerCode": "EE"}, "subjects": map[string]any{"emailsFrom": []any{map[string]any{"name": "people"}}}}
		must(t, admin.Create(t.Context(), &unstructured.Unstructured{Object: manifest("WebexLicenseAssignment", "nested", map[string]any{"spec": spec})}))
		sources, _, err := unstructured.NestedSlice(fetch(t, admin, "WebexLicenseAssignment", "nested"), "spec", "subjects", "emailsFrom")
		must(t, err)
		same(t, "emailsFrom", []any{map[string]any{"name": "people", "kind": "Secret", "key": "emails"}}, sources)
		spec = map[string]any{"credentialsSecretRef": acme, "template": map[string]any{"schedule": map[string]any{"schedule": "@daily"}}}
		must(t, admin.Create(t.Context(), &unstructured.Unstructured{Object: manifest("WebexPartner", "nested", map[string]any{"spec": spec})}))
		template, _, err := unstructured.NestedMap(fetch(t, admin, "WebexPartner", "nested"), "spec", "template")
		must(t, err)
		same(t, "template", map[string]any{"schedule": map[string]any{"schedule": "@daily", "timeZone": "Etc/UTC", "spreadSeconds": int64(3600)}}, template)
	})
}

func manifest(kind, name string, content map[string]any) map[string]any {
	content["apiVersion"], content["kind"] = v1alpha1.GroupVersion.String(), kind
	content["metadata"] = map[string]any{"namespace": metav1.NamespaceDefault, "name": name}
	return content
}

// configurationOf is the apply configuration of one part of a manifest.
func configurationOf(t *testing.T, kind string, written map[string]any, part string) runtime.ApplyConfiguration {
	t.Helper()
	data, err := json.Marshal(map[string]any{"apiVersion": written["apiVersion"], "kind": kind, "metadata": written["metadata"], part: written[part]})
	must(t, err)
	configuration := forms[kind].apply()
	must(t, json.Unmarshal(data, configuration))
	return configuration
}

func fetch(t *testing.T, reader client.Reader, kind, name string) map[string]any {
	t.Helper()
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(kind))
	must(t, reader.Get(t.Context(), client.ObjectKey{Namespace: metav1.NamespaceDefault, Name: name}, object))
	return object.Object
}

// generic is a value in JSON's own types, with whole numbers.
func generic(t *testing.T, value any) map[string]any {
	t.Helper()
	data, err := json.Marshal(value)
	must(t, err)
	object := &unstructured.Unstructured{}
	must(t, object.UnmarshalJSON(data))
	return object.Object
}

// parts are spec and status.
func parts(object any) map[string]any {
	all, _ := object.(map[string]any)
	return map[string]any{"spec": all["spec"], "status": all["status"]}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got, wholeNumbers); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// wholeNumbers compares numbers whatever type they were decoded into.
var wholeNumbers = cmp.FilterValues(func(a, b any) bool { return number(a) != nil && number(b) != nil },
	cmp.Comparer(func(a, b any) bool { return *number(a) == *number(b) }))

func number(value any) *int64 {
	switch n := value.(type) {
	case int64:
		return &n
	case float64:
		return new(int64(n))
	}
	return nil
}
