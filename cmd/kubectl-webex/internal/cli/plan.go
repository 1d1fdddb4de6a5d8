package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/cluster"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/output"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/plan"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/terminal"
)

type planFlags struct {
	format         output.Format
	files          []string
	customer, dump string
}

const planName = "plan"

const formatMarkdown output.Format = "markdown"

const planLong = `Who would get and who would lose licences by the WebexLicenseAssignments of the namespace,
and why: the plan that a run would make now. Nothing is changed, in Webex or in the cluster.

The command reads, with your rights, the customer, its rows and assignments, the Secrets
and ConfigMaps with addresses, and the Secret with its credentials; and by these from Webex
the organization's licences, locations and groups, and all of its people with their
addresses. That takes as long as a run does. No refresh token is used: the access token is
the one that the operator keeps.

With -f, assignments, Secrets and ConfigMaps of files go before those of the cluster, and
spec.assignment of a customer, too: the plan is that of what is not applied yet.

Exit codes, unlike those of other commands: 0 nothing to change, 2 something to change, now
or once it is let, 1 an error: the plan could not be made, or an assignment has something to
correct, such as an address that no person has.

--dump writes an assignment in mode Report that lists who holds a licence now, to start
from: a Secret with their addresses, and the WebexLicenseAssignment.`

const planExample = `  # All assignments of the namespace
  kubectl webex plan

  # One, for a program
  kubectl webex plan sales -o json

  # A comment on a pull request, of manifests that are not applied yet
  kubectl webex plan -f clusters/ -o markdown

  # An assignment to start from
  kubectl webex plan --dump EE --customer acme > acme-meetings.yaml`

func (a *app) plan() *cobra.Command {
	f := &planFlags{format: output.FormatTable}
	cmd := &cobra.Command{
		Use: planName + " [ASSIGNMENT]", GroupID: groupLook, Short: "Who would get and who would lose licences, and why",
		Long: planLong, Example: planExample,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: first(a.complete(assignmentNames)),
	}
	flags := cmd.Flags()
	flags.StringArrayVarP(&f.files, "filename", "f", nil, "File or directory of manifests that go before the cluster's, or - for the standard input")
	flags.StringVar(&f.customer, "customer", "", "Only assignments of this customer")
	flags.StringVar(&f.dump, "dump", "", "Write an assignment of who holds a licence now: the name of its row, its offer code or its name")
	formats(cmd, &f.format, []string{string(output.FormatTable), string(output.FormatJSON), string(output.FormatYAML), string(output.FormatCSV), string(output.FormatCSVExcel), string(formatMarkdown)})
	_ = cmd.RegisterFlagCompletionFunc("customer", a.complete(customerNames))
	_ = cmd.RegisterFlagCompletionFunc("dump", a.complete(dumpable))
	cmd.RunE = run(func(ctx context.Context, args []string) error {
		if f.dump != "" {
			return a.dump(ctx, f, args)
		}
		return a.planLicenses(ctx, f, strings.Join(args, ""))
	})
	return cmd
}

func assignmentNames(ctx context.Context, s *cluster.Session) ([]string, error) {
	assignments, err := cluster.Assignments(ctx, s)
	return namesOf(assignments, err, func(i int) string { return assignments[i].Name })
}

// differsError says that a plan was made and has changes: an exit code without a message.
type differsError struct{}

// Error is empty, since the plan says it all.
func (differsError) Error() string { return "" }

func (a *app) planLicenses(ctx context.Context, f *planFlags, name string) error {
	session, err := a.connect()
	if err != nil {
		return err
	}
	wanted, err := a.wanted(ctx, session, f, name)
	if err != nil {
		return err
	}
	document := plan.New(session.Namespace)
	var failed []error
	for i := range wanted {
		w := &wanted[i]
		preview, err := a.previewOf(ctx, session, w)
		if err != nil {
			failed = append(failed, fmt.Errorf("customer %s: %w", w.customer.Name, err))
			continue
		}
		document.Put(w.customer.Name, w.assignments, preview, name)
	}
	if len(failed) < len(wanted) || len(wanted) == 0 {
		if err := a.writePlan(document, f); err != nil {
			return err
		}
	}
	return a.planVerdict(document, failed)
}

// planVerdict is what the exit code says of a plan.
func (a *app) planVerdict(d *plan.Document, failed []error) error {
	for i, err := range failed {
		if i < len(failed)-1 {
			a.note("%v", err)
			continue
		}
		return err
	}
	if blocked := d.Blocked(); len(blocked) > 0 {
		names := make([]string, len(blocked))
		for i := range blocked {
			names[i] = fmt.Sprintf("%s (%s)", blocked[i].Name, blocked[i].Reason)
		}
		return fmt.Errorf("%d of %s cannot come true as it is: %s", len(blocked), count(len(d.Assignments), "assignment"), enumerate(names))
	}
	if d.Differs() {
		return differsError{}
	}
	return nil
}

func (a *app) writePlan(d *plan.Document, f *planFlags) error {
	if f.format == formatMarkdown {
		_, err := io.WriteString(a.Out.Data(), d.Markdown())
		return err
	}
	if f.format == output.FormatTable {
		return a.showPlan(d)
	}
	return output.Write(a.Out, f.format, d, d.Items, nil)
}

// showPlan shows a plan to a person: of each assignment the numbers first, then the people.
func (a *app) showPlan(d *plan.Document) error {
	slices.SortStableFunc(d.Assignments, func(a, b plan.Assignment) int {
		return cmp.Or(strings.Compare(a.Customer, b.Customer), strings.Compare(a.Name, b.Name))
	})
	for i := range d.Assignments {
		w := &d.Assignments[i]
		fmt.Fprintf(a.Out.Out, "%s  %s\n", a.Out.Paint(terminal.Strong, w.Name), terminal.Clean(fmt.Sprintf("%s of %s, mode %s, %d listed", w.License, w.Customer, w.Mode, w.Listed)))
		a.say("  %s", w.Counts())
		if w.Notable() {
			shade := terminal.Warning
			if w.Blocked {
				shade = terminal.Bad
			} else if w.Reason == v1alpha1.ReasonPlanOnly {
				shade = terminal.Faint
			}
			fmt.Fprintf(a.Out.Out, "  %s %s\n", a.Out.Paint(shade, w.Reason+":"), terminal.Clean(w.Message))
		}
		if approve := w.Approve(); approve != "" {
			a.say("  Approve exactly these: %s", approve)
		}
		if err := a.planTable(d.Of(w)).Write(a.Out, false); err != nil {
			return err
		}
		fmt.Fprintln(a.Out.Out)
	}
	if len(d.Assignments) > 0 {
		a.say("%s", d.Sum())
	}
	return nil
}

func (a *app) planTable(changes []plan.Change) *output.Table {
	t := output.NewTable().Left(" ", "PERSON", "LICENSE", "WHY", "WHAT BECOMES OF IT")
	for i := range changes {
		c := &changes[i]
		shade := terminal.Good
		if c.Action == plan.Remove {
			shade = terminal.Bad
		}
		t.Add(output.Cell{Text: c.Sign(), Shade: shade}, output.Text(c.Person), output.Text(c.License), output.Text(c.Reason()), output.Text(c.Fate()))
	}
	return t
}
