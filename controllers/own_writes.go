package controllers

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// ownWrites knows which versions of objects a reconciler has written that its cache does
// not have yet. Without it, a reconcile that follows a write at once decides by the object
// as it was, and sends the same requests again, for the API server to refuse.
type ownWrites struct {
	mu      sync.Mutex
	written map[types.NamespacedName]ownWrite
}

// ownWrite is a version that was written.
type ownWrite struct {
	uid     types.UID
	version string
}

// note remembers a version that was written.
func (w *ownWrites) note(name types.NamespacedName, uid types.UID, version string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.written == nil {
		w.written = map[types.NamespacedName]ownWrite{}
	}
	w.written[name] = ownWrite{uid, version}
}

// missing says whether an object from the cache is older than what was written. If it is, an
// event about what was written is under way.
func (w *ownWrites) missing(object client.Object) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	name := client.ObjectKeyFromObject(object)
	write, ok := w.written[name]
	if !ok {
		return false
	}
	if write.uid == object.GetUID() {
		if order, err := resourceversion.CompareResourceVersion(object.GetResourceVersion(), write.version); err == nil && order < 0 {
			return true
		}
	}
	delete(w.written, name)
	return false
}

// forget forgets an object that is gone.
func (w *ownWrites) forget(name types.NamespacedName) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.written, name)
}
