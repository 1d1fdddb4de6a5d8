package skew

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestAhead(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.March, 10, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		at   time.Time
		most time.Duration
		want bool
	}{
		"unknown":                           {at: time.Time{}},
		"years ago":                         {at: now.AddDate(-20, 0, 0)},
		"now":                               {at: now},
		"a clock that went back by minutes": {at: now.Add(40 * time.Minute)},
		"the tolerance":                     {at: now.Add(Tolerance)},
		"more":                              {at: now.Add(Tolerance + time.Second), want: true},
		"a wait that can be":                {at: now.Add(Tolerance + time.Hour), most: time.Hour},
		"a longer one":                      {at: now.Add(Tolerance + time.Hour + time.Second), most: time.Hour, want: true},
		"years":                             {at: now.AddDate(10, 0, 0), want: true},
		"years, of a wait of hours":         {at: now.AddDate(10, 0, 0), most: 6 * time.Hour, want: true},
		"the end of time":                   {at: time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), want: true},
	} {
		if got := Ahead(c.at, now, c.most); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
		stored := metav1.NewTime(c.at)
		if got := Believed(&stored, now, c.most); (got == nil) != c.want || got != nil && got != &stored {
			t.Errorf("%s: believed as %v", name, got)
		}
	}
	if Believed(nil, now, 0) != nil {
		t.Error("a time came from nowhere")
	}
	for _, side := range []time.Duration{1, -1} {
		if !Within(now.Add(side*59*time.Second), now, time.Minute) || Within(now.Add(side*time.Minute), now, time.Minute) {
			t.Errorf("a minute to the side of %d", side)
		}
	}
}
