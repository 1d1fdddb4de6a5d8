package day

import (
	"context"
	"fmt"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// memoryCache is the cache of one operator process: what it knows of the store,
// a moment late.
type memoryCache struct {
	cache.Cache // what the operator must not call is not there, and panics

	store *store
	lag   time.Duration

	queue   chan change
	started chan struct{}
	// handling orders the delivery of events and the registration of handlers.
	handling sync.Mutex
	handlers map[string][]toolscache.ResourceEventHandler

	mu      sync.RWMutex
	objects map[string]map[types.NamespacedName]client.Object
	indexes map[string]map[string]*index
}

// index finds objects by a value.
type index struct {
	values client.IndexerFunc
	found  map[string]map[types.NamespacedName]client.Object
}

func newMemoryCache(s *store, lag time.Duration) *memoryCache {
	return &memoryCache{
		store: s, lag: lag,
		// A watch that falls so far behind would be closed by a real server, too.
		queue: make(chan change, 1<<16), started: make(chan struct{}),
		handlers: map[string][]toolscache.ResourceEventHandler{},
		objects:  map[string]map[types.NamespacedName]client.Object{}, indexes: map[string]map[string]*index{},
	}
}

// deliver takes a change from the store.
func (c *memoryCache) deliver(news change) { c.queue <- news }

// Start follows the store until ctx ends.
func (c *memoryCache) Start(ctx context.Context) error {
	for _, object := range c.store.watch(c) {
		c.put(kindOf(object), nil, object)
	}
	defer c.store.unwatch(c)
	close(c.started)
	for {
		select {
		case <-ctx.Done():
			return nil
		case news := <-c.queue:
			time.Sleep(time.Until(news.at.Add(c.lag)))
			if ctx.Err() != nil {
				return nil
			}
			c.handling.Lock()
			c.put(news.kind, news.before, news.after)
			for _, handler := range c.handlers[news.kind] {
				tell(handler, news)
			}
			c.handling.Unlock()
		}
	}
}

func tell(handler toolscache.ResourceEventHandler, news change) {
	switch {
	case news.before == nil:
		handler.OnAdd(news.after, false)
	case news.after == nil:
		handler.OnDelete(news.before)
	default:
		handler.OnUpdate(news.before, news.after)
	}
}

func (c *memoryCache) put(kind string, before, after client.Object) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.objects[kind] == nil {
		c.objects[kind] = map[types.NamespacedName]client.Object{}
	}
	if before != nil {
		key := client.ObjectKeyFromObject(before)
		delete(c.objects[kind], key)
		for _, index := range c.indexes[kind] {
			for _, value := range index.values(before) {
				delete(index.found[value], key)
			}
		}
	}
	if after == nil {
		return
	}
	key := client.ObjectKeyFromObject(after)
	c.objects[kind][key] = after
	for _, index := range c.indexes[kind] {
		for _, value := range index.values(after) {
			if index.found[value] == nil {
				index.found[value] = map[types.NamespacedName]client.Object{}
			}
			index.found[value][key] = after
		}
	}
}

// IndexField adds an index before the cache starts.
func (c *memoryCache) IndexField(_ context.Context, object client.Object, field string, values client.IndexerFunc) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	kind := kindOf(object)
	if c.indexes[kind] == nil {
		c.indexes[kind] = map[string]*index{}
	}
	c.indexes[kind][field] = &index{values: values, found: map[string]map[types.NamespacedName]client.Object{}}
	return nil
}

// WaitForCacheSync waits until Start knows what there is.
func (c *memoryCache) WaitForCacheSync(ctx context.Context) bool {
	select {
	case <-c.started:
		return true
	case <-ctx.Done():
		return false
	}
}

// Get reads one object, or the metadata of one.
func (c *memoryCache) Get(_ context.Context, key client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	kind := kindOf(into)
	c.mu.RLock()
	found := c.objects[kind][key]
	c.mu.RUnlock()
	return copyInto(found, objectKey{kind, key}, into)
}

