package budget

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// Budgets bound the requests to Webex: by a token bucket for each owner and
// endpoint, since Webex counts requests by the token's owner and not by the
// organization that is read (https://developer.webex.com/docs/basics), and by
// one for all together. They also know which endpoints Webex asked an owner to
// leave alone. They are shared by all attempts; time is a parameter.
type Budgets struct {
	all *rate.Limiter

	mu        sync.Mutex
	endpoints map[endpointKey]*endpoint
	refused   map[string]refusedSecret // by owner
	readers   map[string]int           // attempts that read people, by owner
	reading   int                      // all of them
	sweptAt   time.Time
}

type endpointKey struct{ owner, operation string }

// endpoint is what is known of one owner's requests to one endpoint.
type endpoint struct {
	bucket *rate.Limiter
	// pausedUntil is the end of the wait that Webex asked for.
	pausedUntil time.Time
	// refusals are the pauses since the last request that was let through.
	refusals int
	// troubles are the requests in a row that failed by the service's fault.
	troubles int
	usedAt   time.Time
}

// refusedSecret is a Secret whose credentials Webex refused.
type refusedSecret struct {
	secretVersion string
	at            time.Time
}

const (
	// burst lets a small organization be read without a wait, and is far below
	// what Webex counts in a minute.
	burst = 10
	// firstFloor and lastFloor bound the pause after refusals in a row: Webex is
	// taken at its word once. That it refuses again right after the time it named
	// means that the wait is longer than it says, and each question counts.
	firstFloor = 5 * time.Second
	lastFloor  = 15 * time.Minute
	// inheritedRefusals are assumed of a pause that began before the operator did:
	// the next floor is 5 s × 2^6 = 320 s, so that restarts ask no more often.
	inheritedRefusals = 7
	// memory is how long a silent endpoint's history counts: twice the longest
	// wait between two attempts of a run.
	memory = 2 * lastFloor
	// sweepInterval is how often what has nothing to remember is dropped.
	sweepInterval = time.Minute
)

// New returns budgets that let so many requests per second through over
// all owners; 0 or less means no common bound.
func New(perSecond float64) *Budgets {
	limit := rate.Limit(perSecond)
	if perSecond <= 0 {
		limit = rate.Inf
	}
	return &Budgets{all: rate.NewLimiter(limit, burst), endpoints: map[endpointKey]*endpoint{}, refused: map[string]refusedSecret{}, readers: map[string]int{}}
}

// read notes that an attempt reads people, until the returned function is called.
func (b *Budgets) read(owner string) (end func()) {
	count := func(n int) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.reading += n
		if b.readers[owner] += n; b.readers[owner] == 0 {
			delete(b.readers, owner)
		}
	}
	count(1)
	return func() { count(-1) }
}

// interval is the time between two requests of one of the attempts that read
// people, if all of them get the same share.
func (b *Budgets) interval(owner string, perMinute int32) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	share := func(readers int, perSecond rate.Limit) time.Duration {
		return time.Duration(float64(max(readers, 1)) / float64(perSecond) * float64(time.Second)) // 0 for no bound
	}
	return max(share(b.readers[owner], rate.Limit(float64(perMinute)/60)), share(b.reading, b.all.Limit()))
}

// take takes a request's turn among those of its owner to its endpoint, and
// returns how long it is off. While the endpoint is paused, no turn is taken.
func (b *Budgets) take(key endpointKey, perMinute int32, refusals int, now time.Time) (wait time.Duration, paused bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, pause := b.endpoint(key, perMinute, refusals, now)
	if pause > 0 {
		return pause, true
	}
	return e.bucket.ReserveN(now, 1).DelayFrom(now), false
}

// takeWithin takes a request's turns, among those of its owner and among all, if they
// come within so long. Otherwise it takes none, and returns how long they are off.
func (b *Budgets) takeWithin(most time.Duration, key endpointKey, perMinute int32, refusals int, now time.Time) (wait time.Duration, taken bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, pause := b.endpoint(key, perMinute, refusals, now)
	if pause > 0 {
		return pause, false
	}
	own, all := e.bucket.ReserveN(now, 1), b.all.ReserveN(now, 1)
	if wait = max(own.DelayFrom(now), all.DelayFrom(now)); wait < most {
		return wait, true
	}
	own.CancelAt(now)
	all.CancelAt(now)
	return wait, false
}

