package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
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
	c.Status.LastSuccessfulSyncTime = at(7 * time.Hour)
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
			condition(&c.Status.Conditions, v1alpha1.ConditionCapacityOK, metav1.ConditionFalse, v1alpha1.ReasonWarning, "used up to spec.thresholds.warningPercent or more: Webex Calling - Professional")
		}),
		fleetCustomer("globex", "Globex", "provider.reseller-west", func(c *v1alpha1.WebexCustomerAccess) {
			c.Labels = map[string]string{"tier": "gold"}
			c.Status.Totals = totals(3, 2, 125, 56)
			c.Status.LastSuccessfulSyncTime = at(60 * time.Hour)
			c.Status.HeldPrune = &v1alpha1.HeldPrune{Rows: new(int32(9)), Token: "5f0c3a9be412"}
			condition(&c.Status.Conditions, v1alpha1.ConditionDataFresh, metav1.ConditionFalse, v1alpha1.ReasonStale, "the last complete run is older than spec.staleAfter: create a LicenseSync, and see why none completed")
			condition(&c.Status.Conditions, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonAPIUnavailable, "Webex could not be reached: see connection.proxyURL and the network policy")
			condition(&c.Status.Conditions, v1alpha1.ConditionPruneHeld, metav1.ConditionTrue, v1alpha1.ReasonApprovalRequired, "more rows than spec.prune.maxPercent allows are no longer in Webex: set the annotation licensing.webex-operator.io/approvePrune to status.heldPrune.token")
		}),
		fleetCustomer("initech", "Initech", "provider.reseller-east", func(c *v1alpha1.WebexCustomerAccess) {
			c.Status.Totals = totals(3, 1, 50, 36)
			condition(&c.Status.Conditions, v1alpha1.ConditionCapacityOK, metav1.ConditionFalse, v1alpha1.ReasonOverAssigned, "more units are in use than were bought: Webex Calling - Professional")
		}),
		fleetCustomer("umbrella", "Umbrella", "provider.reseller-east", func(c *v1alpha1.WebexCustomerAccess) {
			c.Spec.Suspend = new(true)
			c.Status = v1alpha1.WebexCustomerAccessStatus{}
			condition(&c.Status.Conditions, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonSuspended, "the customer is suspended and was never synced: set spec.suspend to false")
			condition(&c.Status.Conditions, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonSuspended, "the customer is suspended and was never synced: set spec.suspend to false")
		}),
	}
}

func fleet() []client.Object { return append(fleetCustomers(), fleetRows()...) }
