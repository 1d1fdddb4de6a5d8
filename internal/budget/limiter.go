// Package budget bounds the requests to Webex of each token's owner: how many a minute, the
// pauses that Webex asks for, and what it refused.
package budget

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"

	"github.com/webex-operator/webex-license-operator/internal/backoff"
	"github.com/webex-operator/webex-license-operator/internal/skew"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// Waits of an attempt. A wait is slept where the attempt is, without its worker,
// or the run is parked: the attempt ends and another one begins later. Sleeping
// costs memory, about 1 MiB: two pages, a connection, and the ids by which duplicates are
// recognised. Parking costs the requests for the pages that are read again.
const (
	// restFrom is the wait from which on an attempt gives its worker back. Below,
	// the worker would often be gone for longer than the wait.
	restFrom = time.Second
	// tellFrom is the pause from which on it is written down before it is slept,
	// so that a restart keeps waiting. A restart takes almost as long.
	tellFrom = 10 * time.Second
	// shortPause is slept even if nothing was read yet: parking costs two writes
	// of status, and nothing else.
	shortPause = 30 * time.Second
	// longPause is the longest pause that is slept. A run that waits longer is
	// parked, as is one whose pauses add up to maxPauses: its first pages would
	// tell of another hour than its last. A small organization, of 4 requests
	// before its people, so asks at most 4 times in vain an hour, and 4 times again.
	longPause = lastFloor
	maxPauses = time.Hour
)

// defaultRequestsPerMinute leaves a fifth of Webex's 300 to other users of the
// same token (https://developer.webex.com/docs/basics).
const defaultRequestsPerMinute = 240

// Worker is who carries an attempt out, as far as its waits need to know.
type Worker interface {
	// Rest gives the worker to other attempts while wait goes on, and returns when wait has
	// and there is a worker again, or when ctx ends. An attempt with several
	// requests under way is without its worker as soon as one of them rests.
	Rest(ctx context.Context, rest Rest, wait func() error) error
	// Room says whether there is memory for one more attempt to rest. Without it,
	// Rest keeps the worker, which only suits short waits.
	Room() bool
}

// Rest says what an attempt waits for.
type Rest struct {
	// Shared says that others of the same group would wait for the same. None of
	// them is begun by the worker of one that rests so.
	Shared bool
	// Until is shown while the rest lasts, if set.
	Until time.Time
}

// Limiter is the budget of an owner as one attempt uses it: a [webex.Limiter].
type Limiter struct {
	Budgets *Budgets
	// Owner identifies the owner of the token; it is a hash.
	Owner string
	// RequestsPerMinute is the rate of requests to one endpoint; 0 for the default of 240.
	RequestsPerMinute int32
	// NotBefore is the end of a pause that was stored, by an operator before this one perhaps.
	NotBefore *metav1.Time
	// HasRead says that the attempt has read something already, by another limiter.
	HasRead bool
	// Tell writes down that a pause lasts until then, so that a restart keeps waiting.
	Tell   func(ctx context.Context, until time.Time)
	Worker Worker
	Clock  clock.PassiveClock

	answers atomic.Int64 // requests that went well

	mu          sync.Mutex
	paused      time.Duration // in all
	pausedUntil time.Time
}

// Reading notes that the attempt reads people, until the returned function is called.
func (l *Limiter) Reading() (end func()) { return l.Budgets.read(l.Owner) }

// Interval is the time between two requests of the attempt while it reads people.
func (l *Limiter) Interval() time.Duration { return l.Budgets.interval(l.Owner, l.perMinute()) }

func (l *Limiter) perMinute() int32 {
	if l.RequestsPerMinute > 0 {
		return l.RequestsPerMinute
	}
	return defaultRequestsPerMinute
}

func (l *Limiter) key(operation string) endpointKey { return endpointKey{l.Owner, operation} }

