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
	auditIdentity = "WEBEX_IDENTITY" // what a person holds
	auditLicense  = "LICENSE"        // a row of the licence list
)

// auditCategories are some of those that were recorded, with the ones above.
var auditCategories = []string{
	"DEVICES", "INTEGRATION", auditLicense, "LOCATIONS", "LOGINS", "LOGOUT", "ORG_SETTINGS", "USERS", "WEBEX_CALLING", auditIdentity,
}

// auditEvent is one change of a licence. Who and what it is about is looked up when it
// is shown.
type auditEvent struct {
	at      time.Time
	number  int
	person  int // noPerson for a change of the row itself
	license int
	what    string
}

const noPerson = -1

func (e *auditEvent) category() string {
	if e.person == noPerson {
		return auditLicense
	}
	return auditIdentity
}

// audit notes an event. The caller holds o.mu.
func (o *Organization) audit(person, license int, what string) {
	if o.now == nil { // it is just being made
		return
	}
	if len(o.events) == auditKept {
		o.events = slices.Delete(o.events, 0, auditKept/10) // not one by one
	}
	o.eventsEver++
	o.events = append(o.events, auditEvent{o.now(), o.eventsEver, person, license, what})
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
	o.audit(noPerson, slices.Index(o.licenses, after), what)
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
	if list := c.q.Get("eventCategories"); list != "" {
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
	c.org.mu.RLock()
	actor := c.org.auditActor()
	var rows []auditEvent
	for _, e := range slices.Backward(c.org.events) {
		if e.at.Before(q.from) || !e.at.Before(q.to) || (q.actor != "" && q.actor != actor.id) ||
			(q.categories != nil && !slices.Contains(q.categories, e.category())) {
			continue
		}
		rows = append(rows, e)
	}
	c.org.mu.RUnlock()
	rows = rows[min(q.skip, len(rows)):]
	rows = rows[:min(q.size, len(rows))]
	return c.writeList(itemsHead, len(rows), func(b []byte, i int) []byte {
		return c.org.appendAuditEvent(b, &rows[i], actor, c.o.AuditNulls)
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

func (o *Organization) appendAuditEvent(b []byte, e *auditEvent, actor auditActor, nulls bool) []byte {
	l := o.licenses[e.license]
	target, targetID, targetType, description := l.spec.Name, bareID(l.uuid), "LICENSE", "license updated"
	if e.person != noPerson {
		var p Person
		o.person(e.person, &p)
		first, last, _ := o.identity(e.person, &p)
		target, targetID = strings.TrimSpace(first+" "+last), bareID(o.personUUID(e.person, &p))
		targetType, description = "PERSON", "user updated"
	}
	uuid := indexedUUID(indexedUUIDPrefix(o.seed^hashString("AUDIT")), e.number)
	b = append(b, `{"data":{"eventDescription":`...)
	b = appendString(b, description)
	b = appendMember(b, "eventCategory", e.category())
	b = appendMember(b, "actionText", "License "+l.spec.Name+" "+e.what)
	b = appendMember(b, "offerCode", l.spec.OfferCode)
	b = appendMember(b, "subscriptionId", l.spec.Subscription)
	b = appendMember(b, "targetType", targetType)
	b = appendMember(b, "targetName", target)
	b = appendMember(b, "targetId", targetID)
	b = appendMember(b, "targetOrgId", o.id)
	b = appendMember(b, "targetOrgName", o.name)
	b = appendMember(b, "actorName", actor.name)
	b = appendMember(b, "actorEmail", actor.email)
	b = appendMember(b, "actorOrgName", o.name)
	b = appendMember(b, "trackingId", "ATLAS_"+uuid+"_0")
	if nulls {
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
