package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/cluster"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/overview"
)

func (a *app) retry() *cobra.Command {
	f := &waitFlags{}
	cmd := &cobra.Command{
		Use:     "retry (RUN | CUSTOMER)",
		GroupID: groupAct,
		Short:   "Do a run again that has ended, or the last one of a customer that failed",
		Long: `Do a run again that has ended, or the last one of a customer that failed. A run is done
once; this creates another with the same deadline and retries.

Where a run and a customer have the same name, say run/NAME or customer/NAME.`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: first(a.complete(retriable)),
	}
	a.waiting(cmd, f)
	cmd.RunE = run(func(ctx context.Context, args []string) error {
		if err := f.check(); err != nil {
			return err
		}
		session, err := a.connect()
		if err != nil {
			return err
		}
		again, err := a.again(ctx, session, args[0])
		if err != nil {
			return err
		}
		return a.start(ctx, session, []*v1alpha1.LicenseSync{again}, *f)
	})
	return cmd
}

func retriable(ctx context.Context, s *cluster.Session) ([]string, error) {
	runs, err := cluster.Runs(ctx, s)
	var names []string
	for i := range runs {
		if overview.Failed(&runs[i]) {
			names = append(names, runs[i].Name, runs[i].Spec.CustomerAccessRef.Name)
		}
	}
	return names, err
}

// again is the run to create for a run or customer of this name.
func (a *app) again(ctx context.Context, session *cluster.Session, name string) (*v1alpha1.LicenseSync, error) {
	kind, bare, qualified := strings.Cut(name, "/")
	if !qualified {
		kind, bare = "", name
	}
	if !slices.Contains([]string{"", "run", "customer"}, kind) {
		return nil, usagef("retry what? Use the name of a run or a customer, run/NAME or customer/NAME")
	}
	runs, err := cluster.Runs(ctx, session)
	if err != nil {
		return nil, err
	}
	customers, err := cluster.Customers(ctx, session)
	if err != nil {
		return nil, err
	}
	run := slices.IndexFunc(runs, func(r v1alpha1.LicenseSync) bool { return r.Name == bare })
	customer := slices.IndexFunc(customers, func(c v1alpha1.WebexCustomerAccess) bool { return c.Name == bare })
	var old *v1alpha1.LicenseSync
	switch {
	case kind == "" && run >= 0 && customer >= 0:
		return nil, usagef("%q is a run and a customer: say run/%s or customer/%s", bare, bare, bare)
	case run >= 0 && kind != "customer":
		old = &runs[run]
	case customer >= 0 && kind != "run":
		if old = lastOf(runs, bare); old == nil {
			return nil, fmt.Errorf("customer %s has no run that ended: kubectl webex sync %s starts one", bare, bare)
		}
		if !overview.Failed(old) {
			return nil, fmt.Errorf("the last run of customer %s did not fail: kubectl webex sync %s starts another", bare, bare)
		}
	default:
		return nil, cluster.NotFound(session, "run or customer", bare, "kubectl webex runs lists the runs")
	}
	return repeat(old, customers)
}

// lastOf is the customer's run that was created last, of those that have ended.
func lastOf(runs []v1alpha1.LicenseSync, customer string) *v1alpha1.LicenseSync {
	var last *v1alpha1.LicenseSync
	for i := range runs {
		r := &runs[i]
		if r.Spec.CustomerAccessRef.Name == customer && overview.Finished(r) && (last == nil || newestFirst(*r, *last) < 0) {
			last = r
		}
	}
	return last
}

// repeat makes a run like one that has ended.
func repeat(old *v1alpha1.LicenseSync, customers []v1alpha1.WebexCustomerAccess) (*v1alpha1.LicenseSync, error) {
	if !overview.Finished(old) {
		return nil, fmt.Errorf("run %s has not ended: wait for it, or end it with kubectl webex cancel %s", old.Name, old.Name)
	}
	name := old.Spec.CustomerAccessRef.Name
	at := slices.IndexFunc(customers, func(c v1alpha1.WebexCustomerAccess) bool { return c.Name == name })
	switch {
	case at < 0:
		return nil, fmt.Errorf("customer %s of run %s does not exist any more: there is nothing to read", name, old.Name)
	case ptr.Deref(customers[at].Spec.Suspend, false):
		return nil, fmt.Errorf("customer %s is suspended, its run would not begin: kubectl webex resume customer %s", name, name)
	}
	again := newRun(&customers[at], time.Duration(ptr.Deref(old.Spec.TTLSecondsAfterFinished, defaultKeepSeconds))*time.Second)
	again.Spec.ActiveDeadlineSeconds, again.Spec.BackoffLimit = old.Spec.ActiveDeadlineSeconds, old.Spec.BackoffLimit
	return again, nil
}

// defaultKeepSeconds is a day, for a run that is like one without a limit of its own.
const defaultKeepSeconds = 24 * 60 * 60
