package main

import (
	"fmt"

	"github.com/webex-operator/webex-license-operator/hack/dashboards/board"
)

// rows are a figure of purchased licence rows, as kube-state-metrics tells them: the operator exports none of locations
// itself. What identifies a row is in its info alone, and whether it is superseded.
func rows(figure, matchers string) string {
	return fmt.Sprintf(`kube_webexlicense_%s * on (namespace, name) group_left (customer, location, license, license_id) `+
		`kube_webexlicense_info{class="Purchased", superseded="", namespace=~"$namespace", customer=~"$customer", license=~"$license", %s}`, figure, matchers)
}

const site = `level="Site", location=~"$location"`

func atLocations(figure string) string { return rows(figure, site) }

func ofCustomers(figure string) string { return rows(figure, `level="Customer"`) }

const needsRows = "No licence is in use at a location. These panels need kube-state-metrics with config/kube-state-metrics"

func location() *board.Dashboard {
	const ofSites = `kube_webexlicense_info{level="Site", class="Purchased", superseded="", namespace=~"$namespace", customer=~"$customer"}`
	return &board.Dashboard{
		UID: locationUID, Title: "Webex licences / Location", From: "7d",
		Description: "Units of purchased licences in use, by Webex location. It needs kube-state-metrics with the configuration of config/kube-state-metrics: the operator exports no series of locations itself.",
		Variables: []board.Variable{
			namespaces(), someCustomers(),
			{Name: "location", Label: "Location", Description: "A Webex location. Two customers may have one of the same name.", Metric: ofSites, Of: "location", Multi: true, All: ".*"},
			{Name: "license", Label: "Licence", Description: "A licence by its name in Webex", Metric: ofSites, Of: "license", Multi: true, All: ".*"},
		},
		Rows: []board.Row{
			{Title: "At a glance", Panels: locationFigures()},
			{Title: "Locations", Panels: locationUse()},
		},
	}
}

func locationFigures() []board.Panel {
	sum := func(title, description, expr string) board.Panel {
		return figure(title, description, needsRows, board.Count, neutral(), "sum("+expr+")")
	}
	oldest := figure("Oldest count", "How long ago people and workspaces were last read, of the customer of which that is longest: a run reads them again only where it has a reason to.",
		"Not read yet", board.Seconds, neutral(), `time() - min(webexlicense_customer_last_walk_timestamp_seconds{namespace=~"$namespace", name=~"$customer"})`)
	oldest.Decimals, oldest.Links = 1, []board.Link{board.Page("How fresh, at what cost", "schedules.md")}
	panels := []board.Panel{
		figure("Locations in use", "Webex locations where a licence is in use.", needsRows, board.Count, neutral(),
			fmt.Sprintf("count(count by (namespace, customer, location) (%s))", atLocations("consumed_units"))),
		sum("Units in use", "Units of people and workspaces of these locations.", atLocations("consumed_units")),
		sum("By people", "Units that people of these locations use.", atLocations("consumed_by_users_units")),
		sum("By workspaces", "Units that workspaces of these locations use.", atLocations("consumed_by_workspaces_units")),
		sum("Without a location", "Units of people and workspaces that have no location, of the customers and licences above: only people with Webex Calling have one.",
			ofCustomers("without_location_units")),
		sum("Not explained", "Units that Webex counts and no person or workspace explains: users of other organizations, and changes while the organization was read.",
			ofCustomers("residual_units")),
	}
	for i := range panels {
		panels[i].Width = 3 // they share a line with the age
	}
	oldest.Width = 6
	return append(panels, oldest)
}

func locationUse() []board.Panel {
	const row = "namespace, customer, location, license, name"
	const place, legend = "namespace, customer, location", "{{location}} ({{customer}})"
	atEnd := rows("consumed_units @ end()", site) + " @ end()"
	return []board.Panel{
		{
			Title: "Units by location", Width: 12, Height: 10, Unit: board.Count, View: board.Bars{}, NoData: needsRows,
			Description: "The 15 locations where most units are in use.",
			Queries:     []board.Query{{Expr: largest(15, place, atLocations("consumed_units")), Legend: legend}},
		},
		{
			Title: "Units by location over time", Width: 12, Height: 10, Unit: board.Count, View: board.Lines{Stacked: true, Aside: true}, NoData: needsRows,
			Description: "The 15 locations where most units are in use, on top of each other.",
			Queries:     []board.Query{{Expr: largestAtEnd(15, place, atLocations("consumed_units"), atEnd), Legend: legend}},
		},
		{
			Title: "Licences by location", Width: 24, Height: 14, Unit: board.Count, NoData: needsRows,
			Description: "Each licence at each location. Of the customer's: the share of the units that the customer uses. What was bought belongs to the customer, not to a location.",
			Queries: []board.Query{
				{Expr: by(row, atLocations("consumed_units"))},
				{Expr: by(row, atLocations("consumed_by_users_units"))},
				{Expr: by(row, atLocations("consumed_by_workspaces_units"))},
				{Expr: by(row, fmt.Sprintf("(%s) / on (namespace, customer, license_id) group_left () (max by (namespace, customer, license_id) (%s) > 0)",
					atLocations("consumed_units"), ofCustomers("consumed_units")))},
			},
			View: board.Table{SortBy: "In use", Columns: []board.Column{
				text("namespace", "Namespace"), toCustomer("customer"), text("location", "Location"), toLicense(),
				count(1, "In use"), count(2, "By people"), count(3, "By workspaces"),
				{Value: 4, Title: "Of the customer's", Unit: board.Share, Decimals: 1, Gauge: true, Thresholds: neutral()},
			}},
		},
	}
}
