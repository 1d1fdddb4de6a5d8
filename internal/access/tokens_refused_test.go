package access

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/webex"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// Trouble of the token endpoint fails the run only when there is no good token.
func TestTokenEndpointInTrouble(t *testing.T) {
	for name, test := range map[string]struct {
		rule  webexsim.Rule
		class webex.Class
	}{
		"503":            {webexsim.Rule{Status: 503}, webex.ClassTransient},
		"429":            {webexsim.Rule{Status: 429}, webex.ClassRateLimited},
		"cut":            {webexsim.Rule{Drop: true}, webex.ClassTransient},
		"a proxy's page": {webexsim.Rule{Status: 403, HTML: true}, webex.ClassTransient},
		"malformed":      {webexsim.Rule{Malformed: true}, webex.ClassPartial},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTokenWorld(t)
			w.secret("webex", keysOf(w.authorize()))
			customer, other := w.customer("acme", "webex"), w.customer("other", "webex")
			test.rule.Operation, test.rule.Times = refreshRequest, 2
			w.sim.AddRule(test.rule)
			for range 2 {
				n, err := w.run(customer)
				w.Expect(n).To(Equal(1))
				failure := w.failure(err)
				w.Expect(failure.Class).To(Equal(test.class), "%v", err)
				n, err = w.run(other)
				w.Expect(n).To(BeZero(), "no customer asks again at once")
				w.Expect(w.failure(err).Class).To(Equal(test.class), "%v", err)
				w.clock.Step(max(10*time.Second, failure.RetryAfter))
			}
			w.Expect(w.run(customer)).To(Equal(1))
			w.Expect(w.run(customer)).To(BeZero())
		})
	}
}

// Refused refresh tokens end the tries, in whichever words the service refuses.
func TestRefusedRefresh(t *testing.T) {
	for _, style := range []webexsim.TokenErrorStyle{webexsim.TokenErrorIdentity, webexsim.TokenErrorREST} {
		for name, spoil := range map[string]func(w *tokenWorld, token webexsim.Token, keys map[string]string){
			"revoked": func(w *tokenWorld, token webexsim.Token, _ map[string]string) {
				w.sim.RevokeRefreshToken(token.Refresh)
			},
			"wrong secret": func(_ *tokenWorld, _ webexsim.Token, keys map[string]string) { keys[KeyClientSecret] = "wr0ng" },
			"expired":      func(w *tokenWorld, _ webexsim.Token, _ map[string]string) { w.clock.SetTime(noon.Add(91 * day)) },
		} {
			t.Run(fmt.Sprint(style, " ", name), func(t *testing.T) {
				w := newTokenWorld(t, func(o *webexsim.Options) { o.TokenErrorStyle = style })
				token := w.authorize()
				keys := keysOf(token)
				spoil(w, token, keys)
				w.secret("webex", keys)
				one, other := w.customer("one", "webex"), w.customer("other", "webex")
				n, err := w.run(one)
				w.Expect(n).To(Equal(1))
				failure := w.failure(err)
				w.Expect(failure.Class).To(Equal(webex.ClassAuth))
				w.Expect(failure.Reason).To(Equal(v1alpha1.ReasonCredentialsRejected))
				w.Expect(failure.Message).NotTo(Or(ContainSubstring(keys[KeyClientSecret]), ContainSubstring(token.Refresh)))
				for _, customer := range []*v1alpha1.WebexCustomerAccess{one, other} {
					_, err = w.run(customer)
					w.Expect(w.failure(err).Reason).To(Equal(v1alpha1.ReasonCredentialsRejected))
					w.Expect(w.sim.TotalRequests()).To(BeZero(), "no customer of the Secret asks again")
				}
				w.secret("webex", keysOf(w.authorize()))
				w.Expect(w.run(other)).To(Equal(1))
				w.Expect(w.run(one)).To(BeZero())
			})
		}
	}
}

// A token that was revoked is replaced once for all; if that brings no other
// token, no customer asks again.
func TestRevokedToken(t *testing.T) {
	w := newTokenWorld(t)
	w.secret("webex", keysOf(w.authorize()))
	one, other := w.customer("one", "webex"), w.customer("other", "webex")
	w.Expect(w.run(one)).To(Equal(1))
	first := w.stored("webex-webex-token")
	w.sim.RevokeToken(string(first.Data[KeyAccessToken]))
	w.Expect(w.run(one)).To(Equal(1))
	w.Expect(w.run(other)).To(BeZero())

	w.sim.AddRule(webexsim.Rule{Operation: "GET /organizations", Status: 401})
	w.sim.SetOptions(func(o *webexsim.Options) { o.ReuseTokenWithin = day })
	n, err := w.run(one)
	w.Expect(n).To(Equal(1))
	w.Expect(w.failure(err).Class).To(Equal(webex.ClassAuth))
	n, err = w.run(other)
	w.Expect(n).To(BeZero(), "it brings the same token again")
	w.Expect(w.failure(err).Class).To(Equal(webex.ClassAuth))
}

// What is refused at one address says nothing about another.
func TestRefusalOfAnotherService(t *testing.T) {
	w := newTokenWorld(t)
	w.secret("webex", keysOf(w.authorize()))
	customer := w.customer("acme", "webex")
	elsewhere, err := webexsim.New(webexsim.Options{TLS: true, Now: w.clock.Now})
	w.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(elsewhere.Close)
	s, err := w.open(customer)
	w.Expect(err).NotTo(HaveOccurred())
	s.HTTP = elsewhere.Client()
	s.BaseURL, err = url.Parse(elsewhere.URL())
	w.Expect(err).NotTo(HaveOccurred())
	_, err = s.tokenSource(nil).Token(t.Context())
	w.Expect(w.failure(err).Class).To(Equal(webex.ClassAuth))
	w.Expect(w.run(customer)).To(Equal(1))
}
