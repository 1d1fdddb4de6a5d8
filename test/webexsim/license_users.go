package webexsim

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// getLicense shows one row, and on request who holds it. The organization is inside
// the identifier, so there is no orgId.
func (c *call) getLicense() error {
	value, ok := DecodeID(kindLicense, c.id)
	uuid, _, _ := strings.Cut(value, ":")
	if isUUID(c.id) { // which does not say whose it is
		uuid = c.grant.spec.Organization
	}
	o := c.s.Organization(uuid)
	if !ok || o == nil || !c.grant.sees(uuid) {
		return c.notFound()
	}
	if !c.reaches(uuid) {
		return c.forbid()
	}
	c.org = o
	o.mu.RLock()
	row := o.licenseOf(c.id)
	var head []byte
	external := 0
	if row >= 0 {
		head = o.appendLicense(nil, row, o.shown(c.o.CountsLag))
		external = o.licenses[row].external
	}
	o.mu.RUnlock()
	if row < 0 {
		return c.notFound()
	}
	if c.q.Get(licenseUsersParameter) != "user" {
		return c.json(http.StatusOK, append(head, '}'))
	}
	size := c.size("limit", licenseUsersPerPage, licenseUsersPerPage)
	start, ok := decodeUserCursor(c.q.Get("next"))
	if size < 0 || !ok {
		return c.fail(http.StatusBadRequest, "The limit or next parameter is invalid.")
	}
	users, next, more := o.licenseUsers(row, external, start, size)
	if more {
		query := c.r.URL.Query()
		query.Set("next", encodeUserCursor(next))
		c.header("Link", "<"+c.callerBase()+c.r.URL.Path+"?"+query.Encode()+`>; rel="next"`)
	}
	var p Person
	people := o.peoplePlaces()
	return c.writeList(string(head)+`,"users":[`, len(users), func(b []byte, n int) []byte {
		return o.appendLicenseUser(b, users[n], people, &p)
	})
}

// licenseOf is the row with an identifier, or negative. The caller holds o.mu.
func (o *Organization) licenseOf(id string) int {
	full := canonicalID(id)
	return slices.IndexFunc(o.licenses, func(l *license) bool { return !l.removed && (l.id == full || l.uuid == id) })
}

// encodeUserCursor has the published form of the cursor, which is opaque.
func encodeUserCursor(place int) string {
	return EncodeID(kindLicenseUser, base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(place))))
}

func decodeUserCursor(cursor string) (place int, ok bool) {
	if cursor == "" {
		return 0, true
	}
	if unescaped, err := url.QueryUnescape(cursor); err == nil {
		cursor = unescaped
	}
	inner, ok := DecodeID(kindLicenseUser, cursor)
	raw, err := base64.RawURLEncoding.DecodeString(inner)
	if !ok || err != nil {
		return 0, false
	}
	place, err = strconv.Atoi(string(raw))
	return place, err == nil && place >= 0
}

// peoplePlaces is the number of places that people take: external users come after.
func (o *Organization) peoplePlaces() int {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.base + len(o.added)
}

// licenseUsers chooses the holders of a page. A place is the index of a person, or
// beyond them that of an external user.
func (o *Organization) licenseUsers(row, external, start, size int) (users []int, next int, more bool) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	people := o.base + len(o.added)
	var p Person
	for place := start; place < people+external; place++ {
		if place < people {
			if !o.exists(place) {
				continue
			}
			if o.person(place, &p); !slices.Contains(p.Licenses, row) {
				continue
			}
		}
		if len(users) == size {
			return users, place, true
		}
		users = append(users, place)
	}
	return users, 0, false
}

func (o *Organization) appendLicenseUser(b []byte, place, people int, p *Person) []byte {
	if place >= people {
		id, name, email := o.guest(place - people)
		b = append(b, `{"id":`...)
		b = appendString(b, id)
		b = appendMember(b, "type", "EXTERNAL")
		b = appendMember(b, "displayName", name)
		b = appendMember(b, "email", email)
		return append(b, '}')
	}
	o.person(place, p)
	first, last, email := o.identity(place, p)
	b = append(b, `{"id":"`...)
	b = o.appendPersonID(b, place, p)
	b = append(b, `","type":"INTERNAL","displayName":`...)
	b = appendString(b, strings.TrimSpace(first+" "+last))
	b = appendMember(b, "email", email)
	return append(b, '}')
}
