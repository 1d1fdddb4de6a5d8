package metrics

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/shard"
	"github.com/webex-operator/webex-license-operator/internal/webex"
	"github.com/webex-operator/webex-license-operator/internal/zonedata"
)

var noon = metav1.NewTime(time.Date(2026, time.March, 10, 12, 0, 0, 0, time.UTC))

func reader(tb testing.TB, objects ...client.Object) client.Client {
	tb.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		tb.Fatal(err)
	}
	return fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).WithStatusSubresource().Build()
}

func named(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: "tenants", Name: name}
}

func condition(kind string, status metav1.ConditionStatus, reason string) metav1.Condition {
	return metav1.Condition{Type: kind, Status: status, Reason: reason, Message: "m", LastTransitionTime: noon}
}

func license(name string, level v1alpha1.Level, class v1alpha1.LicenseClass) *v1alpha1.WebexLicense {
	return &v1alpha1.WebexLicense{
		ObjectMeta: named(name),
		Spec:       v1alpha1.WebexLicenseSpec{CustomerAccessRef: v1alpha1.LocalCustomerReference{Name: "acme"}, LicenseID: name, Level: level},
		Status: v1alpha1.WebexLicenseStatus{
			Name: "Webex Calling - Professional", Class: class, SubscriptionID: "Sub-1", TotalUnits: new(int64(100)), ConsumedUnits: new(int64(3)),
		},
	}
}

func acme() *v1alpha1.WebexCustomerAccess {
	return &v1alpha1.WebexCustomerAccess{
		ObjectMeta: named("acme"),
		Spec:       v1alpha1.WebexCustomerAccessSpec{HierarchyPath: "hcs.emea", Suspend: new(true)},
		Status: v1alpha1.WebexCustomerAccessStatus{
			Conditions:             []metav1.Condition{condition(v1alpha1.ConditionCapacityOK, metav1.ConditionFalse, v1alpha1.ReasonCritical)},
			Organization:           &v1alpha1.OrganizationStatus{ID: "11111111-2222-4333-8444-555555555555"},
			LastSuccessfulSyncTime: &noon,
			LastWalkTime:           new(metav1.NewTime(noon.Add(-time.Hour))),
			HeldPrune:              &v1alpha1.HeldPrune{Rows: new(int32(7)), Token: "t"},
			Totals:                 &v1alpha1.CustomerTotals{TotalUnits: new(int64(100)), ConsumedUnits: new(int64(3))},
			Credentials:            &v1alpha1.CredentialsStatus{Kind: v1alpha1.CredentialKindIntegration, RefreshTokenExpirationTime: &noon},
		},
	}
}

