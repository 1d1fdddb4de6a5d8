package soak

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// customer is one organization and the way to it.
type customer struct {
	name   string
	sim    *webexsim.Server
	mode   webexsim.RefreshMode
	org    *webexsim.Organization
	spec   webexsim.OrganizationSpec
	secret *secret
	truths truths
	rng    *rand.Rand
	// audit says that its token may read the audit log.
	audit bool
	// runs are those that were asked for by name, tokens those by annotation.
	runs   []string
	tokens int
	rules  []string
}

// secret is what customers authenticate by; a partner's are several.
type secret struct {
	name  string
	owner string
	// renewable says that the operator can refresh its tokens, bootstrap that it
	// can get along without a refresh token.
	renewable, bootstrap bool
	// issue makes new credentials, as a person does who authorizes again.
	issue func() map[string]string

	mu sync.Mutex
	// token is the last one that was issued to a person.
	token webexsim.Token
}

// accessLife is how long access tokens live: each customer's are renewed many times.
const accessLife = 25 * time.Second

// addSim starts a Webex with its customers: one with an access token, one with an
// integration, one with a service app, and two of a partner.
func (w *world) addSim(mode webexsim.RefreshMode) {
	w.t.Helper()
	sim, err := webexsim.New(webexsim.Options{
		TLS: true, RefreshMode: mode, AccessTokenLifetime: accessLife, ReuseTokenWithin: -1, RequestLog: 1 << 20, Latency: 15 * time.Millisecond,
		Seed: w.seed + uint64(len(w.sims)) + 1,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(sim.Close)
	w.sims = append(w.sims, sim)
	ca := string(mode) + "-ca"
	w.create(&corev1.ConfigMap{ObjectMeta: w.meta(ca), Data: map[string]string{"ca.crt": string(sim.CACertificate())}})

	static := w.addOrganization(sim, mode, "static")
	static.secret = &secret{name: static.name, owner: static.name}
	static.secret.issue = func() map[string]string {
		token := sim.IssueToken(webexsim.TokenSpec{Organization: static.org.UUID(), Owner: static.name, ExpiresIn: 24 * time.Hour})
		static.secret.token = token
		return map[string]string{access.KeyAccessToken: token.Access}
	}
	integration := w.addOrganization(sim, mode, "integration")
	integration.secret = w.integration(sim, integration.name, webexsim.TokenSpec{Organization: integration.org.UUID(), Scopes: withAudit()})

	app := w.addOrganization(sim, mode, "app")
	registered := sim.AddServiceApp(webexsim.ServiceAppSpec{Organizations: []string{app.org.UUID()}})
	caller := sim.IssueToken(webexsim.TokenSpec{Organization: app.org.UUID(), Owner: "caller", Scopes: []string{webexsim.ScopeApplicationsToken}, ExpiresIn: 24 * time.Hour})
	app.secret = &secret{name: app.name, owner: "service-app-" + app.org.UUID(), renewable: true, bootstrap: true}
	app.secret.issue = func() map[string]string {
		return map[string]string{
			access.KeyApplicationID: registered.ID, access.KeyClientID: registered.ClientID, access.KeyClientSecret: registered.ClientSecret,
			access.KeyBootstrapToken: caller.Access,
		}
	}

	head := sim.AddOrganization(webexsim.OrganizationSpec{UUID: w.uuid(90), Name: "The partner"})
	first, second := w.addOrganization(sim, mode, "partner-a"), w.addOrganization(sim, mode, "partner-b")
	partner := w.integration(sim, string(mode)+"-partner", webexsim.TokenSpec{
		Organization: head.UUID(), Organizations: []string{first.org.UUID(), second.org.UUID()}, Partner: true, Scopes: withAudit(),
	})
	first.secret, second.secret = partner, partner
	integration.audit, first.audit, second.audit = true, true, true

	for _, s := range []*secret{static.secret, integration.secret, app.secret, partner} {
		w.create(&corev1.Secret{ObjectMeta: w.meta(s.name), StringData: s.issue()})
	}
	for _, c := range []*customer{static, integration, app, first, second} {
		c.truths.add(c)
		object := &v1alpha1.WebexCustomerAccess{
			ObjectMeta: w.meta(c.name),
			Spec: v1alpha1.WebexCustomerAccessSpec{
				CredentialsSecretRef: v1alpha1.CredentialsSecretReference{Name: c.secret.name},
				Connection:           &v1alpha1.Connection{BaseURL: sim.URL(), CABundleRef: &v1alpha1.CABundleReference{Name: ca}, RequestsPerMinute: 6000},
			},
		}
		if c == app || c.secret == partner {
			object.Spec.OrganizationID = c.org.UUID()
		}
		if c == app {
			object.Spec.Collection = &v1alpha1.Collection{SiteMaxAge: &metav1.Duration{Duration: time.Minute}}
		}
		w.create(object)
	}
}

// uuid is that of the n-th organization of the latest simulator.
func (w *world) uuid(n int) string {
	return fmt.Sprintf("%08d-%04d-4000-8000-%012d", len(w.sims), n, w.seed%1e12)
}

func (w *world) addOrganization(sim *webexsim.Server, mode webexsim.RefreshMode, kind string) *customer {
	c := &customer{name: string(mode) + "-" + kind, sim: sim, mode: mode}
	c.rng = w.rng(c.name)
	c.spec = webexsim.Generate(webexsim.GeneratorOptions{
		Seed: c.rng.Int64N(1 << 30), UUID: w.uuid(len(w.customers) % 5), Name: c.name, People: 210, Licenses: 7, Locations: 3, Workspaces: 5,
	})
	c.org = sim.AddOrganization(c.spec)
	w.customers = append(w.customers, c)
	return c
}

// integration is a Secret with a client and a refresh token.
func (w *world) integration(sim *webexsim.Server, name string, spec webexsim.TokenSpec) *secret {
	s := &secret{name: name, owner: name, renewable: true}
	spec.Owner, spec.WithRefresh = name, true
	s.issue = func() map[string]string {
		s.token = sim.IssueToken(spec)
		return map[string]string{
			access.KeyClientID: s.token.ClientID, access.KeyClientSecret: s.token.ClientSecret, access.KeyRefreshToken: s.token.Refresh,
		}
	}
	return s
}
