package controllers

import (
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/status"
)

func TestLeadOf(t *testing.T) {
	t.Parallel()
	end := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		before, next time.Duration
		lead         int32
	}{
		"a quarter":            {90 * day, 30 * day, 0},
		"a second before":      {30*day + time.Second, 30 * day, 0},
		"30 days":              {30 * day, 14 * day, 30},
		"15 days":              {15 * day, 14 * day, 30},
		"14 days":              {14 * day, 7 * day, 14},
		"a week":               {7 * day, day, 7},
		"a second over a day":  {day + time.Second, day, 7},
		"a day":                {day, 0, 1},
		"a second":             {time.Second, 0, 1},
		"over":                 {0, -1, 1},
		"over since yesterday": {-day, -1, 1},
	} {
		lead, next := leadOf(end, end.Add(-test.before))
		want := end.Add(-test.next)
		if test.next < 0 {
			want = time.Time{}
		}
		NewWithT(t).Expect(lead).To(Equal(test.lead), name)
		NewWithT(t).Expect(next).To(Equal(want), name)
	}
}

// warned is a customer of which nothing is kept but its status: each look at it is
// that of a new process.
type warned struct {
	*WithT
	status v1alpha1.WebexCustomerAccessStatus
	events []string
}

func newWarned(t *testing.T, credentials *v1alpha1.CredentialsStatus) *warned {
	w := &warned{WithT: NewWithT(t), status: syncedScope().customer.Status}
	credentials.ObservedSecretResourceVersion = "7"
	w.status.Credentials = credentials
	return w
}

// look is a reconcile at a time. It returns when the next one is asked for.
func (w *warned) look(now time.Time) time.Duration {
	s := syncedScope()
	s.customer.Status, s.now = *w.status.DeepCopy(), now
	conditions := status.Merge(w.status.Conditions, s.conditions(), 2, metav1.NewTime(now))
	var expiring []news
	w.status.ExpiryWarning, expiring = s.warnOfExpiry(meta.FindStatusCondition(conditions, v1alpha1.ConditionCredentialsValid))
	current := v1alpha1.WebexCustomerAccessStatus{Conditions: conditions, Told: &s.told}
	for _, n := range append(customerChange{customer: s.customer, old: &w.status, current: &current}.news(), expiring...) {
		if n.reason != v1alpha1.ReasonStale && n.reason != v1alpha1.ReasonSynced {
			w.events = append(w.events, n.eventType+" "+n.reason+": "+n.note)
		}
	}
	w.status.Conditions, w.status.Told = conditions, &s.told
	return s.after
}

func (w *warned) valid() string {
	c := meta.FindStatusCondition(w.status.Conditions, v1alpha1.ConditionCredentialsValid)
	return string(c.Status) + " " + c.Reason + ": " + c.Message
}

// A person is warned four times, exactly when it is time, however often and by
// however many processes the customer is looked at.
func TestExpiryIsToldOnceForEachLead(t *testing.T) {
	t.Parallel()
	begin := syncedScope().now
	end := begin.Add(90 * day)
	w := newWarned(t, &v1alpha1.CredentialsStatus{Kind: v1alpha1.CredentialKindIntegration, RefreshTokenExpirationTime: new(metav1.NewTime(end))})
	const message = `unless a run renews it: create a LicenseSync; if the date stays, authorize again and put the new refreshToken into Secret "token"`
	ends := fmt.Sprintf("the refresh token ends on %s %s", end.UTC().Format("2006-01-02"), message)
	told := func(days ...string) []string {
		var want []string
		for _, d := range days {
			want = append(want, "Warning ExpiresSoon: "+ends+" ("+d+" left, or less)")
		}
		return want
	}

	w.look(begin.Add(3 * day)) // stale figures are behind us
	w.Expect(w.valid()).To(Equal("True Accepted: Webex accepted the credentials"))
	looks := 0
	var when []time.Duration
	for now := begin.Add(3 * day); now.Before(end); {
		before := len(w.events)
		after := w.look(now)
		if looks++; len(w.events) > before {
			when = append(when, end.Sub(now))
			w.Expect(w.valid()).To(Equal("True ExpiresSoon: " + ends))
			w.look(now) // a restart
		}
		w.Expect(after).To(BeNumerically(">", 0), "it is looked at again")
		now = now.Add(after)
	}
	w.Expect(looks).To(Equal(5), "each look is worth it")
	w.Expect(when).To(Equal([]time.Duration{30 * day, 14 * day, 7 * day, day}))
	w.Expect(w.events).To(Equal(told("30 days", "14 days", "7 days", "1 day")))

	w.Expect(w.look(end)).To(BeZero())
	w.Expect(w.valid()).To(ContainSubstring("the refresh token ended on "))
	w.Expect(w.events).To(HaveLen(4), "it is too late for warnings")

	w.status.Credentials.RefreshTokenExpirationTime = new(metav1.NewTime(end.Add(90 * day)))
	w.look(end)
	w.Expect(w.status.ExpiryWarning).To(BeNil())
	w.Expect(w.events[4]).To(Equal("Normal Accepted: Webex accepted the credentials"))
	w.look(end.Add(75 * day))
	w.Expect(w.events).To(HaveLen(6), "a new token is warned of anew")
	w.Expect(w.events[5]).To(HaveSuffix("(30 days left, or less)"))
}

// Who looks late gets one warning, not all that were missed.
func TestMissedWarnings(t *testing.T) {
	t.Parallel()
	begin := syncedScope().now
	w := newWarned(t, &v1alpha1.CredentialsStatus{Kind: v1alpha1.CredentialKindServiceApp, RefreshTokenExpirationTime: new(metav1.NewTime(begin.Add(5 * day)))})
	w.look(begin)
	w.look(begin.Add(time.Hour))
	w.Expect(w.events).To(ConsistOf(HaveSuffix("(7 days left, or less)")))
}

