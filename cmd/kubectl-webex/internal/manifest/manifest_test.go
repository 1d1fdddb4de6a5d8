package manifest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var now = time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)

var newChecker = sync.OnceValues(NewChecker)

func check(t *testing.T, files ...File) []string {
	t.Helper()
	checker, err := newChecker()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range checker.Check(t.Context(), files, now).Findings {
		out = append(out, fmt.Sprintf("%s:%d: %s: %s: %s", f.File, f.Line, f.Severity, f.Field, f.Message))
	}
	return out
}

const header = "apiVersion: licensing.webex-operator.io/v1alpha1\n"

func customer(lines ...string) string {
	return header + "kind: WebexCustomerAccess\nmetadata:\n  name: acme\nspec:\n  credentialsSecretRef:\n    name: token\n" + strings.Join(append(lines, ""), "\n")
}

func plan(lines ...string) string {
	return header + "kind: LicenseSyncSchedule\nmetadata:\n  name: nightly\nspec:\n  customerAccessRef:\n    name: acme\n" + strings.Join(append(lines, ""), "\n")
}

func TestOneObject(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{name: "a good customer", text: customer()},
		{name: "a good schedule", text: plan("  schedule: 30 2 * * *", "  timeZone: Europe/Berlin")},
		{name: "nothing", text: "# only a comment\n---\n\n---\n"},
		{name: "another group is not ours to judge", text: "apiVersion: v1\nkind: Pod\nmetadata: {}\nspec: {wrong: true}\n"},
		{name: "no YAML", text: "kind: [\n", want: []string{"f:1: error: : this is no YAML of an object: did not find expected node content"}},
		{name: "a key twice", text: customer("  suspend: true", "  suspend: false"), want: []string{`f:9: error: : this is no YAML of an object: key "suspend" already set in map`}},
		{name: "another version", text: strings.Replace(customer(), "v1alpha1", "v1", 1), want: []string{"f:1: error: apiVersion: there is no licensing.webex-operator.io/v1: use licensing.webex-operator.io/v1alpha1"}},
		{
			name: "another kind", text: strings.Replace(customer(), "WebexCustomerAccess", "WebexCustomer", 1),
			want: []string{`f:2: error: kind: there is no kind "WebexCustomer": use LicenseSync, LicenseSyncSchedule, WebexCustomerAccess, WebexLicenseAssignment, WebexPartner`},
		},
		{name: "a field that does not exist", text: customer("  collection:", "    level: Site"), want: []string{"f:9: error: spec.collection.level: there is no such field"}},
		{name: "a field that is missing", text: header + "kind: WebexCustomerAccess\nmetadata:\n  name: acme\nspec: {}\n", want: []string{"f:5: error: spec.credentialsSecretRef: required value"}},
		{name: "the wrong type", text: customer("  suspend: often"), want: []string{"f:8: error: spec.suspend: spec.suspend in body must be of type boolean: \"string\""}},
		{name: "a value that does not exist", text: customer("  deletionPolicy: Keep"), want: []string{`f:8: error: spec.deletionPolicy: "Keep": supported values: "Delete", "Retain"`}},
		{name: "a rule about a field", text: customer("  staleAfter: 10s"), want: []string{`f:8: error: spec.staleAfter: "10s": staleAfter must be a duration from 1m to 8760h, such as 26h`}},
		{
			name: "a rule about several", text: customer("  thresholds:", "    warningPercent: 96"),
			want: []string{"f:9: error: spec.thresholds.warningPercent: warningPercent (default 80) must be below criticalPercent (default 95)"},
		},
		{name: "figures of locations as old as figures may be", text: customer("  staleAfter: 48h", "  collection:", "    siteMaxAge: 48h")},
		{
			name: "older ones than figures may be", text: customer("  collection:", "    siteMaxAge: 168h"),
			want: []string{"f:9: warning: spec.collection.siteMaxAge: this is longer than spec.staleAfter (26h), which goes first: raise staleAfter too, or leave siteMaxAge away"},
		},
		{name: "a twin in a list that is a set", text: customer("  collection:", "    levels:", "    - Site", "    - Site"), want: []string{`f:11: error: spec.collection.levels[1]: "Site": duplicate value`}},
		{
			name: "a name that cannot be", text: strings.Replace(customer(), "name: acme", "name: Acme_1", 1),
			want: []string{`f:4: error: metadata.name: "Acme_1": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`},
		},
		{name: "no name", text: strings.Replace(customer(), "  name: acme", "  labels: {}", 1), want: []string{"f:3: error: metadata.name: name or generateName is required"}},
		{name: "a status is ignored, as by the server", text: customer() + "status: {wrong: 1}\n"},
		{
			name: "a cron line", text: plan("  schedule: 61 2 * * *"),
			want: []string{`f:8: error: spec.schedule: "61 2 * * *": minute "61": use 0 to 59`},
		},
		{
			name: "a zone", text: plan("  schedule: 0 2 * * *", "  timeZone: Europe/Bonn"),
			want: []string{`f:9: error: spec.timeZone: "Europe/Bonn" is not a time zone: write an IANA name such as Europe/Oslo, or Etc/UTC`},
		},
		{name: "no plan", text: plan(), want: []string{"f:5: error: spec: at least one of the fields in [schedule at every] must be set"}},
		{
			name: "times and durations that Go does not read",
			text: plan("  at:", `  - "2027-01-01t02:00:00z"`, `  - "2027-01-01T02:00:00Z"`, "  every:", "    interval: 1d", `    firstTime: "2027-02-29T02:00:00Z"`),
			want: []string{
				`f:9: error: spec.at[0]: "2027-01-01t02:00:00z": at must be a date-time of RFC 3339 such as 2027-01-01T02:00:00Z or 2027-01-01T02:00:00+01:00, with a capital T and Z`,
				`f:12: error: spec.every.interval: "1d": interval must be a duration from 1m to 8760h, such as 6h`,
				`f:13: error: spec.every.firstTime: "2027-02-29T02:00:00Z": firstTime must be a date-time of RFC 3339 such as 2027-01-01T02:00:00Z or 2027-01-01T02:00:00+01:00, with a capital T and Z`,
			},
		},
		{name: "a plan that has passed", text: plan("  at:", "  - 2026-01-01T00:00:00Z"), want: []string{"f:8: warning: spec.at: all slots of the plan have passed: nothing will run"}},
		{
			name: "a window that has passed", text: plan("  schedule: '@daily'", "  endTime: 2026-01-01T00:00:00Z"),
			want: []string{"f:9: warning: spec.endTime: all slots of the plan have passed: nothing will run"},
		},
		{
			name: "a selector", text: strings.Replace(plan("  schedule: '@daily'"), "  customerAccessRef:\n    name: acme", "  customerAccessSelector:\n    matchExpressions:\n    - {key: tier, operator: Is}", 1),
			want: []string{`f:6: error: spec.customerAccessSelector: "Is" is not a valid label selector operator`},
		},
		{
			name: "labels of runs", text: plan("  schedule: '@daily'", "  syncTemplate:", "    labels:", "      a b: c"),
			want: []string{`f:10: error: spec.syncTemplate.labels: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`},
		},
		{
			name: "an organization's id", text: customer("  organizationID: Y2lzY29zcGFyazovL3VzL1BFT1BMRS8xMTExMTExMS0yMjIyLTQzMzMtODQ0NC01NTU1NTU1NTU1NTU"),
			want: []string{"f:8: error: spec.organizationID: organization id is neither a UUID such as 11111111-2222-4333-8444-555555555555 nor the id of an organization as the Webex API writes it: copy it from Control Hub, Management, Account, or from GET /organizations"},
		},
		{
			name: "a row", text: header + "kind: WebexLicense\nmetadata:\n  name: row\nspec:\n  customerAccessRef: {name: acme}\n  licenseID: x\n  level: Customer\n",
			want: []string{"f:1: warning: : licence rows are written by runs, which repair or remove what a manifest brings: leave the object away"},
		},
		{
			name: "a run of the operator's", text: header + "kind: LicenseSync\nmetadata:\n  generateName: acme-\nspec:\n  customerAccessRef: {name: acme}\n  trigger: Schedule\n",
			want: []string{"f:7: warning: spec.trigger: this trigger is the operator's: leave the field away"},
		},
		{
			name: "lines of later documents, and of lists",
			text: customer() + "---\n" + "# a comment\n" + plan("  schedule: daily") + "---\napiVersion: v1\nkind: List\nitems:\n- " + strings.ReplaceAll(strings.TrimSpace(strings.Replace(plan("  schedule: '@daily'", "  wrong: 1"), "nightly", "weekly", 1)), "\n", "\n  ") + "\n",
			want: []string{
				`f:17: error: spec.schedule: "daily": 1 fields: write five, minute, hour, day of month, month and day of week; there are no seconds`,
				"f:30: error: spec.wrong: there is no such field",
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := check(t, File{Name: "f", Content: []byte(c.text)})
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s\nin\n%s", diff, c.text)
			}
		})
	}
}

