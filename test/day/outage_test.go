package day

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// An outage begins when the runs of an hour have ended, and takes the next two hours'.
const (
	outageAfter  = 2*time.Hour + 15*time.Minute
	outageLength = 2 * time.Hour
)

// breakDown has Webex answer no request: for an hour it says so, and for another one it
// hangs up.
func (w *world) breakDown(begin time.Time) {
	from := begin.Add(outageAfter)
	half := from.Add(outageLength / 2)
	w.sim.AddRule(webexsim.Rule{From: from, Until: half, Status: http.StatusServiceUnavailable, HTML: true})
	w.sim.AddRule(webexsim.Rule{From: half, Until: from.Add(outageLength), Drop: true})
}

// verdicts are the changes of the condition Ready, by customer.
type verdicts map[string][]verdict

// verdict is what Ready became, and how old the figures were.
type verdict struct {
	at, synced time.Time
	ready      metav1.ConditionStatus
}

func (v verdict) String() string {
	return fmt.Sprintf("%s at %s, synced %s", v.ready, v.at.Format(time.DateTime), v.synced.Format(time.DateTime))
}

// observe is called by the store, under its lock.
func (v verdicts) observe(after client.Object) {
	is, ok := after.(*v1alpha1.WebexCustomerAccess)
	if !ok {
		return
	}
	ready := meta.FindStatusCondition(is.Status.Conditions, v1alpha1.ConditionReady)
	seen := v[is.Name]
	if ready == nil || len(seen) > 0 && seen[len(seen)-1].ready == ready.Status {
		return
	}
	now := verdict{at: time.Now(), ready: ready.Status}
	if is.Status.LastSuccessfulSyncTime != nil {
		now.synced = is.Status.LastSuccessfulSyncTime.Time
	}
	v[is.Name] = append(seen, now)
}

// within are the calls in some hours of the day.
func (f *figures) within(from, until time.Time) (n int) {
	for _, c := range f.customers {
		for _, at := range c.calls {
			if !at.Before(from) && at.Before(until) {
				n++
			}
		}
	}
	return n
}

// compareOutage checks that an outage costs few calls, that each customer is ready for
// as long as its figures are fresh, and not longer, and that all are fine again
// afterwards.
func compareOutage(t *testing.T, good, bad *figures) {
	from := bad.begin.Add(outageAfter)
	calls := bad.within(from, from.Add(outageLength))
	t.Logf("%d calls in the hours of the outage, %d in those of the good day", calls, good.within(from, from.Add(outageLength)))
	// The first attempt of a run tries 4 times to get an answer, and each of 6 later ones once.
	limit := len(bad.customers) * int(outageLength/time.Hour) * (4 + 6)
	if calls > limit {
		t.Errorf("%d calls in the hours of the outage, more than %d", calls, limit)
	}
	if all := bad.count(nil); all > good.count(nil)+limit || *dayHours >= 24 && all > good.count(nil)*11/10 {
		t.Errorf("%d calls on the day of the outage, too many beside the %d of a good one", all, good.count(nil))
	}
	for _, c := range bad.customers {
		bad.expectReadiness(t, c, from)
	}
	bad.expectRecovery(t)
}

// expectReadiness checks when a customer stops to be ready.
func (f *figures) expectReadiness(t *testing.T, c *customer, from time.Time) {
	verdicts := f.verdicts[c.name]
	first := slices.IndexFunc(verdicts, func(v verdict) bool { return v.at.After(f.begin) })
	if c.staleAfter > outageLength {
		if first >= 0 {
			t.Errorf("the figures of %s were never stale, and Ready became %v", c.name, verdicts[first])
		}
		return
	}
	if first < 0 || len(verdicts) != first+2 {
		t.Errorf("the figures of %s became stale once, and Ready became %v", c.name, verdicts)
		return
	}
	lost, regained := verdicts[first], verdicts[first+1]
	stale := lost.synced.Add(c.staleAfter)
	if lost.ready != metav1.ConditionFalse || lost.at.Before(stale) || lost.at.Sub(stale) > time.Minute {
		t.Errorf("the figures of %s were stale from %v on, and Ready became %v", c.name, stale, lost)
	}
	if regained.ready != metav1.ConditionTrue || regained.at.Before(from.Add(outageLength)) {
		t.Errorf("the outage ended at %v, and Ready of %s became %v", from.Add(outageLength), c.name, regained)
	}
}
