// Package overview says what a person must know of a customer, the worst first.
// It is pure: objects in, words out, the time is a parameter.
package overview

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/partner"
)

// Customer is the state of one customer.
type Customer struct {
	// Namespace and Name are the object's; DisplayName is the customer's own.
	Namespace     string `json:"namespace"`
	Name          string `json:"name"`
	DisplayName   string `json:"displayName"`
	HierarchyPath string `json:"hierarchyPath,omitempty"`
	// Organization and OrganizationID are what Webex says.
	Organization   string `json:"organization,omitempty"`
	OrganizationID string `json:"organizationID,omitempty"`
	// Ready is True, False or Unknown; Reason says why.
	Ready  metav1.ConditionStatus `json:"ready"`
	Reason string                 `json:"reason"`
	// Suspended customers are not read.
	Suspended bool `json:"suspended"`
	// Licenses are purchased; the units are those of purchased licences.
	Licenses       *int64 `json:"licenses,omitempty"`
	Locations      *int64 `json:"locations,omitempty"`
	TotalUnits     *int64 `json:"totalUnits,omitempty"`
	ConsumedUnits  *int64 `json:"consumedUnits,omitempty"`
	AvailableUnits *int64 `json:"availableUnits,omitempty"`
	// Capacity is the worst of the customer's licences: WithinThresholds, Warning,
	// Critical, Exhausted or OverAssigned.
	Capacity string `json:"capacity,omitempty"`
	// LastSuccessfulSyncTime is the time of the figures, NextStart that of the next
	// run, and NextTrigger why it is: Schedule or Upgrade.
	LastSuccessfulSyncTime *time.Time       `json:"lastSuccessfulSyncTime,omitempty"`
	NextStart              *time.Time       `json:"nextStart,omitempty"`
	NextTrigger            v1alpha1.Trigger `json:"nextTrigger,omitempty"`
	// LastWalkTime is when people and workspaces were last read: figures of locations are of then.
	LastWalkTime *time.Time `json:"lastWalkTime,omitempty"`
	// Active are unfinished runs, LastRun is how the latest attempt ended.
	Active  []string `json:"active,omitempty"`
	LastRun string   `json:"lastRun,omitempty"`
	// Credentials are those in use.
	Credentials           v1alpha1.CredentialKind `json:"credentials,omitempty"`
	CredentialsExpiration *time.Time              `json:"credentialsExpiration,omitempty"`
	Subscription          string                  `json:"subscription,omitempty"`
	SiteURL               string                  `json:"siteURL,omitempty"`
	// Partner is the WebexPartner that made the customer; documents have it as a label of the object.
	Partner string `json:"-"`
	// Assignments sum up the customer's WebexLicenseAssignments; nil if there are none.
	Assignments *Assignments `json:"assignments,omitempty"`
	// Issues need attention, the worst first.
	Issues []Issue `json:"issues,omitempty"`
}

// Issue is something to see to.
type Issue struct {
	// Severity is Error or Warning.
	Severity Severity `json:"severity"`
	// Condition says so, Reason is its word, Message the explanation with the
	// remedy.
	Condition string `json:"condition"`
	Reason    string `json:"reason"`
	Message   string `json:"message"`
	// Assignment is the WebexLicenseAssignment that says so; empty for the customer itself.
	Assignment string `json:"assignment,omitempty"`
}

// Name is the reason, with what it is about where that is not obvious.
func (i Issue) Name() string {
	switch {
	case i.Condition == v1alpha1.ConditionCapacityOK:
		return "Capacity" + i.Reason
	case i.Assignment != "":
		return "Assignment" + i.Reason
	}
	return i.Reason
}

// Severity says how bad an issue is.
type Severity string

// The severities.
const (
	Error   Severity = "Error"
	Warning Severity = "Warning"
)

