package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/cluster"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/output"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/overview"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/terminal"
)

const partnersListed = "kubectl webex partners lists them"

func (a *app) partners() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "partners [PARTNER...]",
		Aliases: []string{"partner"},
		GroupID: groupLook,
		Short:   "Partners, and what becomes of the organizations that they see",
		Long: `Partners, and what becomes of the organizations that they see: a line for each, or, with
names, a page for each with the organizations that are not plainly read, and the remedy
of every issue. In mode Report that is what mode Create would make.

All of it is what the operator's last discovery found: Webex is not asked. -o wide adds
the organizations' ids.`,
		Example: `  # All partners of the namespace
  kubectl webex partners

  # What one finds and makes, or would make
  kubectl webex partners provider`,
		ValidArgsFunction: a.complete(partnerNames),
	}
	a.formats(cmd)
	a.flags.BindAll(cmd.Flags())
	cmd.RunE = run(a.showPartners)
	return cmd
}

func partnerNames(ctx context.Context, s *cluster.Session) ([]string, error) {
	partners, err := cluster.Partners(ctx, s)
	return namesOf(partners, err, func(i int) string { return partners[i].Name })
}

func (a *app) showPartners(ctx context.Context, names []string) error {
	session, err := a.connect()
	if err != nil {
		return err
	}
	partners, err := cluster.Partners(ctx, session)
	if err != nil {
		return err
	}
	for _, name := range names {
		if !slices.ContainsFunc(partners, func(p v1alpha1.WebexPartner) bool { return p.Name == name }) {
			return cluster.NotFound(session, "partner", name, partnersListed)
		}
	}
	items := a.partnersOf(partners, names)
	if len(names) > 0 && a.format.People() {
		for i := range items {
			if i > 0 {
				fmt.Fprintln(a.Out.Out)
			}
			if err := a.describePartner(&items[i]); err != nil {
				return err
			}
		}
		return nil
	}
	if err := output.WriteList(a.Out, a.format, "PartnerList", items, func() *output.Table { return partnerTable(items, session) }); err != nil {
		return err
	}
	if a.format.People() {
		a.partnerNotes(session, items)
	}
	return nil
}

// partnersOf are the partners of some names, or all.
func (a *app) partnersOf(partners []v1alpha1.WebexPartner, names []string) []overview.Partner {
	items := []overview.Partner{}
	for i := range partners {
		if p := &partners[i]; len(names) == 0 || slices.Contains(names, p.Name) {
			items = append(items, overview.OfPartner(p, a.Now()))
		}
	}
	return items
}

func partnerTable(items []overview.Partner, session *cluster.Session) *output.Table {
	t := output.NewTable().Left("PARTNER", "MODE").Right("FOUND", "CREATED", "WAITING", "HELD").Left("READY", "REASON").
		Wide().Right("SELECTED", "ELSEWHERE", "VANISHED", "REFUSED").Left("FRESH", "ORGANIZATION")
	for i := range items {
		p := &items[i]
		held := output.Text("-")
		if p.Held != nil {
			held = output.Cell{Text: count32(p.Held).Text, Shade: terminal.Warning}
		}
		t.Add(output.Text(customerName(session, p.Namespace, p.Name)), output.Text(string(p.Mode)), count32(p.Found), count32(p.Created), count32(p.Waiting), held,
			verdictOf(p.Ready), output.Text(p.Reason), count32(p.Selected), count32(p.ReadElsewhere), count32(p.Vanished), count32(p.Refused),
			output.Text(string(p.Fresh)), output.Text(p.OrganizationID))
	}
	return t
}

// partnerNotes say what the table leaves open.
func (a *app) partnerNotes(session *cluster.Session, items []overview.Partner) {
	if len(items) == 0 {
		fmt.Fprintln(a.Err.Out, nothingFound("partners", session))
	}
	troubled := 0
	for i := range items {
		p := &items[i]
		if len(p.Issues) > 0 {
			troubled++
		}
		if waiting := ptr.Deref(p.Waiting, 0); p.Mode != v1alpha1.PartnerModeCreate && waiting > 0 {
			a.note("%s is in mode Report and makes nothing: mode Create would make %s", customerName(session, p.Namespace, p.Name), count(int(waiting), "customer"))
		}
	}
	if troubled > 0 {
		a.note("%d of %s have something to see to: kubectl webex partners PARTNER says what to do", troubled, count(len(items), "partner"))
	}
}

