package webexsim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// RefreshMode says what the token endpoint does with the refresh token. Public
// sources disagree, so a client has to live with each.
type RefreshMode string

// What a refresh answers.
const (
	// RefreshKeep answers the refresh token that was sent. The default.
	RefreshKeep RefreshMode = "keep"
	// RefreshRotate answers a new refresh token; the old one is dead.
	RefreshRotate RefreshMode = "rotate"
	// RefreshOmit answers no refresh token; the old one stays good.
	RefreshOmit RefreshMode = "omit"
)

// TokenErrorStyle is the form of error bodies of the token endpoint.
type TokenErrorStyle string

// Both forms have been recorded.
const (
	// TokenErrorIdentity is {"error", "error_description", "trackingID"}. The default.
	TokenErrorIdentity TokenErrorStyle = "identity"
	// TokenErrorREST is {"message", "errors", "trackingId"}.
	TokenErrorREST TokenErrorStyle = "rest"
)

// LinkFault is a defect of next links.
type LinkFault string

// Defects of next links; all but the last two are known from issue threads of
// public clients.
const (
	// LinkGood is a correct next link.
	LinkGood LinkFault = ""
	// LinkLoop points to the page that carries it.
	LinkLoop LinkFault = "loop"
	// LinkDropMax loses the page size.
	LinkDropMax LinkFault = "drop-max"
	// LinkMaxNull carries max=null.
	LinkMaxNull LinkFault = "max-null"
	// LinkDropParams loses every parameter but the cursor.
	LinkDropParams LinkFault = "drop-params"
	// LinkForeign points to another host.
	LinkForeign LinkFault = "foreign"
	// LinkPlainHTTP points to the same host without TLS.
	LinkPlainHTTP LinkFault = "plain-http"
)

// The values of each form, and "" for the usual one.
var (
	refreshModes     = []string{"", string(RefreshKeep), string(RefreshRotate), string(RefreshOmit)}
	tokenErrorStyles = []string{"", string(TokenErrorIdentity), string(TokenErrorREST)}
	linkFaults       = []string{
		string(LinkGood), string(LinkLoop), string(LinkDropMax), string(LinkMaxNull),
		string(LinkDropParams), string(LinkForeign), string(LinkPlainHTTP),
	}
	retryAfters = []string{
		"", string(RetryAfterSeconds), string(RetryAfterDate), string(RetryAfterMissing),
		string(RetryAfterZero), string(RetryAfterGarbage), string(RetryAfterHuge),
	}
)

// form is a value that has to be one of a few.
type form struct {
	name, value string
	allowed     []string
}

func checkForms(forms ...form) error {
	for _, f := range forms {
		if !slices.Contains(f.allowed, f.value) {
			return fmt.Errorf("%s: %q is unknown; want one of %s, or nothing", f.name, f.value, strings.Join(f.allowed[1:], ", "))
		}
	}
	return nil
}

