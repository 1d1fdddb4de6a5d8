package output

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/terminal"
)

type inner struct {
	Name  string `json:"name"`
	Units *int64 `json:"units,omitempty"`
}

type base struct {
	Customer string `json:"customer"`
}

type item struct {
	base
	License string     `json:"license"`
	Units   *int64     `json:"units,omitempty"`
	Names   []string   `json:"names,omitempty"`
	Worst   *inner     `json:"worst,omitempty"`
	Places  []inner    `json:"places,omitempty"`
	Since   *time.Time `json:"since,omitempty"`
	secret  string
}

func items() []item {
	since := time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("", 3600))
	return []item{
		{base: base{"acme"}, License: `Calling, "Pro"`, Units: new(int64(-3)), Names: []string{"a", "b"}, Worst: &inner{"x", new(int64(1))}, Since: &since, secret: "never"},
		{base: base{"globex"}, License: "=HYPERLINK(1)", Places: []inner{{Name: "y"}}},
	}
}

func render(t *testing.T, format Format) string {
	t.Helper()
	var b strings.Builder
	table := func() *Table {
		table := &Table{Columns: []Column{{Title: "LICENSE"}, {Title: "UNITS", Right: true}, {Title: "NAMES", Wide: true}, {Title: "CUSTOMER"}}}
		for _, i := range items() {
			units := Unknown
			if i.Units != nil {
				units = "-3"
			}
			table.Add(Text(i.License), Cell{Text: units, Shade: terminal.Bad}, Text(strings.Join(i.Names, " ")), Text(i.Customer+"\x1b[31m"))
		}
		return table
	}
	document := struct {
		Kind
		Items []item `json:"items"`
	}{Document("Test"), items()}
	if err := Write(terminal.Terminal{Out: &b}, format, document, items(), table); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestForms(t *testing.T) {
	for format, want := range map[Format]string{
		FormatTable: "" +
			"LICENSE          UNITS   CUSTOMER\n" +
			"Calling, \"Pro\"      -3   acme\ufffd[31m\n" +
			"=HYPERLINK(1)        ?   globex\ufffd[31m\n",
		FormatWide: "" +
			"LICENSE          UNITS   NAMES   CUSTOMER\n" +
			"Calling, \"Pro\"      -3   a b     acme\ufffd[31m\n" +
			"=HYPERLINK(1)        ?           globex\ufffd[31m\n",
		FormatCSV: "" +
			"customer,license,units,names,worst.name,worst.units,since\n" +
			"acme,\"Calling, \"\"Pro\"\"\",-3,a;b,x,1,2026-03-01T11:00:00Z\n" +
			"globex,'=HYPERLINK(1),,,,,\n",
		FormatCSVExcel: "\ufeff" +
			"customer,license,units,names,worst.name,worst.units,since\n" +
			"acme,\"Calling, \"\"Pro\"\"\",-3,a;b,x,1,2026-03-01T11:00:00Z\n" +
			"globex,'=HYPERLINK(1),,,,,\n",
		FormatYAML: "apiVersion: kubectl.webex-operator.io/v1\nitems:\n" +
			"- customer: acme\n  license: Calling, \"Pro\"\n  names:\n  - a\n  - b\n  since: \"2026-03-01T12:00:00+01:00\"\n  units: -3\n  worst:\n    name: x\n    units: 1\n" +
			"- customer: globex\n  license: =HYPERLINK(1)\n  places:\n  - name: \"y\"\nkind: Test\n",
	} {
		if diff := cmp.Diff(want, render(t, format)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", format, diff)
		}
	}
	if got := render(t, FormatJSON); !strings.HasPrefix(got, "{\n  \"apiVersion\": \"kubectl.webex-operator.io/v1\",\n  \"kind\": \"Test\",\n  \"items\": [\n") {
		t.Errorf("JSON: %s", got)
	}
}

// What a spreadsheet may take for a formula, or for a new cell, is a text; what is a
// number stays one.
func TestInert(t *testing.T) {
	for text, want := range map[string]string{
		"":       "",
		"Oslo":   "Oslo",
		"-3":     "-3",
		"-3.5":   "-3.5",
		"a=b":    "a=b",
		" Oslo":  " Oslo",
		"=1":     "'=1",
		"+49":    "'+49",
		"-3+2":   "'-3+2",
		"-":      "'-",
		"@SUM":   "'@SUM",
		"\tOslo": "'\tOslo",
		"\nOslo": "'\nOslo",
		"\rOslo": "'\rOslo",
	} {
		if got := inert(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	for _, before := range []string{"", " ", "\u00a0", "\u3000", "\t", "\r\n", "\v", "\x00", "\x1b", "\ufeff", "\u200b", "\u200f", "\u202e", "\u2028", "\xff", " \n\t"} {
		for _, sign := range []string{"=", "+", "-", "@", "＝", "＋", "－", "＠"} {
			if got := inert(before + sign + "cmd|'/C calc'!A0"); !strings.HasPrefix(got, "'") {
				t.Errorf("%q passes", got)
			}
		}
	}
	if got := cellOf(reflect.ValueOf([]string{"a", "=1"})); got != "a;'=1" {
		t.Errorf("a list becomes %q", got)
	}
}

func TestFormatFlag(t *testing.T) {
	var f Format
	choice := Choice{&f, Formats}
	if err := choice.Set("xml"); err == nil || err.Error() != "use one of table, wide, json, yaml, csv, csv-excel" {
		t.Errorf("error %v", err)
	}
	if err := choice.Set("csv"); err != nil || f != FormatCSV || f.People() {
		t.Errorf("%v %v", f, err)
	}
}

func TestColours(t *testing.T) {
	var b strings.Builder
	table := &Table{Columns: []Column{{Title: "A"}, {Title: "B"}}}
	table.Add(Cell{Text: "x", Shade: terminal.Bad}, Text("y"))
	if err := table.Write(terminal.Terminal{Out: &b, Colour: true}, false); err != nil {
		t.Fatal(err)
	}
	if want := "A   B\n\x1b[31mx\x1b[0m   y\n"; b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
}
