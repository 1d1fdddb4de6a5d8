package assignrun

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/assign"
	"github.com/webex-operator/webex-license-operator/internal/status"
	"github.com/webex-operator/webex-license-operator/internal/subjects"
)

// Bounds of lists in the status of an assignment.
const (
	maxNotFoundAt = 20
	maxWhere      = 600
	maxBatches    = 32
	maxFailures   = 32
	maxPeers      = 128
	shownFaults   = 3 // of a message
)

// factsOf is the part of an assignment's status that runs own.
func factsOf(s v1alpha1.WebexLicenseAssignmentStatus) v1alpha1.WebexLicenseAssignmentStatus {
	s = *s.DeepCopy()
	s.Conditions, s.ObservedGeneration, s.Told = nil, nil, nil
	return s
}

// conclude draws the facts of an assignment from the plan. Times change only with something else.
func (w *ward) conclude(j *Job, i int, now time.Time) {
	o, before := &j.plan.Outcomes[i], w.WebexLicenseAssignment.Status
	w.facts.License = w.license(j, o)
	w.facts.Subjects = w.subjects(o)
	w.facts.Held = nil
	if o.Held != nil {
		w.facts.Held = &v1alpha1.HeldRemovals{People: &o.Held.People, Token: o.Held.Token}
	}
	plan := &v1alpha1.AssignmentPlan{
		Add: &o.Add, Remove: &o.Remove, Unchanged: &o.Unchanged, NoUnits: orNil(o.NoUnits), Skipped: orNil(o.Skipped),
	}
	if w.sent.any() {
		plan.Drift = w.facts.Plan.Drift // what was found, though it is mended
	} else if in := before.Observed; in != nil && in.InSyncHash != "" && in.InSyncHash == w.hash(j) {
		plan.Drift = orNil(o.Add + o.Remove + o.NoUnits)
	}
	if old := before.Plan; old != nil {
		plan.Time = old.Time
	}
	if !equality.Semantic.DeepEqual(before.Plan, plan) {
		plan.Time = new(metav1.NewTime(now))
	}
	w.facts.Plan = plan
	reason, message := w.verdict(j, o)
	w.facts.Verdict = &v1alpha1.AssignmentVerdict{Reason: reason, Message: status.Clip(message, status.MaxMessage)}
	w.facts.Removals = current(w.facts.Removals, now)
	if reason == v1alpha1.ReasonInSync && !w.sent.any() {
		w.facts.Failures = nil // what failed was done by other hands
		if last := w.facts.LastRun; last != nil {
			last.Failed = new(int64(0))
		}
	}
	w.observe(j, i, reason)
}

// orNil leaves a count of zero out.
func orNil(n int64) *int64 {
	if n == 0 {
		return nil
	}
	return &n
}

// license is the licence that was chosen. One that took its place is shown once the spec has changed.
func (w *ward) license(j *Job, o *assign.Outcome) *v1alpha1.AssignedLicense {
	switch {
	case o.Fault == assign.FaultChanged:
		return w.facts.License
	case o.Fault != assign.FaultNone:
		if l := w.facts.License; l != nil && ptr.Deref(l.ChosenGeneration, 0) == w.Generation {
			return l // so that another licence in its place is noticed
		}
		return nil
	}
	l := j.world.Licenses[o.License]
	return &v1alpha1.AssignedLicense{Row: l.Row, ID: l.ID, Name: l.Name, TotalUnits: l.Total, AvailableUnits: l.Free, ChosenGeneration: &w.Generation}
}

func (w *ward) subjects(o *assign.Outcome) *v1alpha1.SubjectCounts {
	s := &v1alpha1.SubjectCounts{Listed: &w.resolved.Listed, Resolved: new(int64(len(w.resolved.People))), Protected: orNil(o.Protected)}
	if n := len(w.resolved.NotFound); n > 0 {
		s.NotFound = new(int64(n))
		for _, fault := range w.resolved.NotFound[:min(n, maxNotFoundAt)] {
			s.NotFoundAt = append(s.NotFoundAt, status.Clip(fault.Where(), maxWhere))
		}
	}
	return s
}

// sources are the versions of the Secrets and ConfigMaps that an assignment is planned by, that with the write credentials among them.
func (j *Job) sources(w *ward) []v1alpha1.ObservedSource {
	sources := slices.Clone(w.list.Observed)
	if s := j.writeSecret; s != nil && !slices.ContainsFunc(sources, func(o v1alpha1.ObservedSource) bool { return o.Kind == s.Kind && o.Name == s.Name }) {
		sources = append(sources, *s)
	}
	return sources
}

