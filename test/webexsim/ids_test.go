package webexsim

import (
	"net/http"
	"strings"
	"testing"
)

// A bare UUID stands for the identifier that it is in, wherever a request names one.
func TestBareUUIDs(t *testing.T) {
	t.Parallel()
	spec := assignOrganization()
	spec.Workspaces = []WorkspaceSpec{{Location: 0}, {Location: 1}}
	spec.People.(PeopleList)[3].Location = 1
	const role = "0a3f5c9e-7a51-4c1f-9d55-3a0f7b7e1c02"
	spec.Roles = []RoleSpec{{Key: role, Name: "Full Administrator"}}
	spec.People.(PeopleList)[2].Roles = []string{role}
	s, org := start(t, Options{Now: noon}, spec)
	s.IssueToken(TokenSpec{Organization: StandardUUID, Access: "w", Scopes: []string{ScopePeopleWrite, ScopeAudit}})
	suite, err := org.license("Webex Meetings Suite")
	if err != nil {
		t.Fatal(err)
	}
	if a, _ := patch(t, s, org, bareUUID(org.PersonID(1)), "+Webex Meetings Suite"); a.status != http.StatusOK {
		t.Errorf("assigning: %d %s", a.status, a.body)
	}
	body := `{"personId": "` + org.PersonID(1) + `", "licenses": [{"id": "` + suite.uuid + `", "operation": "remove"}]}`
	if a := callAPI(t, s, http.MethodPatch, "w", "/licenses/users", body); a.status != http.StatusOK || strings.Contains(a.body, suite.id) {
		t.Errorf("taking: %d %s", a.status, a.body)
	}

	for _, c := range []struct{ token, path, id, uuid string }{
		{"t", "/organizations/*", org.ID(), org.UUID()},
		{"t", "/licenses?orgId=*", org.ID(), org.UUID()},
		{"t", "/licenses/*", suite.id, suite.uuid},
		{"t", "/people/*", org.PersonID(2), ""},
		{"t", "/people?id=*", org.PersonID(2), ""},
		{"t", "/people?locationId=*&callingData=true", org.LocationID("There"), ""},
		{"t", "/people?roles=*", EncodeID(kindRole, role), role},
		{"t", "/roles/*", EncodeID(kindRole, role), role},
		{"t", "/locations/*", org.LocationID("There"), ""},
		{"t", "/locations?id=*", org.LocationID("There"), ""},
		{"t", "/workspaces/*", org.workspaces[1].id, ""},
		{"t", "/workspaces?locationId=*", org.LocationID("There"), ""},
		{"w", "/adminAudit/events?orgId=" + org.ID() + "&from=2026-01-01T00:00:00Z&to=2026-12-31T00:00:00Z&actorId=*", org.auditActor().id, bareUUID(org.PersonID(0))},
	} {
		if c.uuid == "" {
			c.uuid = bareUUID(c.id)
		}
		full := get(t, s, c.token, strings.Replace(c.path, "*", c.id, 1))
		bare := get(t, s, c.token, strings.Replace(c.path, "*", c.uuid, 1))
		none := get(t, s, c.token, strings.Replace(c.path, "*", "00000000-0000-4000-8000-000000000000", 1))
		if full.status != http.StatusOK || bare.body != full.body {
			t.Errorf("%s: %d %s, by UUID %d %s", c.path, full.status, full.body, bare.status, bare.body)
		}
		if none.status == http.StatusOK && none.body == full.body {
			t.Errorf("%s: the identifier decides nothing", c.path)
		}
	}
}

// A single person says what the name at the login is; lists do not.
func TestUserName(t *testing.T) {
	t.Parallel()
	s, org := start(t, Options{}, assignOrganization())
	person := get(t, s, "t", "/people/"+org.PersonID(1))
	listed := get(t, s, "t", "/people").items(t)[1]
	email := listed["emails"].([]any)[0].(string)
	if !strings.Contains(person.body, `"userName":"`+email+`"`) || listed["userName"] != nil {
		t.Errorf("%s has the address %s", person.body, email)
	}
}
