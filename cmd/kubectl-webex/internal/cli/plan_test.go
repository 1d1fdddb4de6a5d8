package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// planned is a customer acme of a simulated Webex: three people hold the Meetings Suite, and the operator has read it.
type planned struct {
	*service
	org *webexsim.Organization
}

var staff = []string{"ada@example.com", "grace@example.com", "joan@example.com", "mary@example.com", "radia@example.com"}

func newPlanned(t *testing.T, objects ...client.Object) *planned {
	t.Helper()
	s := newService(t, webexsim.Options{RefreshMode: webexsim.RefreshRotate}, objects...)
	p := &planned{s, s.sim.AddOrganization(webexsim.StandardOrganization())}
	for i, address := range staff {
		if err := p.org.SetPerson(i, func(person *webexsim.Person) { person.Email = address }); err != nil {
			t.Fatal(err)
		}
	}
	token := s.sim.IssueToken(webexsim.TokenSpec{Organization: p.org.UUID()}).Access
	customer := fleetCustomer("acme", "Acme", "", func(c *v1alpha1.WebexCustomerAccess) {
		c.Spec.OrganizationID = p.org.UUID()
		c.Spec.Connection = &v1alpha1.Connection{BaseURL: s.sim.URL(), CABundleRef: &v1alpha1.CABundleReference{Kind: v1alpha1.CABundleKindConfigMap, Name: "webexsim-ca", Key: "ca.crt"}}
		c.Spec.Assignment = &v1alpha1.CustomerAssignment{CredentialsSecretRef: v1alpha1.CredentialsSecretReference{Name: "acme-write"}}
	})
	p.create(customer, secretOf("acme-credentials", access.KeyAccessToken, token), secretOf("acme-write", access.KeyAccessToken, "unused"))
	for _, offer := range []string{"EE", "MS", "BCSTD"} {
		name := map[string]string{"EE": "Webex Meetings Suite", "MS": "Advanced Messaging", "BCSTD": "Webex Calling - Professional"}[offer]
		row := fleetRow{"acme", name, offer, 3, 100, "Sub100", ""}.object()
		row.Spec.LicenseID, row.Status.Assignable = p.org.LicenseID(name), new(true)
		p.create(row)
	}
	return p
}

func (p *planned) create(objects ...client.Object) {
	p.t.Helper()
	for _, o := range objects {
		if err := p.client.Create(p.ctx, o); err != nil {
			p.t.Fatal(err)
		}
	}
}

func secretOf(name, key, value string) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "webex", Name: name}, Data: map[string][]byte{key: []byte(value)}}
}

// sales is an assignment of the Meetings Suite to addresses, in a Secret.
func sales(adjust func(*v1alpha1.WebexLicenseAssignment), addresses ...string) []client.Object {
	w := &v1alpha1.WebexLicenseAssignment{ObjectMeta: metav1.ObjectMeta{Namespace: "webex", Name: "sales", Generation: 1}}
	w.Spec.CustomerAccessRef.Name, w.Spec.License.OfferCode = "acme", "EE"
	w.Spec.Mode, w.Spec.Unlisted = v1alpha1.AssignmentModeEnforce, v1alpha1.UnlistedKeep
	w.Spec.Subjects.EmailsFrom = []v1alpha1.EmailSource{{Kind: v1alpha1.SubjectSourceSecret, Name: "sales-people", Key: "emails"}}
	if adjust != nil {
		adjust(w)
	}
	return []client.Object{w, secretOf("sales-people", "emails", strings.Join(addresses, "\n"))}
}

func owning(w *v1alpha1.WebexLicenseAssignment) { w.Spec.Unlisted = v1alpha1.UnlistedRemove }

// plan runs the command, and fails if it changed anything or showed a secret.
func (p *planned) plan(args ...string) result {
	p.t.Helper()
	got := p.run(append([]string{"plan"}, args...)...)
	if n := len(p.org.LicenseChanges()); n > 0 {
		p.t.Errorf("%d licences were changed", n)
	}
	for operation := range p.sim.Requests() {
		if !strings.HasPrefix(operation, "GET ") {
			p.t.Errorf("Webex was asked for %s", operation)
		}
	}
	for _, leak := range p.sim.LeakFinder().Find(got.screen) {
		if leak.Kind == "token" {
			p.t.Errorf("plan %v shows a %s", args, leak.Kind)
		}
	}
	return got
}

