package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := command(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "perf:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop was called
	}
}

// scenarioTimeout bounds one run of a scenario; the longest takes a third of it on two cores.
const scenarioTimeout = 30 * time.Minute

func command(ctx context.Context) error {
	only := flag.String("scenarios", "", "comma-separated names of scenarios; default all")
	runs := flag.Int("runs", 1, "how often each scenario is run")
	dir := flag.String("dir", "bin/perf", "takes binaries, figures and profiles")
	profile := flag.Bool("profile", false, "write profiles of the API server's and the manager's processor time, and of the manager's heap, for each step")
	verbose := flag.Bool("v", false, "also print writes by resource")
	flag.Parse()

	all, err := scenarios()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(*dir, 0o755); err != nil { //nolint:gosec // nothing secret
		return err
	}
	repository, err := os.Getwd()
	if err != nil {
		return err
	}
	programs, err := build(ctx, repository, *dir)
	if err != nil {
		return err
	}
	for range *runs {
		for _, s := range all {
			if *only != "" && !slices.Contains(strings.Split(*only, ","), s.Name) {
				continue
			}
			if err := play(ctx, s, programs, repository, *dir, *profile, *verbose); err != nil {
				return fmt.Errorf("scenario %s: %w", s.Name, err)
			}
		}
	}
	return nil
}

// play runs a scenario once and appends its figures to a file.
func play(ctx context.Context, s Scenario, p programs, repository, dir string, profile, verbose bool) error {
	ctx, cancel := context.WithTimeoutCause(ctx, scenarioTimeout, fmt.Errorf("not done after %v", scenarioTimeout))
	defer cancel()
	w, err := newWorld(ctx, s, p, repository, dir)
	if err != nil {
		return err
	}
	w.profile, w.verbose = profile, verbose
	fmt.Fprintf(os.Stderr, "%s: %s\n", s.Name, s.Title)
	err = func() error {
		for _, step := range s.Steps {
			begin := len(w.figures.list)
			if err := w.profiled(ctx, step, func() error { return actions[step.Do](ctx, w, step) }); err != nil {
				return err
			}
			for _, f := range w.figures.list[begin:] {
				fmt.Fprintf(os.Stderr, "  %-50s %12.3f\n", f.Name, f.Value)
			}
		}
		return nil
	}()
	if ended := w.end(); err != nil || ended != nil {
		return errors.Join(err, ended)
	}
	return appendFigures(filepath.Join(dir, s.Name+".jsonl"), w.figures.list)
}

func appendFigures(path string, figures []Figure) error {
	line, err := json.Marshal(figures)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(filepath.Clean(path), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644) //nolint:gosec // nothing secret
	if err != nil {
		return err
	}
	if _, err := file.Write(append(line, '\n')); err != nil {
		return err
	}
	return file.Close()
}
