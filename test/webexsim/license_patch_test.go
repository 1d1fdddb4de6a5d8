package webexsim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// assignOrganization has a licence of each kind that the rules of assignment know.
func assignOrganization() OrganizationSpec {
	named := func(name, offer string) LicenseSpec {
		return LicenseSpec{Name: name, OfferCode: offer, Total: 5, Subscription: "Sub1"}
	}
	suite := named("Webex Meetings Suite", "EE")
	suite.SiteURL = "site.example.webex.com"
	second := named("Webex Calling - Professional", "BCSTD")
	second.Key = "second"
	licenses := []LicenseSpec{
		named("Webex Calling - Professional", "BCSTD"), second, named("Webex Calling - Standard", "BCBAS"),
		named("Webex Calling - Attendant Console", "BCATT"), named("Customer Experience - Essential", "CXE"),
		named("Messenger", "IM"), named("Advanced Messaging", "MS"), named("Advanced Space Meetings", "CF"), suite,
	}
	people := make(PeopleList, 6)
	for i := range people {
		people[i].Location = NoLocation
	}
	return OrganizationSpec{
		UUID: StandardUUID, Name: "Assign", Licenses: append(licenses, freeLicenses()...), People: people,
		Locations: []LocationSpec{{Name: "Here"}, {Name: "There"}},
		Groups:    []GroupSpec{{Name: "Inner", Members: []int{1}}, {Name: "Outer", Members: []int{0, 2}, Groups: []string{"Inner"}}},
	}
}

