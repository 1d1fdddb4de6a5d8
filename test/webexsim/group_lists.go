package webexsim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

const (
	operationGroups       = "GET /groups"
	operationGroupMembers = "GET /groups/{id}/members"
	// groupMembersShown is the documented number of members that GET /groups shows of a group.
	groupMembersShown = 500
)

// counted is the page of a list that is counted with startIndex, from 1, and count.
// Negative means that a wish is refused.
func (c *call) counted() (size, start int) {
	size = c.o.GroupsCeiling
	if n, err := strconv.Atoi(c.q.Get("count")); err == nil {
		size = max(min(n, size), -1)
	}
	start, _ = strconv.Atoi(c.q.Get("startIndex")) // less than 1 means 1, as in SCIM
	return size, max(start-1, 0)
}

// pageOf is the part of a list of n entries that a page shows. With the recorded defect,
// pages but the first begin one entry too early: that one comes twice, and the last of the
// list never.
func (c *call) pageOf(n, size, start int) (from, to int) {
	from, to = min(start, n), min(start+size, n)
	if c.o.GroupPagingDefect && from > 0 && from < to {
		return from - 1, to - 1
	}
	return from, to
}

const errBadCount = "The count parameter must not be negative."

// nameFilter reads a filter such as displayName eq "Sales".
func nameFilter(filter string) (keep func(name string) bool, ok bool) {
	if filter == "" {
		return func(string) bool { return true }, true
	}
	attribute, rest, _ := strings.Cut(strings.TrimSpace(filter), " ")
	operator, quoted, _ := strings.Cut(strings.TrimSpace(rest), " ")
	var value string
	if !strings.EqualFold(attribute, "displayName") || json.Unmarshal([]byte(quoted), &value) != nil {
		return nil, false
	}
	value = strings.ToLower(value) // names of groups have no case, as in SCIM
	switch strings.ToLower(operator) {
	case "eq":
		return func(name string) bool { return strings.ToLower(name) == value }, true
	case "sw":
		return func(name string) bool { return strings.HasPrefix(strings.ToLower(name), value) }, true
	}
	return nil, false
}

// listGroups has pages by startIndex and count, and no links.
func (c *call) listGroups() error {
	size, start := c.counted()
	if size < 0 {
		return c.fail(http.StatusBadRequest, errBadCount)
	}
	keep, ok := nameFilter(c.q.Get("filter"))
	if !ok {
		return c.fail(http.StatusBadRequest, "The filter parameter must be displayName, eq or sw, and a value in quotes.")
	}
	c.org.mu.RLock()
	var rows []*group
	for _, g := range c.org.groups {
		if keep(g.spec.Name) {
			rows = append(rows, g)
		}
	}
	c.org.mu.RUnlock()
	from, to := c.pageOf(len(rows), size, start)
	head := `{"totalResults":` + strconv.Itoa(len(rows)) + `,"startIndex":` + strconv.Itoa(start+1) +
		`,"itemsPerPage":` + strconv.Itoa(to-from) + `,"groups":[`
	rows = rows[from:to]
	withMembers := c.q.Get("includeMembers") == "true"
	return c.writeList(head, len(rows), func(b []byte, i int) []byte {
		all := c.org.members(rows[i])
		b = c.appendGroup(b, rows[i], len(all))
		if withMembers {
			b = append(b, `,"members":[`...)
			for n, m := range all[:min(len(all), groupMembersShown)] {
				if n > 0 {
					b = append(b, ',')
				}
				b = c.org.appendMember(b, m)
			}
			b = append(b, ']')
		}
		return append(b, '}')
	})
}

// listGroupMembers shows a group with a page of its members.
func (c *call) listGroupMembers() error {
	size, start := c.counted()
	if size < 0 {
		return c.fail(http.StatusBadRequest, errBadCount)
	}
	value, _ := DecodeID(kindGroup, c.id)
	uuid, _, _ := strings.Cut(value, ":")
	c.org.mu.RLock()
	i := slices.IndexFunc(c.org.groups, func(g *group) bool { return g.uuid == uuid })
	var all []member
	var head []byte
	if i >= 0 {
		all = c.org.members(c.org.groups[i])
		head = c.appendGroup(nil, c.org.groups[i], len(all))
	}
	c.org.mu.RUnlock()
	if i < 0 {
		return c.notFound()
	}
	from, to := c.pageOf(len(all), size, start)
	all = all[from:to]
	return c.writeList(string(head)+`,"members":[`, len(all), func(b []byte, i int) []byte {
		return c.org.appendMember(b, all[i])
	})
}

// appendGroup leaves the object open, for the members.
func (c *call) appendGroup(b []byte, g *group, size int) []byte {
	h := hashString(g.uuid)
	b = append(b, `{"id":`...)
	b = appendString(b, g.id)
	b = appendMember(b, "displayName", g.spec.Name)
	b = appendMember(b, "orgId", c.org.id)
	b = append(b, `,"created":`...)
	b = appendTime(b, createdIn(h), h)
	b = append(b, `,"lastModified":`...)
	if g.changed.IsZero() {
		b = appendTime(b, lastYear, h)
	} else {
		b = appendString(b, g.changed.UTC().Format(auditTime))
	}
	b = append(b, `,"memberSize":`...)
	return strconv.AppendInt(b, int64(max(0, size+c.o.GroupSizeOff)), 10)
}

func (o *Organization) appendMember(b []byte, m member) []byte {
	if m.group != nil {
		b = append(b, `{"id":`...)
		b = appendString(b, m.group.id)
		b = appendMember(b, "type", "group")
		return append(appendMember(b, "displayName", m.group.spec.Name), '}')
	}
	var p Person
	o.person(m.person, &p)
	first, last, _ := o.identity(m.person, &p)
	b = append(b, `{"id":"`...)
	b = o.appendPersonID(b, m.person, &p)
	b = append(b, `","type":"user","displayName":`...)
	return append(appendString(b, strings.TrimSpace(first+" "+last)), '}')
}
