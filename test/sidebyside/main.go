// Command sidebyside lets the official JavaScript SDK, the operator's own client, and a bare reader of the same bytes
// walk the same simulated organization, and prints what each took as ratios. make side-by-side runs it.
//
// Each walk is a process of its own, and so is the simulator. All speak TLS, the only thing that the operator speaks.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/webex-operator/webex-license-operator/test/sidebyside/walk"
)

// config is the command line.
type config struct {
	sim, walker, script, modules string
	people, runs, slowRuns       int
	latency                      time.Duration
	aim                          float64
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, parse())
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "sidebyside:", err)
		os.Exit(1)
	}
}

func parse() (c config) {
	flag.StringVar(&c.sim, "simulator", "", "program of hack/webexsim")
	flag.StringVar(&c.walker, "walker", "", "program of test/sidebyside/walker")
	flag.StringVar(&c.script, "script", "", "walk.js")
	flag.StringVar(&c.modules, "modules", "", "directory of the installed npm packages")
	flag.IntVar(&c.people, "people", 100_000, "people of the organization")
	flag.IntVar(&c.runs, "runs", 5, "rounds, in each of which all take their turn")
	flag.IntVar(&c.slowRuns, "slow-runs", 3, "rounds with latency")
	flag.DurationVar(&c.latency, "latency", 20*time.Millisecond, "time of a request in these")
	flag.Float64Var(&c.aim, "aim", 4, "fail if the SDK takes less than so many times the operator's CPU")
	flag.Parse()
	return c
}

func run(ctx context.Context, c config) error {
	world, err := start(ctx, c)
	if err != nil {
		return err
	}
	defer world.stop()
	if err := versions(ctx, os.Stdout); err != nil {
		return err
	}
	starts, err := world.rounds(ctx, walk.NoPeople, c.runs, everyone)
	if err != nil {
		return err
	}
	sections := []section{}
	for _, s := range []section{
		{title: "The list without locations, pages of 1,000", way: walk.AllPeople, rounds: c.runs, who: everyone},
		{title: "The list with calling data, pages of 100", way: walk.CallingData, rounds: c.runs, who: everyone},
		{
			title: fmt.Sprintf("The list with calling data, %v a request", c.latency),
			way:   walk.CallingData, rounds: c.slowRuns, who: []walkerName{sdk, operator}, latency: c.latency,
		},
	} {
		if s.rounds == 0 {
			continue
		}
		if err := world.latency(ctx, s.latency); err != nil {
			return err
		}
		if s.runs, err = world.rounds(ctx, s.way, s.rounds, s.who); err != nil {
			return err
		}
		s.starts = starts
		sections = append(sections, s)
		s.print(os.Stdout)
	}
	fmt.Println()
	return judge(sections, c.aim)
}

// versions says what is compared, and on what.
func versions(ctx context.Context, to io.Writer) error {
	node, err := exec.CommandContext(ctx, "node", "--version").Output()
	if err != nil {
		return fmt.Errorf("asking node for its version: %w", err)
	}
	_, err = fmt.Fprintf(to, "node %s, %s, %d processors\n", strings.TrimSpace(string(node)), runtime.Version(), runtime.NumCPU())
	return err
}

// judge fails if the operator's client takes too much CPU beside the SDK, whether the starts of processes count or not.
// With latency it only looks on: from run to run these figures of CPU time differ most.
func judge(sections []section, aim float64) error {
	var failures []error
	for _, s := range sections {
		if s.latency > 0 {
			continue
		}
		for _, of := range []figure{cpu, cpuOfWalk} {
			if ratio := s.ratio(sdk, of); ratio.middle < aim {
				failures = append(failures, fmt.Errorf("%s: the SDK takes %.2f times the operator's %s; the aim is %g", s.title, ratio.middle, of.name, aim))
			}
		}
	}
	return errors.Join(failures...)
}
