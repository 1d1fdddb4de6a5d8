package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/cluster"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/output"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/report"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/report/webpage"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/terminal"
)

type reportFlags struct {
	report.Scope
	format      output.Format
	file, since string
}

const formatHTML output.Format = "html"

// reportFormats are those of the report, which is no table.
var reportFormats = []string{string(formatHTML), string(output.FormatJSON), string(output.FormatYAML), string(output.FormatCSV), string(output.FormatCSVExcel)}

func (a *app) report() *cobra.Command {
	f := &reportFlags{format: formatHTML}
	cmd := &cobra.Command{
		Use:     "report",
		GroupID: groupLook,
		Short:   "A page on licences to read, print and send on",
		Long: `A page on licences to read, print and send on: totals, what needs attention, the trend
over the stored runs, what changed, and the use of each licence, customer and location.

The page is one file of HTML that loads nothing and runs nothing. It carries its data,
so that --since can compare the next report with it; -o json does so, too.`,
		Example: `  # Everything in the namespace
  kubectl webex report -f report.html

  # What changed since the last one, which the new one replaces
  kubectl webex report -f report.html --since report.html

  # One reseller's customers, for a program
  kubectl webex report -A --at provider.reseller-west -o json`,
		Args:              cobra.NoArgs,
		ValidArgsFunction: nothing,
	}
	flags := cmd.Flags()
	a.selection(cmd, &f.At, &f.Customers, &f.Location, &f.Included, "Name or id of a Webex location: only what is in use there")
	a.byPartner(cmd, &f.Partner)
	flags.StringVarP(&f.file, "output-file", "f", "", "File to write to; - or none: the standard output")
	flags.StringVar(&f.since, "since", "", "Former report, as HTML or JSON, to tell what changed since then")
	formats(cmd, &f.format, reportFormats)
	a.selector(cmd, &f.Selector)
	a.flags.BindAll(flags)
	cmd.RunE = run(func(ctx context.Context, _ []string) error { return a.writeReport(ctx, f) })
	return cmd
}

func (a *app) writeReport(ctx context.Context, f *reportFlags) error {
	if f.file == "-" {
		f.file = ""
	}
	if f.format == formatHTML && f.file == "" && a.Out.Live {
		return usagef("a page is not for a terminal: name a file with -f report.html, or choose -o json, yaml or csv")
	}
	selected, err := parseSelector(f.Selector)
	if err != nil {
		return err
	}
	former, err := readFormer(f.since)
	if err != nil {
		return err
	}
	session, err := a.connect()
	if err != nil {
		return err
	}
	f.Namespace = session.Namespace
	source, err := readSource(ctx, session, f.Scope, selected)
	if err != nil {
		return err
	}
	source.Now = a.Now()
	r := report.New(*source)
	if former != nil {
		if err := r.Comparable(former); err != nil {
			return fmt.Errorf("--since %s: %w", f.since, err)
		}
		r.Compare(former)
	}
	if err := a.deliver(r, f); err != nil {
		return err
	}
	for _, note := range source.Notes {
		a.note("%s", note)
	}
	return nil
}

// readFormer reads the report of --since; nil without one.
func readFormer(name string) (*report.Report, error) {
	if name == "" {
		return nil, nil
	}
	content, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("--since: there is no file %s: leave --since away the first time", name)
	}
	if err != nil {
		return nil, fmt.Errorf("--since: %w: see its rights", err)
	}
	former, err := report.Former(content)
	if err != nil {
		return nil, fmt.Errorf("--since %s: %w", name, err)
	}
	return former, nil
}

func readSource(ctx context.Context, session *cluster.Session, scope report.Scope, selected labels.Selector) (*report.Source, error) {
	customers, err := cluster.Customers(ctx, session)
	if err != nil {
		return nil, err
	}
	rows, err := cluster.Licenses(ctx, session)
	if err != nil {
		return nil, err
	}
	runs, err := cluster.Runs(ctx, session)
	if err != nil {
		return nil, err
	}
	assignments, err := cluster.AssignmentsIfAny(ctx, session)
	if err != nil {
		return nil, err
	}
	selection := scope.Selection()
	if err := checkNames(session, customers, rows, selection); err != nil {
		return nil, err
	}
	customers, rows = labelled(customers, rows, selected)
	return &report.Source{Customers: customers, Rows: rows, Runs: runs, Assignments: assignments, Scope: scope, Notes: licenseNotes(customers, rows, selection)}, nil
}

// labelled are the customers with the labels, and their rows. Rows that a deleted
// customer left behind have no labels to go by.
func labelled(customers []v1alpha1.WebexCustomerAccess, rows []v1alpha1.WebexLicense, selected labels.Selector) ([]v1alpha1.WebexCustomerAccess, []v1alpha1.WebexLicense) {
	if selected.Empty() {
		return customers, rows
	}
	kept := map[[2]string]bool{}
	customers = slices.DeleteFunc(customers, func(c v1alpha1.WebexCustomerAccess) bool {
		keep := selected.Matches(labels.Set(c.Labels))
		kept[[2]string{c.Namespace, c.Name}] = keep
		return !keep
	})
	return customers, slices.DeleteFunc(rows, func(row v1alpha1.WebexLicense) bool {
		return !kept[[2]string{row.Namespace, row.Spec.CustomerAccessRef.Name}]
	})
}

func (a *app) deliver(r *report.Report, f *reportFlags) error {
	var content bytes.Buffer
	if f.format == formatHTML {
		if err := webpage.Write(&content, r, webpage.Options{Zone: a.Zone, Version: a.Version}); err != nil {
			return err
		}
	} else if err := output.Write(terminal.Terminal{Out: &content}, f.format, r, r.Items, nil); err != nil {
		return err
	}
	if stdout := terminal.Raw(a.Out.Out); f.file == "" || output.Names(f.file, stdout) {
		_, err := a.Out.Data().Write(content.Bytes())
		return err
	}
	if err := output.WriteFile(f.file, content.Bytes()); err != nil {
		return fmt.Errorf("--output-file: %w", err)
	}
	fmt.Fprintf(a.Err.Out, "report on %s written to %s\n", count(len(r.Items), "customer"), terminal.Clean(f.file))
	return nil
}
