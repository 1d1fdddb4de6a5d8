package prometheus

import (
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// dashboard is what of a file of config/grafana asks Prometheus.
type dashboard struct {
	UID        string `json:"uid"`
	Templating struct {
		List []struct {
			Name, Type, Definition, AllValue string
			Multi                            bool
		}
	} `json:"templating"`
	Panels []struct {
		Title   string
		Targets []struct{ RefID, Expr string }
	} `json:"panels"`
}

func dashboards(t *testing.T) (found []dashboard) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(repository, "config", "grafana", "*.json"))
	if err != nil || len(paths) == 0 {
		t.Fatal("there are no dashboards", err)
	}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var d dashboard
		if err := json.Unmarshal(content, &d); err != nil {
			t.Fatal(path, err)
		}
		found = append(found, d)
	}
	return found
}

const (
	busy     = "acme"                 // the customer to which everything happens
	assigned = "Webex Meetings Suite" // the licence of which it uses more and more
)

// Each query of each dashboard has an answer once everything happened that the panels are about.
func TestDashboards(t *testing.T) {
	t.Parallel()
	w := cluster.NewWorld(t, Options{
		Rules: filepath.Join("..", "alerts", "rules_scaled.yaml"),
		Sim:   webexsim.Options{RefreshTokenLifetime: 10 * 24 * time.Hour}, Arguments: []string{"--enable-assignment"},
	})
	eventfulDay(w)
	for _, d := range dashboards(t) {
		d.check(t, w, func(query string) bool { return !asksForRows(query) })
	}
}

// The dashboard of locations asks kube-state-metrics for nearly all, and has answers from what that says about the objects of
// test/kubestatemetrics.
func TestLocationDashboard(t *testing.T) {
	t.Parallel()
	metrics, err := os.ReadFile(filepath.Join(repository, "test", "kubestatemetrics", "testdata", "metrics.txt"))
	if err != nil {
		t.Fatal(err)
	}
	stateMetrics := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(metrics) }))
	t.Cleanup(stateMetrics.Close)
	directory := t.TempDir()
	token := filepath.Join(directory, "token")
	if err := os.WriteFile(token, []byte("any"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := startServer(t.Context(), directory, repository, scrape{target: stateMetrics.Listener.Addr().String(), tokenFile: token, interval: scrapeInterval})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.process.Kill)
	asked := 0
	for _, d := range dashboards(t) {
		asked += d.check(t, &World{t: t, prometheus: p}, asksForRows)
	}
	if asked == 0 {
		t.Error("no dashboard asks for rows")
	}
}

// asksForRows says whether a query needs kube-state-metrics.
func asksForRows(query string) bool { return strings.Contains(query, "kube_webexlicense_") }

// check asks each query of each panel that can be asked here, and says how many these are.
func (d *dashboard) check(t *testing.T, w *World, here func(query string) bool) (asked int) {
	var values *strings.Replacer
	for _, panel := range d.Panels {
		for _, target := range panel.Targets {
			if !here(target.Expr) {
				continue
			}
			if asked++; values == nil {
				values = d.values(w, here)
			}
			t.Run(strings.Join([]string{d.UID, panel.Title, target.RefID}, "/"), func(t *testing.T) {
				query := values.Replace(hurried(target.Expr))
				w.AwaitQuery(query)
				if answer := w.Query(query); !slices.ContainsFunc(answer, func(s *model.Sample) bool { return !math.IsNaN(float64(s.Value)) }) {
					t.Errorf("%s: no number in %v", query, answer)
				}
			})
		}
	}
	return asked
}

// values are what Grafana puts in place of variables: all that there is, or the busy customer and its licence. Each has
// values to choose from.
func (d *dashboard) values(w *World, here func(query string) bool) *strings.Replacer {
	w.t.Helper()
	values := []string{"$__rate_interval", "1m", "$__interval", "1s", "$__range", "1m"}
	one := map[string]string{"customer": busy, "license": assigned}
	for _, v := range d.Templating.List {
		if v.Type != "query" {
			continue
		}
		value := ".*"
		if !v.Multi {
			value = one[v.Name]
		}
		// Those that a variable's own query uses come before it.
		metric := regexp.MustCompile(`^label_values\((.*), \w+\)$`).ReplaceAllString(v.Definition, "$1")
		if here(metric) {
			w.AwaitQuery(strings.NewReplacer(values...).Replace(metric))
		}
		values = append(values, "$"+v.Name, value)
	}
	return strings.NewReplacer(values...)
}

// hurried makes a day of the queries a second: a test cannot wait for a week of history.
func hurried(query string) string {
	return strings.NewReplacer("[7d:1h]", "[7s:1s]", "offset 1d", "offset 1s", "[1h]", "[1m]").Replace(query)
}

