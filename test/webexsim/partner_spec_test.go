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

// listed are the names of the organizations that a token sees.
func listed(t *testing.T, s *Server, access string) (names []string) {
	t.Helper()
	a := get(t, s, access, "/organizations")
	if a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for _, o := range a.items(t) {
		names = append(names, o["displayName"].(string))
	}
	return names
}

func TestThousandCustomers(t *testing.T) {
	t.Parallel()
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	p := s.AddPartner(PartnerSpec{Customers: 1000})
	names := listed(t, s, p.Token.Access)
	if len(names) != 1001 || names[0] != "Partner Example" || names[1000] != "Customer 1000" || len(p.Customers) != 1000 {
		t.Errorf("%d organizations, %d customers", len(names), len(p.Customers))
	}
	if slices.Sort(names); len(slices.Compact(names)) != 1001 {
		t.Error("two customers have one name")
	}
	if got := s.Requests(); !reflect.DeepEqual(got, map[string]int{"GET /organizations": 1}) {
		t.Errorf("requests %v", got)
	}
	other := s.AddPartner(PartnerSpec{
		UUID: StandardUUID, Name: "Other", Customers: 2, Organizations: p.Customers[:1], Token: TokenSpec{Owner: "other", WithRefresh: true},
		Customer: func(i int) OrganizationSpec {
			return OrganizationSpec{Name: fmt.Sprint("Named ", i), Licenses: []LicenseSpec{{Name: "Messaging", OfferCode: "MS", Total: 5}}}
		},
	})
	if got, want := listed(t, s, other.Token.Access), []string{"Customer 0001", "Other", "Named 0", "Named 1"}; !reflect.DeepEqual(got, want) {
		t.Errorf("another partner sees %q, want %q", got, want)
	}
	if rows := s.Truth(other.Customers[2]).Licenses; len(rows) != 1 || other.Token.Refresh == "" {
		t.Errorf("licences %v, token %+v", rows, other.Token)
	}
}

// TestOrganizationsOfPartner lets the list change in each way that a partner's list can.
func TestOrganizationsOfPartner(t *testing.T) {
	t.Parallel()
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	p := s.AddPartner(PartnerSpec{Customers: 3, Token: TokenSpec{Access: "p"}})
	s.IssueToken(TokenSpec{Organization: p.Organization, Organizations: p.Customers, Access: "restricted", Owner: "restricted-admin", Partner: true})
	const own, one, two, three = "Partner Example", "Customer 0001", "Customer 0002", "Customer 0003"
	expect := func(when, access string, want ...string) {
		t.Helper()
		if got := listed(t, s, access); !slices.Equal(got, want) {
			t.Errorf("%s: %s sees %q, want %q", when, access, got, want)
		}
	}
	expect("at first", "p", own, one, two, three)
	s.RemoveOrganization(p.Customers[1])
	expect("removed", "p", own, one, three)
	s.RestoreOrganization(p.Customers[1])
	s.RestoreOrganization(p.Customers[1])
	s.RestoreOrganization("unknown")
	expect("back", "p", own, one, three, two)
	s.Organization(p.Customers[1]).Rename(one)
	expect("merged into one name", "p", own, one, three, one)
	s.Organization(p.Customers[1]).Rename(two)

	s.SetOptions(func(o *Options) { o.EmptyOrganizations = true })
	expect("empty", "p")
	s.SetOptions(func(o *Options) { o.EmptyOrganizations = false })

	s.RestrictPartner("restricted-admin", p.Customers[0])
	expect("restricted", "restricted", own, one)
	expect("restricted, the other administrator", "p", own, one, three, two)
	first, third := "/organizations/"+EncodeID(kindOrganization, p.Customers[0]), "/organizations/"+EncodeID(kindOrganization, p.Customers[2])
	if a, b := get(t, s, "restricted", first), get(t, s, "restricted", third); a.status != 200 || b.status != 404 {
		t.Errorf("a restricted administrator gets %d and %d, want 200 and 404", a.status, b.status)
	}
	s.IssueToken(TokenSpec{Organization: p.Organization, Organizations: p.Customers, Access: "later", Owner: "restricted-admin", Partner: true})
	expect("restricted, a later token", "later", own, one)
	s.RestrictPartner("restricted-admin")
	expect("restricted to nothing", "restricted", own)
	s.RemoveCustomer("restricted-admin", p.Customers[2])
	s.UnrestrictPartner("restricted-admin")
	expect("no longer restricted", "restricted", own, one, two)

	s.AddRule(Rule{Organization: p.Customers[2], Owner: p.Owner, Status: 403})
	if a, b := get(t, s, "p", first), get(t, s, "p", third); a.status != 200 || b.status != 403 {
		t.Errorf("403 for one: %d and %d", a.status, b.status)
	}
	expect("403 for one", "p", own, one, three, two)
}

