package crd

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// testPartnerRules: what the API server can judge of a partner is refused at once, with the field
// and the remedy.
func testPartnerRules(t *testing.T, admin client.Client) {
	const id, isUUID = "11111111-2222-4333-8444-555555555555", "organizationID must be a UUID"
	const between, older = "interval must be a duration from 10m to 744h", "staleAfter must be a duration from 1m to 8760h"
	const ours, regexps = "labels must not begin with licensing.webex-operator.io/", "names must hold regular expressions of RE2"
	long := strings.Repeat("x", 257)
	for _, test := range []struct {
		change fields
		want   []string // empty: accepted
	}{
		{fields{}, nil},
		{fields{"credentialsSecretRef": nil}, []string{"spec.credentialsSecretRef: Required value"}},
		{fields{"credentialsSecretRef": fields{}}, []string{"spec.credentialsSecretRef.name: Required value"}},
		{fields{"credentialsSecretRef": fields{"name": "s", "namespace": "other"}}, []string{`unknown field "spec.credentialsSecretRef.namespace"`}},
		{fields{"connection": fields{"baseURL": "http://webexapis.com/v1"}}, []string{"spec.connection.baseURL", "must be an https URL"}},
		{fields{"organizationID": id}, nil},
		{fields{"organizationID": "Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi8xMTExMTExMS0yMjIyLTQzMzMtODQ0NC01NTU1NTU1NTU1NTU="}, nil},
		{fields{"organizationID": id[:35]}, []string{"spec.organizationID", "at least 36"}},
		{fields{"organizationID": id[:35] + "g"}, []string{"spec.organizationID", isUUID}},
		{fields{"organizationID": long}, []string{"spec.organizationID", "256"}},
		{fields{"interval": "10m"}, nil},
		{fields{"interval": "744h"}, nil},
		{fields{"interval": "9m59s"}, []string{"spec.interval", between}},
		{fields{"interval": "744h1s"}, []string{"spec.interval", between}},
		{fields{"interval": "1d"}, []string{"spec.interval", between}},
		{fields{"mode": "Create"}, nil},
		{fields{"mode": "Enforce"}, []string{"spec.mode", `"Report", "Create"`}},
		{fields{"mode": ""}, []string{"spec.mode"}},
		{fields{"maxNewPerPass": int64(100)}, nil},
		{fields{"maxNewPerPass": int64(0)}, []string{"spec.maxNewPerPass", "greater than or equal to 1"}},
		{fields{"maxNewPerPass": int64(101)}, []string{"spec.maxNewPerPass", "less than or equal to 100"}},
		{fields{"deletionPolicy": "Delete"}, nil},
		{fields{"deletionPolicy": "Orphan"}, []string{"spec.deletionPolicy", `"Delete", "Retain"`}},
		{fields{"suspend": "yes"}, []string{"spec.suspend", "boolean"}},
		{fields{"defaults": fields{}}, []string{`unknown field "spec.defaults"`}},

		{selecting("organizationIDs", items(1000, "11111111-2222-4333-8444-%012d")...), nil},
		{selecting("organizationIDs", items(1001, "11111111-2222-4333-8444-%012d")...), []string{"spec.select.organizationIDs", "1000"}},
		{selecting("organizationIDs", id[:35]), []string{"spec.select.organizationIDs[0]", "at least 36"}},
		{selecting("organizationIDs", long), []string{"spec.select.organizationIDs[0]", "256"}},
		{selecting("organizationIDs", id, id), []string{"spec.select.organizationIDs[1]", "Duplicate"}},
		{selecting("organizationIDs"), []string{"spec.select.organizationIDs", "at least 1"}},
		{selecting("names", `(?i)^acme \(old\)$`, "[äß]+|中"), nil},
		{selecting("names", items(32, long[:250]+"%d")...), nil},
		{selecting("names", items(33, "%d")...), []string{"spec.select.names", "32"}},
		{selecting("names"), []string{"spec.select.names", "at least 1"}},
		{selecting("names", ""), []string{"spec.select.names[0]", "at least 1"}},
		{selecting("names", long), []string{"spec.select.names[0]", "256"}},
		{selecting("names", "acme", "acme ("), []string{"spec.select.names[1]", "missing closing )", regexps}},
		{selecting("names", "*"), []string{"spec.select.names[0]", "missing argument to repetition operator", regexps}},
		{selecting("names", "(?!test)"), []string{"spec.select.names[0]", "invalid or unsupported Perl syntax", regexps}},
		{fields{"select": fields{"exclude": fields{"names": []any{"["}}}}, []string{"spec.select.exclude.names[0]", "missing closing ]", regexps}},
		{selecting("tags", items(32, "tag %d")...), nil},
		{selecting("tags", items(33, "tag %d")...), []string{"spec.select.tags", "32"}},
		{selecting("tags"), []string{"spec.select.tags", "at least 1"}},
		{selecting("tags", ""), []string{"spec.select.tags[0]", "at least 1"}},
		{selecting("tags", long[:65]), []string{"spec.select.tags[0]", "64"}},
		{selecting("tags", "gold", "gold"), []string{"spec.select.tags[1]", "Duplicate"}},
		{fields{"select": fields{"exclude": fields{"tags": []any{"gold"}}}}, nil},
		{fields{"select": fields{"exclude": fields{"exclude": fields{}}}}, []string{`unknown field "spec.select.exclude.exclude"`}},

		{templated("labels", fields{"team": "a", "licensing.webex-operator.io/shard": "a"}), nil},
		{templated("labels", fields{"licensing.webex-operator.io/partner": "other"}), []string{"spec.template.labels", ours}},
		{templated("labels", many(33)), []string{"spec.template.labels", "32"}},
		{templated("hierarchyPath", "hcs.provider"), nil},
		{templated("hierarchyPath", "hcs..provider"), []string{"spec.template.hierarchyPath"}},
		{templated("hierarchyPath", long), []string{"spec.template.hierarchyPath", "253"}},
		{templated("staleAfter", "1m"), nil},
		{templated("staleAfter", "59s"), []string{"spec.template.staleAfter", older}},
		{templated("staleAfter", "8760h1s"), []string{"spec.template.staleAfter", older}},
		{templated("collection", fields{"siteMaxAge": "0s"}), nil},
		{templated("collection", fields{"siteMaxAge": "8760h"}), nil},
		{templated("collection", fields{"siteMaxAge": "-1s"}), []string{"spec.template.collection.siteMaxAge", "siteMaxAge must be a duration from 0s to 8760h"}},
		{templated("collection", fields{"siteMaxAge": "8760h1s"}), []string{"spec.template.collection.siteMaxAge", "siteMaxAge must be a duration from 0s to 8760h"}},
		{templated("collection", fields{"siteMaxAge": "a day"}), []string{"spec.template.collection.siteMaxAge", "such as 6h"}},
		{templated("thresholds", fields{"warningPercent": int64(95)}), []string{"spec.template.thresholds.warningPercent", "criticalPercent (default 95)"}},
		{templated("deletionPolicy", "Orphan"), []string{"spec.template.deletionPolicy", `"Delete", "Retain"`}},
		{templated("defaultSubscription", "Sub1"), []string{`unknown field "spec.template.defaultSubscription"`}},
		{templated("byTag", []any{fields{"tag": "gold", "hierarchyPath": "hcs.gold", "labels": fields{"tier": "gold"}}, fields{"tag": "silver"}}), nil},
		{templated("byTag", []any{}), []string{"spec.template.byTag", "at least 1"}},
		{templated("byTag", []any{fields{"hierarchyPath": "hcs"}}), []string{"spec.template.byTag[0].tag: Required value"}},
		{templated("byTag", []any{fields{"tag": "gold"}, fields{"tag": "gold"}}), []string{"spec.template.byTag[1]", "Duplicate"}},
		{templated("byTag", []any{fields{"tag": long[:65]}}), []string{"spec.template.byTag[0].tag", "64"}},
		{templated("byTag", []any{fields{"tag": "gold", "hierarchyPath": "."}}), []string{"spec.template.byTag[0].hierarchyPath"}},
		{templated("byTag", []any{fields{"tag": "gold", "labels": fields{"licensing.webex-operator.io/x": ""}}}), []string{"spec.template.byTag[0].labels", ours}},
		{templated("schedule", fields{"schedule": "0 1 * * *", "timeZone": "Europe/Berlin", "spreadSeconds": int64(0)}), nil},
		{templated("schedule", fields{}), []string{"spec.template.schedule.schedule: Required value"}},
		{templated("schedule", fields{"schedule": ""}), []string{"spec.template.schedule.schedule", "at least 1"}},
		{templated("schedule", fields{"schedule": "TZ=UTC @daily"}), []string{"spec.template.schedule.schedule", "set timeZone instead"}},
		{templated("schedule", fields{"schedule": "0 2 * *"}), []string{"spec.template.schedule.schedule: Invalid value", "schedule must be five fields", "Example: 30 2 * * *"}},
		{templated("schedule", fields{"schedule": "0 22-6 * * *"}), []string{"spec.template.schedule.schedule", "ends before it begins: write 22-23,0-6"}},
		{templated("schedule", fields{"schedule": long[:129]}), []string{"spec.template.schedule.schedule", "128"}},
		{templated("schedule", fields{"schedule": "@daily", "timeZone": "Local"}), []string{"spec.template.schedule.timeZone", "must be an IANA name"}},
		{templated("schedule", fields{"schedule": "@daily", "timeZone": ""}), []string{"spec.template.schedule.timeZone", "at least 1"}},
		{templated("schedule", fields{"schedule": "@daily", "spreadSeconds": int64(86401)}), []string{"spec.template.schedule.spreadSeconds", "86400"}},
		{templated("schedule", fields{"schedule": "@daily", "spreadSeconds": int64(-1)}), []string{"spec.template.schedule.spreadSeconds", "greater than or equal to 0"}},
	} {
		expectAnswer(t, admin, object("WebexPartner", fields{"credentialsSecretRef": fields{"name": "provider"}}, test.change), test.want)
	}
	named := object("WebexPartner", fields{"credentialsSecretRef": fields{"name": "provider"}}, nil)
	named.SetName(long[:63])
	expectAnswer(t, admin, named, nil)
	named.SetName(long[:64])
	expectAnswer(t, admin, named, []string{"the name may have at most 63 characters"})
	testPartnerChanges(t, admin)
}

