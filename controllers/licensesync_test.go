package controllers

import (
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// newRun is a run by hand, not yet created.
func (f *fixture) newRun(name, customer string) *v1alpha1.LicenseSync {
	return &v1alpha1.LicenseSync{
		ObjectMeta: f.meta(name),
		Spec:       v1alpha1.LicenseSyncSpec{CustomerAccessRef: v1alpha1.LocalCustomerReference{Name: customer}},
	}
}

func (f *fixture) create(objects ...client.Object) {
	f.t.Helper()
	for _, object := range objects {
		f.Expect(f.client.Create(f.ctx, object)).To(Succeed(), "%T %s", object, object.GetName())
	}
}

// awaitRun waits until Ready of the run has a reason, and returns that condition.
func (f *fixture) awaitRun(run *v1alpha1.LicenseSync, reason string) *metav1.Condition {
	f.t.Helper()
	var ready *metav1.Condition
	f.Eventually(func(g Gomega) {
		g.Expect(f.client.Get(f.ctx, client.ObjectKeyFromObject(run), run)).To(Succeed())
		ready = meta.FindStatusCondition(run.Status.Conditions, v1alpha1.ConditionReady)
		g.Expect(ready).NotTo(BeNil(), "%+v", run.Status)
		g.Expect(ready.Reason).To(Equal(reason), "%+v", run.Status)
	}).Should(Succeed())
	return ready
}

// expectRows compares a customer's rows with the simulator's own count.
func (f *fixture) expectRows(customer string) {
	f.t.Helper()
	rows := f.rows(customer)
	want := 0
	for _, license := range f.org.Truth().Licenses {
		row := rows[fmt.Sprintf("Customer %s @ %s", license.Name, customer)]
		f.Expect(row).NotTo(BeNil(), "%s", license.Name)
		f.Expect(ptr.Deref(row.Status.TotalUnits, -1)).To(BeEquivalentTo(license.Total), "%s", license.Name)
		f.Expect(ptr.Deref(row.Status.ConsumedUnits, -1)).To(BeEquivalentTo(license.Consumed), "%s", license.Name)
		want++
		for _, location := range license.Locations {
			site := rows[fmt.Sprintf("Site %s @ %s", license.Name, location.Name)]
			f.Expect(site).NotTo(BeNil(), "%s at %s", license.Name, location.Name)
			f.Expect(ptr.Deref(site.Status.ConsumedUnits, -1)).To(BeEquivalentTo(location.Units), "%s at %s", license.Name, location.Name)
			want++
		}
	}
	f.Expect(rows).To(HaveLen(want))
}

// versions are the resource versions of a customer's rows, by name: two equal
// ones mean that nothing was written in between.
func (f *fixture) versions(customer string) map[string]string {
	f.t.Helper()
	versions := map[string]string{}
	for _, row := range f.rows(customer) {
		versions[row.Name] = row.ResourceVersion
	}
	return versions
}

// expectOneEnd checks that a run ended once, one way.
func expectOneEnd(g Gomega, run *v1alpha1.LicenseSync) {
	complete := meta.IsStatusConditionTrue(run.Status.Conditions, v1alpha1.ConditionComplete)
	failed := meta.IsStatusConditionTrue(run.Status.Conditions, v1alpha1.ConditionFailed)
	g.Expect(complete).NotTo(Equal(failed), "%s: exactly one of Complete and Failed: %+v", run.Name, run.Status.Conditions)
	g.Expect(run.Status.CompletionTime).NotTo(BeNil())
	g.Expect(run.Status.NextAttemptTime).To(BeNil(), "nothing follows")
	g.Expect(meta.FindStatusCondition(run.Status.Conditions, v1alpha1.ConditionReconciling)).To(BeNil())
}

// slowPeople is an organization whose people take many pages.
func slowPeople(pages int) func(*fixtureOptions) {
	return func(o *fixtureOptions) {
		o.organization = webexsim.Generate(webexsim.GeneratorOptions{Seed: 7, People: pages * 100, Locations: 3, Workspaces: -1})
	}
}

// unhurried gives a customer a request budget that no test waits for.
func unhurried(c *v1alpha1.WebexCustomerAccess) { c.Spec.Connection.RequestsPerMinute = 6000 }

func TestRunByHand(t *testing.T) {
	f := newFixture(t)
	f.createCustomer("acme")
	f.Expect(f.org.SetTotal("Webex Calling - Professional", 120)).To(Succeed())
	f.Expect(f.org.DropLicense("Salesforce Desktop Connector")).To(Succeed())
	f.sim.ResetRequests()

	run := f.run("acme")
	expectOneEnd(f, run)
	f.Expect(meta.IsStatusConditionTrue(run.Status.Conditions, v1alpha1.ConditionComplete)).To(BeTrue())
	f.Expect(run.Spec.Trigger).To(Equal(v1alpha1.TriggerManual))
	f.Expect(run.Status.Progress.Step).To(Equal(v1alpha1.StepFinished))
	f.Expect(run.Status.Requests).To(HaveValue(BeEquivalentTo(f.sim.TotalRequests())))
	f.Expect(run.Status.Retries).To(HaveValue(BeZero()))
	f.Expect(run.Status.FailedAttempts).To(HaveValue(BeZero()))
	f.Expect(run.Status.StartTime.Time).To(BeTemporally("<=", run.Status.CompletionTime.Time))
	f.Expect(run.Status.Duration.Duration).To(BeNumerically("~", run.Status.CompletionTime.Sub(run.Status.StartTime.Time), time.Second))
	f.Expect(run.Status.Rows.Removed).To(HaveValue(BeEquivalentTo(1)))
	f.Expect(run.Status.Rows.Added).To(HaveValue(BeZero()))
	f.Expect(run.Status.Changes).To(ContainElements(
		And(HaveField("Kind", v1alpha1.ChangeUpdated), HaveField("Before", "3/100"), HaveField("After", "3/120"), HaveField("Location", "acme")),
		And(HaveField("Kind", v1alpha1.ChangeRemoved), HaveField("License", "Salesforce Desktop Connector"), HaveField("After", "")),
	))
	f.Expect(len(run.Status.Changes)).To(BeNumerically("<=", 10))

	first := f.awaitEnd(f.newRun("acme-initial", "acme"))
	f.Expect(first.Status.Changes).To(HaveLen(10), "of more changes, ten samples are shown")
	f.Expect(f.awaitEnd(f.newRun("acme-initial", "acme")).Status.Rows.Added).To(HaveValue(BeNumerically(">", 10)))
}

// A refreshed token is a request like any other in the run's account.
func TestRunCountsTokenRequests(t *testing.T) {
	f := newFixture(t, func(o *fixtureOptions) { o.stopped = true })
	token := f.sim.IssueToken(webexsim.TokenSpec{Organization: f.org.UUID(), WithRefresh: true})
	f.apply(credentialsSecret(f, "webex-token", map[string]string{
		"clientID": token.ClientID, "clientSecret": token.ClientSecret, "refreshToken": token.Refresh,
	}))
	f.start()
	f.create(f.newCustomer("acme"))
	run := f.awaitEnd(f.newRunSoon("acme-initial", "acme"))
	f.Expect(run.Status.Requests).To(HaveValue(BeEquivalentTo(f.sim.TotalRequests())))
	f.Expect(f.sim.Requests()).To(HaveKeyWithValue("POST /access_token", 1))
	f.expectRows("acme")
}

// newRunSoon waits for a run that the operator creates.
func (f *fixture) newRunSoon(name, customer string) *v1alpha1.LicenseSync {
	f.t.Helper()
	run := f.newRun(name, customer)
	f.Eventually(func() error { return f.client.Get(f.ctx, client.ObjectKeyFromObject(run), run) }).Should(Succeed())
	return run
}

// Runs of one customer go one after the other, in the order of their creation.
func TestRunsOfACustomerQueue(t *testing.T) {
	f := newFixture(t, slowPeople(3))
	f.createCustomer("acme", unhurried)
	f.sim.SetLatency(5 * time.Second) // the first run cannot end before the others were seen to wait

	runs := []*v1alpha1.LicenseSync{f.newRun("run-a", "acme"), f.newRun("run-b", "acme"), f.newRun("run-c", "acme")}
	for _, run := range runs {
		f.create(run)
	}
	queued := f.awaitRun(f.newRun("run-c", "acme"), v1alpha1.ReasonQueued)
	f.Expect(queued.Message).To(ContainSubstring("another run of this customer"))
	f.sim.SetLatency(100 * time.Millisecond)
	for i, run := range runs {
		expectOneEnd(f, f.awaitEnd(run))
		f.Expect(meta.IsStatusConditionTrue(run.Status.Conditions, v1alpha1.ConditionComplete)).To(BeTrue(), run.Name)
		if i > 0 {
			f.Expect(run.Status.StartTime.Time).NotTo(BeTemporally("<", runs[i-1].Status.CompletionTime.Time), "%s began before the end of %s", run.Name, runs[i-1].Name)
		}
	}
	f.expectRows("acme")
}

func TestCancelBeforeStart(t *testing.T) {
	f := newFixture(t, slowPeople(3))
	f.createCustomer("acme", unhurried)
	f.sim.SetLatency(5 * time.Second) // the first run cannot end before the others were seen to wait

	working, waiting, next := f.newRun("run-a", "acme"), f.newRun("run-b", "acme"), f.newRun("run-c", "acme")
	f.create(working, waiting, next)
	f.awaitRun(waiting, v1alpha1.ReasonQueued)
	f.cancel(waiting)
	f.awaitEnd(waiting)
	expectOneEnd(f, waiting)
	f.expectReason(waiting, v1alpha1.ReasonCanceled)
	f.sim.SetLatency(0)
	f.Expect(waiting.Status.StartTime).To(BeNil(), "it never began")
	f.Expect(waiting.Status.Requests).To(BeNil())

	born := f.newRun("run-d", "acme")
	born.Spec.Cancel = new(true)
	f.create(born)
	f.expectReason(f.awaitEnd(born), v1alpha1.ReasonCanceled)

	f.expectReason(f.awaitEnd(working), v1alpha1.ReasonSucceeded)
	f.expectReason(f.awaitEnd(next), v1alpha1.ReasonSucceeded)
}

func (f *fixture) cancel(run *v1alpha1.LicenseSync) {
	f.t.Helper()
	f.Expect(f.client.Patch(f.ctx, run, client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"cancel":true}}`)))).To(Succeed())
}

func (f *fixture) expectReason(run *v1alpha1.LicenseSync, reason string) {
	f.t.Helper()
	ready := meta.FindStatusCondition(run.Status.Conditions, v1alpha1.ConditionReady)
	f.Expect(ready).NotTo(BeNil())
	f.Expect(ready.Reason).To(Equal(reason), "%+v", run.Status)
}

// interrupted starts a run that cannot end by itself soon, waits until it is in
// the middle of its walk, and sees to it that later runs are not held up.
func interrupted(f *fixture) (run *v1alpha1.LicenseSync, rows map[string]string) {
	f.t.Helper()
	return interruptedOf(f)
}

func interruptedOf(f *fixture, adjust ...func(*v1alpha1.WebexCustomerAccess)) (run *v1alpha1.LicenseSync, rows map[string]string) {
	f.t.Helper()
	f.createCustomer("acme", append(adjust, unhurried)...)
	f.Expect(f.org.SetTotal("Webex Calling - Professional", 4321)).To(Succeed())
	rows = f.versions("acme")
	f.sim.ResetRequests()
	slow := f.sim.AddRule(webexsim.Rule{Operation: "GET /people", After: 1, Delay: 10 * patience})
	run = f.newRun("walking", "acme")
	f.create(run)
	f.Eventually(func() int { return f.sim.RuleActions(slow) }).Should(Equal(1))
	f.sim.RemoveRule(slow)
	return run, rows
}

func TestCancelInTheMiddle(t *testing.T) {
	f := newFixture(t, slowPeople(3))
	run, rows := interrupted(f)

	asked := time.Now()
	f.cancel(run)
	f.awaitEnd(run)
	f.Expect(time.Since(asked)).To(BeNumerically("<", patience/2), "a request that is under way is not waited for")
	expectOneEnd(f, run)
	f.expectReason(run, v1alpha1.ReasonCanceled)
	f.Expect(run.Status.StartTime).NotTo(BeNil())
	f.Expect(run.Status.Requests).To(HaveValue(BeEquivalentTo(f.sim.TotalRequests())), "what it cost is told")
	f.Expect(f.versions("acme")).To(Equal(rows), "no row is touched")
	f.expectReason(f.run("acme"), v1alpha1.ReasonSucceeded)
	f.expectRows("acme")
}

func TestDeleteInTheMiddle(t *testing.T) {
	f := newFixture(t, slowPeople(3))
	run, rows := interrupted(f)
	next := f.newRun("next", "acme")
	f.create(next)
	f.awaitRun(next, v1alpha1.ReasonQueued)

	f.Expect(f.client.Delete(f.ctx, run)).To(Succeed())
	f.Eventually(func() error { return f.client.Get(f.ctx, client.ObjectKeyFromObject(run), run) }).ShouldNot(Succeed())
	f.expectReason(f.awaitEnd(next), v1alpha1.ReasonSucceeded)
	f.Expect(f.versions("acme")).NotTo(Equal(rows))
	f.expectRows("acme")
}

func TestDeadline(t *testing.T) {
	f := newFixture(t)
	f.createCustomer("acme")
	rows := f.versions("acme")
	f.Expect(f.org.SetTotal("Webex Calling - Professional", 4321)).To(Succeed())
	f.sim.ResetRequests()
	slow := f.sim.AddRule(webexsim.Rule{Operation: "GET /people", Delay: 10 * patience})
	run := f.newRun("slow", "acme")
	run.Spec.ActiveDeadlineSeconds = 2
	f.create(run)
	f.awaitEnd(run)
	f.sim.RemoveRule(slow)
	expectOneEnd(f, run)
	f.expectReason(run, v1alpha1.ReasonDeadlineExceeded)
	f.Expect(run.Status.Message).To(ContainSubstring("spec.activeDeadlineSeconds"))
	f.Expect(run.Status.Duration.Duration).To(BeNumerically(">=", 2*time.Second))
	f.Expect(run.Status.Requests).To(HaveValue(BeEquivalentTo(f.sim.TotalRequests())))
	f.Expect(f.versions("acme")).To(Equal(rows))

	f.expectReason(f.run("acme"), v1alpha1.ReasonSucceeded)
}

func TestCustomerDeletedInTheMiddle(t *testing.T) {
	f := newFixture(t, slowPeople(3))
	run, rows := interrupted(f)
	f.Expect(rows).NotTo(BeEmpty())
	f.Expect(f.client.Delete(f.ctx, f.newCustomer("acme"))).To(Succeed())
	f.awaitEnd(run)
	expectOneEnd(f, run)
	f.expectReason(run, v1alpha1.ReasonCustomerNotFound)
	f.Eventually(func() int { return len(f.rows("acme")) }).Should(BeZero(), "garbage collection removes the rows, and no run writes them again")
}

func TestTTL(t *testing.T) {
	f := newFixture(t)
	f.createCustomer("acme")
	for name, ttl := range map[string]int32{"at-once": 0, "in-a-second": 1} {
		run := f.newRun(name, "acme")
		run.Spec.TTLSecondsAfterFinished = new(ttl)
		f.create(run)
	}
	kept := f.newRun("kept", "acme")
	f.create(kept)
	f.awaitEnd(kept)
	f.Eventually(func(g Gomega) {
		var runs v1alpha1.LicenseSyncList
		g.Expect(f.client.List(f.ctx, &runs, client.InNamespace(f.namespace))).To(Succeed())
		var names []string
		for i := range runs.Items {
			names = append(names, runs.Items[i].Name)
		}
		g.Expect(names).To(ConsistOf("acme-initial", "kept"))
	}).Should(Succeed())
	f.Consistently(func() error { return f.client.Get(f.ctx, client.ObjectKeyFromObject(kept), kept) }, "1s").Should(Succeed())
}
