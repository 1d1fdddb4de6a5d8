package controllers

import (
	"net/http"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// faults are answers that must not be taken for the truth, and the reason that
// each is given.
var faults = map[string]struct {
	rule   webexsim.Rule
	reason string
}{
	"malformed JSON":                       {webexsim.Rule{Malformed: true}, v1alpha1.ReasonPartialResult},
	"HTML instead of JSON":                 {webexsim.Rule{HTML: true, Status: http.StatusOK}, v1alpha1.ReasonPartialResult},
	"HTML of a proxy that forbids":         {webexsim.Rule{HTML: true, Status: http.StatusForbidden}, v1alpha1.ReasonAPIUnavailable},
	"a proxy that refuses all users":       {webexsim.Rule{HTML: true, Status: http.StatusUnauthorized}, v1alpha1.ReasonAPIUnavailable},
	"a redirect to a page to log in":       {webexsim.Rule{Status: http.StatusFound, Header: map[string]string{"Location": "https://login.example.com/"}}, v1alpha1.ReasonAPIUnavailable},
	"JSON of a gateway that finds nothing": {webexsim.Rule{Body: `{"message":"no Route matched"}`, Status: http.StatusNotFound}, v1alpha1.ReasonAPIUnavailable},
	"HTML from a bad gateway":              {webexsim.Rule{HTML: true, Status: http.StatusBadGateway}, v1alpha1.ReasonAPIUnavailable},
	"a body cut in the middle":             {webexsim.Rule{CutAt: 0.5}, v1alpha1.ReasonAPIUnavailable},
	"a body that ends too soon":            {webexsim.Rule{Truncate: true}, v1alpha1.ReasonPartialResult},
	"no answer at all":                     {webexsim.Rule{Drop: true}, v1alpha1.ReasonAPIUnavailable},
	"no list in it":                        {webexsim.Rule{Body: `{"items":null}`}, v1alpha1.ReasonPartialResult},
}

// Whatever goes wrong on whichever endpoint: no row is lost or changed, the run
// tries again and then says why it failed, the customer stays Ready while its
// figures are fresh, and the next run is right.
func TestBadAnswers(t *testing.T) {
	for _, endpoint := range []string{"/organizations", "/licenses", "/locations", "/people", "/workspaces"} { // roles: see TestRolesMayBeMissing
		t.Run(strings.TrimPrefix(endpoint, "/"), func(t *testing.T) {
			f := newFixture(t)
			customer := f.createCustomer("acme", unhurried)
			for name, fault := range faults {
				badAnswer(f, customer, "GET "+endpoint, name, fault.rule, fault.reason)
			}
		})
	}
}

// A person of whom Webex could not read everything counts for nothing: the figures
// of the last complete run stay.
func TestItemErrorsKeepTheFigures(t *testing.T) {
	f := newFixture(t)
	customer := f.createCustomer("acme", unhurried)
	for _, field := range []string{"licenses", "locationId"} {
		badAnswer(f, customer, "GET /people", "a person without "+field,
			webexsim.Rule{ItemErrors: &webexsim.ItemErrors{Every: 44, Fields: []string{field}}}, v1alpha1.ReasonPartialResult)
	}
}

func badAnswer(f *fixture, customer *v1alpha1.WebexCustomerAccess, operation, name string, rule webexsim.Rule, reason string) {
	f.t.Helper()
	f.Expect(f.org.SetTotal("Advanced Messaging", f.org.Truth().License("Advanced Messaging").Total+1)).To(Succeed())
	rows := f.versions("acme")
	rule.Operation = operation
	id := f.sim.AddRule(rule)
	run := f.newRun("", "acme")
	run.GenerateName = "faulty-"
	run.Spec.BackoffLimit = new(int32(1))
	f.create(run)
	f.awaitEnd(run)
	expectOneEnd(f, run)
	f.expectReason(run, reason)
	f.Expect(run.Status.FailedAttempts).To(HaveValue(BeEquivalentTo(2)), "%s: one retry", name)
	f.Expect(f.sim.RuleActions(id)).To(BeNumerically(">=", 2), name)
	f.Expect(f.versions("acme")).To(Equal(rows), "%s: no row changes", name)

	f.Eventually(func(g Gomega) {
		g.Expect(f.client.Get(f.ctx, client.ObjectKeyFromObject(customer), customer)).To(Succeed())
		g.Expect(customer.Status.LastRun.Name).To(Equal(run.Name))
		g.Expect(customer.Status.LastRun.Reason).To(Equal(reason), name)
		ready := meta.FindStatusCondition(customer.Status.Conditions, v1alpha1.ConditionReady)
		g.Expect(ready.Status).To(Equal(metav1.ConditionTrue), "%s: fresh figures stay good", name)
		g.Expect(ready.Message).To(ContainSubstring("the latest attempt failed: "), name)
	}).Should(Succeed())

	f.sim.ClearRules()
	f.expectReason(f.run("acme"), v1alpha1.ReasonSucceeded)
	f.expectRows("acme")
}

// The first run fails like any other; there is nothing good to show then.
func TestBadAnswerToTheFirstRun(t *testing.T) {
	f := newFixture(t, func(o *fixtureOptions) { o.stopped = true })
	f.sim.AddRule(webexsim.Rule{Operation: "GET /licenses", Malformed: true})
	f.start()
	customer := f.newCustomer("acme")
	f.create(customer)
	f.awaitCondition(customer, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonPartialResult)
	run := f.awaitEnd(f.newRunSoon("acme-initial", "acme"))
	f.expectReason(run, v1alpha1.ReasonPartialResult)
	f.Expect(run.Status.FailedAttempts).To(HaveValue(BeEquivalentTo(defaultBackoffLimit + 1)))
	f.awaitCondition(customer, v1alpha1.ConditionReconciling, metav1.ConditionTrue, v1alpha1.ReasonPartialResult)
	f.Expect(f.rows("acme")).To(BeEmpty())

	f.sim.ClearRules()
	f.expectReason(f.run("acme"), v1alpha1.ReasonSucceeded)
	f.awaitCondition(customer, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSynced)
	f.expectRows("acme")
}

// A trouble that passes within the attempts of a run is no failure of the run.
func TestPassingTrouble(t *testing.T) {
	f := newFixture(t)
	f.createCustomer("acme")
	f.sim.ResetRequests()
	f.sim.AddRule(webexsim.Rule{Operation: "GET /people", Status: http.StatusServiceUnavailable, Times: 3})
	run := f.run("acme")
	f.expectReason(run, v1alpha1.ReasonSucceeded)
	f.Expect(run.Status.FailedAttempts).To(HaveValue(BeEquivalentTo(2)), "two tries, then one: the trouble is known")
	f.Expect(run.Status.Retries).To(HaveValue(BeEquivalentTo(1)))
	f.Expect(run.Status.Requests).To(HaveValue(BeEquivalentTo(f.sim.TotalRequests())))
}

func TestServerErrorsBeyondTheBackoffLimit(t *testing.T) {
	f := newFixture(t)
	f.createCustomer("acme")
	rows := f.versions("acme")
	f.sim.AddRule(webexsim.Rule{Status: http.StatusInternalServerError})
	for _, test := range []struct{ limit, requests int32 }{
		{0, 2}, // as many tries as a call has
		{2, 3}, // one for each attempt: it is known by now that the service is in trouble
	} {
		f.sim.ResetRequests()
		run := f.newRun("", "acme")
		run.GenerateName = "unlucky-"
		run.Spec.BackoffLimit = &test.limit
		f.create(run)
		f.awaitEnd(run)
		expectOneEnd(f, run)
		f.expectReason(run, v1alpha1.ReasonAPIUnavailable)
		f.Expect(run.Status.FailedAttempts).To(HaveValue(Equal(test.limit + 1)))
		f.Expect(f.sim.TotalRequests()).To(BeEquivalentTo(test.requests))
		f.Expect(run.Status.Message).To(ContainSubstring("HTTP 500"))
		f.Expect(run.Status.Message).To(ContainSubstring("tracking id"))
	}
	f.Expect(f.versions("acme")).To(Equal(rows))
}

func TestForbidden(t *testing.T) {
	f := newFixture(t)
	customer := f.createCustomer("acme")
	rows := f.versions("acme")
	f.sim.AddRule(webexsim.Rule{Operation: "GET /people", Status: http.StatusForbidden})
	f.sim.ResetRequests()
	run := f.run("acme")
	expectOneEnd(f, run)
	f.expectReason(run, v1alpha1.ReasonForbidden)
	f.Expect(f.sim.Requests()["GET /people"]).To(Equal(2), "it is confirmed once, and asking again does not help")
	stalled := f.awaitCondition(customer, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonForbidden)
	f.Expect(stalled.Message).To(And(ContainSubstring("list people"), ContainSubstring("scopes and the role"), ContainSubstring("spec.credentialsSecretRef")))
	f.Expect(f.versions("acme")).To(Equal(rows))
	f.settle(customer)
	f.sim.ResetRequests()
	f.stop()
	f.start()
	f.settle(customer)
	f.Expect(f.sim.Requests()).To(BeEmpty(), "no request before spec or Secret change")
}

// A list that is not found is no empty list: the rows stay, and the run says so.
func TestNotFoundIsNoEmptyList(t *testing.T) {
	f := newFixture(t)
	customer := f.createCustomer("acme")
	rows := f.versions("acme")
	f.sim.AddRule(webexsim.Rule{Operation: "GET /licenses", Status: http.StatusNotFound})
	f.sim.ResetRequests()
	run := f.newRun("lost", "acme")
	run.Spec.BackoffLimit = new(int32(1))
	f.create(run)
	f.awaitEnd(run)
	expectOneEnd(f, run)
	f.expectReason(run, v1alpha1.ReasonPartialResult)
	f.Expect(run.Status.Message).To(And(ContainSubstring("list licenses"), ContainSubstring("HTTP 404")))
	f.Expect(f.sim.Requests()["GET /licenses"]).To(Equal(2), "once an attempt")
	f.awaitCondition(customer, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSynced)
	f.Expect(f.versions("acme")).To(Equal(rows))

	f.sim.ClearRules()
	f.expectReason(f.run("acme"), v1alpha1.ReasonSucceeded)
	f.expectRows("acme")
}

// Webex is not called before the time that it asked for, by no run and not after
// a restart either.
func TestRateLimited(t *testing.T) {
	clock := clocktesting.NewFakePassiveClock(time.Now())
	f := newFixture(t, func(o *fixtureOptions) { o.clock = clock })
	customer := f.createCustomer("acme")
	rows := f.versions("acme")
	f.Expect(f.org.SetTotal("Advanced Messaging", 7)).To(Succeed())

	const wait = 600 * time.Second
	limited := f.sim.AddRule(webexsim.Rule{Operation: "GET /people", Status: http.StatusTooManyRequests, Header: map[string]string{"Retry-After": "600"}})
	run := f.newRun("limited", "acme")
	f.create(run)
	f.awaitRun(run, v1alpha1.ReasonRateLimited)
	f.Expect(run.Status.NextAttemptTime.Time).NotTo(BeTemporally("<", clock.Now().Add(wait)))
	f.Expect(run.Status.FailedAttempts).To(BeNil(), "to wait is no failure")
	f.Eventually(func(g Gomega) {
		g.Expect(f.client.Get(f.ctx, client.ObjectKeyFromObject(customer), customer)).To(Succeed())
		g.Expect(customer.Status.NotBefore).NotTo(BeNil())
		g.Expect(customer.Status.NotBefore.Time).To(BeTemporally("~", clock.Now().Add(wait), 2*time.Second))
	}).Should(Succeed())
	f.awaitCondition(customer, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSynced)
	f.Expect(f.versions("acme")).To(Equal(rows))

	f.sim.RemoveRule(limited)
	f.sim.ResetRequests()
	clock.SetTime(clock.Now().Add(wait - 5*time.Second))
	another := f.newRun("another", "acme")
	f.create(another)
	f.awaitRun(another, v1alpha1.ReasonQueued)
	f.stop()
	f.start()
	f.Consistently(f.sim.TotalRequests, "2s").Should(BeZero(), "a restart does not shorten the wait")
	f.Expect(f.client.Get(f.ctx, client.ObjectKeyFromObject(run), run)).To(Succeed())
	f.Expect(finished(run)).To(BeFalse())

	clock.SetTime(clock.Now().Add(10 * time.Second))
	f.expectReason(f.awaitEnd(run), v1alpha1.ReasonSucceeded)
	f.expectReason(f.awaitEnd(another), v1alpha1.ReasonSucceeded)
	f.expectRows("acme")
	f.Eventually(func(g Gomega) {
		g.Expect(f.client.Get(f.ctx, client.ObjectKeyFromObject(customer), customer)).To(Succeed())
		g.Expect(customer.Status.NotBefore).To(BeNil())
	}).Should(Succeed())
}
