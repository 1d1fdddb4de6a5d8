package webexsim

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// assignment is the body of PATCH /licenses/users.
type assignment struct {
	Email, PersonID, OrgID string
	Licenses               []struct {
		ID, Operation string
		Properties    struct{ LocationID, PhoneNumber, Extension string }
	}
	SiteURLs []struct{ SiteURL, AccountType, Operation string }
}

const (
	operationAdd    = "add"
	operationRemove = "remove"
	typeAttendee    = "attendee"
	typeHost        = "host"
)

// valid checks what needs no organization.
func (a *assignment) valid() bool {
	known := func(operation string) bool {
		return slices.Contains([]string{"", operationAdd, operationRemove}, operation)
	}
	for _, l := range a.Licenses {
		if l.ID == "" || !known(l.Operation) {
			return false
		}
	}
	for _, s := range a.SiteURLs {
		if s.SiteURL == "" || !strings.EqualFold(s.AccountType, typeAttendee) || !known(s.Operation) {
			return false
		}
	}
	return a.Email != "" || a.PersonID != ""
}

// patchLicenseUsers is PATCH /licenses/users: it changes what one person holds, and
// with it what is consumed.
func (c *call) patchLicenseUsers() error {
	var body assignment
	if err := json.Unmarshal(c.body, &body); err != nil {
		return c.fail(http.StatusBadRequest, "The request body is not valid JSON.")
	}
	if !body.valid() {
		return c.fail(http.StatusBadRequest, "The request needs an email or a personId; each license an id, each site a siteUrl and the accountType attendee; the operation is add or remove.")
	}
	uuid := c.grant.spec.Organization
	if body.OrgID != "" {
		named, ok := DecodeID(kindOrganization, body.OrgID)
		if !ok {
			return c.fail(http.StatusBadRequest, "The orgId is not a valid organization identifier.")
		}
		uuid = named
	}
	if c.org = c.s.Organization(uuid); c.org == nil || !c.reaches(uuid) {
		return c.forbid()
	}
	i, ok := c.org.findAssignee(&body)
	switch {
	case !ok && body.PersonID != "":
		return c.notFound()
	case !ok:
		return c.assignOutside(&body)
	}
	partial, err := c.org.assign(i, &body, c.o.RefuseOverage)
	if err != nil {
		return c.refuseAssignment(err)
	}
	status := http.StatusOK
	if partial {
		status = http.StatusPartialContent
	}
	return c.json(status, c.org.appendAssigned(nil, i))
}

// refuseAssignment answers 400 with a code of its own.
func (c *call) refuseAssignment(err error) error {
	var refused *assignmentError
	if !errors.As(err, &refused) {
		return c.notFound() // another request has removed the person
	}
	c.setTracking("NA_")
	b := append([]byte(nil), `{"message":`...)
	b = appendString(b, refused.message)
	b = append(b, `,"errors":[{"errorCode":`...)
	b = strconv.AppendInt(b, int64(refused.code), 10)
	b = appendMember(b, "description", refused.description)
	b = append(b, `}]`...)
	b = appendMember(b, "trackingId", c.tracking)
	return c.json(http.StatusBadRequest, append(b, '}'))
}

// findAssignee finds the person whom a request means.
func (o *Organization) findAssignee(a *assignment) (int, bool) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	if a.PersonID != "" {
		uuid, _ := DecodeID(kindPerson, a.PersonID)
		return o.findPerson(uuid)
	}
	var p Person
	for i := range o.base + len(o.added) {
		if !o.exists(i) {
			continue
		}
		o.person(i, &p)
		if _, _, email := o.identity(i, &p); strings.EqualFold(email, a.Email) {
			return i, true
		}
	}
	return 0, false
}

// assign changes what person i holds. partial tells that some licences were not
// assigned, because all their units are in use.
func (o *Organization) assign(i int, a *assignment, refuseOverage bool) (partial bool, err error) {
	err = o.changePersonBy(true, i, func(p *Person) (err error) {
		partial, err = o.assignTo(p, a, refuseOverage)
		return err
	})
	return partial, err
}

// assignTo checks all of a request before it changes the person.
func (o *Organization) assignTo(p *Person, a *assignment, refuseOverage bool) (partial bool, err error) {
	after, at := slices.Clone(p.Licenses), p.Location
	var touched []string
	change := holding{before: o.kinds(p.Licenses)}
	for _, l := range a.Licenses {
		n, err := o.assignable(l.ID)
		if err != nil {
			return false, err
		}
		kind, held := o.licenses[n].kind, slices.Contains(p.Licenses, n)
		touched = append(touched, o.licenses[n].spec.Name)
		if l.Operation == operationRemove {
			change.removed |= kind
			after = slices.DeleteFunc(after, func(h int) bool { return h == n })
			continue
		}
		place := at
		if kind&kindsCalling != 0 {
			if place, err = o.callingLocation(l.Properties.LocationID, l.Properties.PhoneNumber, l.Properties.Extension, at, held); err != nil {
				return false, errNoProperties.orAbout(err, o.licenses[n].spec.Name)
			}
		}
		if !held && refuseOverage && o.free(n) <= 0 {
			partial = true
			continue
		}
		at = place
		if !held {
			change.added |= kind
			after = append(after, n)
		}
	}
	change.after = o.kinds(after)
	if err := o.checkAssignment(change, after, touched); err != nil {
		return false, err
	}
	attendee := p.Attendee
	for _, s := range a.SiteURLs {
		if !slices.Contains(o.sites, s.SiteURL) {
			return false, errBadSite.about(s.SiteURL)
		}
		attendee = s.Operation != operationRemove
	}
	if change.after&kindsCalling == 0 && change.touches(kindsCalling) {
		at = NoLocation // taking the licence destroys the calling settings
	}
	p.Licenses, p.Location, p.Attendee = after, at, attendee
	return partial, nil
}

