package survey

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

const (
	// pageMemory is how long a smaller page is asked for at once after HTTP 504. Then
	// the usual one is tried again: what made Webex slow may be over.
	pageMemory = 24 * time.Hour
	// Lasts is how long it counts what was seen of an organization's people. A
	// daily run then still begins with the better way to read them.
	Lasts = 26 * time.Hour
)

// Memory is what earlier runs have seen of organizations: how large the pages of their lists
// come, how their people are best read, and whose audit log is out of reach. These are hints, and lost with the process.
type Memory struct {
	mu      sync.Mutex
	known   map[types.UID]remembered
	sweptAt time.Time
}

// remembered is what is known of one customer's organization.
type remembered struct {
	pages  map[string]pageSize // by list
	people Survey
	audit  refusedAudit
	at     time.Time // of the last news
}

type pageSize struct {
	records int
	at      time.Time
}

// Survey is what a run has seen of an organization's people.
type Survey struct {
	Estimate
	// Largest are the locations with most people, the largest first.
	Largest []string
	// OneListOnly says that lists by location were tried in vain.
	OneListOnly bool
	// At is when it was written down; zero for one that was not.
	At time.Time
}

// note adds to what is known of a customer, and forgets the customers of which there was no news for long.
func (m *Memory) note(customer types.UID, now time.Time, add func(*remembered)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil {
		m.known = map[types.UID]remembered{}
	}
	if now.Sub(m.sweptAt) >= time.Minute {
		m.sweptAt = now
		for other, r := range m.known {
			if now.Sub(r.at) >= Lasts {
				delete(m.known, other)
			}
		}
	}
	r := m.known[customer]
	r.at = now
	add(&r)
	m.known[customer] = r
}

// PageSize is how many records a page of a list has at most.
func (m *Memory) PageSize(customer types.UID, list string, usual int, now time.Time) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if size, ok := m.known[customer].pages[list]; ok && now.Sub(size.at) < pageMemory {
		return size.records
	}
	return usual
}

// Shrunk notes that a list comes in smaller pages than asked for.
func (m *Memory) Shrunk(customer types.UID, list string, records int, now time.Time) {
	m.note(customer, now, func(r *remembered) {
		if r.pages == nil {
			r.pages = map[string]pageSize{}
		}
		r.pages[list] = pageSize{records, now}
	})
}

// Survey is what the last run has seen of the people; false if that is too long ago.
func (m *Memory) Survey(customer types.UID, now time.Time) (Survey, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if seen := m.known[customer].people; !seen.At.IsZero() && now.Sub(seen.At) < Lasts {
		return seen, true
	}
	return Survey{}, false
}

// Surveyed notes what was seen of the people.
func (m *Memory) Surveyed(customer types.UID, seen Survey, now time.Time) {
	seen.At = now
	m.note(customer, now, func(r *remembered) { r.people = seen })
}
