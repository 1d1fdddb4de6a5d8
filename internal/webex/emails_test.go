package webex

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webex-operator/webex-license-operator/internal/webex/wire"
)

func TestDecodeAddressedPeople(t *testing.T) {
	t.Parallel()
	other := apiID(organization, "99999999-2222-4333-8444-555555555555")
	body := `{"items":[
		{"id":"a","emails":["Ada@example.com","b\u0065@example.com"],"orgId":"` + theOrg.API() + `==","licenses":["L1"]},
		{"id":"b","emails":[],"orgId":"` + other + `"},
		{"id":"c","emails":null,"orgId":null},
		{"id":"d","emails":"x@example.com","orgId":"` + benchOrg + `"},
		{"id":"e","emails":[null,{"x":1},"","z@example.com"],"orgId":"` + wire.EncodeID(organization, strings.ToUpper(benchOrg)) + `"},
		{"id":"f","emails":["1@example.com"],"emails":["2@example.com","3@example.com"],"orgId":"x"},
		{"id":"g"}]}`
	want := []Person{
		{ID: "a", Emails: []string{"Ada@example.com", "be@example.com"}, Licenses: []string{"L1"}, LicensesKnown: true},
		{ID: "b", Emails: []string{}, External: true},
		{ID: "c"},
		{ID: "d"},
		{ID: "e", Emails: []string{"z@example.com"}},
		{ID: "f", Emails: []string{"2@example.com", "3@example.com"}, External: true},
		{ID: "g"},
	}
	got, err := decodeAll(strings.NewReader(body), addressed(theOrg))
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("error %v, diff %s", err, diff)
	}
	got, err = decodeAll(strings.NewReader(body), addressed(OrganizationID{}))
	if err != nil || slices.ContainsFunc(got, func(p Person) bool { return p.External }) {
		t.Errorf("without an organization none is another: %v, %v", got, err)
	}
	got, err = decodeAll(strings.NewReader(body), decodePerson)
	if err != nil || slices.ContainsFunc(got, func(p Person) bool { return p.Emails != nil || p.External }) {
		t.Errorf("addresses that no walk asked for: %v, %v", got, err)
	}
}

// A walk that names no organization goes by the only one that the token sees.
func TestExternalWithoutAnOrganization(t *testing.T) {
	t.Parallel()
	other := apiID(organization, "99999999-2222-4333-8444-555555555555")
	for listed, want := range map[string][]bool{
		`{"id":"` + theOrg.API() + `"}`:                        {false, true},
		`{"id":"` + theOrg.API() + `"},{"id":"` + other + `"}`: {false, false},
	} {
		c, _ := newTestClient(t, func(r *http.Request) *http.Response {
			if r.URL.Path == "/v1/organizations" {
				return answer(200, `{"items":[`+listed+`]}`)
			}
			return answer(200, `{"items":[{"id":"a","orgId":"`+theOrg.API()+`"},{"id":"b","orgId":"`+other+`"}]}`)
		})
		if _, err := c.Organizations(t.Context()); err != nil {
			t.Fatal(err)
		}
		got, err := collect(each(c.PeoplePages(t.Context(), OrganizationID{}, Emails)), func(p Person) bool { return p.External })
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("external %v, want %v, error %v", got, want, err)
		}
	}
}

