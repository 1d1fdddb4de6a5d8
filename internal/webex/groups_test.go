package webex

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/webex-operator/webex-license-operator/internal/webex/wire"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

func TestGroupsNamed(t *testing.T) {
	t.Parallel()
	const name = `Sales "EMEA" \ 1`
	c, in := newTestClient(t, func(*http.Request) *http.Response {
		return answer(200, `{"totalResults":4,"groups":[{"id":"a=","displayName":"Sales \"EMEA\" \\ 1","memberSize":3,"members":[{"id":"x"}]},`+
			`{"id":"b","displayName":"sales \"emea\" \\ 1"},{"id":"c"},{"id":"d","displayName":"Sales \"EMEA\" \\ 1"}]}`)
	})
	got, err := c.GroupsNamed(t.Context(), theOrg, name)
	if want := []Group{{"a", name}, {"d", name}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("groups %v, error %v", got, err)
	}
	q := in.requests[0].URL.Query()
	want := url.Values{"orgId": {theOrg.API()}, "filter": {`displayName eq "Sales \"EMEA\" \\ 1"`}, "startIndex": {"1"}, "count": {"500"}}
	if in.count() != 1 || in.requests[0].URL.Path != "/v1/groups" || q.Encode() != want.Encode() {
		t.Errorf("requests %v", in.urls())
	}
	c, _ = newTestClient(t, inTurn(one(200, `{"totalResults":0}`)))
	if got, err := c.GroupsNamed(t.Context(), OrganizationID{}, "x"); err != nil || len(got) != 0 {
		t.Errorf("no groups are %v, %v", got, err)
	}
	c, _ = newTestClient(t, inTurn(one(200, `{"items":[]}`)))
	_, err = c.GroupsNamed(t.Context(), OrganizationID{}, "x")
	wantClass(t, err, ClassPartial)
}

// membersFrom serves a group of n members with pages of at most size, from an index that a defect may move.
func membersFrom(n, size int, from func(start int) int, memberSize string) func(*http.Request) *http.Response {
	return func(r *http.Request) *http.Response {
		start, _ := strconv.Atoi(r.URL.Query().Get("startIndex"))
		var items []string
		for i := from(start); i <= n && len(items) < size; i++ {
			items = append(items, fmt.Sprintf(`{"id":"p%d=","type":"user","displayName":"`+marker+`"}`, i))
		}
		return answer(200, `{"id":"g","memberSize":`+memberSize+`,"members":[`+strings.Join(items, ",")+`]}`)
	}
}

func TestGroupMembers(t *testing.T) {
	t.Parallel()
	right := func(start int) int { return start }
	first := func(int) int { return 1 }
	for name, test := range map[string]struct {
		serve    func(*http.Request) *http.Response
		members  int
		size     int64
		requests int
	}{
		"none":                   {membersFrom(0, 500, right, "0"), 0, 0, 1},
		"one page":               {membersFrom(300, 500, right, "300"), 300, 300, 1},
		"several pages":          {membersFrom(1200, 500, right, "1200"), 1200, 1200, 3},
		"full pages":             {membersFrom(1000, 500, right, "1000"), 1000, 1000, 3},
		"small pages":            {membersFrom(10, 4, right, "10"), 10, 10, 3},
		"size of the page":       {membersFrom(1200, 500, right, "500"), 1200, 500, 4},
		"size unknown":           {membersFrom(300, 500, right, "null"), 300, -1, 2},
		"size too large":         {membersFrom(300, 500, right, "301"), 300, 301, 2},
		"size too small":         {membersFrom(300, 500, right, `"299"`), 300, 299, 2},
		"always the same page":   {membersFrom(1200, 500, first, "1200"), 500, 1200, 2},
		"pages that overlap":     {membersFrom(1000, 500, func(start int) int { return max(1, start-1) }, "1000"), 1000, 1000, 3},
		"pages that lose one":    {membersFrom(1000, 500, func(start int) int { return start + start/500 }, "1000"), 999, 1000, 3},
		"members left out":       {func(*http.Request) *http.Response { return answer(200, `{"memberSize":0}`) }, 0, 0, 1},
		"the last page left out": {func(r *http.Request) *http.Response { return leftOut(r, 600) }, 500, 600, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, in := newTestClient(t, test.serve)
			members, size, err := c.GroupMembers(t.Context(), theOrg, "g")
			if err != nil || len(members) != test.members || size != test.size || in.count() != test.requests {
				t.Fatalf("%d members of %d in %d requests, error %v", len(members), size, in.count(), err)
			}
			for i, m := range members {
				if want := (GroupMember{fmt.Sprint("p", i+1), "user"}); m != want && name != "pages that lose one" {
					t.Fatalf("member %d is %v", i, m)
				}
			}
		})
	}
}

