package webexsim

import (
	"fmt"
	"net/http"
	"reflect"
	"sync"
	"testing"
)

func TestRequests(t *testing.T) {
	s, _ := start(t, Options{}, StandardOrganization())
	other := s.AddOrganization(OverAssignedOrganization())
	get(t, s, "t", "/people")
	get(t, s, "t", "/people")
	get(t, s, "t", "/organizations/"+other.ID())
	get(t, s, "wrong", "/roles")
	get(t, s, "t", "/nothing")
	want := map[string]int{"GET /people": 2, "GET /organizations/{id}": 1, "GET /roles": 1, "unknown": 1}
	if got := s.Requests(); !reflect.DeepEqual(got, want) || s.TotalRequests() != 5 {
		t.Errorf("%d requests: %v, want %v", s.TotalRequests(), got, want)
	}
	if got := s.OrganizationRequests(OverAssignedUUID); !reflect.DeepEqual(got, map[string]int{"GET /organizations/{id}": 1}) {
		t.Errorf("requests about the other organization: %v", got)
	}
	s.ResetRequests()
	if s.TotalRequests() != 0 || len(s.Requests()) != 0 || len(s.OrganizationRequests(StandardUUID)) != 0 {
		t.Error("the counts are not reset")
	}
}

func TestHTTP2(t *testing.T) {
	s, _ := start(t, Options{TLS: true, HTTP2: true}, StandardOrganization())
	resp, err := s.Client().Get(s.URL() + "/roles")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.ProtoMajor != 2 {
		t.Errorf("protocol %s", resp.Proto)
	}
	s.AddRule(Rule{CutAfter: 10})
	if a, err := tryGet(s, "t", "/people"); err == nil {
		t.Errorf("a cut body was read to the end: %s", a.body)
	}
}

func TestNewFails(t *testing.T) {
	if s, err := New(Options{Addr: "nowhere:x"}); err == nil {
		s.Close()
		t.Error("no error")
	}
}

func TestContradictingSpecs(t *testing.T) {
	for name, spec := range map[string]OrganizationSpec{
		"no UUID":        {Name: "x"},
		"no name":        {UUID: "x"},
		"wrong licence":  {UUID: "x", Name: "x", People: PeopleList{{Location: NoLocation, Licenses: []int{0}}}},
		"wrong location": {UUID: "x", Name: "x", Licenses: freeLicenses(), People: PeopleList{{Location: 5, Licenses: []int{0}}}},
		"wrong external": {UUID: "x", Name: "x", ExternalUsers: map[string]int{"none": 1}},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			newOrganization(spec)
		}()
	}
}

// TestChangesDuringWalks lets everything happen at once; the race detector looks on.
func TestChangesDuringWalks(t *testing.T) {
	s, org := start(t, Options{}, Generate(GeneratorOptions{Seed: 1, People: 500, Locations: 3}))
	var wait sync.WaitGroup
	for n := range 4 {
		wait.Go(func() {
			for i := range 20 {
				for _, path := range []string{"/people?callingData=true", "/licenses", "/workspaces", "/locations", "/people/me"} {
					if a, err := tryGet(s, "t", path); err != nil || a.status != http.StatusOK {
						t.Errorf("%s: %d, %v", path, a.status, err)
					}
				}
				at := fmt.Sprintf("Place %d-%d", n, i)
				org.AddLocation(LocationSpec{Name: at})
				if err := org.MovePerson(n*20+i, at); err != nil {
					t.Error(err)
				}
				if _, err := org.AddPerson(Person{Location: 0, Licenses: []int{0}}); err != nil {
					t.Error(err)
				}
				if err := org.RemovePerson(200 + n*20 + i); err != nil {
					t.Error(err)
				}
				s.RemoveRule(s.AddRule(Rule{Operation: "GET /none", Status: 500}))
				s.SetOptions(func(o *Options) { o.ExtraRels = i%2 == 0 })
				s.IssueToken(TokenSpec{Organization: org.UUID()})
			}
		})
	}
	wait.Wait()
	checkTruth(t, s, org.UUID())
}
