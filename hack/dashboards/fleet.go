package main

import (
	"fmt"

	"github.com/webex-operator/webex-license-operator/hack/dashboards/board"
)

// ofFleet are the customers that the fleet's variables choose. What is below a place in the hierarchy belongs to it.
const ofFleet = `webexlicense_customer_info{namespace=~"$namespace", hierarchy_path=~"$hierarchy(\\..*)?", partner=~"$partner"}`

// inFleet keeps the series of those customers.
func inFleet(expr string) string { return expr + " and on (namespace, name) " + ofFleet }

// poolsInFleet keeps the series of the licences of those customers.
func poolsInFleet(expr string) string {
	return fmt.Sprintf(`(%s) and on (namespace, customer) label_replace(%s, "customer", "$1", "name", "(.+)")`, expr, ofFleet)
}

// atWork leaves out what is suspended: it is not expected to run.
const atWork = " unless on (namespace, name) webexlicense_customer_suspended == 1"

// how many customers; 0 only while the operator reports any.
func how(many string) string { return fmt.Sprintf("count(%s) or 0 * count(%s)", many, ofFleet) }

func condition(matchers string) string {
	return `webexlicense_customer_condition{namespace=~"$namespace", ` + matchers + "}"
}

// alerts are those of a severity, with a value to sort by.
func alerts(severity string, value int) string {
	return fmt.Sprintf(`%d * ALERTS{alertname=~"Webex(License|Partner).+", severity=%q, namespace=~"$namespace|"}`, value, severity)
}

const noOperator = "The operator reports no customer"

func fleet() *board.Dashboard {
	return &board.Dashboard{
		UID: fleetUID, Title: "Webex licences / Fleet", From: "7d",
		Description: "All customers: which need a person, and where licences become scarce. Rows lead to the customer and to the licence.",
		Variables: []board.Variable{namespaces(), {
			Name: "hierarchy", Label: "Hierarchy",
			Description: "A place in the hierarchy, with all that is below it. Places without a customer of their own can be typed.",
			Metric:      `webexlicense_customer_info{namespace=~"$namespace"}`, Of: "hierarchy_path", Multi: true, All: ".*",
		}, partners()},
		Rows: []board.Row{
			{Title: "At a glance", Panels: fleetFigures()},
			{Title: "Needs a person", Panels: fleetAttention()},
			{Title: "Capacity", Panels: fleetCapacity()},
			{Title: "Customers", Panels: []board.Panel{fleetCustomers()}},
			{Title: "Partners", Panels: fleetPartners()},
		},
	}
}

