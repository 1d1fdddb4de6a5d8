package controllers

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// The people of a badAssignment's organization who hold the messaging licence inside the defaults. Unless something
// keeps it from that, the assignment takes it from the last of them, and gives it to newcomer.
var messagingHolders = []int{0, 1, 8, 15}

const newcomer = 16

// badAssignment is an assignment that takes a licence from one person and gives it to another, until it is spoiled.
type badAssignment struct {
	f        *fixture
	org      *webexsim.Organization
	name     string
	customer *v1alpha1.WebexCustomerAccess
	// list is the Secret that the assignment names, nil if there is none; write has the write credentials.
	list, write *corev1.Secret
	assignment  *v1alpha1.WebexLicenseAssignment
	// others are further assignments.
	others []*v1alpha1.WebexLicenseAssignment
}

// newBadAssignment makes an organization of its own, with a customer and an assignment that are not yet created.
func newBadAssignment(f *fixture, n int, test *badAssignmentCase) *badAssignment {
	spec := webexsim.TwoSubscriptionOrganization()
	if test.people > 0 {
		spec = webexsim.Generate(webexsim.GeneratorOptions{Seed: 77, People: test.people, Licenses: 7, CallingShare: 0.01, Workspaces: -1, BotShare: -1})
	}
	spec.UUID = fmt.Sprintf("aaaaaaaa-0000-4000-8000-%012d", n)
	b := &badAssignment{f: f, org: f.sim.AddOrganization(spec), name: fmt.Sprintf("case-%d", n)}
	reader := f.sim.IssueToken(webexsim.TokenSpec{Organization: spec.UUID, Owner: b.name, Scopes: append(webexsim.DefaultScopes(), webexsim.ScopeGroups)})
	b.write = credentialsSecret(f, b.name+"-write", map[string]string{access.KeyAccessToken: b.writer(spec.UUID, webexsim.ScopePeopleWrite)})
	b.customer = f.newCustomer(b.name)
	b.customer.Spec.CredentialsSecretRef.Name = b.name
	b.customer.Spec.Assignment = &v1alpha1.CustomerAssignment{CredentialsSecretRef: v1alpha1.CredentialsSecretReference{Name: b.write.Name}}
	b.customer.Spec.DefaultSubscription = "Sub2000001"
	b.list = &corev1.Secret{ObjectMeta: f.meta(b.name + "-list"), Data: map[string][]byte{"emails": b.lines(append(messagingHolders[:3:3], newcomer)...)}}
	b.assignment = b.another(b.name, v1alpha1.Subjects{EmailsFrom: []v1alpha1.EmailSource{{Name: b.list.Name}}})
	b.assignment.Spec.Unlisted = v1alpha1.UnlistedRemove
	test.spoil(b)
	f.create(credentialsSecret(f, b.name, map[string]string{access.KeyAccessToken: reader.Access}), b.customer)
	for _, secret := range []*corev1.Secret{b.list, b.write} {
		if secret != nil {
			f.create(secret)
		}
	}
	for _, a := range append(b.others, b.assignment) {
		f.create(a)
	}
	return b
}

// writer is a token of an owner of its own.
func (b *badAssignment) writer(organization, scope string) string {
	return b.f.sim.IssueToken(webexsim.TokenSpec{Organization: organization, Owner: b.name + " writer", Scopes: []string{scope}}).Access
}

// another is one more assignment of the messaging licence, that enforces.
func (b *badAssignment) another(name string, subjects v1alpha1.Subjects) *v1alpha1.WebexLicenseAssignment {
	a := b.f.newAssignment(name, b.name)
	a.Spec.License = v1alpha1.LicenseSelector{OfferCode: "MS"}
	a.Spec.Subjects, a.Spec.Mode = subjects, v1alpha1.AssignmentModeEnforce
	return a
}

// lines are the addresses of people, one in each.
func (b *badAssignment) lines(people ...int) []byte {
	var lines strings.Builder
	for _, i := range people {
		fmt.Fprintln(&lines, b.org.PersonEmail(i))
	}
	return []byte(lines.String())
}

// await waits for condition Ready of the assignment.
func (b *badAssignment) await(reason string) *metav1.Condition {
	b.f.t.Helper()
	var found *metav1.Condition
	b.f.Eventually(func(g Gomega) {
		g.Expect(b.f.client.Get(b.f.ctx, keyOf(b.assignment), b.assignment)).To(Succeed())
		found = meta.FindStatusCondition(b.assignment.Status.Conditions, v1alpha1.ConditionReady)
		g.Expect(found).NotTo(BeNil(), b.name)
		g.Expect(found.Reason).To(Equal(reason), "%s: %+v", b.name, found)
	}).Should(Succeed())
	return found
}

// removed are the licences that the operator took.
func (b *badAssignment) removed() (all []webexsim.LicenseChange) {
	return slices.DeleteFunc(b.org.LicenseChanges(), func(c webexsim.LicenseChange) bool { return c.Added || !c.API })
}

// patches are the requests to change a person of the organization.
func (b *badAssignment) patches() int {
	return b.f.sim.OrganizationRequests(b.org.UUID())[webexsim.OperationAssign]
}

// Each bad input of an assignment has a condition that names the field and the remedy and no person, and nothing is
// removed; what is good of a list is carried out nevertheless.
func TestBadAssignments(t *testing.T) {
	f := newFixture(t, func(o *fixtureOptions) { o.stopped, o.sim.GroupSizeOff = true, 1 })
	f.start(assigning)
	cases := slices.Concat(badLists(), badSubjects(), badLicenses(), badCredentials(), badTogether())
	all := make([]*badAssignment, len(cases))
	for i := range cases {
		all[i] = newBadAssignment(f, i+1, &cases[i])
	}
	for i, test := range cases {
		b := all[i]
		if test.later != nil {
			b.await(v1alpha1.ReasonInSync)
			test.later(b)
			f.run(b.name)
		}
		ready := b.await(test.reason)
		for _, word := range test.words {
			f.Expect(ready.Message).To(ContainSubstring(word), test.name)
		}
		f.Expect(ready.Status == metav1.ConditionTrue).To(Equal(test.reason == v1alpha1.ReasonInSync || test.reason == v1alpha1.ReasonPlanOnly), test.name)
		if test.removes {
			f.Expect(b.removed()).To(HaveLen(1), test.name)
		} else {
			f.Expect(b.removed()).To(BeEmpty(), test.name)
		}
		f.Expect(slices.Contains(b.org.Holders("messaging-main"), newcomer)).To(Equal(test.adds), "%s: the newcomer holds the licence", test.name)
		if test.check != nil {
			test.check(b)
		}
	}
	f.Expect(f.sim.EmailRequests()).To(BeZero())
	f.Expect(f.sim.InvitationsByAddress()).To(BeEmpty())
	f.expectNoPersonTold(all)
}

// expectNoPersonTold searches statuses and events for people and secrets.
func (f *fixture) expectNoPersonTold(all []*badAssignment) {
	f.t.Helper()
	finder := f.sim.LeakFinder()
	f.Expect(finder.Values()).To(BeNumerically(">", 1000), "there is something to find")
	for _, b := range all {
		status, err := json.Marshal(b.assignment.Status)
		f.Expect(err).NotTo(HaveOccurred())
		f.Expect(finder.Find(string(status)+fmt.Sprint(f.told.of("WebexLicenseAssignment", b.name)))).To(BeEmpty(), b.name)
		f.Expect(strings.ReplaceAll(string(status), "such as ada@example.com", "")).NotTo(ContainSubstring("@"), b.name)
	}
}
