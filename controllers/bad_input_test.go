package controllers

import (
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

func credentialsSecret(f *fixture, name string, data map[string]string) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: f.meta(name), StringData: data}
}

// organization adds a small organization of its own, with a token.
func (f *fixture) organization(seed int) (uuid, token string) {
	organization := f.sim.AddOrganization(webexsim.Generate(webexsim.GeneratorOptions{Seed: int64(1000 + seed), People: 3, Licenses: 6, Locations: 1}))
	return organization.UUID(), f.sim.IssueToken(webexsim.TokenSpec{Organization: organization.UUID()}).Access
}

// customerOf creates a customer with a token of an organization.
func (f *fixture) customerOf(name, uuid string) *v1alpha1.WebexCustomerAccess {
	f.t.Helper()
	token := f.sim.IssueToken(webexsim.TokenSpec{Organization: uuid})
	f.apply(credentialsSecret(f, name, map[string]string{access.KeyAccessToken: token.Access}))
	customer := f.newCustomer(name)
	customer.Spec.CredentialsSecretRef.Name = name
	f.create(customer)
	return customer
}

// forbiddenListener listens on a host that no operator may talk to, and counts who connects.
func forbiddenListener(t *testing.T) (address string, connections *atomic.Int32) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	connections = &atomic.Int32{}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			_ = conn.Close()
		}
	}()
	return listener.Addr().String(), connections
}

// badInput is a customer that cannot be synced, and what mends it.
type badInput struct {
	name string
	// spoil makes the customer or its Secret wrong. Both are right before.
	spoil func(c *v1alpha1.WebexCustomerAccess, s *corev1.Secret)
	// condition, reason and words are what the user gets to read.
	condition string
	reason    string
	words     []string
	// retried says that the operator tries again by itself.
	retried bool
	// mend brings the customer to Ready; nil if only another customer can.
	mend func(c *v1alpha1.WebexCustomerAccess, s *corev1.Secret)
}

const (
	spoiledTokenKey = "token"
	strangerUUID    = "99999999-2222-4333-8444-555555555555"
)

func secretInputs() []badInput {
	only := func(s *corev1.Secret, data map[string]string) { s.Data, s.StringData = nil, data }
	token := func(_ *v1alpha1.WebexCustomerAccess, s *corev1.Secret) {
		only(s, map[string]string{access.KeyAccessToken: s.Annotations[spoiledTokenKey]})
	}
	return []badInput{
		{
			name:      "key-missing",
			spoil:     func(_ *v1alpha1.WebexCustomerAccess, s *corev1.Secret) { only(s, map[string]string{"password": "x"}) },
			condition: v1alpha1.ConditionCredentialsValid, reason: v1alpha1.ReasonSecretKeyMissing,
			words: []string{`Secret "key-missing" has no key "accessToken"`, "give it key accessToken"}, mend: token,
		}, {
			name: "key-empty",
			spoil: func(_ *v1alpha1.WebexCustomerAccess, s *corev1.Secret) {
				only(s, map[string]string{access.KeyAccessToken: "\n"})
			},
			condition: v1alpha1.ConditionCredentialsValid, reason: v1alpha1.ReasonSecretKeyMissing,
			words: []string{`has an empty key "accessToken"`, "give it key accessToken"}, mend: token,
		}, {
			name: "refresh-token-missing",
			spoil: func(_ *v1alpha1.WebexCustomerAccess, s *corev1.Secret) {
				only(s, map[string]string{access.KeyClientID: "id", access.KeyClientSecret: "secret"})
			},
			condition: v1alpha1.ConditionCredentialsValid, reason: v1alpha1.ReasonSecretKeyMissing,
			words: []string{`has no key "refreshToken"`, "clientID, clientSecret and refreshToken"}, mend: token,
		}, {
			name: "token-with-a-line-break",
			spoil: func(_ *v1alpha1.WebexCustomerAccess, s *corev1.Secret) {
				only(s, map[string]string{access.KeyAccessToken: "one\ntwo"})
			},
			condition: v1alpha1.ConditionCredentialsValid, reason: v1alpha1.ReasonSecretKeyInvalid,
			words: []string{`key "accessToken"`, "has several lines", "on one line"}, mend: token,
		}, {
			name: "refresh-refused",
			spoil: func(_ *v1alpha1.WebexCustomerAccess, s *corev1.Secret) {
				only(s, map[string]string{access.KeyClientID: "id", access.KeyClientSecret: "secret", access.KeyRefreshToken: "gone"})
			},
			condition: v1alpha1.ConditionCredentialsValid, reason: v1alpha1.ReasonCredentialsRejected,
			words: []string{`Secret "refresh-refused"`, "authorize again"}, mend: token,
		},
	}
}

