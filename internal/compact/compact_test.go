package compact

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// row is one as the API server sends it: no two share anything.
func row(t testing.TB, name string, units int) *v1alpha1.WebexLicense {
	t.Helper()
	document := fmt.Sprintf(`{
		"metadata": {"name": %q, "namespace": "msp", "creationTimestamp": "2027-01-01T02:00:00Z",
			"labels": {"customer": "acme", "level": "Site"}, "annotations": {},
			"managedFields": [{"manager": "m", "time": "2027-01-01T02:00:00Z", "fieldsV1": {"f:spec": {}}}],
			"ownerReferences": [{"kind": "WebexCustomerAccess", "name": "acme", "uid": "u-1", "controller": true}]},
		"spec": {"customerAccessRef": {"name": "acme"}, "licenseID": "L1"},
		"status": {"totalUnits": %d, "consumedUnits": 7, "lastChangeTime": "2027-01-01T02:00:03Z", "conditions": [
			{"type": "Ready", "status": "True", "reason": "Synced", "message": "all is well", "lastTransitionTime": "2027-01-01T02:00:03Z"},
			{"type": "CapacityOK", "status": "True", "reason": "WithinThresholds", "message": "", "lastTransitionTime": "2027-01-01T02:00:03Z"},
			{"type": "Other", "status": "False", "reason": "R", "message": "", "lastTransitionTime": "2027-01-01T02:00:03Z"}]}}`, name, units)
	object := &v1alpha1.WebexLicense{}
	if err := json.Unmarshal([]byte(document), object); err != nil {
		t.Fatal(err)
	}
	return object
}

// Objects are as they were, and hold together what is equal in them.
func TestShare(t *testing.T) {
	t.Parallel()
	var pool Pool
	a, b := row(t, "a", 10), row(t, "b", 11)
	for name, object := range map[string]*v1alpha1.WebexLicense{"a": a, "b": b} {
		before := object.DeepCopy()
		pool.Share(object)
		if diff := cmp.Diff(before, object); diff != "" {
			t.Errorf("sharing altered %s (-before +after):\n%s", name, diff)
		}
	}
	shared := map[string]bool{
		"condition":   &a.Status.Conditions[0] == &b.Status.Conditions[0],
		"owner":       &a.OwnerReferences[0] == &b.OwnerReferences[0],
		"controller":  a.OwnerReferences[0].Controller == b.OwnerReferences[0].Controller,
		"fields":      a.ManagedFields[0].FieldsV1 == b.ManagedFields[0].FieldsV1,
		"units":       a.Status.ConsumedUnits == b.Status.ConsumedUnits,
		"time":        a.Status.LastChangeTime == b.Status.LastChangeTime,
		"text":        unsafe.StringData(a.Spec.LicenseID) == unsafe.StringData(b.Spec.LicenseID),
		"owner name":  unsafe.StringData(a.Spec.CustomerAccessRef.Name) == unsafe.StringData(b.OwnerReferences[0].Name),
		"label value": unsafe.StringData(a.Labels["customer"]) == unsafe.StringData(b.Spec.CustomerAccessRef.Name),
	}
	for what, is := range shared {
		if !is {
			t.Errorf("%s is there twice", what)
		}
	}
	a.Labels["level"] = "Customer" // a map cannot be compared by its address
	if b.Labels["level"] != "Customer" {
		t.Error("labels are there twice")
	}
	if a.Status.TotalUnits == b.Status.TotalUnits {
		t.Error("different figures became one")
	}
	if n := cap(a.Status.Conditions); n != 3 {
		t.Errorf("3 conditions have room for %d", n)
	}
}

// Parts that others read meanwhile are not written to, even of an object that comes twice and
// whose texts were forgotten in between; the race detector would see it.
func TestShareWritesToNoPart(t *testing.T) {
	t.Parallel()
	var pool Pool
	first := row(t, "a", 10)
	pool.Share(first)
	again := *first
	for i := range 4 * slots {
		pool.Share(&metav1.OwnerReference{Name: fmt.Sprint(i), Controller: new(bool)})
	}
	var reader sync.WaitGroup
	reader.Go(func() { _ = first.DeepCopy() })
	pool.Share(&again)
	pool.Share(&v1alpha1.WebexLicense{})
	reader.Wait()
	if diff := cmp.Diff(first, &again); diff != "" {
		t.Errorf("what comes twice is altered (-before +after):\n%s", diff)
	}
}

func BenchmarkShare(b *testing.B) {
	var pool Pool
	rows := make([]*v1alpha1.WebexLicense, 100)
	for i := range rows {
		rows[i] = row(b, fmt.Sprint("row-", i), i)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		object := *rows[i%len(rows)]
		pool.Share(&object)
	}
}

func BenchmarkDecode(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		row(b, "a", 1)
	}
}
