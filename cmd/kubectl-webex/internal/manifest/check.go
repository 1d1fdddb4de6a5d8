package manifest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// Severity says how bad a finding is.
type Severity string

const (
	// Error is for what the API server refuses, or the operator cannot work by.
	Error Severity = "error"
	// Warning is for what is possible and hardly meant.
	Warning Severity = "warning"
)

// Finding is a fault of a manifest.
type Finding struct {
	// File and Line are where it is.
	File     string   `json:"file"`
	Line     int      `json:"line"`
	Severity Severity `json:"severity"`
	// Kind and Name are the object's, Field is the field.
	Kind  string `json:"kind,omitempty"`
	Name  string `json:"name,omitempty"`
	Field string `json:"field,omitempty"`
	// Message says what is wrong, and what to write.
	Message string `json:"message"`
}

// Result is what checking found.
type Result struct {
	// Findings are sorted by file and line.
	Findings []Finding
	// Files and Objects were read; Foreign of the objects are of other groups, and
	// were looked at only as far as ours refer to them.
	Files, Objects, Foreign int
}

// Checker checks manifests.
type Checker struct{ kinds map[string]*kind }

// NewChecker reads the definitions that manifests are checked by.
func NewChecker() (*Checker, error) {
	kinds, err := loadKinds()
	return &Checker{kinds: kinds}, err
}

// Check checks files, each by itself and all together. The time decides what lies
// in the past.
func (c *Checker) Check(ctx context.Context, files []File, now time.Time) Result {
	r := Result{Files: len(files), Findings: []Finding{}}
	set := newSet()
	for _, file := range files {
		objects, findings := parse(file)
		r.Findings = append(r.Findings, findings...)
		for _, o := range objects {
			r.Objects++
			if !ours(o) {
				r.Foreign++
				set.foreign(o)
				continue
			}
			faults := c.checkObject(ctx, o, now)
			r.Findings = append(r.Findings, faults...)
			set.add(o)
		}
	}
	r.Findings = append(r.Findings, set.check()...)
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), strings.Compare(a.Field, b.Field), strings.Compare(a.Message, b.Message))
	})
	r.Findings = slices.Compact(r.Findings)
	return r
}

func ours(o *object) bool {
	group, _, _ := strings.Cut(o.text("apiVersion"), "/")
	return group == v1alpha1.GroupName
}

func (c *Checker) checkObject(ctx context.Context, o *object, now time.Time) []Finding {
	version := v1alpha1.GroupVersion.String()
	if got := o.text("apiVersion"); got != version {
		return []Finding{o.finding(Error, "apiVersion", "there is no "+got+": use "+version)}
	}
	k, known := c.kinds[o.text("kind")]
	if !known {
		return []Finding{o.finding(Error, "kind", "there is no kind "+quote(o.text("kind"))+": use "+strings.Join(c.names(), ", "))}
	}
	var findings []Finding
	faults := k.check(ctx, o.content)
	for _, fault := range faults {
		findings = append(findings, o.fault(fault))
	}
	for _, finding := range checkMeaning(o, now) {
		// Of a cron line the API server tells the form only, and the operator what is wrong in it.
		if strings.HasSuffix(finding.Field, ".schedule") {
			findings = slices.DeleteFunc(findings, func(f Finding) bool { return f.Field == finding.Field })
		}
		// What the API server says of any other field, or of one inside, is enough.
		if !slices.ContainsFunc(findings, func(f Finding) bool {
			inside, of := strings.CutPrefix(f.Field, finding.Field)
			return of && (inside == "" || inside[0] == '.' || inside[0] == '[')
		}) {
			findings = append(findings, finding)
		}
	}
	return findings
}

// names are the kinds that people write.
func (c *Checker) names() []string {
	var names []string
	for name := range c.kinds {
		if name != "WebexLicense" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func quote(text string) string { return `"` + text + `"` }

func (o *object) finding(severity Severity, path, message string) Finding {
	name := o.text("metadata", "name")
	if name == "" {
		name = o.text("metadata", "generateName")
	}
	return Finding{File: o.file, Line: o.lineAt(path), Severity: severity, Kind: o.text("kind"), Name: name, Field: path, Message: message}
}

func (o *object) fault(fault *field.Error) Finding {
	path := fault.Field
	if path == "<nil>" { // a rule about the whole object
		path = ""
	}
	message := cmp.Or(fault.Detail, strings.ToLower(fault.Type.String()))
	switch value := fault.BadValue.(type) {
	case string:
		if value != "" && fault.Type != field.ErrorTypeForbidden && fault.Type != field.ErrorTypeTypeInvalid && len(value) <= maxQuoted {
			message = quote(value) + ": " + message
		}
	case int64, float64, bool:
		message = fmt.Sprintf("%v: %s", value, message)
	}
	return o.finding(Error, path, message)
}

const maxQuoted = 64
