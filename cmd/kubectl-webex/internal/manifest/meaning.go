package manifest

import (
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/schedule"
	"github.com/webex-operator/webex-license-operator/internal/survey"
	"github.com/webex-operator/webex-license-operator/internal/timetable"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// typed reads an object into its type. What does not fit was found already, so
// that the rest need not be looked at.
func typed[T any](o *object) (*T, bool) {
	out := new(T)
	return out, runtime.DefaultUnstructuredConverter.FromUnstructured(o.content, out) == nil
}

// checkMeaning finds what the API server accepts and the operator refuses later.
func checkMeaning(o *object, now time.Time) []Finding {
	switch o.text("kind") {
	case "LicenseSyncSchedule":
		if s, ok := typed[v1alpha1.LicenseSyncSchedule](o); ok {
			return checkSchedule(o, s, now)
		}
	case "WebexCustomerAccess":
		if c, ok := typed[v1alpha1.WebexCustomerAccess](o); ok {
			return checkCustomer(o, c)
		}
	case "WebexPartner":
		if p, ok := typed[v1alpha1.WebexPartner](o); ok {
			return checkPartner(o, p)
		}
	case "WebexLicenseAssignment":
		if w, ok := typed[v1alpha1.WebexLicenseAssignment](o); ok {
			return checkAddresses(o, "spec.subjects.emails", w.Spec.Subjects.Emails)
		}
	case "LicenseSync":
		if r, ok := typed[v1alpha1.LicenseSync](o); ok && r.Spec.Trigger != "" && r.Spec.Trigger != v1alpha1.TriggerManual {
			return []Finding{o.finding(Warning, "spec.trigger", "this trigger is the operator's: leave the field away")}
		}
	case "WebexLicense":
		return []Finding{o.finding(Warning, "", "licence rows are written by runs, which repair or remove what a manifest brings: leave the object away")}
	}
	return nil
}

func checkSchedule(o *object, s *v1alpha1.LicenseSyncSchedule, now time.Time) []Finding {
	var findings []Finding
	add := func(severity Severity, path, format string, args ...any) {
		findings = append(findings, o.finding(severity, path, fmt.Sprintf(format, args...)))
	}
	if s.Spec.Schedule == "" && len(s.Spec.At) == 0 && s.Spec.Every == nil {
		return nil // the API server says so
	}
	now = now.Truncate(time.Second) // a creation has whole seconds
	s.CreationTimestamp = metav1.NewTime(now)
	spec := timetable.SpecOf(s, now)
	plan, err := schedule.Parse(spec)
	var fault *schedule.Error
	for errors.As(err, &fault) {
		add(Error, "spec."+fault.Field, "%s", fault.Message)
		if fault.Field != schedule.FieldTimeZone {
			break
		}
		spec.TimeZone = "Etc/UTC" // the line may be wrong, too
		_, err = schedule.Parse(spec)
	}
	if plan != nil {
		if _, ok := plan.Next(now); !ok {
			add(Warning, lastField(s), "all slots of the plan have passed: nothing will run")
		}
	}
	if selector := s.Spec.CustomerAccessSelector; selector != nil {
		if _, err := metav1.LabelSelectorAsSelector(selector); err != nil {
			add(Error, "spec.customerAccessSelector", "%v", err)
		}
	}
	if template := s.Spec.SyncTemplate; template != nil {
		for _, fault := range metavalidation.ValidateLabels(template.Labels, field.NewPath("spec", "syncTemplate", "labels")) {
			findings = append(findings, o.fault(fault))
		}
	}
	return findings
}

// lastField is the field that ends a plan.
func lastField(s *v1alpha1.LicenseSyncSchedule) string {
	if s.Spec.EndTime != nil {
		return "spec.endTime"
	}
	return "spec.at"
}

// checkAges finds figures of locations that may get older than figures may be at all: who wants people to be read less often
// has to say so twice.
func checkAges(o *object, at string, collection *v1alpha1.Collection, staleAfter *metav1.Duration) []Finding {
	if collection == nil || collection.SiteMaxAge == nil {
		return nil
	}
	stale := survey.StaleAfter(&v1alpha1.WebexCustomerAccess{Spec: v1alpha1.WebexCustomerAccessSpec{StaleAfter: staleAfter}})
	if collection.SiteMaxAge.Duration <= stale {
		return nil
	}
	return []Finding{o.finding(Warning, at+".collection.siteMaxAge", fmt.Sprintf("this is longer than %s.staleAfter (%s), which goes first: raise staleAfter too, or leave siteMaxAge away",
		at, duration.HumanDuration(stale)))}
}

func checkCustomer(o *object, c *v1alpha1.WebexCustomerAccess) (findings []Finding) {
	if id := c.Spec.OrganizationID; id != "" {
		if _, err := webex.ParseOrganizationID(id); err != nil {
			findings = append(findings, o.finding(Error, "spec.organizationID", err.Error()))
		}
	}
	findings = append(findings, checkAges(o, "spec", c.Spec.Collection, c.Spec.StaleAfter)...)
	if a := c.Spec.Assignment; a != nil && a.ProtectedSubjects != nil {
		findings = append(findings, checkAddresses(o, "spec.assignment.protectedSubjects.emails", a.ProtectedSubjects.Emails)...)
	}
	return findings
}
