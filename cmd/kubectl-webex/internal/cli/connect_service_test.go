package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// service is a world with a simulated Webex, whose secrets must not be shown.
type service struct {
	*world
	sim *webexsim.Server
	dir string
}

func newService(t *testing.T, options webexsim.Options, objects ...client.Object) *service {
	t.Helper()
	return newServiceWith(t, options, interceptor.Funcs{}, objects...)
}

func newServiceWith(t *testing.T, options webexsim.Options, funcs interceptor.Funcs, objects ...client.Object) *service {
	t.Helper()
	t.Parallel()
	options.TLS = true
	sim, err := webexsim.New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	bundle := &corev1.ConfigMap{Data: map[string]string{"ca.crt": string(sim.CACertificate())}}
	bundle.Namespace, bundle.Name = "webex", "webexsim-ca"
	w := newWorldWith(t, funcs, append(objects, bundle)...)
	w.env = map[string]string{}
	return &service{w, sim, t.TempDir()}
}

// file writes a secret into a file and returns its path.
func (s *service) file(name, content string) string {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, []byte(content+"\n"), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// connect runs the command with arguments and the simulator's address. No output
// may have a secret in it.
func (s *service) connect(args ...string) result {
	s.t.Helper()
	got := s.run(s.command(args)...)
	for _, leak := range s.sim.LeakFinder().Find(got.screen) {
		s.t.Errorf("connect %v shows %s %q:\n%s", args, leak.Kind, leak.Value, got.screen)
	}
	return got
}

func (s *service) command(args []string) []string {
	return append(append([]string{"connect"}, args...), "--base-url", s.sim.URL(), "--ca-bundle", "configmap/webexsim-ca")
}

// must runs the command, which has to work.
func (s *service) must(args ...string) result {
	s.t.Helper()
	got := s.connect(args...)
	if got.code != ExitOK {
		s.t.Fatalf("connect %v: code %d\n%s", args, got.code, got.screen)
	}
	return got
}

// golden compares what a person sees; the address of the simulator and the
// directory of files are not the same twice.
func (s *service) golden(name string, args ...string) {
	s.t.Helper()
	got := s.connect(args...)
	text := "$ kubectl webex " + shell(s.command(args)) + "\n" + got.screen
	if got.code != ExitOK {
		text += "(exit code " + string(rune('0'+got.code)) + ")\n"
	}
	text = regexp.MustCompile(`127\.0\.0\.1:\d+`).ReplaceAllString(text, "webexsim.example:8443")
	compareGolden(s.t, name, strings.ReplaceAll(text, s.dir+"/", ""))
}

// integration adds an organization and an integration for it.
func (s *service) integration(spec webexsim.OrganizationSpec) (*webexsim.Organization, webexsim.Token) {
	org := s.sim.AddOrganization(spec)
	token := s.sim.IssueToken(webexsim.TokenSpec{Organization: org.UUID(), WithRefresh: true, ClientID: "C0ffee", ClientSecret: "the-client-secret-of-a-test"})
	s.sim.Advance(25 * time.Hour) // a refresh brings the same token within a day
	return org, token
}

// partner adds two organizations and a token that sees both.
func (s *service) partner() webexsim.Token {
	home := s.sim.AddOrganization(webexsim.OrganizationSpec{UUID: "99999999-0000-4000-8000-000000000001", Name: "Example Partner"})
	acme, globex := s.sim.AddOrganization(webexsim.StandardOrganization()), s.sim.AddOrganization(webexsim.TwoSubscriptionOrganization())
	return s.sim.IssueToken(webexsim.TokenSpec{Organization: home.UUID(), Organizations: []string{acme.UUID(), globex.UUID()}, Partner: true, Owner: "partner"})
}

func (s *service) secret(name string) map[string]string {
	s.t.Helper()
	secret := &corev1.Secret{}
	s.fetch(secret, name)
	values := map[string]string{}
	for key, value := range secret.Data {
		values[key] = string(value)
	}
	return values
}

func (s *service) customer(name string) *v1alpha1.WebexCustomerAccess {
	s.t.Helper()
	c := &v1alpha1.WebexCustomerAccess{}
	s.fetch(c, name)
	return c
}
