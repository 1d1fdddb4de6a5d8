package webexsim

import (
	"errors"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
)

// auditPath asks for events of an organization.
func auditPath(org *Organization, from, to time.Time, more string) string {
	q := url.Values{"orgId": {org.ID()}, "from": {from.Format(auditTime)}, "to": {to.Format(auditTime)}}
	return "/adminAudit/events?" + q.Encode() + more
}

func TestAuditEvents(t *testing.T) {
	t.Parallel()
	s, org := startAssign(t, Options{Now: noon})
	mustChange := func(errs ...error) {
		t.Helper()
		for _, err := range errs {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	texts := func(more string) []string {
		t.Helper()
		a := get(t, s, "w", auditPath(org, noon(), noon().Add(day), more))
		list := []string{}
		for _, e := range a.items(t) {
			data := e["data"].(object)
			list = append(list, data["eventCategory"].(string)+": "+data["actionText"].(string))
		}
		return list
	}
	if got := texts(""); len(got) != 0 {
		t.Fatalf("events before anything happened: %v", got)
	}
	s.Advance(time.Minute)
	patch(t, s, org, org.PersonID(1), "+Basic Messaging", "+Advanced Messaging")
	patch(t, s, org, org.PersonID(1), "+Basic Messaging") // no change
	patch(t, s, org, org.PersonID(1), "+Messenger")       // refused
	s.Advance(time.Hour)
	mustChange(org.RemoveLicense(1, "Advanced Messaging"), org.MovePerson(1, "Here"))
	mustChange(org.SetTotal("Advanced Messaging", 9), org.SetTotal("Advanced Messaging", 9), org.DropLicense("Advanced Messaging"))
	index, err := org.AddPerson(Person{Location: NoLocation, Licenses: []int{8}})
	mustChange(err, org.RemovePerson(index))

	org.AddLocation(LocationSpec{Name: "Nowhere"})
	mustChange(org.RenameLocation("Nowhere", "Elsewhere"))

	const id, row, user, place = auditIdentity + ": License ", auditLicense + ": License ", auditUsers + ": User ", auditLocations + ": Location "
	want := []string{ // the latest first
		place + "renamed", place + "added",
		user + "deleted", id + "Webex Meetings Suite removed", id + "Webex Meetings Suite assigned", user + "created", row + "Advanced Messaging removed", row + "Advanced Messaging changed",
		user + "moved", id + "Advanced Messaging removed", id + "Advanced Messaging assigned", id + "Basic Messaging assigned",
	}
	if got := texts(""); !reflect.DeepEqual(got, want) {
		t.Errorf("events\n%s, want\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	me := get(t, s, "w", auditPath(org, noon(), noon().Add(day), "")).items(t)[0]
	actor := me["actorId"].(string)
	for more, n := range map[string]int{
		"&max=3": 3, "&max=3&offset=3": 3, "&max=3&offset=10": 2, "&offset=12": 0, "&offset=99": 0,
		"&eventCategories=license": 2, "&eventCategories=LICENSE,webex_identity": 7, "&eventCategories=LOGINS": 0, "&eventCategories=users": 3, "&eventCategories=Locations,LOGINS": 2,
		"&actorId=" + actor: 12, "&actorId=other": 0,
	} {
		if got := texts(more); len(got) != n {
			t.Errorf("%s: %d events, want %d", more, len(got), n)
		}
	}
	for name, c := range map[string]struct {
		from, to time.Time
		want     int
	}{
		"the first minutes":   {noon(), noon().Add(time.Hour), 2},
		"from is in":          {noon().Add(time.Minute), noon().Add(time.Hour), 2},
		"to is not":           {noon(), noon().Add(time.Minute), 0},
		"later":               {noon().Add(time.Hour), noon().Add(day), 10},
		"before it all began": {noon().Add(-day), noon(), 0},
	} {
		if got := get(t, s, "w", auditPath(org, c.from, c.to, "")).items(t); len(got) != c.want {
			t.Errorf("%s: %d events, want %d", name, len(got), c.want)
		}
	}
	// Who did it, and to whom, is told with names: a leak test has to know them.
	list := known(s)
	for _, datum := range personalIn(t, get(t, s, "w", auditPath(org, noon(), noon().Add(day), "&eventCategories="+auditIdentity)).body) {
		if datum.Kind != SensitivePersonID && !list[datum] {
			t.Errorf("%v is not in the list", datum)
		}
	}
	created, err := time.Parse(auditTime, me["created"].(string))
	if err != nil || !created.Equal(noon().Add(time.Hour+time.Minute)) {
		t.Errorf("created %v, %v", me["created"], err)
	}
}

// Where sources disagree, and what a log does that is late.
func TestAuditSwitches(t *testing.T) {
	t.Parallel()
	s, org := startAssign(t, Options{Now: noon})
	categories := func(more string) (list []string, next string) {
		t.Helper()
		a := get(t, s, "w", auditPath(org, noon(), noon().Add(day), more))
		for _, e := range a.items(t) {
			list = append(list, e["data"].(object)["eventCategory"].(string))
		}
		return list, a.next()
	}
	expect := func(name, more string, change func(*Options), want ...string) (next string) {
		t.Helper()
		before := s.Options()
		s.SetOptions(change)
		defer s.SetOptions(func(o *Options) { *o = before })
		list, next := categories(more)
		if !reflect.DeepEqual(list, want) {
			t.Errorf("%s: %v, want %v", name, list, want)
		}
		return next
	}
	if err := errors.Join(org.MovePerson(1, "Here"), org.SetTotal("Messenger", 9)); err != nil {
		t.Fatal(err)
	}
	expect("late", "", func(o *Options) { o.AuditLag = time.Minute })
	s.Advance(time.Minute)
	expect("as late", "", func(o *Options) { o.AuditLag = time.Minute }, auditLicense, auditUsers)
	expect("prefix", "&eventCategories=users", func(o *Options) { o.AuditPrefix = true }, auditPrefix+auditUsers)
	expect("no filter", "&eventCategories=users", func(o *Options) { o.AuditIgnoresCategories = true }, auditLicense, auditUsers)
	org.SignIn(0)
	expect("other categories", "&eventCategories=users,license", func(*Options) {}, auditLicense, auditUsers)
	expect("and no filter", "&eventCategories=users,license", func(o *Options) { o.AuditIgnoresCategories = true }, auditLogins, auditLicense, auditUsers)
	if next := expect("no links", "&max=1", func(*Options) {}, auditLogins); next != "" {
		t.Errorf("next is %s", next)
	}
	next := expect("links", "&max=2", func(o *Options) { o.AuditLinks = true }, auditLogins, auditLicense)
	s.SetOptions(func(o *Options) { o.AuditLinks = true })
	a := get(t, s, "w", next)
	if got := a.items(t); len(got) != 1 || a.next() != "" || got[0]["data"].(object)["eventCategory"] != auditUsers {
		t.Errorf("%s leads to %v and %s", next, got, a.next())
	}
}

func TestAuditRefusals(t *testing.T) {
	t.Parallel()
	s, org := startAssign(t, Options{Now: noon})
	s.IssueToken(TokenSpec{Organization: StandardUUID, Access: "readonly", Scopes: []string{ScopeAudit}, Roles: []string{"id_readonly_admin"}})
	good := auditPath(org, noon(), noon().Add(day), "")
	for _, c := range []struct {
		name, token, path string
		status            int
	}{
		{"good", "w", good, 200},
		{"a year", "w", auditPath(org, noon(), noon().AddDate(1, 0, 0), ""), 200},
		{"more than a year", "w", auditPath(org, noon(), noon().AddDate(1, 0, 1), ""), 400},
		{"backwards", "w", auditPath(org, noon(), noon().Add(-time.Second), ""), 400},
		{"no organization", "w", strings.Replace(good, "orgId", "x", 1), 400},
		{"no from", "w", strings.Replace(good, "from", "x", 1), 400},
		{"no to", "w", strings.Replace(good, "to=", "x=", 1), 400},
		{"wrong from", "w", strings.Replace(good, "from=2026", "from=x", 1), 400},
		{"wrong to", "w", strings.Replace(good, "to=2026", "to=x", 1), 400},
		{"wrong max", "w", good + "&max=0", 400},
		{"missing scope", "t", good, 403},
		{"wrong role", "readonly", good, 403},
		{"categories", "w", "/adminAudit/eventCategories", 200},
	} {
		a := get(t, s, c.token, c.path)
		if a.status != c.status {
			t.Errorf("%s: %d %s, want %d", c.name, a.status, a.body, c.status)
		}
		checkReply(t, a)
	}
	for i := range 250 {
		if err := org.SetTotal("Messenger", 100+i); err != nil {
			t.Fatal(err)
		}
	}
	for more, want := range map[string]int{"": 100, "&max=1000": 200, "&max=200&offset=200": 50} {
		if got := get(t, s, "w", good+more).items(t); len(got) != want {
			t.Errorf("%q: %d events, want %d", more, len(got), want)
		}
	}
	if got := s.RequestLog(); got[len(got)-1].Max == 0 {
		t.Errorf("the log does not know the page: %+v", got[len(got)-1])
	}
}

// TestAuditIsBounded makes more events than are kept. The latest stay.
func TestAuditIsBounded(t *testing.T) {
	t.Parallel()
	s, org := startAssign(t, Options{Now: noon})
	for i := range auditKept + 5 {
		if err := org.SetTotal("Messenger", 100+i); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(org.events); n > auditKept || n < auditKept*8/10 || org.events[n-1].number != auditKept+5 {
		t.Errorf("%d events are kept, the last is number %d", n, org.events[n-1].number)
	}
	if got := get(t, s, "w", auditPath(org, noon(), noon().Add(day), "&max=1")).items(t); len(got) != 1 {
		t.Errorf("%v", got)
	}
}
