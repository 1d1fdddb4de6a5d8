package prometheus

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

func partners() []scenario {
	const refused, held = "provider", "reseller"
	var token webexsim.Token
	return []scenario{
		{
			// A partner with credentials that Webex does not know, until a person authorizes it.
			alert: "WebexPartnerDiscoveryStale", name: refused,
			setup: func(w *World) { token = w.Sim.AddPartner(partnerSpec(refused, 1)).Token },
			cause: func(w *World) { w.partner(refused, "unknown-to-webex", v1alpha1.PartnerModeReport) },
			cure: func(w *World) {
				w.Patch(&corev1.Secret{ObjectMeta: w.Meta(refused)}, `{"stringData":{"accessToken":%q}}`, token.Access)
			},
		},
		{
			// Two of four organizations are no longer listed, and a person says that this is right.
			alert: "WebexPartnerRemovalHeld", name: held,
			setup: func(w *World) {
				w.partner(held, w.Sim.AddPartner(partnerSpec(held, 4)).Token.Access, v1alpha1.PartnerModeCreate)
				w.AwaitQuery(fmt.Sprintf(`webexlicense_partner_organizations{partner=%q, state="created"} == 4`, held))
			},
			cause: func(w *World) {
				for i := range 2 {
					w.Sim.RemoveOrganization(uuid(customerOf(held, i)))
				}
				w.Patch(w.discovered(held), `{"metadata":{"annotations":{%q:"now"}}}`, v1alpha1.AnnotationRequestedAt)
			},
			cure: func(w *World) {
				partner := w.discovered(held)
				w.Patch(partner, `{"metadata":{"annotations":{%q:%q}}}`, v1alpha1.AnnotationApproveRemovals, partner.Status.Held.Token)
			},
		},
	}
}

// partnerSpec is a partner with so many customers.
func partnerSpec(name string, customers int) webexsim.PartnerSpec {
	return webexsim.PartnerSpec{
		UUID: uuid("of " + name), Name: name, Customers: customers, Token: webexsim.TokenSpec{Owner: name},
		Customer: func(i int) webexsim.OrganizationSpec { return organization(customerOf(name, i)) },
	}
}

func customerOf(partner string, i int) string { return fmt.Sprintf("%d of %s", i, partner) }

// partner creates one that asks with an access token.
func (w *World) partner(name, token string, mode v1alpha1.PartnerMode) {
	w.t.Helper()
	w.Create(&corev1.Secret{ObjectMeta: w.Meta(name), StringData: map[string]string{"accessToken": token}})
	w.Create(&v1alpha1.WebexPartner{ObjectMeta: w.Meta(name), Spec: v1alpha1.WebexPartnerSpec{
		CredentialsSecretRef: v1alpha1.CredentialsSecretReference{Name: name}, Mode: mode,
		Connection: &v1alpha1.Connection{BaseURL: w.Sim.URL(), CABundleRef: &v1alpha1.CABundleReference{Name: "webex-ca"}, RequestsPerMinute: 6000},
	}})
}

// discovered is a partner as it is now.
func (w *World) discovered(name string) *v1alpha1.WebexPartner {
	w.t.Helper()
	partner := &v1alpha1.WebexPartner{ObjectMeta: w.Meta(name)}
	w.Get(partner)
	return partner
}
