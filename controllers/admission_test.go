package controllers

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// object is an object of one of our kinds in the form that a user writes: what
// is wrong with it, a typed client could often not even send.
func (f *fixture) object(kind, name string, spec map[string]any) *unstructured.Unstructured {
	o := &unstructured.Unstructured{Object: map[string]any{"spec": spec}}
	o.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(kind))
	o.SetNamespace(f.namespace)
	o.SetName(name)
	return o
}

// validSpecs are specs with nothing in them but what is required.
func validSpec(kind string) map[string]any {
	return map[string]map[string]any{
		"WebexCustomerAccess": {"credentialsSecretRef": map[string]any{"name": "webex-token"}},
		"LicenseSync":         {"customerAccessRef": map[string]any{"name": "acme"}},
		"LicenseSyncSchedule": {"customerAccessRef": map[string]any{"name": "acme"}, "schedule": "@daily"},
		"WebexLicenseAssignment": {
			"customerAccessRef": map[string]any{"name": "acme"}, "license": map[string]any{"offerCode": "EE"}, "subjects": map[string]any{"groups": []any{"Sales"}},
		},
		"WebexLicense": {"customerAccessRef": map[string]any{"name": "acme"}, "licenseID": "id", "level": "Customer"},
		"WebexPartner": {"credentialsSecretRef": map[string]any{"name": "webex-token"}},
	}[kind]
}

// set puts a value at a path such as connection.baseURL or connection.noProxy[].
func set(spec map[string]any, path string, value any) map[string]any {
	name, rest, nested := strings.Cut(path, ".")
	if list, ok := strings.CutSuffix(name, "[]"); ok {
		if nested {
			value = set(map[string]any{"name": "x"}, rest, value)
		}
		spec[list] = []any{value}
		return spec
	}
	if !nested {
		spec[name] = value
		return spec
	}
	inner, ok := spec[name].(map[string]any)
	if !ok {
		inner = map[string]any{}
	}
	spec[name] = set(inner, rest, value)
	return spec
}

func without(spec map[string]any, field string) map[string]any {
	delete(spec, field)
	return spec
}

func (f *fixture) admit(object client.Object) error {
	return f.client.Create(f.ctx, object, client.DryRunAll)
}

