package e2e

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/manifest"
)

// What lint says of one object is what the API server says: the same fields are
// at fault, or none.
func TestLintAgreesWithTheAPIServer(t *testing.T) {
	w := newWorld(t, 1)
	checker, err := manifest.NewChecker()
	if err != nil {
		t.Fatal(err)
	}
	const head = "apiVersion: licensing.webex-operator.io/v1alpha1\n"
	customer := func(spec string) string {
		return head + "kind: WebexCustomerAccess\nmetadata: {name: acme}\nspec: {credentialsSecretRef: {name: token}" + spec + "}\n"
	}
	schedule := func(spec string) string {
		return head + "kind: LicenseSyncSchedule\nmetadata: {name: nightly}\nspec: {" + spec + "}\n"
	}
	run := func(spec string) string {
		return head + "kind: LicenseSync\nmetadata: {generateName: acme-}\nspec: {" + spec + "}\n"
	}
	for _, text := range []string{
		customer(""),
		customer(", suspend: true, deletionPolicy: Retain, staleAfter: 48h"),
		customer(", suspend: sometimes"),
		customer(", deletionPolicy: Keep"),
		customer(", staleAfter: 10s"),
		customer(", staleAfter: soon"),
		customer(", organizationID: nonsense"),
		customer(", organizationID: 11111111-2222-4333-8444-55555555555g"),
		customer(", defaultSiteURL: 'https://acme.webex.com'"),
		customer(", hierarchyPath: a..b"),
		customer(", customerName: ''"),
		customer(", customerName: " + strings.Repeat("x", 300)),
		customer(", thresholds: {warningPercent: 96}"),
		customer(", thresholds: {warningPercent: 0, criticalPercent: 101}"),
		customer(", prune: {maxPercent: 50.5}"),
		customer(", collection: {levels: [Site, Site]}"),
		customer(", collection: {levels: [Room]}"),
		customer(", collection: {levels: []}"),
		customer(", collection: {level: Site}"),
		customer(", connection: {baseURL: 'http://webexapis.com/v1'}"),
		customer(", connection: {noProxy: [localhost]}"),
		customer(", connection: {requestsPerMinute: 7000, caBundleRef: {kind: Pod, name: x}}"),
		strings.Replace(customer(""), "acme", strings.Repeat("a", 64), 1),
		strings.Replace(customer(""), "acme", "Acme", 1),
		strings.Replace(customer(""), "{name: acme}", "{name: acme, labels: {a b: c}}", 1),
		strings.Replace(customer(""), "credentialsSecretRef", "credentialSecretRef", 1),
		head + "kind: WebexCustomerAccess\nmetadata: {name: acme}\n",
		schedule("customerAccessRef: {name: acme}, schedule: '30 2 * * *'"),
		schedule("customerAccessRef: {name: acme}"),
		schedule("schedule: '@daily'"),
		schedule("customerAccessRef: {name: acme}, customerAccessSelector: {}, schedule: '@daily'"),
		schedule("customerAccessRef: {name: acme}, schedule: 'TZ=UTC 0 0 * * *'"),
		schedule("customerAccessRef: {name: acme}, schedule: '@daily', timeZone: Local"),
		schedule("customerAccessRef: {name: acme}, every: {interval: 10s}"),
		schedule("customerAccessRef: {name: acme}, every: {}"),
		schedule("customerAccessRef: {name: acme}, at: [tomorrow]"),
		schedule("customerAccessRef: {name: acme}, schedule: '@daily', startTime: '2027-01-02T00:00:00Z', endTime: '2027-01-01T00:00:00Z'"),
		schedule("customerAccessRef: {name: acme}, schedule: '@daily', spreadSeconds: 90000, concurrencyPolicy: Allow"),
		schedule("customerAccessRef: {name: acme}, every: {interval: 6h}"),
		schedule("customerAccessRef: {name: acme}, every: {interval: 6h, firstTime: null}"),
		schedule("customerAccessRef: {name: acme}, every: {interval: null}"),
		schedule("customerAccessRef: {name: acme}, every: null, schedule: '@daily', at: null, timeZone: null, startTime: null, suspend: null, syncTemplate: null, concurrencyPolicy: null"),
		schedule("customerAccessRef: {name: acme}, every: null, schedule: null"),
		schedule("customerAccessRef: {name: null}, schedule: '@daily'"),
		schedule("customerAccessRef: null, customerAccessSelector: {matchLabels: null}, schedule: '@daily'"),
		schedule("customerAccessRef: {name: acme}, at: [null]"),
		schedule("customerAccessRef: {name: acme}, schedule: '@daily', syncTemplate: {labels: {a: null}}"),
		customer(", suspend: null, deletionPolicy: null, staleAfter: null, thresholds: null, collection: null, connection: null, prune: null"),
		customer(", thresholds: {warningPercent: null}, collection: {levels: null, roles: null}, connection: {baseURL: null, noProxy: null, caBundleRef: {name: null}}"),
		customer(", collection: {levels: [null]}"),
		customer(", nothing: null"),
		strings.Replace(customer(""), "{name: token}", "null", 1),
		strings.Replace(customer(""), "{name: acme}", "{name: acme, labels: null, annotations: null}", 1),
		strings.Replace(customer(""), "{name: acme}", "{name: null}", 1),
		head + "kind: WebexCustomerAccess\nmetadata: {name: acme}\nspec: null\n",
		head + "kind: WebexCustomerAccess\nmetadata: {name: acme}\nspec: {credentialsSecretRef: {name: token}}\nstatus: null\n",
		run("customerAccessRef: {name: acme}, cancel: null, backoffLimit: null, trigger: null"),
		run("customerAccessRef: {name: acme}"),
		run("customerAccessRef: {name: acme}, trigger: Magic, backoffLimit: -1"),
		run("customerAccessRef: {}"),
	} {
		theirs := w.refusals(t, text)
		ours := []string{}
		for _, f := range checker.Check(t.Context(), []manifest.File{{Name: "f", Content: []byte(text)}}, time.Now()).Findings {
			if f.Severity == manifest.Error && !slices.Contains(ours, f.Field) {
				ours = append(ours, f.Field)
			}
		}
		slices.Sort(ours)
		if diff := cmp.Diff(theirs, ours); diff != "" {
			t.Errorf("(-server +lint)\n%s\nof %s", diff, text)
		}
	}
}

