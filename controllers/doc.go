// Package controllers holds one reconciler for each kind that has work to do:
// WebexCustomerAccess asks for runs and sums up, LicenseSync carries a run to
// its end, LicenseSyncSchedule creates runs by a plan, WebexLicenseAssignment
// says what became of one. WebexLicense has none: its rows are written by runs.
package controllers

import (
	"context"
	"maps"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/internal/assignrun"
	"github.com/webex-operator/webex-license-operator/internal/syncrun"
)

// rateLimiter spaces the retries of a failed reconcile. The default begins at
// 5 ms, which suits controllers that call no service outside of the cluster.
func rateLimiter() workqueue.TypedRateLimiter[ctrl.Request] {
	return workqueue.NewTypedItemExponentialFailureRateLimiter[ctrl.Request](time.Second, maxBackoff)
}

// ended ends a reconcile that failed. What was decided by an old copy is tried again in a moment, and quietly. In a
// namespace that is being deleted nothing can be created, and what is there goes as well: nothing is left to try.
func ended(err error) (ctrl.Result, error) {
	switch {
	case apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
		return ctrl.Result{}, nil
	case apierrors.IsConflict(err):
		return ctrl.Result{RequeueAfter: scheduleDebounce}, nil
	}
	return ctrl.Result{}, err
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
		{&v1alpha1.WebexLicenseAssignment{}, assignrun.IndexCustomer, func(o client.Object) []string {
			return ofCustomer(o.(*v1alpha1.WebexLicenseAssignment).Spec.CustomerAccessRef.Name)
		}},
		{&v1alpha1.LicenseSync{}, syncrun.IndexCustomer, func(o client.Object) []string {
			return ofCustomer(o.(*v1alpha1.LicenseSync).Spec.CustomerAccessRef.Name)
		}},
		{&v1alpha1.WebexLicenseAssignment{}, indexSource, func(o client.Object) []string {
			return sourcesOf(o.(*v1alpha1.WebexLicenseAssignment))
		}},
		{&v1alpha1.LicenseSync{}, indexSchedule, func(o client.Object) []string {
			if request, ok := scheduleOfRun(o); ok {
				return []string{request.Name}
			}
			return nil
		}},
		{&v1alpha1.LicenseSyncSchedule{}, indexTarget, func(o client.Object) []string {
			if ref := o.(*v1alpha1.LicenseSyncSchedule).Spec.CustomerAccessRef; ref != nil {
				return []string{ref.Name}
			}
			return []string{anyTarget}
		}},
		{&v1alpha1.WebexCustomerAccess{}, access.IndexSecret, func(o client.Object) []string {
			return []string{o.(*v1alpha1.WebexCustomerAccess).Spec.CredentialsSecretRef.Name}
		}},
		{&v1alpha1.WebexPartner{}, access.IndexSecret, func(o client.Object) []string {
			return []string{o.(*v1alpha1.WebexPartner).Spec.CredentialsSecretRef.Name}
		}},
		{&v1alpha1.WebexCustomerAccess{}, access.IndexWriteSecret, func(o client.Object) []string {
			if name := access.WriteSecretOf(o.(*v1alpha1.WebexCustomerAccess)); name != "" {
				return []string{name}
			}
			return nil
		}},
		{&v1alpha1.WebexCustomerAccess{}, syncrun.IndexCABundleSecret, func(o client.Object) []string {
			return caBundleSecret(o.(*v1alpha1.WebexCustomerAccess))
		}},
		{&v1alpha1.WebexCustomerAccess{}, access.IndexOrganization, func(o client.Object) []string {
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

// caBundleSecret is the name of the Secret with the customer's CA bundle, if it is in one.
func caBundleSecret(customer *v1alpha1.WebexCustomerAccess) []string {
	connection := customer.Spec.Connection
	if connection == nil || connection.CABundleRef == nil || connection.CABundleRef.Kind != v1alpha1.CABundleKindSecret {
		return nil
	}
	return []string{connection.CABundleRef.Name}
}

// enqueueDebounced enqueues a little later, so that many events become one reconcile.
func enqueueDebounced(delay time.Duration, requestFor func(client.Object) (ctrl.Request, bool)) handler.EventHandler {
	return enqueueAllDebounced(delay, func(_ context.Context, object client.Object) []ctrl.Request {
		if request, ok := requestFor(object); ok {
			return []ctrl.Request{request}
		}
		return nil
	})
}

// enqueueAllDebounced is enqueueDebounced for objects that concern several others.
func enqueueAllDebounced(delay time.Duration, requestsFor handler.MapFunc) handler.EventHandler {
	type q = workqueue.TypedRateLimitingInterface[ctrl.Request]
	add := func(ctx context.Context, object client.Object, queue q) {
		for _, request := range requestsFor(ctx, object) {
			queue.AddAfter(request, delay)
		}
	}
	return handler.Funcs{
		CreateFunc: func(ctx context.Context, e event.CreateEvent, queue q) { add(ctx, e.Object, queue) },
		UpdateFunc: func(ctx context.Context, e event.UpdateEvent, queue q) {
			add(ctx, e.ObjectNew, queue)
			if !maps.Equal(e.ObjectOld.GetLabels(), e.ObjectNew.GetLabels()) {
				add(ctx, e.ObjectOld, queue) // it concerns what selected it, too
			}
		},
		DeleteFunc: func(ctx context.Context, e event.DeleteEvent, queue q) { add(ctx, e.Object, queue) },
	}
}
