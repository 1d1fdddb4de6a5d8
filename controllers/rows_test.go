package controllers

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// The first run starts by itself, and its rows are the organization's truth.
func TestFirstRun(t *testing.T) {
	f := newFixture(t)
	customer := f.createCustomer("acme")
	f.expectFigures(customer)

	rows := f.rows("acme")
	calling := rows["Customer Webex Calling - Professional @ acme"]
	f.Expect(calling).NotTo(BeNil())
	f.Expect(calling.Status.TotalUnits).To(Equal(new(int64(100))))
	f.Expect(calling.Status.ConsumedUnits).To(Equal(new(int64(3))))
	f.Expect(calling.Status.AvailableUnits).To(Equal(new(int64(97))))

	perLevel := map[v1alpha1.Level]int{}
	explained := map[string]int64{}
	for _, row := range rows {
		perLevel[row.Spec.Level]++
		if row.Spec.Level == v1alpha1.LevelSite {
			explained[row.Spec.LicenseID] += *row.Status.ConsumedUnits
		}
		expectRowMetadata(f, customer, row)
	}
	f.Expect(perLevel[v1alpha1.LevelCustomer]).To(Equal(21))
	f.Expect(perLevel[v1alpha1.LevelSite]).To(BeNumerically(">", 3))
	for _, row := range rows {
		if row.Spec.Level == v1alpha1.LevelCustomer {
			sum := explained[row.Spec.LicenseID] + *row.Status.UnitsWithoutLocation + *row.Status.ResidualUnits
			f.Expect(sum).To(Equal(*row.Status.ConsumedUnits), row.Status.Name)
		}
	}
	expectCustomerStatus(f, customer)
	expectInitialRun(f, len(rows))
}

var rowNames = map[v1alpha1.Level]*regexp.Regexp{
	v1alpha1.LevelCustomer: regexp.MustCompile(`^acme-[a-z0-9-]+-[0-9a-f]{12}$`),
	v1alpha1.LevelSite:     regexp.MustCompile(`^acme-[a-z0-9-]+-(san-jose-hq|chicago-branch|austin-lab)-[0-9a-f]{12}$`),
}

func expectRowMetadata(f *fixture, customer *v1alpha1.WebexCustomerAccess, row *v1alpha1.WebexLicense) {
	f.t.Helper()
	f.Expect(row.Name).To(MatchRegexp(rowNames[row.Spec.Level].String()))
	labels := map[string]string{
		v1alpha1.LabelCustomer: "acme",
		v1alpha1.LabelLevel:    string(row.Spec.Level),
		v1alpha1.LabelClass:    string(row.Status.Class),
	}
	if row.Spec.Level == v1alpha1.LevelSite {
		slug := map[string]string{"San Jose HQ": "san-jose-hq", "Chicago Branch": "chicago-branch", "Austin Lab": "austin-lab"}[row.Status.Location]
		f.Expect(row.Labels[v1alpha1.LabelLocation]).To(MatchRegexp("^%s-[0-9a-f]{12}$", slug))
		labels[v1alpha1.LabelLocation] = row.Labels[v1alpha1.LabelLocation]
	}
	f.Expect(row.Labels).To(Equal(labels))
	f.Expect(metav1.IsControlledBy(row, customer)).To(BeTrue(), row.Name)
	f.Expect(meta.IsStatusConditionTrue(row.Status.Conditions, v1alpha1.ConditionReady)).To(BeTrue(), row.Name)
	f.Expect(row.Status.ObservedGeneration).To(Equal(&row.Generation))
	f.Expect(row.Status.LastChangeTime).NotTo(BeNil())
}

