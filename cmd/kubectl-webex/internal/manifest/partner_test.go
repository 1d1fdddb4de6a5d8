package manifest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func partnerOf(lines ...string) string {
	return header + "kind: WebexPartner\nmetadata:\n  name: provider\nspec:\n  credentialsSecretRef:\n    name: token\n" + strings.Join(append(lines, ""), "\n")
}

func TestPartners(t *testing.T) {
	t.Parallel()
	secret := func(meta, data string) string {
		return "---\napiVersion: v1\nkind: Secret\nmetadata: {" + meta + "}\nstringData: {" + data + "}\n"
	}
	plan := func(labels string) string {
		return "---\n" + header + "kind: LicenseSyncSchedule\nmetadata: {name: nightly}\nspec: {schedule: '@daily', customerAccessSelector: {matchLabels: {" + labels + "}}}\n"
	}
	const unread = "f:8: warning: spec.mode: the customers come without a schedule, and their figures are not renewed unless one selects them, such as that of the chart's defaultSchedule: add spec.template.schedule"
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{name: "a good one", text: partnerOf("  select: {names: ['^Acme \\(']}", "  template: {schedule: {schedule: 0 1 * * *, timeZone: Europe/Berlin}}") + secret("name: token", "accessToken: x")},
		{name: "one that only reports needs no schedule", text: partnerOf("  mode: Report")},
		{name: "a field that does not exist", text: partnerOf("  template:", "    defaults: {}"), want: []string{"f:9: error: spec.template.defaults: there is no such field"}},
		{
			name: "names that are no regular expressions", text: partnerOf("  select:", "    names:", "    - ^Acme", "    - Acme (", "    exclude: {names: ['(?=x)']}"),
			want: []string{
				"f:11: error: spec.select.names[1]: ...",
				"f:12: error: spec.select.exclude.names[0]: ...",
			},
		},
		{
			name: "a cron line and a zone", text: partnerOf("  template:", "    schedule:", "      schedule: 61 2 * * *", "      timeZone: Europe/Bonn"),
			want: []string{
				`f:10: error: spec.template.schedule.schedule: "61 2 * * *": minute "61": use 0 to 59`,
				`f:11: error: spec.template.schedule.timeZone: "Europe/Bonn" is not a time zone: write an IANA name such as Europe/Oslo, or Etc/UTC`,
			},
		},
		{
			name: "labels that no object may have", text: partnerOf("  template:", "    labels: {tier: all of them}", "    byTag:", "    - tag: gold", "      labels: {-x: a}"),
			want: []string{
				"f:9: error: spec.template.labels: \"all of them\": a valid label...",
				"f:12: error: spec.template.byTag[0].labels: \"-x\": name part...",
			},
		},
		{
			name: "figures of locations that may get older than figures may be", text: partnerOf("  template:", "    staleAfter: 12h", "    collection: {siteMaxAge: 24h}"),
			want: []string{"f:10: warning: spec.template.collection.siteMaxAge: this is longer than spec.template.staleAfter (12h), which goes first: raise staleAfter too, or leave siteMaxAge away"},
		},
		{
			name: "an organization that is none", text: partnerOf("  select: {organizationIDs: [Y2lzY29zcGFyazovL3VzL1BFT1BMRS8xMTExMTExMS0yMjIyLTQzMzMtODQ0NC01NTU1NTU1NTU1NTU]}"),
			want: []string{"f:8: error: spec.select.organizationIDs[0]: ..."},
		},
		{name: "without a schedule", text: partnerOf("  mode: Create"), want: []string{unread}},
		{name: "with one that selects others", text: partnerOf("  mode: Create") + plan("sync: nightly"), want: []string{unread}},
		{name: "with one that selects them by label", text: partnerOf("  mode: Create", "  template: {labels: {sync: nightly}}") + plan("sync: nightly")},
		{name: "with one that selects them by partner, beside another customer", text: partnerOf("  mode: Create") + plan("licensing.webex-operator.io/partner: provider") + "---\n" + customer("")},
		{
			name: "a Secret without a key", text: partnerOf("") + secret("name: token", "token: x"),
			want: []string{`f:7: error: spec.credentialsSecretRef.name: Secret "token" has no key "accessToken": give it key accessToken, or keys clientID, clientSecret and refreshToken`},
		},
		{
			name: "a Secret of another namespace", text: partnerOf("") + secret("name: token, namespace: else", "accessToken: x"),
			want: []string{`f:7: warning: spec.credentialsSecretRef.name: Secret token is given for namespace "else" only, and is read from this object's own: give it there, or see whether it is in the cluster`},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := check(t, File{Name: "f", Content: []byte(c.text)})
			for i := range got {
				if i >= len(c.want) {
					break
				}
				if begin, cut := strings.CutSuffix(c.want[i], "..."); cut && strings.HasPrefix(got[i], begin) { // the rest are the words of Kubernetes
					got[i] = c.want[i]
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s\nin\n%s", diff, c.text)
			}
		})
	}
}
