package syncrun

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	ac "github.com/webex-operator/webex-license-operator/api/v1alpha1/applyconfiguration/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/backoff"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/refusal"
	"github.com/webex-operator/webex-license-operator/internal/rows"
	"github.com/webex-operator/webex-license-operator/internal/status"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// parallelWrites bounds the writes that one run has under way. The API server's
// priority-and-fairness gives a service account some tens of seats; several
// runs share them.
const parallelWrites = 8

// write carries the difference out, and leaves in it what the API server took. Each write makes
// one row right, so stopping in the middle leaves no row wrong. A row that the API server refuses
// is left out and reported; the others are written. Where a quota or policy refuses marks, nothing
// else is written: what is held is judged by the rows that there were.
func (a *attempt) write(ctx context.Context, d *rows.Diff) error {
	w := &rowWriter{attempt: a, total: int64(len(d.Marks) + len(d.Changes) + len(d.Removals))}
	err := w.each(ctx, len(d.Marks), func(ctx context.Context, i int) error { return w.change(ctx, &d.Marks[i]) })
	if err != nil {
		return err
	}
	err = w.each(ctx, len(d.Changes)+len(d.Removals), func(ctx context.Context, i int) error {
		if i < len(d.Changes) {
			return w.change(ctx, &d.Changes[i])
		}
		return w.remove(ctx, &d.Removals[i-len(d.Changes)])
	})
	if err != nil {
		return err
	}
	d.Changes = slices.DeleteFunc(d.Changes, func(c rows.Change) bool { return c.After == nil })
	d.Removals = slices.DeleteFunc(d.Removals, func(row *v1alpha1.WebexLicense) bool { return row == nil })
	if w.refused > 0 {
		a.outcome.Rows.Refused = &w.refused
		a.miss(fmt.Sprintf("%d licence rows were not written, of %s", w.refused, w.example))
	}
	return nil
}

// unwritten is the failure of a run whose rows could not be written.
func unwritten(err error) error {
	if _, ok := errors.AsType[*webex.PanicError](err); ok {
		return err
	}
	return &failures.Failure{
		Class: webex.ClassTransient, Reason: v1alpha1.ReasonWriteFailed, Err: err,
		Message: "the Kubernetes API did not take every row, the run tries again: " + failures.APIServerWords(err),
	}
}

// rowWriter writes the rows of one attempt.
type rowWriter struct {
	*attempt
	total int64
	done  atomic.Int64

	mu sync.Mutex
	// refused counts the rows that the API server refused.
	refused int32
	// example says of one of them why.
	example string
	// forbidden is set if a quota or a policy refused one.
	forbidden bool
}

// maxRefusals ends the writing of rows, most of which are refused.
const maxRefusals = 100

// each does n writes side by side.
func (w *rowWriter) each(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallelWrites)
	for i := range n {
		group.Go(func() error {
			return webex.Recovered(func() error {
				if err := ctx.Err(); err != nil {
					return err
				}
				if err := do(ctx, i); err != nil {
					return err
				}
				w.worker.Report(Progress{Step: v1alpha1.StepApplying, Done: w.done.Add(1), Total: w.total})
				return nil
			})
		})
	}
	if err := group.Wait(); err != nil {
		return unwritten(err)
	}
	return w.failed()
}

const (
	// rowTries is how often a row is written whose write met another one.
	rowTries = 6
	// rowWait is the first wait between two of them, doubled each time: the cache
	// is to bring the row as it is now.
	rowWait = 100 * time.Millisecond
)