func expectCustomerStatus(f *fixture, customer *v1alpha1.WebexCustomerAccess) {
	f.t.Helper()
	s := customer.Status
	const subscription, site = "trialSub.0c7d1a52-6f0e-4b7e-9a3c-2d1f5b8e4c61", "acme.example.webex.com"
	f.Expect(s.Organization).To(Equal(&v1alpha1.OrganizationStatus{ID: webexsim.StandardUUID, DisplayName: "Acme Example"}))
	f.Expect(s.Subscriptions).To(Equal([]string{subscription}))
	f.Expect(s.SiteURLs).To(Equal([]string{site}))
	f.Expect(s.Roles).To(Equal([]string{"Device Administrator", "Full Administrator", "Read-only Administrator", "Sales Administrator", "User Administrator"}))
	f.Expect(s.Defaults).To(Equal(&v1alpha1.EffectiveDefaults{Subscription: subscription, SiteURL: site}))
	f.Expect(s.Credentials.Kind).To(Equal(v1alpha1.CredentialKindAccessToken))
	f.Expect(s.Credentials.ObservedSecretResourceVersion).NotTo(BeEmpty())

	var licenses, total, consumed int64
	locations := map[string]bool{}
	for _, l := range f.org.Truth().Licenses {
		if l.Subscription == "" {
			continue
		}
		licenses, total, consumed = licenses+1, total+int64(l.Total), consumed+int64(l.Consumed)
		for _, at := range l.Locations {
			locations[at.ID] = true
		}
	}
	f.Expect(s.Totals).To(Equal(&v1alpha1.CustomerTotals{
		Licenses: &licenses, Locations: new(int64(len(locations))),
		TotalUnits: &total, ConsumedUnits: &consumed, AvailableUnits: new(total - consumed),
	}))
	f.Expect(s.LastRun.Name).To(Equal("acme-initial"))
	f.Expect(s.LastRun.Reason).To(Equal(v1alpha1.ReasonSucceeded))
	f.Expect(s.LastRun.EndTime).To(Equal(s.LastSuccessfulSyncTime))
	for condition, reason := range map[string]string{
		v1alpha1.ConditionCredentialsValid: v1alpha1.ReasonAccepted,
		v1alpha1.ConditionDefaultsResolved: v1alpha1.ReasonResolved,
		v1alpha1.ConditionDataFresh:        v1alpha1.ReasonNotScheduled,
		v1alpha1.ConditionCapacityOK:       v1alpha1.ReasonWithinThresholds,
	} {
		f.awaitCondition(customer, condition, metav1.ConditionTrue, reason)
	}
	f.Expect(meta.FindStatusCondition(customer.Status.Conditions, v1alpha1.ConditionPruneHeld)).To(BeNil())
}

func expectInitialRun(f *fixture, rows int) {
	f.t.Helper()
	run := &v1alpha1.LicenseSync{ObjectMeta: f.meta("acme-initial")}
	f.Expect(f.client.Get(f.ctx, client.ObjectKeyFromObject(run), run)).To(Succeed())
	f.Expect(run.Spec.Trigger).To(Equal(v1alpha1.TriggerInitial))
	f.Expect(meta.IsStatusConditionTrue(run.Status.Conditions, v1alpha1.ConditionComplete)).To(BeTrue())
	f.Expect(run.Status.Rows.Added).To(Equal(new(int32(rows))))
	f.Expect(run.Status.Rows.Updated).To(Equal(new(int32(0))))
	f.Expect(run.Status.Changes).To(HaveLen(10))
	f.Expect(run.Status.Requests).To(Equal(new(int64(f.sim.TotalRequests()))))
	f.Expect(f.runs("acme")).To(HaveLen(1))
}

// what a run that a person created writes when nothing changed: that it began, that it
// ended, and on the customer when.
var idleWrites = map[string]int{"PATCH licensesyncs/status": 2, "PATCH webexcustomeraccesses/status": 1}

// timeless is a fixture whose clock stands still: however long a run takes on a busy machine, it
// has no progress to write.
func timeless(t *testing.T, adjust ...func(*fixtureOptions)) *fixture {
	t.Helper()
	clock := newClock()
	return newFixture(t, append(adjust, func(o *fixtureOptions) { o.clock, o.sim.Now = clock, clock.Now })...)
}

