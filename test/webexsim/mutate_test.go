package webexsim

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// steps change an organization in every way. The truth must follow each time.
var steps = []struct {
	name   string
	change func(o *Organization) error
	want   func(t Truth) bool
}{
	{
		"total", func(o *Organization) error { return o.SetTotal("Webex Calling - Professional", 7) },
		func(t Truth) bool { return t.License("Webex Calling - Professional").Total == 7 },
	},
	{
		"assign", func(o *Organization) error { return o.AssignLicense(20, "Advanced Messaging") },
		func(t Truth) bool {
			return t.License("Advanced Messaging").Consumed == 2 && t.License("Advanced Messaging").WithoutLocation == 1
		},
	},
	{
		"assign again", func(o *Organization) error { return o.AssignLicense(20, "Advanced Messaging") },
		func(t Truth) bool { return t.License("Advanced Messaging").Consumed == 2 },
	},
	{
		"move", func(o *Organization) error { return o.MovePerson(20, "Austin Lab") },
		func(t Truth) bool {
			return t.License("Advanced Messaging").At("Austin Lab") == 1 && t.License("Advanced Messaging").WithoutLocation == 0
		},
	},
	{
		"take", func(o *Organization) error { return o.RemoveLicense(0, "Advanced Messaging") },
		func(t Truth) bool { return t.License("Advanced Messaging").Consumed == 1 },
	},
	{
		"external users", func(o *Organization) error { return o.SetExternalUsers("Webex Meetings Suite", 4) },
		func(t Truth) bool {
			return t.License("Webex Meetings Suite").Consumed == 7 && t.License("Webex Meetings Suite").Residual == 4
		},
	},
	{
		"rename licence", func(o *Organization) error { return o.RenameLicense("Webex Room Kit", `Room "Kit" \ é`) },
		func(t Truth) bool { return t.License("Webex Room Kit").Name == `Room "Kit" \ é` },
	},
	{
		"rename location", func(o *Organization) error { return o.RenameLocation("Austin Lab", "Austin\n2") },
		func(t Truth) bool { return t.License("Advanced Messaging").At("Austin\n2") == 1 },
	},
	{
		"drop licence", func(o *Organization) error { return o.DropLicense("Webex Calling - Workspaces") },
		func(t Truth) bool { return len(t.Licenses) == 20 },
	},
	{
		"restore", func(o *Organization) error { o.RestoreLicenses(); return nil },
		func(t Truth) bool { return len(t.Licenses) == 21 },
	},
	{"add person", func(o *Organization) error {
		_, err := o.AddPerson(Person{FirstName: `A "quoted"`, LastName: "Name", Location: 1, Licenses: []int{0, 13}})
		return err
	}, func(t Truth) bool {
		return t.People == 45 && t.License("Webex Calling - Professional").At("Chicago Branch") == 2 && t.License("Basic Messaging").Total == 45
	}},
	{"add bot", func(o *Organization) error {
		_, err := o.AddPerson(Person{Type: TypeBot, Location: NoLocation, Licenses: []int{13}})
		return err
	}, func(t Truth) bool { return t.People == 46 && t.License("Basic Messaging").Residual == 1 }},
	{
		"remove person", func(o *Organization) error { return o.RemovePerson(1) },
		func(t Truth) bool {
			return t.People == 45 && t.License("Webex Calling - Professional").At("Chicago Branch") == 1
		},
	},
	{
		"remove added person", func(o *Organization) error { return o.RemovePerson(44) },
		func(t Truth) bool {
			return t.People == 44 && t.License("Webex Calling - Professional").At("Chicago Branch") == 0
		},
	},
	{
		"add location", func(o *Organization) error { o.AddLocation(LocationSpec{Name: "New"}); return o.MovePerson(0, "New") },
		func(t Truth) bool { return t.License("Webex Calling - Professional").At("New") == 1 },
	},
	{"add workspace", func(o *Organization) error {
		_, err := o.AddWorkspace(WorkspaceSpec{Location: 3, Licenses: []int{1}})
		return err
	}, func(t Truth) bool { return t.License("Webex Calling - Workspaces").At("New") == 1 }},
	{"add licence", func(o *Organization) error {
		o.AddLicense(LicenseSpec{Name: "New", OfferCode: "NEW", Total: 3})
		return o.AssignLicense(3, "New")
	}, func(t Truth) bool { return t.License("New").Consumed == 1 }},
	{"person", func(o *Organization) error {
		return o.SetPerson(3, func(p *Person) { p.InvitePending, p.Location = true, 0 })
	}, func(t Truth) bool { return t.License("New").At("San Jose HQ") == 1 }},
	{
		"no licences", func(o *Organization) error { o.RemoveAllLicenses(); return nil },
		func(t Truth) bool { return len(t.Licenses) == 0 },
	},
	{
		"licences again", func(o *Organization) error { o.RestoreLicenses(); return nil },
		func(t Truth) bool { return len(t.Licenses) == 22 },
	},
}

