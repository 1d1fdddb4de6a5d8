package e2e

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	authenticationv1 "k8s.io/api/authentication/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/operator"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// A manager with Roles in two namespaces, and in its own for the lease, and with no
// ClusterRole at all does its whole work there, leaves a third namespace alone, and is
// refused nothing.
func TestNamedNamespacesOnly(t *testing.T) {
	t.Parallel()
	first, second, third := webexsim.StandardOrganization(), webexsim.OverAssignedOrganization(), webexsim.TwoSubscriptionOrganization()
	w := newWorld(t, first)
	tenants := tenants{world: w, home: w.newNamespace()}
	namespaces := []string{w.namespace, w.newNamespace()}
	outside := w.newNamespace()
	for _, organization := range []webexsim.OrganizationSpec{second, third} {
		w.sim.AddOrganization(organization)
	}
	account := tenants.account()
	for _, namespace := range namespaces {
		tenants.bind(account, namespace)
	}
	tenants.expectNoMore(account, outside)

	// All that the rights are for: a CA bundle, tokens that are refreshed and kept, runs of
	// schedules, events.
	var customers []*v1alpha1.WebexCustomerAccess
	for i, organization := range []webexsim.OrganizationSpec{first, second} {
		w.namespace = namespaces[i]
		token := w.sim.IssueToken(webexsim.TokenSpec{Organization: organization.UUID, WithRefresh: true})
		customers = append(customers, tenants.customer("acme", map[string]string{
			"clientID": token.ClientID, "clientSecret": token.ClientSecret, "refreshToken": token.Refresh,
		}))
		w.create(&v1alpha1.LicenseSyncSchedule{ObjectMeta: w.meta("all"), Spec: v1alpha1.LicenseSyncScheduleSpec{
			CustomerAccessSelector: &metav1.LabelSelector{}, Schedule: "0 0 1 1 *", RunOnActivation: new(true),
		}})
	}
	w.namespace = outside
	w.sim.IssueToken(webexsim.TokenSpec{Organization: third.UUID, Access: accessToken})
	untouched := tenants.customer("acme", map[string]string{"accessToken": accessToken})

	tenants.start(account, namespaces)
	for i, customer := range customers {
		w.namespace = namespaces[i]
		w.awaitToken(customer, "")
		tenants.awaitScheduledRun()
		w.Expect(w.list()).NotTo(BeEmpty())
		tenants.awaitEvents()
	}
	tenants.expectHolder(Not(BeEmpty()))

	w.namespace = outside
	w.Expect(w.list()).To(BeEmpty())
	w.Expect(w.client.Get(w.ctx, client.ObjectKeyFromObject(untouched), untouched)).To(Succeed())
	w.Expect(untouched.Status.Conditions).To(BeEmpty())
	var runs v1alpha1.LicenseSyncList
	w.Expect(w.client.List(w.ctx, &runs, client.InNamespace(outside))).To(Succeed())
	w.Expect(runs.Items).To(BeEmpty())

	tenants.stop()
	tenants.expectHolder(BeEmpty(), "the lease is free for the next manager")
	for line := range strings.SplitSeq(w.log.String(), "\n") {
		w.Expect(strings.ToLower(line)).NotTo(ContainSubstring("forbidden"))
	}
}

// A namespace that the manager is told to watch and may not read keeps it from starting,
// with the reason in the log; it goes on by itself once it may.
func TestNamespaceWithoutRights(t *testing.T) {
	t.Parallel()
	organization := webexsim.StandardOrganization()
	w := newWorld(t, organization)
	tenants := tenants{world: w, home: w.newNamespace()}
	account := tenants.account()
	w.sim.IssueToken(webexsim.TokenSpec{Organization: organization.UUID, Access: accessToken})
	customer := tenants.customer("acme", map[string]string{"accessToken": accessToken})
	tenants.start(account, []string{w.namespace})
	w.Eventually(w.log.String).Should(ContainSubstring("forbidden"))
	tenants.bind(account, w.namespace)
	w.awaitToken(customer, "")
}

// tenants sets up a world of several namespaces.
type tenants struct {
	*world
	home string // the manager's own namespace
}

func (w *world) newNamespace() string {
	w.t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "e2e-"}}
	w.create(namespace)
	return namespace.Name
}

// account creates the manager's ServiceAccount, with the right to its lease and no other.
func (t tenants) account() *corev1.ServiceAccount {
	t.t.Helper()
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: t.home, Name: "manager"}}
	t.create(account)
	var lease rbacv1.Role
	t.manifest("leader_election_role.yaml", &lease)
	t.grant(account, t.home, lease.Rules)
	return account
}

// bind gives the manager in a namespace what config/rbac/role.yaml gives it in all.
func (t tenants) bind(account *corev1.ServiceAccount, namespace string) {
	t.t.Helper()
	var role rbacv1.ClusterRole
	t.manifest("role.yaml", &role)
	t.grant(account, namespace, role.Rules)
}

func (t tenants) manifest(name string, into any) {
	t.t.Helper()
	content, err := os.ReadFile(filepath.Join(repository, "config", "rbac", name))
	t.Expect(err).NotTo(HaveOccurred())
	t.Expect(yaml.UnmarshalStrict(content, into)).To(Succeed())
}