func TestReferences(t *testing.T) {
	secret := func(keys string) string {
		return "apiVersion: v1\nkind: Secret\nmetadata:\n  name: token\nstringData: {" + keys + "}\n---\n"
	}
	other := strings.Replace(customer("  organizationID: 11111111-2222-4333-8444-555555555555"), "name: acme", "name: globex", 1)
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{name: "credentials that are whole", text: secret("accessToken: x") + customer()},
		{name: "credentials of another customer's namespace", text: strings.Replace(secret("wrong: x"), "name: token", "name: token\n  namespace: other", 1) + customer()},
		{name: "credentials without the key", text: secret("token: x") + customer(), want: []string{`f:13: error: spec.credentialsSecretRef.name: Secret "token" has no key "accessToken"`}},
		{
			name: "a bundle without the key",
			text: "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ca\ndata: {bundle: x}\n---\n" + customer("  connection:", "    caBundleRef:", "      name: ca"),
			want: []string{"f:15: error: spec.connection.caBundleRef: ConfigMap ca has no key ca.crt: name one that it has, or add it"},
		},
		{name: "a token with Bearer", text: secret(`accessToken: "Bearer abc"`) + customer()},
		{name: "a token in quotation marks", text: secret(`accessToken: "'abc'"`) + customer(), want: []string{`f:13: error: spec.credentialsSecretRef.name: key "accessToken" of Secret "token" is in quotation marks: give the value without them`}},
		{
			name: "a CA bundle without a certificate",
			text: "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ca\ndata: {ca.crt: our own}\n---\n" + customer("  connection:", "    caBundleRef:", "      name: ca"),
			want: []string{"f:15: error: spec.connection.caBundleRef: key ca.crt of ConfigMap ca has no PEM certificate: put the certificate authority there, with its lines BEGIN and END CERTIFICATE"},
		},
		{
			name: "a CA bundle in a Secret, as PKCS #12",
			text: "apiVersion: v1\nkind: Secret\nmetadata:\n  name: ca\ndata: {ca.crt: MIIBAAIBAw==}\n---\n" + customer("  connection:", "    caBundleRef:", "      kind: Secret", "      name: ca"),
			want: []string{"f:15: error: spec.connection.caBundleRef: key ca.crt of Secret ca is a PKCS #12 store, as of .pfx files: convert it with openssl pkcs12 -cacerts -nokeys -in FILE -out FILE.pem"},
		},
		{
			name: "a CA bundle that is no base64",
			text: "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ca\nbinaryData: {ca.crt: '*'}\n---\n" + customer("  connection:", "    caBundleRef:", "      name: ca"),
			want: []string{"f:5: error: binaryData: key ca.crt is no base64: give data of a Secret and binaryData of a ConfigMap in base64, or text in stringData or data"},
		},
		{name: "a schedule of a customer that is there", text: customer() + "---\n" + plan("  schedule: '@daily'")},
		{
			name: "a schedule of another", text: other + "---\n" + plan("  schedule: '@daily'"),
			want: []string{"f:16: warning: spec.customerAccessRef.name: customer acme is not among those given here (globex): see whether it is in the cluster"},
		},
		{
			name: "a selector without customers", text: customer() + "---\n" + strings.Replace(plan("  schedule: '@daily'"), "customerAccessRef:\n    name: acme", "customerAccessSelector:\n    matchLabels: {tier: gold}", 1),
			want: []string{"f:14: warning: spec.customerAccessSelector: it selects none of the customers given here: label them, or change it"},
		},
		{
			name: "one name twice", text: customer() + "---\n" + customer(),
			want: []string{"f:12: error: metadata.name: WebexCustomerAccess acme is also in f, line 4: give one of them another name, or remove it"},
		},
		{
			name: "one organization twice",
			text: other + "---\n" + customer("  organizationID: Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi8xMTExMTExMS0yMjIyLTQzMzMtODQ0NC01NTU1NTU1NTU1NTU"),
			want: []string{"f:17: error: spec.organizationID: this is the organization of customer globex, too (f, line 8): the operator reads an organization once"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := check(t, File{Name: "f", Content: []byte(c.text)})
			for i := range got {
				got[i], _, _ = strings.Cut(got[i], `": give it`) // the remedy is the operator's
				if strings.Contains(got[i], "has no key \"") {
					got[i] += `"`
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s\nin\n%s", diff, c.text)
			}
		})
	}
}

