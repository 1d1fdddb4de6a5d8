package crd

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// testReadable puts odd values into each field of each kind, one at a time, and asks the API
// server by dry run. What it admits, on create, on an update of the status or in a patch, the
// Go types read whole: otherwise one object would be missing something, and before there was
// a tolerant decoder no object of the kind was seen any more.
func testReadable(t *testing.T, config *rest.Config, admin client.Client) {
	config = rest.CopyConfig(config)
	config.QPS = -1
	asker, err := client.New(config, client.Options{Scheme: admin.Scheme(), Mapper: admin.RESTMapper()})
	must(t, err)
	var asked, admitted atomic.Int64
	group, ctx := errgroup.WithContext(t.Context())
	group.SetLimit(16)
	for kind, definition := range definitions(t, "bases") {
		root := definition.Spec.Versions[0].Schema.OpenAPIV3Schema
		g := generator{Rand: rand.New(rand.NewPCG(20260301, uint64(len(kind)))), whole: true} //nolint:gosec // it must repeat itself
		spec, status := root.Properties["spec"], root.Properties["status"]
		whole := manifest(kind, "readable", map[string]any{"spec": g.value(".spec", &spec), "status": g.value(".status", &status)})
		stored := &unstructured.Unstructured{Object: generic(t, whole)}
		must(t, admin.Create(t.Context(), stored))
		for _, odd := range oddities(g, whole, root) {
			group.Go(func() error {
				for _, write := range odd.writes(stored) {
					asked.Add(1)
					object := write.object.DeepCopy()
					switch err := write.do(ctx, asker, object); {
					case apierrors.IsInvalid(err), apierrors.IsBadRequest(err):
						continue
					case err != nil:
						return fmt.Errorf("%s, %s of %s: %w", kind, write.what, odd, err)
					}
					admitted.Add(1)
					if unreadable := unreadableIn(t, kind, object); len(unreadable) > 0 {
						t.Errorf("%s: the API server takes a %s of %s, and Go does not: %v", kind, write.what, odd, unreadable)
					}
				}
				return nil
			})
		}
	}
	must(t, group.Wait())
	t.Logf("%d of %d were admitted", admitted.Load(), asked.Load())
	if admitted.Load() < 200 || asked.Load()-admitted.Load() < 500 {
		t.Errorf("%d of %d were admitted: the test asks for the wrong things", admitted.Load(), asked.Load())
	}
}

func unreadableIn(t *testing.T, kind string, object *unstructured.Unstructured) []v1alpha1.UnreadableField {
	data, err := object.MarshalJSON()
	if err != nil {
		t.Error(err)
	}
	typed := forms[kind].object()
	if err := json.Unmarshal(data, typed); err != nil {
		t.Error(err)
	}
	switch o := typed.(type) {
	case *v1alpha1.WebexCustomerAccess:
		return o.Unreadable
	case *v1alpha1.LicenseSync:
		return o.Unreadable
	case *v1alpha1.LicenseSyncSchedule:
		return o.Unreadable
	case *v1alpha1.WebexLicense:
		return o.Unreadable
	case *v1alpha1.WebexLicenseAssignment:
		return o.Unreadable
	case *v1alpha1.WebexPartner:
		return o.Unreadable
	}
	t.Errorf("%s is none of the kinds", kind)
	return nil
}

// oddity is an object with one odd value.
type oddity struct {
	object map[string]any
	path   []any
	value  any
}

func (o oddity) String() string { return fmt.Sprintf("%v = %#v", o.path, o.value) }

// write is a way to bring an object to the API server, without effect.
type write struct {
	what   string
	object *unstructured.Unstructured
	do     func(ctx context.Context, c client.Client, object *unstructured.Unstructured) error
}

