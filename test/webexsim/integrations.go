package webexsim

import (
	"slices"
	"time"
)

// IntegrationSpec describes an integration to register, and the person who is signed in at
// its consent page.
type IntegrationSpec struct {
	// Name is what the consent page calls it. Default "Integration".
	Name string `json:"name,omitempty"`
	// ClientID and ClientSecret are made up if empty.
	ClientID     string `json:"clientID,omitempty"`
	ClientSecret string `json:"clientSecret,omitempty"`
	// RedirectURIs are compared as they are written, the port included.
	RedirectURIs []string `json:"redirectURIs"`
	// Scopes are those that it may ask for. Default DefaultScopes.
	Scopes []string `json:"scopes,omitempty"`

	// Organization is the UUID of the person's organization.
	Organization string `json:"organization"`
	// Organizations, Partner, Owner, Roles and NoRole are those of the tokens; see TokenSpec.
	// Owner is the person. Default: one person per organization.
	Organizations []string `json:"organizations,omitempty"`
	Partner       bool     `json:"partner,omitempty"`
	Owner         string   `json:"owner,omitempty"`
	Roles         []string `json:"roles,omitempty"`
	NoRole        bool     `json:"noRole,omitempty"`
}

// Integration is a registered integration: its spec with nothing left open.
type Integration = IntegrationSpec

func (i *IntegrationSpec) clone() Integration {
	c := *i
	c.RedirectURIs, c.Scopes = slices.Clone(i.RedirectURIs), slices.Clone(i.Scopes)
	c.Organizations, c.Roles = slices.Clone(i.Organizations), slices.Clone(i.Roles)
	return c
}

// AddIntegration registers an integration. One with the same client id is replaced, and its
// secret is worth nothing any more.
func (s *Server) AddIntegration(spec IntegrationSpec) Integration {
	t := &s.tokens
	t.mu.Lock()
	defer t.mu.Unlock()
	spec = spec.clone()
	setString(&spec.Name, "Integration")
	setString(&spec.Owner, "person-"+spec.Organization)
	if spec.ClientID == "" {
		spec.ClientID = t.hex(64)
	}
	if spec.ClientSecret == "" {
		spec.ClientSecret = t.secret("sim-secret-")
	}
	if spec.Scopes == nil {
		spec.Scopes = DefaultScopes()
	}
	if old := t.integrations[spec.ClientID]; old != nil {
		delete(t.clients, client{old.ClientID, old.ClientSecret})
	}
	t.know(client{spec.ClientID, spec.ClientSecret})
	t.integrations[spec.ClientID] = &spec
	return spec.clone()
}

// Integrations are the registered integrations, sorted by client id.
func (s *Server) Integrations() []Integration {
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	list := make([]Integration, 0, len(s.tokens.integrations))
	for _, i := range s.tokens.integrations {
		list = append(list, i.clone())
	}
	slices.SortFunc(list, func(a, b Integration) int {
		if a.ClientID < b.ClientID {
			return -1
		}
		return 1
	})
	return list
}

// authorizationCode is what a browser brings back from the consent page.
type authorizationCode struct {
	integration         *Integration
	redirect, challenge string
	scopes              []string
	expires             time.Time
}

// newCode makes a code after a person has consented.
func (t *tokens) newCode(a *authorization, expires time.Time) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	value := t.secret("sim-code-")
	t.remember(SensitiveCode, value)
	t.codes[value] = &authorizationCode{
		integration: a.integration, redirect: a.redirect, challenge: a.challenge, scopes: a.scopes, expires: expires,
	}
	return value
}

// tokenSpec are the tokens that a code is worth.
func (a *authorizationCode) tokenSpec() TokenSpec {
	i := a.integration.clone()
	return TokenSpec{
		Organization: i.Organization, Organizations: i.Organizations, Scopes: a.scopes, Roles: i.Roles, NoRole: i.NoRole,
		Partner: i.Partner, Owner: i.Owner, WithRefresh: true, ClientID: i.ClientID, ClientSecret: i.ClientSecret,
	}
}