// assignBody is a request in short: "+name" adds, "-name" removes, with properties behind "|".
func assignBody(t *testing.T, org *Organization, person string, changes ...string) string {
	t.Helper()
	list := []object{}
	for _, change := range changes {
		name, properties, _ := strings.Cut(change[1:], "|")
		entry := object{"id": org.LicenseID(name)}
		if change[0] == '-' {
			entry["operation"] = "remove"
		}
		if properties != "" {
			entry["properties"] = json.RawMessage(properties)
		}
		list = append(list, entry)
	}
	body, err := json.Marshal(object{"personId": person, "orgId": org.ID(), "licenses": list})
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// patch sends such a request.
func patch(t *testing.T, s *Server, org *Organization, person string, changes ...string) (answer, object) {
	t.Helper()
	a := callAPI(t, s, http.MethodPatch, "w", "/licenses/users", assignBody(t, org, person, changes...))
	var reply object
	if err := json.Unmarshal([]byte(a.body), &reply); err != nil {
		t.Fatalf("%s: %v", a.body, err)
	}
	return a, reply
}

func startAssign(t *testing.T, o Options) (*Server, *Organization) {
	t.Helper()
	s, org := start(t, o, assignOrganization())
	s.IssueToken(TokenSpec{Organization: StandardUUID, Access: "w", Scopes: []string{ScopePeopleWrite, ScopeAudit}})
	return s, org
}

func TestAssign(t *testing.T) {
	t.Parallel()
	s, org := startAssign(t, Options{})
	person := org.PersonID(1)
	here, there := org.LocationID("Here"), org.LocationID("There")
	free := []string{"+Basic Messaging", "+Basic Space Meetings", "+Free screen share", "+Call on Webex (1:1 call, non-PSTN)"}
	holds := func() (names []string, location string) {
		var held struct {
			Licenses   []string
			LocationID string
		}
		if err := json.Unmarshal([]byte(get(t, s, "t", "/people/"+person+"?callingData=true").body), &held); err != nil {
			t.Fatal(err)
		}
		for _, id := range held.Licenses {
			names = append(names, org.Truth().License(id).Key)
		}
		slices.Sort(names)
		return names, held.LocationID
	}
	for _, step := range []struct {
		name     string
		changes  []string
		want     []string
		location string
	}{
		{"free ones", free, []string{"Basic Messaging", "Basic Space Meetings", "Call on Webex (1:1 call, non-PSTN)", "Free screen share"}, ""},
		{"paid and free", []string{"+Advanced Messaging", "+Webex Meetings Suite"}, nil, ""},
		{"calling by extension", []string{`+Webex Calling - Professional|{"locationId":"` + here + `","extension":"133"}`}, nil, here},
		{"again elsewhere", []string{`+Webex Calling - Professional|{"locationId":"` + there + `","extension":"133"}`}, nil, there},
		{"what is held already", []string{"+Webex Calling - Professional", "+Advanced Messaging"}, nil, there},
		{"attendant", []string{"+Webex Calling - Attendant Console"}, nil, there},
		{
			"all that costs",
			[]string{"-Webex Calling - Professional", "-Webex Calling - Attendant Console", "-Advanced Messaging", "-Webex Meetings Suite"},
			[]string{"Basic Messaging", "Basic Space Meetings", "Call on Webex (1:1 call, non-PSTN)", "Free screen share"},
			"",
		},
		{"calling by number", []string{`+Webex Calling - Professional|{"phoneNumber":"+15550001111"}`}, nil, here},
		{"upgrade", []string{"-Webex Calling - Professional", `+second|{"phoneNumber":"+15550001111"}`}, nil, here},
	} {
		a, reply := patch(t, s, org, person, step.changes...)
		names, location := holds()
		if a.status != 200 || location != step.location || (step.want != nil && !reflect.DeepEqual(names, step.want)) {
			t.Errorf("%s: %d %s; holds %v at %q, want %v at %q", step.name, a.status, a.body, names, location, step.want, step.location)
		}
		if len(reply["licenses"].([]any)) != len(names) || reply["personId"] != person || reply["orgId"] != org.ID() || reply["email"] == "" {
			t.Errorf("%s: the answer is %s", step.name, a.body)
		}
		checkTruth(t, s, StandardUUID)
	}
	if got := org.Truth().License("second"); got.Consumed != 1 || got.At("Here") != 1 {
		t.Errorf("in the end %+v", got)
	}
}

func TestAssignRefusals(t *testing.T) {
	t.Parallel()
	const calling = `|{"phoneNumber":"+15550001111"}`
	for name, c := range map[string]struct {
		before, changes []string
		code            float64
	}{
		"unknown location":        {nil, []string{`+Webex Calling - Professional|{"locationId":"x","extension":"1"}`}, 400},
		"unknown licence":         {nil, []string{"+nothing"}, 0},
		"no properties":           {nil, []string{"+Webex Calling - Professional"}, 400411},
		"location only":           {nil, []string{`+Webex Calling - Professional|{"locationId":"HERE"}`}, 400411},
		"extension only":          {nil, []string{`+Webex Calling - Professional|{"extension":"1"}`}, 400411},
		"downgrade":               {[]string{"Webex Calling - Professional"}, []string{"-Webex Calling - Professional", "+Webex Calling - Standard" + calling}, 400112},
		"messenger":               {nil, []string{"+Messenger"}, 400118},
		"professional, standard":  {nil, []string{"+Webex Calling - Professional" + calling, "+Webex Calling - Standard" + calling}, 400404},
		"standard too":            {[]string{"Webex Calling - Professional"}, []string{"+Webex Calling - Standard" + calling}, 400404},
		"standard, attendant":     {nil, []string{"+Webex Calling - Standard" + calling, "+Webex Calling - Attendant Console"}, 400406},
		"standard, CX":            {nil, []string{"+Webex Calling - Standard" + calling, "+Customer Experience - Essential"}, 400407},
		"attendant alone":         {nil, []string{"+Webex Calling - Attendant Console"}, 400408},
		"attendant left over":     {[]string{"Webex Calling - Professional", "Webex Calling - Attendant Console"}, []string{"-Webex Calling - Professional"}, 400408},
		"CX to standard":          {[]string{"Customer Experience - Essential"}, []string{"-Customer Experience - Essential", "+Webex Calling - Standard" + calling}, 400410},
		"two of one offer":        {[]string{"Webex Calling - Professional"}, []string{"+second" + calling}, 400413},
		"paid messaging":          {nil, []string{"+Advanced Messaging"}, 700003},
		"free messaging is used":  {[]string{"Basic Messaging", "Advanced Messaging"}, []string{"-Basic Messaging"}, 700003},
		"paid meeting":            {[]string{"Basic Messaging"}, []string{"+Advanced Space Meetings"}, 700004},
		"meeting, no messaging":   {nil, []string{"+Basic Space Meetings"}, 700005},
		"screen share":            {[]string{"Free screen share"}, []string{"-Free screen share"}, 700006},
		"the rest is not changed": {nil, []string{"+Webex Meetings Suite", "+Messenger"}, 400118},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, org := startAssign(t, Options{})
			if err := org.ChangeLicenses(1, c.before, nil); err != nil {
				t.Fatal(err)
			}
			truth := org.Truth()
			for i := range c.changes {
				c.changes[i] = strings.ReplaceAll(c.changes[i], "HERE", org.LocationID("Here"))
			}
			a, reply := patch(t, s, org, org.PersonID(1), c.changes...)
			if a.status != 400 || reply["trackingId"] != a.header.Get("Trackingid") || !reflect.DeepEqual(org.Truth(), truth) {
				t.Errorf("%d %s", a.status, a.body)
			}
			if c.code == 0 { // the id was empty: refused before the codes
				return
			}
			first := reply["errors"].([]any)[0].(object)
			if first["errorCode"] != c.code || strings.Contains(first["description"].(string), "%") || !strings.HasPrefix(reply["trackingId"].(string), "NA_") {
				t.Errorf("%s, want code %v", a.body, c.code)
			}
		})
	}
}

