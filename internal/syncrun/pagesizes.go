package syncrun

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// pageMemory is how long a smaller page is asked for at once after HTTP 504. Then
// the usual one is tried again: what made Webex slow may be over.
const pageMemory = 24 * time.Hour

// pageSizes remember the sizes of pages that an organization's lists come in, from
// one run to the next. They are hints, and lost with the process.
type pageSizes struct {
	mu    sync.Mutex
	known map[pageKey]pageSize
}

type pageKey struct {
	customer  types.UID
	operation string
}

type pageSize struct {
	records int
	at      time.Time
}

func (p *pageSizes) get(key pageKey, usual int, now time.Time) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if size, ok := p.known[key]; ok && now.Sub(size.at) < pageMemory {
		return size.records
	}
	return usual
}

func (p *pageSizes) set(key pageKey, records int, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil {
		p.known = map[pageKey]pageSize{}
	}
	for other, size := range p.known {
		if now.Sub(size.at) >= pageMemory {
			delete(p.known, other)
		}
	}
	p.known[key] = pageSize{records, now}
}

func (a *attempt) pageSize(operation string, usual int) int {
	return a.pages.get(pageKey{a.customer.UID, operation}, usual, a.Clock.Now())
}

func (a *attempt) shrunk(operation string, records int) {
	a.pages.set(pageKey{a.customer.UID, operation}, records, a.Clock.Now())
}
