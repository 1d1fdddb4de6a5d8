package main

import (
	"context"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// partnerName is the partner of config/samples/demo.
const partnerName = "provider"

// managed are the names of the organizations that only the partner knows.
var managed = []string{"Hooli Services", "Umbrella Research", "Tyrell Manufacturing", "Cyberdyne Europe"}

// issuePartner makes a partner of all customers and some more, and returns its credentials.
func issuePartner(simulator *webexsim.Server) credentials {
	var known []string
	for _, c := range customers {
		known = append(known, c.organization().UUID)
	}
	partner := simulator.AddPartner(webexsim.PartnerSpec{
		Name: "Provider Example", Organizations: known, Customers: len(managed),
		Customer: func(i int) webexsim.OrganizationSpec {
			organization := webexsim.StandardOrganization()
			organization.UUID, organization.Name = "", managed[i]
			return organization
		},
	})
	return credentials{read: accessToken(partner.Token)}
}

// showPartner applies the partner once the other customers were shown, and prints what it makes of
// the organizations that it sees. The second half of them comes a minute later.
func (d *demo) showPartner(ctx context.Context) error {
	say("applying config/samples/demo/partner.yaml: a partner that makes customers of the organizations it sees")
	objects, err := samples(d.root)
	if err != nil {
		return err
	}
	for _, object := range objects {
		if object.GetKind() == "WebexPartner" {
			err = errors.Join(err, d.applyReader(ctx, object))
		}
	}
	if err != nil {
		return err
	}
	partner := &v1alpha1.WebexPartner{}
	err = wait.PollUntilContextTimeout(ctx, pollInterval, syncTimeout, true, func(ctx context.Context) (bool, error) {
		err := d.access.client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: partnerName}, partner)
		return err == nil && partner.Status.OrganizationCounts != nil && ptr.Deref(partner.Status.OrganizationCounts.Created, 0) > 0, err
	})
	if wait.Interrupted(err) && ctx.Err() == nil {
		err = d.stuck(fmt.Sprintf("partner %s has made no customer after %s", partnerName, syncTimeout), partner.Status.Conditions)
	}
	if err != nil {
		return err
	}
	if err := d.print(ctx, "get", "webexpartners", "-A"); err != nil {
		return err
	}
	return d.print(ctx, "get", "webexcustomeraccesses", "-A", "-l", v1alpha1.LabelPartner+"="+partnerName)
}
