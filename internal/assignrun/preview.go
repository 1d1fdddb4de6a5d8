package assignrun

import (
	"context"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/assign"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/subjects"
	"github.com/webex-operator/webex-license-operator/internal/usage"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// Input is what a preview is made of, beside what Webex answers.
type Input struct {
	// Reader reads the Secrets and ConfigMaps that assignments name.
	Reader client.Reader
	// Assignments are those to plan, all of the customer's.
	Assignments []v1alpha1.WebexLicenseAssignment
	// Rows are the customer's.
	Rows []v1alpha1.WebexLicense
	// EnableAssignment is the operator's flag.
	EnableAssignment bool
}

// Preview is a plan with the people in it, for a person who asks to see it. It is never stored.
type Preview struct {
	// Assignments are what the plan means for each assignment, in the order of their names.
	Assignments []AssignmentPreview
	// Changes are what the rules ask for, whatever becomes of it, in the order of assignments and lists.
	Changes []ChangePreview
	// Holders are the addresses of the people who hold a purchased licence, sorted, by the name of its row.
	Holders map[string][]string
}

// AssignmentPreview is what a plan means for one assignment, as a run would write it to its status.
type AssignmentPreview struct {
	Name string
	v1alpha1.WebexLicenseAssignmentStatus
}

// ChangePreview is one licence that a person would get or lose.
type ChangePreview struct {
	// Assignments are the names of those that it follows from.
	Assignments []string
	// Person is the person's first address in Webex.
	Person string
	// License is the licence's name in Webex, Row the name of its row.
	License, Row string
	// Remove says that the person would lose it, Why by which rule, State what becomes of it.
	Remove bool
	Why    assign.Why
	State  assign.State
}

// ReadRoster reads the people of an organization with their addresses, for a preview.
func (j *Job) ReadRoster(ctx context.Context, client *webex.Client, org webex.OrganizationID, numbered *usage.Aggregator) (*subjects.Roster, error) {
	roster := j.NewRoster(numbered.License, true)
	for page, err := range client.PeoplePages(ctx, org, webex.Emails) {
		if err != nil {
			return nil, err
		}
		for i := range page {
			p := &page[i]
			if p.Incomplete {
				return nil, failures.Partial("Webex could not read every field of a person: nothing can be planned by that, try again")
			}
			if p.Type != "" && p.Type != "person" {
				continue
			}
			roster.Add(p)
			if at, listed := numbered.Location(p.LocationID); listed {
				roster.Locate(p.ID, at)
			}
		}
	}
	return roster, nil
}

// Preview is the plan that was made, with the people of a roster that keeps addresses.
func (j *Job) Preview() *Preview {
	p := &Preview{Holders: map[string][]string{}}
	for i := range j.wards {
		p.Assignments = append(p.Assignments, AssignmentPreview{j.wards[i].Name, j.wards[i].facts})
	}
	for _, c := range j.plan.Changes {
		license := &j.world.Licenses[c.License]
		shown := ChangePreview{
			Person: j.roster.Addresses[c.Person], License: license.Name, Row: license.Row,
			Remove: c.Remove, Why: c.Why, State: c.State,
		}
		for _, i := range c.For {
			shown.Assignments = append(shown.Assignments, j.wards[i].Name)
		}
		p.Changes = append(p.Changes, shown)
	}
	for n := range j.world.People {
		for _, l := range j.world.People[n].Held {
			if license := &j.world.Licenses[l]; license.Purchased {
				p.Holders[license.Row] = append(p.Holders[license.Row], j.roster.Addresses[n])
			}
		}
	}
	for _, addresses := range p.Holders {
		slices.Sort(addresses)
	}
	return p
}
