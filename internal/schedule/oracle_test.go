package schedule_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/webex-operator/webex-license-operator/internal/schedule"
)

// The oracle knows nothing of the package: it looks at the wall clock of a zone at each minute of a year and decides,
// minute by minute, whether something is due.

// reading is what a wall clock shows, as minutes since 1970 that pass evenly, at a real instant.
type reading struct {
	instant time.Time
	shown   int64
}

func readings(t testing.TB, zone string, from, to time.Time) []reading {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	var clock []reading
	for instant := from; instant.Before(to); instant = instant.Add(time.Minute) {
		local := instant.In(loc)
		y, m, d := local.Date()
		shown := time.Date(y, m, d, local.Hour(), local.Minute(), 0, 0, time.UTC).Unix() / 60
		clock = append(clock, reading{instant: instant, shown: shown})
	}
	return clock
}

// oracle is a cron line as one table per field.
type oracle struct {
	minute, hour, day, month, weekday [60]bool
	freeDay, freeWeekday, hourly      bool
}

var oracleNames = map[string]int{
	"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6,
	"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}

func newOracle(t testing.TB, line string) *oracle {
	t.Helper()
	number := func(s string) int {
		if n, ok := oracleNames[strings.ToLower(s)]; ok {
			return n
		}
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		return n
	}
	read := func(text string, low, high int) (table [60]bool) {
		for entry := range strings.SplitSeq(text, ",") {
			step, first, last := 1, low, high
			span := strings.Split(entry, "/")
			if ends := strings.Split(span[0], "-"); ends[0] != "*" {
				first = number(ends[0])
				if len(span) == 1 {
					last = first
				}
				if len(ends) == 2 {
					last = number(ends[1])
				}
			}
			if len(span) == 2 {
				step = number(span[1])
			}
			for v := range 60 {
				if v >= first && v <= last && (v-first)%step == 0 {
					table[v] = true
				}
			}
		}
		return table
	}
	f := strings.Fields(line)
	o := &oracle{
		minute: read(f[0], 0, 59), hour: read(f[1], 0, 23), day: read(f[2], 1, 31), month: read(f[3], 1, 12), weekday: read(f[4], 0, 6),
		freeDay: f[2] == "*", freeWeekday: f[4] == "*", hourly: f[1] == "*",
	}
	o.weekday[0] = o.weekday[0] || o.weekday[7]
	return o
}

func (o *oracle) matches(shown int64) bool {
	if !o.minute[shown%60] || !o.hour[shown/60%24] {
		return false
	}
	t := time.Unix(shown*60, 0).UTC()
	switch day, weekday := o.day[t.Day()], o.weekday[t.Weekday()]; {
	case !o.month[t.Month()]:
		return false
	case o.freeDay && o.freeWeekday:
		return true
	case o.freeDay:
		return weekday
	case o.freeWeekday:
		return day
	default:
		return day || weekday
	}
}

// slots walks the clock. The day before it has shown all that comes before its first reading.
func (o *oracle) slots(clock []reading) []time.Time {
	var due []time.Time
	latest := clock[0].shown - 1
	for _, now := range clock {
		switch {
		case now.shown <= latest: // shown before
			if o.hourly && o.matches(now.shown) {
				due = append(due, now.instant)
			}
		default: // one minute further, or several at once
			for skipped := latest + 1; skipped <= now.shown; skipped++ {
				if o.matches(skipped) {
					due = append(due, now.instant)
					break
				}
			}
			latest = now.shown
		}
	}
	return due
}

// oracleLine returns a line with many slots in the hours in which clocks change.
func oracleLine(r *rand.Rand) string {
	pick := func(options ...string) string { return options[r.IntN(len(options))] }
	number := func(low, high int) string { return strconv.Itoa(low + r.IntN(high-low+1)) }
	rising := func(low, high int) string {
		first := low + r.IntN(high-low+1)
		return fmt.Sprintf("%d-%d", first, first+r.IntN(high-first+1))
	}
	return strings.Join([]string{
		pick("*", "0", "30", "*/"+number(1, 59), number(0, 59), number(0, 59)+","+number(0, 59), rising(0, 59)+"/"+number(1, 9)),
		pick("*", "*", "0", number(0, 3), number(0, 23), "*/"+number(2, 23), rising(0, 23), rising(0, 4)+",12", number(0, 23)+"/2"),
		pick("*", "*", "*", number(1, 31), "*/"+number(2, 30), rising(1, 31)+","+number(1, 31)),
		pick("*", "*", "*", number(1, 12), "*/"+number(2, 11), rising(1, 12), "mar-apr,SEP-Nov"),
		pick("*", "*", "*", number(0, 7), "7", rising(0, 7), "sun", "Mon-FRI", "*/"+number(2, 6), rising(1, 7)+"/2"),
	}, " ")
}

var oracleZones = []string{
	"Etc/UTC", "America/New_York", "Europe/Berlin", "Europe/Dublin", "Africa/Cairo", "America/Santiago", "Australia/Lord_Howe",
	"Asia/Kolkata", "Africa/Casablanca", "Pacific/Chatham", "America/Nuuk", "Pacific/Apia",
}

// oracleSpec returns a random plan and its slots among the readings.
func oracleSpec(t testing.TB, r *rand.Rand, zone string, clock []reading) (schedule.Spec, []time.Time) {
	t.Helper()
	begin, length := clock[0].instant, clock[len(clock)-1].instant.Sub(clock[0].instant)
	someTime := func() time.Time { return begin.Add(time.Duration(r.Int64N(int64(length)))).Truncate(time.Second) }
	spec := schedule.Spec{TimeZone: zone}
	var due []time.Time
	if r.IntN(5) > 0 {
		spec.Cron = oracleLine(r)
		due = newOracle(t, spec.Cron).slots(clock)
	}
	for range r.IntN(8) * r.IntN(2) {
		spec.At = append(spec.At, someTime())
	}
	if len(due) > 0 && r.IntN(3) == 0 {
		spec.At = append(spec.At, due[r.IntN(len(due))])
	}
	due = append(due, spec.At...)
	if r.IntN(4) == 0 {
		spec.Every = &schedule.Every{Interval: time.Minute + time.Duration(r.IntN(90000))*time.Second, First: someTime()}
		for s := spec.Every.First; s.Before(begin.Add(length)); s = s.Add(spec.Every.Interval) {
			due = append(due, s)
		}
	}
	if r.IntN(3) == 0 {
		spec.Start = someTime()
	}
	if r.IntN(3) == 0 {
		spec.End = someTime().Add(time.Duration(r.IntN(2)))
	}
	due = slices.DeleteFunc(due, func(s time.Time) bool {
		return s.Before(spec.Start) || !spec.End.IsZero() && s.After(spec.End)
	})
	slices.SortFunc(due, time.Time.Compare)
	return spec, slices.CompactFunc(due, time.Time.Equal)
}

// 12 zones, a year each, 30 random plans in each: every slot is found, no other one is, and Latest finds and counts
// them between random instants.
func TestAgreesWithTheOracle(t *testing.T) {
	t.Parallel()
	const plans = 30
	for i, zone := range oracleZones {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(3, uint64(i)))
			begin := time.Date(2019+r.IntN(20), time.January, 1, 0, 0, 0, 0, time.UTC)
			if zone == "Pacific/Apia" {
				begin = time.Date(2011, time.January, 1, 0, 0, 0, 0, time.UTC) // it left out 30 December
			}
			clock := readings(t, zone, begin.AddDate(0, 0, -2), begin.AddDate(1, 0, 2))
			end := clock[len(clock)-1].instant
			for range plans {
				spec, due := oracleSpec(t, r, zone, clock)
				p, err := schedule.Parse(spec)
				if err != nil {
					if len(due) > 0 {
						t.Fatalf("%+v: %v; the oracle has %d slots", spec, err, len(due))
					}
					continue
				}
				compareNext(t, spec, p, due, begin, end)
				for range 10 {
					compareLatest(t, r, spec, p, due, begin, end)
				}
			}
		})
	}
}

