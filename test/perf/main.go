package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

func main() {
	log.SetLogger(logr.Discard()) // the libraries' own: what counts is returned as an error
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := command(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "perf:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop was called
	}
}

// scenarioTimeout bounds one run of a scenario that does not say otherwise; the longest takes a third of it on two cores.
const scenarioTimeout = 30 * time.Minute

// options are what the command was called with.
type options struct {
	scenarios                string
	runs                     int
	dir                      string
	profile, verbose         bool
	check, calibrate, report bool
}

func command(ctx context.Context) error {
	var o options
	flag.StringVar(&o.scenarios, "scenarios", "", "comma-separated names of scenarios; default all that are not only for those who name them")
	flag.IntVar(&o.runs, "runs", -1, "how often each scenario is run; default 1, or with -calibrate, -check or -report 0")
	flag.StringVar(&o.dir, "dir", "bin/perf", "takes binaries, results and profiles")
	flag.BoolVar(&o.profile, "profile", false, "write profiles of the API server's and the manager's processor time, and of the manager's waiting and heap, for each step")
	flag.BoolVar(&o.verbose, "v", false, "also print writes by resource")
	flag.BoolVar(&o.calibrate, "calibrate", false, "then write the means of the results, of 5 runs at least, into limits.yaml")
	flag.BoolVar(&o.check, "check", false, "then judge the latest results by limits.yaml")
	flag.BoolVar(&o.report, "report", false, "then write the results into test/perf/RESULTS.md")
	flag.Parse()
	if flag.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flag.Arg(0))
	}
	afterwards := o.check || o.calibrate || o.report
	if o.runs < 0 && !afterwards {
		o.runs = 1
	}

	all, err := scenarios()
	if err != nil {
		return err
	}
	chosen, err := choose(all, o.scenarios)
	if err != nil {
		return err
	}
	repository, err := os.Getwd()
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(repository, limitsPath)); err != nil {
		return fmt.Errorf("the current directory is not the repository: %w", err)
	}
	l, err := layoutIn(o.dir)
	if err != nil {
		return err
	}
	if err := run(ctx, o, l, chosen, repository); err != nil {
		return err
	}
	return evaluate(o, l, all, chosen, repository)
}

// limitsPath is where limits are in the repository.
const limitsPath = "test/perf/limits.yaml"

// layout are the directories that the command writes into: what it measured is apart from what that took.
type layout struct{ programs, results, profiles string }

func layoutIn(dir string) (layout, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return layout{}, err
	}
	l := layout{filepath.Join(dir, "programs"), filepath.Join(dir, "results"), filepath.Join(dir, "profiles")}
	for _, d := range []string{l.programs, l.results, l.profiles} {
		if err := os.MkdirAll(d, 0o755); err != nil { //nolint:gosec // nothing secret
			return l, err
		}
	}
	return l, nil
}

// run runs scenarios.
func run(ctx context.Context, o options, l layout, chosen []Scenario, repository string) error {
	if o.runs <= 0 {
		return nil
	}
	programs, err := build(ctx, repository, l.programs)
	if err != nil {
		return err
	}
	version := versionOf(ctx, repository)
	for range o.runs {
		for _, s := range chosen {
			w := &world{scenario: s, programs: programs, repository: repository, dir: l.profiles, profile: o.profile, verbose: o.verbose}
			r, err := play(ctx, w)
			if ctx.Err() != nil {
				return fmt.Errorf("scenario %s was interrupted; its figures are not kept", s.Name)
			}
			if err != nil {
				return fmt.Errorf("scenario %s: %w", s.Name, err)
			}
			r.Version = version
			if err := (results{l.results}).append(s.Name, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// evaluate does what was asked for with the results.
func evaluate(o options, l layout, all, chosen []Scenario, repository string) error {
	r, path := results{l.results}, filepath.Join(repository, limitsPath)
	data, err := os.ReadFile(path) //nolint:gosec // ours
	if err != nil {
		return err
	}
	if o.calibrate {
		if data, err = calibrate(os.Stderr, data, r, chosen); err != nil {
			return err
		}
		if err := os.WriteFile(path, data, 0o644); err != nil { //nolint:gosec // nothing secret
			return err
		}
	}
	limits, err := parseLimits(data, all)
	if err != nil {
		return err
	}
	if o.report {
		if err := report(repository, r, all, limits); err != nil {
			return err
		}
	}
	if o.check {
		return check(os.Stdout, r, chosen, limits, max(o.runs, 1))
	}
	return nil
}

// play runs a scenario once in a world that is not there yet.
func play(ctx context.Context, w *world) (r Run, err error) {
	timeout := cmp.Or(w.scenario.Timeout.Duration, scenarioTimeout)
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("not done after %v", timeout))
	defer cancel()
	defer func() { err = errors.Join(err, w.end()) }()
	if err := w.start(ctx); err != nil {
		return r, err
	}
	return w.perform(ctx)
}

// perform does what the scenario says, in a world that has started.
func (w *world) perform(ctx context.Context) (r Run, err error) {
	if r.Machine, err = w.machine(); err != nil {
		return r, err
	}
	fmt.Fprintf(os.Stderr, "%s: %s\n", w.scenario.Name, w.scenario.Title)
	for _, step := range w.scenario.Steps {
		begin := len(w.figures.list)
		if err := w.profiled(ctx, step, func() error { return actions[step.Do](ctx, w, step) }); err != nil {
			return r, err
		}
		for _, f := range w.figures.list[begin:] {
			fmt.Fprintf(os.Stderr, "  %-50s %12.3f\n", f.Name, f.Value)
		}
	}
	r.Figures = w.figures.list
	return r, nil
}
