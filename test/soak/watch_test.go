package soak

import (
	"context"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// follow tells of all objects of a kind, and of each change that the API server
// tells of, until the test ends. Where a restart of the API server hides changes,
// it goes on with what there is.
func follow[T client.Object](ctx context.Context, w *world, list func() client.ObjectList, tell func(T, bool)) {
	for ctx.Err() == nil {
		w.up.RLock()
		objects := list()
		err := w.client.List(ctx, objects, client.InNamespace(w.namespace))
		var changes watch.Interface
		if err == nil {
			_ = meta.EachListItem(objects, func(object runtime.Object) error { tell(object.(T), false); return nil })
			changes, err = w.client.Watch(ctx, list(), client.InNamespace(w.namespace),
				&client.ListOptions{Raw: &metav1.ListOptions{ResourceVersion: objects.GetResourceVersion(), AllowWatchBookmarks: true}})
		}
		w.up.RUnlock()
		if err != nil {
			if ctx.Err() == nil {
				w.t.Errorf("following %T: %v", objects, err)
			}
			return
		}
		for change := range changes.ResultChan() {
			object, ok := change.Object.(T)
			if ok && change.Type != watch.Bookmark && change.Type != watch.Error {
				tell(object, change.Type == watch.Deleted)
			}
		}
		changes.Stop()
		w.tally("watches ended")
	}
}

// followAll checks all that is seen during the soak.
func (w *world) followAll(ctx context.Context) (wait func()) {
	var group sync.WaitGroup
	owners := map[string]*customer{}
	for _, c := range w.customers {
		owners[c.name] = c
	}
	group.Go(func() {
		follow(ctx, w, func() client.ObjectList { return &v1alpha1.WebexLicenseList{} }, func(row *v1alpha1.WebexLicense, deleted bool) {
			w.tally("rows seen")
			check := owners[row.Spec.CustomerAccessRef.Name].truths.check
			if deleted {
				check = owners[row.Spec.CustomerAccessRef.Name].truths.checkRemoved
			}
			if flaw := check(row); flaw != "" {
				w.note("%s", flaw)
				w.t.Error(flaw)
			}
		})
	})
	group.Go(func() {
		follow(ctx, w, func() client.ObjectList { return &v1alpha1.LicenseSyncList{} }, func(run *v1alpha1.LicenseSync, deleted bool) {
			if flaw := w.runs.see(run, deleted, w.note); flaw != "" {
				w.t.Error(flaw)
			}
			w.told.conditions(run.Status.Conditions, run.Status.Message)
		})
	})
	group.Go(func() {
		follow(ctx, w, func() client.ObjectList { return &v1alpha1.WebexCustomerAccessList{} }, func(c *v1alpha1.WebexCustomerAccess, _ bool) {
			w.told.conditions(c.Status.Conditions, "")
			if last := c.Status.LastRun; last != nil {
				w.told.add(last.Message)
			}
		})
	})
	return group.Wait
}

// runs is what was seen of LicenseSyncs.
type runs struct {
	mu     sync.Mutex
	states map[string]*runState
}

type runState struct {
	customer, outcome, reason string
}

// see follows a run and says what is wrong with it; empty if nothing is.
func (r *runs) see(run *v1alpha1.LicenseSync, deleted bool, note func(string, ...any)) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if deleted {
		return fmt.Sprintf("run %s was deleted", run.Name)
	}
	state := r.states[run.Name]
	if state == nil {
		state = &runState{customer: run.Spec.CustomerAccessRef.Name}
		r.states[run.Name] = state
	}
	outcome := outcomeOf(run)
	if state.outcome != "" && outcome != state.outcome {
		return fmt.Sprintf("run %s had the outcome %s, and now %q", run.Name, state.outcome, outcome)
	}
	reason := "new"
	if ready := meta.FindStatusCondition(run.Status.Conditions, v1alpha1.ConditionReady); ready != nil {
		reason = ready.Reason
	}
	if reason != state.reason || outcome != state.outcome {
		note("%s: run %s: %s %s", state.customer, run.Name, reason, outcome)
	}
	state.reason, state.outcome = reason, outcome
	return ""
}

// outcomeOf is Complete with or Failed with the time of the end; empty for neither.
func outcomeOf(run *v1alpha1.LicenseSync) string {
	outcome := ""
	for _, condition := range []string{v1alpha1.ConditionComplete, v1alpha1.ConditionFailed} {
		if meta.IsStatusConditionTrue(run.Status.Conditions, condition) {
			outcome += condition
		}
	}
	if outcome != "" && run.Status.CompletionTime != nil {
		outcome += " at " + run.Status.CompletionTime.UTC().Format(time.TimeOnly)
	}
	return outcome
}

// rest says whether all runs of a customer have ended, and so have those that
// were asked for.
func (r *runs) rest(customer string, asked []string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, state := range r.states {
		if state.customer != customer {
			continue
		}
		if state.outcome == "" {
			return false
		}
		n++
	}
	for _, name := range asked {
		if r.states[name] == nil {
			return false
		}
	}
	return n > 0
}

func (r *runs) outcomes() map[string]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := map[string]string{}
	for name, state := range r.states {
		all[name] = state.outcome
	}
	return all
}

// told gathers what the operator said while it ran, to be searched in the end.
type told struct {
	mu    sync.Mutex
	texts map[string]bool
}

func (t *told) add(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.texts[text] = true
}

func (t *told) conditions(conditions []metav1.Condition, message string) {
	t.add(message)
	for i := range conditions {
		t.add(conditions[i].Reason + " " + conditions[i].Message)
	}
}

func (t *told) all() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := ""
	for line := range t.texts {
		text += line + "\n"
	}
	return text
}

// expectTruth compares all rows of a customer, each identity once, with the truth.
func (w *world) expectTruth(c *customer) {
	want, got := c.truths.latest().rows, w.shown(c)
	for key, line := range got {
		if line != want[key] {
			w.t.Errorf("%s: a row shows\n  %s\nright is\n  %s", c.name, line, want[key])
		}
	}
	for key, line := range want {
		if got[key] == "" {
			w.t.Errorf("%s: a row is missing: %s", c.name, line)
		}
	}
}
