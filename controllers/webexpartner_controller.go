package controllers

import (
	"context"
	"errors"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/discovery"
	"github.com/webex-operator/webex-license-operator/internal/metrics"
	"github.com/webex-operator/webex-license-operator/internal/partner"
	"github.com/webex-operator/webex-license-operator/internal/shard"
	"github.com/webex-operator/webex-license-operator/internal/status"
)

// +kubebuilder:rbac:groups=licensing.webex-operator.io,resources=webexpartners,verbs=list;watch
// +kubebuilder:rbac:groups=licensing.webex-operator.io,resources=webexpartners/status,verbs=patch
// +kubebuilder:rbac:groups=licensing.webex-operator.io,resources=webexcustomeraccesses,verbs=get;list;watch;create;patch
// +kubebuilder:rbac:groups=licensing.webex-operator.io,resources=licensesyncschedules,verbs=get;list;watch;create;patch
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;list;watch

// partnerFieldManager owns, in server-side apply, the status of a partner.
const partnerFieldManager = "webex-license-operator/partner"

const (
	// partnerWorkers are the reconciles of partners at a time. They wait for Webex, unlike all
	// others, and one that waits long must not stop the rest.
	partnerWorkers = 4
	// defaultInterval is between two discoveries.
	defaultInterval = 24 * time.Hour
)

// discoverer asks Webex for the organizations of a partner.
type discoverer interface {
	Discover(ctx context.Context, p *v1alpha1.WebexPartner) (discovery.Found, error)
}

// WebexPartnerReconciler finds the organizations of a partner, and makes customers of them. Package partner decides
// what becomes of each.
type WebexPartnerReconciler struct {
	client.Client
	// Live reads a customer past the cache.
	Live client.Reader
	// Discoverer asks Webex.
	Discoverer discoverer
	// Versions tells the versions of Secrets.
	Versions objectVersions
	// Shard is the part of the partners that this manager serves. There is no claim: what two
	// managers apply for a moment is the same.
	Shard shard.Shard
	// Recorder writes events.
	Recorder events.EventRecorder
	// Clock tells the time.
	Clock clock.PassiveClock

	written, writtenCustomers, writtenSchedules ownWrites

	mu       sync.Mutex
	memories map[types.NamespacedName]*partnerMemory
}

// partnerMemory is what is known of one partner. Only its reconcile, of which there is one at a time, uses it.
type partnerMemory struct {
	*partner.Memory
	uid types.UID
	// unseen is what was made, and the cache did not have yet.
	unseen map[madeObject]bool
}

// partnerScope is what the steps of one reconcile share.
type partnerScope struct {
	partner *v1alpha1.WebexPartner
	memory  *partnerMemory
	now     time.Time
	// problem is set if the spec cannot be read: nothing is done by half of it.
	problem  *status.Detail
	selector partner.Selector
	question partner.Question
	// world and decision are nil while no list answers the spec.
	world    *partner.World
	decision *partner.Decision
	// schedule is the one of the partner's name, scheduleTaken says that it is another maker's.
	schedule      *v1alpha1.LicenseSyncSchedule
	scheduleTaken bool
	// created is how many customers were made in this reconcile.
	created int
	// after is when to look again; 0 for never.
	after time.Duration
}

func (s *partnerScope) lookAgain(after time.Duration) {
	if after = max(after, time.Millisecond); s.after == 0 || after < s.after {
		s.after = after
	}
}

// idle says whether nothing is to be asked and written, but for the status.
func (s *partnerScope) idle() bool {
	return s.problem != nil || ptr.Deref(s.partner.Spec.Suspend, false)
}

// partnerStep does one thing about a partner.
type partnerStep func(ctx context.Context, s *partnerScope) error

// errBehind is for a cache that does not have yet what this process wrote.
var errBehind = errors.New("the cache is behind")

// Reconcile asks Webex if that is due, and brings customers and status in line with what it said.
func (r *WebexPartnerReconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	p := &v1alpha1.WebexPartner{}
	err := r.Get(ctx, request.NamespacedName, p)
	if err != nil || !p.DeletionTimestamp.IsZero() || !r.Shard.Matches(p) {
		r.written.forget(request.NamespacedName)
		r.forget(request.NamespacedName)
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if r.written.missing(p) {
		return ctrl.Result{}, nil // the event about what was written asks again
	}
	if mended, err := mendStatus(ctx, r, p, p.Unreadable, partnerFieldManager, r.Clock.Now()); err != nil || mended {
		return ended(err) // the event about what was written asks again
	}
	s := &partnerScope{partner: p, memory: r.memory(p), now: r.Clock.Now(), problem: unreadableSpec(ctx, p.Unreadable)}
	for _, step := range []partnerStep{
		r.read,     // can the spec be read, and what does it ask?
		r.discover, // ask Webex, if that is due
		r.observe,  // customers as they are, and what becomes of the organizations
	} {
		if err := step(ctx, s); errors.Is(err, errBehind) {
			return ctrl.Result{RequeueAfter: scheduleDebounce}, nil
		} else if err != nil {
			return ended(err)
		}
	}
	// What cannot be written must not keep back what the partner is told.
	if err := errors.Join(r.act(ctx, s), r.summarise(ctx, s)); err != nil {
		return ended(err)
	}
	return ctrl.Result{RequeueAfter: s.after}, nil
}

// memory is what is known of a partner; after a restart, what its status tells.
func (r *WebexPartnerReconciler) memory(p *v1alpha1.WebexPartner) *partnerMemory {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := client.ObjectKeyFromObject(p)
	if known := r.memories[key]; known != nil && known.uid == p.UID {
		return known
	}
	if r.memories == nil {
		r.memories = map[types.NamespacedName]*partnerMemory{}
	}
	r.memories[key] = &partnerMemory{Memory: partner.Recall(p), uid: p.UID, unseen: map[madeObject]bool{}}
	return r.memories[key]
}

func (r *WebexPartnerReconciler) forget(key types.NamespacedName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.memories, key)
	metrics.ForgetPartner(key)
}

// SetupWithManager registers the controller.
func (r *WebexPartnerReconciler) SetupWithManager(mgr ctrl.Manager, skipNameValidation bool) error {
	return ctrl.NewControllerManagedBy(mgr).
		For(&v1alpha1.WebexPartner{}).
		Watches(&v1alpha1.WebexCustomerAccess{}, enqueueAllDebounced(scheduleDebounce, partnerOfObject), builder.WithPredicates(madeAnew())).
		Watches(&v1alpha1.WebexCustomerAccess{}, enqueueAllDebounced(assignmentDebounce, r.otherPartners), builder.WithPredicates(madeAnew())).
		Watches(&v1alpha1.LicenseSyncSchedule{}, enqueueAllDebounced(scheduleDebounce, partnerOfName), builder.WithPredicates(madeAnew())).
		WatchesMetadata(&corev1.Secret{}, enqueueAllDebounced(0, r.partnersOfSecret)).
		WithOptions(controller.Options{MaxConcurrentReconciles: partnerWorkers, RateLimiter: rateLimiter(), SkipNameValidation: &skipNameValidation}).
		Complete(r)
}
