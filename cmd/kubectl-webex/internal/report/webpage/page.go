// Package webpage writes a report as one HTML file: no script, no reference to
// anything outside, readable on a phone and on paper, by day and by night.
package webpage

import (
	"crypto/sha256"
	_ "embed" // the template and its style
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"strings"
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

// unseen writes what turns the direction of texts around as JSON can, so that it does
// not act on who reads the source of a page either.
var unseen = func() *strings.Replacer {
	var pairs []string
	for _, r := range "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069" {
		pairs = append(pairs, string(r), fmt.Sprintf(`\u%04x`, r))
	}
	return strings.NewReplacer(pairs...)
}()

func memory(r *report.Report) (template.JS, error) {
	data, err := json.Marshal(r.Memory())                 // which escapes what HTML would read
	return template.JS(unseen.Replace(string(data))), err //nolint:gosec // see above
}

// policy lets the page do nothing but show itself with its own style sheet. Data
// in a script element that is no script is not affected.
func policy(style string) string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
}