// The addresses are those of the person, over many pages, and outlive them; each walk that asks gets them.
func TestEmailsOutliveTheirPage(t *testing.T) {
	t.Parallel()
	serve := func(r *http.Request) *http.Response {
		base := numbered(50)(r)
		var body bytes.Buffer
		_, _ = body.ReadFrom(base.Body)
		text := strings.ReplaceAll(body.String(), `"licenses"`, `"emails":["`+r.URL.Query().Get("cursor")+`@example.com","x@example.com"],"licenses"`)
		again := answer(200, text)
		again.Header = base.Header
		return again
	}
	c, _ := newTestClient(t, serve)
	for name, pages := range map[string]func() ([]string, error){
		"people": func() ([]string, error) { return emailsOf(each(c.PeoplePages(t.Context(), theOrg, Emails))) },
		"at":     func() ([]string, error) { return emailsOf(each(c.PeopleAt(t.Context(), theOrg, "S", Emails))) },
		"all":    func() ([]string, error) { return emailsOf(each(c.AllPeople(t.Context(), theOrg, Emails))) },
	} {
		emails, err := pages()
		if err != nil || len(emails) != 100 {
			t.Fatalf("%s: %d addresses, error %v", name, len(emails), err)
		}
		for i := range 50 {
			first := fmt.Sprint(i)
			if i == 0 {
				first = "" // the first page has no cursor
			}
			if emails[2*i] != first+"@example.com" || emails[2*i+1] != "x@example.com" {
				t.Errorf("%s: person %d has %q", name, i, emails[2*i:2*i+2])
			}
		}
	}
}

func emailsOf(people func(func(Person, error) bool)) (all []string, err error) {
	for p, err := range people {
		if err != nil {
			return nil, err
		}
		all = append(all, p.Emails...)
	}
	return all, nil
}

// Addresses that no assignment needs cost nothing: as many allocations as where people have none. Those that are read
// cost one now and then, for the memory that they share.
func TestAllocationsOfEmails(t *testing.T) { //nolint:paralleltest // it counts the allocations of the process
	p := newBenchPages(1)
	page := p.body(0)
	bare := bytes.ReplaceAll(page, []byte(`"emails":[`), []byte(`"erased":[`))
	count := func(body []byte, decode func(*wire.Decoder, *Person) error) float64 {
		w := &walk[Person]{c: &Client{cfg: Config{Limits: Limits{}.withDefaults()}}, list: listing[Person]{decode: decode}}
		s := &slot[Person]{d: wire.NewDecoder()}
		return testing.AllocsPerRun(20, func() {
			if err := w.decode(s, &http.Response{Body: io.NopCloser(bytes.NewReader(body))}); err != nil || len(s.items) != benchPage {
				t.Fatal(err)
			}
		})
	}
	without, skipped, read := count(bare, decodePerson), count(page, decodePerson), count(page, addressed(theOrg))
	if skipped > without || read > without+1 {
		t.Errorf("a page takes %v allocations without addresses, %v with those that are skipped, %v with those that are read", without, skipped, read)
	}
}

func TestPerson(t *testing.T) {
	t.Parallel()
	c, in := newTestClient(t, inTurn(one(403, webexNo), one(200, `{"id":"`+theOrg.API()+`"}`),
		one(200, `{"id":"`+jane+`=","emails":["`+marker+`"],"licenses":["L1="],"type":"person"}`)))
	got, err := c.Person(t.Context(), theOrg, jane)
	want := Person{ID: jane, Licenses: []string{"L1"}, LicensesKnown: true, Type: "person"}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("error %v, diff %s", err, diff)
	}
	if u := in.urls(); len(u) != 3 || u[2] != "/v1/people/"+jane || in.calls[2].Operation != "get person" {
		t.Errorf("requests %v, calls %v", u, in.calls)
	}
	for name, test := range map[string]struct {
		answer   func() *http.Response
		class    Class
		requests int
	}{
		"gone":           {one(404, webexNo), ClassTerminal, 1},
		"another person": {one(200, `{"id":"x"}`), ClassPartial, 1},
		"a list":         {one(200, `{"items":[]}`), ClassPartial, 1},
		"trouble":        {one(503, ``), ClassTransient, 4},
	} {
		c, in := newTestClient(t, inTurn(test.answer))
		got, err := c.Person(t.Context(), OrganizationID{}, jane)
		wantClass(t, err, test.class)
		if in.count() != test.requests || got.ID != "" {
			t.Errorf("%s: person %v after %d requests", name, got, in.count())
		}
	}
}