// Of is the state of a customer. Runs are the customer's, next is when a schedule starts
// one.
func Of(c *v1alpha1.WebexCustomerAccess, runs []v1alpha1.LicenseSync, next *time.Time) Customer {
	o := Customer{
		Namespace: c.Namespace, Name: c.Name, DisplayName: c.Spec.CustomerName, HierarchyPath: c.Spec.HierarchyPath, Partner: c.Labels[v1alpha1.LabelPartner],
		Suspended: ptr.Deref(c.Spec.Suspend, false), Ready: metav1.ConditionUnknown, Reason: v1alpha1.ReasonPending,
		LastSuccessfulSyncTime: TimeOf(c.Status.LastSuccessfulSyncTime), LastWalkTime: TimeOf(c.Status.LastWalkTime),
	}
	o.NextStart, o.NextTrigger = nextStart(c, next)
	if o.DisplayName == "" {
		o.DisplayName = c.Name
	}
	if org := c.Status.Organization; org != nil {
		o.Organization, o.OrganizationID = org.DisplayName, org.ID
	}
	if t := c.Status.Totals; t != nil {
		o.Licenses, o.Locations, o.TotalUnits, o.ConsumedUnits, o.AvailableUnits = t.Licenses, t.Locations, t.TotalUnits, t.ConsumedUnits, t.AvailableUnits
	}
	if d := c.Status.Defaults; d != nil {
		o.Subscription, o.SiteURL = d.Subscription, d.SiteURL
	}
	if k := c.Status.Credentials; k != nil {
		o.Credentials, o.CredentialsExpiration = k.Kind, expiration(k)
	}
	if last := c.Status.LastRun; last != nil {
		o.LastRun = last.Reason
	}
	if ready := meta.FindStatusCondition(c.Status.Conditions, v1alpha1.ConditionReady); ready != nil {
		o.Ready, o.Reason = ready.Status, ready.Reason
	}
	if capacity := meta.FindStatusCondition(c.Status.Conditions, v1alpha1.ConditionCapacityOK); capacity != nil {
		o.Capacity = capacity.Reason
	}
	for i := range runs {
		if run := &runs[i]; run.Namespace == c.Namespace && run.Spec.CustomerAccessRef.Name == c.Name && !Finished(run) {
			o.Active = append(o.Active, run.Name)
		}
	}
	slices.Sort(o.Active)
	o.Issues = issues(c)
	return o
}

// PeopleRead is when people and workspaces were last read, where the last successful run had no reason to read them
// again; else nil.
func PeopleRead(lastSuccess, lastWalk *time.Time) *time.Time {
	if lastSuccess == nil || lastWalk == nil || !lastWalk.Before(*lastSuccess) {
		return nil
	}
	return lastWalk
}

// nextStart is when the customer runs next, and why: by a schedule, or because the operator
// was upgraded.
func nextStart(c *v1alpha1.WebexCustomerAccess, scheduled *time.Time) (*time.Time, v1alpha1.Trigger) {
	upgrade := TimeOf(c.Status.UpgradeRunTime)
	switch {
	case upgrade != nil && !ptr.Deref(c.Spec.Suspend, false) && (scheduled == nil || upgrade.Before(*scheduled)):
		return upgrade, v1alpha1.TriggerUpgrade
	case scheduled != nil:
		return scheduled, v1alpha1.TriggerSchedule
	}
	return nil, ""
}

// expiration is when the credentials end for good: an access token that can be
// renewed is no end.
func expiration(k *v1alpha1.CredentialsStatus) *time.Time {
	if k.Kind == v1alpha1.CredentialKindAccessToken {
		return TimeOf(k.AccessTokenExpirationTime)
	}
	return TimeOf(k.RefreshTokenExpirationTime)
}

// TimeOf is a time of the API as a pointer to one of Go, in UTC.
func TimeOf(t *metav1.Time) *time.Time {
	if t == nil {
		return nil
	}
	return new(t.UTC())
}

// Finished says whether a run has ended, well or not.
func Finished(run *v1alpha1.LicenseSync) bool { return Succeeded(run) || Failed(run) }

// Succeeded says whether a run has ended well.
func Succeeded(run *v1alpha1.LicenseSync) bool {
	return meta.IsStatusConditionTrue(run.Status.Conditions, v1alpha1.ConditionComplete)
}

// Failed says whether a run has failed for good.
func Failed(run *v1alpha1.LicenseSync) bool {
	return meta.IsStatusConditionTrue(run.Status.Conditions, v1alpha1.ConditionFailed)
}

// order lists conditions from the one to see to first. A condition that is worse
// than those after it often is their cause.
var order = []struct {
	condition string
	severity  Severity
}{
	{v1alpha1.ConditionReady, Error},
	{v1alpha1.ConditionReconciling, Warning},
	{v1alpha1.ConditionCredentialsValid, Error},
	{v1alpha1.ConditionPruneHeld, Warning},
	{v1alpha1.ConditionCapacityOK, Warning},
	{v1alpha1.ConditionDefaultsResolved, Warning},
	{v1alpha1.ConditionDataFresh, Warning},
}