// change writes a row. If another write came first, the row is compared anew. The change becomes
// what was written: empty if nothing was.
func (w *rowWriter) change(ctx context.Context, change *rows.Change) error {
	todo := *change
	*change = rows.Change{}
	if w.full() {
		return nil
	}
	for try := 1; ; try++ {
		err := applyRow(ctx, w.Client, w.Recorder, todo)
		if !overtaken(err) || try == rowTries || backoff.Sleep(ctx, w.Clock, rowWait<<try) != nil {
			if err == nil {
				*change = todo
			}
			return w.refusal(todo.After, err)
		}
		have := &v1alpha1.WebexLicense{}
		switch err := w.Client.Get(ctx, client.ObjectKeyFromObject(todo.After), have); {
		case apierrors.IsNotFound(err) && rows.Superseded(todo.After):
			return nil // it went, as it was to in the end
		case apierrors.IsNotFound(err) && todo.Before != nil:
			have = nil // it was deleted meanwhile
			todo.After.UID, todo.After.ResourceVersion = "", ""
		case err != nil:
			continue // the cache does not know
		}
		again, differs := rows.ChangeOf(have, todo.After, w.now())
		if !differs {
			return nil
		}
		todo = again
	}
}

// overtaken says whether a write was refused for the state of the row, which another
// write has changed.
func overtaken(err error) bool {
	return apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) || apierrors.IsNotFound(err)
}

// remove deletes a row, unless another took its place meanwhile. The row becomes nil if it was not
// deleted.
func (w *rowWriter) remove(ctx context.Context, removal **v1alpha1.WebexLicense) error {
	row := *removal
	*removal = nil
	for try := 1; ; try++ {
		err := client.IgnoreNotFound(w.Client.Delete(ctx, row, client.Preconditions{UID: &row.UID}))
		if !apierrors.IsConflict(err) || try == rowTries || backoff.Sleep(ctx, w.Clock, rowWait<<try) != nil {
			if err == nil {
				*removal = row
			}
			return w.refusal(row, err)
		}
		have := &v1alpha1.WebexLicense{}
		if err := w.Client.Get(ctx, client.ObjectKeyFromObject(row), have); apierrors.IsNotFound(err) || err == nil && have.UID != row.UID {
			return nil
		}
	}
}

// refusal takes note of a row that the API server refuses, whatever is tried: its values
// are out of bounds, or a quota or policy forbids it. Any other error is returned.
func (w *rowWriter) refusal(row *v1alpha1.WebexLicense, err error) error {
	if err == nil || overtaken(err) || !refusal.Is(err) {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refused++
	forbidden := !odd(err)
	if w.example == "" || forbidden && !w.forbidden {
		w.example = fmt.Sprintf("licence %q: %s", rows.Clip(row.Status.Name, 64), refusal.Words(err))
	}
	w.forbidden = w.forbidden || forbidden
	return nil
}

// odd says whether a row is refused for its own values. An admission policy may answer with
// the same code, and names no field.
func odd(err error) bool {
	status, ok := errors.AsType[*apierrors.StatusError](err)
	if !ok || !apierrors.IsInvalid(err) {
		return apierrors.IsRequestEntityTooLargeError(err)
	}
	details := status.ErrStatus.Details
	return details != nil && slices.ContainsFunc(details.Causes, func(c metav1.StatusCause) bool {
		return strings.HasPrefix(c.Field, "spec") || strings.HasPrefix(c.Field, "status")
	})
}

// full says whether so many rows are refused that no more is tried. What is to go still
// goes: it may make the room that is missing.
func (w *rowWriter) full() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.refused >= maxRefusals
}

// failed is the failure of a run whose rows a quota or policy refuses, which may refuse any row. It
// is for good: another attempt would walk again and be refused.
func (w *rowWriter) failed() error {
	if !w.forbidden && !w.full() {
		return nil
	}
	return &failures.Failure{
		Class: webex.ClassTransient, Reason: v1alpha1.ReasonRowsRefused, Final: true,
		Message: "Kubernetes refuses licence rows, the others are written: make room or change the policy that it names, then create a LicenseSync; " + w.example,
	}
}

// errNotNew refuses the figures of a row that was new to an old cache.
var errNotNew = errors.New("the row is not new: another run has written it")

