package schedule

import (
	"testing"
	"time"
)

var benchSpecs = []struct {
	name string
	spec Spec
}{
	{"minute", Spec{Cron: "* * * * *"}},
	{"nightly", Spec{Cron: "30 2 * * *"}},
	{"leapDay", Spec{Cron: "0 0 29 2 *"}},
	{"combined", Spec{
		Cron:  "*/5 8-17 * * 1-5",
		At:    []time.Time{time.Date(2026, 3, 31, 22, 0, 0, 0, time.UTC)},
		Every: &Every{Interval: time.Hour, First: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)},
		End:   time.Date(2036, 1, 1, 0, 0, 0, 0, time.UTC),
	}},
}

var benchNow = time.Date(2026, time.March, 6, 12, 0, 0, 0, time.UTC)

func benchPlan(tb testing.TB, spec Spec) *Plan {
	tb.Helper()
	spec.TimeZone = "America/New_York"
	p, err := Parse(spec)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func BenchmarkParse(b *testing.B) {
	for _, c := range benchSpecs {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				benchPlan(b, c.spec)
			}
		})
	}
}

func BenchmarkNext(b *testing.B) {
	for _, c := range benchSpecs {
		b.Run(c.name, func(b *testing.B) {
			p, at, ok := benchPlan(b, c.spec), benchNow, false
			b.ReportAllocs()
			for b.Loop() {
				if at, ok = p.Next(at); !ok || at.Year() > 2030 {
					at = benchNow
				}
			}
		})
	}
}

// An outage of a week.
func BenchmarkLatest(b *testing.B) {
	for _, c := range benchSpecs {
		b.Run(c.name, func(b *testing.B) {
			p := benchPlan(b, c.spec)
			b.ReportAllocs()
			for b.Loop() {
				p.Latest(benchNow, benchNow.AddDate(0, 0, 7))
			}
		})
	}
}

func TestNextAllocatesNothing(t *testing.T) {
	// Not parallel: the count of allocations is that of the process.
	p, at := benchPlan(t, benchSpecs[3].spec), benchNow
	allocations := testing.AllocsPerRun(1000, func() {
		at, _ = p.Next(at)
		p.Latest(at.Add(-24*time.Hour), at)
	})
	if allocations > 0 {
		t.Errorf("%v allocations for a look at the plan, want none", allocations)
	}
}
