package prometheus

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// rules is the copy of config/prometheus/prometheusrule.yaml in which time goes 150 times faster: 15 minutes take 6 s.
const rules = "../alerts/rules_scaled.yaml"

// pool is the licence that the tests buy and assign.
const pool = "Webex Calling - Professional"

// scenario is what makes an alert fire for an object of this name, and what ends it.
type scenario struct {
	alert, name string
	// also is another alert that the same cause leads to.
	also  string
	setup func(w *World)
	cause func(w *World)
	cure  func(w *World)
}

// Each alert about customers, schedules, assignments and partners fires for the one that has the trouble and for no other, and resolves when
// the trouble is over.
func TestAlerts(t *testing.T) {
	t.Parallel()
	world := cluster.NewWorld(t, Options{
		Rules: rules, Sim: webexsim.Options{KeepRefreshEnd: true}, Arguments: []string{"--enable-assignment"},
	})
	begin := time.Now()
	scenarios := slices.Concat(troubles(), credentials(), capacities(), schedules(), assignments(), partners())
	t.Run("all", func(t *testing.T) {
		for _, s := range scenarios {
			t.Run(s.alert, func(t *testing.T) {
				t.Parallel()
				s.play(world.On(t))
			})
		}
	})
	want := map[string]bool{}
	for _, s := range scenarios {
		want[s.alert+" "+s.name] = true
		if s.also != "" {
			want[s.also+" "+s.name] = true
		}
	}
	for fired := range world.ever("firing", begin) {
		if !want[fired] {
			t.Errorf("an alert fired without a cause: %s", fired)
		}
		delete(want, fired)
	}
	for missing := range want {
		t.Errorf("never fired: %s", missing)
	}
}

func (s scenario) play(w *World) {
	s.setup(w)
	w.AwaitScrape()
	if active := w.Query(s.selector(s.alert)); len(active) > 0 {
		w.t.Errorf("before its cause: %v", active)
	}
	s.cause(w)
	w.AwaitQuery(s.selector(s.alert) + ` == 1 and ` + s.selector(s.alert, `alertstate="firing"`))
	if s.also != "" {
		w.AwaitQuery(s.selector(s.also, `alertstate="firing"`))
	}
	s.cure(w)
	w.awaitResolved(s.selector(s.alert))
	if s.also != "" {
		w.awaitResolved(s.selector(s.also))
	}
}

func (s scenario) selector(alert string, matchers ...string) string {
	label := "name"
	if alert == "WebexLicensePoolRunsOut" {
		label = "customer"
	}
	matchers = append(matchers, fmt.Sprintf("alertname=%q", alert), fmt.Sprintf("%s=%q", label, s.name))
	return "ALERTS{" + strings.Join(matchers, ",") + "}"
}

// ever are the alerts, with the objects they were about, that were in a state since a time.
func (w *World) ever(state string, since time.Time) map[string]bool {
	w.t.Helper()
	found := map[string]bool{}
	for _, sample := range w.Query(fmt.Sprintf(`max_over_time(ALERTS{alertstate=%q}[%dms])`, state, time.Since(since).Milliseconds())) {
		about := sample.Metric["name"]
		if customer, ok := sample.Metric["customer"]; ok {
			about = customer
		}
		found[strings.TrimSpace(string(sample.Metric[model.AlertNameLabel]+" "+about))] = true
	}
	return found
}

// customer adds one with the sample organization.
func (w *World) customer(name string, change ...func(*v1alpha1.WebexCustomerAccess)) {
	w.t.Helper()
	w.AddCustomer(name, organization(name), change...)
	w.AwaitSynced(name)
}

// organization is the sample organization with an id of its own.
func organization(name string) webexsim.OrganizationSpec {
	spec := webexsim.StandardOrganization()
	spec.UUID, spec.Name = uuid(name), name
	return spec
}

func uuid(name string) string {
	return fmt.Sprintf("%08x-0000-4000-8000-%012x", len(name), []byte(fmt.Sprintf("%.6s", name+"......")))
}

func (w *World) org(name string) *webexsim.Organization { return w.Sim.Organization(uuid(name)) }

// fail lets Webex answer all requests about a customer with a status.
func (w *World) fail(name string, status int) {
	w.Sim.AddRule(webexsim.Rule{ID: name, Organization: uuid(name), Status: status})
}

// sync runs a customer, which has to succeed or not.
func (w *World) sync(name string, want bool) {
	w.t.Helper()
	if w.Sync(name) != want {
		w.t.Errorf("a run of %s: success %v, want %v; the customer: %+v", name, !want, want, w.Customer(name).Status.LastRun)
	}
}

func troubles() []scenario {
	return []scenario{
		{
			// Webex fails for longer than the figures may be old.
			alert: "WebexLicenseDataStale", name: "stale", also: "WebexLicenseSyncFailing",
			setup: func(w *World) {
				w.customer("stale", func(c *v1alpha1.WebexCustomerAccess) { c.Spec.StaleAfter = &metav1.Duration{Duration: time.Minute} })
			},
			cause: func(w *World) { w.fail("stale", http.StatusServiceUnavailable); w.sync("stale", false) },
			cure:  func(w *World) { w.Sim.RemoveRule("stale"); w.sync("stale", true) },
		},
		{
			// The token lost a right.
			alert: "WebexLicenseSyncFailing", name: "forbidden",
			setup: func(w *World) { w.customer("forbidden") },
			// A no is believed when it was said twice.
			cause: func(w *World) {
				w.fail("forbidden", http.StatusForbidden)
				w.sync("forbidden", false)
				w.sync("forbidden", false)
			},
			cure: func(w *World) { w.Sim.RemoveRule("forbidden"); w.sync("forbidden", true) },
		},
		{
			// All licences are gone, and a person says that this is right.
			alert: "WebexLicensePruneHeld", name: "pruned",
			setup: func(w *World) { w.customer("pruned") },
			cause: func(w *World) { w.org("pruned").RemoveAllLicenses(); w.sync("pruned", true) },
			cure: func(w *World) {
				held := w.Customer("pruned")
				w.Patch(held, `{"metadata":{"annotations":{%q:%q}}}`, v1alpha1.AnnotationApprovePrune, held.Status.HeldPrune.Token)
			},
		},
	}
}

