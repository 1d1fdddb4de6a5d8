package syncrun

import (
	"context"

	"github.com/webex-operator/webex-license-operator/internal/assignrun"
	"github.com/webex-operator/webex-license-operator/internal/usage"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// Preview plans assignments of the probe's customer as a run would now, and shows the people. It changes nothing, in
// Webex or in the cluster.
func (p *Probe) Preview(ctx context.Context, in assignrun.Input) (*assignrun.Preview, error) {
	a := p.a
	p.whole = true
	var err error
	if a.job, err = assignrun.Gather(ctx, in.Reader, a.customer, in.Assignments, in.EnableAssignment); err != nil {
		return nil, err
	}
	if a.customer.Spec.OrganizationID != "" {
		a.organization, err = a.namedOrganization(ctx)
	} else {
		a.organization, err = a.ownOrganization(ctx)
	}
	if err != nil {
		return nil, err
	}
	for _, read := range []func(context.Context) error{a.readLicenses, a.readLocations} {
		if err := read(ctx); err != nil {
			return nil, err
		}
	}
	a.usage = usage.NewAggregator(a.licenses, a.locations, usage.Options{Key: webex.IDKey})
	if a.roster, err = a.job.ReadRoster(ctx, a.webex, a.named, a.usage); err != nil {
		return nil, err
	}
	err = a.job.Plan(ctx, assignrun.Walk{
		Groups: a.webex, Organization: a.organization.ID, Roster: a.roster,
		Licenses: a.usage.Licenses(), Locations: a.usage.Locations(), Rows: in.Rows,
	}, a.Clock.Now())
	if err != nil {
		return nil, err
	}
	return a.job.Preview(), nil
}