// List reads the objects that an index holds for a value, or all.
func (c *memoryCache) List(_ context.Context, list client.ObjectList, opts ...client.ListOption) error {
	o := (&client.ListOptions{}).ApplyOptions(opts)
	kind := kindOf(list)
	kind = kind[:len(kind)-len("List")]
	c.mu.RLock()
	defer c.mu.RUnlock()
	candidates := c.objects[kind]
	if o.FieldSelector != nil {
		for _, requirement := range o.FieldSelector.Requirements() {
			index := c.indexes[kind][requirement.Field]
			if index == nil {
				return fmt.Errorf("no index %s of %s", requirement.Field, kind)
			}
			candidates = both(candidates, index.found[requirement.Value], len(o.FieldSelector.Requirements()) == 1)
		}
	}
	return fill(list, candidates, o)
}

// both are the objects of two sets; of one alone if the first is everything.
func both(a, b map[types.NamespacedName]client.Object, second bool) map[types.NamespacedName]client.Object {
	if second {
		return b
	}
	common := map[types.NamespacedName]client.Object{}
	for key, object := range a {
		if b[key] != nil {
			common[key] = object
		}
	}
	return common
}

func selected(object client.Object, o *client.ListOptions) bool {
	return (o.Namespace == "" || o.Namespace == object.GetNamespace()) &&
		(o.LabelSelector == nil || o.LabelSelector.Matches(labels.Set(object.GetLabels())))
}

// GetInformer is the source of a kind's events.
func (c *memoryCache) GetInformer(_ context.Context, object client.Object, _ ...cache.InformerGetOption) (cache.Informer, error) {
	_, metadata := object.(*metav1.PartialObjectMetadata)
	return &informer{cache: c, kind: kindOf(object), metadata: metadata}, nil
}

type informer struct {
	cache.Informer
	cache    *memoryCache
	kind     string
	metadata bool
}

// AddEventHandlerWithOptions delivers what there is, and then each change.
func (i *informer) AddEventHandlerWithOptions(handler toolscache.ResourceEventHandler, _ toolscache.HandlerOptions) (toolscache.ResourceEventHandlerRegistration, error) {
	<-i.cache.started
	i.cache.handling.Lock()
	defer i.cache.handling.Unlock()
	if i.metadata {
		handler = metadataHandler{handler}
	}
	i.cache.mu.RLock()
	var there []client.Object
	for _, object := range i.cache.objects[i.kind] {
		there = append(there, object)
	}
	i.cache.mu.RUnlock()
	for _, object := range there {
		handler.OnAdd(object, true)
	}
	i.cache.handlers[i.kind] = append(i.cache.handlers[i.kind], handler)
	return synced{}, nil
}

type synced struct {
	toolscache.ResourceEventHandlerRegistration
}

func (synced) HasSynced() bool { return true }

// metadataHandler is for those who watch metadata only.
type metadataHandler struct {
	toolscache.ResourceEventHandler
}

func (h metadataHandler) OnAdd(object any, initial bool) {
	h.ResourceEventHandler.OnAdd(metadataOf(object.(client.Object)), initial)
}

func (h metadataHandler) OnUpdate(before, after any) {
	h.ResourceEventHandler.OnUpdate(metadataOf(before.(client.Object)), metadataOf(after.(client.Object)))
}

func (h metadataHandler) OnDelete(object any) {
	h.ResourceEventHandler.OnDelete(metadataOf(object.(client.Object)))
}

func metadataOf(object client.Object) *metav1.PartialObjectMetadata {
	m := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{
		Namespace: object.GetNamespace(), Name: object.GetName(), UID: object.GetUID(),
		ResourceVersion: object.GetResourceVersion(), Generation: object.GetGeneration(),
		CreationTimestamp: object.GetCreationTimestamp(), OwnerReferences: object.GetOwnerReferences(),
	}}
	m.SetGroupVersionKind(schema.GroupVersionKind{Version: "v1", Kind: kindOf(object)})
	return m
}
