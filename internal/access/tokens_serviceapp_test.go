package access

import (
	"fmt"
	"maps"
	"net/http"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/webex"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// serviceApp authorizes a Service App and writes a Secret with which it asks for
// its tokens, with a refreshed bootstrap token or a plain one.
func (w *tokenWorld) serviceApp(secret string, refreshed bool) (webexsim.ServiceApp, *v1alpha1.WebexCustomerAccess) {
	w.t.Helper()
	app := w.sim.AddServiceApp(webexsim.ServiceAppSpec{Organizations: []string{webexsim.StandardUUID}})
	w.secret(secret, w.appKeys(app, refreshed))
	return app, w.customer("customer-of-"+secret, secret, inStandard)
}

func inStandard(c *v1alpha1.WebexCustomerAccess) { c.Spec.OrganizationID = webexsim.StandardUUID }

func (w *tokenWorld) appKeys(app webexsim.ServiceApp, refreshed bool) map[string]string {
	caller := w.sim.IssueToken(webexsim.TokenSpec{
		Organization: webexsim.StandardUUID, Scopes: []string{webexsim.ScopeApplicationsToken}, NoRole: true, Owner: "developer", WithRefresh: true,
	})
	keys := map[string]string{KeyApplicationID: app.ID, KeyClientID: app.ClientID, KeyClientSecret: app.ClientSecret}
	if refreshed {
		maps.Copy(keys, map[string]string{
			KeyBootstrapClientID: caller.ClientID, KeyBootstrapClientSecret: caller.ClientSecret, KeyBootstrapRefreshToken: caller.Refresh,
		})
	} else {
		keys[KeyBootstrapToken] = caller.Access
	}
	return keys
}

func (w *tokenWorld) requests() map[string]int {
	requests := maps.Clone(w.sim.Requests())
	maps.DeleteFunc(requests, func(name string, _ int) bool { return name != refreshRequest && name != appRequest })
	return requests
}

// A Service App whose refresh token is of no use asks for another pair, once.
func TestServiceAppAsksForTokens(t *testing.T) {
	for _, mode := range refreshModes {
		t.Run(string(mode), func(t *testing.T) {
			w := newTokenWorld(t, func(o *webexsim.Options) { o.RefreshMode = mode })
			app, customer := w.serviceApp("app", true)
			name := TokenSecretName("app", webexsim.StandardUUID[:8])
			use := func() error { w.sim.ResetRequests(); _, err := w.use(t.Context(), customer); return err }

			w.Expect(use()).To(Succeed())
			w.Expect(w.requests()).To(Equal(map[string]int{refreshRequest: 1, appRequest: 1}), "of the bootstrap, and the first pair")
			w.Expect(use()).To(Succeed())
			w.Expect(w.requests()).To(BeEmpty())
			w.clock.SetTime(noon.Add(9 * day))
			w.Expect(use()).To(Succeed())
			w.Expect(w.requests()).To(Equal(map[string]int{refreshRequest: 2}), "the pair, and the bootstrap, which must not end")
			w.sim.RevokeRefreshToken(string(w.stored(name).Data[KeyRefreshToken]))
			w.Expect(use()).To(Succeed())
			w.Expect(w.requests()).To(Equal(map[string]int{refreshRequest: 1, appRequest: 1}), "refused, and asked for anew")
			w.Expect(string(w.stored(name).Data[keyOrganization])).To(Equal(webexsim.StandardUUID))

			// The app is withdrawn: its tokens die, and there are no others.
			w.Expect(w.sim.DeauthorizeServiceApp(app.ID, webexsim.StandardUUID)).To(Succeed())
			failure := w.failure(use())
			w.Expect(w.requests()).To(Equal(map[string]int{refreshRequest: 1, appRequest: 1}))
			w.Expect(failure.Reason).To(Equal(v1alpha1.ReasonCredentialsRejected))
			w.Expect(failure.Message).To(And(ContainSubstring("full administrator"), ContainSubstring("spark:applications_token")))
			w.Expect(w.failure(use()).Message).To(Equal(failure.Message))
			w.Expect(w.sim.TotalRequests()).To(BeZero(), "what was refused is not tried again")

			w.Expect(w.sim.AuthorizeServiceApp(app.ID, webexsim.StandardUUID)).To(Succeed())
			secret := w.stored("app")
			secret.Annotations = map[string]string{"example.com/authorized": "again"}
			w.Expect(w.api.Update(t.Context(), secret)).To(Succeed())
			w.Expect(use()).To(Succeed(), "any change of the Secret is worth a try")
		})
	}
}

// A Service App that many organizations authorized needs one Secret: each
// organization has its own pair, and all share the bootstrap.
func TestServiceAppOfManyOrganizations(t *testing.T) {
	w := newTokenWorld(t, func(o *webexsim.Options) { o.RefreshMode = webexsim.RefreshRotate })
	app := w.sim.AddServiceApp(webexsim.ServiceAppSpec{})
	w.secret("app", w.appKeys(app, true))
	var customers []*v1alpha1.WebexCustomerAccess
	for i := range 3 {
		organization := webexsim.StandardOrganization()
		organization.UUID = fmt.Sprintf("%08d-2222-4333-8444-555555555555", i)
		w.sim.AddOrganization(organization)
		w.Expect(w.sim.AuthorizeServiceApp(app.ID, organization.UUID)).To(Succeed())
		customers = append(customers, w.customer(fmt.Sprint("customer-", i), "app", func(c *v1alpha1.WebexCustomerAccess) { c.Spec.OrganizationID = organization.UUID }))
	}
	tokens := map[string]bool{}
	w.sim.ResetRequests()
	for i, customer := range customers {
		_, err := w.use(t.Context(), customer)
		w.Expect(err).NotTo(HaveOccurred())
		stored := w.stored(fmt.Sprintf("app-%08d-webex-token", i))
		w.Expect(stored.OwnerReferences).To(ConsistOf(customerUser(customer).reference()))
		tokens[string(stored.Data[KeyAccessToken])] = true
	}
	w.Expect(tokens).To(HaveLen(3))
	w.Expect(w.requests()).To(Equal(map[string]int{refreshRequest: 1, appRequest: 3}))
	w.Expect(w.stored("app-bootstrap-webex-token").OwnerReferences).To(HaveLen(3))
}

// Each way in which a Service App can be refused tells a person what to do.
func TestServiceAppRefusals(t *testing.T) {
	for name, test := range map[string]struct {
		spoil   func(w *tokenWorld, app webexsim.ServiceApp, keys map[string]string)
		adjust  func(*v1alpha1.WebexCustomerAccess)
		reason  string
		message string
	}{
		"not authorized": {
			spoil: func(w *tokenWorld, app webexsim.ServiceApp, _ map[string]string) {
				w.Expect(w.sim.DeauthorizeServiceApp(app.ID, webexsim.StandardUUID)).To(Succeed())
			},
			reason: v1alpha1.ReasonCredentialsRejected, message: "let a full administrator of the organization authorize it",
		},
		"a bootstrap token without the scope": {
			spoil: func(w *tokenWorld, _ webexsim.ServiceApp, keys map[string]string) {
				keys[KeyBootstrapToken] = w.authorize().Access
			},
			reason: v1alpha1.ReasonCredentialsRejected, message: "spark:applications_token",
		},
		"a bootstrap token that ended": {
			spoil:  func(_ *tokenWorld, _ webexsim.ServiceApp, keys map[string]string) { keys[KeyBootstrapToken] = "t0ken" },
			reason: v1alpha1.ReasonCredentialsRejected, message: "Webex refused the bootstrap token, or the client of the Service App",
		},
		"a bootstrap token that no header can carry": {
			spoil:  func(_ *tokenWorld, _ webexsim.ServiceApp, keys map[string]string) { keys[KeyBootstrapToken] = "t0 ken" },
			reason: v1alpha1.ReasonSecretKeyInvalid, message: `key "bootstrapToken" of Secret "app" has a blank inside`,
		},
		"a wrong client": {
			spoil:  func(_ *tokenWorld, _ webexsim.ServiceApp, keys map[string]string) { keys[KeyClientSecret] = "wr0ng" },
			reason: v1alpha1.ReasonCredentialsRejected, message: "Webex refused the bootstrap token, or the client of the Service App",
		},
		"another application": {
			spoil:  func(_ *tokenWorld, _ webexsim.ServiceApp, keys map[string]string) { keys[KeyApplicationID] = "other" },
			reason: v1alpha1.ReasonCredentialsRejected, message: "Webex does not know the Service App",
		},
		"government": {
			spoil: func(w *tokenWorld, _ webexsim.ServiceApp, _ map[string]string) {
				w.sim.SetOptions(func(o *webexsim.Options) { o.Government = true })
			},
			reason: v1alpha1.ReasonCredentialsRejected, message: "as Webex for Government: correct applicationID, or put a refreshToken into the Secret",
		},
		"a bad request": {
			spoil: func(w *tokenWorld, _ webexsim.ServiceApp, _ map[string]string) {
				w.sim.AddRule(webexsim.Rule{Operation: appRequest, Status: 400})
			},
			reason: v1alpha1.ReasonCredentialsRejected, message: "spec.organizationID",
		},
		"a bootstrap refresh token that was revoked": {
			spoil: func(w *tokenWorld, app webexsim.ServiceApp, keys map[string]string) {
				maps.Copy(keys, w.appKeys(app, true))
				delete(keys, KeyBootstrapToken)
				w.sim.RevokeRefreshToken(keys[KeyBootstrapRefreshToken])
			},
			reason: v1alpha1.ReasonCredentialsRejected, message: "put the new bootstrapRefreshToken into it; nothing is tried",
		},
		"an unknown organization": {
			adjust: func(c *v1alpha1.WebexCustomerAccess) { c.Spec.OrganizationID = "" },
			reason: v1alpha1.ReasonOrganizationRequired, message: "set spec.organizationID",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTokenWorld(t)
			app := w.sim.AddServiceApp(webexsim.ServiceAppSpec{Organizations: []string{webexsim.StandardUUID}})
			keys := w.appKeys(app, false)
			if test.spoil != nil {
				test.spoil(w, app, keys)
			}
			w.secret("app", keys)
			customer := w.customer("acme", "app", inStandard)
			if test.adjust != nil {
				test.adjust(customer)
			}
			_, err := w.run(customer)
			failure := w.failure(err)
			w.Expect(failure.Reason).To(Equal(test.reason))
			w.Expect(failure.Retriable()).To(BeFalse())
			w.Expect(failure.Message).To(ContainSubstring(test.message))
			w.Expect(failures.ConcernsCredentials(failure.Reason)).To(BeTrue(), "a change of the Secret wakes it")
			w.Expect(len(failure.Message)).To(BeNumerically("<", 512))
			for _, key := range []string{KeyClientSecret, KeyBootstrapToken, KeyBootstrapRefreshToken} {
				if keys[key] != "" {
					w.Expect(failure.Message).NotTo(ContainSubstring(keys[key]))
				}
			}
			_, err = w.run(customer)
			w.Expect(w.failure(err).Message).To(Equal(failure.Message))
			w.Expect(w.sim.TotalRequests()).To(BeZero(), "no customer asks again")
		})
	}
}

