package main

import (
	"fmt"

	"github.com/webex-operator/webex-license-operator/hack/dashboards/board"
)

// ofCustomer are the assignments of a dashboard with the variables namespace and customer.
const ofCustomer = `namespace=~"$namespace", customer="$customer"`

const noAssignment = "The customer has no WebexLicenseAssignment, or none was planned yet"

// assigned are people of assignments in a state, or several.
func assigned(labels, states string) string {
	return by(labels, fmt.Sprintf(`webexlicense_assignment_people{state=~%q, %s}`, states, ofCustomer))
}

func customerAssignments() []board.Panel {
	notChanged := fmt.Sprintf("webexlicense_assignment_failed_people{%s}", ofCustomer)
	overTime := func(title, description, noData, expr, legend string, alert string) board.Panel {
		return withLinks(lines(title, description, noData, 12, board.Count, board.Lines{Aside: true}, board.Query{Expr: expr, Legend: legend}), board.RunBook(alert))
	}
	return []board.Panel{
		{
			Title: "Assignments", Width: 24, Height: 7, Unit: board.Count, NoData: noAssignment,
			Description: "Each WebexLicenseAssignment of the customer: what its Ready condition says, and how many people the last plan and the last changes concern.",
			Queries: []board.Query{
				{Expr: by("name, reason", fmt.Sprintf(`webexlicense_assignment_condition{type="Ready", %s}`, ofCustomer))},
				{Expr: assigned("name", "add")},
				{Expr: assigned("name", "remove")},
				{Expr: assigned("name", "held")},
				{Expr: by("name", fmt.Sprintf("sum by (name) (%s)", notChanged))},
				{Expr: assigned("name", "not_found")},
				{Expr: assigned("name", "drift")},
			},
			View: board.Table{SortBy: "Assignment", Ascending: true, Columns: []board.Column{
				text("name", "Assignment"),
				{Label: "reason", Title: "State", Links: []board.Link{board.Page("What reasons mean", "reasons.md")}},
				count(2, "To get it"), count(3, "To lose one"), some(4, "Held"), some(5, "Failed"), some(6, "Not found"), count(7, "Changed elsewhere"),
			}},
		},
		overTime("People to be changed", "Who would get the licence (add) or lose one (remove) by the plan, and how many of these licences were changed elsewhere (drift).",
			noAssignment, assigned("name, state", "add|remove|drift"), "{{name}} {{state}}", "WebexLicenseAssignmentDrift"),
		overTime("People that were changed", "Who got the licence (added) or lost one (removed) in the last run that sent changes to Webex.",
			"Nothing was ever sent to Webex", assigned("name, state", "added|removed"), "{{name}} {{state}}", "WebexLicenseAssignmentFailing"),
		overTime("Changes that failed", "People whose changes failed in the last run that sent some, by reason.",
			"No change failed", by("name, reason", notChanged), "{{name}} {{reason}}", "WebexLicenseAssignmentFailing"),
		overTime("Removals held", "People who would lose a licence and wait for approval.",
			noAssignment, assigned("name", "held"), "{{name}}", "WebexLicenseAssignmentRemovalsHeld"),
	}
}

// some is a column of counts of which any is a trouble.
func some(query int, title string) board.Column {
	c := count(query, title)
	c.Thresholds = []board.Threshold{{Color: board.Plain}, {From: 1, Color: board.Warning}}
	return c
}
