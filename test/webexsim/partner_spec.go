package webexsim

import "fmt"

// PartnerSpec describes a partner to add: its own organization, its customers, and a token of
// its administrator.
type PartnerSpec struct {
	// UUID and Name are those of the partner's own organization, which has one person. They are
	// made up if empty. An organization that is there already is taken as it is.
	UUID string `json:"uuid,omitempty"`
	Name string `json:"name,omitempty"`
	// Customers is the number of organizations to add for it. They have a name and nothing else,
	// neither people nor licences, unless Customer says so.
	Customers int `json:"customers,omitempty"`
	// Customer describes customer i, counted from 0. An empty UUID or name is made up.
	Customer func(i int) OrganizationSpec `json:"-"`
	// Organizations are the UUIDs of further customers, which are there already.
	Organizations []string `json:"organizations,omitempty"`
	// Token is the administrator's. Organization, Organizations and Partner are set; the owner
	// is "partner-admin" if it is empty.
	Token TokenSpec `json:"token,omitzero"`
}

// Partner is a partner that was added.
type Partner struct {
	// Organization is the UUID of its own organization.
	Organization string `json:"organization"`
	// Customers are the UUIDs of all its customers: those that were there first, then those
	// that were added.
	Customers []string `json:"customers"`
	// Owner is the owner of its token.
	Owner string `json:"owner"`
	Token Token  `json:"token"`
}

// AddPartner adds a partner. A thousand customers cost milliseconds and little memory.
func (s *Server) AddPartner(spec PartnerSpec) Partner {
	setString(&spec.UUID, indexedUUID(indexedUUIDPrefix(hashString("partner")), 0))
	setString(&spec.Name, "Partner Example")
	setString(&spec.Token.Owner, "partner-admin")
	if s.Organization(spec.UUID) == nil {
		s.AddOrganization(OrganizationSpec{UUID: spec.UUID, Name: spec.Name, People: PeopleList{{Location: NoLocation}}})
	}
	p := Partner{Organization: spec.UUID, Owner: spec.Token.Owner, Customers: append([]string{}, spec.Organizations...)}
	prefix := indexedUUIDPrefix(hashString("customers of " + spec.UUID))
	for i := range spec.Customers {
		var customer OrganizationSpec
		if spec.Customer != nil {
			customer = spec.Customer(i)
		}
		setString(&customer.UUID, indexedUUID(prefix, i))
		setString(&customer.Name, fmt.Sprintf("Customer %04d", i+1))
		s.AddOrganization(customer)
		p.Customers = append(p.Customers, customer.UUID)
	}
	spec.Token.Organization, spec.Token.Organizations, spec.Token.Partner = spec.UUID, p.Customers, true
	p.Token = s.IssueToken(spec.Token)
	return p
}
