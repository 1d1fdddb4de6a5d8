package v1alpha1

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utiljson "k8s.io/apimachinery/pkg/util/json"
)

// One object that cannot be read whole leaves a list whole: the decoder that informers and
// clients use reads all others, and of this one what it can.
func TestOneObjectDoesNotStopTheList(t *testing.T) {
	t.Parallel()
	scheme := runtime.NewScheme()
	if err := AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	decoder := serializer.NewCodecFactory(scheme).UniversalDeserializer()
	for kind, bad := range map[string]string{
		"WebexCustomerAccess": `"spec": {"staleAfter": "1d", "customerName": "Acme"}, "status": {"lastRun": {"endTime": "x", "name": "r"}}`,
		"LicenseSync":         `"spec": {"scheduledTime": "2027-01-01t02:00:00z"}, "status": {"duration": "5 parsecs", "rows": {"added": 3000000000, "held": 1}}`,
		"LicenseSyncSchedule": `"spec": {"at": ["2027-01-01T02:00:00Z", "2027-01-01t02:00:00z"]}, "status": {"conditions": [{"type": "Ready", "lastTransitionTime": "now"}]}`,
		"WebexLicense":        `"spec": {"level": 5}, "status": {"totalUnits": 1.5, "lastChangeTime": ""}`,
	} {
		list := fmt.Sprintf(`{"apiVersion": %q, "kind": "%sList", "items": [{"metadata": {"name": "bad"}, %s}, {"metadata": {"name": "good"}}]}`, GroupVersion, kind, bad)
		object, _, err := decoder.Decode([]byte(list), nil, nil)
		if err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		got, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
		if err != nil {
			t.Fatal(err)
		}
		if items := got["items"].([]any); len(items) != 2 {
			t.Errorf("%s: %d items", kind, len(items))
		}
	}
}

func TestUnreadable(t *testing.T) {
	t.Parallel()
	const time1 = `"2027-01-01T02:00:00Z"`
	for name, test := range map[string]struct {
		content string
		paths   []string
		left    string
	}{
		"nothing wrong":    {`{"spec": {"at": [` + time1 + `]}}`, nil, `{"spec": {"at": [` + time1 + `]}}`},
		"a time in a list": {`{"spec": {"at": [` + time1 + `, "x"], "schedule": "@daily"}}`, []string{"spec.at[1]"}, `{"spec": {"at": [` + time1 + `], "schedule": "@daily"}}`},
		"a time behind a pointer": {
			`{"spec": {"startTime": "2027-01-01t02:00:00z", "endTime": ` + time1 + `}}`, []string{"spec.startTime"}, `{"spec": {"endTime": ` + time1 + `}}`,
		},
		"a duration": {`{"spec": {"every": {"interval": "1d", "firstTime": ` + time1 + `}}}`, []string{"spec.every.interval"}, `{"spec": {"every": {"firstTime": ` + time1 + `}}}`},
		"numbers": {
			`{"spec": {"spreadSeconds": 3000000000, "startingDeadlineSeconds": 1e30, "failedRunsHistoryLimit": 2}}`,
			[]string{"spec.spreadSeconds", "spec.startingDeadlineSeconds"},
			`{"spec": {"failedRunsHistoryLimit": 2}}`,
		},
		"a value of a map":       {`{"spec": {"syncTemplate": {"labels": {"a": "b", "c": 5}}}}`, []string{"spec.syncTemplate.labels.c"}, `{"spec": {"syncTemplate": {"labels": {"a": "b"}}}}`},
		"an object that is none": {`{"spec": {"every": "6h", "suspend": "yes", "schedule": "@daily"}}`, []string{"spec.every", "spec.suspend"}, `{"spec": {"schedule": "@daily"}}`},
		"in a condition": {
			`{"status": {"conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "x"}]}}`,
			[]string{"status.conditions[0].lastTransitionTime"},
			`{"status": {"conditions": [{"type": "Ready", "status": "True"}]}}`,
		},
		"unknown fields":  {`{"spec": {"at": "x", "color": "blue"}}`, []string{"spec.at"}, `{}`},
		"a whole status":  {`{"status": "good"}`, []string{"status"}, `{}`},
		"another's case":  {`{"spec": {"AT": "x", "Suspend": 1}}`, nil, `{}`},
		"nothing at all":  {`null`, nil, `{}`},
		"null in a field": {`{"spec": {"at": null, "startTime": null}}`, nil, `{}`},
	} {
		var got, want LicenseSyncSchedule
		got.Spec.EndTime = new(metav1.NewTime(time.Unix(0, 0)))
		if err := utiljson.Unmarshal([]byte(test.content), &got); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var paths []string
		for _, field := range got.Unreadable {
			paths = append(paths, field.Path)
			if !strings.Contains(field.String(), ": write ") {
				t.Errorf("%s: %q gives no remedy", name, field)
			}
		}
		if diff := cmp.Diff(test.paths, paths); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if err := json.Unmarshal([]byte(test.left), &want); err != nil {
			t.Fatal(err)
		}
		if want.Spec.EndTime == nil && test.paths == nil {
			want.Spec.EndTime = got.Spec.EndTime // what is not there, JSON leaves alone
		}
		got.Unreadable = nil
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	for _, content := range []string{``, `{`, `[]`, `"text"`, `{"spec": }`} {
		if err := new(LicenseSyncSchedule).UnmarshalJSON([]byte(content)); err == nil {
			t.Errorf("%q is no object", content)
		}
	}
}

// Whatever is stored: an object of JSON is read, what was read is written and read again, and
// nothing of what was not readable is told but where it is.
func FuzzUnreadable(f *testing.F) {
	for _, seed := range []string{
		`{"metadata": {"name": "x"}, "spec": {"at": ["2027-01-01t02:00:00z"]}}`,
		`{"metadata": {"creationTimestamp": "x"}, "spec": [], "status": {"conditions": [null, 5, {"lastTransitionTime": 7}]}}`,
		`{"spec": {"every": {"interval": "99999999999h"}, "customerAccessSelector": {"matchLabels": {"a": 1}}}}`,
		`{"spec": {"spreadSeconds": 1e400}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content string) {
		var generic map[string]any
		if utiljson.Unmarshal([]byte(content), &generic) != nil {
			return
		}
		for _, object := range []json.Unmarshaler{&LicenseSyncSchedule{}, &LicenseSync{}, &WebexCustomerAccess{}, &WebexLicense{}} {
			if err := object.UnmarshalJSON([]byte(content)); err != nil {
				t.Fatalf("%T: %v", object, err)
			}
			data, err := json.Marshal(object)
			if err != nil {
				t.Fatalf("%T: %v", object, err)
			}
			if err := object.UnmarshalJSON(data); err != nil {
				t.Fatalf("%T, what it wrote itself: %v", object, err)
			}
		}
	})
}