// Wait returns when a request may be sent: after a pause that Webex asked the
// owner for, at the owner's turn, and at its turn among all, in this order, so
// that an owner who waits for itself holds no other back.
func (l *Limiter) Wait(ctx context.Context, operation string) error {
	for {
		wait, paused := l.Budgets.take(l.key(operation), l.perMinute(), l.inherited(), l.Clock.Now())
		if paused {
			if err := l.sitOut(ctx, operation, wait); err != nil {
				return err
			}
			continue
		}
		if err := l.rest(ctx, wait, Rest{Shared: true}); err != nil {
			return err
		}
		if err := l.rest(ctx, l.Budgets.takeOfAll(l.Clock.Now()), Rest{Shared: true}); err != nil {
			return err
		}
		if l.Budgets.paused(l.key(operation), l.Clock.Now()) == 0 {
			return nil
		}
	}
}

// AtOnce takes a turn that comes within a moment, and else returns an error: what it
// is for can be done without.
func (l *Limiter) AtOnce(ctx context.Context, operation string) error {
	wait, taken := l.Budgets.takeWithin(restFrom, l.key(operation), l.perMinute(), l.inherited(), l.Clock.Now())
	if !taken {
		return &webex.Error{Class: webex.ClassRateLimited, Operation: operation, RetryAfter: wait}
	}
	return l.rest(ctx, wait, Rest{})
}

// Done notes how a request went, for all who share the owner.
func (l *Limiter) Done(operation string, failed *webex.Error) {
	if failed == nil {
		l.answers.Add(1)
	}
	l.Budgets.done(l.key(operation), failed, l.Clock.Now())
}

// Tries is fewer where the service is known to be in trouble.
func (l *Limiter) Tries(operation string, tries int) int {
	return l.Budgets.tries(l.key(operation), tries)
}

// inherited are the refusals that are assumed of a pause from before, unless it ended so long ago that they would be
// forgotten, or cannot have been.
func (l *Limiter) inherited() int {
	now := l.Clock.Now()
	if until := skew.Believed(l.NotBefore, now, webex.LongestWait); until != nil && now.Sub(until.Time) <= memory {
		return inheritedRefusals
	}
	return 0
}

// sitOut sleeps through a pause, or returns the error that parks the run.
func (l *Limiter) sitOut(ctx context.Context, operation string, pause time.Duration) error {
	rest := Rest{Shared: true}
	if pause >= tellFrom {
		rest.Until = l.Clock.Now().Add(pause)
	}
	if l.parks(pause) || !l.mayPause(ctx, pause, rest.Until) {
		return &webex.Error{Class: webex.ClassRateLimited, Operation: operation, RetryAfter: pause}
	}
	return l.rest(ctx, pause, rest)
}

// parks says whether a pause is too long to be slept.
func (l *Limiter) parks(pause time.Duration) bool {
	nothingRead, room := l.answers.Load() == 0 && !l.HasRead, l.Worker.Room()
	if pause <= shortPause {
		return nothingRead && !room && pause >= restFrom
	}
	return nothingRead || !room || pause > longPause
}

// mayPause adds a pause up with the others of the attempt, and says whether they
// are not too long together. One with an end to tell is told.
func (l *Limiter) mayPause(ctx context.Context, pause time.Duration, until time.Time) bool {
	news, tooLong := l.addPause(pause, until)
	if news && !tooLong {
		l.Tell(ctx, until)
	}
	return !tooLong
}

// addPause adds a pause up. It is no news if it is short, or if the other page of the walk
// waits for it already.
func (l *Limiter) addPause(pause time.Duration, until time.Time) (news, tooLong bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if until.IsZero() || !until.After(l.pausedUntil) {
		return false, false
	}
	if l.paused += pause; l.paused > maxPauses {
		return true, true
	}
	l.pausedUntil = until
	return true, false
}

// BackOff is the wait between two tries of a call: the customer's own affair.
func (l *Limiter) BackOff(ctx context.Context, wait time.Duration) error {
	return l.rest(ctx, wait, Rest{})
}

// rest waits, without the worker if that is worth while.
func (l *Limiter) rest(ctx context.Context, wait time.Duration, rest Rest) error {
	if wait <= 0 {
		return ctx.Err()
	}
	if wait < restFrom {
		return backoff.Sleep(ctx, l.Clock, wait)
	}
	return l.Worker.Rest(ctx, rest, func() error { return backoff.Sleep(ctx, l.Clock, wait) })
}
