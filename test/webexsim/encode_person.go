package webexsim

import (
	"encoding/base64"
	"strconv"
)

// personView says which members of a person a request shows.
type personView struct {
	callingData     bool
	excludeStatus   bool
	withoutLicenses bool // licences and roles are not shown in look-ups by id
	userName        bool // is shown of a single person only
	stringBooleans  bool
	itemErrors      *ItemErrors
}

// appendPerson appends person i. What the person does not say is made up from the
// organization and the index, so it is the same in each request.
func (o *Organization) appendPerson(b []byte, i int, p *Person, v *personView) []byte {
	h := o.personHash(i)
	failed := v.itemErrors
	if !failed.hits(i) {
		failed = nil
	}
	b = append(b, `{"id":"`...)
	b = o.appendPersonID(b, i, p)
	b = append(b, `","emails":["`...)
	b = appendEmail(b, i, p, h)
	b = append(b, `"]`...)
	if v.userName {
		b = append(b, `,"userName":"`...)
		b = append(appendEmail(b, i, p, h), '"')
	}
	b = o.appendPhone(b, i, p, v, h, failed)
	b = appendNames(b, p, h)
	if !p.InvitePending && h&3 != 0 {
		b = append(b, `,"avatar":"`...)
		b = append(o.appendAvatar(b, h), '"')
	}
	b = append(b, `,"orgId":"`...)
	b = append(b, o.id...)
	b = append(b, '"')
	if !v.withoutLicenses {
		b = o.appendHoldings(b, p, failed)
	}
	human := p.Type == "" || p.Type == TypePerson
	if human {
		b = appendWork(b, h)
	}
	b = append(b, `,"created":`...)
	b = appendTime(b, createdIn(h), h)
	b = append(b, `,"lastModified":`...)
	b = appendTime(b, lastYear, h)
	if human {
		b = o.appendSites(b, i, p, h)
	}
	b = appendState(b, p, v, h)
	b = appendMember(b, "type", or(p.Type, TypePerson))
	if failed != nil {
		b = appendItemErrors(b, failed)
	}
	return append(b, '}')
}

func (o *Organization) appendPersonID(b []byte, i int, p *Person) []byte {
	var raw [96]byte
	id := append(raw[:0], uriPrefix+kindPerson+"/"...)
	if p.UUID != "" {
		id = append(id, p.UUID...)
	} else {
		id = appendHex(append(id, o.personPrefix...), uint64(i), 12)
	}
	return base64.RawURLEncoding.AppendEncode(b, id)
}

// personName is the name in the list and its form in a mail address.
func personName(p *Person, h uint64) (first, last name) {
	first, last = firstNames[h%uint64(len(firstNames))], lastNames[(h>>16)%uint64(len(lastNames))]
	if p.FirstName != "" || p.LastName != "" {
		first.shown, last.shown = p.FirstName, p.LastName
	}
	return first, last
}

// appendEmail appends the bare address. Those given by a spec are escaped.
func appendEmail(b []byte, i int, p *Person, h uint64) []byte {
	if p.Email != "" {
		escaped := appendString(nil, p.Email)
		return append(b, escaped[1:len(escaped)-1]...)
	}
	first, last := personName(p, h)
	b = append(b, first.ascii...)
	b = append(b, '.')
	b = append(b, last.ascii...)
	b = append(b, '.')
	b = strconv.AppendInt(b, int64(i), 10)
	return append(b, "@example.com"...)
}

// appendNames appends the names; a person of the documents has all four.
func appendNames(b []byte, p *Person, h uint64) []byte {
	first, last := personName(p, h)
	b = append(b, `,"displayName":`...)
	b = appendString(b, first.shown)
	if last.shown != "" {
		b = append(b[:len(b)-1], ' ') // the names share their quotes
		if first.shown == "" {
			b = b[:len(b)-1]
		}
		surname := len(b)
		b = appendString(b, last.shown)
		b = append(b[:surname], b[surname+1:]...)
	}
	b = appendMember(b, "nickName", first.shown)
	b = appendMember(b, "firstName", first.shown)
	return appendMember(b, "lastName", last.shown)
}

// appendPhone appends numbers and the location. Work numbers, the extension and the
// location belong to Webex Calling and are shown with callingData=true only.
func (o *Organization) appendPhone(b []byte, i int, p *Person, v *personView, h uint64, failed *ItemErrors) []byte {
	calling := v.callingData && p.Location != NoLocation
	mobile := hasMobile(p, h)
	if !calling && !mobile {
		return b
	}
	b = append(b, `,"phoneNumbers":[`...)
	if calling {
		b = append(b, `{"type":"work","value":"`...)
		b = appendWorkPhone(b, i)
		b = append(b, `","primary":true}`...)
	}
	if calling && mobile {
		b = append(b, ',')
	}
	if mobile {
		b = append(b, `{"type":"mobile","value":"`...)
		b = appendMobilePhone(b, h)
		b = append(b, `"}`...)
	}
	b = append(b, ']')
	if !calling {
		return b
	}
	b = append(b, `,"extension":"`...)
	b = appendDigits(b, uint64(i), 5)
	b = append(b, '"')
	if failed == nil || !failed.has("locationId") {
		b = append(b, `,"locationId":"`...)
		b = append(b, o.locations[p.Location].id...)
		b = append(b, '"')
	}
	return b
}

func hasMobile(p *Person, h uint64) bool { return h&7 == 1 && p.Type == "" }

func appendWorkPhone(b []byte, i int) []byte {
	return appendDigits(append(b, "+1555"...), uint64(i), 7)
}

func appendMobilePhone(b []byte, h uint64) []byte {
	return appendDigits(append(b, "+1556"...), h>>20, 7)
}

