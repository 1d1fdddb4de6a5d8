package controllers

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/skew"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

var in2036 = metav1.NewTime(time.Date(2036, time.May, 4, 3, 0, 0, 0, time.UTC))

// inTheFuture says of each stored time who sees to it that it cannot silence anything for years. A new field needs a line.
var inTheFuture = map[string]string{
	"LicenseSync.status.completionTime":                                 "TestRunOutOfTime",
	"LicenseSync.status.nextAttemptTime":                                "TestRunOutOfTime",
	"LicenseSync.status.startTime":                                      "TestRunOutOfTime",
	"LicenseSyncSchedule.status.activationTime":                         "TestScheduleOutOfTime",
	"LicenseSyncSchedule.status.lastMissedTime":                         "TestScheduleOutOfTime",
	"LicenseSyncSchedule.status.lastScheduleTime":                       "TestScheduleOutOfTime",
	"LicenseSyncSchedule.status.lastSuccessfulTime":                     "TestScheduleOutOfTime",
	"LicenseSyncSchedule.status.nextScheduleTime":                       "TestScheduleOutOfTime",
	"LicenseSyncSchedule.status.openSlotTime":                           "TestScheduleOutOfTime",
	"WebexCustomerAccess.status.credentials.accessTokenExpirationTime":  "TestCustomerOutOfTime",
	"WebexCustomerAccess.status.credentials.refreshTokenExpirationTime": "TestCustomerOutOfTime",
	"WebexCustomerAccess.status.credentials.refusal.time":               "only told",
	"WebexCustomerAccess.status.credentials.refusal.usableUntil":        "TestCustomerOutOfTime",
	"WebexCustomerAccess.status.expiryWarning.expirationTime":           "compared with the end that is known",
	"WebexCustomerAccess.status.lastRun.endTime":                        "TestCustomerOutOfTime",
	"WebexCustomerAccess.status.lastRun.verdict.time":                   "TestCustomerOutOfTime",
	"WebexCustomerAccess.status.lastSuccessfulSyncTime":                 "TestCustomerOutOfTime",
	"WebexCustomerAccess.status.lastWalkTime":                           "TestCustomerOutOfTime",
	"WebexCustomerAccess.status.walked.startTime":                       "survey.TestWalk",
	"WebexCustomerAccess.status.notBefore":                              "TestRunOutOfTime",
	"WebexCustomerAccess.status.upgradeRunTime":                         "TestCustomerOutOfTime",
	"WebexLicense.status.lastChangeTime":                                "only told",
}

func TestEveryStoredTimeIsSeenTo(t *testing.T) {
	t.Parallel()
	var found []string
	var walk func(path string, of reflect.Type)
	walk = func(path string, of reflect.Type) {
		for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
			of = of.Elem()
		}
		switch {
		case of == reflect.TypeFor[metav1.Time]():
			found = append(found, path)
		case of == reflect.TypeFor[metav1.Condition](), of.Kind() != reflect.Struct:
		default:
			for f := range of.Fields() {
				name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				walk(path+"."+name, f.Type)
			}
		}
	}
	walk("LicenseSync.status", reflect.TypeFor[v1alpha1.LicenseSyncStatus]())
	walk("LicenseSyncSchedule.status", reflect.TypeFor[v1alpha1.LicenseSyncScheduleStatus]())
	walk("WebexCustomerAccess.status", reflect.TypeFor[v1alpha1.WebexCustomerAccessStatus]())
	walk("WebexLicense.status", reflect.TypeFor[v1alpha1.WebexLicenseStatus]())
	NewWithT(t).Expect(found).To(ConsistOf(slices.Collect(maps.Keys(inTheFuture))))
}

