package controllers

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// What the API server can know about a schedule it refuses, with the field.
func TestScheduleAdmission(t *testing.T) {
	f := newFixture(t, func(o *fixtureOptions) { o.stopped = true })
	const kind = "LicenseSyncSchedule"
	valid := func() map[string]any {
		return map[string]any{"customerAccessRef": map[string]any{"name": "acme"}, "schedule": "0 2 * * *"}
	}
	without := func(fields ...string) map[string]any {
		spec := valid()
		for _, field := range fields {
			delete(spec, field)
		}
		return spec
	}
	selector := map[string]any{"matchLabels": map[string]any{"tier": "gold"}}
	for _, test := range []struct {
		what  string
		spec  map[string]any
		words []string // none: accepted
	}{
		{"the least", valid(), nil},
		{"a selector", set(without("customerAccessRef"), "customerAccessSelector", selector), nil},
		{"all customers", set(without("customerAccessRef"), "customerAccessSelector", map[string]any{}), nil},
		{"all three plans", set(set(valid(), "at", []any{"2030-01-01T00:00:00Z"}), "every.interval", "6h"), nil},
		{"a window of one moment", set(set(valid(), "startTime", "2030-01-01T00:00:00Z"), "endTime", "2030-01-01T00:00:00Z"), nil},
		{"a minute", set(without("schedule"), "every.interval", "60s"), nil},
		{"reference and selector", set(valid(), "customerAccessSelector", selector), []string{"spec", "customerAccessRef", "customerAccessSelector", "exactly one"}},
		{"neither", without("customerAccessRef"), []string{"spec", "customerAccessRef", "customerAccessSelector", "exactly one"}},
		{"no plan", without("schedule"), []string{"spec", "schedule", "at", "every", "at least one"}},
		{"an empty line", set(valid(), "schedule", ""), []string{"spec.schedule", "at least 1"}},
		{"a long line", set(valid(), "schedule", strings.Repeat("1,", 64)+"1 * * * *"), []string{"spec.schedule", "128"}},
		{"TZ=", set(valid(), "schedule", "TZ=Europe/Rome 0 2 * * *"), []string{"spec.schedule", "TZ=", "spec.timeZone"}},
		{"CRON_TZ=", set(valid(), "schedule", "CRON_TZ=Europe/Rome 0 2 * * *"), []string{"spec.schedule", "CRON_TZ=", "spec.timeZone"}},
		{"words", set(valid(), "schedule", "every day at two"), []string{"spec.schedule: Invalid value", "must be five fields", "Example: 30 2 * * *"}},
		{"four fields", set(valid(), "schedule", "0 2 * *"), []string{"spec.schedule", "must be five fields"}},
		{"minute 61", set(valid(), "schedule", "61 2 * * *"), []string{"spec.schedule", "minute 0-59"}},
		{"@every", set(valid(), "schedule", "@every day"), []string{"spec.schedule", "for an interval set spec.every"}},
		{"over midnight", set(valid(), "schedule", "0 22-6 * * *"), []string{"spec.schedule", "write 22-23,0-6 for 22-6"}},
		{"an empty zone", set(valid(), "timeZone", ""), []string{"spec.timeZone", "at least 1"}},
		{"the zone Local", set(valid(), "timeZone", "Local"), []string{"spec.timeZone", "IANA", "Europe/Berlin"}},
		{"at without a zone", set(valid(), "at", []any{"2030-01-01 00:00:00"}), []string{"spec.at[0]", "date-time"}},
		{"no at", set(valid(), "at", []any{}), []string{"spec.at", "at least 1"}},
		{"every 59 s", set(valid(), "every.interval", "59s"), []string{"spec.every.interval", "from 1m to 8760h"}},
		{"every 0", set(valid(), "every.interval", "0s"), []string{"spec.every.interval", "from 1m to 8760h"}},
		{"every two years", set(valid(), "every.interval", "17520h"), []string{"spec.every.interval", "from 1m to 8760h"}},
		{"every day", set(valid(), "every.interval", "1d"), []string{"spec.every.interval"}},
		{"no interval", set(valid(), "every.firstTime", "2030-01-01T00:00:00Z"), []string{"spec.every.interval", "Required"}},
		{"end before start", set(set(valid(), "startTime", "2030-01-02T00:00:00Z"), "endTime", "2030-01-01T00:00:00Z"), []string{"spec.endTime", "must not be before startTime"}},
		{"Allow", set(valid(), "concurrencyPolicy", "Allow"), []string{"spec.concurrencyPolicy", `supported values: "Forbid", "Replace"`}},
		{"no deadline at all", set(valid(), "startingDeadlineSeconds", int64(0)), []string{"spec.startingDeadlineSeconds", "greater than or equal to 1"}},
		{"spread over two days", set(valid(), "spreadSeconds", int64(172800)), []string{"spec.spreadSeconds", "less than or equal to 86400"}},
		{"negative spread", set(valid(), "spreadSeconds", int64(-1)), []string{"spec.spreadSeconds", "greater than or equal to 0"}},
		{"negative history", set(valid(), "failedRunsHistoryLimit", int64(-1)), []string{"spec.failedRunsHistoryLimit", "greater than or equal to 0"}},
		{"suspend", set(valid(), "suspend", "yes"), []string{"spec.suspend", "boolean"}},
	} {
		err := f.admit(f.object(kind, "admission", test.spec))
		if test.words == nil {
			f.Expect(err).NotTo(HaveOccurred(), test.what)
			continue
		}
		f.Expect(apierrors.IsInvalid(err)).To(BeTrue(), "%s: %v", test.what, err)
		for _, word := range test.words {
			f.Expect(strings.ToLower(err.Error())).To(ContainSubstring(strings.ToLower(word)), test.what)
		}
		f.Expect(err).NotTo(MatchError(ContainSubstring("internal error")), test.what)
	}
	f.Expect(f.admit(f.object(kind, strings.Repeat("n", 63), valid()))).To(Succeed())
	f.Expect(f.admit(f.object(kind, strings.Repeat("n", 64), valid()))).To(MatchError(ContainSubstring("the name may have at most 63 characters")))
}

