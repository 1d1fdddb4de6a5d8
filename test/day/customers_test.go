package day

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// customer is one of the organizations.
type customer struct {
	name, uuid string
	// oauth is true for credentials with a refresh token.
	oauth bool
	token webexsim.Token
	// staleAfter is the age from which on its figures are stale.
	staleAfter time.Duration
	// calls are the times of its calls, in order.
	calls []time.Time

	trouble trouble
	// denied is true for one that is told no, and whose credentials are good.
	denied bool
	// troubled is when it begins; refused is when a run first failed by it, mended
	// when its Secret was changed, which may be never.
	troubled, mended time.Time
}

// staleAfter is shorter than an outage for every other customer, and the default for the rest.
var staleAfter = []time.Duration{26 * time.Hour, 90 * time.Minute}

// walking has each run walk, so that trouble finds all that a run may ask for.
var walking = &v1alpha1.Collection{SiteMaxAge: &metav1.Duration{}}

// addCustomer creates an organization with all that belongs to it, and a schedule.
func (w *world) addCustomer(i int, cron string, staleAfter time.Duration, collection *v1alpha1.Collection) {
	w.t.Helper()
	c := newCustomer(i)
	c.staleAfter = staleAfter
	w.join(c, smallOrganization(c, i), collection)
	w.create(&v1alpha1.LicenseSyncSchedule{ObjectMeta: objectMeta("scheduled-" + c.name), Spec: v1alpha1.LicenseSyncScheduleSpec{
		Schedule: cron, CustomerAccessRef: &v1alpha1.LocalCustomerReference{Name: c.name},
	}})
}

func newCustomer(i int) *customer {
	return &customer{name: fmt.Sprintf("c%03d", i), uuid: uuidOf(i), oauth: i%4 == 3}
}

func uuidOf(i int) string { return fmt.Sprintf("%08d-0000-4000-8000-000000000000", i+1) }

// join creates a customer's organization, its credentials and its object.
func (w *world) join(c *customer, organization webexsim.OrganizationSpec, collection *v1alpha1.Collection) {
	w.t.Helper()
	w.customers = append(w.customers, c)
	w.sim.AddOrganization(organization)
	w.create(&corev1.Secret{ObjectMeta: objectMeta(c.name), Data: w.authorize(c)})
	w.create(&v1alpha1.WebexCustomerAccess{
		ObjectMeta: objectMeta(c.name),
		Spec: v1alpha1.WebexCustomerAccessSpec{
			CredentialsSecretRef: v1alpha1.CredentialsSecretReference{Name: c.name},
			Connection:           &v1alpha1.Connection{BaseURL: "https://" + webexHost + "/v1", CABundleRef: &v1alpha1.CABundleReference{Name: "webex-ca"}},
			StaleAfter:           &metav1.Duration{Duration: c.staleAfter},
			Collection:           collection,
		},
	})
}

// smallOrganization has a few rows only: what is counted here are calls.
func smallOrganization(c *customer, i int) webexsim.OrganizationSpec {
	people := make(webexsim.PeopleList, 3+i%5)
	for p := range people {
		people[p] = webexsim.Person{Location: p%3 - 1, Licenses: []int{p % 2}}
	}
	return webexsim.OrganizationSpec{
		UUID: c.uuid, Name: c.name, People: people,
		Licenses: []webexsim.LicenseSpec{
			{Name: "Webex Calling - Professional", OfferCode: "BCSTD", Total: 10, Subscription: "Sub1"},
			{Name: "Basic Messaging", OfferCode: "FMS", TotalIsPeople: true},
		},
		Locations:  []webexsim.LocationSpec{{Name: "Oslo"}, {Name: "Lima"}},
		Workspaces: []webexsim.WorkspaceSpec{{Name: "Lobby", Location: 0, Licenses: []int{0}}},
	}
}

// authorize issues new credentials for a customer, as the content of its Secret.
func (w *world) authorize(c *customer) map[string][]byte {
	c.token = w.sim.IssueToken(webexsim.TokenSpec{Organization: c.uuid, WithRefresh: c.oauth})
	w.calls.ownedBy(c, c.token.Access, c.token.ClientID)
	if !c.oauth {
		return map[string][]byte{access.KeyAccessToken: []byte(c.token.Access)}
	}
	return map[string][]byte{
		access.KeyClientID: []byte(c.token.ClientID), access.KeyClientSecret: []byte(c.token.ClientSecret),
		access.KeyRefreshToken: []byte(c.token.Refresh),
	}
}

// changeSecret is what a person does who was told that the credentials are refused.
func (w *world) changeSecret(c *customer) {
	data := w.authorize(c)
	err := w.store.update(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: c.name}}, func(object client.Object) {
		object.(*corev1.Secret).Data = data
	})
	if err != nil {
		w.t.Error(err)
	}
}