func TestState(t *testing.T) {
	g := NewWithT(t)
	state := &State{MaxSeries: 4, Reader: reader(
		t, acme(),
		license("calling", v1alpha1.LevelCustomer, v1alpha1.ClassPurchased),
		license("calling-paris", v1alpha1.LevelSite, v1alpha1.ClassPurchased),
		license("free", v1alpha1.LevelCustomer, v1alpha1.ClassIncluded),
		&v1alpha1.LicenseSyncSchedule{ObjectMeta: named("nightly"), Status: v1alpha1.LicenseSyncScheduleStatus{NextScheduleTime: &noon}},
		&v1alpha1.LicenseSync{ObjectMeta: named("new")},
		&v1alpha1.LicenseSync{ObjectMeta: named("running"), Status: v1alpha1.LicenseSyncStatus{
			Conditions: []metav1.Condition{condition(v1alpha1.ConditionReady, metav1.ConditionUnknown, v1alpha1.ReasonRunning)},
		}},
		&v1alpha1.LicenseSync{ObjectMeta: named("done"), Status: v1alpha1.LicenseSyncStatus{
			Conditions: []metav1.Condition{condition(v1alpha1.ConditionComplete, metav1.ConditionTrue, v1alpha1.ReasonSucceeded)},
		}},
	)}
	want := `
webexlicense_cache_objects{kind="LicenseSync"} 3
webexlicense_cache_objects{kind="LicenseSyncSchedule"} 1
webexlicense_cache_objects{kind="WebexCustomerAccess"} 1
webexlicense_cache_objects{kind="WebexLicense"} 3
webexlicense_cache_objects{kind="WebexLicenseAssignment"} 0
webexlicense_cache_objects{kind="WebexPartner"} 0
webexlicense_credentials_expiry_timestamp_seconds{name="acme",namespace="tenants",token="refresh"} 1.773144e+09
webexlicense_customer_condition{name="acme",namespace="tenants",reason="Critical",status="False",type="CapacityOK"} 1
webexlicense_customer_held_rows{name="acme",namespace="tenants"} 7
webexlicense_customer_info{hierarchy_path="hcs.emea",name="acme",namespace="tenants",organization="11111111-2222-4333-8444-555555555555",partner=""} 1
webexlicense_customer_last_success_timestamp_seconds{name="acme",namespace="tenants"} 1.773144e+09
webexlicense_customer_last_walk_timestamp_seconds{name="acme",namespace="tenants"} 1.7731404e+09
webexlicense_customer_suspended{name="acme",namespace="tenants"} 1
webexlicense_customer_units{name="acme",namespace="tenants",state="consumed"} 3
webexlicense_customer_units{name="acme",namespace="tenants",state="total"} 100
webexlicense_schedule_next_timestamp_seconds{name="nightly",namespace="tenants"} 1.773144e+09
webexlicense_schedule_suspended{name="nightly",namespace="tenants"} 0
webexlicense_shard_customers{shard=""} 1
webexlicense_shard_leader{shard=""} 1
webexlicense_sync_runs_unfinished{reason="New"} 1
webexlicense_sync_runs_unfinished{reason="Running"} 1
webexlicense_units_dropped_series 0
webexlicense_units{customer="acme",license="Webex Calling - Professional",name="calling",namespace="tenants",state="consumed",subscription="Sub-1"} 3
webexlicense_units{customer="acme",license="Webex Calling - Professional",name="calling",namespace="tenants",state="total",subscription="Sub-1"} 100
`
	g.Expect(scrape(t, state)).To(Equal(strings.TrimSpace(want)))
}

