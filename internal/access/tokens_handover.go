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
func (t *refreshingTokens) await(ctx context.Context, rejected string) (again bool, err error) {
	if !t.current.expired(t.provider.Clock.Now()) && (rejected == "" || t.current.AccessToken != rejected) {
		return false, nil
	}
	if sleep(ctx, cmp.Or(t.provider.Retry.Base, time.Second)) != nil {
		return false, context.Cause(ctx)
	}
	return true, errRenewedElsewhere
}

// StoreTokens tries to store what is only in memory of the tokens of a customer's Secret, for
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
		if lock.unsaved != nil && lock.unsavedIn.customer.Spec.CredentialsSecretRef == customer.Spec.CredentialsSecretRef {
			stored = lock.storeUnsaved(ctx) == nil && stored
		}
		p.locks.unlock(key, lock)
	}
	return stored
}

// storeUnsaved stores the pair that could not be, unless new credentials have replaced it.
func (l *tokenLock) storeUnsaved(ctx context.Context) error {
	stored, err := l.unsavedIn.load(ctx)
	if err != nil {
		return err
	}
	if stored.source == "" || stored.source == l.unsaved.source {
		if err := l.unsavedIn.write(ctx, *l.unsaved); err != nil {
			return err
		}
	}
	l.unsaved = nil
	return nil
}

// sleep waits in real time: it is the API server that is waited for.
func sleep(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
