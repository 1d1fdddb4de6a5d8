package soak

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/survey"
	"github.com/webex-operator/webex-license-operator/test/operator"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

const auditOperation = "GET /adminAudit/events"

// withAudit are the scopes of a token that may read the audit log, too.
func withAudit() []string { return append(webexsim.DefaultScopes(), webexsim.ScopeAudit) }

// requestScheduled asks for a run as schedules do, which need not walk.
func (w *world) requestScheduled(c *customer, round int) {
	w.tally("runs asked for")
	owner := &v1alpha1.WebexCustomerAccess{ObjectMeta: w.meta(c.name)}
	w.get(owner)
	run := &v1alpha1.LicenseSync{ObjectMeta: w.meta(fmt.Sprintf("%s-%03d", c.name, round)), Spec: v1alpha1.LicenseSyncSpec{
		CustomerAccessRef: v1alpha1.LocalCustomerReference{Name: c.name}, Trigger: v1alpha1.TriggerSchedule,
	}}
	run.Labels = map[string]string{v1alpha1.LabelCustomer: c.name, v1alpha1.LabelTrigger: string(v1alpha1.TriggerSchedule)}
	run.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(owner, v1alpha1.GroupVersion.WithKind("WebexCustomerAccess"))}
	w.create(run)
	c.runs = append(c.runs, run.Name)
}

// expectOneWalk checks, while no run of a customer is at work and if its last one completed, that its rows show what one
// complete walk saw, which is the one that the status names; that counts are still those; and that the walk was either
// the last run's, or could be kept.
func (w *world) expectOneWalk(c *customer) {
	last := lastOf(w.runsOf(c))
	if last == nil || !meta.IsStatusConditionTrue(last.Status.Conditions, v1alpha1.ConditionComplete) {
		return // what is there, is judged row by row
	}
	object := &v1alpha1.WebexCustomerAccess{ObjectMeta: w.meta(c.name)}
	w.get(object)
	status, shown := object.Status, w.shown(c)
	if status.Walked == nil || status.LastWalkTime == nil || status.LastSuccessfulSyncTime == nil {
		w.t.Errorf("%s: %s completed, and no walk is known: %+v", c.name, last.Name, status)
		return
	}
	walk, ok := c.truths.walkOf(shown, status.Walked.StartTime.Time, status.LastWalkTime.Time)
	if !ok {
		w.t.Errorf("%s: after %s (%s), rows are not those of the walk from %v to %v, but\n%s", c.name, last.Name, last.Status.Walk,
			status.Walked.StartTime, status.LastWalkTime, strings.Join(sortedValues(shown), "\n"))
		return
	}
	now := c.truths.latest()
	kept := last.Status.Walk == v1alpha1.WalkUnchanged
	w.tally("walks judged: " + string(last.Status.Walk))
	if kept && !maps.Equal(walk.rows, now.rows) {
		w.tally("walks judged: Unchanged, while people had moved")
	}
	age, most := status.LastSuccessfulSyncTime.Sub(status.LastWalkTime.Time), survey.SiteMaxAge(object)+last.Status.CompletionTime.Sub(last.Status.StartTime.Time)+time.Second
	switch {
	case status.LastSuccessfulSyncTime.Time.Before(now.since.Truncate(time.Second)):
		w.t.Errorf("%s: %s completed, and the last success is of %v", c.name, last.Name, status.LastSuccessfulSyncTime)
	case !maps.Equal(counts(walk.rows), counts(now.rows)):
		w.t.Errorf("%s: %s (%s) kept other counts than Webex lists:\n%s\nright is\n%s", c.name, last.Name, last.Status.Walk,
			strings.Join(sortedValues(counts(walk.rows)), "\n"), strings.Join(sortedValues(counts(now.rows)), "\n"))
	case !kept && !maps.Equal(walk.rows, now.rows):
		w.t.Errorf("%s: %s walked (%s), and rows are older", c.name, last.Name, last.Status.Walk)
	case kept && c.audit && w.auditTold(c, now.since) && !maps.Equal(walk.rows, now.rows):
		w.t.Errorf("%s: %s kept rows, though the audit log tells of what moved", c.name, last.Name)
	case age > most:
		w.t.Errorf("%s: after %s, the last walk is %v old, more than %v", c.name, last.Name, age, most)
	}
}

// lastOf is the run that ended last; nil if none has.
func lastOf(runs []v1alpha1.LicenseSync) (last *v1alpha1.LicenseSync) {
	for i := range runs {
		end := runs[i].Status.CompletionTime
		switch {
		case end == nil || (last != nil && end.Before(last.Status.CompletionTime)):
		case last != nil && end.Equal(last.Status.CompletionTime) && runs[i].CreationTimestamp.Before(&last.CreationTimestamp):
		default:
			last = &runs[i]
		}
	}
	return last
}

// auditTold says whether the audit log was asked since a time, and nothing spoiled an answer.
func (w *world) auditTold(c *customer, since time.Time) bool {
	told := false
	for _, request := range c.sim.RequestLog() {
		if request.Operation != auditOperation || request.Organization != c.org.UUID() || request.Time.Before(since) {
			continue
		}
		if request.Rule != "" || request.Status != http.StatusOK {
			return false
		}
		told = true
	}
	return told
}

// shown is what the rows of a customer show, each identity once.
func (w *world) shown(c *customer) map[string]string {
	var rows v1alpha1.WebexLicenseList
	w.do("listing rows", func() error {
		return w.client.List(w.ctx, &rows, client.InNamespace(w.namespace), client.MatchingFields{"spec.customerAccessRef.name": c.name})
	})
	shown := map[string]string{}
	for i := range rows.Items {
		key := operator.Key(&rows.Items[i])
		if shown[key] != "" {
			w.t.Errorf("%s: two rows of %s", c.name, key)
		}
		shown[key] = operator.Shown(&rows.Items[i])
	}
	return shown
}

// expectSkips counts why runs walked, and fails if each of them did: then nothing is proven of those that need not.
func (w *world) expectSkips() {
	for _, c := range w.customers {
		for _, run := range w.runsOf(c) {
			if run.Status.Walk != "" {
				w.tally("walks of runs: " + string(run.Status.Walk))
			}
		}
	}
	if w.count["walks judged: "+string(v1alpha1.WalkUnchanged)] == 0 {
		w.t.Error("each run walked: too little stood still to prove anything")
	}
}