// writes are the ways for an oddity. Each leaves in the object what would be stored.
func (o oddity) writes(stored *unstructured.Unstructured) []write {
	object := &unstructured.Unstructured{Object: o.object}
	if o.path[0] == "status" {
		object = stored.DeepCopy()
		object.Object["status"] = o.object["status"]
		return []write{{"write of the status", object, func(ctx context.Context, c client.Client, object *unstructured.Unstructured) error {
			return c.Status().Update(ctx, object, client.DryRunAll)
		}}}
	}
	object = object.DeepCopy()
	object.SetName("new")
	patch, err := json.Marshal(map[string]any{"spec": map[string]any{o.path[1].(string): o.object["spec"].(map[string]any)[o.path[1].(string)]}})
	if err != nil {
		panic(err)
	}
	return []write{
		{"create", object, func(ctx context.Context, c client.Client, object *unstructured.Unstructured) error {
			return c.Create(ctx, object, client.DryRunAll)
		}},
		{"patch", stored, func(ctx context.Context, c client.Client, object *unstructured.Unstructured) error {
			return c.Patch(ctx, object, client.RawPatch("application/merge-patch+json", patch), client.DryRunAll)
		}},
	}
}

// oddities are all that can be made of a whole object.
func oddities(g generator, whole map[string]any, root *schema) []oddity {
	var found []oddity
	var visit func(path []any, value any, s *schema)
	visit = func(path []any, value any, s *schema) {
		for _, odd := range g.odd(s) {
			found = append(found, oddity{with(whole, path, odd).(map[string]any), path, odd})
		}
		switch v := value.(type) {
		case map[string]any:
			for _, name := range slices.Sorted(maps.Keys(v)) {
				if below, ok := s.Properties[name]; ok {
					visit(append(slices.Clone(path), name), v[name], &below)
				} else if s.AdditionalProperties != nil {
					visit(append(slices.Clone(path), name), v[name], s.AdditionalProperties.Schema)
				}
			}
		case []any:
			if len(v) > 0 {
				visit(append(slices.Clone(path), 0), v[0], s.Items.Schema)
			}
		}
	}
	for _, part := range []string{"spec", "status"} {
		below := root.Properties[part]
		object := whole[part].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(object)) {
			visit([]any{part, name}, object[name], new(below.Properties[name]))
		}
	}
	return found
}

// with is a copy of a value with another one at a path.
func with(value any, path []any, odd any) any {
	if len(path) == 0 {
		return odd
	}
	switch v := value.(type) {
	case map[string]any:
		v = maps.Clone(v)
		v[path[0].(string)] = with(v[path[0].(string)], path[1:], odd)
		return v
	case []any:
		v = slices.Clone(v)
		v[path[0].(int)] = with(v[path[0].(int)], path[1:], odd)
		return v
	}
	panic("no such path")
}

// odd are values that a field of the schema might be given. null is dropped by the API server.
func (g generator) odd(s *schema) []any {
	switch {
	case isTime(s):
		values := append(g.some(oddTimes, 16), g.misspelled("2027-01-01T02:00:00.5+01:00", 4)...)
		return append(values, "2027-01-01t02:00:00z", "2027-01-01T02:00:00Z", int64(5))
	case s.Type == "string" && len(s.Enum) == 0 && strings.Contains(fmt.Sprint(s.XValidations, s.Description), "duration"):
		return append(slices.Clone(oddDurations), g.misspelled("1h30m", 8)...)
	case s.Type == "string":
		return g.some([]any{"", "1d", "0", int64(5), false, []any{}, map[string]any{}}, 2)
	case s.Type == "integer":
		return append(g.some(oddNumbers, 5), int64(math.MaxInt32)+1, 1e15)
	case s.Type == "boolean":
		return g.some([]any{"true", int64(1), 1.5, map[string]any{}}, 2)
	case s.Type == "array":
		return g.some([]any{[]any{}, []any{nil}, []any{int64(5)}, []any{[]any{}}, "x", map[string]any{}}, 3)
	default:
		return g.some([]any{map[string]any{}, []any{}, "x", int64(5)}, 2)
	}
}

