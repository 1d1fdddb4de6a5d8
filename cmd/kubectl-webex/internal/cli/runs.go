package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/cluster"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/output"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/overview"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/terminal"
)

type runsFlags struct {
	active, failed bool
	limit          int
}

func (a *app) runs() *cobra.Command {
	f := &runsFlags{}
	cmd := &cobra.Command{
		Use:     "runs [CUSTOMER]",
		GroupID: groupLook,
		Short:   "Runs, the newest first",
		Example: `  # What is at work or waits
  kubectl webex runs --active

  # Why the runs of a customer failed
  kubectl webex runs acme --failed -o wide`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: first(a.complete(customerNames)),
	}
	cmd.Flags().BoolVar(&f.active, "active", false, "Only runs that have not ended")
	cmd.Flags().BoolVar(&f.failed, "failed", false, "Only runs that failed")
	cmd.Flags().IntVar(&f.limit, "limit", 30, "Show so many runs at most; 0 for all")
	cmd.MarkFlagsMutuallyExclusive("active", "failed")
	a.formats(cmd)
	a.flags.BindAll(cmd.Flags())
	cmd.RunE = run(func(ctx context.Context, args []string) error { return a.showRuns(ctx, f, args) })
	return cmd
}

func (a *app) showRuns(ctx context.Context, f *runsFlags, args []string) error {
	session, err := a.connect()
	if err != nil {
		return err
	}
	if len(args) > 0 {
		customers, err := cluster.Customers(ctx, session)
		if err != nil {
			return err
		}
		if err := knownCustomers(session, customers, args); err != nil {
			return err
		}
	}
	runs, err := cluster.Runs(ctx, session)
	if err != nil {
		return err
	}
	items := f.pick(runs, args)
	more := 0
	if f.limit > 0 && len(items) > f.limit {
		items, more = items[:f.limit], len(items)-f.limit
	}
	if err := a.writeRuns(session, items); err != nil {
		return err
	}
	switch {
	case more > 0:
		a.note("%d more: --limit 0 shows all", more)
	case len(items) == 0 && a.format.People():
		fmt.Fprintln(a.Err.Out, nothingFound("runs", session))
	}
	return nil
}

// pick are the runs to show, the newest first.
func (f *runsFlags) pick(runs []v1alpha1.LicenseSync, customers []string) []overview.Run {
	slices.SortFunc(runs, newestFirst)
	items := []overview.Run{}
	for i := range runs {
		r := overview.RunOf(&runs[i])
		if len(customers) > 0 && !slices.Contains(customers, r.Customer) || f.active && r.Finished || f.failed && !r.Failed {
			continue
		}
		items = append(items, r)
	}
	return items
}

// newestFirst orders runs by creation, which is told in whole seconds.
func newestFirst(a, b v1alpha1.LicenseSync) int {
	if order := b.CreationTimestamp.Compare(a.CreationTimestamp.Time); order != 0 {
		return order
	}
	return strings.Compare(a.Namespace+"/"+a.Name, b.Namespace+"/"+b.Name)
}

func (a *app) runTable(items []overview.Run, session *cluster.Session) *output.Table {
	t := output.NewTable().Left("RUN", "CUSTOMER", "TRIGGER", "STATUS", "ROWS").Right("REQUESTS", "DURATION", "AGE").
		Wide().Left("AT", "WALK").Right("THROTTLED", "RETRIES", "ATTEMPTS FAILED").Left("MESSAGE")
	for i := range items {
		r := &items[i]
		trigger := string(r.Trigger)
		if r.Schedule != "" {
			trigger = "Schedule " + r.Schedule
		}
		t.Add(output.Text(r.Name), output.Text(customerName(session, r.Namespace, r.Customer)), output.Text(trigger), runStatus(r), output.Text(cmp.Or(r.Rows(), "-")), count64(r.Requests),
			seconds(r.DurationSeconds), output.Text(duration.HumanDuration(a.Now().Sub(r.CreationTime))),
			output.Text(stepOf(r)), output.Text(string(r.Walk)), seconds(r.ThrottledSeconds), count64(r.Retries), count32(r.FailedAttempts), output.Text(r.Message))
	}
	return t
}

func runStatus(r *overview.Run) output.Cell {
	cell := output.Text(r.Status)
	switch {
	case r.Failed:
		cell.Shade = terminal.Bad
	case r.Finished:
		cell.Shade = terminal.Good
	}
	return cell
}

func stepOf(r *overview.Run) string {
	if r.Finished {
		return ""
	}
	return strings.TrimSpace(string(r.Step) + " " + r.Progress())
}

func count64(n *int64) output.Cell {
	if n == nil {
		return output.Cell{Text: "-", Shade: terminal.Faint}
	}
	return figure(n)
}

func count32(n *int32) output.Cell {
	if n == nil {
		return count64(nil)
	}
	return figure(new(int64(*n)))
}

func seconds(n *int64) output.Cell {
	if n == nil {
		return count64(nil)
	}
	return output.Text(duration.HumanDuration(time.Duration(*n) * time.Second))
}
