package controllers

import (
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// oracle knows what should happen to a schedule, and what did.
type oracle struct {
	plan, slots []int64 // of the plan, and with the activations
	customers   []string
	suspended   map[string]bool

	runs       map[string]int           // creations of each name, ever
	ofSlot     map[string]map[int64]int // creations by customer and slot, ever
	last       map[string]int64         // the latest slot that was run, by customer
	busy       map[string][]*busyTime   // when runs of slots were unfinished, by customer
	busyOf     map[string]*busyTime     // the same by run
	armed      []armedTime              // when the operator looked at the clock
	armedSince int64                    // 0 for not now
	counted    int64                    // slots up to this one are in missed
	missed     int64                    // the latest slot that was not run for all customers
	requests   int

	reconciles, faults, excused int
}

// busyTime is the life of a run, in true time.
type busyTime struct {
	slot       int64
	begin, end time.Time
}

// armedTime is a stretch of the operator's clock in which it was up and not
// suspended, and which its clock went through evenly.
type armedTime struct {
	from, to int64
	skew     time.Duration
}

// grace is how long three failed tries and late events may hold a run up.
const grace = 60

func newOracle(object *v1alpha1.LicenseSyncSchedule, customers []*v1alpha1.WebexCustomerAccess) oracle {
	o := oracle{
		runs: map[string]int{}, ofSlot: map[string]map[int64]int{}, last: map[string]int64{}, suspended: map[string]bool{},
		busy: map[string][]*busyTime{}, busyOf: map[string]*busyTime{}, plan: planOracle(object.Spec, object.CreationTimestamp.Time),
	}
	o.slots = slices.Clone(o.plan)
	for _, customer := range customers {
		o.customers = append(o.customers, customer.Name)
		o.suspended[customer.Name] = ptr.Deref(customer.Spec.Suspend, false)
		o.ofSlot[customer.Name] = map[int64]int{}
	}
	return o
}

// activated adds the slot of an activation.
func (s *simulation) activated(at int64) {
	if i, found := slices.BinarySearch(s.slots, at); !found {
		s.slots = slices.Insert(s.slots, i, at)
	}
}

func (s *simulation) arm() {
	if s.armedSince == 0 && !ptr.Deref(s.server.schedule.Spec.Suspend, false) {
		s.armedSince = s.Now().Unix()
	}
}

func (s *simulation) disarm() {
	if s.armedSince != 0 {
		s.armed = append(s.armed, armedTime{s.armedSince, s.Now().Unix(), s.skew})
	}
	s.armedSince = 0
}

// checkCreated judges a run at the moment of its creation.
func (s *simulation) checkCreated(run *v1alpha1.LicenseSync) {
	s.runs[run.Name]++
	if s.runs[run.Name] > 1 {
		s.t.Errorf("%s: %s was created %d times", s.Now(), run.Name, s.runs[run.Name])
	}
	customer := run.Spec.CustomerAccessRef.Name
	if s.suspended[customer] || ptr.Deref(s.client.state().schedule.Spec.Suspend, false) {
		s.t.Errorf("%s: %s was created for what is suspended", s.Now(), run.Name)
	}
	if run.Spec.Trigger != v1alpha1.TriggerSchedule {
		return
	}
	slot, now := run.Spec.ScheduledTime.Unix(), s.Now().Unix()
	if s.ofSlot[customer][slot]++; s.ofSlot[customer][slot] > 1 {
		s.t.Errorf("%s: slot %s ran twice for %s", s.Now(), time.Unix(slot, 0).UTC(), customer)
	}
	if latest := slotUpTo(s.slots, now); latest != slot || slot <= s.last[customer] {
		s.t.Errorf("%s: slot %s of %s ran, not the latest, %s; the last one was %s", s.Now(), time.Unix(slot, 0).UTC(), customer,
			time.Unix(latest, 0).UTC(), time.Unix(s.last[customer], 0).UTC())
	}
	s.last[customer] = slot
	spec := s.server.schedule.Spec
	switch late := now - s.start(slot, customer); {
	case late < 0:
		s.t.Errorf("%s: %s is %d s early", s.Now(), run.Name, -late)
	case spec.StartingDeadlineSeconds > 0 && late > spec.StartingDeadlineSeconds:
		s.t.Errorf("%s: %s is %d s late, more than %d", s.Now(), run.Name, late, spec.StartingDeadlineSeconds)
	}
	for _, other := range s.client.state().runs {
		if other.Spec.CustomerAccessRef.Name != customer || other.Spec.ScheduledTime == nil || finished(other) || other.Name == run.Name {
			continue
		}
		if stored := s.server.run(other.Name); stored != nil && !finished(stored) && !ptr.Deref(stored.Spec.Cancel, false) {
			s.t.Errorf("%s: %s was created beside %s", s.Now(), run.Name, other.Name)
		}
	}
	s.busyOf[run.Name] = &busyTime{slot: slot, begin: s.now, end: yearEnd.AddDate(1, 0, 0)}
	s.busy[customer] = append(s.busy[customer], s.busyOf[run.Name])
}

func (s *simulation) finishedAt(name string) {
	if busy := s.busyOf[name]; busy != nil {
		busy.end = s.now
	}
}

// check judges the state after a reconcile in which nothing went wrong.
func (s *simulation) check(after time.Duration) {
	object, now := s.server.schedule, s.Now()
	if s.created { // the status follows, once the runs of all schedules are there
		if s.written && object.Status.ActivationTime == nil || after != scheduleDebounce {
			s.t.Errorf("%s: it created runs, and yet it wrote a status (%v), or looks again after %v", now, s.written, after)
		}
		return
	}
	handled := object.CreationTimestamp.Unix()
	if last := object.Status.LastScheduleTime; last != nil {
		handled = last.Unix()
	} else if len(s.slots) > 0 && s.slots[0] == handled {
		handled-- // activated within the second of its creation
	}
	if ptr.Deref(object.Spec.Suspend, false) {
		if after != 0 {
			s.t.Errorf("%s: suspended, and yet it looks again after %v", now, after)
		}
		return
	}
	// The next start, by the oracle.
	next := int64(0)
	latest := slotUpTo(s.slots, now.Unix())
	if latest > handled {
		next = s.firstStart(latest, now.Unix())
		if next == 0 {
			s.t.Errorf("%s: slot %s is still open, after %s", now, time.Unix(latest, 0).UTC(), time.Unix(handled, 0).UTC())
		}
	} else if slot := slotAfter(s.plan, max(handled, now.Unix())); slot != 0 {
		if next = s.firstStart(slot, 0); next == 0 {
			next = slot
		}
	}
	if after == scheduleDebounce && s.overHistory() {
		return // it removes runs in a moment
	}
	if next == 0 && after > tableEnd.Sub(now) || next > yearEnd.Unix() {
		return // beyond the oracle's tables
	}
	if next != 0 {
		if wait := time.Unix(next, 0).Sub(now); after != max(wait, time.Millisecond) {
			s.t.Errorf("%s: looks again after %v, but the next run starts after %v, at %s", now, after, wait, time.Unix(next, 0).UTC())
		}
	} else if after != 0 {
		s.t.Errorf("%s: looks again after %v, but nothing is due", now, after)
	}
	if noted := object.Status.NextScheduleTime; (noted == nil) != (next == 0) || noted != nil && noted.Unix() != next {
		s.t.Errorf("%s: status.nextScheduleTime is %v, not %s", now, noted, time.Unix(next, 0).UTC())
	}
	s.checkMissed(handled)
	s.checkHistory()
}

// overHistory says whether more runs that have ended are there than are to be kept of a customer.
func (s *simulation) overHistory() bool {
	spec, ended := s.server.schedule.Spec, map[string]int32{}
	for _, run := range s.server.runs {
		for _, outcome := range []string{v1alpha1.ConditionComplete, v1alpha1.ConditionFailed} {
			if meta.IsStatusConditionTrue(run.Status.Conditions, outcome) {
				ended[run.Spec.CustomerAccessRef.Name+" "+outcome]++
			}
		}
	}
	for key, n := range ended {
		if strings.HasSuffix(key, v1alpha1.ConditionComplete) && n > ptr.Deref(spec.SuccessfulRunsHistoryLimit, 3) ||
			strings.HasSuffix(key, v1alpha1.ConditionFailed) && n > ptr.Deref(spec.FailedRunsHistoryLimit, 1) {
			return true
		}
	}
	return false
}

// firstStart is when the first of the customers starts, later than after; 0 for none.
func (s *simulation) firstStart(slot, after int64) int64 {
	first := int64(0)
	for _, customer := range s.customers {
		if start := s.start(slot, customer); !s.suspended[customer] && start > after && (first == 0 || start < first) {
			first = start
		}
	}
	return first
}

// all says whether a slot was run for all customers.
func (s *simulation) all(slot int64) bool {
	return !slices.ContainsFunc(s.customers, func(c string) bool { return !s.suspended[c] && s.ofSlot[c][slot] == 0 })
}

// checkMissed compares status.lastMissedTime with what was not run.
func (s *simulation) checkMissed(handled int64) {
	for slot := slotAfter(s.plan, s.counted); slot != 0 && slot <= handled; slot = slotAfter(s.plan, slot) {
		if s.counted = slot; !s.all(slot) {
			s.missed = slot
		}
	}
	noted := int64(0)
	if at := s.server.schedule.Status.LastMissedTime; at != nil {
		noted = at.Unix()
	}
	_, isSlot := slices.BinarySearch(s.slots, noted)
	switch {
	case noted < s.missed:
		s.t.Errorf("%s: slot %s was missed, but status.lastMissedTime is %s", s.Now(), time.Unix(s.missed, 0).UTC(), time.Unix(noted, 0).UTC())
	case noted > s.missed && !isSlot:
		s.t.Errorf("%s: status.lastMissedTime %s is no slot", s.Now(), time.Unix(noted, 0).UTC())
	case noted > s.missed && s.all(noted) && ptr.Deref(s.server.schedule.Spec.SpreadSeconds, 0) == 0:
		s.t.Errorf("%s: status.lastMissedTime is %s, which ran", s.Now(), time.Unix(noted, 0).UTC())
	}
}

// checkHistory counts the finished runs that are left, but for those of a slot or
// a request that the operator did not know to be dealt with.
func (s *simulation) checkHistory() {
	known := s.before.schedule
	kept := map[string]*struct{ succeeded, failed int32 }{}
	for _, run := range s.server.runs {
		open := known.Annotations[v1alpha1.AnnotationRequestedAt] != known.Status.LastHandledReconcileAt
		if run.Spec.ScheduledTime != nil {
			open = known.Status.LastScheduleTime == nil || known.Status.LastScheduleTime.Before(run.Spec.ScheduledTime)
		}
		if !finished(run) || open {
			continue
		}
		count := kept[run.Spec.CustomerAccessRef.Name]
		if count == nil {
			count = &struct{ succeeded, failed int32 }{}
			kept[run.Spec.CustomerAccessRef.Name] = count
		}
		if succeeded(run) {
			count.succeeded++
		} else {
			count.failed++
		}
	}
	for customer, count := range kept {
		if count.succeeded > *known.Spec.SuccessfulRunsHistoryLimit || count.failed > *known.Spec.FailedRunsHistoryLimit {
			s.t.Errorf("%s: %d and %d runs of %s are left", s.Now(), count.succeeded, count.failed, customer)
		}
	}
}

// judge goes through all slots of the year: each one ran for each customer, or
// there is an excuse.
func (s *simulation) judge() {
	for _, customer := range s.customers {
		for slot := range s.ofSlot[customer] {
			if _, ok := slices.BinarySearch(s.slots, slot); !ok {
				s.t.Errorf("%s of %s is no slot", time.Unix(slot, 0).UTC(), customer)
			}
		}
		if s.suspended[customer] {
			continue
		}
		for _, slot := range s.plan {
			switch {
			case slot > yearEnd.Unix()+7200:
			case s.ofSlot[customer][slot] > 0:
			case s.mustRun(customer, slot):
				s.t.Errorf("slot %s of %s, start %s, did not run, and nothing excuses it", time.Unix(slot, 0).UTC(), customer,
					time.Unix(s.start(slot, customer), 0).UTC())
			default:
				s.excused++
			}
		}
	}
	if most := 200 + 8*(len(s.runs)+s.excused) + 3*(s.faults+s.requests); s.reconciles > most {
		s.t.Errorf("%d reconciles for %d runs, %d slots that were not run and %d faults", s.reconciles, len(s.runs), s.excused, s.faults)
	}
}

// mustRun says whether the operator was up, for long enough to retry, at a time at
// which the slot was the latest, in time, and the customer free.
func (s *simulation) mustRun(customer string, slot int64) bool {
	start, next := s.start(slot, customer), slotAfter(s.slots, slot)
	if next == 0 {
		next = tableEnd.Unix() * 2
	}
	deadline := s.server.schedule.Spec.StartingDeadlineSeconds
	first := time.Time{} // when the operator may first have seen that the slot was due
	for _, armed := range s.armed {
		if from := max(start, armed.from); first.IsZero() && from < min(next, armed.to) {
			first = time.Unix(from, 0).Add(-armed.skew)
		}
		if from := max(start, armed.from); from+grace <= min(next, armed.to) {
			if deadline > 0 && from-start+grace > deadline {
				return false
			}
			if s.server.schedule.Spec.ConcurrencyPolicy == v1alpha1.ConcurrencyReplace {
				return true
			}
			at := time.Unix(from, 0).Add(-armed.skew)
			return !slices.ContainsFunc(s.busy[customer], func(b *busyTime) bool {
				return b.slot < slot && b.begin.Before(at.Add(grace*time.Second)) && b.end.After(first.Add(-2*time.Second))
			})
		}
		if armed.to >= next {
			return false // a later slot was the latest before this one came
		}
	}
	return false
}

func (s *simulation) total(total *yearFigures) {
	runs := 0
	for _, ofSlot := range s.ofSlot {
		runs += len(ofSlot)
	}
	total.slots.Add(int64(len(s.plan)))
	total.runs.Add(int64(runs))
	total.excused.Add(int64(s.excused))
	total.reconciles.Add(int64(s.reconciles))
	total.faults.Add(int64(s.faults))
}