// issues are the conditions that are not as they should be. The same reason
// twice, on Ready and on the condition it follows from, is one issue.
func issues(c *v1alpha1.WebexCustomerAccess) []Issue {
	var found []Issue
	seen := map[string]bool{}
	for _, o := range order {
		is := meta.FindStatusCondition(c.Status.Conditions, o.condition)
		if is == nil || seen[is.Reason] || !amiss(is) {
			continue
		}
		seen[is.Reason] = true
		severity := o.severity
		switch is.Reason {
		case v1alpha1.ReasonSuspended, v1alpha1.ReasonNeverSynced, v1alpha1.ReasonExpiresSoon, v1alpha1.ReasonRefreshRefused:
			severity = Warning
		case v1alpha1.ReasonExhausted, v1alpha1.ReasonOverAssigned:
			severity = Error
		}
		found = append(found, Issue{Severity: severity, Condition: is.Type, Reason: is.Reason, Message: message(c, is)})
	}
	if last := c.Status.LastRun; len(found) == 0 && last != nil && last.Reason != v1alpha1.ReasonSucceeded && last.Reason != v1alpha1.ReasonCanceled {
		found = append(found, Issue{Severity: Warning, Condition: v1alpha1.ConditionReady, Reason: last.Reason, Message: "the figures are good, but the latest run failed: " + last.Message})
	}
	if ptr.Deref(c.Spec.Suspend, false) && !seen[v1alpha1.ReasonSuspended] {
		found = append(found, Issue{Severity: Warning, Condition: v1alpha1.ConditionReady, Reason: v1alpha1.ReasonSuspended, Message: suspension(c)})
	}
	slices.SortStableFunc(found, compareSeverity)
	return found
}

func compareSeverity(a, b Issue) int { return strings.Compare(string(a.Severity), string(b.Severity)) }

// message is that of the condition, with the plugin's own commands as remedies.
func message(c *v1alpha1.WebexCustomerAccess, is *metav1.Condition) string {
	switch held := c.Status.HeldPrune; {
	case is.Type == v1alpha1.ConditionPruneHeld && held != nil:
		return fmt.Sprintf("Webex no longer has what %d rows show; they are kept until you approve: kubectl webex approve-prune %s", ptr.Deref(held.Rows, 0), c.Name)
	case is.Reason == v1alpha1.ReasonStale && PeopleRead(TimeOf(c.Status.LastSuccessfulSyncTime), TimeOf(c.Status.LastWalkTime)) != nil:
		return "figures of locations are older than spec.staleAfter: kubectl webex runs " + c.Name + " -o wide shows why people were not read, kubectl webex sync " + c.Name + " reads them now"
	case is.Reason == v1alpha1.ReasonStale:
		return "the figures are older than spec.staleAfter: kubectl webex runs " + c.Name + " shows why, kubectl webex sync " + c.Name + " reads them anew"
	case is.Reason == v1alpha1.ReasonNotScheduled:
		return "the figures are fresh, but no schedule reads them again: " + schedulesRemedy(c.Name)
	case is.Reason == v1alpha1.ReasonSuspended:
		return suspension(c)
	}
	return is.Message
}

// suspension says by whom a customer is suspended, and how that ends.
func suspension(c *v1alpha1.WebexCustomerAccess) string {
	name := c.Labels[v1alpha1.LabelPartner]
	for _, entry := range c.ManagedFields {
		var fields struct {
			Spec map[string]any `json:"f:spec"`
		}
		if name != "" && entry.Manager == partner.FieldManager(name) && entry.FieldsV1 != nil &&
			json.Unmarshal(entry.FieldsV1.GetRawBytes(), &fields) == nil && fields.Spec["f:suspend"] != nil {
			return fmt.Sprintf("partner %s has suspended the customer, since its organization is no longer listed or selected: kubectl webex partners %s", name, name)
		}
	}
	return "the customer is suspended: kubectl webex resume customer " + c.Name
}

// schedulesRemedy is what brings a customer a schedule.
func schedulesRemedy(customer string) string {
	return "kubectl webex schedules shows those that there are, for whose labels; kubectl webex connect " + customer + " --schedule makes one for the customer alone"
}

// amiss says whether a condition needs attention.
func amiss(is *metav1.Condition) bool {
	switch {
	case is.Type == v1alpha1.ConditionPruneHeld:
		return is.Status == metav1.ConditionTrue
	case is.Type == v1alpha1.ConditionReconciling:
		return is.Reason == v1alpha1.ReasonRunRefused // the rest goes on by itself
	case is.Reason == v1alpha1.ReasonExpiresSoon, is.Reason == v1alpha1.ReasonRefreshRefused, is.Reason == v1alpha1.ReasonNotScheduled:
		return true
	}
	return is.Status == metav1.ConditionFalse
}