// Options configure a Server. The zero value is a well-behaved service on a free
// port of the loopback interface, over plain HTTP.
type Options struct {
	// TLS serves https with a throwaway certificate authority.
	TLS bool
	// Addr is the address to listen on. Default "127.0.0.1:0".
	Addr string
	// Hosts are further DNS names or addresses in the certificate.
	Hosts []string
	// HTTP2 offers HTTP/2 beside HTTP/1.1 (with TLS).
	HTTP2 bool
	// Now is the clock that tokens expire by. Default time.Now.
	Now func() time.Time

	// Latency is added to each API request.
	Latency time.Duration

	// PeopleCeiling is the largest page of people without calling data and without
	// a location filter. Larger wishes are lowered in silence. Default 1000. (The
	// ceilings 100 with calling data and 50 with a location are documented and fixed.)
	PeopleCeiling int
	// LocationsCeiling is the largest page of locations. Default 1000.
	LocationsCeiling int
	// WorkspacesDefault and WorkspacesCeiling are the page sizes of workspaces,
	// which no document gives. Default 100 and 1000.
	WorkspacesDefault, WorkspacesCeiling int

	// TrailingEmptyPage ends each paged list by a next link to an empty page.
	TrailingEmptyPage bool
	// EmptyPageAfter puts an empty page, which has a next link, after this page.
	EmptyPageAfter int
	// ExtraRels adds rel="prev" and rel="first" before rel="next".
	ExtraRels bool
	// LinkFault spoils every next link.
	LinkFault LinkFault
	// LowerCaseHeaders writes the names of the API's own headers in lower case.
	LowerCaseHeaders bool
	// OmitErrors leaves "errors" out of 403 bodies.
	OmitErrors bool

	// OmitWorkspaceLicenses leaves calling.webexCalling.licenses out of workspaces.
	OmitWorkspaceLicenses bool
	// StringBooleans writes invitePending and loginEnabled of people as strings, as
	// documented; recordings have booleans.
	StringBooleans bool
	// EmptyNotFoundIDs writes notFoundIds as an empty list, as documented;
	// recordings have null.
	EmptyNotFoundIDs bool
	// ShuffleLicenses changes the order of the licence list with each request.
	ShuffleLicenses bool
	// ItemErrors makes some people incomplete.
	ItemErrors *ItemErrors

	// RefreshMode says what a refresh does with the refresh token. Default keep.
	RefreshMode RefreshMode
	// TokenErrorStyle is the form of the token endpoint's errors. Default identity.
	TokenErrorStyle TokenErrorStyle
	// ReuseTokenWithin makes a refresh answer the token of the last one, with the
	// same end, while that is younger than this and still good. Default 24 hours;
	// negative means a new token each time.
	ReuseTokenWithin time.Duration
	// AccessTokenLifetime and RefreshTokenLifetime default to 14 and 90 days; in the
	// government cloud a refresh token lives 60 days.
	AccessTokenLifetime, RefreshTokenLifetime time.Duration
	// RateLimit is how many requests the owner of a token may make to each endpoint in
	// any minute, by the simulator's clock, all tokens of the owner together. More are
	// answered 429. 0 means any number. The token endpoint has no limit.
	RateLimit int
	// RateLimits are those of single operations, for example "GET /people"; 0 means any
	// number. Replace the map, do not change it.
	RateLimits map[string]int
	// RateLimitHTML answers 429 with a page of HTML, as in the documents.
	RateLimitHTML bool
	// RetryAfter is the form of that header on 429. Default seconds.
	RetryAfter RetryAfter

	// ManagedListLapse is how long an organization stays on a partner's list of managed
	// customers after GET /organizations/{id}. 0 means for ever.
	ManagedListLapse time.Duration
	// Government is the profile of Webex for Government: no tokens of service apps by
	// API, and shorter refresh tokens.
	Government bool
}

// ItemErrors makes people of a list incomplete, as the service does with status
// 200 when one of the systems behind it failed.
type ItemErrors struct {
	// Every n-th person of the organization is hit; 0 means each.
	Every int `json:"every,omitempty"`
	// Fields are left out and named in the person's "errors".
	Fields []string `json:"fields,omitempty"`
}

func (e *ItemErrors) hits(index int) bool {
	return e != nil && len(e.Fields) > 0 && (e.Every <= 1 || (index+1)%e.Every == 0)
}

func (e *ItemErrors) has(field string) bool {
	return slices.Contains(e.Fields, field)
}

const day = 24 * time.Hour

// withDefaults fills in what the zero value leaves open.
func (o Options) withDefaults() Options {
	setString(&o.Addr, "127.0.0.1:0")
	if o.Now == nil {
		o.Now = time.Now
	}
	setInt(&o.PeopleCeiling, 1000)
	setInt(&o.LocationsCeiling, 1000)
	setInt(&o.WorkspacesDefault, 100)
	setInt(&o.WorkspacesCeiling, 1000)
	if o.RefreshMode == "" {
		o.RefreshMode = RefreshKeep
	}
	if o.TokenErrorStyle == "" {
		o.TokenErrorStyle = TokenErrorIdentity
	}
	if o.RetryAfter == "" {
		o.RetryAfter = RetryAfterSeconds
	}
	setDuration(&o.ReuseTokenWithin, day)
	setDuration(&o.AccessTokenLifetime, 14*day)
	setDuration(&o.RefreshTokenLifetime, refreshLifetime(o.Government))
	return o
}

// refreshLifetime is the lifetime of refresh tokens if the options name none.
func refreshLifetime(government bool) time.Duration {
	if government {
		return 60 * day
	}
	return 90 * day
}

func setString(s *string, v string) {
	if *s == "" {
		*s = v
	}
}

func setInt(n *int, v int) {
	if *n <= 0 {
		*n = v
	}
}

func setDuration(d *time.Duration, v time.Duration) {
	if *d == 0 {
		*d = v
	}
}
