package controllers

import (
	"slices"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// played is a reconciler on a server in memory with a clock to set.
type played struct {
	*WithT
	t      *testing.T
	now    time.Time
	server *memoryServer
	events eventCounter
	r      *LicenseSyncScheduleReconciler
}

func (p *played) Now() time.Time                  { return p.now }
func (p *played) Since(t time.Time) time.Duration { return p.now.Sub(t) }

func newPlayed(t *testing.T, spec v1alpha1.LicenseSyncScheduleSpec) *played {
	p := &played{WithT: NewWithT(t), t: t, now: at(0, 0, 0), events: eventCounter{}}
	spec.CustomerAccessRef, spec.TimeZone = &v1alpha1.LocalCustomerReference{Name: "acme"}, "Europe/Berlin"
	object := &v1alpha1.LicenseSyncSchedule{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "plan"}, Spec: spec}
	p.server = newMemoryServer(p.Now, object, &v1alpha1.WebexCustomerAccess{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "acme"}})
	c := &memoryClient{server: p.server}
	p.r = &LicenseSyncScheduleReconciler{Client: c, Live: c, Recorder: p.events, Clock: p, ObserveSkew: func(time.Duration) {}}
	return p
}

// reconcile reconciles until nothing changes, and returns when the operator looks again.
func (p *played) reconcile() time.Duration {
	for range 10 {
		before := p.server.version
		result, err := p.r.Reconcile(p.t.Context(), ctrl.Request{NamespacedName: client.ObjectKeyFromObject(p.server.schedule)})
		p.Expect(err).NotTo(HaveOccurred())
		if p.server.version == before {
			return result.RequeueAfter
		}
	}
	p.t.Fatal("it never rests")
	return 0
}

// slots are those of the runs that exist.
func (p *played) slots() []string {
	var slots []string
	for _, run := range p.server.runs {
		slots = append(slots, run.Spec.ScheduledTime.UTC().Format(time.RFC3339))
	}
	slices.Sort(slots)
	return slots
}

func (p *played) finishAll() {
	for _, run := range p.server.runs {
		if !finished(run) {
			p.server.finish(run.Name, v1alpha1.ConditionComplete)
		}
	}
}

const week = 7 * 24 * time.Hour

// After a year of suspension one run makes up for the latest slot, or none if it
// is too late for that.
func TestScheduleResumesAfterAYear(t *testing.T) {
	for name, c := range map[string]struct {
		deadline int64
		activate bool
		slots    []string
	}{
		"no deadline":         {slots: []string{"2027-03-10T12:00:00Z"}},
		"within the deadline": {deadline: 1800, slots: []string{"2027-03-10T12:00:00Z"}},
		"too late":            {deadline: 1799},
		"runOnActivation":     {activate: true, slots: []string{"2026-03-10T00:00:00Z", "2027-03-10T12:30:00Z"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlayed(t, v1alpha1.LicenseSyncScheduleSpec{Schedule: "0 * * * *", StartingDeadlineSeconds: c.deadline, RunOnActivation: &c.activate})
			p.reconcile()
			p.server.changeSchedule(func(o *v1alpha1.LicenseSyncSchedule) { o.Spec.Suspend = new(true) })
			p.Expect(p.reconcile()).To(BeZero())
			p.finishAll()
			p.now = p.now.AddDate(1, 0, 0).Add(12*time.Hour + 30*time.Minute)
			p.Expect(p.reconcile()).To(BeZero())
			p.server.changeSchedule(func(o *v1alpha1.LicenseSyncSchedule) { o.Spec.Suspend = new(false) })
			p.Expect(p.reconcile()).To(Equal(30 * time.Minute))
			p.Expect(p.slots()).To(Equal(c.slots))
			missed := "2027-03-10T12:00:00Z"
			if c.slots != nil && !c.activate {
				missed = "2027-03-10T11:00:00Z" // the one at 12 was made up for
			}
			p.Expect(p.server.schedule.Status.LastMissedTime.UTC().Format(time.RFC3339)).To(Equal(missed))
			p.Expect(p.events).To(Equal(eventCounter{v1alpha1.ReasonSuspended: 1, v1alpha1.ReasonScheduled: 1, v1alpha1.ReasonSlotMissed: 1}))
		})
	}
}

