package syncrun

import (
	"context"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/usage"
)

// RefreshRows brings rows up to date with the customer's spec without asking
// Webex: assignability follows the defaults, capacity the thresholds, ownership
// the deletion policy, and the location of rows at level Customer the customer's
// name. It writes only rows that differ and returns how many.
func RefreshRows(ctx context.Context, c client.Client, recorder events.EventRecorder, customer *v1alpha1.WebexCustomerAccess, rows []v1alpha1.WebexLicense, defaults usage.Effective, now metav1.Time) (int, error) {
	written := 0
	for i := range rows {
		have := &rows[i]
		if len(have.Status.Conditions) == 0 {
			continue // its run is about to write it
		}
		want := new(*have) // rows are the cache's own: what is altered is copied first
		want.Status.Conditions = slices.Clone(have.Status.Conditions)
		setAssignable(&want.Status, defaults)
		setCapacity(want, have.Status.Conditions, customer)
		setOwner(want, customer)
		if want.Spec.Level == v1alpha1.LevelCustomer {
			want.Status.Location = clip(DisplayName(customer), maxLocation)
		}
		want.Labels = ownLabels(have)
		change, ok := changeOf(have, want, now)
		if !ok {
			continue
		}
		switch err := applyRow(ctx, c, recorder, change); {
		case err == nil:
			written++
		case !apierrors.IsConflict(err) && !apierrors.IsNotFound(err):
			return written, err
		}
	}
	return written, nil
}

// labelKeys are the labels of rows that are ours.
var labelKeys = []string{v1alpha1.LabelCustomer, v1alpha1.LabelLevel, v1alpha1.LabelClass, v1alpha1.LabelLocation}

// ownLabels are the labels that runs own; applying others would take them over.
func ownLabels(row *v1alpha1.WebexLicense) map[string]string {
	own := map[string]string{}
	for _, key := range labelKeys {
		if value, ok := row.Labels[key]; ok {
			own[key] = value
		}
	}
	if row.Spec.Level == v1alpha1.LevelCustomer {
		delete(own, v1alpha1.LabelLocation) // somebody else's mistake
	}
	return own
}
