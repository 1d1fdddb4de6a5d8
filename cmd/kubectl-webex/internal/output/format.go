package output

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/terminal"
)

// Format is a form of output, the value of -o.
type Format string

// The forms.
const (
	FormatTable Format = "table"
	FormatWide  Format = "wide"
	FormatJSON  Format = "json"
	FormatYAML  Format = "yaml"
	FormatCSV   Format = "csv"
	// FormatCSVExcel is CSV that Excel knows as UTF-8.
	FormatCSVExcel Format = "csv-excel"
)

// Formats are all forms, as help and errors name them.
var Formats = []string{string(FormatTable), string(FormatWide), string(FormatJSON), string(FormatYAML), string(FormatCSV), string(FormatCSVExcel)}

// Choice is a flag that takes one of several forms.
type Choice struct {
	*Format
	// Of are the forms to choose from.
	Of []string
}

// String is the form's name.
func (c Choice) String() string {
	if c.Format == nil { // as pflag asks what zero is
		return ""
	}
	return string(*c.Format)
}

// Type is what help calls the value.
func (Choice) Type() string { return "format" }

// Set reads the value.
func (c Choice) Set(value string) error {
	if !slices.Contains(c.Of, value) {
		return errors.New("use one of " + strings.Join(c.Of, ", "))
	}
	*c.Format = Format(value)
	return nil
}

// People says whether the form is for people, not for programs.
func (f Format) People() bool { return f == FormatTable || f == FormatWide }

// APIVersion is the version of the documents that -o json and -o yaml write.
// Fields are added to it, never renamed or removed.
const APIVersion = "kubectl.webex-operator.io/v1"

// Kind is the head of a document.
type Kind struct {
	// APIVersion is the constant of that name.
	APIVersion string `json:"apiVersion"`
	// Kind says what the document holds.
	Kind string `json:"kind"`
}

// Document makes a head.
func Document(kind string) Kind { return Kind{APIVersion: APIVersion, Kind: kind} }

// List is a document of items alone.
type List[T any] struct {
	Kind
	Items []T `json:"items"`
}

// WriteList writes items in a form, as a document of a kind or as a table.
func WriteList[T any](term terminal.Terminal, format Format, kind string, items []T, table func() *Table) error {
	return Write(term, format, List[T]{Document(kind), items}, items, table)
}

// Write writes a result in a form: document as JSON and YAML, items as CSV, table
// for people.
func Write[T any](term terminal.Terminal, format Format, document any, items []T, table func() *Table) error {
	out := term.Data()
	switch format {
	case FormatJSON:
		return writeJSON(out, document)
	case FormatYAML:
		data, err := yaml.Marshal(document)
		if err != nil {
			return err
		}
		_, err = out.Write(data)
		return err
	case FormatCSVExcel:
		if _, err := io.WriteString(out, "\ufeff"); err != nil {
			return err
		}
		return writeCSV(out, items)
	case FormatCSV:
		return writeCSV(out, items)
	default:
		return table().Write(term, format == FormatWide)
	}
}

func writeJSON(w io.Writer, document any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(document)
}
