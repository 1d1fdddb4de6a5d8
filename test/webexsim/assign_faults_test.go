package webexsim

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

const suiteName, basicName = "Webex Meetings Suite", "Basic Messaging"

// held are the names of what a person holds, as the API says.
func held(t *testing.T, s *Server, org *Organization, person int) (names []string) {
	t.Helper()
	var shown struct{ Licenses []string }
	if err := json.Unmarshal([]byte(get(t, s, "t", "/people/"+org.PersonID(person)).body), &shown); err != nil {
		t.Fatal(err)
	}
	for _, id := range shown.Licenses {
		names = append(names, org.Truth().License(id).Key)
	}
	slices.Sort(names)
	return names
}

// Each row changes a person who holds Basic Messaging: what is the answer, and what does the
// person hold then?
func TestAssignFaults(t *testing.T) {
	t.Parallel()
	both, basic, suite := []string{basicName, suiteName}, []string{basicName}, []string{suiteName}
	for name, c := range map[string]struct {
		options Options
		rule    Rule
		before  func(org *Organization)
		changes []string
		status  int // 0: no answer
		body    string
		shown   int // licences in the answer
		after   []string
	}{
		"as asked":           {changes: []string{"+" + suiteName}, status: 200, shown: 2, after: both},
		"silent":             {rule: Rule{Assign: AssignSilent}, changes: []string{"+" + suiteName}, status: 200, shown: 1, after: basic},
		"silent removal":     {rule: Rule{Assign: AssignSilent}, changes: []string{"-" + basicName}, status: 200, shown: 1, after: basic},
		"pretended":          {rule: Rule{Assign: AssignPretend}, changes: []string{"+" + suiteName}, status: 200, shown: 2, after: basic},
		"partial":            {rule: Rule{Assign: AssignPartial}, changes: []string{"+" + suiteName, "-" + basicName}, status: 206, shown: 2, after: both},
		"partial of one":     {rule: Rule{Assign: AssignPartial}, changes: []string{"+" + suiteName}, status: 206, shown: 1, after: basic},
		"partial, explained": {options: Options{PartialErrors: true}, rule: Rule{Assign: AssignPartial}, changes: []string{"+" + suiteName}, status: 206, body: `"errors":[{"description":"The license Webex Meetings Suite`, shown: 1, after: basic},
		"partial, with code": {options: Options{PartialErrors: true}, rule: Rule{Assign: AssignPartial, Code: 400404}, changes: []string{"+" + suiteName}, status: 206, body: `"errors":[{"errorCode":400404,`, shown: 1, after: basic},
		"no units, assign":   {before: noSuites, changes: []string{"+" + suiteName}, status: 200, shown: 2, after: both},
		"no units, partial":  {options: Options{NoUnits: NoUnitsPartial}, before: noSuites, changes: []string{"+" + suiteName, "-" + basicName}, status: 206, shown: 0, after: nil},
		"no units, refuse":   {options: Options{NoUnits: NoUnitsRefuse}, before: noSuites, changes: []string{"-" + basicName, "+" + suiteName}, status: 400, body: "no units left", after: basic},
		"suspended":          {before: suspended, changes: []string{"+" + suiteName}, status: 400, body: "suspended", after: basic},
		"suspended, by hand": {before: func(org *Organization) { suspended(org); _ = org.AssignLicense(1, suiteName) }, changes: []string{"-" + suiteName}, status: 400, body: "suspended", after: both},
		"of included rows":   {before: suspended, changes: []string{"-" + basicName}, status: 200, after: nil},
		"another's code":     {rule: Rule{Code: 400404, People: []int{0, 2}}, changes: []string{"+" + suiteName}, status: 200, shown: 2, after: both},
		"unknown code":       {rule: Rule{Code: 123456}, changes: []string{"+" + suiteName}, status: 400, body: `"errorCode":123456`, after: basic},
		"conflict":           {rule: Rule{Status: 409}, changes: []string{"+" + suiteName}, status: 409, after: basic},
		"cut before":         {rule: Rule{Drop: true}, changes: []string{"+" + suiteName}, after: basic},
		"cut after":          {rule: Rule{Drop: true, AfterService: true}, changes: []string{"+" + suiteName}, after: both},
		"cut in the answer":  {rule: Rule{CutAt: 0.5}, changes: []string{"+" + suiteName, "-" + basicName}, after: suite},
		"left":               {before: func(org *Organization) { _ = org.RemovePerson(1) }, changes: []string{"+" + suiteName}, status: 404},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, org := startAssign(t, c.options)
			s.Client().Transport = noRetry(s)
			if err := org.AssignLicense(1, basicName); err != nil {
				t.Fatal(err)
			}
			if c.before != nil {
				c.before(org)
			}
			if c.rule.ID = "fault"; !reflect.DeepEqual(c.rule, Rule{ID: "fault"}) {
				c.rule.Operation = OperationAssign
				s.AddRule(c.rule)
			}
			body := assignBody(t, org, org.PersonID(1), c.changes...)
			a, err := trySend(s, http.MethodPatch, "w", "/licenses/users", body)
			if c.status == 0 && err == nil || c.status > 0 && (err != nil || a.status != c.status) || !strings.Contains(a.body, c.body) {
				t.Errorf("answer %d %s, %v; want %d with %s", a.status, a.body, err, c.status, c.body)
			}
			var reply struct{ Licenses []string }
			if _ = json.Unmarshal([]byte(a.body), &reply); c.status/100 == 2 && len(reply.Licenses) != c.shown {
				t.Errorf("%d licences in %s, want %d", len(reply.Licenses), a.body, c.shown)
			}
			if c.status == 404 {
				return
			}
			if got := held(t, s, org, 1); !slices.Equal(got, c.after) {
				t.Errorf("holds %v, want %v", got, c.after)
			}
			checkTruth(t, s, StandardUUID)
		})
	}
}

