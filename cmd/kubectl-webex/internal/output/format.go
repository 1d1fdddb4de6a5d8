package output

import (
	"encoding/json"
	"fmt"
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
var Formats = []Format{FormatTable, FormatWide, FormatJSON, FormatYAML, FormatCSV, FormatCSVExcel}

// String is the form's name.
func (f *Format) String() string { return string(*f) }

// Type is what help calls the value of -o.
func (f *Format) Type() string { return "format" }

// Set reads the value of -o.
func (f *Format) Set(value string) error {
	if !slices.Contains(Formats, Format(value)) {
		return fmt.Errorf("use one of %s", Names())
	}
	*f = Format(value)
	return nil
}

// Names are the names of all forms, separated by commas.
func Names() string {
	names := make([]string, len(Formats))
	for i, f := range Formats {
		names[i] = string(f)
	}
	return strings.Join(names, ", ")
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
