package day

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

var scheme = func() *runtime.Scheme {
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(s); err != nil {
			panic(err)
		}
	}
	return s
}()

// store is what an API server keeps: objects with their versions, and who
// applied which member of them. It outlives the operator.
type store struct {
	mu      sync.Mutex
	version int64
	objects map[objectKey]client.Object // never changed in place
	applied map[ownership]map[string]bool
	// watchers are told of each change, in order; they must not block.
	watchers map[*memoryCache]bool
	// observe is told of each change, under the lock.
	observe func(before, after client.Object)
}

type objectKey struct {
	kind string
	types.NamespacedName
}

// ownership is a field manager of an object or of its status.
type ownership struct {
	uid         types.UID
	manager     string
	subresource string
}

// change is what a watch delivers.
type change struct {
	at            time.Time
	kind          string
	before, after client.Object
}

func newStore() *store {
	return &store{
		objects: map[objectKey]client.Object{}, applied: map[ownership]map[string]bool{},
		watchers: map[*memoryCache]bool{}, observe: func(_, _ client.Object) {},
	}
}

func kindOf(object runtime.Object) string {
	gvk, err := apiutil.GVKForObject(object, scheme)
	if err != nil {
		panic(err) // a kind that the operator does not know
	}
	return gvk.Kind
}

func keyOf(object client.Object) objectKey {
	return objectKey{kindOf(object), client.ObjectKeyFromObject(object)}
}

func resource(key objectKey) schema.GroupResource { return schema.GroupResource{Resource: key.kind} }

func notFound(key objectKey) error { return apierrors.NewNotFound(resource(key), key.Name) }

func conflict(key objectKey, why string) error {
	return apierrors.NewConflict(resource(key), key.Name, fmt.Errorf("the object has %s", why))
}

// write replaces an object by what alter makes of it; nil removes it.
func (s *store) write(key objectKey, alter func(before client.Object) (client.Object, error)) (client.Object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.objects[key]
	after, err := alter(before)
	if err != nil {
		return nil, err
	}
	if before != nil && after != nil && equality.Semantic.DeepEqual(before, after) {
		return before, nil // as with the real one, this is no new version
	}
	s.version++
	if after == nil {
		delete(s.objects, key)
	} else {
		after.SetResourceVersion(strconv.FormatInt(s.version, 10))
		s.objects[key] = after
	}
	s.observe(before, after)
	for watcher := range s.watchers {
		watcher.deliver(change{time.Now(), key.kind, before, after})
	}
	return after, nil
}

// create stores a new object.
func (s *store) create(object client.Object) (client.Object, error) {
	key := keyOf(object)
	return s.write(key, func(before client.Object) (client.Object, error) {
		if before != nil {
			return nil, apierrors.NewAlreadyExists(resource(key), key.Name)
		}
		return s.born(object.DeepCopyObject().(client.Object)), nil
	})
}

func (s *store) born(object client.Object) client.Object {
	object.SetUID(types.UID(fmt.Sprintf("%08x-0000-4000-8000-000000000000", s.version+1)))
	object.SetCreationTimestamp(metav1.NewTime(time.Now().Truncate(time.Second)))
	object.SetGeneration(1)
	return withDefaults(object)
}

// update changes an object as a person does.
func (s *store) update(object client.Object, change func(client.Object)) error {
	key := keyOf(object)
	_, err := s.write(key, func(before client.Object) (client.Object, error) {
		if before == nil {
			return nil, notFound(key)
		}
		after := before.DeepCopyObject().(client.Object)
		change(after)
		return regenerate(before, after)
	})
	return err
}

// remove deletes an object.
func (s *store) remove(object client.Object, uid *types.UID) error {
	key := keyOf(object)
	_, err := s.write(key, func(before client.Object) (client.Object, error) {
		switch {
		case before == nil:
			return nil, notFound(key)
		case uid != nil && before.GetUID() != *uid:
			return nil, conflict(key, "another UID")
		}
		return nil, nil
	})
	return err
}

func (s *store) get(key objectKey) client.Object {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.objects[key]
}

// all are the objects of a kind, in no order.
func (s *store) all(kind string) []client.Object {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []client.Object
	for key, object := range s.objects {
		if key.kind == kind {
			found = append(found, object)
		}
	}
	return found
}

// watch adds a watcher and returns what there is.
func (s *store) watch(watcher *memoryCache) []client.Object {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watchers[watcher] = true
	objects := make([]client.Object, 0, len(s.objects))
	for _, object := range s.objects {
		objects = append(objects, object)
	}
	return objects
}

