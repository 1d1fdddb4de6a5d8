package discovery

import (
	"context"
	"errors"
	"net/url"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/internal/budget"
	"github.com/webex-operator/webex-license-operator/internal/connection"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/webex"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// Requests of the simulator.
const (
	listRequest = "GET /organizations"
	ownRequest  = "GET /people/me"
	tagsRequest = "GET /partner/tags/organizations"
)

// world is a discoverer, a simulated partner, and an API server with its Secret.
type world struct {
	*WithT
	sim        *webexsim.Server
	sold       webexsim.Partner
	api        client.Client
	partner    *v1alpha1.WebexPartner
	discoverer *Discoverer
	calls      []webex.Call
}

func newWorld(t *testing.T, customers int) *world {
	t.Helper()
	t.Parallel()
	w := &world{WithT: NewWithT(t)}
	var err error
	w.sim, err = webexsim.New(webexsim.Options{TLS: true})
	w.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(w.sim.Close)
	w.sold = w.sim.AddPartner(webexsim.PartnerSpec{Customers: customers})
	w.sim.ResetRequests()
	base, err := url.Parse(w.sim.URL())
	w.Expect(err).NotTo(HaveOccurred())

	scheme := runtime.NewScheme()
	w.Expect(errors.Join(corev1.AddToScheme(scheme), v1alpha1.AddToScheme(scheme))).To(Succeed())
	w.partner = &v1alpha1.WebexPartner{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "fleet", UID: "uid-fleet", Generation: 1},
		Spec: v1alpha1.WebexPartnerSpec{
			CredentialsSecretRef: v1alpha1.CredentialsSecretReference{Name: "webex"},
			Connection:           &v1alpha1.Connection{BaseURL: w.sim.URL(), CABundleRef: &v1alpha1.CABundleReference{Kind: v1alpha1.CABundleKindConfigMap, Name: "ca", Key: "ca.crt"}},
		},
	}
	w.api = fake.NewClientBuilder().WithScheme(scheme).
		WithIndex(&v1alpha1.WebexCustomerAccess{}, access.IndexSecret, func(o client.Object) []string {
			return []string{o.(*v1alpha1.WebexCustomerAccess).Spec.CredentialsSecretRef.Name} //nolint:forcetypeassert // a test
		}).
		WithIndex(&v1alpha1.WebexPartner{}, access.IndexSecret, func(o client.Object) []string {
			return []string{o.(*v1alpha1.WebexPartner).Spec.CredentialsSecretRef.Name} //nolint:forcetypeassert // a test
		}).
		WithObjects(
			&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "webex"}, Data: map[string][]byte{access.KeyAccessToken: []byte(w.sold.Token.Access)}},
			&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "ca"}, Data: map[string]string{"ca.crt": string(w.sim.CACertificate())}},
		).Build()
	w.discoverer = &Discoverer{
		Access: &access.Provider{
			Client: w.api, Live: w.api, Clock: clock.RealClock{}, UserAgent: "test/1",
			Hosts: connection.HostPolicy{API: []string{base.Host}},
		},
		Budgets: budget.New(0), Clock: clock.RealClock{}, Observe: func(c webex.Call) { w.calls = append(w.calls, c) },
		Retry: webex.RetryPolicy{Attempts: 2, Base: time.Millisecond},
	}
	return w
}

// discover is a discovery that shall go well.
func (w *world) discover(ctx context.Context) Found {
	found, err := w.discoverer.Discover(ctx, w.partner)
	w.ExpectWithOffset(1, err).NotTo(HaveOccurred())
	return found
}

// fails is a discovery that shall fail, with the requests that it took.
func (w *world) fails(ctx context.Context) (*failures.Failure, int) {
	w.sim.ResetRequests()
	found, err := w.discoverer.Discover(ctx, w.partner)
	w.ExpectWithOffset(1, err).To(HaveOccurred())
	failure, ok := errors.AsType[*failures.Failure](err)
	w.ExpectWithOffset(1, ok).To(BeTrue(), "%T", err)
	w.ExpectWithOffset(1, found).To(Equal(Found{SecretVersion: found.SecretVersion}), "half a list is none")
	w.ExpectWithOffset(1, failure.Message).NotTo(BeEmpty())
	return failure, w.sim.TotalRequests()
}

// told is a partner whose last discovery failed, as its status has it.
func (w *world) told(f *failures.Failure, version string) {
	w.partner.Status.ObservedGeneration = &w.partner.Generation
	w.partner.Status.Failure = &v1alpha1.PartnerFailure{Reason: f.Reason, Message: f.Message, ObservedSecretResourceVersion: version}
}