func credentials() []scenario {
	renew := func(w *World, name string, keys map[string]string) {
		patch, err := json.Marshal(map[string]any{"stringData": keys})
		w.must("writing a patch", err)
		w.Patch(&corev1.Secret{ObjectMeta: w.Meta(name)}, "%s", patch)
	}
	authorize := func(w *World, life time.Duration) map[string]string {
		token := w.Sim.IssueToken(webexsim.TokenSpec{Organization: uuid("ending"), Owner: "ending", WithRefresh: true, RefreshExpiresIn: life})
		return map[string]string{"clientID": token.ClientID, "clientSecret": token.ClientSecret, "refreshToken": token.Refresh}
	}
	return []scenario{
		{
			// A person revokes the token, and puts another one into the Secret. The operator runs by itself.
			alert: "WebexLicenseCredentialsRefused", name: "refused",
			setup: func(w *World) { w.customer("refused") },
			cause: func(w *World) {
				secret := &corev1.Secret{ObjectMeta: w.Meta("refused")}
				w.Get(secret)
				w.Sim.RevokeToken(string(secret.Data["accessToken"]))
				w.sync("refused", false)
			},
			cure: func(w *World) {
				token := w.Sim.IssueToken(webexsim.TokenSpec{Organization: uuid("refused"), Owner: "refused"})
				renew(w, "refused", map[string]string{"accessToken": token.Access})
			},
		},
		{
			// The refresh token lives an hour, which is 6 days at this speed, until a person authorizes again.
			alert: "WebexLicenseCredentialsEnding", name: "ending",
			setup: func(w *World) {
				w.Sim.AddOrganization(organization("ending"))
				w.AddAccess("ending", authorize(w, 90*24*time.Hour))
				w.AwaitSynced("ending")
			},
			cause: func(w *World) { renew(w, "ending", authorize(w, time.Hour)); w.sync("ending", true) },
			cure:  func(w *World) { renew(w, "ending", authorize(w, 90*24*time.Hour)); w.sync("ending", true) },
		},
	}
}

func capacities() []scenario {
	// buy makes the pool so large that some percent of it are in use.
	buy := func(w *World, name string, percent int) {
		consumed := w.org(name).Truth().License(pool).Consumed
		w.must("changing the pool", w.org(name).SetTotal(pool, consumed*100/percent))
		w.sync(name, true)
	}
	// hire gives the licence to so many more people.
	hire := func(w *World, name string, people ...int) {
		for _, person := range people {
			w.must("assigning a licence", w.org(name).AssignLicense(person, pool))
		}
		w.sync(name, true)
	}
	return []scenario{
		{
			alert: "WebexLicenseCapacityWarning", name: "warning",
			setup: func(w *World) { w.customer("warning"); hire(w, "warning", 10, 11, 12, 13, 14, 15, 16) },
			cause: func(w *World) { buy(w, "warning", 83) },
			cure:  func(w *World) { buy(w, "warning", 20) },
		},
		{
			alert: "WebexLicenseCapacityCritical", name: "critical",
			setup: func(w *World) { w.customer("critical") },
			cause: func(w *World) { buy(w, "critical", 150) },
			cure:  func(w *World) { buy(w, "critical", 20) },
		},
		{
			// More people with each run, until the customer buys enough licences.
			alert: "WebexLicensePoolRunsOut", name: "growing",
			setup: func(w *World) {
				w.customer("growing")
				w.AwaitQuery(`count_over_time(webexlicense_units{customer="growing"}[10m:8s])`)
			},
			cause: func(w *World) {
				for night := range 4 {
					person := 10 + 4*night
					hire(w, "growing", person, person+1, person+2, person+3)
					// As far apart as the rule looks: 20 minutes of it.
					w.AwaitQuery(fmt.Sprintf(`changes(webexlicense_units{customer="growing",license=%q,state="consumed"}[10m:8s]) > %d`, pool, night))
				}
			},
			cure: func(w *World) {
				w.must("changing the pool", w.org("growing").SetTotal(pool, 1_000_000))
				w.sync("growing", true)
			},
		},
	}
}

func schedules() []scenario {
	schedule := func(w *World) *v1alpha1.LicenseSyncSchedule {
		return &v1alpha1.LicenseSyncSchedule{
			ObjectMeta: w.Meta("nightly"),
			Spec: v1alpha1.LicenseSyncScheduleSpec{
				CustomerAccessRef: &v1alpha1.LocalCustomerReference{Name: "night"}, Schedule: "30 2 * * *", TimeZone: "Europe/Berlin",
			},
		}
	}
	return []scenario{{
		alert: "WebexLicenseScheduleStalled", name: "nightly",
		setup: func(w *World) { w.customer("night"); w.Create(schedule(w)) },
		cause: func(w *World) { w.Patch(schedule(w), `{"spec":{"timeZone":"Europe/Atlantis"}}`) },
		cure:  func(w *World) { w.Patch(schedule(w), `{"spec":{"timeZone":"Europe/Berlin"}}`) },
	}}
}
