// Package webex is a thin typed client of the Webex admin REST API, for the calls that a licence report and the
// assignment of licences need: organizations, licenses, roles, locations, people, workspaces, groups, and the refresh
// of an OAuth token. One of them changes something: [Client.AssignLicenses].
//
// Lists are iterators that follow the pages by themselves. Records are decoded as they stream in and hold only the
// fields that are needed; other personal data is skipped by the decoder, and none is stored. Every failure is an [*Error]
// whose [Class] says what to do about it. A walk either yields every record of the list or ends with an error:
// it never ends early in silence.
//
// The API is described at https://developer.webex.com/docs/basics.
package webex

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/webex-operator/webex-license-operator/internal/webex/wire"
)

// DefaultBaseURL is the commercial REST base, https://developer.webex.com/docs/basics. Webex for Government has its
// own, https://developer.webex.com/docs/webex-for-government.
const DefaultBaseURL = "https://webexapis.com/v1"

// defaultUserAgent is sent when the caller names no product.
const defaultUserAgent = "webex-license-operator"

// defaultTimeout is the longest one request may take, its body included. Pages of people with calling data are slow
// to come (tens of seconds), and a page has at most a few MiB.
const defaultTimeout = 60 * time.Second

// maxRedirects is how many redirects inside the API's own host are followed.
const maxRedirects = 3

// Config says how a [Client] reaches the API.
type Config struct {
	// BaseURL is the REST base, https and without a slash at its end. Empty means [DefaultBaseURL].
	BaseURL string
	// HTTP carries the requests; required, so that proxy, CA bundle and connection limits are the caller's choice.
	// The client works on a copy, which follows no redirect to another host and, where Timeout is zero, gives up
	// on a request after 60 seconds.
	HTTP *http.Client
	// Tokens supplies the access token; required.
	Tokens TokenSource
	// Limiter is waited for before every attempt, and decides how long a refusal for the rate of requests (HTTP 429
	// and 423) holds back the next one. Nil means unlimited; such refusals then are waited for like any Retry-After.
	Limiter Limiter
	// Limits bounds what is accepted from the server. Zero fields take their defaults.
	Limits Limits
	// PageSize says how many records of a list to ask for, given the usual number; fewer where HTTP 504 made pages
	// smaller before. Nil means the usual number.
	PageSize func(list string, usual int) int
	// Shrunk is told when HTTP 504 makes the pages of a list smaller, if set.
	Shrunk func(list string, size int)
	// UserAgent is sent with every request; product/version (+url) is the usual form.
	UserAgent string
	// Retry says how often and how patiently a failed attempt is repeated. Zero fields take their defaults.
	Retry RetryPolicy
	// Observe is called after every attempt, if set. Walks fetch a page ahead, so it must be safe for concurrent use.
	Observe func(Call)
	// Sleep waits for d or until ctx ends, whose error it then returns. Nil means a timer.
	Sleep func(ctx context.Context, d time.Duration) error
	// Rand returns a number in [0, 1) and is safe for concurrent use. Nil means [rand.Float64].
	Rand func() float64
	// Now is the clock. Nil means [time.Now].
	Now func() time.Time
}

// Limiter is the request budget that callers of one token owner share. Webex counts by owner and endpoint, so each
// method is told the operation, as in [Call]. It is used by several requests at once.
type Limiter interface {
	// Wait blocks until a request may be sent. Its error ends the call, an [*Error] as it is: that of [ClassRateLimited]
	// says that the wait would be too long.
	Wait(ctx context.Context, operation string) error
	// AtOnce is Wait for a request that can be done without: an error if it would have to wait for more than a moment.
	AtOnce(ctx context.Context, operation string) error
	// Done is told how a request went that Wait let through, nil for well. A refusal of [ClassRateLimited] must make
	// Wait keep its RetryAfter, since the client asks Wait again at once.
	Done(operation string, failed *Error)
	// Tries is how many of so many tries a call is worth: fewer if the endpoint failed the last time.
	Tries(operation string, tries int) int
}

// Call describes one attempt of a request. It holds no token, no URL and no personal data.
type Call struct {
	// Operation is the name of the call, such as "list people". It is one of a small fixed set.
	Operation string
	// Status is the HTTP status, or 0 if no response came.
	Status int
	// Duration is the time from sending the request to the end of its body.
	Duration time.Duration
	// Retried says that the attempt repeats an earlier one of the same request.
	Retried bool
	// Throttled is the time spent before the attempt in waiting for the limiter and for Retry-After.
	Throttled time.Duration
	// Class is the class of the attempt's failure, or [ClassNone].
	Class Class

	hint bool // that of exchange
}

// Client talks to one Webex REST base with one source of tokens. It is safe for concurrent use.
type Client struct {
	base   *url.URL
	http   *http.Client
	tokens TokenSource
	cfg    Config

	refreshing sync.Mutex                     // at most one refresh at a time
	renewing   sync.Mutex                     // at most one renewal of a grant at a time
	grants     atomic.Int64                   // renewals so far
	home       atomic.Pointer[OrganizationID] // the only organization that the token sees, once that was asked
}

// New checks cfg and returns a client. No request is sent.
func New(cfg Config) (*Client, error) {
	if cfg.Tokens == nil {
		return nil, errors.New("no source of tokens: set Config.Tokens")
	}
	return newClient(cfg)
}

// newClient is New, but that requests with other credentials need no source of tokens.
func newClient(cfg Config) (*Client, error) {
	base, err := url.Parse(cmp.Or(cfg.BaseURL, DefaultBaseURL))
	if err != nil || base.Scheme != "https" || base.Host == "" {
		return nil, errors.New("no base URL of https: set Config.BaseURL")
	}
	if cfg.HTTP == nil {
		return nil, errors.New("no HTTP client: set Config.HTTP")
	}
	cfg.Limits = cfg.Limits.withDefaults()
	cfg.Retry = cfg.Retry.withDefaults()
	cfg.UserAgent = cmp.Or(cfg.UserAgent, defaultUserAgent)
	if cfg.Observe == nil {
		cfg.Observe = func(Call) {}
	}
	if cfg.PageSize == nil {
		cfg.PageSize = func(_ string, usual int) int { return usual }
	}
	if cfg.Shrunk == nil {
		cfg.Shrunk = func(string, int) {}
	}
	if cfg.Sleep == nil {
		cfg.Sleep = sleep
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Float64
	}
	if cfg.Now == nil {
		cfg.Now = time.Now //nolint:forbidigo // the default of the parameter
	}
	return &Client{base: base, http: confined(cfg.HTTP, base), tokens: cfg.Tokens, cfg: cfg}, nil
}

// confined returns a copy of h that keeps the bearer token on the API's own host. What changes something follows no
// redirect: of most of them it would come out as a GET.
func confined(h *http.Client, base *url.URL) *http.Client {
	c := *h
	c.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects || via[0].Method != http.MethodGet || !wire.SameOrigin(req.URL, base) {
			return http.ErrUseLastResponse
		}
		return nil
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	return &c
}

// sleep is the default of [Config.Sleep].
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// endpoint returns the URL of a path below the base. The path's variable segments are already escaped.
func (c *Client) endpoint(path string, query []param) *url.URL {
	u := *c.base
	u.Path, u.RawPath = c.base.Path+path, ""
	u.RawQuery = wire.EncodeParams(query)
	return &u
}
