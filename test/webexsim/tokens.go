package webexsim

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Scopes of the endpoints of the simulator.
const (
	ScopeLicenses      = "spark-admin:licenses_read"
	ScopePeople        = "spark-admin:people_read"
	ScopePeopleOwn     = "spark:people_read"
	ScopeLocations     = "spark-admin:locations_read"
	ScopeWorkspaces    = "spark-admin:workspaces_read"
	ScopeOrganizations = "spark-admin:organizations_read"
	ScopeRoles         = "spark-admin:roles_read"
	ScopeDevices       = "spark-admin:device_read"
	// ScopePeopleWrite is needed to assign licences.
	ScopePeopleWrite = "spark-admin:people_write"
	// ScopeAudit is needed to read audit events.
	ScopeAudit = "audit:events_read"
	// ScopeGroups is needed to read groups and their members.
	ScopeGroups = "identity:groups_read"
	// ScopeApplicationsToken is needed to get the tokens of service apps.
	ScopeApplicationsToken = "spark:applications_token"
)

// DefaultScopes are the scopes of a token that names none: what a report of licences
// needs to read.
func DefaultScopes() []string {
	return []string{ScopeLicenses, ScopePeople, ScopeLocations, ScopeWorkspaces, ScopeOrganizations, ScopeRoles}
}

// AllScopes are the scopes of all endpoints of the simulator.
func AllScopes() []string {
	return append(DefaultScopes(), ScopePeopleWrite, ScopeAudit, ScopeGroups, ScopeApplicationsToken, ScopeDevices, ScopePeopleOwn)
}

// TokenSpec describes a token to issue.
type TokenSpec struct {
	// Organization is the UUID of the token's own organization.
	Organization string `json:"organization"`
	// Organizations are further organizations that the token may see.
	Organizations []string `json:"organizations,omitempty"`
	// Access is the access token; made up if empty.
	Access string `json:"access,omitempty"`
	// Scopes default to DefaultScopes.
	Scopes []string `json:"scopes,omitempty"`
	// Roles are the roles of the token's owner. Default id_full_admin; NoRole makes
	// the owner an ordinary user.
	Roles  []string `json:"roles,omitempty"`
	NoRole bool     `json:"noRole,omitempty"`
	// Partner makes the owner an administrator of a partner. A call about another
	// organization than the own one answers 403 until GET /organizations/{id} has put
	// that on the owner's list of managed customers; see Options.ManagedListLapse.
	Partner bool `json:"partner,omitempty"`
	// Owner is the person or machine account behind the token. Default: one account
	// per organization.
	Owner string `json:"owner,omitempty"`
	// ExpiresIn is the lifetime of this access token. Default: that of the options,
	// which is also the lifetime of those that a refresh answers.
	ExpiresIn time.Duration `json:"-"`
	// WithRefresh also issues a refresh token, for this client. What is empty is made up.
	WithRefresh  bool   `json:"withRefresh,omitempty"`
	ClientID     string `json:"clientID,omitempty"`
	ClientSecret string `json:"clientSecret,omitempty"`
	RefreshToken string `json:"refreshToken,omitempty"`
	// RefreshExpiresIn is the lifetime of the refresh token. Default: that of the
	// options, to which a refresh extends it.
	RefreshExpiresIn time.Duration `json:"-"`
}

// Token is what IssueToken answers.
type Token struct {
	Access           string    `json:"access"`
	ExpiresAt        time.Time `json:"expiresAt"`
	ClientID         string    `json:"clientID,omitempty"`
	ClientSecret     string    `json:"clientSecret,omitempty"`
	Refresh          string    `json:"refreshToken,omitempty"`
	RefreshExpiresAt time.Time `json:"refreshExpiresAt,omitzero"`
}

// grant is what a person or an administrator allowed a client. Access and refresh
// tokens come and go; the grant stays.
type grant struct {
	spec           TokenSpec // but for Organizations, which is below
	organizations  atomic.Pointer[organizationSet]
	restricted     atomic.Pointer[organizationSet] // nil: all of them; see RestrictPartner
	refresh        string
	refreshExpires time.Time
	latest         *access
}

type access struct {
	value           string
	issued, expires time.Time
	revoked         bool
	grant           *grant
}

// client is an integration or a service app, as it identifies itself.
type client struct{ id, secret string }

// tokens are all tokens of a server, and who may have them.
type tokens struct {
	mu      sync.Mutex
	access  map[string]*access
	refresh map[string]*grant
	clients map[client]bool
	apps    []*ServiceApp
	codes   map[string]*authorizationCode

	integrations map[string]*Integration // by client id

	grants  map[*grant]bool
	managed map[managed]time.Time // since when
	tags    map[tagged][]string
	only    map[string]organizationSet // what restricted owners see
	secrets map[Sensitive]bool         // all that there ever were
	seed    uint64
	made    uint64 // values made up from the seed so far
}

func (t *tokens) init(seed uint64) {
	t.seed = seed
	t.access, t.refresh, t.clients = map[string]*access{}, map[string]*grant{}, map[client]bool{}
	t.tags, t.only = map[tagged][]string{}, map[string]organizationSet{}
	t.codes, t.integrations = map[string]*authorizationCode{}, map[string]*Integration{}
	t.secrets = map[Sensitive]bool{}
	t.grants, t.managed = map[*grant]bool{}, map[managed]time.Time{}
}

