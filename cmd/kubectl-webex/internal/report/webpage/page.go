// Package webpage writes a report as one HTML file: no script, no reference to
// anything outside, readable on a phone and on paper, by day and by night.
package webpage

import (
	"crypto/sha256"
	_ "embed" // the template and its style
	"encoding/base64"
	"html/template"
	"io"
	"time"

	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/report"
)

//go:embed page.html.tmpl
var source string

//go:embed style.css
var style string

var tmpl = template.Must(template.New("page").Parse(source))

// Options are what a page needs beside the report.
type Options struct {
	// Zone is that of the reader's clock.
	Zone *time.Location
	// Version is the plugin's.
	Version string
}

// Write writes the page.
func Write(w io.Writer, r *report.Report, o Options) error {
	v, err := viewOf(r, o)
	if err != nil {
		return err
	}
	return tmpl.Execute(w, v)
}

// policy lets the page do nothing but show itself with its own style sheet. Data
// in a script element that is no script is not affected.
func policy(style string) string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
}
