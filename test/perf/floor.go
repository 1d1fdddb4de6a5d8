package main

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// floor measures how long the API server takes for a row if some clients do nothing but write rows, with no client
// watching them: a row, and its status, since no request can write both. No operator is faster.
func floor(ctx context.Context, w *world, step Step) error {
	const namespace = "floor"
	if err := w.client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}); err != nil {
		return err
	}
	begin := time.Now()
	err := w.parallel(ctx, step.Count, func(i int) error {
		row := bareRow(namespace, i)
		status := row.Status
		if err := w.client.Create(ctx, row); err != nil {
			return err
		}
		row.Status = status
		return w.client.Status().Update(ctx, row)
	})
	if err != nil {
		return err
	}
	took := time.Since(begin)
	w.floor = took.Seconds() / float64(step.Count)
	w.figures.add(step.As, "ms per row", 1000*w.floor)
	return w.client.DeleteAllOf(ctx, &v1alpha1.WebexLicense{}, client.InNamespace(namespace))
}

// bareRow is a row as runs write it, with all that it says, and that no operator looks after.
func bareRow(namespace string, i int) *v1alpha1.WebexLicense {
	now := metav1.Now()
	condition := func(name, reason, message string) metav1.Condition {
		return metav1.Condition{Type: name, Status: metav1.ConditionTrue, Reason: reason, Message: message, LastTransitionTime: now, ObservedGeneration: 1}
	}
	id := fmt.Sprintf("%08d-0000-4000-8000-000000000000:EE_%08d-0000-4000-8000-000000000001_acme.example.webex.com", i, i)
	return &v1alpha1.WebexLicense{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: namespace, Name: fmt.Sprintf("customer-00000-webex-meetings-suite-%08d", i),
			Labels: map[string]string{v1alpha1.LabelCustomer: "customer-00000", v1alpha1.LabelLevel: string(v1alpha1.LevelCustomer), v1alpha1.LabelClass: string(v1alpha1.ClassPurchased)},
			OwnerReferences: []metav1.OwnerReference{{
				APIVersion: v1alpha1.GroupVersion.String(), Kind: "WebexCustomerAccess", Name: "customer-00000",
				UID: "00000000-0000-4000-8000-000000000000", Controller: new(true), BlockOwnerDeletion: new(true),
			}},
		},
		Spec: v1alpha1.WebexLicenseSpec{
			CustomerAccessRef: v1alpha1.LocalCustomerReference{Name: "customer-00000"}, LicenseID: id, Level: v1alpha1.LevelCustomer,
		},
		Status: v1alpha1.WebexLicenseStatus{
			Name: "Webex Meetings Suite", Class: v1alpha1.ClassPurchased, OfferCode: "EE", SubscriptionID: fmt.Sprintf("Sub%07d", i),
			SiteURL: "acme.example.webex.com", TotalUnits: new(int64(1000)), ConsumedUnits: new(int64(500)), AvailableUnits: new(int64(500)),
			UtilizationPercent: new(int32(50)), Location: "customer-00000", ObservedGeneration: new(int64(1)), LastChangeTime: &now,
			Assignable: new(true), AssignableReason: v1alpha1.AssignableYes,
			Conditions: []metav1.Condition{
				condition(v1alpha1.ConditionCapacityOK, v1alpha1.ReasonWithinThresholds, "fewer units are in use than spec.thresholds of the customer say"),
				condition(v1alpha1.ConditionReady, v1alpha1.ReasonSynced, "the figures are those of a complete run"),
			},
		},
	}
}

// listFloor is how long a bare client takes to list and decode all objects that the manager's caches hold.
func (w *world) listFloor(ctx context.Context) (time.Duration, error) {
	begin := time.Now()
	for _, list := range []client.ObjectList{
		&v1alpha1.WebexLicenseList{}, &v1alpha1.LicenseSyncList{}, &v1alpha1.WebexCustomerAccessList{}, &v1alpha1.LicenseSyncScheduleList{},
	} {
		if err := w.client.List(ctx, list); err != nil {
			return 0, err
		}
	}
	return time.Since(begin), nil
}
