package main

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
)

// judge tells what of a run is not as its limits want it. A limit whose figure was not measured counts: else a figure
// that is no longer measured would seem to be good.
func judge(scenario string, limits map[string]Limit, run Run) []string {
	var complaints []string
	for _, f := range run.Figures {
		limit, ok := limits[f.Name]
		if !ok || limit.met(f.Value) {
			continue
		}
		complaints = append(complaints, fmt.Sprintf("%s, %s: %s is not %s (%s)%s",
			scenario, f.Name, short(f.Value), limit, limit.origin(), over(f.Value, limit.most())))
	}
	for _, name := range slices.Sorted(maps.Keys(limits)) {
		if !run.measured(name) {
			complaints = append(complaints, fmt.Sprintf("%s, %s: has a limit and was not measured; correct its name in limits.yaml, or remove it there", scenario, name))
		}
	}
	return complaints
}

// over is by how much a value is beyond a limit.
func over(value, most float64) string {
	switch {
	case math.IsNaN(value), value < most:
		return ""
	case most == 0:
		return ": over by " + short(value)
	}
	return fmt.Sprintf(": over by %s, %.0f percent", short(value-most), 100*(value/most-1))
}

// check judges the latest runs of scenarios, and fails if one is not as its limits want it.
func check(out io.Writer, r results, chosen []Scenario, limits Limits, runs int) error {
	judged, bad := 0, 0
	for _, s := range chosen {
		latest, err := r.latest(s.Name, runs)
		if err != nil {
			return err
		}
		for _, run := range latest {
			judged += len(limits[s.Name])
			for _, complaint := range judge(s.Name, limits[s.Name], run) {
				bad++
				if _, err := fmt.Fprintln(out, complaint); err != nil {
					return err
				}
			}
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d limits are not kept", bad, judged)
	}
	_, err := fmt.Fprintf(out, "all %d limits of %d scenarios are kept\n", judged, len(chosen))
	return err
}
