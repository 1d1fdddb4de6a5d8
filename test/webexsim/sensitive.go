package webexsim

import (
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// SensitiveKind says what a sensitive value is.
type SensitiveKind string

// Kinds of sensitive values.
const (
	SensitiveAccessToken  SensitiveKind = "access token"
	SensitiveRefreshToken SensitiveKind = "refresh token"
	SensitiveClientSecret SensitiveKind = "client secret"
	SensitiveCode         SensitiveKind = "authorization code"
	SensitiveVerifier     SensitiveKind = "code verifier"
	// SensitiveName is a display name, SensitiveNamePart a first or last name alone.
	// Mind that a made-up part can be an ordinary word, such as Grace.
	SensitiveName     SensitiveKind = "name"
	SensitiveNamePart SensitiveKind = "part of a name"
	// SensitiveEmail is a mail address, which is also the address for calls and chat.
	SensitiveEmail    SensitiveKind = "mail address"
	SensitivePhone    SensitiveKind = "phone number"
	SensitiveAvatar   SensitiveKind = "picture"
	SensitiveSIP      SensitiveKind = "personal room"
	SensitivePersonID SensitiveKind = "person id"
)

// Sensitive is a value that must not be told: a secret or a person's datum.
type Sensitive struct {
	Kind  SensitiveKind
	Value string
}

// Sensitive are all secrets that the simulator ever issued or was told, and all
// personal data that it ever showed: also tokens that were rotated away, revoked or
// have expired, and people and organizations that were changed or removed.
//
// Left out is what is too short or too common to be searched for: extensions, streets,
// departments and titles.
func (s *Server) Sensitive() iter.Seq[Sensitive] {
	return func(yield func(Sensitive) bool) {
		s.tokens.mu.Lock()
		secrets := slices.Collect(maps.Keys(s.tokens.secrets))
		s.tokens.mu.Unlock()
		for _, secret := range secrets {
			if !yield(secret) {
				return
			}
		}
		s.mu.RLock()
		organizations := slices.Concat(s.organizations, s.removed)
		s.mu.RUnlock()
		for _, o := range organizations {
			for datum := range o.personalData() {
				if !yield(datum) {
					return
				}
			}
		}
	}
}

// remember keeps a secret for as long as the simulator runs.
func (t *tokens) remember(kind SensitiveKind, value string) {
	if value != "" {
		t.secrets[Sensitive{kind, value}] = true
	}
}

// personalData are those of the people of an organization, of people who were, of users
// of other organizations, and of strangers who were invited.
func (o *Organization) personalData() iter.Seq[Sensitive] {
	return func(yield func(Sensitive) bool) {
		var p Person
		for i := range o.places() {
			for _, datum := range o.dataOf(i, &p) {
				if !yield(datum) {
					return
				}
			}
		}
		o.mu.RLock()
		former, guests, invitations := slices.Clone(o.former), o.guests(), slices.Clone(o.invitations)
		o.mu.RUnlock()
		for _, i := range invitations {
			if !yield(Sensitive{SensitiveEmail, i.Email}) {
				return
			}
		}
		for _, f := range former {
			for _, datum := range o.appendData(nil, f.index, &f.person) {
				if !yield(datum) {
					return
				}
			}
		}
		for n := range guests {
			id, name, email := o.guest(n)
			if !yield(Sensitive{SensitivePersonID, id}) || !yield(Sensitive{SensitiveName, name}) || !yield(Sensitive{SensitiveEmail, email}) {
				return
			}
		}
	}
}

// places is the number of people that there are and were.
func (o *Organization) places() int {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.base + len(o.added)
}

func (o *Organization) dataOf(i int, p *Person) []Sensitive {
	o.mu.RLock()
	defer o.mu.RUnlock()
	o.person(i, p)
	return o.appendData(nil, i, p)
}

// appendData appends what appendPerson shows of a person.
func (o *Organization) appendData(data []Sensitive, i int, p *Person) []Sensitive {
	h := o.personHash(i)
	first, last, email := o.identity(i, p)
	add := func(kind SensitiveKind, value string) {
		if value != "" {
			data = append(data, Sensitive{kind, value})
		}
	}
	add(SensitivePersonID, string(o.appendPersonID(nil, i, p)))
	add(SensitiveName, strings.TrimSpace(first+" "+last))
	add(SensitiveNamePart, first)
	add(SensitiveNamePart, last)
	add(SensitiveEmail, email)
	add(SensitivePhone, string(appendWorkPhone(nil, i)))
	if hasMobile(p, h) {
		add(SensitivePhone, string(appendMobilePhone(nil, h)))
	}
	add(SensitiveAvatar, string(o.appendAvatar(nil, h)))
	add(SensitiveSIP, string(appendPersonalRoom(nil, h)))
	return data
}

// formerPerson is a person who has another name or address by now.
type formerPerson struct {
	index  int
	person Person
}

// sameIdentity tells whether all personal data of two versions of a person agree.
func (p *Person) sameIdentity(q *Person) bool {
	return p.UUID == q.UUID && p.FirstName == q.FirstName && p.LastName == q.LastName && p.Email == q.Email && p.Type == q.Type
}

// guests is the largest number of users of other organizations that a licence ever had.
func (o *Organization) guests() int {
	most := o.mostGuests
	for _, l := range o.licenses {
		most = max(most, l.external)
	}
	return most
}

// guest is user n of another organization.
func (o *Organization) guest(n int) (id, name, email string) {
	number := strconv.Itoa(n + 1)
	return EncodeID(kindPerson, indexedUUID(indexedUUIDPrefix(o.seed+1), n)), "Guest " + number, "guest." + number + "@example.org"
}
