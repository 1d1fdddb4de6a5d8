package schedule_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/webex-operator/webex-license-operator/internal/schedule"
)

func at(t testing.TB, text string) time.Time {
	t.Helper()
	parsed, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func plan(t testing.TB, spec schedule.Spec) *schedule.Plan {
	t.Helper()
	p, err := schedule.Parse(spec)
	if err != nil {
		t.Fatalf("%+v: %v", spec, err)
	}
	return p
}

func TestMistakesNameTheFieldAndTheRemedy(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, time.June, 1, 12, 0, 0, 0, time.UTC)
	const (
		invalid = schedule.ReasonInvalidSchedule
		zone    = schedule.ReasonUnknownTimeZone
		window  = schedule.ReasonInvalidWindow
	)
	cron := func(line string) schedule.Spec { return schedule.Spec{Cron: line, TimeZone: "Etc/UTC"} }
	in := func(name string) schedule.Spec { return schedule.Spec{Cron: "0 2 * * *", TimeZone: name} }
	every := func(interval time.Duration, first time.Time) schedule.Spec {
		return schedule.Spec{TimeZone: "Etc/UTC", Every: &schedule.Every{Interval: interval, First: first}}
	}
	times := func(times ...time.Time) schedule.Spec { return schedule.Spec{TimeZone: "Etc/UTC", At: times} }
	between := func(s schedule.Spec, start, end time.Time) schedule.Spec {
		s.Start, s.End = start, end
		return s
	}
	for name, c := range map[string]struct {
		spec   schedule.Spec
		field  string
		reason schedule.Reason
		says   string
	}{
		"nothing":              {schedule.Spec{TimeZone: "Etc/UTC"}, "schedule", invalid, "set schedule, at or every"},
		"blank":                {cron("  "), "schedule", invalid, "0 fields: write five"},
		"four fields":          {cron("0 2 * *"), "schedule", invalid, "4 fields: write five"},
		"seconds":              {cron("0 0 2 * * *"), "schedule", invalid, "there are no seconds"},
		"too large":            {cron("60 2 * * *"), "schedule", invalid, `minute "60": use 0 to 59`},
		"too small":            {cron("0 2 0 * *"), "schedule", invalid, `day of month "0": use 1 to 31`},
		"month":                {cron("0 2 * 13 *"), "schedule", invalid, `month "13": use 1 to 12 or jan to dec`},
		"weekday":              {cron("0 2 * * 8"), "schedule", invalid, `day of week "8": use 0 to 7 or sun to sat`},
		"name elsewhere":       {cron("jan 2 * * *"), "schedule", invalid, `minute "jan"`},
		"negative":             {cron("0 -2 * * *"), "schedule", invalid, `hour "": use 0 to 23`},
		"huge":                 {cron("0 99999999999999999999 * * *"), "schedule", invalid, "hour"},
		"backwards":            {cron("0 2 * * fri-sun"), "schedule", invalid, "write 5-7"},
		"two hyphens":          {cron("0 1-2-3 * * *"), "schedule", invalid, `hour "2-3"`},
		"two slashes":          {cron("0/2/3 * * * *"), "schedule", invalid, "has no step"},
		"step 0":               {cron("*/0 * * * *"), "schedule", invalid, "has no step"},
		"step without effect":  {cron("*/90 * * * *"), "schedule", invalid, "use the field every"},
		"empty entry":          {cron("1,,2 * * * *"), "schedule", invalid, `minute ""`},
		"last day":             {cron("0 0 L * *"), "schedule", invalid, `day of month "L"`},
		"zone in the line":     {cron("TZ=Europe/Oslo 0 2 * * *"), "schedule", invalid, "use the field timeZone"},
		"cron zone":            {cron("CRON_TZ=UTC 0 2 * * *"), "schedule", invalid, "use the field timeZone"},
		"zone alone":           {cron("TZ=0"), "schedule", invalid, "use the field timeZone"},
		"zone alone, cron":     {cron("CRON_TZ=UTC"), "schedule", invalid, "use the field timeZone"},
		"zone, empty":          {cron("TZ= * * * * *"), "schedule", invalid, "use the field timeZone"},
		"zone within the line": {cron("0 2 * * * TZ=UTC"), "schedule", invalid, "use the field timeZone"},
		"zone, small letters":  {cron("tz=UTC 0 2 * * *"), "schedule", invalid, "use the field timeZone"},
		"every in the line":    {cron("@every 5m"), "schedule", invalid, "use the field every"},
		"unknown shorthand":    {cron("@reboot"), "schedule", invalid, "use @hourly"},
		"shorthand and more":   {cron("@daily 5"), "schedule", invalid, "use @hourly"},
		"30 February":          {cron("0 0 30 2 *"), "schedule", invalid, "day 30: such a date never comes"},
		"31st of short months": {cron("0 0 31 2,4,6,9,11 *"), "schedule", invalid, "day 31: such a date never comes"},

		"empty zone":          {in(""), "timeZone", zone, "the zone is empty"},
		"empty zone, no cron": {schedule.Spec{At: []time.Time{noon}}, "timeZone", zone, "the zone is empty"},
		"the machine's":       {in("Local"), "timeZone", zone, `"Local" is not a time zone`},
		"the machine's file":  {in("localtime"), "timeZone", zone, "is not a time zone"},
		"leap seconds":        {in("right/UTC"), "timeZone", zone, "is not a time zone"},
		"no such zone":        {in("Europe/Atlantis"), "timeZone", zone, "IANA name such as Europe/Oslo"},
		"a region":            {in("America"), "timeZone", zone, "is not a time zone"},
		"an offset":           {in("+02:00"), "timeZone", zone, "is not a time zone"},
		"a path":              {in("../../etc/passwd"), "timeZone", zone, "is not a time zone"},
		"a space":             {in(" Europe/Oslo"), "timeZone", zone, "is not a time zone"},

		"at, missing":    {times(noon, time.Time{}), "at", invalid, "entry 1: the time is missing"},
		"at, fraction":   {times(noon.Add(time.Millisecond)), "at", invalid, "use whole seconds"},
		"at, far future": {times(noon.AddDate(9000, 0, 0)), "at", invalid, "1 to 9999"},

		"every, short":    {every(59*time.Second, noon), "every", invalid, "59s is too short: use 1m0s or more"},
		"every, zero":     {every(0, noon), "every", invalid, "too short"},
		"every, negative": {every(-time.Hour, noon), "every", invalid, "too short"},
		"every, fraction": {every(time.Minute+time.Millisecond, noon), "every", invalid, "use whole seconds"},
		"every, no first": {every(time.Hour, time.Time{}), "every", invalid, "first time: the time is missing"},

		"end before start": {between(cron("* * * * *"), noon, noon.Add(-time.Second)), "endTime", window, "lies before startTime"},
		"empty window":     {between(cron("0 0 1 1 *"), noon, noon.AddDate(0, 6, 0)), "endTime", window, "no slot of the plan"},
		"at too early":     {between(times(noon), noon.Add(time.Second), time.Time{}), "endTime", window, "no slot of the plan"},
		"every too late":   {between(every(time.Hour, noon), time.Time{}, noon.Add(-time.Second)), "endTime", window, "no slot of the plan"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := schedule.Parse(c.spec)
			var mistake *schedule.Error
			if !errors.As(err, &mistake) {
				t.Fatalf("got %v, want a mistake in %s", err, c.field)
			}
			if mistake.Field != c.field || mistake.Reason != c.reason || !strings.Contains(mistake.Message, c.says) {
				t.Errorf("got %s, %s: %s\nwant %s, %s: … %s …", mistake.Field, mistake.Reason, mistake.Message, c.field, c.reason, c.says)
			}
			if !strings.HasPrefix(err.Error(), c.field+": ") {
				t.Errorf("%q does not begin with the field", err)
			}
		})
	}
}

