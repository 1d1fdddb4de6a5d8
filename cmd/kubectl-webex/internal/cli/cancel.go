package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/cluster"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/overview"
)

func (a *app) cancel() *cobra.Command {
	return &cobra.Command{
		Use:               "cancel RUN...",
		GroupID:           groupAct,
		Short:             "End runs that are at work or wait",
		Long:              `End runs that are at work or wait. A run that is ended changes no further row.`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: a.complete(activeRuns),
		RunE:              a.each(a.cancelRun),
	}
}

func activeRuns(ctx context.Context, s *cluster.Session) ([]string, error) {
	runs, err := cluster.Runs(ctx, s)
	var active []string
	for i := range runs {
		if !overview.Finished(&runs[i]) {
			active = append(active, runs[i].Name)
		}
	}
	return active, err
}

func (a *app) cancelRun(ctx context.Context, session *cluster.Session, name string) error {
	run := &v1alpha1.LicenseSync{}
	if err := get(ctx, session, run, "run", name, "kubectl webex runs --active lists those that have not ended"); err != nil {
		return err
	}
	switch {
	case overview.Finished(run):
		return fmt.Errorf("run %s has ended (%s): there is nothing to cancel", name, overview.RunOf(run).Status)
	case ptr.Deref(run.Spec.Cancel, false):
		a.say("run %s is being canceled already", name)
		return nil
	}
	if err := patch(ctx, session, run, map[string]any{"spec": map[string]any{"cancel": true}}); err != nil {
		return err
	}
	a.say("run %s canceled", name)
	return nil
}
