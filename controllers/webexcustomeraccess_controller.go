package controllers

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	ac "github.com/webex-operator/webex-license-operator/api/v1alpha1/applyconfiguration/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/internal/census"
	"github.com/webex-operator/webex-license-operator/internal/metrics"
	"github.com/webex-operator/webex-license-operator/internal/rows"
	"github.com/webex-operator/webex-license-operator/internal/status"
	"github.com/webex-operator/webex-license-operator/internal/syncrun"
	"github.com/webex-operator/webex-license-operator/internal/usage"
)

// +kubebuilder:rbac:groups=licensing.webex-operator.io,resources=webexcustomeraccesses,verbs=get;list;watch
// +kubebuilder:rbac:groups=licensing.webex-operator.io,resources=webexcustomeraccesses/status,verbs=patch
// +kubebuilder:rbac:groups=licensing.webex-operator.io,resources=webexcustomeraccesses/finalizers,verbs=update
// +kubebuilder:rbac:groups=licensing.webex-operator.io,resources=licensesyncs,verbs=list;watch;create
// +kubebuilder:rbac:groups=licensing.webex-operator.io,resources=webexlicenses,verbs=list;watch;patch
// +kubebuilder:rbac:groups=licensing.webex-operator.io,resources=webexlicenseassignments,verbs=get;list;watch
// +kubebuilder:rbac:groups="",resources=configmaps;secrets,verbs=get;list;watch

// customerFieldManager owns, in server-side apply, the part of a customer's
// status that this reconciler writes.
const customerFieldManager = "webex-license-operator/customeraccess"

// WebexCustomerAccessReconciler asks for the runs of a customer, keeps its rows
// in line with spec changes that need no call to Webex, and draws the
// conditions from the facts that runs recorded. It never calls Webex.
type WebexCustomerAccessReconciler struct {
	client.Client
	// Live reads an assignment past the cache.
	Live client.Reader
	// Versions tells the versions of Secrets and ConfigMaps.
	Versions objectVersions
	// EnableAssignment is the operator's flag.
	EnableAssignment bool
	// Claims says which customers are this manager's.
	Claims *Claims
	// Recorder writes events.
	Recorder events.EventRecorder
	// Clock tells the time.
	Clock clock.PassiveClock
	// DataVersion is the version of what this operator's runs collect.
	DataVersion int32
	// UpgradeSpread is over how long the runs are spread that a new version asks for.
	UpgradeSpread time.Duration
	// Concurrency is the number of reconciles at a time.
	Concurrency int
	// Census counts the objects of all kinds.
	Census *census.Census
	// CensusDebounce gathers what comes and goes together, before customers are told.
	CensusDebounce time.Duration

	written ownWrites
	// created are the runs that were created last, by customer, as [createdRun].
	created sync.Map
	refused refusals
}

// customerScope is what the steps of one reconcile share.
type customerScope struct {
	customer *v1alpha1.WebexCustomerAccess
	now      time.Time
	upgrade  upgradePolicy
	// unreadable is set if the spec cannot be read whole: nothing is done by half of it.
	unreadable *status.Detail

	// secretVersion is the version of the credentials Secret; empty if there is none.
	secretVersion string
	// caVersion is the version of the Secret with the CA bundle; empty if there is none.
	caVersion string
	// active is true while a run is unfinished; unfinished are the names of those that were
	// there from the start.
	active     bool
	unfinished []string
	// reading is true while a run is at work, and may be in the middle of writing rows. It is
	// said of some run that it began at a time: nil if none has said so.
	reading bool
	begun   *metav1.Time
	// retrying is true while trouble passes by itself, and the next run is a matter of time.
	retrying bool
	// refused is the run that is due, if Kubernetes refused to create it.
	refused *refusedRun
	// runs are the customer's runs that were there from the start.
	runs []v1alpha1.LicenseSync
	// changes are those of assignments since their last plans; leftovers are approved removals, and plans that were not
	// carried out to their end.
	changes, leftovers []string
	// duplicateGone is true if the customer was refused because of another one
	// for the same organization, which no longer is.
	duplicateGone bool
	// unscheduled is true if the customer is not suspended, and no schedule will read it.
	unscheduled bool
	// elsewhere is true if customers of other shards use the same credentials.
	elsewhere bool
	// rows are the customer's licence rows.
	rows     []v1alpha1.WebexLicense
	defaults usage.Effective
	// objects says how near the numbers of objects are to their limits.
	objects census.Verdict
	// handled is the last token of the requestedAt annotation that a run exists for.
	handled string
	// told is what the conditions say, in fields.
	told v1alpha1.Told
	// after is when to look again; 0 for never.
	after time.Duration
}