// secret makes up a value that nothing else has.
func (t *tokens) secret(prefix string) string {
	return prefix + base64.RawURLEncoding.EncodeToString(t.random(24))
}

// hex makes up an identifier of hexadecimal digits, such as applications and clients have.
func (t *tokens) hex(digits int) string {
	return "C" + hex.EncodeToString(t.random(digits/2))
}

// random makes up bytes, by chance or from the seed.
func (t *tokens) random(n int) []byte {
	b := make([]byte, 0, n+8)
	if t.seed == 0 {
		_, _ = rand.Read(b[:n]) // never fails
		return b[:n]
	}
	for len(b) < n {
		t.made++
		b = binary.LittleEndian.AppendUint64(b, mix(t.seed^mix(t.made)))
	}
	return b[:n]
}

// IssueToken issues a token. A token that exists is replaced.
func (s *Server) IssueToken(spec TokenSpec) Token {
	o, now := s.options.Load(), s.Now()
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	return s.tokens.add(spec, o, now)
}

// add makes a grant with its first tokens.
func (t *tokens) add(spec TokenSpec, o *Options, now time.Time) Token {
	if spec.Scopes == nil {
		spec.Scopes = DefaultScopes()
	}
	if spec.Roles == nil && !spec.NoRole {
		spec.Roles = []string{roleFullAdmin}
	}
	setString(&spec.Owner, "machine-account-"+spec.Organization)
	setDuration(&spec.ExpiresIn, o.AccessTokenLifetime)
	setDuration(&spec.RefreshExpiresIn, o.RefreshTokenLifetime)
	g := &grant{spec: spec}
	all := setOf(spec.Organizations)
	g.organizations.Store(&all)
	if only, restricted := t.only[spec.Owner]; restricted {
		g.restricted.Store(&only)
	}
	t.grants[g] = true
	a := t.issue(g, spec.Access, now, spec.ExpiresIn)
	token := Token{Access: a.value, ExpiresAt: a.expires}
	if !spec.WithRefresh {
		return token
	}
	if spec.ClientID == "" {
		g.spec.ClientID = t.hex(64)
	}
	if spec.ClientSecret == "" {
		g.spec.ClientSecret = t.secret("sim-secret-")
	}
	if g.refresh = spec.RefreshToken; g.refresh == "" {
		g.refresh = t.secret("sim-refresh-")
	}
	g.refreshExpires = now.Add(spec.RefreshExpiresIn)
	t.store(g)
	t.know(client{g.spec.ClientID, g.spec.ClientSecret})
	token.ClientID, token.ClientSecret = g.spec.ClientID, g.spec.ClientSecret
	token.Refresh, token.RefreshExpiresAt = g.refresh, g.refreshExpires
	return token
}

// store makes the refresh token of a grant good.
func (t *tokens) store(g *grant) {
	t.refresh[g.refresh] = g
	t.remember(SensitiveRefreshToken, g.refresh)
}

// know makes the token endpoint accept a client.
func (t *tokens) know(c client) {
	t.clients[c] = true
	t.remember(SensitiveClientSecret, c.secret)
}

// issue makes a new access token of a grant. Earlier ones stay good until they end:
// no document says otherwise.
func (t *tokens) issue(g *grant, value string, now time.Time, lifetime time.Duration) *access {
	if value == "" {
		value = t.secret("sim-access-")
	}
	a := &access{value: value, issued: now, expires: now.Add(lifetime), grant: g}
	t.access[value] = a
	t.remember(SensitiveAccessToken, value)
	g.latest = a
	return a
}

// RevokeToken makes an access token useless. Its refresh token stays good.
func (s *Server) RevokeToken(access string) {
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	if a := s.tokens.access[access]; a != nil {
		a.revoked = true
	}
}

// RevokeRefreshToken makes a refresh token and all access tokens of its grant
// useless, as an administrator does who withdraws an authorization.
func (s *Server) RevokeRefreshToken(refresh string) {
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	if g := s.tokens.refresh[refresh]; g != nil {
		s.tokens.revoke(func(other *grant) bool { return other == g })
	}
}

// revoke makes the tokens of some grants useless.
func (t *tokens) revoke(which func(*grant) bool) {
	maps.DeleteFunc(t.refresh, func(_ string, g *grant) bool { return which(g) })
	for _, a := range t.access {
		if which(a.grant) {
			a.revoked = true
		}
	}
}

// good finds the grant of an access token that is neither unknown, expired nor revoked.
func (t *tokens) good(value string, now time.Time) *grant {
	t.mu.Lock()
	defer t.mu.Unlock()
	a := t.access[value]
	if a == nil || a.revoked || !now.Before(a.expires) {
		return nil
	}
	return a.grant
}

func (g *grant) sees(organization string) bool {
	if g.spec.Organization == organization {
		return true
	}
	only := g.restricted.Load()
	return (*g.organizations.Load())[organization] && (only == nil || (*only)[organization])
}

// allows tells whether the token has one of the scopes of a route, and its owner one of
// the roles (any role of an administrator, if the route names none).
func (g *grant) allows(r *route) bool {
	switch {
	case r.partner && !g.spec.Partner:
		return false
	case r.anyRole:
	case len(r.roles) > 0 && !slices.ContainsFunc(r.roles, func(role string) bool { return slices.Contains(g.spec.Roles, role) }):
		return false
	case len(g.spec.Roles) == 0:
		return false
	}
	return slices.ContainsFunc(r.scopes, func(s string) bool { return slices.Contains(g.spec.Scopes, s) })
}