func TestAssignRequests(t *testing.T) {
	t.Parallel()
	s, org := startAssign(t, Options{})
	s.AddOrganization(OverAssignedOrganization())
	s.IssueToken(TokenSpec{Organization: StandardUUID, Access: "readonly", Scopes: []string{ScopePeopleWrite}, Roles: []string{"id_readonly_admin"}})
	suite, site := org.LicenseID("Webex Meetings Suite"), "site.example.webex.com"
	person := org.PersonID(2)
	email := get(t, s, "t", "/people?max=3").items(t)[2]["emails"].([]any)[0].(string)
	for _, c := range []struct {
		name, token, body string
		status            int
		want              string
	}{
		{"no token", "", `{}`, 401, ""},
		{"missing scope", "t", `{}`, 403, ""},
		{"wrong role", "readonly", `{}`, 403, ""},
		{"no JSON", "w", `x`, 400, ""},
		{"no person", "w", `{"licenses":[]}`, 400, ""},
		{"no licence id", "w", `{"email":"x@y","licenses":[{}]}`, 400, ""},
		{"wrong operation", "w", `{"email":"x@y","licenses":[{"id":"x","operation":"give"}]}`, 400, ""},
		{"host account", "w", `{"email":"x@y","siteUrls":[{"siteUrl":"x","accountType":"host"}]}`, 400, ""},
		{"organization by name", "w", `{"personId":"x","orgId":"Standard"}`, 400, ""},
		{"another organization", "w", `{"personId":"x","orgId":"` + EncodeID(kindOrganization, OverAssignedUUID) + `"}`, 403, ""},
		{"unknown person", "w", `{"personId":"x"}`, 404, ""},
		{"unknown licence", "w", `{"personId":"` + person + `","licenses":[{"id":"bm9uZQ"}]}`, 400, `"errorCode":400000`},
		{"unknown site", "w", `{"personId":"` + person + `","siteUrls":[{"siteUrl":"x","accountType":"attendee"}]}`, 400, `"errorCode":400216`},
		{"by mail address", "w", `{"email":"` + strings.ToUpper(email) + `","licenses":[{"id":"` + suite + `"}]}`, 200, suite},
		{"attendee", "w", `{"personId":"` + person + `","siteUrls":[{"siteUrl":"` + site + `","accountType":"ATTENDEE"}]}`, 200, `"accountType":"attendee"`},
		{"no attendee", "w", `{"personId":"` + person + `","siteUrls":[{"siteUrl":"` + site + `","accountType":"attendee","operation":"remove"}]}`, 200, `"accountType":"host"`},
		{"outsider", "w", `{"email":"out@elsewhere.example","licenses":[{"id":"` + suite + `"}]}`, 200, `"pendingLicenses":["` + suite + `"]`},
		{"outsider, no meeting", "w", `{"email":"none@elsewhere.example","licenses":[{"id":"` + org.LicenseID("Messenger") + `"}]}`, 206, `"pendingLicenses":[]`},
		{"outsider, unknown licence", "w", `{"email":"out@elsewhere.example","licenses":[{"id":"bm9uZQ"}]}`, 400, `"errorCode":400000`},
	} {
		a := callAPI(t, s, http.MethodPatch, c.token, "/licenses/users", c.body)
		if a.status != c.status || !strings.Contains(a.body, c.want) {
			t.Errorf("%s: %d %s, want %d and %s", c.name, a.status, a.body, c.status, c.want)
		}
	}
	if got := org.Truth().License("Webex Meetings Suite").Consumed; got != 1 {
		t.Errorf("%d units consumed, want 1: outsiders are pending", got)
	}
	if got := s.OrganizationRequests(OverAssignedUUID); got["PATCH /licenses/users"] != 1 {
		t.Errorf("requests about the organization in the body: %v", got)
	}
}

