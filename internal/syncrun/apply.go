package syncrun

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	ac "github.com/webex-operator/webex-license-operator/api/v1alpha1/applyconfiguration/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/usage"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// parallelWrites bounds the writes that one run has under way. The API server's
// priority-and-fairness gives a service account some tens of seats; several
// runs share them.
const parallelWrites = 8

// apply compares what was counted with the rows there are, and writes the difference.
func (a *attempt) apply(ctx context.Context) error {
	if err := a.refuseDuplicate(ctx); err != nil {
		return err
	}
	// The spec may have changed during a long walk: defaults, policy and an
	// approval count as they are now.
	customer := &v1alpha1.WebexCustomerAccess{}
	if err := a.Live.Get(ctx, client.ObjectKeyFromObject(a.customer), customer); err != nil {
		return err
	}
	if customer.UID != a.customer.UID {
		return errors.New("the customer was replaced during the run")
	}
	existing, err := Rows(ctx, a.Client, customer)
	if err != nil {
		return err
	}
	counted := a.usage.Rows()
	a.totals = usage.Sum(counted)
	defaults := a.defaults(customer)
	desired := make([]*v1alpha1.WebexLicense, len(counted))
	for i, row := range counted {
		desired[i] = desiredRow(customer, row, defaults)
	}
	d := compare(a.customer, existing, desired, a.now())
	removals := a.guardRemovals(customer, existing, &d)
	a.summarise(d, removals)
	return a.write(ctx, d.changes, removals)
}

// Rows lists a customer's rows from the cache. They are the cache's own: a caller
// changes none of what they point to.
func Rows(ctx context.Context, reader client.Reader, customer *v1alpha1.WebexCustomerAccess) ([]v1alpha1.WebexLicense, error) {
	var list v1alpha1.WebexLicenseList
	err := reader.List(ctx, &list, client.InNamespace(customer.Namespace), client.MatchingFields{IndexCustomer: customer.Name}, client.UnsafeDisableDeepCopy)
	return list.Items, err
}

func (a *attempt) defaults(customer *v1alpha1.WebexCustomerAccess) usage.Effective {
	return usage.ResolveDefaults(usage.Subscriptions(a.licenses), usage.SiteURLs(a.licenses),
		usage.Defaults{Subscription: customer.Spec.DefaultSubscription, SiteURL: customer.Spec.DefaultSiteURL})
}

// Thresholds of the prune guard.
const (
	defaultMaxPrunePercent = 50
	// guardedFrom is the number of rows from which on the share counts: below it
	// a few licences that end together would already be most of the rows.
	guardedFrom = 10
)

// guardRemovals returns the removals to carry out. If they are more than the
// guard allows, those of collected levels are held instead, unless approved.
func (a *attempt) guardRemovals(customer *v1alpha1.WebexCustomerAccess, existing []v1alpha1.WebexLicense, d *diff) []*v1alpha1.WebexLicense {
	var guarded, free []*v1alpha1.WebexLicense
	for _, row := range d.removals {
		if collects(a.customer, row.Spec.Level) {
			guarded = append(guarded, row)
		} else {
			free = append(free, row) // the user took the level out of spec.collection
		}
	}
	rows := 0
	for i := range existing {
		if collects(a.customer, existing[i].Spec.Level) {
			rows++
		}
	}
	maxPercent := int32(defaultMaxPrunePercent)
	if customer.Spec.Prune != nil {
		maxPercent = ptr.Deref(customer.Spec.Prune.MaxPercent, maxPercent)
	}
	tooMany := rows >= guardedFrom && len(guarded)*100 > int(maxPercent)*rows
	emptied := len(a.licenses) == 0 && rows > 0
	token := pruneToken(guarded)
	if len(guarded) == 0 || !tooMany && !emptied || customer.Annotations[v1alpha1.AnnotationApprovePrune] == token {
		return d.removals
	}
	a.outcome.Held = &v1alpha1.HeldPrune{Rows: new(int32(len(guarded))), Token: token} //nolint:gosec // bounded by the rows of one customer
	return free
}

// pruneToken stands for a set of rows: approving one set approves no other, and
// not the rows of the same names that a later run creates.
func pruneToken(rows []*v1alpha1.WebexLicense) string {
	names := make([]string, len(rows))
	for i, row := range rows {
		names[i] = row.Name + "/" + string(row.UID)
	}
	slices.Sort(names)
	return shortHash(strings.Join(names, "\n"))
}

func (a *attempt) summarise(d diff, removals []*v1alpha1.WebexLicense) {
	var added, updated int
	for _, change := range d.changes {
		if change.kind == v1alpha1.ChangeAdded {
			added++
		} else {
			updated++
		}
	}
	count := func(n int) *int32 { return new(int32(n)) } //nolint:gosec // bounded by the rows of one customer
	a.outcome.Rows = v1alpha1.RowCounts{Added: count(added), Updated: count(updated), Removed: count(len(removals)), Unchanged: count(d.unchanged)}
	if a.outcome.Held != nil {
		a.outcome.Rows.Held = a.outcome.Held.Rows
	}
	a.outcome.TotalUnits, a.outcome.ConsumedUnits = a.totals.Total, a.totals.Consumed
	d.removals = removals
	a.outcome.Changes = d.samples()
}

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
