package main

import (
	"fmt"

	"github.com/webex-operator/webex-license-operator/hack/dashboards/board"
)

func customer() *board.Dashboard {
	return &board.Dashboard{
		UID: customerUID, Title: "Webex licences / Customer", From: "7d",
		Description: "One Webex organization: is it well, what did it buy, what is in use, and when does it run out.",
		Variables:   []board.Variable{namespaces(), oneCustomer()},
		Rows: []board.Row{
			{Title: "How it is", Panels: append(customerFigures(), customerConditions()...)},
			{Title: "Licences", Panels: customerLicenses()},
			{Title: "Assignments", Panels: customerAssignments()},
		},
	}
}

// stateOf is 2 for a condition that is True, 1 for Unknown, 0 for False.
func stateOf(labels, matchers string) string {
	c := func(status string) string {
		return fmt.Sprintf(`webexlicense_customer_condition{%s, status=%q}`, matchers, status)
	}
	return fmt.Sprintf("max by (%s) (2 * %s or %s or 0 * %s)", labels, c("True"), c("Unknown"), c("False"))
}

func states(good, unknown, bad string) []board.Text {
	return []board.Text{{Value: 2, Text: good, Color: board.Good}, {Value: 1, Text: unknown, Color: board.Notice}, {Value: 0, Text: bad, Color: board.Bad}}
}

func customerFigures() []board.Panel {
	state := func(kind, description, good, unknown, bad string) board.Panel {
		return board.Panel{
			Title: kind, Description: description, NoData: "Not known yet", Width: 4, Height: 4, Unit: board.Count,
			View:    board.Stat{Named: true, Text: states(good, unknown, bad)},
			Queries: []board.Query{{Expr: stateOf("reason", fmt.Sprintf(`type=%q, %s`, kind, chosen)), Legend: "{{reason}}"}},
			Links:   []board.Link{board.Page("What reasons mean", "reasons.md")},
		}
	}
	seconds := func(title, description, noData string, thresholds []board.Threshold, expr string, links ...board.Link) board.Panel {
		p := figure(title, description, noData, board.Seconds, thresholds, expr)
		p.Decimals, p.Links = 1, links
		return p
	}
	units := func(state string) string {
		return fmt.Sprintf(`max(webexlicense_customer_units{state=%q, %s})`, state, chosen)
	}
	share := figure("Utilization", "Units in use of all units bought, purchased licences only.", "Not read yet", board.Share, utilization(), units("consumed")+" / "+units("total"))
	share.Decimals = 1
	return []board.Panel{
		state("Ready", "Whether the figures are those of a complete and recent run, and why not.", "ready", "at work", "not ready"),
		state("CredentialsValid", "Whether Webex accepts the credentials.", "accepted", "not tried", "refused"),
		state("CapacityOK", "Whether all purchased licences are used below the customer's thresholds. The reason is that of the worst.", "enough", "not known", "short"),
		seconds("Last complete run", "How long ago the last successful run ended.", "Never read", neutral(),
			fmt.Sprintf("time() - max(webexlicense_customer_last_success_timestamp_seconds{%s})", chosen), board.RunBook("WebexLicenseDataStale")),
		seconds("Refresh token ends in", "After that a person has to give new credentials. Each refresh may put it off.", "Not known, or no refresh token", below(14*day, 30*day),
			fmt.Sprintf(`min(webexlicense_credentials_expiry_timestamp_seconds{token="refresh", %s}) - time()`, chosen), board.RunBook("WebexLicenseCredentialsEnding")),
		seconds("Access token ends in", "The operator renews it by itself if it has a refresh token.", "Not known", neutral(),
			fmt.Sprintf(`min(webexlicense_credentials_expiry_timestamp_seconds{token="access", %s}) - time()`, chosen)),
		figure("Units bought", "Units of all purchased licences.", "Not read yet", board.Count, neutral(), units("total")),
		figure("Units in use", "Units of all purchased licences that are assigned.", "Not read yet", board.Count, neutral(), units("consumed")),
		figure("Units free", "Bought but not in use; below zero when more are assigned than were bought.", "Not read yet", board.Count,
			[]board.Threshold{{Color: board.Bad}, {From: 1, Color: board.Good}}, units("total")+" - "+units("consumed")),
		share,
		withLinks(figure("Rows held", "Licence rows whose removal waits for approval.", "No such customer", board.Count, noneIsGood(board.Warning),
			fmt.Sprintf("max(webexlicense_customer_held_rows{%s})", chosen)), board.RunBook("WebexLicensePruneHeld")),
		seconds("Webex asked to wait", "For how long Webex asked not to be called, while that is so.", "No pause", noneIsGood(board.Notice),
			fmt.Sprintf("max(webexlicense_customer_not_before_timestamp_seconds{%s}) - time()", chosen), board.RunBook("WebexLicenseRequestBudget")),
	}
}