// A schedule of which a time lies in 2036 runs its next slot, and each one once. What it has missed it does not make up for.
func TestScheduleOutOfTime(t *testing.T) {
	t.Parallel()
	hourly := v1alpha1.LicenseSyncScheduleSpec{Schedule: "0 * * * *"}
	every := v1alpha1.LicenseSyncScheduleSpec{Every: &v1alpha1.Interval{Interval: metav1.Duration{Duration: time.Hour}}}
	activated := v1alpha1.LicenseSyncScheduleSpec{Schedule: "0 * * * *", RunOnActivation: new(true)}
	type status = *v1alpha1.LicenseSyncScheduleStatus
	for name, c := range map[string]struct {
		spec    v1alpha1.LicenseSyncScheduleSpec
		spoil   func(*v1alpha1.LicenseSyncSchedule, status)
		unnamed bool // what decides nothing is just replaced
		already int  // runs at once
	}{
		"last slot":              {spec: hourly, spoil: func(_ *v1alpha1.LicenseSyncSchedule, s status) { s.LastScheduleTime = &in2036 }},
		"last slot, an interval": {spec: every, spoil: func(_ *v1alpha1.LicenseSyncSchedule, s status) { s.LastScheduleTime = &in2036 }},
		"open slot":              {spec: hourly, spoil: func(_ *v1alpha1.LicenseSyncSchedule, s status) { s.OpenSlotTime = &in2036 }},
		"last success":           {spec: hourly, spoil: func(_ *v1alpha1.LicenseSyncSchedule, s status) { s.LastSuccessfulTime = &in2036 }},
		"last miss":              {spec: hourly, spoil: func(_ *v1alpha1.LicenseSyncSchedule, s status) { s.LastMissedTime = &in2036 }},
		"next slot":              {spec: hourly, spoil: func(_ *v1alpha1.LicenseSyncSchedule, s status) { s.NextScheduleTime = &in2036 }, unnamed: true},
		"activation":             {spec: activated, spoil: func(_ *v1alpha1.LicenseSyncSchedule, s status) { s.ActivationTime = &in2036 }, already: 1},
		"activation that was dealt with": {spec: activated, spoil: func(_ *v1alpha1.LicenseSyncSchedule, s status) {
			s.ActivationTime, s.LastScheduleTime = &in2036, &in2036
		}},
		"creation": {spec: hourly, spoil: func(o *v1alpha1.LicenseSyncSchedule, s status) {
			o.CreationTimestamp, s.LastScheduleTime = in2036, nil
		}},
		"creation, an interval": {spec: every, spoil: func(o *v1alpha1.LicenseSyncSchedule, s status) {
			o.CreationTimestamp, s.LastScheduleTime = in2036, nil
		}},
		"creation, to run at once": {spec: activated, spoil: func(o *v1alpha1.LicenseSyncSchedule, s status) {
			o.CreationTimestamp, s.LastScheduleTime, s.ActivationTime = in2036, nil, nil
		}, already: 1},
		"all": {spec: activated, spoil: func(o *v1alpha1.LicenseSyncSchedule, s status) {
			o.CreationTimestamp = in2036
			s.LastScheduleTime, s.LastMissedTime, s.LastSuccessfulTime, s.ActivationTime, s.NextScheduleTime = &in2036, &in2036, &in2036, &in2036, &in2036
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlayed(t, c.spec)
			p.reconcile()
			p.finishAll()
			p.reconcile()
			for range 10 {
				p.now = p.now.Add(time.Hour)
				p.reconcile()
				p.finishAll()
				p.reconcile()
			}
			p.server.runs = nil // no name keeps a slot from running again
			clear(p.events)
			p.now = p.now.Add(30 * time.Minute)
			p.server.changeSchedule(func(o *v1alpha1.LicenseSyncSchedule) {
				o.Spec.SuccessfulRunsHistoryLimit = new(int32(100))
				c.spoil(o, &o.Status)
			})

			wait := p.reconcile()
			p.Expect(p.server.runs).To(HaveLen(c.already), "nothing of the past runs")
			p.Expect(wait).To(And(BeNumerically(">", 0), BeNumerically("<=", time.Hour)))
			told := 1
			if c.unnamed {
				told = 0
			}
			p.Expect(p.events[v1alpha1.ReasonTimeInFuture]).To(Equal(told))
			p.finishAll()
			for range 6 {
				p.now = p.now.Add(p.reconcile())
				p.reconcile()
				p.finishAll()
			}
			p.Expect(p.slots()).To(HaveLen(6 + c.already))
			p.Expect(slices.Compact(p.slots())).To(HaveLen(6+c.already), "each once")
			is := p.server.schedule.Status
			for _, at := range []*metav1.Time{is.LastScheduleTime, is.LastMissedTime, is.LastSuccessfulTime, is.ActivationTime, is.NextScheduleTime} {
				p.Expect(timeOf(at)).To(BeTemporally("<=", p.now.Add(time.Hour)))
			}
			p.Expect(p.events).NotTo(HaveKey(v1alpha1.ReasonSlotMissed))
			p.Expect(p.events[v1alpha1.ReasonTimeInFuture]).To(Equal(told), "once")
		})
	}
}

