package webexsim

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

const plainOrg = "44444444-5555-4666-8777-888888888888"

func TestRefusals(t *testing.T) {
	s, _ := start(t, Options{TLS: true}, StandardOrganization())
	s.AddOrganization(OrganizationSpec{UUID: plainOrg, Name: "Other"})
	s.IssueToken(TokenSpec{Organization: StandardUUID, Access: "expired", ExpiresIn: time.Minute})
	s.Advance(time.Minute)
	s.IssueToken(TokenSpec{Organization: StandardUUID, Access: "revoked"})
	s.RevokeToken("revoked")
	s.IssueToken(TokenSpec{Organization: StandardUUID, Access: "few-scopes", Scopes: []string{ScopePeople}})
	s.IssueToken(TokenSpec{Organization: StandardUUID, Access: "no-role", NoRole: true})
	own, other := EncodeID(kindOrganization, StandardUUID), EncodeID(kindOrganization, plainOrg)

	for _, c := range []struct {
		name, token, path string
		status            int
	}{
		{"no token", "", "/licenses", 401},
		{"unknown token", "nonsense", "/licenses", 401},
		{"expired token", "expired", "/licenses", 401},
		{"revoked token", "revoked", "/licenses", 401},
		{"missing scope", "few-scopes", "/licenses", 403},
		{"another scope will do", "few-scopes", "/locations", 200},
		{"missing role", "no-role", "/licenses", 403},
		{"own organization", "t", "/licenses?orgId=" + own, 200},
		{"padded id", "t", "/licenses?orgId=" + base64.StdEncoding.EncodeToString([]byte("ciscospark://us/ORGANIZATION/"+StandardUUID)), 200},
		{"bare id", "t", "/licenses?orgId=" + StandardUUID, 200},
		{"neither", "t", "/licenses?orgId=Standard", 400},
		{"organization out of sight", "t", "/licenses?orgId=" + other, 403},
		{"no such organization", "t", "/licenses?orgId=" + EncodeID(kindOrganization, "none"), 403},
		{"organization", "t", "/organizations/" + own, 200},
		{"organization, padded", "t", "/organizations/" + own + "==", 200},
		{"organization out of sight, by path", "t", "/organizations/" + other, 404},
		{"malformed organization", "t", "/organizations/%21", 400},
		{"unknown path", "t", "/nothing", 404},
		{"path below", "t", "/licenses/a/b", 404},
		{"unknown licence", "t", "/licenses/abc", 404},
		{"unknown role", "t", "/roles/abc", 404},
		{"unknown location", "t", "/locations/abc", 404},
		{"unknown workspace", "t", "/workspaces/" + StandardUUID, 404},
		{"max 0", "t", "/people?max=0", 400},
		{"bad cursor", "t", "/people?cursor=%21", 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := get(t, s, c.token, c.path)
			if a.status != c.status {
				t.Fatalf("status %d, want %d: %s", a.status, c.status, a.body)
			}
			checkReply(t, a)
		})
	}
	r, err := http.NewRequest(http.MethodPut, s.URL()+"/licenses", nil)
	if err != nil {
		t.Fatal(err)
	}
	if a, err := send(s, r); err != nil || a.status != http.StatusMethodNotAllowed {
		t.Errorf("PUT: %v, %v, want status 405", a, err)
	}
}

// checkReply checks what every reply has.
func checkReply(t *testing.T, a answer) {
	t.Helper()
	tracking := a.header.Get("Trackingid")
	if tracking == "" || a.header.Get("Content-Type") != jsonType {
		t.Errorf("headers %v", a.header)
	}
	if a.status < 400 {
		return
	}
	var body struct {
		Message, TrackingID string
		Errors              []struct{ Description string }
	}
	if err := json.Unmarshal([]byte(a.body), &body); err != nil {
		t.Fatal(err)
	}
	if body.TrackingID != tracking || body.Message == "" || len(body.Errors) != 1 || body.Errors[0].Description != body.Message {
		t.Errorf("body %s, tracking id %s", a.body, tracking)
	}
	if a.status == 401 && body.Message != messageUnauthorized {
		t.Errorf("message %q", body.Message)
	}
	prefix := "ROUTER_"
	if a.status == 403 {
		prefix = "ROUTERGW_"
	}
	if !strings.HasPrefix(tracking, prefix) {
		t.Errorf("tracking id %s, want prefix %s", tracking, prefix)
	}
}