func TestAssignPartially(t *testing.T) {
	t.Parallel()
	s, org := startAssign(t, Options{NoUnits: NoUnitsPartial})
	if err := org.SetTotal("Webex Meetings Suite", 1); err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct{ status, licenses int }{{200, 2}, {206, 1}, {206, 1}} {
		a, reply := patch(t, s, org, org.PersonID(i), "+Basic Messaging", "+Webex Meetings Suite")
		if held := reply["licenses"].([]any); a.status != want.status || len(held) != want.licenses {
			t.Errorf("person %d: %d %s, want %+v", i, a.status, a.body, want)
		}
	}
	if err := org.SetTotal("Webex Calling - Professional", 0); err != nil {
		t.Fatal(err)
	}
	a, _ := patch(t, s, org, org.PersonID(3), `+Webex Calling - Professional|{"locationId":"`+org.LocationID("There")+`","extension":"1"}`)
	if person := get(t, s, "t", "/people/"+org.PersonID(3)+"?callingData=true"); a.status != 206 || strings.Contains(person.body, "locationId") {
		t.Errorf("%d, and the person who got no licence is %s", a.status, person.body)
	}
	s.SetOptions(func(o *Options) { o.NoUnits = NoUnitsAssign })
	if a, _ := patch(t, s, org, org.PersonID(1), "+Webex Meetings Suite"); a.status != 200 {
		t.Errorf("over-assignment: %d %s", a.status, a.body)
	}
	if got := org.Truth().License("Webex Meetings Suite"); got.Available() != -1 {
		t.Errorf("%+v", got)
	}
}

// TestAssignAndLoseAnswer spoils the answer of a change that has happened.
func TestAssignAndLoseAnswer(t *testing.T) {
	t.Parallel()
	s, org := startAssign(t, Options{})
	s.AddRule(Rule{Operation: "PATCH /licenses/users", Status: 504, AfterService: true})
	a, _ := patch(t, s, org, org.PersonID(0), "+Webex Meetings Suite")
	if got := org.Truth().License("Webex Meetings Suite").Consumed; a.status != 504 || got != 1 {
		t.Errorf("status %d, %d units", a.status, got)
	}
	s.ClearRules()
	s.AddRule(Rule{Operation: "PATCH /licenses/users", Status: 504})
	a, _ = patch(t, s, org, org.PersonID(1), "+Webex Meetings Suite")
	if got := org.Truth().License("Webex Meetings Suite").Consumed; a.status != 504 || got != 1 {
		t.Errorf("status %d, %d units: %s", a.status, got, fmt.Sprint(a))
	}
}