func fleetFigures() []board.Panel {
	customers := func(title, description string, color board.Color, expr string, links ...board.Link) board.Panel {
		p := figure(title, description, noOperator, board.Count, noneIsGood(color), how(expr))
		p.Links = links
		return p
	}
	all := figure("Customers", "WebexCustomerAccess objects, suspended ones too.", noOperator, board.Count, neutral(), "count("+ofFleet+")")
	share := figure(
		"Utilization", "Units in use of all units bought, purchased licences only. One licence that is short hides behind others with spare units: see Capacity.",
		"No customer was read yet", board.Share, utilization(),
		fmt.Sprintf("sum(%s) / sum(%s)", inFleet(`webexlicense_customer_units{state="consumed"}`), inFleet(`webexlicense_customer_units{state="total"}`)),
	)
	share.Decimals = 1
	units := func(title, description, state string) board.Panel {
		return figure(title, description, "No customer was read yet", board.Count, neutral(), fmt.Sprintf("sum(%s)", inFleet(`webexlicense_customer_units{state="`+state+`"}`)))
	}
	return []board.Panel{
		all,
		customers("Not ready", "Customers whose figures are not those of a complete and recent run. Suspended ones do not count.", board.Warning,
			inFleet(condition(`type="Ready", status="False"`)+atWork), board.RunBook("WebexLicenseSyncFailing")),
		customers("Credentials refused", "Customers whose credentials Webex refuses, or whose Secret is missing or incomplete. Nothing is read until the Secret changes.", board.Bad,
			inFleet(condition(`type="CredentialsValid", status="False"`)), board.RunBook("WebexLicenseCredentialsRefused")),
		customers("Credentials ending", "Credentials that work and end within 30 days, or cannot be renewed.", board.Warning,
			inFleet(condition(`type="CredentialsValid", reason=~"ExpiresSoon|RefreshRefused"`)), board.RunBook("WebexLicenseCredentialsEnding")),
		customers("Stale figures", "Customers whose last successful run is older than their staleAfter. Suspended ones do not count.", board.Warning,
			inFleet(condition(`type="DataFresh", status="False"`)+atWork), board.RunBook("WebexLicenseDataStale")),
		customers("Removals held", "Customers of which so many licences vanished at once that a person has to approve the removal of their rows.", board.Warning,
			inFleet("(webexlicense_customer_held_rows > 0)"), board.RunBook("WebexLicensePruneHeld")),
		customers("Short of licences", "Customers with a purchased licence beyond its critical threshold, used up, or over-assigned.", board.Bad,
			inFleet(condition(`type="CapacityOK", status="False", reason=~"Critical|Exhausted|OverAssigned"`)), board.RunBook("WebexLicenseCapacityCritical")),
		customers("Nearly short", "Customers with a purchased licence beyond its warning threshold, and none beyond the critical one.", board.Notice,
			inFleet(condition(`type="CapacityOK", status="False", reason="Warning"`)), board.RunBook("WebexLicenseCapacityWarning")),
		customers("Suspended", "Customers with spec.suspend: they are not read, and their figures grow old.", board.Notice,
			inFleet("(webexlicense_customer_suspended == 1)")),
		units("Units bought", "Units of all purchased licences.", "total"),
		units("Units in use", "Units of all purchased licences that are assigned.", "consumed"),
		share,
	}
}

func fleetAttention() []board.Panel {
	return []board.Panel{
		{
			Title: "Alerts", Width: 12, Height: 9, Unit: board.Count,
			Description: "Alerts of config/prometheus that fire, or will unless something changes (pending). Each name leads to its run book.",
			NoData:      "No alert. (This needs the rules of config/prometheus.)",
			Queries:     query("max by (alertname, alertstate, namespace, name, reason) (" + alerts("critical", 3) + " or " + alerts("warning", 2) + " or " + alerts("info", 1) + ")"),
			View: board.Table{SortBy: "Severity", Columns: []board.Column{
				{Label: "alertname", Title: "Alert", Width: 260, Links: []board.Link{{
					Title: "Run book", URL: board.Documents + "runbooks/" + board.Field("alertname") + ".md", Away: true,
				}}},
				{Value: 1, Title: "Severity", Unit: board.Count, Text: []board.Text{
					{Value: 3, Text: "critical", Color: board.Bad}, {Value: 2, Text: "warning", Color: board.Warning}, {Value: 1, Text: "info", Color: board.Neutral},
				}},
				text("alertstate", "State"), text("namespace", "Namespace"), text("name", "Object"), text("reason", "Reason"),
			}},
		},
		{
			Title: "Customers that are not well", Width: 12, Height: 9, Unit: board.Count,
			Description: "Each condition of a customer that is not as it should be, with its reason, which leads to the page about reasons. Suspended customers are left out.",
			NoData:      "All customers are well",
			Queries: query("max by (namespace, name, type, reason) (" + inFleet(fmt.Sprintf("(%s or %s)",
				condition(`type=~"Ready|CredentialsValid|DefaultsResolved|DataFresh|CapacityOK", status="False"`),
				condition(`type=~"PruneHeld|Stalled", status="True"`))+atWork) + ")"),
			View: board.Table{SortBy: "Customer", Ascending: true, Columns: []board.Column{
				text("namespace", "Namespace"), toCustomer("name"), text("type", "Condition"),
				{Label: "reason", Title: "Reason", Links: []board.Link{board.Page("What reasons mean", "reasons.md")}},
			}},
		},
	}
}

