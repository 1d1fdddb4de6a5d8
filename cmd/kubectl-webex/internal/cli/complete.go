package cli

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/cluster"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/rollup"
)

type completer = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective)

// complete offers what a function finds in the cluster, without what the command
// line holds already. Without a cluster it offers nothing.
func (a *app) complete(find func(context.Context, *cluster.Session) ([]string, error)) completer {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(cmd.Context(), cluster.CompletionTimeout)
		defer cancel()
		session, err := a.connect()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		words, err := find(ctx, session)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		slices.Sort(words)
		words = slices.DeleteFunc(slices.Compact(words), func(word string) bool { return slices.Contains(args, word) })
		return words, cobra.ShellCompDirectiveNoFileComp
	}
}

// nothing completes to nothing, not even to file names.
func nothing(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveNoFileComp
}

func first(c completer) completer {
	return func(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nothing(cmd, args, word)
		}
		return c(cmd, args, word)
	}
}

func customerNames(ctx context.Context, s *cluster.Session) ([]string, error) {
	customers, err := cluster.Customers(ctx, s)
	return namesOf(customers, err, func(i int) string { return customers[i].Name })
}

func scheduleNames(ctx context.Context, s *cluster.Session) ([]string, error) {
	schedules, err := cluster.Schedules(ctx, s)
	return namesOf(schedules, err, func(i int) string { return schedules[i].Name })
}

// partnersToSelect are the partners that there are, and those that made a customer.
func partnersToSelect(ctx context.Context, s *cluster.Session) ([]string, error) {
	customers, err := cluster.Customers(ctx, s)
	names, err := namesOf(customers, err, func(i int) string { return customers[i].Labels[v1alpha1.LabelPartner] })
	if partners, err := partnerNames(ctx, s); err == nil { // which needs a role of its own
		names = append(names, partners...)
	}
	return slices.DeleteFunc(names, func(name string) bool { return name == "" }), err
}

// hierarchyPaths are the nodes of the hierarchy and its customers.
func hierarchyPaths(ctx context.Context, s *cluster.Session) ([]string, error) {
	customers, err := cluster.Customers(ctx, s)
	paths, err := namesOf(customers, err, func(i int) string { return rollup.PathOf(&customers[i]) })
	return append(paths, rollup.Nodes(customers)...), err
}

func namesOf[T any](items []T, err error, name func(int) string) ([]string, error) {
	var names []string
	for i := range items {
		names = append(names, name(i))
	}
	return names, err
}