// leftOut serves one full page of a group, and no array behind it.
func leftOut(r *http.Request, size int) *http.Response {
	if r.URL.Query().Get("startIndex") == "1" {
		return membersFrom(500, 500, func(int) int { return 1 }, strconv.Itoa(size))(r)
	}
	return answer(200, fmt.Sprintf(`{"memberSize":%d}`, size))
}

// Whatever a service answers, the walk over a group ends: by an error, or by what it knows.
func TestGroupMembersEnd(t *testing.T) {
	t.Parallel()
	n := 0
	endless := func(*http.Request) *http.Response {
		n++
		return answer(200, fmt.Sprintf(`{"memberSize":10000,"members":[{"id":"p%d"}]}`, n))
	}
	c, in := newTestClient(t, endless, func(c *Config) { c.Limits.Pages = 20 })
	_, size, err := c.GroupMembers(t.Context(), theOrg, "g")
	if e := theError(t, err, ClassPartial); !errors.Is(e, ErrLimit) || in.count() != 20 || size != -1 {
		t.Errorf("%d requests, size %d, error %v", in.count(), size, e)
	}
	c, in = newTestClient(t, endless, func(c *Config) { c.Limits.Results = 7 })
	_, _, err = c.GroupMembers(t.Context(), theOrg, "g")
	if e := theError(t, err, ClassPartial); !errors.Is(e, ErrLimit) || in.count() != 8 {
		t.Errorf("%d requests, error %v", in.count(), e)
	}
	for name, test := range map[string]struct {
		answer   func() *http.Response
		class    Class
		requests int
	}{
		"no members":    {one(200, `{"memberSize":3}`), ClassPartial, 1},
		"null members":  {one(200, `{"memberSize":3,"members":null}`), ClassPartial, 1},
		"nothing known": {one(200, `{}`), ClassPartial, 1},
		"without an id": {one(200, `{"memberSize":1,"members":[{"type":"user"}]}`), ClassPartial, 1},
		"no record":     {one(200, `{"memberSize":1,"members":["p1"]}`), ClassPartial, 1},
		"a page":        {one(200, `<html>`, "Content-Type: text/html"), ClassPartial, 4},
		"404":           {one(404, webexNo), ClassTerminal, 1},
		"503":           {one(503, ``), ClassTransient, 4},
	} {
		c, in := newTestClient(t, inTurn(test.answer))
		members, size, err := c.GroupMembers(t.Context(), OrganizationID{}, "g")
		wantClass(t, err, test.class)
		if in.count() != test.requests || members != nil || size != -1 {
			t.Errorf("%s: %d requests, %d members of %d", name, in.count(), len(members), size)
		}
	}
}

