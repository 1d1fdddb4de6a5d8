package controllers

import (
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// assigning opens the operator's lock, and lets Webex count at once.
func assigning(o *Options) { o.EnableAssignment, o.Settle = true, time.Millisecond }

// assignable is a customer that allows to write, with credentials for it.
func (f *fixture) assignable(name string) *v1alpha1.WebexCustomerAccess {
	f.t.Helper()
	token := f.sim.IssueToken(webexsim.TokenSpec{Organization: f.org.UUID(), Scopes: []string{"spark-admin:people_write"}, Owner: "writer"})
	f.apply(&corev1.Secret{ObjectMeta: f.meta("write"), StringData: map[string]string{"accessToken": token.Access}})
	return f.createCustomer(name, func(c *v1alpha1.WebexCustomerAccess) {
		c.Spec.Assignment = &v1alpha1.CustomerAssignment{CredentialsSecretRef: v1alpha1.CredentialsSecretReference{Name: "write"}}
	})
}

func TestAnAssignmentGivesALicence(t *testing.T) {
	f := newFixture(t, func(o *fixtureOptions) { o.stopped = true })
	f.start(assigning)
	customer := f.assignable("acme")
	addresses := []string{f.org.PersonEmail(20), f.org.PersonEmail(21)}
	f.apply(&corev1.Secret{ObjectMeta: f.meta("team"), StringData: map[string]string{"emails": strings.Join(addresses, "\n")}})
	assignment := &v1alpha1.WebexLicenseAssignment{
		ObjectMeta: f.meta("messaging"),
		Spec: v1alpha1.WebexLicenseAssignmentSpec{
			CustomerAccessRef: v1alpha1.LocalCustomerReference{Name: customer.Name},
			License:           v1alpha1.LicenseSelector{OfferCode: "MS"},
			Subjects:          v1alpha1.Subjects{EmailsFrom: []v1alpha1.EmailSource{{Name: "team"}}},
			Mode:              v1alpha1.AssignmentModeEnforce,
		},
	}
	f.Expect(f.client.Create(f.ctx, assignment)).To(Succeed())
	f.settle(customer)
	f.run(customer.Name)
	f.Eventually(func(g Gomega) {
		g.Expect(f.client.Get(f.ctx, keyOf(assignment), assignment)).To(Succeed())
		g.Expect(assignment.Status.Verdict).To(HaveField("Reason", v1alpha1.ReasonInSync), "%+v", assignment.Status.Verdict)
	}, 20*time.Second).Should(Succeed())

	f.expectFigures(customer)
}
