package controllers

import (
	"strings"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/util/retry"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// newAssignment is one of the Meetings licence, to the people of Secret "people", not yet created.
func (f *fixture) newAssignment(name, customer string) *v1alpha1.WebexLicenseAssignment {
	return &v1alpha1.WebexLicenseAssignment{
		ObjectMeta: f.meta(name),
		Spec: v1alpha1.WebexLicenseAssignmentSpec{
			CustomerAccessRef: v1alpha1.LocalCustomerReference{Name: customer},
			License:           v1alpha1.LicenseSelector{OfferCode: "EE"},
			Subjects:          v1alpha1.Subjects{EmailsFrom: []v1alpha1.EmailSource{{Name: "people"}}},
		},
	}
}

// people is the Secret that assignments of the tests name, with addresses of people of the organization.
func (f *fixture) people(indexes ...int) *corev1.Secret {
	var emails []string
	for _, i := range indexes {
		emails = append(emails, f.org.PersonEmail(i))
	}
	return &corev1.Secret{ObjectMeta: f.meta("people"), StringData: map[string]string{"emails": strings.Join(emails, "\n")}}
}

// changeAssignment alters an assignment as an administrator would.
func (f *fixture) changeAssignment(assignment *v1alpha1.WebexLicenseAssignment, alter func(*v1alpha1.WebexLicenseAssignment)) {
	f.t.Helper()
	f.Expect(retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		if err := f.client.Get(f.ctx, keyOf(assignment), assignment); err != nil {
			return err
		}
		alter(assignment)
		return f.client.Update(f.ctx, assignment)
	})).To(Succeed())
}

// awaitVerdict waits until the conditions of an assignment say so; see verdict.
func (f *fixture) awaitVerdict(assignment *v1alpha1.WebexLicenseAssignment, want string) {
	f.t.Helper()
	f.Eventually(func(g Gomega) {
		g.Expect(f.client.Get(f.ctx, keyOf(assignment), assignment)).To(Succeed())
		g.Expect(meta.FindStatusCondition(assignment.Status.Conditions, v1alpha1.ConditionReady)).NotTo(BeNil())
		g.Expect(verdict(assignment.Status.Conditions)).To(Equal(want), "%+v", assignment.Status.Conditions)
		g.Expect(assignment.Status.ObservedGeneration).To(HaveValue(Equal(assignment.Generation)))
	}).Should(Succeed())
}
