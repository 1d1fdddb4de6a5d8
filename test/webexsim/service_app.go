package webexsim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// ServiceAppSpec describes a service app to register.
type ServiceAppSpec struct {
	// ID is the application id in the API's form; made up if empty.
	ID string `json:"id,omitempty"`
	// ClientID and ClientSecret are those of the app; made up if empty.
	ClientID     string `json:"clientID,omitempty"`
	ClientSecret string `json:"clientSecret,omitempty"`
	// Scopes are those of the app's tokens. Default DefaultScopes.
	Scopes []string `json:"scopes,omitempty"`
	// Organizations are the UUIDs of those that authorized the app. They change with
	// AuthorizeServiceApp and DeauthorizeServiceApp.
	Organizations []string `json:"organizations,omitempty"`
}

// ServiceApp is a registered service app: its spec with nothing left open.
type ServiceApp = ServiceAppSpec

// AddServiceApp registers a service app. One with the same id is replaced.
func (s *Server) AddServiceApp(spec ServiceAppSpec) ServiceApp {
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	if spec.ID == "" {
		spec.ID = EncodeID(kindApplication, s.tokens.hex(32))
	}
	spec.ID = fullID(kindApplication, spec.ID)
	if spec.ClientID == "" {
		spec.ClientID = s.tokens.hex(64)
	}
	if spec.ClientSecret == "" {
		spec.ClientSecret = s.tokens.secret("sim-secret-")
	}
	if spec.Scopes == nil {
		spec.Scopes = DefaultScopes()
	}
	spec.Organizations = slices.Clone(spec.Organizations)
	s.tokens.know(client{spec.ClientID, spec.ClientSecret})
	s.tokens.apps = slices.DeleteFunc(s.tokens.apps, func(a *ServiceApp) bool { return a.ID == spec.ID })
	s.tokens.apps = append(s.tokens.apps, &spec)
	return spec.clone()
}

func (a *ServiceAppSpec) clone() ServiceApp {
	c := *a
	c.Scopes, c.Organizations = slices.Clone(a.Scopes), slices.Clone(a.Organizations)
	return c
}

// ServiceApps are the registered service apps, in the order in which they were added.
func (s *Server) ServiceApps() []ServiceApp {
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	list := make([]ServiceApp, 0, len(s.tokens.apps))
	for _, a := range s.tokens.apps {
		list = append(list, a.clone())
	}
	return list
}

// AuthorizeServiceApp is what a Full Admin of an organization does in Control Hub.
// The app is given by application id or client id, the organization by UUID.
func (s *Server) AuthorizeServiceApp(app, organization string) error {
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	a, err := s.tokens.app(app)
	if err == nil && !slices.Contains(a.Organizations, organization) {
		a.Organizations = append(a.Organizations, organization)
	}
	return err
}

// DeauthorizeServiceApp takes the authorization back: there are no new tokens for
// the organization, and those that the app has are dead. (What the service does with
// them is not documented; a client must expect the worse.)
func (s *Server) DeauthorizeServiceApp(app, organization string) error {
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	a, err := s.tokens.app(app)
	if err != nil {
		return err
	}
	a.Organizations = slices.DeleteFunc(a.Organizations, func(o string) bool { return o == organization })
	s.tokens.revoke(func(g *grant) bool {
		return g.spec.ClientID == a.ClientID && g.spec.Organization == organization
	})
	return nil
}

// IssueServiceAppToken is the first token pair of a service app for an organization,
// as a developer gets it from the portal.
func (s *Server) IssueServiceAppToken(app, organization string) (Token, error) {
	o, now := s.options.Load(), s.Now()
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	a, err := s.tokens.app(app)
	if err != nil {
		return Token{}, err
	}
	if !slices.Contains(a.Organizations, organization) {
		return Token{}, fmt.Errorf("organization %q has not authorized service app %q", organization, app)
	}
	return s.tokens.add(a.tokenSpec(organization), o, now), nil
}

// tokenSpec is the app's machine account in an organization.
func (a *ServiceAppSpec) tokenSpec(organization string) TokenSpec {
	return TokenSpec{
		Organization: organization, Scopes: a.Scopes, Owner: "service-app-" + organization,
		WithRefresh: true, ClientID: a.ClientID, ClientSecret: a.ClientSecret,
	}
}

// app finds a service app by application id or client id.
func (t *tokens) app(ref string) (*ServiceApp, error) {
	id := fullID(kindApplication, ref)
	for _, a := range t.apps {
		if a.ID == id || a.ClientID == ref {
			return a, nil
		}
	}
	return nil, fmt.Errorf("service app %q: %w", ref, errNoSuch)
}

// postApplicationToken is POST /applications/{id}/token. Its caller is an identity of
// its own; the client that it names is the app.
func (c *call) postApplicationToken() error {
	var body struct{ ClientID, ClientSecret, TargetOrgID string }
	if err := json.Unmarshal(c.body, &body); err != nil {
		return c.fail(http.StatusBadRequest, "The request body is not valid JSON.")
	}
	for _, field := range []struct{ name, value string }{
		{"clientId", body.ClientID}, {"clientSecret", body.ClientSecret}, {"targetOrgId", body.TargetOrgID},
	} {
		if field.value == "" {
			return c.fail(http.StatusBadRequest, field.name+" is required.")
		}
	}
	organization, ok := DecodeID(kindOrganization, body.TargetOrgID)
	if !ok {
		return c.fail(http.StatusBadRequest, "The targetOrgId is not a valid organization identifier.")
	}
	answer, status := c.s.tokens.forApplication(c.id, client{body.ClientID, body.ClientSecret}, organization, c.o, c.s.Now())
	switch status {
	case http.StatusOK:
		return c.json(http.StatusOK, answer)
	case http.StatusNotFound:
		return c.notFound()
	case http.StatusUnauthorized:
		return c.fail(status, errInvalidClient.description)
	default:
		return c.forbid()
	}
}

// forApplication issues a token pair of a service app, or says with which status it
// is refused.
func (t *tokens) forApplication(id string, by client, organization string, o *Options, now time.Time) (answer []byte, status int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	id = fullID(kindApplication, id)
	i := slices.IndexFunc(t.apps, func(a *ServiceApp) bool { return a.ID == id })
	switch {
	case i < 0:
		return nil, http.StatusNotFound
	case by != client{t.apps[i].ClientID, t.apps[i].ClientSecret}:
		return nil, http.StatusUnauthorized
	case !slices.Contains(t.apps[i].Organizations, organization):
		return nil, http.StatusForbidden
	}
	token := t.add(t.apps[i].tokenSpec(organization), o, now)
	g := t.refresh[token.Refresh]
	return appendTokens(nil, g.latest, token.Refresh, g.refreshExpires, now), http.StatusOK
}

// appendTokens is the answer of both endpoints that issue tokens.
func appendTokens(b []byte, a *access, refresh string, refreshExpires, now time.Time) []byte {
	b = append(b, `{"access_token":`...)
	b = appendString(b, a.value)
	b = append(b, `,"expires_in":`...)
	b = strconv.AppendInt(b, int64(a.expires.Sub(now)/time.Second), 10)
	b = appendMember(b, "refresh_token", refresh)
	b = append(b, `,"refresh_token_expires_in":`...)
	b = strconv.AppendInt(b, int64(refreshExpires.Sub(now)/time.Second), 10)
	return append(b, `,"token_type":"Bearer"}`...)
}
