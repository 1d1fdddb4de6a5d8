package controllers

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// oauthCustomer is a synced customer with a refresh token, in a world with a clock.
func oauthCustomer(t *testing.T, adjust ...func(*fixtureOptions)) (*fixture, *v1alpha1.WebexCustomerAccess, *clocktesting.FakePassiveClock) {
	t.Helper()
	clock := newClock()
	f := newFixture(t, append([]func(*fixtureOptions){func(o *fixtureOptions) { o.clock, o.sim.Now = clock, clock.Now }}, adjust...)...)
	f.oauthSecret("oauth")
	customer := f.createCustomer("acme", func(c *v1alpha1.WebexCustomerAccess) {
		c.Spec.CredentialsSecretRef.Name = "oauth"
		c.Spec.StaleAfter = &metav1.Duration{Duration: 8760 * time.Hour}
	})
	return f, customer, clock
}

// tellsOf are the events about a customer after its first run.
func (f *fixture) tellsOf(customer *v1alpha1.WebexCustomerAccess) []string {
	f.t.Helper()
	f.settle(customer)
	told := f.told.of("WebexCustomerAccess", customer.Name)
	f.Expect(told).NotTo(BeEmpty())
	f.Expect(told[0]).To(Equal("Normal Synced"))
	return told[1:]
}

// A customer without runs is warned of its refresh token's end, once a lead, also
// across restarts; a run renews the token and ends the worry.
func TestRefreshTokenEndsSoon(t *testing.T) {
	f, customer, clock := oauthCustomer(t)
	look := func(by time.Duration, reason string) *metav1.Condition {
		f.t.Helper()
		advance(clock, by)
		f.poke(customer)
		return f.awaitCondition(customer, v1alpha1.ConditionCredentialsValid, metav1.ConditionTrue, reason)
	}
	look(59*day, v1alpha1.ReasonAccepted)
	f.Expect(f.tellsOf(customer)).To(BeEmpty())
	soon := look(2*day, v1alpha1.ReasonExpiresSoon)
	f.Expect(soon.Message).To(ContainSubstring(customer.Status.Credentials.RefreshTokenExpirationTime.UTC().Format("2006-01-02")))
	f.Expect(soon.Message).To(ContainSubstring(`Secret "oauth"`))
	want := []string{"Warning ExpiresSoon"}
	f.Expect(f.tellsOf(customer)).To(Equal(want))
	f.awaitCondition(customer, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSynced)

	for _, days := range []time.Duration{15, 8} { // 14 and 6 are left
		f.stop()
		f.start()
		again := look(days*day, v1alpha1.ReasonExpiresSoon)
		f.Expect(again.Message).To(Equal(soon.Message), "the message is stable")
		want = append(want, "Warning ExpiresSoon")
		f.poke(customer)
		f.Expect(f.tellsOf(customer)).To(Equal(want))
	}
	f.Expect(customer.Status.ExpiryWarning.DaysBefore).To(HaveValue(BeEquivalentTo(7)))

	f.run("acme")
	f.awaitCondition(customer, v1alpha1.ConditionCredentialsValid, metav1.ConditionTrue, v1alpha1.ReasonAccepted)
	f.Expect(f.tellsOf(customer)).To(Equal(append(want, "Normal Accepted")))
	f.Expect(customer.Status.ExpiryWarning).To(BeNil())
}

