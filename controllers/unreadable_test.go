package controllers

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// What is taken out of a status moves nothing else, and what would be taken for something
// else if it were missing gets a value.
func TestMendingPatch(t *testing.T) {
	t.Parallel()
	created, now := time.Unix(1e9, 0).UTC(), time.Unix(1.5e9, 0).UTC()
	object := &v1alpha1.LicenseSyncSchedule{ObjectMeta: metav1.ObjectMeta{ResourceVersion: "7", CreationTimestamp: metav1.NewTime(created)}}
	remove := func(path string) patchOperation { return patchOperation{Op: "remove", Path: path} }
	set := func(path string, at time.Time) patchOperation {
		return patchOperation{Op: "replace", Path: path, Value: at.Format(time.RFC3339)}
	}
	for name, test := range map[string]struct {
		paths []string
		want  []patchOperation
	}{
		"a field":            {[]string{"status.notBefore"}, []patchOperation{remove("/status/notBefore")}},
		"the whole":          {[]string{"status"}, []patchOperation{remove("/status")}},
		"items, from behind": {[]string{"status.active[1]", "status.active[3]"}, []patchOperation{remove("/status/active/3"), remove("/status/active/1")}},
		"a slot, a run's end": {
			[]string{"status.completionTime", "status.lastRun.endTime", "status.lastScheduleTime"},
			[]patchOperation{set("/status/lastScheduleTime", now), set("/status/lastRun/endTime", now), set("/status/completionTime", now)},
		},
		"removals, which a guard counts": {
			[]string{"status.removals[0].people", "status.removals[1].time"},
			[]patchOperation{set("/status/removals/1/time", now), {Op: "replace", Path: "/status/removals/0/people", Value: mostRemovals}},
		},
		"an activation":         {[]string{"status.activationTime"}, []patchOperation{set("/status/activationTime", created)}},
		"a condition's time":    {[]string{"status.conditions[0].lastTransitionTime"}, []patchOperation{set("/status/conditions/0/lastTransitionTime", now)}},
		"a condition's version": {[]string{"status.conditions[0].observedGeneration"}, []patchOperation{remove("/status/conditions/0/observedGeneration")}},
		"a condition": {
			[]string{"status.conditions[0].lastTransitionTime", "status.conditions[1].lastTransitionTime", "status.conditions[1].message", "status.conditions[1].status"},
			[]patchOperation{remove("/status/conditions/1"), set("/status/conditions/0/lastTransitionTime", now)},
		},
	} {
		var fields []v1alpha1.UnreadableField
		for _, path := range test.paths {
			fields = append(fields, v1alpha1.UnreadableField{Path: path})
		}
		patch := mendingPatch(object, fields, now)
		NewWithT(t).Expect(patch[0]).To(Equal(patchOperation{Op: "replace", Path: "/metadata/resourceVersion", Value: "7"}), name)
		NewWithT(t).Expect(patch[1:]).To(Equal(test.want), name)
	}
}
