package webexsim

import (
	"net/http"
	"slices"
	"strings"
)

// maxIDs is the documented limit of a look-up by id.
const maxIDs = 85

// listPeople walks the list, or a part of it. There is no filter by licence.
func (c *call) listPeople() error {
	p, ok := c.parsePage("GET /people")
	if !ok {
		return nil
	}
	view := c.personView()
	if c.q.Get("id") != "" {
		return c.lookUpPeople(view)
	}
	rows, next, more := c.peoplePage(p)
	if p.empty {
		rows = nil
	}
	c.link(p, next, len(rows), more)
	return c.writePeople(rows, c.noMissing(), view)
}

func (c *call) personView() *personView {
	view := &personView{
		callingData: c.q.Get("callingData") == "true", excludeStatus: c.q.Get("excludeStatus") == "true",
		stringBooleans: c.o.StringBooleans, itemErrors: c.o.ItemErrors,
	}
	if c.rule != nil && c.rule.ItemErrors != nil {
		view.itemErrors = c.rule.ItemErrors
	}
	return view
}

func (c *call) noMissing() string {
	if c.o.EmptyNotFoundIDs {
		return "[]"
	}
	return "null"
}

func (c *call) writePeople(rows []int, notFound string, view *personView) error {
	var p Person
	return c.writeList(`{"notFoundIds":`+notFound+`,"items":[`, len(rows), func(b []byte, i int) []byte {
		c.org.person(rows[i], &p)
		return c.org.appendPerson(b, rows[i], &p, view)
	})
}

// peoplePage chooses the people of a page. next is the place after its last one.
// Places count all people, also those that a filter leaves out, so that a filtered
// walk looks at each person once.
func (c *call) peoplePage(p page) (rows []int, next int, more bool) {
	keep := c.peopleFilter()
	c.org.mu.RLock()
	defer c.org.mu.RUnlock()
	total := c.org.peopleLen()
	rows = make([]int, 0, p.size)
	if keep == nil {
		end := min(p.start+p.size, total)
		for place := p.start; place < end; place++ {
			rows = append(rows, c.org.personIndex(place))
		}
		return rows, end, end < total
	}
	var person Person
	next = min(p.start, total)
	for place := p.start; place < total; place++ {
		i := c.org.personIndex(place)
		c.org.person(i, &person)
		if !keep(i, &person) {
			continue
		}
		if len(rows) == p.size {
			return rows, next, true
		}
		rows = append(rows, i)
		next = place + 1
	}
	return rows, next, false
}

// peopleFilter is nil if all people are meant. It runs while the organization is locked.
func (c *call) peopleFilter() func(i int, p *Person) bool {
	at, email := fullID(kindLocation, c.q.Get("locationId")), strings.ToLower(c.q.Get("email"))
	named, role := strings.ToLower(c.q.Get("displayName")), fullID(kindRole, c.q.Get("roles"))
	if at == "" && email == "" && named == "" && role == "" {
		return nil
	}
	return func(i int, p *Person) bool {
		if at != "" && (p.Location == NoLocation || c.org.locations[p.Location].id != at) {
			return false
		}
		if role != "" && !slices.ContainsFunc(p.Roles, func(key string) bool { return EncodeID(kindRole, key) == role }) {
			return false
		}
		if email == "" && named == "" {
			return true
		}
		first, last, address := c.org.identity(i, p)
		full := strings.ToLower(first + " " + last)
		return (email == "" || strings.ToLower(address) == email) && strings.HasPrefix(full, named)
	}
}

// identity is what appendPerson shows of a person.
func (o *Organization) identity(i int, p *Person) (first, last, email string) {
	h := o.personHash(i)
	f, l := personName(p, h)
	if p.Email != "" {
		return f.shown, l.shown, p.Email
	}
	return f.shown, l.shown, string(appendEmail(nil, i, p, h))
}

// lookUpPeople answers ?id=a,b,c. Licences and roles are not shown here.
func (c *call) lookUpPeople(view *personView) error {
	ids := strings.Split(c.q.Get("id"), ",")
	if len(ids) > maxIDs {
		return c.fail(http.StatusBadRequest, "Too many ids.")
	}
	view.withoutLicenses = true
	missing := []byte{'['}
	var rows []int
	c.org.mu.RLock()
	for _, id := range ids {
		uuid, _ := DecodeID(kindPerson, id)
		if i, ok := c.org.findPerson(uuid); ok {
			rows = append(rows, i)
			continue
		}
		if len(missing) > 1 {
			missing = append(missing, ',')
		}
		missing = appendString(missing, id)
	}
	c.org.mu.RUnlock()
	notFound := c.noMissing()
	if len(missing) > 1 {
		notFound = string(append(missing, ']'))
	}
	return c.writePeople(rows, notFound, view)
}

// getPerson shows one person.
func (c *call) getPerson() error {
	uuid, _ := DecodeID(kindPerson, c.id)
	return c.person(func() (int, bool) { return c.org.findPerson(uuid) })
}

// getMe shows the person in whose name a token acts: the first one of the token's own
// organization, whatever orgId says.
func (c *call) getMe() error {
	if c.org = c.s.Organization(c.grant.spec.Organization); c.org == nil {
		return c.notFound()
	}
	return c.person(func() (int, bool) { return 0, c.org.exists(0) })
}

// person shows the person that is found, which is done while the organization is locked.
func (c *call) person(find func() (int, bool)) error {
	view := c.personView()
	view.userName = true
	c.org.mu.RLock()
	i, ok := find()
	var b []byte
	if ok {
		var p Person
		c.org.person(i, &p)
		b = c.org.appendPerson(nil, i, &p, view)
	}
	c.org.mu.RUnlock()
	if !ok {
		return c.notFound()
	}
	return c.json(http.StatusOK, b)
}
