package webexsim

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Tags group the customers of a partner: neither other partners nor the customers see them.
const (
	operationTags = "GET /partner/tags/organizations"
	tagsCeiling   = 100
	maxTags       = 5
	maxTagLength  = 25
)

// tagged is a customer of a partner, by the UUID of the partner's own organization.
type tagged struct{ partner, customer string }

// SetTags replaces the tags that a partner, given by the UUID of its own organization, put on a
// customer; none takes them off. It panics at more tags, or longer ones, than the service takes.
func (s *Server) SetTags(partner, customer string, tags ...string) {
	if err := checkTags(tags); err != nil {
		panic(err.Error())
	}
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	s.tokens.tags[tagged{partner, customer}] = slices.Clone(tags)
}

// checkTags finds what the service would refuse.
func checkTags(tags []string) error {
	if len(tags) > maxTags {
		return fmt.Errorf("webexsim: %d tags, want %d at most", len(tags), maxTags)
	}
	for _, tag := range tags {
		if tag == "" || len(tag) > maxTagLength || strings.Contains(tag, ",") {
			return fmt.Errorf("webexsim: tag %q: want 1 to %d characters and no comma", tag, maxTagLength)
		}
	}
	return nil
}

// tagsOf are the tags that the token's partner put on a customer.
func (c *call) tagsOf(customer string) []string {
	c.s.tokens.mu.Lock()
	defer c.s.tokens.mu.Unlock()
	return c.s.tokens.tags[tagged{c.grant.spec.Organization, customer}]
}

// listTaggedOrganizations lists the customers that have any of the tags, in a bare array.
//
// Documented are the array and its members, that any of the tags will do, and max. The order,
// the case of tags (it matters), and what is done beyond the page size are not: like other lists
// that take max, it has next links, unless an option omits them.
func (c *call) listTaggedOrganizations() error {
	wanted := strings.FieldsFunc(c.q.Get("tags"), func(r rune) bool { return r == ',' })
	if len(wanted) == 0 {
		return c.fail(http.StatusBadRequest, "The tags parameter is required.")
	}
	p, ok := c.parsePage(operationTags)
	if !ok {
		return nil
	}
	type row struct {
		organization *Organization
		tags         []string
	}
	var rows []row
	for _, o := range c.s.Organizations() {
		if o.uuid == c.grant.spec.Organization || !c.grant.sees(o.uuid) {
			continue
		}
		if tags := c.tagsOf(o.uuid); slices.ContainsFunc(tags, func(tag string) bool { return slices.Contains(wanted, tag) }) {
			rows = append(rows, row{o, tags})
		}
	}
	start := min(p.start, len(rows))
	end := min(start+p.size, len(rows))
	if p.empty {
		end = start
	}
	if !c.o.OmitTagLinks {
		c.link(p, end, end-start, end < len(rows))
	}
	b := []byte{'['}
	for i, r := range rows[start:end] {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"orgName":`...)
		b = appendString(b, r.organization.Name())
		b = appendMember(b, "orgId", r.organization.id)
		b = append(b, `,"tags":[`...)
		for n, tag := range r.tags {
			if n > 0 {
				b = append(b, ',')
			}
			b = appendString(b, tag)
		}
		b = append(b, `]}`...)
	}
	return c.json(http.StatusOK, append(b, ']'))
}
