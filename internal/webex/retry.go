package webex

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// RetryPolicy says how often and how patiently a failed attempt is repeated. Zero fields take their defaults.
type RetryPolicy struct {
	// Attempts is how often a request is tried in all; 4 by default. Some things do not count, as they are bounded by
	// themselves: the replay after a refreshed token (one), that after a renewed grant (one), smaller pages after HTTP
	// 504 (at most six), and what a [Limiter] waited for.
	Attempts int
	// Base is the back-off after the first failure; 1 second by default. The wait is a random part of it ("full jitter").
	Base time.Duration
	// Factor multiplies the back-off after every further failure; 2 by default.
	Factor float64
	// Cap is the longest back-off; 30 seconds by default.
	Cap time.Duration
	// MaxRetryAfter is the longest Retry-After that is waited for inside a call; 30 seconds by default. A longer one
	// comes back at once, so that the caller can park the work.
	MaxRetryAfter time.Duration
}

func (p RetryPolicy) withDefaults() RetryPolicy {
	if p.Attempts <= 0 {
		p.Attempts = 4
	}
	if p.Base <= 0 {
		p.Base = time.Second
	}
	if p.Factor < 1 || math.IsNaN(p.Factor) {
		p.Factor = 2
	}
	if p.Cap <= 0 {
		p.Cap = 30 * time.Second
	}
	if p.MaxRetryAfter <= 0 {
		p.MaxRetryAfter = 30 * time.Second
	}
	return p
}

// backoff is the wait after the nth failure, n from 1, with random in [0, 1).
func (p RetryPolicy) backoff(n int, random float64) time.Duration {
	d := float64(p.Base) * math.Pow(p.Factor, float64(n-1))
	return time.Duration(random * min(d, float64(p.Cap)))
}

// Bounds of a parsed Retry-After.
const (
	minRetryAfter     = time.Second
	maxRetryAfter     = time.Hour
	defaultRetryAfter = 5 * time.Second // the value that the API usually sends
)

// LongestWait is the longest wait that an answer of Webex is taken to ask for.
const LongestWait = maxRetryAfter

// ParseRetryAfter reads a Retry-After header: seconds, or an HTTP date. Absent or unreadable means 5 seconds; the
// result is from 1 second to 1 hour. https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
func ParseRetryAfter(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	if header == "" {
		return defaultRetryAfter
	}
	if strings.Trim(header, "+-.0123456789") == "" {
		seconds, err := strconv.ParseFloat(header, 64)
		if err != nil && !math.IsInf(seconds, 0) {
			return defaultRetryAfter
		}
		seconds = math.Ceil(min(max(seconds, minRetryAfter.Seconds()), maxRetryAfter.Seconds()))
		return time.Duration(seconds) * time.Second
	}
	at, err := http.ParseTime(header)
	if err != nil {
		return defaultRetryAfter
	}
	return min(max(at.Sub(now), minRetryAfter), maxRetryAfter)
}

// exchange is one request, with as many attempts as it takes.
type exchange struct {
	op string
	// method is GET if empty, body the JSON that goes with the request; "" for none.
	method, body string
	// once says that the request changes something. One that failed may have been carried out, so only refusals that
	// say it was not are answered by another attempt: a new token, a new grant, patience.
	once bool
	// hint says that the answer can be done without: it is worth no further try and no wait.
	hint bool
	// url is asked before every attempt: a smaller page changes it.
	url func() *url.URL
	// shrink makes the page smaller after HTTP 504 and says whether it could; nil if the call has no page size.
	shrink func() bool
	// renew renews the grant of a partner's customer after HTTP 403; nil for calls without one.
	renew func(ctx context.Context, since int64) error
	// accept is another status of success than 200; 0 for none.
	accept int
	// handle consumes a response of success with JSON in it.
	handle func(*http.Response) *Error
}

// run carries out an exchange: token, limiter, attempt, and again where that may help. Its error is an [*Error], but
// for those of the token source, which come back as they are.
func (c *Client) run(ctx context.Context, x *exchange) error {
	token, err := c.token(ctx, x.op)
	if err != nil {
		return err
	}
	p := &pursuit{Client: c, x: x, token: token, tries: 1, attempts: c.cfg.Retry.Attempts}
	switch {
	case x.hint:
		p.attempts = 1
	case c.cfg.Limiter != nil:
		p.attempts = c.cfg.Limiter.Tries(x.op, p.attempts)
	}
	for call := 0; ; call++ {
		p.grant = c.grants.Load()
		e := c.attempt(ctx, Call{Operation: x.op, Retried: call > 0, Throttled: p.throttled, hint: x.hint},
			func() *http.Request {
				r := c.request(cmp.Or(x.method, http.MethodGet), x.url(), p.token)
				if x.body != "" {
					carry(r, "application/json", x.body)
				}
				return r
			},
			func(resp *http.Response) *Error {
				if e := checkResponse(x.op, resp, c.cfg.Now(), x.accept); e != nil {
					return e
				}
				return x.handle(resp)
			})
		if e == nil {
			return nil
		}
		p.throttled = 0
		if ctx.Err() != nil {
			return e
		}
		again, err := p.mend(ctx, e)
		if err != nil {
			return err
		}
		if again {
			continue
		}
		if err := p.backOff(ctx, e); err != nil {
			return err
		}
	}
}

// pursuit is an exchange from its first attempt to its last.
type pursuit struct {
	*Client
	x         *exchange
	token     string
	grant     int64         // renewals of grants before the attempt
	throttled time.Duration // waited for Retry-After since the attempt
	refreshed bool
	renewed   bool
	failures  int // that cost patience
	tries     int // that count against attempts
	attempts  int
}