func TestPlanGolden(t *testing.T) {
	held := func(w *v1alpha1.WebexLicenseAssignment) {
		owning(w)
		w.Spec.MaxRemovals = new(int32(1))
	}
	report := func(w *v1alpha1.WebexLicenseAssignment) { w.Spec.Mode = v1alpha1.AssignmentModeReport }
	for name, c := range map[string]struct {
		adjust    func(*v1alpha1.WebexLicenseAssignment)
		addresses []string
		args      string
	}{
		"plan-report":    {report, []string{staff[0], staff[3], staff[4]}, "sales"},
		"plan":           {owning, []string{staff[0], staff[1], staff[3], staff[4]}, ""},
		"plan-held":      {held, []string{staff[3]}, "sales"},
		"plan-in-sync":   {nil, staff[:2], ""},
		"plan-not-found": {owning, []string{"# the team", staff[3], "nix@example.com"}, ""},
		"plan-markdown":  {owning, []string{staff[0], staff[1], staff[3]}, "-o markdown"},
		"plan-csv":       {owning, []string{staff[0], staff[1], staff[3]}, "-o csv"},
		"plan-json":      {owning, []string{staff[0], staff[1], staff[3]}, "-o json"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlanned(t, sales(c.adjust, c.addresses...)...)
			args := strings.Fields("plan " + c.args)
			p.golden(name, args...)
			p.plan(args[1:]...)
		})
	}
}

// golden goes past that of the service, which connects.
func (p *planned) golden(name string, args ...string) { p.world.golden(name, args...) }

func TestPlanExitCodes(t *testing.T) {
	for name, c := range map[string]struct {
		adjust    func(*v1alpha1.WebexLicenseAssignment)
		addresses []string
		args      string
		code      int
		err       string
	}{
		"nothing to do": {addresses: staff[:3], code: 0},
		"changes":       {addresses: staff[:4], code: 2},
		"a report":      {adjust: func(w *v1alpha1.WebexLicenseAssignment) { w.Spec.Mode = v1alpha1.AssignmentModeReport }, addresses: staff[:4], code: 2},
		"held":          {adjust: func(w *v1alpha1.WebexLicenseAssignment) { owning(w); w.Spec.MaxRemovals = new(int32(0)) }, addresses: staff[:2], code: 2},
		"a licence that is not there": {
			adjust: func(w *v1alpha1.WebexLicenseAssignment) { w.Spec.License.OfferCode = "XX" }, addresses: staff[:3], code: 1,
			err: "error: 1 of 1 assignment cannot come true as it is: sales (LicenseNotFound)\n",
		},
		"an address of a stranger": {addresses: []string{staff[0], "nix@example.com"}, code: 1, err: "error: 1 of 1 assignment cannot come true as it is: sales (SubjectsNotFound)\n"},
		"a flag that is not there": {args: "--for-real", code: 1, err: "error: unknown flag: --for-real\nSee 'kubectl webex plan --help'.\n"},
		"another assignment": {
			args: "none", code: 1, err: "error: there is no assignment \"none\" in namespace webex: kubectl get webexlicenseassignments lists them, or look elsewhere with -n or -A\n",
		},
		"another customer": {args: "--customer globex", code: 0, err: "note: there is no assignment to plan in namespace webex: look elsewhere with -n, or give manifests with -f\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got := newPlanned(t, sales(c.adjust, c.addresses...)...).plan(strings.Fields(c.args)...)
			if got.code != c.code || got.err != c.err {
				t.Errorf("code %d, want %d\n%s", got.code, c.code, got.screen)
			}
		})
	}
}

