package main

import (
	"bytes"
	"strings"
	"testing"
)

const uncalibrated = `# What figures may be.

# Rows.
rows:
  # Promised.
  no-op/row writes: {target: 0} # by the documents
  cold/peak MiB: {mean: 999, runs: 7} # 999 x 1.2 = 1199
  change/row writes: {exactly: 100}

# Another, which is not calibrated.
storm:
  runs/webex requests: {target: 1.03}
`

const calibrated = `# What figures may be.

# Rows.
rows:
  # Promised.
  no-op/row writes: {target: 0} # by the documents
  cold/peak MiB: {mean: 102, runs: 5} # 102 x 1.2 = 122.4
  change/row writes: {exactly: 100}
  cold/seconds, times the floor: {mean: 2.5, runs: 5} # 2.5 x 1.2 = 3

# Another, which is not calibrated.
storm:
  runs/webex requests: {target: 1.03}
`

// fiveRuns are results of a scenario: the peak wobbles, events do so too much, and a time is only a time.
func fiveRuns(t *testing.T, n int) results {
	t.Helper()
	r := results{t.TempDir()}
	for i := range n {
		run := Run{Figures: []Figure{
			{"no-op/row writes", 1},
			{"cold/peak MiB", float64(100 + i)},
			{"change/row writes", 99},
			{"cold/seconds", 20},
			{"cold/seconds, times the floor", 2.5},
			{"cold/event writes", float64(100 * i)},
		}}
		if err := r.append("rows", run); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func TestCalibrateWritesMeansAndNothingElse(t *testing.T) {
	t.Parallel()
	r, chosen := fiveRuns(t, 5), []Scenario{{Name: "rows"}}
	data := []byte(uncalibrated)
	for range 2 { // what it wrote it reads, and leaves as it is
		var out bytes.Buffer
		var err error
		if data, err = calibrate(&out, data, r, chosen); err != nil {
			t.Fatal(err)
		}
		if string(data) != calibrated {
			t.Fatalf("got:\n%s\nwant:\n%s", data, calibrated)
		}
		if want := "rows, cold/event writes: from 0 to 400 in 5 runs, which is too far apart"; !strings.Contains(out.String(), want) {
			t.Errorf("said %q, want %q", &out, want)
		}
	}
	all := []Scenario{{Name: "rows", Steps: []Step{{As: "no-op"}, {As: "cold"}, {As: "change"}}}, {Name: "storm", Steps: []Step{{As: "runs"}}}}
	if _, err := parseLimits(data, all); err != nil {
		t.Error(err)
	}
}

func TestCalibrateRefuses(t *testing.T) {
	t.Parallel()
	chosen := []Scenario{{Name: "rows"}}
	if _, err := calibrate(&bytes.Buffer{}, []byte(uncalibrated), fiveRuns(t, 4), chosen); err == nil || !strings.Contains(err.Error(), "rows has 4 runs of one version on one machine; a mean takes 5: run it 1 times more") {
		t.Errorf("4 runs: %v", err)
	}
	r := fiveRuns(t, 5)
	if err := r.append("rows", Run{Version: "v2", Figures: []Figure{{"no-op/row writes", 1}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := calibrate(&bytes.Buffer{}, []byte(uncalibrated), r, chosen); err == nil || !strings.Contains(err.Error(), "rows has 1 runs") {
		t.Errorf("5 runs before the latest version: %v", err)
	}
	missing := strings.Replace(uncalibrated, "cold/peak MiB", "cold/peak", 1)
	if _, err := calibrate(&bytes.Buffer{}, []byte(missing), fiveRuns(t, 5), chosen); err == nil || !strings.Contains(err.Error(), "cold/peak has a limit and was not measured") {
		t.Errorf("a limit of nothing: %v", err)
	}
}

// Calibrating the file of the repository changes no byte of what it does not calibrate.
func TestCommittedLimitsKeepTheirForm(t *testing.T) {
	t.Parallel()
	_, _, data := committed(t)
	got, err := calibrate(&bytes.Buffer{}, data, results{t.TempDir()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, data) {
		t.Errorf("limits.yaml would become:\n%s", got)
	}
}