// me is the organization of the person that a token belongs to.
func me(t *testing.T, s *Server, access string) (status int, organization string) {
	t.Helper()
	a := get(t, s, access, "/people/me?orgId="+EncodeID(kindOrganization, OverAssignedUUID))
	var person struct{ OrgID string }
	if err := json.Unmarshal([]byte(a.body), &person); err != nil {
		t.Fatal(err)
	}
	organization, _ = DecodeID(kindOrganization, person.OrgID)
	return a.status, organization
}

func TestMe(t *testing.T) {
	t.Parallel()
	s, _ := start(t, Options{}, OverAssignedOrganization())
	p := s.AddPartner(PartnerSpec{Organizations: []string{OverAssignedUUID}, Token: TokenSpec{Access: "p"}})
	s.IssueToken(TokenSpec{Organization: p.Organization, Access: "person", Scopes: []string{ScopePeopleOwn}, NoRole: true})
	s.IssueToken(TokenSpec{Organization: p.Organization, Access: "blind", Scopes: []string{ScopeOrganizations}})
	s.AddOrganization(OrganizationSpec{UUID: plainOrg, Name: "Plain"})
	s.IssueToken(TokenSpec{Organization: plainOrg, Access: "no-person"})
	for access, want := range map[string]int{"p": 200, "person": 200, "blind": 403, "no-person": 404, "unknown": 401} {
		if status, organization := me(t, s, access); status != want || (status == 200) != (organization == p.Organization) {
			t.Errorf("%s: %d %s, want %d", access, status, organization, want)
		}
	}
	s.AddRule(Rule{Operation: "GET /people/me", Owner: p.Owner, Status: 403})
	if status, _ := me(t, s, "p"); status != 403 {
		t.Errorf("%d, want the rule's 403", status)
	}
	if got := s.Requests()["GET /people/me"]; got != 6 {
		t.Errorf("%d requests, want 6", got)
	}
}

func TestControlOfPartners(t *testing.T) {
	t.Parallel()
	s, _ := start(t, Options{}, OverAssignedOrganization())
	status, body := control(t, s, http.MethodPost, "/partners", `{"customers": 3, "organizations": ["`+OverAssignedUUID+`"], "token": {"access": "p"}}`)
	var p Partner
	if err := json.Unmarshal([]byte(body), &p); err != nil || status != 200 || len(p.Customers) != 4 {
		t.Fatalf("%d %s", status, body)
	}
	first, last := "/organizations/"+p.Customers[0], "/organizations/"+p.Customers[3]
	tags := "/partners/" + p.Organization + "/customers/" + p.Customers[0] + "/tags"
	for _, c := range []struct {
		method, path, body string
		status             int
		want               []string
	}{
		{http.MethodPut, first, `{"name": "Renamed"}`, 204, []string{"Renamed", "Customer 0001", "Customer 0002", "Customer 0003"}},
		{http.MethodDelete, last, "", 204, []string{"Renamed", "Customer 0001", "Customer 0002"}},
		{http.MethodPut, last, `{}`, 204, []string{"Renamed", "Customer 0001", "Customer 0002", "Customer 0003"}},
		{http.MethodPut, "/organizations/unknown", `{}`, 404, nil},
		{http.MethodPut, "/owners/partner-admin/restriction", `{"organizations": ["` + p.Customers[0] + `"]}`, 204, []string{"Renamed"}},
		{http.MethodDelete, "/owners/partner-admin/restriction", "", 204, []string{"Renamed", "Customer 0001", "Customer 0002", "Customer 0003"}},
		{http.MethodPut, tags, `{"tags": ["gold"]}`, 204, nil},
		{http.MethodPut, tags, `{"tags": ["of more than 25 characters"]}`, 400, nil},
		{http.MethodPut, tags, `{"tags": ["a", "b", "c", "d", "e", "f"]}`, 400, nil},
		{http.MethodPut, "/partners/unknown/customers/" + p.Customers[0] + "/tags", `{"tags": []}`, 404, nil},
		{http.MethodPost, "/partners", `{"organizations": ["unknown"]}`, 404, nil},
	} {
		if status, body := control(t, s, c.method, c.path, c.body); status != c.status {
			t.Errorf("%s %s: %d %s, want %d", c.method, c.path, status, body, c.status)
		}
		got := slices.DeleteFunc(listed(t, s, "p"), func(name string) bool { return name == "Partner Example" })
		if c.want != nil && !slices.Equal(got, c.want) {
			t.Errorf("%s %s: the partner sees %q, want %q", c.method, c.path, got, c.want)
		}
	}
	if a := get(t, s, "p", "/partner/tags/organizations?tags=gold"); !strings.Contains(a.body, "Renamed") {
		t.Errorf("%d %s", a.status, a.body)
	}
}