func TestMessagesStayShort(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("\x00é", 10000)
	for _, spec := range []schedule.Spec{
		{Cron: long, TimeZone: "UTC"},
		{Cron: "@" + long, TimeZone: "UTC"},
		{Cron: "0 0 0 0 " + long, TimeZone: "UTC"},
		{Cron: "0 0 1 1 " + strings.Repeat("1", 10000), TimeZone: "UTC"},
		{Cron: "0 0 1 1 */" + strings.Repeat("1", 10000), TimeZone: "UTC"},
		{Cron: "* * * * *", TimeZone: long},
	} {
		if _, err := schedule.Parse(spec); err == nil || len(err.Error()) > 600 {
			t.Errorf("%.20q, %.20q: %.700v", spec.Cron, spec.TimeZone, err)
		}
	}
}

func TestOffset(t *testing.T) {
	t.Parallel()
	if got := schedule.Offset("team/customer-1", 0); got != 0 {
		t.Errorf("no spread: %v", got)
	}
	for _, spread := range []time.Duration{-time.Hour, time.Second - 1, time.Second} {
		if got := schedule.Offset("team/customer-1", spread); got != 0 {
			t.Errorf("spread %v: %v, want 0", spread, got)
		}
	}
	// Written down because a new version must not move all runs.
	if got, want := schedule.Offset("team/customer-1", 5*time.Minute), 5*time.Second; got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	const keys, bins = 10000, 10
	var count [bins]int
	for i := range keys {
		offset := schedule.Offset(fmt.Sprintf("team/customer-%05d", i), bins*time.Minute)
		if offset < 0 || offset >= bins*time.Minute || offset%time.Second != 0 {
			t.Fatalf("%v", offset)
		}
		count[offset/time.Minute]++
	}
	for i, n := range count {
		if n < keys/bins*9/10 || n > keys/bins*11/10 {
			t.Errorf("minute %d has %d of %d keys", i, n, keys)
		}
	}
}