// A run writes what changed and nothing else, and rows keep their names for life.
func TestRunsWriteOnlyWhatChanged(t *testing.T) {
	f := timeless(t)
	customer := f.createCustomer("acme")
	rows := len(f.rows("acme"))

	// synced runs once and returns the run and the writes that it took.
	synced := func() (*v1alpha1.LicenseSync, map[string]int) {
		f.t.Helper()
		f.forget()
		run := f.runSeen("acme")
		f.settle(customer)
		f.Expect(meta.IsStatusConditionTrue(run.Status.Conditions, v1alpha1.ConditionComplete)).To(BeTrue(), "%+v", run.Status)
		f.expectFigures(customer)
		return run, f.writes.all()
	}
	counts := func(added, updated, removed, unchanged int) *v1alpha1.RowCounts {
		n := func(i int) *int32 { return new(int32(i)) }
		return &v1alpha1.RowCounts{Added: n(added), Updated: n(updated), Removed: n(removed), Unchanged: n(unchanged)}
	}
	with := func(more map[string]int) map[string]int {
		sum := map[string]int{}
		for _, m := range []map[string]int{idleWrites, more} {
			for what, n := range m {
				sum[what] += n
			}
		}
		return sum
	}

	run, writes := synced()
	f.Expect(writes).To(Equal(idleWrites), "nothing changed")
	f.Expect(run.Status.Rows).To(Equal(counts(0, 0, 0, rows)))
	f.Expect(run.Status.Changes).To(BeEmpty())

	f.Expect(f.org.AssignLicense(5, "Advanced Messaging")).To(Succeed())
	run, writes = synced()
	f.Expect(writes).To(Equal(with(map[string]int{"PATCH webexlicenses/status": 1})), "one person got a licence")
	f.Expect(run.Status.Rows).To(Equal(counts(0, 1, 0, rows-1)))
	f.Expect(run.Status.Changes).To(Equal([]v1alpha1.Change{{
		Kind: v1alpha1.ChangeUpdated, Row: f.row(customer, "Advanced Messaging", "").Name,
		License: "Advanced Messaging", Location: "acme", Before: "1/100", After: "2/100",
	}}))

	f.Expect(f.org.SetTotal("Contact Center Premium Agent", 60)).To(Succeed())
	_, writes = synced()
	f.Expect(writes).To(Equal(with(map[string]int{"PATCH webexlicenses/status": 1})), "ten units were bought")

	// A person without location moves in: the rows at that location count one more.
	f.Expect(f.org.MovePerson(3, "Austin Lab")).To(Succeed())
	run, _ = synced()
	f.Expect(run.Status.Rows.Added).To(Equal(new(int32(5))), "four free licences and Real-Time Translations came to Austin")

	before := f.row(customer, "Webex Calling - Professional", "")
	f.Expect(f.org.RenameLicense("Webex Calling - Professional", "Webex Calling (Professional)")).To(Succeed())
	run, writes = synced()
	f.Expect(f.row(customer, before.Spec.LicenseID, "").Name).To(Equal(before.Name), "a renamed licence keeps its row")
	f.Expect(run.Status.Rows.Updated).To(Equal(new(int32(4))), "one row of the customer, one at each location")
	f.Expect(writes).To(Equal(with(map[string]int{"PATCH webexlicenses/status": 4})))

	atChicago := f.row(customer, "Webex Meetings Suite", "Chicago Branch")
	f.Expect(f.org.RenameLocation("Chicago Branch", "Chicago Loop")).To(Succeed())
	synced()
	renamed := f.row(customer, "Webex Meetings Suite", "Chicago Loop")
	f.Expect(renamed.UID).To(Equal(atChicago.UID), "a renamed location keeps its rows")
	f.Expect(renamed.Labels[v1alpha1.LabelLocation]).To(HavePrefix("chicago-loop-"))

	rows = len(f.rows("acme"))
	f.Expect(f.org.DropLicense("Webex Room Kit")).To(Succeed())
	run, writes = synced()
	f.Expect(run.Status.Rows).To(Equal(counts(0, 0, 1, rows-1)))
	f.Expect(writes).To(Equal(with(map[string]int{"DELETE webexlicenses": 1})))

	f.org.AddLicense(webexsim.LicenseSpec{Name: "Webex Events", OfferCode: "EVT", Total: 7, Subscription: customer.Status.Subscriptions[0]})
	run, writes = synced()
	f.Expect(run.Status.Rows).To(Equal(counts(1, 0, 0, rows-1)))
	f.Expect(writes).To(Equal(with(map[string]int{"PATCH webexlicenses": 1, "PATCH webexlicenses/status": 1})))
}

