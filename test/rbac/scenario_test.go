package rbac

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/operator"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

const (
	patience = time.Minute
	interval = 10 * time.Millisecond
)

// scenario is all that the manager can be asked to do, in one namespace.
type scenario struct {
	t         *testing.T
	admin     client.Client
	sim       *webexsim.Server
	acme      *webexsim.Organization
	namespace string
	shared    map[string]string // credentials of two customers
	log       operator.Log
	process   *operator.Process
	metrics   string // address; empty if there are none
	// neighbours are the hosts of other scenarios that the same manager plays.
	neighbours []string
	// over ends the scenario early: it was seen what was to be seen.
	over func() bool
}

func newScenario(t *testing.T) *scenario {
	t.Helper()
	sim, err := webexsim.New(webexsim.Options{TLS: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	admin, err := client.New(shared.cluster.Config, client.Options{Scheme: operator.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	s := &scenario{t: t, admin: admin, sim: sim, over: func() bool { return false }}
	t.Cleanup(func() {
		if s.process != nil {
			s.process.Kill()
		}
		if t.Failed() {
			t.Logf("the end of the manager's log:\n%s", s.log.Tail(30))
		}
	})
	return s
}

func (s *scenario) newNamespace(name string) string {
	s.t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: name}}
	if !strings.HasSuffix(name, "-") {
		namespace.GenerateName, namespace.Name = "", name
	}
	s.create(namespace)
	return namespace.Name
}

func (s *scenario) create(object client.Object) {
	s.t.Helper()
	if err := s.admin.Create(s.t.Context(), object); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scenario) meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: s.namespace, Name: name}
}

// prepare writes down what there is to do: tokens to refresh and to keep, CA bundles of both
// kinds, an organization that two customers read, refused credentials, schedules whose
// history goes and whose runs replace each other, an assignment, a partner that makes a customer.
func (s *scenario) prepare() {
	s.t.Helper()
	standard, twice, slow := webexsim.StandardOrganization(), webexsim.OverAssignedOrganization(), webexsim.TwoSubscriptionOrganization()
	// Of their own for each scenario: no organization is read twice.
	standard.UUID, twice.UUID, slow.UUID = string(uuid.NewUUID()), string(uuid.NewUUID()), string(uuid.NewUUID())
	s.acme = s.sim.AddOrganization(standard)
	s.sim.AddOrganization(twice)
	s.sim.AddOrganization(slow)
	ca := string(s.sim.CACertificate())
	s.create(&corev1.ConfigMap{ObjectMeta: s.meta("ca"), Data: map[string]string{"ca.crt": ca}})
	s.create(&corev1.Secret{ObjectMeta: s.meta("ca"), StringData: map[string]string{"ca.crt": ca}})

	refreshed := s.sim.IssueToken(webexsim.TokenSpec{Organization: standard.UUID, WithRefresh: true})
	s.customer("acme", v1alpha1.CABundleKindConfigMap, map[string]string{
		"clientID": refreshed.ClientID, "clientSecret": refreshed.ClientSecret, "refreshToken": refreshed.Refresh,
	})
	s.shared = map[string]string{"accessToken": s.sim.IssueToken(webexsim.TokenSpec{Organization: twice.UUID}).Access}
	s.customer("globex", v1alpha1.CABundleKindSecret, s.shared)
	s.customer("hooli", v1alpha1.CABundleKindConfigMap, map[string]string{"accessToken": "unknown-to-webex"})
	s.customer("umbrella", v1alpha1.CABundleKindConfigMap, map[string]string{"accessToken": s.sim.IssueToken(webexsim.TokenSpec{Organization: slow.UUID}).Access})
	s.sim.AddRule(webexsim.Rule{Organization: slow.UUID, Status: http.StatusTooManyRequests, Header: map[string]string{"Retry-After": "600"}})

	s.assignment("chicago")
	s.partner("provider")
	s.create(&v1alpha1.LicenseSyncSchedule{ObjectMeta: s.meta("forgetful"), Spec: v1alpha1.LicenseSyncScheduleSpec{
		CustomerAccessRef: &v1alpha1.LocalCustomerReference{Name: "acme"}, Schedule: "0 0 1 1 *", RunOnActivation: new(true),
		SuccessfulRunsHistoryLimit: new(int32(0)),
	}})
	s.create(&v1alpha1.LicenseSyncSchedule{ObjectMeta: s.meta("impatient"), Spec: v1alpha1.LicenseSyncScheduleSpec{
		CustomerAccessRef: &v1alpha1.LocalCustomerReference{Name: "umbrella"}, RunOnActivation: new(true),
		Every:             &v1alpha1.Interval{Interval: metav1.Duration{Duration: time.Minute}, FirstTime: new(metav1.NewTime(time.Now().Add(4 * time.Second)))},
		ConcurrencyPolicy: v1alpha1.ConcurrencyReplace,
	}})
}

