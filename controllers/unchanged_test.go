package controllers

import (
	"net/http"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// A run of a schedule that finds nothing asks for organization and licences, and writes its end and the customer's facts.
// Each thing that moves has the next run walk, and rows are right after it.
func TestARunCostsWhatChanged(t *testing.T) {
	f := newFixture(t)
	f.sim.IssueToken(webexsim.TokenSpec{Organization: f.org.UUID(), Access: accessToken, Scopes: webexsim.DefaultScopes()})
	customer := f.createCustomer("acme")
	f.settle(customer)
	run := f.expectWalk(customer, v1alpha1.WalkUnchanged) // asks the audit log, which is refused for a day
	f.Expect(run.Status.Requests).To(HaveValue(BeNumerically("<=", 3)))

	f.forget()
	run = f.expectWalk(customer, v1alpha1.WalkUnchanged)
	f.Expect(f.sim.Requests()).To(Equal(map[string]int{"GET /organizations": 1, "GET /licenses": 1}))
	f.Expect(f.writes.all()).To(Equal(map[string]int{"PATCH licensesyncs/status": 1, "PATCH webexcustomeraccesses/status": 1}))
	f.Expect(run.Status.Rows.Unchanged).To(HaveValue(BeEquivalentTo(len(f.list("acme")))))
	f.Expect(run.Status.ConsumedUnits).To(Equal(customer.Status.Totals.ConsumedUnits))
	f.Expect(run.Status.Explained).To(BeNil())
	f.Expect(customer.Status.LastWalkTime.Before(customer.Status.LastSuccessfulSyncTime)).To(BeTrue())

	f.Expect(f.org.AssignLicense(30, "Webex Calling - Professional")).To(Succeed())
	f.expectWalk(customer, v1alpha1.WalkLicensesMoved)
	f.expectFigures(customer)
	f.Expect(customer.Status.LastWalkTime).To(Equal(customer.Status.LastSuccessfulSyncTime))

	row := f.list("acme")[0]
	f.Expect(f.client.Delete(f.ctx, &row)).To(Succeed())
	f.expectWalk(customer, v1alpha1.WalkRowsChanged)
	f.expectFigures(customer)

	f.Expect(f.run("acme").Status.Walk).To(Equal(v1alpha1.WalkRequested))
	f.settle(customer)
	down := f.sim.AddRule(webexsim.Rule{Operation: "GET /licenses", Status: http.StatusBadRequest, Times: 1})
	f.expectWalk(customer, v1alpha1.WalkLastRunFailed) // in its second attempt
	f.sim.RemoveRule(down)

	f.change(customer, func(c *v1alpha1.WebexCustomerAccess) {
		c.Spec.Collection = &v1alpha1.Collection{SiteMaxAge: &metav1.Duration{}}
	})
	f.expectWalk(customer, v1alpha1.WalkTooOld)
	f.Expect(f.runs("acme")[v1alpha1.TriggerSpecChange]).To(BeEmpty(), "how old a walk may get is nothing that a run collects")
}

// expectWalk makes a run as schedules do, and checks why it walked, or that it did not.
func (f *fixture) expectWalk(customer *v1alpha1.WebexCustomerAccess, want v1alpha1.WalkReason) *v1alpha1.LicenseSync {
	f.t.Helper()
	run := ownRun(customer, wantedRun{trigger: v1alpha1.TriggerSchedule})
	run.GenerateName = customer.Name + "-scheduled-"
	f.create(run)
	f.expectReason(f.awaitEnd(run), v1alpha1.ReasonSucceeded)
	f.Expect(run.Status.Walk).To(Equal(want), "%+v", run.Status)
	f.settle(customer)
	return run
}

// Where no people are read, there is no walk to tell of.
func TestRunsWithoutPeopleSayNothingOfWalks(t *testing.T) {
	f := newFixture(t)
	customer := f.createCustomer("acme", func(c *v1alpha1.WebexCustomerAccess) {
		c.Spec.Collection = &v1alpha1.Collection{Levels: []v1alpha1.Level{v1alpha1.LevelCustomer}}
	})
	f.settle(customer)
	f.expectWalk(customer, "")
	f.Expect(customer.Status.LastWalkTime).To(BeNil())
	f.Expect(customer.Status.Walked).To(BeNil())
}

// Figures of level Site get stale by the age of the walk, though runs succeed.
func TestFreshnessFollowsTheOlderFigures(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) *metav1.Time { return new(metav1.NewTime(now.Add(-d))) }
	for _, c := range []struct {
		name          string
		success, walk *metav1.Time
		want          string
	}{
		{"both young", ago(time.Minute), ago(time.Hour), v1alpha1.ReasonFresh},
		{"no people are read", ago(25 * time.Hour), nil, v1alpha1.ReasonFresh},
		{"an old walk", ago(time.Minute), ago(27 * time.Hour), v1alpha1.ReasonStale},
		{"all old", ago(27 * time.Hour), ago(27 * time.Hour), v1alpha1.ReasonStale},
		{"a walk to come", ago(time.Minute), ago(-48 * time.Hour), v1alpha1.ReasonStale},
	} {
		s := &customerScope{now: now, customer: &v1alpha1.WebexCustomerAccess{}}
		s.customer.Status.LastSuccessfulSyncTime, s.customer.Status.LastWalkTime = c.success, c.walk
		fresh := s.freshness()
		if fresh.Reason != c.want || (fresh.Status == metav1.ConditionTrue) != (c.want == v1alpha1.ReasonFresh) {
			t.Errorf("%s: %s %s: %s", c.name, fresh.Status, fresh.Reason, fresh.Message)
		}
	}
}
