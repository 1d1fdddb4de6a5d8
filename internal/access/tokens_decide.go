package access

import (
	"slices"
	"strconv"
	"time"

	"github.com/webex-operator/webex-license-operator/internal/skew"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

const (
	// refreshSpacing spaces refreshes that nothing forces: refreshing more often
	// than once a day returns the same token
	// (https://github.com/webex/integration-refresh).
	refreshSpacing = 24 * time.Hour
	// retrySpacing spaces the attempts while the token endpoint is in trouble and
	// the access token still good.
	retrySpacing = time.Hour
	// assumedLifetime is that of an access token of which Webex did not say it
	// (https://developer.webex.com/docs/integrations).
	assumedLifetime = 14 * 24 * time.Hour
	// LongestLife is more than Webex gives any token: its refresh tokens last 90 days.
	LongestLife = 400 * 24 * time.Hour
)

// storedToken is a token pair with what is known about it, in the form in which
// it survives a restart.
type storedToken struct {
	webex.Token
	// source is that of the authorization from which the pair stems.
	source string
	// issuedAt is when the life of the access token began; zero for one that a
	// person supplied.
	issuedAt time.Time
	// attemptedAt is when the last renewal began, answeredAt when it was answered.
	attemptedAt, answeredAt time.Time
	// attemptedBy is the lease of the process whose renewal is under way; empty if none is.
	attemptedBy string
	// seed is a digest of the user's access token that the pair has replaced.
	seed string
	// organization is the UUID that the pair was asked for by a Service App; empty
	// for a pair that stems from an authorization.
	organization string
	// refresh and app are the last denials of the refresh token, and of asking for
	// a token as a Service App.
	refresh, app denial
}

// denial is a definite no to a renewal.
type denial struct {
	// version is that of the user's Secret; another one is worth another try.
	version string
	at      time.Time
	message string
}

// stands says whether the denial forbids another try. When the access token has
// ended there is nothing to lose by one last try.
func (d denial) stands(t *storedToken, version string, now time.Time) bool {
	return d.version == version && (!t.expired(now) || !d.at.Before(t.ExpiresAt))
}

// expired says whether the access token is known to be useless.
func (t *storedToken) expired(now time.Time) bool {
	return t.AccessToken == "" || !t.ExpiresAt.IsZero() && !now.Before(t.ExpiresAt)
}

// believed is the pair without times that cannot be, and which those were. A life that began later than now is taken to be
// over: it is renewed soon, and used meanwhile.
func (t storedToken) believed(now time.Time) (_ storedToken, doubted []string) {
	doubt := func(key string, at *time.Time, most time.Duration, instead time.Time) {
		if skew.Ahead(*at, now, most) {
			*at, doubted = instead, append(doubted, key)
		}
	}
	if doubt(keyIssuedAt, &t.issuedAt, 0, now.Add(-assumedLifetime)); doubted != nil {
		t.ExpiresAt = time.Time{} // it was counted by the same clock
	}
	doubt(keyExpiresAt, &t.ExpiresAt, LongestLife, time.Time{})
	doubt(keyRefreshExpiresAt, &t.RefreshExpiresAt, LongestLife, time.Time{})
	doubt(keyAttemptedAt, &t.attemptedAt, 0, time.Time{})
	doubt(keyAnsweredAt, &t.answeredAt, 0, time.Time{})
	denied := now
	if !t.ExpiresAt.IsZero() {
		denied = earlier(now, t.ExpiresAt.Add(-time.Second)) // the last try is still to come
	}
	doubt(keyRefreshRefused, &t.refresh.at, 0, denied)
	doubt(keyAppRefused, &t.app.at, 0, denied)
	return t, doubted
}

// step is what to do about a pair.
type step int

const (
	// useToken: the access token is good.
	useToken step = iota
	// renewToken: another is to be had.
	renewToken
	// giveUp: another is needed, and was refused.
	giveUp
)

// circumstances are what the decision depends on besides the pair.
type circumstances struct {
	now time.Time
	// version is that of the user's Secret.
	version string
	// rejected is an access token that Webex answered 401 to; empty if none.
	rejected string
	// canBootstrap is true if a Service App may ask for a new pair.
	canBootstrap bool
}

// canRefresh says whether the refresh token may be used, and canAsk whether a Service App may ask.
func (c circumstances) canRefresh(t *storedToken) bool {
	return t.RefreshToken != "" && !t.refresh.stands(t, c.version, c.now)
}

func (c circumstances) canAsk(t *storedToken) bool {
	return c.canBootstrap && !t.app.stands(t, c.version, c.now)
}

// decide says what to do.
func (t *storedToken) decide(c circumstances) step {
	needed := t.expired(c.now) || c.rejected != "" && t.AccessToken == c.rejected
	possible := c.canRefresh(t) || c.canAsk(t)
	switch {
	case needed && possible:
		return renewToken
	case needed:
		return giveUp
	case possible && !c.now.Before(t.renewAt()) && !c.now.Before(t.attemptedAt.Add(retrySpacing)):
		return renewToken
	default:
		return useToken
	}
}

// renewAt is when to renew a token that nothing is wrong with: at half of its
// life and up to a tenth later, so that weeks of an unreachable token endpoint do
// no harm. The next time is a day later, since a renewal may have brought the
// same token again; for tokens that live shorter than two days, half a life
// later. Whatever that gives, a token of which a tenth is left is renewed: it
// must not end during a run.
func (t *storedToken) renewAt() time.Time {
	if t.issuedAt.IsZero() {
		if t.ExpiresAt.IsZero() {
			return never // a person's token of unknown end is used until it is refused
		}
		return t.ExpiresAt
	}
	life := t.ExpiresAt.Sub(t.issuedAt)
	if t.ExpiresAt.IsZero() {
		life = assumedLifetime
	}
	end := t.issuedAt.Add(life)
	at := t.issuedAt.Add(life/2 + time.Duration(t.jitter()*float64(life/10)))
	if t.answeredAt.After(t.issuedAt) {
		at = later(at, t.answeredAt.Add(min(refreshSpacing, life/2)))
	}
	last := end.Add(-life / 10)
	if !t.answeredAt.Before(last) {
		last = end
	}
	return earlier(at, last)
}

// never is a time that does not come.
var never = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// jitter is between 0 and 1, and always the same for the same authorization, so
// that customers do not come all at once, and none waits for a lucky draw.
func (t *storedToken) jitter() float64 {
	digits, _ := strconv.ParseUint(digest("jitter", t.source)[:8], 16, 32) // a digest is hexadecimal
	return float64(digits) / (1 << 32)
}

// renewed is the pair after Webex answered a renewal, which was asked for because
// of a rejected token if that is set.
func (t *storedToken) renewed(answer webex.Token, rejected, seed string, now time.Time) storedToken {
	next := storedToken{Token: answer, source: t.source, issuedAt: now, attemptedAt: t.attemptedAt, answeredAt: now, seed: seed, organization: t.organization}
	if rejected == "" && !t.issuedAt.IsZero() && !t.expired(now) &&
		!answer.ExpiresAt.IsZero() && !answer.ExpiresAt.After(t.ExpiresAt.Add(time.Minute)) {
		next.issuedAt = t.issuedAt // it brought no more time: the same token, or one with the same end
	}
	if next.RefreshExpiresAt.IsZero() && next.RefreshToken == t.RefreshToken {
		next.RefreshExpiresAt = t.RefreshExpiresAt
	}
	return next
}

func later(a, b time.Time) time.Time { return slices.MaxFunc([]time.Time{a, b}, time.Time.Compare) }

func earlier(a, b time.Time) time.Time { return slices.MinFunc([]time.Time{a, b}, time.Time.Compare) }