func (t tenants) grant(account *corev1.ServiceAccount, namespace string, rules []rbacv1.PolicyRule) {
	t.t.Helper()
	t.Expect(rules).NotTo(BeEmpty())
	name := metav1.ObjectMeta{Namespace: namespace, Name: "manager"}
	t.create(&rbacv1.Role{ObjectMeta: name, Rules: rules})
	t.create(&rbacv1.RoleBinding{
		ObjectMeta: name,
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: name.Name},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: account.Namespace, Name: account.Name}},
	})
}

// credentials are the cluster as the account sees it.
func (t tenants) credentials(account *corev1.ServiceAccount) *rest.Config {
	t.t.Helper()
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: ptr.To[int64](3600)}}
	t.Expect(t.client.SubResource("token").Create(t.ctx, account, request)).To(Succeed())
	config := rest.AnonymousClientConfig(shared.cluster.Config)
	config.BearerToken = request.Status.Token
	return config
}

// expectNoMore makes sure that the API server keeps the account out of everything else.
func (t tenants) expectNoMore(account *corev1.ServiceAccount, outside string) {
	t.t.Helper()
	c, err := client.New(t.credentials(account), client.Options{Scheme: t.client.Scheme()})
	t.Expect(err).NotTo(HaveOccurred())
	for _, list := range []client.ObjectList{&v1alpha1.WebexCustomerAccessList{}, &corev1.SecretList{}, &corev1.NamespaceList{}} {
		t.Expect(apierrors.IsForbidden(c.List(t.ctx, list))).To(BeTrue(), "%T in all namespaces", list)
		t.Expect(apierrors.IsForbidden(c.List(t.ctx, list, client.InNamespace(outside)))).To(BeTrue(), "%T outside", list)
	}
}

// customer creates a customer in the current namespace, and the CA that it trusts.
func (t tenants) customer(name string, credentials map[string]string) *v1alpha1.WebexCustomerAccess {
	t.t.Helper()
	ca := &corev1.ConfigMap{ObjectMeta: t.meta("webex-ca"), Data: map[string]string{"ca.crt": string(t.sim.CACertificate())}}
	t.Expect(client.IgnoreAlreadyExists(t.client.Create(t.ctx, ca))).To(Succeed())
	return t.createCustomer(name, credentials)
}

// start runs the manager as the account, with leader election, for the namespaces.
func (t tenants) start(account *corev1.ServiceAccount, namespaces []string) {
	t.t.Helper()
	config := t.credentials(account)
	kubeconfig := clientcmdapi.NewConfig()
	kubeconfig.Clusters["c"] = &clientcmdapi.Cluster{Server: config.Host, CertificateAuthorityData: config.CAData}
	kubeconfig.AuthInfos["u"] = &clientcmdapi.AuthInfo{Token: config.BearerToken}
	kubeconfig.Contexts["x"] = &clientcmdapi.Context{Cluster: "c", AuthInfo: "u"}
	kubeconfig.CurrentContext = "x"
	path := filepath.Join(t.t.TempDir(), "kubeconfig")
	t.Expect(clientcmd.WriteToFile(*kubeconfig, path)).To(Succeed())

	base, err := url.Parse(t.sim.URL())
	t.Expect(err).NotTo(HaveOccurred())
	t.process, err = operator.Start(shared.manager, path, &t.log,
		"--watch-namespaces="+strings.Join(namespaces, ","), "--allowed-api-hosts="+base.Host,
		"--leader-elect", "--leader-election-namespace="+t.home,
		"--health-probe-bind-address=0", "--zap-log-level=debug")
	t.Expect(err).NotTo(HaveOccurred())
}

// stop ends the manager as Kubernetes does.
func (t tenants) stop() {
	t.t.Helper()
	t.Expect(t.process.Stop()).To(Succeed())
	t.process = nil
}

// awaitScheduledRun waits for the run of the schedule's activation.
func (t tenants) awaitScheduledRun() {
	t.t.Helper()
	t.Eventually(func(g Gomega) {
		var runs v1alpha1.LicenseSyncList
		g.Expect(t.client.List(t.ctx, &runs, client.InNamespace(t.namespace), client.MatchingLabels{v1alpha1.LabelSchedule: "all"})).To(Succeed())
		g.Expect(runs.Items).To(HaveLen(1))
		g.Expect(meta.IsStatusConditionTrue(runs.Items[0].Status.Conditions, v1alpha1.ConditionComplete)).To(BeTrue(), "%+v", runs.Items[0].Status)
	}).Should(Succeed())
}

func (t tenants) awaitEvents() {
	t.t.Helper()
	t.Eventually(func(g Gomega) { // events are sent in the background
		var events eventsv1.EventList
		g.Expect(t.client.List(t.ctx, &events, client.InNamespace(t.namespace))).To(Succeed())
		g.Expect(events.Items).To(ContainElement(HaveField("Reason", v1alpha1.ReasonSynced)))
	}).Should(Succeed())
}

// expectHolder looks who has the lease.
func (t tenants) expectHolder(matcher OmegaMatcher, description ...any) {
	t.t.Helper()
	var leases coordinationv1.LeaseList
	t.Expect(t.client.List(t.ctx, &leases, client.InNamespace(t.home))).To(Succeed())
	t.Expect(leases.Items).To(HaveLen(1))
	t.Expect(ptr.Deref(leases.Items[0].Spec.HolderIdentity, "")).To(matcher, description...)
}
