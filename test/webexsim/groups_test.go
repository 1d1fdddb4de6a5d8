package webexsim

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// groupPage is an answer about groups, or about one group.
type groupPage struct {
	TotalResults, StartIndex, ItemsPerPage, MemberSize int
	DisplayName, LastModified                          string
	Groups                                             []groupPage
	Members                                            []struct{ ID, Type, DisplayName string }
}

func getGroups(t *testing.T, s *Server, path string) (page groupPage) {
	t.Helper()
	a := get(t, s, "g", path)
	if err := json.Unmarshal([]byte(a.body), &page); err != nil || a.status != http.StatusOK {
		t.Fatalf("GET %s: %d %s: %v", path, a.status, a.body, err)
	}
	return page
}

func (p *groupPage) names() (names []string) {
	for _, g := range p.Groups {
		names = append(names, g.DisplayName)
	}
	return names
}

func startGroups(t *testing.T, o Options) (*Server, *Organization) {
	t.Helper()
	s, org := start(t, o, TwoSubscriptionOrganization())
	s.IssueToken(TokenSpec{Organization: org.UUID(), Access: "g", Scopes: []string{ScopeGroups}})
	return s, org
}

func TestListGroups(t *testing.T) {
	t.Parallel()
	s, org := startGroups(t, Options{})
	all := []string{"Sales", "Engineering", "Departments", "Interns", "Interns", "New"}
	for _, c := range []struct {
		filter, more string
		want         []string
		total, start int
	}{
		{"", "", all, 6, 1},
		{"", "&count=2", all[:2], 6, 1},
		{"", "&count=2&startIndex=6", all[5:], 6, 6},
		{"", "&startIndex=7", nil, 6, 7},
		{"", "&startIndex=0&count=0", nil, 6, 1},
		{`displayName eq "Sales"`, "", all[:1], 1, 1},
		{`displayname EQ "sales"`, "", all[:1], 1, 1},
		{`displayName eq "Interns"`, "", all[3:5], 2, 1},
		{`displayName sw "D"`, "", all[2:3], 1, 1},
		{`displayName eq "Sal"`, "", nil, 0, 1},
		{`displayName eq "A \"quoted\" name"`, "", nil, 0, 1},
	} {
		page := getGroups(t, s, "/groups?filter="+url.QueryEscape(c.filter)+c.more)
		if !slices.Equal(page.names(), c.want) || page.TotalResults != c.total || page.StartIndex != c.start || page.ItemsPerPage != len(c.want) {
			t.Errorf("%s %s: %+v, want %v of %d", c.filter, c.more, page, c.want, c.total)
		}
	}
	page := getGroups(t, s, "/groups?includeMembers=true")
	if members := page.Groups[0].Members; len(members) != 10 || page.Groups[0].MemberSize != 10 || members[3].ID != org.PersonID(8) || members[3].Type != "user" {
		t.Errorf("with members: %+v", page.Groups[0])
	}
	for path, want := range map[string]int{
		"/groups?count=-1": 400, "/groups?filter=" + url.QueryEscape(`name eq "x"`): 400, "/groups?filter=" + url.QueryEscape(`displayName co "x"`): 400,
		"/groups?filter=" + url.QueryEscape(`displayName eq x`): 400, "/groups/" + org.GroupID("Sales") + "/members?count=-1": 400,
		"/groups/" + EncodeID(kindGroup, "x:"+org.UUID()) + "/members": 404,
	} {
		if a := get(t, s, "g", path); a.status != want {
			t.Errorf("GET %s: %d, want %d", path, a.status, want)
		}
	}
	if a := get(t, s, "t", "/groups"); a.status != http.StatusForbidden {
		t.Errorf("without the scope: %d", a.status)
	}
	s.AddOrganization(StandardOrganization())
	if a := get(t, s, "g", "/groups?orgId="+EncodeID(kindOrganization, StandardUUID)); a.status != http.StatusForbidden {
		t.Errorf("groups of another organization: %d", a.status)
	}
}

