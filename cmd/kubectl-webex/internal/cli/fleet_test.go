package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// The fleet is a provider with two resellers. It has what makes adding up hard:
// two customers with a location of the same name, a licence that one customer
// still has under its old name, one product in two subscriptions, units beyond
// what was bought, and a customer without figures.

func at(ago time.Duration) *metav1.Time { return new(metav1.NewTime(now.Add(-ago))) }

type fleetRow struct {
	customer, license, offer string
	consumed, total          int64
	subscription, location   string
}

func (r fleetRow) object() *v1alpha1.WebexLicense {
	row := &v1alpha1.WebexLicense{}
	sum := sha256.Sum256([]byte(fmt.Sprint(r.customer, r.offer, r.subscription, r.location)))
	row.Namespace, row.Name = "webex", r.customer+"-"+strings.ToLower(r.offer)+"-"+hex.EncodeToString(sum[:4])
	row.CreationTimestamp = *at(90 * 24 * time.Hour)
	row.Spec.CustomerAccessRef.Name = r.customer
	row.Spec.LicenseID = r.customer + "/" + r.offer + "/" + r.subscription
	s := &row.Status
	s.Name, s.OfferCode, s.SubscriptionID = r.license, r.offer, r.subscription
	s.TotalUnits, s.ConsumedUnits, s.AvailableUnits = new(r.total), new(r.consumed), new(r.total-r.consumed)
	s.ConsumedByUsers, s.ConsumedByWorkspaces = new(r.consumed), new(int64(0))
	if r.total > 0 {
		s.UtilizationPercent = new(int32(100 * r.consumed / r.total)) //nolint:gosec // small numbers
	}
	s.Class, s.AssignableReason = v1alpha1.ClassPurchased, v1alpha1.AssignableYes
	if r.subscription == "" {
		s.Class = v1alpha1.ClassIncluded
	}
	row.Spec.Level, s.Location = v1alpha1.LevelCustomer, r.customer
	if r.location != "" {
		row.Spec.Level, row.Spec.LocationID, s.Location = v1alpha1.LevelSite, r.customer+"/"+r.location, r.location
	} else {
		s.UnitsWithoutLocation, s.ResidualUnits = new(int64(0)), new(int64(0))
	}
	s.LastChangeTime = at(time.Hour)
	return row
}

func fleetRows() []client.Object {
	const pro, suite, messaging = "Webex Calling - Professional", "Webex Meetings Suite", "Advanced Messaging"
	var rows []client.Object
	for _, r := range []fleetRow{
		{"acme", pro, "BCSTD", 87, 100, "Sub100", ""},
		{"acme", pro, "BCSTD", 52, 100, "Sub100", "Headquarters"},
		{"acme", pro, "BCSTD", 31, 100, "Sub100", "Chicago Branch"},
		{"acme", suite, "EE", 41, 100, "Sub100", ""},
		{"acme", messaging, "MS", 12, 100, "Sub100", ""},
		{"acme", "Basic Messaging", "FMS", 140, 140, "", ""},
		{"globex", pro, "BCSTD", 48, 50, "Sub200", ""},
		{"globex", pro, "BCSTD", 30, 50, "Sub200", "London Office"},
		{"globex", pro, "BCSTD", 18, 50, "Sub200", "Headquarters"},
		{"globex", pro, "BCSTD", 3, 25, "Sub201", ""},
		{"globex", pro, "BCSTD", 3, 25, "Sub201", "Headquarters"},
		{"globex", "Messaging", "MS", 5, 50, "Sub200", ""},
		{"initech", pro, "BCSTD", 12, 10, "Sub300", ""},
		{"initech", pro, "BCSTD", 12, 10, "Sub300", "Lisbon Office"},
		{"initech", suite, "EE", 19, 20, "Sub300", ""},
		{"initech", messaging, "MS", 5, 20, "Sub300", ""},
	} {
		row := r.object()
		if r == (fleetRow{"acme", pro, "BCSTD", 87, 100, "Sub100", ""}) {
			row.Status.UnitsWithoutLocation = new(int64(4))
		}
		rows = append(rows, row)
	}
	return rows
}

