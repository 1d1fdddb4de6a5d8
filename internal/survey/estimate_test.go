package survey

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

// evenly spreads people over locations.
func evenly(people, locations int64) []int64 {
	at := make([]int64, locations)
	for i := range at {
		at[i] = people / locations
	}
	return at
}

func TestForecast(t *testing.T) {
	t.Parallel()
	const all = 100_000
	tests := map[string]struct {
		located   []int64
		people    int64
		latency   time.Duration
		perMinute time.Duration
		page      int64
		oneList   time.Duration
		byLoc     time.Duration
		pays      bool
	}{
		"1,000 pages one after the other, or 2,100 at four a second": {
			evenly(all, 200), all, time.Second, 240, 1000, 990 * time.Second, 525 * time.Second, true,
		},
		"at five a second": {
			evenly(all, 200), all, time.Second, 300, 1000, 990 * time.Second, 420 * time.Second, true,
		},
		"one of five people has a location": {
			evenly(all/5, 200), all, time.Second, 240, 1000, 990 * time.Second, 125 * time.Second, true,
		},
		"the service is fast: both ways wait for the budget": {
			evenly(all, 200), all, 100 * time.Millisecond, 240, 1000, 247*time.Second + 500*time.Millisecond, 525 * time.Second, false,
		},
		"the budget is shared with four others": {
			evenly(all, 200), all, time.Second, 240 / 5, 1000, 1237*time.Second + 500*time.Millisecond, 2625 * time.Second, false,
		},
		"nearly all are at one place": {
			[]int64{90_000, 5_000, 5_000}, all, time.Second, 240, 1000, 990 * time.Second, 1800 * time.Second, false,
		},
		"the list without locations has small pages, too": {
			evenly(all, 200), all, time.Second, 240, 100, 990 * time.Second, 1000 * time.Second, false,
		},
		"a small organization is read either way in no time": {
			evenly(2000, 20), 2000, time.Second, 240, 1000, 10 * time.Second, 10*time.Second + 500*time.Millisecond, false,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			s := Estimate{People: test.people, Read: 1000, Page: 100, AllPage: test.page, Latency: test.latency, Interval: time.Minute / test.perMinute}
			sample := make([]int64, len(test.located))
			for i, n := range test.located {
				sample[i] = n * s.Read / s.People
			}
			s.Spread(sample)
			g.Expect(s.OneList()).To(Equal(test.oneList))
			g.Expect(s.ByLocation()).To(Equal(test.byLoc))
			g.Expect(s.ByLocationPays()).To(Equal(test.pays))
		})
	}
	g := NewWithT(t)
	unknown := Estimate{}
	g.Expect(unknown.ByLocationPays()).To(BeFalse(), "of an organization without locations, or unseen")
}
