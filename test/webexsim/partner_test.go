package webexsim

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
)

const partnerOwner = "partner-admin"

// startPartner has a token "p" of a partner with two customers.
func startPartner(t *testing.T, o Options) *Server {
	t.Helper()
	s, _ := start(t, o, StandardOrganization())
	s.AddOrganization(TwoSubscriptionOrganization())
	s.AddOrganization(OverAssignedOrganization())
	for _, access := range []string{"p", "q"} {
		s.IssueToken(TokenSpec{
			Organization: StandardUUID, Organizations: []string{TwoSubscriptionUUID, OverAssignedUUID},
			Access: access, Owner: partnerOwner, Partner: true,
		})
	}
	return s
}

func TestManagedList(t *testing.T) {
	t.Parallel()
	s := startPartner(t, Options{ManagedListLapse: 24 * time.Hour})
	org := func(uuid string) string { return EncodeID(kindOrganization, uuid) }
	license := s.Organization(TwoSubscriptionUUID).LicenseID("calling-main")
	expect := func(when, token, path string, want int) {
		t.Helper()
		a := get(t, s, token, path)
		if a.status != want {
			t.Errorf("%s: GET %s answers %d, want %d: %s", when, path, a.status, want, a.body)
		}
		checkReply(t, a)
	}
	customer := "/licenses?orgId=" + org(TwoSubscriptionUUID)

	if got := get(t, s, "p", "/organizations").items(t); len(got) != 3 {
		t.Errorf("a partner sees %d organizations, want 3: being listed needs no managing", len(got))
	}
	expect("at first", "p", "/licenses", 200)
	expect("at first", "p", "/licenses?orgId="+org(StandardUUID), 200)
	expect("at first", "p", customer, 403)
	expect("at first", "p", "/people?orgId="+org(TwoSubscriptionUUID), 403)
	expect("at first", "p", "/licenses/"+license, 403)

	expect("managing", "p", "/organizations/"+org(TwoSubscriptionUUID), 200)
	expect("managed", "p", customer, 200)
	expect("managed, another token of the owner", "q", customer, 200)
	expect("managed", "p", "/licenses/"+license, 200)
	expect("managed, another customer", "p", "/licenses?orgId="+org(OverAssignedUUID), 403)

	s.IssueToken(TokenSpec{
		Organization: StandardUUID, Organizations: []string{TwoSubscriptionUUID}, Access: "other", Owner: "other-admin", Partner: true,
	})
	expect("managed by another partner", "other", customer, 403)

	s.Advance(24*time.Hour - time.Second)
	expect("one second before it lapses", "p", customer, 200)
	s.Advance(2 * time.Second)
	expect("lapsed", "p", customer, 403)
	expect("lapsed", "p", "/organizations/"+org(TwoSubscriptionUUID), 200)
	expect("managed again", "p", customer, 200)
	s.Advance(23 * time.Hour)
	expect("renewing", "p", "/organizations/"+org(TwoSubscriptionUUID), 200)
	s.Advance(23 * time.Hour)
	expect("renewed", "p", customer, 200)

	s.ForgetManaged(partnerOwner)
	expect("forgotten", "p", customer, 403)

	// A refused or lost request manages nothing.
	s.AddRule(Rule{Operation: "GET /organizations/{id}", Status: 503, Times: 1})
	expect("spoiled", "p", "/organizations/"+org(TwoSubscriptionUUID), 503)
	expect("spoiled", "p", customer, 403)

	s.RemoveCustomer(partnerOwner, TwoSubscriptionUUID)
	expect("the relationship ended", "p", "/organizations/"+org(TwoSubscriptionUUID), 404)
	expect("the relationship ended", "q", customer, 403)
	expect("the relationship ended, another customer", "p", "/organizations/"+org(OverAssignedUUID), 200)
	s.AddCustomer(partnerOwner, TwoSubscriptionUUID)
	s.AddCustomer(partnerOwner, TwoSubscriptionUUID)
	expect("a new relationship", "p", customer, 403)
	expect("a new relationship", "p", "/organizations/"+org(TwoSubscriptionUUID), 200)
	if got, want := s.Managed(partnerOwner), []string{TwoSubscriptionUUID, OverAssignedUUID}; !reflect.DeepEqual(got, want) {
		t.Errorf("managed: %v, want %v", got, want)
	}
	s.Advance(24 * time.Hour)
	if got := s.Managed(partnerOwner); len(got) != 0 {
		t.Errorf("managed after a day: %v", got)
	}
	s.SetOptions(func(o *Options) { o.ManagedListLapse = 0 })
	if got := s.Managed(partnerOwner); len(got) != 2 {
		t.Errorf("nothing lapses, but managed are %v", got)
	}
}

func TestControlPartner(t *testing.T) {
	t.Parallel()
	s := startPartner(t, Options{})
	path := "/organizations/" + EncodeID(kindOrganization, TwoSubscriptionUUID)
	get(t, s, "p", path)
	get(t, s, "p", "/organizations/"+EncodeID(kindOrganization, OverAssignedUUID))
	const base = "/owners/" + partnerOwner
	managed := func() []string { return s.Managed(partnerOwner) }
	if status, body := control(t, s, http.MethodGet, base+"/managed", ""); status != 200 || !strings.Contains(body, TwoSubscriptionUUID) {
		t.Errorf("%d %s", status, body)
	}
	if status, _ := control(t, s, http.MethodDelete, base+"/managed/"+TwoSubscriptionUUID, ""); status != 204 || len(managed()) != 1 {
		t.Errorf("%d, managed are %v", status, managed())
	}
	if status, _ := control(t, s, http.MethodDelete, base+"/managed", ""); status != 204 || len(managed()) != 0 {
		t.Errorf("%d, managed are %v", status, managed())
	}
	if status, _ := control(t, s, http.MethodDelete, base+"/customers/"+TwoSubscriptionUUID, ""); status != 204 || get(t, s, "p", path).status != 404 {
		t.Errorf("%d, and the organization is still seen", status)
	}
	if status, _ := control(t, s, http.MethodPut, base+"/customers/"+TwoSubscriptionUUID, ""); status != 204 || get(t, s, "p", path).status != 200 {
		t.Errorf("%d, and the organization is not seen", status)
	}
}
