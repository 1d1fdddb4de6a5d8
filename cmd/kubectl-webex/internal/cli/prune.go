package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/cluster"
)

func (a *app) approvePrune() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:     "approve-prune CUSTOMER",
		GroupID: groupAct,
		Short:   "Approve the removal of rows that a run held back",
		Long: `Approve the removal of rows that a run held back, because they were more than
spec.prune.maxPercent of the customer's, or all of them.

The approval is for exactly the rows that are held now. If the next run finds others,
it holds them again.`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: first(a.complete(heldCustomers)),
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "Do not ask")
	cmd.RunE = a.each(func(ctx context.Context, session *cluster.Session, name string) error {
		return a.approve(ctx, session, name, yes)
	})
	return cmd
}

func heldCustomers(ctx context.Context, s *cluster.Session) ([]string, error) {
	customers, err := cluster.Customers(ctx, s)
	var held []string
	for i := range customers {
		if customers[i].Status.HeldPrune != nil {
			held = append(held, customers[i].Name)
		}
	}
	return held, err
}

func (a *app) approve(ctx context.Context, session *cluster.Session, name string, yes bool) error {
	customer := &v1alpha1.WebexCustomerAccess{}
	if err := get(ctx, session, customer, "customer", name, "kubectl webex status lists them"); err != nil {
		return err
	}
	held := customer.Status.HeldPrune
	if held == nil || held.Token == "" {
		return fmt.Errorf("nothing of customer %s is held: there is nothing to approve", name)
	}
	if customer.Annotations[v1alpha1.AnnotationApprovePrune] == held.Token {
		a.say("customer %s: the removal of %d rows is approved already; a run carries it out", name, ptr.Deref(held.Rows, 0))
		return nil
	}
	if err := a.showHeld(ctx, session, customer); err != nil {
		return err
	}
	if err := a.confirm(ctx, fmt.Sprintf("Remove these %d rows of %s?", ptr.Deref(held.Rows, 0), name), yes); err != nil {
		return err
	}
	change := map[string]any{"metadata": map[string]any{"annotations": map[string]any{v1alpha1.AnnotationApprovePrune: held.Token}}}
	if err := patch(ctx, session, customer, change); err != nil {
		return err
	}
	a.say("customer %s: the removal of %d rows is approved", name, ptr.Deref(held.Rows, 0))
	if ptr.Deref(customer.Spec.Suspend, false) {
		a.note("%s is suspended: the rows are removed once kubectl webex resume customer %s lets it run", name, name)
		return nil
	}
	a.note("a run removes them now: kubectl webex runs %s shows it", name)
	return nil
}

// showHeld says what would be removed, and by what right it is held.
func (a *app) showHeld(ctx context.Context, session *cluster.Session, customer *v1alpha1.WebexCustomerAccess) error {
	rows, err := cluster.Licenses(ctx, session)
	if err != nil {
		return err
	}
	var all int
	for i := range rows {
		if rows[i].Spec.CustomerAccessRef.Name == customer.Name {
			all++
		}
	}
	held := int(ptr.Deref(customer.Status.HeldPrune.Rows, 0))
	since := ""
	if is := meta.FindStatusCondition(customer.Status.Conditions, v1alpha1.ConditionPruneHeld); is != nil {
		since = " Held since " + duration.HumanDuration(a.Now().Sub(is.LastTransitionTime.Time)) + "."
	}
	text := func(format string, args ...any) { fmt.Fprintf(a.Err.Out, format+"\n", args...) }
	text("Customer %s has %d rows. Webex no longer has what %d of them show.%s", customer.Name, all, held, since)
	if held >= all {
		text("That is everything. A token of another organization, or one that lost its rights, looks the same:")
		text("see kubectl webex status %s and Control Hub before you approve.", customer.Name)
	}
	return nil
}