var oddNumbers = []any{
	int64(-1), int64(0), int64(1), int64(math.MaxInt32), int64(math.MaxInt32) + 1, int64(math.MinInt32), int64(math.MinInt32) - 1,
	int64(1) << 53, int64(math.MaxInt64), int64(math.MinInt64), 1e15, 1e19, 1e30, 1.5, -0.5, "5", true,
	[]any{},
}

var oddDurations = []any{
	"", "0", "0s", "1d", "5 parsecs", "1", "h", "1h30", "1 h", "-1h", "+1h", "1.5h", "1h30m", "30m1h", ".5h", "5.h", "1e3s", "1H", "PT1H", "90s", "1h ", " 1h",
	"8760h", "8761h", "2562047h48m", "2562048h", "99999999999999999999h", "99999h99999h99999h99999h99999h99999h99999h99999h", "1µs", "1us", "١h", "1h\n",
}

var oddTimes = []any{
	"2027-01-01T02:00:00Z", "2027-01-01t02:00:00z", "2027-01-01T02:00:00z", "2027-01-01t02:00:00Z", "2027-01-01 02:00:00Z", "2027-01-01T02:00:00",
	"2027-01-01T02:00Z", "2027-01-01T02Z", "2027-01-01", "20270101T020000Z", "2027-1-1T02:00:00Z", "2027-01-01T2:00:00Z", "+2027-01-01T02:00:00Z",
	"2027-02-29T02:00:00Z", "2028-02-29T02:00:00Z", "2100-02-29T02:00:00Z", "2000-02-29T02:00:00Z", "2027-04-31T02:00:00Z", "2027-13-01T02:00:00Z", "2027-00-01T02:00:00Z", "2027-01-00T02:00:00Z", "2027-01-32T02:00:00Z",
	"2027-01-01T24:00:00Z", "2027-01-01T23:59:60Z", "2027-12-31T23:59:60Z", "2027-01-01T02:60:00Z",
	"2027-01-01T02:00:00+24:00", "2027-01-01T02:00:00+23:60", "2027-01-01T02:00:00+99:99", "2027-01-01T02:00:00-00:00", "2027-01-01T02:00:00+14:00", "2027-01-01T02:00:00+0100", "2027-01-01T02:00:00+01", "2027-01-01T02:00:00+1:00",
	"2027-01-01T02:00:00−01:00", "2027-01-01T02:00:00 +01:00", "2027-01-01T02:00:00Z+01:00", "2027-01-01T02:00:00UTC", "2027-01-01T02:00:00[Europe/Berlin]",
	"2027-01-01T02:00:00.Z", "2027-01-01T02:00:00.5Z", "2027-01-01T02:00:00,5Z", "2027-01-01T02:00:00x5Z", "2027-01-01T02:00:00.123456789Z", "2027-01-01T02:00:00.1234567890123456789Z",
	"0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "0999-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-23:59", "10000-01-01T00:00:00Z", "99999-01-01T00:00:00Z",
	"", " ", "now", "1798768800", " 2027-01-01T02:00:00Z", "2027-01-01T02:00:00Z ", "2027-01-01T02:00:00Z\n", "٢027-01-01T02:00:00Z", "2027-01-01\u200bT02:00:00Z", "2027-01-01T02:00:00Z\x00",
}

// some of the values: no field gets all of them, and all fields of a type together do.
func (g generator) some(values []any, n int) []any {
	var picked []any
	for _, i := range g.Perm(len(values))[:n] {
		picked = append(picked, values[i])
	}
	return picked
}

// misspelled are spellings with a character replaced, doubled or dropped.
func (g generator) misspelled(right string, n int) []any {
	const alphabet = "0123456789-+:.,TtZz hms"
	var wrong []any
	for range n {
		at := g.IntN(len(right))
		other := string(alphabet[g.IntN(len(alphabet))])
		switch g.IntN(3) {
		case 0:
			wrong = append(wrong, right[:at]+other+right[at+1:])
		case 1:
			wrong = append(wrong, right[:at]+other+right[at:])
		default:
			wrong = append(wrong, right[:at]+right[at+1:])
		}
	}
	return wrong
}
