package access

import (
	"context"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/webex"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// partner creates a partner that names a Secret.
func (w *tokenWorld) partner(name, secret string) *v1alpha1.WebexPartner {
	w.t.Helper()
	partner := &v1alpha1.WebexPartner{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name, UID: types.UID("uid-" + name)}}
	partner.Spec.CredentialsSecretRef.Name = secret
	w.Expect(w.api.Create(w.t.Context(), partner)).To(Succeed())
	return partner
}

// usePartner is a discovery that makes one call.
func (w *tokenWorld) usePartner(ctx context.Context, partner *v1alpha1.WebexPartner) error {
	opens := w.opens
	defer func() { w.opens = opens }()
	w.opens = func(p *Provider, ctx context.Context, _ *v1alpha1.WebexCustomerAccess) (*Session, error) {
		return p.OpenPartner(ctx, partner)
	}
	_, err := w.use(ctx, nil)
	return err
}

// A partner and the customers that it makes have one pair of tokens: the first that needs another renews it for all, and
// the Secret with it stays as long as one of them does.
func TestPartnerAndItsCustomersShareTokens(t *testing.T) {
	for _, mode := range refreshModes {
		t.Run(string(mode), func(t *testing.T) {
			w := newTokenWorld(t, func(o *webexsim.Options) { o.RefreshMode, o.Latency = mode, 5*time.Millisecond })
			w.secret("webex", keysOf(w.authorize()))
			partner := w.partner("fleet", "webex")
			w.Expect(w.usePartner(t.Context(), partner)).To(Succeed())
			w.Expect(w.sim.Requests()).To(HaveKeyWithValue(refreshRequest, 1))
			w.Expect(w.stored("webex-webex-token").OwnerReferences).To(ConsistOf(metav1.OwnerReference{
				APIVersion: v1alpha1.GroupVersion.String(), Kind: "WebexPartner", Name: "fleet", UID: partner.UID,
			}), "it may be the only user")

			acme, other := w.customer("acme", "webex"), w.customer("other", "webex")
			w.partner("stranger", "another")
			w.Expect(w.run(acme)).To(BeZero(), "the partner's tokens are theirs")
			together := func() {
				t.Helper()
				w.sim.ResetRequests()
				opens := w.opens
				defer func() { w.opens = opens }()
				w.opens = func(p *Provider, ctx context.Context, customer *v1alpha1.WebexCustomerAccess) (*Session, error) {
					if customer == nil {
						return p.OpenPartner(ctx, partner)
					}
					return p.Open(ctx, customer)
				}
				var group sync.WaitGroup
				failures := make([]error, 9)
				for i := range failures {
					group.Go(func() { _, failures[i] = w.use(t.Context(), []*v1alpha1.WebexCustomerAccess{nil, acme, other}[i%3]) })
				}
				group.Wait()
				w.Expect(failures).To(HaveEach(BeNil()))
				w.Expect(w.sim.Requests()).To(HaveKeyWithValue(refreshRequest, 1))
			}
			w.clock.SetTime(noon.Add(9 * day))
			together()
			w.sim.RevokeToken(string(w.stored("webex-webex-token").Data[KeyAccessToken]))
			together()
			all := []metav1.OwnerReference{partnerUser(partner).reference(), customerUser(acme).reference(), customerUser(other).reference()}
			w.Expect(w.stored("webex-webex-token").OwnerReferences).To(ConsistOf(all))

			w.Expect(w.api.Delete(t.Context(), partner)).To(Succeed())
			late := w.customer("late", "webex")
			w.Expect(w.run(late)).To(BeZero())
			w.Expect(w.stored("webex-webex-token").OwnerReferences).To(ContainElements(append(all[1:], customerUser(late).reference())), "they stay with those that are left")
		})
	}
}

// What was refused by a Secret is refused to all of its users, a partner among them, and by no other Secret.
func TestRefusalsAreSharedWithAPartner(t *testing.T) {
	w := newTokenWorld(t)
	w.secret("webex", keysOf(w.authorize()))
	acme, partner := w.customer("acme", "webex"), w.partner("fleet", "webex")
	ofCustomer, err := w.engine.Open(t.Context(), acme)
	w.Expect(err).NotTo(HaveOccurred())
	ofPartner, err := w.engine.OpenPartner(t.Context(), partner)
	w.Expect(err).NotTo(HaveOccurred())
	w.Expect(ofPartner.Owner).To(Equal(ofCustomer.Owner), "they share the request budget")
	w.Expect(ofCustomer.RefusedToOthers(t.Context())).To(Succeed())

	partner.Status.Failure = &v1alpha1.PartnerFailure{
		Reason: v1alpha1.ReasonCredentialsRejected, Message: "put a valid token", ObservedSecretResourceVersion: ofPartner.SecretVersion,
	}
	w.Expect(w.api.Update(t.Context(), partner)).To(Succeed())
	refused := w.failure(ofCustomer.RefusedToOthers(t.Context()))
	w.Expect(refused.Reason).To(Equal(v1alpha1.ReasonCredentialsRejected))
	w.Expect(refused.Message).To(Equal("put a valid token"))
	w.Expect(ofPartner.RefusedToOthers(t.Context())).To(Succeed(), "that was said to itself")

	w.secret("webex", keysOf(w.authorize()))
	again, err := w.engine.Open(t.Context(), acme)
	w.Expect(err).NotTo(HaveOccurred())
	w.Expect(again.RefusedToOthers(t.Context())).To(Succeed(), "other credentials are worth a try")
	acme.Status.LastRun = &v1alpha1.LastRun{Reason: v1alpha1.ReasonCredentialsRejected, Message: "put another"}
	acme.Status.Credentials = &v1alpha1.CredentialsStatus{ObservedSecretResourceVersion: again.SecretVersion}
	w.Expect(w.api.Update(t.Context(), acme)).To(Succeed())
	ofPartner, err = w.engine.OpenPartner(t.Context(), partner)
	w.Expect(err).NotTo(HaveOccurred())
	w.Expect(w.failure(ofPartner.RefusedToOthers(t.Context())).Message).To(Equal("put another"))
}

// A Service App belongs to one organization.
func TestPartnerHasNoServiceApp(t *testing.T) {
	w := newTokenWorld(t)
	w.serviceApp("app", true)
	_, err := w.engine.OpenPartner(t.Context(), w.partner("fleet", "app"))
	failure := w.failure(err)
	w.Expect(failure.Reason).To(Equal(v1alpha1.ReasonSecretKeyInvalid))
	w.Expect(failure.Class).To(Equal(webex.ClassAuth))
	w.Expect(failure.Message).To(And(ContainSubstring(`key "applicationID" of Secret "app"`), ContainSubstring("a partner administrator has authorized")))
	w.Expect(w.sim.TotalRequests()).To(BeZero())

	_, err = w.engine.OpenPartner(t.Context(), w.partner("poor", "none"))
	w.Expect(w.failure(err).Reason).To(Equal(v1alpha1.ReasonSecretNotFound))
}