// observe notes what the plan was made by.
func (w *ward) observe(j *Job, i int, reason string) {
	in := &v1alpha1.AssignmentInputs{Generation: &w.Generation, Sources: j.sources(w), LocksHash: LocksHash(j.customer, j.enabled)}
	in.Peers = j.plan.Peers(j.world, i)
	if before := w.facts.Observed; before != nil {
		in.InSyncHash = before.InSyncHash
		for _, gone := range j.plan.Outcomes[i].Gone { // still, unless a person approved what follows from it
			if slices.Contains(before.Peers, gone) && !j.plan.Outcomes[i].Approved {
				in.Peers = append(in.Peers, gone)
			}
		}
	}
	slices.Sort(in.Peers)
	in.Peers = in.Peers[:min(len(in.Peers), maxPeers)]
	if reason == v1alpha1.ReasonInSync {
		in.InSyncHash = w.hash(j)
	}
	if w.sent.stopped == outdated {
		in.LocksHash = "" // the rest of the plan is to be made anew, by what there is now
	}
	w.facts.Observed = in
}

// hash identifies spec and people of the lists. None of them can be read from it.
func (w *ward) hash(j *Job) string {
	ids := make([]string, len(w.resolved.People))
	for n, person := range w.resolved.People {
		ids[n] = j.world.People[person].ID
	}
	slices.Sort(ids)
	return shortHash(fmt.Appendf(nil, "%d %s", w.Generation, strings.Join(ids, " ")))
}

// verdict is the reason of condition Ready, and what to do.
func (w *ward) verdict(j *Job, o *assign.Outcome) (reason, message string) {
	for _, judge := range []func(*ward, *Job, *assign.Outcome) (string, string){
		(*ward).judgeLicense, (*ward).judgeStop, (*ward).judgeSubjects, (*ward).judgeLocks, (*ward).judgeChanges,
	} {
		if reason, message = judge(w, j, o); reason != "" {
			return reason, message
		}
	}
	return v1alpha1.ReasonInSync, fmt.Sprintf("the licence is held as listed by %s", persons(o.Unchanged))
}

// judgeLicense says what is wrong with the licence.
func (w *ward) judgeLicense(j *Job, o *assign.Outcome) (reason, message string) {
	like := func(n int) assign.License { return j.world.Licenses[o.Like[n]] }
	switch o.Fault {
	case assign.FaultNotFound:
		return v1alpha1.ReasonLicenseNotFound, "spec.license matches no purchased licence of the customer: compare it with status.name and status.offerCode of its WebexLicenses at level Customer"
	case assign.FaultNotManaged:
		return v1alpha1.ReasonNotManaged, fmt.Sprintf("spec.license means WebexLicense %s, whose offer code is of Webex Calling, UCM or Contact Center, or unknown: assign it in Control Hub", like(0).Row)
	case assign.FaultNotAssignable:
		return v1alpha1.ReasonLicenseNotAssignable, fmt.Sprintf("spec.license means WebexLicense %s, which is not assignable (%s): choose a licence inside the defaults of the customer, or other defaults", like(0).Row, like(0).Reason)
	case assign.FaultAmbiguous:
		return v1alpha1.ReasonLicenseAmbiguous, fmt.Sprintf("spec.license means %d licences, such as WebexLicenses %s and %s: select by name or offerCode, whichever is unique, or set a default subscription and site URL of the customer", len(o.Like), like(0).Row, like(1).Row)
	case assign.FaultChanged:
		return v1alpha1.ReasonLicenseChanged, fmt.Sprintf("spec.license means WebexLicense %s now, another licence than before: nothing is changed in Webex until you have looked at the plan and changed anything in spec of the assignment, such as maxRemovals", j.world.Licenses[o.License].Row)
	case assign.FaultNone:
	}
	return "", ""
}

// judgeStop says why nothing more was sent.
func (w *ward) judgeStop(*Job, *assign.Outcome) (reason, message string) {
	if w.sent.stopped == nil {
		return "", ""
	}
	return w.sent.stopped.reason, w.sent.stopped.message
}