// The operator's access token is used up, and the refresh token stays what it was.
func TestPlanUsesNoRefreshToken(t *testing.T) {
	p := newPlanned(t, sales(nil, staff...)...)
	token := p.sim.IssueToken(webexsim.TokenSpec{Organization: p.org.UUID(), WithRefresh: true, ClientID: "C0ffee", ClientSecret: "the-client-secret-of-a-test"})
	secret := secretOf("acme-credentials", access.KeyClientID, "C0ffee")
	secret.Data[access.KeyClientSecret], secret.Data[access.KeyRefreshToken] = []byte(token.ClientSecret), []byte(token.Refresh)
	if err := p.client.Update(p.ctx, secret); err != nil {
		t.Fatal(err)
	}
	got := p.plan()
	const want = "error: customer acme: no access token is at hand, and to get one would use up the refresh token: kubectl webex sync acme --wait has the operator get one, which is used then\n"
	if got.code != 1 || got.out != "" || got.err != want || p.sim.TotalRequests() != 0 {
		t.Errorf("code %d after %d requests\n%s", got.code, p.sim.TotalRequests(), got.screen)
	}
}

// What files say goes before the cluster, and is not written there.
func TestPlanOfFiles(t *testing.T) {
	const assignment = "apiVersion: licensing.webex-operator.io/v1alpha1\nkind: WebexLicenseAssignment\nmetadata: {name: %s}\n" +
		"spec: {customerAccessRef: {name: acme}, license: {offerCode: %s}, subjects: {emailsFrom: [{name: sales-people}]}}\n---\n"
	const people = "apiVersion: v1\nkind: Secret\nmetadata: {name: sales-people}\nstringData:\n  emails: |\n    " + "radia@example.com\n---\n"
	for name, c := range map[string]struct {
		files string
		code  int
		want  []string
	}{
		"a list":                         {people, 2, []string{"+   radia@example.com", "by the next run"}},
		"an assignment that is changed":  {fmt.Sprintf(assignment, "sales", "EE"), 2, []string{"mode Report", "+   mary@example.com", "only reported"}},
		"one that is new":                {fmt.Sprintf(assignment, "chat", "MS") + people, 2, []string{"chat  Advanced Messaging", "2 assignments: 2 to add"}},
		"the customer shuts the lock":    {"apiVersion: licensing.webex-operator.io/v1alpha1\nkind: WebexCustomerAccess\nmetadata: {name: acme}\nspec: {credentialsSecretRef: {name: x}}\n", 2, []string{"WritingLocked: ", "only reported"}},
		"another namespace is no matter": {strings.Replace(people, "{name:", "{namespace: other, name:", 1), 2, []string{"+   mary@example.com"}},
		"a Secret of SOPS":               {strings.Replace(people, "kind: Secret\n", "kind: Secret\nsops: {}\n", 1), 2, []string{"note: encrypted in the files, and so read from the cluster: Secret sales-people", "+   mary@example.com"}},
		"an assignment that would be refused": {
			strings.Replace(fmt.Sprintf(assignment, "sales", "EE"), "offerCode: EE", "{}", 1), 1, []string{"this is no YAML of an object"},
		},
		"one with a field too many": {strings.Replace(fmt.Sprintf(assignment, "sales", "EE"), "spec: {", "spec: {modus: Enforce, ", 1), 1, []string{"spec.modus: there is no such field (1 error in all): kubectl webex lint lists them"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlanned(t, sales(nil, staff[3])...)
			p.file("all.yaml", c.files)
			got := p.plan("-f", p.dir)
			for _, want := range c.want {
				if got.code != c.code || !strings.Contains(got.screen, want) {
					t.Errorf("code %d, want %d and %q in\n%s", got.code, c.code, want, got.screen)
				}
			}
			w := &v1alpha1.WebexLicenseAssignment{}
			if p.fetch(w, "sales"); w.Spec.Mode != v1alpha1.AssignmentModeEnforce || p.secret("sales-people")["emails"] != staff[3] {
				t.Error("the files were applied")
			}
		})
	}
}

