package manifest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func assigns(name, spec string) string {
	return header + "kind: WebexLicenseAssignment\nmetadata:\n  name: " + name + "\nspec:\n  customerAccessRef: {name: acme}\n" + spec
}

const sourced = "  license: {offerCode: EE}\n  subjects:\n    emailsFrom:\n    - {kind: ConfigMap, name: team}\n"

func TestAssignments(t *testing.T) {
	t.Parallel()
	team := func(lines ...string) string {
		return "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: team}\ndata:\n  emails: |\n    " + strings.Join(lines, "\n    ") + "\n"
	}
	enforcing := sourced + "  mode: Enforce\n"
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{name: "a good one", text: assigns("sales", sourced) + team("# the team", "ada@example.com", "", "grace@example.com")},
		{
			name: "a field that does not exist, and a selector of nothing", text: assigns("sales", "  license: {}\n  subjects: {groups: [Sales], units: [x]}\n"),
			want: []string{
				"f:7: error: spec.license: set either offerCode or name: offerCode stays when Cisco renames the licence",
				"f:8: error: spec.subjects.units: there is no such field",
			},
		},
		{
			name: "addresses of the spec", text: assigns("sales", "  license: {offerCode: EE}\n  subjects:\n    emails:\n    - ada@example.com\n    - person\n    - ADA@example.com\n"),
			want: []string{
				"f:11: error: spec.subjects.emails[1]: is a text of 6 characters that is no address: write one such as ada@example.com",
				"f:12: error: spec.subjects.emails[2]: repeats spec.subjects.emails[0]: take one of them out, or write the address that was meant",
			},
		},
		{
			name: "addresses of a source, at their lines", text: assigns("sales", sourced) + team("# the team", "ada@example.com", "ada,grace", "ada@example.com"),
			want: []string{
				"f:19: error: data: key emails line 3 is a text of 9 characters with blanks or separators: write one address a line, and nothing beside it",
				"f:20: error: data: key emails line 4 repeats line 2: take one of them out, or write the address that was meant",
			},
		},
		{
			name: "an empty source", text: assigns("sales", sourced) + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: team}\ndata:\n  emails: \"\"\n",
			want: []string{"f:16: error: data: key emails has no address: write one a line"},
		},
		{
			name: "another key", text: assigns("sales", sourced) + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: team}\ndata: {people: ada@example.com}\n",
			want: []string{"f:10: error: spec.subjects.emailsFrom[0]: ConfigMap team has no key emails: name one that it has, or add it"},
		},
		{
			name: "a Secret of SOPS is not looked into",
			text: assigns("sales", strings.Replace(sourced, "ConfigMap", "Secret", 1)) + "---\napiVersion: v1\nkind: Secret\nmetadata: {name: team}\nsops: {}\nstringData: {emails: ENC}\n",
		},
		{
			name: "to be carried out, and not allowed", text: assigns("sales", enforcing) + "---\n" + customer(""),
			want: []string{"f:11: warning: spec.mode: customer acme has no spec.assignment (f, line 17), so that nothing is carried out: add it, or set the mode to Report"},
		},
		{name: "allowed", text: assigns("sales", enforcing) + "---\n" + customer("  assignment: {credentialsSecretRef: {name: write}}", "")},
		{
			name: "write credentials without a key", text: customer("  assignment: {credentialsSecretRef: {name: write}}", "") + "---\napiVersion: v1\nkind: Secret\nmetadata: {name: write}\nstringData: {token: x}\n",
			want: []string{"f:8: error: spec.assignment.credentialsSecretRef.name: Secret \"write\" has no key \"accessToken\": give it key accessToken, or keys clientID, clientSecret and refreshToken"},
		},
		{
			name: "protected people", text: customer("  assignment: {credentialsSecretRef: {name: write}, protectedSubjects: {emails: [root]}}", ""),
			want: []string{"f:8: error: spec.assignment.protectedSubjects.emails[0]: is a text of 4 characters that is no address: write one such as ada@example.com"},
		},
		{
			name: "another customer", text: assigns("sales", sourced) + "---\n" + strings.Replace(customer(""), "name: acme", "name: globex", 1),
			want: []string{"f:6: warning: spec.customerAccessRef.name: customer acme is not among those given here (globex): see whether it is in the cluster"},
		},
		{
			name: "one of two owns the pool", text: assigns("sales", sourced) + "---\n" + assigns("support", sourced+"  unlisted: Remove\n"),
			want: []string{"f:22: warning: spec.unlisted: the licence is taken from no person, since assignment sales of the same licence does not say Remove (f, line 5): say the same in both"},
		},
		{name: "both do", text: assigns("sales", sourced+"  unlisted: Remove\n") + "---\n" + assigns("support", sourced+"  unlisted: Remove\n")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, check(t, File{Name: "f", Content: []byte(c.text)})); diff != "" {
				t.Errorf("(-want +got)\n%s\nin\n%s", diff, c.text)
			}
		})
	}
}