// walkMembers reads all pages of a group, and returns the members' ids.
func walkMembers(t *testing.T, s *Server, id string, count int) (ids []string, size int) {
	t.Helper()
	for start := 1; ; start += count {
		page := getGroups(t, s, "/groups/"+id+"/members?count="+strconv.Itoa(count)+"&startIndex="+strconv.Itoa(start))
		for _, m := range page.Members {
			ids = append(ids, m.ID)
		}
		if size = page.MemberSize; start+count > size || len(page.Members) == 0 {
			return ids, size
		}
	}
}

func distinct(ids []string) int { return len(slices.Compact(slices.Sorted(slices.Values(ids)))) }

func TestGroupMembers(t *testing.T) {
	t.Parallel()
	s, org := startGroups(t, Options{})
	sales := org.GroupID("Sales")
	if ids, size := walkMembers(t, s, sales, 3); len(ids) != 10 || distinct(ids) != 10 || size != 10 {
		t.Errorf("by pages of 3: %d members, %d distinct, memberSize %d", len(ids), distinct(ids), size)
	}
	value, _ := DecodeID(kindGroup, sales)
	uuid, _, _ := strings.Cut(value, ":")
	if page := getGroups(t, s, "/groups/"+uuid+"/members"); page.DisplayName != "Sales" || len(page.Members) != 10 {
		t.Errorf("by UUID: %+v", page)
	}
	nested := getGroups(t, s, "/groups/"+org.GroupID("Departments")+"/members")
	if m := nested.Members; len(m) != 3 || nested.MemberSize != 3 || m[0].Type != "user" || m[1].Type != "group" || m[1].ID != sales || m[1].DisplayName != "Sales" {
		t.Errorf("nested: %+v", nested)
	}
	if empty := getGroups(t, s, "/groups/"+org.GroupID("New")+"/members"); empty.MemberSize != 0 || empty.Members == nil {
		t.Errorf("empty: %+v", empty)
	}
	s.SetOptions(func(o *Options) { o.GroupsCeiling = 4 })
	if page := getGroups(t, s, "/groups/"+sales+"/members?count=500"); len(page.Members) != 4 {
		t.Errorf("%d members on a page of 4", len(page.Members))
	}
	// The recorded defect: what is listed has one member twice, and misses one.
	s.SetOptions(func(o *Options) { o.GroupPagingDefect = true })
	if ids, size := walkMembers(t, s, sales, 4); len(ids) != 10 || distinct(ids) != 9 || size != 10 {
		t.Errorf("with the defect: %d members, %d distinct, memberSize %d", len(ids), distinct(ids), size)
	}
	if page := getGroups(t, s, "/groups?count=4&startIndex=5"); !slices.Equal(page.names(), []string{"Interns", "Interns"}) {
		t.Errorf("groups with the defect: %v", page.names())
	}
	s.SetOptions(func(o *Options) { o.GroupsCeiling, o.GroupSizeOff = 500, 2 })
	if ids, size := walkMembers(t, s, sales, 500); len(ids) != 10 || distinct(ids) != 10 || size != 12 {
		t.Errorf("one page and a wrong memberSize: %d members, %d distinct, memberSize %d", len(ids), distinct(ids), size)
	}
}

