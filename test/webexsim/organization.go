package webexsim

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Organization is one organization of a Server. Its methods may be called at any
// time; what they change is seen by the next request (by the next people of a page
// that is being written).
type Organization struct {
	uuid, id, created string
	seed              uint64
	personPrefix      string
	source            PeopleSource
	base              int // people of the source
	roles             []RoleSpec

	mu          sync.RWMutex
	name        string
	licenses    []*license
	locations   []*location
	workspaces  []*workspace
	groups      []*group
	groupsEver  int
	suspended   map[string]bool // subscriptions
	added       []Person
	edits       map[int]Person
	gone        []int // removed people, ascending
	former      []formerPerson
	mostGuests  int // that a licence had before it was changed
	sites       []string
	generation  uint64
	now         func() time.Time // nil while the organization is being made
	invitations []Invitation
	changes     []licenseChange
	events      []auditEvent
	eventsEver  int

	shuffles atomic.Uint64

	tallyMu sync.Mutex
	counted *tally
}

type license struct {
	spec     LicenseSpec
	uuid, id string
	kind     licenseKind
	external int
	removed  bool
}

type location struct {
	spec     LocationSpec
	uuid, id string
}

type workspace struct {
	spec     WorkspaceSpec
	uuid, id string
}

// newOrganization panics on a spec that contradicts itself: specs are code.
func newOrganization(spec OrganizationSpec) *Organization {
	if spec.UUID == "" || spec.Name == "" {
		panic("webexsim: an organization needs a UUID and a name")
	}
	if spec.People == nil {
		spec.People = PeopleList{}
	}
	setString(&spec.Created, "2015-10-18T14:26:16+00:00")
	if spec.Roles == nil {
		spec.Roles = defaultRoles()
	}
	seed := hashString(spec.UUID)
	o := &Organization{
		uuid: spec.UUID, id: EncodeID(kindOrganization, spec.UUID), name: spec.Name, created: spec.Created,
		seed: seed, personPrefix: indexedUUIDPrefix(seed), roles: spec.Roles,
		source: spec.People, base: spec.People.Len(), edits: map[int]Person{}, suspended: map[string]bool{},
	}
	for _, l := range spec.Locations {
		o.addLocation(l)
	}
	for _, l := range spec.Licenses {
		o.addLicense(l)
	}
	for ref, n := range spec.ExternalUsers {
		l, err := o.license(ref)
		if err != nil {
			panic("webexsim: external users: " + err.Error())
		}
		l.external = n
	}
	for _, w := range spec.Workspaces {
		o.addWorkspace(w)
	}
	for _, subscription := range spec.Suspended {
		o.suspended[subscription] = true
	}
	for _, g := range spec.Groups {
		if _, err := o.addGroup(g); err != nil {
			panic("webexsim: group " + g.Name + ": " + err.Error())
		}
	}
	if _, listed := spec.People.(PeopleList); listed {
		o.tally() // a wrong index shows now, not at the first request
	}
	return o
}

// UUID is the bare identifier of the organization.
func (o *Organization) UUID() string { return o.uuid }

// ID is the identifier in the API's form.
func (o *Organization) ID() string { return o.id }

// Name is the display name.
func (o *Organization) Name() string {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.name
}

// People is the number of entries in the list of people, bots included.
func (o *Organization) People() int {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.peopleLen()
}

// LicenseID is the API's identifier of a licence given by key, name, id or UUID;
// empty if there is none.
func (o *Organization) LicenseID(ref string) string {
	o.mu.RLock()
	defer o.mu.RUnlock()
	l, err := o.license(ref)
	if err != nil {
		return ""
	}
	return l.id
}

// LocationID is the API's identifier of a location given by name, id or UUID;
// empty if there is none.
func (o *Organization) LocationID(ref string) string {
	o.mu.RLock()
	defer o.mu.RUnlock()
	i, err := o.location(ref)
	if err != nil {
		return ""
	}
	return o.locations[i].id
}

// PersonID is the API's identifier of person i.
func (o *Organization) PersonID(i int) string {
	o.mu.RLock()
	defer o.mu.RUnlock()
	var p Person
	o.person(i, &p)
	return EncodeID(kindPerson, o.personUUID(i, &p))
}

// PersonEmail is the mail address of person i.
func (o *Organization) PersonEmail(i int) string {
	o.mu.RLock()
	defer o.mu.RUnlock()
	var p Person
	o.person(i, &p)
	_, _, email := o.identity(i, &p)
	return email
}

// Holders are the people, by index, who hold a licence given by key, name, id or UUID.
func (o *Organization) Holders(ref string) (people []int) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	n, err := o.licenseIndex(ref)
	if err != nil {
		return nil
	}
	var p Person
	for i := range o.base + len(o.added) {
		if !o.exists(i) {
			continue
		}
		if o.person(i, &p); slices.Contains(p.Licenses, n) {
			people = append(people, i)
		}
	}
	return people
}

