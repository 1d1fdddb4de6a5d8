package webexsim

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Invitation is what a PATCH /licenses/users sends to an address that no person of the
// organization has: licences for meetings, which are pending until the stranger accepts.
type Invitation struct {
	// Time is by the simulator's clock.
	Time     time.Time `json:"time"`
	Email    string    `json:"email"`
	Licenses []string  `json:"licenses"`
}

// Invitations are all that were sent since the organization was added, in order. Each
// request sends one.
func (o *Organization) Invitations() []Invitation {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return slices.Clone(o.invitations)
}

// assignOutside answers about a person of another organization: meeting licences are
// pending until that person accepts, and consume nothing; others cannot be assigned.
func (c *call) assignOutside(a *assignment) error {
	b, left, invited, err := c.org.invite(a)
	if err != nil {
		return c.refuseAssignment(err)
	}
	if invited {
		c.s.counter.invite(a.Email)
	}
	return c.assigned(b, left)
}

// invite remembers what an address is invited to. It answers an object that is still open,
// and the names of the licences that were left out.
func (o *Organization) invite(a *assignment) (b []byte, left []string, invited bool, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var ids []string
	for _, l := range a.Licenses {
		n, err := o.assignable(l.ID)
		if err != nil {
			return nil, nil, false, err
		}
		if o.licenses[n].spec.SiteURL == "" || l.Operation == operationRemove {
			left = append(left, o.licenses[n].spec.Name)
			continue
		}
		ids = append(ids, o.licenses[n].id)
	}
	if len(ids) > 0 {
		o.invitations = append(o.invitations, Invitation{o.now(), a.Email, ids})
	}
	b = append(b, `{"orgId":`...)
	b = appendString(b, o.id)
	b = appendMember(b, "email", a.Email)
	b = append(b, `,"licenses":[],"siteUrls":[],"pendingLicenses":[`...)
	for n, id := range o.pending(a.Email) {
		if n > 0 {
			b = append(b, ',')
		}
		b = appendString(b, id)
	}
	return append(b, ']'), left, len(ids) > 0, nil
}

// pending are the licences that an address was invited to.
func (o *Organization) pending(email string) (ids []string) {
	for _, i := range o.invitations {
		if !strings.EqualFold(i.Email, email) {
			continue
		}
		for _, id := range i.Licenses {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// namesEmail tells whether a request names a mail address: in its path, its query or its
// body.
func namesEmail(path string, query url.Values, body []byte) bool {
	if isEmail(path) {
		return true
	}
	for name, values := range query {
		for _, value := range values {
			if value != "" && (strings.EqualFold(name, "email") || isEmail(value)) {
				return true
			}
		}
	}
	var content any
	return json.Unmarshal(body, &content) == nil && holdsEmail(content)
}

// holdsEmail looks through a JSON value.
func holdsEmail(value any) bool {
	switch v := value.(type) {
	case string:
		return isEmail(v)
	case []any:
		return slices.ContainsFunc(v, holdsEmail)
	case map[string]any:
		for name, member := range v {
			if text, ok := member.(string); ok && text != "" && strings.EqualFold(name, "email") || holdsEmail(member) {
				return true
			}
		}
	}
	return false
}

// isEmail is wide: an @ that does not begin or end the text.
func isEmail(text string) bool {
	at := strings.IndexByte(text, '@')
	return at > 0 && at < len(text)-1
}
