package cli

import (
	"github.com/spf13/cobra"
)

const rootLong = `Webex licences in Kubernetes: who has how many, what is in use, and what is running.

The flags of kubectl work here, too: -n, --context, --kubeconfig and the others that
kubectl options lists, after the word webex.

Exit codes: 0 done, 1 failed (one run is enough), 2 a mistake in the command line,
130 interrupted. Those of plan are its own.`

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "kubectl-webex",
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl webex"},
		Short:         "Webex licences in Kubernetes",
		Long:          rootLong,
		Version:       a.Version,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	a.flags.Bind(root.PersistentFlags())
	root.AddGroup(
		&cobra.Group{ID: groupLook, Title: "Look:"},
		&cobra.Group{ID: groupAct, Title: "Act:"},
		&cobra.Group{ID: groupPrepare, Title: "Prepare:"},
	)
	root.AddCommand(
		a.licenses(), a.status(), a.partners(), a.runs(), a.schedules(), a.report(), a.plan(),
		a.sync(), a.retry(), a.cancel(), a.suspend(), a.resume(), a.approvePrune(), a.approveRemovals(),
		a.connectCommand(), a.lint(),
	)
	return root
}

// The groups of commands in help.
const (
	groupLook    = "look"
	groupAct     = "act"
	groupPrepare = "prepare"
)
