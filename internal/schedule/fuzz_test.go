package schedule

import (
	"errors"
	"math"
	"testing"
	"time"
)

func FuzzParse(f *testing.F) {
	for _, line := range []string{
		"30 2 * * *", "*/5 8-17 * * 1-5", "0 0 29 feb ?", "5/10 1,2-3/2 */3 JAN-dec 7", "@daily", "@every 1h", "TZ=0", "CRON_TZ=UTC", "TZ= * * * * *",
		", * * * *", "*-5 * * * *", "0 0 30 2 *", "\x00 \u00a0", "9223372036854775807/1 * * * *", "* * * * */9223372036854775807",
	} {
		f.Add(line, "America/New_York", int64(1772900000))
	}
	f.Add("* * * * *", "", int64(math.MinInt64))
	f.Add("0 * 29 2 *", "../UTC", int64(math.MaxInt64))
	f.Fuzz(func(t *testing.T, line, zone string, second int64) {
		p, err := Parse(Spec{Cron: line, TimeZone: zone})
		if err != nil {
			var mistake *Error
			if !errors.As(err, &mistake) || mistake.Field == "" || mistake.Reason == "" || mistake.Message == "" || len(err.Error()) > 600 {
				t.Fatalf("not a good error: %#v", err)
			}
			return
		}
		checkNext(t, p, time.Unix(second, 0), 20)
	})
}

// fuzzZones have changed their clocks in all the ways that there are: by 20, 30 and 60 minutes and a whole day, at
// midnight, four times a year, by odd seconds in old times, and never.
var fuzzZones = []string{
	"Etc/UTC", "America/New_York", "Africa/Cairo", "America/Santiago", "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Kwajalein", "Asia/Manila",
	"America/Juneau", "Africa/Casablanca", "Africa/Monrovia", "Europe/Dublin", "Europe/Amsterdam", "Antarctica/Troll", "Asia/Gaza", "Asia/Kathmandu",
	"Antarctica/Casey", "America/St_Johns", "Etc/GMT+12", "Pacific/Kiritimati",
}

func FuzzNext(f *testing.F) {
	f.Add("30 2 * * *", uint8(1), int64(1772900000), int64(86400*9), int64(0), int64(0), int64(0), int64(0))
	f.Add("*/15 * * * *", uint8(4), int64(1790000000), int64(86400*30), int64(-500), int64(86400), int64(61), int64(7))
	f.Add("", uint8(5), int64(1325200000), int64(86400*3), int64(0), int64(0), int64(3600), int64(-100000))
	f.Add("0 0 29 2 *", uint8(0), int64(3980000000), int64(86400*4000), int64(0), int64(0), int64(0), int64(1))
	f.Add("* * * * *", uint8(19), int64(-62135596800), int64(1<<40), int64(0), int64(0), int64(0), int64(0))
	f.Fuzz(func(t *testing.T, line string, zone uint8, second, span, start, length, interval, first int64) {
		spec := Spec{Cron: line, TimeZone: fuzzZones[int(zone)%len(fuzzZones)]}
		after := time.Unix(second, 0)
		near := func(offset int64) time.Time { return time.Unix(second+offset%(400*day), 0) }
		if start != 0 {
			spec.Start = near(start)
		}
		if length != 0 {
			spec.End = near(start + length%(400*day))
		}
		if interval != 0 {
			spec.Every = &Every{Interval: time.Duration(interval%(1<<32)) * time.Second, First: near(first)}
		}
		if first%2 != 0 {
			spec.At = []time.Time{near(first * 3), near(first), near(-first)}
		}
		p, err := Parse(spec)
		if err != nil {
			return
		}
		checkNext(t, p, after, 50)
		checkLatest(t, p, after, time.Unix(second+span%(1<<40), 0))
	})
}

// checkNext takes steps, each of which has to be a slot later than the one before, within the window.
func checkNext(t *testing.T, p *Plan, at time.Time, steps int) {
	t.Helper()
	for range steps {
		s, ok := p.Next(at)
		if !ok {
			return
		}
		if !s.After(at) || s.Unix() < p.start || s.Unix() > p.end || s.Nanosecond() != 0 {
			t.Fatalf("%+v after %v: %v", p, at, s)
		}
		if again, ok := p.Next(s.Add(-1)); !ok || !again.Equal(s) {
			t.Fatalf("%+v: the slot %v is not found from just before it, but %v", p, s, again)
		}
		at = s
	}
}

// checkLatest compares with what repeated calls of Next find.
func checkLatest(t *testing.T, p *Plan, after, now time.Time) {
	t.Helper()
	want, n := after, 0
	for ; n <= MaxCounted; n++ {
		s, ok := p.Next(want)
		if !ok || s.After(now) {
			break
		}
		want = s
	}
	slot, missed, capped, ok := p.Latest(after, now)
	if ok != (n > 0) || missed != min(n, MaxCounted) || capped != (n > MaxCounted) {
		t.Fatalf("%+v in (%v, %v]: %v, %d, %v, %v; Next finds %d", p, after, now, slot, missed, capped, ok, n)
	}
	if !ok {
		return
	}
	if !capped && !slot.Equal(want) {
		t.Fatalf("%+v in (%v, %v]: %v, want %v", p, after, now, slot, want)
	}
	later, more := p.Next(slot)
	same, _ := p.Next(slot.Add(-1))
	if !slot.After(after) || slot.After(now) || !same.Equal(slot) || more && !later.After(now) {
		t.Fatalf("%+v in (%v, %v]: %v is not the latest slot, next to it are %v and %v", p, after, now, slot, same, later)
	}
}

// The search goes from stretch to stretch, so it ends if each one ends later than it begins and there are few of them.
func TestStretchesCoverTimeInFewSteps(t *testing.T) {
	t.Parallel()
	for _, zone := range fuzzZones {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		// Rules repeat after 400 years.
		const years = 2450
		last, steps := time.Date(years, time.January, 1, 0, 0, 0, 0, time.UTC).Unix(), 0
		for at := firstSecond; at <= last; steps++ {
			s := stretchAt(loc, at)
			if s.end <= at {
				t.Fatalf("%s: the stretch at %d ends at %d", zone, at, s.end)
			}
			// Halves are enough to see a change that the end does not tell.
			for probe := s.end - 1; probe > at && s.end < open; probe = at + (probe-at)/2 {
				if got := stretchAt(loc, probe); got.offset != s.offset {
					t.Fatalf("%s: the offset is %d at %d and %d at %d, before the end %d", zone, s.offset, at, got.offset, probe, s.end)
				}
			}
			at = s.end
		}
		if steps > 5*years {
			t.Errorf("%s: %d stretches, more than 5 a year", zone, steps)
		}
	}
}

// On 31 December of a leap year time.Time.ZoneBounds returns an end that has passed; the search must not stay there.
func TestLastDayOfALeapYear(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"America/New_York", "America/Santiago", "Europe/Dublin"} {
		p, err := Parse(Spec{Cron: "0 0 29 2 *", TimeZone: zone})
		if err != nil {
			t.Fatal(err)
		}
		for _, year := range []int{2028, 2040, 2096, 2400} {
			at := time.Date(year, time.December, 31, 12, 0, 0, 0, time.UTC)
			leap := year + 4
			if year == 2096 {
				leap = 2104
			}
			want := time.Date(leap, time.February, 29, 0, 0, 0, 0, p.loc)
			if got, ok := p.Next(at); !ok || !got.Equal(want) {
				t.Errorf("%s after %v: got %v, want %v", zone, at, got, want)
			}
		}
	}
}