// Two shards report each of their own, and both which customers each has. What is of no
// customer, and schedules, are reported by the shard that matches their labels.
func TestStateOfShards(t *testing.T) {
	g := NewWithT(t)
	customer := func(name, shard string) *v1alpha1.WebexCustomerAccess {
		// What it is labelled with does not matter: it may be about to leave.
		return &v1alpha1.WebexCustomerAccess{ObjectMeta: named(name), Status: v1alpha1.WebexCustomerAccessStatus{Shard: shard}}
	}
	row := func(name, customer string) *v1alpha1.WebexLicense {
		row := license(name, v1alpha1.LevelCustomer, v1alpha1.ClassPurchased)
		row.Spec.CustomerAccessRef.Name = customer
		return row
	}
	run := func(name, customer string) *v1alpha1.LicenseSync {
		return &v1alpha1.LicenseSync{ObjectMeta: named(name), Spec: v1alpha1.LicenseSyncSpec{CustomerAccessRef: v1alpha1.LocalCustomerReference{Name: customer}}}
	}
	assignment := func(name, customer string) *v1alpha1.WebexLicenseAssignment {
		return &v1alpha1.WebexLicenseAssignment{
			ObjectMeta: named(name), Spec: v1alpha1.WebexLicenseAssignmentSpec{CustomerAccessRef: v1alpha1.LocalCustomerReference{Name: customer}},
			Status: v1alpha1.WebexLicenseAssignmentStatus{Subjects: &v1alpha1.SubjectCounts{NotFound: new(int64(1))}},
		}
	}
	schedule := func(name, shard string) *v1alpha1.LicenseSyncSchedule {
		schedule := &v1alpha1.LicenseSyncSchedule{ObjectMeta: named(name)}
		schedule.Labels = map[string]string{v1alpha1.LabelShard: shard}
		return schedule
	}
	everything := reader(t, customer("one", "a"), customer("two", "rest"), customer("new", ""), customer("lost", "gone"),
		row("one-calling", "one"), row("two-calling", "two"), row("kept", "deleted"), run("one-run", "one"), run("orphan", "deleted"),
		assignment("one-suite", "one"), assignment("lost-suite", "lost"),
		schedule("of-a", "a"), schedule("of-none", "other"),
		&v1alpha1.WebexPartner{ObjectMeta: metav1.ObjectMeta{Name: "of-a", Labels: map[string]string{v1alpha1.LabelShard: "a"}}})
	reported := func(name, selector string) string {
		part, err := shard.Parse(name, selector)
		g.Expect(err).NotTo(HaveOccurred())
		var lines []string
		for line := range strings.Lines(scrape(t, &State{MaxSeries: 100, Reader: everything, Shard: part})) {
			if !strings.Contains(line, `state="total"`) && !strings.HasPrefix(line, "webexlicense_customer_") || strings.Contains(line, "_info") {
				lines = append(lines, regexp.MustCompile(`(hierarchy_path|organization|partner|license|subscription|namespace|state)="[^"]*",?`).ReplaceAllString(strings.TrimPrefix(line, "webexlicense_"), ""))
			}
		}
		return strings.TrimSpace(strings.Join(lines, ""))
	}
	everywhere := `shard_customers{shard=""} 1
shard_customers{shard="a"} 1
shard_customers{shard="gone"} 1
shard_customers{shard="rest"} 1
`
	g.Expect(reported("a", v1alpha1.LabelShard+"=a")).To(Equal(`assignment_people{customer="one",name="one-suite",} 1
cache_objects{kind="LicenseSync"} 1
cache_objects{kind="LicenseSyncSchedule"} 1
cache_objects{kind="WebexCustomerAccess"} 1
cache_objects{kind="WebexLicense"} 1
cache_objects{kind="WebexLicenseAssignment"} 1
cache_objects{kind="WebexPartner"} 1
customer_info{name="one",} 1
schedule_suspended{name="of-a",} 0
` + everywhere + `shard_leader{shard="a"} 1
sync_runs_unfinished{reason="New"} 1
units_dropped_series 0
units{customer="one",name="one-calling",} 3`))
	g.Expect(reported("rest", v1alpha1.LabelShard+" notin (a)")).To(Equal(`cache_objects{kind="LicenseSync"} 1
cache_objects{kind="LicenseSyncSchedule"} 1
cache_objects{kind="WebexCustomerAccess"} 1
cache_objects{kind="WebexLicense"} 2
cache_objects{kind="WebexLicenseAssignment"} 0
cache_objects{kind="WebexPartner"} 0
customer_info{name="two",} 1
schedule_suspended{name="of-none",} 0
` + everywhere + `shard_leader{shard="rest"} 1
sync_runs_unfinished{reason="New"} 1
units_dropped_series 0
units{customer="deleted",name="kept",} 3
units{customer="two",name="two-calling",} 3`))
}