// A clock that goes back by minutes changes nothing: what was dealt with is not run again, and nothing is said.
func TestScheduleAndAClockThatWentBack(t *testing.T) {
	t.Parallel()
	p := newPlayed(t, v1alpha1.LicenseSyncScheduleSpec{Schedule: "*/5 * * * *", SuccessfulRunsHistoryLimit: new(int32(0))})
	p.reconcile()
	p.now = p.now.Add(time.Hour)
	p.reconcile()
	p.finishAll()
	p.reconcile()
	p.Expect(p.slots()).To(BeEmpty())
	clear(p.events)
	last := p.server.schedule.Status.LastScheduleTime
	p.now = p.now.Add(-42 * time.Minute)
	for range 42 {
		p.reconcile()
		p.Expect(p.slots()).To(BeEmpty())
		p.Expect(p.server.schedule.Status.LastScheduleTime).To(Equal(last))
		p.now = p.now.Add(time.Minute)
	}
	p.Expect(p.events).To(BeEmpty())
	p.now = p.now.Add(5 * time.Minute)
	p.reconcile()
	p.Expect(p.slots()).To(HaveLen(1))
}

// Runs of slots of 2036 are history like others, and no newer than those of today.
func TestHistoryOutOfTime(t *testing.T) {
	t.Parallel()
	p := newPlayed(t, v1alpha1.LicenseSyncScheduleSpec{Schedule: "0 * * * *", SuccessfulRunsHistoryLimit: new(int32(1))})
	p.reconcile()
	p.now = p.now.Add(time.Hour)
	p.reconcile()
	for i := range 3 {
		odd := p.server.runs[0].DeepCopy()
		odd.Name, odd.CreationTimestamp = fmt.Sprint("odd-", i), in2036
		odd.Spec.ScheduledTime = new(metav1.NewTime(in2036.Add(time.Duration(i) * time.Hour)))
		p.server.replaceRun(odd.Name, odd)
		p.server.finish(odd.Name, v1alpha1.ConditionComplete)
		odd = p.server.run(odd.Name).DeepCopy()
		odd.Status.CompletionTime = &in2036
		p.server.replaceRun(odd.Name, odd)
	}
	p.reconcile()
	p.now = p.now.Add(time.Minute)
	p.finishAll()
	p.reconcile()
	p.Expect(p.slots()).To(Equal([]string{"2026-03-10T01:00:00Z"}), "the runs of 2036 go first")
	p.Expect(p.server.schedule.Status.LastSuccessfulTime.Time).To(BeTemporally("==", p.now))
}

// A customer of which a time lies in 2036 is not fresh for ten years, gets the runs that it would get otherwise, and its
// condition names the time.
func TestCustomerOutOfTime(t *testing.T) {
	t.Parallel()
	type status = *v1alpha1.WebexCustomerAccessStatus
	for field, c := range map[string]struct {
		spoil  func(status)
		adjust []adjust
		// fresh is what the condition DataFresh says, run whether one is due.
		fresh metav1.ConditionStatus
		run   bool
	}{
		"lastSuccessfulSyncTime": {spoil: func(s status) { s.LastSuccessfulSyncTime = &in2036 }, fresh: metav1.ConditionFalse},
		"lastWalkTime":           {spoil: func(s status) { s.LastWalkTime = &in2036 }, fresh: metav1.ConditionFalse},
		"notBefore":              {spoil: func(s status) { s.NotBefore = &in2036 }, fresh: metav1.ConditionTrue},
		"upgradeRunTime":         {spoil: func(s status) { s.UpgradeRunTime = &in2036 }, adjust: []adjust{upgraded}, fresh: metav1.ConditionTrue},
		"lastRun.endTime": {
			spoil: func(s status) { s.LastRun.EndTime = &in2036 }, run: true, fresh: metav1.ConditionFalse,
			adjust: []adjust{neverSynced, failedBy(v1alpha1.ReasonAPIUnavailable)},
		},
		"lastRun.verdict.time": {
			spoil: func(s status) { s.LastRun.Verdict = &v1alpha1.Verdict{Time: &in2036, Confirmed: new(true)} }, run: true, fresh: metav1.ConditionTrue,
			adjust: []adjust{failedBy(v1alpha1.ReasonForbidden)},
		},
		"credentials.accessTokenExpirationTime":  {spoil: func(s status) { s.Credentials.AccessTokenExpirationTime = &in2036 }, fresh: metav1.ConditionTrue},
		"credentials.refreshTokenExpirationTime": {spoil: func(s status) { s.Credentials.RefreshTokenExpirationTime = &in2036 }, fresh: metav1.ConditionTrue},
		"credentials.refusal.usableUntil": {
			spoil: func(s status) { s.Credentials.Refusal = &v1alpha1.CredentialsRefusal{UsableUntil: &in2036} }, fresh: metav1.ConditionTrue,
		},
	} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			s := syncedScope()
			for _, a := range c.adjust {
				a(s)
			}
			s.customer.Status.LastRun = s.customer.Status.LastRun.DeepCopy()
			c.spoil(&s.customer.Status)
			wanted, wait := decideRun(s)
			if wanted == nil {
				wanted, _ = retryRun(s)
			}
			g.Expect(wanted != nil).To(Equal(c.run))
			g.Expect(wait).To(BeNumerically("<=", time.Hour))
			conditions := s.conditions()
			g.Expect(meta.FindStatusCondition(conditions, v1alpha1.ConditionDataFresh).Status).To(Equal(c.fresh))
			g.Expect(meta.FindStatusCondition(conditions, v1alpha1.ConditionReady).Message).To(
				ContainSubstring("status." + field + " is ahead of the operator's clock and is not believed"))
			if planned := s.planUpgrade(); planned != nil {
				g.Expect(planned.Time).To(BeTemporally("<", s.now.Add(2*time.Hour)))
			}
			s.now = in2036.Add(time.Minute)
			g.Expect(meta.FindStatusCondition(s.conditions(), v1alpha1.ConditionReady).Message).NotTo(ContainSubstring("ahead"))
		})
	}
	g, s := NewWithT(t), syncedScope()
	s.now = s.now.Add(-40 * time.Minute) // the last run ended half an hour from now
	s.customer.Status.NotBefore = new(metav1.NewTime(s.now.Add(webex.LongestWait)))
	g.Expect(s.doubted()).To(BeEmpty())
	g.Expect(s.freshness().Reason).To(Equal(v1alpha1.ReasonFresh))
}

