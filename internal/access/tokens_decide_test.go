package access

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/webex-operator/webex-license-operator/internal/webex"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

const day = 24 * time.Hour

// noon is when the tests begin.
var noon = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

// pairOf is a pair that was issued at noon.
func pairOf(life time.Duration) storedToken {
	return storedToken{
		Token:  webex.Token{AccessToken: "a", RefreshToken: "r", ExpiresAt: noon.Add(life)},
		source: "source", issuedAt: noon, attemptedAt: noon, answeredAt: noon,
	}
}

// Half of the life passes, and up to a tenth more, then the token is renewed; never
// twice a day unless it would end.
func TestDecideByAge(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		life, answered, age time.Duration
		want                step
	}{
		"new":                                   {14 * day, 0, time.Minute, useToken},
		"just before half its life":             {14 * day, 0, 7*day - time.Second, useToken},
		"half its life and the whole jitter":    {14 * day, 0, 7*day + 34*time.Hour, renewToken},
		"at its end":                            {14 * day, 0, 14 * day, renewToken},
		"past its end":                          {14 * day, 0, 20 * day, renewToken},
		"issued later than now by a clock":      {14 * day, 0, -time.Hour, useToken},
		"the same token came again":             {14 * day, 9 * day, 10*day - time.Second, useToken},
		"it came again a day ago":               {14 * day, 9 * day, 10*day + time.Second, renewToken},
		"it came again, a tenth is left":        {14 * day, 12*day + 12*time.Hour, 12*day + 15*time.Hour, renewToken},
		"it came again in the last tenth":       {14 * day, 13 * day, 13*day + 23*time.Hour, useToken},
		"it came again, and ended":              {14 * day, 13*day + 23*time.Hour, 14 * day, renewToken},
		"12 hours, before half its life":        {12 * time.Hour, 0, 6*time.Hour - time.Second, useToken},
		"12 hours, half its life and jitter":    {12 * time.Hour, 0, 7*time.Hour + 12*time.Minute, renewToken},
		"12 hours, it came again":               {12 * time.Hour, 7 * time.Hour, 10 * time.Hour, useToken},
		"12 hours, it came again, a tenth left": {12 * time.Hour, 7 * time.Hour, 10*time.Hour + 48*time.Minute, renewToken},
		"12 hours, at its end":                  {12 * time.Hour, 11 * time.Hour, 12 * time.Hour, renewToken},
		"an hour, half its life and jitter":     {time.Hour, 0, 36 * time.Minute, useToken}, // the last attempt is too young
		"an hour, at its end":                   {time.Hour, 0, time.Hour, renewToken},
	}
	for name, test := range tests {
		pair := pairOf(test.life)
		pair.attemptedAt, pair.answeredAt = noon.Add(test.answered), noon.Add(test.answered)
		got := pair.decide(circumstances{now: noon.Add(test.age), version: "1"})
		NewWithT(t).Expect(got).To(Equal(test.want), name)
	}
}