func compareNext(t *testing.T, spec schedule.Spec, p *schedule.Plan, due []time.Time, begin, end time.Time) {
	t.Helper()
	i, _ := slices.BinarySearchFunc(due, begin.Add(1), time.Time.Compare)
	at := begin
	for _, want := range due[i:] {
		got, ok := p.Next(at)
		if !ok || !got.Equal(want) {
			t.Fatalf("%+v after %v: got %v, want %v", spec, at, got, want.In(got.Location()))
		}
		at = got
	}
	if got, ok := p.Next(at); ok && !got.After(end) {
		t.Fatalf("%+v after %v: got %v, want none before %v", spec, at, got, end)
	}
}

func compareLatest(t *testing.T, r *rand.Rand, spec schedule.Spec, p *schedule.Plan, due []time.Time, begin, end time.Time) {
	t.Helper()
	after := begin.Add(time.Duration(r.Int64N(int64(end.Sub(begin)))))
	now := after.Add(time.Duration(r.Int64N(int64(end.Sub(after)) >> r.IntN(16))))
	low, _ := slices.BinarySearchFunc(due, after.Add(1), time.Time.Compare)
	high, _ := slices.BinarySearchFunc(due, now.Add(1), time.Time.Compare)
	slot, missed, capped, ok := p.Latest(after, now)
	n := high - low
	if ok != (n > 0) || missed != min(n, schedule.MaxCounted) || capped != (n > schedule.MaxCounted) || ok && !slot.Equal(due[high-1]) {
		t.Fatalf("%+v in (%v, %v]: got %v, %d missed, capped %v; the oracle has %d", spec, after, now, slot, missed, capped, n)
	}
}
