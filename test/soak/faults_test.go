package soak

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// fault is a kind of trouble, made as a rule of the simulator.
type fault struct {
	name string
	make func(*rand.Rand, *webexsim.Rule)
	// token is true for one of the token endpoint.
	token bool
}

func pick[T any](rng *rand.Rand, from ...T) T { return from[rng.IntN(len(from))] }

// lossy marks the rules that may lose what the token endpoint has answered.
const lossy = "lossy-"

// faults are all kinds of rules that the simulator has. Left out is a Retry-After
// of an hour, which would be obeyed.
var faults = []fault{
	{name: "5xx", make: func(rng *rand.Rand, r *webexsim.Rule) {
		r.Status, r.HTML, r.Times = pick(rng, 500, 502, 503, 504), rng.IntN(2) == 0, 1+rng.IntN(6)
	}},
	{name: "504 on large pages", make: func(rng *rand.Rand, r *webexsim.Rule) {
		r.Operation, r.Status, r.MaxAbove = "GET /people", http.StatusGatewayTimeout, pick(rng, 12, 30, 60)
	}},
	{name: "429 and 423", make: func(rng *rand.Rand, r *webexsim.Rule) {
		r.Status, r.For = pick(rng, 429, 429, 423), time.Duration(1+rng.IntN(4))*time.Second
		r.RetryAfter = pick(rng, webexsim.RetryAfterSeconds, webexsim.RetryAfterDate, webexsim.RetryAfterMissing, webexsim.RetryAfterZero, webexsim.RetryAfterGarbage)
		r.HTML = rng.IntN(2) == 0
	}},
	{name: "4xx", make: func(rng *rand.Rand, r *webexsim.Rule) {
		r.Status, r.Times = pick(rng, 400, 401, 401, 403, 403, 404, 451), 1+rng.IntN(2)
	}},
	{name: "other body", make: func(rng *rand.Rand, r *webexsim.Rule) {
		r.Times = 1 + rng.IntN(3)
		r.Body = pick(rng, "{}", "null", "[]", "{\"items\":", "{\"items\":[{}]}", "{\"items\":{}}", "{\"items\":\"none\"}", "\x00\x01", "<html>", "{\"message\":\"ok\"}")
	}},
	{name: "HTML", make: func(rng *rand.Rand, r *webexsim.Rule) { r.HTML, r.Times = true, 1+rng.IntN(3) }},
	{name: "headers", make: func(rng *rand.Rand, r *webexsim.Rule) {
		r.Header = pick(rng, map[string]string{"Trackingid": ""}, map[string]string{"Retry-After": "soon"}, map[string]string{"Content-Type": "text/plain"}, map[string]string{"Content-Encoding": "br"})
		r.Times = 1 + rng.IntN(3)
	}},
	{name: "dropped", make: func(rng *rand.Rand, r *webexsim.Rule) {
		r.Drop, r.AfterService, r.Times = true, rng.IntN(2) == 0, 1+rng.IntN(5)
	}},
	{name: "cut", make: func(rng *rand.Rand, r *webexsim.Rule) {
		r.CutAfter, r.Truncate, r.Times = pick(rng, -1, 1, 50, 1000, 20000), rng.IntN(3) == 0, 1+rng.IntN(5)
	}},
	{name: "cut somewhere", make: func(rng *rand.Rand, r *webexsim.Rule) {
		r.CutAt, r.Truncate, r.Times = 0.01+0.98*rng.Float64(), rng.IntN(3) == 0, 1+rng.IntN(5)
	}},
	{name: "malformed", make: func(rng *rand.Rand, r *webexsim.Rule) { r.Malformed, r.Times = true, 1+rng.IntN(5) }},
	{name: "slow", make: func(rng *rand.Rand, r *webexsim.Rule) {
		r.Delay, r.Stall, r.Times = time.Duration(rng.IntN(800))*time.Millisecond, time.Duration(rng.IntN(500))*time.Millisecond, 1+rng.IntN(5)
	}},
	{name: "next link", make: func(rng *rand.Rand, r *webexsim.Rule) {
		r.Operation, r.Times = pick(rng, "GET /people", "GET /people", "GET /locations"), 1+rng.IntN(2)
		r.Link = pick(rng, webexsim.LinkLoop, webexsim.LinkDropMax, webexsim.LinkMaxNull, webexsim.LinkDropParams, webexsim.LinkForeign, webexsim.LinkPlainHTTP)
	}},
	{name: "empty page", make: func(_ *rand.Rand, r *webexsim.Rule) { r.Operation, r.EmptyNext = "GET /people", true }},
	{name: "item errors", make: func(rng *rand.Rand, r *webexsim.Rule) {
		r.Operation, r.Times = "GET /people", 1+rng.IntN(2)
		r.ItemErrors = &webexsim.ItemErrors{Every: 1 + rng.IntN(100), Fields: pick(rng, []string{"locationId"}, []string{"licenses"}, []string{"roles", "licenses"})}
	}},
	{name: "token endpoint fails", token: true, make: func(rng *rand.Rand, r *webexsim.Rule) {
		r.Status, r.HTML, r.Times = pick(rng, 429, 500, 503), rng.IntN(2) == 0, 1+rng.IntN(2)
	}},
	{name: "token endpoint refuses", token: true, make: func(rng *rand.Rand, r *webexsim.Rule) {
		r.Status, r.Times = pick(rng, 400, 401, 403), 1
		r.TokenErrorStyle = pick(rng, webexsim.TokenErrorIdentity, webexsim.TokenErrorREST)
	}},
	{name: "token is lost", token: true, make: func(rng *rand.Rand, r *webexsim.Rule) {
		r.ID, r.Times = lossy, 1
		switch rng.IntN(4) {
		case 0:
			r.AfterService, r.Drop = true, true
		case 1:
			r.AfterService, r.Status = true, http.StatusBadGateway
		case 2:
			r.Malformed = true
		default:
			r.CutAt = 0.1 + 0.8*rng.Float64()
		}
	}},
	{name: "token is slow", token: true, make: func(rng *rand.Rand, r *webexsim.Rule) {
		r.Delay, r.Times = time.Duration(rng.IntN(1500))*time.Millisecond, 1
	}},
}

