package webexsim

import (
	"fmt"
	"testing"
)

func TestStandardOrganization(t *testing.T) {
	s, org := start(t, Options{TLS: true}, StandardOrganization())
	rows := get(t, s, "t", "/licenses").items(t)
	if len(rows) != 21 {
		t.Errorf("%d licences, want 21", len(rows))
	}
	want := []string{
		"Webex Calling - Professional 100/3", "Webex Calling - Workspaces 100/0", "Webex Calling - Hot desk only 9/0",
		"Webex Calling - Route List Calls 10/0", "Webex Meetings Suite 100/3", "Advanced Messaging 100/1",
		"Advanced Space Meetings 100/1", "Real-Time Translations 100/3", "Webex Room Kit 5/0",
		"Contact Center Premium Agent 50/3", "Contact center Standard Agent 50/0",
		"Epic Desktop Connector for Webex Contact Center 10/0", "Salesforce Desktop Connector 10/0",
		"Basic Messaging 44/44", "Basic Space Meetings 44/44", "Free screen share 44/44",
		"Call on Webex (1:1 call, non-PSTN) 44/44", "Hybrid - Exchange Calendar 44/0", "Hybrid - Google Calendar 44/0",
		"Hybrid - Message 44/0", "Unified Communication Manager (UCM) 44/0",
	}
	for i, r := range rows {
		if got := fmt.Sprintf("%v %v/%v", r["name"], r["totalUnits"], r["consumedUnits"]); got != want[i] {
			t.Errorf("row %d is %q, want %q", i, got, want[i])
		}
	}
	calling := s.Truth(StandardUUID).License("Webex Calling - Professional")
	if calling.ByUsers != 2 || calling.ByWorkspaces != 1 || calling.At("San Jose HQ") != 1 || calling.At("Chicago Branch") != 1 ||
		calling.At("Austin Lab") != 1 || calling.WithoutLocation != 0 || calling.Residual != 0 {
		t.Errorf("Calling Professional: %+v", calling)
	}
	if n := org.People(); n != 44 {
		t.Errorf("%d people, want 44", n)
	}
}

// TestTruthEqualsWalk counts what a client sees and compares it with the truth.
func TestTruthEqualsWalk(t *testing.T) {
	for _, spec := range []OrganizationSpec{
		StandardOrganization(), TwoSubscriptionOrganization(), OverAssignedOrganization(),
		Generate(GeneratorOptions{Seed: 7, People: 777, Licenses: 30, Locations: 13, Subscriptions: 3, BotShare: 0.05}),
		Generate(GeneratorOptions{Seed: 8, People: 1, Licenses: 2, Locations: 1}),
	} {
		t.Run(spec.Name, func(t *testing.T) {
			s, _ := start(t, Options{}, spec)
			checkTruth(t, s, spec.UUID)
		})
	}
}

func checkTruth(t *testing.T, s *Server, uuid string) {
	t.Helper()
	units := map[string]int{} // licence + location
	add := func(licenses any, location any) {
		at, _ := location.(string)
		list, _ := licenses.([]any)
		for _, id := range list {
			units[id.(string)+" "+at]++
		}
	}
	people, _ := walk(t, s, "/people?callingData=true&excludeStatus=true")
	for _, p := range people {
		if p["type"] == TypePerson {
			add(p["licenses"], p["locationId"])
		}
	}
	for start := 0; ; {
		page := get(t, s, "t", fmt.Sprintf("/workspaces?max=7&start=%d", start)).items(t)
		for _, w := range page {
			if calling := w["calling"].(object); calling["webexCalling"] != nil {
				add(calling["webexCalling"].(object)["licenses"], w["locationId"])
			}
		}
		if start += len(page); len(page) < 7 {
			break
		}
	}
	truth := s.Truth(uuid)
	rows := get(t, s, "t", "/licenses").items(t)
	if len(rows) != len(truth.Licenses) {
		t.Fatalf("%d rows, the truth has %d", len(rows), len(truth.Licenses))
	}
	for i, row := range rows {
		want := truth.Licenses[i]
		id := row["id"].(string)
		if id != want.ID || row["totalUnits"] != float64(want.Total) || row["consumedUnits"] != float64(want.Consumed) {
			t.Errorf("row %v, the truth is %+v", row, want)
		}
		sum := want.WithoutLocation + want.Residual
		if got := units[id+" "]; got != want.WithoutLocation {
			t.Errorf("%s: %d units without location, the truth is %d", want.Name, got, want.WithoutLocation)
		}
		for _, at := range want.Locations {
			if got := units[id+" "+at.ID]; got != at.Units {
				t.Errorf("%s at %s: %d units, the truth is %d", want.Name, at.Name, got, at.Units)
			}
			sum += at.Units
			delete(units, id+" "+at.ID)
		}
		delete(units, id+" ")
		if sum != want.Consumed {
			t.Errorf("%s: parts add up to %d, consumed are %d", want.Name, sum, want.Consumed)
		}
	}
	if len(units) > 0 {
		t.Errorf("units that the truth does not know: %v", units)
	}
}