func noSuites(org *Organization) { _ = org.SetTotal(suiteName, 0) }

func suspended(org *Organization) { _ = org.SuspendSubscription("Sub1", true) }

// Each code of the documents can be had, for chosen people.
func TestAssignCodes(t *testing.T) {
	t.Parallel()
	s, org := startAssign(t, Options{})
	for _, code := range []float64{400, 400000, 400112, 400118, 400216, 400404, 400406, 400407, 400408, 400410, 400411, 400413, 700003, 700004, 700005, 700006} {
		s.ClearRules()
		s.AddRule(Rule{Operation: OperationAssign, People: []int{1}, Code: int(code)})
		a, reply := patch(t, s, org, org.PersonID(1), "+"+suiteName)
		if a.status != 400 {
			t.Fatalf("%v: %d %s", code, a.status, a.body)
		}
		first := reply["errors"].([]any)[0].(object)
		if first["errorCode"] != code || strings.Contains(a.body, "%") || first["description"] == "License assignment failed" {
			t.Errorf("%v: %s", code, a.body)
		}
		if a, _ := patch(t, s, org, org.PersonID(2), "+"+suiteName); a.status != 200 {
			t.Errorf("another person: %d %s", a.status, a.body)
		}
	}
	s.AddRule(Rule{Operation: "GET /people/{id}", People: []int{3}, Status: 503})
	for i, want := range []int{200, 200, 200, 503} {
		if a := get(t, s, "t", "/people/"+org.PersonID(i)); a.status != want {
			t.Errorf("GET person %d: %d, want %d", i, a.status, want)
		}
	}
}

func TestSuspendSubscription(t *testing.T) {
	t.Parallel()
	spec := assignOrganization()
	spec.Suspended = []string{"Sub1"}
	s, org := start(t, Options{}, spec)
	s.IssueToken(TokenSpec{Organization: StandardUUID, Access: "w", Scopes: []string{ScopePeopleWrite}})
	const path = "/organizations/" + StandardUUID + "/subscriptions/"
	for _, c := range []struct {
		subscription, body string
		status, answer     int
	}{
		{"Sub1", `{"suspended": false}`, 204, 200},
		{"Sub1", `{"suspended": true}`, 204, 400},
		{"Sub2", `{"suspended": false}`, 400, 400},
	} {
		if status, body := control(t, s, "PUT", path+c.subscription, c.body); status != c.status {
			t.Errorf("%s %s: %d %s", c.subscription, c.body, status, body)
		}
		if a, _ := patch(t, s, org, org.PersonID(1), "+"+suiteName); a.status != c.answer {
			t.Errorf("%s %s: the API answers %d, want %d", c.subscription, c.body, a.status, c.answer)
		}
	}
}

