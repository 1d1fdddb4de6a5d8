// Package plan says in words who would get and who would lose licences: a preview of
// the operator's own plan, for a terminal, a program, or a comment on a pull request.
// It is pure: nothing of it is stored.
package plan

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/output"
	"github.com/webex-operator/webex-license-operator/internal/assign"
	"github.com/webex-operator/webex-license-operator/internal/assignrun"
)

// Kind is the kind of the document.
const Kind = "LicensePlan"

// Document is a plan. Items are changes.
type Document struct {
	output.Kind
	Namespace   string       `json:"namespace"`
	Assignments []Assignment `json:"assignments"`
	Items       []Change     `json:"items"`
}

// Assignment is what the plan means for one WebexLicenseAssignment, in numbers of people.
type Assignment struct {
	Customer string `json:"customer"`
	Name     string `json:"name"`
	// License is the licence's name in Webex, or as the spec selects it.
	License  string                  `json:"license"`
	Mode     v1alpha1.AssignmentMode `json:"mode"`
	Unlisted v1alpha1.UnlistedPolicy `json:"unlisted"`
	// Reason and Message are those of condition Ready after a run with this plan. Blocked says that something has to be
	// corrected before all of the plan can come true.
	Reason  string `json:"reason"`
	Message string `json:"message"`
	Blocked bool   `json:"blocked"`
	// The people of the lists, and those of them whom no person of the organization is, at these places.
	Listed     int64    `json:"listed"`
	NotFound   int64    `json:"notFound"`
	NotFoundAt []string `json:"notFoundAt,omitempty"`
	// Add get it, NoUnits would if units were free, Unchanged hold it, Remove lose a licence, Skipped and Protected are
	// listed and not touched.
	Add       int64 `json:"add"`
	NoUnits   int64 `json:"noUnits"`
	Unchanged int64 `json:"unchanged"`
	Remove    int64 `json:"remove"`
	Skipped   int64 `json:"skipped"`
	Protected int64 `json:"protected"`
	// Held removals wait for approval of Token, which the operator knows if Approvable.
	Held       int64  `json:"held"`
	Token      string `json:"token,omitempty"`
	Approvable bool   `json:"approvable"`
}

// Change is a licence that a person would get or lose.
type Change struct {
	Customer string `json:"customer"`
	// Assignments are the names of those that it follows from.
	Assignments []string `json:"assignments"`
	// Action is Add or Remove.
	Action string `json:"action"`
	// Person is the person's first address in Webex.
	Person string `json:"person"`
	// License is the licence's name in Webex, Row the name of its WebexLicense.
	License string `json:"license"`
	Row     string `json:"row"`
	// Why is the rule that it follows from, State what becomes of it.
	Why   assign.Why   `json:"why"`
	State assign.State `json:"state"`
}

// The actions.
const (
	Add    = "Add"
	Remove = "Remove"
)

// New makes an empty document.
func New(namespace string) *Document {
	return &Document{Kind: output.Document(Kind), Namespace: namespace, Assignments: []Assignment{}, Items: []Change{}}
}

// blocking are reasons of Ready by which something has to be corrected.
var blocking = []string{
	v1alpha1.ReasonLicenseNotFound, v1alpha1.ReasonLicenseNotAssignable, v1alpha1.ReasonLicenseAmbiguous, v1alpha1.ReasonLicenseChanged,
	v1alpha1.ReasonNotManaged, v1alpha1.ReasonSubjectsUnresolved, v1alpha1.ReasonSubjectsNotFound, v1alpha1.ReasonConflict,
}

// Put adds the preview of a customer's assignments: of the one of a name, or of all. Specs are those that were planned,
// with the status that the cluster has.
func (d *Document) Put(customer string, specs []v1alpha1.WebexLicenseAssignment, preview *assignrun.Preview, name string) {
	for i := range specs {
		spec := &specs[i]
		at := slices.IndexFunc(preview.Assignments, func(p assignrun.AssignmentPreview) bool { return p.Name == spec.Name })
		if at >= 0 && (name == "" || name == spec.Name) {
			d.Assignments = append(d.Assignments, assignment(customer, spec, &preview.Assignments[at]))
		}
	}
	for _, c := range preview.Changes {
		if name != "" && !slices.Contains(c.Assignments, name) {
			continue
		}
		action := Add
		if c.Remove {
			action = Remove
		}
		d.Items = append(d.Items, Change{
			Customer: customer, Assignments: c.Assignments, Action: action, Person: c.Person, License: c.License, Row: c.Row, Why: c.Why, State: c.State,
		})
	}
}

