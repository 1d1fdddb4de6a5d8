package schedule_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/webex-operator/webex-license-operator/internal/schedule"
)

// slots returns the slots of the plan in (after, until], each in the plan's zone.
func slots(t testing.TB, p *schedule.Plan, after, until time.Time) []string {
	t.Helper()
	got := []string{}
	for s, ok := p.Next(after); ok && !s.After(until); s, ok = p.Next(s) {
		if !s.After(after) {
			t.Fatalf("the slot after %v is %v", after, s)
		}
		got = append(got, s.Format(time.RFC3339))
		after = s
	}
	return got
}

// The latest missed slot after an outage. CronJob 1.37 finds none in the first four rows.
func TestLatestOfIrregularPlans(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		cron, last, now, want string
		missed                int
	}{
		{"0 9,10 * * *", "2026-03-02T08:30:00Z", "2026-03-05T08:00:00Z", "2026-03-04T10:00:00Z", 6},
		{"*/5 8-17 * * 1-5", "2026-03-02T08:30:00Z", "2026-03-07T12:00:00Z", "2026-03-06T17:55:00Z", 5*120 - 7},
		{"0 9,10 * * *", "2026-03-02T08:30:00Z", "2026-03-05T12:00:00Z", "2026-03-05T10:00:00Z", 8},
		{"0 2 1,2 * *", "2026-02-01T02:00:00Z", "2026-03-20T00:00:00Z", "2026-03-02T02:00:00Z", 3},
		{"*/15 * * * *", "2026-03-02T08:30:00Z", "2026-03-05T08:07:00Z", "2026-03-05T08:00:00Z", 3*96 - 2},

		{"0 2 * * *", "2026-03-02T02:00:00Z", "2026-03-03T01:59:59.999Z", "", 0},
		{"0 2 * * *", "2026-03-02T02:00:00Z", "2026-03-03T02:00:00Z", "2026-03-03T02:00:00Z", 1},
		{"0 2 * * *", "2026-03-02T01:59:59.999Z", "2026-03-02T02:00:00.001Z", "2026-03-02T02:00:00Z", 1},
		{"0 2 * * *", "2026-03-03T02:00:00Z", "2026-03-02T02:00:00Z", "", 0},
		{"0 0 29 2 *", "2026-01-01T00:00:00Z", "2104-03-01T00:00:00Z", "2104-02-29T00:00:00Z", 19},
	} {
		p := plan(t, schedule.Spec{Cron: c.cron, TimeZone: "Etc/UTC"})
		slot, missed, capped, ok := p.Latest(at(t, c.last), at(t, c.now))
		got := ""
		if ok {
			got = slot.Format(time.RFC3339)
		}
		if got != c.want || missed != c.missed || capped || ok != (c.want != "") {
			t.Errorf("%q in (%s, %s]: got %q, %d missed, capped %v; want %q, %d", c.cron, c.last, c.now, got, missed, capped, c.want, c.missed)
		}
	}
}

func TestLatestStopsCountingAndStaysExact(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		spec       schedule.Spec
		after, now string
		want       string
		missed     int
		capped     bool
	}{
		{
			"as many as are counted",
			schedule.Spec{Cron: "* * * * *"},
			"2026-01-01T00:00:00Z", "2026-01-01T16:40:59Z", "2026-01-01T16:40:00Z", schedule.MaxCounted, false,
		},
		{
			"one more",
			schedule.Spec{Cron: "* * * * *"},
			"2026-01-01T00:00:00Z", "2026-01-01T16:41:00Z", "2026-01-01T16:41:00Z", schedule.MaxCounted, true,
		},
		{
			"a year ago, only in January",
			schedule.Spec{Cron: "* * * 1 *"},
			"2026-01-01T00:00:00Z", "2026-12-31T00:00:00Z", "2026-01-31T23:59:00Z", schedule.MaxCounted, true,
		},
		{
			"since the zero time",
			schedule.Spec{Cron: "0 9,10 * * *"},
			"0001-01-01T00:00:00Z", "2026-03-05T08:00:00Z", "2026-03-04T10:00:00Z", schedule.MaxCounted, true,
		},
		{
			"long after the end",
			schedule.Spec{Cron: "*/7 * * * *", End: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)},
			"2026-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "2026-03-01T12:00:00Z", schedule.MaxCounted, true,
		},
		{
			"an interval",
			schedule.Spec{Every: &schedule.Every{Interval: 61 * time.Second, First: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}},
			"0001-01-01T00:00:00Z", "2026-12-31T23:59:59Z", "2026-12-31T23:59:23Z", schedule.MaxCounted, true,
		},
	} {
		c.spec.TimeZone = "Etc/UTC"
		slot, missed, capped, ok := plan(t, c.spec).Latest(at(t, c.after), at(t, c.now))
		if got := slot.Format(time.RFC3339); !ok || got != c.want || missed != c.missed || capped != c.capped {
			t.Errorf("%s: got %s, %d missed, capped %v; want %s, %d, %v", c.name, got, missed, capped, c.want, c.missed, c.capped)
		}
	}
}

