package webexsim

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestInvitations(t *testing.T) {
	t.Parallel()
	s, org := startAssign(t, Options{Now: noon})
	suite, messenger := org.LicenseID(suiteName), org.LicenseID("Messenger")
	invite := func(email, license, operation string) answer {
		t.Helper()
		return callAPI(t, s, http.MethodPatch, "w", "/licenses/users", `{"email":"`+email+`","licenses":[{"id":"`+license+`"`+operation+`}]}`)
	}
	invite("out@elsewhere.example", suite, "")
	if a := invite("OUT@elsewhere.example", messenger, ""); a.status != 206 || !strings.Contains(a.body, `"pendingLicenses":["`+suite+`"]`) {
		t.Errorf("the invitation is not remembered: %d %s", a.status, a.body)
	}
	invite("Out@Elsewhere.example", suite, "")
	invite("other@elsewhere.example", suite, "")
	invite("third@elsewhere.example", suite, `,"operation":"remove"`)
	var got []string
	for _, i := range org.Invitations() {
		if !slices.Equal(i.Licenses, []string{suite}) || !i.Time.Equal(noon()) {
			t.Errorf("%+v", i)
		}
		got = append(got, i.Email)
	}
	if want := []string{"out@elsewhere.example", "Out@Elsewhere.example", "other@elsewhere.example"}; !slices.Equal(got, want) {
		t.Errorf("invited %v, want %v", got, want)
	}
	if got, want := s.InvitationsByAddress(), map[string]int{"out@elsewhere.example": 2, "other@elsewhere.example": 1}; !maps.Equal(got, want) {
		t.Errorf("by address %v, want %v", got, want)
	}
	if !known(s)[Sensitive{SensitiveEmail, "other@elsewhere.example"}] {
		t.Error("the address of a stranger is not sensitive")
	}
}

func TestCountEmails(t *testing.T) {
	t.Parallel()
	s, org := startAssign(t, Options{})
	second := s.AddOrganization(TwoSubscriptionOrganization())
	suite, person := org.LicenseID(suiteName), org.PersonID(1)
	named := 0
	for _, c := range []struct {
		method, path, body string
		named              bool
	}{
		{"GET", "/people", "", false},
		{"GET", "/people?email=", "", false},
		{"GET", "/people?email=ada", "", true},
		{"GET", "/people?displayName=" + url.QueryEscape("ada@example.com"), "", true},
		{"GET", "/people/ada@example.com", "", true},
		{"GET", "/groups?filter=" + url.QueryEscape(`displayName eq "Sales @ night"`), "", true}, // wide, rather than narrow
		{"GET", "/nothing", "", false},
		{"PATCH", "/licenses/users", `{"personId":"` + person + `","licenses":[{"id":"` + suite + `"}]}`, false},
		{"PATCH", "/licenses/users", `{"personId":"` + person + `","email":"","licenses":[]}`, false},
		{"PATCH", "/licenses/users", `{"personId":"` + person + `","email":"ada@example.com","licenses":[]}`, true},
		{"PATCH", "/licenses/users", `{"personId":"ada@example.com","orgId":"` + second.ID() + `"}`, true},
		{"PATCH", "/licenses/users", `{"licenses":[{"id":["ada@example.com"]}]}`, true},
		{"PATCH", "/nothing", "", false},
	} {
		before := s.EmailRequests()
		callAPI(t, s, c.method, "w", c.path, c.body)
		if got := s.EmailRequests() > before; got != c.named {
			t.Errorf("%s %s %s: names an address: %t, want %t", c.method, c.path, c.body, got, c.named)
		}
		if c.named {
			named++
		}
	}
	_, body := control(t, s, "GET", "/requests", "")
	var counts RequestCounts
	if err := json.Unmarshal([]byte(body), &counts); err != nil {
		t.Fatal(err)
	}
	if counts.EmailRequests != named || counts.Patches != 6 || counts.Operations[OperationAssign] != 5 ||
		counts.Organizations[StandardUUID][OperationAssign] != 4 || counts.Organizations[TwoSubscriptionUUID][OperationAssign] != 1 {
		t.Errorf("%s", body)
	}
	logged := 0
	for _, r := range s.RequestLog() {
		if r.Email {
			logged++
		}
	}
	if logged != named {
		t.Errorf("%d requests in the log name an address, want %d", logged, named)
	}
	if s.ResetRequests(); s.EmailRequests() != 0 || s.Patches() != 0 || len(s.InvitationsByAddress()) != 0 {
		t.Error("counts after a reset")
	}
}
