package e2e

import (
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/operator"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// killPoint is a moment of a run, told by what Webex was asked and what the API
// server holds rather than by the clock.
type killPoint struct {
	name string
	now  func() bool
}

// However often the manager is killed, and wherever: the figures come out right,
// and each run that was asked for is finished once.
func TestKilledManagerFinishesItsRuns(t *testing.T) {
	t.Parallel()
	spec := webexsim.Generate(webexsim.GeneratorOptions{Seed: 11, People: 1200, Locations: 12, Licenses: 15})
	w := newWorld(t, spec)
	w.sim.IssueToken(webexsim.TokenSpec{Organization: spec.UUID, Access: accessToken})
	w.sim.SetLatency(50 * time.Millisecond)
	rows := w.expectedRows()
	customer := w.createCustomer("acme", map[string]string{"accessToken": accessToken})

	// Each kill hits a run of its own, in its middle: one that is cut twice is not taken up again.
	unfinished := w.killAt(killPoint{"half of the rows", w.rowsAtLeast(rows / 2)}, "acme-initial")
	w.start()
	w.awaitToken(customer, "")
	w.expectTruth()
	points := []string{"created the run", "first request", "licences", "first page of people", "eighth page of people", "changed a row"}
	for i, name := range points {
		before := w.org.Truth()
		for _, license := range before.Licenses {
			if license.Subscription != "" { // most rows are to change
				w.Expect(w.org.SetTotal(license.ID, license.Total+1)).To(Succeed())
			}
		}
		w.kill()
		token := fmt.Sprint("token-", i)
		w.request(customer, token) // asked while no operator listens
		run := func() string { return w.unfinishedRun() }
		now := map[string]func() bool{
			"created the run": func() bool { return run() != "" }, "first request": w.requested(1), "licences": w.asked("GET /licenses", 1),
			"first page of people": w.asked("GET /people", 1), "eighth page of people": w.asked("GET /people", 8), "changed a row": w.changed(before),
		}[name]
		unfinished += w.killAt(killPoint{name, now}, run)
		w.start()
		w.awaitToken(customer, token)
		w.expectTruth()
	}
	w.Expect(unfinished).To(BeNumerically(">=", len(points)), "nearly all kills must hit a run in its middle")

	var runs v1alpha1.LicenseSyncList
	w.Expect(w.client.List(w.ctx, &runs, client.InNamespace(w.namespace))).To(Succeed())
	w.Expect(runs.Items).To(HaveLen(1+len(points)), "the first run, and one for each token")
	for i := range runs.Items {
		conditions := runs.Items[i].Status.Conditions
		w.Expect(meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionComplete)).To(BeTrue(), "%s: %+v", runs.Items[i].Name, runs.Items[i].Status)
		w.Expect(meta.FindStatusCondition(conditions, v1alpha1.ConditionFailed)).To(BeNil())
	}
	w.Expect(meta.IsStatusConditionTrue(customer.Status.Conditions, v1alpha1.ConditionReady)).To(BeTrue())
}

// killAt starts the manager, kills it at a point, and returns 1 if that left the
// run unfinished. The run is a name, or a function that finds it.
func (w *world) killAt(point killPoint, run any) (unfinished int) {
	w.t.Helper()
	w.sim.ResetRequests()
	w.start()
	w.Eventually(point.now).Should(BeTrue(), point.name)
	w.kill()
	name, ok := run.(string)
	if find, isFunc := run.(func() string); isFunc {
		name, ok = find(), true
	}
	w.Expect(ok).To(BeTrue())
	if name == "" { // it has ended
		return 0
	}
	var found v1alpha1.LicenseSync
	w.Expect(w.client.Get(w.ctx, client.ObjectKey{Namespace: w.namespace, Name: name}, &found)).To(Succeed())
	ended := found.Status.CompletionTime != nil
	w.t.Logf("killed at %q: %d requests, %d rows, ended: %v", point.name, w.sim.TotalRequests(), len(w.list()), ended)
	if ended {
		return 0
	}
	return 1
}

