package webexsim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// known are the sensitive values by kind.
func known(s *Server) map[Sensitive]bool {
	set := map[Sensitive]bool{}
	for value := range s.Sensitive() {
		set[value] = true
	}
	return set
}

// TestSensitiveSecrets lets tokens come and go in every way. None may be forgotten.
func TestSensitiveSecrets(t *testing.T) {
	t.Parallel()
	s, _ := start(t, Options{RefreshMode: RefreshRotate, ReuseTokenWithin: -1}, StandardOrganization())
	var want []Sensitive
	expect := func(kind SensitiveKind, values ...string) {
		for _, value := range values {
			if value == "" {
				t.Fatalf("an empty %s", kind)
			}
			want = append(want, Sensitive{kind, value})
		}
	}
	expect(SensitiveAccessToken, "t")
	token := s.IssueToken(TokenSpec{Organization: StandardUUID, WithRefresh: true})
	expect(SensitiveAccessToken, token.Access)
	expect(SensitiveClientSecret, token.ClientSecret)
	expect(SensitiveRefreshToken, token.Refresh)
	for range 3 { // each refresh rotates
		_, reply, _ := postForm(t, s, refreshForm(token))
		expect(SensitiveAccessToken, reply.AccessToken)
		expect(SensitiveRefreshToken, reply.RefreshToken)
		token.Refresh = reply.RefreshToken
	}
	s.RevokeRefreshToken(token.Refresh)

	// The answer of a refresh that was lost has tokens, too, which only the list tells.
	lost := s.IssueToken(TokenSpec{Organization: StandardUUID, WithRefresh: true, RefreshToken: "given-refresh", ClientSecret: "given-secret", Access: "given-access"})
	expect(SensitiveAccessToken, "given-access")
	expect(SensitiveRefreshToken, "given-refresh")
	expect(SensitiveClientSecret, "given-secret")
	before := len(known(s))
	s.AddRule(Rule{Operation: operationToken, Status: 502, AfterService: true, Times: 1})
	postForm(t, s, refreshForm(lost))
	if got := len(known(s)); got != before+2 {
		t.Errorf("%d values after a lost refresh, want two more than %d", got, before)
	}

	// Bootstrap and service app.
	boot := s.IssueToken(TokenSpec{Organization: "developer", Scopes: []string{ScopeApplicationsToken}, WithRefresh: true})
	expect(SensitiveAccessToken, boot.Access)
	expect(SensitiveRefreshToken, boot.Refresh)
	app := s.AddServiceApp(ServiceAppSpec{Organizations: []string{StandardUUID}})
	expect(SensitiveClientSecret, app.ClientSecret)
	_, reply := postApp(t, s, boot.Access, app, StandardUUID)
	expect(SensitiveAccessToken, reply.AccessToken)
	expect(SensitiveRefreshToken, reply.RefreshToken)
	if err := s.DeauthorizeServiceApp(app.ID, StandardUUID); err != nil {
		t.Fatal(err)
	}
	portal := s.AddServiceApp(ServiceAppSpec{ID: app.ID, ClientSecret: "another-secret", Organizations: []string{StandardUUID}})
	expect(SensitiveClientSecret, portal.ClientSecret)
	pair, err := s.IssueServiceAppToken(app.ID, StandardUUID)
	if err != nil {
		t.Fatal(err)
	}
	expect(SensitiveAccessToken, pair.Access)
	expect(SensitiveRefreshToken, pair.Refresh)
	s.RemoveOrganization(StandardUUID)
	s.RemoveOrganization(StandardUUID)

	got := known(s)
	for _, value := range want {
		if !got[value] {
			t.Errorf("%s %s is not in the list", value.Kind, value.Value)
		}
	}
}

// personalIn finds the personal data in an answer by the names of members.
func personalIn(t *testing.T, body string) []Sensitive {
	t.Helper()
	var document any
	if err := json.Unmarshal([]byte(body), &document); err != nil {
		t.Fatalf("%.200s: %v", body, err)
	}
	kinds := map[string]SensitiveKind{
		"displayName": SensitiveName, "firstName": SensitiveNamePart, "lastName": SensitiveNamePart, "nickName": SensitiveNamePart,
		"emails": SensitiveEmail, "email": SensitiveEmail, "xmppFederationJid": SensitiveEmail, "avatar": SensitiveAvatar,
		"actorName": SensitiveName, "actorEmail": SensitiveEmail,
	}
	var found []Sensitive
	var visit func(name string, value any)
	visit = func(name string, value any) {
		switch v := value.(type) {
		case string:
			if kind := kinds[name]; kind != "" {
				found = append(found, Sensitive{kind, v})
			}
		case []any:
			for _, entry := range v {
				visit(name, entry)
			}
		case map[string]any:
			for member, entry := range v {
				switch {
				case name == "phoneNumbers" && member == "value":
					found = append(found, Sensitive{SensitivePhone, entry.(string)})
				case name == "sipAddresses" && member == "value" && v["type"] == "enterprise":
					found = append(found, Sensitive{SensitiveEmail, entry.(string)})
				case name == "sipAddresses" && member == "value":
					found = append(found, Sensitive{SensitiveSIP, entry.(string)})
				case member == "id":
					found = append(found, Sensitive{SensitivePersonID, entry.(string)})
				default:
					visit(member, entry)
				}
			}
		}
	}
	visit("", document)
	return found
}