// readOperations are those of a run.
var readOperations = []string{"", "GET /licenses", "GET /licenses", "GET /locations", "GET /people", "GET /people", "GET /people", "GET /workspaces", "GET /roles", auditOperation}

const tokenOperation = "POST /access_token"

// spoil puts a few faults in force for a customer.
func (c *customer) spoil(w *world) {
	for range c.rng.IntN(4) {
		f := faults[c.rng.IntN(len(faults))]
		rule := webexsim.Rule{Organization: c.org.UUID(), Operation: pick(c.rng, readOperations...)}
		if f.token {
			if !c.secret.renewable {
				continue
			}
			rule = webexsim.Rule{Owner: c.secret.owner, Operation: tokenOperation}
		}
		rule.After = c.rng.IntN(3)
		f.make(c.rng, &rule)
		w.addRule(c, rule)
		w.note("%s: %s, %+v", c.name, f.name, rule)
		w.tally("rule " + f.name)
	}
	switch {
	case c.rng.IntN(4) == 0 && c.secret.renewable:
		c.sim.RevokeToken(w.accessToken(c))
		w.note("%s: the access token is revoked", c.name)
		w.tally("rule revoked token")
	case c.rng.IntN(3) == 0:
		c.sim.ForgetManaged(c.secret.owner)
		w.tally("rule forgotten partner")
	}
}

// addRule adds a rule that is removed when the customer's round is over.
func (w *world) addRule(c *customer, rule webexsim.Rule) {
	w.mu.Lock()
	w.count["rules"]++
	n := w.count["rules"]
	w.mu.Unlock()
	if rule.Operation == "" {
		rule.ID = lossy // it acts on the token endpoint, too
	}
	rule.ID += fmt.Sprintf("%s-%d", c.name, n)
	c.rules = append(c.rules, c.sim.AddRule(rule))
}

func (c *customer) clearRules() {
	for _, id := range c.rules {
		c.sim.RemoveRule(id)
	}
	c.rules = nil
}

// quirks changes the manners of the services, none of which may matter.
func (w *world) quirks(rng *rand.Rand) {
	sim := pick(rng, w.sims...)
	sim.SetOptions(func(o *webexsim.Options) {
		o.TrailingEmptyPage, o.ExtraRels, o.LowerCaseHeaders = rng.IntN(2) == 0, rng.IntN(2) == 0, rng.IntN(2) == 0
		o.OmitErrors, o.ShuffleLicenses, o.StringBooleans, o.EmptyNotFoundIDs = rng.IntN(2) == 0, rng.IntN(2) == 0, rng.IntN(2) == 0, rng.IntN(2) == 0
		o.TokenErrorStyle = pick(rng, webexsim.TokenErrorIdentity, webexsim.TokenErrorREST)
		o.ManagedListLapse = time.Duration(rng.IntN(2)*(1+rng.IntN(5))) * time.Second
	})
}

func (w *world) calm() {
	for _, sim := range w.sims {
		sim.ClearRules()
		sim.SetOptions(func(o *webexsim.Options) { o.ManagedListLapse = 0 })
	}
}