// What is dumped, and then planned, has nothing to change.
func TestDump(t *testing.T) {
	p := newPlanned(t)
	dumped := p.plan("--dump", "Webex Meetings Suite", "--customer", "acme")
	if dumped.code != 0 || dumped.err != "note: personal data: the Secret has the addresses of the 3 people who hold Webex Meetings Suite; encrypt it before it goes into Git, and mind who reads the file\n" {
		t.Errorf("code %d\n%s", dumped.code, dumped.screen)
	}
	for _, want := range []string{"offerCode: EE", "mode: Report", "  emails: |\n    ada@example.com\n    grace@example.com\n    joan@example.com\n"} {
		if !strings.Contains(dumped.out, want) {
			t.Errorf("no %q in\n%s", want, dumped.out)
		}
	}
	if err := os.WriteFile(filepath.Join(p.dir, "dumped.yaml"), []byte(dumped.out), 0o600); err != nil {
		t.Fatal(err)
	}
	got := p.plan("-f", p.dir)
	if got.code != 0 || !strings.Contains(got.out, "0 to get it, 0 to lose a licence, 3 as listed already") || !strings.HasSuffix(got.out, "1 assignment: nothing to change\n") {
		t.Errorf("code %d\n%s", got.code, got.screen)
	}
	if byRow := p.plan("--dump", regexp.MustCompile(`acme-ee-[0-9a-f]+`).FindString(p.rowNames()), "--customer", "acme"); byRow.out != dumped.out {
		t.Errorf("by row:\n%s", byRow.screen)
	}
	for args, want := range map[string]string{
		"--dump BCSTD --customer acme":      "error: Webex Calling - Professional is a licence of Webex Calling, UCM or Contact Center, or of an unknown kind, which are assigned in Control Hub\n",
		"--dump XX --customer acme":         "error: customer acme has no purchased licence XX: name one by its row, name or offer code, such as EE, MS\n",
		"--dump EE":                         "error: --dump needs --customer: the one whose people hold the licence\nSee 'kubectl webex plan --help'.\n",
		"--dump EE --customer acme sales":   "error: --dump writes an assignment of a licence, and plans none: leave the name and -f away\nSee 'kubectl webex plan --help'.\n",
		"--dump EE --customer acme -o json": "error: --dump writes YAML: leave -o away\nSee 'kubectl webex plan --help'.\n",
		"--dump EE --customer initech":      "error: there is no customer \"initech\" in namespace webex: kubectl webex connect makes it, and kubectl webex status lists those there are, or look elsewhere with -n or -A\n",
	} {
		if got := p.plan(strings.Fields(args)...); got.code != 1 || got.err != want {
			t.Errorf("%s: code %d\n%swant %s", args, got.code, got.screen, want)
		}
	}
}

func (p *planned) rowNames() string {
	var rows v1alpha1.WebexLicenseList
	if err := p.client.List(p.ctx, &rows); err != nil {
		p.t.Fatal(err)
	}
	names := make([]string, len(rows.Items))
	for i := range rows.Items {
		names[i] = rows.Items[i].Name
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// Whatever Webex says of people, nothing of it acts on the terminal, or leaves its cell in a comment.
func TestPlanOfHostileNames(t *testing.T) {
	const hostile = "\x1b]0;t\x07\u202e`|</code>@team ![x](https://x.example/y)@example.com"
	p := newPlanned(t, sales(owning, staff[:2]...)...)
	if err := p.org.SetPerson(2, func(person *webexsim.Person) { person.Email = hostile }); err != nil {
		t.Fatal(err)
	}
	p.live = true
	for _, args := range []string{"", "-o markdown", "-o json", "-o csv", "--dump EE --customer acme"} {
		got := p.plan(strings.Fields(args)...)
		for _, r := range got.screen {
			if r < ' ' && r != '\n' && r != '\t' || r == 0x202e {
				t.Errorf("%s: U+%04X on the terminal: %q", args, r, got.screen)
				break
			}
		}
		const cell = "| <code>\ufffd&#93;0;t\ufffd\ufffd&#96;&#124;&#60;/code&#62;&#64;team &#33;&#91;x&#93;(https&#58;//x.example/y)&#64;example.com</code> |"
		if args == "-o markdown" && !strings.Contains(got.out, cell) {
			t.Errorf("no %q in\n%s", cell, got.out)
		}
	}
	if got := p.plan("--dump", "EE", "--customer", "acme"); !strings.Contains(got.err, "1 person left out, since a list cannot hold their addresses") {
		t.Errorf("%s", got.screen)
	}
}

func TestPlanCompletes(t *testing.T) {
	p := newPlanned(t, sales(nil, staff...)...)
	for args, want := range map[string]string{"plan ": "sales\n:4\n", "plan --dump ": "EE\nMS\n:4\n", "plan --customer ": "acme\n:4\n"} {
		if got := p.run(strings.Split("__complete "+args, " ")...); got.out != want {
			t.Errorf("%s offers %q", args, got.out)
		}
	}
}