func assignment(customer string, w *v1alpha1.WebexLicenseAssignment, p *assignrun.AssignmentPreview) Assignment {
	a := Assignment{
		Customer: customer, Name: w.Name, License: w.Spec.License.Name, Mode: w.Spec.Mode, Unlisted: w.Spec.Unlisted,
	}
	if w.Spec.License.OfferCode != "" {
		a.License = "offer code " + w.Spec.License.OfferCode
	}
	if p.License != nil && p.License.Name != "" {
		a.License = p.License.Name
	}
	if p.Verdict != nil {
		a.Reason, a.Message = p.Verdict.Reason, p.Verdict.Message
	}
	if s := p.Subjects; s != nil {
		a.Listed, a.NotFound, a.NotFoundAt, a.Protected = ptr.Deref(s.Listed, 0), ptr.Deref(s.NotFound, 0), s.NotFoundAt, ptr.Deref(s.Protected, 0)
	}
	if n := p.Plan; n != nil {
		a.Add, a.NoUnits, a.Unchanged = ptr.Deref(n.Add, 0), ptr.Deref(n.NoUnits, 0), ptr.Deref(n.Unchanged, 0)
		a.Remove, a.Skipped = ptr.Deref(n.Remove, 0), ptr.Deref(n.Skipped, 0)
	}
	if h := p.Held; h != nil {
		a.Held, a.Token = ptr.Deref(h.People, 0), h.Token
		a.Approvable = w.Status.Held != nil && w.Status.Held.Token == h.Token
	}
	a.Blocked = a.NotFound > 0 || slices.Contains(blocking, a.Reason)
	return a
}

// Blocked are the assignments that have something to correct.
func (d *Document) Blocked() []Assignment {
	return slices.DeleteFunc(slices.Clone(d.Assignments), func(a Assignment) bool { return !a.Blocked })
}

// Differs says whether anything is to change, now or once it is let.
func (d *Document) Differs() bool {
	return slices.ContainsFunc(d.Items, func(c Change) bool { return !c.skipped() })
}

// Of are the changes that follow from an assignment, removals first, then by address.
func (d *Document) Of(a *Assignment) []Change {
	changes := slices.DeleteFunc(slices.Clone(d.Items), func(c Change) bool { return c.Customer != a.Customer || !slices.Contains(c.Assignments, a.Name) })
	slices.SortStableFunc(changes, func(a, b Change) int {
		if a.Action != b.Action {
			return strings.Compare(b.Action, a.Action)
		}
		return strings.Compare(a.Person, b.Person)
	})
	return changes
}

// Counts is the plan of an assignment in numbers.
func (a *Assignment) Counts() string {
	parts := []string{fmt.Sprintf("%d to get it", a.Add), fmt.Sprintf("%d to lose a licence", a.Remove), fmt.Sprintf("%d as listed already", a.Unchanged)}
	for _, more := range []struct {
		n    int64
		what string
	}{
		{a.Held, "held"},
		{a.NoUnits, "without a free unit"},
		{a.NotFound, "not found"},
		{a.Skipped, "skipped"},
		{a.Protected, "protected"},
	} {
		if more.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", more.n, more.what))
		}
	}
	return strings.Join(parts, ", ")
}

// Notable says whether the reason and its message say more than the numbers.
func (a *Assignment) Notable() bool {
	return a.Reason != "" && a.Reason != v1alpha1.ReasonInSync && a.Reason != v1alpha1.ReasonPlanPending
}

// Approve is the command that approves the held removals; empty if there is nothing to approve yet.
func (a *Assignment) Approve() string {
	if a.Held == 0 || !a.Approvable {
		return ""
	}
	return "kubectl webex approve-removals " + a.Name + " --token " + a.Token
}

// Sum is the whole plan in one line.
func (d *Document) Sum() string {
	var add, remove int
	for i := range d.Items {
		switch c := &d.Items[i]; {
		case c.skipped():
		case c.Action == Add:
			add++
		default:
			remove++
		}
	}
	noun := "assignments"
	if len(d.Assignments) == 1 {
		noun = "assignment"
	}
	if add+remove == 0 {
		return fmt.Sprintf("%d %s: nothing to change", len(d.Assignments), noun)
	}
	return fmt.Sprintf("%d %s: %d to add, %d to remove", len(d.Assignments), noun, add, remove)
}

// skipped says that no run carries the change out as things are.
func (c *Change) skipped() bool { return c.State == assign.CallingOnly || c.State == assign.Conflict }

// Reason is why a change is planned, in words.
func (c *Change) Reason() string {
	switch c.Why {
	case assign.Listed:
		return "listed"
	case assign.Unlisted:
		return "in no list"
	case assign.OtherLicense:
		return "outside of the defaults, beside the same inside"
	}
	return string(c.Why)
}

// Fate is what becomes of a change, in words.
func (c *Change) Fate() string {
	switch c.State {
	case assign.Send:
		return "by the next run"
	case assign.ReportOnly:
		return "only reported"
	case assign.Held:
		return "held until approved"
	case assign.NoUnits:
		return "waits for a free unit"
	case assign.Conflict:
		return "skipped: assignments disagree"
	case assign.CallingOnly:
		return "skipped: holds calling licences only"
	}
	return string(c.State)
}

// Sign is + or -.
func (c *Change) Sign() string {
	if c.Action == Remove {
		return "-"
	}
	return "+"
}