// assignable finds a licence by its id; the API knows no other name of it.
func (o *Organization) assignable(id string) (int, error) {
	n := o.licenseOf(id)
	if n < 0 {
		return 0, errBadLicense.about(id)
	}
	return n, nil
}

var errPropertiesMissing = errors.New("webexsim: calling properties missing")

// orAbout is another error, unless that is about missing properties.
func (e *assignmentError) orAbout(err error, license string) error {
	if errors.Is(err, errPropertiesMissing) {
		return e.about(license)
	}
	return err
}

// callingLocation is where a person is who gets a calling licence: a number or an
// extension is needed, and without a number a location. A number is at the place where
// the person is already, or at the first one.
func (o *Organization) callingLocation(id, number, extension string, now int, held bool) (int, error) {
	switch {
	case id != "":
		id = fullID(kindLocation, id)
		at := slices.IndexFunc(o.locations, func(l *location) bool { return l.id == id })
		if at < 0 {
			return now, errNoSuchLocation
		}
		if number == "" && extension == "" && !held {
			return now, errPropertiesMissing
		}
		return at, nil
	case held:
		return now, nil
	case number == "":
		return now, errPropertiesMissing
	case now != NoLocation:
		return now, nil
	case len(o.locations) == 0:
		return now, errNoSuchLocation
	}
	return 0, nil
}

func (o *Organization) kinds(held []int) (kinds licenseKind) {
	for _, n := range held {
		kinds |= o.licenses[n].kind
	}
	return kinds
}

// free is the number of units of a licence that are not in use.
func (o *Organization) free(n int) int {
	total, users, workspaces := o.figures(n, o.tally())
	return total - users - workspaces
}

// checkAssignment looks for a combination that is not allowed. What a person held
// before the change is not looked at.
func (o *Organization) checkAssignment(h holding, after []int, touched []string) error {
	for _, rule := range assignmentRules {
		if rule.broken(h) {
			return rule.err.about(touched...)
		}
	}
	if h.added&kindsCalling == 0 {
		return nil
	}
	offers := map[string]bool{}
	for _, n := range after {
		l := o.licenses[n]
		if l.kind&kindsCalling != 0 && offers[l.spec.OfferCode] {
			return errExclusive.about(touched...)
		}
		offers[l.spec.OfferCode] = true
	}
	return nil
}

// appendAssigned is the answer about a person of the organization.
func (o *Organization) appendAssigned(b []byte, i int) []byte {
	o.mu.RLock()
	defer o.mu.RUnlock()
	var p Person
	o.person(i, &p)
	_, _, email := o.identity(i, &p)
	b = append(b, `{"orgId":`...)
	b = appendString(b, o.id)
	b = append(b, `,"personId":"`...)
	b = append(o.appendPersonID(b, i, &p), '"')
	b = appendMember(b, "email", email)
	b = append(b, `,"licenses":`...)
	b = o.appendLicenseIDs(b, p.Licenses)
	b = append(b, `,"siteUrls":[`...)
	accountType := typeHost
	if p.Attendee {
		accountType = typeAttendee
	}
	for n, site := range o.sites {
		if n > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"siteUrl":`...)
		b = appendString(b, site)
		b = append(appendMember(b, "accountType", accountType), '}')
	}
	return append(b, "]}"...)
}

// assignOutside answers about a person of another organization: meeting licences are
// pending until that person accepts, and consume nothing; others cannot be assigned.
func (c *call) assignOutside(a *assignment) error {
	o := c.org
	o.mu.RLock()
	defer o.mu.RUnlock()
	status := http.StatusOK
	var pending []int
	for _, l := range a.Licenses {
		n, err := o.assignable(l.ID)
		if err != nil {
			return c.refuseAssignment(err)
		}
		if o.licenses[n].spec.SiteURL == "" || l.Operation == operationRemove {
			status = http.StatusPartialContent
			continue
		}
		pending = append(pending, n)
	}
	b := append([]byte(nil), `{"orgId":`...)
	b = appendString(b, o.id)
	b = appendMember(b, "email", a.Email)
	b = append(b, `,"licenses":[],"siteUrls":[],"pendingLicenses":`...)
	return c.json(status, append(o.appendLicenseIDs(b, pending), '}'))
}
