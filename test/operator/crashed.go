package operator

import "regexp"

// crash matches what a log tells of a crash: the Go runtime's own words, the race detector's,
// controller-runtime's for a panic that it recovered, and the operator's for one that ended a
// step. The stack of an ordinary error names files and functions that are called after panics;
// it tells of none.
var crash = regexp.MustCompile(`(?m)^(panic: |fatal error: |goroutine \d+ \[)|WARNING: DATA RACE|Observed a panic|panicked|panic of type `)

// Crashed is the first sign of a crash in a log, with the 2,000 bytes that follow it; empty if
// the log tells of none.
func Crashed(log string) string {
	found := crash.FindStringIndex(log)
	if found == nil {
		return ""
	}
	return log[found[0]:min(found[0]+2000, len(log))]
}