// mend does away with the cause of a failure where that can be done: a new token, a new grant. It then says that the
// next attempt need not wait, but for the limiter.
func (p *pursuit) mend(ctx context.Context, e *Error) (again bool, err error) {
	switch {
	case e.Class == ClassAuth && e.Status == http.StatusUnauthorized && !p.refreshed:
		p.refreshed = true
		p.token, err = p.refresh(ctx, p.x.op, p.token, e)
		return err == nil, err
	case e.Class == ClassTerminal && e.Status == http.StatusForbidden && p.x.renew != nil && !p.renewed:
		p.renewed = true
		err := p.x.renew(ctx, p.grant)
		if ClassOf(err) == ClassTerminal {
			return false, e // the customer is out of reach: what was asked for says so best
		}
		return err == nil, err
	case e.Class == ClassRateLimited && e.again && p.cfg.Limiter != nil && !p.x.hint:
		return true, nil // the limiter waits, or ends the call
	}
	return false, nil
}

// backOff waits for the next attempt, or returns the error that ends the call.
func (p *pursuit) backOff(ctx context.Context, e *Error) error {
	switch {
	case e.Status == http.StatusGatewayTimeout && p.x.shrink != nil && p.x.shrink():
	case !e.again, p.tries >= p.attempts, p.x.once && e.Class != ClassRateLimited:
		return e
	default:
		p.tries++
	}
	p.failures++
	wait := p.cfg.Retry.backoff(p.failures, p.cfg.Rand())
	if e.RetryAfter > 0 {
		if e.RetryAfter > p.cfg.Retry.MaxRetryAfter {
			return e
		}
		// What the server asked for, and a little more, so that waiting callers do not come back all at once.
		wait = e.RetryAfter + time.Duration(p.cfg.Rand()*float64(p.cfg.Retry.Base))
		p.throttled = wait
	}
	if err := p.cfg.Sleep(ctx, wait); err != nil {
		return networkError(ctx, p.x.op, err)
	}
	return nil
}

// attempt sends a request once and reports it to the observer. It asks for the request when the limiter lets it through.
func (c *Client) attempt(ctx context.Context, call Call, request func() *http.Request, receive func(*http.Response) *Error) (failed *Error) {
	began := c.cfg.Now()
	if c.cfg.Limiter != nil {
		wait := c.cfg.Limiter.Wait
		if call.hint {
			wait = c.cfg.Limiter.AtOnce
		}
		if err := wait(ctx, call.Operation); err != nil {
			return budgetError(ctx, call.Operation, err)
		}
		now := c.cfg.Now()
		call.Throttled += now.Sub(began)
		began = now
		defer func() { c.cfg.Limiter.Done(call.Operation, failed) }()
	}
	defer func() {
		call.Duration = c.cfg.Now().Sub(began)
		if failed != nil {
			call.Class = failed.Class
		}
		c.cfg.Observe(call)
	}()

	resp, err := c.http.Do(request().WithContext(ctx))
	if err != nil {
		e := networkError(ctx, call.Operation, err)
		e.left = !neverConnected(err)
		return e
	}
	defer resp.Body.Close()
	call.Status = resp.StatusCode
	return receive(resp)
}

// request is one without a body. An empty token is not sent.
func (c *Client) request(method string, to *url.URL, token string) *http.Request {
	header := http.Header{"Accept": {"application/json"}, "User-Agent": {c.cfg.UserAgent}}
	if token != "" {
		header.Set("Authorization", "Bearer "+token)
	}
	return &http.Request{Method: method, URL: to, Header: header}
}

// carry gives a request a body.
func carry(r *http.Request, contentType, body string) {
	r.Header.Set("Content-Type", contentType)
	r.ContentLength = int64(len(body))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(body)), nil }
	r.Body, _ = r.GetBody()
}

// budgetError is the error of a call that a [Limiter] let no request through for.
func budgetError(ctx context.Context, op string, err error) *Error {
	if e, ok := AsError(err); ok {
		return e
	}
	e := networkError(ctx, op, err)
	if ctx.Err() == nil { // the limiter knows that the context would end first
		e.Err, e.again = redacted{errBudget, err}, false
	}
	return e
}

// token asks the source for the current token and checks that a header can carry it.
func (c *Client) token(ctx context.Context, op string) (string, error) {
	token, err := c.tokens.Token(ctx)
	if err != nil {
		return "", tokenError(op, err)
	}
	return usable(op, token)
}

// refresh replaces a rejected token, once for all requests that it was rejected for.
func (c *Client) refresh(ctx context.Context, op, rejected string, refusal *Error) (string, error) {
	c.refreshing.Lock()
	defer c.refreshing.Unlock()
	if token, err := c.token(ctx, op); err == nil && token != rejected {
		return token, nil
	}
	token, err := c.tokens.Refresh(ctx, rejected)
	if err != nil {
		if e, ok := AsError(err); ok && e.Class == ClassAuth && e.Err == nil {
			return "", refusal // it says no more, and lacks the tracking id of the refused request
		}
		return "", tokenError(op, err)
	}
	if token == rejected {
		return "", refusal
	}
	return usable(op, token)
}

// tokenError passes on what a [TokenSource] says.
func tokenError(op string, err error) error {
	if _, ok := AsError(err); ok {
		return err
	}
	return fmt.Errorf("%s: getting a token: %w", op, err)
}

func usable(op, token string) (string, error) {
	if token == "" || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", &Error{Class: ClassAuth, Operation: op, Err: ErrTokenUnusable}
	}
	return token, nil
}
