package soak

import (
	"testing"
	"time"
)

// The judge of walks knows one truth from a mixture, and a truth of its time from an older or a younger one.
func TestWalkOf(t *testing.T) {
	t.Parallel()
	at := func(seconds float64) time.Time {
		return time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC).Add(time.Duration(seconds * float64(time.Second)))
	}
	first, second := map[string]string{"a@": "1", "a@x": "1"}, map[string]string{"a@": "1", "a@x": "2"}
	h := &truths{sets: []truth{{at(0), first}, {at(10.5), second}, {at(20.5), first}}}
	for _, c := range []struct {
		name       string
		shown      map[string]string
		begin, end float64
		want       int // -1: none
	}{
		{"the first", first, 2, 4, 0},
		{"the second", second, 12, 14, 1},
		{"the first again", first, 22, 24, 2},
		{"in the second in which it changed, before", first, 10, 10, 0},
		{"in the second in which it changed, after", second, 10, 12, 1},
		{"a mixture", map[string]string{"a@": "1"}, 12, 14, -1},
		{"an older one", first, 12, 14, -1},
		{"a younger one", second, 2, 4, -1},
		{"none lasted", second, 9, 22, -1},
	} {
		got, ok := h.walkOf(c.shown, at(c.begin), at(c.end))
		if ok != (c.want >= 0) || (ok && !got.since.Equal(h.sets[c.want].since)) {
			t.Errorf("%s: %v, %v", c.name, got.since, ok)
		}
	}
}
