package day

import (
	"net/http"
	"slices"
	"time"

	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// trouble is what befalls a customer on a bad day.
type trouble int

const (
	healthy  trouble = iota
	limited          // 429 or 423 for hours
	refused          // 401 or 403 until the Secret is changed, if it is
	flapping         // 5xx that come and go
)

// limits are the forms in which Webex says how long to wait.
var limits = []webexsim.RetryAfter{
	webexsim.RetryAfterSeconds, webexsim.RetryAfterDate, webexsim.RetryAfterMissing,
	webexsim.RetryAfterZero, webexsim.RetryAfterGarbage, webexsim.RetryAfterHuge,
}

// moment is something that happens at a time of the day.
type moment struct {
	at time.Time
	do func()
}

// spoil deals out the troubles of a bad day: half of the customers are
// rate-limited for hours, a tenth is refused, a tenth flaps.
func (w *world) spoil(begin time.Time, hours int) (script []moment) {
	n := len(w.customers)
	day := time.Duration(hours) * time.Hour
	for place, i := range w.rng.Perm(n) {
		c := w.customers[i]
		switch {
		case place < n/2:
			c.trouble = limited
			w.limit(c, begin, day, limits[place%len(limits)])
		case place < n/2+n/10:
			c.trouble = refused
			script = append(script, w.refuse(c, begin, day, place)...)
		case place < n/2+2*(n/10):
			c.trouble = flapping
			w.flap(c, begin, begin.Add(day))
		}
	}
	slices.SortStableFunc(script, func(a, b moment) int { return a.at.Compare(b.at) })
	return script
}

// within is a random duration between two.
func (w *world) within(low, high time.Duration) time.Duration {
	return low + time.Duration(w.rng.Int64N(int64(high-low)))
}

// limit refuses a customer's calls for a quarter to half of the day.
func (w *world) limit(c *customer, begin time.Time, day time.Duration, form webexsim.RetryAfter) {
	length := w.within(day/4, day/2)
	from := begin.Add(w.within(0, day-length))
	status := http.StatusTooManyRequests
	if w.rng.IntN(4) == 0 {
		status = http.StatusLocked
	}
	c.troubled = from
	w.sim.AddRule(webexsim.Rule{
		Organization: c.uuid, From: from, Until: from.Add(length), Status: status, RetryAfter: form, HTML: w.rng.IntN(2) == 0,
	})
}

// refuse takes a customer's rights away. Most get them back, by a new Secret.
func (w *world) refuse(c *customer, begin time.Time, day time.Duration, place int) []moment {
	c.troubled = begin.Add(w.within(0, day/3))
	mended := c.troubled.Add(w.within(day/4, day/2))
	rule := "refused-" + c.name
	c.denied = place%2 == 0
	script := []moment{{c.troubled, func() {
		switch {
		case c.denied:
			w.sim.AddRule(webexsim.Rule{ID: rule, Organization: c.uuid, Status: http.StatusForbidden})
		case c.oauth:
			w.sim.RevokeRefreshToken(c.token.Refresh)
		default:
			w.sim.RevokeToken(c.token.Access)
		}
	}}}
	if place%5 == 0 {
		return script // without effect
	}
	return append(script, moment{mended, func() {
		w.sim.RemoveRule(rule)
		w.changeSecret(c)
		c.mended = time.Now()
	}})
}

// flap answers 5xx for some minutes and then not, all day long.
func (w *world) flap(c *customer, at, end time.Time) {
	statuses := []int{http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout}
	c.troubled = at
	for at.Before(end) {
		until := at.Add(w.within(time.Minute, 20*time.Minute))
		w.sim.AddRule(webexsim.Rule{
			Organization: c.uuid, From: at, Until: until, Status: statuses[w.rng.IntN(len(statuses))], HTML: w.rng.IntN(2) == 0,
			Every: 1 + w.rng.IntN(2),
		})
		at = until.Add(w.within(time.Minute, 20*time.Minute))
	}
}
