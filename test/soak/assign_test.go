package soak

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// assignees is how many customers have their licences assigned at a time.
const assignees = 15

// Whatever goes wrong, assignments take no licence that no rule in force allows, nor more than they may within a day; and
// once nothing goes wrong any more, Webex is as they say.
func TestSoakOfAssignments(t *testing.T) {
	t.Parallel()
	w := startWorld(t)
	w.arguments = []string{"--enable-assignment", fmt.Sprintf("--max-concurrent-syncs=%d", assignees)}
	all := make([]*assignee, assignees)
	for n := range all {
		all[n] = w.addAssignee(n)
		w.customers = append(w.customers, all[n].customer)
	}
	ctx, cancel := context.WithCancel(t.Context())
	followed := w.followAssignments(ctx)
	w.start()
	stop := make(chan struct{})
	var chaos, drivers sync.WaitGroup
	chaos.Go(func() { w.harassAssigning(stop) })
	for _, a := range all {
		drivers.Go(func() { w.driveAssignee(a, (*soakRuns+assignees-1)/assignees) })
	}
	drivers.Wait()
	close(stop)
	chaos.Wait()
	w.calm()
	for _, a := range all {
		drivers.Go(func() { w.settleAssignee(a) })
	}
	drivers.Wait()
	metrics := w.scrape()
	w.manager.end()
	w.expectSecrecy(metrics)
	for _, sim := range w.sims {
		if n := sim.EmailRequests(); n != 0 {
			t.Errorf("%d requests named an address", n)
		}
		if invited := sim.InvitationsByAddress(); len(invited) > 0 {
			t.Errorf("%d strangers were invited", len(invited))
		}
		w.add("PATCHes", sim.Patches())
	}
	if w.count["PATCHes"] < 2*assignees || w.count["licences taken"] == 0 || w.count["licences given"] == 0 {
		t.Error("too little was assigned to prove anything")
	}
	cancel()
	followed()
	w.summarise()
}

// add counts several things at once.
func (w *world) add(what string, n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count[what] += n
}

func (w *world) patchStatus(object client.Object, patch []byte) error {
	return w.client.Status().Patch(w.ctx, object, client.RawPatch(types.MergePatchType, patch))
}

// followAssignments checks runs, and gathers what the operator tells of assignments.
func (w *world) followAssignments(ctx context.Context) (wait func()) {
	var group sync.WaitGroup
	group.Go(func() {
		follow(ctx, w, func() client.ObjectList { return &v1alpha1.LicenseSyncList{} }, func(run *v1alpha1.LicenseSync, deleted bool) {
			if flaw := w.runs.see(run, false, w.note); flaw != "" && !deleted {
				w.t.Error(flaw)
			}
			w.told.conditions(run.Status.Conditions, run.Status.Message)
		})
	})
	group.Go(func() {
		follow(ctx, w, func() client.ObjectList { return &v1alpha1.WebexLicenseAssignmentList{} }, func(a *v1alpha1.WebexLicenseAssignment, _ bool) {
			message := ""
			if a.Status.Verdict != nil {
				message = a.Status.Verdict.Message
				w.note("%s: %s", a.Name, a.Status.Verdict.Reason)
			}
			w.told.conditions(a.Status.Conditions, message)
		})
	})
	return group.Wait
}

// assignFaults are the answers that a change of licences may get.
var assignFaults = []func(*rand.Rand, *webexsim.Rule){
	func(_ *rand.Rand, r *webexsim.Rule) { r.Assign = webexsim.AssignSilent },
	func(_ *rand.Rand, r *webexsim.Rule) { r.Assign = webexsim.AssignPretend },
	func(rng *rand.Rand, r *webexsim.Rule) {
		r.Assign, r.Code = webexsim.AssignPartial, pick(rng, 0, 400404)
	},
	func(rng *rand.Rand, r *webexsim.Rule) { r.Code = pick(rng, 400000, 400118, 400404, 700003, 700006) },
	func(rng *rand.Rand, r *webexsim.Rule) {
		r.Status, r.AfterService = pick(rng, 500, 502, 503, 504), rng.IntN(2) == 0
	},
	func(rng *rand.Rand, r *webexsim.Rule) { r.Drop, r.AfterService = true, rng.IntN(2) == 0 },
	func(rng *rand.Rand, r *webexsim.Rule) { r.CutAt = 0.1 + 0.8*rng.Float64() },
	func(rng *rand.Rand, r *webexsim.Rule) { r.Malformed = rng.IntN(2) == 0; r.HTML = !r.Malformed },
	func(_ *rand.Rand, r *webexsim.Rule) { r.Stall = 800 * time.Millisecond },
	func(rng *rand.Rand, r *webexsim.Rule) {
		r.Status, r.RetryAfter = pick(rng, http.StatusTooManyRequests, http.StatusLocked), pick(rng, webexsim.RetryAfterMissing, webexsim.RetryAfterZero)
	},
	func(rng *rand.Rand, r *webexsim.Rule) { r.Status = pick(rng, 403, 404, 409, 409) },
}

