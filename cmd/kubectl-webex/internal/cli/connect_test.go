package cli

import (
	"context"
	"errors"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/yaml"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

func TestConnectAccessToken(t *testing.T) {
	s := newService(t, webexsim.Options{})
	org := s.sim.AddOrganization(webexsim.StandardOrganization())
	token := s.sim.IssueToken(webexsim.TokenSpec{Organization: org.UUID()}).Access
	s.env["WEBEX_TOKEN"] = token
	s.golden("connect", "acme", "--token-file", "env:WEBEX_TOKEN", "--hierarchy", "provider.west", "--labels", "sync=nightly", "--yes")
	if diff := cmp.Diff(map[string]string{"accessToken": token}, s.secret("acme-webex")); diff != "" {
		t.Error(diff)
	}
	want := v1alpha1.WebexCustomerAccessSpec{
		CustomerName: "Acme Example", OrganizationID: org.UUID(), HierarchyPath: "provider.west",
		CredentialsSecretRef: v1alpha1.CredentialsSecretReference{Name: "acme-webex"},
		Connection: &v1alpha1.Connection{
			BaseURL: s.sim.URL(), CABundleRef: &v1alpha1.CABundleReference{Kind: v1alpha1.CABundleKindConfigMap, Name: "webexsim-ca", Key: "ca.crt"},
		},
	}
	c := s.customer("acme")
	if diff := cmp.Diff(want, c.Spec); diff != "" || c.Labels["sync"] != "nightly" {
		t.Errorf("labels %v, (-want +got)\n%s", c.Labels, diff)
	}
}

// What is typed, secrets without echo; the refresh token is replaced by Webex.
func TestConnectConversation(t *testing.T) {
	s := newService(t, webexsim.Options{RefreshMode: webexsim.RefreshRotate})
	_, token := s.integration(webexsim.TwoSubscriptionOrganization())
	s.inLive, s.live = true, true
	s.stdin = strings.Join([]string{"globex", "2", "C0ffee", token.ClientSecret, token.Refresh, "", "y", "1", "emea", "yes", ""}, "\n")
	s.golden("connect-terminal")
	secret, spec := s.secret("globex-webex"), s.customer("globex").Spec
	if spec.DefaultSubscription != "Sub2000001" || spec.DefaultSiteURL != "globex-emea.example.webex.com" {
		t.Errorf("%+v", spec)
	}
	if secret["refreshToken"] == token.Refresh || secret["refreshToken"] == "" || secret["accessToken"] == "" || secret["accessTokenExpiresAt"] == "" {
		t.Errorf("the Secret has keys %v, and the old refresh token: %v", slices.Sorted(maps.Keys(secret)), secret["refreshToken"] == token.Refresh)
	}
	// What the Secret holds is good.
	s.stdin, s.inLive = "", false
	s.must("globex", "--secret", "globex-webex", "--dry-run=client")
}

// A person who turns back after the refresh token was used keeps the new one.
func TestConnectTurnedBack(t *testing.T) {
	s := newService(t, webexsim.Options{RefreshMode: webexsim.RefreshRotate})
	_, token := s.integration(webexsim.StandardOrganization())
	s.inLive = true
	args := []string{"acme", "--client-id", "C0ffee", "--client-secret-file", s.file("secret", token.ClientSecret), "--refresh-token-file", s.file("refresh", token.Refresh)}
	s.stdin = "n\n"
	if got := s.connect(args...); got.code != 1 || s.sim.TotalRequests() != 0 {
		t.Errorf("code %d after %d requests\n%s", got.code, s.sim.TotalRequests(), got.screen)
	}
	s.stdin = "y\nn\n"
	got := s.connect(args...)
	if got.code != 1 || !strings.Contains(got.err, "Secret acme-webex holds the new tokens: once this is mended, go on with --secret acme-webex") {
		t.Errorf("code %d\n%s", got.code, got.screen)
	}
	s.stdin = "y\n"
	s.must("acme", "--secret", "acme-webex")
	if n := s.sim.Requests()["POST /access_token"]; n != 1 {
		t.Errorf("%d tokens were asked for", n)
	}
	if c := s.customer("acme"); c.Spec.CredentialsSecretRef.Name != "acme-webex" {
		t.Errorf("%+v", c.Spec)
	}
}

// If the cluster does not take the new tokens, a file has them.
func TestConnectRescuesTokens(t *testing.T) {
	forbidden := interceptor.Funcs{Create: func(ctx context.Context, c client.WithWatch, object client.Object, opts ...client.CreateOption) error {
		var o client.CreateOptions
		o.ApplyOptions(opts)
		if _, ok := object.(*corev1.Secret); ok && len(o.DryRun) == 0 {
			return apierrors.NewForbidden(schema.GroupResource{Resource: "secrets"}, object.GetName(), errors.New("the weather has changed"))
		}
		return c.Create(ctx, object, opts...)
	}}
	s := newServiceWith(t, webexsim.Options{RefreshMode: webexsim.RefreshRotate}, forbidden)
	_, token := s.integration(webexsim.StandardOrganization())
	got := s.connect("acme", "--client-id", "C0ffee", "--client-secret-file", s.file("secret", token.ClientSecret), "--refresh-token-file", s.file("refresh", token.Refresh), "--yes")
	match := regexp.MustCompile(`the Secret with the new one is in (\S+), which only you can read`).FindStringSubmatch(got.err)
	if got.code != 1 || match == nil {
		t.Fatalf("code %d\n%s", got.code, got.screen)
	}
	t.Cleanup(func() { _ = os.Remove(match[1]) })
	info, err := os.Stat(match[1])
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	content, err := os.ReadFile(match[1])
	var secret corev1.Secret
	if err := errors.Join(err, yaml.Unmarshal(content, &secret)); err != nil || secret.Name != "acme-webex" {
		t.Fatal(err, secret.Name)
	}
	rescued := string(secret.Data["refreshToken"])
	if rescued == token.Refresh {
		t.Error("the file has the old refresh token")
	}
	again := newServiceLike(s)
	again.must("acme", "--client-id", "C0ffee", "--client-secret-file", s.file("secret", token.ClientSecret), "--refresh-token-file", s.file("refresh", rescued), "--yes")
}

// newServiceLike is the same Webex, seen from another cluster.
func newServiceLike(s *service) *service {
	bundle := &corev1.ConfigMap{}
	s.fetch(bundle, "webexsim-ca")
	bundle.ResourceVersion = ""
	w := newWorld(s.t, bundle)
	w.env = map[string]string{}
	return &service{w, s.sim, s.dir}
}

// A dry run uses up no refresh token, and an access token beside it is enough.
func TestConnectDryRun(t *testing.T) {
	s := newService(t, webexsim.Options{RefreshMode: webexsim.RefreshRotate})
	_, token := s.integration(webexsim.TwoSubscriptionOrganization())
	args := []string{"globex", "--client-id", "C0ffee", "--client-secret-file", s.file("secret", token.ClientSecret), "--refresh-token-file", s.file("refresh", token.Refresh)}
	for _, how := range []string{"--dry-run", "--dry-run=server"} {
		got := s.must(append(args, how)...)
		if s.sim.TotalRequests() != 0 || !strings.Contains(got.err, "note: Webex was not asked: the refresh token would be used up") {
			t.Errorf("%s: %d requests\n%s", how, s.sim.TotalRequests(), got.screen)
		}
	}
	args = append(args, "--token-file", s.file("token", token.Access), "--default-subscription", "Sub2000002", "--default-site-url", "globex-emea.example.webex.com", "--dry-run=server")
	s.golden("connect-dry-run", args...)
	s.golden("connect-yaml", append(args, "-o", "yaml")...)
	if n := s.sim.Requests()["POST /access_token"]; n != 0 {
		t.Errorf("%d refreshes", n)
	}
	var list v1alpha1.WebexCustomerAccessList
	var secrets corev1.SecretList
	if err := errors.Join(s.client.List(s.ctx, &list), s.client.List(s.ctx, &secrets)); err != nil || len(list.Items)+len(secrets.Items) > 0 {
		t.Errorf("a dry run wrote %d customers and %d Secrets, %v", len(list.Items), len(secrets.Items), err)
	}
	// What it writes is good enough for lint, and for a cluster that is not there.
	manifest := s.must(append(args, "-o", "yaml")...).out
	s.stdin = manifest
	if got := s.run("lint", "-", "--strict"); got.code != 0 {
		t.Error(got.screen)
	}
	s.connectErr = errors.New("the cluster is away")
	args[len(args)-1] = "--dry-run=client"
	args = append(args, "-o", "json", "--ca-bundle-file", s.file("ca", string(s.sim.CACertificate())))
	got := s.run(append([]string{"connect", "--base-url", s.sim.URL()}, args...)...)
	if got.code != 0 || !strings.Contains(got.err, "the cluster was not looked at: the cluster is away") || !strings.Contains(got.out, `"kind": "List"`) {
		t.Errorf("code %d\n%s", got.code, got.screen)
	}
}

func TestConnectPartner(t *testing.T) {
	s := newService(t, webexsim.Options{})
	token := s.partner()
	file := s.file("token", token.Access)
	s.golden("connect-several", "acme", "--token-file", file, "--yes")
	s.must("acme", "--token-file", file, "--organization", webexsim.StandardUUID, "--secret", "partner", "--yes")
	if !slices.Contains(s.sim.Managed("partner"), webexsim.StandardUUID) {
		t.Error("the organization is not on the partner's list")
	}
	if got := s.connect("acme2", "--secret", "partner", "--organization", "acme example", "--yes"); got.code != 1 ||
		!strings.Contains(got.err, "is customer acme in namespace webex already, and the operator reads an organization once") {
		t.Errorf("code %d\n%s", got.code, got.screen)
	}
	s.inLive = true
	s.stdin = "globex\n2\n1\ny\n"
	s.golden("connect-pick", "globex", "--secret", "partner")
	if c := s.customer("globex"); c.Spec.OrganizationID != webexsim.TwoSubscriptionUUID || c.Spec.DefaultSubscription != "Sub2000002" || c.Spec.CredentialsSecretRef.Name != "partner" {
		t.Errorf("%+v", c.Spec)
	}
}

// connect again gives a customer other credentials, and nothing else.
func TestConnectAgain(t *testing.T) {
	s := newService(t, webexsim.Options{})
	org, token := s.integration(webexsim.StandardOrganization())
	other := s.sim.AddOrganization(webexsim.OverAssignedOrganization())
	s.must("acme", "--token-file", s.file("token", token.Access), "--hierarchy", "provider.west", "--yes")
	secret := &corev1.Secret{}
	s.fetch(secret, "acme-webex")
	secret.Data["note"], secret.Data["proxyUsername"] = []byte("by hand"), []byte("proxy")
	if err := s.client.Update(s.ctx, secret); err != nil {
		t.Fatal(err)
	}
	before := s.customer("acme")
	s.golden("connect-again", "acme", "--client-id", "C0ffee", "--client-secret-file", s.file("secret", token.ClientSecret), "--refresh-token-file", s.file("refresh", token.Refresh), "--yes")
	values := s.secret("acme-webex")
	if values["accessToken"] == token.Access || values["refreshToken"] == "" || values["note"] != "by hand" || values["proxyUsername"] != "proxy" {
		t.Errorf("keys %v", slices.Sorted(maps.Keys(values)))
	}
	if diff := cmp.Diff(before.Spec, s.customer("acme").Spec); diff != "" {
		t.Error("the customer changed (-before +after)\n", diff)
	}
	theirs := s.sim.IssueToken(webexsim.TokenSpec{Organization: other.UUID()})
	got := s.connect("acme", "--token-file", s.file("token", theirs.Access), "--yes")
	if got.code != 1 || !strings.Contains(got.err, "customer acme is organization "+org.UUID()+", and these credentials give no access to that organization") {
		t.Errorf("code %d\n%s", got.code, got.screen)
	}
	if diff := cmp.Diff(values, s.secret("acme-webex")); diff != "" {
		t.Error("a refused token changed the Secret")
	}
}

// A Service App that asks for its tokens is tried by asking; what is kept is the
// bootstrap integration's new refresh token.
func TestConnectServiceApp(t *testing.T) {
	s := newService(t, webexsim.Options{RefreshMode: webexsim.RefreshRotate})
	org := s.sim.AddOrganization(webexsim.StandardOrganization())
	app := s.sim.AddServiceApp(webexsim.ServiceAppSpec{Organizations: []string{org.UUID()}})
	helper := s.sim.IssueToken(webexsim.TokenSpec{Organization: org.UUID(), NoRole: true, Scopes: []string{webexsim.ScopeApplicationsToken}, WithRefresh: true})
	s.sim.Advance(25 * time.Hour)
	args := []string{
		"acme", "--application-id", app.ID, "--client-id", app.ClientID, "--client-secret-file", s.file("secret", app.ClientSecret),
		"--bootstrap-client-id", helper.ClientID, "--bootstrap-client-secret-file", s.file("helper", helper.ClientSecret), "--bootstrap-refresh-token-file", s.file("refresh", helper.Refresh), "--yes",
	}
	if got := s.connect(args...); got.code != 1 || !strings.Contains(got.err, "add --organization") {
		t.Errorf("code %d\n%s", got.code, got.screen)
	}
	s.must(append(args, "--organization", org.UUID())...)
	values := s.secret("acme-webex")
	if values["bootstrapRefreshToken"] == helper.Refresh || values["bootstrapToken"] == "" || values["refreshToken"] != "" {
		t.Errorf("keys %v", slices.Sorted(maps.Keys(values)))
	}
}

// A Secret that other customers use is tried without using up its refresh token.
func TestConnectUsesUpNoRefreshTokenOfAnother(t *testing.T) {
	s := newService(t, webexsim.Options{RefreshMode: webexsim.RefreshRotate})
	_, token := s.integration(webexsim.StandardOrganization())
	secret := &corev1.Secret{Data: map[string][]byte{
		access.KeyClientID: []byte("C0ffee"), access.KeyClientSecret: []byte(token.ClientSecret), access.KeyRefreshToken: []byte(token.Refresh),
	}}
	secret.Namespace, secret.Name = "webex", "shared"
	if err := s.client.Create(s.ctx, secret); err != nil {
		t.Fatal(err)
	}
	got := s.must("acme", "--secret", "shared", "--yes")
	if s.sim.TotalRequests() != 0 || !strings.Contains(got.err, "Webex was not asked") {
		t.Errorf("a refresh token was used:\n%s", got.screen)
	}
}

func TestConnectWait(t *testing.T) {
	steps := goodScript()["acme"]
	script := operator(script{"acme": steps})
	create := script.Create
	script.Create = func(ctx context.Context, c client.WithWatch, object client.Object, opts ...client.CreateOption) error {
		err := create(ctx, c, object, opts...)
		var o client.CreateOptions
		o.ApplyOptions(opts)
		customer, ok := object.(*v1alpha1.WebexCustomerAccess)
		if !ok || err != nil || len(o.DryRun) > 0 {
			return err
		}
		// The operator starts the first run, and its end has totals.
		run := newRun(customer, time.Hour)
		run.Spec.Trigger = v1alpha1.TriggerInitial
		customer = customer.DeepCopy()
		customer.Status.Totals = totals(13, 3, 684, 16)
		return errors.Join(create(ctx, c, run), c.Status().Update(ctx, customer))
	}
	s := newServiceWith(t, webexsim.Options{}, script)
	_, token := s.integration(webexsim.StandardOrganization())
	s.golden("connect-wait", "acme", "--token-file", s.file("token", token.Access), "--yes", "--wait")
	first := &v1alpha1.LicenseSync{} // the stand-in for the operator has one name only
	if s.fetch(first, "acme-new"); s.client.Delete(s.ctx, first) != nil {
		t.Fatal("the first run stays")
	}
	got := s.must("acme", "--token-file", s.file("token", token.Access), "--yes", "--wait", "--timeout", "1m")
	if !strings.Contains(got.out, "acme: 13 licences, 3 locations: 16 of 684 units in use") {
		t.Error(got.screen)
	}
}

func TestConnectCompletion(t *testing.T) {
	w := newWorld(t, fleet()...)
	for args, want := range map[string]string{
		"connect ":                     "acme\nglobex\ninitech\numbrella\n:4\n",
		"connect acme --secret ":       "acme-credentials\nglobex-credentials\ninitech-credentials\numbrella-credentials\n:4\n",
		"connect acme --hierarchy ":    "provider.reseller-east\nprovider.reseller-west\n:4\n",
		"connect acme -o ":             "yaml\njson\n:4\n",
		"connect acme --without ":      "people\nroles\nworkspaces\n:4\n",
		"connect acme --organization ": ":4\n",
		"connect acme --token-file ":   ":0\n", // a file
	} {
		if got := w.run(append([]string{"__complete"}, strings.Split(args, " ")...)...); got.out != want {
			t.Errorf("%s offers %q", args, got.out)
		}
	}
}