// testPartnerChanges: all of a partner may change but its own organization.
func testPartnerChanges(t *testing.T, admin client.Client) {
	const another = "organizationID is immutable once set: create another WebexPartner"
	stored := object("WebexPartner", fields{"credentialsSecretRef": fields{"name": "provider"}}, nil)
	must(t, admin.Create(t.Context(), stored))
	patch := func(content string, options ...client.PatchOption) error {
		return admin.Patch(t.Context(), stored.DeepCopy(), client.RawPatch("application/merge-patch+json", []byte(`{"spec": `+content+`}`)), options...)
	}
	for _, test := range []struct {
		patch string
		want  []string
	}{
		{`{"credentialsSecretRef": {"name": "other"}, "mode": "Create", "select": {"names": ["^A"]}, "interval": "1h", "suspend": true}`, nil},
		{`{"organizationID": "11111111-2222-4333-8444-555555555555"}`, nil},
		{`{"organizationID": "21111111-2222-4333-8444-555555555555"}`, []string{"spec.organizationID", another}},
		{`{"organizationID": null}`, []string{"spec.organizationID", another}},
	} {
		expect(t, test.patch, patch(test.patch), test.want)
	}
	must(t, admin.Delete(t.Context(), &unstructured.Unstructured{Object: stored.Object}))
}

func selecting(list string, values ...any) fields {
	return fields{"select": fields{list: append([]any{}, values...)}}
}

func templated(name string, value any) fields { return fields{"template": fields{name: value}} }

func many(n int) fields {
	labels := fields{}
	for _, key := range items(n, "label-%d") {
		labels[key.(string)] = "x"
	}
	return labels
}
