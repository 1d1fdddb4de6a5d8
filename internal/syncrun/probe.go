package syncrun

import (
	"context"
	"fmt"
	"iter"
	"net/http"

	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/internal/usage"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// Probe asks Webex what the runs of a customer will ask, by the code of the runs,
// whether or not the customer exists already. It writes no object of the cluster.
type Probe struct {
	a *attempt
	// whole says that lists are read to their ends, in pages of the usual size.
	whole bool
}

// NewProbe reads the Secret of a customer, and whatever else its connection names,
// by e.Access. Without a renewal no token is renewed or asked for.
func (e *Engine) NewProbe(ctx context.Context, customer *v1alpha1.WebexCustomerAccess, renewal *access.Renewal) (*Probe, error) {
	a := &attempt{Engine: e, customer: customer.DeepCopy()}
	var err error
	if a.session, err = e.Access.Open(ctx, a.customer); err != nil {
		return nil, err
	}
	if err = a.session.Connect(ctx, a.observe); err != nil {
		return nil, err
	}
	a.session.Probing(renewal)
	p := &Probe{a: a}
	a.webex, err = webex.New(webex.Config{
		BaseURL: a.session.BaseURL.String(), HTTP: a.session.HTTP, Tokens: a.session.Tokens, PageSize: p.pageSize,
		UserAgent: e.Access.UserAgent, Retry: e.Retry, Observe: a.observe, Now: e.Clock.Now,
	})
	return p, err
}

// pageSize asks for a few people and workspaces, since they are slow to come.
func (p *Probe) pageSize(list string, usual int) int {
	if p.whole || list == "list locations" {
		return usual
	}
	return min(usual, 10)
}

// Close gives connections back.
func (p *Probe) Close() { p.a.session.Close() }

// Kind is the kind of the credentials.
func (p *Probe) Kind() v1alpha1.CredentialKind { return p.a.session.Kind }

// Organizations lists the organizations that the token sees.
func (p *Probe) Organizations(ctx context.Context) ([]webex.Organization, error) {
	return p.a.webex.Organizations(ctx)
}

// Home is the organization that the token's owner belongs to.
func (p *Probe) Home(ctx context.Context) (webex.OrganizationID, error) { return p.a.webex.Me(ctx) }

// Findings are what a probe learned about an organization.
type Findings struct {
	// Organization is the one that was asked for.
	Organization webex.Organization
	// Licenses are those of the organization, as far as the token may read them.
	Licenses []usage.License
	// Locations is how many Webex locations it has.
	Locations int
	// Needs is how many lists runs read, Lacks are those that the token may not.
	Needs int
	Lacks []Lack
	// Missing is why the names of roles cannot be read now, which runs do without.
	Missing error
}

// Lack is something that runs read and the token may not.
type Lack struct {
	// What is read, such as people; Scope is the scope for that.
	What, Scope string
	// Optional says that spec.collection can do without.
	Optional bool
	// Err is what Webex answered.
	Err error
}

// Check reads the organization with this UUID, which for a partner's token must come
// first, and then asks for everything that a run reads.
func (p *Probe) Check(ctx context.Context, uuid string) (*Findings, error) {
	a := p.a
	a.customer.Spec.OrganizationID = uuid
	organization, err := a.namedOrganization(ctx)
	if err != nil {
		return nil, err
	}
	f := &Findings{Organization: organization}
	for _, need := range a.needs() {
		if !need.wanted {
			continue
		}
		f.Needs++
		need.Err = need.read(ctx)
		e, answered := webex.AsError(need.Err)
		switch {
		case need.Err == nil:
		case answered && e.Class == webex.ClassTerminal && e.Status == http.StatusForbidden:
			f.Lacks = append(f.Lacks, need.Lack)
		case answered && e.Class != webex.ClassAuth && need.What == "roles":
			f.Missing = e
		default:
			return nil, fmt.Errorf("reading %s: %w", need.What, need.Err)
		}
	}
	f.Licenses, f.Locations = a.licenses, len(a.locations)
	return f, nil
}

// need is a list that runs read, if it is wanted.
type need struct {
	Lack
	wanted bool
	read   func(context.Context) error
}

// needs are the lists that runs read.
func (a *attempt) needs() []need {
	site := a.customer.Collects(v1alpha1.LevelSite)
	collection := ptr.Deref(a.customer.Spec.Collection, v1alpha1.Collection{})
	return []need{
		{Lack{What: "licences", Scope: "spark-admin:licenses_read"}, true, a.readLicenses},
		{Lack{What: "roles", Scope: "spark-admin:roles_read", Optional: true}, ptr.Deref(collection.Roles, true), a.listRoles},
		{Lack{What: "locations", Scope: "spark-admin:locations_read", Optional: true}, site, a.readLocations},
		{Lack{What: "people", Scope: "spark-admin:people_read", Optional: true}, site, func(ctx context.Context) error {
			return begin(a.webex.PeoplePages(ctx, a.named))
		}},
		{Lack{What: "workspaces", Scope: "spark-admin:workspaces_read", Optional: true}, site && ptr.Deref(collection.Workspaces, true), func(ctx context.Context) error {
			return begin(a.webex.Workspaces(ctx, a.named))
		}},
	}
}

// Scopes are those that the runs of a customer need: for what they read, and for its organization.
func Scopes(customer *v1alpha1.WebexCustomerAccess) []string {
	scopes := []string{"spark-admin:organizations_read"}
	for _, need := range (&attempt{customer: customer}).needs() {
		if need.wanted {
			scopes = append(scopes, need.Scope)
		}
	}
	return scopes
}

// begin reads the beginning of a list: that it may be read at all.
func begin[T any](items iter.Seq2[T, error]) error {
	for _, err := range items {
		return err
	}
	return nil
}
