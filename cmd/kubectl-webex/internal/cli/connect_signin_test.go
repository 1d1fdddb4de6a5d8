package cli

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/signin"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

const signInSecret = "the-client-secret-of-a-test"

// signInService has an integration, and the flags to sign in with it.
func signInService(t *testing.T, change func(*webexsim.IntegrationSpec)) (s *service, flags []string) {
	t.Helper()
	s = newService(t, webexsim.Options{RefreshMode: webexsim.RefreshRotate})
	org := s.sim.AddOrganization(webexsim.StandardOrganization())
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // of tcp
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	spec := webexsim.IntegrationSpec{
		ClientID: "C0ffee", ClientSecret: signInSecret, Organization: org.UUID(), RedirectURIs: []string{signin.RedirectURI(port)},
		Scopes: append(webexsim.DefaultScopes(), webexsim.ScopePeopleWrite, webexsim.ScopeGroups),
	}
	change(&spec)
	s.sim.AddIntegration(spec)
	s.env["DISPLAY"] = ":0"
	s.browser = func(url string) error { return s.surf(url, true) }
	return s, []string{"--sign-in", "--client-id", "C0ffee", "--client-secret-file", s.file("secret", signInSecret), "--callback-port", strconv.Itoa(port)}
}

func asIs(*webexsim.IntegrationSpec) {}

// surf is a person in a browser, who consents or does not.
func (s *service) surf(start string, accept bool) error {
	location, err := s.follow(start)
	if err != nil {
		return err
	}
	back, err := s.sim.Decide(s.ctx, location, accept)
	if err != nil {
		return err
	}
	done, err := s.follow(back)
	if err == nil && done != "/done" {
		err = errors.New("the callback leads to " + done)
	}
	if err == nil {
		base, _, _ := strings.Cut(start, "/start")
		_, err = s.follow(base + done)
	}
	return err
}

