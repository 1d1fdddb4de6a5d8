package syncrun

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/skew"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// Waits of an attempt. A wait is slept where the attempt is, without its place,
// or the run is parked: the attempt ends and another one begins later. Sleeping
// costs memory, about 1 MiB: two pages, a connection, and the ids by which duplicates are
// recognised. Parking costs the requests for the pages that are read again.
const (
	// restFrom is the wait from which on an attempt gives its place back. Below,
	// the place would often be gone for longer than the wait.
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

// limiter is the request budget as one attempt sees it.
type limiter struct{ *attempt }

// perMinute is the rate of requests to one endpoint.
func (l *limiter) perMinute() int32 {
	if c := l.customer.Spec.Connection; c != nil && c.RequestsPerMinute > 0 {
		return c.RequestsPerMinute
	}
	return defaultRequestsPerMinute
}

func (l *limiter) key(operation string) endpointKey { return endpointKey{l.owner, operation} }

// Wait returns when a request may be sent: after a pause that Webex asked the
// owner for, at the owner's turn, and at its turn among all, in this order, so
// that an owner who waits for itself holds nobody back.
func (l *limiter) Wait(ctx context.Context, operation string) error {
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

// Done notes how a request went, for all who share the owner.
func (l *limiter) Done(operation string, failed *webex.Error) {
	if failed == nil {
		l.answers.Add(1)
	}
	l.Budgets.done(l.key(operation), failed, l.Clock.Now())
}

// Tries is fewer where the service is known to be in trouble.
func (l *limiter) Tries(operation string, tries int) int {
	return l.Budgets.tries(l.key(operation), tries)
}

// inherited are the refusals that are assumed of a pause from before, unless it ended so long ago that they would be
// forgotten, or cannot have been.
func (l *limiter) inherited() int {
	now := l.Clock.Now()
	if until := skew.Believed(l.customer.Status.NotBefore, now, webex.LongestWait); until != nil && now.Sub(until.Time) <= memory {
		return inheritedRefusals
	}
	return 0
}

// sitOut sleeps through a pause, or returns the error that parks the run.
func (l *limiter) sitOut(ctx context.Context, operation string, pause time.Duration) error {
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
func (l *limiter) parks(pause time.Duration) bool {
	nothingRead, room := l.answers.Load() == 0, l.place.Room()
	if pause <= shortPause {
		return nothingRead && !room && pause >= restFrom
	}
	return nothingRead || !room || pause > longPause
}

// mayPause adds a pause up with the others of the attempt, and says whether they
// are not too long together. One with an end to tell is written to the customer.
func (a *attempt) mayPause(ctx context.Context, pause time.Duration, until time.Time) bool {
	news, tooLong := a.addPause(pause, until)
	if !news || tooLong {
		return !tooLong
	}
	// If this fails, a restart would ask Webex too early, once. The attempt need not fail for it.
	err := a.updateFacts(ctx, func(s *v1alpha1.WebexCustomerAccessStatus) {
		if end := wholeSecond(until); s.NotBefore == nil || s.NotBefore.Before(end) {
			s.NotBefore = end
		}
	})
	if err != nil {
		log.FromContext(ctx).Error(err, "the end of a pause could not be written down")
	}
	return true
}

// addPause adds a pause up. It is no news if it is short, or if the other page of the walk
// waits for it already.
func (a *attempt) addPause(pause time.Duration, until time.Time) (news, tooLong bool) {
	a.pausing.Lock()
	defer a.pausing.Unlock()
	if until.IsZero() || !until.After(a.pausedUntil) {
		return false, false
	}
	if a.paused += pause; a.paused > maxPauses {
		return true, true
	}
	a.pausedUntil = until
	return true, false
}

// wholeSecond is a time for a status, which holds whole seconds, and none of
// them may be too early.
func wholeSecond(t time.Time) *metav1.Time {
	return new(metav1.NewTime(t.Add(time.Second - time.Nanosecond)))
}

// backOff is the wait between two tries of a call: the customer's own affair.
func (a *attempt) backOff(ctx context.Context, wait time.Duration) error {
	return a.rest(ctx, wait, Rest{})
}

// rest waits, without the attempt's place if that is worth while.
func (a *attempt) rest(ctx context.Context, wait time.Duration, rest Rest) error {
	if wait <= 0 {
		return ctx.Err()
	}
	if wait < restFrom {
		return sleep(ctx, a.Clock, wait)
	}
	return a.place.Rest(ctx, rest, func() error { return sleep(ctx, a.Clock, wait) })
}

// sleep waits by the clock, if it is one that can wake somebody up, else in real time.
func sleep(ctx context.Context, by clock.PassiveClock, wait time.Duration) error {
	timers, ok := by.(clock.Clock)
	if !ok {
		timers = clock.RealClock{}
	}
	timer := timers.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
