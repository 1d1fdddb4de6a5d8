package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/cluster"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/overview"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/timeline"
)

func (a *app) suspend() *cobra.Command {
	return a.suspension("suspend", "Stop the runs of customers or schedules, or a partner",
		`Stop the runs of customers or schedules. A run that has begun is finished; figures stay.
A partner that is suspended asks for no organizations, and leaves its customers as they
are: their runs go on.`, true)
}

func (a *app) resume() *cobra.Command {
	return a.suspension("resume", "Let customers, schedules or partners go on",
		`Let the runs of customers or schedules, or partners, go on. A schedule makes up for the latest slot that
it missed meanwhile, if spec.startingDeadlineSeconds allows.`, false)
}

// suspension makes suspend or resume, with a command for each kind.
func (a *app) suspension(verb, short, long string, suspend bool) *cobra.Command {
	cmd := &cobra.Command{
		Use: verb, GroupID: groupAct, Short: short, Long: long,
		Example: fmt.Sprintf("  kubectl webex %s customer acme\n  kubectl webex %s schedule nightly", verb, verb),
		Args: func(_ *cobra.Command, args []string) error {
			return usagef("%s what? Use %s customer NAME, %s schedule NAME or %s partner NAME", strings.Join(append([]string{verb}, args...), " "), verb, verb, verb)
		},
		RunE: func(*cobra.Command, []string) error { return nil }, // unreachable: see Args
	}
	for _, kind := range []struct {
		name  string
		names func(context.Context, *cluster.Session) ([]string, error)
		set   func(context.Context, *cluster.Session, string, bool) error
	}{{"customer", customerNames, a.suspendCustomer}, {"schedule", scheduleNames, a.suspendSchedule}, {wordPartner, partnerNames, a.suspendPartner}} {
		cmd.AddCommand(&cobra.Command{
			Use: kind.name + " NAME...", Aliases: []string{kind.name + "s"}, Short: fmt.Sprintf("%s%s %ss", strings.ToUpper(verb[:1]), verb[1:], kind.name),
			Args: cobra.MinimumNArgs(1), ValidArgsFunction: a.complete(kind.names),
			RunE: a.each(func(ctx context.Context, session *cluster.Session, name string) error {
				return kind.set(ctx, session, name, suspend)
			}),
		})
	}
	return cmd
}

func (a *app) suspendCustomer(ctx context.Context, session *cluster.Session, name string, suspend bool) error {
	customer := &v1alpha1.WebexCustomerAccess{}
	if err := get(ctx, session, customer, "customer", name, "kubectl webex status lists them"); err != nil {
		return err
	}
	if err := a.setSuspend(ctx, session, customer, "customer", customer.Spec.Suspend, suspend); err != nil {
		return err
	}
	if !suspend {
		return nil
	}
	runs, err := cluster.Runs(ctx, session)
	if err != nil {
		return err
	}
	for _, run := range overview.Of(customer, runs, nil).Active {
		a.note("run %s has been created already: if it has begun it is finished; kubectl webex cancel %s ends it", run, run)
	}
	return nil
}

func (a *app) suspendPartner(ctx context.Context, session *cluster.Session, name string, suspend bool) error {
	p := &v1alpha1.WebexPartner{}
	if err := get(ctx, session, p, wordPartner, name, partnersListed); err != nil {
		return err
	}
	suspended := ptr.Deref(p.Spec.Suspend, false)
	if err := a.setSuspend(ctx, session, p, wordPartner, p.Spec.Suspend, suspend); err != nil {
		return err
	}
	if suspend && !suspended {
		a.note("its customers run on: kubectl webex suspend customer stops one")
	}
	return nil
}

func (a *app) suspendSchedule(ctx context.Context, session *cluster.Session, name string, suspend bool) error {
	schedule := &v1alpha1.LicenseSyncSchedule{}
	if err := get(ctx, session, schedule, "schedule", name, "kubectl webex schedules lists them"); err != nil {
		return err
	}
	suspended := ptr.Deref(schedule.Spec.Suspend, false)
	if err := a.setSuspend(ctx, session, schedule, "schedule", schedule.Spec.Suspend, suspend); err != nil {
		return err
	}
	if suspend || !suspended {
		return nil
	}
	customers, err := cluster.Customers(ctx, session)
	if err != nil {
		return err
	}
	if slot, names := timeline.Overdue(schedule, customers, a.Now()); len(names) > 0 {
		a.note("%s now, for the slot of %s, the latest that passed meanwhile: %s",
			plural(len(names), "a run starts", "%d runs start"), a.clock(slot), enumerate(names))
	}
	return nil
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return fmt.Sprintf(many, n)
}

func (a *app) setSuspend(ctx context.Context, session *cluster.Session, object client.Object, kind string, is *bool, suspend bool) error {
	word := map[bool]string{true: "suspended", false: "resumed"}[suspend]
	if ptr.Deref(is, false) == suspend {
		state := map[bool]string{true: "suspended already", false: "not suspended"}[suspend]
		a.say("%s %s is %s", kind, object.GetName(), state)
		return nil
	}
	other := otherOwner(object, "suspend")
	if err := patch(ctx, session, object, map[string]any{"spec": map[string]any{"suspend": suspend}}); err != nil {
		return err
	}
	a.say("%s %s %s", kind, object.GetName(), word)
	if other != "" {
		a.note("%s sets spec.suspend of %s, too, and may take this back: change it where %s has it from", other, object.GetName(), other)
	}
	return nil
}
