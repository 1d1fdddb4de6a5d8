package controllers

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

const refreshRequest = "POST /access_token"

// oauthSecret lets a client into the organization and puts its credentials into a Secret.
func (f *fixture) oauthSecret(name string) webexsim.Token {
	f.t.Helper()
	token := f.sim.IssueToken(webexsim.TokenSpec{Organization: f.opts.organization.UUID, WithRefresh: true})
	f.apply(&corev1.Secret{ObjectMeta: f.meta(name), Data: map[string][]byte{
		access.KeyClientID:     []byte(token.ClientID),
		access.KeyClientSecret: []byte(token.ClientSecret),
		access.KeyRefreshToken: []byte(token.Refresh),
	}})
	return token
}

// Refreshed tokens are kept in a Secret of the operator, whatever Webex does with
// the refresh token, and are refreshed only when need be.
func TestRefreshedTokens(t *testing.T) {
	for _, mode := range []webexsim.RefreshMode{webexsim.RefreshKeep, webexsim.RefreshRotate, webexsim.RefreshOmit} {
		t.Run(string(mode), func(t *testing.T) {
			clock := newClock()
			f := newFixture(t, func(o *fixtureOptions) {
				o.clock = clock
				o.sim.Now = clock.Now
				// Each refresh is a new token, as if the one of the authorization were old.
				o.sim.RefreshMode, o.sim.ReuseTokenWithin = mode, -1
			})
			issued := f.oauthSecret("oauth")
			users := &corev1.Secret{ObjectMeta: f.meta("oauth")}
			f.Expect(f.client.Get(f.ctx, keyOf(users), users)).To(Succeed())
			asked := make(chan map[string]int, 100)
			f.writes.before = func(what string) {
				if what == "PATCH secrets" {
					asked <- f.sim.Requests()
				}
			}
			customer := f.createCustomer("acme", func(c *v1alpha1.WebexCustomerAccess) { c.Spec.CredentialsSecretRef.Name = "oauth" })
			f.expectFigures(customer)
			f.Expect(customer.Status.Credentials.Kind).To(Equal(v1alpha1.CredentialKindIntegration))
			f.Expect(customer.Status.Credentials.AccessTokenExpirationTime.Time).To(BeTemporally("~", clock.Now().Add(14*24*time.Hour), time.Minute))
			f.Expect(customer.Status.Credentials.RefreshTokenExpirationTime.Time).To(BeTemporally("~", clock.Now().Add(90*24*time.Hour), time.Minute))
			f.Expect(asked).To(HaveLen(3))
			f.Expect(<-asked).To(BeEmpty(), "the Secret is made for what is applied to it")
			f.Expect(<-asked).To(BeEmpty(), "whether tokens can be stored is known before one is asked for")
			f.Expect(<-asked).To(Equal(map[string]int{refreshRequest: 1}), "the token is stored before it is used")

			stored := f.tokenSecret("oauth")
			f.Expect(string(stored.Data[access.KeyAccessToken])).NotTo(Or(BeEmpty(), Equal(issued.Access)))
			f.Expect(string(stored.Data[access.KeyRefreshToken]) == issued.Refresh).To(Equal(mode != webexsim.RefreshRotate))

			refreshes := func() int {
				f.t.Helper()
				f.sim.ResetRequests()
				run := f.run("acme")
				f.Expect(meta.IsStatusConditionTrue(run.Status.Conditions, v1alpha1.ConditionComplete)).To(BeTrue(), "%+v", run.Status)
				return f.sim.Requests()[refreshRequest]
			}
			f.Expect(refreshes()).To(BeZero(), "the token is good")
			f.sim.RevokeToken(string(stored.Data[access.KeyAccessToken]))
			f.Expect(refreshes()).To(Equal(1), "one 401, one refresh")
			f.Expect(refreshes()).To(BeZero())
			advance(clock, 6*24*time.Hour)
			f.Expect(refreshes()).To(BeZero(), "more than half of its life is left")
			advance(clock, 3*24*time.Hour)
			f.Expect(refreshes()).To(Equal(1), "less than half is left, and the jitter has passed")
			f.stop()
			f.start()
			f.Expect(refreshes()).To(BeZero(), "a restart knows the token")

			unchanged := &corev1.Secret{}
			f.Expect(f.client.Get(f.ctx, keyOf(users), unchanged)).To(Succeed())
			f.Expect(unchanged.ResourceVersion).To(Equal(users.ResourceVersion), "the user's Secret is the user's")
		})
	}
}

// Credentials that Webex refuses are not tried again; new ones of the user go
// before what the operator kept.
func TestUserReplacesCredentials(t *testing.T) {
	f := newFixture(t, func(o *fixtureOptions) { o.sim.RefreshMode = webexsim.RefreshRotate })
	f.oauthSecret("oauth")
	customer := f.createCustomer("acme", func(c *v1alpha1.WebexCustomerAccess) { c.Spec.CredentialsSecretRef.Name = "oauth" })
	first := f.tokenSecret("oauth")

	second := f.oauthSecret("oauth")
	f.sim.ResetRequests()
	f.run("acme")
	f.Expect(f.sim.Requests()).To(HaveKeyWithValue(refreshRequest, 1))
	stored := f.tokenSecret("oauth")
	f.Expect(stored.Data[access.KeyAccessToken]).NotTo(Equal(first.Data[access.KeyAccessToken]))
	f.sim.ResetRequests()
	f.run("acme")
	f.Expect(f.sim.Requests()).NotTo(HaveKey(refreshRequest))

	f.sim.RevokeRefreshToken(second.Refresh)
	f.sim.RevokeRefreshToken(string(stored.Data[access.KeyRefreshToken]))
	run := f.run("acme")
	f.Expect(meta.FindStatusCondition(run.Status.Conditions, v1alpha1.ConditionFailed).Reason).To(Equal(v1alpha1.ReasonCredentialsRejected))
	f.awaitCondition(customer, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonCredentialsRejected)
	f.awaitCondition(customer, v1alpha1.ConditionCredentialsValid, metav1.ConditionFalse, v1alpha1.ReasonCredentialsRejected)
	f.settle(customer)
	f.sim.ResetRequests()
	run = f.run("acme")
	f.Expect(meta.FindStatusCondition(run.Status.Conditions, v1alpha1.ConditionFailed).Reason).To(Equal(v1alpha1.ReasonCredentialsRejected))
	f.Expect(f.sim.Requests()).To(BeEmpty(), "what was refused is not tried again")

	f.oauthSecret("oauth")
	f.awaitCondition(customer, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSynced)
	f.awaitCondition(customer, v1alpha1.ConditionCredentialsValid, metav1.ConditionTrue, v1alpha1.ReasonAccepted)
	f.settle(customer)
	f.expectFigures(customer)
	f.awaitRuns("acme", v1alpha1.TriggerSpecChange, 1)
}
