package syncrun

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// surveyMemory is how long it counts what was seen of an organization's people. A
// daily run then still begins with the better way to read them.
const surveyMemory = 26 * time.Hour

// surveys remember, from one run to the next, how people are best read. They are
// hints, and lost with the process.
type surveys struct {
	mu      sync.Mutex
	known   map[types.UID]survey
	sweptAt time.Time
}

// survey is what a run has seen of an organization's people.
type survey struct {
	sight
	// largest are the locations with most people, the largest first.
	largest []string
	// oneListOnly says that lists by location were tried in vain.
	oneListOnly bool
	at          time.Time
}

func (s *surveys) get(customer types.UID, now time.Time) (survey, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if seen, ok := s.known[customer]; ok && now.Sub(seen.at) < surveyMemory {
		return seen, true
	}
	return survey{}, false
}

func (s *surveys) set(customer types.UID, seen survey, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil {
		s.known = map[types.UID]survey{}
	}
	if now.Sub(s.sweptAt) >= time.Minute {
		s.sweptAt = now
		for other, old := range s.known {
			if now.Sub(old.at) >= surveyMemory {
				delete(s.known, other)
			}
		}
	}
	seen.at = now
	s.known[customer] = seen
}
