package cli

import (
	"net"
	"os"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// What Webex refuses is told with its remedy, and nothing is written.
func TestConnectRefusals(t *testing.T) {
	without := func(scope string) func(*webexsim.TokenSpec) {
		return func(spec *webexsim.TokenSpec) {
			for _, s := range webexsim.DefaultScopes() {
				if s != scope {
					spec.Scopes = append(spec.Scopes, s)
				}
			}
		}
	}
	for name, c := range map[string]struct {
		token func(*webexsim.TokenSpec)
		sim   func(*webexsim.Server)
		args  string
		want  string
	}{
		"an unknown token":     {args: "--token-file env:WRONG", want: "Webex refused the access token: it is mistyped, was revoked or has ended (a personal token of the developer portal lives 12 hours); get another one (docs/credentials.md)"},
		"a token that ended":   {sim: func(s *webexsim.Server) { s.Advance(400 * 24 * time.Hour) }, want: "Webex refused the access token"},
		"no role":              {token: func(s *webexsim.TokenSpec) { s.NoRole = true }, want: "its person the role of an administrator"},
		"no organizations":     {token: without(webexsim.ScopeOrganizations), want: "it needs the scope spark-admin:organizations_read"},
		"no licences":          {token: without(webexsim.ScopeLicenses), want: "the token may not read what runs need:\n  licences    scope spark-admin:licenses_read\nAdd the scopes"},
		"no people":            {token: without(webexsim.ScopePeople), want: "  people      scope spark-admin:people_read, or --without people: no figures by location"},
		"no workspaces":        {token: without(webexsim.ScopeWorkspaces), want: "  workspaces  scope spark-admin:workspaces_read, or --without workspaces"},
		"no roles":             {token: without(webexsim.ScopeRoles), want: "  roles       scope spark-admin:roles_read, or --without roles"},
		"organizations alone":  {token: func(s *webexsim.TokenSpec) { s.Scopes = []string{webexsim.ScopeOrganizations} }, want: "It may read nothing of the organization, so it probably lacks the role"},
		"another organization": {args: "--organization 77777777-2222-4333-8444-555555555555", want: "these credentials give no access to that organization: give --organization as Control Hub shows it"},
		"a name of nothing":    {args: "--organization Initech", want: "0 organizations of that name: give --organization the id"},
		"a subscription of no": {args: "--default-subscription Sub1", want: "Sub1 is no subscription of the organization: it has trialSub."},
		"a site of no":         {args: "--default-site-url nosuch.webex.com", want: "nosuch.webex.com is no Meetings site of the organization: it has acme.example.webex.com"},
		"Webex is busy": {sim: func(s *webexsim.Server) {
			s.AddRule(webexsim.Rule{Status: 429, Header: map[string]string{"Retry-After": "90"}})
		}, want: "Webex asks to wait 1m30s before the next request: try again then"},
		"Webex is in trouble": {sim: func(s *webexsim.Server) { s.AddRule(webexsim.Rule{Status: 503}) }, want: "the service is in trouble (HTTP 503): try again later"},
		"a proxy that forbids": {
			sim:  func(s *webexsim.Server) { s.AddRule(webexsim.Rule{Status: 403, HTML: true}) },
			want: "something between here and Webex answered, and not in JSON (HTTP 403, text/html): check the base URL, the proxy, and whether a login page stands in the way",
		},
		"a proxy before an organization": {
			args: "--organization 77777777-2222-4333-8444-555555555555", sim: func(s *webexsim.Server) { s.AddRule(webexsim.Rule{Status: 404, HTML: true}) },
			want: "something between here and Webex answered, and not in JSON (HTTP 404, text/html)",
		},
		"a proxy before a list": {sim: func(s *webexsim.Server) {
			s.AddRule(webexsim.Rule{Operation: "GET /people", Status: 403, Body: `{"message":"Forbidden"}`})
		}, want: "list people: something between here and Webex answered, and not in Webex's form (HTTP 403, JSON of another form)"},
		"an unknown authority":  {args: "--ca-bundle-file ca", want: "the server's certificate is not trusted"},
		"a proxy that is not":   {args: "--base-url https://webex.example/v1 --proxy http://127.0.0.1:1", want: "Webex was not reached: list organizations: connection refused: try again later; see --base-url, --proxy"},
		"a license not for all": {args: "--hierarchy a..b", want: `spec.hierarchyPath: "a..b"`},
	} {
		t.Run(name, func(t *testing.T) {
			s := newService(t, webexsim.Options{})
			org := s.sim.AddOrganization(webexsim.StandardOrganization())
			spec := webexsim.TokenSpec{Organization: org.UUID()}
			if c.token != nil {
				c.token(&spec)
			}
			s.env["TOKEN"], s.env["WRONG"] = s.sim.IssueToken(spec).Access, "unknown-to-webex-token"
			if c.sim != nil {
				c.sim(s.sim)
			}
			args := append([]string{"acme", "--token-file", "env:TOKEN", "--yes"}, strings.Fields(c.args)...)
			bundle := []string{"--ca-bundle", "configmap/webexsim-ca"}
			if strings.Contains(c.args, "--ca-bundle-file") {
				other, err := webexsim.New(webexsim.Options{TLS: true})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(other.Close)
				args[len(args)-1], bundle = s.file("ca", string(other.CACertificate())), nil
			}
			got := s.run(append(append([]string{"connect", "--base-url", s.sim.URL()}, args...), bundle...)...)
			if got.code == 0 || !strings.Contains(got.err, c.want) || strings.Contains(got.screen, "unknown-to-webex") {
				t.Errorf("code %d\n%swant %s", got.code, got.screen, c.want)
			}
			var secrets corev1.SecretList
			if err := s.client.List(s.ctx, &secrets); err != nil || len(secrets.Items) > 0 {
				t.Errorf("%d Secrets, %v", len(secrets.Items), err)
			}
		})
	}
}

// What a token may not read can be left out.
func TestConnectWithout(t *testing.T) {
	s := newService(t, webexsim.Options{})
	org := s.sim.AddOrganization(webexsim.StandardOrganization())
	s.env["TOKEN"] = s.sim.IssueToken(webexsim.TokenSpec{Organization: org.UUID(), Scopes: []string{webexsim.ScopeOrganizations, webexsim.ScopeLicenses}}).Access
	s.must("acme", "--token-file", "env:TOKEN", "--yes", "--without", "people,roles,workspaces")
	c := s.customer("acme").Spec.Collection
	if c == nil || len(c.Levels) != 1 || c.Roles == nil || *c.Roles || c.Workspaces == nil || *c.Workspaces {
		t.Errorf("%+v", c)
	}
}

// The names of roles are for show only: a trouble with them is told, and is none.
func TestConnectWhileRolesAreMissing(t *testing.T) {
	s := newService(t, webexsim.Options{})
	org := s.sim.AddOrganization(webexsim.StandardOrganization())
	s.env["TOKEN"] = s.sim.IssueToken(webexsim.TokenSpec{Organization: org.UUID()}).Access
	s.sim.AddRule(webexsim.Rule{Operation: "GET /roles", Status: 404})
	got := s.must("acme", "--token-file", "env:TOKEN", "--yes")
	if !strings.Contains(got.err, "runs go on without the names of roles as long as these cannot be read: list roles: not found (HTTP 404)") {
		t.Error(got.screen)
	}
}

func TestConnectMistakes(t *testing.T) {
	token := "ZTc5MzY2-a-token-that-was-typed"
	for args, want := range map[string]string{
		"":                                  `2 error: connect which customer? Give it a name, such as acme`,
		"acme":                              `2 error: there is no terminal to ask on: add --yes, or --dry-run=server to see first what would be written`,
		"acme --yes":                        `2 error: with what credentials? Add --token-file, or --client-id, --client-secret-file and --refresh-token-file, or --secret with the name of a Secret`,
		"acme TOKEN --yes":                  `2 error: connect takes one name, of the customer; secrets are read from files, see --token-file`,
		"TOKEN --yes --secret x":            `2 error: that is no name of a customer: use up to 63 lower case letters, digits, - and .`,
		"acme --yes --token-file TOKEN":     `1 error: --token-file names no file: give the path of a file with the access token in it, - for the standard input, or env:NAME for a variable; never the value itself, which would stay in the history of the shell`,
		"acme --yes --token-file env:TOKEN": `1 error: --token-file names a variable that is not set or empty: export it, or name a file`,
		"acme --yes --token-file - --client-secret-file -": `1 error: --token-file and --client-secret-file both read the standard input: name a file for one of them`,
		"acme --yes --token-file env:JSON":                 `1 error: the access token (--token-file) is JSON: give the one value alone`,
		"acme --yes --client-id C":                         `1 error: the client secret is missing: add --client-secret-file. An access token stands alone (--token-file); an integration needs --client-id, --client-secret-file and --refresh-token-file, a Service App --application-id, too`,
		"acme --yes --secret none":                         `1 error: there is no secret "none" in namespace webex: kubectl get secrets lists them, and with --token-file and its like a new one is made, or look elsewhere with -n or -A`,
		"acme --yes --token-file - --secret taken":         `1 error: there is a Secret taken already: leave the credentials out to use it (--secret taken), or give it another name with --secret`,
		"acme --dry-run=maybe --secret x":                  `2 error: --dry-run is none, client or server, after a =`,
		"acme --dry-run --wait --secret x":                 `2 error: --wait is about a run, and --dry-run makes none: leave one of them away`,
		"acme --yes --secret x -o csv":                     `2 error: -o is yaml or json here`,
		"acme --yes --secret x --timeout 1m":               `2 error: --timeout is about waiting: add --wait`,
		"acme --yes --secret x --without licences":         `2 error: --without takes people, roles, workspaces`,
		"acme --yes --secret x --ca-bundle pod/x":          `2 error: --ca-bundle is configmap/NAME or secret/NAME`,
		"acme --yes --secret x --labels a=b,c=-":           `2 error: --labels: values[0][c]: Invalid value: "-": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
		"acme --yes --token-file - --base-url http://x":    `2 error: spec.connection.baseURL: "http://x": baseURL must be an https URL such as https://webexapis.com/v1`,
		"acme --yes --token-file - --proxy-username me":    `2 error: --proxy-username is for the proxy of --proxy: add that`,
	} {
		w := newWorld(t)
		taken := &corev1.Secret{}
		taken.Namespace, taken.Name = "webex", "taken"
		if err := w.client.Create(w.ctx, taken); err != nil {
			t.Fatal(err)
		}
		w.env, w.stdin = map[string]string{"JSON": `{"access_token": "` + token + `"}`}, token+"\n"
		got := w.run(append([]string{"connect"}, strings.Fields(strings.ReplaceAll(args, " TOKEN", " "+token))...)...)
		if args == "TOKEN --yes --secret x" {
			got = w.run("connect", token, "--yes", "--secret", "x")
		}
		first, _, _ := strings.Cut(got.err, "\n")
		if is := string(rune('0'+got.code)) + " " + first; is != want || strings.Contains(got.screen, token) {
			t.Errorf("%s:\n%s\nwant\n%s", args, is, want)
		}
	}
}

// Webex that cannot be reached from here may be reachable from the cluster.
func TestConnectSkipCheck(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	w := newWorld(t)
	w.stdin = "some-token\n"
	args := []string{"connect", "acme", "--token-file", "-", "--yes", "--base-url", "https://" + address + "/v1"}
	if got := w.run(args...); got.code != 1 || !strings.Contains(got.err, "If only the cluster gets there, --skip-check leaves the check to the first run") {
		t.Errorf("code %d\n%s", got.code, got.screen)
	}
	w.stdin = "some-token\n"
	if got := w.run(append(args, "--skip-check", "--organization", webexsim.StandardUUID)...); got.code != 0 || !strings.Contains(got.out, "customer acme created") {
		t.Errorf("code %d\n%s", got.code, got.screen)
	}
	if _, err := os.Stat("acme"); err == nil {
		t.Error("a file was left")
	}
}