func connectionInputs(f *fixture, forbidden string) []badInput {
	mend := func(c *v1alpha1.WebexCustomerAccess, _ *corev1.Secret) {
		c.Spec.Connection = f.newCustomer("").Spec.Connection
	}
	caBundle := func(ref v1alpha1.CABundleReference) func(*v1alpha1.WebexCustomerAccess, *corev1.Secret) {
		return func(c *v1alpha1.WebexCustomerAccess, _ *corev1.Secret) { c.Spec.Connection.CABundleRef = &ref }
	}
	return []badInput{
		{
			name: "host-not-allowed",
			spoil: func(c *v1alpha1.WebexCustomerAccess, _ *corev1.Secret) {
				c.Spec.Connection.BaseURL = "https://" + forbidden + "/v1"
			},
			condition: v1alpha1.ConditionStalled, reason: v1alpha1.ReasonHostNotAllowed,
			words: []string{"spec.connection.baseURL", "--allowed-api-hosts"}, mend: mend,
		}, {
			name: "proxy-not-allowed",
			spoil: func(c *v1alpha1.WebexCustomerAccess, _ *corev1.Secret) {
				c.Spec.Connection.ProxyURL = "http://" + forbidden
			},
			condition: v1alpha1.ConditionStalled, reason: v1alpha1.ReasonHostNotAllowed,
			words: []string{"spec.connection.proxyURL", "--allowed-proxy-hosts"}, mend: mend,
		}, {
			name:      "ca-bundle-missing",
			spoil:     caBundle(v1alpha1.CABundleReference{Name: "nowhere"}),
			condition: v1alpha1.ConditionReady, reason: v1alpha1.ReasonCABundleInvalid, retried: true,
			words: []string{`ConfigMap "nowhere" of spec.connection.caBundleRef does not exist`, "create it"}, mend: mend,
		}, {
			name:      "ca-bundle-secret-missing",
			spoil:     caBundle(v1alpha1.CABundleReference{Kind: v1alpha1.CABundleKindSecret, Name: "nowhere"}),
			condition: v1alpha1.ConditionReady, reason: v1alpha1.ReasonCABundleInvalid, retried: true,
			words: []string{`Secret "nowhere" of spec.connection.caBundleRef does not exist`}, mend: mend,
		}, {
			name:      "ca-bundle-key-missing",
			spoil:     caBundle(v1alpha1.CABundleReference{Name: "webex-ca", Key: "other.crt"}),
			condition: v1alpha1.ConditionReady, reason: v1alpha1.ReasonCABundleInvalid, retried: true,
			words: []string{"spec.connection.caBundleRef", `key "other.crt"`, "put the certificate authority there"}, mend: mend,
		}, {
			name:      "ca-bundle-garbage",
			spoil:     caBundle(v1alpha1.CABundleReference{Name: "garbage"}),
			condition: v1alpha1.ConditionReady, reason: v1alpha1.ReasonCABundleInvalid, retried: true,
			words: []string{"spec.connection.caBundleRef", "damaged: copy it again"}, mend: mend,
		}, {
			name:      "certificate-not-trusted",
			spoil:     func(c *v1alpha1.WebexCustomerAccess, _ *corev1.Secret) { c.Spec.Connection.CABundleRef = nil },
			condition: v1alpha1.ConditionReady, reason: v1alpha1.ReasonAPIUnavailable, retried: true,
			words: []string{"certificate is not trusted", "spec.connection"}, mend: mend,
		},
	}
}

