package access

import (
	"maps"
	"testing"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

func secretOf(data map[string]string) *corev1.Secret {
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "webex", ResourceVersion: "42"}, Data: map[string][]byte{}}
	for key, value := range data {
		secret.Data[key] = []byte(value)
	}
	return secret
}

func TestParseCredentials(t *testing.T) {
	t.Parallel()
	full := func(change map[string]string) map[string]string {
		data := map[string]string{KeyClientID: "id", KeyClientSecret: "s3cret", KeyRefreshToken: "refresh"}
		maps.Copy(data, change)
		return data
	}
	app := func(change map[string]string) map[string]string {
		data := map[string]string{KeyApplicationID: "app", KeyClientID: "id", KeyClientSecret: "s3cret", KeyBootstrapToken: "t0ken"}
		maps.Copy(data, change)
		return data
	}
	tests := map[string]struct {
		data map[string]string
		kind v1alpha1.CredentialKind
		// missing is part of the message if the Secret is refused.
		missing string
	}{
		"access token":                        {map[string]string{KeyAccessToken: "token"}, v1alpha1.CredentialKindAccessToken, ""},
		"a final line break":                  {map[string]string{KeyAccessToken: "token\n"}, v1alpha1.CredentialKindAccessToken, ""},
		"integration":                         {full(nil), v1alpha1.CredentialKindIntegration, ""},
		"integration with a first token":      {full(map[string]string{KeyAccessToken: "token"}), v1alpha1.CredentialKindIntegration, ""},
		"service app":                         {full(map[string]string{KeyApplicationID: "app"}), v1alpha1.CredentialKindServiceApp, ""},
		"access token and client, no refresh": {map[string]string{KeyAccessToken: "token", KeyClientID: "id"}, v1alpha1.CredentialKindAccessToken, ""},
		"service app without a refresh token": {app(nil), v1alpha1.CredentialKindServiceApp, ""},
		"service app with a refreshed bootstrap token": {
			map[string]string{
				KeyApplicationID: "app", KeyClientID: "id", KeyClientSecret: "s3cret",
				KeyBootstrapClientID: "id", KeyBootstrapClientSecret: "s3cret", KeyBootstrapRefreshToken: "refresh",
			}, v1alpha1.CredentialKindServiceApp, "",
		},
		"service app with all":                 {app(full(map[string]string{KeyAccessToken: "token"})), v1alpha1.CredentialKindServiceApp, ""},
		"access token of a service app":        {map[string]string{KeyAccessToken: "token", KeyApplicationID: "app"}, v1alpha1.CredentialKindAccessToken, ""},
		"access token with its end":            {map[string]string{KeyAccessToken: "token", KeyAccessTokenExpiresAt: "2026-03-01T12:00:00Z"}, v1alpha1.CredentialKindAccessToken, ""},
		"keys of something else":               {full(map[string]string{"proxyPassword": "s3cret"}), v1alpha1.CredentialKindIntegration, ""},
		"bootstrap without an application":     {app(map[string]string{KeyApplicationID: ""}), "", `has an empty key "applicationID"`},
		"bootstrap without a client":           {map[string]string{KeyBootstrapToken: "t0ken", KeyApplicationID: "app"}, "", `has no key "clientID"`},
		"access token and half of a bootstrap": {map[string]string{KeyAccessToken: "t0ken", KeyBootstrapToken: "t0ken"}, "", `has no key "clientID"`},
		"half a bootstrap client":              {app(map[string]string{KeyBootstrapClientID: "id"}), "", `has no key "bootstrapClientSecret"`},
		"empty bootstrap token":                {app(map[string]string{KeyBootstrapToken: ""}), "", `has an empty key "bootstrapToken"`},
		"nothing":                              {nil, "", `has no key "accessToken"`},
		"another key":                          {map[string]string{"token": "t0ken"}, "", `has no key "accessToken"`},
		"empty":                                {map[string]string{KeyAccessToken: ""}, "", `has an empty key "accessToken"`},
		"blank":                                {map[string]string{KeyAccessToken: " \n"}, "", `has an empty key "accessToken"`},
		"no client id":                         {map[string]string{KeyClientSecret: "s3cret", KeyRefreshToken: "refresh"}, "", `has no key "clientID"`},
		"empty client secret":                  {full(map[string]string{KeyClientSecret: ""}), "", `has an empty key "clientSecret"`},
		"no refresh token":                     {map[string]string{KeyClientID: "id", KeyClientSecret: "s3cret"}, "", `has no key "refreshToken"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			c, err := parseCredentials(secretOf(test.data), readSecret)
			g.Expect(c.resourceVersion).To(Equal("42"), "known in any case: refused credentials are not tried again before it changes")
			if test.missing == "" {
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(c.kind).To(Equal(test.kind))
				g.Expect(c.accessToken).NotTo(ContainSubstring("\n"))
				return
			}
			failure := failures.Of(t.Context(), err)
			g.Expect(failure.Reason).To(Equal(v1alpha1.ReasonSecretKeyMissing))
			g.Expect(failure.Retriable()).To(BeFalse())
			g.Expect(failures.ConcernsCredentials(failure.Reason)).To(BeTrue(), "a change of the Secret wakes it")
			g.Expect(failure.Message).To(And(ContainSubstring(`Secret "webex"`), ContainSubstring(test.missing)))
			g.Expect(failure.Message).NotTo(Or(ContainSubstring("s3cret"), ContainSubstring("t0ken")))
		})
	}
}

func TestUnreadableEnd(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	_, err := parseCredentials(secretOf(map[string]string{KeyAccessToken: "t0ken", KeyAccessTokenExpiresAt: "tomorrow"}), readSecret)
	failure := failures.Of(t.Context(), err)
	g.Expect(failure.Reason).To(Equal(v1alpha1.ReasonSecretKeyInvalid))
	g.Expect(failure.Retriable()).To(BeFalse())
	g.Expect(failures.ConcernsCredentials(failure.Reason)).To(BeTrue(), "a change of the Secret wakes it")
	g.Expect(failure.Message).To(Equal(`key "accessTokenExpiresAt" of Secret "webex" is no time: write date and time in UTC by RFC 3339, with a T in between and a Z at the end, or remove it`))
}

// The operator's own Secret holds no customer's credentials.
func TestTokensAreNoCredentials(t *testing.T) {
	t.Parallel()
	secret := secretOf(map[string]string{KeyAccessToken: "token"})
	secret.Type = tokenSecretType
	_, err := parseCredentials(secret, readSecret)
	NewWithT(t).Expect(err).To(HaveField("Reason", v1alpha1.ReasonSecretNameReserved))
}

// What is not a new authorization keeps the stored tokens; and what is one, or
// belongs to another owner, never shares a request budget.
func TestSourceAndOwnerOfCredentials(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	parse := func(data map[string]string) *credentials {
		c, err := parseCredentials(secretOf(data), readSecret)
		g.Expect(err).NotTo(HaveOccurred())
		return c
	}
	with := func(change map[string]string) *credentials {
		data := map[string]string{KeyClientID: "ab", KeyClientSecret: "s3cret", KeyRefreshToken: "r3fresh"}
		maps.Copy(data, change)
		return parse(data)
	}
	same := with(nil)
	for name, test := range map[string]struct {
		change map[string]string
		same   bool
	}{
		"a line break":         {map[string]string{KeyRefreshToken: "r3fresh\n"}, true},
		"proxy credentials":    {map[string]string{"proxyUsername": "u", "proxyPassword": "p"}, true},
		"an access token":      {map[string]string{KeyAccessToken: "token"}, true},
		"the client's secret":  {map[string]string{KeyClientSecret: "other"}, true},
		"now a service app":    {map[string]string{KeyApplicationID: "app"}, true},
		"a bootstrap token":    {map[string]string{KeyApplicationID: "app", KeyBootstrapToken: "token"}, true},
		"authorized anew":      {map[string]string{KeyRefreshToken: "other"}, false},
		"another client":       {map[string]string{KeyClientID: "other"}, false},
		"parts that run over":  {map[string]string{KeyClientID: "abr", KeyRefreshToken: "3fresh"}, false},
		"a client, and no own": {map[string]string{KeyClientID: "r3fresh", KeyRefreshToken: "ab"}, false},
	} {
		matcher := Equal(same.source())
		if !test.same {
			matcher = Not(matcher)
		}
		g.Expect(with(test.change).source()).To(matcher, name)
		g.Expect(with(test.change).owner() == same.owner()).To(Equal(test.same), name)
	}
	g.Expect(same.owner()).NotTo(Or(ContainSubstring("r3fresh"), ContainSubstring("s3cret")))
	g.Expect(parse(map[string]string{KeyAccessToken: "token"}).owner()).NotTo(Equal(parse(map[string]string{KeyAccessToken: "other"}).owner()))

	app := map[string]string{KeyApplicationID: "app", KeyClientID: "id", KeyClientSecret: "s3cret", KeyBootstrapToken: "token"}
	one, other := parse(app), parse(app)
	one.organization, _ = webex.ParseOrganizationID("11111111-2222-4333-8444-555555555555")
	other.organization, _ = webex.ParseOrganizationID("99999999-2222-4333-8444-555555555555")
	g.Expect(one.owner()).NotTo(Equal(other.owner()), "a Service App is another account in each organization")
}