// follow asks for a page and returns where it leads.
func (s *service) follow(address string) (string, error) {
	r, err := http.NewRequestWithContext(s.ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.Header.Get("Location"), errors.Join(err, resp.Body.Close())
}

// asked are the scopes that the page of consent was asked for.
func asked(screen string) []string {
	_, list, _ := strings.Cut(screen, "and the scopes\n")
	var scopes []string
	for line := range strings.Lines(list) {
		if !strings.HasPrefix(line, "  ") {
			break
		}
		scopes = append(scopes, strings.TrimSpace(line))
	}
	slices.Sort(scopes)
	return scopes
}

// A browser opens, and the command goes on by itself; the client secret is asked for.
func TestSignIn(t *testing.T) {
	s, flags := signInService(t, asIs)
	s.inLive, s.stdin = true, "y\n"
	s.typed = func(string) string { return signInSecret }
	var opened string
	s.browser = func(url string) error { opened = url; return s.surf(url, true) }
	got := s.must(append([]string{"acme", "--sign-in", "--client-id", "C0ffee"}, flags[5:]...)...)
	if opened != "http://127.0.0.1:"+flags[6]+"/start" || strings.Contains(got.screen, "state=") {
		t.Errorf("opened %s\n%s", opened, got.screen)
	}
	want := []string{"spark-admin:licenses_read", "spark-admin:locations_read", "spark-admin:organizations_read", "spark-admin:people_read", "spark-admin:roles_read", "spark-admin:workspaces_read"}
	if scopes := asked(got.screen); !slices.Equal(scopes, want) {
		t.Errorf("asked for %v", scopes)
	}
	if shown, written := strings.Index(got.screen, "refreshToken: '[redacted]'"), strings.Index(got.screen, "secret acme-webex created"); shown < 0 || written < shown {
		t.Errorf("the Secret is not shown before it is written:\n%s", got.screen)
	}
	values, spec := s.secret("acme-webex"), s.customer("acme").Spec
	if len(values) != 5 || values["clientSecret"] != signInSecret || values["accessTokenExpiresAt"] != now.Add(14*24*time.Hour).Format(time.RFC3339) || spec.OrganizationID != webexsim.StandardUUID {
		t.Errorf("%d keys, %+v", len(values), spec)
	}
	if n := s.sim.Requests()["POST /access_token"]; n != 1 {
		t.Errorf("%d requests for tokens, want the code's only", n)
	}
	if c, err := (&net.Dialer{}).DialContext(s.ctx, "tcp4", "127.0.0.1:"+flags[6]); err == nil {
		_ = c.Close()
		t.Error("something listens after the end")
	}
	// Again, by the client id and secret that the Secret has; a group of an assignment is to be read.
	assignment := &v1alpha1.WebexLicenseAssignment{}
	assignment.Namespace, assignment.Name = "webex", "sales"
	assignment.Spec.CustomerAccessRef.Name, assignment.Spec.Subjects.Groups = "acme", []string{"Sales"}
	if err := s.client.Create(s.ctx, assignment); err != nil {
		t.Fatal(err)
	}
	s.inLive = false
	got = s.must(append([]string{"acme", "--sign-in", "--yes"}, flags[5:]...)...)
	if again := s.secret("acme-webex"); again["refreshToken"] == values["refreshToken"] || again["clientID"] != "C0ffee" || !slices.Contains(asked(got.screen), "identity:groups_read") {
		t.Error(got.screen)
	}
}

// Over SSH the link is shown, and the address is pasted without echo.
func TestSignInPasted(t *testing.T) {
	s, flags := signInService(t, asIs)
	s.inLive, s.env["SSH_CONNECTION"], s.stdin = true, "192.0.2.1 1 192.0.2.2 22", "y\n"
	tries := 0
	var back string
	s.typed = func(screen string) string {
		if tries++; tries == 1 {
			return "what was that?"
		}
		link := regexp.MustCompile(`https://\S+/authorize\?\S+`).FindString(screen)
		var err error
		if back, err = s.sim.Decide(s.ctx, link, true); err != nil {
			t.Error(err)
		}
		return back
	}
	got := s.must(append([]string{"acme"}, flags...)...)
	u, err := url.Parse(back)
	if err != nil || tries != 2 || strings.Contains(got.screen, u.Query().Get("code")) || strings.Count(got.screen, u.Query().Get("state")) != 1 {
		t.Errorf("%d tries, %v\n%s", tries, err, got.screen)
	}
	if s.secret("acme-webex")["refreshToken"] == "" {
		t.Error("no refresh token")
	}
}

// A forwarded port brings the browser back while the command waits for an address, and where
// no browser can be opened the link is shown.
func TestSignInForwarded(t *testing.T) {
	s, flags := signInService(t, asIs)
	s.inLive, s.stdin = true, "y\n"
	s.browser = func(string) error { return errors.New("no program") }
	s.typed = func(string) string {
		if err := s.surf("http://127.0.0.1:"+flags[6]+"/start", true); err != nil {
			t.Error(err)
		}
		return ""
	}
	s.must(append([]string{"acme"}, flags...)...)
}

// Whatever goes wrong, nothing is written.
func TestSignInFails(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*webexsim.IntegrationSpec)
		how    func(*service)
		want   string
	}{
		"denied":         {asIs, func(s *service) { s.browser = func(url string) error { return s.surf(url, false) } }, "consent was denied in the browser"},
		"missing scopes": {func(i *webexsim.IntegrationSpec) { i.Scopes = []string{webexsim.ScopeOrganizations} }, func(*service) {}, "the integration was not allowed spark-admin:licenses_read"},
		"another secret": {func(i *webexsim.IntegrationSpec) { i.ClientSecret = "another" }, func(*service) {}, "Webex refused the client id or the client secret"},
		"no role":        {func(i *webexsim.IntegrationSpec) { i.NoRole = true }, func(*service) {}, "administrator"},
		"Ctrl-C": {asIs, func(s *service) {
			ctx, cancel := context.WithCancel(s.ctx)
			s.ctx = ctx
			s.browser = func(string) error { cancel(); return nil }
		}, "interrupted"},
	} {
		t.Run(name, func(t *testing.T) {
			s, flags := signInService(t, c.change)
			c.how(s)
			got := s.connect(append([]string{"acme", "--yes"}, flags...)...)
			if got.code != 1 && got.code != ExitInterrupted || !strings.Contains(got.err, c.want) {
				t.Errorf("code %d\n%s", got.code, got.screen)
			}
			var secrets corev1.SecretList
			if err := s.client.List(t.Context(), &secrets); err != nil || len(secrets.Items) > 0 {
				t.Errorf("%d Secrets, %v", len(secrets.Items), err)
			}
		})
	}
}

func TestSignInMistakes(t *testing.T) {
	s, _ := signInService(t, asIs)
	for args, want := range map[string]string{
		"acme --yes --sign-in": "--client-id is missing, and there is no terminal to ask on",
		"acme --yes --sign-in --client-id C0ffee --refresh-token-file refresh": "--sign-in brings the tokens of an integration: leave --refresh-token-file away",
		"acme --yes --sign-in --client-id C0ffee --callback-port 0":            "--callback-port is a port, such as 8914",
	} {
		if got := s.connect(strings.Fields(args)...); got.code != ExitUsage || !strings.Contains(got.err, want) {
			t.Errorf("%s: code %d\n%s", args, got.code, got.screen)
		}
	}
}

