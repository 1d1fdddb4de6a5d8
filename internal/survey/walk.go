package survey

import (
	"time"

	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/skew"
)

const (
	// defaultSiteMaxAge is that of spec.collection.siteMaxAge.
	defaultSiteMaxAge = 24 * time.Hour
	// defaultStaleAfter is that of spec.staleAfter: a nightly run, and two hours for a slow night.
	defaultStaleAfter = 26 * time.Hour
	// regularGap is how long after a walk a run may come whose schedule may be a daily one: after a run by hand in the evening
	// a nightly run has to walk, or figures are stale before the next night.
	regularGap = defaultStaleAfter - defaultSiteMaxAge
)

// Standing is what a run knows of the last walk, and of what there is now, once it has read the licences.
type Standing struct {
	// Customer is the customer as it is before the run records anything.
	Customer *v1alpha1.WebexCustomerAccess
	// Trigger says what the run is for.
	Trigger v1alpha1.Trigger
	// SpecHash and DataVersion identify what the run collects, Now what was found: the licences as Webex lists them,
	// and the rows as they are stored.
	SpecHash    string
	DataVersion int32
	Now         v1alpha1.Walked
	// Settled says that the last plan of each assignment of the customer left nothing to do, and still holds.
	Settled bool
}

// Walk says why people and workspaces are to be read again, or [v1alpha1.WalkUnchanged] if they need not be: a run of a
// schedule, after one that succeeded, finds every licence and every row as the last walk found and left them, and that
// walk is young enough.
func (s Standing) Walk(now time.Time) v1alpha1.WalkReason {
	known := s.Customer.Status
	switch {
	case s.Trigger != v1alpha1.TriggerSchedule:
		return v1alpha1.WalkRequested
	case skew.Believed(known.LastWalkTime, now, 0) == nil || skew.Believed(known.LastSuccessfulSyncTime, now, 0) == nil:
		return v1alpha1.WalkNeverWalked
	case !s.lastRunSucceeded():
		return v1alpha1.WalkLastRunFailed
	case known.HeldPrune != nil:
		return v1alpha1.WalkRemovalsHeld
	case known.CollectedSpecHash != s.SpecHash || max(known.CollectedDataVersion, 1) != s.DataVersion:
		return v1alpha1.WalkSpecChanged
	case known.Walked == nil || !s.Settled:
		return v1alpha1.WalkAssignmentPending
	case skew.Believed(known.Walked.StartTime, now, 0) == nil:
		return v1alpha1.WalkNeverWalked
	case s.tooOld(now):
		return v1alpha1.WalkTooOld
	case known.Walked.LicensesHash != s.Now.LicensesHash:
		return v1alpha1.WalkLicensesMoved
	case known.Walked.RowsHash != s.Now.RowsHash:
		return v1alpha1.WalkRowsChanged
	}
	return v1alpha1.WalkUnchanged
}

// lastRunSucceeded says whether the attempt before wrote all that it was to. One that Webex asked to wait has done no
// harm, and a walk would not help it.
func (s Standing) lastRunSucceeded() bool {
	last := s.Customer.Status.LastRun
	switch {
	case last == nil:
		return false
	case last.Reason == v1alpha1.ReasonRateLimited:
		return true
	}
	return last.Reason == v1alpha1.ReasonSucceeded && ptr.Deref(last.RefusedRows, 0) == 0
}

// tooOld says whether the last walk is too old, or would be before the next run, if that takes as long to come as this
// one did: the figures of a nightly run are not to be two days old.
func (s Standing) tooOld(now time.Time) bool {
	known := s.Customer.Status
	age, gap := now.Sub(known.LastWalkTime.Time), now.Sub(known.LastSuccessfulSyncTime.Time)
	if walked := known.LastWalkTime.Equal(known.LastSuccessfulSyncTime); walked && gap > regularGap {
		return true
	}
	return age+gap > SiteMaxAge(s.Customer)
}

// SiteMaxAge is how old a customer's walk may get: what spec.collection.siteMaxAge says, but no more than
// spec.staleAfter, from which on its figures are stale.
func SiteMaxAge(customer *v1alpha1.WebexCustomerAccess) time.Duration {
	most := defaultSiteMaxAge
	if c := customer.Spec.Collection; c != nil && c.SiteMaxAge != nil {
		most = c.SiteMaxAge.Duration
	}
	return min(most, StaleAfter(customer))
}

// StaleAfter is the age from which on a customer's figures are stale.
func StaleAfter(customer *v1alpha1.WebexCustomerAccess) time.Duration {
	if d := customer.Spec.StaleAfter; d != nil {
		return d.Duration
	}
	return defaultStaleAfter
}
