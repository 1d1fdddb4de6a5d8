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

func parseAssignment(b []byte) (a assignment, err error) { return a, json.Unmarshal(b, &a) }

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
	body, err := parseAssignment(c.body)
	if err != nil {
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
	done, err := c.org.assign(i, &body, assigning{noUnits: c.o.NoUnits, fault: c.assignFault()})
	if err != nil {
		return c.refuseAssignment(err)
	}
	c.org.mu.RLock()
	b := c.org.appendAssigned(nil, i, &done.person)
	c.org.mu.RUnlock()
	return c.assigned(b, done.left)
}

// assigned answers with an object that is still open: 206 if licences were left out.
func (c *call) assigned(b []byte, left []string) error {
	if left == nil {
		return c.json(http.StatusOK, append(b, '}'))
	}
	if c.o.PartialErrors {
		b = append(b, `,"errors":[`...)
		for n, name := range left {
			if n > 0 {
				b = append(b, ',')
			}
			b = append(b, '{')
			if c.rule != nil && c.rule.Code != 0 {
				b = append(b, `"errorCode":`...)
				b = append(strconv.AppendInt(b, int64(c.rule.Code), 10), ',')
			}
			b = append(b, `"description":`...)
			b = append(appendString(b, "The license "+name+" could not be applied as requested."), '}')
		}
		b = append(b, ']')
	}
	return c.json(http.StatusPartialContent, append(b, '}'))
}

// refuseAssignment answers 400, in most cases with a code of its own.
func (c *call) refuseAssignment(err error) error {
	var refused *assignmentError
	if !errors.As(err, &refused) {
		return c.notFound() // another request has removed the person
	}
	c.setTracking("NA_")
	b := append([]byte(nil), `{"message":`...)
	b = appendString(b, refused.message)
	b = append(b, `,"errors":[{`...)
	if refused.code != 0 {
		b = append(b, `"errorCode":`...)
		b = append(strconv.AppendInt(b, int64(refused.code), 10), ',')
	}
	b = append(b, `"description":`...)
	b = appendString(b, refused.description)
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

// assigning is how the service carries out a change.
type assigning struct {
	noUnits NoUnits
	fault   AssignFault
}

// assignDone is what a change led to: the person as the answer shows it, and the names of
// the licences that were left out, nil if none was.
type assignDone struct {
	person Person
	left   []string
}

// assign changes what person i holds.
func (o *Organization) assign(i int, a *assignment, how assigning) (done assignDone, err error) {
	err = o.changePersonBy(true, i, func(p *Person) error {
		changed := *p
		left, err := o.assignTo(&changed, a, how)
		if err != nil {
			return err
		}
		done.left = left
		switch how.fault {
		case AssignSilent:
			done.person = *p
			return errUnchanged
		case AssignPretend:
			done.person = changed
			return errUnchanged
		default:
			*p, done.person = changed, changed
			return nil
		}
	})
	if errors.Is(err, errUnchanged) {
		return done, nil
	}
	return done, err
}

// errUnchanged leaves a person as before.
var errUnchanged = errors.New("webexsim: unchanged")

// assignTo checks all of a request before it changes the person.
func (o *Organization) assignTo(p *Person, a *assignment, how assigning) (left []string, err error) {
	after, at := slices.Clone(p.Licenses), p.Location
	var touched []string
	change := holding{before: o.kinds(p.Licenses)}
	for place, l := range a.Licenses {
		n, err := o.assignable(l.ID)
		if err != nil {
			return nil, err
		}
		kind, held, name := o.licenses[n].kind, slices.Contains(p.Licenses, n), o.licenses[n].spec.Name
		if o.suspended[o.licenses[n].spec.Subscription] {
			return nil, errSuspended.about(name)
		}
		if how.fault == AssignPartial && place == len(a.Licenses)-1 {
			left = append(left, name)
			continue
		}
		touched = append(touched, name)
		if l.Operation == operationRemove {
			change.removed |= kind
			after = slices.DeleteFunc(after, func(h int) bool { return h == n })
			continue
		}
		to := at
		if kind&kindsCalling != 0 {
			if to, err = o.callingLocation(l.Properties.LocationID, l.Properties.PhoneNumber, l.Properties.Extension, at, held); err != nil {
				return nil, errNoProperties.orAbout(err, name)
			}
		}
		if !held && how.noUnits != NoUnitsAssign && o.free(n) <= 0 {
			if how.noUnits == NoUnitsRefuse {
				return nil, errNoUnits.about(name)
			}
			left = append(left, name)
			continue
		}
		at = to
		if !held {
			change.added |= kind
			after = append(after, n)
		}
	}
	change.after = o.kinds(after)
	if err := o.checkAssignment(change, after, touched); err != nil {
		return nil, err
	}
	attendee, err := o.attends(p, a)
	if err != nil {
		return nil, err
	}
	if change.after&kindsCalling == 0 && change.touches(kindsCalling) {
		at = NoLocation // taking the licence destroys the calling settings
	}
	p.Licenses, p.Location, p.Attendee = after, at, attendee
	return left, nil
}

// attends tells whether the person has attendee accounts after the request.
func (o *Organization) attends(p *Person, a *assignment) (attendee bool, err error) {
	attendee = p.Attendee
	for _, s := range a.SiteURLs {
		if !slices.Contains(o.sites, s.SiteURL) {
			return false, errBadSite.about(s.SiteURL)
		}
		attendee = s.Operation != operationRemove
	}
	return attendee, nil
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

// appendAssigned is the answer about a person of the organization, without its end.
func (o *Organization) appendAssigned(b []byte, i int, p *Person) []byte {
	_, _, email := o.identity(i, p)
	b = append(b, `{"orgId":`...)
	b = appendString(b, o.id)
	b = append(b, `,"personId":"`...)
	b = append(o.appendPersonID(b, i, p), '"')
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
	return append(b, ']')
}
