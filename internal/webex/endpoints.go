package webex

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"slices"

	"github.com/webex-operator/webex-license-operator/internal/webex/wire"
)

// Organization is one organization that the token can see.
type Organization struct {
	// ID identifies it.
	ID OrganizationID
	// DisplayName is its name in Control Hub.
	DisplayName string
}

// Role is a role that a person can have.
type Role struct{ ID, Name string }

// Units is a number of licence units that the server may have left out.
type Units = wire.Units

// License is one licence of an organization, with its units.
type License struct {
	// ID is the key: names repeat and change.
	ID string
	// Name is the product name, such as "Webex Calling - Professional".
	Name string
	// OfferCode is a hint taken from the ID, such as BCSTD; "" if the ID has none.
	OfferCode string
	// Total is the units bought, Consumed the units in use, which may be more, ByUsers and ByWorkspaces its parts.
	Total, Consumed, ByUsers, ByWorkspaces Units
	// SubscriptionID is empty for licences that come free with others.
	SubscriptionID string
	// SiteURL is the Meetings site that the licence is bound to, SiteType who manages it; "" for other licences.
	SiteURL, SiteType string
	// Errors says that the server failed to fetch a part of this licence: its figures are no truth.
	Errors bool
}

// Location is a physical place of an organization.
type Location struct{ ID, Name string }

// Person is what is kept of a person: nothing that tells who it is but the opaque ID, and what was asked for besides.
type Person struct {
	// ID identifies the person; the same one may come twice when people change during a walk.
	ID string
	// LocationID is set for users of Webex Calling only.
	LocationID string
	// Licenses are the licence IDs that the person holds. The slice is shared: it must not be changed, and is
	// valid until the iterator goes on.
	Licenses []string
	// LicensesKnown says that the answer had an array of licences, if only an empty one.
	LicensesKnown bool
	// Type is person, bot or appuser.
	Type string
	// Incomplete says that the server failed to fetch a part of this record.
	Incomplete bool
	// Emails are the person's addresses, External says that the person belongs to another organization than the one
	// asked for; without one, than the only one that [Client.Organizations] has listed. Both are filled by walks that
	// ask for [Emails] only. The strings are the caller's to keep; the slice is valid until the iterator goes on.
	Emails   []string
	External bool
}

// PersonField is a member of a person that a walk reads only if it is asked to.
type PersonField int

// Emails asks for the addresses of people, and for whom they belong to.
const Emails PersonField = 1

// Workspace is what is kept of a workspace.
type Workspace struct {
	ID, LocationID string
	// Licenses are the calling licences that the workspace holds. The slice is shared: it must not be
	// changed, and is valid until the iterator goes on.
	Licenses []string
	// LicensesKnown says that the answer had an array of licences. It is documented and has been seen missing.
	LicensesKnown bool
	// Incomplete says that the server failed to fetch a part of this record.
	Incomplete bool
}