func (o *Organization) addLicense(spec LicenseSpec) *license {
	setString(&spec.Key, spec.Name)
	l := &license{spec: spec, uuid: spec.UUID}
	if l.uuid == "" {
		l.uuid = indexedUUID(indexedUUIDPrefix(o.seed^hashString(kindLicense)), len(o.licenses)+1)
	}
	l.id, l.kind = o.licenseID(l), kindOf(spec)
	o.licenses = append(o.licenses, l)
	if spec.SiteURL != "" && !slices.Contains(o.sites, spec.SiteURL) {
		o.sites = append(o.sites, spec.SiteURL)
	}
	return l
}

// licenseID has the recorded form <organization>:<offer code>_<licence>[_<site>].
func (o *Organization) licenseID(l *license) string {
	v := o.uuid + ":" + l.spec.OfferCode + "_" + l.uuid
	if l.spec.SiteURL != "" {
		v += "_" + l.spec.SiteURL
	}
	return EncodeID(kindLicense, v)
}

func (o *Organization) addLocation(spec LocationSpec) *location {
	l := &location{spec: spec, uuid: spec.UUID}
	if l.uuid == "" {
		l.uuid = indexedUUID(indexedUUIDPrefix(o.seed^hashString(kindLocation)), len(o.locations)+1)
	}
	l.id = EncodeID(kindLocation, l.uuid)
	o.locations = append(o.locations, l)
	return l
}

func (o *Organization) addWorkspace(spec WorkspaceSpec) *workspace {
	n := len(o.workspaces) + 1
	w := &workspace{spec: spec, uuid: spec.UUID}
	if w.uuid == "" {
		w.uuid = indexedUUID(indexedUUIDPrefix(o.seed^hashString(kindWorkspace)), n)
	}
	setString(&w.spec.Name, fmt.Sprintf("Workspace %d", n))
	setString(&w.spec.Type, "notSet")
	w.id = EncodeID(kindWorkspace, w.uuid)
	o.workspaces = append(o.workspaces, w)
	return w
}

// license finds a row by key, name, id or UUID, in this order.
func (o *Organization) license(ref string) (*license, error) {
	id := canonicalID(ref)
	for _, same := range []func(*license) bool{
		func(l *license) bool { return l.spec.Key == ref },
		func(l *license) bool { return l.spec.Name == ref },
		func(l *license) bool { return l.id == id },
		func(l *license) bool { return l.uuid == ref },
	} {
		if i := slices.IndexFunc(o.licenses, same); i >= 0 {
			return o.licenses[i], nil
		}
	}
	return nil, fmt.Errorf("organization %s has no licence %q", o.name, ref)
}

// location finds a place by name, id or UUID, in this order.
func (o *Organization) location(ref string) (int, error) {
	id := canonicalID(ref)
	for _, same := range []func(*location) bool{
		func(l *location) bool { return l.spec.Name == ref },
		func(l *location) bool { return l.id == id },
		func(l *location) bool { return l.uuid == ref },
	} {
		if i := slices.IndexFunc(o.locations, same); i >= 0 {
			return i, nil
		}
	}
	return NoLocation, fmt.Errorf("organization %s has no location %q", o.name, ref)
}

func (o *Organization) peopleLen() int { return o.base + len(o.added) - len(o.gone) }

// personIndex is the index of the person at a place in the list. The two differ
// once people were removed.
func (o *Organization) personIndex(place int) int {
	for _, g := range o.gone {
		if g > place {
			break
		}
		place++
	}
	return place
}

func (o *Organization) exists(i int) bool {
	if i < 0 || i >= o.base+len(o.added) {
		return false
	}
	_, removed := slices.BinarySearch(o.gone, i)
	return !removed
}

// person fills in person i as it is now.
func (o *Organization) person(i int, p *Person) {
	p.reset()
	if edited, ok := o.edits[i]; ok {
		PeopleList{edited}.Person(0, p)
		return
	}
	if i < o.base {
		o.source.Person(i, p)
		return
	}
	PeopleList(o.added).Person(i-o.base, p)
}

func (o *Organization) personUUID(i int, p *Person) string {
	if p.UUID != "" {
		return p.UUID
	}
	return indexedUUID(o.personPrefix, i)
}

// findPerson is the reverse of personUUID.
func (o *Organization) findPerson(uuid string) (int, bool) {
	if i, ok := indexOfUUID(o.personPrefix, uuid); ok {
		return i, o.exists(i)
	}
	if uuid == "" { // most people have none of their own
		return 0, false
	}
	var p Person
	for i := range o.base + len(o.added) {
		if !o.exists(i) {
			continue
		}
		if o.person(i, &p); p.UUID == uuid {
			return i, true
		}
	}
	return 0, false
}