// While the access token lasts, a refused refresh fails no run; a person is told, and
// Webex is not asked again. What the person does about it is noticed.
func TestRefreshIsRefused(t *testing.T) {
	f, customer, clock := oauthCustomer(t)
	f.sim.AddRule(webexsim.Rule{
		Operation: refreshRequest, Status: http.StatusBadRequest, Body: `{"error":"invalid_grant","error_description":"a refresh token that ended","trackingID":"T_1"}`,
	})
	advance(clock, 9*day)
	f.sim.ResetRequests()
	f.expectReason(f.run("acme"), v1alpha1.ReasonSucceeded)
	refused := f.awaitCondition(customer, v1alpha1.ConditionCredentialsValid, metav1.ConditionTrue, v1alpha1.ReasonRefreshRefused)
	until := customer.Status.Credentials.AccessTokenExpirationTime.UTC().Format("2006-01-02")
	f.Expect(refused.Message).To(Equal("the access token ends on " + until + ` and cannot be renewed: Webex refused the refresh token or the client of Secret "oauth": authorize again and put the new refreshToken into it`))
	f.awaitCondition(customer, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSynced)
	f.Expect(f.tellsOf(customer)).To(Equal([]string{"Warning RefreshRefused"}))
	f.Expect(f.sim.Requests()).To(HaveKeyWithValue(refreshRequest, 1))

	f.stop()
	f.start()
	f.sim.ResetRequests()
	for range 2 {
		advance(clock, 2*time.Hour)
		f.expectReason(f.run("acme"), v1alpha1.ReasonSucceeded)
	}
	f.Expect(f.sim.Requests()).NotTo(HaveKey(refreshRequest), "a no is a no, for the next process, too")
	f.Expect(f.tellsOf(customer)).To(Equal([]string{"Warning RefreshRefused"}))

	advance(clock, 5*day)
	f.expectReason(f.run("acme"), v1alpha1.ReasonCredentialsRejected)
	f.awaitCondition(customer, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonCredentialsRejected)
	f.awaitCondition(customer, v1alpha1.ConditionCredentialsValid, metav1.ConditionFalse, v1alpha1.ReasonCredentialsRejected)

	f.sim.ClearRules()
	f.settle(customer)
	f.sim.ResetRequests()
	changed := time.Now()
	f.oauthSecret("oauth")
	f.Eventually(f.sim.TotalRequests).Should(BeNumerically(">", 0))
	f.Expect(time.Since(changed)).To(BeNumerically("<", 10*time.Second), "a rotated Secret wakes a stalled customer within seconds")
	f.awaitCondition(customer, v1alpha1.ConditionCredentialsValid, metav1.ConditionTrue, v1alpha1.ReasonAccepted)
	f.Expect(customer.Status.Credentials.Refusal).To(BeNil())
}

// Who replaces the Secret because of the warning need not wait for the next run.
func TestSecretChangesAfterAWarning(t *testing.T) {
	f, customer, clock := oauthCustomer(t)
	id := f.sim.AddRule(webexsim.Rule{Operation: refreshRequest, Status: http.StatusUnauthorized})
	advance(clock, 9*day)
	f.expectReason(f.run("acme"), v1alpha1.ReasonSucceeded)
	f.awaitCondition(customer, v1alpha1.ConditionCredentialsValid, metav1.ConditionTrue, v1alpha1.ReasonRefreshRefused)
	f.sim.RemoveRule(id)
	f.oauthSecret("oauth")
	f.awaitCondition(customer, v1alpha1.ConditionCredentialsValid, metav1.ConditionTrue, v1alpha1.ReasonAccepted)
	f.awaitRuns("acme", v1alpha1.TriggerSpecChange, 1)
	f.Expect(f.tellsOf(customer)).To(Equal([]string{"Warning RefreshRefused", "Normal Accepted"}))
}

// A personal token of which one tells the end.
func TestAccessTokenOfKnownEnd(t *testing.T) {
	clock := newClock()
	f := newFixture(t, func(o *fixtureOptions) { o.clock = clock })
	end := clock.Now().Add(12 * time.Hour).UTC().Truncate(time.Second)
	f.apply(credentialsSecret(f, "personal", map[string]string{access.KeyAccessToken: accessToken, access.KeyAccessTokenExpiresAt: end.Format(time.RFC3339)}))
	customer := f.createCustomer("acme", func(c *v1alpha1.WebexCustomerAccess) { c.Spec.CredentialsSecretRef.Name = "personal" })
	f.Expect(customer.Status.Credentials.AccessTokenExpirationTime.Time).To(BeTemporally("==", end))
	f.awaitCondition(customer, v1alpha1.ConditionCredentialsValid, metav1.ConditionTrue, v1alpha1.ReasonExpiresSoon)
	f.Expect(f.tellsOf(customer)).To(Equal([]string{"Warning ExpiresSoon"}))

	f.apply(credentialsSecret(f, "personal", map[string]string{access.KeyAccessToken: accessToken, access.KeyAccessTokenExpiresAt: "soon"}))
	f.awaitCondition(customer, v1alpha1.ConditionCredentialsValid, metav1.ConditionFalse, v1alpha1.ReasonSecretKeyInvalid)
}

