package webpage

import (
	"fmt"
	"slices"
	"time"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/report"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/terminal"
)

type changes struct {
	Title   string
	Intro   []string
	Moved   *table // the sums
	Came    *table // customers
	Rows    *table // licences
	Places  *table // their use at locations
	Nothing string
}

func (n naming) changes(c *report.Changes, zone *time.Location) changes {
	if c.Since == nil {
		return n.samples(c, zone)
	}
	v := changes{Title: "Changes since " + c.Since.In(zone).Format("2 January 2006, 15:04")}
	if c.Unread > 0 {
		v.Intro = append(v.Intro, fmt.Sprintf("%s not been read since: the figures are the same reading.", phrase(c.Unread, "customer has", "customers have")))
	}
	d := c.Totals
	v.Moved = &table{Caption: "By how much the sums moved", Columns: []column{{Title: "Sum"}, {Title: "Change", Number: true}}}
	for _, line := range []struct {
		name string
		by   int64
	}{
		{"Units in use", d.ConsumedUnits},
		{"Units bought", d.TotalUnits},
		{"Units left", d.AvailableUnits},
		{"Units over-assigned", d.OverAssignedUnits},
		{"Customers", int64(d.Customers)},
		{"Licences", int64(d.Licenses)},
		{"Locations", int64(d.Locations)},
	} {
		if line.by != 0 {
			v.Moved.add(text(line.name), text(signed(line.by)))
		}
	}
	v.Came = &table{Caption: "Customers that came or went", Columns: []column{{Title: "Customer"}, {Title: "Rows", Number: true}, {Title: "In use", Number: true}, {Title: "Bought", Number: true}}}
	for i := range c.Customers {
		k := &c.Customers[i]
		name := text(n.of(k.Namespace, k.Customer))
		name.Badges = []badge{kindBadge(k.Kind)}
		v.Came.add(name, number(int64(k.Rows)), figure(k.ConsumedUnits), figure(k.TotalUnits))
	}
	v.Came.limit(maxChanges, "-o json has them")
	at := func(c report.RowChange) bool { return c.Location != "" }
	v.Rows = n.rows(slices.DeleteFunc(slices.Clone(c.Rows), at), zone)
	v.Rows.Caption = "Licences that changed, the most units first"
	v.Rows.limit(maxChanges, "-o json has them")
	v.Places = n.rows(slices.DeleteFunc(slices.Clone(c.Rows), func(c report.RowChange) bool { return !at(c) }), zone)
	v.Places.Caption = "Use at locations that changed, the most units first"
	v.Places.dropLast() // nothing is bought at a location
	v.Places.limit(maxChanges, "-o json has them")
	if len(c.Rows)+len(c.Customers) == 0 {
		v.Nothing = "No licence changed."
	} else if len(c.Rows) > 0 {
		v.Intro = append(v.Intro, fmt.Sprintf("Of the customers in both reports, %s added, %d changed, %d removed.", phrase(int(c.Added), "row was", "rows were"), c.Changed, c.Removed))
	}
	return v
}

// samples is the section without a former report.
func (n naming) samples(c *report.Changes, zone *time.Location) changes {
	v := changes{Title: "Recent changes"}
	const compare = "kubectl webex report --since FILE, with a former report, shows all that changed since then."
	if c.Runs == 0 {
		v.Nothing = "No completed run is stored. " + compare
		return v
	}
	v.Rows = n.rows(c.Rows, zone)
	v.Rows.Caption = "Samples of what the stored runs changed, the latest first"
	v.Rows.limit(maxChanges, "-o json has them")
	counts := ""
	if c.Added+c.Changed+c.Removed > 0 {
		counts = fmt.Sprintf(" added %d rows, changed %d and removed %d;", c.Added, c.Changed, c.Removed)
	}
	v.Intro = []string{fmt.Sprintf("The %s that %s stored%s each keeps samples of ten changes at most. %s", count(c.Runs, "completed run"), verb(c.Runs, "is", "are"), counts, compare)}
	if len(c.Rows) == 0 {
		v.Nothing = "None of them changed a licence that is shown here."
	}
	return v
}

func verb(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

func phrase(n int, one, many string) string {
	return fmt.Sprintf("%d %s", n, verb(n, one, many))
}

func kindBadge(kind v1alpha1.ChangeKind) badge {
	switch kind {
	case v1alpha1.ChangeAdded:
		return badge{"good", "added"}
	case v1alpha1.ChangeRemoved:
		return badge{"bad", "removed"}
	default:
		return badge{"plain", "changed"}
	}
}

func (n naming) rows(all []report.RowChange, zone *time.Location) *table {
	t := &table{Columns: []column{{Title: "Licence"}, {Title: "Customer"}, {Title: "In use", Number: true}, {Title: "Bought", Number: true}}}
	for i := range all {
		c := &all[i]
		name := text(c.License)
		name.Badges = []badge{kindBadge(c.Kind)}
		if c.FormerLicense != "" {
			name.Below = append(name.Below, "was called "+terminal.Clean(c.FormerLicense))
		}
		who := text(n.of(c.Namespace, c.Customer))
		if c.Location != "" {
			who.Below = append(who.Below, terminal.Clean(c.Location))
		}
		if c.Time != nil {
			who.Below = append(who.Below, c.Time.In(zone).Format("2 Jan, 15:04"))
		}
		t.add(name, who, moved(c.ConsumedBefore, c.ConsumedAfter, false), moved(c.TotalBefore, c.TotalAfter, c.Location != ""))
	}
	return t
}

func moved(before, after *int64, none bool) cell {
	switch {
	case none || before == nil && after == nil:
		return text("–")
	case before == nil:
		return text(minus(*after))
	case after == nil:
		return cell{Text: minus(*before), Below: []string{"before"}}
	case *before == *after:
		return cell{Text: minus(*after)}
	}
	return cell{Text: minus(*after), Below: []string{"from " + minus(*before)}}
}