// eventfulDay lets happen what panels are about: licences that fill and are over-assigned, credentials that are refused
// and about to end, removals that are held, a partner that reports, schedules that run and do not, a Webex that asks to wait.
func eventfulDay(w *World) {
	w.t.Helper()
	acme := w.Sim.AddOrganization(webexsim.StandardOrganization())
	token := w.Sim.IssueToken(webexsim.TokenSpec{Organization: acme.UUID(), Owner: busy, WithRefresh: true})
	w.must("selling few units", acme.SetTotal(assigned, acme.Truth().License(assigned).Consumed+3))
	w.AddAccess(busy, map[string]string{"clientID": token.ClientID, "clientSecret": token.ClientSecret, "refreshToken": token.Refresh},
		func(c *v1alpha1.WebexCustomerAccess) { c.Spec.HierarchyPath = "hcs.emea"; w.writes(c, acme.UUID()) })
	w.AddCustomer("initech", webexsim.OverAssignedOrganization())
	w.AddCustomer("resting", webexsim.Generate(webexsim.GeneratorOptions{Seed: 1, People: 10}), func(c *v1alpha1.WebexCustomerAccess) { c.Spec.Suspend = new(true) })
	held := w.AddCustomer("held", webexsim.Generate(webexsim.GeneratorOptions{Seed: 2, People: 30}))
	refused := w.AddCustomer("refused", webexsim.Generate(webexsim.GeneratorOptions{Seed: 3, People: 10}))
	w.partner("provider", w.Sim.AddPartner(partnerSpec("provider", 1)).Token.Access, v1alpha1.PartnerModeReport)
	w.AwaitSynced(busy, "initech", "held", "refused")

	w.schedules()
	w.failedChange(acme)
	for _, license := range held.Truth().Licenses {
		w.must("taking a licence away", held.DropLicense(license.ID))
	}
	w.Sync("held")
	w.Await("removals that are held", func() bool { return w.Customer("held").Status.HeldPrune != nil })
	w.Sim.AddRule(webexsim.Rule{Organization: refused.UUID(), Status: 401})
	w.Sync("refused")
	for person := 12; person < 14; person++ {
		w.AwaitScrape()
		w.must("assigning a licence", acme.AssignLicense(person, assigned))
		w.Sync(busy)
	}
	w.AwaitScrape()
	w.Sim.AddRule(webexsim.Rule{Organization: acme.UUID(), Status: 429, RetryAfter: webexsim.RetryAfterSeconds, For: 10 * time.Minute})
	w.Create(&v1alpha1.LicenseSync{
		ObjectMeta: w.Meta(busy + "-waits"), Spec: v1alpha1.LicenseSyncSpec{CustomerAccessRef: v1alpha1.LocalCustomerReference{Name: busy}},
	})
	w.Await("a pause that Webex asked for", func() bool { return w.Customer(busy).Status.NotBefore != nil })
	w.AwaitScrape()
}

// failedChange lets an assignment of the busy customer try to give a person a licence, whom Webex does not know then.
func (w *World) failedChange(organization *webexsim.Organization) {
	w.t.Helper()
	gone := w.Sim.AddRule(webexsim.Rule{Operation: webexsim.OperationAssign, Status: http.StatusNotFound})
	w.Create(&v1alpha1.WebexLicenseAssignment{
		ObjectMeta: w.Meta("sales"),
		Spec: v1alpha1.WebexLicenseAssignmentSpec{
			CustomerAccessRef: v1alpha1.LocalCustomerReference{Name: busy}, License: v1alpha1.LicenseSelector{Name: assigned},
			Subjects: v1alpha1.Subjects{Emails: []string{organization.PersonEmail(20)}}, Mode: v1alpha1.AssignmentModeEnforce,
		},
	})
	w.Await("a change that failed", func() bool { return len(w.assigned("sales").Status.Failures) > 0 })
	w.Sim.RemoveRule(gone)
	w.Patch(w.assigned("sales"), `{"spec":{"mode":"Report"}}`)
}

// schedules creates one that runs at once, one that will, and one whose only slot is missed, and waits for them.
func (w *World) schedules() {
	w.t.Helper()
	soon := metav1.NewTime(time.Now().Add(2 * time.Second).Truncate(time.Second))
	create := func(name string, spec v1alpha1.LicenseSyncScheduleSpec) *v1alpha1.LicenseSyncSchedule {
		spec.CustomerAccessRef = &v1alpha1.LocalCustomerReference{Name: "initech"}
		s := &v1alpha1.LicenseSyncSchedule{ObjectMeta: w.Meta(name), Spec: spec}
		w.Create(s)
		return s
	}
	create("nightly", v1alpha1.LicenseSyncScheduleSpec{Schedule: "15 2 * * *"})
	once := create("once", v1alpha1.LicenseSyncScheduleSpec{At: []metav1.Time{soon}})
	missed := create("missed", v1alpha1.LicenseSyncScheduleSpec{At: []metav1.Time{soon}, Suspend: new(true), StartingDeadlineSeconds: 1})
	w.Await("a scheduled run", func() bool {
		w.Get(once)
		return once.Status.LastSuccessfulTime != nil
	})
	w.Await("a slot that is too old", func() bool { return time.Since(soon.Time) > 2*time.Second })
	w.Patch(missed, `{"spec":{"suspend":false}}`)
	w.Await("a missed slot", func() bool {
		w.Get(missed)
		return missed.Status.LastMissedTime != nil
	})
}
