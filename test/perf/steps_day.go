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

// day plays days of 200 customers with every kind of trouble.
func day(ctx context.Context, w *world, step Step) error {
	return playDays(ctx, w, step, "TestDay/^(play|good day|bad day|outage)$/^(good|bad|outage)$", "DAY_HOURS="+strconv.Itoa(step.Hours))
}

// price plays days of schedules, of customers that change in business hours.
func price(ctx context.Context, w *world, step Step) error {
	return playDays(ctx, w, step, "^TestPrice$", "PRICE_CUSTOMERS="+strconv.Itoa(step.Count))
}

// playDays plays days in time of their own, which test/day does with a world of its own, and takes over its figures:
// which day, a colon, and what was measured.
func playDays(ctx context.Context, w *world, step Step, tests, setting string) error {
	path := filepath.Join(w.temporary, "day.json")
	cmd := exec.CommandContext(ctx, "go", "test", "./test/day", "-count=1", "-timeout=0", "-run", tests) //nolint:gosec // our own test
	cmd.Dir = w.repository
	cmd.Env = append(os.Environ(), setting, "DAY_FIGURES="+path)
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
