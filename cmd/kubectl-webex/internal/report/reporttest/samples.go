package reporttest

import (
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/report"
)

// Now is the time of the samples.
var Now = time.Date(2026, 3, 10, 9, 30, 0, 0, time.UTC)

// Large is a fleet of 200 customers with 10,000 rows.
func Large() report.Source {
	return Fleet(Options{Seed: 4, Customers: 200, Licenses: 10, Locations: 4, Runs: 30, Now: Now})
}

// Samples are reports that look as different as reports can, by name.
func Samples() map[string]*report.Report {
	small := Options{Seed: 10, Customers: 3, Licenses: 6, Locations: 4, Runs: 21, Now: Now}
	location := Fleet(small)
	location.Scope.Location = "Munich"
	hostile := Fleet(small)
	const evil = `</script><script src="https://example.com/x.js">alert(1)</script><img src=x onerror=alert(2)>"'` + "`{{.}}\u202e"
	for i := range hostile.Rows {
		s := &hostile.Rows[i].Status
		if s.Location != "" {
			s.Location = evil
		}
		s.Name = strings.Repeat("Donaudampfschiff", 8) + evil
	}
	hostile.Scope.At = evil
	for i := range hostile.Customers {
		hostile.Customers[i].Spec.CustomerName = evil
		hostile.Customers[i].Spec.HierarchyPath = evil + "." + evil
	}
	hostile.Notes = []string{evil}
	return map[string]*report.Report{
		"small":    later(small),
		"location": report.New(location),
		"hostile":  report.New(hostile),
		"empty":    report.New(report.Source{Now: Now, Scope: report.Scope{Namespace: "webex"}}),
	}
}

// later is a report that is compared with one of a week before.
func later(o Options) *report.Report {
	now := Fleet(o)
	now.Scope.Namespace = "webex"
	initech := &now.Customers[2]
	initech.Status.Conditions = append(initech.Status.Conditions, metav1.Condition{
		Type: v1alpha1.ConditionCapacityOK, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonOverAssigned,
		Message: "more units are in use than were bought: Webex Calling - Professional",
	})
	over := &now.Rows[2*o.Licenses*(o.Locations+1)].Status // initech's first licence
	more := *over.TotalUnits + 14 - *over.ConsumedUnits
	over.ConsumedUnits = new(*over.ConsumedUnits + more)
	initech.Status.Totals.ConsumedUnits = new(*initech.Status.Totals.ConsumedUnits + more)
	for i := range now.Runs { // the newest run found it
		if run := &now.Runs[i]; run.Spec.CustomerAccessRef.Name == initech.Name && run.Status.CompletionTime.Equal(initech.Status.LastSuccessfulSyncTime) {
			run.Status.ConsumedUnits = initech.Status.Totals.ConsumedUnits
		}
	}
	then := Fleet(o)
	then.Scope, then.Now = now.Scope, Now.AddDate(0, 0, -7)
	for i := range then.Customers {
		if c := &then.Customers[i]; c.Name != "globex" {
			c.Status.LastSuccessfulSyncTime = new(metav1.NewTime(c.Status.LastSuccessfulSyncTime.AddDate(0, 0, -7)))
		}
	}
	for i := range then.Rows {
		row := &then.Rows[i]
		switch {
		case i%11 == 2:
			*row.Status.ConsumedUnits -= min(*row.Status.ConsumedUnits, int64(3+i%7))
		case i == 30:
			*row.Status.TotalUnits -= 10
		case i == 60:
			row.Status.Name = "Webex Meetings"
		}
	}
	then.Rows = append(then.Rows[:15], then.Rows[20:]...)
	r := report.New(now)
	r.Compare(report.New(then))
	return r
}
