package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// keeping is a run that keeps all of some limits as closely as it can.
func keeping(limits map[string]Limit) Run {
	var run Run
	for name, limit := range limits {
		run.Figures = append(run.Figures, Figure{name, limit.most()})
	}
	return run
}

// Each limit that the repository has is one that can be broken: by more than it allows, by less where it is exact, and
// by not being measured.
func TestEachLimitIsJudged(t *testing.T) {
	t.Parallel()
	limits, _, _ := committed(t)
	if len(limits) == 0 {
		t.Fatal("there are no limits")
	}
	for scenario, of := range limits {
		if complaints := judge(scenario, of, keeping(of)); len(complaints) > 0 {
			t.Errorf("a run that keeps its limits: %v", complaints)
		}
		for i := range of {
			expect := func(what string, change func(run *Run, i int), words ...string) {
				run := keeping(of)
				change(&run, slices.IndexFunc(run.Figures, func(f Figure) bool { return f.Name == i }))
				complaints := judge(scenario, of, run)
				if len(complaints) != 1 {
					t.Fatalf("%s, %s, %s: complaints %q", scenario, i, what, complaints)
				}
				for _, word := range append(words, scenario, i) {
					if !strings.Contains(complaints[0], word) {
						t.Errorf("%s: %q does not say %q", what, complaints[0], word)
					}
				}
			}
			expect("over", func(run *Run, i int) { run.Figures[i].Value += 0.001 + run.Figures[i].Value/100 }, of[i].String(), of[i].origin(), "over by")
			expect("not measured", func(run *Run, i int) { run.Figures = slices.Delete(run.Figures, i, i+1) }, "was not measured")
			if of[i].Exactly != nil {
				expect("less", func(run *Run, i int) { run.Figures[i].Value-- }, of[i].String())
			}
		}
	}
}

func TestComplaintsSayByHowMuch(t *testing.T) {
	t.Parallel()
	limits := map[string]Limit{"cold/peak MiB": {Mean: new(100.0), Runs: 5}, "no-op/row writes": {Target: new(0.0)}}
	got := judge("rows", limits, Run{Figures: []Figure{{"cold/peak MiB", 150}, {"no-op/row writes", 56}, {"cold/seconds", 1e9}}})
	want := []string{
		"rows, cold/peak MiB: 150 is not at most 120 (1.2 times 100, the mean of 5 runs): over by 30, 25 percent",
		"rows, no-op/row writes: 56 is not at most 0 (a target set by hand): over by 56",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestCheckJudgesTheLatestRuns(t *testing.T) {
	t.Parallel()
	chosen, limits := []Scenario{{Name: "rows"}}, Limits{"rows": {"no-op/writes": {Target: new(3.0)}}}
	r := results{t.TempDir()}
	var out bytes.Buffer
	if err := check(&out, r, chosen, limits, 1); err == nil || !strings.Contains(err.Error(), "scenario rows was not run") {
		t.Errorf("a scenario without results: %v", err)
	}
	for _, writes := range []float64{4, 3} {
		if err := r.append("rows", Run{Figures: []Figure{{"no-op/writes", writes}}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := check(&out, r, chosen, limits, 1); err != nil || !strings.Contains(out.String(), "all 1 limits of 1 scenarios are kept") {
		t.Errorf("the latest run is good: %v, %s", err, &out)
	}
	out.Reset()
	if err := check(&out, r, chosen, limits, 2); err == nil || err.Error() != "1 of 2 limits are not kept" || !strings.Contains(out.String(), "rows, no-op/writes: 4 is not at most 3") {
		t.Errorf("the run before is not: %v, %s", err, &out)
	}
}
