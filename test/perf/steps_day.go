package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// day plays days of 200 customers in time of their own, which test/day does with a world of its own, and takes over its
// figures: which day, a colon, and what was measured.
func day(ctx context.Context, w *world, step Step) error {
	path := filepath.Join(w.temporary, "day.json")
	const days = "TestDay/^(play|good day|bad day|outage)$/^(good|bad|outage)$"
	cmd := exec.CommandContext(ctx, "go", "test", "./test/day", "-count=1", "-timeout="+scenarioTimeout.String(), "-run", days) //nolint:gosec // our own test
	cmd.Dir = w.repository
	cmd.Env = append(os.Environ(), "DAY_HOURS="+strconv.Itoa(step.Hours), "DAY_FIGURES="+path)
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("playing days: %w\n%s", err, output)
	}
	data, err := os.ReadFile(path) //nolint:gosec // written by our own test
	if err != nil {
		return err
	}
	var figures []Figure
	if err := json.Unmarshal(data, &figures); err != nil {
		return err
	}
	if len(figures) == 0 {
		return errors.New("playing days: no figures")
	}
	for _, f := range figures {
		w.figures.add(step.As, f.Name, f.Value)
	}
	return nil
}
