package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/cluster"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/output"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/terminal"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/timeline"
)

// writeSlots lists what starts within a time: on a terminal behind a picture of
// it, a lane for each schedule.
func (a *app) writeSlots(session *cluster.Session, schedules []v1alpha1.LicenseSyncSchedule, customers []v1alpha1.WebexCustomerAccess, next time.Duration, limit int) error {
	from := a.Now()
	until := from.Add(next)
	slots := timeline.Coming(schedules, customers, from, until)
	if a.format.People() && a.Out.Live && len(slots) > 0 {
		a.drawLanes(session, schedules, slots, from, next)
	}
	items, more := append([]timeline.Slot{}, slots...), 0
	if limit > 0 && len(items) > limit && a.format.People() {
		items, more = items[:limit], len(items)-limit
	}
	document := slotsDocument{output.Document("SlotList"), from.UTC(), until.UTC(), items}
	if err := output.Write(a.Out, a.format, document, items, func() *output.Table { return a.slotTable(items, session) }); err != nil {
		return err
	}
	switch {
	case more > 0:
		a.note("%s more until %s: --limit 0 shows all", count(more, "slot"), a.clock(until))
	case len(items) == 0 && a.format.People():
		fmt.Fprintf(a.Err.Out, "Nothing starts before %s.\n", a.clock(until))
	}
	return nil
}

func (a *app) clock(t time.Time) string { return t.In(a.Zone).Format("Mon 02 Jan 15:04 MST") }

func (a *app) slotTable(items []timeline.Slot, session *cluster.Session) *output.Table {
	t := output.NewTable().Left("STARTS").Right("IN").Left("SCHEDULE", "CUSTOMERS").
		Wide().Left("UNTIL", "SLOT")
	for i := range items {
		s := &items[i]
		names := enumerate(append([]string(nil), s.Customers...))
		if !s.Last.Equal(s.First) {
			names += ", until " + s.Last.In(a.Zone).Format("15:04")
		}
		t.Add(output.Text(a.clock(s.First)), output.Text(a.left(s.First)), output.Text(customerName(session, s.Namespace, s.Schedule)), output.Text(names),
			output.Text(a.clock(s.Last)), output.Text(s.Slot.UTC().Format(time.RFC3339)))
	}
	return t
}

// lanes are as wide as they can, and no wider than this.
const maxLane = 96

// drawLanes draws a lane for each schedule: a mark where customers start, the
// heavier the more.
func (a *app) drawLanes(session *cluster.Session, schedules []v1alpha1.LicenseSyncSchedule, slots []timeline.Slot, from time.Time, next time.Duration) {
	label := 0
	for i := range schedules {
		label = max(label, terminal.Width(customerName(session, schedules[i].Namespace, schedules[i].Name)))
	}
	columns, _ := a.Out.Size()
	cells := min(columns-label-gapOfLanes, maxLane)
	if cells < 12 {
		return // too narrow to tell anything
	}
	stretch := next / time.Duration(cells)
	if stretch <= 0 {
		return
	}
	for i := range schedules {
		s := &schedules[i]
		lane := timeline.Lane(slots, s.Namespace, s.Name, from, stretch, cells)
		name := customerName(session, s.Namespace, s.Name)
		fmt.Fprintf(a.Out.Out, "%s%s  %s\n", name, strings.Repeat(" ", label-terminal.Width(name)), a.marks(lane))
	}
	fmt.Fprintf(a.Out.Out, "%s  %s\n\n", strings.Repeat(" ", label), a.scale(from, stretch, cells))
}

const gapOfLanes = 2

// marks draws a lane: ░▒▓█ for one, few, more and many customers.
func (a *app) marks(lane []int) string {
	shades := []rune("·░▒▓█")
	if !a.Out.Unicode {
		shades = []rune(".-+*#")
	}
	var b strings.Builder
	for _, n := range lane {
		switch {
		case n == 0:
			b.WriteRune(shades[0])
		case n == 1:
			b.WriteRune(shades[1])
		case n < 10:
			b.WriteRune(shades[2])
		case n < 100:
			b.WriteRune(shades[3])
		default:
			b.WriteRune(shades[4])
		}
	}
	return b.String()
}

// scale writes times below the lanes, each where it is.
func (a *app) scale(from time.Time, stretch time.Duration, cells int) string {
	const every = 12
	layout := "15:04"
	if stretch*time.Duration(cells) > 48*time.Hour {
		layout = "Mon 15h"
	}
	var b strings.Builder
	for at := 0; at+len(layout) <= cells; at += every {
		text := from.Add(time.Duration(at) * stretch).In(a.Zone).Format(layout)
		b.WriteString(strings.Repeat(" ", at-b.Len()) + text)
	}
	return b.String()
}
