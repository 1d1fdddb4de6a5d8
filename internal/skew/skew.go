// Package skew says which stored times are believed. A clock that stood wrong for an hour, or a backup that was restored
// from elsewhere, leaves times behind that lie years ahead. What waits for such a time waits for years, in silence.
package skew

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Tolerance is how far a clock may have gone back, or two clocks may differ, without a stored time being doubted. What is
// doubted may be done a second time, so it is more than a clock is ever set back by hand.
const Tolerance = 3 * time.Hour

// Ahead says whether a time is further ahead of now than it can be: by more than most, which is 0 for a time at which
// something happened, and the longest possible wait for one at which something will.
func Ahead(at, now time.Time, most time.Duration) bool { return at.Sub(now) > most+Tolerance }

// Believed is a time of an object, or nil for one that is further ahead than it can be.
func Believed(at *metav1.Time, now time.Time, most time.Duration) *metav1.Time {
	if at == nil || Ahead(at.Time, now, most) {
		return nil
	}
	return at
}

// Within says whether now is less than a grace away from a time, on either side: for waits that are shorter than clocks
// differ, and that begin with a time of another clock.
func Within(at, now time.Time, grace time.Duration) bool { return now.Sub(at).Abs() < grace }

// Young says whether less than a grace has gone by since a time. One that lies ahead is young, too, unless it is further
// ahead than it can be: the clock that it is from goes before ours.
func Young(at, now time.Time, grace time.Duration) bool {
	return now.Sub(at) < grace && !Ahead(at, now, 0)
}
