package day

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

const (
	weekCustomers = 6
	weekDays      = 7
	// proxyHour is how long a proxy answers in Webex' place, from shortly before a slot that all have.
	proxyHour = time.Hour
)

// oddAnswers are single ones that mean nothing: of the service, and of what stands before it.
var oddAnswers = []webexsim.Rule{
	{Status: 400},
	{Status: 403},
	{Status: 404},
	{Status: 405},
	{Status: 409},
	{Status: 410},
	{Status: 451},
	{Status: 401, HTML: true},
	{Status: 403, HTML: true},
	{Status: 404, HTML: true},
	{Status: 407, HTML: true},
	{Status: 403, Body: `{"message":"Forbidden"}`},
	{Status: 403, CutAfter: -1, Truncate: true},
	{Status: http.StatusFound, HTML: true, Header: map[string]string{"Location": "https://login.example.com/"}},
	{Status: http.StatusOK, HTML: true},
}

// TestWeek plays a week in which nothing is wrong with most customers, and a proxy, a gateway and Webex itself say so
// all the same. Two are in real trouble.
func TestWeek(t *testing.T) {
	t.Parallel()
	sim, err := webexsim.New(webexsim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sim, 20000108)
		for i := range weekCustomers {
			cron := "0 2 * * *"
			if i%3 == 0 {
				cron = "0 2-23/3 * * *"
			}
			w.addCustomer(i, cron, 26*time.Hour, walking)
		}
		w.start()
		time.Sleep(55 * time.Minute)
		w.expectFirstRuns()
		begin := time.Now().Truncate(24 * time.Hour) // 2000-01-01
		revoked, denied := w.customers[1], w.customers[2]

		proxied := begin.Add(2*24*time.Hour + 110*time.Minute)
		w.sim.AddRule(webexsim.Rule{From: proxied, Until: proxied.Add(proxyHour), Status: http.StatusForbidden, HTML: true})
		w.oddAnswerEachDay(begin, revoked, denied)
		deniedFrom := begin.Add(3*24*time.Hour + 12*time.Hour)
		deniedUntil := deniedFrom.Add(48 * time.Hour)
		w.sim.AddRule(webexsim.Rule{Organization: denied.uuid, From: deniedFrom, Until: deniedUntil, Operation: "GET /people", Status: http.StatusForbidden})

		time.Sleep(time.Until(begin.Add(24 * time.Hour)))
		w.sim.RevokeToken(revoked.token.Access)
		time.Sleep(time.Until(begin.Add(5 * 24 * time.Hour)))
		w.changeSecret(revoked)
		revoked.mended = time.Now()
		time.Sleep(time.Until(begin.Add(weekDays*24*time.Hour + 12*time.Hour)))
		end := time.Now()
		w.stop()

		for _, c := range w.customers {
			w.expectHealth(c, end)
			if c != revoked && c != denied {
				w.expectNothingHappened(c)
			}
		}
		w.expectOneRefusal(revoked, begin.Add(24*time.Hour))
		w.expectSlowPace(denied, deniedFrom, deniedUntil)
		for _, flaw := range w.runs.flaws {
			t.Error(flaw)
		}
	})
}

// oddAnswerEachDay gives each customer that is in no real trouble one odd answer a day, at a random call.
func (w *world) oddAnswerEachDay(begin time.Time, troubled ...*customer) {
	rng := rand.New(rand.NewPCG(7, 7)) //nolint:gosec // it must repeat itself
	for day := range weekDays {
		for _, c := range w.customers {
			if slices.Contains(troubled, c) {
				continue
			}
			odd := oddAnswers[rng.IntN(len(oddAnswers))]
			odd.Organization, odd.Times, odd.After = c.uuid, 1, rng.IntN(7)
			odd.From = begin.Add(time.Duration(day)*24*time.Hour + time.Duration(rng.Int64N(int64(24*time.Hour))))
			w.sim.AddRule(odd)
		}
	}
}

// expectHealth checks that a customer is fine in the end, by itself.
func (w *world) expectHealth(c *customer, end time.Time) {
	w.t.Helper()
	object, _ := w.store.get(keyOf(&v1alpha1.WebexCustomerAccess{ObjectMeta: objectMeta(c.name)})).(*v1alpha1.WebexCustomerAccess)
	if object == nil {
		w.t.Fatalf("%s is gone", c.name)
	}
	conditions := object.Status.Conditions
	if meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionStalled) || !meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReady) ||
		!meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionDataFresh) {
		w.t.Errorf("%s in the end: %v", c.name, conditions)
	}
	if synced := object.Status.LastSuccessfulSyncTime; synced == nil || end.Sub(synced.Time) > 18*time.Hour {
		w.t.Errorf("%s was last read at %v, and it is %v", c.name, synced, end)
	}
}

// expectNothingHappened checks that a customer never stopped to be ready.
func (w *world) expectNothingHappened(c *customer) {
	w.t.Helper()
	ready := false
	for _, v := range w.verdicts[c.name] {
		if ready && v.ready != metav1.ConditionTrue {
			w.t.Errorf("nothing is wrong with %s, and Ready became %v", c.name, v)
		}
		ready = ready || v.ready == metav1.ConditionTrue
	}
}

// expectOneRefusal checks that a refused token costs one call, and no other before the Secret changes.
func (w *world) expectOneRefusal(c *customer, refused time.Time) {
	w.t.Helper()
	n := c.callsBetween(refused, c.mended)
	w.t.Logf("%s: %d calls with a token that was revoked", c.name, n)
	if n != 1 {
		w.t.Errorf("%s: %d calls with a token that was revoked, want the one that was refused", c.name, n)
	}
	if n := c.callsBetween(c.mended, c.mended.Add(10*time.Second)); n == 0 {
		w.t.Errorf("%s has a new Secret since %v, and was not called within 10 s", c.name, c.mended)
	}
}

// expectSlowPace checks that a no costs one request in 6 hours, and is over within 6.5 hours of its end.
func (w *world) expectSlowPace(c *customer, from, until time.Time) {
	w.t.Helper()
	var known, healed time.Time
	for _, r := range w.runs.records {
		switch {
		case r.customer != c.name || r.finished.IsZero():
		case !r.succeeded && r.finished.After(from) && (known.IsZero() || r.finished.Before(known)):
			known = r.finished
		case r.succeeded && r.finished.After(until) && (healed.IsZero() || r.finished.Before(healed)):
			healed = r.finished
		}
	}
	n := c.callsBetween(known, until)
	w.t.Logf("%s: told no at %v, %d calls until %v, read again at %v", c.name, known, n, until, healed)
	if n == 0 || n > int(until.Sub(known)/(6*time.Hour)) {
		w.t.Errorf("%s: %d calls between %v and %v, want one in 6 hours", c.name, n, known, until)
	}
	if known.IsZero() || healed.IsZero() || healed.Sub(until) > 6*time.Hour+31*time.Minute {
		w.t.Errorf("%s was told no from %v to %v; known at %v, read again at %v", c.name, from, until, known, healed)
	}
}

func (c *customer) callsBetween(from, until time.Time) (n int) {
	for _, at := range c.calls {
		if at.After(from) && at.Before(until) {
			n++
		}
	}
	return n
}