// What the API server can judge is refused at once, with the field
// and the remedy.
func TestAdmission(t *testing.T) {
	f := newFixture(t, func(o *fixtureOptions) { o.stopped = true })
	const customer, run, row = "WebexCustomerAccess", "LicenseSync", "WebexLicense"
	longName := strings.Repeat("n", 64)
	for _, test := range []struct {
		kind, path string
		value      any
		words      []string // none: accepted
	}{
		{customer, "organizationID", "11111111-2222-4333-8444-555555555555", nil},
		{customer, "organizationID", "Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi8xMTExMTExMS0yMjIyLTQzMzMtODQ0NC01NTU1NTU1NTU1NTU=", nil},
		{customer, "organizationID", "11111111-2222-4333-8444-55555555555", []string{"spec.organizationID", "at least 36"}},
		{customer, "organizationID", "11111111-2222-4333-8444-55555555555g", []string{"spec.organizationID", "must be a UUID such as"}},
		{customer, "organizationID", "{1111111-2222-4333-8444-55555555555}", []string{"spec.organizationID", "must be a UUID such as"}},
		{customer, "organizationID", "Acme Corporation, Headquarters, San Jose", []string{"spec.organizationID", "must be a UUID such as"}},
		{customer, "connection.baseURL", "https://webexapis.com/v1", nil},
		{customer, "connection.baseURL", "http://webexapis.com/v1", []string{"spec.connection.baseURL", "must be an https URL such as https://webexapis.com/v1"}},
		{customer, "connection.baseURL", "webexapis.com/v1", []string{"spec.connection.baseURL", "must be an https URL"}},
		{customer, "connection.baseURL", "file:///etc/passwd", []string{"spec.connection.baseURL", "must be an https URL"}},
		{customer, "connection.baseURL", "https:///v1/without/host", []string{"spec.connection.baseURL", "must be an https URL"}},
		{customer, "connection.baseURL", "https://user:password@webexapis.com/v1", []string{"spec.connection.baseURL", "must hold no credentials", "credentialsSecretRef"}},
		{customer, "connection.baseURL", "https://webexapis.com/v1?token=x", []string{"spec.connection.baseURL", "query"}},
		{customer, "connection.baseURL", "https://webexapis.com/v1#x", []string{"spec.connection.baseURL", "fragment"}},
		{customer, "connection.proxyURL", "http://proxy.example:8080", nil},
		{customer, "connection.proxyURL", "socks5://proxy.example:1080", []string{"spec.connection.proxyURL", "must be an http or https URL such as"}},
		{customer, "connection.proxyURL", "http://user:password@proxy.example", []string{"spec.connection.proxyURL", "must hold no credentials"}},
		{customer, "connection.noProxy[]", "internal.example", []string{"spec.connection", "noProxy needs proxyURL"}},
		{customer, "connection.requestsPerMinute", int64(0), []string{"spec.connection.requestsPerMinute", "greater than or equal to 1"}},
		{customer, "connection.requestsPerMinute", int64(6001), []string{"spec.connection.requestsPerMinute", "less than or equal to 6000"}},
		{customer, "connection.caBundleRef", map[string]any{"kind": "Pod", "name": "x"}, []string{"spec.connection.caBundleRef.kind", `supported values: "ConfigMap", "Secret"`}},
		{customer, "connection.caBundleRef", map[string]any{"kind": "Secret"}, []string{"spec.connection.caBundleRef.name", "Required"}},
		{customer, "thresholds", map[string]any{"warningPercent": int64(80), "criticalPercent": int64(81)}, nil},
		{customer, "thresholds", map[string]any{"warningPercent": int64(95), "criticalPercent": int64(90)}, []string{"spec.thresholds.warningPercent", "must be below criticalPercent"}},
		{customer, "thresholds", map[string]any{"warningPercent": int64(95)}, []string{"spec.thresholds.warningPercent", "criticalPercent (default 95)"}},
		{customer, "thresholds", map[string]any{"criticalPercent": int64(80)}, []string{"spec.thresholds.warningPercent", "warningPercent (default 80)"}},
		{customer, "thresholds", map[string]any{"warningPercent": int64(0)}, []string{"spec.thresholds.warningPercent"}},
		{customer, "thresholds", map[string]any{"criticalPercent": int64(101)}, []string{"spec.thresholds.criticalPercent", "less than or equal to 100"}},
		{customer, "thresholds", map[string]any{"warningPercent": int64(20), "hysteresisPercent": int64(20)}, []string{"spec.thresholds.hysteresisPercent", "must be below warningPercent"}},
		{customer, "thresholds", map[string]any{"hysteresisPercent": int64(51)}, []string{"spec.thresholds.hysteresisPercent", "less than or equal to 50"}},
		{customer, "prune.maxPercent", int64(101), []string{"spec.prune.maxPercent", "less than or equal to 100"}},
		{customer, "prune.maxPercent", int64(-1), []string{"spec.prune.maxPercent", "greater than or equal to 0"}},
		{customer, "collection.levels", []any{"Customer", "Site"}, nil},
		{customer, "collection.levels", []any{"Provider"}, []string{"spec.collection.levels[0]", `supported values: "Customer", "Site"`}},
		{customer, "collection.levels", []any{"Site", "Site"}, []string{"spec.collection.levels", "Duplicate"}},
		{customer, "collection.levels", []any{}, []string{"spec.collection.levels", "at least 1"}},
		{customer, "deletionPolicy", "Orphan", []string{"spec.deletionPolicy", `supported values: "Delete", "Retain"`}},
		{customer, "staleAfter", "26h", nil},
		{customer, "staleAfter", "30s", []string{"spec.staleAfter", "from 1m to 8760h"}},
		{customer, "staleAfter", "9000h", []string{"spec.staleAfter", "from 1m to 8760h"}},
		{customer, "staleAfter", "a day", []string{"spec.staleAfter"}},
		{customer, "defaultSiteURL", "acme.webex.com", nil},
		{customer, "defaultSiteURL", "https://acme.webex.com/", []string{"spec.defaultSiteURL", "without https:// and without a path"}},
		{customer, "hierarchyPath", "hcs.provider.reseller", nil},
		{customer, "hierarchyPath", "hcs..reseller", []string{"spec.hierarchyPath"}},
		{customer, "credentialsSecretRef", map[string]any{}, []string{"spec.credentialsSecretRef.name", "Required"}},
		{customer, "suspend", "yes", []string{"spec.suspend", "boolean"}},
		{run, "trigger", "Whim", []string{"spec.trigger", "supported values"}},
		{run, "activeDeadlineSeconds", int64(-1), []string{"spec.activeDeadlineSeconds", "greater than or equal to"}},
		{run, "activeDeadlineSeconds", int64(604801), []string{"spec.activeDeadlineSeconds", "less than or equal to 604800"}},
		{run, "backoffLimit", int64(101), []string{"spec.backoffLimit", "less than or equal to 100"}},
		{run, "ttlSecondsAfterFinished", int64(-1), []string{"spec.ttlSecondsAfterFinished", "greater than or equal to 0"}},
		{run, "customerAccessRef", map[string]any{"name": longName}, []string{"spec.customerAccessRef.name", "63"}},
		{row, "level", "Provider", []string{"spec.level", `supported values: "Customer", "Site"`}},
		{row, "level", "Site", []string{"spec.locationID", "locationID belongs to rows at level Site"}},
		{row, "locationID", "somewhere", []string{"spec.locationID", "only there"}},
	} {
		err := f.admit(f.object(test.kind, "admission", set(validSpec(test.kind), test.path, test.value)))
		if test.words == nil {
			f.Expect(err).NotTo(HaveOccurred(), "%s=%v", test.path, test.value)
			continue
		}
		f.Expect(apierrors.IsInvalid(err)).To(BeTrue(), "%s=%v: %v", test.path, test.value, err)
		for _, word := range test.words {
			f.Expect(err).To(MatchError(ContainSubstring(word)), "%s=%v", test.path, test.value)
		}
		f.Expect(err).NotTo(MatchError(ContainSubstring("internal error")))
	}

	f.Expect(f.admit(f.object(customer, strings.Repeat("n", 63), validSpec(customer)))).To(Succeed())
	f.Expect(f.admit(f.object(customer, longName, validSpec(customer)))).To(MatchError(ContainSubstring("the name may have at most 63 characters")))
	f.Expect(f.admit(f.object(customer, "x", without(validSpec(customer), "credentialsSecretRef")))).To(MatchError(ContainSubstring("spec.credentialsSecretRef: Required")))
	f.Expect(f.admit(f.object(run, "x", without(validSpec(run), "customerAccessRef")))).To(MatchError(ContainSubstring("spec.customerAccessRef: Required")))
}

