package webexsim

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// route is one endpoint of the API. A path segment "{id}" fits anything.
type route struct {
	method, path string
	scopes       []string // one of them is needed; none means no token at all
	handle       func(*call) error

	roles      []string // the owner needs one of them; none means any role of an administrator
	partner    bool     // the token's owner has to be an administrator of a partner
	anyRole    bool     // the token's owner need not be an administrator
	anywhere   bool     // the handler finds the organization by itself
	body       bool     // has a JSON body, which is read first: it names the organization
	commercial bool     // the government cloud does not have it
}

var routes = []route{
	{method: http.MethodGet, path: "/authorize", handle: (*call).getAuthorize},
	{method: http.MethodPost, path: "/authorize", handle: (*call).postAuthorize},
	{method: http.MethodPost, path: "/access_token", handle: (*call).postAccessToken},
	{method: http.MethodPost, path: "/applications/{id}/token", scopes: []string{ScopeApplicationsToken}, handle: (*call).postApplicationToken, anyRole: true, anywhere: true, body: true, commercial: true},
	{method: http.MethodGet, path: "/organizations", scopes: []string{ScopeOrganizations}, handle: (*call).listOrganizations},
	{method: http.MethodGet, path: "/organizations/{id}", scopes: []string{ScopeOrganizations}, handle: (*call).getOrganization},
	{method: http.MethodGet, path: "/partner/tags/organizations", scopes: []string{ScopeOrganizations}, handle: (*call).listTaggedOrganizations, partner: true, anywhere: true},
	{method: http.MethodGet, path: "/roles", scopes: []string{ScopeRoles}, handle: (*call).listRoles},
	{method: http.MethodGet, path: "/roles/{id}", scopes: []string{ScopeRoles}, handle: (*call).getRole},
	{method: http.MethodGet, path: "/licenses", scopes: []string{ScopeLicenses}, handle: (*call).listLicenses},
	{method: http.MethodGet, path: "/licenses/{id}", scopes: []string{ScopeLicenses}, handle: (*call).getLicense},
	{method: http.MethodPatch, path: "/licenses/users", scopes: []string{ScopePeopleWrite}, handle: (*call).patchLicenseUsers, roles: []string{roleFullAdmin, roleUserAdmin}, anywhere: true, body: true},
	{method: http.MethodGet, path: "/people", scopes: []string{ScopePeople}, handle: (*call).listPeople},
	{method: http.MethodGet, path: "/people/me", scopes: []string{ScopePeople, ScopePeopleOwn}, handle: (*call).getMe, anyRole: true, anywhere: true},
	{method: http.MethodGet, path: "/people/{id}", scopes: []string{ScopePeople}, handle: (*call).getPerson},
	{method: http.MethodGet, path: "/locations", scopes: []string{ScopeLocations, ScopePeople, ScopeDevices}, handle: (*call).listLocations},
	{method: http.MethodGet, path: "/locations/{id}", scopes: []string{ScopeLocations, ScopePeople, ScopeDevices}, handle: (*call).getLocation},
	{method: http.MethodGet, path: "/workspaces", scopes: []string{ScopeWorkspaces}, handle: (*call).listWorkspaces},
	{method: http.MethodGet, path: "/workspaces/{id}", scopes: []string{ScopeWorkspaces}, handle: (*call).getWorkspace},
	{method: http.MethodGet, path: "/groups", scopes: []string{ScopeGroups}, handle: (*call).listGroups},
	{method: http.MethodGet, path: "/groups/{id}/members", scopes: []string{ScopeGroups}, handle: (*call).listGroupMembers},
	{method: http.MethodGet, path: "/adminAudit/events", scopes: []string{ScopeAudit}, handle: (*call).listAuditEvents, roles: []string{roleFullAdmin}},
	{method: http.MethodGet, path: "/adminAudit/eventCategories", scopes: []string{ScopeAudit}, handle: (*call).listAuditCategories, roles: []string{roleFullAdmin}},
}

// operation is the name of a route in counts and rules.
func (r *route) operation() string { return r.method + " " + r.path }

func knownOperation(name string) bool {
	return slices.ContainsFunc(routes, func(r route) bool { return r.operation() == name })
}

func errOperation(name string) error {
	return fmt.Errorf(`%q is none of the API; want a method and a path such as "GET /people/{id}"`, name)
}

// findRoute finds the endpoint of a request. Without one it tells whether another
// method would do.
func findRoute(method, path string, government bool) (found *route, id string, otherMethod bool) {
	for i := range routes {
		r := &routes[i]
		if government && r.commercial {
			continue
		}
		value, ok := matchPath(r.path, path)
		if !ok {
			continue
		}
		if r.method == method {
			return r, value, false
		}
		otherMethod = true
	}
	return nil, "", otherMethod
}

func matchPath(pattern, path string) (id string, ok bool) {
	before, after, withID := strings.Cut(pattern, "{id}")
	if !withID {
		return "", path == pattern
	}
	if !strings.HasPrefix(path, before) {
		return "", false
	}
	id, ok = strings.CutSuffix(path[len(before):], after)
	return id, ok && id != "" && !strings.Contains(id, "/")
}
