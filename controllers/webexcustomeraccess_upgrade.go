package controllers

import (
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/rows"
	"github.com/webex-operator/webex-license-operator/internal/skew"
	"github.com/webex-operator/webex-license-operator/internal/status"
	"github.com/webex-operator/webex-license-operator/internal/timetable"
)

// upgradePolicy says when customers run because of an upgrade.
type upgradePolicy struct {
	// version is the data version of this operator.
	version int32
	// spread is over how long the runs are spread.
	spread time.Duration
}

// planUpgrade says when the run is due that an upgrade asks for, if one is. The time is
// stored with the customer, so that neither a restart nor the next upgrade moves it.
func (s *customerScope) planUpgrade() *metav1.Time {
	known := s.customer.Status
	if known.LastSuccessfulSyncTime == nil || rows.CollectedDataVersion(s.customer) >= s.upgrade.version {
		return nil // a first run collects what there is; after a downgrade, rows hold more than is asked for
	}
	if planned := skew.Believed(known.UpgradeRunTime, s.now, s.upgrade.spread); planned != nil {
		return planned
	}
	if ptr.Deref(s.customer.Spec.Suspend, false) || s.secretVersion == "" || !passable(known.LastRun) {
		return nil // it is planned once it could run
	}
	due := s.now.Add(timetable.Offset(s.customer.Namespace, s.customer.Name, s.upgrade.spread))
	return new(metav1.NewTime(status.WholeSecond(due).Truncate(time.Second)))
}

// passable says whether another run may go better than the last one if nothing is changed.
func passable(last *v1alpha1.LastRun) bool {
	return last != nil && (last.Reason == v1alpha1.ReasonSucceeded || failures.Passing(last))
}

// upgradeRun is the run that an upgrade asks for, once it is due. One that failed for a
// passing cause is repeated like a first run.
func upgradeRun(s *customerScope) (wanted *wantedRun, wait time.Duration) {
	planned := s.planUpgrade()
	if planned == nil {
		return nil, 0
	}
	due, last := planned.Time, s.customer.Status.LastRun
	if retry := retryAfter(last, s.now); last.Reason != v1alpha1.ReasonSucceeded && retry.After(due) {
		due = retry
	}
	if s.now.Before(due) {
		return nil, due.Sub(s.now)
	}
	cause := []string{strconv.Itoa(int(s.upgrade.version)), last.EndTime.UTC().Format(time.RFC3339)}
	return &wantedRun{name: runName(s.customer, "upgrade", cause...), trigger: v1alpha1.TriggerUpgrade}, 0
}