func fleetCustomer(name, display, path string, adjust func(*v1alpha1.WebexCustomerAccess)) *v1alpha1.WebexCustomerAccess {
	c := &v1alpha1.WebexCustomerAccess{}
	c.Namespace, c.Name, c.Generation = "webex", name, 1
	c.CreationTimestamp = *at(90 * 24 * time.Hour)
	c.Spec.CustomerName, c.Spec.HierarchyPath = display, path
	c.Spec.CredentialsSecretRef.Name = name + "-credentials"
	c.Status.LastSuccessfulSyncTime, c.Status.LastWalkTime = at(7*time.Hour), at(7*time.Hour)
	c.Status.Organization = &v1alpha1.OrganizationStatus{ID: "11111111-2222-4333-8444-555555555555", DisplayName: display}
	condition(&c.Status.Conditions, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSynced, "the figures are those of a complete run")
	condition(&c.Status.Conditions, v1alpha1.ConditionDataFresh, metav1.ConditionTrue, v1alpha1.ReasonFresh, "the last complete run is younger than spec.staleAfter")
	condition(&c.Status.Conditions, v1alpha1.ConditionCapacityOK, metav1.ConditionTrue, v1alpha1.ReasonWithinThresholds, "all purchased licences are used below spec.thresholds")
	adjust(c)
	return c
}

// condition sets a condition, a day ago.
func condition(conditions *[]metav1.Condition, conditionType string, status metav1.ConditionStatus, reason, message string) {
	is := metav1.Condition{Type: conditionType, Status: status, Reason: reason, Message: message, LastTransitionTime: *at(24 * time.Hour), ObservedGeneration: 1}
	for i := range *conditions {
		if (*conditions)[i].Type == conditionType {
			(*conditions)[i] = is
			return
		}
	}
	*conditions = append(*conditions, is)
}

func totals(licenses, locations, total, consumed int64) *v1alpha1.CustomerTotals {
	return &v1alpha1.CustomerTotals{Licenses: &licenses, Locations: &locations, TotalUnits: &total, ConsumedUnits: &consumed, AvailableUnits: new(total - consumed)}
}

func fleetCustomers() []client.Object {
	return []client.Object{
		fleetCustomer("acme", "Acme Corporation", "provider.reseller-west", func(c *v1alpha1.WebexCustomerAccess) {
			c.Labels = map[string]string{"tier": "gold"}
			c.Status.Totals = totals(3, 2, 300, 140)
			c.Status.Credentials = &v1alpha1.CredentialsStatus{Kind: v1alpha1.CredentialKindServiceApp, AccessTokenExpirationTime: at(-9 * 24 * time.Hour), RefreshTokenExpirationTime: at(-80 * 24 * time.Hour)}
			c.Status.Defaults = &v1alpha1.EffectiveDefaults{Subscription: "Sub100", SiteURL: "acme.example.webex.com"}
			condition(&c.Status.Conditions, v1alpha1.ConditionCapacityOK, metav1.ConditionFalse, v1alpha1.ReasonWarning, "used up to spec.thresholds.warningPercent or more: Webex Calling - Professional")
		}),
		fleetCustomer("globex", "Globex", "provider.reseller-west", func(c *v1alpha1.WebexCustomerAccess) {
			c.Labels = map[string]string{"tier": "gold"}
			c.Status.Totals = totals(3, 2, 125, 56)
			c.Status.LastSuccessfulSyncTime, c.Status.LastWalkTime = at(60*time.Hour), at(60*time.Hour)
			c.Status.HeldPrune = &v1alpha1.HeldPrune{Rows: new(int32(9)), Token: "5f0c3a9be412"}
			condition(&c.Status.Conditions, v1alpha1.ConditionDataFresh, metav1.ConditionFalse, v1alpha1.ReasonStale, "the last complete run is older than spec.staleAfter: create a LicenseSync, and see why none completed")
			condition(&c.Status.Conditions, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonAPIUnavailable, "Webex could not be reached: see connection.proxyURL and the network policy")
			condition(&c.Status.Conditions, v1alpha1.ConditionPruneHeld, metav1.ConditionTrue, v1alpha1.ReasonApprovalRequired, "more rows than spec.prune.maxPercent allows are no longer in Webex: set the annotation licensing.webex-operator.io/approvePrune to status.heldPrune.token")
		}),
		fleetCustomer("initech", "Initech", "provider.reseller-east", func(c *v1alpha1.WebexCustomerAccess) {
			c.Status.Totals = totals(3, 1, 50, 36)
			c.Status.LastWalkTime = at(19 * time.Hour)
			condition(&c.Status.Conditions, v1alpha1.ConditionCapacityOK, metav1.ConditionFalse, v1alpha1.ReasonOverAssigned, "more units are in use than were bought: Webex Calling - Professional")
		}),
		fleetCustomer("umbrella", "Umbrella", "provider.reseller-east", func(c *v1alpha1.WebexCustomerAccess) {
			c.Spec.Suspend = new(true)
			c.Status = v1alpha1.WebexCustomerAccessStatus{}
			condition(&c.Status.Conditions, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSuspended, "the customer is suspended and was never synced: set spec.suspend to false for its first run")
		}),
	}
}