func fleetCapacity() []board.Panel {
	p := pools(`namespace=~"$namespace"`)
	full := fmt.Sprintf("(%s) > %v", p.share(), warningShare)
	return []board.Panel{
		{
			Title: "Units", Width: 12, Height: 8, Unit: board.Count, View: board.Lines{},
			Description: "Units of all purchased licences over time: bought, and in use.", NoData: "No customer was read yet",
			Queries: []board.Query{
				{Expr: fmt.Sprintf("sum(%s)", inFleet(`webexlicense_customer_units{state="total"}`)), Legend: "bought"},
				{Expr: fmt.Sprintf("sum(%s)", inFleet(`webexlicense_customer_units{state="consumed"}`)), Legend: "in use"},
			},
		},
		{
			Title: "Customers by capacity", Width: 12, Height: 8, Unit: board.Count, View: board.Lines{Stacked: true},
			Description: "How many customers are within their thresholds, and how many have a licence beyond one of them.", NoData: "No customer was read yet",
			Queries: []board.Query{{Expr: fmt.Sprintf("count by (reason) (%s)", inFleet(condition(`type="CapacityOK"`))), Legend: "{{reason}}"}},
		},
		{
			Title: "Licences that are nearly used up", Width: 24, Height: 10, Unit: board.Count,
			Description: "Purchased licences of which more than 80 percent are in use. Runs out in: if it goes on as in the last 7 days. " +
				"Empty where there are more licences than --metrics-max-series allows (dashboard Operator).",
			NoData: "No licence is used beyond 80 percent",
			Queries: []board.Query{
				{Expr: by(perPool, poolsInFleet(full))},
				{Expr: by(perPool, poolsInFleet(fmt.Sprintf("%s and (%s)", p.total(), full)))},
				{Expr: by(perPool, poolsInFleet(fmt.Sprintf("(%s) and (%s)", p.free(), full)))},
				{Expr: by(perPool, poolsInFleet(fmt.Sprintf("(%s) and (%s)", p.timeLeft(), full)))},
			},
			View: board.Table{SortBy: "Utilization", Columns: []board.Column{
				text("namespace", "Namespace"), toCustomer("customer"), toLicense(), text("subscription", "Subscription"),
				count(2, "Bought"), free(3), gauge(1), timeLeft(4),
			}},
		},
	}
}

func fleetCustomers() board.Panel {
	units := func(state string) string { return inFleet(`webexlicense_customer_units{state="` + state + `"}`) }
	object := func(expr string) board.Query { return board.Query{Expr: by("namespace, name", expr)} }
	return board.Panel{
		Title: "All customers", Width: 24, Height: 14, Unit: board.Count, NoData: noOperator,
		Description: "Each customer with its place, its units, what its capacity condition says, and how long ago it was read completely.",
		Queries: []board.Query{
			{Expr: by("namespace, name, hierarchy_path, partner", ofFleet)},
			object(units("total")),
			object(units("consumed")),
			object(fmt.Sprintf("(%s) / ignoring (state) ((%s) > 0)", units("consumed"), units("total"))),
			{Expr: by("namespace, name, reason", inFleet(condition(`type="CapacityOK"`)))},
			object(inFleet("(time() - webexlicense_customer_last_success_timestamp_seconds)")),
		},
		View: board.Table{SortBy: "Utilization", Columns: []board.Column{
			text("namespace", "Namespace"), toCustomer("name"), text("hierarchy_path", "Hierarchy"), text("partner", "Partner"), count(2, "Bought"), count(3, "In use"), gauge(4),
			text("reason", "Capacity"),
			{Value: 6, Title: "Read", Unit: board.Seconds, Decimals: 1},
		}},
	}
}