// Groups, people and assignments as the simulator serves them, which a contract holds against Webex' own description.
func TestAgainstTheSimulator(t *testing.T) {
	t.Parallel()
	sim, err := webexsim.New(webexsim.Options{TLS: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	org := sim.AddOrganization(webexsim.TwoSubscriptionOrganization())
	token := sim.IssueToken(webexsim.TokenSpec{Organization: org.UUID(), Scopes: []string{webexsim.ScopeGroups, webexsim.ScopePeople, webexsim.ScopePeopleWrite}})
	c, err := New(Config{BaseURL: sim.URL(), HTTP: sim.Client(), Tokens: StaticToken(token.Access)})
	if err != nil {
		t.Fatal(err)
	}
	id, err := ParseOrganizationID(org.UUID())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"Sales": 1, "Interns": 2, "sales": 0, "none": 0} {
		groups, err := c.GroupsNamed(t.Context(), id, name)
		if err != nil || len(groups) != want {
			t.Errorf("groups %v named %s, %v", groups, name, err)
		}
	}
	sim.SetOptions(func(o *webexsim.Options) { o.GroupsCeiling = 4 })
	members, size, err := c.GroupMembers(t.Context(), id, org.GroupID("Sales"))
	if err != nil || len(members) != 10 || size != 10 || members[0].Type != "user" {
		t.Errorf("%d members of %d: %v", len(members), size, err)
	}
	sim.SetOptions(func(o *webexsim.Options) { o.GroupPagingDefect = true })
	if members, size, err := c.GroupMembers(t.Context(), id, org.GroupID("Sales")); err != nil || len(members) >= 10 || size != 10 {
		t.Errorf("with the defect %d members of %d: %v", len(members), size, err)
	}

	before, err := c.Person(t.Context(), id, members[0].ID)
	if err != nil || before.ID != members[0].ID || !before.LicensesKnown || len(before.Licenses) == 0 {
		t.Fatalf("person %+v, %v", before, err)
	}
	free := slices.IndexFunc(before.Licenses, func(l string) bool { return wire.OfferCode(l) == "EE" || wire.OfferCode(l) == "MS" })
	if free < 0 {
		t.Fatalf("the person holds %v", before.Licenses)
	}
	gone := before.Licenses[free]
	held, err := c.AssignLicenses(t.Context(), id, before.ID, []LicenseChange{{LicenseID: gone, Remove: true}})
	if err != nil || slices.Contains(held, gone) || len(held) != len(before.Licenses)-1 {
		t.Errorf("holds %v, %v", held, err)
	}
	after, err := c.Person(t.Context(), id, before.ID)
	if err != nil || !slices.Equal(slices.Sorted(slices.Values(after.Licenses)), slices.Sorted(slices.Values(held))) {
		t.Errorf("holds %v, %v", after.Licenses, err)
	}
	_, err = c.AssignLicenses(t.Context(), id, before.ID, []LicenseChange{{LicenseID: apiID(license, benchOrg+":X_"+benchOrg)}})
	if e := theError(t, err, ClassTerminal); e.Code != 400000 || e.Unsure() {
		t.Errorf("code %d of %v", e.Code, e)
	}
}

func FuzzDecodeGroups(f *testing.F) {
	f.Add([]byte(`{"totalResults":2,"groups":[{"id":"a=","displayName":"x"},{"id":"b"}]}`))
	f.Add([]byte(`{"memberSize":"1","members":[{"id":"a","type":"user"}],"members":null}`))
	f.Add([]byte(`{"memberSize":-1,"members":[{"id":1,"type":["user"]}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		for key, size := range map[string]string{"groups": "totalResults", "members": "memberSize"} {
			d := wire.NewDecoder()
			d.Reset(strings.NewReader(string(body)), 1<<20)
			list := &indexed[GroupMember]{items: key, size: size, decode: decodeMember}
			items, known, n, err := list.read(d, 1000)
			checkIDs(t, err, items, func(m GroupMember) string { return m.ID })
			if v, ok := n.Value(); err == nil && (v < 0 || !ok && v != 0 || len(items) > 0 && !known) {
				t.Fatalf("%d items of %v", len(items), n)
			}
		}
	})
}
