package main

import (
	"fmt"

	"github.com/webex-operator/webex-license-operator/hack/dashboards/board"
)

func license() *board.Dashboard {
	variables := []board.Variable{namespaces(), someCustomers(), {
		Name: "license", Label: "Licence", Description: "A licence by its name in Webex",
		Metric: `webexlicense_units{namespace=~"$namespace", customer=~"$customer"}`, Of: "license",
	}}
	return &board.Dashboard{
		UID: licenseUID, Title: "Webex licences / Licence", From: "30d",
		Description: "One licence at all customers that bought it: who is short, who has units to spare, and how it moves.",
		Variables:   variables,
		Rows: []board.Row{
			{Title: "$license", Panels: licenseFigures()},
			{Title: "Over time", Panels: licenseTrends()},
			{Title: "Customers", Panels: []board.Panel{licenseCustomers()}},
		},
	}
}

const ofLicense = pools(`namespace=~"$namespace", customer=~"$customer", license="$license"`)

const notBought = "It was not bought, or there are more licences than --metrics-max-series allows (dashboard Operator)"

func licenseFigures() []board.Panel {
	p := ofLicense
	share := figure("Utilization", "Units in use of all units bought.", notBought, board.Share, utilization(), fmt.Sprintf("sum(%s) / sum(%s)", p.consumed(), p.total()))
	share.Decimals = 1
	return []board.Panel{
		figure("Pools", "How often it was bought: once for each customer, subscription and Meetings site. Each is a pool of its own.", notBought, board.Count, neutral(), "count("+p.total()+")"),
		figure("Units bought", "Of all these pools.", notBought, board.Count, neutral(), "sum("+p.total()+")"),
		figure("Units in use", "Of all these pools.", notBought, board.Count, neutral(), "sum("+p.consumed()+")"),
		figure("Units free", "Over all customers; units of one customer do not help another.", notBought, board.Count, neutral(), fmt.Sprintf("sum(%s) - sum(%s)", p.total(), p.consumed())),
		share,
		withLinks(figure("Pools with none free", "Used up, or over-assigned.", notBought, board.Count, noneIsGood(board.Bad),
			fmt.Sprintf("count((%s) <= 0) or 0 * count(%s)", p.free(), p.total())), board.RunBook("WebexLicenseCapacityCritical")),
	}
}

func licenseTrends() []board.Panel {
	p := ofLicense
	return []board.Panel{
		{
			Title: "Units, and where they lead", Width: 12, Height: 9, Unit: board.Count, View: board.Lines{}, NoData: notBought,
			Description: "Bought and in use, and the line through the 7 days before drawn 14 days on: where it is above bought, units run out within 14 days. Pools younger than a day are not in it.",
			Queries: []board.Query{
				{Expr: "sum(" + p.total() + ")", Legend: "bought"},
				{Expr: "sum(" + p.consumed() + ")", Legend: "in use"},
				{Expr: "sum(" + p.inTwoWeeks() + ")", Legend: "in use 14 days later"},
			},
			Links: []board.Link{board.RunBook("WebexLicensePoolRunsOut")},
		},
		{
			Title: "Units in use by customer", Width: 12, Height: 9, Unit: board.Count, View: board.Lines{Stacked: true, Aside: true}, NoData: notBought,
			Description: "The 20 customers that use most, on top of each other.",
			Queries:     []board.Query{{Expr: largestAtEnd(20, "namespace, customer", p.consumed(), by(perPool, p.raw()+" @ end()")), Legend: "{{customer}}"}},
		},
		{
			Title: "Change by customer", Width: 24, Height: 7, Unit: board.Count, View: board.Bars{}, NoData: "No customer assigned more units in this time",
			Description: "The 15 customers whose units in use grew most in the time range above.",
			Queries:     []board.Query{{Expr: fmt.Sprintf("topk(15, sum by (namespace, customer) (%s) > 0)", p.change()), Legend: "{{customer}}"}},
		},
	}
}

func licenseCustomers() board.Panel {
	p := ofLicense
	const row = "namespace, customer, subscription, name"
	return board.Panel{
		Title: "Customers", Width: 24, Height: 12, Unit: board.Count, NoData: notBought,
		Description: "Each pool of this licence. Change: over the time range above. Runs out in: if it goes on as in the last 7 days.",
		Queries: []board.Query{
			{Expr: by(row, p.total())},
			{Expr: by(row, p.consumed())},
			{Expr: by(row, p.free())},
			{Expr: by(row, p.share())},
			{Expr: by(row, p.change())},
			{Expr: by(row, p.timeLeft())},
		},
		View: board.Table{SortBy: "Utilization", Columns: []board.Column{
			text("namespace", "Namespace"), toCustomer("customer"), text("subscription", "Subscription"),
			count(1, "Bought"), count(2, "In use"), free(3), gauge(4), count(5, "Change"), timeLeft(6),
		}},
	}
}
