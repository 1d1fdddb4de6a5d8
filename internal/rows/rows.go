// Package rows decides what the licence rows of a customer shall say, and what has to be written
// for them to say it. One function decides for the runs and for the customer's reconciler, so
// that neither undoes what the other wrote. It is pure: it reads and writes nothing, and time
// is a parameter.
package rows

import (
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/naming"
	"github.com/webex-operator/webex-license-operator/internal/status"
	"github.com/webex-operator/webex-license-operator/internal/usage"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// keyOf is the identity of a row within its customer, however Webex spells the ids.
func keyOf(row *v1alpha1.WebexLicense) usage.Key {
	return usage.Key{Level: usage.Level(row.Spec.Level), LicenseID: webex.IDKey(row.Spec.LicenseID), LocationID: webex.IDKey(row.Spec.LocationID)}
}

// Desired is the WebexLicense that a usage row asks for, without times.
func Desired(customer *v1alpha1.WebexCustomerAccess, row usage.Row, defaults usage.Effective) *v1alpha1.WebexLicense {
	desired := &v1alpha1.WebexLicense{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: customer.Namespace,
			Name:      rowName(customer.Name, row),
			Labels: map[string]string{
				v1alpha1.LabelCustomer: customer.Name,
				v1alpha1.LabelLevel:    string(row.Level),
				v1alpha1.LabelClass:    string(row.Class),
			},
		},
		Spec: v1alpha1.WebexLicenseSpec{
			CustomerAccessRef: v1alpha1.LocalCustomerReference{Name: customer.Name},
			LicenseID:         row.LicenseID,
			Level:             v1alpha1.Level(row.Level),
			LocationID:        row.LocationID,
		},
		Status: v1alpha1.WebexLicenseStatus{
			Name:                 Clip(row.Name, 256),
			OfferCode:            Clip(row.OfferCode, 64),
			Class:                v1alpha1.LicenseClass(row.Class),
			Location:             Clip(row.LocationName, maxLocation),
			TotalUnits:           row.Total,
			ConsumedUnits:        row.Consumed,
			AvailableUnits:       row.Available,
			UtilizationPercent:   row.UtilizationPercent,
			ConsumedByUsers:      row.ByUsers,
			ConsumedByWorkspaces: row.ByWorkspaces,
			UnitsWithoutLocation: row.UnitsWithoutLocation,
			ResidualUnits:        row.ResidualUnits,
			Holders:              row.Holders,
			SubscriptionID:       Clip(row.SubscriptionID, MaxSubscription),
			SiteURL:              Clip(row.SiteURL, MaxSiteURL),
			SiteType:             Clip(row.SiteType, 64),
		},
	}
	if row.Level == usage.LevelSite {
		desired.Labels[v1alpha1.LabelLocation] = locationLabel(row.LocationName, row.LocationID)
	}
	decide(desired, nil, customer, defaults)
	return desired
}

// decide completes a row that has its figures with what follows from the customer's spec,
// the defaults in force, and whether the row is superseded; said are the conditions that
// the row had. Runs and the customer's reconciler both decide by it, so that neither undoes
// what the other wrote. It replaces what it alters, since rows may share it with the cache.
func decide(row *v1alpha1.WebexLicense, said []metav1.Condition, customer *v1alpha1.WebexCustomerAccess, defaults usage.Effective) {
	row.Status.Conditions = status.Summary{Ready: metav1.ConditionTrue, Detail: status.Detail{
		Reason: v1alpha1.ReasonSynced, Message: "the figures are those of a complete run",
	}}.Conditions()
	if row.Spec.Level == v1alpha1.LevelCustomer {
		row.Status.Location = Clip(DisplayName(customer), maxLocation)
	}
	setAssignable(&row.Status, defaults)
	setCapacity(row, said, customer)
	setOwner(row, customer)
}

// Bounds of the API: of lists in a customer's status, and of texts, in bytes.
const (
	MaxSubscriptions = 256
	MaxSiteURLs      = 256
	MaxSubscription  = 128
	MaxSiteURL       = 253
	maxLocation      = 256
)

// setAssignable decides whether a row may be assigned to a user.
func setAssignable(s *v1alpha1.WebexLicenseStatus, defaults usage.Effective) {
	assignable, reason := usage.Assignable(s.SubscriptionID, s.SiteURL, defaults)
	s.Assignable, s.AssignableReason = new(assignable), v1alpha1.AssignableReason(reason)
	if ptr.Deref(s.Superseded, false) {
		s.Assignable, s.AssignableReason = new(false), v1alpha1.AssignableSuperseded
	}
}

// setOwner makes the customer own the row, or not, by its deletion policy.
func setOwner(row *v1alpha1.WebexLicense, customer *v1alpha1.WebexCustomerAccess) {
	row.OwnerReferences = nil
	if customer.Spec.DeletionPolicy != v1alpha1.DeletionPolicyRetain {
		row.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(customer, v1alpha1.GroupVersion.WithKind("WebexCustomerAccess"))}
	}
}

// DisplayName is the name to show for a customer.
func DisplayName(customer *v1alpha1.WebexCustomerAccess) string {
	if customer.Spec.CustomerName != "" {
		return customer.Spec.CustomerName
	}
	return customer.Name
}

// rowName is <customer>-<slug of the licence>[-<slug of the location>]-<hash>.
// The hash of the identity makes it unique; the slugs make it readable, and do
// not follow a later change of the licence's name.
func rowName(customer string, row usage.Row) string {
	parts := []string{customer, slug(row.Name, 40, row.LicenseID)}
	if row.Level == usage.LevelSite {
		parts = append(parts, slug(row.LocationName, 30, row.LocationID))
	}
	parts = append(parts, naming.Hash(customer, string(row.Level), row.LicenseID, row.LocationID))
	return strings.Join(parts, "-") // at most 63+1+40+1+30+1+12 = 148 of 253 characters
}

// locationLabel is a location's name for people and a hash of its id: locations may share
// a name, and names a slug.
func locationLabel(name, id string) string {
	hash := naming.Hash(webex.IDKey(id))
	if s := naming.Plain(name, 63-1-len(hash)); s != "" {
		return s + "-" + hash
	}
	return hash
}

// slug is a readable form of a name, fit for object names, and a hash of the id if there is none.
func slug(name string, maxLength int, id string) string {
	if s := naming.Plain(name, maxLength); s != "" {
		return s
	}
	return naming.Hash(webex.IDKey(id))
}

// Clip bounds what Webex sends to what the API accepts, in bytes, on a rune's boundary.
func Clip(s string, maxBytes int) string {
	if len(s) <= maxBytes {
		return s
	}
	return strings.ToValidUTF8(s[:maxBytes], "")
}

// Listed are the first n of the items, and in any case the one that is chosen, if there is such.
func Listed(n, maxBytes int, items []string, chosen string) []string {
	if len(items) > n && slices.Contains(items[n:], chosen) {
		items = append(slices.Clone(items[:n-1]), chosen)
	}
	return First(n, maxBytes, items)
}

// First are the first n items, each clipped.
func First(n, maxBytes int, items []string) []string {
	kept := slices.Clone(items[:min(n, len(items))])
	for i := range kept {
		kept[i] = Clip(kept[i], maxBytes)
	}
	return kept
}
