package controllers

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/census"
	"github.com/webex-operator/webex-license-operator/internal/status"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

const (
	// censusDebounce gathers the objects that come or go together, as the rows of a run do.
	censusDebounce = 10 * time.Second
	// censusSpacing is between two customers that are told of a limit: 20 a second, so that
	// 1,500 take 75 seconds and 10,000 a little more than 8 minutes.
	censusSpacing = 50 * time.Millisecond
)

// objectCount says whether the namespace and the cluster hold fewer objects than they are
// known to hold well. What was said before is remembered by reason and kind.
func (s *customerScope) objectCount() metav1.Condition {
	verdict := s.objects
	if verdict.Level == census.Within {
		return status.Condition(v1alpha1.ConditionObjectCountOK, metav1.ConditionTrue, status.Detail{
			Reason: v1alpha1.ReasonWithinLimits, Message: "namespace and cluster hold fewer objects than their limits",
		})
	}
	s.told.CrowdedKind = verdict.Kind
	where, remedy := "this namespace", namespaceRemedies[verdict.Kind]
	if verdict.Scope == census.Cluster {
		where, remedy = "all namespaces that the operator watches", clusterRemedies[verdict.Kind]
	}
	how := "near the limit of"
	if verdict.Level == census.Over {
		how = "over the limit of"
	}
	return status.Condition(v1alpha1.ConditionObjectCountOK, metav1.ConditionFalse, status.Detail{
		Reason:  objectCountReasons[verdict.Level][verdict.Scope],
		Message: fmt.Sprintf("%s in %s are %s %d, beyond which lists become slow: %s (docs/capacity.md#limits)", verdict.Kind, where, how, verdict.Limit, remedy),
	})
}

var objectCountReasons = map[census.Level]map[census.Scope]string{
	census.Near: {census.Namespace: v1alpha1.ReasonNearNamespaceLimit, census.Cluster: v1alpha1.ReasonNearClusterLimit},
	census.Over: {census.Namespace: v1alpha1.ReasonOverNamespaceLimit, census.Cluster: v1alpha1.ReasonOverClusterLimit},
}

const (
	fewerRows      = "set spec.collection.levels to [Customer] where locations are not asked for"
	fewerRuns      = "lower successfulRunsHistoryLimit of schedules"
	fewerSchedules = "let one schedule with customerAccessSelector stand for many"
)

var namespaceRemedies = map[string]string{
	census.Rows:        "spread customers over more namespaces, or " + fewerRows,
	census.Runs:        "spread customers over more namespaces, or " + fewerRuns,
	census.Customers:   "spread customers over more namespaces",
	census.Schedules:   "spread customers over more namespaces, or " + fewerSchedules,
	census.Assignments: "spread customers over more namespaces",
}

var clusterRemedies = map[string]string{
	census.Rows:        "run a cluster per region, or " + fewerRows,
	census.Runs:        "run a cluster per region, or " + fewerRuns,
	census.Customers:   "run a cluster per region",
	census.Schedules:   "run a cluster per region, or " + fewerSchedules,
	census.Assignments: "run a cluster per region",
}

// verdictOf is what the customer's condition says.
func verdictOf(customer *v1alpha1.WebexCustomerAccess) census.Verdict {
	said := meta.FindStatusCondition(customer.Status.Conditions, v1alpha1.ConditionObjectCountOK)
	told := customer.Status.Told
	if said == nil || told == nil {
		return census.Verdict{}
	}
	for level, scopes := range objectCountReasons {
		for scope, reason := range scopes {
			if reason == said.Reason {
				return census.Verdict{Level: level, Scope: scope, Kind: told.CrowdedKind}
			}
		}
	}
	return census.Verdict{}
}

// untold are the conditions without what goes without saying: a customer of an older
// operator learns that there are few objects when something else is written.
func untold(old, desired []metav1.Condition) []metav1.Condition {
	if meta.FindStatusCondition(old, v1alpha1.ConditionObjectCountOK) != nil || !meta.IsStatusConditionTrue(desired, v1alpha1.ConditionObjectCountOK) {
		return desired
	}
	others := append([]metav1.Condition(nil), desired...)
	meta.RemoveStatusCondition(&others, v1alpha1.ConditionObjectCountOK)
	return others
}

// counted have the census count what the cache holds. The controller starts its workers
// once all of them have seen what is there, so that no customer is judged by half of it.
func (r *WebexCustomerAccessReconciler) counted(c cache.Cache) []source.Source {
	return []source.Source{
		source.Kind(c, client.Object(&v1alpha1.WebexLicense{}), countInto(r.Census, census.Rows)),
		source.Kind(c, client.Object(&v1alpha1.LicenseSync{}), countInto(r.Census, census.Runs)),
		source.Kind(c, client.Object(&v1alpha1.WebexCustomerAccess{}), countInto(r.Census, census.Customers)),
		source.Kind(c, client.Object(&v1alpha1.LicenseSyncSchedule{}), countInto(r.Census, census.Schedules)),
		source.Kind(c, client.Object(&v1alpha1.WebexLicenseAssignment{}), countInto(r.Census, census.Assignments)),
		source.Func(r.watchCensus),
	}
}

func countInto(c *census.Census, kind string) handler.EventHandler {
	type q = workqueue.TypedRateLimitingInterface[ctrl.Request]
	return handler.Funcs{
		CreateFunc: func(_ context.Context, e event.CreateEvent, _ q) { c.Add(kind, e.Object.GetNamespace()) },
		DeleteFunc: func(_ context.Context, e event.DeleteEvent, _ q) { c.Remove(kind, e.Object.GetNamespace()) },
	}
}

// watchCensus wakes customers whenever the numbers passed a mark, and does nothing else.
func (r *WebexCustomerAccessReconciler) watchCensus(ctx context.Context, queue workqueue.TypedRateLimitingInterface[ctrl.Request]) error {
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-r.Census.Changed():
			}
			select {
			case <-ctx.Done():
				return
			case <-time.After(r.CensusDebounce):
			}
			err := webex.Recovered(func() error { r.wakeCrowded(ctx, queue); return nil })
			if err != nil {
				ctrl.LoggerFrom(ctx).Error(err, "customers were not told of the number of objects")
			}
		}
	}()
	return nil
}

// wakeCrowded enqueues the customers whose condition is no longer so, one after the other.
func (r *WebexCustomerAccessReconciler) wakeCrowded(ctx context.Context, queue workqueue.TypedRateLimitingInterface[ctrl.Request]) {
	var customers v1alpha1.WebexCustomerAccessList
	if err := r.List(ctx, &customers, client.UnsafeDisableDeepCopy); err != nil {
		return // the cache is stopping
	}
	var wait time.Duration
	for i := range customers.Items {
		customer := &customers.Items[i]
		if said := verdictOf(customer); r.Census.Judge(customer.Namespace, said).Same(said) {
			continue
		}
		queue.AddAfter(ctrl.Request{NamespacedName: client.ObjectKeyFromObject(customer)}, wait)
		wait += censusSpacing
	}
}
