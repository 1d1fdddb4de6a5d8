package webexsim

// NoLocation is the location of people and workspaces that have none.
const NoLocation = -1

// Form is how a number appears in a licence. Plain numbers are the rule; the
// other forms are those that a client has to survive.
type Form string

// Forms of a number.
const (
	// FormNumber is 5.
	FormNumber Form = ""
	// FormDecimal is 5.0.
	FormDecimal Form = "decimal"
	// FormString is "5", seen in older documents.
	FormString Form = "string"
	// FormNull is null, recorded for the consumers of one licence.
	FormNull Form = "null"
	// FormAbsent leaves the member out.
	FormAbsent Form = "absent"
)

// OrganizationSpec is the seed of an organization.
type OrganizationSpec struct {
	UUID, Name string
	// Created is an RFC 3339 time. Default 2015-10-18T14:26:16+00:00.
	Created    string
	Licenses   []LicenseSpec
	Locations  []LocationSpec
	People     PeopleSource
	Workspaces []WorkspaceSpec
	// Groups may hold groups that are before them in the list.
	Groups []GroupSpec
	// Suspended subscriptions are those whose licences the API does not change.
	Suspended []string
	// ExternalUsers counts users of other organizations per licence (by key, name,
	// id or UUID). They consume units and are in no list of people.
	ExternalUsers map[string]int
	// Roles default to the usual administrator roles.
	Roles []RoleSpec
}

// LicenseSpec is the seed of one row of the licence list.
type LicenseSpec struct {
	// Key names the row in specs and mutators where the name is not unique.
	Key string
	// Name and OfferCode are those of the service, such as "Webex Meetings Suite" and "EE".
	Name, OfferCode string
	// UUID is derived from the organization and the row's place if empty.
	UUID string
	// Total is the number of units bought.
	Total int
	// TotalIsPeople makes the total the number of people, as the service does for
	// rows that are not bought.
	TotalIsPeople bool
	// Subscription is absent from such rows.
	Subscription string
	// SiteURL and SiteType are set for rows bound to a Meetings site.
	SiteURL, SiteType string
	// Units is the form of totalUnits and consumedUnits, Consumers that of
	// consumedByUsers and consumedByWorkspaces.
	Units, Consumers Form
}

// LocationSpec is the seed of a location. What is empty is made up.
type LocationSpec struct {
	UUID, Name                               string
	TimeZone, Language                       string
	Address, City, State, PostalCode, Region string
	Country                                  string
	Latitude, Longitude, Notes               string
}

// WorkspaceSpec is the seed of a workspace.
type WorkspaceSpec struct {
	UUID, Name string
	// Location is an index into the organization's locations, or NoLocation.
	Location int
	// Licenses are indexes into the organization's licences. They consume units.
	Licenses []int
	// Capacity is absent if 0; Type defaults to "notSet".
	Capacity int
	Type     string
}

// RoleSpec is one role of the organization; its id is made from Key.
type RoleSpec struct{ Key, Name string }

// Kinds of people.
const (
	TypePerson  = "person"
	TypeBot     = "bot"
	TypeAppUser = "appuser"
)

// Person is one entry of an organization's list of people. Everything may stay
// empty: the simulator makes up what it has to show.
type Person struct {
	UUID, FirstName, LastName, Email string
	// Type defaults to TypePerson.
	Type string
	// InvitePending people have not signed in yet; they hold licences all the same.
	InvitePending bool
	// Location is an index into the organization's locations, or NoLocation. Mind that
	// the zero value is the first location.
	Location int
	// Licenses are indexes into the organization's licences.
	Licenses []int
	// Attendee gives the person attendee accounts instead of plain ones on the
	// organization's Meetings sites. Attendees consume no licence.
	Attendee bool
	// Roles are keys of roles, for example "id_full_admin".
	Roles []string
}

// reset makes p blank and keeps the memory of its licences for the next person.
func (p *Person) reset() {
	*p = Person{Location: NoLocation, Licenses: p.Licenses[:0]}
}

// PeopleSource gives the people of an organization one at a time, so that an
// organization of a million people needs no million structs. It must be safe for
// concurrent use, and the same index must always give the same person.
type PeopleSource interface {
	// Len is the number of people.
	Len() int
	// Person fills in person i. p comes blank, with Location NoLocation; append to
	// p.Licenses to reuse its memory.
	Person(i int, p *Person)
}

// PeopleList is a PeopleSource of a few explicit people.
type PeopleList []Person

// Len is the number of people.
func (l PeopleList) Len() int { return len(l) }

// Person fills in person i.
func (l PeopleList) Person(i int, p *Person) {
	licenses := append(p.Licenses, l[i].Licenses...)
	*p = l[i]
	p.Licenses = licenses
}

// Roles that an endpoint asks for by name.
const (
	roleFullAdmin = "id_full_admin"
	roleUserAdmin = "id_user_admin"
)

// defaultRoles are roles that a Control Hub organization has.
func defaultRoles() []RoleSpec {
	return []RoleSpec{
		{roleFullAdmin, "Full Administrator"},
		{"id_readonly_admin", "Read-only Administrator"},
		{roleUserAdmin, "User Administrator"},
		{"id_device_admin", "Device Administrator"},
		{"atlas-portal.partner.salesadmin", "Sales Administrator"},
	}
}