func (s *store) unwatch(watcher *memoryCache) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.watchers, watcher)
}

// regenerate counts the generation up if the spec changed.
func regenerate(before, after client.Object) (client.Object, error) {
	was, err := members(before)
	if err != nil {
		return nil, err
	}
	is, err := members(after)
	if err == nil && !bytes.Equal(was["spec"], is["spec"]) {
		after.SetGeneration(before.GetGeneration() + 1)
	}
	return after, err
}

// raw is the outermost layer of a JSON object.
type raw = map[string]json.RawMessage

// members takes a value's JSON form apart, one layer of it.
func members(value any) (raw, error) {
	data, ok := value.(json.RawMessage)
	if !ok {
		var err error
		if data, err = json.Marshal(value); err != nil {
			return nil, err
		}
	}
	m := raw{}
	if len(data) == 0 {
		return m, nil
	}
	return m, json.Unmarshal(data, &m)
}

// header is what names an object, and says which one is meant.
type header struct {
	metav1.TypeMeta `json:",inline"`
	Metadata        struct {
		Namespace, Name, ResourceVersion string
		UID                              types.UID
	}
}

// apply is server-side apply with force.
func (s *store) apply(configuration runtime.ApplyConfiguration, manager, subresource string) (client.Object, error) {
	data, err := json.Marshal(configuration)
	if err != nil {
		return nil, err
	}
	var h header
	if err := json.Unmarshal(data, &h); err != nil {
		return nil, err
	}
	wanted, version := json.RawMessage(data), h.Metadata.ResourceVersion
	key := objectKey{h.Kind, types.NamespacedName{Namespace: h.Metadata.Namespace, Name: h.Metadata.Name}}
	return s.write(key, func(before client.Object) (client.Object, error) {
		switch {
		case before == nil && (subresource != "" || h.Metadata.UID != "" || version != ""):
			return nil, notFound(key)
		case before == nil:
			empty, err := scheme.New(h.GroupVersionKind())
			if err != nil {
				return nil, err
			}
			created := empty.(client.Object)
			created.SetNamespace(key.Namespace)
			created.SetName(key.Name)
			return s.merge(s.born(created), wanted, manager, subresource)
		case h.Metadata.UID != "" && h.Metadata.UID != before.GetUID():
			return nil, conflict(key, "another UID")
		case version != "" && version != before.GetResourceVersion():
			return nil, conflict(key, "been modified")
		}
		after, err := s.merge(before, wanted, manager, subresource)
		if err != nil || subresource != "" {
			return after, err
		}
		return regenerate(before, after)
	})
}

// sections are the parts of an object in which server-side apply is followed:
// member by member, which is exact here, since no two managers share a member.
var sections = map[string][]string{"": {"metadata", "spec", "data"}, "status": {"status"}}

// scalars are the outermost members that are no objects.
var scalars = []string{"type", "immutable"}

// appliedMetadata are the members of metadata that are not the server's.
var appliedMetadata = []string{"labels", "annotations", "ownerReferences"}

// merge sets the members that a manager wants, and removes those that it applied
// before and no longer wants.
func (s *store) merge(typed client.Object, configuration json.RawMessage, manager, subresource string) (client.Object, error) {
	merged, err := members(typed)
	if err != nil {
		return nil, err
	}
	wanted, err := members(configuration)
	if err != nil {
		return nil, err
	}
	owner := ownership{typed.GetUID(), manager, subresource}
	had, has := s.applied[owner], map[string]bool{}
	for _, name := range sections[subresource] {
		want, err := members(wanted[name])
		if err != nil {
			return nil, err
		}
		have, err := members(merged[name])
		if err != nil {
			return nil, err
		}
		for member := range have {
			if had[name+"."+member] && want[member] == nil {
				delete(have, member)
			}
		}
		for member, value := range want {
			if name == "metadata" && !slices.Contains(appliedMetadata, member) {
				continue
			}
			have[member] = value
			has[name+"."+member] = true
		}
		if merged[name], err = json.Marshal(have); err != nil {
			return nil, err
		}
	}
	for _, name := range scalars {
		if value := wanted[name]; subresource == "" && value != nil {
			merged[name] = value
		}
	}
	s.applied[owner] = has
	result, err := scheme.New(typedKind(typed))
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(merged)
	if err != nil {
		return nil, err
	}
	return result.(client.Object), json.Unmarshal(data, result)
}

func typedKind(typed runtime.Object) schema.GroupVersionKind {
	gvk, err := apiutil.GVKForObject(typed, scheme)
	if err != nil {
		panic(err)
	}
	return gvk
}
