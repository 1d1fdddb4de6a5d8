package webexsim

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"
)

func TestLicenseChanges(t *testing.T) {
	t.Parallel()
	s, org := startAssign(t, Options{Now: noon})
	const suite, basic = "Webex Meetings Suite", "Basic Messaging"
	for _, step := range []func(){
		func() { patch(t, s, org, org.PersonID(1), "+"+suite, "+"+basic) },
		func() { patch(t, s, org, org.PersonID(1), "+"+suite) },    // is held
		func() { patch(t, s, org, org.PersonID(2), "+Messenger") }, // is refused
		func() { _ = org.AssignLicense(2, suite) },
		func() { patch(t, s, org, org.PersonID(1), "-"+suite, "+"+basic) },
		func() { _ = org.RemovePerson(2) },
		func() { _, _ = org.AddPerson(Person{Location: NoLocation, Licenses: []int{0}}) },
	} {
		step()
		s.Advance(time.Hour)
	}
	at := func(hours int) time.Time { return noon().Add(time.Duration(hours) * time.Hour) }
	want := []LicenseChange{
		{at(0), 1, org.LicenseID(suite), true, true},
		{at(0), 1, org.LicenseID(basic), true, true},
		{at(3), 2, org.LicenseID(suite), true, false},
		{at(4), 1, org.LicenseID(suite), false, true},
		{at(5), 2, org.LicenseID(suite), false, false},
		{at(6), 6, org.LicenseID("Webex Calling - Professional"), true, false},
	}
	got := org.LicenseChanges()
	for i := range got {
		got[i].Time = got[i].Time.UTC()
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%v\nwant\n%v", got, want)
	}
	_, body := control(t, s, "GET", "/organizations/"+StandardUUID+"/changes", "")
	var told []LicenseChange
	if err := json.Unmarshal([]byte(body), &told); err != nil || len(told) != len(want) || told[3] != want[3] {
		t.Errorf("%s: %v", body, err)
	}
}

func TestMostRemovals(t *testing.T) {
	t.Parallel()
	change := func(hour int, added, api bool) LicenseChange {
		return LicenseChange{Time: noon().Add(time.Duration(hour) * time.Hour), Added: added, API: api}
	}
	for name, c := range map[string]struct {
		changes []LicenseChange
		want    int
	}{
		"nothing":        {nil, 0},
		"additions":      {[]LicenseChange{change(0, true, true), change(1, true, true)}, 0},
		"by hand":        {[]LicenseChange{change(0, false, false), change(1, false, true)}, 1},
		"in one day":     {[]LicenseChange{change(0, false, true), change(1, false, true), change(23, false, true)}, 3},
		"a day apart":    {[]LicenseChange{change(0, false, true), change(24, false, true)}, 1},
		"any day counts": {[]LicenseChange{change(0, false, true), change(20, false, true), change(30, false, true), change(40, false, true), change(44, false, true)}, 3},
		"clock set back": {[]LicenseChange{change(30, false, true), change(10, false, true)}, 2},
	} {
		if got := MostRemovals(c.changes, day); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}
