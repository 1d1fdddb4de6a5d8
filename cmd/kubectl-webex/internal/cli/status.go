package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/duration"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/cluster"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/output"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/overview"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/rollup"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/terminal"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/timeline"
	"github.com/webex-operator/webex-license-operator/internal/timetable"
)

func (a *app) status() *cobra.Command {
	f := &statusFlags{}
	cmd := &cobra.Command{
		Use:     "status [CUSTOMER...]",
		GroupID: groupLook,
		Short:   "What there is to know of customers, and to do",
		Long: `What there is to know of customers, and to do: a line for each, or, with names, a
page for each with the remedy of every issue. --partner shows the customers that a
partner made, below what there is to know of the partner itself.`,
		Example: `  # All customers of the namespace
  kubectl webex status

  # Those of a partner, in all namespaces
  kubectl webex status -A --partner provider

  # One, with all issues and what to do about them
  kubectl webex status acme`,
		ValidArgsFunction: a.complete(customerNames),
	}
	cmd.Flags().StringVar(&f.at, "at", "", "Node of the hierarchy, such as provider.reseller; default: all")
	a.byPartner(cmd, &f.partner)
	a.selector(cmd, &f.selector)
	a.formats(cmd)
	a.flags.BindAll(cmd.Flags())
	_ = cmd.RegisterFlagCompletionFunc("at", a.complete(hierarchyPaths))
	cmd.RunE = run(func(ctx context.Context, names []string) error {
		session, err := a.connect()
		if err != nil {
			return err
		}
		options, err := selecting(f.selector)
		if err != nil {
			return err
		}
		items, err := a.overviews(ctx, session, names, rollup.Selection{At: f.at, Customers: names, Partner: f.partner}, options)
		if err != nil {
			return err
		}
		partners, err := a.partnersBeside(ctx, session, f, names, items)
		if err != nil {
			return err
		}
		return a.writeStatus(session, partners, items, f, len(names) > 0)
	})
	return cmd
}

type statusFlags struct{ at, partner, selector string }

// selector adds -l.
func (a *app) selector(cmd *cobra.Command, selector *string) {
	cmd.Flags().StringVarP(selector, "selector", "l", "", "Only customers with these labels, such as tier=gold")
	_ = cmd.RegisterFlagCompletionFunc("selector", nothing)
}

func selecting(selector string) ([]client.ListOption, error) {
	parsed, err := parseSelector(selector)
	if err != nil || parsed.Empty() {
		return nil, err
	}
	return []client.ListOption{client.MatchingLabelsSelector{Selector: parsed}}, nil
}

func parseSelector(selector string) (labels.Selector, error) {
	parsed, err := labels.Parse(selector)
	if err != nil {
		return nil, usagef("--selector is %q: use labels such as tier=gold,region!=west", selector)
	}
	return parsed, nil
}

// foretold is how far ahead the next start of a customer is looked for.
const foretold = 7 * 24 * time.Hour

func (a *app) overviews(ctx context.Context, session *cluster.Session, names []string, selected rollup.Selection, options []client.ListOption) ([]overview.Customer, error) {
	customers, err := cluster.Customers(ctx, session, options...)
	if err != nil {
		return nil, err
	}
	runs, err := cluster.Runs(ctx, session)
	if err != nil {
		return nil, err
	}
	schedules, err := cluster.Schedules(ctx, session)
	if err != nil {
		return nil, err
	}
	if err := knownCustomers(session, customers, names); err != nil {
		return nil, err
	}
	assignments, err := cluster.AssignmentsIfAny(ctx, session)
	if err != nil {
		return nil, err
	}
	next := map[[2]string]*time.Time{}
	for _, slot := range timeline.Coming(schedules, customers, a.Now(), a.Now().Add(foretold)) {
		for _, name := range slot.Customers {
			if k := [2]string{slot.Namespace, name}; next[k] == nil {
				next[k] = new(startOf(schedules, slot, name))
			}
		}
	}
	items := []overview.Customer{}
	for i := range customers {
		c := &customers[i]
		if selected.Selects(c) {
			item := overview.Of(c, runs, next[[2]string{c.Namespace, c.Name}])
			item.Unread(c, slices.DeleteFunc(slices.Clone(schedules), func(s v1alpha1.LicenseSyncSchedule) bool { return !timetable.Selects(&s, c) }), runs, a.Now())
			item.Assign(assignments, a.Now())
			items = append(items, item)
		}
	}
	return items, nil
}

func startOf(schedules []v1alpha1.LicenseSyncSchedule, slot timeline.Slot, customer string) time.Time {
	for i := range schedules {
		if s := &schedules[i]; s.Namespace == slot.Namespace && s.Name == slot.Schedule {
			return timeline.StartOf(s, slot.Slot, customer)
		}
	}
	return slot.First
}