// driveAssignee changes what shall be, spoils the service, asks for a run, and lets hands change licences meanwhile.
func (w *world) driveAssignee(a *assignee, rounds int) {
	w.await("the first run of "+a.name, func() bool { return w.runs.rest(a.name, nil) })
	for round := range rounds {
		for range a.rng.IntN(4) {
			a.redraw(w)
		}
		if a.rng.IntN(3) == 0 {
			a.approve(w)
		}
		for range a.rng.IntN(3) {
			rule := webexsim.Rule{Operation: webexsim.OperationAssign, After: a.rng.IntN(3), Times: 1 + a.rng.IntN(4)}
			pick(a.rng, assignFaults...)(a.rng, &rule)
			w.addRule(a.customer, rule)
			w.tally("rule on assignments")
		}
		if a.rng.IntN(4) == 0 {
			w.addRule(a.customer, webexsim.Rule{Operation: pick(a.rng, "GET /people", "GET /licenses", "GET /people/{id}"), Status: 503, Times: 1 + a.rng.IntN(2)})
		}
		w.request(a.customer, round)
		w.hands(a)
		w.await("the end of the runs of "+a.name, func() bool { return w.runs.rest(a.name, a.runs) })
		a.clearRules()
		w.audit(a)
		if w.t.Failed() {
			return
		}
		if a.rng.IntN(2) == 0 {
			a.pass(w)
		}
	}
}

// hands change licences at the same time, as administrators do in Control Hub.
func (w *world) hands(a *assignee) {
	for range a.rng.IntN(5) {
		time.Sleep(time.Duration(a.rng.IntN(400)) * time.Millisecond)
		license := pick(a.rng, "messaging-main", "messaging-other", "meetings-main", "meetings-other")
		change, person := a.org.AssignLicense, a.rng.IntN(orderly-2)
		if a.rng.IntN(2) == 0 {
			change = a.org.RemoveLicense
		}
		if change(person, license) == nil {
			w.tally("changes by hand")
		}
	}
}

// harassAssigning kills the manager between a change and its answer, or at random, and restarts the API server.
func (w *world) harassAssigning(stop <-chan struct{}) {
	rng := w.rng("chaos of assigning")
	restarted := time.Now().Add(-25 * time.Second)
	for {
		select {
		case <-stop:
			return
		case <-time.After(time.Duration(1500+rng.IntN(5000)) * time.Millisecond):
		}
		w.quirks(rng)
		if time.Since(restarted) > 40*time.Second {
			w.restartAPIServer(rng)
			restarted = time.Now()
			continue
		}
		why := "at random"
		if rng.IntN(3) > 0 && w.awaitPatch(stop, 5*time.Second) {
			time.Sleep(time.Duration(rng.IntN(80)) * time.Millisecond)
			why = "a licence was being assigned"
			w.tally("kills while a licence was assigned")
		}
		w.kill(why)
	}
}

func (w *world) patches() (n int) {
	for _, sim := range w.sims {
		n += sim.Patches()
	}
	return n
}

func (w *world) awaitPatch(stop <-chan struct{}, most time.Duration) bool {
	before := w.patches()
	for began := time.Now(); time.Since(began) < most; {
		select {
		case <-stop:
			return false
		case <-time.After(time.Millisecond):
			if w.patches() > before {
				return true
			}
		}
	}
	return false
}

// settleAssignee opens all locks, lets the operator finish, and compares Webex with the lists.
func (w *world) settleAssignee(a *assignee) {
	w.await("the runs of "+a.name, func() bool { return w.runs.rest(a.name, a.runs) })
	w.audit(a)
	w.expectFewRemovals(a)
	for _, license := range inside {
		if err := a.org.SetTotal(license, 60); err != nil {
			w.t.Error(err)
		}
	}
	a.others = true
	a.note()
	w.patch(&v1alpha1.WebexCustomerAccess{ObjectMeta: w.meta(a.name)}, `{"spec":{"assignment":{"otherLicenses":"Remove"}}}`)
	for _, l := range a.lists {
		l.typo, l.gone, l.report, l.keep, l.most = false, false, false, false, 1000
		a.putSecret(w, l)
		a.putSpec(w, l)
	}
	before := a.org.Holders(outside["MS"])
	beforeEE := a.org.Holders(outside["EE"])
	for try := range 3 {
		w.request(a.customer, 1000+try)
		w.await("the last runs of "+a.name, func() bool { return w.runs.rest(a.name, a.runs) })
	}
	w.audit(a)
	for offer, others := range map[string][]int{"MS": before, "EE": beforeEE} {
		listed := a.listed(offer)
		if got := a.org.Holders(inside[offer]); !slices.Equal(got, listed) {
			w.t.Errorf("%s: %s is held by %d people, and %d are listed: %v, %v", a.name, offer, len(got), len(listed), got, listed)
		}
		want := slices.DeleteFunc(slices.Clone(others), func(p int) bool { return slices.Contains(listed, p) })
		if got := a.org.Holders(outside[offer]); !slices.Equal(got, want) {
			w.t.Errorf("%s: %s outside of the defaults is held by %v, want %v", a.name, offer, got, want)
		}
	}
	for _, l := range a.lists {
		object := &v1alpha1.WebexLicenseAssignment{ObjectMeta: w.meta(l.name)}
		if w.get(object); object.Status.Verdict == nil || object.Status.Verdict.Reason != v1alpha1.ReasonInSync {
			w.t.Errorf("%s in the end: %s", l.name, fmt.Sprint(object.Status.Verdict))
		}
	}
}