func TestSwitches(t *testing.T) {
	s, org := start(t, Options{OmitErrors: true, LowerCaseHeaders: true}, StandardOrganization())
	s.IssueToken(TokenSpec{Organization: StandardUUID, Access: "no-role", NoRole: true})
	if a := get(t, s, "no-role", "/licenses"); strings.Contains(a.body, "errors") || a.header.Get("Trackingid") == "" {
		t.Errorf("403 body %s, headers %v", a.body, a.header)
	}
	first := get(t, s, "t", "/people?max=3").items(t)[0]
	if first["invitePending"] != false || first["loginEnabled"] != true {
		t.Errorf("booleans: %v", first)
	}
	s.SetOptions(func(o *Options) {
		o.StringBooleans, o.EmptyNotFoundIDs, o.OmitWorkspaceLicenses = true, true, true
		o.ItemErrors = &ItemErrors{Every: 2, Fields: []string{"licenses", "locationId"}}
	})
	a := get(t, s, "t", "/people?max=4&callingData=true")
	people := a.items(t)
	if people[0]["invitePending"] != "false" || !strings.Contains(a.body, `"notFoundIds":[]`) {
		t.Errorf("documented forms: %.300s", a.body)
	}
	for i, p := range people {
		failed := i%2 == 1
		if (p["errors"] != nil) != failed || (p["licenses"] == nil) != failed || (i == 1) != (p["locationId"] == nil && i < 2) {
			t.Errorf("person %d: %v", i, p)
		}
	}
	if body := get(t, s, "t", "/workspaces").body; strings.Contains(body, org.LicenseID("Webex Calling - Professional")) {
		t.Errorf("workspaces show licences: %s", body)
	}
}

func TestOrganizationsAndRoles(t *testing.T) {
	s, _ := start(t, Options{}, StandardOrganization())
	s.AddOrganization(TwoSubscriptionOrganization())
	s.AddOrganization(OverAssignedOrganization())
	s.IssueToken(TokenSpec{Organization: StandardUUID, Organizations: []string{OverAssignedUUID}, Access: "partner"})
	if got := get(t, s, "t", "/organizations").items(t); len(got) != 1 || got[0]["displayName"] != "Acme Example" {
		t.Errorf("own organization: %v", got)
	}
	if got := get(t, s, "partner", "/organizations").items(t); len(got) != 2 {
		t.Errorf("organizations of a partner: %v", got)
	}
	if a := get(t, s, "partner", "/licenses?orgId="+EncodeID(kindOrganization, OverAssignedUUID)); len(a.items(t)) != 7 {
		t.Errorf("licences of a customer: %s", a.body)
	}
	if roles := get(t, s, "t", "/roles").items(t); len(roles) == 0 || roles[0]["name"] != "Full Administrator" {
		t.Errorf("roles: %v", roles)
	}
}

func TestLicenseRows(t *testing.T) {
	s, org := start(t, Options{}, StandardOrganization())
	rows := map[string]object{}
	for _, r := range get(t, s, "t", "/licenses").items(t) {
		rows[r["name"].(string)] = r
	}
	routeLists := rows["Webex Calling - Route List Calls"]
	if v, shown := routeLists["consumedByUsers"]; !shown || v != nil {
		t.Errorf("consumers should be null: %v", routeLists)
	}
	if _, shown := rows["Basic Messaging"]["subscriptionId"]; shown {
		t.Error("an included row has a subscription")
	}
	suite := rows["Webex Meetings Suite"]
	if suite["siteUrl"] != "acme.example.webex.com" || suite["siteType"] != controlHubSite {
		t.Errorf("site: %v", suite)
	}
	value, ok := DecodeID(kindLicense, suite["id"].(string))
	if !ok || !strings.HasPrefix(value, StandardUUID+":EE_") || !strings.HasSuffix(value, "_acme.example.webex.com") {
		t.Errorf("the id of a site's row is %q", value)
	}
	if v, _ := DecodeID(kindLicense, rows["Basic Messaging"]["id"].(string)); v != StandardUUID+":FMS_"+uuidBasicMessaging {
		t.Errorf("the id of an included row is %q", v)
	}
	for form, want := range map[Form]string{
		FormNumber: `"totalUnits":5,`, FormDecimal: `"totalUnits":5.0,`, FormString: `"totalUnits":"5",`,
		FormNull: `"totalUnits":null,`, FormAbsent: `"name":"Webex Room Kit","consumedByUsers"`,
	} {
		if err := org.SetLicense("Webex Room Kit", func(l *LicenseSpec) { l.Units = form }); err != nil {
			t.Fatal(err)
		}
		if a := get(t, s, "t", "/licenses/"+org.LicenseID("Webex Room Kit")+"="); !strings.Contains(a.body, want) {
			t.Errorf("form %q: %s", form, a.body)
		}
	}
}

func TestLicenseUsers(t *testing.T) {
	s, org := start(t, Options{}, OverAssignedOrganization())
	seen := map[any]string{}
	pages := 0
	for path := "/licenses/" + org.LicenseID("Webex Meetings Suite") + "?includeAssignedTo=user&limit=4"; path != ""; pages++ {
		a := get(t, s, "t", path)
		var row struct {
			ConsumedByUsers int
			Users           []object
		}
		if err := json.Unmarshal([]byte(a.body), &row); err != nil || row.ConsumedByUsers != 23 {
			t.Fatalf("%v: %s", err, a.body)
		}
		for _, u := range row.Users {
			seen[u["id"]] = u["type"].(string)
		}
		path = a.next()
	}
	external := 0
	for _, kind := range seen {
		if kind == "EXTERNAL" {
			external++
		}
	}
	if pages != 6 || len(seen) != 23 || external != 5 {
		t.Errorf("%d users, %d external, on %d pages; want 23, 5 and 6", len(seen), external, pages)
	}
}
