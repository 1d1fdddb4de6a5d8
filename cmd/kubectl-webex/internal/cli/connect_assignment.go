package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// writeScopes let licences be assigned, and the organization be found.
var writeScopes = []string{"spark-admin:people_write", "spark-admin:organizations_read"}

// errWriteTogether keeps the two kinds of credentials apart.
var errWriteTogether = errors.New("the write credentials need a Secret of their own, so that runs which only read cannot write: give it another name with --secret")

// secretName is the Secret that the credentials are for.
func (w *wizard) secretName() (string, error) {
	name, before := w.name+"-webex", w.plan.CustomerBefore
	switch {
	case w.flags.assignment && before == nil && w.session != nil:
		return "", fmt.Errorf("there is no customer %s: kubectl webex connect %s adds it with the credentials that it is read with, and then this command those that assign licences", w.name, w.name)
	case w.flags.assignment && before == nil:
		return "", fmt.Errorf("--assignment is for a customer that there is, and the cluster was not looked at: leave --dry-run=client away")
	case w.flags.assignment:
		if name = access.WriteSecretOf(before); name == "" {
			name = w.name + "-webex-write"
		}
		fmt.Fprintf(w.Err.Out, "Customer %s is there: it gets credentials that assign licences.\n", w.name)
	case w.plan.PartnerBefore != nil:
		name = w.plan.PartnerBefore.Spec.CredentialsSecretRef.Name
		fmt.Fprintf(w.Err.Out, "Partner %s is there already: it gets other credentials.\n", w.name)
	case before != nil:
		name = before.Spec.CredentialsSecretRef.Name
		fmt.Fprintf(w.Err.Out, "Customer %s is there already: it gets other credentials.\n", w.name)
	}
	set(&name, w.flags.secret)
	if before != nil && (w.flags.assignment && name == before.Spec.CredentialsSecretRef.Name || !w.flags.assignment && name == access.WriteSecretOf(before)) {
		return "", errWriteTogether
	}
	return name, nil
}

// owns says whether a Secret is the one that the customer has now, so that it may change.
func (w *wizard) owns(secret string) bool {
	before := w.plan.CustomerBefore
	switch {
	case w.plan.PartnerBefore != nil:
		return w.plan.PartnerBefore.Spec.CredentialsSecretRef.Name == secret
	case before == nil:
		return false
	case w.flags.assignment:
		return access.WriteSecretOf(before) == secret
	}
	return before.Spec.CredentialsSecretRef.Name == secret
}

func setWriteSecret(c *v1alpha1.WebexCustomerAccess, secret string) {
	if c.Spec.Assignment == nil {
		c.Spec.Assignment = &v1alpha1.CustomerAssignment{}
	}
	c.Spec.Assignment.CredentialsSecretRef.Name = secret
}

// inquireWriter asks Webex whether the write credentials see the customer's organization.
// Whether they may write shows with the first change.
func (w *wizard) inquireWriter(ctx context.Context) error {
	customer := w.plan.Customer.DeepCopy()
	customer.Spec.CredentialsSecretRef = customer.Spec.Assignment.CredentialsSecretRef
	probe, err := w.probe(ctx, customer)
	if err != nil {
		return err
	}
	defer probe.Close()
	visible, err := probe.Organizations(ctx)
	if err != nil {
		return w.explain(err)
	}
	id := access.OrganizationOf(w.plan.CustomerBefore)
	i := slices.IndexFunc(visible, func(o webex.Organization) bool { return o.ID == id })
	switch {
	case !id.IsUUID():
		w.note("which organization customer %s is, is not known before its first run: see that the write credentials are for the same", w.name)
		return nil
	case i < 0:
		return fmt.Errorf("customer %s is %s, and these credentials see no such organization: sign in as an administrator of it or of its partner", w.name, organizationName(w.plan.CustomerBefore))
	}
	w.fact("Organization", "%s (%s)", visible[i].DisplayName, id.UUID())
	w.fact("Credentials", "%s, to assign licences", credentialWords[probe.Kind()])
	return nil
}