// What happens when clocks change: the slots of the days around it.
func TestClockChanges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, cron, zone, after, until string
		want                           []string
	}{
		{
			"spring: once, right after the gap", "30 2 * * *", "America/New_York", "2026-03-07T12:00:00-05:00", "2026-03-09T12:00:00-04:00",
			[]string{"2026-03-08T03:00:00-04:00", "2026-03-09T02:30:00-04:00"},
		},
		{
			"spring: several in the gap are one slot", "*/15 2 * * *", "America/New_York", "2026-03-07T12:00:00-05:00", "2026-03-08T12:00:00-04:00",
			[]string{"2026-03-08T03:00:00-04:00"},
		},
		{
			"spring: the slot at the end of the gap stays one", "0 2,3 * * *", "America/New_York", "2026-03-07T12:00:00-05:00", "2026-03-08T12:00:00-04:00",
			[]string{"2026-03-08T03:00:00-04:00"},
		},
		{
			"spring: also of an hourly line", "30 * * * *", "America/New_York", "2026-03-08T01:00:00-05:00", "2026-03-08T04:00:00-04:00",
			[]string{"2026-03-08T01:30:00-05:00", "2026-03-08T03:00:00-04:00", "2026-03-08T03:30:00-04:00"},
		},
		{
			"spring: the gap has a date, too", "30 2 7 3 *", "America/New_York", "2026-03-07T12:00:00-05:00", "2026-12-31T00:00:00Z",
			[]string{},
		},
		{
			"autumn: once, the first time", "30 1 * * *", "America/New_York", "2026-10-31T12:00:00-04:00", "2026-11-02T12:00:00-05:00",
			[]string{"2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00"},
		},
		{
			"autumn: not again when the first has passed", "30 1 * * *", "America/New_York", "2026-11-01T01:45:00-04:00", "2026-11-02T12:00:00-05:00",
			[]string{"2026-11-02T01:30:00-05:00"},
		},
		{
			"autumn: hours named one by one", "30 0,1,2 * * *", "America/New_York", "2026-10-31T12:00:00-04:00", "2026-11-01T12:00:00-05:00",
			[]string{"2026-11-01T00:30:00-04:00", "2026-11-01T01:30:00-04:00", "2026-11-01T02:30:00-05:00"},
		},
		{
			"autumn: every hour goes on", "30 * * * *", "America/New_York", "2026-11-01T00:00:00-04:00", "2026-11-01T02:30:00-05:00",
			[]string{"2026-11-01T00:30:00-04:00", "2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00-05:00", "2026-11-01T02:30:00-05:00"},
		},
		{
			"autumn: the end of the fold is no repetition", "0 2 * * *", "America/New_York", "2026-10-31T12:00:00-04:00", "2026-11-01T12:00:00-05:00",
			[]string{"2026-11-01T02:00:00-05:00"},
		},
		{
			"midnight that does not exist, Cairo", "0 0 * * *", "Africa/Cairo", "2026-04-23T12:00:00+02:00", "2026-04-25T12:00:00+03:00",
			[]string{"2026-04-24T01:00:00+03:00", "2026-04-25T00:00:00+03:00"},
		},
		{
			"midnight that does not exist, Santiago", "0 0 * * *", "America/Santiago", "2026-09-05T12:00:00-04:00", "2026-09-07T12:00:00-03:00",
			[]string{"2026-09-06T01:00:00-03:00", "2026-09-07T00:00:00-03:00"},
		},
		{
			"midnight that does not exist, Sundays only", "@weekly", "America/Santiago", "2026-09-05T12:00:00-04:00", "2026-09-13T12:00:00-03:00",
			[]string{"2026-09-06T01:00:00-03:00", "2026-09-13T00:00:00-03:00"},
		},
		{
			"half an hour forward", "15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00+10:30", "2026-10-05T12:00:00+11:00",
			[]string{"2026-10-04T02:30:00+11:00", "2026-10-05T02:15:00+11:00"},
		},
		{
			"half an hour back", "45 1 * * *", "Australia/Lord_Howe", "2026-04-04T12:00:00+11:00", "2026-04-06T12:00:00+10:30",
			[]string{"2026-04-05T01:45:00+11:00", "2026-04-06T01:45:00+10:30"},
		},
		{
			"half an hour back, every hour", "15,45 * * * *", "Australia/Lord_Howe", "2026-04-05T01:00:00+11:00", "2026-04-05T02:30:00+10:30",
			[]string{"2026-04-05T01:15:00+11:00", "2026-04-05T01:45:00+11:00", "2026-04-05T01:45:00+10:30", "2026-04-05T02:15:00+10:30"},
		},
		{
			"a day that did not exist", "0 9,21 * * *", "Pacific/Apia", "2011-12-29T12:00:00-10:00", "2011-12-31T23:00:00+14:00",
			[]string{"2011-12-29T21:00:00-10:00", "2011-12-31T00:00:00+14:00", "2011-12-31T09:00:00+14:00", "2011-12-31T21:00:00+14:00"},
		},
		{
			"a day that came twice", "0 9 * * *", "Pacific/Kwajalein", "1969-09-29T12:00:00+11:00", "1969-10-02T00:00:00-12:00",
			[]string{"1969-09-30T09:00:00+11:00", "1969-10-01T09:00:00-12:00"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := slots(t, plan(t, schedule.Spec{Cron: c.cron, TimeZone: c.zone}), at(t, c.after), at(t, c.until))
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestRareDates(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ cron, after, want string }{
		{"0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"},
		{"0 0 29 2 *", "2096-02-29T00:00:00Z", "2104-02-29T00:00:00Z"}, // 2100 is no leap year
		{"0 0 29 2 *", "1996-02-29T00:00:00Z", "2000-02-29T00:00:00Z"}, // 2000 is one
		{"59 23 29 2 *", "2196-02-29T23:59:00Z", "2204-02-29T23:59:00Z"},
		{"0 0 29 2 1", "2027-01-31T00:00:00Z", "2027-02-01T00:00:00Z"}, // or a Monday in February
		{"0 0 30,31 2 1", "2027-02-01T00:00:00Z", "2027-02-08T00:00:00Z"},
		{"0 0 13 * 5", "2026-02-10T00:00:00Z", "2026-02-13T00:00:00Z"},
		{"0 0 13 * 5", "2026-02-13T00:00:00Z", "2026-02-20T00:00:00Z"},
		{"0 0 1-31 * 5", "2026-02-13T00:00:00Z", "2026-02-14T00:00:00Z"},
		{"0 0 * * 7", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z"},
		{"0 0 31 12 *", "9998-12-31T00:00:00Z", "9999-12-31T00:00:00Z"},
		{"0 0 31 12 *", "9999-12-31T00:00:00Z", ""},
		{"0 0 1 1 *", "0001-01-01T00:00:00Z", "0002-01-01T00:00:00Z"},
	} {
		got := ""
		if s, ok := plan(t, schedule.Spec{Cron: c.cron, TimeZone: "Etc/UTC"}).Next(at(t, c.after)); ok {
			got = s.Format(time.RFC3339)
		}
		if got != c.want {
			t.Errorf("%q after %s: got %q, want %q", c.cron, c.after, got, c.want)
		}
	}
}

func TestSourcesAndWindow(t *testing.T) {
	t.Parallel()
	const zone = "Europe/Berlin"
	noon := at(t, "2026-06-01T12:00:00Z")
	everyHour := &schedule.Every{Interval: time.Hour, First: noon}
	for _, c := range []struct {
		name         string
		spec         schedule.Spec
		after, until time.Time
		want         []string
	}{
		{
			"single times, out of order and twice",
			schedule.Spec{At: []time.Time{noon.Add(90 * time.Second), noon, noon.In(time.FixedZone("", 3600))}},
			noon.Add(-1), noon.Add(time.Hour),
			[]string{"2026-06-01T14:00:00+02:00", "2026-06-01T14:01:30+02:00"},
		},
		{
			"an interval starts with its first time",
			schedule.Spec{Every: everyHour},
			time.Time{},
			noon.Add(time.Hour),
			[]string{"2026-06-01T14:00:00+02:00", "2026-06-01T15:00:00+02:00"},
		},
		{
			"an interval is elapsed time",
			schedule.Spec{Every: &schedule.Every{Interval: 24 * time.Hour, First: noon}},
			at(t, "2026-10-24T12:00:00Z").Add(-1), at(t, "2026-10-26T12:00:00Z"),
			[]string{"2026-10-24T14:00:00+02:00", "2026-10-25T13:00:00+01:00", "2026-10-26T13:00:00+01:00"},
		},
		{
			"the earliest wins, equal ones are one",
			schedule.Spec{Cron: "0 14 * * *", At: []time.Time{noon, noon.Add(time.Second), noon.Add(2 * time.Hour)}, Every: everyHour},
			noon.Add(-time.Second), noon.Add(2 * time.Hour),
			[]string{"2026-06-01T14:00:00+02:00", "2026-06-01T14:00:01+02:00", "2026-06-01T15:00:00+02:00", "2026-06-01T16:00:00+02:00"},
		},
		{
			"both ends belong to the window",
			schedule.Spec{Cron: "*/10 * * * *", Start: noon, End: noon.Add(20 * time.Minute)},
			time.Time{},
			noon.Add(time.Hour),
			[]string{"2026-06-01T14:00:00+02:00", "2026-06-01T14:10:00+02:00", "2026-06-01T14:20:00+02:00"},
		},
		{
			"fractions of a second at both ends",
			schedule.Spec{Cron: "*/10 * * * *", Start: noon.Add(1), End: noon.Add(20*time.Minute - 1)},
			time.Time{},
			noon.Add(time.Hour),
			[]string{"2026-06-01T14:10:00+02:00"},
		},
		{
			"a window of one instant",
			schedule.Spec{Cron: "0 * * * *", Start: noon, End: noon},
			time.Time{},
			noon.Add(time.Hour),
			[]string{"2026-06-01T14:00:00+02:00"},
		},
		{
			"the window bounds every source, and leaves an interval where it is",
			schedule.Spec{At: []time.Time{noon, noon.Add(3 * time.Hour)}, Every: everyHour, Start: noon.Add(time.Minute), End: noon.Add(150 * time.Minute)},
			time.Time{},
			noon.Add(24 * time.Hour),
			[]string{"2026-06-01T15:00:00+02:00", "2026-06-01T16:00:00+02:00"},
		},
		{
			"a window that starts in the gap",
			schedule.Spec{Cron: "30 2 * * *", Start: at(t, "2026-03-29T01:00:00Z"), End: at(t, "2026-03-29T12:00:00Z")},
			time.Time{},
			noon,
			[]string{"2026-03-29T03:00:00+02:00"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.spec.TimeZone = zone
			if diff := cmp.Diff(c.want, slots(t, plan(t, c.spec), c.after, c.until)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestAPlanThatIsOver(t *testing.T) {
	t.Parallel()
	noon := at(t, "2026-06-01T12:00:00Z")
	for _, spec := range []schedule.Spec{
		{At: []time.Time{noon}},
		{Cron: "0 * * * *", End: noon},
		{Every: &schedule.Every{Interval: time.Minute, First: noon.AddDate(-1, 0, 0)}, End: noon},
	} {
		spec.TimeZone = "Etc/UTC"
		p := plan(t, spec)
		if s, ok := p.Next(noon); ok || !s.IsZero() {
			t.Errorf("%+v: %v follows the last slot", spec, s)
		}
		if s, missed, _, ok := p.Latest(noon, noon.AddDate(1, 0, 0)); ok || missed != 0 {
			t.Errorf("%+v: %v was missed after the last slot", spec, s)
		}
		if s, _, _, ok := p.Latest(noon.AddDate(0, 0, -7), noon.AddDate(1, 0, 0)); !ok || !s.Equal(noon) {
			t.Errorf("%+v: the latest slot is %v, want %v", spec, s, noon)
		}
	}
}

func ExamplePlan_Latest() {
	p, err := schedule.Parse(schedule.Spec{Cron: "0 9,10 * * 1-5", TimeZone: "Europe/Oslo"})
	if err != nil {
		fmt.Println(err)
		return
	}
	lastRun := time.Date(2026, time.June, 1, 8, 0, 0, 0, time.UTC) // Monday, 10:00 in Oslo
	now := time.Date(2026, time.June, 7, 12, 0, 0, 0, time.UTC)    // Sunday
	slot, missed, _, _ := p.Latest(lastRun, now)
	next, _ := p.Next(now)
	fmt.Println(missed, "missed, the latest", slot)
	fmt.Println("next", next)
	// Output:
	// 8 missed, the latest 2026-06-05 10:00:00 +0200 CEST
	// next 2026-06-08 09:00:00 +0200 CEST
}
