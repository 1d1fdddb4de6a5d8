package access

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// tokenLocks let one run at a time renew the tokens of a Secret, whichever
// customer it is of: a renewal may end the life of the refresh token that the
// others hold. The zero value is ready.
type tokenLocks struct {
	mu    sync.Mutex
	locks map[client.ObjectKey]*tokenLock
}

// tokenLock is the lock of one Secret with tokens.
type tokenLock struct {
	// turn holds one item while the lock is free.
	turn  chan struct{}
	users int

	// What follows belongs to the holder.

	// unsaved is a pair that could not be stored; nil if there is none.
	unsaved *unsavedToken
	// pausedUntil is when Webex may be asked again after trouble, for the version
	// of the user's Secret that it is about, and trouble is what there was.
	pausedUntil time.Time
	pausedFor   string
	trouble     *webex.Error
	// hopeless names a rejected access token that a renewal brought again.
	hopeless string
}

// unsavedToken is a pair of which there is no other copy.
type unsavedToken struct {
	storedToken
	// in is where it is to be stored.
	in *tokenStore
	// triedAt is when it was last tried to, and failure what came of it.
	triedAt time.Time
	failure error
}

// save tries again to store the unsaved pair, in a store that was just loaded.
func (l *tokenLock) save(ctx context.Context, in *tokenStore) bool {
	u := l.unsaved
	u.triedAt = in.provider.Clock.Now()
	if u.failure = in.write(ctx, u.storedToken); u.failure != nil {
		return false
	}
	l.unsaved = nil
	log.FromContext(ctx).Info("stored the tokens that could not be stored before", "secret", in.name)
	return true
}

// lock waits for the Secret's turn, or for the end of ctx.
func (l *tokenLocks) lock(ctx context.Context, key client.ObjectKey) (held *tokenLock, unlock func(), err error) {
	held = l.join(key)
	select {
	case <-held.turn:
		return held, func() { l.unlock(key, held) }, nil
	case <-ctx.Done():
		l.leave(key, held)
		return nil, nil, context.Cause(ctx)
	}
}

// tryLock does not wait for the Secret's turn.
func (l *tokenLocks) tryLock(key client.ObjectKey) (held *tokenLock, ok bool) {
	held = l.join(key)
	select {
	case <-held.turn:
		return held, true
	default:
		l.leave(key, held)
		return nil, false
	}
}

func (l *tokenLocks) unlock(key client.ObjectKey, held *tokenLock) {
	held.turn <- struct{}{}
	l.leave(key, held)
}

func (l *tokenLocks) join(key client.ObjectKey) *tokenLock {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.locks == nil {
		l.locks = map[client.ObjectKey]*tokenLock{}
	}
	lock, ok := l.locks[key]
	if !ok {
		lock = &tokenLock{turn: make(chan struct{}, 1)}
		lock.turn <- struct{}{}
		l.locks[key] = lock
	}
	lock.users++
	return lock
}

// keys are the Secrets that are locked, or remember something.
func (l *tokenLocks) keys() []client.ObjectKey {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Collect(maps.Keys(l.locks))
}

// pause keeps all from asking for a while: a thousand customers of a Secret learn from
// one request that the token endpoint is in trouble.
func (l *tokenLock) pause(err error, version string, now time.Time) {
	e, ok := webex.AsError(err)
	if !ok {
		return
	}
	switch e.Class {
	case webex.ClassRateLimited:
		l.pausedUntil = now.Add(e.RetryAfter)
	case webex.ClassTransient, webex.ClassPartial:
		l.pausedUntil = now.Add(troubleSpacing)
	default:
		return
	}
	l.trouble, l.pausedFor = e, version
}

// paused is the trouble of a moment ago; nil if Webex may be asked.
func (l *tokenLock) paused(version string, now time.Time) error {
	if l.trouble == nil || l.pausedFor != version || !now.Before(l.pausedUntil) {
		return nil
	}
	trouble := *l.trouble
	if trouble.RetryAfter > 0 {
		trouble.RetryAfter = l.pausedUntil.Sub(now)
	}
	return &trouble
}

// leave forgets a lock that has no users and remembers nothing.
func (l *tokenLocks) leave(key client.ObjectKey, lock *tokenLock) {
	l.mu.Lock()
	defer l.mu.Unlock()
	lock.users--
	if lock.users == 0 && lock.unsaved == nil && lock.hopeless == "" && lock.trouble == nil {
		delete(l.locks, key)
	}
}
