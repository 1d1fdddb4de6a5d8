package rows

import (
	"cmp"
	"slices"

	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// maxOthers bounds the list of licences outside of the defaults in a customer's status.
const maxOthers = 64

// OtherLicenses count who holds licences of other subscriptions and sites than the defaults, those with most holders first.
func OtherLicenses(existing []v1alpha1.WebexLicense) []v1alpha1.OtherLicense {
	var others []v1alpha1.OtherLicense
	for i := range existing {
		row := &existing[i]
		s := &row.Status
		outside := s.AssignableReason == v1alpha1.AssignableOtherSubscription || s.AssignableReason == v1alpha1.AssignableOtherSiteURL
		if row.Spec.Level == v1alpha1.LevelCustomer && outside && ptr.Deref(s.Holders, 0) > 0 {
			others = append(others, v1alpha1.OtherLicense{Row: row.Name, Name: s.Name, Reason: s.AssignableReason, People: new(*s.Holders)})
		}
	}
	slices.SortFunc(others, func(a, b v1alpha1.OtherLicense) int {
		return cmp.Or(cmp.Compare(*b.People, *a.People), cmp.Compare(a.Row, b.Row))
	})
	return others[:min(len(others), maxOthers)]
}