func (s *scenario) customer(name string, ca v1alpha1.CABundleKind, credentials map[string]string) {
	s.t.Helper()
	s.create(&corev1.Secret{ObjectMeta: s.meta(name), StringData: credentials})
	s.create(&v1alpha1.WebexCustomerAccess{ObjectMeta: s.meta(name), Spec: v1alpha1.WebexCustomerAccessSpec{
		CredentialsSecretRef: v1alpha1.CredentialsSecretReference{Name: name},
		Connection: &v1alpha1.Connection{
			BaseURL: s.sim.URL(), CABundleRef: &v1alpha1.CABundleReference{Kind: ca, Name: "ca"}, RequestsPerMinute: 6000,
		},
	}})
}

// assignment reports who is to have a licence at a location.
func (s *scenario) assignment(name string) {
	s.t.Helper()
	s.create(&v1alpha1.WebexLicenseAssignment{ObjectMeta: s.meta(name), Spec: v1alpha1.WebexLicenseAssignmentSpec{
		CustomerAccessRef: v1alpha1.LocalCustomerReference{Name: "acme"},
		License:           v1alpha1.LicenseSelector{Name: "Advanced Messaging"}, Subjects: v1alpha1.Subjects{Locations: []string{"Chicago Branch"}},
	}})
}

// partner makes a customer of the one organization that it sees, beside its own.
func (s *scenario) partner(name string) {
	s.t.Helper()
	customer := webexsim.StandardOrganization()
	customer.UUID = string(uuid.NewUUID())
	seen := s.sim.AddPartner(webexsim.PartnerSpec{
		UUID: string(uuid.NewUUID()), Customers: 1, Customer: func(int) webexsim.OrganizationSpec { return customer },
	})
	s.create(&corev1.Secret{ObjectMeta: s.meta(name), StringData: map[string]string{"accessToken": seen.Token.Access}})
	s.create(&v1alpha1.WebexPartner{ObjectMeta: s.meta(name), Spec: v1alpha1.WebexPartnerSpec{
		CredentialsSecretRef: v1alpha1.CredentialsSecretReference{Name: name}, Mode: v1alpha1.PartnerModeCreate, DeletionPolicy: v1alpha1.DeletionPolicyDelete,
		Connection: &v1alpha1.Connection{
			BaseURL: s.sim.URL(), CABundleRef: &v1alpha1.CABundleReference{Name: "ca"}, RequestsPerMinute: 6000,
		},
		Template: &v1alpha1.CustomerTemplate{Schedule: &v1alpha1.PartnerSchedule{Schedule: "@yearly"}},
	}})
}

// planned says whether an assignment is.
func (s *scenario) planned(name string) func() bool {
	return func() bool {
		assignment := &v1alpha1.WebexLicenseAssignment{}
		s.get(name, assignment)
		return meta.IsStatusConditionTrue(assignment.Status.Conditions, v1alpha1.ConditionReady)
	}
}

