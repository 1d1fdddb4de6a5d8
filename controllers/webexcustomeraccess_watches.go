package controllers

import (
	"context"
	"maps"

	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/internal/syncrun"
)

// customersOfSecret are the customers whose credentials or CA bundle a Secret holds.
func (r *WebexCustomerAccessReconciler) customersOfSecret(ctx context.Context, secret client.Object) []ctrl.Request {
	var requests []ctrl.Request
	for _, index := range []string{access.IndexSecret, access.IndexWriteSecret, syncrun.IndexCABundleSecret} {
		var customers v1alpha1.WebexCustomerAccessList
		err := r.List(ctx, &customers, client.InNamespace(secret.GetNamespace()), client.MatchingFields{index: secret.GetName()}, client.UnsafeDisableDeepCopy)
		if err != nil {
			return nil // the cache is stopping
		}
		requests = append(requests, requestsFor(customers.Items)...)
	}
	return requests
}

// wakeDuplicates enqueues the customers that were refused because a customer
// that is now gone read their organization.
func (r *WebexCustomerAccessReconciler) wakeDuplicates(ctx context.Context, e event.DeleteEvent, queue workqueue.TypedRateLimitingInterface[ctrl.Request]) {
	gone, ok := e.Object.(*v1alpha1.WebexCustomerAccess)
	if !ok || gone.Status.Organization == nil {
		return
	}
	var customers v1alpha1.WebexCustomerAccessList
	if err := r.List(ctx, &customers, client.MatchingFields{access.IndexOrganization: gone.Status.Organization.ID}, client.UnsafeDisableDeepCopy); err != nil {
		return // the cache is stopping
	}
	for _, request := range requestsFor(customers.Items) {
		queue.Add(request)
	}
}

// wakeSharing enqueues the customers that use the same credentials as one that comes, goes or gets other labels: those
// say whether all of them are in one shard.
func (r *WebexCustomerAccessReconciler) wakeSharing() handler.EventHandler {
	type q = workqueue.TypedRateLimitingInterface[ctrl.Request]
	wake := func(ctx context.Context, object client.Object, queue q) {
		customer, ok := object.(*v1alpha1.WebexCustomerAccess)
		if !ok || r.Claims.Shard.Whole() {
			return
		}
		var sharing v1alpha1.WebexCustomerAccessList
		if err := r.List(ctx, &sharing, client.InNamespace(customer.Namespace),
			client.MatchingFields{access.IndexSecret: customer.Spec.CredentialsSecretRef.Name}, client.UnsafeDisableDeepCopy); err != nil {
			return // the cache is stopping
		}
		for _, request := range requestsFor(sharing.Items) {
			queue.Add(request)
		}
	}
	return handler.Funcs{
		CreateFunc: func(ctx context.Context, e event.CreateEvent, queue q) {
			if !e.IsInInitialList {
				wake(ctx, e.Object, queue)
			}
		},
		UpdateFunc: func(ctx context.Context, e event.UpdateEvent, queue q) {
			if !maps.Equal(e.ObjectOld.GetLabels(), e.ObjectNew.GetLabels()) {
				wake(ctx, e.ObjectNew, queue)
			}
		},
		DeleteFunc: func(ctx context.Context, e event.DeleteEvent, queue q) { wake(ctx, e.Object, queue) },
	}
}

func requestsFor(customers []v1alpha1.WebexCustomerAccess) []ctrl.Request {
	requests := make([]ctrl.Request, len(customers))
	for i := range customers {
		requests[i] = ctrl.Request{NamespacedName: client.ObjectKeyFromObject(&customers[i])}
	}
	return requests
}