func TestDecideByCircumstances(t *testing.T) {
	t.Parallel()
	const young, due, ended = day, 9 * day, 14 * day
	refusedAt := func(age time.Duration, version string) func(*storedToken) {
		return func(p *storedToken) { p.refresh = denial{version: version, at: noon.Add(age)} }
	}
	appRefusedAt := func(age time.Duration) func(*storedToken) {
		return func(p *storedToken) { p.app = denial{version: "1", at: noon.Add(age)} }
	}
	attempted := func(age time.Duration) func(*storedToken) {
		return func(p *storedToken) { p.attemptedAt = noon.Add(age) }
	}
	without := func(p *storedToken) { p.RefreshToken = "" }
	users := func(p *storedToken) { p.issuedAt, p.ExpiresAt = time.Time{}, time.Time{} }
	usersWithEnd := func(p *storedToken) { p.issuedAt = time.Time{} }
	unknownEnd := func(p *storedToken) { p.ExpiresAt = time.Time{} }
	type changes = []func(*storedToken)
	for name, test := range map[string]struct {
		age       time.Duration
		change    changes
		rejected  string
		bootstrap bool
		want      step
	}{
		"good":                                {young, nil, "", false, useToken},
		"another token was rejected":          {young, nil, "b", false, useToken},
		"rejected":                            {young, nil, "a", false, renewToken},
		"rejected, a moment after an attempt": {young, changes{attempted(young)}, "a", false, renewToken},
		"another was rejected, and this one ended": {ended, nil, "b", false, renewToken},
		"due":                                     {due, nil, "", false, renewToken},
		"due, a failed attempt 59 minutes ago":    {due, changes{attempted(due - 59*time.Minute)}, "", false, useToken},
		"due, a failed attempt an hour ago":       {due, changes{attempted(due - time.Hour)}, "", false, renewToken},
		"ended, a failed attempt just now":        {ended, changes{attempted(ended)}, "", false, renewToken},
		"due, refused":                            {due, changes{refusedAt(8*day, "1")}, "", false, useToken},
		"due, refused for another Secret":         {due, changes{refusedAt(8*day, "0")}, "", false, renewToken},
		"due, refused, with a bootstrap":          {due, changes{refusedAt(8*day, "1")}, "", true, renewToken},
		"due, refused, bootstrap too":             {due, changes{refusedAt(8*day, "1"), appRefusedAt(8 * day)}, "", true, useToken},
		"rejected, refused before":                {due, changes{refusedAt(8*day, "1")}, "a", false, giveUp},
		"rejected, refused, with a bootstrap":     {due, changes{refusedAt(8*day, "1")}, "a", true, renewToken},
		"rejected, all refused":                   {due, changes{refusedAt(8*day, "1"), appRefusedAt(8 * day)}, "a", true, giveUp},
		"ended, refused while it was good":        {ended, changes{refusedAt(8*day, "1")}, "", false, renewToken},
		"ended, refused since":                    {ended + day, changes{refusedAt(ended, "1")}, "", false, giveUp},
		"ended, refused since, another Secret":    {ended + day, changes{refusedAt(ended, "0")}, "", false, renewToken},
		"ended, all refused since":                {ended + day, changes{refusedAt(ended, "1"), appRefusedAt(ended)}, "", true, giveUp},
		"no refresh token, due":                   {due, changes{without}, "", false, useToken},
		"no refresh token, due, with a bootstrap": {due, changes{without}, "", true, renewToken},
		"no refresh token, rejected":              {young, changes{without}, "a", false, giveUp},
		"no refresh token, rejected, bootstrap":   {young, changes{without}, "a", true, renewToken},
		"nothing but a bootstrap":                 {young, changes{func(p *storedToken) { *p = storedToken{} }}, "", true, renewToken},
		"nothing but a refresh token":             {young, changes{func(p *storedToken) { *p = storedToken{Token: webex.Token{RefreshToken: "r"}} }}, "", false, renewToken},
		"a person's token":                        {100 * day, changes{users}, "", false, useToken},
		"a person's token, rejected":              {young, changes{users}, "a", false, renewToken},
		"a person's token, its end known":         {due, changes{usersWithEnd}, "", false, useToken},
		"a person's token, at its end":            {ended, changes{usersWithEnd}, "", false, renewToken},
		"of unknown life, young":                  {young, changes{unknownEnd}, "", false, useToken},
		"of unknown life, a week and a half old":  {11 * day, changes{unknownEnd}, "", false, renewToken},
	} {
		pair := pairOf(14 * day)
		for _, change := range test.change {
			change(&pair)
		}
		got := pair.decide(circumstances{now: noon.Add(test.age), version: "1", rejected: test.rejected, canBootstrap: test.bootstrap})
		NewWithT(t).Expect(got).To(Equal(test.want), name)
	}
}

// Customers do not come all at once, and each always at the same age of its token.
func TestJitter(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	early, late, distinct := 0, 0, map[time.Time]bool{}
	for i := range 1000 {
		pair := pairOf(14 * day)
		pair.source = fmt.Sprint("source ", i)
		at := pair.renewAt()
		g.Expect(at).To(Equal(pair.renewAt()))
		g.Expect(at).To(BeTemporally(">=", noon.Add(7*day)))
		g.Expect(at).To(BeTemporally("<", noon.Add(7*day+14*day/10)))
		distinct[at] = true
		if at.Before(noon.Add(7*day + 14*day/20)) {
			early++
		} else {
			late++
		}
	}
	g.Expect(len(distinct)).To(BeNumerically(">", 990))
	g.Expect(early).To(BeNumerically("~", late, 100))
}

// A service that answers the same token for a day is not asked in a loop, whatever
// the life of its tokens and however often it is looked at; and no token ends unrenewed.
func TestRenewalsOfAYear(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		life, reuse time.Duration
		perDay      float64
	}{
		"14 days, always new":             {14 * day, 0, 0.15},
		"14 days, the same for a day":     {14 * day, day, 0.15},
		"14 days, the same until it ends": {14 * day, 14 * day, 0.7},
		"12 hours, always new":            {12 * time.Hour, 0, 4},
		"12 hours, the same for a day":    {12 * time.Hour, day, 6},
		"an hour":                         {time.Hour, 0, 25},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			type issued struct{ at, end time.Time }
			n := 0
			pair := storedToken{Token: webex.Token{RefreshToken: "r"}, source: "source"}
			service := issued{}
			const lookEvery = 10 * time.Minute
			for now := noon; now.Before(noon.Add(365 * day)); now = now.Add(lookEvery) {
				if pair.decide(circumstances{now: now, version: "1"}) != renewToken {
					g.Expect(now).To(BeTemporally("<", pair.ExpiresAt), "an ended token is not used")
					continue
				}
				n++
				if !now.Before(service.end) || now.Sub(service.at) >= test.reuse {
					service = issued{now, now.Add(test.life)}
				}
				pair.attemptedAt = now
				pair = pair.renewed(webex.Token{AccessToken: service.at.String(), RefreshToken: "r", ExpiresAt: service.end}, "", "", now)
			}
			g.Expect(float64(n)/365).To(BeNumerically("<=", test.perDay), "renewals per day")
		})
	}
}

