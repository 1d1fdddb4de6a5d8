package webexsim

import (
	"crypto/rand"
	"encoding/base64"
	"slices"
	"sync"
	"time"
)

// Scopes of the endpoints of the simulator.
const (
	ScopeLicenses      = "spark-admin:licenses_read"
	ScopePeople        = "spark-admin:people_read"
	ScopeLocations     = "spark-admin:locations_read"
	ScopeWorkspaces    = "spark-admin:workspaces_read"
	ScopeOrganizations = "spark-admin:organizations_read"
	ScopeRoles         = "spark-admin:roles_read"
	ScopeDevices       = "spark-admin:device_read"
)

// DefaultScopes are the scopes of a token that names none: all that the endpoints of
// the simulator ask for.
func DefaultScopes() []string {
	return []string{ScopeLicenses, ScopePeople, ScopeLocations, ScopeWorkspaces, ScopeOrganizations, ScopeRoles}
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
	spec           TokenSpec
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

// tokens are all tokens of a server.
type tokens struct {
	mu      sync.Mutex
	access  map[string]*access
	refresh map[string]*grant
}

func (t *tokens) init() {
	t.access, t.refresh = map[string]*access{}, map[string]*grant{}
}

// secret makes up a value that nothing else has.
func secret(prefix string) string {
	var b [24]byte
	_, _ = rand.Read(b[:]) // never fails
	return prefix + base64.RawURLEncoding.EncodeToString(b[:])
}

// IssueToken issues a token. A token that exists is replaced.
func (s *Server) IssueToken(spec TokenSpec) Token {
	o, now := s.options.Load(), s.Now()
	if spec.Scopes == nil {
		spec.Scopes = DefaultScopes()
	}
	if spec.Roles == nil && !spec.NoRole {
		spec.Roles = []string{"id_full_admin"}
	}
	setString(&spec.Owner, "machine-account-"+spec.Organization)
	setDuration(&spec.ExpiresIn, o.AccessTokenLifetime)
	setDuration(&spec.RefreshExpiresIn, o.RefreshTokenLifetime)
	if spec.WithRefresh {
		if spec.ClientID == "" {
			spec.ClientID = secret("C")
		}
		if spec.ClientSecret == "" {
			spec.ClientSecret = secret("sim-secret-")
		}
		if spec.RefreshToken == "" {
			spec.RefreshToken = secret("sim-refresh-")
		}
	}
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	g := &grant{spec: spec}
	a := s.tokens.issue(g, spec.Access, now, spec.ExpiresIn)
	token := Token{Access: a.value, ExpiresAt: a.expires}
	if spec.WithRefresh {
		g.refresh, g.refreshExpires = spec.RefreshToken, now.Add(spec.RefreshExpiresIn)
		s.tokens.refresh[g.refresh] = g
		token.ClientID, token.ClientSecret = spec.ClientID, spec.ClientSecret
		token.Refresh, token.RefreshExpiresAt = g.refresh, g.refreshExpires
	}
	return token
}

// issue makes a new access token of a grant. Earlier ones stay good until they end:
// no document says otherwise.
func (t *tokens) issue(g *grant, value string, now time.Time, lifetime time.Duration) *access {
	if value == "" {
		value = secret("sim-access-")
	}
	a := &access{value: value, issued: now, expires: now.Add(lifetime), grant: g}
	t.access[value] = a
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
	g := s.tokens.refresh[refresh]
	if g == nil {
		return
	}
	delete(s.tokens.refresh, refresh)
	for _, a := range s.tokens.access {
		if a.grant == g {
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
	return g.spec.Organization == organization || slices.Contains(g.spec.Organizations, organization)
}

// allows tells whether the token has one of the scopes and its owner any role of an
// administrator.
func (g *grant) allows(scopes []string) bool {
	return len(g.spec.Roles) > 0 && slices.ContainsFunc(scopes, func(s string) bool { return slices.Contains(g.spec.Scopes, s) })
}
