package day

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// connection is one operator process's way to the API server: requests take
// time, and fail once the process is dead.
type connection struct {
	store   *store
	latency time.Duration
	dead    atomic.Bool
}

var errDead = errors.New("the process is dead")

func (c *connection) request() error {
	time.Sleep(c.latency)
	if c.dead.Load() {
		return errDead
	}
	return nil
}

// liveReader reads past the cache.
type liveReader struct{ connection *connection }

// Get reads one object.
func (r liveReader) Get(_ context.Context, key client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	if err := r.connection.request(); err != nil {
		return err
	}
	k := objectKey{kindOf(into), key}
	return copyInto(r.connection.store.get(k), k, into)
}

// List reads the objects of a kind.
func (r liveReader) List(_ context.Context, list client.ObjectList, opts ...client.ListOption) error {
	if err := r.connection.request(); err != nil {
		return err
	}
	o := (&client.ListOptions{}).ApplyOptions(opts)
	if o.FieldSelector != nil && !o.FieldSelector.Empty() {
		return errors.New("a live list by fields")
	}
	found := map[types.NamespacedName]client.Object{}
	for _, object := range r.connection.store.all(strings.TrimSuffix(kindOf(list), "List")) {
		found[client.ObjectKeyFromObject(object)] = object
	}
	return fill(list, found, o)
}

// memoryClient reads most kinds from the cache and writes to the store.
type memoryClient struct {
	client.Client // what the operator must not call is not there, and panics
	*connection
	cache *memoryCache
}

// Get reads from the cache, but for what the real client is told not to cache.
func (c memoryClient) Get(ctx context.Context, key client.ObjectKey, into client.Object, opts ...client.GetOption) error {
	switch into.(type) {
	case *corev1.Secret, *corev1.ConfigMap:
		return liveReader{c.connection}.Get(ctx, key, into, opts...)
	}
	return c.cache.Get(ctx, key, into, opts...)
}

func (c memoryClient) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	return c.cache.List(ctx, list, opts...)
}

func (c memoryClient) Create(_ context.Context, object client.Object, _ ...client.CreateOption) error {
	if err := c.request(); err != nil {
		return err
	}
	created, err := c.store.create(object)
	if err != nil {
		return err
	}
	return copyInto(created, keyOf(object), object)
}

func (c memoryClient) Delete(_ context.Context, object client.Object, opts ...client.DeleteOption) error {
	if err := c.request(); err != nil {
		return err
	}
	o := (&client.DeleteOptions{}).ApplyOptions(opts)
	if o.Preconditions == nil {
		return c.store.remove(object, nil)
	}
	return c.store.remove(object, o.Preconditions.UID)
}

func (c memoryClient) Apply(_ context.Context, configuration runtime.ApplyConfiguration, opts ...client.ApplyOption) error {
	o := &client.ApplyOptions{}
	for _, opt := range opts {
		opt.ApplyToApply(o)
	}
	return c.apply(configuration, o.FieldManager, "")
}

func (c memoryClient) apply(configuration runtime.ApplyConfiguration, manager, subresource string) error {
	if err := c.request(); err != nil {
		return err
	}
	applied, err := c.store.apply(configuration, manager, subresource)
	if err != nil {
		return err
	}
	data, err := json.Marshal(applied)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, configuration) // as a client does with the answer
}

func (c memoryClient) Status() client.SubResourceWriter { return statusWriter{client: c} }

type statusWriter struct {
	client.SubResourceWriter
	client memoryClient
}

func (w statusWriter) Apply(_ context.Context, configuration runtime.ApplyConfiguration, opts ...client.SubResourceApplyOption) error {
	o := &client.SubResourceApplyOptions{}
	for _, opt := range opts {
		opt.ApplyToSubResourceApply(o)
	}
	return w.client.apply(configuration, o.FieldManager, "status")
}

// copyInto hands an object out, which the reader may change.
func copyInto(found client.Object, key objectKey, into client.Object) error {
	if found == nil {
		return notFound(key)
	}
	if m, ok := into.(*metav1.PartialObjectMetadata); ok {
		metadataOf(found).DeepCopyInto(m)
		return nil
	}
	target, source := reflect.ValueOf(into), reflect.ValueOf(found.DeepCopyObject())
	if target.Type() != source.Type() {
		return fmt.Errorf("a %T is no %T", found, into)
	}
	target.Elem().Set(source.Elem())
	return nil
}

// fill puts copies of the objects that fit into a list, by name.
func fill(list client.ObjectList, candidates map[types.NamespacedName]client.Object, o *client.ListOptions) error {
	var items []runtime.Object
	for _, object := range candidates {
		if selected(object, o) {
			items = append(items, object.DeepCopyObject())
		}
	}
	slices.SortFunc(items, func(a, b runtime.Object) int {
		return strings.Compare(a.(client.Object).GetName(), b.(client.Object).GetName())
	})
	return meta.SetList(list, items)
}