// Trouble on the way of a fallback is no refusal.
func TestServiceAppInTrouble(t *testing.T) {
	w := newTokenWorld(t)
	token := w.authorize()
	app := w.sim.AddServiceApp(webexsim.ServiceAppSpec{Organizations: []string{webexsim.StandardUUID}, ClientID: token.ClientID, ClientSecret: token.ClientSecret})
	keys := w.appKeys(app, false)
	keys[KeyRefreshToken] = token.Refresh
	w.secret("app", keys)
	// Without spec.organizationID: the organization is the one that was found before.
	customer := w.customer("acme", "app", func(c *v1alpha1.WebexCustomerAccess) {
		c.Status.Organization = &v1alpha1.OrganizationStatus{ID: webexsim.StandardUUID}
	})
	w.Expect(w.run(customer)).To(Equal(1))
	w.sim.RevokeRefreshToken(token.Refresh)
	w.sim.AddRule(webexsim.Rule{Operation: appRequest, Status: http.StatusServiceUnavailable, Times: 2})
	n, err := w.run(customer)
	w.Expect(n).To(Equal(2))
	w.Expect(w.failure(err).Class).To(Equal(webex.ClassTransient))
	w.clock.Step(time.Minute)
	n, err = w.run(customer)
	w.Expect(n).To(Equal(1), "the refresh token is known to be refused")
	w.Expect(w.failure(err).Class).To(Equal(webex.ClassTransient))
	w.clock.Step(time.Minute)
	w.Expect(w.run(customer)).To(Equal(1))
	w.Expect(w.run(customer)).To(BeZero())

	// The pair is of that organization, and of no other that names the Secret.
	_, err = w.run(w.customer("other", "app", func(c *v1alpha1.WebexCustomerAccess) { c.Spec.OrganizationID = "99999999-2222-4333-8444-555555555555" }))
	w.Expect(w.failure(err).Reason).To(Equal(v1alpha1.ReasonOrganizationMismatch))
}

// The bootstrap's own refresh token is kept alive, and its end does no harm to runs.
func TestBootstrapThatEnds(t *testing.T) {
	w := newTokenWorld(t)
	_, customer := w.serviceApp("app", true)
	w.Expect(w.run(customer)).To(Equal(2))
	w.sim.RevokeRefreshToken(string(w.stored("app-bootstrap-webex-token").Data[KeyRefreshToken]))
	w.clock.SetTime(noon.Add(9 * day))
	w.Expect(w.run(customer)).To(Equal(2))
	a, err := w.use(t.Context(), customer)
	w.Expect(err).NotTo(HaveOccurred())
	o, _ := a.Outlook()
	w.Expect(o.Refused.Message).To(Equal(`Webex refused the bootstrap refresh token or client of Secret "app": authorize it again and put the new bootstrapRefreshToken into it`))
	w.Expect(w.run(customer)).To(BeZero())
}