// customerStep does one thing about a customer.
type customerStep func(ctx context.Context, s *customerScope) error

// Reconcile brings rows and conditions in line, and asks for a run if one is due.
func (r *WebexCustomerAccessReconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	customer := &v1alpha1.WebexCustomerAccess{}
	err := r.Get(ctx, request.NamespacedName, customer)
	if err != nil || !customer.DeletionTimestamp.IsZero() {
		r.written.forget(request.NamespacedName)
		r.created.Delete(request.NamespacedName)
		if apierrors.IsNotFound(err) {
			r.Claims.forget(request.NamespacedName)
			r.refused.forget(request.NamespacedName)
		}
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if r.written.missing(customer) {
		return ctrl.Result{}, nil // the event about what was written asks again
	}
	if ours, after, err := r.Claims.settle(ctx, customer); err != nil {
		return ended(err)
	} else if !ours {
		return ctrl.Result{RequeueAfter: after}, nil
	}
	if mended, err := mendStatus(ctx, r, customer, customer.Unreadable, customerFieldManager, r.Clock.Now()); err != nil || mended {
		return ended(err) // the event about what was written asks again
	}
	completed(&customer.Status)
	s := &customerScope{
		customer: customer, unreadable: unreadableSpec(ctx, customer.Unreadable), now: r.Clock.Now(), handled: customer.Status.LastHandledReconcileAt,
		upgrade: upgradePolicy{version: r.DataVersion, spread: r.UpgradeSpread},
	}
	if err := r.observe(ctx, s); err != nil { // Secret, runs and rows as they are
		return ended(err) // nothing is decided by half of the facts
	}
	var failed error
	for _, step := range []customerStep{
		r.requestRun,  // create the run that is due
		r.refreshRows, // assignability and ownership follow the spec
		r.summarise,   // conditions from facts, written if different
	} {
		// What cannot be written must not keep the rest back, least of all what the customer is told.
		failed = errors.Join(failed, step(ctx, s))
	}
	if failed != nil {
		return ended(failed)
	}
	return ctrl.Result{RequeueAfter: s.after}, nil
}

// observe reads what the other steps decide by, from the cache as far as that is enough.
func (r *WebexCustomerAccessReconciler) observe(ctx context.Context, s *customerScope) error {
	var err error
	var credentials, caBundle string // as the last run saw them
	if used := s.customer.Status.Credentials; used != nil {
		credentials = used.ObservedSecretResourceVersion
	}
	if last := s.customer.Status.LastRun; last != nil {
		caBundle = last.ObservedCABundleResourceVersion
	}
	if s.secretVersion, err = r.Versions.of(ctx, v1alpha1.SubjectSourceSecret, s.customer.Namespace, s.customer.Spec.CredentialsSecretRef.Name, credentials); err != nil {
		return err
	}
	for _, name := range caBundleSecret(s.customer) {
		if s.caVersion, err = r.Versions.of(ctx, v1alpha1.SubjectSourceSecret, s.customer.Namespace, name, caBundle); err != nil {
			return err
		}
	}
	runs, err := runsOf(ctx, r, s.customer.Namespace, s.customer.Name)
	if err != nil {
		return err
	}
	s.active = r.underWay(s, runs)
	s.runs = runs
	for i := range runs {
		if !finished(&runs[i]) {
			s.active, s.unfinished = true, append(s.unfinished, runs[i].Name)
			s.begun = cmp.Or(s.begun, runs[i].Status.StartTime)
			s.reading = s.reading || isReading(s.customer, &runs[i])
		}
	}
	if last := s.customer.Status.LastRun; last != nil && last.Reason == v1alpha1.ReasonDuplicateOrganization && s.customer.Status.Organization != nil {
		other, err := access.DuplicateOf(ctx, r, s.customer, s.customer.Status.Organization.ID)
		if err != nil {
			return err
		}
		s.duplicateGone = other == nil
	}
	if err := r.observeAssignments(ctx, s); err != nil {
		return err
	}
	s.objects = r.Census.Judge(s.customer.Namespace, verdictOf(s.customer))
	if s.elsewhere, err = r.Claims.secretElsewhere(ctx, s.customer); err != nil {
		return err
	}
	if s.unscheduled, err = r.isUnscheduled(ctx, s.customer); err != nil {
		return err
	}
	s.rows, err = syncrun.Rows(ctx, r, s.customer)
	s.defaults = rows.Defaults(s.customer, s.rows)
	return err
}

// isReading says whether a run may be in the middle of writing rows: a short one never says that it is at work. What it
// learned is the last that it writes.
func isReading(customer *v1alpha1.WebexCustomerAccess, run *v1alpha1.LicenseSync) bool {
	if last := customer.Status.LastRun; last != nil && last.Name == run.Name && last.Reason == v1alpha1.ReasonSucceeded {
		return false
	}
	ready := meta.FindStatusCondition(run.Status.Conditions, v1alpha1.ConditionReady)
	return ready == nil || ready.Reason == v1alpha1.ReasonRunning
}

// refreshRows writes rows whose assignability or owner no longer follows the spec.
func (r *WebexCustomerAccessReconciler) refreshRows(ctx context.Context, s *customerScope) error {
	if s.customer.Status.LastSuccessfulSyncTime == nil || s.unreadable != nil || s.reading {
		return nil // a run is about to write them, by what it knows and this does not
	}
	_, err := syncrun.RefreshRows(ctx, r.Client, r.Recorder, s.customer, s.rows, s.defaults, metav1.NewTime(s.now))
	return client.IgnoreNotFound(err)
}

// summarise draws the conditions and writes this reconciler's part of the
// status if it differs.
func (r *WebexCustomerAccessReconciler) summarise(ctx context.Context, s *customerScope) error {
	old := s.customer.Status
	desired := v1alpha1.WebexCustomerAccessStatus{
		Conditions:             status.Merge(old.Conditions, s.conditions(), s.customer.Generation, metav1.NewTime(s.now)),
		ObservedGeneration:     &s.customer.Generation,
		LastHandledReconcileAt: s.handled,
		UpgradeRunTime:         s.planUpgrade(),
		OtherLicenses:          old.OtherLicenses,
	}
	if !s.reading { // else the rows are those of two walks, and more of them are to come
		desired.OtherLicenses = rows.OtherLicenses(s.rows)
	}
	// Never an empty object: server-side apply turns one that was not empty into
	// null, which the API server refuses.
	effective := v1alpha1.EffectiveDefaults{Subscription: s.defaults.Subscription, SiteURL: s.defaults.SiteURL}
	if effective != (v1alpha1.EffectiveDefaults{}) {
		desired.Defaults = &effective
	}
	if s.told != (v1alpha1.Told{}) {
		desired.Told = &s.told
	}
	var expiring []news
	desired.ExpiryWarning, expiring = s.warnOfExpiry(meta.FindStatusCondition(desired.Conditions, v1alpha1.ConditionCredentialsValid))
	same := sameCustomerStatus(old, desired)
	metrics.ObserveStatus("WebexCustomerAccess", !same)
	if same {
		return nil
	}
	configuration, err := status.ApplyConfiguration[ac.WebexCustomerAccessStatusApplyConfiguration](desired)
	if err != nil {
		return err
	}
	// Refused if it was decided by an old copy: it would tell an event twice, or one that
	// is not so.
	object := ac.WebexCustomerAccess(s.customer.Name, s.customer.Namespace).WithUID(s.customer.UID).
		WithResourceVersion(s.customer.ResourceVersion).WithStatus(configuration)
	version, err := applyStatus(ctx, r, s.customer, object, len(s.customer.Unreadable) > 0, customerFieldManager)
	if err != nil {
		return client.IgnoreNotFound(err)
	}
	r.written.note(client.ObjectKeyFromObject(s.customer), s.customer.UID, version)
	news := customerChange{customer: s.customer, old: &old, current: &desired}.news()
	tellAll(r.Recorder, s.customer, "Summarise", append(news, expiring...))
	return nil
}

func sameCustomerStatus(old, desired v1alpha1.WebexCustomerAccessStatus) bool {
	return status.Equal(old.Conditions, untold(old.Conditions, desired.Conditions)) &&
		old.ObservedGeneration != nil && *old.ObservedGeneration == *desired.ObservedGeneration &&
		old.LastHandledReconcileAt == desired.LastHandledReconcileAt &&
		old.UpgradeRunTime.Equal(desired.UpgradeRunTime) &&
		equality.Semantic.DeepEqual(old.Defaults, desired.Defaults) &&
		equality.Semantic.DeepEqual(old.ExpiryWarning, desired.ExpiryWarning) &&
		equality.Semantic.DeepEqual(old.OtherLicenses, desired.OtherLicenses) &&
		equality.Semantic.DeepEqual(old.Told, desired.Told)
}

// rowDebounce gathers the row writes of a run into few reconciles.
const rowDebounce = time.Second

// SetupWithManager registers the controller.
func (r *WebexCustomerAccessReconciler) SetupWithManager(mgr ctrl.Manager, skipNameValidation bool) error {
	b := ctrl.NewControllerManagedBy(mgr)
	for _, counted := range r.counted(mgr.GetCache()) {
		b = b.WatchesRawSource(counted)
	}
	return b.
		For(&v1alpha1.WebexCustomerAccess{}).
		Watches(&v1alpha1.WebexCustomerAccess{}, handler.Funcs{DeleteFunc: r.wakeDuplicates}).
		Watches(&v1alpha1.WebexCustomerAccess{}, r.wakeSharing()).
		// Not its creation: a run that has said nothing changes nothing, and at the full hour all customers have one.
		Watches(&v1alpha1.LicenseSync{}, handler.EnqueueRequestsFromMapFunc(customerOfRun), builder.WithPredicates(
			predicate.Funcs{CreateFunc: func(event.CreateEvent) bool { return false }})).
		Watches(&v1alpha1.LicenseSyncSchedule{}, r.wakeSelected(scheduleDebounce)).
		Watches(&v1alpha1.WebexLicense{}, enqueueDebounced(rowDebounce, customerOfRow)).
		Watches(&v1alpha1.WebexLicenseAssignment{}, enqueueDebounced(assignmentDebounce, customerOfAssignment), builder.WithPredicates(assignmentChanged())).
		WatchesMetadata(&corev1.Secret{}, handler.EnqueueRequestsFromMapFunc(r.customersOfSecret)).
		WatchesMetadata(&corev1.Secret{}, enqueueAllDebounced(assignmentDebounce, r.customersOfSource(v1alpha1.SubjectSourceSecret))).
		WatchesMetadata(&corev1.ConfigMap{}, enqueueAllDebounced(assignmentDebounce, r.customersOfSource(v1alpha1.SubjectSourceConfigMap))).
		WithOptions(controller.Options{MaxConcurrentReconciles: max(r.Concurrency, 1), RateLimiter: rateLimiter(), SkipNameValidation: &skipNameValidation}).
		Complete(r)
}

func customerOfRun(_ context.Context, object client.Object) []ctrl.Request {
	run, ok := object.(*v1alpha1.LicenseSync)
	if !ok {
		return nil
	}
	return []ctrl.Request{{NamespacedName: client.ObjectKey{Namespace: run.Namespace, Name: run.Spec.CustomerAccessRef.Name}}}
}

func customerOfRow(object client.Object) (ctrl.Request, bool) {
	row, ok := object.(*v1alpha1.WebexLicense)
	if !ok {
		return ctrl.Request{}, false
	}
	return ctrl.Request{NamespacedName: client.ObjectKey{Namespace: row.Namespace, Name: row.Spec.CustomerAccessRef.Name}}, true
}
