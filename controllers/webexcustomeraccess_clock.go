package controllers

import (
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/internal/rows"
	"github.com/webex-operator/webex-license-operator/internal/skew"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// figureTimes are the fields of the status that say how old figures are.
var figureTimes = []string{"status.lastSuccessfulSyncTime", "status.lastWalkTime"}

// doubtedFigures are those of the doubted times by which the age of figures is told.
func (s *customerScope) doubtedFigures() []string {
	return slices.DeleteFunc(s.doubted(), func(field string) bool { return !slices.Contains(figureTimes, field) })
}

// doubted are the times of the customer's status that lie further ahead than they can. None of them decides anything, and
// the next run writes most of them anew.
func (s *customerScope) doubted() []string {
	known := s.customer.Status
	type stored struct {
		field string
		at    *metav1.Time
		most  time.Duration
	}
	times := []stored{
		{"status.lastSuccessfulSyncTime", known.LastSuccessfulSyncTime, 0},
		{"status.lastWalkTime", known.LastWalkTime, 0},
		{"status.notBefore", known.NotBefore, webex.LongestWait},
	}
	if rows.CollectedDataVersion(s.customer) < s.upgrade.version {
		times = append(times, stored{"status.upgradeRunTime", known.UpgradeRunTime, s.upgrade.spread})
	}
	if last := known.LastRun; last != nil {
		times = append(times, stored{"status.lastRun.endTime", last.EndTime, 0})
		if last.Verdict != nil {
			times = append(times, stored{"status.lastRun.verdict.time", last.Verdict.Time, 0})
		}
	}
	if c := known.Credentials; c != nil {
		times = append(times, stored{"status.credentials.accessTokenExpirationTime", c.AccessTokenExpirationTime, access.LongestLife},
			stored{"status.credentials.refreshTokenExpirationTime", c.RefreshTokenExpirationTime, access.LongestLife})
		if c.Refusal != nil {
			times = append(times, stored{"status.credentials.refusal.usableUntil", c.Refusal.UsableUntil, access.LongestLife})
		}
	}
	var doubted []string
	for _, t := range times {
		if t.at != nil && skew.Believed(t.at, s.now, t.most) == nil {
			doubted = append(doubted, t.field)
		}
	}
	return doubted
}
