package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/connect"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// checkPartner refuses what is said of a customer and not of a partner.
func (f *connectFlags) checkPartner() error {
	if !f.partner {
		return nil
	}
	for flag, given := range map[string]bool{
		"assignment": f.assignment, "wait": f.wait, "skip-check": f.skipCheck, "customer-name": f.customerName != "", "default-subscription": f.subscription != "",
		"default-site-url": f.siteURL != "", "hierarchy": f.hierarchy != "", "labels": len(f.labels) > 0, "without": len(f.without) > 0,
	} {
		if given {
			return usagef("--%s says nothing of a partner: leave it away; spec.template of the WebexPartner says what its customers look like", flag)
		}
	}
	return nil
}

// planPartner plans the partner, which makes nothing yet if it is new.
func (w *wizard) planPartner(secret string) error {
	p := &v1alpha1.WebexPartner{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: w.name}}
	if before := w.plan.PartnerBefore; before != nil {
		p = before.DeepCopy()
	} else {
		p.Spec.Mode = v1alpha1.PartnerModeReport
	}
	p.TypeMeta = metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "WebexPartner"}
	p.Spec.CredentialsSecretRef.Name = secret
	p.Spec.Connection = w.flags.connection(p.Spec.Connection, w.name)
	if w.flags.organization != "" {
		id, err := webex.ParseOrganizationID(w.flags.organization)
		if err != nil {
			return usagef("--organization is the id of the partner's own organization, as Partner Hub shows it")
		}
		p.Spec.OrganizationID = id.UUID()
	}
	w.plan.Partner = p
	// What asks Webex knows customers only: this one stands for the partner, and is not written.
	c := &v1alpha1.WebexCustomerAccess{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: w.name}}
	c.Spec.CredentialsSecretRef, c.Spec.Connection = p.Spec.CredentialsSecretRef, p.Spec.Connection
	w.plan.Customer = c
	return nil
}

// inquirePartner asks Webex which organizations the partner's credentials see, and which is
// its own.
func (w *wizard) inquirePartner(ctx context.Context) error {
	probe, err := w.probe(ctx, w.plan.Customer)
	if err != nil {
		return err
	}
	defer probe.Close()
	visible, err := probe.Organizations(ctx)
	if err != nil {
		return w.explain(err)
	}
	own, err := webex.ParseOrganizationID(w.plan.Partner.Spec.OrganizationID)
	if err != nil {
		if own, err = probe.Home(ctx); err != nil {
			return fmt.Errorf("which organization is the partner's own cannot be asked (%w): add --organization with its id, as Partner Hub shows it", connect.Explain(err))
		}
	}
	others := slices.DeleteFunc(slices.Clone(visible), func(o webex.Organization) bool { return o.ID == own })
	if len(others) == 0 {
		return errors.New("the credentials see no organization but the partner's own: sign in as an administrator of the partner, who manages customers")
	}
	w.plan.Partner.Spec.OrganizationID = own.UUID()
	name := "not among those that it sees"
	if i := slices.IndexFunc(visible, func(o webex.Organization) bool { return o.ID == own }); i >= 0 {
		name = visible[i].DisplayName
	}
	w.fact("Partner", "%s (%s)", name, own.UUID())
	w.fact("Credentials", "%s", credentialWords[probe.Kind()])
	w.fact("Organizations", "%d beside its own", len(others))
	return nil
}

// followPartner says what comes next.
func (w *wizard) followPartner() {
	w.note("kubectl webex partners %s shows what mode %s would make of them", w.name, v1alpha1.PartnerModeCreate)
	if w.plan.Partner.Spec.Mode == v1alpha1.PartnerModeReport {
		w.note("kubectl patch wxp %s -n %s --type merge -p '{\"spec\":{\"mode\":\"%s\"}}' makes it", w.name, w.namespace, v1alpha1.PartnerModeCreate)
	}
}
