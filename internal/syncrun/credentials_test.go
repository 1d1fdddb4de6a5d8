package syncrun

import (
	"maps"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
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
		"nothing":                             {nil, "", `has no key "accessToken"`},
		"another key":                         {map[string]string{"token": "t0ken"}, "", `has no key "accessToken"`},
		"empty":                               {map[string]string{KeyAccessToken: ""}, "", `has an empty key "accessToken"`},
		"blank":                               {map[string]string{KeyAccessToken: " \n"}, "", `has an empty key "accessToken"`},
		"no client id":                        {map[string]string{KeyClientSecret: "s3cret", KeyRefreshToken: "refresh"}, "", `has no key "clientID"`},
		"empty client secret":                 {full(map[string]string{KeyClientSecret: ""}), "", `has an empty key "clientSecret"`},
		"no refresh token":                    {map[string]string{KeyClientID: "id", KeyClientSecret: "s3cret"}, "", `has no key "refreshToken"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			c, err := parseCredentials(secretOf(test.data))
			g.Expect(c.resourceVersion).To(Equal("42"), "known in any case: refused credentials are not tried again before it changes")
			if test.missing == "" {
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(c.kind).To(Equal(test.kind))
				g.Expect(c.accessToken).NotTo(ContainSubstring("\n"))
				return
			}
			failure := failureOf(t.Context(), err)
			g.Expect(failure.Reason).To(Equal(v1alpha1.ReasonSecretKeyMissing))
			g.Expect(failure.Retriable()).To(BeFalse())
			g.Expect(ConcernsCredentials(failure.Reason)).To(BeTrue(), "a change of the Secret wakes it")
			g.Expect(failure.Message).To(And(ContainSubstring(`Secret "webex"`), ContainSubstring(test.missing)))
			g.Expect(failure.Message).NotTo(Or(ContainSubstring("s3cret"), ContainSubstring("t0ken")))
		})
	}
}

func TestOwnerOfCredentials(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	owner := func(data map[string]string) string {
		c, err := parseCredentials(secretOf(data))
		g.Expect(err).NotTo(HaveOccurred())
		return c.owner()
	}
	token := owner(map[string]string{KeyAccessToken: "token"})
	g.Expect(owner(map[string]string{KeyAccessToken: "token\n"})).To(Equal(token))
	g.Expect(owner(map[string]string{KeyAccessToken: "other"})).NotTo(Equal(token))
	g.Expect(token).NotTo(ContainSubstring("token"))
	g.Expect(owner(map[string]string{KeyClientID: "ab", KeyClientSecret: "s", KeyRefreshToken: "c"})).
		NotTo(Equal(owner(map[string]string{KeyClientID: "a", KeyClientSecret: "s", KeyRefreshToken: "bc"})), "parts do not run into each other")
}

func TestTokenIsDue(t *testing.T) {
	t.Parallel()
	issued := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	tests := map[string]struct {
		lifetime, age time.Duration
		want          bool
	}{
		"new":                              {14 * day, time.Minute, false},
		"just before half its life":        {14 * day, 7*day - time.Second, false},
		"half its life":                    {14 * day, 7*day + time.Second, true},
		"at its end":                       {14 * day, 14 * day, true},
		"past its end":                     {14 * day, 15 * day, true},
		"short, at half its life":          {12 * time.Hour, 7 * time.Hour, false}, // a refresh would return the same token
		"short, at its end":                {12 * time.Hour, 12 * time.Hour, true},
		"issued later than now by a clock": {14 * day, -time.Hour, false},
	}
	for name, test := range tests {
		g := NewWithT(t)
		token := storedToken{Token: webex.Token{AccessToken: "t", ExpiresAt: issued.Add(test.lifetime)}, issuedAt: issued}
		g.Expect(token.due(issued.Add(test.age))).To(Equal(test.want), name)
	}
	g := NewWithT(t)
	g.Expect(storedToken{}.due(issued)).To(BeTrue(), "there is none yet")
	g.Expect(storedToken{Token: webex.Token{AccessToken: "t"}}.due(issued)).To(BeTrue(), "a Secret with damaged times")
}

func TestStoredTokenRoundTrip(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	token := storedToken{issuedAt: at, Token: webex.Token{AccessToken: "a", RefreshToken: "r", ExpiresAt: at.Add(time.Hour), RefreshExpiresAt: at.Add(2 * time.Hour)}}
	secret := &corev1.Secret{Data: encodeToken(token, "source")}
	g.Expect(decodeToken(secret)).To(Equal(token))

	secret.Data[keyExpiresAt] = []byte("tomorrow")
	g.Expect(decodeToken(secret).due(at)).To(BeTrue(), "a damaged time costs one refresh")
}

// A run starts by itself when what is collected changes, and only then.
func TestCollectedSpecHash(t *testing.T) {
	t.Parallel()
	customer := func(change func(*v1alpha1.WebexCustomerAccessSpec)) *v1alpha1.WebexCustomerAccess {
		c := &v1alpha1.WebexCustomerAccess{ObjectMeta: metav1.ObjectMeta{Name: "acme"}}
		c.Spec.CredentialsSecretRef.Name = "webex"
		if change != nil {
			change(&c.Spec)
		}
		return c
	}
	same := CollectedSpecHash(customer(nil))
	for name, test := range map[string]struct {
		change func(*v1alpha1.WebexCustomerAccessSpec)
		same   bool
	}{
		"nothing":              {nil, true},
		"default subscription": {func(s *v1alpha1.WebexCustomerAccessSpec) { s.DefaultSubscription = "Sub1" }, true},
		"default site URL":     {func(s *v1alpha1.WebexCustomerAccessSpec) { s.DefaultSiteURL = "acme.webex.com" }, true},
		"thresholds":           {func(s *v1alpha1.WebexCustomerAccessSpec) { s.Thresholds = &v1alpha1.Thresholds{} }, true},
		"prune":                {func(s *v1alpha1.WebexCustomerAccessSpec) { s.Prune = &v1alpha1.Prune{MaxPercent: new(int32(1))} }, true},
		"suspend":              {func(s *v1alpha1.WebexCustomerAccessSpec) { s.Suspend = new(true) }, true},
		"deletion policy":      {func(s *v1alpha1.WebexCustomerAccessSpec) { s.DeletionPolicy = v1alpha1.DeletionPolicyRetain }, true},
		"request budget":       {func(s *v1alpha1.WebexCustomerAccessSpec) { s.Connection = &v1alpha1.Connection{RequestsPerMinute: 60} }, true},
		"organization":         {func(s *v1alpha1.WebexCustomerAccessSpec) { s.OrganizationID = "11111111-2222-4333-8444-555555555555" }, false},
		"another Secret":       {func(s *v1alpha1.WebexCustomerAccessSpec) { s.CredentialsSecretRef.Name = "other" }, false},
		"another service": {func(s *v1alpha1.WebexCustomerAccessSpec) {
			s.Connection = &v1alpha1.Connection{BaseURL: "https://sim/v1"}
		}, false},
		"one level only": {func(s *v1alpha1.WebexCustomerAccessSpec) {
			s.Collection = &v1alpha1.Collection{Levels: []v1alpha1.Level{v1alpha1.LevelCustomer}}
		}, false},
		"no workspaces any more": {func(s *v1alpha1.WebexCustomerAccessSpec) {
			s.Collection = &v1alpha1.Collection{Workspaces: new(false)}
		}, false},
	} {
		matcher := Equal(same)
		if !test.same {
			matcher = Not(matcher)
		}
		NewWithT(t).Expect(CollectedSpecHash(customer(test.change))).To(matcher, name)
	}
}

// Refreshed tokens never go into a Secret that is somebody else's.
func TestTokenSecretIsOurs(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	customer := &v1alpha1.WebexCustomerAccess{ObjectMeta: metav1.ObjectMeta{Name: "acme", UID: "1"}}
	customer.Spec.CredentialsSecretRef.Name = "webex"
	tokens := &refreshingTokens{customer: customer}
	reserved := HaveField("Reason", v1alpha1.ReasonSecretNameReserved)

	none := &corev1.Secret{}
	g.Expect(tokens.mayOwn(none)).To(Succeed(), "none yet")
	foreign := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: TokenSecretName("acme"), UID: "2"}}
	g.Expect(tokens.mayOwn(foreign)).To(reserved)
	ours := foreign.DeepCopy()
	ours.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(customer, v1alpha1.GroupVersion.WithKind("WebexCustomerAccess"))}
	g.Expect(tokens.mayOwn(ours)).To(Succeed())

	customer.Spec.CredentialsSecretRef.Name = TokenSecretName("acme")
	g.Expect(tokens.mayOwn(none)).To(reserved, "the user's own Secret has the name")
}
