package webexsim

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// chunkSize is how much of a list is written at once. Nothing of the organization
// is locked while the network is slow, and memory does not grow with the page.
const chunkSize = 32 << 10

var chunks = sync.Pool{New: func() any {
	b := make([]byte, 0, chunkSize+8<<10)
	return &b
}}

// writeList writes a list of n entries. add appends entry i; the organization is
// locked for reading while it runs.
func (c *call) writeList(head string, n int, add func(b []byte, i int) []byte) error {
	c.start(http.StatusOK, jsonType)
	chunk := chunks.Get().(*[]byte)
	defer chunks.Put(chunk)
	b := append((*chunk)[:0], head...)
	for i := 0; i < n; {
		c.org.mu.RLock()
		for ; i < n && len(b) < chunkSize; i++ {
			if i > 0 {
				b = append(b, ',')
			}
			b = add(b, i)
		}
		c.org.mu.RUnlock()
		if i == n {
			break
		}
		if _, err := c.w.Write(b); err != nil {
			return err
		}
		b = b[:0]
	}
	b = append(b, itemsTail...)
	*chunk = b[:0]
	_, err := c.w.Write(b)
	return err
}

const itemsHead, itemsTail = `{"items":[`, `]}`

// listOrganizations lists what the token can see, in one page.
func (c *call) listOrganizations() error {
	b := []byte(itemsHead)
	for _, o := range c.s.Organizations() {
		if c.o.EmptyOrganizations || !c.grant.sees(o.uuid) {
			continue
		}
		if len(b) > len(itemsHead) {
			b = append(b, ',')
		}
		o.mu.RLock()
		b = o.appendOrganization(b)
		o.mu.RUnlock()
	}
	return c.json(http.StatusOK, append(b, itemsTail...))
}

// getOrganization answers 404 for what does not exist and for what the token must
// not see.
func (c *call) getOrganization() error {
	uuid, ok := DecodeID(kindOrganization, c.id)
	if !ok {
		return c.fail(http.StatusBadRequest, "The organization identifier is not valid.")
	}
	o := c.s.Organization(uuid)
	if o == nil || !c.grant.sees(uuid) {
		return c.notFound()
	}
	c.manage(uuid)
	o.mu.RLock()
	b := o.appendOrganization(nil)
	o.mu.RUnlock()
	return c.json(http.StatusOK, b)
}

func (c *call) notFound() error {
	return c.fail(http.StatusNotFound, "The requested resource could not be found.")
}

func (c *call) listRoles() error {
	return c.writeList(itemsHead, len(c.org.roles), c.org.appendRole)
}

func (c *call) getRole() error {
	key, _ := DecodeID(kindRole, c.id)
	return c.one(slices.IndexFunc(c.org.roles, func(r RoleSpec) bool { return r.Key == key }), c.org.appendRole)
}

func (c *call) getLocation() error {
	uuid, _ := DecodeID(kindLocation, c.id)
	c.org.mu.RLock()
	i := slices.IndexFunc(c.org.locations, func(l *location) bool { return l.uuid == uuid })
	c.org.mu.RUnlock()
	return c.one(i, c.org.appendLocation)
}

func (c *call) getWorkspace() error {
	uuid, _ := DecodeID(kindWorkspace, c.id)
	c.org.mu.RLock()
	i := slices.IndexFunc(c.org.workspaces, func(w *workspace) bool { return w.uuid == uuid })
	c.org.mu.RUnlock()
	return c.one(i, c.appendWorkspace)
}

func (c *call) appendWorkspace(b []byte, i int) []byte {
	return c.org.appendWorkspace(b, i, !c.o.OmitWorkspaceLicenses)
}

// one answers with entry i of a list, which is negative if there is no such entry.
func (c *call) one(i int, add func(b []byte, i int) []byte) error {
	if i < 0 {
		return c.notFound()
	}
	c.org.mu.RLock()
	b := add(nil, i)
	c.org.mu.RUnlock()
	return c.json(http.StatusOK, b)
}

// listLicenses has no pages.
func (c *call) listLicenses() error {
	c.org.mu.RLock()
	t := c.org.shown(c.o.CountsLag)
	var rows []int
	for i, l := range c.org.licenses {
		if !l.removed {
			rows = append(rows, i)
		}
	}
	c.org.mu.RUnlock()
	if c.o.ShuffleLicenses {
		// By chance, but the same chance when the requests are made again.
		shuffle := rand.New(rand.NewPCG(c.org.seed, c.org.shuffles.Add(1))) //nolint:gosec // nothing secret
		shuffle.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	}
	return c.writeList(itemsHead, len(rows), func(b []byte, i int) []byte {
		return append(c.org.appendLicense(b, rows[i], t), '}')
	})
}

// listLocations filters by name and id and has pages with next links.
func (c *call) listLocations() error {
	p, ok := c.parsePage("GET /locations")
	if !ok {
		return nil
	}
	named, id := strings.ToLower(c.q.Get("name")), fullID(kindLocation, c.q.Get("id"))
	c.org.mu.RLock()
	var rows []int
	for i, l := range c.org.locations {
		if (id == "" || l.id == id) && strings.Contains(strings.ToLower(l.spec.Name), named) {
			rows = append(rows, i)
		}
	}
	c.org.mu.RUnlock()
	total := len(rows)
	start := min(p.start, total)
	end := min(start+p.size, total)
	if p.empty {
		end = start
	}
	rows = rows[start:end]
	c.link(p, end, len(rows), end < total)
	return c.writeList(itemsHead, len(rows), func(b []byte, i int) []byte {
		return c.org.appendLocation(b, rows[i])
	})
}

// listWorkspaces has pages by start and max, with next links unless an option omits them.
func (c *call) listWorkspaces() error {
	p, ok := c.parsePage(operationWorkspaces)
	if !ok {
		return nil
	}
	at, named := fullID(kindLocation, c.q.Get("locationId")), strings.ToLower(c.q.Get("displayName"))
	c.org.mu.RLock()
	var rows []int
	for i, w := range c.org.workspaces {
		if at != "" && (w.spec.Location == NoLocation || c.org.locations[w.spec.Location].id != at) {
			continue
		}
		if strings.Contains(strings.ToLower(w.spec.Name), named) {
			rows = append(rows, i)
		}
	}
	c.org.mu.RUnlock()
	total := len(rows)
	start := min(p.start, total)
	end := min(start+p.size, total)
	rows = rows[start:end]
	if !c.o.OmitWorkspaceLinks {
		c.link(p, end, len(rows), end < total)
	}
	return c.writeList(itemsHead, len(rows), func(b []byte, i int) []byte { return c.appendWorkspace(b, rows[i]) })
}
