package rows

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/usage"
)

// The reconciler leaves to runs what it knows less of.
func TestRefreshLeavesWhatIsNotRecorded(t *testing.T) {
	t.Parallel()
	now := metav1.NewTime(diffTime.Add(time.Hour))
	at := func(d time.Duration) *metav1.Time { return new(metav1.NewTime(now.Add(d))) }
	for name, test := range map[string]struct {
		changed, recorded *metav1.Time
		written           bool
	}{
		"an hour before the facts":      {at(-2 * time.Hour), at(-time.Hour), true},
		"with them":                     {at(-time.Hour), at(-time.Hour), true},
		"after them":                    {at(-time.Minute), at(-time.Hour), false},
		"no facts yet":                  {at(-time.Minute), nil, false},
		"in a year that is to come":     {at(10000 * time.Hour), at(-time.Hour), true},
		"the time is not written down":  {nil, at(-time.Hour), true},
		"by a clock that is just ahead": {at(time.Second), at(-time.Hour), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			customer := testCustomer()
			row := stored(customer, counted("a", 1))[0]
			row.Status.AssignableReason = v1alpha1.AssignableOtherSubscription
			row.Status.LastChangeTime, customer.Status.LastSuccessfulSyncTime = test.changed, test.recorded
			change, written := Refresh(&row, customer, usage.Effective{}, now)
			g.Expect(written).To(Equal(test.written))
			if written {
				g.Expect(change.After.Status.AssignableReason).To(Equal(v1alpha1.AssignableYes))
				g.Expect(change.After.Status.LastChangeTime).To(Equal(test.changed), "no run changed it")
			}
		})
	}
}
