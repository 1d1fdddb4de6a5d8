package syncrun

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

const (
	// pageMemory is how long a smaller page is asked for at once after HTTP 504. Then
	// the usual one is tried again: what made Webex slow may be over.
	pageMemory = 24 * time.Hour
	// surveyMemory is how long it counts what was seen of an organization's people. A
	// daily run then still begins with the better way to read them.
	surveyMemory = 26 * time.Hour
)

// memory is what earlier runs have seen of organizations: how large the pages of their lists
// come, and how their people are best read. These are hints, and lost with the process.
type memory struct {
	mu      sync.Mutex
	known   map[types.UID]remembered
	sweptAt time.Time
}

// remembered is what is known of one customer's organization.
type remembered struct {
	pages  map[string]pageSize // by list
	people survey
	at     time.Time // of the last news
}

type pageSize struct {
	records int
	at      time.Time
}

// survey is what a run has seen of an organization's people.
type survey struct {
	estimate
	// largest are the locations with most people, the largest first.
	largest []string
	// oneListOnly says that lists by location were tried in vain.
	oneListOnly bool
	at          time.Time
}

// note adds to what is known of a customer, and forgets the customers of which there was no news for long.
func (m *memory) note(customer types.UID, now time.Time, add func(*remembered)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil {
		m.known = map[types.UID]remembered{}
	}
	if now.Sub(m.sweptAt) >= time.Minute {
		m.sweptAt = now
		for other, r := range m.known {
			if now.Sub(r.at) >= surveyMemory {
				delete(m.known, other)
			}
		}
	}
	r := m.known[customer]
	r.at = now
	add(&r)
	m.known[customer] = r
}

// pageSize is how many records a page of a list has at most.
func (m *memory) pageSize(customer types.UID, list string, usual int, now time.Time) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if size, ok := m.known[customer].pages[list]; ok && now.Sub(size.at) < pageMemory {
		return size.records
	}
	return usual
}

func (m *memory) shrunk(customer types.UID, list string, records int, now time.Time) {
	m.note(customer, now, func(r *remembered) {
		if r.pages == nil {
			r.pages = map[string]pageSize{}
		}
		r.pages[list] = pageSize{records, now}
	})
}

// survey is what the last run has seen of the people; false if that is too long ago.
func (m *memory) survey(customer types.UID, now time.Time) (survey, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if seen := m.known[customer].people; !seen.at.IsZero() && now.Sub(seen.at) < surveyMemory {
		return seen, true
	}
	return survey{}, false
}

func (m *memory) surveyed(customer types.UID, seen survey, now time.Time) {
	seen.at = now
	m.note(customer, now, func(r *remembered) { r.people = seen })
}