func organizationInputs(f *fixture) []badInput {
	token := func(spec webexsim.TokenSpec) func(*v1alpha1.WebexCustomerAccess, *corev1.Secret) {
		return func(c *v1alpha1.WebexCustomerAccess, s *corev1.Secret) {
			spec := spec
			if spec.Organization == "" {
				spec.Organization = c.Labels["organization"]
			}
			s.Data, s.StringData = nil, map[string]string{access.KeyAccessToken: f.sim.IssueToken(spec).Access}
		}
	}
	other, _ := f.organization(900)
	return []badInput{
		{
			name: "organization-id-garbage",
			spoil: func(c *v1alpha1.WebexCustomerAccess, _ *corev1.Secret) {
				c.Spec.OrganizationID = "Y2lzY29zcGFyazovZ2FyYmFnZWdhcmJhZ2VnYXJiYWdlZ2FyYmFnZQ"
			},
			condition: v1alpha1.ConditionStalled, reason: v1alpha1.ReasonInvalidOrganizationID,
			words: []string{"spec.organizationID", "copy it from Control Hub", "create it with the right id"},
		}, {
			name: "organization-unknown",
			spoil: func(c *v1alpha1.WebexCustomerAccess, _ *corev1.Secret) {
				c.Spec.OrganizationID = strangerUUID
			},
			condition: v1alpha1.ConditionStalled, reason: v1alpha1.ReasonOrganizationMismatch,
			words: []string{"spec.organizationID", strangerUUID, "use a token of that organization"},
		}, {
			name: "organization-not-the-tokens",
			spoil: func(c *v1alpha1.WebexCustomerAccess, s *corev1.Secret) {
				c.Spec.OrganizationID = c.Labels["organization"]
				token(webexsim.TokenSpec{Organization: other})(c, s)
			},
			condition: v1alpha1.ConditionStalled, reason: v1alpha1.ReasonOrganizationMismatch,
			words: []string{"spec.organizationID", "use a token of that organization"},
			mend:  token(webexsim.TokenSpec{}),
		}, {
			name:      "several-organizations",
			spoil:     token(webexsim.TokenSpec{Organizations: []string{other}}),
			condition: v1alpha1.ConditionStalled, reason: v1alpha1.ReasonOrganizationRequired,
			words: []string{"set spec.organizationID"},
			mend: func(c *v1alpha1.WebexCustomerAccess, _ *corev1.Secret) {
				c.Spec.OrganizationID = c.Labels["organization"]
			},
		}, {
			name:      "scope-missing",
			spoil:     token(webexsim.TokenSpec{Scopes: []string{webexsim.ScopeOrganizations, webexsim.ScopeLicenses, webexsim.ScopeLocations, webexsim.ScopeRoles}}),
			condition: v1alpha1.ConditionStalled, reason: v1alpha1.ReasonForbidden,
			words: []string{"list people", "scopes", "spec.credentialsSecretRef"},
			mend:  token(webexsim.TokenSpec{}),
		},
	}
}

// Each bad input has a condition that names the field and the remedy, and goes
// away when the user follows it.
func TestBadInput(t *testing.T) {
	f := newFixture(t)
	forbidden, connections := forbiddenListener(t)
	f.apply(&corev1.ConfigMap{ObjectMeta: f.meta("garbage"), Data: map[string]string{"ca.crt": "-----BEGIN CERTIFICATE-----\nno\n"}})

	inputs := append(append(secretInputs(), connectionInputs(f, forbidden)...), organizationInputs(f)...)
	customers, secrets := make([]*v1alpha1.WebexCustomerAccess, len(inputs)), make([]*corev1.Secret, len(inputs))
	for i, input := range inputs {
		uuid, token := f.organization(i)
		secrets[i] = credentialsSecret(f, input.name, map[string]string{access.KeyAccessToken: token})
		secrets[i].Annotations = map[string]string{spoiledTokenKey: token}
		customers[i] = f.newCustomer(input.name)
		customers[i].Labels = map[string]string{"organization": uuid}
		customers[i].Spec.CredentialsSecretRef.Name = input.name
		input.spoil(customers[i], secrets[i])
		f.create(secrets[i], customers[i])
	}
	for i, input := range inputs {
		customer := customers[i]
		var got *metav1.Condition
		f.Eventually(func(g Gomega) {
			g.Expect(f.client.Get(f.ctx, client.ObjectKeyFromObject(customer), customer)).To(Succeed())
			got = meta.FindStatusCondition(customer.Status.Conditions, input.condition)
			g.Expect(got).NotTo(BeNil(), "%s: %+v", input.name, customer.Status)
			g.Expect(got.Reason).To(Equal(input.reason), "%s: %+v", input.name, customer.Status)
		}).Should(Succeed())
		for _, word := range input.words {
			f.Expect(got.Message).To(ContainSubstring(word), input.name)
		}
		if got.Type == v1alpha1.ConditionReady && input.retried {
			f.Expect(got.Status).To(Equal(metav1.ConditionFalse), input.name)
			f.Expect(meta.IsStatusConditionTrue(customer.Status.Conditions, v1alpha1.ConditionReconciling)).To(BeTrue(), input.name)
		}
	}
	f.Expect(connections.Load()).To(BeZero(), "a host that is not allowed gets no connection")

	for i, input := range inputs {
		if input.mend == nil {
			continue
		}
		f.change(customers[i], func(c *v1alpha1.WebexCustomerAccess) { input.mend(c, secrets[i]) })
		f.apply(secrets[i])
	}
	for i, input := range inputs {
		if input.mend != nil {
			f.awaitCondition(customers[i], v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSynced)
			f.Expect(meta.IsStatusConditionTrue(customers[i].Status.Conditions, v1alpha1.ConditionCredentialsValid)).To(BeTrue(), input.name)
			f.Expect(f.rows(input.name)).NotTo(BeEmpty(), input.name)
		}
	}
	f.Expect(connections.Load()).To(BeZero())
}

