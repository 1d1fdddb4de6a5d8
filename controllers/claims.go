package controllers

import (
	"context"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/internal/shard"
)

const (
	// shardFieldManager owns status.shard of customers.
	shardFieldManager = "webex-license-operator/shard"
	// drainCheck is how often it is looked whether the attempt of a customer that leaves has
	// ended, and whether a customer that was taken is confirmed to be ours.
	drainCheck = 100 * time.Millisecond
	// leaseCheck is how often it is looked whether the shard of a customer still has a holder.
	leaseCheck = 2 * time.Second
	// contested is for how long a customer ought to be ours before we say that it is not: longer
	// than a stopped leader may take, which gets a minute to store new tokens.
	contested = 2 * time.Minute
	// giveBackTime bounds the write that gives a customer back, which a shutdown does not stop.
	giveBackTime = 10 * time.Second
)

// Claims keeps to one manager for each customer: it carries out what package shard decides.
// The customers' reconciler alone changes a claim; the others ask.
type Claims struct {
	client.Client
	// Shard is this manager's part, Leases say which other shards have a manager.
	Shard  shard.Shard
	Leases *shard.Leases
	// Runner carries out attempts.
	Runner *Runner
	// Store stores what only this process knows of a customer's tokens, and says whether it did.
	Store func(context.Context, *v1alpha1.WebexCustomerAccess) bool
	// Recorder writes events.
	Recorder events.EventRecorder
	// Clock tells the time.
	Clock clock.PassiveClock
	// Contested is after how long it is said that another manager does not let a customer go.
	Contested time.Duration

	mu sync.Mutex
	// taken are customers that were taken, and are not confirmed to be ours yet.
	taken map[types.NamespacedName]takenCustomer
	// waits are customers that ought to be ours.
	waits map[types.NamespacedName]*claimWait
	// written are our writes of claims.
	written ownWrites
}

// takenCustomer is which customer of a name was taken, and the shard that it was in.
type takenCustomer struct {
	uid  types.UID
	from string
}

type claimWait struct {
	since time.Time
	told  bool
}

// Serves says whether the customer is this manager's.
func (c *Claims) Serves(customer *v1alpha1.WebexCustomerAccess) bool {
	_, unconfirmed := c.takenFrom(customer)
	return c.Shard.Matches(customer) && c.Shard.Holds(customer) && !unconfirmed
}

func (c *Claims) takenFrom(customer *v1alpha1.WebexCustomerAccess) (from string, unconfirmed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	taken, found := c.taken[client.ObjectKeyFromObject(customer)]
	if !found || taken.uid != customer.UID {
		return "", false
	}
	return taken.from, true
}

// settle brings the claim on a customer in line with labels and leases. It says whether the
// customer is ours to serve, and if not, when to look again; 0 for when something changes.
func (c *Claims) settle(ctx context.Context, customer *v1alpha1.WebexCustomerAccess) (serve bool, after time.Duration, err error) {
	if c.written.missing(customer) {
		return false, 0, nil // the event about what was written asks again
	}
	situation := shard.Situation{Matches: c.Shard.Matches(customer), Ours: c.Shard.Holds(customer)}
	was, unconfirmed := c.takenFrom(customer)
	switch situation.Unconfirmed = unconfirmed; {
	case situation.Ours && unconfirmed:
		situation.Free, err = c.Leases.FreeNow(ctx, was)
	case situation.Ours && !situation.Matches:
		situation.Busy = !c.Runner.Close(client.ObjectKeyFromObject(customer)) || !c.Store(ctx, customer)
	case situation.Matches && !situation.Ours:
		situation.Free, err = c.Leases.Free(ctx, customer.Status.Shard)
	}
	if err != nil {
		return false, 0, err
	}
	action := shard.Decide(situation)
	c.note(ctx, customer, action)
	switch action {
	case shard.Serve:
		c.Runner.Open(client.ObjectKeyFromObject(customer))
		return true, 0, nil
	case shard.Confirm:
		c.confirm(customer)
		return c.settle(ctx, customer)
	case shard.Take:
		return false, 0, c.take(ctx, customer)
	case shard.GiveBack:
		return false, leaseCheck, c.giveBack(ctx, customer, was)
	case shard.Release:
		return false, 0, c.name(ctx, customer, "")
	case shard.Drain:
		return false, drainCheck, nil
	case shard.Wait:
		return false, leaseCheck, nil
	case shard.Ignore:
		c.confirm(customer) // whatever became of it, it is not ours
	}
	return false, 0, nil
}

// take writes our name. The write is an event, with which the claim is confirmed.
func (c *Claims) take(ctx context.Context, customer *v1alpha1.WebexCustomerAccess) error {
	c.mu.Lock()
	if c.taken == nil {
		c.taken = map[types.NamespacedName]takenCustomer{}
	}
	c.taken[client.ObjectKeyFromObject(customer)] = takenCustomer{uid: customer.UID, from: customer.Status.Shard}
	c.mu.Unlock()
	// The mark stays whatever comes of it: a write that timed out may have been done.
	return c.name(ctx, customer, c.Shard.Name())
}

