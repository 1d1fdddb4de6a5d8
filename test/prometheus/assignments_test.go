package prometheus

import (
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// assignments have the name of their customer, and the holders of the licence in their lists.
func assignments() []scenario {
	const held, failing, drift = "leavers", "typo", "hands"
	return []scenario{
		{
			// A person is taken out of a list that owns the licence, and a person says that this is right.
			alert: "WebexLicenseAssignmentRemovalsHeld", name: held,
			setup: func(w *World) {
				w.assignment(held, v1alpha1.AssignmentModeEnforce)
				w.awaitVerdict(held, v1alpha1.ReasonInSync)
			},
			cause: func(w *World) { w.list(held, w.holders(held)[1:]) },
			cure: func(w *World) {
				assignment := w.assigned(held)
				w.Patch(assignment, `{"metadata":{"annotations":{%q:%q}}}`, v1alpha1.AnnotationApproveRemovals, assignment.Status.Held.Token)
			},
		},
		{
			alert: "WebexLicenseAssignmentFailing", name: failing,
			setup: func(w *World) {
				w.assignment(failing, v1alpha1.AssignmentModeReport)
				w.awaitVerdict(failing, v1alpha1.ReasonPlanOnly)
			},
			cause: func(w *World) { w.list(failing, append(w.holders(failing), "not-a-person@example.com")) },
			cure:  func(w *World) { w.list(failing, w.holders(failing)) },
		},
		{
			// A hand takes a licence, the next run gives it back, and the one after finds nothing changed.
			alert: "WebexLicenseAssignmentDrift", name: drift,
			setup: func(w *World) {
				w.assignment(drift, v1alpha1.AssignmentModeEnforce)
				w.awaitVerdict(drift, v1alpha1.ReasonInSync)
			},
			cause: func(w *World) {
				w.must("taking a licence", w.org(drift).RemoveLicense(w.org(drift).Holders(assigned)[0], assigned))
				w.sync(drift, true)
			},
			cure: func(w *World) { w.sync(drift, true) },
		},
	}
}

// assignment adds a customer that may write, and an assignment of one licence to those who hold it.
func (w *World) assignment(name string, mode v1alpha1.AssignmentMode) {
	w.t.Helper()
	w.customer(name, func(c *v1alpha1.WebexCustomerAccess) { w.writes(c, uuid(name)) })
	w.Create(&v1alpha1.WebexLicenseAssignment{
		ObjectMeta: w.Meta(name),
		Spec: v1alpha1.WebexLicenseAssignmentSpec{
			CustomerAccessRef: v1alpha1.LocalCustomerReference{Name: name}, License: v1alpha1.LicenseSelector{Name: assigned},
			Subjects: v1alpha1.Subjects{Emails: w.holders(name)},
			Mode:     mode, Unlisted: v1alpha1.UnlistedRemove, MaxRemovals: new(int32(0)),
		},
	})
}

// writes gives a customer write credentials for an organization.
func (w *World) writes(c *v1alpha1.WebexCustomerAccess, organization string) {
	w.t.Helper()
	token := w.Sim.IssueToken(webexsim.TokenSpec{
		Organization: organization, Owner: c.Name + "-writer", Scopes: append(webexsim.DefaultScopes(), webexsim.ScopePeopleWrite),
	})
	secret := &corev1.Secret{ObjectMeta: w.Meta(c.Name + "-write"), StringData: map[string]string{"accessToken": token.Access}}
	w.Create(secret)
	c.Spec.Assignment = &v1alpha1.CustomerAssignment{CredentialsSecretRef: v1alpha1.CredentialsSecretReference{Name: secret.Name}}
}

// holders are the addresses of those who hold the licence.
func (w *World) holders(name string) (addresses []string) {
	for _, person := range w.org(name).Holders(assigned) {
		addresses = append(addresses, w.org(name).PersonEmail(person))
	}
	return addresses
}

// list makes addresses those of an assignment.
func (w *World) list(name string, addresses []string) {
	w.t.Helper()
	emails, err := json.Marshal(addresses)
	w.must("writing a patch", err)
	w.Patch(&v1alpha1.WebexLicenseAssignment{ObjectMeta: w.Meta(name)}, `{"spec":{"subjects":{"emails":%s}}}`, emails)
}

// assigned is an assignment as it is now.
func (w *World) assigned(name string) *v1alpha1.WebexLicenseAssignment {
	w.t.Helper()
	assignment := &v1alpha1.WebexLicenseAssignment{ObjectMeta: w.Meta(name)}
	w.Get(assignment)
	return assignment
}

// awaitVerdict waits until the Ready condition of an assignment has a reason, and metrics say so.
func (w *World) awaitVerdict(name, reason string) {
	w.t.Helper()
	w.AwaitQuery(fmt.Sprintf(`webexlicense_assignment_condition{name=%q, type="Ready", reason=%q}`, name, reason))
}
