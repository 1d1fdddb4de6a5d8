package syncrun

import (
	"sync"

	"golang.org/x/time/rate"
)

// Budgets hold one limiter for each token owner, since Webex counts requests by
// the token's owner and not by the organization that is read
// (https://developer.webex.com/docs/basics).
type Budgets struct {
	mu       sync.Mutex
	limiters map[string]*rate.Limiter
}

// NewBudgets returns an empty set of budgets.
func NewBudgets() *Budgets { return &Budgets{limiters: map[string]*rate.Limiter{}} }

// burst lets a small organization, which takes 5 to 8 requests, be read without
// a wait, and is far below what Webex counts in a minute.
const burst = 10

// Limiter returns the owner's limiter, set to a number of requests per minute.
func (b *Budgets) Limiter(owner string, perMinute int32) *rate.Limiter {
	b.mu.Lock()
	defer b.mu.Unlock()
	limit := rate.Limit(float64(perMinute) / 60)
	limiter, ok := b.limiters[owner]
	if !ok {
		limiter = rate.NewLimiter(limit, burst)
		b.limiters[owner] = limiter
	}
	if limiter.Limit() != limit {
		limiter.SetLimit(limit)
	}
	return limiter
}