// Many customers of a partner, whose runs find the token due at the same moment, or
// refused, cost one refresh; each rotation would make a second one fail.
func TestPartnersCustomersShareARefresh(t *testing.T) {
	clock := newClock()
	f := newFixture(t, func(o *fixtureOptions) {
		o.clock, o.sim.Now = clock, clock.Now
		o.sim.RefreshMode, o.sim.ReuseTokenWithin = webexsim.RefreshRotate, -1
	})
	organizations := []string{}
	for i := range 6 {
		organization := webexsim.OverAssignedOrganization()
		organization.UUID = fmt.Sprintf("%08d-2222-4333-8444-555555555555", i)
		f.sim.AddOrganization(organization)
		organizations = append(organizations, organization.UUID)
	}
	token := f.sim.IssueToken(webexsim.TokenSpec{Organization: f.org.UUID(), Organizations: organizations, Owner: partnerOwner, Partner: true, WithRefresh: true})
	f.apply(credentialsSecret(f, "oauth", map[string]string{
		access.KeyClientID: token.ClientID, access.KeyClientSecret: token.ClientSecret, access.KeyRefreshToken: token.Refresh,
	}))
	for i, organization := range organizations {
		customer := f.newCustomer(fmt.Sprint("customer-", i))
		customer.Spec.CredentialsSecretRef.Name, customer.Spec.OrganizationID = "oauth", organization
		f.create(customer)
	}
	together := func(prefix string) {
		f.t.Helper()
		f.sim.ResetRequests()
		var runs []*v1alpha1.LicenseSync
		for i := range organizations {
			runs = append(runs, f.newRun(fmt.Sprint(prefix, i), fmt.Sprint("customer-", i)))
			f.create(runs[i])
		}
		for _, run := range runs {
			f.awaitEnd(run)
			f.Expect(meta.IsStatusConditionTrue(run.Status.Conditions, v1alpha1.ConditionComplete)).To(BeTrue(), "%+v", run.Status)
		}
		f.Expect(f.sim.Requests()[refreshRequest]).To(Equal(1), "%v", f.sim.Requests())
	}
	together("first-")
	advance(clock, 9*day)
	together("due-")
	f.sim.RevokeToken(string(f.tokenSecret("oauth").Data[access.KeyAccessToken]))
	together("refused-")
	stored := f.tokenSecret("oauth")
	f.Expect(stored.OwnerReferences).To(HaveLen(len(organizations)))
	f.Expect(stored.Type).To(BeEquivalentTo("licensing.webex-operator.io/tokens"))
}

// A CA bundle in a Secret that comes late, or is exchanged, is noticed.
func TestCABundleSecretWakes(t *testing.T) {
	f := newFixture(t)
	customer := f.newCustomer("acme")
	customer.Spec.Connection.CABundleRef = &v1alpha1.CABundleReference{Kind: v1alpha1.CABundleKindSecret, Name: "ca", Key: "ca.crt"}
	f.create(customer)
	bundle := func(pem string) {
		f.apply(&corev1.Secret{ObjectMeta: f.meta("ca"), Data: map[string][]byte{"ca.crt": []byte(pem)}})
	}
	ended := func(reason string) {
		f.t.Helper()
		f.Eventually(func(g Gomega) {
			g.Expect(f.client.Get(f.ctx, keyOf(customer), customer)).To(Succeed())
			g.Expect(customer.Status.LastRun).NotTo(BeNil())
			g.Expect(customer.Status.LastRun.Reason).To(Equal(reason))
			for _, runs := range f.runs("acme") {
				for _, name := range runs {
					run := f.newRun(name, "acme")
					g.Expect(f.client.Get(f.ctx, keyOf(run), run)).To(Succeed())
					g.Expect(finished(run)).To(BeTrue())
				}
			}
		}).Should(Succeed())
		f.settle(customer)
	}
	ended(v1alpha1.ReasonCABundleInvalid)
	bundle("no certificate")
	f.awaitRuns("acme", v1alpha1.TriggerSpecChange, 1)
	ended(v1alpha1.ReasonCABundleInvalid)

	stranger, err := webexsim.New(webexsim.Options{TLS: true})
	f.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(stranger.Close)
	bundle(string(stranger.CACertificate()))
	f.awaitRuns("acme", v1alpha1.TriggerSpecChange, 2)
	ended(v1alpha1.ReasonAPIUnavailable)

	changed := time.Now()
	bundle(string(f.sim.CACertificate()))
	f.Eventually(f.sim.TotalRequests).Should(BeNumerically(">", 0))
	f.Expect(time.Since(changed)).To(BeNumerically("<", 10*time.Second))
	f.awaitCondition(customer, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSynced)
	f.awaitRuns("acme", v1alpha1.TriggerSpecChange, 3)
	f.settle(customer)
	f.forget()
	bundle(string(f.sim.CACertificate()) + "\n")
	f.settle(customer)
	f.Expect(f.sim.Requests()).To(BeEmpty(), "one that is exchanged while all is well waits for the next run")
}
