package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/cluster"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/follow"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/output"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/overview"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/terminal"
)

// waitFlags are those of commands that can stay until runs have ended.
type waitFlags struct {
	wait    bool
	timeout time.Duration
}

// waiting adds them, and -o for the result.
func (a *app) waiting(cmd *cobra.Command, f *waitFlags) {
	cmd.Flags().BoolVar(&f.wait, "wait", false, "Stay until the runs have ended, and fail if one did")
	cmd.Flags().DurationVar(&f.timeout, "timeout", 0, "With --wait: stay no longer than this, such as 30m; the runs go on")
	a.formats(cmd)
}

func (f waitFlags) check() error {
	switch {
	case f.timeout < 0:
		return usagef("--timeout is %s: use a time to come, such as 30m", f.timeout)
	case f.timeout > 0 && !f.wait:
		return usagef("--timeout is about waiting: add --wait")
	}
	return nil
}

// frame is how often the screen is drawn: often enough to look alive, seldom
// enough to cost nothing.
const frame = 250 * time.Millisecond

var errTimeout = errors.New("timed out")

func (a *app) follow(ctx context.Context, session *cluster.Session, runs []*v1alpha1.LicenseSync, timeout time.Duration) error {
	targets, err := a.targets(ctx, session, runs)
	if err != nil {
		return err
	}
	board := follow.NewBoard(targets, a.Now())
	waiting, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if timeout > 0 {
		timer := time.AfterFunc(timeout, func() { cancel(errTimeout) })
		defer timer.Stop()
	}
	changes, broken := make(chan follow.Change), make(chan error, 1)
	watching := &cluster.Session{Client: session.Client, Namespace: session.Namespace}
	go func() { broken <- follow.Watch(waiting, watching, changes) }()
	if err := a.watch(waiting, board, changes, broken); err != nil {
		_ = a.summarise(session, board) // what broke the watch is the error
		return err
	}
	if cause := context.Cause(waiting); !board.Done() {
		return a.leave(ctx, cause, session, board, timeout)
	}
	return a.summarise(session, board)
}

// watch keeps the screen, or the log, up to date until all runs have ended or ctx ends.
func (a *app) watch(ctx context.Context, board *follow.Board, changes <-chan follow.Change, broken <-chan error) error {
	live := a.Out.Live && a.Err.Live && a.format.People()
	screen := follow.NewScreen(a.Out)
	draw := func() {}
	var tick <-chan time.Time
	if live {
		ticker := time.NewTicker(frame)
		defer ticker.Stop()
		tick = ticker.C
		draw = func() { _ = screen.Draw(board.Frame(a.Out, a.Now())) } // a terminal that is gone shows nothing
	}
	draw()
	defer func() { draw() }()
	for !board.Done() {
		select {
		case <-ctx.Done():
			return nil
		case err := <-broken:
			return err
		case <-tick:
			draw()
		case change := <-changes:
			for _, event := range board.Apply(change, a.Now()) {
				if !live {
					a.log(event)
				}
			}
		}
	}
	return nil
}

// log writes an event as a line: to the output if people read it, else beside it.
func (a *app) log(event follow.Event) {
	out := a.Out.Out
	if !a.format.People() {
		out = a.Err.Out
	}
	fmt.Fprintln(out, terminal.Clean(event.Line(a.Now())))
}

// targets are runs with how long the last one of their customer took.
func (a *app) targets(ctx context.Context, session *cluster.Session, runs []*v1alpha1.LicenseSync) ([]follow.Target, error) {
	all, err := cluster.Runs(ctx, session)
	if err != nil {
		return nil, err
	}
	type customer struct{ namespace, name string }
	last, when := map[customer]time.Duration{}, map[customer]time.Time{}
	for i := range all {
		run := &all[i]
		k := customer{run.Namespace, run.Spec.CustomerAccessRef.Name}
		if overview.Succeeded(run) && run.Status.Duration != nil && run.Status.CompletionTime != nil && run.Status.CompletionTime.After(when[k]) {
			last[k], when[k] = run.Status.Duration.Duration, run.Status.CompletionTime.Time
		}
	}
	targets := make([]follow.Target, len(runs))
	for i, run := range runs {
		name := run.Spec.CustomerAccessRef.Name
		targets[i] = follow.Target{
			Key:      follow.Key{Namespace: run.Namespace, Name: run.Name},
			Customer: name, Label: customerName(session, run.Namespace, name), Last: last[customer{run.Namespace, name}],
		}
	}
	return targets, nil
}

