package controllers

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// The oracle of the simulated year. It shares nothing with internal/schedule: it
// goes through a year minute by minute and asks of each one whether it is a slot.

// The year has a 29 February.
var (
	yearStart  = time.Date(2028, time.January, 1, 0, 0, 0, 0, time.UTC)
	yearEnd    = yearStart.AddDate(1, 0, 0)
	tableStart = yearStart.Add(-7 * 24 * time.Hour)
	tableEnd   = yearEnd.Add(7 * 24 * time.Hour)
)

var yearZones = []string{
	"Etc/UTC", "America/New_York", "Europe/Berlin", "Africa/Cairo", "America/Santiago", "Australia/Lord_Howe",
	"Asia/Kathmandu", "Africa/Casablanca", "Antarctica/Troll", "Pacific/Chatham", "America/St_Johns", "Asia/Tokyo",
}

var wallClocks sync.Map // of zone to func() []int64

// wallClock is what the zone's clock shows at each minute of the table, in
// minutes since 1970.
func wallClock(zone string) []int64 {
	once, _ := wallClocks.LoadOrStore(zone, sync.OnceValue(func() []int64 {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			panic(err)
		}
		var shown []int64
		for t := tableStart; t.Before(tableEnd); t = t.Add(time.Minute) {
			_, offset := t.In(loc).Zone()
			shown = append(shown, (t.Unix()+int64(offset))/60)
		}
		return shown
	}))
	return once.(func() []int64)()
}

// oracleLine is a cron line of numbers, lists, ranges, steps and stars.
type oracleLine struct{ minute, hour, day, month, weekday *oracleSet }

type oracleSet [60]bool

func newOracleLine(line string) oracleLine {
	f := strings.Fields(line)
	return oracleLine{
		oracleField(f[0], 0, 59), oracleField(f[1], 0, 23), oracleField(f[2], 1, 31), oracleField(f[3], 1, 12), oracleField(f[4], 0, 6),
	}
}

// oracleField is nil for a star: no restriction.
func oracleField(text string, low, high int) *oracleSet {
	if text == "*" {
		return nil
	}
	set := &oracleSet{}
	for entry := range strings.SplitSeq(text, ",") {
		span, stepText, _ := strings.Cut(entry, "/")
		from, to, isRange := strings.Cut(span, "-")
		first, err := strconv.Atoi(from)
		last, step := first, 1
		if from == "*" {
			first, last, err = low, high, nil
		}
		if isRange {
			last, err = strconv.Atoi(to)
		}
		if err == nil && stepText != "" {
			step, err = strconv.Atoi(stepText)
		}
		if err != nil {
			panic(text)
		}
		for v := first; v <= last; v += step {
			set[v] = true
		}
	}
	return set
}

// matches says whether the line names a minute that a wall clock shows.
func (l oracleLine) matches(shown int64) bool {
	if l.minute != nil && !l.minute[shown%60] || l.hour != nil && !l.hour[shown/60%24] {
		return false
	}
	t := time.Unix(shown*60, 0).UTC()
	if l.month != nil && !l.month[t.Month()] {
		return false
	}
	onDay, onWeekday := l.day != nil && l.day[t.Day()], l.weekday != nil && l.weekday[t.Weekday()]
	switch {
	case l.day == nil && l.weekday == nil:
		return true
	case l.day == nil:
		return onWeekday
	case l.weekday == nil:
		return onDay
	default:
		return onDay || onWeekday
	}
}

// cronOracle are the instants of a cron line: a minute that the clock skips runs
// right after the gap, one that it shows again runs again only if the line has a
// star for hours.
func cronOracle(line, zone string) []int64 {
	l := newOracleLine(line)
	clock := wallClock(zone)
	var slots []int64
	latest := clock[0] - 1
	for i, shown := range clock {
		due := shown <= latest && l.hour == nil && l.matches(shown)
		for ; latest < shown; latest++ {
			due = due || l.matches(latest+1)
		}
		if due {
			slots = append(slots, tableStart.Unix()+int64(i)*60)
		}
	}
	return slots
}

// planOracle are all slots of a schedule that was created at a time.
func planOracle(spec v1alpha1.LicenseSyncScheduleSpec, created time.Time) []int64 {
	var slots []int64
	if spec.Schedule != "" {
		slots = cronOracle(spec.Schedule, spec.TimeZone)
	}
	for _, at := range spec.At {
		slots = append(slots, at.Unix())
	}
	if every := spec.Every; every != nil {
		step := int64(every.Interval.Seconds())
		first := created.Unix() + step
		if every.FirstTime != nil {
			first = every.FirstTime.Unix()
		}
		for s := first; s < tableEnd.Unix(); s += step {
			slots = append(slots, s)
		}
	}
	slots = slices.DeleteFunc(slots, func(s int64) bool {
		return s <= created.Unix() || spec.StartTime != nil && s < spec.StartTime.Unix() || spec.EndTime != nil && s > spec.EndTime.Unix()
	})
	slices.Sort(slots)
	return slices.Compact(slots)
}

// slotUpTo is the latest slot that is not later than now; slotAfter is the first
// that is later. Both are 0 for none.
func slotUpTo(slots []int64, now int64) int64 {
	if i, _ := slices.BinarySearch(slots, now+1); i > 0 {
		return slots[i-1]
	}
	return 0
}

func slotAfter(slots []int64, now int64) int64 {
	if i, _ := slices.BinarySearch(slots, now+1); i < len(slots) {
		return slots[i]
	}
	return 0
}
