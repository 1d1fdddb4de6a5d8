package manifest

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/schedule"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// checkPartner finds what discoveries, or the customers that are made, cannot work by.
func checkPartner(o *object, p *v1alpha1.WebexPartner) (findings []Finding) {
	add := func(path, message string) { findings = append(findings, o.finding(Error, path, message)) }
	if id := p.Spec.OrganizationID; id != "" {
		if _, err := webex.ParseOrganizationID(id); err != nil {
			add("spec.organizationID", err.Error())
		}
	}
	if s := p.Spec.Select; s != nil {
		checkMatch("spec.select", s.OrganizationMatch, add)
		if s.Exclude != nil {
			checkMatch("spec.select.exclude", *s.Exclude, add)
		}
	}
	t := p.Spec.Template
	if t == nil {
		return findings
	}
	findings = append(findings, checkAges(o, "spec.template", t.Collection, t.StaleAfter)...)
	path := field.NewPath("spec", "template")
	faults := metavalidation.ValidateLabels(t.Labels, path.Child("labels"))
	for i, entry := range t.ByTag {
		faults = append(faults, metavalidation.ValidateLabels(entry.Labels, path.Child("byTag").Index(i).Child("labels"))...)
	}
	for _, fault := range faults {
		findings = append(findings, o.fault(fault))
	}
	if t.Schedule != nil {
		checkTimes(t.Schedule, add)
	}
	return findings
}

// checkMatch finds ids that are none; the API server knows whether a name is a regular expression.
func checkMatch(at string, lists v1alpha1.OrganizationMatch, add func(path, message string)) {
	for i, id := range lists.OrganizationIDs {
		if _, err := webex.ParseOrganizationID(id); err != nil {
			add(fmt.Sprintf("%s.organizationIDs[%d]", at, i), err.Error())
		}
	}
}

// checkTimes finds a cron line, or a time zone, that is none. One may be wrong beside the other.
func checkTimes(s *v1alpha1.PartnerSchedule, add func(path, message string)) {
	spec := schedule.Spec{Cron: s.Schedule, TimeZone: s.TimeZone}
	_, err := schedule.Parse(spec)
	for fault := (*schedule.Error)(nil); errors.As(err, &fault); {
		add("spec.template.schedule."+fault.Field, fault.Message)
		if fault.Field != schedule.FieldTimeZone {
			return
		}
		spec.TimeZone = "Etc/UTC"
		_, err = schedule.Parse(spec)
	}
}

// checkComing finds a partner whose customers no schedule reads, as far as it is given here.
func (s *set) checkComing(o *object, p *v1alpha1.WebexPartner) {
	if p.Spec.Mode != v1alpha1.PartnerModeCreate || p.Spec.Template != nil && p.Spec.Template.Schedule != nil {
		return
	}
	if slices.ContainsFunc(s.ours, func(other *object) bool {
		plan, ok := typed[v1alpha1.LicenseSyncSchedule](other)
		if !ok || other.text("kind") != "LicenseSyncSchedule" || plan.Namespace != p.Namespace || plan.Spec.CustomerAccessSelector == nil {
			return false
		}
		selector, err := metav1.LabelSelectorAsSelector(plan.Spec.CustomerAccessSelector)
		return err == nil && selector.Matches(labelsToCome(p))
	}) {
		return
	}
	s.report(o, Warning, "spec.mode", "the customers come without a schedule, and their figures are not renewed unless one selects them, such as that of the chart's defaultSchedule: add spec.template.schedule")
}

// labelsToCome are the labels of the customers that a partner makes, whatever their tags.
func labelsToCome(p *v1alpha1.WebexPartner) labels.Set {
	set := labels.Set{}
	if t := p.Spec.Template; t != nil {
		maps.Copy(set, t.Labels)
	}
	set[v1alpha1.LabelPartner] = p.Name
	return set
}

// makes says whether a partner that is given makes customers that a schedule selects.
func (s *set) makes(namespace string, selector labels.Selector) bool {
	return slices.ContainsFunc(s.ours, func(o *object) bool {
		p, ok := typed[v1alpha1.WebexPartner](o)
		return ok && o.text("kind") == "WebexPartner" && p.Namespace == namespace && selector.Matches(labelsToCome(p))
	})
}

// checkElsewhere finds a Secret that is given for another namespace alone.
func (s *set) checkElsewhere(o *object, namespace, field, name string) {
	if s.others[id{"Secret", namespace, name}] != nil {
		return
	}
	var elsewhere []string
	for key := range s.others {
		if key.kind == "Secret" && key.name == name {
			elsewhere = append(elsewhere, key.namespace)
		}
	}
	slices.Sort(elsewhere)
	if len(elsewhere) > 0 {
		s.report(o, Warning, field, "Secret %s is given for namespace %q only, and is read from this object's own: give it there, or see whether it is in the cluster", name, elsewhere[0])
	}
}
