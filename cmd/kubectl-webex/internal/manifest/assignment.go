package manifest

import (
	"cmp"
	"fmt"

	yamlnode "go.yaml.in/yaml/v3"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/subjects"
)

// checkAddresses finds addresses of a field that are none, or there twice.
func checkAddresses(o *object, field string, list []string) []Finding {
	_, faults := subjects.ParseList(field, list)
	findings := make([]Finding, len(faults))
	for i, fault := range faults {
		findings[i] = o.finding(Error, fault.Source, fault.Problem)
	}
	return findings
}

// checkSources looks into the lists of addresses that were given.
func (s *set) checkSources(o *object, w *v1alpha1.WebexLicenseAssignment) {
	for i, source := range w.Spec.Subjects.EmailsFrom {
		field := fmt.Sprintf("spec.subjects.emailsFrom[%d]", i)
		kind, key := string(cmp.Or(source.Kind, v1alpha1.SubjectSourceSecret)), cmp.Or(source.Key, "emails")
		given := s.others[id{kind, w.Namespace, source.Name}]
		if given == nil || given.content["sops"] != nil { // which only SOPS can read
			continue
		}
		content, member, err := valueOf(given, key)
		switch {
		case err != nil:
			s.report(given, Error, member, "key %s is no base64: give data of a Secret and binaryData of a ConfigMap in base64, or text in stringData or data", key)
			continue
		case member == "":
			s.report(o, Error, field, "%s %s has no key %s: name one that it has, or add it", kind, source.Name, key)
			continue
		}
		_, faults := subjects.ParseLines("key "+key, content)
		for _, fault := range faults {
			finding := given.finding(Error, member, fault.Where()+" "+fault.Problem)
			finding.Line = given.lineInside(member, key, fault.Line)
			s.findings = append(s.findings, finding)
		}
	}
}

// lineInside is the file's line of a line of a text; that of its key where the text is written in another way.
func (o *object) lineInside(member, key string, line int) int {
	node, at := childAt(child(o.node, member), key)
	switch {
	case node == nil:
		return o.lineAt(member)
	case node.Style == yamlnode.LiteralStyle && line > 0:
		return o.line + node.Line - 1 + line
	}
	return o.line + at - 1
}

// checkLocks finds an assignment that is to be carried out, and cannot be.
func (s *set) checkLocks(o *object, w *v1alpha1.WebexLicenseAssignment) {
	customer := s.byID[id{"WebexCustomerAccess", w.Namespace, w.Spec.CustomerAccessRef.Name}]
	if customer == nil || w.Spec.Mode != v1alpha1.AssignmentModeEnforce {
		return
	}
	if c, ok := typed[v1alpha1.WebexCustomerAccess](customer); ok && c.Spec.Assignment == nil {
		s.report(o, Warning, "spec.mode", "customer %s has no spec.assignment (%s, line %d), so that nothing is carried out: add it, or set the mode to Report", c.Name, customer.file, customer.lineAt("spec"))
	}
}

// pool is a licence as assignments select it.
type pool struct {
	namespace, customer string
	license             v1alpha1.LicenseSelector
}

// checkPool finds two assignments of a licence of which one alone takes it from others.
func (s *set) checkPool(o *object, w *v1alpha1.WebexLicenseAssignment, seen map[pool]*object) {
	p := pool{w.Namespace, w.Spec.CustomerAccessRef.Name, w.Spec.License}
	other := seen[p]
	if other == nil {
		seen[p] = o
		return
	}
	takes, keeps := o, other
	if cmp.Or(w.Spec.Unlisted, v1alpha1.UnlistedKeep) == v1alpha1.UnlistedKeep {
		takes, keeps = other, o
	}
	if takes.text("spec", "unlisted") != string(v1alpha1.UnlistedRemove) || keeps.text("spec", "unlisted") == string(v1alpha1.UnlistedRemove) {
		return
	}
	s.report(takes, Warning, "spec.unlisted", "the licence is taken from no person, since assignment %s of the same licence does not say Remove (%s, line %d): say the same in both", keeps.id().name, keeps.file, keeps.lineAt("spec.unlisted"))
}