func appendPersonalRoom(b []byte, h uint64) []byte {
	return append(appendDigits(b, h>>8, 9), "@example.webex.com"...)
}

func (o *Organization) appendAvatar(b []byte, h uint64) []byte {
	b = append(b, "https://avatar.example.com/Avtr~V1~"...)
	b = append(b, o.uuid...)
	b = append(b, "/V1~"...)
	return append(appendHex(appendHex(b, h, 16), mix(h), 16), "~1600"...)
}

// appendHoldings appends roles and licences.
func (o *Organization) appendHoldings(b []byte, p *Person, failed *ItemErrors) []byte {
	if len(p.Roles) > 0 && (failed == nil || !failed.has("roles")) {
		b = append(b, `,"roles":[`...)
		for n, r := range p.Roles {
			if n > 0 {
				b = append(b, ',')
			}
			b = appendString(b, EncodeID(kindRole, r))
		}
		b = append(b, ']')
	}
	if failed == nil || !failed.has("licenses") {
		b = append(b, `,"licenses":`...)
		b = o.appendLicenseIDs(b, p.Licenses)
	}
	return b
}

// appendWork appends what a directory would know.
func appendWork(b []byte, h uint64) []byte {
	place := cities[(h>>24)%uint64(len(cities))]
	b = append(b, `,"department":"`...)
	b = append(b, departments[(h>>28)%uint64(len(departments))]...)
	b = append(b, `","title":"`...)
	b = append(b, titles[(h>>32)%uint64(len(titles))]...)
	b = append(b, `","addresses":[{"type":"work","country":"`...)
	b = append(b, place.country...)
	b = append(b, `","locality":"`...)
	b = append(b, place.name...)
	b = append(b, `","region":"`...)
	b = append(b, place.state...)
	b = append(b, `","streetAddress":"`...)
	b = strconv.AppendUint(b, 1+(h>>36)%999, 10)
	b = append(b, ` Example Street","postalCode":"`...)
	b = appendDigits(b, h>>40, 5)
	b = append(b, `"}],"timezone":"`...)
	b = append(b, place.zone...)
	return append(b, '"')
}

// appendSites appends the Meetings sites. All people have them, licensed or not:
// recorded people with free licences only carried the plain name of the site.
func (o *Organization) appendSites(b []byte, i int, p *Person, h uint64) []byte {
	if len(o.sites) > 0 {
		b = append(b, `,"siteUrls":[`...)
		for n, site := range o.sites {
			if n > 0 {
				b = append(b, ',')
			}
			if p.Attendee {
				site += "#attendee"
			}
			b = appendString(b, site)
		}
		b = append(b, ']')
	}
	b = append(b, `,"sipAddresses":[{"type":"personal-room","value":"`...)
	b = appendPersonalRoom(b, h)
	b = append(b, `","primary":false},{"type":"enterprise","value":"`...)
	b = appendEmail(b, i, p, h)
	b = append(b, `","primary":true}],"xmppFederationJid":"`...)
	b = appendEmail(b, i, p, h)
	return append(b, '"')
}

// appendState appends presence and sign-in state.
func appendState(b []byte, p *Person, v *personView, h uint64) []byte {
	if !v.excludeStatus {
		status := [...]string{"active", "inactive", "meeting", "unknown"}[h>>12&3]
		if p.InvitePending {
			status = "pending"
		} else {
			b = append(b, `,"lastActivity":`...)
			b = appendTime(b, lastYear, mix(h))
		}
		b = appendMember(b, "status", status)
	}
	b = appendBool(b, "invitePending", p.InvitePending, v.stringBooleans)
	return appendBool(b, "loginEnabled", true, v.stringBooleans)
}

// appendItemErrors has the documented form: keyed by field, each with a code and a
// reason.
func appendItemErrors(b []byte, e *ItemErrors) []byte {
	b = append(b, `,"errors":{`...)
	for n, field := range e.Fields {
		if n > 0 {
			b = append(b, ',')
		}
		b = appendString(b, field)
		b = append(b, `:{"code":"service_unavailable","reason":"The service that holds this field failed to respond appropriately."}`...)
	}
	return append(b, '}')
}

// lastYear is when everything made up changed last: the past, and always the same.
const lastYear = 2025

func createdIn(h uint64) uint64 { return lastYear - 1 - h>>41%6 }

// appendTime appends a made-up time of a year, with its quotes.
func appendTime(b []byte, year, h uint64) []byte {
	b = append(b, '"')
	b = appendDigits(b, year, 4)
	b = append(b, '-')
	b = appendDigits(b, 1+h>>4%12, 2)
	b = append(b, '-')
	b = appendDigits(b, 1+h>>8%28, 2)
	b = append(b, 'T')
	b = appendDigits(b, h>>14%24, 2)
	b = append(b, ':')
	b = appendDigits(b, h>>20%60, 2)
	b = append(b, ':')
	b = appendDigits(b, h>>26%60, 2)
	b = append(b, '.')
	b = appendDigits(b, h>>32%1000, 3)
	return append(b, `Z"`...)
}

// appendDigits appends the lowest decimal digits of v.
func appendDigits(b []byte, v uint64, digits int) []byte {
	b = append(b, "0000000000"[:digits]...)
	for i := len(b) - 1; digits > 0; i, digits = i-1, digits-1 {
		b[i] = byte('0' + v%10)
		v /= 10
	}
	return b
}

// personHash is what everything made up about person i is derived from.
func (o *Organization) personHash(i int) uint64 { return mix(o.seed ^ uint64(i)*0x9e3779b97f4a7c15) }
