package controllers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/rows"
	"github.com/webex-operator/webex-license-operator/internal/skew"
)

const (
	// ownRunTTL keeps the runs that the operator creates for a day, in seconds:
	// long enough to read why one failed.
	ownRunTTL = 24 * 60 * 60
	// initialRetry is when a customer whose first run failed gets another: no
	// schedule would, and an outage of Webex ends some time. So does one whose
	// figures would be stale before the usual next time.
	initialRetry = time.Hour
)

// wantedRun is a run to create. Its name follows from what asked for it, which
// makes creating it twice impossible.
type wantedRun struct {
	name    string
	trigger v1alpha1.Trigger
	// requestToken is the value of the requestedAt annotation that is handled by it.
	requestToken string
}

// decideRun says which run is due, if any, and else when to ask again. It
// decides by persisted facts alone, so that a restart starts nothing.
func decideRun(s *customerScope) (wanted *wantedRun, wait time.Duration) {
	customer := s.customer
	if ptr.Deref(customer.Spec.Suspend, false) || s.secretVersion == "" {
		return nil, 0
	}
	token := customer.Annotations[v1alpha1.AnnotationRequestedAt]
	if token != "" && clipToken(token) != customer.Status.LastHandledReconcileAt {
		return &wantedRun{name: runName(customer, "m", token), trigger: v1alpha1.TriggerManual, requestToken: clipToken(token)}, 0
	}
	if s.active {
		return nil, 0 // whatever changed, the run that is under way sees it, or its end does
	}
	if held := customer.Status.HeldPrune; held != nil && held.Token != "" && customer.Annotations[v1alpha1.AnnotationApprovePrune] == held.Token {
		return &wantedRun{name: runName(customer, "prune", held.Token), trigger: v1alpha1.TriggerManual}, 0
	}
	last := customer.Status.LastRun
	switch {
	case last == nil:
		return &wantedRun{name: firstRunName(customer), trigger: v1alpha1.TriggerInitial}, 0
	case last.Reason == v1alpha1.ReasonSucceeded:
		if hash := rows.CollectedSpecHash(customer); hash != customer.Status.CollectedSpecHash {
			return specRun(s, hash), 0
		}
		if worriesAboutCredentials(customer) && secretChanged(s) {
			return specRun(s, "credentials"), 0 // an answer to the warning: see whether it helped
		}
		return upgradeRun(s)
	case specChanged(customer), credentialsChanged(s), caBundleChanged(s), s.duplicateGone:
		return specRun(s, fmt.Sprint(customer.Generation)), 0 // it may have mended the failure
	case failures.Passing(last):
		if customer.Status.LastSuccessfulSyncTime != nil {
			return upgradeRun(s) // else see retryRun
		}
		due := retryAfter(last, s.now)
		if s.now.Before(due) {
			return nil, due.Sub(s.now)
		}
		return &wantedRun{name: runName(customer, "initial", last.EndTime.UTC().Format(time.RFC3339)), trigger: v1alpha1.TriggerInitial}, 0
	}
	return nil, 0
}

// retryRun is the run of a customer whose last one failed hours ago, if none came since
// and none is due: trouble passes, and what was refused may be granted meanwhile. Where
// runs come more often, there is nothing to do.
func retryRun(s *customerScope) (wanted *wantedRun, wait time.Duration) {
	due := failures.AskAgain(s.customer, s.now)
	if due.IsZero() || s.active || ptr.Deref(s.customer.Spec.Suspend, false) || s.secretVersion == "" || s.unreadable != nil {
		return nil, 0
	}
	last := s.customer.Status.LastRun
	if stale, soon := staleFrom(s.customer), retryAfter(last, s.now); failures.Passing(last) && soon.Before(stale) && stale.Before(due) {
		due = soon // the figures of a day whose only run met an outage stay fresh
	}
	if s.now.Before(due) {
		return nil, due.Sub(s.now)
	}
	end := last.EndTime.UTC().Format(time.RFC3339)
	return &wantedRun{name: runName(s.customer, "retry", end), trigger: v1alpha1.TriggerRetry}, 0
}

// retryAfter is when another run may follow one that failed for a passing cause.
func retryAfter(last *v1alpha1.LastRun, now time.Time) time.Time {
	if skew.Ahead(last.EndTime.Time, now, 0) {
		return now
	}
	return last.EndTime.Add(initialRetry)
}

// specChanged says whether the spec is another than the one that a run failed by.
func specChanged(customer *v1alpha1.WebexCustomerAccess) bool {
	return ptr.Deref(customer.Status.LastRun.ObservedGeneration, 0) != customer.Generation
}

// credentialsChanged says whether the Secret is another than the one that was refused.
func credentialsChanged(s *customerScope) bool {
	if !failures.ConcernsCredentials(s.customer.Status.LastRun.Reason) {
		return false
	}
	return secretChanged(s)
}

// secretChanged says whether the Secret is another than the one of the last run.
func secretChanged(s *customerScope) bool {
	used := s.customer.Status.Credentials
	return used == nil || used.ObservedSecretResourceVersion != s.secretVersion
}

// caBundleChanged says whether the Secret with the CA bundle is another than the
// one with which Webex could not be reached.
func caBundleChanged(s *customerScope) bool {
	last := s.customer.Status.LastRun
	concerned := last.Reason == v1alpha1.ReasonCABundleInvalid || last.Reason == v1alpha1.ReasonAPIUnavailable
	return concerned && s.caVersion != "" && s.caVersion != last.ObservedCABundleResourceVersion
}

