package crd

import (
	"fmt"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

type fields = map[string]any

// testAssignmentRules: what the API server can judge of an assignment and of spec.assignment is
// refused at once, with the field and the remedy.
func testAssignmentRules(t *testing.T, admin client.Client) {
	const oneOf = "set either offerCode or name: offerCode stays when Cisco renames the licence"
	const source = "subjects needs at least one source: emails, emailsFrom, groups or locations"
	long := strings.Repeat("x", 257)
	for _, test := range []struct {
		change fields
		want   []string // empty: accepted
	}{
		{fields{}, nil},
		{fields{"license": fields{"name": "Webex Meetings Suite"}}, nil},
		{fields{"license": nil}, []string{"spec.license: Required value"}},
		{fields{"license": fields{}}, []string{"spec.license", oneOf}},
		{fields{"license": fields{"offerCode": "EE", "name": "Webex Meetings Suite"}}, []string{"spec.license", oneOf}},
		{fields{"license": fields{"offerCode": ""}}, []string{"spec.license.offerCode"}},
		{fields{"license": fields{"offerCode": long[:65]}}, []string{"spec.license.offerCode", "64"}},
		{fields{"license": fields{"name": long}}, []string{"spec.license.name", "256"}},

		{fields{"subjects": nil}, []string{"spec.subjects: Required value"}},
		{fields{"subjects": fields{}}, []string{"spec.subjects", source}},
		{subject("emails"), []string{"spec.subjects.emails", "at least 1"}},
		{subject("emails", items(1000, "a%d@example.com")...), nil},
		{subject("emails", items(1001, "a%d@example.com")...), []string{"spec.subjects.emails", "1000"}},
		{subject("emails", "ab"), []string{"spec.subjects.emails[0]", "at least 3"}},
		{subject("emails", "a@b", long[:255]), []string{"spec.subjects.emails[1]", "254"}},
		{subject("emails", nil), []string{"spec.subjects.emails[0]"}},
		{subject("emails", fields{"address": "ada@example.com"}), []string{`unknown field "spec.subjects.emails[0].address"`}},
		{fields{"subjects": fields{"emails": "ada@example.com"}}, []string{"spec.subjects.emails", "array"}},
		{subject("emailsFrom", fields{"name": "people"}), nil},
		{subject("emailsFrom", fields{"name": "people", "kind": "ConfigMap", "key": "sales"}), nil},
		{subject("emailsFrom"), []string{"spec.subjects.emailsFrom", "at least 1"}},
		{subject("emailsFrom", sources(17)...), []string{"spec.subjects.emailsFrom", "16"}},
		{subject("emailsFrom", fields{"kind": "Secret"}), []string{"spec.subjects.emailsFrom[0].name: Required value"}},
		{subject("emailsFrom", fields{"name": ""}), []string{"spec.subjects.emailsFrom[0].name"}},
		{subject("emailsFrom", fields{"name": "people", "kind": "Group"}), []string{"spec.subjects.emailsFrom[0].kind", `"ConfigMap", "Secret"`}},
		{subject("emailsFrom", fields{"name": "people", "key": ""}), []string{"spec.subjects.emailsFrom[0].key"}},
		{subject("emailsFrom", fields{"name": "people", "namespace": "other"}), []string{`unknown field "spec.subjects.emailsFrom[0].namespace"`}},
		{subject("groups", items(16, "Group %d")...), nil},
		{subject("groups", items(17, "Group %d")...), []string{"spec.subjects.groups", "16"}},
		{subject("groups"), []string{"spec.subjects.groups", "at least 1"}},
		{subject("groups", ""), []string{"spec.subjects.groups[0]"}},
		{subject("groups", long), []string{"spec.subjects.groups[0]", "256"}},
		{subject("locations", items(100, "Location %d")...), nil},
		{subject("locations", items(101, "Location %d")...), []string{"spec.subjects.locations", "100"}},
		{subject("locations"), []string{"spec.subjects.locations", "at least 1"}},
		{subject("locations", ""), []string{"spec.subjects.locations[0]"}},
		{subject("department", true), []string{`unknown field "spec.subjects.department"`}},

		{fields{"mode": "Enforce"}, nil},
		{fields{"mode": "enforce"}, []string{"spec.mode", `"Report", "Enforce"`}},
		{fields{"mode": ""}, []string{"spec.mode"}},
		{fields{"mode": true}, []string{"spec.mode"}},
		{fields{"unlisted": "Remove"}, nil},
		{fields{"unlisted": "Delete"}, []string{"spec.unlisted", `"Keep", "Remove"`}},
		{fields{"maxRemovals": int64(0)}, nil},
		{fields{"maxRemovals": int64(100000)}, nil},
		{fields{"maxRemovals": int64(-1)}, []string{"spec.maxRemovals", "greater than or equal to 0"}},
		{fields{"maxRemovals": int64(100001)}, []string{"spec.maxRemovals", "less than or equal to 100000"}},
		{fields{"maxRemovals": "10%"}, []string{"spec.maxRemovals", "integer"}},
		{fields{"keepFreeUnits": int64(1000000)}, nil},
		{fields{"keepFreeUnits": int64(-1)}, []string{"spec.keepFreeUnits", "greater than or equal to 0"}},
		{fields{"keepFreeUnits": int64(1000001)}, []string{"spec.keepFreeUnits", "less than or equal to 1000000"}},

		{fields{"customerAccessRef": nil}, []string{"spec.customerAccessRef: Required value"}},
		{fields{"customerAccessRef": fields{"name": ""}}, []string{"spec.customerAccessRef.name"}},
		{fields{"customerAccessRef": fields{"name": "acme", "namespace": "other"}}, []string{`unknown field "spec.customerAccessRef.namespace"`}},
	} {
		expectAnswer(t, admin, object("WebexLicenseAssignment", fields{
			"customerAccessRef": fields{"name": "acme"}, "license": fields{"offerCode": "EE"}, "subjects": fields{"groups": []any{"Sales"}},
		}, test.change), test.want)
	}
	for _, test := range []struct {
		assignment any
		want       []string
	}{
		{fields{"credentialsSecretRef": fields{"name": "write"}}, nil},
		{fields{}, []string{"spec.assignment.credentialsSecretRef: Required value"}},
		{fields{"credentialsSecretRef": fields{"name": ""}}, []string{"spec.assignment.credentialsSecretRef.name"}},
		{fields{"credentialsSecretRef": fields{"name": "write", "namespace": "other"}}, []string{`unknown field "spec.assignment.credentialsSecretRef.namespace"`}},
		{customerAssignment("otherLicenses", "Remove"), nil},
		{customerAssignment("otherLicenses", "Keep"), []string{"spec.assignment.otherLicenses", `"Report", "Remove"`}},
		{customerAssignment("protectedSubjects", fields{"emails": []any{"ada@example.com"}}), nil},
		{customerAssignment("protectedSubjects", fields{}), []string{"spec.assignment.protectedSubjects.emails: Required value"}},
		{customerAssignment("protectedSubjects", fields{"emails": []any{}}), []string{"spec.assignment.protectedSubjects.emails", "at least 1"}},
		{customerAssignment("protectedSubjects", fields{"emails": items(1001, "a%d@example.com")}), []string{"spec.assignment.protectedSubjects.emails", "1000"}},
		{customerAssignment("protectedSubjects", fields{"emails": []any{long[:255]}}), []string{"spec.assignment.protectedSubjects.emails[0]", "254"}},
		{"write", []string{"spec.assignment"}},
	} {
		expectAnswer(t, admin, object("WebexCustomerAccess", fields{"credentialsSecretRef": fields{"name": "read"}}, fields{"assignment": test.assignment}), test.want)
	}
	testAssignmentChanges(t, admin)
}

// testAssignmentChanges: all of an assignment may change but the customer.
func testAssignmentChanges(t *testing.T, admin client.Client) {
	stored := object("WebexLicenseAssignment", fields{
		"customerAccessRef": fields{"name": "acme"}, "license": fields{"offerCode": "EE"}, "subjects": fields{"groups": []any{"Sales"}},
	}, nil)
	must(t, admin.Create(t.Context(), stored))
	for _, test := range []struct {
		patch string
		want  []string
	}{
		{`{"customerAccessRef": {"name": "globex"}}`, []string{"spec.customerAccessRef: Invalid value", "customerAccessRef is immutable: delete this WebexLicenseAssignment, which changes nothing in Webex, and create another one"}},
		{`{"license": {"offerCode": null, "name": "Advanced Messaging"}}`, nil},
		{`{"license": {"name": "Advanced Messaging"}}`, []string{"spec.license", "set either"}},
		{`{"subjects": {"groups": null, "locations": ["Berlin"]}}`, nil},
		{`{"subjects": {"groups": null}}`, []string{"spec.subjects", "at least one source"}},
		{`{"mode": "Enforce", "unlisted": "Remove", "maxRemovals": 0, "keepFreeUnits": 5}`, nil},
	} {
		err := admin.Patch(t.Context(), stored.DeepCopy(), client.RawPatch("application/merge-patch+json", []byte(`{"spec": `+test.patch+`}`)), client.DryRunAll)
		expect(t, test.patch, err, test.want)
	}
}

// object is one with fields of a spec changed, or with nil taken away.
func object(kind string, spec, change fields) *unstructured.Unstructured {
	for name, value := range change {
		if spec[name] = value; value == nil {
			delete(spec, name)
		}
	}
	return &unstructured.Unstructured{Object: manifest(kind, "rules", fields{"spec": spec})}
}

func subject(source string, values ...any) fields {
	return fields{"subjects": fields{source: append([]any{}, values...)}}
}

func customerAssignment(name string, value any) fields {
	return fields{"credentialsSecretRef": fields{"name": "write"}, name: value}
}

func items(n int, form string) []any {
	var all []any
	for i := range n {
		all = append(all, fmt.Sprintf(form, i))
	}
	return all
}

func sources(n int) []any {
	var all []any
	for _, name := range items(n, "people-%d") {
		all = append(all, fields{"name": name})
	}
	return all
}

// expectAnswer creates an object without effect, and compares what the API server says. What the
// definition does not know is refused, too, as kubectl has it.
func expectAnswer(t *testing.T, admin client.Client, object *unstructured.Unstructured, want []string) {
	t.Helper()
	err := admin.Create(t.Context(), object.DeepCopy(), client.DryRunAll, client.FieldValidation("Strict"))
	expect(t, fmt.Sprintf("%.150v", object.Object["spec"]), err, want)
}

func expect(t *testing.T, what string, err error, want []string) {
	t.Helper()
	switch {
	case len(want) == 0 && err != nil:
		t.Errorf("%s is refused: %v", what, err)
	case len(want) > 0 && !apierrors.IsInvalid(err) && !apierrors.IsBadRequest(err):
		t.Errorf("%s is not refused, but: %v", what, err)
	}
	for _, text := range want {
		if err != nil && !strings.Contains(err.Error(), text) {
			t.Errorf("%s is refused without %q: %v", what, text, err)
		}
	}
}