// confirm forgets from whom a customer was taken.
func (c *Claims) confirm(customer *v1alpha1.WebexCustomerAccess) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.taken, client.ObjectKeyFromObject(customer))
}

func (c *Claims) giveBack(ctx context.Context, customer *v1alpha1.WebexCustomerAccess, to string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveBackTime)
	defer cancel()
	return c.name(ctx, customer, to)
}

// name writes whose customer it is, if no other write of the customer came in between. It is a
// patch and not an apply: the absence of a name is a value, too.
func (c *Claims) name(ctx context.Context, customer *v1alpha1.WebexCustomerAccess, name string) error {
	ctrl.LoggerFrom(ctx).Info("a customer changes its shard", "from", customer.Status.Shard, "to", name)
	named := customer.DeepCopy()
	named.Status.Shard = name
	patch := client.MergeFromWithOptions(customer, client.MergeFromWithOptimisticLock{})
	err := c.Status().Patch(ctx, named, patch, client.FieldOwner(shardFieldManager))
	if err == nil {
		c.written.note(client.ObjectKeyFromObject(named), named.UID, named.ResourceVersion)
	}
	return client.IgnoreNotFound(err)
}

// note remembers since when a customer ought to be ours and is not, and says so once.
func (c *Claims) note(ctx context.Context, customer *v1alpha1.WebexCustomerAccess, action shard.Action) {
	c.mu.Lock()
	defer c.mu.Unlock()
	name := client.ObjectKeyFromObject(customer)
	if action != shard.Wait {
		delete(c.waits, name)
		return
	}
	if c.waits == nil {
		c.waits = map[types.NamespacedName]*claimWait{}
	}
	wait := c.waits[name]
	if wait == nil {
		wait = &claimWait{since: c.Clock.Now()}
		c.waits[name] = wait
	}
	if wait.told || c.Clock.Since(wait.since) < c.Contested {
		return
	}
	wait.told = true
	ctrl.LoggerFrom(ctx).Info("the manager of another shard does not let a customer go", "shard", customer.Status.Shard)
	c.Recorder.Eventf(customer, nil, corev1.EventTypeWarning, v1alpha1.ReasonServedByAnother, "Claim", "%s", c.contestedMessage(customer))
}

func (c *Claims) contestedMessage(customer *v1alpha1.WebexCustomerAccess) string {
	if c.Leases.Namespace == "" {
		return "the customer belongs to a shard, and this manager cannot see whether that has a manager still: set --leader-election-namespace to the namespace of the leases"
	}
	other := "a manager without --watch-label-selector"
	if customer.Status.Shard != "" {
		other = "the manager of shard " + customer.Status.Shard
	}
	return "the label selectors of two managers match the customer, and " + other + " goes on serving it: change one of the selectors, or the customer's labels"
}

// forget drops what is known of a customer that is gone.
func (c *Claims) forget(name types.NamespacedName) {
	c.Runner.Open(name)
	c.written.forget(name)
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.waits, name)
	delete(c.taken, name)
}

// secretElsewhere says whether customers of other shards use the customer's credentials. It
// goes by labels: customers on their way to another shard are not worth a word.
func (c *Claims) secretElsewhere(ctx context.Context, customer *v1alpha1.WebexCustomerAccess) (bool, error) {
	if c.Shard.Whole() {
		return false, nil
	}
	var sharing v1alpha1.WebexCustomerAccessList
	err := c.List(ctx, &sharing, client.InNamespace(customer.Namespace),
		client.MatchingFields{access.IndexSecret: customer.Spec.CredentialsSecretRef.Name}, client.UnsafeDisableDeepCopy)
	for i := range sharing.Items {
		if !c.Shard.Matches(&sharing.Items[i]) {
			return true, err
		}
	}
	return false, err
}

// runClaim says whose a run, or an assignment, is.
type runClaim struct {
	// ours is true if its customer is this manager's.
	ours bool
	// leaving is true if that is about to go to another one: attempts end, and none begins.
	leaving bool
	// unconfirmed is true if it was taken a moment ago: look again.
	unconfirmed bool
}

// ofRun says whose a run is: whose its customer is. A run without a customer belongs to the
// shard that matches the run's own labels.
func (c *Claims) ofRun(ctx context.Context, run *v1alpha1.LicenseSync) (runClaim, error) {
	_, claim, err := c.of(ctx, run, run.Spec.CustomerAccessRef.Name)
	return claim, err
}

// of is the customer that an object names, nil if it does not exist, and whose the object is.
func (c *Claims) of(ctx context.Context, object client.Object, name string) (*v1alpha1.WebexCustomerAccess, runClaim, error) {
	customer := &v1alpha1.WebexCustomerAccess{}
	err := c.Get(ctx, client.ObjectKey{Namespace: object.GetNamespace(), Name: name}, customer)
	if err != nil {
		return nil, runClaim{ours: c.Shard.Matches(object)}, client.IgnoreNotFound(err)
	}
	_, unconfirmed := c.takenFrom(customer)
	return customer, runClaim{
		ours: c.Shard.Holds(customer) && !unconfirmed, leaving: !c.Shard.Matches(customer), unconfirmed: c.Shard.Holds(customer) && unconfirmed,
	}, nil
}
