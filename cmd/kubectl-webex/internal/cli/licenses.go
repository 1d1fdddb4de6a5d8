package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/cluster"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/output"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/rollup"
)

type licensesFlags struct {
	rollup.Selection
	level, below string
	pools        bool
}

func (a *app) licenses() *cobra.Command {
	f := &licensesFlags{}
	cmd := &cobra.Command{
		Use:     "licenses",
		Aliases: []string{"license", "lic"},
		GroupID: groupLook,
		Short:   "Licences at any level of the hierarchy, rolled up",
		Long: `Licences at any level of the hierarchy, rolled up: one line for each product, over
all customers at and below a node.

What locations share is counted once. A product is one line whatever Cisco calls it
today, and in however many subscriptions it was bought; --pools shows these apart.`,
		Example: `  # Everything in the namespace
  kubectl webex licenses

  # All customers of a reseller, in all namespaces, as a spreadsheet
  kubectl webex licenses -A --at provider.reseller-west -o csv

  # What is about to run out
  kubectl webex licenses --below 10%

  # Who uses what at which location
  kubectl webex licenses --level Site --customer acme`,
		Args:              cobra.NoArgs,
		ValidArgsFunction: nothing,
	}
	flags := cmd.Flags()
	a.selection(cmd, &f.At, &f.Customers, &f.Location, &f.Included, "Name or id of a Webex location; implies --level Site")
	a.byPartner(cmd, &f.Partner)
	flags.StringVar(&f.level, "level", "", "Customer: figures of whole organizations; Site: what is in use at each Webex location (default Customer)")
	flags.StringVar(&f.below, "below", "", "Only licences of which a pool has less than this share of its units left, such as 10%")
	flags.BoolVar(&f.pools, "pools", false, "One line for each licence of each customer and subscription")
	a.formats(cmd)
	a.flags.BindAll(flags)
	_ = cmd.RegisterFlagCompletionFunc("level", words("Customer", "Site"))
	_ = cmd.RegisterFlagCompletionFunc("below", words("5%", "10%", "20%"))
	cmd.RunE = run(func(ctx context.Context, _ []string) error { return a.showLicenses(ctx, f) })
	return cmd
}

// selection adds the flags that say which licences a command is about.
func (a *app) selection(cmd *cobra.Command, at *string, customers *[]string, location *string, included *bool, locationUsage string) {
	flags := cmd.Flags()
	flags.StringVar(at, "at", "", "Node of the hierarchy, such as provider.reseller, or a customer by its whole path; default: all")
	flags.StringSliceVar(customers, "customer", nil, "Names of customers; default: all")
	flags.StringVar(location, "location", "", locationUsage)
	flags.BoolVar(included, "included", false, "Also free and hybrid services, whose totals are no capacity")
	_ = cmd.RegisterFlagCompletionFunc("at", a.complete(hierarchyPaths))
	_ = cmd.RegisterFlagCompletionFunc("customer", a.complete(customerNames))
	_ = cmd.RegisterFlagCompletionFunc("location", a.complete(locationNames))
}

func words(words ...string) completer {
	return cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)
}

func locationNames(ctx context.Context, s *cluster.Session) ([]string, error) {
	rows, err := cluster.Licenses(ctx, s)
	rows = slices.DeleteFunc(rows, func(row v1alpha1.WebexLicense) bool {
		return row.Spec.Level != v1alpha1.LevelSite || rollup.Superseded(&row)
	})
	return namesOf(rows, err, func(i int) string { return rows[i].Status.Location })
}

// check reads the flags that have a form of their own.
func (f *licensesFlags) check() error {
	switch {
	case f.level == "" && f.Location != "", strings.EqualFold(f.level, "site"):
		f.level = string(v1alpha1.LevelSite)
	case f.level == "", strings.EqualFold(f.level, "customer"):
		f.level = string(v1alpha1.LevelCustomer)
	default:
		return usagef("--level is %q: use Customer or Site", f.level)
	}
	site := f.level == string(v1alpha1.LevelSite)
	switch {
	case f.Location != "" && !site:
		return usagef("--location is about level Site: leave --level away, or use --level Site")
	case f.pools && site:
		return usagef("--pools is about level Customer: leave --level and --location away")
	}
	if f.below == "" {
		return nil
	}
	percent, err := strconv.Atoi(strings.TrimSuffix(f.below, "%"))
	if err != nil || percent < 0 || percent > 100 {
		return usagef("--below is %q: use a share in percent from 0%% to 100%%, such as 10%%", f.below)
	}
	f.Below = &percent
	return nil
}

// licenseDocument is what -o json and -o yaml write. Items are licences, pools or
// places, Totals those of either.
type licenseDocument[I, T any] struct {
	output.Kind
	At     string         `json:"at,omitempty"`
	Level  v1alpha1.Level `json:"level"`
	Totals T              `json:"totals"`
	Notes  []string       `json:"notes,omitempty"`
	Items  []I            `json:"items"`
}

