package prometheus

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// The alerts about the operator as a whole, one after the other.
func TestOperatorAlerts(t *testing.T) {
	t.Parallel()
	w := cluster.NewWorld(t, Options{Rules: rules})
	begin := time.Now()
	for _, name := range []string{"alpha", "beta", "gamma"} {
		w.customer(name)
	}
	w.expectStorm("alpha", "beta", "gamma")
	w.expectOutage("alpha")
	w.expectBlindness()
	want := map[string]bool{"WebexLicenseListingFailing": true, "WebexLicenseRequestBudget": true, "WebexLicenseOperatorDown": true, "WebexLicenseScheduleLate": true}
	fired := w.ever("firing", begin)
	for alert := range want {
		if !fired[alert] {
			t.Errorf("never fired: %s", alert)
		}
	}
	for alert := range fired {
		if !want[alert] {
			t.Errorf("an alert fired without a cause: %s", alert)
		}
	}
}

// expectStorm lets Webex put off most requests for a while.
func (w *World) expectStorm(names ...string) {
	w.t.Helper()
	const alert = `ALERTS{alertname="WebexLicenseRequestBudget"}`
	storm := w.Sim.AddRule(webexsim.Rule{
		Operation: "GET /people", Status: http.StatusTooManyRequests, RetryAfter: webexsim.RetryAfterSeconds, Header: map[string]string{"Retry-After": "1"},
	})
	var runs []*v1alpha1.LicenseSync
	for _, name := range names {
		run := &v1alpha1.LicenseSync{ObjectMeta: w.Meta(name + "-storm"), Spec: v1alpha1.LicenseSyncSpec{
			CustomerAccessRef: v1alpha1.LocalCustomerReference{Name: name},
		}}
		w.Create(run)
		runs = append(runs, run)
	}
	w.AwaitQuery(alert + ` and ALERTS{alertstate="firing"}`)
	w.Sim.RemoveRule(storm)
	for _, run := range runs {
		w.Await("the end of "+run.Name, func() bool {
			w.Get(run)
			return isTrue(run.Status.Conditions, v1alpha1.ConditionComplete)
		})
	}
	w.awaitResolved(alert)
}

// expectOutage kills the operator before a slot of a schedule, and starts it after.
func (w *World) expectOutage(name string) {
	w.t.Helper()
	const outage, late = `ALERTS{alertname="WebexLicenseOperatorDown"}`, `ALERTS{alertname="WebexLicenseScheduleLate"}`
	w.Create(&v1alpha1.LicenseSyncSchedule{ObjectMeta: w.Meta("once"), Spec: v1alpha1.LicenseSyncScheduleSpec{
		CustomerAccessRef: &v1alpha1.LocalCustomerReference{Name: name}, At: []metav1.Time{metav1.NewTime(time.Now().Add(3 * time.Second))},
	}})
	w.AwaitScrape()
	w.KillManager()
	w.AwaitQuery(outage + ` and ALERTS{alertstate="firing"}`)
	w.StartManager()
	w.awaitResolved(outage)
	w.AwaitQuery(late + ` and ALERTS{alertstate="firing"}`)
	w.awaitResolved(late)
}

// expectBlindness starts the operator with a namespace in which nothing can be listed, since no
// path may have its name. The state that it does not have yet is not reported either.
func (w *World) expectBlindness() {
	w.t.Helper()
	const blind, outage = `ALERTS{alertname="WebexLicenseListingFailing"}`, `ALERTS{alertname="WebexLicenseOperatorDown"}`
	w.KillManager()
	sighted := w.options.Arguments
	w.options.Arguments = append(slices.Clone(sighted), "--watch-namespaces="+w.Namespace+",a/b")
	w.StartManager()
	w.AwaitQuery(blind + ` and ALERTS{alertstate="firing"}`)
	w.KillManager()
	w.options.Arguments = sighted
	w.StartManager()
	w.awaitResolved(blind)
	w.awaitResolved(outage)
}

