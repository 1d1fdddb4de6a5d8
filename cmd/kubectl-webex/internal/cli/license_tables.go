package cli

import (
	"fmt"
	"strconv"
	"time"

	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/cluster"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/output"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/rollup"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/terminal"
)

func (a *app) licenseTable(items []rollup.License, session *cluster.Session) *output.Table {
	t := output.NewTable().Left("LICENSE").Right("TOTAL", "CONSUMED", "AVAILABLE", "USED", "CUSTOMERS").Left("TIGHTEST").
		Wide().Right("POOLS", "LOCATIONS", "USERS", "WORKSPACES").Left("OFFER", "CLASS")
	for i := range items {
		l := &items[i]
		tightest := output.Cell{}
		if p := l.Tightest; p != nil {
			tightest.Text = fmt.Sprintf("%s %s", customerName(session, p.Namespace, p.Customer), percentage(p.UtilizationPercent))
			tightest.Shade = urgency(p.UtilizationPercent)
		}
		t.Add(output.Text(l.License), figure(l.TotalUnits), a.consumed(l.Figures), available(l.Figures), a.used(l.Figures),
			number(l.Customers), tightest, number(l.Pools), number(l.Locations), figure(l.ConsumedByUsers), figure(l.ConsumedByWorkspaces),
			output.Text(l.OfferCode), output.Text(string(l.Class)))
	}
	return t
}

func (a *app) poolTable(items []rollup.Pool, session *cluster.Session) *output.Table {
	t := output.NewTable().Left("LICENSE").Right("TOTAL", "CONSUMED", "AVAILABLE", "USED").Left("CUSTOMER", "SUBSCRIPTION", "SITE URL").
		Wide().Right("LOCATIONS").Left("OFFER", "CLASS", "ASSIGNABLE")
	for i := range items {
		p := &items[i]
		t.Add(output.Text(p.License), figure(p.TotalUnits), a.consumed(p.Figures), available(p.Figures), a.used(p.Figures),
			output.Text(customerName(session, p.Namespace, p.Customer)), output.Text(p.SubscriptionID), output.Text(p.SiteURL),
			number(p.Locations), output.Text(p.OfferCode), output.Text(string(p.Class)), output.Text(string(p.Assignable)))
	}
	return t
}

func (a *app) placeTable(items []rollup.Place, session *cluster.Session) *output.Table {
	t := output.NewTable().Left("LICENSE", "LOCATION", "CUSTOMER").Right("CONSUMED", "OF POOL", "POOL", "POOL LEFT").Left("WALKED").
		Wide().Right("USERS", "WORKSPACES").Left("OFFER", "CLASS")
	for i := range items {
		p := &items[i]
		share := rollup.Figures{TotalUnits: p.PoolTotalUnits, ConsumedUnits: p.ConsumedUnits, UtilizationPercent: p.SharePercent}
		left := figure(p.PoolAvailableUnits)
		if p.PoolAvailableUnits != nil && *p.PoolAvailableUnits < 0 {
			left.Shade = terminal.Bad
		}
		t.Add(output.Text(p.License), placeName(p), output.Text(customerName(session, p.Namespace, p.Customer)),
			figure(p.ConsumedUnits), a.share(share, terminal.Plain), figure(p.PoolTotalUnits), left, a.walked(p.LastWalkTime),
			figure(p.ConsumedByUsers), figure(p.ConsumedByWorkspaces), output.Text(p.OfferCode), output.Text(string(p.Class)))
	}
	return t
}

// walked is how old a walk is. Rows without one are of an operator that did not say.
func (a *app) walked(t *time.Time) output.Cell {
	if t == nil {
		return output.Cell{Text: output.Unknown, Shade: terminal.Faint}
	}
	return a.ago(t)
}

func placeName(p *rollup.Place) output.Cell {
	cell := output.Text(p.Placing.Where(p.Location))
	if p.Placing != rollup.PlacingLocation {
		cell.Shade = terminal.Faint
	}
	return cell
}

// customerName names a customer, with its namespace where several are shown.
func customerName(session *cluster.Session, namespace, name string) string {
	if session.All() {
		return namespace + "/" + name
	}
	return name
}

func number(n int) output.Cell { return output.Text(strconv.Itoa(n)) }

func figure(n *int64) output.Cell {
	if n == nil {
		return output.Cell{Text: output.Unknown, Shade: terminal.Faint}
	}
	return output.Text(strconv.FormatInt(*n, 10))
}

// consumed marks a lower bound as one.
func (a *app) consumed(f rollup.Figures) output.Cell {
	cell := figure(f.ConsumedUnits)
	if f.AtLeast && f.ConsumedUnits != nil {
		sign := ">="
		if a.Out.Unicode {
			sign = "≥"
		}
		cell.Text = sign + cell.Text
	}
	return cell
}

func available(f rollup.Figures) output.Cell {
	cell := figure(f.AvailableUnits)
	if f.AvailableUnits != nil && *f.AvailableUnits < 0 {
		cell.Shade = terminal.Bad
	}
	return cell
}

func percentage(percent *int32) string {
	if percent == nil {
		return "-"
	}
	return fmt.Sprintf("%d%%", *percent)
}

// used is the share in use, in the colour of its urgency.
func (a *app) used(f rollup.Figures) output.Cell { return a.share(f, urgency(f.UtilizationPercent)) }

func urgency(percent *int32) terminal.Shade {
	switch {
	case percent == nil:
		return terminal.Faint
	case *percent >= rollup.CriticalPercent:
		return terminal.Bad
	case *percent >= rollup.WarningPercent:
		return terminal.Warning
	}
	return terminal.Good
}

const barCells = 10

// share is a share in percent, behind a bar if a person watches.
func (a *app) share(f rollup.Figures, shade terminal.Shade) output.Cell {
	text := percentage(f.UtilizationPercent)
	if share, known := f.Share(); known && a.Out.Live {
		text = fmt.Sprintf("%s %4s", a.Out.Bar(share, barCells), text)
	}
	return output.Cell{Text: text, Shade: shade}
}