func (a *app) showLicenses(ctx context.Context, f *licensesFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	session, err := a.connect()
	if err != nil {
		return err
	}
	customers, err := cluster.Customers(ctx, session)
	if err != nil {
		return err
	}
	rows, err := cluster.Licenses(ctx, session)
	if err != nil {
		return err
	}
	if err := checkNames(session, customers, rows, f.Selection); err != nil {
		return err
	}
	notes := licenseNotes(customers, rows, f.Selection)
	if err := a.writeLicenses(rollup.New(customers, rows, f.Selection), f, session, notes); err != nil {
		return err
	}
	if a.format == output.FormatJSON || a.format == output.FormatYAML {
		return nil // there the notes are part of the document
	}
	if a.format.People() && !f.Included && hasIncluded(customers, rows, f) {
		notes = append(notes, "free and hybrid licences are left out: --included shows them")
	}
	for _, note := range notes {
		a.note("%s", note)
	}
	return nil
}

func (a *app) writeLicenses(r *rollup.Rollup, f *licensesFlags, session *cluster.Session, notes []string) error {
	switch {
	case f.level == string(v1alpha1.LevelSite):
		items := r.Places()
		t := rollup.SumPlaces(items)
		sum := fmt.Sprintf("%s of %s in use at %s of %s",
			count(int(t.ConsumedUnits), "unit"), count(t.Licenses, "licence"), count(t.Locations, "location"), count(t.Customers, "customer"))
		return writeLines(a, f, session, "LicensePlaceList", items, t, notes, sum, a.placeTable)
	case f.pools:
		return writeLines(a, f, session, "LicensePoolList", r.Pools(), r.Totals(), notes, sumOf(r.Totals()), a.poolTable)
	}
	return writeLines(a, f, session, "LicenseList", r.Licenses(), r.Totals(), notes, sumOf(r.Totals()), a.licenseTable)
}

func writeLines[I, T any](a *app, f *licensesFlags, session *cluster.Session, kind string, items []I, totals T, notes []string, sum string, table func([]I, *cluster.Session) *output.Table) error {
	document := licenseDocument[I, T]{output.Document(kind), f.At, v1alpha1.Level(f.level), totals, notes, items}
	if err := output.Write(a.Out, a.format, document, items, func() *output.Table { return table(items, session) }); err != nil {
		return err
	}
	a.summariseLicenses(session, len(items), f.At, sum)
	return nil
}

func sumOf(t rollup.Totals) string {
	sum := fmt.Sprintf("%s of %s: %d of %s in use", count(t.Licenses, "licence"), count(t.Customers, "customer"), t.ConsumedUnits, count(int(t.TotalUnits), "unit"))
	if t.OverAssignedUnits > 0 {
		sum += fmt.Sprintf(", %s over-assigned", count(int(t.OverAssignedUnits), "unit"))
	}
	return sum
}

// summariseLicenses says in one line what the table adds up to.
func (a *app) summariseLicenses(session *cluster.Session, lines int, at, sum string) {
	switch {
	case !a.format.People():
		return
	case lines == 0:
		sum = nothingFound("licences", session)
	case at != "":
		sum = at + ": " + sum
	}
	fmt.Fprintln(a.Err.Out, sum)
}

// nothingFound is what kubectl says of an empty list.
func nothingFound(what string, session *cluster.Session) string {
	if session.All() {
		return "No " + what + " found."
	}
	return fmt.Sprintf("No %s found in namespace %s; -A looks into all.", what, session.Namespace)
}

// checkNames refuses customers and nodes that there are not.
func checkNames(session *cluster.Session, customers []v1alpha1.WebexCustomerAccess, rows []v1alpha1.WebexLicense, s rollup.Selection) error {
	known := map[string]bool{}
	for i := range customers {
		known[customers[i].Name] = true
	}
	for i := range rows {
		known[rows[i].Spec.CustomerAccessRef.Name] = true
	}
	for _, name := range s.Customers {
		if !known[name] {
			return cluster.NotFound(session, "customer", name, "kubectl webex status lists them")
		}
	}
	if s.Partner != "" && !slices.ContainsFunc(customers, func(c v1alpha1.WebexCustomerAccess) bool { return c.Labels[v1alpha1.LabelPartner] == s.Partner }) {
		return cluster.NotFound(session, "customer of partner", s.Partner, partnersListed)
	}
	if s.At != "" && !slices.ContainsFunc(customers, func(c v1alpha1.WebexCustomerAccess) bool { return rollup.Under(rollup.PathOf(&c), s.At) }) {
		return fmt.Errorf("no customer is at or below %q in the hierarchy: %s", s.At, knownNodes(customers))
	}
	return nil
}

func knownNodes(customers []v1alpha1.WebexCustomerAccess) string {
	nodes := rollup.Nodes(customers)
	switch {
	case len(nodes) == 0:
		return "no customer has a spec.hierarchyPath; set one, or leave --at away"
	case len(nodes) > maxNamed:
		return "among the nodes there are " + strings.Join(nodes[:maxNamed], ", ")
	}
	return "the nodes there are " + strings.Join(nodes, ", ")
}