func fleetRun(name, customer string, age time.Duration, trigger v1alpha1.Trigger, adjust func(*v1alpha1.LicenseSync)) *v1alpha1.LicenseSync {
	run := &v1alpha1.LicenseSync{}
	run.Namespace, run.Name, run.CreationTimestamp = "webex", name, *at(age)
	run.Spec.CustomerAccessRef.Name, run.Spec.Trigger = customer, trigger
	if trigger == v1alpha1.TriggerSchedule {
		run.Labels = map[string]string{v1alpha1.LabelSchedule: "nightly"}
	}
	adjust(run)
	return run
}

func succeededRun(took time.Duration, added, updated, removed, held int32) func(*v1alpha1.LicenseSync) {
	return func(run *v1alpha1.LicenseSync) {
		s := &run.Status
		condition(&s.Conditions, v1alpha1.ConditionComplete, metav1.ConditionTrue, v1alpha1.ReasonSucceeded, "the organization was read and its licence rows are up to date")
		condition(&s.Conditions, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSucceeded, "the organization was read and its licence rows are up to date")
		s.StartTime, s.CompletionTime = new(run.CreationTimestamp), new(metav1.NewTime(run.CreationTimestamp.Add(took)))
		s.Duration = &metav1.Duration{Duration: took}
		s.Rows = &v1alpha1.RowCounts{Added: &added, Updated: &updated, Removed: &removed, Unchanged: new(int32(12)), Held: &held}
		s.Requests, s.Retries, s.ThrottledSeconds, s.FailedAttempts = new(int64(9)), new(int64(0)), new(int64(0)), new(int32(0))
		s.Progress = &v1alpha1.Progress{Step: v1alpha1.StepFinished}
		s.Message = fmt.Sprintf("%d rows added, %d updated, %d removed, 12 unchanged", added, updated, removed)
	}
}

// walked says why a run read people and workspaces, or did not.
func walked(walk v1alpha1.WalkReason, adjust func(*v1alpha1.LicenseSync)) func(*v1alpha1.LicenseSync) {
	return func(run *v1alpha1.LicenseSync) {
		adjust(run)
		run.Status.Walk = walk
		if walk == v1alpha1.WalkUnchanged {
			run.Status.Requests = new(int64(2))
		}
	}
}

func failedRun(reason, message string) func(*v1alpha1.LicenseSync) {
	return func(run *v1alpha1.LicenseSync) {
		s := &run.Status
		condition(&s.Conditions, v1alpha1.ConditionFailed, metav1.ConditionTrue, reason, message)
		condition(&s.Conditions, v1alpha1.ConditionReady, metav1.ConditionFalse, reason, message)
		s.StartTime, s.CompletionTime = new(run.CreationTimestamp), new(metav1.NewTime(run.CreationTimestamp.Add(time.Minute)))
		s.Duration = &metav1.Duration{Duration: time.Minute}
		s.Requests, s.Retries, s.ThrottledSeconds, s.FailedAttempts = new(int64(21)), new(int64(14)), new(int64(0)), new(int32(7))
		s.Message = message
	}
}