// applyRow writes what differs of one row. A row with a resource version is
// written only if it still has that version; a new one only if it has no figures.
func applyRow(ctx context.Context, c client.Client, recorder events.EventRecorder, change rows.Change) error {
	row := change.After
	version := row.ResourceVersion
	if change.Object {
		object := objectConfiguration(row)
		if version != "" {
			object.WithResourceVersion(version).WithUID(row.UID) // without the UID, a deleted row would be made anew
		}
		if err := c.Apply(ctx, object, client.ForceOwnership, client.FieldOwner(FieldManager)); err != nil {
			return fmt.Errorf("writing row %s: %w", row.Name, err)
		}
		// The answer is read into what was sent.
		if version == "" && object.Status != nil {
			return apierrors.NewConflict(v1alpha1.GroupVersion.WithResource("webexlicenses").GroupResource(), row.Name, errNotNew)
		}
		version = ptr.Deref(object.ResourceVersion, "")
		row.UID = ptr.Deref(object.UID, row.UID)
		if stray := rows.StrayLabels(object.Labels, row); len(stray) > 0 {
			var err error
			if version, err = dropLabels(ctx, c, row, stray); err != nil {
				return fmt.Errorf("removing labels of row %s: %w", row.Name, err)
			}
		}
	}
	if change.Status {
		if err := applyStatus(ctx, c, row, version); err != nil {
			return fmt.Errorf("writing the status of row %s: %w", row.Name, err)
		}
		tellCapacity(recorder, change)
	}
	return nil
}

func applyStatus(ctx context.Context, c client.Client, row *v1alpha1.WebexLicense, version string) error {
	configuration, err := status.ApplyConfiguration[ac.WebexLicenseStatusApplyConfiguration](row.Status)
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
		configuration.WithOwnerReferences(metav1ac.OwnerReference().
			WithAPIVersion(owner.APIVersion).WithKind(owner.Kind).WithName(owner.Name).WithUID(owner.UID).
			WithController(true).WithBlockOwnerDeletion(true))
	}
	return configuration
}

// dropLabels removes labels of a row and returns the version that it has then.
func dropLabels(ctx context.Context, c client.Client, row *v1alpha1.WebexLicense, keys []string) (version string, err error) {
	labels := map[string]*string{}
	for _, key := range keys {
		labels[key] = nil
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"labels": labels}})
	if err != nil {
		return "", err
	}
	target := &v1alpha1.WebexLicense{ObjectMeta: metav1.ObjectMeta{Namespace: row.Namespace, Name: row.Name}} // the answer is read into it
	err = c.Patch(ctx, target, client.RawPatch(types.MergePatchType, patch), client.FieldOwner(FieldManager))
	return target.ResourceVersion, err
}

// tellCapacity tells of a row whose capacity changed, once it is written. That a new row is
// used below the thresholds goes without saying. Since a row is written only if it is as it
// was when the change was found, no change is told twice.
func tellCapacity(recorder events.EventRecorder, change rows.Change) {
	is := meta.FindStatusCondition(change.After.Status.Conditions, v1alpha1.ConditionCapacityOK)
	var was *metav1.Condition
	if change.Before != nil {
		was = meta.FindStatusCondition(change.Before.Status.Conditions, v1alpha1.ConditionCapacityOK)
	}
	eventType := corev1.EventTypeWarning
	switch {
	case is == nil || was != nil && was.Reason == is.Reason:
		return
	case is.Status == metav1.ConditionTrue && was == nil:
		return
	case is.Status == metav1.ConditionTrue:
		eventType = corev1.EventTypeNormal
	}
	s := change.After.Status
	recorder.Eventf(change.After, nil, eventType, is.Reason, "Sync", "%s: %d of %d units in use: %s",
		s.Name, ptr.Deref(s.ConsumedUnits, 0), ptr.Deref(s.TotalUnits, 0), is.Message)
}