// leave tells of runs that go on without us.
func (a *app) leave(ctx context.Context, cause error, session *cluster.Session, board *follow.Board, timeout time.Duration) error {
	var open int
	for phase, n := range board.Counts() {
		if !phase.Ended() {
			open += n
		}
	}
	const remedy = "kubectl webex runs --active shows them, kubectl webex cancel RUN ends one"
	verb := "go"
	if open == 1 {
		verb = "goes"
	}
	if ctx.Err() != nil {
		return fmt.Errorf("interrupted; %s %s on: %s", count(open, "run"), verb, remedy)
	}
	_ = a.summarise(session, board)
	return fmt.Errorf("%w after %s; %s %s on: %s", cause, duration.HumanDuration(timeout), count(open, "run"), verb, remedy)
}

func (a *app) summarise(session *cluster.Session, board *follow.Board) error {
	results := board.Results()
	items := []overview.Run{}
	var sum struct {
		succeeded, failed                 int
		added, updated, removed, requests int64
		changed, unchanged                int64 // people
	}
	var failures []overview.Run
	for _, result := range results {
		r := result.Run
		items = append(items, r)
		switch result.Phase {
		case follow.Succeeded:
			sum.succeeded++
		case follow.Failed, follow.Gone:
			sum.failed++
			failures = append(failures, r)
		case follow.Waiting, follow.Working, follow.Held:
		}
		sum.added, sum.updated, sum.removed = sum.added+value(r.RowsAdded), sum.updated+value(r.RowsUpdated), sum.removed+value(r.RowsRemoved)
		sum.requests += value(r.Requests)
		sum.changed, sum.unchanged = sum.changed+value(r.PeopleChanged), sum.unchanged+value(r.PeopleFailed)
	}
	if !a.format.People() {
		if err := a.writeRuns(session, items); err != nil {
			return err
		}
	} else {
		people := ""
		if sum.changed+sum.unchanged > 0 {
			people = fmt.Sprintf(", licences of %d people changed, %d failed", sum.changed, sum.unchanged)
		}
		a.say("%d of %s succeeded: rows +%d ~%d -%d%s, %s to Webex",
			sum.succeeded, count(len(items), "run"), sum.added, sum.updated, sum.removed, people, count(int(sum.requests), "request"))
	}
	if sum.failed == 0 {
		return nil
	}
	return a.failures(session, failures)
}

func (a *app) failures(session *cluster.Session, failed []overview.Run) error {
	if a.format.People() && len(failed) > 1 {
		t := output.NewTable().Left("FAILED RUN", "CUSTOMER", "REASON", "MESSAGE")
		for _, r := range failed {
			t.Add(output.Text(r.Name), output.Text(customerName(session, r.Namespace, r.Customer)), output.Cell{Text: r.Status, Shade: terminal.Bad}, output.Text(r.Message))
		}
		if err := t.Write(a.Err, false); err != nil {
			return err
		}
		return fmt.Errorf("%d runs failed: kubectl webex status CUSTOMER says what to do", len(failed))
	}
	r := failed[0]
	if len(failed) > 1 {
		return fmt.Errorf("%d runs failed, run %s of customer %s with %s: %s", len(failed), r.Name, r.Customer, r.Status, r.Message)
	}
	return fmt.Errorf("run %s of customer %s failed: %s: %s", r.Name, r.Customer, r.Status, r.Message)
}

func value[T int32 | int64](n *T) int64 {
	if n == nil {
		return 0
	}
	return int64(*n)
}
