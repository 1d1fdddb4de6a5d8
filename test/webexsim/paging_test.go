package webexsim

import (
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"
)

func TestPeoplePages(t *testing.T) {
	const people = 1234
	spec := Generate(GeneratorOptions{Seed: 3, People: people, Locations: 4})
	s, org := start(t, Options{}, spec)
	at := org.locations[2].id
	atLocation := 0
	for i := range people {
		var p Person
		org.person(i, &p)
		if p.Location == 2 {
			atLocation++
		}
	}
	for _, c := range []struct {
		query        string
		o            Options
		first, total int
	}{
		{"", Options{}, 100, people},
		{"max=10", Options{}, 10, people},
		{"max=5000", Options{}, 1000, people},
		{"max=5000", Options{PeopleCeiling: 500}, 500, people},
		{"max=1000&callingData=true", Options{}, 100, people},
		{"max=1000&callingData=true&locationId=" + at, Options{}, 50, atLocation},
		{"max=617", Options{}, 617, people},
		{"max=617", Options{TrailingEmptyPage: true}, 617, people},
		{"max=100", Options{EmptyPageAfter: 3}, 100, people},
		{"max=100", Options{EmptyPageAfter: 13}, 100, people},
		{"max=100", Options{ExtraRels: true}, 100, people},
		{"max=100", Options{LinkFault: LinkDropMax}, 100, people},
		{"max=10", Options{LinkFault: LinkMaxNull}, 10, people},
	} {
		t.Run(fmt.Sprintf("%s %+v", c.query, c.o.LinkFault), func(t *testing.T) {
			s.SetOptions(func(o *Options) { *o = c.o })
			all, pages := walk(t, s, "/people?"+c.query)
			seen := map[any]bool{}
			for _, p := range all {
				seen[p["id"]] = true
			}
			if len(all) != c.total || len(seen) != c.total || pages[0] != c.first {
				t.Errorf("%d people, %d of them different, first page %d; want %d and %d", len(all), len(seen), pages[0], c.total, c.first)
			}
			if c.o.TrailingEmptyPage && !reflect.DeepEqual(pages, []int{617, 617, 0}) {
				t.Errorf("pages %v", pages)
			}
			if c.o.EmptyPageAfter == 3 && pages[3] != 0 {
				t.Errorf("pages %v", pages)
			}
		})
	}
}

func TestLinks(t *testing.T) {
	s, _ := start(t, Options{TLS: true}, StandardOrganization())
	base := s.URL() + "/people"
	for fault, want := range map[LinkFault]string{
		LinkGood:       base + "?callingData=true&cursor=bGltaXQ9MTAmc3RhcnRJbmRleD0yMQ&max=10",
		LinkLoop:       base + "?callingData=true&cursor=bGltaXQ9MTAmc3RhcnRJbmRleD0xMQ&max=10",
		LinkDropMax:    base + "?callingData=true&cursor=bGltaXQ9MTAmc3RhcnRJbmRleD0yMQ",
		LinkMaxNull:    base + "?callingData=true&cursor=bGltaXQ9MTAmc3RhcnRJbmRleD0yMQ&max=null",
		LinkDropParams: base + "?cursor=bGltaXQ9MTAmc3RhcnRJbmRleD0yMQ",
		LinkForeign:    "https://elsewhere.example.com/v1/people?callingData=true&cursor=bGltaXQ9MTAmc3RhcnRJbmRleD0yMQ&max=10",
		LinkPlainHTTP:  strings.Replace(base, "https:", "http:", 1) + "?callingData=true&cursor=bGltaXQ9MTAmc3RhcnRJbmRleD0yMQ&max=10",
	} {
		s.SetOptions(func(o *Options) { o.LinkFault = fault })
		a := get(t, s, "t", "/people?callingData=true&max=10&cursor="+encodeCursor(10, 10, false))
		if got := a.next(); got != want {
			t.Errorf("fault %q: next is\n%s, want\n%s", fault, got, want)
		}
	}
	s.SetOptions(func(o *Options) { o.LinkFault, o.ExtraRels = LinkGood, true })
	link := get(t, s, "t", "/people?max=10&cursor="+encodeCursor(10, 10, false)).header.Get("Link")
	if !strings.Contains(link, `rel="first"`) || !strings.Contains(link, `rel="prev"`) || !strings.Contains(link, `rel="next"`) {
		t.Errorf("Link: %s", link)
	}
	// The host is the one that the caller used.
	port := s.listener.Addr().String()[strings.LastIndex(s.listener.Addr().String(), ":"):]
	next := get(t, s, "t", "https://localhost"+port+"/v1/locations?max=1").next()
	if u, err := url.Parse(next); err != nil || u.Host != "localhost"+port || u.Scheme != "https" {
		t.Errorf("next link of localhost: %s", next)
	}
}

