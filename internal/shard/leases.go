package shard

import (
	"context"
	"os"
	"sync"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/clock"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Leases says which shards have a holder: a manager that is the leader by the shard's lease.
type Leases struct {
	// Live reads leases past the cache; the operator watches none.
	Live client.Reader
	// Namespace is where the leases are; if it is empty, every shard is taken to have a holder.
	Namespace string
	// Clock tells the time.
	Clock clock.PassiveClock

	mu   sync.Mutex
	seen map[string]observed
}

// podNamespace is where Kubernetes tells a pod its namespace.
const podNamespace = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"

// LeaseNamespace is the namespace of leases: the given one, or else that of the pod, as for
// leader election; empty outside of a cluster.
func LeaseNamespace(given string) string {
	if given != "" {
		return given
	}
	namespace, err := os.ReadFile(podNamespace)
	if err != nil {
		return ""
	}
	return string(namespace)
}

// observed is what was last seen of a lease.
type observed struct {
	lease coordinationv1.LeaseSpec
	gone  bool
	// at is when it was last read, since how long it has been as it is.
	at, since time.Time
}

// lookAgain is how old what Free says may be: thousands of customers that wait for one lease
// ask for it together.
const lookAgain = time.Second

// Free says whether the lease of a shard had no holder a moment ago.
func (l *Leases) Free(ctx context.Context, shard string) (bool, error) {
	l.mu.Lock()
	o, known := l.seen[shard]
	l.mu.Unlock()
	if known && l.Clock.Since(o.at) < lookAgain {
		return o.free(), nil
	}
	return l.FreeNow(ctx, shard)
}

// FreeNow says whether the lease of a shard has no holder. One that expired has none: it is
// as old as its duration by our own clock, since that of its holder may be another.
func (l *Leases) FreeNow(ctx context.Context, shard string) (bool, error) {
	if l.Namespace == "" {
		return false, nil
	}
	lease := &coordinationv1.Lease{}
	err := l.Live.Get(ctx, client.ObjectKey{Namespace: l.Namespace, Name: leaseOf(shard)}, lease)
	if client.IgnoreNotFound(err) != nil {
		return false, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.Clock.Now()
	o, known := l.seen[shard]
	if !known || !o.lease.RenewTime.Equal(lease.Spec.RenewTime) || ptr.Deref(o.lease.HolderIdentity, "") != ptr.Deref(lease.Spec.HolderIdentity, "") {
		o.since = now
	}
	o.lease, o.gone, o.at = lease.Spec, apierrors.IsNotFound(err), now
	if l.seen == nil {
		l.seen = map[string]observed{}
	}
	l.seen[shard] = o
	return o.free(), nil
}

func (o observed) free() bool {
	if o.gone || ptr.Deref(o.lease.HolderIdentity, "") == "" {
		return true
	}
	return o.at.Sub(o.since) >= time.Duration(ptr.Deref(o.lease.LeaseDurationSeconds, 0))*time.Second
}