func specRun(s *customerScope, change string) *wantedRun {
	// The last run's end is in the name, so that changing something back and
	// forth makes a run each time.
	return &wantedRun{
		name:    runName(s.customer, "spec", change, s.secretVersion, s.caVersion, s.customer.Status.LastRun.EndTime.UTC().Format(time.RFC3339)),
		trigger: v1alpha1.TriggerSpecChange,
	}
}

// clipToken bounds a token to what the status can echo.
func clipToken(token string) string {
	const maxBytes = 1024
	if len(token) <= maxBytes {
		return token
	}
	sum := sha256.Sum256([]byte(token))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// requestRun creates the run that is due. If it exists already, it was asked for
// before, and once is enough.
func (r *WebexCustomerAccessReconciler) requestRun(ctx context.Context, s *customerScope) error {
	if s.unreadable != nil {
		return nil
	}
	wanted, wait := decideRun(s)
	s.lookAgain(wait)
	s.retrying = wait > 0
	if wanted == nil {
		wanted, wait = assignmentRun(s)
		s.lookAgain(wait)
	}
	if wanted == nil {
		wanted, wait = retryRun(s)
		s.lookAgain(wait)
		s.retrying = s.retrying || wait > 0 && passable(s.customer.Status.LastRun)
	}
	if wanted == nil {
		return nil
	}
	asked := r.refused.of(s.customer)
	if refused, waiting := asked.waits(wanted.name, s.now); waiting {
		s.refuse(refused)
		return nil
	}
	err := r.createRun(ctx, s, ownRun(s.customer, *wanted))
	if refused, ok := refusedBy(err, wanted.name, s.customer.Name); ok {
		ctrl.LoggerFrom(ctx).Info("Kubernetes refused a run", "run", wanted.name, "trigger", wanted.trigger, "answer", refused.words)
		s.refuse(asked.note(refused, s.now))
		return nil
	}
	if err != nil {
		s.retrying = true
		return err
	}
	r.refused.forget(client.ObjectKeyFromObject(s.customer))
	if wanted.requestToken != "" {
		s.handled = wanted.requestToken
	}
	return nil
}

// refuse notes that the run that is due was refused.
func (s *customerScope) refuse(refused refusedRun) {
	s.refused = &refused
	s.lookAgain(refused.until.Sub(s.now))
}

// createdRun is a run that the cache may not have yet. Without it, a reconcile that follows at
// once would take the customer for one without a run, and create its first one.
type createdRun struct {
	name string
	at   time.Time
}

// cacheLag bounds how long a created run is waited for that the cache does not bring: it may
// have been deleted at once.
const cacheLag = time.Minute

// underWay says whether the run that was created last is not in the cache yet.
func (r *WebexCustomerAccessReconciler) underWay(s *customerScope, runs []v1alpha1.LicenseSync) bool {
	key := client.ObjectKeyFromObject(s.customer)
	created, ok := r.created.Load(key)
	if !ok {
		return false
	}
	last, _ := created.(createdRun)
	seen := slices.ContainsFunc(runs, func(run v1alpha1.LicenseSync) bool { return run.Name == last.name })
	if seen || s.now.Sub(last.at) > cacheLag {
		r.created.Delete(key)
		return false
	}
	s.lookAgain(cacheLag)
	return true
}

// createRun creates a run, or finds the one that was created before.
func (r *WebexCustomerAccessReconciler) createRun(ctx context.Context, s *customerScope, run *v1alpha1.LicenseSync) error {
	err := r.Create(ctx, run)
	if err == nil {
		ctrl.LoggerFrom(ctx).Info("created a run", "run", run.Name, "trigger", run.Spec.Trigger)
		r.created.Store(client.ObjectKeyFromObject(s.customer), createdRun{run.Name, s.now})
		s.active = true
		return nil
	}
	if !apierrors.IsAlreadyExists(err) {
		return err
	}
	existing := &v1alpha1.LicenseSync{}
	err = r.Get(ctx, client.ObjectKeyFromObject(run), existing)
	s.active = err != nil || !finished(existing)
	if err == nil && !metav1.IsControlledBy(existing, s.customer) {
		// Left over from a deleted customer of this name: our run gets a name beside it.
		run.Name = besides(run.Name, s.customer)
		s.active = true
		if err := r.Create(ctx, run); err != nil && !apierrors.IsAlreadyExists(err) {
			s.active = false
			return err
		}
	}
	return nil
}

// ownRun is a run that the operator creates for a customer.
func ownRun(customer *v1alpha1.WebexCustomerAccess, wanted wantedRun) *v1alpha1.LicenseSync {
	return &v1alpha1.LicenseSync{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: customer.Namespace, Name: wanted.name,
			Labels: map[string]string{v1alpha1.LabelCustomer: customer.Name, v1alpha1.LabelTrigger: string(wanted.trigger)},
			OwnerReferences: []metav1.OwnerReference{
				*metav1.NewControllerRef(customer, v1alpha1.GroupVersion.WithKind("WebexCustomerAccess")),
			},
		},
		Spec: v1alpha1.LicenseSyncSpec{
			CustomerAccessRef:       v1alpha1.LocalCustomerReference{Name: customer.Name},
			Trigger:                 wanted.trigger,
			TTLSecondsAfterFinished: new(int32(ownRunTTL)),
		},
	}
}

func (s *customerScope) lookAgain(after time.Duration) {
	if after > 0 && (s.after == 0 || after < s.after) {
		s.after = after
	}
}
