package controllers

import (
	"context"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/internal/connection"
)

// A second customer for one organization would count everything twice.
func TestTwoCustomersForOneOrganization(t *testing.T) {
	f := newFixture(t, func(o *fixtureOptions) { o.stopped = true })
	elsewhere := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"}}
	f.create(elsewhere)
	f.startIn(f.namespace, elsewhere.Name)
	first := f.createCustomer("first")
	rows := f.versions("first")

	second := f.newCustomer("second")
	f.create(second)
	// Of two that were created in the same second, the name would decide.
	f.Eventually(time.Now).Should(BeTemporally(">", second.CreationTimestamp.Add(time.Second)))
	foreign := f.newCustomer("third")
	foreign.Namespace = elsewhere.Name
	for _, object := range []client.Object{
		&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "webex-ca"}, Data: map[string]string{"ca.crt": string(f.sim.CACertificate())}},
		&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "webex-token"}, StringData: map[string]string{access.KeyAccessToken: accessToken}},
		foreign,
	} {
		object.SetNamespace(elsewhere.Name)
		f.create(object)
	}
	refused := f.awaitCondition(second, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonDuplicateOrganization)
	f.Expect(refused.Message).To(And(ContainSubstring("WebexCustomerAccess (first)"), ContainSubstring("delete one of the two"), ContainSubstring("spec.organizationID")))
	refused = f.awaitCondition(foreign, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonDuplicateOrganization)
	f.Expect(refused.Message).To(ContainSubstring("in another namespace"))
	f.Expect(refused.Message).NotTo(Or(ContainSubstring("first"), ContainSubstring(f.namespace)), "names of other namespaces stay private")
	f.Expect(f.rows("second")).To(BeEmpty())
	f.awaitCondition(first, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSynced)
	f.Expect(f.versions("first")).To(Equal(rows), "the first is not affected")
	f.expectReason(f.run("first"), v1alpha1.ReasonSucceeded)

	f.Expect(f.client.Delete(f.ctx, first)).To(Succeed())
	f.awaitCondition(second, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSynced)
	f.expectRows("second")
	f.awaitCondition(foreign, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonDuplicateOrganization)
	f.Expect(f.client.Delete(f.ctx, second)).To(Succeed())
	f.awaitCondition(foreign, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSynced)
}

// startIn runs an operator that watches several namespaces.
func (f *fixture) startIn(namespaces ...string) {
	f.t.Helper()
	mgr, err := ctrl.NewManager(rest.CopyConfig(cluster.Config), ctrl.Options{
		Scheme: testScheme(), Cache: CacheOptions(namespaces), Client: ClientOptions(), Metrics: metricsserver.Options{BindAddress: "0"},
		Controller: reconcilesThatEnd,
	})
	f.Expect(err).NotTo(HaveOccurred())
	ctx, cancel := context.WithCancel(f.ctx)
	f.Expect(Setup(ctx, mgr, Options{
		Hosts: connection.HostPolicy{API: []string{strings.Split(f.sim.URL(), "/")[2]}}, Clock: f.opts.clock,
		MaxConcurrentSyncs: 4, ConcurrentReconciles: 2, SkipNameValidation: true,
		WrapClient: func(c client.Client) client.Client {
			return lintingClient{Client: c, t: f.t, taken: f.taken, reconciles: f.reconciles}
		},
	})).To(Succeed())
	ended := make(chan error, 1)
	go func() { ended <- mgr.Start(ctx) }()
	f.t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			f.t.Errorf("the manager ended with %v", err)
		}
	})
}
