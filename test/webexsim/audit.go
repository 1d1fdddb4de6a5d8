package webexsim

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"time"
)

// auditKept is how many events an organization remembers.
const auditKept = 10_000

// Categories of the events that the simulator has.
const (
	auditIdentity  = "WEBEX_IDENTITY" // what a person holds
	auditLicense   = "LICENSE"        // a row of the licence list
	auditUsers     = "USERS"          // who there is, and where
	auditLocations = "LOCATIONS"
	auditLogins    = "LOGINS"
)

// auditPrefix stands before a category in the published example.
const auditPrefix = "EventCategory."

// auditCategories are some of those that were recorded, with the ones above.
var auditCategories = []string{
	"DEVICES", "INTEGRATION", auditLicense, auditLocations, auditLogins, "LOGOUT", "ORG_SETTINGS", auditUsers, "WEBEX_CALLING", auditIdentity,
}

// auditEvent is one change of a licence, a person or a location. Who and what it is about is
// looked up when it is shown.
type auditEvent struct {
	at       time.Time
	number   int
	category string
	// Indexes of what it is about, notAbout for each that it is not.
	person, license, location int
	what                      string
}

// Indexes of what there is none of.
const (
	notAbout = -1
	noPerson = -1
)

// audit notes an event. The caller holds o.mu.
func (o *Organization) audit(e auditEvent) {
	if o.now == nil { // it is just being made
		return
	}
	if len(o.events) == auditKept {
		o.events = slices.Delete(o.events, 0, auditKept/10) // not one by one
	}
	o.eventsEver++
	e.at, e.number = o.now(), o.eventsEver
	o.events = append(o.events, e)
}

// auditHolding notes that a person got or lost a licence.
func (o *Organization) auditHolding(person, license int, what string) {
	o.audit(auditEvent{category: auditIdentity, person: person, license: license, location: notAbout, what: what})
}

// auditPerson notes that a person came, went or moved.
func (o *Organization) auditPerson(person int, what string) {
	o.audit(auditEvent{category: auditUsers, person: person, license: notAbout, location: notAbout, what: what})
}

// SignIn notes that person i signed in to Control Hub, which changes nothing.
func (o *Organization) SignIn(i int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.audit(auditEvent{category: auditLogins, person: i, license: notAbout, location: notAbout, what: "signed in"})
}

// auditLicense notes that a row came or changed.
func (o *Organization) auditLicense(license int, what string) {
	o.audit(auditEvent{category: auditLicense, person: notAbout, license: license, location: notAbout, what: what})
}

// auditLocation notes that a location came or changed.
func (o *Organization) auditLocation(location int, what string) {
	o.audit(auditEvent{category: auditLocations, person: notAbout, license: notAbout, location: location, what: what})
}

// auditRow notes that a row has changed.
func (o *Organization) auditRow(before, after *license) {
	what := ""
	switch {
	case after.removed && !before.removed:
		what = "removed"
	case before.removed && !after.removed:
		what = "restored"
	case *before != *after:
		what = "changed"
	default:
		return
	}
	o.auditLicense(slices.Index(o.licenses, after), what)
}

// auditTime is the form of times in requests and answers.
const auditTime = "2006-01-02T15:04:05.000Z07:00"

// auditQuery is what a request asks for.
type auditQuery struct {
	from, to   time.Time
	size, skip int
	actor      string
	categories []string
}

// auditQuery reads the parameters of a request, or says what is wrong with them.
func (c *call) auditQuery() (q auditQuery, wrong string) {
	for _, name := range []string{"orgId", "from", "to"} {
		if c.q.Get(name) == "" {
			return q, "Required request parameter '" + name + "' for method parameter type String is not present"
		}
	}
	var err error
	if q.from, err = time.Parse(time.RFC3339, c.q.Get("from")); err != nil {
		return q, "The from parameter is not an ISO 8601 time."
	}
	if q.to, err = time.Parse(time.RFC3339, c.q.Get("to")); err != nil {
		return q, "The to parameter is not an ISO 8601 time."
	}
	if q.to.Before(q.from) || q.to.After(q.from.AddDate(1, 0, 0)) {
		return q, "The time between from and to must be one year at most."
	}
	if q.size, q.skip = c.place(c.operation); q.size < 0 {
		return q, errBadMax
	}
	if q.actor = canonicalID(c.q.Get("actorId")); isUUID(q.actor) {
		q.actor = bareID(q.actor)
	}
	if list := c.q.Get("eventCategories"); list != "" && !c.o.AuditIgnoresCategories {
		q.categories = strings.Split(strings.ToUpper(list), ",")
	}
	return q, ""
}

