package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/cluster"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/output"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/overview"
)

type syncFlags struct {
	all      bool
	selector string
	keep     time.Duration
	waitFlags
}

func (a *app) sync() *cobra.Command {
	f := &syncFlags{}
	cmd := &cobra.Command{
		Use:     "sync (CUSTOMER... | --all | -l SELECTOR)",
		GroupID: groupAct,
		Short:   "Read customers now",
		Long: `Read customers now: creates a run for each. A run waits for one that is at work for the
same customer. Suspended customers are not read.

With --wait the command stays until all runs have ended, and fails if one did. Ctrl-C
leaves the runs going.`,
		Example: `  # One customer, and see how it goes
  kubectl webex sync acme --wait

  # All customers of a tier, in a script
  kubectl webex sync -l tier=gold --wait --timeout 1h`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 == (f.all || f.selector != "") {
				return usagef("sync which customers? Name some, or use --all or -l SELECTOR")
			}
			return nil
		},
		ValidArgsFunction: a.complete(customerNames),
	}
	cmd.Flags().BoolVar(&f.all, "all", false, "All customers of the namespace, or with -A of all")
	a.selector(cmd, &f.selector)
	cmd.MarkFlagsMutuallyExclusive("all", "selector")
	cmd.Flags().DurationVar(&f.keep, "keep", 24*time.Hour, "How long the runs are kept once they have ended; 0 for ever")
	a.waiting(cmd, &f.waitFlags)
	a.flags.BindAll(cmd.Flags())
	cmd.RunE = run(func(ctx context.Context, names []string) error { return a.syncCustomers(ctx, f, names) })
	return cmd
}

func (a *app) syncCustomers(ctx context.Context, f *syncFlags, names []string) error {
	if err := f.check(); err != nil {
		return err
	}
	if f.keep < 0 || f.keep > 365*24*time.Hour {
		return usagef("--keep is %s: use a time up to 8760h, or 0 for ever", f.keep)
	}
	options, err := selecting(f.selector)
	if err != nil {
		return err
	}
	session, err := a.connect()
	if err != nil {
		return err
	}
	customers, err := cluster.Customers(ctx, session, options...)
	if err != nil {
		return err
	}
	if customers, err = a.chosen(session, customers, names); err != nil {
		return err
	}
	var runs []*v1alpha1.LicenseSync
	for i := range customers {
		runs = append(runs, newRun(&customers[i], f.keep))
	}
	return a.start(ctx, session, runs, f.waitFlags)
}

// chosen are the customers to read: of the named ones each must exist and may not
// be suspended; of others the suspended ones are left out.
func (a *app) chosen(session *cluster.Session, customers []v1alpha1.WebexCustomerAccess, names []string) ([]v1alpha1.WebexCustomerAccess, error) {
	if err := knownCustomers(session, customers, names); err != nil {
		return nil, err
	}
	var chosen []v1alpha1.WebexCustomerAccess
	var suspended []string
	for i := range customers {
		c := &customers[i]
		switch {
		case len(names) > 0 && !slices.Contains(names, c.Name):
		case !ptr.Deref(c.Spec.Suspend, false):
			chosen = append(chosen, *c)
		case len(names) > 0:
			return nil, fmt.Errorf("customer %s is suspended, its run would not begin: kubectl webex resume customer %s", c.Name, c.Name)
		default:
			suspended = append(suspended, customerName(session, c.Namespace, c.Name))
		}
	}
	if len(suspended) > 0 {
		a.note("left out, because suspended: %s", enumerate(suspended))
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("there is no customer to sync: kubectl webex status lists those there are, or look elsewhere with -n or -A")
	}
	return chosen, nil
}

// newRun is a run for a customer that a person asked for.
func newRun(customer *v1alpha1.WebexCustomerAccess, keep time.Duration) *v1alpha1.LicenseSync {
	run := &v1alpha1.LicenseSync{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: customer.Namespace, GenerateName: customer.Name + "-",
			Labels: map[string]string{v1alpha1.LabelCustomer: customer.Name, v1alpha1.LabelTrigger: string(v1alpha1.TriggerManual)},
		},
		Spec: v1alpha1.LicenseSyncSpec{
			CustomerAccessRef: v1alpha1.LocalCustomerReference{Name: customer.Name}, Trigger: v1alpha1.TriggerManual,
		},
	}
	if keep > 0 {
		run.Spec.TTLSecondsAfterFinished = new(int32(keep / time.Second)) //nolint:gosec // a year at most
	}
	return run
}

const creators = 8

// start creates runs, and follows them if that is wanted. Runs that cannot be
// created do not keep the others back.
func (a *app) start(ctx context.Context, session *cluster.Session, runs []*v1alpha1.LicenseSync, wait waitFlags) error {
	errs := make([]error, len(runs))
	var group errgroup.Group
	group.SetLimit(creators)
	for i, run := range runs {
		group.Go(func() error {
			errs[i] = session.Client.Create(ctx, run, fieldManager)
			return nil
		})
	}
	_ = group.Wait() // no function returns an error
	var created []*v1alpha1.LicenseSync
	var failed []error
	for i, run := range runs {
		if errs[i] != nil {
			failed = append(failed, fmt.Errorf("customer %s: %w", run.Spec.CustomerAccessRef.Name, cluster.Explain(errs[i])))
		} else {
			created = append(created, run)
		}
	}
	var err error
	if len(created) > 0 {
		err = a.created(ctx, session, created, wait)
	}
	if len(failed) == 0 {
		return err
	}
	for _, f := range failed[1:] {
		a.note("%v", f)
	}
	return fmt.Errorf("%d of %s could not be created: %w", len(failed), count(len(runs), "run"), failed[0])
}

func (a *app) created(ctx context.Context, session *cluster.Session, runs []*v1alpha1.LicenseSync, wait waitFlags) error {
	if wait.wait {
		return a.follow(ctx, session, runs, wait.timeout)
	}
	if !a.format.People() {
		items := []overview.Run{}
		for _, run := range runs {
			items = append(items, overview.RunOf(run))
		}
		return a.writeRuns(session, items)
	}
	for _, run := range runs {
		a.say("customer %s: run %s created", customerName(session, run.Namespace, run.Spec.CustomerAccessRef.Name), run.Name)
	}
	return nil
}

func (a *app) writeRuns(session *cluster.Session, items []overview.Run) error {
	return output.WriteList(a.Out, a.format, "RunList", items, func() *output.Table { return a.runTable(items, session) })
}