func TestLocations(t *testing.T) {
	s, org := start(t, Options{}, Generate(GeneratorOptions{Seed: 5, People: 10, Locations: 30}))
	if all, pages := walk(t, s, "/locations"); len(all) != 30 || len(pages) != 1 {
		t.Errorf("%d locations on %d pages", len(all), len(pages))
	}
	if all, pages := walk(t, s, "/locations?max=7"); len(all) != 30 || len(pages) != 5 {
		t.Errorf("%d locations on %d pages", len(all), len(pages))
	}
	if all, _ := walk(t, s, "/locations?name=berlin"); len(all) != 2 {
		t.Errorf("%d locations named Berlin", len(all))
	}
	if all, _ := walk(t, s, "/locations?id="+org.LocationID("Berlin 1")+"="); len(all) != 1 || all[0]["name"] != "Berlin 1" {
		t.Errorf("location by id: %v", all)
	}
}

func TestWorkspaces(t *testing.T) {
	spec := Generate(GeneratorOptions{Seed: 5, People: 10, Workspaces: 230})
	linked, _ := start(t, Options{}, spec)
	for query, pages := range map[string]int{"": 3, "max=50": 5, "max=1000": 1, "start=200&max=10": 3} {
		all, got := walk(t, linked, "/workspaces?"+query)
		if len(got) != pages || (len(all) != 230 && !strings.Contains(query, "start")) {
			t.Errorf("%q: %d workspaces on %d pages, want %d", query, len(all), len(got), pages)
		}
	}
	s, _ := start(t, Options{OmitWorkspaceLinks: true}, spec)
	for query, want := range map[string]int{"": 100, "max=1000": 230, "max=50&start=200": 30, "start=230": 0, "start=999": 0, "max=3&start=1": 3} {
		a := get(t, s, "t", "/workspaces?"+query)
		if n := len(a.items(t)); n != want || a.header.Get("Link") != "" {
			t.Errorf("%q: %d workspaces, Link %q; want %d and none", query, n, a.header.Get("Link"), want)
		}
	}
}

func TestPeopleShape(t *testing.T) {
	s, org := start(t, Options{}, TwoSubscriptionOrganization())
	with, _ := walk(t, s, "/people?callingData=true&excludeStatus=true")
	without, _ := walk(t, s, "/people")
	locations, pending, bots := 0, 0, 0
	for i, p := range with {
		if p["locationId"] != nil {
			locations++
		}
		if p["invitePending"] == true {
			pending++
		}
		if p["type"] == TypeBot {
			bots++
		}
		if p["status"] != nil || without[i]["status"] == nil || without[i]["locationId"] != nil || without[i]["extension"] != nil {
			t.Errorf("person %d: %v, without calling data %v", i, p, without[i])
		}
	}
	if len(with) != 31 || locations != 12 || pending != 2 || bots != 1 {
		t.Errorf("%d people, %d locations, %d pending, %d bots", len(with), locations, pending, bots)
	}
	if a := get(t, s, "t", "/people?max=1"); !strings.HasPrefix(a.body, `{"notFoundIds":null,"items":[`) {
		t.Errorf("body %.100s", a.body)
	}

	// Look-ups.
	id := org.PersonID(4)
	a := get(t, s, "t", "/people?id="+id+",nonsense")
	if found := a.items(t); len(found) != 1 || found[0]["id"] != id || found[0]["licenses"] != nil || !strings.Contains(a.body, `"notFoundIds":["nonsense"]`) {
		t.Errorf("people by id: %s", a.body)
	}
	if a := get(t, s, "t", "/people/"+id); a.status != 200 || !strings.Contains(a.body, `"licenses":["`) {
		t.Errorf("person by id: %s", a.body)
	}
	if a := get(t, s, "t", "/people/x"); a.status != 404 {
		t.Errorf("a person whose id is none: %d %s", a.status, a.body)
	}
	if a := get(t, s, "t", "/people/me"); !strings.Contains(a.body, org.PersonID(0)) {
		t.Errorf("me: %s", a.body)
	}
	email := with[7]["emails"].([]any)[0].(string)
	if found := get(t, s, "t", "/people?email="+email).items(t); len(found) != 1 || found[0]["id"] != with[7]["id"] {
		t.Errorf("people by mail address: %v", found)
	}
	if found := get(t, s, "t", "/people?displayName=reminder").items(t); len(found) != 1 {
		t.Errorf("people by name: %v", found)
	}
	if found := get(t, s, "t", "/people?roles="+EncodeID(kindRole, "id_full_admin")).items(t); len(found) != 1 {
		t.Errorf("people by role: %v", found)
	}
}