// judgeLocks says which lock is shut.
func (w *ward) judgeLocks(j *Job, _ *assign.Outcome) (reason, message string) {
	switch locked := j.locked(); {
	case w.Spec.Mode != v1alpha1.AssignmentModeEnforce:
		return "", ""
	case locked != "":
		return v1alpha1.ReasonWritingLocked, "spec.mode is Enforce, but " + locked
	case j.writeSecret.ResourceVersion == "":
		return v1alpha1.ReasonWriteCredentialsRefused, fmt.Sprintf("Secret %q of spec.assignment.credentialsSecretRef of the customer does not exist: create it with the write credentials", j.writeSecret.Name)
	}
	return "", ""
}

// judgeSubjects says what is wrong with the lists.
func (w *ward) judgeSubjects(j *Job, _ *assign.Outcome) (reason, message string) {
	const kept = "; no licence is taken from any person meanwhile"
	switch found := w.resolved; {
	case len(found.Faults) > 0:
		return v1alpha1.ReasonSubjectsUnresolved, told(found.Faults) + kept
	case len(found.NotFound) > 0:
		return v1alpha1.ReasonSubjectsNotFound, told(found.NotFound) + kept
	case len(j.protectedFaults) > 0:
		return v1alpha1.ReasonSubjectsUnresolved, "of the customer, " + told(j.protectedFaults) + kept
	}
	return "", ""
}

// told are the first faults in words, and how many more there are.
func told(faults []subjects.Fault) string {
	shown := faults[:min(len(faults), shownFaults)]
	texts := make([]string, len(shown))
	for n, fault := range shown {
		texts[n] = status.Clip(fault.Where(), 160) + " " + fault.Problem
	}
	text := strings.Join(texts, "; ")
	if more := len(faults) - len(shown); more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return text
}

// judgeChanges says what is left to do.
func (w *ward) judgeChanges(_ *Job, o *assign.Outcome) (reason, message string) {
	switch {
	case o.Held != nil && len(w.resolved.People) == 0:
		return v1alpha1.ReasonRemovalsHeld, fmt.Sprintf("%s would lose licences, since the lists have no person of the organization: correct them, or approve with kubectl webex approve-removals %s", persons(o.Held.People), w.Name)
	case o.Held != nil && len(o.Gone) > 0:
		return v1alpha1.ReasonRemovalsHeld, fmt.Sprintf("%s would lose licences, since other assignments of the licence are gone, such as %s: list their people here, or approve with kubectl webex approve-removals %s", persons(o.Held.People), o.Gone[0], w.Name)
	case o.Held != nil:
		return v1alpha1.ReasonRemovalsHeld, fmt.Sprintf("%s would lose licences, and within 24 hours %d did; spec.maxRemovals is %d: look at the plan, then correct the lists, or approve with kubectl webex approve-removals %s",
			persons(o.Held.People), removedPeople(w.facts.Removals), ptr.Deref(w.Spec.MaxRemovals, defaultMaxRemovals), w.Name)
	case o.Conflicts > 0:
		return v1alpha1.ReasonConflict, fmt.Sprintf("two assignments give licences of one offer code to %s, skipped in both: take them out of one list", persons(o.Conflicts))
	case w.sent.failed > 0:
		return v1alpha1.ReasonPartlyApplied, fmt.Sprintf("Webex did not change %s, by the reasons in status.failures: the next run tries again", persons(w.sent.failed))
	case w.Spec.Mode != v1alpha1.AssignmentModeEnforce:
		return v1alpha1.ReasonPlanOnly, fmt.Sprintf("in mode Report nothing is changed: %s would get the licence, %d would not for want of units, %d would lose one", persons(o.Add), o.NoUnits, o.Remove)
	case o.NoUnits > 0:
		return v1alpha1.ReasonNoUnits, fmt.Sprintf("no unit of the licence, beyond spec.keepFreeUnits, is free for %s: buy units, take back others, or shorten the lists; each run tries again", persons(o.NoUnits))
	case o.Add == 0 && o.Removing == 0 && o.Remove > 0:
		return v1alpha1.ReasonRemovalsHeld, fmt.Sprintf("%s would lose licences, which another assignment of the licence holds or only reports: see that one", persons(o.Remove))
	case o.Add+o.Remove > 0:
		return v1alpha1.ReasonPlanPending, fmt.Sprintf("the licence is still to be given to %s, and to be taken from %d: the next run goes on", persons(o.Add), o.Remove)
	}
	return "", ""
}

// persons is a number of people in words.
func persons(n int64) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}

func removedPeople(batches []v1alpha1.RemovalBatch) (n int64) {
	for _, b := range batches {
		n += ptr.Deref(b.People, 0)
	}
	return n
}
