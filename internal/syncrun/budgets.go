package syncrun

import (
	"context"
	"sync"

	"golang.org/x/time/rate"

	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// Budgets bound the requests to Webex: one limiter for each token owner, since
// Webex counts requests by the token's owner and not by the organization that is
// read (https://developer.webex.com/docs/basics), and one for all together.
type Budgets struct {
	all *rate.Limiter

	mu     sync.Mutex
	owners map[string]*rate.Limiter
}

// NewBudgets returns budgets that let so many requests per second through over
// all owners; 0 or less means no common bound.
func NewBudgets(perSecond float64) *Budgets {
	limit := rate.Limit(perSecond)
	if perSecond <= 0 {
		limit = rate.Inf
	}
	return &Budgets{all: rate.NewLimiter(limit, burst), owners: map[string]*rate.Limiter{}}
}

// burst lets a small organization, which takes 5 to 8 requests, be read without
// a wait, and is far below what Webex counts in a minute.
const burst = 10

// Limiter returns the owner's limiter, set to a number of requests per minute.
func (b *Budgets) Limiter(owner string, perMinute int32) webex.Limiter {
	b.mu.Lock()
	defer b.mu.Unlock()
	limit := rate.Limit(float64(perMinute) / 60)
	limiter, ok := b.owners[owner]
	if !ok {
		limiter = rate.NewLimiter(limit, burst)
		b.owners[owner] = limiter
	}
	if limiter.Limit() != limit {
		limiter.SetLimit(limit)
	}
	return both{limiter, b.all}
}

// both waits for an owner's turn and then for its turn among all, so that an
// owner that waits for itself holds nobody back.
type both struct{ owner, all *rate.Limiter }

// Wait returns when a request may be sent, or when ctx ends.
func (l both) Wait(ctx context.Context) error {
	if err := l.owner.Wait(ctx); err != nil {
		return err
	}
	return l.all.Wait(ctx)
}