// A run that the operator created itself writes that it is at work only if it still is
// after a while: most have ended by then.
func TestRunsOfTheOperatorBeginUnsaid(t *testing.T) {
	clock := clocktesting.NewFakePassiveClock(time.Now())
	f := newFixture(t, func(o *fixtureOptions) { o.clock = clock })
	customer := f.createCustomer("acme")
	f.forget()
	f.setAnnotation(customer, v1alpha1.AnnotationRequestedAt, "short")
	short := f.awaitRuns("acme", v1alpha1.TriggerManual, 1)
	f.settle(customer)
	f.Expect(short[0].Status.StartTime).NotTo(BeNil())
	f.Expect(f.writes.all()).To(Equal(map[string]int{
		"POST licensesyncs": 1, "PATCH licensesyncs/status": 1, // that it ended
		"PATCH webexcustomeraccesses/status": 2, // that it was asked for, and what it found
	}))

	hold := f.sim.AddRule(webexsim.Rule{Operation: "GET /licenses", Delay: 10 * patience})
	f.setAnnotation(customer, v1alpha1.AnnotationRequestedAt, "long")
	f.Eventually(func() int { return f.sim.Requests()["GET /licenses"] }).Should(Equal(2), "it is at work")
	long := &v1alpha1.LicenseSync{}
	for _, name := range f.runs("acme")[v1alpha1.TriggerManual] {
		if name != short[0].Name {
			f.Expect(f.client.Get(f.ctx, client.ObjectKey{Namespace: f.namespace, Name: name}, long)).To(Succeed())
		}
	}
	f.Expect(long.Status.Conditions).To(BeEmpty())
	clock.SetTime(clock.Now().Add(quietStart))
	f.awaitRun(long, v1alpha1.ReasonRunning)
	f.sim.RemoveRule(hold)
}

// What a person did to rows by hand, the next run repairs; what was added to
// them stays.
func TestRunsRepairRows(t *testing.T) {
	f := timeless(t)
	customer := f.createCustomer("acme")

	deleted := f.row(customer, "Advanced Messaging", "")
	f.Expect(f.client.Delete(f.ctx, deleted)).To(Succeed())

	figures := f.row(customer, "Webex Calling - Professional", "")
	figures.Status.ConsumedUnits = new(int64(999))
	figures.Status.Name = "Bogus"
	figures.Status.SiteURL = "bogus.example.com" // the licence has none
	figures.Status.Conditions = append(figures.Status.Conditions, metav1.Condition{
		Type: "Bogus", Status: metav1.ConditionTrue, Reason: "Bogus", Message: "bogus", LastTransitionTime: metav1.Now(),
	})
	f.Expect(f.client.Status().Update(f.ctx, figures)).To(Succeed())

	site := f.row(customer, "Webex Calling - Professional", "Austin Lab")
	site.Status.ResidualUnits = new(int64(5)) // only rows of the customer have that
	f.Expect(f.client.Status().Update(f.ctx, site)).To(Succeed())

	labels := f.row(customer, "Webex Meetings Suite", "")
	labels.Labels[v1alpha1.LabelLevel] = "Bogus"
	labels.Labels[v1alpha1.LabelLocation] = "bogus"
	delete(labels.Labels, v1alpha1.LabelCustomer)
	labels.Labels["example.com/team"] = "voice"
	labels.Annotations = map[string]string{"example.com/note": "ours"}
	f.Expect(f.client.Update(f.ctx, labels)).To(Succeed())
	f.settle(customer)

	f.run("acme")
	f.settle(customer)
	f.expectFigures(customer)
	repaired := f.row(customer, "Webex Meetings Suite", "")
	f.Expect(repaired.Labels).To(Equal(map[string]string{
		v1alpha1.LabelCustomer: "acme", v1alpha1.LabelLevel: "Customer", v1alpha1.LabelClass: "Purchased", "example.com/team": "voice",
	}))
	f.Expect(repaired.Annotations).To(HaveKeyWithValue("example.com/note", "ours"))
	f.Expect(f.row(customer, "Advanced Messaging", "").UID).NotTo(Equal(deleted.UID))
	f.Expect(f.row(customer, "Webex Calling - Professional", "").Status.Conditions).To(HaveLen(2))

	f.forget()
	f.runSeen("acme")
	f.settle(customer)
	f.Expect(f.writes.all()).To(Equal(idleWrites), "one run repaired everything")
	f.Expect(f.row(customer, "Webex Meetings Suite", "").Labels).To(HaveKey("example.com/team"))
}

