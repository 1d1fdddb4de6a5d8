package main

import (
	"fmt"

	"github.com/webex-operator/webex-license-operator/hack/dashboards/board"
)

// The names of the dashboards in links.
const (
	fleetUID    = "webex-licenses-fleet"
	customerUID = "webex-licenses-customer"
	licenseUID  = "webex-licenses-license"
	locationUID = "webex-licenses-location"
	operatorUID = "webex-licenses-operator"
)

// The default thresholds of customers, as shares.
const warningShare, criticalShare = 0.80, 0.95

const day = 24 * 60 * 60

// Variables that several dashboards have; they keep their values from one to the next.
func namespaces() board.Variable {
	return board.Variable{
		Name: "namespace", Label: "Namespace", Description: "Namespaces of customers", Metric: "webexlicense_customer_info", Of: "namespace", Multi: true, All: ".*",
	}
}

func oneCustomer() board.Variable {
	return board.Variable{
		Name: "customer", Label: "Customer", Description: "A WebexCustomerAccess", Metric: `webexlicense_customer_info{namespace=~"$namespace"}`, Of: "name",
	}
}

func someCustomers() board.Variable {
	v := oneCustomer()
	v.Multi, v.All = true, ".*"
	return v
}

// chosen are the customers of a dashboard with the variables namespace and customer.
const chosen = `namespace=~"$namespace", name="$customer"`

// utilization colours shares of units in use.
func utilization() []board.Threshold {
	return []board.Threshold{{Color: board.Good}, {From: warningShare, Color: board.Warning}, {From: criticalShare, Color: board.Bad}}
}

// noneIsGood colours counts: none is green.
func noneIsGood(color board.Color) []board.Threshold {
	return []board.Threshold{{Color: board.Good}, {From: 1, Color: color}}
}

// below colours values below the limits; there are no more urgent ones than those below bad.
func below(bad, warning float64) []board.Threshold {
	return []board.Threshold{{Color: board.Bad}, {From: bad, Color: board.Warning}, {From: warning, Color: board.Good}}
}

// neutral is for figures that are neither good nor bad.
func neutral() []board.Threshold { return []board.Threshold{{Color: board.Neutral}} }

// perPool is what tells one purchased licence of a customer from another: two may have the same name. All else, such as
// which replica said so, does not matter.
const perPool = "namespace, customer, license, subscription, name"

// pools are queries about purchased licences at level Customer, of those that the matchers select.
type pools string

func (p pools) total() string {
	return by(perPool, fmt.Sprintf(`webexlicense_units{state="total", %s}`, p))
}
func (p pools) consumed() string { return by(perPool, p.raw()) }
func (p pools) raw() string      { return fmt.Sprintf(`webexlicense_units{state="consumed", %s}`, p) }
func (p pools) free() string     { return p.total() + " - " + p.consumed() }

// share is the part of the units that is in use. Licences with no units have none.
func (p pools) share() string { return fmt.Sprintf("%s / (%s > 0)", p.consumed(), p.total()) }

// week is the consumption of the last 7 days, hour by hour: neither scrapes by the thousand nor a replica that went
// makes it hard to read. Nothing is concluded from less than a day.
func (p pools) week(function, arguments string) string {
	return fmt.Sprintf("(%s(%s[7d:1h]%s) and %s)", function, p.consumed(), arguments, by(perPool, p.raw()+" offset 1d"))
}

// timeLeft is when the line through the last week reaches the total, for pools that fill and are not full.
func (p pools) timeLeft() string {
	return fmt.Sprintf("(%s > 0) / (%s > 0)", p.free(), p.week("deriv", ""))
}

// inTwoWeeks is where the line through the last week leads.
func (p pools) inTwoWeeks() string {
	return p.week("predict_linear", fmt.Sprintf(", 14 * %d", day))
}

// change is how much more is in use than at the begin of the time range.
func (p pools) change() string { return fmt.Sprintf("delta(%s[$__range:$__interval])", p.consumed()) }

func by(labels, expr string) string { return fmt.Sprintf("max by (%s) (%s)", labels, expr) }

// largest are the n largest sums of now.
func largest(n int, labels, expr string) string {
	return fmt.Sprintf("topk(%d, sum by (%s) (%s))", n, labels, expr)
}

// largestAtEnd are the sums over time that are the n largest at its end, which is what end asks for; topk alone would
// choose others at each moment.
func largestAtEnd(n int, labels, expr, end string) string {
	return fmt.Sprintf("sum by (%s) (%s) and %s", labels, expr, largest(n, labels, end))
}

func query(expr string) []board.Query { return []board.Query{{Expr: expr}} }

func figure(title, description, noData string, unit board.Unit, thresholds []board.Threshold, expr string) board.Panel {
	return board.Panel{
		Title: title, Description: description, NoData: noData, Width: 4, Height: 4, View: board.Stat{}, Unit: unit, Thresholds: thresholds, Queries: query(expr),
	}
}

// The columns that many tables have.
func toCustomer(label string) board.Column {
	return board.Column{
		Label: label, Title: "Customer",
		Links: []board.Link{board.To("Customer", customerUID, "namespace", board.Field("namespace"), "customer", board.Field(label))},
	}
}

func toLicense() board.Column {
	return board.Column{
		Label: "license", Title: "Licence",
		Links: []board.Link{board.To("This licence at all customers", licenseUID, "license", board.Field("license"))},
	}
}

func text(label, title string) board.Column { return board.Column{Label: label, Title: title} }

func count(query int, title string) board.Column {
	return board.Column{Value: query, Title: title, Unit: board.Count}
}

func free(query int) board.Column {
	return board.Column{Value: query, Title: "Free", Unit: board.Count, Thresholds: []board.Threshold{{Color: board.Bad}, {From: 1, Color: board.Plain}}}
}

func gauge(query int) board.Column {
	return board.Column{Value: query, Title: "Utilization", Unit: board.Share, Decimals: 1, Gauge: true, Thresholds: utilization()}
}

func timeLeft(query int) board.Column {
	return board.Column{Value: query, Title: "Runs out in", Unit: board.Seconds, Decimals: 1, Thresholds: below(14*day, 30*day)}
}