func TestMutators(t *testing.T) {
	s, org := start(t, Options{}, StandardOrganization())
	for _, step := range steps {
		if err := step.change(org); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if truth := org.Truth(); !step.want(truth) {
			t.Errorf("%s: %+v", step.name, truth)
		}
		if len(org.Truth().Licenses) > 20 { // the walk needs the rows to compare with
			checkTruth(t, s, StandardUUID)
		}
	}
	for name, err := range map[string]error{
		"licence":           org.SetTotal("none", 1),
		"person":            org.AssignLicense(999, "Advanced Messaging"),
		"removed person":    org.AssignLicense(1, "Advanced Messaging"),
		"person's licence":  org.AssignLicense(0, "none"),
		"person's location": org.MovePerson(0, "none"),
		"location":          org.RenameLocation("none", "x"),
		"bad person":        org.SetPerson(0, func(p *Person) { p.Licenses = []int{99} }),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// control calls the control endpoint.
func control(t *testing.T, s *Server, method, path, body string) (int, string) {
	t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r, err := http.NewRequest(method, s.ControlURL()+path, reader)
	if err != nil {
		t.Fatal(err)
	}
	a, err := send(s, r)
	if err != nil {
		t.Fatal(err)
	}
	return a.status, a.body
}

func TestControl(t *testing.T) {
	s, org := start(t, Options{TLS: true}, StandardOrganization())
	const base = "/organizations/" + StandardUUID
	row := func(name string) LicenseTruth { return org.Truth().License(name) }
	for _, c := range []struct {
		method, path, body string
		status             int
		want               func(body string) bool
	}{
		{"GET", "/organizations", "", 200, func(b string) bool { return strings.Contains(b, `"people": 44`) }},
		{"GET", "/truth/" + StandardUUID, "", 200, func(b string) bool {
			var truth Truth
			return json.Unmarshal([]byte(b), &truth) == nil && truth.License("Webex Calling - Professional").Consumed == 3
		}},
		{"GET", "/truth/none", "", 404, nil},
		{"GET", base + "/licenses", "", 200, nil},
		{"GET", base + "/licenses/Webex%20Calling%20-%20Professional", "", 200, func(b string) bool { return strings.Contains(b, `"total": 100`) }},
		{"GET", base + "/licenses/none", "", 404, nil},
		{"PUT", base + "/licenses/Webex%20Calling%20-%20Professional", `{"total": 2}`, 200, func(string) bool { return row("Webex Calling - Professional").Available() == -1 }},
		{"PUT", base + "/licenses/Webex%20Room%20Kit", `{"externalUsers": 2, "units": "string"}`, 200, func(string) bool { return row("Webex Room Kit").Consumed == 2 }},
		{"PUT", base + "/licenses/Webex%20Room%20Kit", `{"totl": 2}`, 400, nil},
		{"PUT", base + "/licenses/none", `{"total": 2}`, 404, nil},
		{"DELETE", base + "/licenses/Webex%20Room%20Kit", "", 204, func(string) bool { return len(org.Truth().Licenses) == 20 }},
		{"DELETE", base + "/licenses", "", 204, func(string) bool { return len(org.Truth().Licenses) == 0 }},
		{"POST", base + "/licenses", "", 204, func(string) bool { return len(org.Truth().Licenses) == 21 }},
		{"POST", base + "/people", `{"location": "Austin Lab", "licenses": ["Basic Messaging"]}`, 200, func(b string) bool {
			return strings.Contains(b, `"index": 44`) && row("Basic Messaging").At("Austin Lab") == 1
		}},
		{"POST", base + "/people", `{"location": "none"}`, 400, nil},
		{"POST", base + "/people/44/licenses", `{"add": ["Advanced Messaging"], "remove": ["Basic Messaging"]}`, 204, func(string) bool {
			return row("Advanced Messaging").At("Austin Lab") == 1 && row("Basic Messaging").At("Austin Lab") == 0
		}},
		{"PUT", base + "/people/44/location", `{"location": ""}`, 204, func(string) bool { return row("Advanced Messaging").WithoutLocation == 1 }},
		{"DELETE", base + "/people/44", "", 204, func(string) bool { return org.People() == 44 }},
		{"DELETE", base + "/people/x", "", 404, nil},
		{"POST", base + "/locations", `{"name": "Annex"}`, 200, func(string) bool { return org.LocationID("Annex") != "" }},
		{"PUT", base + "/locations/Annex", `{"name": "Barn"}`, 204, func(string) bool { return org.LocationID("Barn") != "" }},
		{"POST", "/tokens", `{"organization": "` + StandardUUID + `", "access": "fixed", "expiresIn": "1h"}`, 200, func(string) bool {
			return get(t, s, "fixed", "/licenses").status == 200
		}},
		{"POST", "/clock", `{"advance": "1h"}`, 200, func(string) bool { return get(t, s, "fixed", "/licenses").status == 401 }},
		{"POST", "/tokens", `{"revoke": "t"}`, 204, func(string) bool { return get(t, s, "t", "/licenses").status == 401 }},
		{"POST", "/tokens", `{"organization": "none"}`, 404, nil},
		{"POST", "/rules", `{"id": "mine", "operation": "*", "status": 503, "delay": "1ms"}`, 200, func(string) bool { return get(t, s, "t", "/licenses").status == 503 }},
		{"GET", "/rules", "", 200, func(b string) bool { return strings.Contains(b, `"delay": "1ms"`) }},
		{"DELETE", "/rules/mine", "", 204, func(string) bool { return len(s.Rules()) == 0 }},
		{"POST", "/rules", `{"status": "no number"}`, 400, nil},
		{"DELETE", "/rules", "", 204, nil},
		{"POST", "/latency", `{"latency": "1ms"}`, 204, nil},
		{"POST", "/latency", `{"latency": "x"}`, 400, nil},
		{"POST", "/latency", "", 400, nil},
		{"GET", "/requests", "", 200, func(b string) bool {
			return strings.Contains(b, `"total": 4`) && strings.Contains(b, `"GET /licenses": 4`)
		}},
		{"DELETE", "/requests", "", 204, func(string) bool { return s.TotalRequests() == 0 && len(s.Requests()) == 0 }},
		{"GET", "/nothing", "", 404, nil},
	} {
		status, body := control(t, s, c.method, c.path, c.body)
		if status != c.status || (c.want != nil && !c.want(body)) {
			t.Errorf("%s %s %s: %d %s, want %d", c.method, c.path, c.body, status, body, c.status)
		}
	}
}
