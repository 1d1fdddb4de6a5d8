package webexsim

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
)

type taggedOrganization struct {
	OrgName, OrgID string
	Tags           []string
}

// walkTags follows next links and returns the names, and each page's number of them.
func walkTags(t *testing.T, s *Server, access, query string) (names []string, pages []int) {
	t.Helper()
	for path := "/partner/tags/organizations?" + query; path != ""; {
		a := get(t, s, access, path)
		var page []taggedOrganization
		if err := json.Unmarshal([]byte(a.body), &page); err != nil || a.status != 200 {
			t.Fatalf("%s: %d %s", path, a.status, a.body)
		}
		for _, o := range page {
			names = append(names, o.OrgName)
		}
		pages, path = append(pages, len(page)), a.next()
	}
	return names, pages
}

func TestTags(t *testing.T) {
	t.Parallel()
	s, _ := start(t, Options{}, OverAssignedOrganization())
	p := s.AddPartner(PartnerSpec{Customers: 4, Token: TokenSpec{Access: "p"}})
	other := s.AddPartner(PartnerSpec{UUID: StandardUUID, Organizations: p.Customers, Token: TokenSpec{Access: "other", Owner: "other"}})
	s.SetTags(p.Organization, p.Customers[0], "gold", "emea")
	s.SetTags(p.Organization, p.Customers[1], "silver", "emea")
	s.SetTags(p.Organization, p.Customers[2], "bronze")
	s.SetTags(other.Organization, p.Customers[3], "gold")
	for query, want := range map[string][]string{
		"tags=gold": {"Customer 0001"}, "tags=emea": {"Customer 0001", "Customer 0002"}, "tags=gold,bronze": {"Customer 0001", "Customer 0003"},
		"tags=gold,emea": {"Customer 0001", "Customer 0002"}, "tags=none": nil, "tags=Gold": nil,
	} {
		if got, _ := walkTags(t, s, "p", query); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	if got, _ := walkTags(t, s, "other", "tags=gold,emea"); !slices.Equal(got, []string{"Customer 0004"}) {
		t.Errorf("another partner gets %q", got)
	}
	a := get(t, s, "p", "/partner/tags/organizations?tags=silver")
	want := fmt.Sprintf(`[{"orgName":"Customer 0002","orgId":%q,"tags":["silver","emea"]}]`, EncodeID(kindOrganization, p.Customers[1]))
	if a.body != want {
		t.Errorf("%s, want %s", a.body, want)
	}
	s.RestrictPartner(p.Owner, p.Customers[1])
	if got, _ := walkTags(t, s, "p", "tags=emea"); !slices.Equal(got, []string{"Customer 0002"}) {
		t.Errorf("a restricted administrator gets %q", got)
	}
	s.UnrestrictPartner(p.Owner)
	s.SetTags(p.Organization, p.Customers[0])
	if got, _ := walkTags(t, s, "p", "tags=gold,emea"); !slices.Equal(got, []string{"Customer 0002"}) {
		t.Errorf("without its tags: %q", got)
	}
}

func TestTagPages(t *testing.T) {
	t.Parallel()
	s, _ := start(t, Options{}, OverAssignedOrganization())
	p := s.AddPartner(PartnerSpec{Customers: 230, Token: TokenSpec{Access: "p"}})
	for _, customer := range p.Customers {
		s.SetTags(p.Organization, customer, "all")
	}
	for query, want := range map[string][]int{
		"tags=all": {100, 100, 30}, "tags=all&max=100": {100, 100, 30}, "tags=all&max=115": {100, 100, 30}, "tags=all&max=50": {50, 50, 50, 50, 30},
	} {
		names, pages := walkTags(t, s, "p", query)
		if slices.Sort(names); !slices.Equal(pages, want) || len(slices.Compact(names)) != 230 {
			t.Errorf("%s: pages of %v, want %v", query, pages, want)
		}
	}
	s.SetOptions(func(o *Options) { o.OmitTagLinks = true })
	if _, pages := walkTags(t, s, "p", "tags=all"); !slices.Equal(pages, []int{100}) {
		t.Errorf("without links: pages of %v", pages)
	}
}

func TestTagRefusals(t *testing.T) {
	t.Parallel()
	s, _ := start(t, Options{}, OverAssignedOrganization())
	p := s.AddPartner(PartnerSpec{Customers: 1, Token: TokenSpec{Access: "p"}})
	s.SetTags(p.Organization, p.Customers[0], "gold")
	s.IssueToken(TokenSpec{Organization: p.Organization, Access: "scopeless", Partner: true, Scopes: []string{ScopeLicenses}})
	s.IssueToken(TokenSpec{Organization: p.Organization, Access: "no-role", Partner: true, NoRole: true})
	for _, c := range []struct {
		access, query string
		status        int
	}{
		{"p", "?tags=gold", 200},
		{"p", "", 400},
		{"p", "?tags=,", 400},
		{"p", "?tags=gold&max=0", 400},
		{"scopeless", "?tags=gold", 403},
		{"no-role", "?tags=gold", 403},
		{"t", "?tags=gold", 403}, // of no partner
		{"unknown", "?tags=gold", 401},
	} {
		if a := get(t, s, c.access, "/partner/tags/organizations"+c.query); a.status != c.status {
			t.Errorf("%s %s: %d %s, want %d", c.access, c.query, a.status, a.body, c.status)
		}
	}
	s.AddRule(Rule{Operation: operationTags, Status: 403})
	if a := get(t, s, "p", "/partner/tags/organizations?tags=gold"); a.status != 403 {
		t.Errorf("%d, want the rule's 403", a.status)
	}
	defer func() {
		if recover() == nil {
			t.Error("six tags are taken")
		}
	}()
	s.SetTags(p.Organization, p.Customers[0], "a", "b", "c", "d", "e", "f")
}
