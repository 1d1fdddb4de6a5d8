package webexsim

import (
	"strconv"
	"unicode/utf8"
)

// Replies are appended by hand, because the simulator shares its processors with
// what is measured against it. Member names and made-up values need no escaping;
// everything that a spec can set goes through appendString.

// appendString appends s as a JSON string.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c >= 0x20 && c != '"' && c != '\\' {
				i++
				continue
			}
			b = append(b, s[start:i]...)
			if c == '"' || c == '\\' {
				b = append(b, '\\', c)
			} else {
				b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			}
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			b = append(b, s[start:i]...)
			b = append(b, `\ufffd`...)
			start = i + size
		}
		i += size
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}

// appendMember appends a string member and the comma before it, unless the value
// is empty: a member that does not apply is left out.
func appendMember(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, '"', ':')
	return appendString(b, value)
}

// appendNumber appends a numeric member, and the comma before it, in a form.
func appendNumber(b []byte, name string, value int, form Form) []byte {
	if form == FormAbsent {
		return b
	}
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, '"', ':')
	switch form {
	case FormNull:
		return append(b, "null"...)
	case FormString:
		b = append(b, '"')
		b = strconv.AppendInt(b, int64(value), 10)
		return append(b, '"')
	case FormDecimal:
		b = strconv.AppendInt(b, int64(value), 10)
		return append(b, ".0"...)
	default:
		return strconv.AppendInt(b, int64(value), 10)
	}
}

func appendBool(b []byte, name string, value, asString bool) []byte {
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, '"', ':')
	if asString {
		b = append(b, '"')
	}
	b = strconv.AppendBool(b, value)
	if asString {
		b = append(b, '"')
	}
	return b
}

// appendLicense appends a row without its closing brace: a single licence goes on
// with its users. Members that follow the site come after it, as recorded.
func (o *Organization) appendLicense(b []byte, i int, t *tally) []byte {
	l := o.licenses[i]
	total, users, workspaces := o.figures(i, t)
	b = append(b, `{"id":`...)
	b = appendString(b, l.id)
	b = append(b, `,"name":`...)
	b = appendString(b, l.spec.Name)
	b = appendNumber(b, "totalUnits", total, l.spec.Units)
	b = appendNumber(b, "consumedUnits", users+workspaces, l.spec.Units)
	b = appendNumber(b, "consumedByUsers", users, l.spec.Consumers)
	b = appendNumber(b, "consumedByWorkspaces", workspaces, l.spec.Consumers)
	b = appendMember(b, "siteUrl", l.spec.SiteURL)
	b = appendMember(b, "siteType", l.spec.SiteType)
	return appendMember(b, "subscriptionId", l.spec.Subscription)
}

func (o *Organization) appendOrganization(b []byte) []byte {
	b = append(b, `{"id":`...)
	b = appendString(b, o.id)
	b = append(b, `,"displayName":`...)
	b = appendString(b, o.name)
	b = appendMember(b, "created", o.created)
	return append(b, '}')
}

func (o *Organization) appendRole(b []byte, i int) []byte {
	b = append(b, `{"id":`...)
	b = appendString(b, EncodeID(kindRole, o.roles[i].Key))
	b = appendMember(b, "name", o.roles[i].Name)
	return append(b, '}')
}

func (o *Organization) appendLocation(b []byte, i int) []byte {
	l := o.locations[i]
	s := &l.spec
	b = append(b, `{"id":`...)
	b = appendString(b, l.id)
	b = append(b, `,"name":`...)
	b = appendString(b, s.Name)
	b = appendMember(b, "orgId", o.id)
	b = appendMember(b, "timeZone", or(s.TimeZone, "America/Denver"))
	b = appendMember(b, "preferredLanguage", or(s.Language, "en_us"))
	b = append(b, `,"address":{"address1":`...)
	b = appendString(b, or(s.Address, strconv.Itoa(100+i)+" Example Street"))
	b = appendMember(b, "city", or(s.City, "Denver"))
	b = appendMember(b, "state", or(s.State, "CO"))
	b = appendMember(b, "postalCode", or(s.PostalCode, strconv.Itoa(80000+i)))
	b = appendMember(b, "country", or(s.Country, "US"))
	b = append(b, '}')
	b = appendMember(b, "latitude", s.Latitude)
	b = appendMember(b, "longitude", s.Longitude)
	b = appendMember(b, "notes", s.Notes)
	return append(b, '}')
}

func (o *Organization) appendWorkspace(b []byte, i int, withLicenses bool) []byte {
	w := o.workspaces[i]
	b = append(b, `{"id":`...)
	b = appendString(b, w.id)
	b = appendMember(b, "orgId", o.id)
	if w.spec.Location != NoLocation {
		b = appendMember(b, "locationId", o.locations[w.spec.Location].id)
	}
	b = append(b, `,"displayName":`...)
	b = appendString(b, w.spec.Name)
	if w.spec.Capacity > 0 {
		b = appendNumber(b, "capacity", w.spec.Capacity, FormNumber)
	}
	b = appendMember(b, "type", w.spec.Type)
	b = append(b, `,"sipAddress":"workspace`...)
	b = strconv.AppendInt(b, int64(i+1), 10)
	b = append(b, `@example.rooms.webex.com","created":`...)
	h := mix(o.seed ^ uint64(i))
	b = appendTime(b, createdIn(h), h)
	b = append(b, `,"calling":{"type":`...)
	if len(w.spec.Licenses) == 0 {
		b = append(b, `"freeCalling"}`...)
	} else {
		b = append(b, `"webexCalling"`...)
		if withLicenses {
			b = append(b, `,"webexCalling":{"licenses":`...)
			b = o.appendLicenseIDs(b, w.spec.Licenses)
			b = append(b, '}')
		}
		b = append(b, '}')
	}
	b = append(b, `,"calendar":{"type":"none"},"hotdeskingStatus":"off","supportedDevices":"collaborationDevices","devicePlatform":"cisco"}`...)
	return b
}

func (o *Organization) appendLicenseIDs(b []byte, held []int) []byte {
	b = append(b, '[')
	for n, l := range held {
		if n > 0 {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = append(b, o.licenses[l].id...) // base64: nothing to escape
		b = append(b, '"')
	}
	return append(b, ']')
}

func or(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}
