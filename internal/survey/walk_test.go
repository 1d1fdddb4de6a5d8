package survey

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// settled is a run of a five-minute schedule that finds everything as the walk of two hours before left it.
func settled(now time.Time) Standing {
	ago := func(d time.Duration) *metav1.Time { return new(metav1.NewTime(now.Add(-d))) }
	return Standing{
		Customer: &v1alpha1.WebexCustomerAccess{Status: v1alpha1.WebexCustomerAccessStatus{
			LastWalkTime: ago(2 * time.Hour), LastSuccessfulSyncTime: ago(5 * time.Minute),
			LastRun: &v1alpha1.LastRun{Reason: v1alpha1.ReasonSucceeded}, CollectedSpecHash: "spec", CollectedDataVersion: 3,
			Walked: &v1alpha1.Walked{StartTime: ago(3 * time.Hour), LicensesHash: "licenses", RowsHash: "rows"},
		}},
		Trigger: v1alpha1.TriggerSchedule, SpecHash: "spec", DataVersion: 3,
		Now: v1alpha1.Walked{LicensesHash: "licenses", RowsHash: "rows"}, Settled: true,
	}
}

// Each fact alone asks for a walk; with all of them as they were, none is made.
func TestWalk(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	at := func(d time.Duration) *metav1.Time { return new(metav1.NewTime(now.Add(d))) }
	for name, c := range map[string]struct {
		change func(*Standing, *v1alpha1.WebexCustomerAccessStatus)
		want   v1alpha1.WalkReason
	}{
		"nothing moved":                 {func(*Standing, *v1alpha1.WebexCustomerAccessStatus) {}, v1alpha1.WalkUnchanged},
		"a person asks":                 {func(s *Standing, _ *v1alpha1.WebexCustomerAccessStatus) { s.Trigger = v1alpha1.TriggerManual }, v1alpha1.WalkRequested},
		"an upgrade":                    {func(s *Standing, _ *v1alpha1.WebexCustomerAccessStatus) { s.Trigger = v1alpha1.TriggerUpgrade }, v1alpha1.WalkRequested},
		"an assignment":                 {func(s *Standing, _ *v1alpha1.WebexCustomerAccessStatus) { s.Trigger = v1alpha1.TriggerAssignment }, v1alpha1.WalkRequested},
		"a status of an older operator": {func(_ *Standing, k *v1alpha1.WebexCustomerAccessStatus) { k.LastWalkTime, k.Walked = nil, nil }, v1alpha1.WalkNeverWalked},
		"a walk that is still to come":  {func(_ *Standing, k *v1alpha1.WebexCustomerAccessStatus) { k.LastWalkTime = at(48 * time.Hour) }, v1alpha1.WalkNeverWalked},
		"a success still to come": {func(_ *Standing, k *v1alpha1.WebexCustomerAccessStatus) {
			k.LastSuccessfulSyncTime = at(48 * time.Hour)
		}, v1alpha1.WalkNeverWalked},
		"a nightly run after one by hand": {func(_ *Standing, k *v1alpha1.WebexCustomerAccessStatus) {
			k.LastWalkTime, k.LastSuccessfulSyncTime = at(-6*time.Hour), at(-6*time.Hour)
		}, v1alpha1.WalkTooOld},
		"a walk that began in 2036": {func(_ *Standing, k *v1alpha1.WebexCustomerAccessStatus) { k.Walked.StartTime = at(48 * time.Hour) }, v1alpha1.WalkNeverWalked},
		"no run before":             {func(_ *Standing, k *v1alpha1.WebexCustomerAccessStatus) { k.LastRun = nil }, v1alpha1.WalkLastRunFailed},
		"a failure before": {func(_ *Standing, k *v1alpha1.WebexCustomerAccessStatus) {
			k.LastRun.Reason = v1alpha1.ReasonAPIUnavailable
		}, v1alpha1.WalkLastRunFailed},
		"rows refused before": {func(_ *Standing, k *v1alpha1.WebexCustomerAccessStatus) { k.LastRun.RefusedRows = new(int32(1)) }, v1alpha1.WalkLastRunFailed},
		"told to wait before": {func(_ *Standing, k *v1alpha1.WebexCustomerAccessStatus) {
			k.LastRun.Reason = v1alpha1.ReasonRateLimited
		}, v1alpha1.WalkUnchanged},
		"removals held":            {func(_ *Standing, k *v1alpha1.WebexCustomerAccessStatus) { k.HeldPrune = &v1alpha1.HeldPrune{} }, v1alpha1.WalkRemovalsHeld},
		"another spec":             {func(s *Standing, _ *v1alpha1.WebexCustomerAccessStatus) { s.SpecHash = "other" }, v1alpha1.WalkSpecChanged},
		"a newer operator":         {func(s *Standing, _ *v1alpha1.WebexCustomerAccessStatus) { s.DataVersion = 4 }, v1alpha1.WalkSpecChanged},
		"an older operator":        {func(s *Standing, _ *v1alpha1.WebexCustomerAccessStatus) { s.DataVersion = 2 }, v1alpha1.WalkSpecChanged},
		"assignments to carry out": {func(s *Standing, _ *v1alpha1.WebexCustomerAccessStatus) { s.Settled = false }, v1alpha1.WalkAssignmentPending},
		"licences assigned before": {func(_ *Standing, k *v1alpha1.WebexCustomerAccessStatus) { k.Walked = nil }, v1alpha1.WalkAssignmentPending},
		"units moved":              {func(s *Standing, _ *v1alpha1.WebexCustomerAccessStatus) { s.Now.LicensesHash = "other" }, v1alpha1.WalkLicensesMoved},
		"rows deleted":             {func(s *Standing, _ *v1alpha1.WebexCustomerAccessStatus) { s.Now.RowsHash = "other" }, v1alpha1.WalkRowsChanged},
	} {
		s := settled(now)
		c.change(&s, &s.Customer.Status)
		if got := s.Walk(now); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// A schedule's runs never let a walk get older than siteMaxAge, or staleAfter if that is less, as long as they come
// regularly; and they walk no more often than that asks for, but for one gap between runs.
func TestWalksAreYoungEnough(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		every, siteMaxAge, staleAfter time.Duration
		// walks are those of ten days.
		walks int
	}{
		{5 * time.Minute, 0, 0, 10},
		{time.Hour, 0, 0, 10},
		{24 * time.Hour, 0, 0, 10},
		{time.Hour, 6 * time.Hour, 0, 40},
		{time.Hour, 0, 2 * time.Hour, 120},
		{2 * time.Hour, 48 * time.Hour, 72 * time.Hour, 5},
		{6 * time.Hour, 48 * time.Hour, 72 * time.Hour, 40},
		{24 * time.Hour, 12 * time.Hour, 0, 10},
		{5 * time.Minute, -1, 0, 2880}, // always
	} {
		now := time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)
		s := settled(now)
		s.Customer.Status.LastWalkTime = new(metav1.NewTime(now))
		s.Customer.Status.LastSuccessfulSyncTime = new(metav1.NewTime(now))
		if c.siteMaxAge != 0 {
			s.Customer.Spec.Collection = &v1alpha1.Collection{SiteMaxAge: &metav1.Duration{Duration: max(c.siteMaxAge, 0)}}
		}
		if c.staleAfter != 0 {
			s.Customer.Spec.StaleAfter = &metav1.Duration{Duration: c.staleAfter}
		}
		walks, oldest := 0, time.Duration(0)
		for run := now.Add(c.every); !run.After(now.Add(240 * time.Hour)); run = run.Add(c.every) {
			known := &s.Customer.Status
			if s.Walk(run) != v1alpha1.WalkUnchanged {
				oldest = max(oldest, run.Sub(known.LastWalkTime.Time))
				known.LastWalkTime = new(metav1.NewTime(run))
				walks++
			}
			known.LastSuccessfulSyncTime = new(metav1.NewTime(run))
		}
		if most := max(SiteMaxAge(s.Customer), c.every); oldest > most || walks != c.walks {
			t.Errorf("every %s with %s and %s: %d walks, the oldest %s; want %d, %s", c.every, c.siteMaxAge, c.staleAfter, walks, oldest, c.walks, most)
		}
	}
}