// A run is not held back by times of 2036, its own or its customer's, and comes to its end by the clock.
func TestRunOutOfTime(t *testing.T) {
	f := newFixture(t, func(o *fixtureOptions) { o.stopped = true })
	customer, run, over := f.newCustomer("acme"), f.newRun("held", "acme"), f.newRun("over", "acme")
	over.Spec.TTLSecondsAfterFinished = new(int32(0))
	f.create(customer, run, over)
	f.patchStatus(customer, fmt.Sprintf(`{"notBefore":%q,"lastRun":{"name":"x","reason":"APIUnavailable","message":"m","endTime":%[1]q}}`, in2036.Format(time.RFC3339)))
	f.patchStatus(run, fmt.Sprintf(`{"startTime":%q,"nextAttemptTime":%[1]q}`, in2036.Format(time.RFC3339)))
	f.patchStatus(over, fmt.Sprintf(`{"completionTime":%q,"conditions":[{"type":"Complete","status":"True","reason":"Succeeded","message":"","lastTransitionTime":%[1]q}]}`,
		in2036.Format(time.RFC3339)))
	f.start()
	f.expectReason(f.awaitEnd(run), v1alpha1.ReasonSucceeded)
	f.Expect(run.Status.StartTime.Time).To(BeTemporally("<=", time.Now().Add(time.Second)))
	f.Expect(run.Status.Duration.Duration).To(BeNumerically(">=", 0))
	f.Eventually(func() error { return f.client.Get(f.ctx, keyOf(over), over) }).Should(MatchError(ContainSubstring("not found")))
	f.awaitCondition(customer, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSynced)
	f.Eventually(func(g Gomega) {
		g.Expect(f.client.Get(f.ctx, keyOf(customer), customer)).To(Succeed())
		g.Expect(customer.Status.NotBefore.Time).To(BeTemporally("<=", time.Now().Add(time.Second)))
		g.Expect(meta.FindStatusCondition(customer.Status.Conditions, v1alpha1.ConditionReady).Message).NotTo(ContainSubstring("ahead"))
	}).Should(Succeed())
}

// patchStatus changes the status of an object as a backup that is restored does.
func (f *fixture) patchStatus(object client.Object, status string) {
	f.t.Helper()
	f.Expect(f.client.Status().Patch(f.ctx, object, client.RawPatch("application/merge-patch+json", []byte(`{"status":`+status+`}`)))).To(Succeed())
}

// A run whose creation lies ahead says that it waits, and one without a customer ends.
func TestRunCreatedAhead(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	s := &runScope{run: &v1alpha1.LicenseSync{}, now: time.Now()}
	s.run.CreationTimestamp = in2036
	s.queued("another run of this customer goes first")
	g.Expect(s.verdict).NotTo(BeNil())
	g.Expect(skew.Within(in2036.Time, s.now, customerGrace)).To(BeFalse())
}

// A schedule says by which time zone data its line is read; dates and intervals are in no zone.
func TestScheduleNamesItsTimeZoneData(t *testing.T) {
	t.Parallel()
	for want, spec := range map[string]v1alpha1.LicenseSyncScheduleSpec{
		"2026f": {Schedule: "0 * * * *"},
		"":      {Every: &v1alpha1.Interval{Interval: metav1.Duration{Duration: time.Hour}}},
	} {
		p := newPlayed(t, spec)
		p.r.TimeZoneData = "2026f"
		p.reconcile()
		p.Expect(p.server.schedule.Status.TimeZoneData).To(Equal(want))
	}
}