func (w *world) requested(n int) func() bool {
	return func() bool { return w.sim.TotalRequests() >= n }
}

func (w *world) asked(operation string, n int) func() bool {
	return func() bool { return w.sim.Requests()[operation] >= n }
}

func (w *world) rowsAtLeast(n int) func() bool {
	return func() bool { return len(w.list()) >= n }
}

// changed tells when the first row no longer shows the number of units that it showed.
func (w *world) changed(before webexsim.Truth) func() bool {
	return func() bool {
		for _, row := range w.list() {
			if ptr.Deref(row.Status.TotalUnits, -1) != int64(before.License(row.Spec.LicenseID).Total) {
				return true
			}
		}
		return false
	}
}

func (w *world) list() []v1alpha1.WebexLicense {
	w.t.Helper()
	var rows v1alpha1.WebexLicenseList
	w.Expect(w.client.List(w.ctx, &rows, client.InNamespace(w.namespace))).To(Succeed())
	return rows.Items
}

// unfinishedRun is the name of the run that has not ended; empty if there is none.
func (w *world) unfinishedRun() string {
	w.t.Helper()
	var runs v1alpha1.LicenseSyncList
	w.Expect(w.client.List(w.ctx, &runs, client.InNamespace(w.namespace), client.MatchingFields{"spec.trigger": string(v1alpha1.TriggerManual)})).To(Succeed())
	for i := range runs.Items {
		if runs.Items[i].Status.CompletionTime == nil {
			return runs.Items[i].Name
		}
	}
	return ""
}

func (w *world) request(customer *v1alpha1.WebexCustomerAccess, token string) {
	w.t.Helper()
	patch := fmt.Sprintf(`{"metadata":{"annotations":{%q:%q}}}`, v1alpha1.AnnotationRequestedAt, token)
	w.Expect(w.client.Patch(w.ctx, customer, client.RawPatch("application/merge-patch+json", []byte(patch)))).To(Succeed())
}

// awaitToken waits until the customer has handled a token and rests: all runs
// ended, Ready, nothing under way.
func (w *world) awaitToken(customer *v1alpha1.WebexCustomerAccess, token string) {
	w.t.Helper()
	w.Eventually(func(g Gomega) {
		g.Expect(w.client.Get(w.ctx, client.ObjectKeyFromObject(customer), customer)).To(Succeed())
		g.Expect(customer.Status.LastHandledReconcileAt).To(Equal(token))
		g.Expect(meta.IsStatusConditionTrue(customer.Status.Conditions, v1alpha1.ConditionReady)).To(BeTrue(), "%+v", customer.Status)
		g.Expect(meta.FindStatusCondition(customer.Status.Conditions, v1alpha1.ConditionReconciling)).To(BeNil())
		var runs v1alpha1.LicenseSyncList
		g.Expect(w.client.List(w.ctx, &runs, client.InNamespace(w.namespace))).To(Succeed())
		g.Expect(runs.Items).NotTo(BeEmpty())
		for i := range runs.Items {
			g.Expect(runs.Items[i].Status.CompletionTime).NotTo(BeNil(), "%s: %+v", runs.Items[i].Name, runs.Items[i].Status)
		}
	}).Should(Succeed())
}

// expectedRows is how many rows a right report has.
func (w *world) expectedRows() (n int) {
	for _, license := range w.org.Truth().Licenses {
		n += 1 + len(license.Locations)
	}
	return n
}

// expectTruth compares all rows, each identity once, with the simulator's count.
func (w *world) expectTruth() {
	w.t.Helper()
	got := map[string]string{}
	rows := w.list()
	for i := range rows {
		got[operator.Key(&rows[i])] = operator.Shown(&rows[i])
	}
	w.Expect(got).To(HaveLen(len(rows)), "no row twice")
	w.Expect(got).To(Equal(operator.Expected("acme", w.org.Truth(), w.spec.Licenses)))
}
