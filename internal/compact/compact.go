// Package compact lets objects share what they repeat. Most of the bytes of thousands of
// cached objects are the same texts, labels, owners and conditions over and over.
package compact

import (
	"hash/maphash"
	"math"
	"reflect"
	"sync"
	"time"
	"unsafe"
)

// slots is how many texts and how many parts a [Pool] remembers at most. What belongs to one
// customer comes together, so few are enough; what is forgotten is only kept once more.
const slots = 1 << 12

// Pool remembers texts and parts of objects that it saw lately. The zero value is ready.
type Pool struct {
	mu    sync.Mutex
	seed  maphash.Seed
	ready bool
	texts [slots]string
	parts [slots]any
}

// Share replaces the texts, lists, maps and pointers in an object by equal ones of objects
// before. From then on no part of the object may be changed in place. Nothing is written but
// the object's own fields: parts may be another object's already.
func (p *Pool) Share(object any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ready {
		p.seed, p.ready = maphash.MakeSeed(), true
	}
	if v := reflect.ValueOf(object); v.Kind() == reflect.Pointer && !v.IsNil() {
		p.share(v.Elem())
	}
}

// share makes a value compact, which can be set, and returns a hash of what it holds.
func (p *Pool) share(v reflect.Value) uint64 {
	switch v.Kind() {
	case reflect.String:
		return p.text(v)
	case reflect.Struct:
		return p.fields(v)
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return p.part(v)
	case reflect.Bool:
		if v.Bool() {
			return 1
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return uint64(v.Int()) //nolint:gosec // a hash
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return v.Uint()
	case reflect.Float32, reflect.Float64:
		return math.Float64bits(v.Float())
	default: // no object of an API has another
	}
	return 0
}

func (p *Pool) text(v reflect.Value) uint64 {
	text := v.String()
	hash := maphash.String(p.seed, text)
	if text == "" {
		return hash
	}
	known := &p.texts[hash%slots]
	if *known != text {
		*known = text
	} else if unsafe.StringData(*known) != unsafe.StringData(text) {
		v.SetString(*known)
	}
	return hash
}

func (p *Pool) fields(v reflect.Value) uint64 {
	if v.Type() == reflect.TypeFor[time.Time]() {
		return uint64(v.Addr().Interface().(*time.Time).UnixNano()) //nolint:gosec // a hash
	}
	hash := uint64(v.NumField())
	for i := range v.NumField() { //nolint:modernize // Fields describes each field anew, of thousands of objects
		if field := v.Field(i); field.CanSet() {
			hash = mix(hash, p.share(field))
		}
	}
	return hash
}

// part makes compact what a pointer, a list or a map refers to, in a copy that has no room to
// grow, and replaces it by an equal one that is known.
func (p *Pool) part(v reflect.Value) uint64 {
	if v.IsNil() {
		return 0
	}
	var own any
	var hash uint64
	switch {
	case v.Kind() == reflect.Pointer:
		target := reflect.New(v.Type().Elem())
		target.Elem().Set(v.Elem())
		hash = p.share(target.Elem())
		own = target.Interface()
	case v.Kind() == reflect.Slice:
		list := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(list, v)
		hash = p.items(list)
		own = list.Interface()
	default:
		labels, ok := reflect.TypeAssert[map[string]string](v)
		if !ok {
			return 0
		}
		own, hash = p.labels(labels)
	}
	known := &p.parts[hash%slots]
	if !reflect.DeepEqual(*known, own) {
		*known = own
	}
	v.Set(reflect.ValueOf(*known))
	return hash
}

func (p *Pool) items(list reflect.Value) uint64 {
	if list.Type().Elem().Kind() == reflect.Uint8 {
		return maphash.Bytes(p.seed, list.Bytes())
	}
	hash := uint64(list.Len())
	for i := range list.Len() {
		hash = mix(hash, p.share(list.Index(i)))
	}
	return hash
}

// labels makes a compact copy. Its hash does not depend on the order.
func (p *Pool) labels(from map[string]string) (map[string]string, uint64) {
	own, hash := make(map[string]string, len(from)), uint64(len(from))
	for key, value := range from {
		pair := [2]string{key, value}
		v := reflect.ValueOf(&pair).Elem()
		hash += mix(p.share(v.Index(0)), p.share(v.Index(1)))
		own[pair[0]] = pair[1]
	}
	return own, hash
}

// mix combines two hashes, in this order.
func mix(a, b uint64) uint64 {
	a = (a ^ b) * 0x9e3779b97f4a7c15
	return a ^ a>>29
}