// Organizations lists the organizations that the token can see: one for an administrator, many for a partner.
// https://developer.webex.com/docs/api/v1/organizations/list-organizations
func (c *Client) Organizations(ctx context.Context) ([]Organization, error) {
	var all []Organization
	for o, err := range each(pages(ctx, c, listing[Organization]{
		op: "list organizations", path: "/organizations", decode: decodeOrganization,
	})) {
		if err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	if len(all) == 1 {
		c.home.Store(&all[0].ID)
	}
	return all, nil
}

// Organization returns one organization. For a partner's token this call also puts the customer on the list of
// managed organizations, without which calls with its orgId may be refused.
// https://developer.webex.com/docs/api/v1/organizations/get-organization-details
func (c *Client) Organization(ctx context.Context, id OrganizationID) (Organization, error) {
	const op = "get organization"
	if !id.IsUUID() {
		return Organization{}, &Error{Class: ClassTerminal, Operation: op, Err: ErrOrganizationID}
	}
	var o Organization
	err := c.document(ctx, &exchange{op: op}, below(c.base, []string{"organizations", id.API()}), func(d *wire.Decoder) error {
		o = Organization{}
		var answered string
		err := d.Document(named(d, "displayName", &answered, &o.DisplayName))
		if err == nil && answered == "" {
			err = wire.ErrMissing
		}
		o.ID = answeredID(answered)
		return err
	})
	if err != nil {
		return Organization{}, err
	}
	return o, nil
}

// document carries out an exchange whose answer is one document.
func (c *Client) document(ctx context.Context, x *exchange, u *url.URL, read func(*wire.Decoder) error) error {
	d := wire.NewDecoder()
	x.url = func() *url.URL { return u }
	x.handle = func(resp *http.Response) *Error {
		d.Reset(resp.Body, c.cfg.Limits.BodyBytes)
		if err := read(d); err != nil {
			return decodingError(ctx, x.op, resp, d, err)
		}
		return nil
	}
	return c.run(ctx, x)
}

// Licenses lists the licences of an organization; the zero org means the token's own.
// https://developer.webex.com/docs/api/v1/licenses/list-licenses
func (c *Client) Licenses(ctx context.Context, org OrganizationID) iter.Seq2[License, error] {
	return inOrganization(ctx, c, org, listing[License]{op: "list licenses", path: "/licenses", decode: decodeLicense})
}

// Roles lists the roles that people can have.
// https://developer.webex.com/docs/api/v1/roles/list-roles
func (c *Client) Roles(ctx context.Context) iter.Seq2[Role, error] {
	return each(pages(ctx, c, listing[Role]{op: "list roles", path: "/roles", decode: decodeRole}))
}

// Locations lists the locations of an organization; the zero org means the token's own.
// https://developer.webex.com/docs/api/v1/locations/list-locations
func (c *Client) Locations(ctx context.Context, org OrganizationID) iter.Seq2[Location, error] {
	return inOrganization(ctx, c, org, listing[Location]{
		op: "list locations", path: "/locations", size: locationsPageSize, decode: decodeLocation,
	})
}

// PeoplePages lists the people of an organization with their locations and licences, page by page; the zero org means the
// token's own. A page is valid until the iterator goes on. Bots are listed too, see [Person.Type]. Presence is left out,
// which spares the service.
// https://developer.webex.com/docs/api/v1/people/list-people
func (c *Client) PeoplePages(ctx context.Context, org OrganizationID, with ...PersonField) iter.Seq2[[]Person, error] {
	return pagesInOrganization(ctx, c, org, c.located(org, with))
}

// PeopleAt is PeoplePages of one location. The service makes its pages half as large.
func (c *Client) PeopleAt(ctx context.Context, org OrganizationID, locationID string, with ...PersonField) iter.Seq2[[]Person, error] {
	l := c.located(org, with)
	l.form, l.size = " of a location", PeopleAtPage
	l.params = append(l.params, param{"locationId", locationID})
	return pagesInOrganization(ctx, c, org, l)
}

// AllPeople is PeoplePages without locations. The service knows no documented bound for its pages.
func (c *Client) AllPeople(ctx context.Context, org OrganizationID, with ...PersonField) iter.Seq2[[]Person, error] {
	return pagesInOrganization(ctx, c, org, listing[Person]{
		op: "list people", path: "/people", form: " without locations", size: AllPeoplePage,
		decode: c.personDecoder(org, with), params: []param{{"excludeStatus", "true"}},
	})
}

// located lists people with their calling data, of which the location is a part.
func (c *Client) located(org OrganizationID, with []PersonField) listing[Person] {
	return listing[Person]{
		op: "list people", path: "/people", size: peoplePageSize, decode: c.personDecoder(org, with),
		params: []param{{"callingData", "true"}, {"excludeStatus", "true"}},
	}
}

// personDecoder reads of people what a walk asks for.
func (c *Client) personDecoder(org OrganizationID, with []PersonField) func(*wire.Decoder, *Person) error {
	if !slices.Contains(with, Emails) {
		return decodePerson
	}
	if home := c.home.Load(); home != nil && org == (OrganizationID{}) {
		org = *home
	}
	return addressed(org)
}

// Person returns one person, without location; the zero org means the token's own.
// https://developer.webex.com/docs/api/v1/people/get-person-details
func (c *Client) Person(ctx context.Context, org OrganizationID, id string) (p Person, _ error) {
	err := c.document(ctx, &exchange{op: "get person", renew: c.renewal(org)}, below(c.base, []string{"people", id}),
		func(d *wire.Decoder) error {
			p = Person{}
			err := d.Document(func(name []byte) error { return readPerson(d, &p, name) })
			if err == nil && !sameID(p.ID, id) {
				err = wire.ErrMissing
			}
			return err
		})
	if err != nil {
		return Person{}, err
	}
	return p, nil
}

// Workspaces lists the workspaces of an organization; the zero org means the token's own.
// https://developer.webex.com/docs/api/v1/workspaces/list-workspaces
func (c *Client) Workspaces(ctx context.Context, org OrganizationID) iter.Seq2[Workspace, error] {
	return inOrganization(ctx, c, org, listing[Workspace]{
		op: "list workspaces", path: "/workspaces", size: workspacesPageSize, decode: decodeWorkspace,
		offset: true, id: func(w *Workspace) string { return w.ID },
	})
}

// Knock asks for one record of a list of an organization, such as people, to see whether the list may be read. It renews
// no grant, so that a no costs one request.
func (c *Client) Knock(ctx context.Context, list string, org OrganizationID) error {
	op, query := "list "+list, []param{{"max", "1"}}
	if org != (OrganizationID{}) {
		query = append(query, param{"orgId", org.API()})
	}
	u := c.endpoint("/"+list, query)
	return c.run(ctx, &exchange{op: op, url: func() *url.URL { return u }, handle: func(*http.Response) *Error { return nil }})
}

// inOrganization walks a list of an organization.
func inOrganization[T any](ctx context.Context, c *Client, org OrganizationID, l listing[T]) iter.Seq2[T, error] {
	return each(pagesInOrganization(ctx, c, org, l))
}

// pagesInOrganization is inOrganization by pages.
func pagesInOrganization[T any](ctx context.Context, c *Client, org OrganizationID, l listing[T]) iter.Seq2[[]T, error] {
	if org != (OrganizationID{}) {
		l.params = append([]param{{"orgId", org.API()}}, l.params...)
	}
	l.renew = c.renewal(org)
	return pages(ctx, c, l)
}

// renewal renews the grant of an organization; nil for the token's own, which needs none.
func (c *Client) renewal(org OrganizationID) func(ctx context.Context, since int64) error {
	if org == (OrganizationID{}) {
		return nil
	}
	return func(ctx context.Context, since int64) error { return c.renewGrant(ctx, org, since) }
}

// renewGrant puts a partner's customer on the list of managed organizations again, unless that was done since the
// refused request left. The grant of a customer lapses at times, and its calls then answer 403.
// https://developer.webex.com/docs/api/v1/organizations/get-organization-details
func (c *Client) renewGrant(ctx context.Context, org OrganizationID, since int64) error {
	c.renewing.Lock()
	defer c.renewing.Unlock()
	if c.grants.Load() != since {
		return nil
	}
	if _, err := c.Organization(ctx, org); err != nil {
		return err
	}
	c.grants.Add(1)
	return nil
}
