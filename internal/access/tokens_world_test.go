package access

import (
	"context"
	"errors"
	"net/url"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/connection"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/webex"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// Requests of the simulator that issue tokens.
const (
	refreshRequest = "POST /access_token"
	appRequest     = "POST /applications/{id}/token"
)

// tokenWorld is an engine with a simulated Webex, and an API server that holds a
// few Secrets and customers and can be made to refuse writes.
type tokenWorld struct {
	*WithT
	t      *testing.T
	sim    *webexsim.Server
	clock  *clocktesting.FakeClock
	api    client.Client
	engine *Provider
	// opens opens the sessions of runs, those that read by default.
	opens func(*Provider, context.Context, *v1alpha1.WebexCustomerAccess) (*Session, error)
	// refuse, if set, decides about each write of a Secret by the operator.
	refuse func() error
}

func newTokenWorld(t *testing.T, adjust ...func(*webexsim.Options)) *tokenWorld {
	t.Helper()
	t.Parallel()
	w := &tokenWorld{WithT: NewWithT(t), t: t, clock: clocktesting.NewFakeClock(noon), opens: (*Provider).Open}
	options := webexsim.Options{TLS: true, Now: w.clock.Now, ReuseTokenWithin: -1}
	for _, a := range adjust {
		a(&options)
	}
	var err error
	w.sim, err = webexsim.New(options)
	w.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(w.sim.Close)
	w.sim.AddOrganization(webexsim.StandardOrganization())

	scheme := runtime.NewScheme()
	w.Expect(errors.Join(corev1.AddToScheme(scheme), v1alpha1.AddToScheme(scheme))).To(Succeed())
	w.api = fake.NewClientBuilder().WithScheme(scheme).
		WithIndex(&v1alpha1.WebexCustomerAccess{}, IndexSecret, func(o client.Object) []string {
			customer, ok := o.(*v1alpha1.WebexCustomerAccess)
			if !ok {
				return nil
			}
			return []string{customer.Spec.CredentialsSecretRef.Name}
		}).
		WithIndex(&v1alpha1.WebexPartner{}, IndexSecret, func(o client.Object) []string {
			partner, ok := o.(*v1alpha1.WebexPartner)
			if !ok {
				return nil
			}
			return []string{partner.Spec.CredentialsSecretRef.Name}
		}).
		WithIndex(&v1alpha1.WebexCustomerAccess{}, IndexWriteSecret, func(o client.Object) []string {
			if customer, ok := o.(*v1alpha1.WebexCustomerAccess); ok && WriteSecretOf(customer) != "" {
				return []string{WriteSecretOf(customer)}
			}
			return nil
		}).Build()
	w.restart()
	return w
}

// restart is a new process: what was in memory is gone.
func (w *tokenWorld) restart() {
	intercepted, ok := w.api.(client.WithWatch)
	w.Expect(ok).To(BeTrue())
	w.engine = &Provider{
		Clock: w.clock, Live: w.api, UserAgent: "test", Hosts: connection.HostPolicy{API: connection.DefaultAPIHosts()},
		Poll: time.Millisecond,
		Client: interceptor.NewClient(intercepted, interceptor.Funcs{
			Apply: func(ctx context.Context, c client.WithWatch, o runtime.ApplyConfiguration, opts ...client.ApplyOption) error {
				if w.refuse != nil {
					if err := w.refuse(); err != nil {
						return err
					}
				}
				return c.Apply(ctx, o, opts...)
			},
		}),
	}
}

// secret writes the user's Secret.
func (w *tokenWorld) secret(name string, data map[string]string) {
	w.t.Helper()
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name}}
	err := w.api.Get(w.t.Context(), client.ObjectKeyFromObject(secret), secret)
	secret.Data = secretOf(data).Data
	if apierrors.IsNotFound(err) {
		w.Expect(w.api.Create(w.t.Context(), secret)).To(Succeed())
		return
	}
	w.Expect(w.api.Update(w.t.Context(), secret)).To(Succeed())
}

func keysOf(token webexsim.Token) map[string]string {
	return map[string]string{KeyClientID: token.ClientID, KeyClientSecret: token.ClientSecret, KeyRefreshToken: token.Refresh}
}

func (w *tokenWorld) authorize() webexsim.Token {
	return w.sim.IssueToken(webexsim.TokenSpec{Organization: webexsim.StandardUUID, WithRefresh: true})
}

// customer creates a customer that names a Secret.
func (w *tokenWorld) customer(name, secret string, adjust ...func(*v1alpha1.WebexCustomerAccess)) *v1alpha1.WebexCustomerAccess {
	w.t.Helper()
	customer := &v1alpha1.WebexCustomerAccess{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name, UID: types.UID("uid-" + name)}}
	customer.Spec.CredentialsSecretRef.Name = secret
	for _, a := range adjust {
		a(customer)
	}
	w.Expect(w.api.Create(w.t.Context(), customer)).To(Succeed())
	return customer
}

// open opens a session at the simulator.
func (w *tokenWorld) open(customer *v1alpha1.WebexCustomerAccess) (*Session, error) {
	s, err := w.opens(w.engine, w.t.Context(), customer)
	if err != nil {
		return s, err
	}
	if s.BaseURL, err = url.Parse(w.sim.URL()); err != nil {
		return s, err
	}
	s.HTTP = w.sim.Client()
	s.Tokens = s.tokenSource(nil)
	return s, nil
}

// use is a run that makes one call, and replaces a token that is refused.
func (w *tokenWorld) use(ctx context.Context, customer *v1alpha1.WebexCustomerAccess) (*Session, error) {
	s, err := w.open(customer)
	if err != nil {
		return s, err
	}
	c, err := webex.New(webex.Config{BaseURL: w.sim.URL(), HTTP: w.sim.Client(), Tokens: s.Tokens, Now: w.clock.Now, Retry: webex.RetryPolicy{Attempts: 1}})
	w.Expect(err).NotTo(HaveOccurred())
	_, err = c.Organizations(ctx)
	return s, err
}

// run is such a run, with how many requests for tokens it made.
func (w *tokenWorld) run(customer *v1alpha1.WebexCustomerAccess) (refreshes int, err error) {
	w.t.Helper()
	w.sim.ResetRequests()
	_, err = w.use(w.t.Context(), customer)
	return w.sim.Requests()[refreshRequest] + w.sim.Requests()[appRequest], err
}

// stored is the operator's Secret.
func (w *tokenWorld) stored(name string) *corev1.Secret {
	w.t.Helper()
	secret := &corev1.Secret{}
	w.Expect(w.api.Get(w.t.Context(), client.ObjectKey{Namespace: "ns", Name: name}, secret)).To(Succeed())
	return secret
}

func (w *tokenWorld) failure(err error) *failures.Failure {
	w.t.Helper()
	w.Expect(err).To(HaveOccurred())
	return failures.Of(context.Background(), err)
}

var refreshModes = []webexsim.RefreshMode{webexsim.RefreshKeep, webexsim.RefreshRotate, webexsim.RefreshOmit}
