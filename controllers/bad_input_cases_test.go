package controllers

import (
	"net"
	"sync/atomic"
	"testing"

	corev1 "k8s.io/api/core/v1"

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