// refusals are the fields that the API server objects to.
func (w *world) refusals(t *testing.T, text string) []string {
	t.Helper()
	object := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(text), &object.Object); err != nil {
		t.Fatal(err)
	}
	object.SetNamespace(w.namespaces[0])
	err := w.client.Create(w.ctx, object, client.DryRunAll, client.FieldValidation("Strict"))
	fields := []string{}
	var status apierrors.APIStatus
	switch {
	case err == nil:
		return fields
	case strings.Contains(err.Error(), "strict decoding error: unknown field"):
		_, after, _ := strings.Cut(err.Error(), `unknown field "`)
		name, _, _ := strings.Cut(after, `"`)
		fields = append(fields, name)
		if name == "spec.credentialSecretRef" { // the server stops there; what is missing for it would come next
			fields = append(fields, "spec.credentialsSecretRef")
		}
	case errors.As(err, &status) && status.Status().Details != nil:
		for _, cause := range status.Status().Details.Causes {
			name := strings.TrimPrefix(cause.Field, "<nil>")
			// That rules were not asked is no fault.
			if !strings.Contains(cause.Message, "some validation rules were not checked") && !slices.Contains(fields, name) {
				fields = append(fields, name)
			}
		}
	default:
		t.Fatalf("%v of %s", err, text)
	}
	slices.Sort(fields)
	return fields
}

// kubectl hands - and files to the plugin as they are.
func TestLintThroughKubectl(t *testing.T) {
	w := newWorld(t, 1)
	path := filepath.Join(t.TempDir(), "schedule.yaml")
	text := "apiVersion: licensing.webex-operator.io/v1alpha1\nkind: LicenseSyncSchedule\nmetadata:\n  name: nightly\nspec:\n  customerAccessSelector: {}\n  schedule: 30 25 * * *\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, errs, code := w.kubectl("webex", "lint", path)
	if want := fmt.Sprintf("%s:7: error: spec.schedule: ", path); code != 1 || !strings.HasPrefix(out, want) || errs != "error: 1 object in 1 file: 1 error, 0 warnings\n" {
		t.Errorf("code %d\n%s%s", code, out, errs)
	}
}