func TestSecretMissing(t *testing.T) {
	f := newFixture(t)
	customer := f.newCustomer("acme")
	customer.Spec.CredentialsSecretRef.Name = "later"
	f.create(customer)
	ready := f.awaitCondition(customer, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound)
	f.awaitCondition(customer, v1alpha1.ConditionReconciling, metav1.ConditionTrue, v1alpha1.ReasonSecretNotFound)
	f.Expect(ready.Message).To(And(ContainSubstring(`Secret "later" of spec.credentialsSecretRef does not exist`), ContainSubstring("create it")))
	f.awaitCondition(customer, v1alpha1.ConditionCredentialsValid, metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound)

	run := f.run("acme")
	expectOneEnd(f, run)
	f.expectReason(run, v1alpha1.ReasonSecretNotFound)
	f.awaitCondition(customer, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonSecretNotFound)
	f.Expect(f.sim.TotalRequests()).To(BeZero())

	f.apply(credentialsSecret(f, "later", map[string]string{access.KeyAccessToken: accessToken}))
	created := time.Now()
	f.Eventually(f.sim.TotalRequests).Should(BeNumerically(">", 0))
	f.Expect(time.Since(created)).To(BeNumerically("<", 10*time.Second), "the Secret is watched")
	f.awaitCondition(customer, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSynced)
	f.expectRows("acme")

	rows := f.versions("acme")
	f.Expect(f.client.Delete(f.ctx, credentialsSecret(f, "later", nil))).To(Succeed())
	f.awaitCondition(customer, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonSecretNotFound)
	f.Expect(f.versions("acme")).To(Equal(rows), "the last good figures stay")
}

// No run tries refused credentials again before the Secret changes.
func TestTokenRefused(t *testing.T) {
	f := newFixture(t)
	customer := f.createCustomer("acme")
	rows := f.versions("acme")
	f.sim.RevokeToken(accessToken)
	run := f.run("acme")
	expectOneEnd(f, run)
	f.expectReason(run, v1alpha1.ReasonCredentialsRejected)
	f.Expect(run.Status.Message).To(ContainSubstring("tracking id"), "Webex support asks for it")
	stalled := f.awaitCondition(customer, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonCredentialsRejected)
	f.Expect(stalled.Message).To(ContainSubstring("put a valid token into the Secret of spec.credentialsSecretRef"))
	f.awaitCondition(customer, v1alpha1.ConditionCredentialsValid, metav1.ConditionFalse, v1alpha1.ReasonCredentialsRejected)
	f.awaitCondition(customer, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonCredentialsRejected)

	f.sim.ResetRequests()
	f.expectReason(f.run("acme"), v1alpha1.ReasonCredentialsRejected)
	f.setAnnotation(customer, v1alpha1.AnnotationRequestedAt, "now")
	f.Eventually(func(g Gomega) {
		g.Expect(f.client.Get(f.ctx, client.ObjectKeyFromObject(customer), customer)).To(Succeed())
		g.Expect(customer.Status.LastHandledReconcileAt).To(Equal("now"))
	}).Should(Succeed())
	f.settle(customer)
	f.stop()
	f.start()
	f.expectReason(f.run("acme"), v1alpha1.ReasonCredentialsRejected)
	f.settle(customer)
	f.Expect(f.sim.Requests()).To(BeEmpty())
	f.awaitCondition(customer, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonCredentialsRejected)
	f.Expect(f.versions("acme")).To(Equal(rows), "the last good figures stay")

	token := f.sim.IssueToken(webexsim.TokenSpec{Organization: f.org.UUID()})
	f.apply(credentialsSecret(f, "webex-token", map[string]string{access.KeyAccessToken: token.Access}))
	f.awaitCondition(customer, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSynced)
	f.awaitCondition(customer, v1alpha1.ConditionCredentialsValid, metav1.ConditionTrue, v1alpha1.ReasonAccepted)
}