// A mistake that only the operator can know stalls the schedule, once: nothing is tried
// again, and no other schedule is held up. What a person may want so stalls nothing.
func TestScheduleMistakes(t *testing.T) {
	f := newFixture(t)
	f.createCustomer("acme")
	f.labeled("sleepy", map[string]string{"mood": "sleepy"}, func(c *v1alpha1.WebexCustomerAccess) { c.Spec.Suspend = new(true) })
	past, future := metav1.NewTime(time.Now().Add(-time.Hour)), metav1.NewTime(time.Now().Add(24*time.Hour))
	cron := func(line string) func(*v1alpha1.LicenseSyncScheduleSpec) {
		return func(s *v1alpha1.LicenseSyncScheduleSpec) { s.Schedule = line }
	}
	zone := func(name string) func(*v1alpha1.LicenseSyncScheduleSpec) {
		return func(s *v1alpha1.LicenseSyncScheduleSpec) { s.TimeZone = name }
	}
	customers := func(selector metav1.LabelSelector) func(*v1alpha1.LicenseSyncScheduleSpec) {
		return func(s *v1alpha1.LicenseSyncScheduleSpec) {
			s.CustomerAccessRef, s.CustomerAccessSelector = nil, &selector
		}
	}
	type expectation struct {
		reason, message string
		stalled         bool
	}
	wrong := func(reason, message string) expectation { return expectation{reason, message, true} }
	idle := func(reason, message string) expectation { return expectation{reason, message, false} }
	tests := map[string]struct {
		adjust func(*v1alpha1.LicenseSyncScheduleSpec)
		want   expectation
	}{
		"cron-range":   {cron("0 0 * * fri-1"), wrong(v1alpha1.ReasonInvalidSchedule, "schedule")},
		"cron-never":   {cron("0 0 30 2 *"), wrong(v1alpha1.ReasonInvalidSchedule, "schedule")},
		"zone-unknown": {zone("Europe/Atlantis"), wrong(v1alpha1.ReasonUnknownTimeZone, "timeZone")},
		"zone-path":    {zone("../../etc/passwd"), wrong(v1alpha1.ReasonUnknownTimeZone, "timeZone")},
		"at-past":      {func(s *v1alpha1.LicenseSyncScheduleSpec) { s.Schedule, s.At = "", []metav1.Time{past} }, idle(v1alpha1.ReasonNoSlot, "spec.at")},
		"window-past":  {func(s *v1alpha1.LicenseSyncScheduleSpec) { s.EndTime = &past }, idle(v1alpha1.ReasonNoSlot, "spec.endTime")},
		"window-empty": {func(s *v1alpha1.LicenseSyncScheduleSpec) {
			s.Schedule, s.At, s.StartTime = "", []metav1.Time{past}, &future
		}, wrong(v1alpha1.ReasonInvalidSchedule, "endTime")},
		"none-selected": {customers(metav1.LabelSelector{MatchLabels: map[string]string{"tier": "none"}}), idle(v1alpha1.ReasonNoCustomers, "spec.customerAccessSelector")},
		"bad-selector": {
			customers(metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "tier", Operator: "Like"}}}),
			wrong(v1alpha1.ReasonInvalidSelector, "matchExpressions"),
		},
		"missing": {func(s *v1alpha1.LicenseSyncScheduleSpec) { s.CustomerAccessRef.Name = "missing" }, idle(v1alpha1.ReasonCustomerNotFound, "create it")},
		"asleep":  {func(s *v1alpha1.LicenseSyncScheduleSpec) { s.CustomerAccessRef.Name = "sleepy" }, idle(v1alpha1.ReasonCustomerSuspended, "spec.suspend")},
		"bad-labels": {func(s *v1alpha1.LicenseSyncScheduleSpec) {
			s.SyncTemplate = &v1alpha1.LicenseSyncTemplate{Labels: map[string]string{"team": "no blanks, please"}}
		}, wrong(v1alpha1.ReasonInvalidTemplate, "spec.syncTemplate.labels")},
		// Nothing is wrong with these.
		"all-asleep": {customers(metav1.LabelSelector{MatchLabels: map[string]string{"mood": "sleepy"}}), expectation{reason: v1alpha1.ReasonScheduled}},
		"good":       {cron("@yearly"), expectation{reason: v1alpha1.ReasonScheduled}},
	}
	schedules := map[string]*v1alpha1.LicenseSyncSchedule{}
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		schedule := f.newSchedule(name, "0 2 * * *")
		tests[name].adjust(&schedule.Spec)
		f.create(schedule)
		schedules[name] = schedule
	}
	for name, test := range tests {
		ready := f.awaitSchedule(schedules[name], test.want.reason)
		f.Expect(ready.Message).To(ContainSubstring(test.want.message), name)
		f.Expect(meta.IsStatusConditionTrue(schedules[name].Status.Conditions, v1alpha1.ConditionStalled)).To(Equal(test.want.stalled), name)
	}
	// A request changes nothing about that, and the good one does what is asked.
	for _, schedule := range schedules {
		f.annotate(schedule, v1alpha1.AnnotationRequestedAt, "now")
	}
	f.awaitSchedule(schedules["good"], v1alpha1.ReasonScheduled, func(g Gomega) {
		g.Expect(schedules["good"].Status.LastSuccessfulTime).NotTo(BeNil())
	})
	for name, test := range tests {
		if !slices.Contains([]string{v1alpha1.ReasonScheduled, v1alpha1.ReasonNoSlot}, test.want.reason) { // nothing is wrong with their customers
			f.Expect(slices.Collect(maps.Keys(f.runsOfSchedule(name)))).To(BeEmpty(), name)
		}
	}
	f.settle(f.newCustomer("acme"))
	f.writes.reset()
	f.Consistently(f.writes.all, "3s", "100ms").Should(BeEmpty(), "nothing is tried again")

	// Each is repaired by repairing its spec, or what it speaks of.
	f.patch(schedules["zone-unknown"], `{"spec":{"timeZone":"Europe/Rome"}}`)
	f.patch(schedules["cron-never"], `{"spec":{"schedule":"0 0 29 2 *"}}`)
	f.patch(schedules["bad-labels"], `{"spec":{"syncTemplate":null}}`)
	f.patch(f.newCustomer("sleepy"), `{"metadata":{"labels":{"tier":"none"}},"spec":{"suspend":false}}`)
	for _, name := range []string{"zone-unknown", "cron-never", "bad-labels", "asleep", "none-selected"} {
		f.awaitSchedule(schedules[name], v1alpha1.ReasonScheduled)
	}
}
