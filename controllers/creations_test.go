package controllers

import (
	"context"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/syncrun"
)

// While schedules create many runs, those that are there cost the API server nothing, but for a while only; and a few
// creations keep no run back.
func TestRunsGiveWayToCreations(t *testing.T) {
	t.Parallel()
	now := time.Now().Truncate(time.Second)
	for name, test := range map[string]struct {
		creations int
		age       time.Duration
		waits     bool
	}{
		"few":               {creations: rush - 1},
		"many":              {creations: rush, waits: true},
		"many, for a while": {creations: rush, age: rushGrace - time.Second, waits: true},
		"many, for long":    {creations: rush, age: rushGrace},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			run := &v1alpha1.LicenseSync{
				ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "run", UID: "uid", CreationTimestamp: metav1.NewTime(now.Add(-test.age))},
				Spec:       v1alpha1.LicenseSyncSpec{CustomerAccessRef: v1alpha1.LocalCustomerReference{Name: "acme"}},
			}
			there := fake.NewClientBuilder().WithScheme(testScheme()).WithObjects(run).WithStatusSubresource(run).
				WithIndex(run, syncrun.IndexCustomer, func(client.Object) []string { return []string{"acme"} }).Build()
			clock := clocktesting.NewFakePassiveClock(now)
			attempts := newRunner(1, clock)
			live := &countingReader{Reader: there}
			schedules := &LicenseSyncScheduleReconciler{}
			r := &LicenseSyncReconciler{
				Client: there, Live: live, Clock: clock, Runner: attempts, Rushing: schedules.creations.rushing,
				Claims: &Claims{Client: there, Runner: attempts, Clock: clock},
			}
			for range test.creations {
				defer schedules.creations.begin()()
			}
			result, err := r.Reconcile(t.Context(), ctrl.Request{NamespacedName: keyOf(run)})
			g.Expect(err).NotTo(HaveOccurred())
			if test.waits {
				g.Expect(result.RequeueAfter).To(Equal(rushPause))
				g.Expect(live.reads).To(BeZero())
				return
			}
			g.Expect(live.reads).To(Equal(1), "past the cache, before anything is decided")
		})
	}
}

// countingReader counts what is read.
type countingReader struct {
	client.Reader
	reads int
}

func (r *countingReader) Get(ctx context.Context, key client.ObjectKey, object client.Object, opts ...client.GetOption) error {
	r.reads++
	return r.Reader.Get(ctx, key, object, opts...)
}