// On a healthy day no alert fires, and none is about to: customers are synced by a schedule, people come, licences are
// renamed, Webex hiccups, and the operator is restarted twice.
func TestHealthyDay(t *testing.T) {
	t.Parallel()
	w := cluster.NewWorld(t, Options{Rules: rules, Arguments: []string{"--leader-elect", "--leader-election-namespace=" + systemNamespace}})
	names := []string{"monday", "tuesday", "wednesday"}
	for _, name := range names {
		w.customer(name)
	}
	w.AwaitScrape()
	begin := time.Now()
	schedule := w.often(9, 10*time.Second)
	longest := time.Duration(0)
	for i, slot := range schedule.Spec.At {
		w.Await(fmt.Sprintf("slot %d", i), func() bool { return w.dealtWith(schedule, slot.Time, len(names)) })
		name := names[i%len(names)]
		switch i {
		case 1, 2, 4:
			w.must("assigning a licence", w.org(name).AssignLicense(10+i, pool))
		case 3, 6:
			longest = max(longest, w.restart())
		case 5:
			w.must("renaming a licence", w.org(name).RenameLicense("Webex Meetings Suite", "Webex Suite"))
		case 7:
			w.Sim.AddRule(webexsim.Rule{Operation: "GET /locations", Status: http.StatusBadGateway, Times: 1})
		}
	}
	w.AwaitScrape()
	if answer := w.Query(`sum(webexlicense_cache_objects{kind="LicenseSync"})`); len(answer) != 1 || answer[0].Value < 9 {
		t.Errorf("%v runs are left of a day of them", answer)
	}
	firing, pending := w.ever("firing", begin), w.ever("pending", begin)
	delete(pending, "WebexLicenseOperatorDown") // while it restarts
	// Time passes faster for the rules than for this machine, so that they may be right about what is slow on it.
	if longest > down {
		t.Logf("a restart took %v, which is %v at this speed", longest, longest*150)
		delete(firing, "WebexLicenseOperatorDown")
	}
	const skew = `webexlicense_schedule_skew_seconds_bucket`
	if late := w.Query(`sum(increase(` + skew + `{le="+Inf"}[5m])) - sum(increase(` + skew + `{le="0.25"}[5m])) > 0`); len(late) > 0 {
		t.Logf("%v scheduled runs were more than 0.25 s late, which is 37 s at this speed", late[0].Value)
		delete(firing, "WebexLicenseScheduleLate")
		delete(pending, "WebexLicenseScheduleLate")
	}
	for alert := range firing {
		t.Errorf("fired on a healthy day: %s", alert)
	}
	for alert := range pending {
		t.Errorf("was about to fire on a healthy day: %s", alert)
	}
}

// down is how long the operator may be down before an alert says so.
const down = 4 * time.Second

// restart ends the manager and starts another one, and says for how long there was none at most.
func (w *World) restart() time.Duration {
	w.t.Helper()
	begin := time.Now()
	w.StopManager()
	w.StartManager()
	w.AwaitScrape()
	return time.Since(begin)
}

// often creates a schedule of all customers with so many slots.
func (w *World) often(slots int, apart time.Duration) *v1alpha1.LicenseSyncSchedule {
	w.t.Helper()
	first := time.Now().Add(5 * time.Second).Truncate(time.Second)
	schedule := &v1alpha1.LicenseSyncSchedule{ObjectMeta: w.Meta("often"), Spec: v1alpha1.LicenseSyncScheduleSpec{
		CustomerAccessSelector: &metav1.LabelSelector{},
	}}
	for i := range slots {
		schedule.Spec.At = append(schedule.Spec.At, metav1.NewTime(first.Add(time.Duration(i)*apart)))
	}
	w.Create(schedule)
	return schedule
}

// dealtWith tells whether all customers of a schedule have been synced for a slot.
func (w *World) dealtWith(schedule *v1alpha1.LicenseSyncSchedule, slot time.Time, customers int) bool {
	w.t.Helper()
	w.Get(schedule)
	last, targets := schedule.Status.LastScheduleTime, schedule.Status.Targets
	return last != nil && !last.Time.Before(slot) && targets != nil && targets.Succeeded != nil && int(*targets.Succeeded) == customers
}