// Immutable fields say what to do instead.
func TestImmutableFields(t *testing.T) {
	f := newFixture(t, func(o *fixtureOptions) { o.stopped = true })
	for _, test := range []struct {
		kind, first, second string
		words               []string // none: accepted
	}{
		{"WebexCustomerAccess", `{}`, `{"organizationID":"11111111-2222-4333-8444-555555555555"}`, nil},
		{
			"WebexCustomerAccess", `{"organizationID":"11111111-2222-4333-8444-555555555555"}`, `{"organizationID":"21111111-2222-4333-8444-555555555555"}`,
			[]string{"spec.organizationID", "immutable once set", "create another WebexCustomerAccess"},
		},
		{"WebexCustomerAccess", `{"organizationID":"11111111-2222-4333-8444-555555555555"}`, `{"organizationID":null}`, []string{"spec.organizationID", "immutable once set"}},
		{"LicenseSync", `{}`, `{"cancel":true}`, nil},
		{"LicenseSync", `{"cancel":true}`, `{"cancel":false}`, []string{"spec.cancel", "cannot be taken back", "create another LicenseSync"}},
		{"LicenseSync", `{"cancel":true}`, `{"cancel":null}`, []string{"spec.cancel", "cannot be taken back"}},
		{"LicenseSync", `{}`, `{"customerAccessRef":{"name":"globex"}}`, []string{"spec", "immutable but for cancel", "create another LicenseSync"}},
		{"LicenseSync", `{}`, `{"trigger":"Schedule"}`, []string{"immutable but for cancel"}},
		{"LicenseSync", `{}`, `{"backoffLimit":1}`, []string{"immutable but for cancel"}},
		{"LicenseSync", `{"backoffLimit":1}`, `{"backoffLimit":null}`, []string{"immutable but for cancel"}},
		{"LicenseSync", `{"activeDeadlineSeconds":1}`, `{"activeDeadlineSeconds":2}`, []string{"immutable but for cancel"}},
		{"LicenseSync", `{"ttlSecondsAfterFinished":1}`, `{"ttlSecondsAfterFinished":2}`, []string{"immutable but for cancel"}},
		{"LicenseSync", `{"scheduledTime":"2026-01-01T00:00:00Z"}`, `{"scheduledTime":"2026-01-02T00:00:00Z"}`, []string{"immutable but for cancel"}},
		{"WebexLicense", `{}`, `{"licenseID":"other"}`, []string{"spec", "identity of a licence row and immutable"}},
		{"WebexLicense", `{}`, `{"level":"Site","locationID":"x"}`, []string{"identity of a licence row and immutable"}},
		{"WebexLicense", `{}`, `{"customerAccessRef":{"name":"globex"}}`, []string{"identity of a licence row and immutable"}},
	} {
		object := f.object(test.kind, "", validSpec(test.kind))
		object.SetGenerateName("immutable-")
		var first map[string]any
		f.Expect(json.Unmarshal([]byte(test.first), &first)).To(Succeed())
		for name, value := range first {
			if number, ok := value.(float64); ok {
				value = int64(number)
			}
			set(object.Object["spec"].(map[string]any), name, value)
		}
		f.create(object)
		err := f.client.Patch(f.ctx, object, client.RawPatch("application/merge-patch+json", []byte(`{"spec":`+test.second+`}`)))
		if test.words == nil {
			f.Expect(err).NotTo(HaveOccurred(), test.second)
			continue
		}
		f.Expect(apierrors.IsInvalid(err)).To(BeTrue(), "%s: %v", test.second, err)
		for _, word := range test.words {
			f.Expect(err).To(MatchError(ContainSubstring(word)), test.second)
		}
	}
}

