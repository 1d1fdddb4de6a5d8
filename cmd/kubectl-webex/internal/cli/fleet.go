package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/cluster"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/overview"
)

// byPartner adds --partner.
func (a *app) byPartner(cmd *cobra.Command, name *string) {
	cmd.Flags().StringVar(name, "partner", "", "Only customers that this WebexPartner made; default: all")
	_ = cmd.RegisterFlagCompletionFunc("partner", a.complete(partnersToSelect))
}

// partnersBeside are the partners to tell of beside customers: the one that was asked for, or all where no customers were
// chosen.
func (a *app) partnersBeside(ctx context.Context, session *cluster.Session, f *statusFlags, names []string, customers []overview.Customer) ([]overview.Partner, error) {
	if f.partner == "" && (len(names) > 0 || f.at != "" || f.selector != "") {
		return nil, nil
	}
	partners, err := cluster.PartnersIfAny(ctx, session)
	if err != nil {
		return nil, err
	}
	if f.partner == "" {
		return a.partnersOf(partners, nil), nil
	}
	asked := a.partnersOf(partners, []string{f.partner})
	if len(asked) == 0 && len(customers) == 0 {
		return nil, cluster.NotFound(session, wordPartner, f.partner, partnersListed)
	}
	return asked, nil
}

// partnerHeads tell of the partners that made the customers below.
func (a *app) partnerHeads(partners []overview.Partner) {
	for i := range partners {
		p := &partners[i]
		a.page(p.Name, wordPartner, a.partnerFacts(p), p.Issues)
		fmt.Fprintln(a.Out.Out)
	}
}

// partnerTrouble names the partners that need attention.
func (a *app) partnerTrouble(session *cluster.Session, partners []overview.Partner) {
	var troubled []string
	for i := range partners {
		if p := &partners[i]; len(p.Issues) > 0 {
			troubled = append(troubled, fmt.Sprintf("%s (%s)", customerName(session, p.Namespace, p.Name), issueNames(p.Issues).Text))
		}
	}
	more := ""
	if n := len(troubled) - maxNamed; n > 0 {
		troubled, more = troubled[:maxNamed], fmt.Sprintf(" and %d more", n)
	}
	if len(troubled) > 0 {
		a.note("partners have something to see to: %s%s: kubectl webex partners PARTNER says what to do", strings.Join(troubled, ", "), more)
	}
}