// Webex tells what is left in seconds, so the end moves with each answer.
func TestWaveringEnd(t *testing.T) {
	t.Parallel()
	begin := syncedScope().now
	end := begin.Add(40 * day)
	w := newWarned(t, &v1alpha1.CredentialsStatus{Kind: v1alpha1.CredentialKindIntegration})
	for hour := range 40*24 - 1 {
		wavering := end.Add(time.Duration(hour*7%11-5) * time.Second)
		w.status.Credentials.RefreshTokenExpirationTime = new(metav1.NewTime(wavering))
		w.look(begin.Add(time.Duration(hour) * time.Hour))
	}
	w.Expect(w.events).To(HaveLen(4), "%v", w.events)
}

// What else may end, and what does not.
func TestOtherEnds(t *testing.T) {
	t.Parallel()
	begin := syncedScope().now
	in := func(d time.Duration) *metav1.Time { return new(metav1.NewTime(begin.Add(d))) }
	for name, test := range map[string]struct {
		credentials v1alpha1.CredentialsStatus
		failed      string
		valid       string
		events      []string
	}{
		"an access token of unknown end": {
			credentials: v1alpha1.CredentialsStatus{Kind: v1alpha1.CredentialKindAccessToken},
			valid:       "True Accepted: Webex accepted the credentials",
		},
		"an access token of known end": {
			credentials: v1alpha1.CredentialsStatus{Kind: v1alpha1.CredentialKindAccessToken, AccessTokenExpirationTime: in(12 * time.Hour)},
			valid:       `True ExpiresSoon: the access token ends on 2026-03-01: put another one into Secret "token"`,
			events:      []string{`Warning ExpiresSoon: the access token ends on 2026-03-01: put another one into Secret "token" (1 day left, or less)`},
		},
		"an access token that is renewed": {
			credentials: v1alpha1.CredentialsStatus{Kind: v1alpha1.CredentialKindIntegration, AccessTokenExpirationTime: in(time.Hour), RefreshTokenExpirationTime: in(80 * day)},
			valid:       "True Accepted: Webex accepted the credentials",
		},
		"a refresh token of unknown end": {
			credentials: v1alpha1.CredentialsStatus{Kind: v1alpha1.CredentialKindIntegration, AccessTokenExpirationTime: in(time.Hour)},
			valid:       "True Accepted: Webex accepted the credentials",
		},
		"a refused refresh": {
			credentials: v1alpha1.CredentialsStatus{
				Kind: v1alpha1.CredentialKindIntegration, AccessTokenExpirationTime: in(6 * day), RefreshTokenExpirationTime: in(80 * day),
				Refusal: &v1alpha1.CredentialsRefusal{Time: in(0), UsableUntil: in(6 * day), Message: "authorize again"},
			},
			valid:  "True RefreshRefused: the access token ends on 2026-03-07 and cannot be renewed: authorize again",
			events: []string{"Warning RefreshRefused: the access token ends on 2026-03-07 and cannot be renewed: authorize again"},
		},
		"a refused bootstrap": {
			credentials: v1alpha1.CredentialsStatus{
				Kind: v1alpha1.CredentialKindServiceApp, RefreshTokenExpirationTime: in(80 * day),
				Refusal: &v1alpha1.CredentialsRefusal{Time: in(0), Message: "authorize it again"},
			},
			valid:  "True RefreshRefused: authorize it again",
			events: []string{"Warning RefreshRefused: authorize it again"},
		},
		"credentials that do not work": {
			credentials: v1alpha1.CredentialsStatus{Kind: v1alpha1.CredentialKindIntegration, RefreshTokenExpirationTime: in(5 * day)},
			failed:      v1alpha1.ReasonCredentialsRejected,
			valid:       "False CredentialsRejected: it went wrong",
			events:      []string{"Warning CredentialsRejected: it went wrong"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWarned(t, &test.credentials)
			w.look(begin.Add(-time.Minute)) // nothing is told twice
			w.events, w.status.ExpiryWarning, w.status.Conditions = nil, nil, nil
			if test.failed != "" {
				w.status.LastRun.Reason, w.status.LastRun.Message = test.failed, "it went wrong"
			}
			for range 3 {
				w.look(begin)
			}
			w.Expect(w.valid()).To(Equal(test.valid))
			w.Expect(w.events).To(HaveExactElements(test.events))
		})
	}
}

// After a refused refresh the end of the access token is warned of, once more each lead.
func TestRefusedRefreshIsToldToTheEnd(t *testing.T) {
	t.Parallel()
	begin := syncedScope().now
	until := new(metav1.NewTime(begin.Add(9 * day)))
	w := newWarned(t, &v1alpha1.CredentialsStatus{Kind: v1alpha1.CredentialKindIntegration, AccessTokenExpirationTime: until})
	w.look(begin)
	w.status.Credentials.Refusal = &v1alpha1.CredentialsRefusal{Time: new(metav1.NewTime(begin)), UsableUntil: until, Message: "authorize again"}
	for hour := range 9 * 24 {
		w.look(begin.Add(time.Duration(hour) * time.Hour))
		w.Expect(w.valid()).To(HavePrefix("True RefreshRefused: "))
	}
	w.Expect(w.events).To(HaveExactElements(
		HavePrefix("Warning RefreshRefused: "), HaveSuffix("(7 days left, or less)"), HaveSuffix("(1 day left, or less)")))
	w.status.Credentials.Refusal = nil
	w.look(begin.Add(9 * day))
	w.Expect(w.events[3]).To(HavePrefix("Normal Accepted: "))
}