// A partner is written in mode Report, once it shows how much it sees.
func TestConnectPartnerSignsIn(t *testing.T) {
	var acme string
	s, flags := signInService(t, func(i *webexsim.IntegrationSpec) {
		acme = i.Organization
		i.Organization, i.Partner, i.Owner = webexsim.OverAssignedUUID, true, "partner"
		i.Organizations = []string{acme, webexsim.TwoSubscriptionUUID}
	})
	s.sim.AddOrganization(webexsim.OverAssignedOrganization())
	s.sim.AddOrganization(webexsim.TwoSubscriptionOrganization())
	s.inLive, s.stdin = true, "y\n"
	got := s.must(append([]string{"--partner", "contoso"}, flags...)...)
	if !strings.Contains(got.screen, "Organizations 2 beside its own") || strings.Index(got.screen, "mode: Report") > strings.Index(got.screen, "Write this to namespace") {
		t.Error(got.screen)
	}
	partner := &v1alpha1.WebexPartner{}
	s.fetch(partner, "contoso")
	if p := partner.Spec; p.Mode != v1alpha1.PartnerModeReport || p.OrganizationID != webexsim.OverAssignedUUID || p.CredentialsSecretRef.Name != "contoso-webex" || p.Connection == nil {
		t.Errorf("%+v", p)
	}
	if s.secret("contoso-webex")["refreshToken"] == "" {
		t.Error("no refresh token")
	}
	var customers v1alpha1.WebexCustomerAccessList
	if err := s.client.List(s.ctx, &customers); err != nil || len(customers.Items) > 0 {
		t.Errorf("%d customers, %v", len(customers.Items), err)
	}
	// Again: the mode stays.
	partner.Spec.Mode = v1alpha1.PartnerModeCreate
	if err := s.client.Update(s.ctx, partner); err != nil {
		t.Fatal(err)
	}
	s.stdin = "y\n"
	s.must(append([]string{"contoso", "--partner"}, flags...)...)
	if s.fetch(partner, "contoso"); partner.Spec.Mode != v1alpha1.PartnerModeCreate {
		t.Error("the mode changed")
	}
	if got := s.connect("contoso", "--partner", "--yes", "--token-file", "x", "--hierarchy", "a.b"); got.code != ExitUsage || !strings.Contains(got.err, "--hierarchy says nothing of a partner") {
		t.Errorf("code %d\n%s", got.code, got.screen)
	}
	lone := s.sim.IssueToken(webexsim.TokenSpec{Organization: acme})
	if got := s.connect("lone", "--partner", "--yes", "--token-file", s.file("lone", lone.Access)); got.code != 1 || !strings.Contains(got.err, "see no organization but the partner's own") {
		t.Errorf("code %d\n%s", got.code, got.screen)
	}
}

// The credentials that assign licences get a Secret of their own.
func TestConnectAssignment(t *testing.T) {
	s, flags := signInService(t, asIs)
	fails := func(want string, args ...string) {
		t.Helper()
		if got := s.connect(append(args, "--assignment", "--yes")...); got.code != 1 || !strings.Contains(got.err, want) {
			t.Errorf("code %d\n%s", got.code, got.screen)
		}
	}
	fails("there is no customer acme: kubectl webex connect acme adds it", append([]string{"acme"}, flags...)...)
	reader := s.sim.IssueToken(webexsim.TokenSpec{Organization: webexsim.StandardUUID})
	s.must("acme", "--token-file", s.file("token", reader.Access), "--yes")
	before := s.customer("acme").Spec
	fails("the write credentials need a Secret of their own", append([]string{"acme", "--secret", "acme-webex"}, flags...)...)
	got := s.must(append([]string{"acme", "--assignment", "--yes"}, flags...)...)
	if scopes := asked(got.screen); !slices.Equal(scopes, []string{"spark-admin:organizations_read", "spark-admin:people_write"}) {
		t.Errorf("asked for %v", scopes)
	}
	after := s.customer("acme").Spec
	if after.Assignment == nil || after.Assignment.CredentialsSecretRef.Name != "acme-webex-write" || after.CredentialsSecretRef != before.CredentialsSecretRef || after.OrganizationID != before.OrganizationID {
		t.Errorf("%+v", after)
	}
	if values := s.secret("acme-webex-write"); values["refreshToken"] == "" || s.secret("acme-webex")["accessToken"] != reader.Access {
		t.Errorf("%d keys", len(values))
	}
	fails("the write credentials need a Secret of their own", "acme", "--token-file", s.file("token", reader.Access), "--secret", "acme-webex")
	other := s.sim.AddOrganization(webexsim.OverAssignedOrganization())
	theirs := s.sim.IssueToken(webexsim.TokenSpec{Organization: other.UUID()})
	fails("these credentials see no such organization", "acme", "--token-file", s.file("theirs", theirs.Access))
}