// knownCustomers refuses customers that there are not.
func knownCustomers(session *cluster.Session, customers []v1alpha1.WebexCustomerAccess, names []string) error {
	for _, name := range names {
		if !slices.ContainsFunc(customers, func(c v1alpha1.WebexCustomerAccess) bool { return c.Name == name }) {
			return cluster.NotFound(session, "customer", name, "kubectl webex status lists them")
		}
	}
	return nil
}

// statusDocument is what -o json and -o yaml write.
type statusDocument struct {
	output.List[overview.Customer]
	Partners []overview.Partner `json:"partners,omitempty"`
}

func (a *app) writeStatus(session *cluster.Session, partners []overview.Partner, items []overview.Customer, f *statusFlags, detailed bool) error {
	if detailed && a.format == output.FormatTable {
		for i := range items {
			if i > 0 {
				fmt.Fprintln(a.Out.Out)
			}
			a.describe(&items[i])
		}
		return nil
	}
	if f.partner != "" && a.format.People() {
		a.partnerHeads(partners)
	}
	document := statusDocument{output.List[overview.Customer]{Kind: output.Document("CustomerStatusList"), Items: items}, partners}
	if err := output.Write(a.Out, a.format, document, items, func() *output.Table { return a.statusTable(items, session) }); err != nil {
		return err
	}
	if a.format.People() {
		a.statusNotes(session, partners, items, f)
	}
	return nil
}

// statusNotes say what the table leaves open.
func (a *app) statusNotes(session *cluster.Session, partners []overview.Partner, items []overview.Customer, f *statusFlags) {
	if len(items) == 0 {
		fmt.Fprintln(a.Err.Out, nothingFound("customers", session))
	}
	troubled := 0
	for i := range items {
		if len(items[i].Issues) > 0 {
			troubled++
		}
	}
	if troubled > 0 {
		a.note("%d of %s have something to see to: kubectl webex status CUSTOMER says what to do", troubled, count(len(items), "customer"))
	}
	if f.partner == "" {
		a.partnerTrouble(session, partners)
	}
}

func (a *app) statusTable(items []overview.Customer, session *cluster.Session) *output.Table {
	t := output.NewTable().Left("CUSTOMER", "READY", "FIGURES").Right("CONSUMED", "TOTAL", "USED").Left("NEXT", "ISSUES").
		Wide().Left("HIERARCHY", "ORGANIZATION").Right("LICENSES", "LOCATIONS").Left("CREDENTIALS", "RUNS")
	for i := range items {
		o := &items[i]
		used := usage(o)
		t.Add(output.Text(customerName(session, o.Namespace, o.Name)), verdictOf(o.Ready), a.figuresOf(o), figure(o.ConsumedUnits), figure(o.TotalUnits),
			a.used(used), a.in(o.NextStart), issueNames(o.Issues), output.Text(o.HierarchyPath), output.Text(o.Organization), figure(o.Licenses), figure(o.Locations),
			output.Text(string(o.Credentials)), output.Text(strings.Join(o.Active, " ")))
	}
	return t
}

// figuresOf is how old figures are, and those that were counted, where they are older.
func (a *app) figuresOf(o *overview.Customer) output.Cell {
	cell := a.ago(o.LastSuccessfulSyncTime)
	if read := overview.PeopleRead(o.LastSuccessfulSyncTime, o.LastWalkTime); read != nil {
		cell.Text += ", people " + a.ago(read).Text
	}
	return cell
}

func usage(o *overview.Customer) rollup.Figures {
	return rollup.FiguresOf(o.TotalUnits, o.ConsumedUnits)
}

func verdictOf(ready metav1.ConditionStatus) output.Cell {
	cell := output.Text(string(ready))
	switch ready {
	case metav1.ConditionTrue:
		cell.Shade = terminal.Good
	case metav1.ConditionFalse:
		cell.Shade = terminal.Bad
	case metav1.ConditionUnknown:
		cell.Shade = terminal.Faint
	}
	return cell
}

// issueNames are the reasons of the issues, in the colour of the worst.
func issueNames(issues []overview.Issue) output.Cell {
	var names []string
	shade := terminal.Plain
	for _, issue := range issues {
		if name := issue.Name(); !slices.Contains(names, name) {
			names = append(names, name)
		}
		switch {
		case issue.Severity == overview.Error:
			shade = terminal.Bad
		case shade == terminal.Plain:
			shade = terminal.Warning
		}
	}
	return output.Cell{Text: strings.Join(names, ", "), Shade: shade}
}

func (a *app) ago(t *time.Time) output.Cell {
	if t == nil {
		return output.Cell{Text: "never", Shade: terminal.Faint}
	}
	return output.Text(duration.HumanDuration(a.Now().Sub(*t)) + " ago")
}

func (a *app) in(t *time.Time) output.Cell {
	if t == nil {
		return output.Cell{Text: "-", Shade: terminal.Faint}
	}
	left := a.left(*t)
	if left != "now" {
		left = "in " + left
	}
	return output.Text(left)
}

func (a *app) left(t time.Time) string {
	left := t.Sub(a.Now())
	if left < time.Second {
		return "now"
	}
	return duration.HumanDuration(left)
}
