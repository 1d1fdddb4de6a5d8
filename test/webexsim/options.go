package webexsim

import (
	"slices"
	"time"
)

// Options configure a Server. The zero value is a well-behaved service on a free
// port of the loopback interface, over plain HTTP.
type Options struct {
	// TLS serves https with a throwaway certificate authority.
	TLS bool `json:"-"`
	// Addr is the address to listen on. Default "127.0.0.1:0".
	Addr string `json:"-"`
	// Hosts are further DNS names or addresses in the certificate.
	Hosts []string `json:"-"`
	// HTTP2 offers HTTP/2 beside HTTP/1.1 (with TLS).
	HTTP2 bool `json:"-"`
	// Now is the clock that everything goes by but latency and delays. Default time.Now.
	Now func() time.Time `json:"-"`
	// Seed makes up the same tokens and secrets each time, for tests that are played
	// again. 0 makes them up at random.
	Seed uint64 `json:"-"`

	// Latency is added to each API request.
	Latency time.Duration `json:"-"`
	// Latencies are those of single operations, for example "PATCH /licenses/users", in the
	// place of Latency. Replace the map, do not change it.
	Latencies map[string]time.Duration `json:"-"`
	// RequestLog is how many requests the log holds. Default 10,000; negative means none.
	RequestLog int `json:"requestLog"`

	// PeopleCeiling is the largest page of people without calling data and without
	// a location filter. Larger wishes are lowered in silence. Default 1000. (The
	// ceilings 100 with calling data and 50 with a location are documented and fixed.)
	PeopleCeiling int `json:"peopleCeiling"`
	// LocationsCeiling is the largest page of locations. Default 1000.
	LocationsCeiling int `json:"locationsCeiling"`
	// WorkspacesDefault and WorkspacesCeiling are the page sizes of workspaces,
	// which no document gives. Default 100 and 1000.
	WorkspacesDefault int `json:"workspacesDefault"`
	WorkspacesCeiling int `json:"workspacesCeiling"`

	// GroupsCeiling is the largest page of groups, and of members of a group: larger wishes
	// are lowered in silence. Default 500, which is documented for members.
	GroupsCeiling int `json:"groupsCeiling"`
	// GroupPagingDefect makes the pages of groups and of members overlap, as recorded: an
	// entry comes twice at the border of two pages, and the last one of the list never.
	GroupPagingDefect bool `json:"groupPagingDefect"`
	// GroupSizeOff is added to the memberSize of each group.
	GroupSizeOff int `json:"groupSizeOff"`

	// TrailingEmptyPage ends each paged list by a next link to an empty page.
	TrailingEmptyPage bool `json:"trailingEmptyPage"`
	// EmptyPageAfter puts an empty page, which has a next link, after this page.
	EmptyPageAfter int `json:"emptyPageAfter"`
	// ExtraRels adds rel="prev" and rel="first" before rel="next".
	ExtraRels bool `json:"extraRels"`
	// LinkFault spoils every next link.
	LinkFault LinkFault `json:"linkFault"`
	// LowerCaseHeaders writes the names of the API's own headers in lower case.
	LowerCaseHeaders bool `json:"lowerCaseHeaders"`
	// OmitErrors leaves "errors" out of 403 bodies.
	OmitErrors bool `json:"omitErrors"`

	// OmitWorkspaceLicenses leaves calling.webexCalling.licenses out of workspaces.
	OmitWorkspaceLicenses bool `json:"omitWorkspaceLicenses"`
	// StringBooleans writes invitePending and loginEnabled of people as strings, as
	// documented; recordings have booleans.
	StringBooleans bool `json:"stringBooleans"`
	// EmptyNotFoundIDs writes notFoundIds as an empty list, as documented;
	// recordings have null.
	EmptyNotFoundIDs bool `json:"emptyNotFoundIDs"`
	// AuditNulls writes null for what events of the audit log do not say, as recorded;
	// both published descriptions forbid it.
	AuditNulls bool `json:"auditNulls"`
	// AuditPrefix writes categories of audit events with a prefix, as in the published
	// example; recordings have none.
	AuditPrefix bool `json:"auditPrefix"`
	// AuditLinks adds next links to the list of audit events: the text of the documents
	// promises pages, their schema has no link.
	AuditLinks bool `json:"auditLinks"`
	// AuditIgnoresCategories answers audit events of all categories, whatever is asked for.
	AuditIgnoresCategories bool `json:"auditIgnoresCategories"`
	// AuditLag is how old an event is before it is in the list, by the simulator's clock.
	AuditLag time.Duration `json:"-"`
	// OmitWorkspaceLinks leaves next links out of the list of workspaces, for clients
	// that count with start and max.
	OmitWorkspaceLinks bool `json:"omitWorkspaceLinks"`
	// ShuffleLicenses changes the order of the licence list with each request.
	ShuffleLicenses bool `json:"shuffleLicenses"`
	// ItemErrors makes some people incomplete.
	ItemErrors *ItemErrors `json:"itemErrors"`

	// NoUnits is what PATCH /licenses/users does if no unit of a licence is free. Default
	// assign.
	NoUnits NoUnits `json:"noUnits"`
	// PartialErrors adds "errors" to answers with status 206, as the text of the documents
	// promises; their schema has none.
	PartialErrors bool `json:"partialErrors"`
	// CountsLag is how long GET /licenses does not show that people got or lost licences, by
	// the simulator's clock. GET /people shows it at once.
	CountsLag time.Duration `json:"-"`

	// RefreshMode says what a refresh does with the refresh token. Default keep.
	RefreshMode RefreshMode `json:"refreshMode"`
	// TokenErrorStyle is the form of the token endpoint's errors. Default identity.
	TokenErrorStyle TokenErrorStyle `json:"tokenErrorStyle"`
	// ReuseTokenWithin makes a refresh answer the token of the last one, with the
	// same end, while that is younger than this and still good. Default 24 hours;
	// negative means a new token each time.
	ReuseTokenWithin time.Duration `json:"-"`
	// AccessTokenLifetime and RefreshTokenLifetime default to 14 and 90 days; in the
	// government cloud a refresh token lives 60 days.
	AccessTokenLifetime  time.Duration `json:"-"`
	RefreshTokenLifetime time.Duration `json:"-"`
	// CodeLifetime is how long a code of the page of consent is good. Default 10 minutes.
	CodeLifetime time.Duration `json:"-"`
	// AuthorizeState spoils the state that the page of consent brings back.
	AuthorizeState StateFault `json:"authorizeState"`
	// KeepRefreshEnd makes a refresh leave the end of the refresh token where it was,
	// as recorded for Contact Center.
	KeepRefreshEnd bool `json:"keepRefreshEnd"`

	// RateLimit is how many requests the owner of a token may make to each endpoint in
	// any minute, by the simulator's clock, all tokens of the owner together. More are
	// answered 429. 0 means any number. The token endpoint has no limit.
	RateLimit int `json:"rateLimit"`
	// RateLimits are those of single operations, for example "GET /people"; 0 means any
	// number. Replace the map, do not change it.
	RateLimits map[string]int `json:"rateLimits"`
	// RateLimitHTML answers 429 with a page of HTML, as in the documents.
	RateLimitHTML bool `json:"rateLimitHTML"`
	// RetryAfter is the form of that header on 429. Default seconds.
	RetryAfter RetryAfter `json:"retryAfter"`

	// EmptyOrganizations makes GET /organizations answer an empty list, which does not even have
	// the token's own organization.
	EmptyOrganizations bool `json:"emptyOrganizations"`
	// OmitTagLinks leaves next links out of the list of tagged organizations: what is beyond the
	// page is not told. Its description has the page size, and says nothing of further pages.
	OmitTagLinks bool `json:"omitTagLinks"`
	// ManagedListLapse is how long an organization stays on a partner's list of managed
	// customers after GET /organizations/{id}. 0 means for ever.
	ManagedListLapse time.Duration `json:"-"`
	// Government is the profile of Webex for Government: no tokens of service apps by
	// API, and shorter refresh tokens.
	Government bool `json:"government"`
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
	if o.RequestLog == 0 {
		o.RequestLog = 10_000
	}
	setInt(&o.PeopleCeiling, 1000)
	setInt(&o.LocationsCeiling, 1000)
	setInt(&o.WorkspacesDefault, 100)
	setInt(&o.WorkspacesCeiling, 1000)
	setInt(&o.GroupsCeiling, 500)
	if o.RefreshMode == "" {
		o.RefreshMode = RefreshKeep
	}
	if o.TokenErrorStyle == "" {
		o.TokenErrorStyle = TokenErrorIdentity
	}
	if o.NoUnits == "" {
		o.NoUnits = NoUnitsAssign
	}
	if o.RetryAfter == "" {
		o.RetryAfter = RetryAfterSeconds
	}
	setDuration(&o.ReuseTokenWithin, day)
	setDuration(&o.AccessTokenLifetime, 14*day)
	setDuration(&o.CodeLifetime, 10*time.Minute)
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