// crds are the CustomResourceDefinitions as they are installed.
func crds(t *testing.T) map[string]apiextensionsv1.JSONSchemaProps {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "config", "crd", "bases", "*.yaml"))
	if err != nil || len(files) < 3 {
		t.Fatal(files, err)
	}
	schemas := map[string]apiextensionsv1.JSONSchemaProps{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var crd apiextensionsv1.CustomResourceDefinition
		if err := yaml.UnmarshalStrict(data, &crd); err != nil {
			t.Fatal(err)
		}
		for _, version := range crd.Spec.Versions {
			schemas[crd.Spec.Names.Kind] = *version.Schema.OpenAPIV3Schema
		}
	}
	return schemas
}

// walk visits each field below a schema; the items of a list are path[].
func walkSchema(path string, schema apiextensionsv1.JSONSchemaProps, visit func(path string, schema apiextensionsv1.JSONSchemaProps)) {
	visit(path, schema)
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		walkSchema(strings.TrimPrefix(path+"."+name, "."), schema.Properties[name], visit)
	}
	if schema.Items != nil && schema.Items.Schema != nil {
		walkSchema(path+"[]", *schema.Items.Schema, visit)
	}
}

// longest is a value of n characters that the field's pattern and rules accept;
// empty if there is none of that length.
func longest(path string, n int) string {
	repeat := func(unit string) string { return strings.Repeat(unit, n/len(unit)+1)[:n] }
	switch path {
	case "organizationID":
		const prefix = "Y2lzY29zcGFyazov"
		return prefix + strings.Repeat("A", n-len(prefix))
	case "connection.baseURL", "connection.proxyURL":
		const prefix = "https://webexapis.com/"
		return prefix + strings.Repeat("v", n-len(prefix))
	case "defaultSiteURL":
		return strings.Repeat("a.", n/2)[:n-1] + "a"
	case "schedule", "template.schedule.schedule":
		const fields = "* * * *"
		return "0" + strings.Repeat(" ", n-1-len(fields)) + fields
	default:
		return repeat("a")
	}
}

