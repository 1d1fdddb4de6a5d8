// Package controllers holds one reconciler for each kind that has work to do:
// WebexCustomerAccess asks for runs and sums up, LicenseSync carries a run to
// its end. WebexLicense has none: its rows are written by runs.
package controllers

import (
	"context"
	"time"

	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/syncrun"
)

// rateLimiter spaces the retries of a failed reconcile. The default begins at
// 5 ms, which is for controllers that talk to nobody outside.
func rateLimiter() workqueue.TypedRateLimiter[ctrl.Request] {
	return workqueue.NewTypedItemExponentialFailureRateLimiter[ctrl.Request](time.Second, maxBackoff)
}

// SetupIndexes registers the indexes of the cache that reconcilers and runs read by.
func SetupIndexes(ctx context.Context, indexer client.FieldIndexer) error {
	ofCustomer := func(name string) []string { return []string{name} }
	indexes := []struct {
		object client.Object
		field  string
		value  client.IndexerFunc
	}{
		{&v1alpha1.WebexLicense{}, syncrun.IndexCustomer, func(o client.Object) []string {
			return ofCustomer(o.(*v1alpha1.WebexLicense).Spec.CustomerAccessRef.Name)
		}},
		{&v1alpha1.LicenseSync{}, syncrun.IndexCustomer, func(o client.Object) []string {
			return ofCustomer(o.(*v1alpha1.LicenseSync).Spec.CustomerAccessRef.Name)
		}},
		{&v1alpha1.WebexCustomerAccess{}, syncrun.IndexSecret, func(o client.Object) []string {
			return []string{o.(*v1alpha1.WebexCustomerAccess).Spec.CredentialsSecretRef.Name}
		}},
		{&v1alpha1.WebexCustomerAccess{}, syncrun.IndexOrganization, func(o client.Object) []string {
			if organization := o.(*v1alpha1.WebexCustomerAccess).Status.Organization; organization != nil {
				return []string{organization.ID}
			}
			return nil
		}},
	}
	for _, index := range indexes {
		if err := indexer.IndexField(ctx, index.object, index.field, index.value); err != nil {
			return err
		}
	}
	return nil
}