// After a week in which no operator ran, one run makes up for the latest slot.
func TestScheduleCatchesUpAfterAWeek(t *testing.T) {
	for name, c := range map[string]struct {
		cron, slot, missed string
		next               time.Duration
	}{
		"daily":     {"0 2 * * *", "2026-03-17T01:00:00Z", "2026-03-16T01:00:00Z", 19 * time.Hour},
		"irregular": {"0 9,10 * * 1-5", "2026-03-16T09:00:00Z", "2026-03-16T08:00:00Z", 2 * time.Hour},
		"each minute, far beyond what is counted": {"* * * * *", "2026-03-17T06:00:00Z", "2026-03-17T05:59:00Z", time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlayed(t, v1alpha1.LicenseSyncScheduleSpec{Schedule: c.cron})
			p.reconcile()
			p.now = p.now.Add(week + 6*time.Hour)
			p.Expect(p.reconcile()).To(Equal(c.next))
			p.Expect(p.slots()).To(Equal([]string{c.slot}))
			p.Expect(p.server.schedule.Status.LastMissedTime.UTC().Format(time.RFC3339)).To(Equal(c.missed))
			p.Expect(p.events).To(Equal(eventCounter{v1alpha1.ReasonSlotMissed: 1}))
			p.finishAll()
			p.reconcile()
			p.Expect(p.slots()).To(HaveLen(1))
		})
	}
}

// What an old copy of the schedule decides is not written: it would take back
// that a slot was dealt with.
func TestScheduleStatusNeverGoesBack(t *testing.T) {
	p := newPlayed(t, v1alpha1.LicenseSyncScheduleSpec{Schedule: "0 * * * *", SuccessfulRunsHistoryLimit: ptr.To[int32](0)})
	p.reconcile()
	old := p.server.schedule
	p.now = p.now.Add(time.Hour)
	p.reconcile()
	p.Expect(p.slots()).To(Equal([]string{"2026-03-10T01:00:00Z"}))

	p.now = p.now.Add(-time.Minute) // the clock is put back, so that the old copy knows of no slot
	cache := p.r.Client.(*memoryClient)
	cache.view = &memoryState{schedule: old, customers: p.server.customers, runs: p.server.runs}
	p.Expect(p.reconcile()).To(Equal(scheduleDebounce))
	p.Expect(p.server.schedule.Status.LastScheduleTime.UTC()).To(Equal(at(1, 0, 0)))

	cache.view = nil
	p.finishAll()
	p.reconcile()
	p.now = p.now.Add(2 * time.Minute)
	p.reconcile()
	p.Expect(p.slots()).To(BeEmpty(), "history keeps none, and the slot does not run again")
}

// A run may end before the schedule's status says that its slot is dealt with. It goes a moment after that, and not at
// the next slot.
func TestHistoryOfARunThatEndsAtOnce(t *testing.T) {
	p := newPlayed(t, v1alpha1.LicenseSyncScheduleSpec{Schedule: "0 * * * *", SuccessfulRunsHistoryLimit: ptr.To[int32](0)})
	p.reconcile()
	once := func() time.Duration {
		result, err := p.r.Reconcile(t.Context(), ctrl.Request{NamespacedName: client.ObjectKeyFromObject(p.server.schedule)})
		p.Expect(err).NotTo(HaveOccurred())
		return result.RequeueAfter
	}
	p.now = p.now.Add(time.Hour)
	once()
	p.Expect(p.slots()).To(Equal([]string{"2026-03-10T01:00:00Z"}))
	p.finishAll()
	p.Expect(once()).To(Equal(scheduleDebounce))
	p.Expect(p.server.schedule.Status.LastScheduleTime.UTC()).To(Equal(at(1, 0, 0)))
	p.Expect(once()).To(Equal(time.Hour))
	p.Expect(p.slots()).To(BeEmpty())
}