// endpoint is what is known of an endpoint that is to be used, and how long it is still to be left alone. The caller
// holds the lock.
func (b *Budgets) endpoint(key endpointKey, perMinute int32, refusals int, now time.Time) (e *endpoint, pause time.Duration) {
	limit := rate.Limit(float64(perMinute) / 60)
	e, ok := b.endpoints[key]
	if !ok {
		b.sweep(now)
		e = &endpoint{bucket: rate.NewLimiter(limit, burst), refusals: refusals}
		b.endpoints[key] = e
	}
	e.usedAt = now
	if pause = e.pausedUntil.Sub(now); pause <= 0 && e.bucket.Limit() != limit {
		e.bucket.SetLimitAt(now, limit)
	}
	return e, pause
}

// takeOfAll takes a request's turn among those of all owners.
func (b *Budgets) takeOfAll(now time.Time) time.Duration {
	return b.all.ReserveN(now, 1).DelayFrom(now)
}

// paused is how long an endpoint is still to be left alone.
func (b *Budgets) paused(key endpointKey, now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e, ok := b.endpoints[key]; ok {
		return max(e.pausedUntil.Sub(now), 0)
	}
	return 0
}

// done notes how a request went.
func (b *Budgets) done(key endpointKey, failed *webex.Error, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, ok := b.endpoints[key]
	if !ok {
		return // unused for so long that it was swept while the request was under way
	}
	e.usedAt = now
	switch {
	case failed == nil:
		e.refusals, e.troubles = 0, 0
	case failed.Class == webex.ClassRateLimited:
		e.pause(failed.RetryAfter, now)
	case errors.Is(failed, context.Canceled): // says nothing about the service
	case failed.Class == webex.ClassTransient, failed.Class == webex.ClassPartial:
		e.troubles++
	default: // it was answered, if with a no
		e.refusals, e.troubles = 0, 0
	}
}

// pause leaves the endpoint alone for as long as Webex asked, or longer.
func (e *endpoint) pause(asked time.Duration, now time.Time) {
	if now.Before(e.pausedUntil) {
		// The request had left before the pause began: it is no further refusal.
		e.pauseUntil(now.Add(asked))
		return
	}
	e.refusals++
	floor := time.Duration(0)
	if e.refusals > 1 {
		floor = min(firstFloor<<min(e.refusals-2, 16), lastFloor)
	}
	e.pauseUntil(now.Add(max(asked, floor)))
}

// pauseUntil also empties the bucket but for one request, so that the wait of
// many ends with one question and not with a burst of them.
func (e *endpoint) pauseUntil(until time.Time) {
	if !until.After(e.pausedUntil) {
		return
	}
	e.pausedUntil = until
	e.bucket = rate.NewLimiter(e.bucket.Limit(), burst)
	e.bucket.ReserveN(until, burst-1)
}

// tries is how many of so many tries a call is worth: one where as many requests
// in a row failed, so that an outage costs each attempt one request.
func (b *Budgets) tries(key endpointKey, tries int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e, ok := b.endpoints[key]; ok && e.troubles >= tries {
		return 1
	}
	return tries
}

// Refuse remembers, until caches caught up with the customer's status, that
// Webex refused the credentials of an owner as they are in a Secret.
func (b *Budgets) Refuse(owner, secretVersion string, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refused[owner] = refusedSecret{secretVersion, now}
}

// Refused says whether Webex refused the credentials a moment ago.
func (b *Budgets) Refused(owner, secretVersion string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.refused[owner].secretVersion == secretVersion
}

// sweep drops what has nothing to remember. The caller holds the lock.
func (b *Budgets) sweep(now time.Time) {
	if now.Sub(b.sweptAt) < sweepInterval {
		return
	}
	b.sweptAt = now
	for key, e := range b.endpoints {
		if e.idle(now) {
			delete(b.endpoints, key)
		}
	}
	for owner, r := range b.refused {
		if now.Sub(r.at) >= sweepInterval {
			delete(b.refused, owner)
		}
	}
}

// idle says whether a new entry would behave the same.
func (e *endpoint) idle(now time.Time) bool {
	if now.Before(e.pausedUntil) || e.bucket.TokensAt(now) < burst {
		return false
	}
	return e.refusals == 0 && e.troubles == 0 || now.Sub(e.usedAt) > memory && now.Sub(e.pausedUntil) > memory
}