func TestRenewed(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	now := noon.Add(8 * day)
	pair := pairOf(14 * day)
	pair.RefreshExpiresAt, pair.refresh = noon.Add(90*day), denial{version: "0", at: noon}
	answer := webex.Token{AccessToken: "b", RefreshToken: "s", ExpiresAt: now.Add(14 * day), RefreshExpiresAt: now.Add(90 * day)}

	next := pair.renewed(answer, "", "seed", now)
	g.Expect(next).To(Equal(storedToken{Token: answer, source: "source", issuedAt: now, attemptedAt: noon, answeredAt: now, seed: "seed"}))

	same := answer
	same.AccessToken, same.ExpiresAt = "a", noon.Add(14*day)
	g.Expect(pair.renewed(same, "", "", now).issuedAt).To(Equal(noon), "its life began when it was new")
	g.Expect(pair.renewed(same, "a", "", now).issuedAt).To(Equal(now), "after a rejection the answer counts anew")
	g.Expect(pair.renewed(webex.Token{AccessToken: "b"}, "", "", now).issuedAt).To(Equal(now), "of unknown end")

	kept := webex.Token{AccessToken: "b", RefreshToken: "r", ExpiresAt: now.Add(14 * day)}
	g.Expect(pair.renewed(kept, "", "", now).RefreshExpiresAt).To(Equal(noon.Add(90*day)), "the end of a kept refresh token stays known")
	kept.RefreshToken = "s"
	g.Expect(pair.renewed(kept, "", "", now).RefreshExpiresAt).To(BeZero(), "that of a new one is not")
}

// What counts of what is stored and what the user's Secret holds.
func TestStoredWithUsers(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	users := authorization{clientID: "id", refreshToken: "users-refresh"}
	stored := pairOf(14 * day)
	stored.source = users.source()
	g.Expect(stored.with(users)).To(Equal(stored))

	users.accessToken = "users-access"
	added := stored.with(users)
	g.Expect(added.AccessToken).To(Equal("users-access"), "an access token that was added counts")
	g.Expect(added.RefreshToken).To(Equal("r"), "and loses no refresh token")
	g.Expect(added.renewAt()).To(Equal(never))
	stored.seed = users.seed()
	g.Expect(stored.with(users)).To(Equal(stored), "but not once it was replaced")

	users.refreshToken = "authorized-anew"
	g.Expect(stored.with(users)).To(Equal(storedToken{
		Token: webex.Token{AccessToken: "users-access", RefreshToken: "authorized-anew"}, source: users.source(),
	}), "new credentials win")
}

func TestStoredTokenRoundTrip(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	token := storedToken{
		Token:  webex.Token{AccessToken: "a", RefreshToken: "r", ExpiresAt: noon.Add(time.Hour), RefreshExpiresAt: noon.Add(2 * time.Hour)},
		source: "source", seed: "seed", organization: "organization", issuedAt: noon, attemptedAt: noon.Add(time.Minute), answeredAt: noon.Add(2 * time.Minute),
		refresh: denial{"1", noon, "refused"}, app: denial{"2", noon.Add(time.Second), "refused, too"},
	}
	secret := &corev1.Secret{Data: encodeToken(token, "webex")}
	g.Expect(decodeToken(secret)).To(Equal(token))
	g.Expect(string(secret.Data[keyTokensOf])).To(Equal("webex"))
	g.Expect(decodeToken(&corev1.Secret{Data: encodeToken(storedToken{}, "webex")})).To(Equal(storedToken{}))

	for _, key := range []string{keyIssuedAt, keyExpiresAt} {
		secret.Data[key] = []byte("tomorrow")
	}
	damaged := decodeToken(secret)
	g.Expect(damaged.decide(circumstances{now: noon.Add(100 * day), version: "9"})).To(Equal(useToken), "until it is refused")
	g.Expect(damaged.decide(circumstances{now: noon, version: "9", rejected: "a"})).To(Equal(renewToken))
}