// Rows can be selected by what the API server knows of them, without reading all.
func TestSelectRows(t *testing.T) {
	f := newFixture(t)
	customer := f.createCustomer("acme")
	all := f.rows("acme")
	calling := f.row(customer, "Webex Calling - Professional", "Austin Lab")
	const subscription, site = "trialSub.0c7d1a52-6f0e-4b7e-9a3c-2d1f5b8e4c61", "acme.example.webex.com"

	matches := func(option client.ListOption, fits func(*v1alpha1.WebexLicense) bool) {
		f.t.Helper()
		var list v1alpha1.WebexLicenseList
		f.Expect(f.client.List(f.ctx, &list, client.InNamespace(f.namespace), option)).To(Succeed())
		want := 0
		for _, row := range all {
			if fits(row) {
				want++
			}
		}
		f.Expect(list.Items).To(HaveLen(want), fmt.Sprint(option))
		f.Expect(want).To(And(BeNumerically(">", 0), BeNumerically("<=", len(all))))
		for i := range list.Items {
			f.Expect(fits(&list.Items[i])).To(BeTrue(), list.Items[i].Name)
		}
	}
	for field, selected := range map[string]struct {
		value string
		of    func(*v1alpha1.WebexLicense) string
	}{
		"spec.customerAccessRef.name": {"acme", func(r *v1alpha1.WebexLicense) string { return r.Spec.CustomerAccessRef.Name }},
		"spec.level":                  {"Site", func(r *v1alpha1.WebexLicense) string { return string(r.Spec.Level) }},
		"spec.licenseID":              {calling.Spec.LicenseID, func(r *v1alpha1.WebexLicense) string { return r.Spec.LicenseID }},
		"spec.locationID":             {calling.Spec.LocationID, func(r *v1alpha1.WebexLicense) string { return r.Spec.LocationID }},
		"status.location":             {"San Jose HQ", func(r *v1alpha1.WebexLicense) string { return r.Status.Location }},
		"status.class":                {"Included", func(r *v1alpha1.WebexLicense) string { return string(r.Status.Class) }},
		"status.subscriptionID":       {subscription, func(r *v1alpha1.WebexLicense) string { return r.Status.SubscriptionID }},
		"status.siteURL":              {site, func(r *v1alpha1.WebexLicense) string { return r.Status.SiteURL }},
	} {
		matches(client.MatchingFields{field: selected.value}, func(r *v1alpha1.WebexLicense) bool { return selected.of(r) == selected.value })
	}
	for label, value := range map[string]string{
		v1alpha1.LabelCustomer: "acme", v1alpha1.LabelLevel: "Customer", v1alpha1.LabelClass: "Purchased", v1alpha1.LabelLocation: calling.Labels[v1alpha1.LabelLocation],
	} {
		matches(client.MatchingLabels{label: value}, func(r *v1alpha1.WebexLicense) bool { return r.Labels[label] == value })
	}
	var none v1alpha1.WebexLicenseList
	f.Expect(f.client.List(f.ctx, &none, client.InNamespace(f.namespace), client.MatchingFields{"status.location": "Nowhere"})).To(Succeed())
	f.Expect(none.Items).To(BeEmpty())

	expectTables(f)
}
