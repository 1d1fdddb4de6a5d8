package cli

import (
	"context"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/cluster"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/overview"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/terminal"
)

func heldPartners(ctx context.Context, s *cluster.Session) ([]string, error) {
	partners, err := cluster.Partners(ctx, s)
	var held []string
	for i := range partners {
		if partners[i].Status.Held != nil {
			held = append(held, partners[i].Name)
		}
	}
	return held, err
}

// approveSuspensions approves that customers of a partner are suspended.
func (a *app) approveSuspensions(ctx context.Context, session *cluster.Session, name string, f *approval) error {
	p := &v1alpha1.WebexPartner{}
	if err := get(ctx, session, p, wordPartner, name, partnersListed); err != nil {
		return err
	}
	held := p.Status.Held
	switch {
	case held == nil || held.Token == "":
		return fmt.Errorf("no suspension of partner %s is held: there is nothing to approve", name)
	case f.token != "" && f.token != held.Token:
		return fmt.Errorf("what is held of partner %s is no longer what token %s stands for; it is %s now: look at kubectl webex partners %s again", name, f.token, held.Token, name)
	}
	who := count(int(ptr.Deref(held.Customers, 0)), "customer")
	if overview.Approved(p) {
		a.say("partner %s: the suspension of %s is approved already; the next pass carries it out", name, who)
		return nil
	}
	a.showHeldSuspensions(p)
	if err := a.confirm(ctx, fmt.Sprintf("Suspend %s?", who), f.yes); err != nil {
		return err
	}
	now := &v1alpha1.WebexPartner{}
	if err := get(ctx, session, now, wordPartner, name, partnersListed); err != nil {
		return err
	}
	if now.Status.Held == nil || now.Status.Held.Token != held.Token {
		return fmt.Errorf("what is held of partner %s has changed meanwhile, and nothing was approved: look at kubectl webex partners %s again", name, name)
	}
	change := map[string]any{"metadata": map[string]any{"annotations": map[string]any{v1alpha1.AnnotationApproveRemovals: held.Token}}}
	if err := patch(ctx, session, p, change); err != nil {
		return err
	}
	a.say("partner %s: the suspension of %s is approved", name, who)
	switch {
	case ptr.Deref(p.Spec.Suspend, false):
		a.note("%s is suspended: the customers are, too, once kubectl webex resume partner %s lets it go on", name, name)
	case p.Spec.Mode != v1alpha1.PartnerModeCreate:
		a.note("spec.mode of %s is %s: the customers are suspended once it is %s", name, v1alpha1.PartnerModeReport, v1alpha1.PartnerModeCreate)
	default:
		a.note("they are suspended now, and their rows stay: kubectl webex partners %s shows it", name)
	}
	return nil
}

// showHeldSuspensions says how many customers would be suspended, which are the first of them, and what looks the same.
func (a *app) showHeldSuspensions(p *v1alpha1.WebexPartner) {
	text := func(format string, args ...any) {
		fmt.Fprintln(a.Err.Out, terminal.Clean(fmt.Sprintf(format, args...)))
	}
	n := int(ptr.Deref(p.Status.Held.Customers, 0))
	var named []string
	for _, o := range p.Status.Organizations {
		if o.State == v1alpha1.PartnerOrganizationHeld && len(named) < maxNamed {
			named = append(named, o.Customer)
		}
	}
	names := strings.Join(named, ", ")
	if more := n - len(named); more > 0 {
		names += fmt.Sprintf(" and %d more", more)
	}
	since := ""
	if is := meta.FindStatusCondition(p.Status.Conditions, v1alpha1.ConditionRemovalsHeld); is != nil {
		since = " Held since " + duration.HumanDuration(a.Now().Sub(is.LastTransitionTime.Time)) + "."
	}
	text("By partner %s, %s would be suspended, since their organization is no longer listed or selected: %s.%s", p.Name, count(n, "customer"), names, since)
	if c := p.Status.OrganizationCounts; c != nil && ptr.Deref(c.Found, 0) == 0 {
		text("No organization is listed at all.")
	}
	text("An administrator who lost a role, or a narrower spec.select, looks the same: see Partner Hub before you approve.")
	text("Which they are: kubectl webex partners %s. Token: %s.", p.Name, p.Status.Held.Token)
}