func TestDefaultsThatMatchNothing(t *testing.T) {
	f := newFixture(t)
	customer := f.createCustomer("acme", func(c *v1alpha1.WebexCustomerAccess) {
		c.Spec.DefaultSubscription, c.Spec.DefaultSiteURL = "Sub-of-another", "other.webex.com"
	})
	condition := f.awaitCondition(customer, v1alpha1.ConditionDefaultsResolved, metav1.ConditionFalse, v1alpha1.ReasonDefaultNotFound)
	f.Expect(condition.Message).To(And(
		ContainSubstring(`spec.defaultSubscription "Sub-of-another" is none of the organization's: set it to one of trialSub.`),
		ContainSubstring(`spec.defaultSiteURL "other.webex.com" is none of the organization's: set it to one of acme.example.webex.com`)))
	f.expectRows("acme")
	f.Expect(f.rows("acme")["Customer Webex Calling - Professional @ acme"].Status.AssignableReason).To(Equal(v1alpha1.AssignableDefaultNotFound))
}

// What is large within the bounds of the API works.
func TestLargeInput(t *testing.T) {
	f := newFixture(t)
	name := strings.Repeat("a", 63)
	customer := f.createCustomer(name, func(c *v1alpha1.WebexCustomerAccess) {
		c.Annotations = map[string]string{"example.com/notes": strings.Repeat("n", 200_000)}
		c.Spec.CustomerName = strings.Repeat("ü", 256)
	})
	f.Expect(f.rows(name)).To(HaveLen(len(f.org.Truth().Licenses) + siteRows(f.org.Truth())))

	f.setAnnotation(customer, v1alpha1.AnnotationRequestedAt, strings.Repeat("x", 10_000))
	f.awaitRuns(name, v1alpha1.TriggerManual, 1)
	f.settle(customer)
	f.Expect(customer.Status.LastHandledReconcileAt).To(HavePrefix("sha256:"))
	requests := f.sim.TotalRequests()
	f.stop()
	f.start()
	f.settle(customer)
	f.Expect(f.sim.TotalRequests()).To(Equal(requests), "the same token never runs twice")
}

func siteRows(truth webexsim.Truth) (n int) {
	for _, license := range truth.Licenses {
		n += len(license.Locations)
	}
	return n
}

// A licence list that comes back empty is more likely a fault than the truth.
func TestEmptyLicenseListTouchesNoRow(t *testing.T) {
	f := newFixture(t)
	customer := f.createCustomer("acme", func(c *v1alpha1.WebexCustomerAccess) {
		c.Spec.Prune = &v1alpha1.Prune{MaxPercent: new(int32(100))} // the guard of the share is off
	})
	rows := shown(f.list("acme"))
	f.Expect(len(rows)).To(BeNumerically(">", 20))
	f.org.RemoveAllLicenses()
	run := f.run("acme")
	f.expectReason(run, v1alpha1.ReasonSucceeded)
	f.Expect(run.Status.Rows.Removed).To(HaveValue(BeZero()))
	f.Expect(run.Status.Rows.Held).To(HaveValue(BeEquivalentTo(len(rows))))
	held := f.awaitCondition(customer, v1alpha1.ConditionPruneHeld, metav1.ConditionTrue, v1alpha1.ReasonApprovalRequired)
	f.Expect(held.Message).To(And(ContainSubstring("spec.prune"), ContainSubstring("kubectl annotate"), ContainSubstring(customer.Status.HeldPrune.Token)))
	f.settle(customer)
	f.Expect(shown(f.list("acme"))).To(Equal(rows), "held rows keep their last figures")

	f.org.RestoreLicenses()
	f.expectReason(f.run("acme"), v1alpha1.ReasonSucceeded)
	f.Eventually(func(g Gomega) {
		g.Expect(f.client.Get(f.ctx, client.ObjectKeyFromObject(customer), customer)).To(Succeed())
		g.Expect(meta.FindStatusCondition(customer.Status.Conditions, v1alpha1.ConditionPruneHeld)).To(BeNil())
	}).Should(Succeed())
	f.expectRows("acme")
}