// scrape is what Prometheus sees, without comments and sorted.
func scrape(tb testing.TB, collector prometheus.Collector) string {
	tb.Helper()
	lines := strings.Split(exposition(tb, collector), "\n")
	lines = slices.DeleteFunc(lines, func(line string) bool { return line == "" || strings.HasPrefix(line, "#") })
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func exposition(tb testing.TB, collector prometheus.Collector) string {
	tb.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(collector)
	families, err := registry.Gather()
	if err != nil {
		tb.Fatal(err)
	}
	var out strings.Builder
	for _, family := range families {
		if _, err := expfmt.MetricFamilyToText(&out, family); err != nil {
			tb.Fatal(err)
		}
	}
	return out.String()
}

// A deleted object's series are gone with the next scrape.
func TestStateForgets(t *testing.T) {
	g := NewWithT(t)
	c := reader(t, acme())
	state := &State{Reader: c, MaxSeries: 4}
	g.Expect(scrape(t, state)).To(ContainSubstring(`name="acme"`))
	g.Expect(c.Delete(t.Context(), acme())).To(Succeed())
	g.Expect(scrape(t, state)).NotTo(ContainSubstring(`name="acme"`))
}

// A part of the licences would pass for the whole, so that beyond the bound there are none.
func TestStateBound(t *testing.T) {
	g := NewWithT(t)
	rows := []client.Object{acme()}
	for i := range 3 {
		rows = append(rows, license(fmt.Sprint("row-", i), v1alpha1.LevelCustomer, v1alpha1.ClassPurchased))
	}
	c := reader(t, rows...)
	g.Expect(scrape(t, &State{Reader: c, MaxSeries: 6})).To(ContainSubstring("webexlicense_units_dropped_series 0"))
	over := scrape(t, &State{Reader: c, MaxSeries: 5})
	g.Expect(over).To(ContainSubstring("webexlicense_units_dropped_series 6"))
	g.Expect(over).NotTo(ContainSubstring("webexlicense_units{"))
	g.Expect(over).To(ContainSubstring("webexlicense_customer_units{"), "the totals remain")
}

// Of several replicas the one at work reports, so that nothing counts twice.
func TestStateStandby(t *testing.T) {
	g := NewWithT(t)
	elected := make(chan struct{})
	state := &State{Reader: reader(t, acme()), Active: elected}
	g.Expect(scrape(t, state)).To(BeEmpty())
	close(elected)
	g.Expect(scrape(t, state)).NotTo(BeEmpty())
}

func TestNames(t *testing.T) {
	g := NewWithT(t)
	state := &State{Reader: reader(t, acme(), license("calling", v1alpha1.LevelCustomer, v1alpha1.ClassPurchased)), MaxSeries: 2}
	ObserveRequest(webex.Call{Operation: "list people", Status: 429, Class: webex.ClassRateLimited, Duration: time.Second, Throttled: time.Second})
	ObserveRequest(webex.Call{Operation: "list people", Class: webex.ClassTransient})
	ObserveRun("Manual", v1alpha1.ReasonSucceeded, time.Minute)
	ObserveStatus("LicenseSync", true)
	ObserveAssignment("add", "Applied")
	ObserveAssignment("remove", v1alpha1.ReasonNotApplied)
	g.Expect(Names()).To(HaveLen(37))
	g.Expect(Names()).To(ContainElements("webexlicense_api_requests_total", "webexlicense_units"))
	g.Expect(Labels(state)).To(HaveKeyWithValue("webexlicense_customer_units", []string{"namespace", "name", "state"}))
	g.Expect(Labels(scheduleSkew)).To(Equal(map[string][]string{"webexlicense_schedule_skew_seconds": {}}))
	for _, collector := range append(slices.Clone(events), state) {
		problems, err := promlint.New(strings.NewReader(exposition(t, collector))).Lint()
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(problems).To(BeEmpty())
	}
	g.Expect(testutil.ToFloat64(requests.WithLabelValues("list people", "4xx"))).To(Equal(1.0))
	g.Expect(testutil.ToFloat64(requests.WithLabelValues("list people", "none"))).To(Equal(1.0))
	g.Expect(testutil.ToFloat64(rateLimited.WithLabelValues("list people"))).To(Equal(1.0))
	g.Expect(testutil.ToFloat64(assignmentChanges.WithLabelValues("add", "Applied"))).To(Equal(1.0))
	g.Expect(testutil.ToFloat64(assignmentChanges.WithLabelValues("remove", "NotApplied"))).To(Equal(1.0))
}

// The page about metrics has all of them and no others.
func TestPage(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	page, err := os.ReadFile("../../docs/metrics.md")
	g.Expect(err).NotTo(HaveOccurred())
	var named []string
	for _, row := range regexp.MustCompile("(?m)^\\| `(webexlicense_[a-z_]+)` \\|").FindAllSubmatch(page, -1) {
		named = append(named, string(row[1]))
	}
	slices.Sort(named)
	g.Expect(named).To(Equal(Names()))
}

func TestStateNamesTheTimeZoneData(t *testing.T) {
	g := NewWithT(t)
	g.Expect(scrape(t, &State{Reader: reader(t), Zones: zonedata.Data{Version: "2026f", Source: "/zones"}})).To(
		ContainSubstring(`webexlicense_time_zone_data_info{source="/zones",version="2026f"} 1`))
}