// The samples that the project ships are without fault: those of a folder are applied together.
func TestSamples(t *testing.T) {
	folders, files := map[string][]File{}, 0
	err := filepath.WalkDir("../../../../config/samples", func(path string, _ os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yaml" {
			return err
		}
		content, err := os.ReadFile(path)
		folder := filepath.Dir(path)
		folders[folder] = append(folders[folder], File{Name: filepath.Base(path), Content: content})
		files++
		return err
	})
	if err != nil || files < 10 {
		t.Errorf("%d files, %v", files, err)
	}
	for _, files := range folders {
		for _, line := range check(t, files...) {
			t.Error(line)
		}
	}
}

// No finding quotes what a Secret holds.
func TestSecretsStaySecret(t *testing.T) {
	const value = "s3cr3t-t0ken"
	for _, text := range []string{
		"apiVersion: v1\nkind: Secret\nmetadata: {name: token}\nstringData: {token: " + value + "}\n---\n" + customer(),
		"apiVersion: v1\nkind: Secret\nmetadata: {name: token}\ndata: {accessToken: " + value + "}\n---\n" + customer(),
		"apiVersion: v1\nkind: Secret\nmetadata: {name: token}\nstringData:\n  accessToken: " + value + "\n  accessToken: " + value + "\n---\n" + customer(),
		"apiVersion: v1\nkind: Secret\nmetadata: {name: token}\nstringData: [" + value + "]\n---\n" + customer(),
	} {
		got := check(t, File{Name: "f", Content: []byte(text)})
		if len(got) == 0 || strings.Contains(strings.Join(got, "\n"), value) {
			t.Errorf("%q", got)
		}
	}
}
