package controllers

import (
	"context"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/timetable"
)

// isUnscheduled says whether no schedule will read a customer that is not suspended.
func (r *WebexCustomerAccessReconciler) isUnscheduled(ctx context.Context, customer *v1alpha1.WebexCustomerAccess) (bool, error) {
	if ptr.Deref(customer.Spec.Suspend, false) {
		return false, nil
	}
	schedules, err := schedulesOf(ctx, r, customer)
	return err == nil && !slices.ContainsFunc(schedules, timetable.Runs), err
}

// schedulesOf are the schedules that select a customer, as they are in the cache. By index: a thousand schedules of one
// customer each are not worth a look.
func schedulesOf(ctx context.Context, c client.Reader, customer client.Object) ([]*v1alpha1.LicenseSyncSchedule, error) {
	var found []*v1alpha1.LicenseSyncSchedule
	for _, target := range []string{customer.GetName(), anyTarget} {
		var schedules v1alpha1.LicenseSyncScheduleList
		if err := c.List(ctx, &schedules, client.InNamespace(customer.GetNamespace()), client.MatchingFields{indexTarget: target}, client.UnsafeDisableDeepCopy); err != nil {
			return nil, err
		}
		for i := range schedules.Items {
			if object := &schedules.Items[i]; timetable.Selects(object, customer) {
				found = append(found, object)
			}
		}
	}
	return found, nil
}

// wakeSelected enqueues, a little later, the customers of schedules that come, go, or begin or cease to read customers.
// What else happens to a schedule, each write of its status above all, costs nothing.
func (r *WebexCustomerAccessReconciler) wakeSelected(delay time.Duration) handler.EventHandler {
	type q = workqueue.TypedRateLimitingInterface[ctrl.Request]
	wake := func(ctx context.Context, object client.Object, queue q) {
		for _, request := range r.customersOfSchedule(ctx, object) {
			queue.AddAfter(request, delay)
		}
	}
	return handler.Funcs{
		CreateFunc: func(ctx context.Context, e event.CreateEvent, queue q) {
			if !e.IsInInitialList { // at the start all customers are looked at
				wake(ctx, e.Object, queue)
			}
		},
		UpdateFunc: func(ctx context.Context, e event.UpdateEvent, queue q) {
			if !sameTargets(e.ObjectOld, e.ObjectNew) {
				wake(ctx, e.ObjectOld, queue)
				wake(ctx, e.ObjectNew, queue)
			}
		},
		DeleteFunc: func(ctx context.Context, e event.DeleteEvent, queue q) { wake(ctx, e.Object, queue) },
	}
}

// sameTargets says whether a schedule reads the customers that it read before.
func sameTargets(before, after client.Object) bool {
	old, ok := before.(*v1alpha1.LicenseSyncSchedule)
	object, isSchedule := after.(*v1alpha1.LicenseSyncSchedule)
	return ok && isSchedule && timetable.Runs(old) == timetable.Runs(object) &&
		equality.Semantic.DeepEqual(old.Spec.CustomerAccessRef, object.Spec.CustomerAccessRef) &&
		equality.Semantic.DeepEqual(old.Spec.CustomerAccessSelector, object.Spec.CustomerAccessSelector)
}

// customersOfSchedule are the customers that a schedule selects.
func (r *WebexCustomerAccessReconciler) customersOfSchedule(ctx context.Context, object client.Object) []ctrl.Request {
	selected, ok := object.(*v1alpha1.LicenseSyncSchedule)
	if !ok {
		return nil
	}
	if ref := selected.Spec.CustomerAccessRef; ref != nil {
		return []ctrl.Request{{NamespacedName: client.ObjectKey{Namespace: selected.Namespace, Name: ref.Name}}}
	}
	selector, err := timetable.SelectorOf(selected)
	if err != nil {
		return nil // it selects none, and says so itself
	}
	var customers v1alpha1.WebexCustomerAccessList
	if err := r.List(ctx, &customers, client.InNamespace(selected.Namespace), client.MatchingLabelsSelector{Selector: selector}, client.UnsafeDisableDeepCopy); err != nil {
		return nil // the cache is stopping
	}
	return requestsFor(customers.Items)
}
