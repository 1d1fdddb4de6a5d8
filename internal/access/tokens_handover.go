package access

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/skew"
)

// Customers of one Secret may be served by several shards, and a customer goes from one to
// another: two processes that refresh with the same token may leave a pair that is no longer
// good. So a process writes its lease beside the pair before it asks, and those of other
// leases wait. Its own successor does not: that has the lease because the process is gone.

// renewedElsewhere says whether another shard is about to replace the pair. One that died is
// not waited for any longer than a renewal takes, and as long again for clocks that differ, to either side.
func (t *storedToken) renewedElsewhere(lease string, now time.Time) bool {
	return t.attemptedBy != "" && t.attemptedBy != lease && skew.Within(t.attemptedAt, now, 2*renewalTime)
}

// errRenewedElsewhere says that another shard is about to renew the tokens.
var errRenewedElsewhere = errors.New("another shard renews the tokens")

// await waits a moment for another shard that renews the tokens. While the access token is
// good there is no need to.
func (t *refreshingTokens) await(ctx context.Context, rejected string) error {
	if !t.current.expired(t.provider.Clock.Now()) && (rejected == "" || t.current.AccessToken != rejected) {
		return nil
	}
	select { // in real time: it is another process that is waited for
	case <-time.After(cmp.Or(t.provider.Poll, time.Second)):
		return errRenewedElsewhere
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// StoreTokens tries to store what is only in memory of the tokens of a customer's Secrets, for
// another process to go on with, and says whether nothing is left. It does not wait: while
// a run of another customer is about to renew them, something may be left.
func (p *Provider) StoreTokens(ctx context.Context, customer *v1alpha1.WebexCustomerAccess) bool {
	stored := true
	for _, key := range p.locks.keys() {
		if key.Namespace != customer.Namespace {
			continue
		}
		lock, ok := p.locks.tryLock(key)
		if !ok {
			stored = false
			continue
		}
		if u := lock.unsaved; u != nil && names(customer, u.in.secret) {
			found, err := u.in.load(ctx)
			if err == nil && found.source != "" && found.source != u.source {
				lock.unsaved = nil // new credentials have replaced it
			} else {
				stored = err == nil && lock.save(ctx, u.in) && stored
			}
		}
		p.locks.unlock(key, lock)
	}
	return stored
}
