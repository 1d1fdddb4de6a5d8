package main

import (
	"fmt"

	"github.com/webex-operator/webex-license-operator/hack/dashboards/board"
)

// ofPartners are the partners that the fleet's variables choose.
const ofPartners = `namespace=~"$namespace", partner=~"$partner"`

const noPartner = "There is no WebexPartner, or its organizations were not listed yet"

// partners is a variable of partners. With all of them, customers that no partner made are chosen, too.
func partners() board.Variable {
	return board.Variable{
		Name: "partner", Label: "Partner", Description: "A WebexPartner: its customers, and what became of its organizations",
		Metric: `webexlicense_partner_condition{namespace=~"$namespace"}`, Of: "partner", Multi: true, All: ".*",
	}
}

// organizations are those of the partners in a state, or several.
func organizations(labels, states string) string {
	return by(labels, fmt.Sprintf(`webexlicense_partner_organizations{state=~%q, %s}`, states, ofPartners))
}

func fleetPartners() []board.Panel {
	state := func(name string) board.Query {
		return board.Query{Expr: organizations("namespace, partner", name)}
	}
	return []board.Panel{
		{
			Title: "Partners", Width: 24, Height: 7, Unit: board.Count, NoData: noPartner,
			Description: "Each WebexPartner: what its Ready condition says, what became of the organizations that its credentials see, and how long ago they were listed completely.",
			Queries: []board.Query{
				{Expr: by("namespace, partner, reason", fmt.Sprintf(`webexlicense_partner_condition{type="Ready", %s}`, ofPartners))},
				state("found"), state("selected"), state("created"), state("waiting"), state("read_elsewhere"), state("vanished"), state("held"), state("refused"),
				{Expr: by("namespace, partner", fmt.Sprintf("time() - webexlicense_partner_last_discovery_timestamp_seconds{%s}", ofPartners))},
			},
			View: board.Table{SortBy: "Partner", Ascending: true, Columns: []board.Column{
				text("namespace", "Namespace"), text("partner", "Partner"),
				{Label: "reason", Title: "State", Links: []board.Link{board.Page("What reasons mean", "reasons.md")}},
				count(2, "Found"), count(3, "Selected"), count(4, "Customers made"), count(5, "Waiting"), count(6, "Read elsewhere"), count(7, "Vanished"),
				some(8, "Held"), some(9, "Refused"),
				{Value: 10, Title: "Listed", Unit: board.Seconds, Decimals: 1},
			}},
		},
		withLinks(lines("Organizations of partners", "Customers that were made, organizations that wait to become one, and customers whose organization is gone (held: until a person approves).",
			noPartner, 12, board.Count, board.Lines{Aside: true},
			board.Query{Expr: organizations("partner, state", "created|waiting|vanished|held"), Legend: "{{partner}} {{state}}"}), board.RunBook("WebexPartnerRemovalHeld")),
		withLinks(lines("Discoveries", "Discoveries of all partners, by result: Complete, or the reason why not.",
			"No discovery was made", 12, board.Count, board.Lines{Stacked: true},
			board.Query{Expr: "sum by (result) (increase(webexlicense_partner_discoveries_total[$__rate_interval]))", Legend: "{{result}}"}), board.RunBook("WebexPartnerDiscoveryStale")),
	}
}
