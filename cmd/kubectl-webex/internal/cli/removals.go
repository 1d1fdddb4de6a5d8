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
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/terminal"
)

type approval struct {
	token string
	yes   bool
}

func (a *app) approveRemovals() *cobra.Command {
	f := &approval{}
	cmd := &cobra.Command{
		Use:     "approve-removals (ASSIGNMENT | partner PARTNER)",
		GroupID: groupAct,
		Short:   "Approve that people lose a licence, or customers are suspended",
		Long: `Approve that people lose a licence, which a run held back, because they were more than
spec.maxRemovals of the WebexLicenseAssignment within 24 hours, or its lists had no
person of the organization. kubectl webex plan shows who they are.

With the word partner, approve that customers of a WebexPartner are suspended, which was
held back, because too many organizations were gone at once. kubectl webex partners
shows which they are.

The approval is for exactly what is held now. If another is found the next time, all is
held again. With --token it is refused if what is held is not what that token stands for,
which a plan or status.held showed before.`,
		Example: `  kubectl webex approve-removals berlin
  kubectl webex approve-removals partner provider`,
		Args:              approvable,
		ValidArgsFunction: a.completeHeld,
	}
	cmd.Flags().StringVar(&f.token, "token", "", "Approve only if what is held has this token")
	cmd.Flags().BoolVar(&f.yes, "yes", false, "Do not ask")
	_ = cmd.RegisterFlagCompletionFunc("token", nothing)
	cmd.RunE = run(func(ctx context.Context, args []string) error {
		session, err := a.connect()
		switch {
		case err != nil:
			return err
		case len(args) == 2:
			return a.approveSuspensions(ctx, session, args[1], f)
		}
		return a.approveHeld(ctx, session, args[0], f)
	})
	return cmd
}

// wordPartner, before a name, says that it is a partner's.
const wordPartner = "partner"

func approvable(cmd *cobra.Command, args []string) error {
	if len(args) == 2 && args[0] != wordPartner {
		return usagef("%q is no kind: use the name of an assignment alone, or %s and the name of a partner", args[0], wordPartner)
	}
	return cobra.RangeArgs(1, 2)(cmd, args)
}

// completeHeld offers what has something to approve.
func (a *app) completeHeld(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	switch {
	case len(args) == 0:
		return a.complete(heldThings)(cmd, args, word)
	case len(args) == 1 && args[0] == wordPartner:
		return a.complete(heldPartners)(cmd, args, word)
	}
	return nothing(cmd, args, word)
}

func heldThings(ctx context.Context, s *cluster.Session) ([]string, error) {
	held, err := heldAssignments(ctx, s)
	if err != nil {
		return nil, err
	}
	if partners, err := heldPartners(ctx, s); err == nil && len(partners) > 0 { // their kind needs a role of its own
		held = append(held, wordPartner)
	}
	return held, nil
}

func heldAssignments(ctx context.Context, s *cluster.Session) ([]string, error) {
	assignments, err := cluster.Assignments(ctx, s)
	var held []string
	for i := range assignments {
		if assignments[i].Status.Held != nil {
			held = append(held, assignments[i].Name)
		}
	}
	return held, err
}

const assignmentsListed = "kubectl get webexlicenseassignments lists them"

func (a *app) approveHeld(ctx context.Context, session *cluster.Session, name string, f *approval) error {
	assignment := &v1alpha1.WebexLicenseAssignment{}
	if err := get(ctx, session, assignment, "assignment", name, assignmentsListed); err != nil {
		return err
	}
	held := assignment.Status.Held
	switch {
	case held == nil || held.Token == "":
		return fmt.Errorf("no removal of assignment %s is held: there is nothing to approve", name)
	case f.token != "" && f.token != held.Token:
		return fmt.Errorf("what is held of assignment %s is no longer what token %s stands for; it is %s now: look at kubectl webex plan %s again", name, f.token, held.Token, name)
	}
	who := people(value(held.People))
	if assignment.Annotations[v1alpha1.AnnotationApproveRemovals] == held.Token {
		a.say("assignment %s: the removals from %s are approved already; a run carries them out", name, who)
		return nil
	}
	a.showHeldRemovals(assignment)
	if err := a.confirm(ctx, fmt.Sprintf("Take licences from these %s?", who), f.yes); err != nil {
		return err
	}
	now := &v1alpha1.WebexLicenseAssignment{}
	if err := get(ctx, session, now, "assignment", name, assignmentsListed); err != nil {
		return err
	}
	if now.Status.Held == nil || now.Status.Held.Token != held.Token {
		return fmt.Errorf("what is held of assignment %s has changed meanwhile, and nothing was approved: look at kubectl webex plan %s again", name, name)
	}
	change := map[string]any{"metadata": map[string]any{"annotations": map[string]any{v1alpha1.AnnotationApproveRemovals: held.Token}}}
	if err := patch(ctx, session, assignment, change); err != nil {
		return err
	}
	a.say("assignment %s: the removals from %s are approved", name, who)
	return a.afterApproval(ctx, session, assignment)
}

func people(n int64) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}

// showHeldRemovals says how many people lose what, and by what right it is held.
func (a *app) showHeldRemovals(w *v1alpha1.WebexLicenseAssignment) {
	text := func(format string, args ...any) {
		fmt.Fprintln(a.Err.Out, terminal.Clean(fmt.Sprintf(format, args...)))
	}
	since := ""
	if is := meta.FindStatusCondition(w.Status.Conditions, v1alpha1.ConditionRemovalsHeld); is != nil {
		since = " Held since " + duration.HumanDuration(a.Now().Sub(is.LastTransitionTime.Time)) + "."
	}
	license := ""
	if w.Status.License != nil && w.Status.License.Name != "" {
		license = " (" + w.Status.License.Name + ")"
	}
	text("By assignment %s%s, %s of customer %s would lose a licence.%s", w.Name, license, people(value(w.Status.Held.People)), w.Spec.CustomerAccessRef.Name, since)
	text("Who they are: kubectl webex plan %s. Token: %s.", w.Name, w.Status.Held.Token)
	if s := w.Status.Subjects; s != nil && ptr.Deref(s.Resolved, 0) == 0 {
		text("No person of the organization is in its lists. A list that was emptied by mistake looks the same: see the plan before you approve.")
	}
}

// afterApproval says what comes next.
func (a *app) afterApproval(ctx context.Context, session *cluster.Session, w *v1alpha1.WebexLicenseAssignment) error {
	customer := &v1alpha1.WebexCustomerAccess{}
	name := w.Spec.CustomerAccessRef.Name
	if err := get(ctx, session, customer, "customer", name, "kubectl webex status lists them"); err != nil {
		return err
	}
	switch {
	case w.Spec.Mode != v1alpha1.AssignmentModeEnforce:
		a.note("spec.mode of %s is %s: licences are taken once it is Enforce", w.Name, v1alpha1.AssignmentModeReport)
	case ptr.Deref(customer.Spec.Suspend, false):
		a.note("%s is suspended: the licences are taken once kubectl webex resume customer %s lets it run", name, name)
	default:
		a.note("a run takes the licences now: kubectl webex runs %s shows it", name)
	}
	return nil
}