func activeRun(reason string, step v1alpha1.RunStep, done int64) func(*v1alpha1.LicenseSync) {
	return func(run *v1alpha1.LicenseSync) {
		s := &run.Status
		condition(&s.Conditions, v1alpha1.ConditionReady, metav1.ConditionUnknown, reason, "the run is "+strings.ToLower(reason))
		if step != "" {
			s.StartTime = new(run.CreationTimestamp)
			s.Progress = &v1alpha1.Progress{Step: step, Done: &done}
		}
	}
}

func fleetRuns() []client.Object {
	return []client.Object{
		fleetRun("nightly-acme-0eb633d7-29552790", "acme", 7*time.Hour, v1alpha1.TriggerSchedule, walked(v1alpha1.WalkLicensesMoved, succeededRun(42*time.Second, 1, 3, 0, 0))),
		fleetRun("nightly-globex-c8cbe600-29552790", "globex", 7*time.Hour, v1alpha1.TriggerSchedule, failedRun(v1alpha1.ReasonAPIUnavailable, "Webex could not be reached: see connection.proxyURL and the network policy")),
		fleetRun("nightly-globex-c8cbe600-29549910", "globex", 60*time.Hour, v1alpha1.TriggerSchedule, walked(v1alpha1.WalkTooOld, succeededRun(95*time.Second, 0, 0, 0, 9))),
		fleetRun("nightly-initech-82e50aaa-29552790", "initech", 7*time.Hour, v1alpha1.TriggerSchedule, walked(v1alpha1.WalkUnchanged, succeededRun(time.Second, 0, 0, 0, 0))),
		fleetRun("acme-x7k2p", "acme", 90*time.Second, v1alpha1.TriggerManual, activeRun(v1alpha1.ReasonRunning, v1alpha1.StepPeople, 1200)),
		fleetRun("acme-9dm4w", "acme", 20*time.Second, v1alpha1.TriggerManual, activeRun(v1alpha1.ReasonQueued, "", 0)),
	}
}

func fleetSchedule(name string, adjust func(*v1alpha1.LicenseSyncSchedule)) *v1alpha1.LicenseSyncSchedule {
	s := &v1alpha1.LicenseSyncSchedule{}
	s.Namespace, s.Name, s.CreationTimestamp = "webex", name, *at(90 * 24 * time.Hour)
	s.Spec.TimeZone = "Etc/UTC"
	condition(&s.Status.Conditions, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonScheduled, "the next run starts at status.nextScheduleTime")
	adjust(s)
	return s
}

func fleetSchedules() []client.Object {
	return []client.Object{
		fleetSchedule("nightly", func(s *v1alpha1.LicenseSyncSchedule) {
			s.Spec.Schedule, s.Spec.TimeZone, s.Spec.SpreadSeconds = "30 2 * * *", "Europe/Berlin", new(int32(3600))
			s.Spec.CustomerAccessSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"tier": "gold"}}
			s.Status.LastScheduleTime, s.Status.NextScheduleTime = at(8*time.Hour), at(-16*time.Hour-4*time.Minute)
			s.Status.Targets = &v1alpha1.TargetCounts{Total: new(int32(2)), Active: new(int32(0)), Succeeded: new(int32(1)), Failed: new(int32(1)), Suspended: new(int32(0))}
		}),
		fleetSchedule("initech", func(s *v1alpha1.LicenseSyncSchedule) {
			s.Spec.Every = &v1alpha1.Interval{Interval: metav1.Duration{Duration: 6 * time.Hour}, FirstTime: at(24*time.Hour + 30*time.Minute)}
			s.Spec.CustomerAccessRef = &v1alpha1.LocalCustomerReference{Name: "initech"}
			s.Status.LastScheduleTime, s.Status.NextScheduleTime = at(30*time.Minute), at(-5*time.Hour-30*time.Minute)
		}),
		fleetSchedule("quarterly", func(s *v1alpha1.LicenseSyncSchedule) {
			s.Spec.Schedule, s.Spec.Suspend = "0 0 1 */3 *", new(true)
			s.Spec.CustomerAccessSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"tier": "gold"}}
			condition(&s.Status.Conditions, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSuspended, "the schedule is suspended: no run starts before spec.suspend is false")
		}),
	}
}

func fleet() []client.Object {
	return slices.Concat(fleetCustomers(), fleetRows(), fleetRuns(), fleetSchedules())
}
