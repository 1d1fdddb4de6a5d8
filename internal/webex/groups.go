package webex

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/webex-operator/webex-license-operator/internal/webex/wire"
)

// Group is a group of people of an organization.
type Group struct{ ID, Name string }

// GroupMember is a member of a group: a person, or another group. Type is user for a person.
type GroupMember struct{ ID, Type string }

// unknownSize is the size of a list whose service did not say it.
const unknownSize = -1

// filterText writes a text between the quotes of a filter.
var filterText = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// GroupsNamed lists the groups of exactly this name; the zero org means the token's own organization.
// https://developer.webex.com/docs/api/v1/groups/list-and-search-groups
func (c *Client) GroupsNamed(ctx context.Context, org OrganizationID, name string) ([]Group, error) {
	query := []param{{"filter", `displayName eq "` + filterText.Replace(name) + `"`}}
	if org != (OrganizationID{}) {
		query = append([]param{{"orgId", org.API()}}, query...)
	}
	all, _, err := collectIndexed(ctx, c, org, &indexed[Group]{
		op: "list groups", url: c.endpoint("/groups", nil), query: query, items: "groups", size: "totalResults",
		decode: func(d *wire.Decoder, g *Group) error {
			return record(d, &g.ID, named(d, "displayName", &g.ID, &g.Name))
		},
		id: func(g Group) string { return g.ID },
	})
	// A filter may compare without case, and one that is not understood lists all groups.
	return slices.DeleteFunc(all, func(g Group) bool { return g.Name != name }), err
}

// GroupMembers lists the members of a group, each once. size is how many Webex says that there are, or -1 if it does
// not say: pages have been seen to lose members, so that anything but as many is no list to take licences by.
// https://developer.webex.com/docs/api/v1/groups/get-group-members
func (c *Client) GroupMembers(ctx context.Context, org OrganizationID, groupID string) (members []GroupMember, size int64, err error) {
	return collectIndexed(ctx, c, org, &indexed[GroupMember]{
		op: "list group members", url: below(c.base, []string{"groups", groupID, "members"}), items: "members", size: "memberSize",
		decode: decodeMember, id: func(m GroupMember) string { return m.ID },
	})
}

func decodeMember(d *wire.Decoder, m *GroupMember) error {
	return record(d, &m.ID, func(name []byte) error {
		switch string(name) {
		case "id":
			return d.ReadID(&m.ID)
		case "type":
			return d.ReadInterned(&m.Type)
		}
		return d.Skip()
	})
}

// indexed describes a list that is paged by startIndex and count, as those of SCIM are.
type indexed[T any] struct {
	op    string
	url   *url.URL
	query []param
	// items and size are the members of a page that hold its records and the number of all.
	items, size string
	// decode reads one record, id identifies it.
	decode func(*wire.Decoder, *T) error
	id     func(T) string
}

// collectIndexed reads a whole list, each record once. It ends at a page that brings nothing new, or at one that is not
// full where as many are there as the service says: a full page says nothing, in case the size is that of the page.
// Whatever a service answers, each page but the last brings something new, up to the bound for records.
func collectIndexed[T any](ctx context.Context, c *Client, org OrganizationID, l *indexed[T]) (all []T, size int64, err error) {
	seen := make(map[string]struct{})
	size = unknownSize
	for start, pages := 1, 0; ; pages++ {
		items, said, err := l.page(ctx, c, org, start)
		if err != nil {
			return nil, unknownSize, err
		}
		before := len(all)
		for _, item := range items {
			if _, ok := seen[l.id(item)]; !ok {
				seen[l.id(item)] = struct{}{}
				all = append(all, item)
			}
		}
		if n, ok := said.Value(); ok {
			size = max(size, n)
		}
		switch n := len(items); {
		case len(all) == before, n < groupsPageSize && int64(len(all)) == size:
			return all, size, nil
		case pages+1 >= c.cfg.Limits.Pages, len(all) > c.cfg.Limits.Results:
			return nil, unknownSize, &Error{Class: ClassPartial, Operation: l.op, Err: ErrLimit}
		default:
			start += n
		}
	}
}

// page reads the page that begins with the record of this number, from 1, and how many there are in all.
func (l *indexed[T]) page(ctx context.Context, c *Client, org OrganizationID, start int) (items []T, size Units, err error) {
	u := *l.url
	u.RawQuery = wire.EncodeParams(append(slices.Clip(l.query),
		param{"startIndex", strconv.Itoa(start)}, param{"count", strconv.Itoa(groupsPageSize)}))
	err = c.document(ctx, &exchange{op: l.op, renew: c.renewal(org)}, &u, func(d *wire.Decoder) (err error) {
		var known bool
		items, known, size, err = l.read(d, c.cfg.Limits.Results)
		if err == nil && !known && size != wire.UnitsOf(0) && start == 1 {
			err = wire.ErrMissing // a page behind the end, and an empty list, may leave it out
		}
		return err
	})
	return items, size, err
}

// read decodes a page of at most so many records.
func (l *indexed[T]) read(d *wire.Decoder, most int) (items []T, known bool, size Units, err error) {
	known, size, err = d.Indexed(l.items, l.size, func() { items = items[:0] }, func() error {
		if len(items) >= most {
			return wire.ErrLimit
		}
		var item T
		err := l.decode(d, &item)
		items = append(items, item)
		return err
	})
	return items, known, size, err
}
