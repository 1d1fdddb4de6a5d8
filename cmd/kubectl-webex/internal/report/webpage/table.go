package webpage

import (
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/rollup"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/terminal"
)

// table is a table of the page. The first cell of a row is its head.
type table struct {
	Caption string
	// Quiet captions are for readers who do not see the heading just above.
	Quiet   bool
	Columns []column
	Rows    [][]cell
	// Empty is said if there is no row, More of those that are left out.
	Empty, More string
}

type column struct {
	Title  string
	Number bool
	// Extra columns are left out on a phone; what is in them is known by other
	// means, or of little use.
	Extra bool
}

// cell is an entry: a text, smaller texts below it, a badge and a bar.
type cell struct {
	Text  string
	Below []string
	// Phone stands in for a column that is left out there.
	Phone string
	// Bad and Warn colour the text.
	Bad, Warn bool
	Badges    []badge
	Bar       *meter
	// Indent is the depth in a hierarchy.
	Indent int
}

type badge struct {
	Class, Text string
}

// meter is a small bar beside its number: how much is used, of a hundred.
type meter struct {
	Class part
	Width int32
}

func (t *table) add(cells ...cell) { t.Rows = append(t.Rows, cells) }

func (t *table) dropLast() {
	t.Columns = t.Columns[:len(t.Columns)-1]
	for i, row := range t.Rows {
		t.Rows[i] = row[:len(row)-1]
	}
}

// limit cuts a table off and says where the rest is.
func (t *table) limit(n int, rest string) {
	if len(t.Rows) > n {
		t.More = count(len(t.Rows)-n, "more line") + ": " + rest
		t.Rows = t.Rows[:n]
	}
}

// text is a text from anywhere: what a terminal must not see, no reader must.
func text(s string) cell { return cell{Text: terminal.Clean(s)} }

func number(n int64) cell { return cell{Text: minus(n)} }

func figure(n *int64) cell {
	c := cell{Text: units(n)}
	c.Bad = n != nil && *n < 0
	return c
}

// inUse is what is in use, with what was bought where no column says it.
func inUse(f rollup.Figures) cell {
	return cell{Text: consumed(f), Phone: "of " + units(f.TotalUnits)}
}

func used(p *int32) cell {
	c := cell{Text: percent(p)}
	class := urgency(p)
	c.Bad, c.Warn = class == partBad, class == partWarn
	if p != nil {
		c.Bar = &meter{Class: class, Width: min(*p, 100)}
	}
	return c
}
