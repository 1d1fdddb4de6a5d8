package controllers

import (
	"context"
	"reflect"
	"sync"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrlconfig "sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/controller"
)

// reconcilesThatEnd let the context of a reconcile end with it.
var reconcilesThatEnd = ctrlconfig.Controller{ReconciliationTimeout: 10 * patience}

// reconciles are those of a fixture's operators. One begins by reading its object, and ends with its context; see
// reconcilesThatEnd.
type reconciles struct {
	mu     sync.Mutex
	atWork map[types.UID]atWork
	begun  map[reconciled]int
	// kept are the objects whose reconciles wait until the channel is closed.
	kept map[reconciled]chan struct{}
}

// reconciled is the object of a reconcile.
type reconciled struct{ kind, name string }

type atWork struct {
	of    reconciled
	ended <-chan struct{}
}

func reconciledOf(object client.Object) reconciled {
	return reconciled{kindOfType(object), object.GetName()}
}

func kindOfType(object client.Object) string { return reflect.TypeOf(object).Elem().Name() }

// begin notes that a reconcile begins, if this is the first that it reads. It waits while a test keeps it back.
func (r *reconciles) begin(ctx context.Context, of reconciled) {
	id := controller.ReconcileIDFromContext(ctx)
	for id != "" {
		kept := r.note(ctx, id, of)
		if kept == nil {
			return
		}
		select {
		case <-kept:
		case <-ctx.Done():
			return
		}
	}
}

// note notes a reconcile, or answers what it has to wait for.
func (r *reconciles) note(ctx context.Context, id types.UID, of reconciled) (kept <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.atWork[id]; known {
		return nil
	}
	if kept := r.kept[of]; kept != nil {
		return kept
	}
	if r.atWork == nil {
		r.atWork, r.begun = map[types.UID]atWork{}, map[reconciled]int{}
	}
	r.atWork[id] = atWork{of, ctx.Done()}
	r.begun[of]++
	context.AfterFunc(ctx, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.atWork, id)
	})
	return nil
}

// keep keeps reconciles of an object back until it is released.
func (r *reconciles) keep(of reconciled) (release func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := make(chan struct{})
	if r.kept == nil {
		r.kept = map[reconciled]chan struct{}{}
	}
	r.kept[of] = kept
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.kept, of)
		close(kept)
	}
}

// of are how many reconciles of an object have begun, and the ends of those at work.
func (r *reconciles) of(of reconciled) (begun int, ends []<-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, w := range r.atWork {
		if w.of == of {
			ends = append(ends, w.ended)
		}
	}
	return r.begun[of], ends
}

// end waits until the reconciles of an object that are at work have ended: what they write, they have written then, and
// what they tell, told.
func (r *reconciles) end(of reconciled) {
	late := time.After(patience)
	_, ends := r.of(of)
	for _, ended := range ends {
		select {
		case <-ended:
		case <-late:
		}
	}
}

// between changes an object while it is not reconciled, and lets reconciles go on when the operator's cache has the
// change. Without it, a reconcile at work writes by the object as it was, which the API server refuses, and writes again.
func (f *fixture) between(object client.Object, change func()) {
	f.t.Helper()
	defer f.reconciles.keep(reconciledOf(object))()
	f.reconciles.end(reconciledOf(object))
	change()
	cached := object.DeepCopyObject().(client.Object)
	f.Eventually(func(g Gomega) {
		g.Expect(f.cache.Get(f.ctx, keyOf(object), cached)).To(Succeed())
		g.Expect(resourceversion.CompareResourceVersion(cached.GetResourceVersion(), object.GetResourceVersion())).To(BeNumerically(">=", 0))
	}).Should(Succeed())
}
