package main

import (
	"math"
	"os"
	"strings"
	"testing"
)

// committed are the limits as they are in the repository.
func committed(t *testing.T) (Limits, []Scenario, []byte) {
	t.Helper()
	all, err := scenarios()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile("limits.yaml")
	if err != nil {
		t.Fatal(err)
	}
	limits, err := parseLimits(data, all)
	if err != nil {
		t.Fatal(err)
	}
	return limits, all, data
}

func TestLimitsAreReadStrictly(t *testing.T) {
	t.Parallel()
	all := []Scenario{{Name: "rows", Steps: []Step{{As: "cold"}, {As: "no-op"}, {As: "restart"}, {As: "a"}}}}
	for _, c := range []struct{ name, text, want string }{
		{"a target", "rows:\n  no-op/writes: {target: 3}", ""},
		{"a target of nothing", "rows:\n  no-op/writes: {target: 0}", ""},
		{"a target for a time", "rows:\n  restart/seconds to ready: {target: 15}", ""},
		{"a mean of enough runs", "rows:\n  cold/manager peak MiB: {mean: 140, runs: 5}", ""},
		{"a mean of a ratio of times", "rows:\n  cold/seconds, times the floor: {mean: 2.5, runs: 5}", ""},
		{"another scenario", "row:\n  no-op/writes: {target: 3}", `no scenario is called "row"`},
		{"another step", "rows:\n  noop/writes: {target: 3}", `scenario rows has no step "noop", of which noop/writes is a figure`},
		{"another word", "rows:\n  no-op/writes: {targets: 3}", "field targets not found"},
		{"nothing", "rows:\n  no-op/writes: {}", "rows, no-op/writes: wants one of target, exactly and mean"},
		{"two", "rows:\n  no-op/writes: {target: 3, exactly: 3}", "wants one of"},
		{"no runs", "rows:\n  no-op/writes: {mean: 3}", "a mean of 0 runs; 5 are the least"},
		{"runs of a target", "rows:\n  no-op/writes: {target: 3, runs: 5}", "runs go with a mean only"},
		{"too few runs", "rows:\n  no-op/writes: {mean: 3, runs: 4}", "a mean of 4 runs"},
		{"a mean of a time", "rows:\n  cold/seconds: {mean: 25, runs: 5}", "a mean of a time holds on one machine only"},
		{"a mean of a time for each", "rows:\n  cold/manager CPU ms per run: {mean: 25, runs: 5}", "a mean of a time"},
		{"less than nothing", "rows:\n  no-op/writes: {target: -1}", "-1 is no limit"},
		{"no end", "rows:\n  no-op/writes: {target: .inf}", "is no limit"},
		{"twice", "rows:\n  a/b: {target: 1}\n  a/b: {target: 2}", "already defined"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := parseLimits([]byte(c.text), all)
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestLimitIsMet(t *testing.T) {
	t.Parallel()
	target, exactly, mean := Limit{Target: new(3.0)}, Limit{Exactly: new(3.0)}, Limit{Mean: new(10.0), Runs: 5}
	for _, c := range []struct {
		name  string
		limit Limit
		value float64
		want  bool
	}{
		{"less than the target", target, 0, true},
		{"the target", target, 3, true},
		{"a little more than the target", target, 3.001, false},
		{"no number", target, math.NaN(), false},
		{"exactly", exactly, 3, true},
		{"less than exactly", exactly, 2, false},
		{"more than exactly", exactly, 4, false},
		{"1.2 times the mean", mean, 12, true},
		{"more than 1.2 times the mean", mean, 12.01, false},
		{"nothing, where the mean is nothing", Limit{Mean: new(0.0), Runs: 5}, 0, true},
		{"something, where the mean is nothing", Limit{Mean: new(0.0), Runs: 5}, 1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := c.limit.met(c.value); got != c.want {
				t.Errorf("%v of a limit of %v: %v", c.value, c.limit, got)
			}
		})
	}
}

func TestNumbersAreShort(t *testing.T) {
	t.Parallel()
	for value, want := range map[float64]string{
		0: "0", 0.1: "0.1", 0.123456: "0.1235", 0.000123456: "0.0001235", 2.5: "2.5", 13.914285: "13.91", 139.14285: "139.1", 1234.5678: "1235", 10000: "10000", 123456.7: "123457",
	} {
		if got := short(value); got != want {
			t.Errorf("%v is %s, want %s", value, got, want)
		}
	}
}
