package access

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// IndexOrganization finds customers by status.organization.id.
const IndexOrganization = "status.organization.id"

// DuplicateOf returns the customer that goes before this one in reading an
// organization, if there is one.
func DuplicateOf(ctx context.Context, reader client.Reader, customer *v1alpha1.WebexCustomerAccess, organization string) (*v1alpha1.WebexCustomerAccess, error) {
	var all v1alpha1.WebexCustomerAccessList
	if err := reader.List(ctx, &all, client.MatchingFields{IndexOrganization: organization}, client.UnsafeDisableDeepCopy); err != nil {
		return nil, err
	}
	for i := range all.Items {
		other := &all.Items[i]
		if other.UID != customer.UID && other.DeletionTimestamp.IsZero() && goesBefore(other, customer) {
			return other, nil
		}
	}
	return nil, nil
}

func goesBefore(a, b *v1alpha1.WebexCustomerAccess) bool {
	if synced := a.Status.LastSuccessfulSyncTime != nil; synced != (b.Status.LastSuccessfulSyncTime != nil) {
		return synced
	}
	if !a.CreationTimestamp.Equal(&b.CreationTimestamp) {
		return a.CreationTimestamp.Before(&b.CreationTimestamp)
	}
	return a.Namespace+"/"+a.Name < b.Namespace+"/"+b.Name
}
