package syncrun

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	ac "github.com/webex-operator/webex-license-operator/api/v1alpha1/applyconfiguration/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// parallelWrites bounds the writes that one run has under way. The API server's
// priority-and-fairness gives a service account some tens of seats; several
// runs share them.
const parallelWrites = 8

// write carries the difference out. Each write makes one row right, so stopping
// in the middle leaves no row wrong.
func (a *attempt) write(ctx context.Context, changes []rowChange, removals []*v1alpha1.WebexLicense) error {
	total := int64(len(changes) + len(removals))
	var done atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallelWrites)
	step := func(do func() error) {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := do(); err != nil {
				return err
			}
			a.place.Report(Progress{Step: v1alpha1.StepApplying, Done: done.Add(1), Total: total})
			return nil
		})
	}
	for _, change := range changes {
		step(func() error { return applyRow(ctx, a.Client, a.Recorder, change) })
	}
	for _, row := range removals {
		step(func() error {
			return client.IgnoreNotFound(a.Client.Delete(ctx, row, client.Preconditions{UID: &row.UID}))
		})
	}
	if err := group.Wait(); err != nil {
		return &Failure{
			Class: webex.ClassTransient, Reason: v1alpha1.ReasonWriteFailed, Err: err,
			Message: "the Kubernetes API did not take every row: the run tries again; the cause is in the operator's log",
		}
	}
	return nil
}

// applyRow writes what differs of one row. A row with a resource version is
// written only if it still has that version.
func applyRow(ctx context.Context, c client.Client, recorder events.EventRecorder, change rowChange) error {
	row := change.after
	version := row.ResourceVersion
	if change.object {
		object := objectConfiguration(row)
		if version != "" {
			object.WithResourceVersion(version).WithUID(row.UID) // without the UID, a deleted row would be made anew
		}
		if err := c.Apply(ctx, object, client.ForceOwnership, client.FieldOwner(FieldManager)); err != nil {
			return fmt.Errorf("writing row %s: %w", row.Name, err)
		}
		// The answer is read into what was sent.
		if version != "" {
			version = *object.ResourceVersion
		}
		row.UID = ptr.Deref(object.UID, row.UID)
		if err := dropLabels(ctx, c, row, strayLabels(object.Labels, row)); err != nil {
			return fmt.Errorf("removing labels of row %s: %w", row.Name, err)
		}
	}
	if change.status {
		if err := applyStatus(ctx, c, row, version); err != nil {
			return fmt.Errorf("writing the status of row %s: %w", row.Name, err)
		}
		tellCapacity(recorder, change)
	}
	return nil
}

func applyStatus(ctx context.Context, c client.Client, row *v1alpha1.WebexLicense, version string) error {
	configuration, err := ApplyConfiguration[ac.WebexLicenseStatusApplyConfiguration](row.Status)
	if err != nil {
		return err
	}
	object := ac.WebexLicense(row.Name, row.Namespace).WithStatus(configuration)
	if version != "" {
		object.WithResourceVersion(version)
	}
	return c.Status().Apply(ctx, object, client.ForceOwnership, client.FieldOwner(FieldManager))
}

func objectConfiguration(row *v1alpha1.WebexLicense) *ac.WebexLicenseApplyConfiguration {
	spec := ac.WebexLicenseSpec().
		WithCustomerAccessRef(ac.LocalCustomerReference().WithName(row.Spec.CustomerAccessRef.Name)).
		WithLicenseID(row.Spec.LicenseID).
		WithLevel(row.Spec.Level)
	if row.Spec.LocationID != "" {
		spec.WithLocationID(row.Spec.LocationID)
	}
	configuration := ac.WebexLicense(row.Name, row.Namespace).WithLabels(row.Labels).WithSpec(spec)
	for _, owner := range row.OwnerReferences {
		configuration.WithOwnerReferences(ownerConfiguration(owner))
	}
	return configuration
}

// ownerConfiguration is an owner who controls the object.
func ownerConfiguration(owner metav1.OwnerReference) *metav1ac.OwnerReferenceApplyConfiguration {
	return metav1ac.OwnerReference().
		WithAPIVersion(owner.APIVersion).WithKind(owner.Kind).WithName(owner.Name).WithUID(owner.UID).
		WithController(true).WithBlockOwnerDeletion(true)
}

// ApplyConfiguration turns a typed value into its apply configuration. Both have
// the same JSON form; what is empty in the one is unset in the other.
func ApplyConfiguration[T any](typed any) (*T, error) {
	data, err := json.Marshal(typed)
	if err != nil {
		return nil, err
	}
	configuration := new(T)
	return configuration, json.Unmarshal(data, configuration)
}