func withLinks(p board.Panel, links ...board.Link) board.Panel {
	p.Links = links
	return p
}

func customerConditions() []board.Panel {
	return []board.Panel{
		{
			Title: "Conditions over time", Width: 14, Height: 8, Unit: board.Count, NoData: "No such customer",
			Description: "Green where a condition was as it should be, red where it was not, yellow where that was not known.",
			View:        board.States{Text: states("True", "Unknown", "False")},
			Queries: []board.Query{{
				Expr:   stateOf("type", `type=~"Ready|CredentialsValid|DefaultsResolved|DataFresh|CapacityOK", `+chosen),
				Legend: "{{type}}",
			}},
		},
		{
			Title: "Conditions now", Width: 10, Height: 8, Unit: board.Count, NoData: "No such customer",
			Description: "What kubectl describe wxca says, without the messages.",
			Queries:     query(fmt.Sprintf("max by (type, status, reason) (webexlicense_customer_condition{%s})", chosen)),
			View: board.Table{SortBy: "Condition", Ascending: true, Columns: []board.Column{
				text("type", "Condition"), text("status", "Status"),
				{Label: "reason", Title: "Reason", Links: []board.Link{board.Page("What reasons mean", "reasons.md")}},
			}},
		},
	}
}

func customerLicenses() []board.Panel {
	p := pools(`namespace=~"$namespace", customer="$customer"`)
	const row = "license, subscription, name"
	return []board.Panel{
		{
			Title: "Purchased licences", Width: 24, Height: 10, Unit: board.Count,
			Description: "Each purchased licence at level Customer. Change: over the time range above. Runs out in: if it goes on as in the last 7 days.",
			NoData:      "Nothing purchased, not read yet, or more licences than --metrics-max-series allows (dashboard Operator)",
			Queries: []board.Query{
				{Expr: by(row, p.total())},
				{Expr: by(row, p.consumed())},
				{Expr: by(row, p.free())},
				{Expr: by(row, p.share())},
				{Expr: by(row, p.change())},
				{Expr: by(row, p.timeLeft())},
			},
			View: board.Table{SortBy: "Utilization", Columns: []board.Column{
				toLicense(), text("subscription", "Subscription"), text("name", "Row"),
				count(1, "Bought"), count(2, "In use"), free(3), gauge(4), count(5, "Change"), timeLeft(6),
			}},
		},
		{
			Title: "Utilization by licence", Width: 12, Height: 9, Unit: board.Share, Max: 1, View: board.Lines{Aside: true}, NoData: "Nothing purchased, or not read yet",
			Description: "The share of each purchased licence that was in use over time.",
			Queries:     []board.Query{{Expr: by(row, p.share()), Legend: "{{license}} ({{subscription}})"}},
		},
		{
			Title: "Units in use by licence", Width: 12, Height: 9, Unit: board.Count, View: board.Lines{Stacked: true, Aside: true}, NoData: "Nothing purchased, or not read yet",
			Description: "Units of purchased licences in use over time, on top of each other.",
			Queries:     []board.Query{{Expr: by(row, p.consumed()), Legend: "{{license}} ({{subscription}})"}},
		},
	}
}
