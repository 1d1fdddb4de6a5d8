// Package output writes one result in several forms: as a table for people, and
// as JSON, YAML or CSV with the same field names for scripts.
package output

import (
	"io"
	"strings"

	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/terminal"
)

// Column is one column of a table.
type Column struct {
	// Title is its head, in capitals as kubectl's.
	Title string
	// Right puts numbers at the right edge, where their digits line up.
	Right bool
	// Wide columns appear with -o wide only.
	Wide bool
}

// Cell is one entry. Text comes from outside as often as not; it is cleaned when written.
type Cell struct {
	// Text is what is shown.
	Text string
	// Shade is its colour.
	Shade terminal.Shade
}

// Table is a table for people.
type Table struct {
	Columns []Column
	Rows    [][]Cell

	wide bool // of the columns that follow
}

// NewTable is a table without columns and rows.
func NewTable() *Table { return &Table{} }

// Left adds columns of texts.
func (t *Table) Left(titles ...string) *Table { return t.columns(false, titles) }

// Right adds columns of figures.
func (t *Table) Right(titles ...string) *Table { return t.columns(true, titles) }

// Wide has the columns that follow appear with -o wide only.
func (t *Table) Wide() *Table {
	t.wide = true
	return t
}

func (t *Table) columns(right bool, titles []string) *Table {
	for _, title := range titles {
		t.Columns = append(t.Columns, Column{Title: title, Right: right, Wide: t.wide})
	}
	return t
}

// Add adds a row.
func (t *Table) Add(cells ...Cell) { t.Rows = append(t.Rows, cells) }

// Text is a plain cell.
func Text(text string) Cell { return Cell{Text: text} }

// Unknown stands for a figure that is not known.
const Unknown = "?"

const gap = 3

// Write writes the table, without spaces at the ends of lines. A table without
// rows has no head either.
func (t *Table) Write(term terminal.Terminal, wide bool) error {
	shown := t.shown(wide)
	widths := make([]int, len(t.Columns))
	for _, i := range shown {
		widths[i] = terminal.Width(t.Columns[i].Title)
		for _, row := range t.Rows {
			widths[i] = max(widths[i], terminal.Width(terminal.Clean(row[i].Text)))
		}
	}
	var b strings.Builder
	if len(t.Rows) == 0 {
		return nil
	}
	t.line(&b, shown, widths, func(i int) (string, string) { return t.Columns[i].Title, t.Columns[i].Title })
	for _, row := range t.Rows {
		t.line(&b, shown, widths, func(i int) (string, string) {
			clean := terminal.Clean(row[i].Text)
			return clean, term.Paint(row[i].Shade, clean)
		})
	}
	_, err := io.WriteString(term.Out, b.String())
	return err
}

func (t *Table) shown(wide bool) []int {
	var shown []int
	for i, column := range t.Columns {
		if wide || !column.Wide {
			shown = append(shown, i)
		}
	}
	return shown
}

// line writes one line; cell gives a text and the same as it is painted.
func (t *Table) line(b *strings.Builder, shown, widths []int, cell func(int) (text, painted string)) {
	blanks := 0 // owed, paid when something follows
	for _, i := range shown {
		text, painted := cell(i)
		padding := widths[i] - terminal.Width(text)
		if t.Columns[i].Right {
			blanks, padding = blanks+padding, 0
		}
		if text != "" {
			b.WriteString(strings.Repeat(" ", blanks) + painted)
			blanks = 0
		}
		blanks += padding + gap
	}
	b.WriteByte('\n')
}