// A renewal changes ids, and what names them: nothing that people hold.
func TestRenewSubscription(t *testing.T) {
	t.Parallel()
	s, org := startAssign(t, Options{Now: noon, CountsLag: time.Hour})
	old := org.LicenseID(suiteName)
	patch(t, s, org, org.PersonID(1), "+"+suiteName)
	if status, body := control(t, s, "PUT", "/organizations/"+StandardUUID+"/subscriptions/Sub1", `{"renewedAs": "Sub2"}`); status != 204 {
		t.Fatalf("%d %s", status, body)
	}
	row := org.Truth().License(suiteName)
	if row.ID == old || row.Subscription != "Sub2" || row.Consumed != 1 || org.LicenseID(old) != "" || !slices.Equal(org.Holders(suiteName), []int{1}) {
		t.Errorf("renewed: %+v, held by %v", row, org.Holders(suiteName))
	}
	if got := held(t, s, org, 1); !slices.Equal(got, []string{suiteName}) {
		t.Errorf("the person holds %v", got)
	}
	if a := get(t, s, "t", "/licenses"); !strings.Contains(a.body, `"id":"`+row.ID+`","name":"`+suiteName+`","totalUnits":5,"consumedUnits":0`) {
		t.Errorf("counts that lag: %s", a.body)
	}
	if got := org.LicenseChanges(); len(got) != 1 || got[0].License != old {
		t.Errorf("the history is rewritten: %+v", got)
	}
	body := `{"personId":"` + org.PersonID(2) + `","licenses":[{"id":"` + old + `"}]}`
	if a := callAPI(t, s, http.MethodPatch, "w", "/licenses/users", body); !strings.Contains(a.body, `"errorCode":400000`) {
		t.Errorf("the old id: %d %s", a.status, a.body)
	}
	for _, wrong := range [][2]string{{"Sub1", "Sub3"}, {"Sub2", "Sub2"}, {"Sub2", ""}, {"", "Sub3"}} {
		if err := org.RenewSubscription(wrong[0], wrong[1]); err == nil {
			t.Errorf("%v: no error", wrong)
		}
	}
}

// Counts follow late, people do not.
func TestCountsLag(t *testing.T) {
	t.Parallel()
	s, org := startAssign(t, Options{Now: noon, CountsLag: time.Minute})
	_ = org.AssignLicense(0, suiteName)
	s.Advance(time.Hour)
	patch(t, s, org, org.PersonID(0), "-"+suiteName)
	patch(t, s, org, org.PersonID(1), "+"+suiteName, "+"+basicName)
	s.Advance(30 * time.Second)
	patch(t, s, org, org.PersonID(2), "+"+suiteName)
	count := func(name string) float64 {
		for _, l := range get(t, s, "t", "/licenses").items(t) {
			if l["id"] == org.LicenseID(name) {
				return l["consumedUnits"].(float64)
			}
		}
		return -1
	}
	if got := held(t, s, org, 1); len(got) != 2 {
		t.Errorf("the person holds %v at once", got)
	}
	for i, want := range []struct{ suite, basic float64 }{{1, 0}, {1, 1}, {2, 1}, {2, 1}} {
		if suite, basic := count(suiteName), count(basicName); suite != want.suite || basic != want.basic {
			t.Errorf("step %d: %v and %v, want %+v", i, suite, basic, want)
		}
		s.Advance(30 * time.Second)
	}
	s.SetOptions(func(o *Options) { o.CountsLag = time.Hour })
	if got := org.Truth().License(suiteName).Consumed; got != 2 {
		t.Errorf("the truth is %d", got)
	}
	if a := get(t, s, "t", "/licenses/"+org.LicenseID(suiteName)); !strings.Contains(a.body, `"consumedUnits":1`) {
		t.Errorf("one row: %s", a.body)
	}
}

func TestLatencies(t *testing.T) {
	t.Parallel()
	s, _ := start(t, Options{}, StandardOrganization())
	for body, want := range map[string]int{
		`{"latencies": {"GET /nothing": "1s"}}`: 400, `{"latency": "1h", "latencies": {"GET /roles": "0s", "GET /people": "20ms"}}`: 200,
	} {
		if status, answer := control(t, s, "PATCH", "/options", body); status != want {
			t.Errorf("%s: %d %s", body, status, answer)
		}
	}
	began := time.Now()
	if get(t, s, "t", "/roles"); time.Since(began) > time.Minute {
		t.Error("the latency of one operation is not its own")
	}
	began = time.Now()
	if get(t, s, "t", "/people"); time.Since(began) < 20*time.Millisecond {
		t.Error("no latency")
	}
	if got := s.Options().Latencies["GET /people"]; got != 20*time.Millisecond {
		t.Errorf("%v", got)
	}
}