// play sees to it that all of it is done.
func (s *scenario) play() {
	s.t.Helper()
	if s.metrics != "" {
		s.scrape()
	}
	synced := func(name string) func() bool {
		return func() bool { return s.says(name, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSynced) }
	}
	s.await("the first run of acme", synced("acme"))
	s.await("the first run of globex", synced("globex"))
	s.await("an assignment is planned", s.planned("chicago"))
	if s.over() {
		return
	}
	s.await("a partner makes a customer and its schedule", func() bool {
		var customers v1alpha1.WebexCustomerAccessList
		var schedules v1alpha1.LicenseSyncScheduleList
		made := client.MatchingLabels{v1alpha1.LabelPartner: "provider"}
		s.list(&customers, made)
		s.list(&schedules, made)
		return len(customers.Items) == 1 && len(schedules.Items) == 1 && meta.IsStatusConditionTrue(customers.Items[0].Status.Conditions, v1alpha1.ConditionReady)
	})
	if s.over() {
		return
	}
	s.assignment("later")
	s.await("one that comes later has a run of its own", s.planned("later"))
	s.await("hooli's credentials are refused", func() bool {
		return s.says("hooli", v1alpha1.ConditionCredentialsValid, metav1.ConditionFalse, v1alpha1.ReasonCredentialsRejected)
	})
	if s.over() {
		return
	}
	s.customer("initech", v1alpha1.CABundleKindSecret, s.shared)
	s.await("the second customer of an organization is refused", func() bool {
		return s.says("initech", v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonDuplicateOrganization)
	})
	s.await("the history of a schedule is removed", func() bool {
		schedule := &v1alpha1.LicenseSyncSchedule{}
		s.get("forgetful", schedule)
		return schedule.Status.LastSuccessfulTime != nil && len(s.runsOf("forgetful")) == 0
	})
	s.await("a run replaces another one", func() bool {
		runs := s.runsOf("impatient")
		return len(runs) == 2 && (runs[0].Spec.Cancel != nil || runs[1].Spec.Cancel != nil)
	})
	if s.over() {
		return
	}
	// A run by hand that removes rows and changes others.
	rows := s.rows("acme")
	licenses := s.acme.Truth().Licenses
	if err := s.acme.DropLicense(licenses[0].ID); err != nil {
		s.t.Fatal(err)
	}
	if err := s.acme.SetTotal(licenses[1].ID, licenses[1].Total+1); err != nil {
		s.t.Fatal(err)
	}
	s.request("acme", "now")
	s.await("rows are pruned", func() bool { return s.rows("acme") < rows })

	// The other customer of the organization that is read twice takes over.
	if err := s.admin.Delete(s.t.Context(), &v1alpha1.WebexCustomerAccess{ObjectMeta: s.meta("globex")}); err != nil {
		s.t.Fatal(err)
	}
	s.await("the customer that was refused is read", synced("initech"))
	s.await("there are events", func() bool {
		var events eventsv1.EventList
		s.list(&events)
		return len(events.Items) > 0
	})
}

// scrape reads metrics as one who may, and as others.
func (s *scenario) scrape() {
	s.t.Helper()
	reader, stranger := s.account("prometheus"), s.account("stranger")
	s.create(clusterBinding("reader-"+s.namespace, "webex-license-operator-metrics-reader", reader))
	s.await("metrics are read", func() bool { return s.scrapeAs(s.token(reader)) == http.StatusOK })
	if s.over() {
		return
	}
	if code := s.scrapeAs(s.token(stranger)); code != http.StatusForbidden {
		s.t.Errorf("a stranger reads metrics: %d", code)
	}
	if code := s.scrapeAs(""); code != http.StatusUnauthorized {
		s.t.Errorf("a client without a token reads metrics: %d", code)
	}
}

// await waits for a state of things, or for the end of the scenario.
func (s *scenario) await(what string, done func() bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for !s.over() && !done() {
		select {
		case <-ctx.Done():
			s.t.Fatalf("not after %s: %s", patience, what)
		case <-tick.C:
		}
	}
}