// TestSensitivePersonalData compares the list with what the API shows, before and
// after people have changed.
func TestSensitivePersonalData(t *testing.T) {
	t.Parallel()
	spec := OverAssignedOrganization()
	spec.People = append(spec.People.(PeopleList),
		Person{FirstName: "Quintessa", Location: NoLocation}, Person{LastName: `Okonkwo "Q"`, Email: "q@people.example", Location: 0},
		Person{UUID: "0a0a0a0a-0000-4000-8000-000000000000", Type: TypeBot, FirstName: "Bot", Location: NoLocation})
	s, org := start(t, Options{}, spec)
	var shown []Sensitive
	look := func() {
		t.Helper()
		for _, path := range []string{"/people?callingData=true", "/people/me"} {
			shown = append(shown, personalIn(t, get(t, s, "t", path).body)...)
		}
		users := get(t, s, "t", "/licenses/"+url.PathEscape(org.LicenseID("Webex Meetings Suite"))+"?includeAssignedTo=user").body
		for _, datum := range personalIn(t, users) {
			if datum.Value != org.LicenseID("Webex Meetings Suite") {
				shown = append(shown, datum)
			}
		}
	}
	look()
	for _, err := range []error{
		org.SetPerson(0, func(p *Person) { p.FirstName, p.LastName = "Renamed", "Person" }),
		org.SetPerson(0, func(p *Person) { p.Email = "renamed@people.example" }),
		org.RemovePerson(2),
		org.SetExternalUsers("Webex Meetings Suite", 9),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := org.AddPerson(Person{FirstName: "Late", LastName: "Comer", Location: 0, Licenses: []int{1}}); err != nil {
		t.Fatal(err)
	}
	look()
	if err := org.SetExternalUsers("Webex Meetings Suite", 1); err != nil {
		t.Fatal(err)
	}
	s.RemoveOrganization(org.UUID())

	if len(shown) < 400 {
		t.Fatalf("only %d personal data were shown", len(shown))
	}
	got := known(s)
	for _, datum := range shown {
		if !got[datum] {
			t.Errorf("%s %q was shown and is not in the list", datum.Kind, datum.Value)
		}
	}
}

func TestLeakFinder(t *testing.T) {
	t.Parallel()
	s, org := startWithoutToken(t, Options{Seed: 1}, Generate(GeneratorOptions{Seed: 3, People: 300}))
	if _, err := org.AddPerson(Person{FirstName: "Bo", LastName: "Xu", Email: "b@x.y", Location: NoLocation}); err != nil {
		t.Fatal(err)
	}
	s.IssueToken(TokenSpec{Organization: org.UUID(), WithRefresh: true})
	all := s.LeakFinder()
	values := known(s)
	for value := range values {
		if value.Kind == SensitiveNamePart {
			continue
		}
		texts := []string{value.Value, "x" + value.Value}
		if upper := strings.ToUpper(value.Value); strings.EqualFold(upper, value.Value) { // not so for a dotless i
			texts = append(texts, "level=info "+upper+"\n")
		}
		for _, text := range texts {
			if !slices.Contains(all.Find(text), value) {
				t.Errorf("%s is not found in %q", value.Value, text)
			}
		}
		if found := all.Find(value.Value[1:]); slices.Contains(found, value) {
			t.Errorf("%s is found where its first byte is missing", value.Value)
		}
	}
	if found := all.Find("nothing to see, Grace, not even sim-access- or @example.com"); len(found) != 0 {
		t.Errorf("found %v", found)
	}
	if found := all.Find("b@x.y b@x.y"); len(found) != 1 || found[0].Kind != SensitiveEmail {
		t.Errorf("found %v", found)
	}
	parts := s.LeakFinder(SensitiveNamePart)
	if found := parts.Find("of xu and bo"); len(found) != 2 {
		t.Errorf("found %v", found)
	}
	if all.Values() < 300*5 || parts.Values() > 60 {
		t.Errorf("%d values, and %d parts of names", all.Values(), parts.Values())
	}
}

// BenchmarkLeakFinder searches a megabyte of log for the data of ten thousand people.
func BenchmarkLeakFinder(b *testing.B) {
	s, _ := startWithoutToken(b, Options{}, Generate(GeneratorOptions{Seed: 1, People: 10_000}))
	f := s.LeakFinder()
	text := strings.Repeat(`{"level":"info","ts":"2026-09-01T12:00:00Z","msg":"run complete","customer":"acme","requests":12}`+"\n", 1<<20/96)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if found := f.Find(text); len(found) != 0 {
			b.Fatal(fmt.Sprint(found))
		}
	}
	b.ReportMetric(float64(f.Values()), "values")
}

func TestSensitiveStops(t *testing.T) {
	t.Parallel()
	s, _ := startWithoutToken(t, Options{}, OverAssignedOrganization())
	total := 0
	for range s.Sensitive() {
		total++
	}
	for stop := range total { // breaking off the loop anywhere panics if the sequence goes on
		n := 0
		for range s.Sensitive() {
			if n++; n > stop {
				break
			}
		}
	}
	r, err := http.NewRequest(http.MethodGet, s.ControlURL()+"/truth/"+OverAssignedUUID, nil)
	if err != nil {
		t.Fatal(err)
	}
	if a, err := send(s, r); err != nil || len(s.LeakFinder().Find(a.body)) != 0 {
		t.Errorf("the truth tells of people: %v, %v", s.LeakFinder().Find(a.body), err)
	}
}