// Every bounded string takes its longest value and refuses one character more.
func TestStringsAtTheirBounds(t *testing.T) {
	f := newFixture(t, func(o *fixtureOptions) { o.stopped = true })
	tried := 0
	for kind, schema := range crds(t) {
		walkSchema("", schema.Properties["spec"], func(path string, field apiextensionsv1.JSONSchemaProps) {
			if strings.HasPrefix(path, "customerAccessSelector.") {
				return // Kubernetes' own type, without bounds
			}
			if field.Type != "string" || field.MaxLength == nil {
				if field.Type == "string" && len(field.Enum) == 0 && field.Format == "" {
					f.Expect(field.XValidations).NotTo(BeEmpty(), "%s.spec.%s: neither a bound nor a rule", kind, path)
				}
				return
			}
			if strings.Contains(fmt.Sprint(field.XValidations), "([.][0-9]{1,9})?") {
				return // a time or a duration, whose form bounds it before its length does
			}
			build := func(n int) *unstructured.Unstructured {
				spec := set(validSpec(kind), path, longest(path, n))
				if strings.HasPrefix(path, "assignment.protectedSubjects.") {
					set(spec, "assignment.credentialsSecretRef.name", "x")
				}
				switch path {
				case "connection.noProxy[]":
					set(spec, "connection.proxyURL", "http://proxy.example")
					connection := spec["connection"].(map[string]any)
					connection["noProxy"] = []any{longest(path, n)}
				case "connection.caBundleRef.key":
					set(spec, "connection.caBundleRef.name", "x")
				case "locationID":
					spec["level"] = "Site"
				case "template.byTag[].hierarchyPath":
					tag := spec["template"].(map[string]any)["byTag"].([]any)[0].(map[string]any)
					tag["tag"] = "gold"
				case "template.schedule.timeZone":
					set(spec, "template.schedule.schedule", "@daily")
				case "license.name":
					without(spec["license"].(map[string]any), "offerCode")
				}
				return f.object(kind, "bounds", spec)
			}
			bound := int(*field.MaxLength)
			f.Expect(f.admit(build(bound))).To(Succeed(), "%s.spec.%s of %d characters", kind, path, bound)
			err := f.admit(build(bound + 1))
			f.Expect(apierrors.IsInvalid(err)).To(BeTrue(), "%s.spec.%s of %d characters: %v", kind, path, bound+1, err)
			f.Expect(err).To(MatchError(And(ContainSubstring("spec."+strings.ReplaceAll(path, "[]", "[0]")), ContainSubstring(fmt.Sprint(bound)))))
			if field.MinLength != nil && *field.MinLength > 0 {
				empty := build(bound)
				set(empty.Object["spec"].(map[string]any), path, "")
				f.Expect(apierrors.IsInvalid(f.admit(empty))).To(BeTrue(), "%s.spec.%s: empty", kind, path)
			}
			tried++
		})
	}
	f.Expect(tried).To(BeNumerically(">=", 14))
}

// kubectl explain has something to say about each field, and each rule names one.
func TestSchemaExplainsItself(t *testing.T) {
	t.Parallel()
	word := regexp.MustCompile(`[a-z][A-Za-z]+`)
	for kind, schema := range crds(t) {
		rules := 0
		walkSchema("", schema, func(path string, field apiextensionsv1.JSONSchemaProps) {
			g := NewWithT(t)
			if path != "metadata" && !strings.HasSuffix(path, "[]") { // described by Kubernetes; described by its list
				g.Expect(len(field.Description)).To(BeNumerically(">=", 20), "%s %s: %q", kind, path, field.Description)
			}
			name := strings.TrimSuffix(path[strings.LastIndex(path, ".")+1:], "[]")
			for _, rule := range field.XValidations {
				rules++
				g.Expect(rule.Message).NotTo(BeEmpty(), "%s %s: %s", kind, path, rule.Rule)
				names := []string{name, "spec", "name"}
				for property := range field.Properties {
					names = append(names, property)
				}
				g.Expect(word.FindAllString(rule.Message, -1)).To(ContainElement(BeElementOf(names)), "%s %s: the message names no field: %s", kind, path, rule.Message)
			}
		})
		NewWithT(t).Expect(rules).To(BeNumerically(">", 0), kind)
	}
}