func TestTokenSecretName(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	rng := rand.New(rand.NewPCG(200, 253))
	g.Expect(TokenSecretName("acme", "")).To(Equal("acme-webex-token"))
	g.Expect(TokenSecretName("acme", "bootstrap")).To(Equal("acme-bootstrap-webex-token"))
	seen := map[string]bool{}
	for _, long := range []string{strings.Repeat("a", 240), strings.Repeat("a", 241), strings.Repeat("a", 242), strings.Repeat("a", 253), strings.Repeat("a", 252) + "b"} {
		name := TokenSecretName(long, "")
		g.Expect(validation.IsDNS1123Subdomain(name)).To(BeEmpty(), name)
		seen[name] = true
	}
	g.Expect(seen).To(HaveLen(5))
	// Wherever a name is cut, beside a dot and a hyphen, too. One that is cut between letters is as it always was.
	for _, purpose := range []string{"", "bootstrap", webexsim.StandardUUID[:8]} {
		for length := 200; length <= 253; length++ {
			for _, tail := range []string{"a", ".a", "-a", "--a", "a-0.a"} {
				long := strings.Repeat("a", length-3*len(tail)) + strings.Repeat(tail, 3)
				g.Expect(validation.IsDNS1123Subdomain(long)).To(BeEmpty(), long)
				name := TokenSecretName(long, purpose)
				g.Expect(validation.IsDNS1123Subdomain(name)).To(BeEmpty(), name)
			}
		}
	}
	g.Expect(TokenSecretName(strings.Repeat("a", 253), "")).To(Equal(strings.Repeat("a", 230) + ".85e9bd7fc7-webex-token"))
	for range 5000 {
		long := anySecretName(rng)
		g.Expect(validation.IsDNS1123Subdomain(TokenSecretName(long, "bootstrap"))).To(BeEmpty(), long)
	}
}

// anySecretName is a long name with many dots and hyphens.
func anySecretName(rng *rand.Rand) string {
	name := []byte("a")
	for want := 200 + rng.IntN(54); len(name) < want-1; {
		next := "ab.-"[rng.IntN(4)]
		if last := name[len(name)-1]; next != 'a' && next != 'b' && last == '.' || next == '.' && last == '-' {
			continue
		}
		name = append(name, next)
	}
	return string(append(name[:len(name)-1], "aa"...))
}

// A stored time of 2036 neither keeps a token from being renewed, nor lets one shard wait for another, nor forbids the
// last try, and costs no request that a clock in order would not.
func TestStoredTokenOutOfTime(t *testing.T) {
	t.Parallel()
	in2036 := time.Date(2036, time.May, 4, 3, 0, 0, 0, time.UTC)
	full := pairOf(14 * day)
	full.RefreshExpiresAt = noon.Add(90 * day)
	full.refresh, full.app = denial{"0", noon, "no"}, denial{"0", noon, "no"}
	var keys []string
	for key, value := range encodeToken(full, "Secret") {
		if _, err := time.Parse(time.RFC3339, string(value)); err == nil {
			keys = append(keys, key)
		}
	}
	NewWithT(t).Expect(keys).To(HaveLen(7), "each stored time is tried")
	for _, key := range keys {
		t.Run(key, func(t *testing.T) {
			g := NewWithT(t)
			secret := &corev1.Secret{Data: encodeToken(full, "Secret")}
			secret.Data[key] = []byte(in2036.Format(time.RFC3339))
			now := noon.Add(time.Minute)
			token, doubted := decodeToken(secret).believed(now)
			g.Expect(doubted).To(HaveLen(1))
			g.Expect(key).To(HavePrefix(doubted[0]))
			g.Expect(token.expired(now)).To(BeFalse(), "it is used meanwhile")
			g.Expect(token.decide(circumstances{now: now.Add(9 * day), version: "1"})).To(Equal(renewToken))
			token.refresh.version = "1"
			g.Expect(token.refresh.stands(&token, "1", now)).To(BeTrue())
			if !token.ExpiresAt.IsZero() {
				g.Expect(token.refresh.stands(&token, "1", token.ExpiresAt)).To(BeFalse(), "nothing is lost by one last try")
			}
			_, again := token.believed(now)
			g.Expect(again).To(BeEmpty())
			token, doubted = decodeToken(secret).believed(in2036)
			g.Expect(doubted).To(BeEmpty())
			g.Expect(encodeToken(token, "Secret")).To(Equal(secret.Data))
		})
	}
	for ahead, want := range map[time.Duration]bool{-2 * renewalTime: false, -time.Second: true, time.Minute: true, 2 * renewalTime: false, 87600 * time.Hour: false} {
		token := storedToken{attemptedBy: "other", attemptedAt: noon.Add(ahead)}
		NewWithT(t).Expect(token.renewedElsewhere("ours", noon)).To(Equal(want), ahead.String())
	}
}