// describePartner is the page of a partner.
func (a *app) describePartner(p *overview.Partner) error {
	a.page(p.Name, "", a.partnerFacts(p), p.Issues)
	if len(p.Organizations) == 0 {
		return nil
	}
	fmt.Fprintln(a.Out.Out)
	if err := organizationTable(p).Write(a.Out, a.format == output.FormatWide); err != nil {
		return err
	}
	if more := p.Unlisted(); more > 0 {
		a.say("and %d more", more)
	}
	return nil
}

func (a *app) partnerFacts(p *overview.Partner) []fact {
	mode := string(p.Mode)
	if p.Mode != v1alpha1.PartnerModeCreate {
		mode += ", which makes nothing"
	}
	discovery := map[metav1.ConditionStatus]string{
		metav1.ConditionTrue: "fresh", metav1.ConditionFalse: "not fresh", metav1.ConditionUnknown: "unknown",
	}[p.Fresh]
	if p.FailingSince != nil {
		discovery += ", failing for " + duration.HumanDuration(a.Now().Sub(*p.FailingSince))
	}
	facts := []fact{
		{"Namespace", p.Namespace},
		{"Mode", mode},
		{"Organization", p.OrganizationID},
		{"Ready", string(p.Ready) + ", " + p.Reason},
		{"Discovery", discovery},
	}
	if p.Found == nil {
		return facts
	}
	facts = append(facts,
		fact{"Organizations", fmt.Sprintf("%d found, %d selected", *p.Found, ptr.Deref(p.Selected, 0))},
		fact{"Customers", customersOf(p)}, comingOf(p))
	if p.Held != nil {
		facts = append(facts, fact{"Held", fmt.Sprintf("%s, token %s", count(int(*p.Held), "suspension"), p.HeldToken)})
	}
	return facts
}

func customersOf(p *overview.Partner) string {
	parts := []string{fmt.Sprintf("%d made", ptr.Deref(p.Created, 0))}
	for _, of := range []struct {
		n    *int32
		what string
	}{
		{p.ReadElsewhere, "of another maker"},
		{p.Refused, "refused"},
		{p.Vanished, "whose organization is gone or not selected"},
	} {
		if n := ptr.Deref(of.n, 0); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, of.what))
		}
	}
	return strings.Join(parts, ", ")
}

// comingOf is what the partner is about to make, or would.
func comingOf(p *overview.Partner) fact {
	waiting := ptr.Deref(p.Waiting, 0)
	pace := ""
	if p.MaxNewPerPass > 0 && waiting > p.MaxNewPerPass {
		pace = fmt.Sprintf(", %d a minute", p.MaxNewPerPass)
	}
	switch {
	case p.Mode != v1alpha1.PartnerModeCreate && waiting == 0:
		return fact{"Create would", "make no customer"}
	case p.Mode != v1alpha1.PartnerModeCreate:
		return fact{"Create would", "make " + count(int(waiting), "customer") + pace}
	case waiting > 0:
		return fact{"To come", count(int(waiting), "customer") + pace}
	}
	return fact{}
}

// maxOrganization is how many columns the name of an organization gets, so that its customer's stands beside it.
const maxOrganization = 36

func organizationTable(p *overview.Partner) *output.Table {
	t := output.NewTable().Left("STATE", "ORGANIZATION", "CUSTOMER").Wide().Left("ID")
	for i := range p.Organizations {
		o := &p.Organizations[i]
		name := output.Text(terminal.Clip(terminal.Clean(o.DisplayName), maxOrganization))
		if o.DisplayName == "" {
			name = output.Cell{Text: o.ID, Shade: terminal.Faint}
		}
		state := output.Text(string(o.State))
		switch o.State {
		case v1alpha1.PartnerOrganizationRefused:
			state.Shade = terminal.Bad
		case v1alpha1.PartnerOrganizationHeld, v1alpha1.PartnerOrganizationVanished:
			state.Shade = terminal.Warning
		case v1alpha1.PartnerOrganizationWaiting, v1alpha1.PartnerOrganizationReadElsewhere:
		}
		t.Add(state, name, output.Text(o.Customer), output.Text(o.ID))
	}
	return t
}
