package report

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Histories are written as hours before the report and units in use; ten times as
// many are bought.
func TestTrend(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	type read struct{ hours, units int64 }
	for name, c := range map[string]struct {
		histories map[string][]read
		customers int
		without   []string
		step      time.Duration
		used      []int64
	}{
		"no run":                 {histories: map[string][]read{"a": nil}},
		"one, just now":          {histories: map[string][]read{"a": {{0, 5}}}},
		"one, and still true":    {histories: map[string][]read{"a": {{1, 5}}}, customers: 1, step: 15 * time.Minute, used: []int64{5, 5, 5, 5, 5}},
		"a step when it was run": {histories: map[string][]read{"a": {{10, 1}, {8, 2}, {5, 3}}}, customers: 1, step: time.Hour, used: []int64{1, 1, 2, 2, 2, 3, 3, 3, 3, 3, 3}},
		"two add up": {
			histories: map[string][]read{"a": {{48, 1}, {24, 2}}, "b": {{50, 10}, {26, 20}, {2, 30}}},
			customers: 2, step: 3 * time.Hour, used: []int64{11, 11, 11, 11, 11, 11, 11, 11, 22, 22, 22, 22, 22, 22, 22, 22, 32}, // b at 26 h is seen at 24 h
		},
		"one without runs does not take the others away": {
			histories: map[string][]read{"a": {{2, 1}}, "b": nil, "c": {{2, 3}}},
			customers: 2, without: []string{"b"}, step: 15 * time.Minute, used: []int64{4, 4, 4, 4, 4, 4, 4, 4, 4},
		},
		"nor one whose runs are young": {
			histories: map[string][]read{"a": {{240, 1}}, "b": {{1, 2}}, "c": {{240, 3}}},
			customers: 2, without: []string{"b"}, step: 12 * time.Hour, used: []int64{4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4},
		},
		"nor do old runs of one shorten the list of customers": {
			histories: map[string][]read{"a": {{240, 1}}, "b": {{120, 2}}, "c": {{120, 3}}},
			customers: 3, step: 6 * time.Hour, used: []int64{6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var all []history
			for _, name := range []string{"a", "b", "c"} {
				reads, there := c.histories[name]
				if !there {
					continue
				}
				h := history{name: name}
				for _, r := range reads {
					h.points = append(h.points, Point{Time: now.Add(-time.Duration(r.hours) * time.Hour), TotalUnits: 10 * r.units, ConsumedUnits: r.units})
				}
				all = append(all, h)
			}
			got := trendOf(all, now)
			if c.used == nil {
				if got != nil {
					t.Fatalf("a trend of nothing: %+v", got)
				}
				return
			}
			want := &Trend{Customers: c.customers, Without: c.without, StepSeconds: int64(c.step.Seconds())}
			for i, used := range c.used {
				want.Points = append(want.Points, Point{Time: now.Add(-time.Duration(len(c.used)-1-i) * c.step), TotalUnits: 10 * used, ConsumedUnits: used})
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// However long the runs reach back, the chart can be read.
func TestTrendHasFewPoints(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	for _, back := range []time.Duration{time.Minute, time.Hour, 7 * time.Hour, 100 * time.Hour, 1000 * time.Hour, 10_000 * time.Hour, 50_000 * time.Hour} {
		trend := trendOf([]history{{points: []Point{{Time: now.Add(-back)}}}}, now)
		if back >= time.Hour && (trend == nil || len(trend.Points) < 5) || trend != nil && len(trend.Points) > maxPoints {
			t.Errorf("back to %s: %+v", back, trend)
		}
	}
}
