package webexsim

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// RetryAfter is a form of the header of that name.
type RetryAfter string

// Forms of Retry-After; all but the date have been seen.
const (
	// RetryAfterSeconds is the right number of seconds. The default.
	RetryAfterSeconds RetryAfter = "seconds"
	// RetryAfterDate is the right time as an HTTP date, by the simulator's clock.
	RetryAfterDate RetryAfter = "http-date"
	// RetryAfterMissing leaves the header out.
	RetryAfterMissing RetryAfter = "missing"
	// RetryAfterZero is 0, whatever would be right.
	RetryAfterZero RetryAfter = "zero"
	// RetryAfterGarbage is a text that once leaked from a configuration.
	RetryAfterGarbage RetryAfter = "garbage"
	// RetryAfterHuge is an hour, whatever would be right.
	RetryAfterHuge RetryAfter = "huge"
)

// value is the header for a wait; empty if there is none.
func (f RetryAfter) value(wait time.Duration, now time.Time) string {
	switch f {
	case RetryAfterMissing:
		return ""
	case RetryAfterZero:
		return "0"
	case RetryAfterGarbage:
		return "rand(30),add(30)"
	case RetryAfterHuge:
		return "3600"
	case RetryAfterDate:
		// Dates have whole seconds: never one that is too early.
		return now.Add(wait + time.Second - time.Nanosecond).UTC().Format(http.TimeFormat)
	default:
		return strconv.FormatInt(int64((wait+time.Second-time.Nanosecond)/time.Second), 10)
	}
}

// limits remember who asked how often in the last minute.
type limits struct {
	mu   sync.Mutex
	seen map[limitKey][]int64 // ascending times, in nanoseconds
}

type limitKey struct{ owner, operation string }

// take counts a request, or says how long to wait for the next one. What is refused
// does not count.
func (l *limits) take(key limitKey, limit int, now time.Time) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seen == nil {
		l.seen = map[limitKey][]int64{}
	}
	times, at := l.seen[key], now.UnixNano()
	past := 0
	for past < len(times) && times[past] <= at-int64(time.Minute) {
		past++
	}
	times = append(times[:0], times[past:]...)
	for len(times) > 0 && times[len(times)-1] > at { // the clock was set back
		times = times[:len(times)-1]
	}
	if len(times) >= limit {
		wait = time.Duration(times[len(times)-limit] + int64(time.Minute) - at)
	} else {
		times = append(times, at)
	}
	l.seen[key] = times
	return wait
}

// ResetLimits forgets all requests of the last minute.
func (s *Server) ResetLimits() {
	s.limits.mu.Lock()
	defer s.limits.mu.Unlock()
	s.limits.seen = nil
}

// limit is the number of requests a minute that the options allow; 0 means any.
func (o *Options) limit(operation string) int {
	if n, ok := o.RateLimits[operation]; ok {
		return n
	}
	return o.RateLimit
}

// latency is how long a request takes.
func (o *Options) latency(operation string) time.Duration {
	if d, ok := o.Latencies[operation]; ok {
		return d
	}
	return o.Latency
}

// throttle answers 429 if the token's owner asked the endpoint too often.
func (c *call) throttle() (answered bool, err error) {
	limit := c.o.limit(c.operation)
	if limit <= 0 {
		return false, nil
	}
	now := c.s.Now()
	wait := c.s.limits.take(limitKey{c.grant.spec.Owner, c.operation}, limit, now)
	if wait <= 0 {
		return false, nil
	}
	if value := c.o.RetryAfter.value(wait, now); value != "" {
		c.header("Retry-After", value)
	}
	if c.o.RateLimitHTML {
		c.start(http.StatusTooManyRequests, htmlType)
		_, err = c.w.Write(errorPage(http.StatusTooManyRequests))
		return true, err
	}
	return true, c.fail(http.StatusTooManyRequests, "Too many requests have been sent in a given amount of time and the request has been rate limited.")
}