// start runs the manager with a token of its account.
func (s *scenario) start(account *corev1.ServiceAccount, arguments ...string) {
	s.t.Helper()
	config := rest.AnonymousClientConfig(shared.cluster.Config)
	kubeconfig := clientcmdapi.NewConfig()
	kubeconfig.Clusters["c"] = &clientcmdapi.Cluster{Server: config.Host, CertificateAuthorityData: config.CAData}
	kubeconfig.AuthInfos["u"] = &clientcmdapi.AuthInfo{Token: s.token(account)}
	kubeconfig.Contexts["x"] = &clientcmdapi.Context{Cluster: "c", AuthInfo: "u"}
	kubeconfig.CurrentContext = "x"
	path := filepath.Join(s.t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*kubeconfig, path); err != nil {
		s.t.Fatal(err)
	}
	arguments = append(arguments, "--allowed-api-hosts="+strings.Join(append(s.neighbours, s.host()), ","),
		"--leader-elect", "--leader-election-namespace="+account.Namespace, "--health-probe-bind-address=0")
	if s.metrics != "" {
		arguments = append(arguments, "--metrics-bind-address="+s.metrics)
	}
	var err error
	if s.process, err = operator.Start(shared.manager, path, &s.log, arguments...); err != nil {
		s.t.Fatal(err)
	}
}

// host is where the simulator is.
func (s *scenario) host() string {
	return strings.TrimSuffix(strings.TrimPrefix(s.sim.URL(), "https://"), "/v1")
}

func (s *scenario) account(name string) *corev1.ServiceAccount {
	s.t.Helper()
	account := &corev1.ServiceAccount{ObjectMeta: s.meta(name)}
	s.create(account)
	return account
}

func (s *scenario) token(account *corev1.ServiceAccount) string {
	s.t.Helper()
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: new(int64(3600))}}
	if err := s.admin.SubResource("token").Create(s.t.Context(), account, request); err != nil {
		s.t.Fatal(err)
	}
	return request.Status.Token
}

func (s *scenario) get(name string, object client.Object) {
	s.t.Helper()
	if err := s.admin.Get(s.t.Context(), client.ObjectKey{Namespace: s.namespace, Name: name}, object); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scenario) list(objects client.ObjectList, options ...client.ListOption) {
	s.t.Helper()
	if err := s.admin.List(s.t.Context(), objects, append(options, client.InNamespace(s.namespace))...); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scenario) says(name, condition string, is metav1.ConditionStatus, reason string) bool {
	s.t.Helper()
	customer := &v1alpha1.WebexCustomerAccess{}
	s.get(name, customer)
	found := meta.FindStatusCondition(customer.Status.Conditions, condition)
	return found != nil && found.Status == is && found.Reason == reason
}

func (s *scenario) runsOf(schedule string) []v1alpha1.LicenseSync {
	s.t.Helper()
	var runs v1alpha1.LicenseSyncList
	s.list(&runs, client.MatchingLabels{v1alpha1.LabelSchedule: schedule})
	return runs.Items
}

func (s *scenario) rows(customer string) int {
	s.t.Helper()
	var rows v1alpha1.WebexLicenseList
	s.list(&rows, client.MatchingLabels{v1alpha1.LabelCustomer: customer})
	return len(rows.Items)
}

func (s *scenario) request(customer, token string) {
	s.t.Helper()
	patch := fmt.Sprintf(`{"metadata":{"annotations":{%q:%q}}}`, v1alpha1.AnnotationRequestedAt, token)
	object := &v1alpha1.WebexCustomerAccess{ObjectMeta: s.meta(customer)}
	if err := s.admin.Patch(s.t.Context(), object, client.RawPatch("application/merge-patch+json", []byte(patch))); err != nil {
		s.t.Fatal(err)
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}