// listAuditEvents shows events, the latest first, by offset and max.
func (c *call) listAuditEvents() error {
	q, wrong := c.auditQuery()
	if wrong != "" {
		return c.fail(http.StatusBadRequest, wrong)
	}
	told := c.s.Now().Add(-c.o.AuditLag)
	c.org.mu.RLock()
	actor := c.org.auditActor()
	var rows []auditEvent
	for _, e := range slices.Backward(c.org.events) {
		if e.at.After(told) || e.at.Before(q.from) || !e.at.Before(q.to) || (q.actor != "" && q.actor != actor.id) ||
			(q.categories != nil && !slices.Contains(q.categories, e.category)) {
			continue
		}
		rows = append(rows, e)
	}
	c.org.mu.RUnlock()
	total := len(rows)
	rows = rows[min(q.skip, total):]
	rows = rows[:min(q.size, len(rows))]
	if c.o.AuditLinks {
		c.link(page{size: q.size, start: q.skip}, q.skip+len(rows), len(rows), q.skip+len(rows) < total)
	}
	return c.writeList(itemsHead, len(rows), func(b []byte, i int) []byte {
		return c.org.appendAuditEvent(b, &rows[i], actor, c.o)
	})
}

func (c *call) listAuditCategories() error {
	b := []byte(`{"eventCategories":[`)
	for i, category := range auditCategories {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, category)
	}
	return c.json(http.StatusOK, append(b, itemsTail...))
}

// bareID is the form of identifiers in events: base64 of the bare UUID.
func bareID(uuid string) string { return base64.RawURLEncoding.EncodeToString([]byte(uuid)) }

// auditActor is the person in whose name changes are made: the first one, as for "me".
type auditActor struct{ id, name, email string }

func (o *Organization) auditActor() (a auditActor) {
	if !o.exists(0) {
		return a
	}
	var p Person
	o.person(0, &p)
	first, last, email := o.identity(0, &p)
	return auditActor{bareID(o.personUUID(0, &p)), strings.TrimSpace(first + " " + last), email}
}

// auditTarget is what an event is about, and how it is told.
type auditTarget struct{ kind, name, id, description, action string }

func (o *Organization) auditTarget(e *auditEvent) (t auditTarget) {
	switch {
	case e.location != notAbout:
		l := o.locations[e.location]
		return auditTarget{"LOCATION", l.spec.Name, l.uuid, "location updated", "Location " + e.what}
	case e.person != notAbout:
		var p Person
		o.person(e.person, &p)
		first, last, _ := o.identity(e.person, &p)
		t = auditTarget{"PERSON", strings.TrimSpace(first + " " + last), o.personUUID(e.person, &p), "user updated", "User " + e.what}
	default:
		l := o.licenses[e.license]
		t = auditTarget{kind: "LICENSE", name: l.spec.Name, id: l.uuid, description: "license updated"}
	}
	if e.license != notAbout {
		t.action = "License " + o.licenses[e.license].spec.Name + " " + e.what
	}
	return t
}

func (o *Organization) appendAuditEvent(b []byte, e *auditEvent, actor auditActor, options *Options) []byte {
	target, category := o.auditTarget(e), e.category
	if options.AuditPrefix {
		category = auditPrefix + category
	}
	uuid := indexedUUID(indexedUUIDPrefix(o.seed^hashString("AUDIT")), e.number)
	b = append(b, `{"data":{"eventDescription":`...)
	b = appendString(b, target.description)
	b = appendMember(b, "eventCategory", category)
	b = appendMember(b, "actionText", target.action)
	if e.license != notAbout {
		l := o.licenses[e.license]
		b = appendMember(b, "offerCode", l.spec.OfferCode)
		b = appendMember(b, "subscriptionId", l.spec.Subscription)
	}
	b = appendMember(b, "targetType", target.kind)
	b = appendMember(b, "targetName", target.name)
	b = appendMember(b, "targetId", bareID(target.id))
	b = appendMember(b, "targetOrgId", o.id)
	b = appendMember(b, "targetOrgName", o.name)
	b = appendMember(b, "actorName", actor.name)
	b = appendMember(b, "actorEmail", actor.email)
	b = appendMember(b, "actorOrgName", o.name)
	b = appendMember(b, "trackingId", "ATLAS_"+uuid+"_0")
	if options.AuditNulls {
		b = append(b, `,"actorIp":null,"actorUserAgent":null,"adminRoles":null,"errorCode":null,"errorMessage":null},"created":`...)
	} else {
		b = append(b, `,"actorIp":"192.0.2.1","actorUserAgent":"Mozilla/5.0","adminRoles":["Full_Admin"],"errorCode":"","errorMessage":""},"created":`...)
	}
	b = appendString(b, e.at.UTC().Format(auditTime))
	b = appendMember(b, "actorOrgId", o.id)
	b = appendMember(b, "id", bareID(uuid))
	b = appendMember(b, "actorId", actor.id)
	return append(b, '}')
}