func TestChangeGroups(t *testing.T) {
	t.Parallel()
	s, org := startGroups(t, Options{Now: noon})
	id, err := org.AddGroup(GroupSpec{Name: "Sales", Members: []int{5, 5, 4}})
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		name    string
		change  func() error
		members int // -1: no such group
	}{
		{"added", func() error { return nil }, 2},
		{"other members", func() error { return org.SetGroupMembers(id, 1, 2, 3) }, 3},
		{"one left the organization", func() error { return org.RemovePerson(2) }, 2},
		{"renamed", func() error { return org.RenameGroup(id, "Sellers") }, 2},
		{"a group inside", func() error {
			return org.SetGroup("Sellers", func(g *GroupSpec) { g.Groups = []string{"New"} })
		}, 3},
		{"which goes", func() error { return org.RemoveGroup("New") }, 2},
		{"none", func() error { return org.SetGroupMembers(id) }, 0},
		{"gone", func() error { return org.RemoveGroup("Sellers") }, -1},
	} {
		if err := step.change(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		a := get(t, s, "g", "/groups/"+id+"/members")
		var page groupPage
		_ = json.Unmarshal([]byte(a.body), &page)
		if step.members < 0 && a.status != 404 || step.members >= 0 && (page.MemberSize != step.members || len(page.Members) != step.members || page.LastModified != noon().Format(auditTime)) {
			t.Errorf("%s: %d %s", step.name, a.status, a.body)
		}
	}
	second, err := org.AddGroup(GroupSpec{Name: "Other"})
	if err != nil || second == id {
		t.Errorf("a new group is %s as the one that went: %v", second, err)
	}
	for name, err := range map[string]error{
		"member":    org.SetGroupMembers("Sales", 99),
		"group":     org.RemoveGroup("none"),
		"new group": org.SetGroup("Sales", func(g *GroupSpec) { g.Groups = []string{"none"} }),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	const base = "/organizations/" + TwoSubscriptionUUID + "/groups"
	for _, c := range []struct {
		method, path, body string
		status             int
	}{
		{"POST", base, `{"name": "Temps", "members": [7], "groups": ["Sales"]}`, 200},
		{"POST", base, `{"name": "Temps", "members": [99]}`, 400},
		{"PUT", base + "/Temps", `{"members": [7, 8]}`, 204},
		{"PUT", base + "/Temps", `{"name": "Sales"}`, 204},
		{"PUT", base + "/Temps", `{}`, 404},
		{"DELETE", base + "/Engineering", "", 204},
		{"DELETE", base + "/Engineering", "", 400},
	} {
		if status, body := control(t, s, c.method, c.path, c.body); status != c.status {
			t.Errorf("%s %s %s: %d %s", c.method, c.path, c.body, status, body)
		}
	}
	if page := getGroups(t, s, "/groups?filter="+url.QueryEscape(`displayName eq "Sales"`)); page.TotalResults != 2 || page.Groups[1].MemberSize != 3 {
		t.Errorf("two of one name: %+v", page)
	}
	_, body := control(t, s, "GET", base, "")
	var list []controlGroup
	if err := json.Unmarshal([]byte(body), &list); err != nil || len(list) != 6 || !slices.Equal(list[5].Members, []int{7, 8}) || len(list[5].Groups) != 1 {
		t.Errorf("%s: %v", body, err)
	}
}

// What tests of groups ask an organization for.
func TestGeneratedGroups(t *testing.T) {
	t.Parallel()
	s, org := start(t, Options{}, Generate(GeneratorOptions{Seed: 7, People: 1003, Groups: 10, BotShare: 0.1}))
	s.IssueToken(TokenSpec{Organization: org.UUID(), Access: "g", Scopes: []string{ScopeGroups}})
	page := getGroups(t, s, "/groups?includeMembers=true")
	all := map[string]bool{}
	for _, g := range page.Groups {
		for _, m := range g.Members {
			all[m.ID] = true
		}
	}
	people := 0
	var bot string
	list, _ := walk(t, s, "/people?max=500")
	for i, p := range list {
		if p["type"] == TypePerson {
			people++
		} else {
			bot = p["id"].(string)
		}
		if email := org.PersonEmail(i); p["emails"].([]any)[0] != email {
			t.Errorf("person %d has another address than %s", i, email)
		}
	}
	if len(page.Groups) != 10 || page.Groups[8].DisplayName != "Sales 2" || len(all) != people || bot == "" || all[bot] {
		t.Errorf("%d groups of %d people, want 10 of %d", len(page.Groups), len(all), people)
	}
}
