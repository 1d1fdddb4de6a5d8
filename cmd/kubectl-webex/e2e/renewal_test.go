package e2e

import (
	"context"
	"fmt"
	"slices"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/metrics"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// renewal is a customer of whose subscriptions some are renewed: other licences come in the
// place of theirs.
type renewal struct {
	name                   string
	subscriptions, renewed int
	chosen                 string // spec.defaultSubscription: "old", "new" or none
	maxPercent             int32
	held                   bool
	org                    *webexsim.Organization
}

const renewedSubscription = "Sub-Renewed"

// Sums are those of what Webex lists, everywhere and at each step, and nothing is written twice.
func TestARenewedSubscriptionCountsOnce(t *testing.T) {
	w := newWorld(t, 1)
	renewals := []*renewal{
		{name: "renewed-all", subscriptions: 1, renewed: 1, chosen: "new", maxPercent: 50, held: true},
		{name: "renewed-half", subscriptions: 2, renewed: 1, chosen: "old", maxPercent: 30, held: true},
		{name: "renewed-third", subscriptions: 3, renewed: 1, maxPercent: 10, held: true},
		{name: "renewed-unasked", subscriptions: 3, renewed: 1, chosen: "old", maxPercent: 99},
	}
	for i, r := range renewals {
		spec := webexsim.Generate(webexsim.GeneratorOptions{Seed: int64(100 + i), People: 60, Subscriptions: r.subscriptions, Licenses: 12 * r.subscriptions})
		r.org = w.customer(w.namespaces[0], r.name, "", spec, func(c *v1alpha1.WebexCustomerAccess) {
			c.Spec.Prune = &v1alpha1.Prune{MaxPercent: &r.maxPercent}
			c.Spec.DefaultSubscription = map[string]string{"old": subscriptionOf(spec), "new": renewedSubscription}[r.chosen]
		})
	}
	for _, r := range renewals {
		w.synced(w.namespaces[0], r.name)
		w.agree(r, false)
		r.renew(w)
	}
	step := func(held func(*renewal) bool) {
		t.Helper()
		w.webex("sync", "--all", "--wait", "-n", w.namespaces[0])
		for _, r := range renewals {
			w.agree(r, held(r))
		}
		before := w.versions()
		w.webex("sync", "--all", "--wait", "-n", w.namespaces[0])
		for _, r := range renewals {
			w.agree(r, held(r))
		}
		if after := w.versions(); !slices.Equal(before, after) {
			t.Errorf("nothing changed, and rows were written:\n%v\n%v", before, after)
		}
	}
	step(func(r *renewal) bool { return r.held })
	for _, r := range renewals[:2] {
		w.webex("approve-prune", r.name, "--yes", "-n", w.namespaces[0])
	}
	renewals[2].org.RestoreLicenses()
	w.Eventually(func(g Gomega) {
		for _, r := range renewals[:2] {
			g.Expect(w.get(r.name).Status.HeldPrune).To(BeNil(), r.name)
		}
	}).Should(Succeed())
	step(func(*renewal) bool { return false })
}

func subscriptionOf(spec webexsim.OrganizationSpec) string {
	for _, l := range spec.Licenses {
		if l.Subscription != "" {
			return l.Subscription
		}
	}
	return ""
}

// renew lists other licences in the place of those of some subscriptions; people hold both.
func (r *renewal) renew(w *world) {
	w.t.Helper()
	var old []string
	for i, l := range r.org.Truth().Licenses {
		if l.Subscription == "" {
			continue
		}
		if !slices.Contains(old, l.Subscription) {
			old = append(old, l.Subscription)
		}
		if slices.Index(old, l.Subscription) >= r.renewed {
			continue
		}
		w.Expect(r.org.DropLicense(l.ID)).To(Succeed())
		key := fmt.Sprint("renewed-", i)
		r.org.AddLicense(webexsim.LicenseSpec{Key: key, Name: l.Name, OfferCode: l.OfferCode, Total: l.Total + 1, Subscription: renewedSubscription})
		for person := range i % 5 {
			w.Expect(r.org.AssignLicense(person, key)).To(Succeed())
		}
	}
}

func (w *world) get(name string) *v1alpha1.WebexCustomerAccess {
	w.t.Helper()
	customer := &v1alpha1.WebexCustomerAccess{}
	w.Expect(w.client.Get(w.ctx, client.ObjectKey{Namespace: w.namespaces[0], Name: name}, customer)).To(Succeed())
	return customer
}

// versions are the versions of all rows.
func (w *world) versions() []string {
	w.t.Helper()
	var rows v1alpha1.WebexLicenseList
	w.Expect(w.client.List(w.ctx, &rows, client.InNamespace(w.namespaces[0]))).To(Succeed())
	var versions []string
	for i := range rows.Items {
		versions = append(versions, rows.Items[i].Name+" "+rows.Items[i].ResourceVersion)
	}
	slices.Sort(versions)
	return versions
}

// agree compares the sums of plugin, report, metrics, customer and run with the simulator's.
func (w *world) agree(r *renewal, held bool) {
	w.t.Helper()
	want, subscriptions := [2]int64{}, []string(nil)
	for _, l := range r.org.Truth().Licenses {
		if l.Subscription != "" {
			want[0], want[1] = want[0]+int64(l.Total), want[1]+int64(l.Consumed)
			subscriptions = append(subscriptions, l.Subscription)
		}
	}
	slices.Sort(subscriptions)
	customer := w.get(r.name)
	run := &v1alpha1.LicenseSync{}
	w.Expect(w.client.Get(w.ctx, client.ObjectKey{Namespace: customer.Namespace, Name: customer.Status.LastRun.Name}, run)).To(Succeed())
	plugin, report := w.licenses("--customer", r.name), [2]int64{}
	for _, item := range w.report().Items {
		if item.Namespace == customer.Namespace && item.Name == r.name {
			report = [2]int64{int64(item.TotalUnits), int64(item.ConsumedUnits)}
		}
	}
	totals := customer.Status.Totals
	for who, got := range map[string][2]int64{
		"the plugin":        {int64(plugin.Totals.TotalUnits), int64(plugin.Totals.ConsumedUnits)},
		"the report":        report,
		"status.totals":     {*totals.TotalUnits, *totals.ConsumedUnits},
		"the run":           {ptr.Deref(run.Status.TotalUnits, -1), ptr.Deref(run.Status.ConsumedUnits, -1)},
		"metrics of rows":   w.measured(r.name, "webexlicense_units", "customer"),
		"metrics of totals": w.measured(r.name, "webexlicense_customer_units", "name"),
	} {
		if got != want {
			w.t.Errorf("%s: %s says %v units, total and consumed; right is %v", r.name, who, got, want)
		}
	}
	if !slices.Equal(customer.Status.Subscriptions, slices.Compact(subscriptions)) {
		w.t.Errorf("%s: the customer has subscriptions %v, Webex %v", r.name, customer.Status.Subscriptions, slices.Compact(subscriptions))
	}
	if (customer.Status.HeldPrune != nil) != held {
		w.t.Errorf("%s: held is %+v", r.name, customer.Status.HeldPrune)
	}
}

// measured adds up a metric of the operator over one customer, total and consumed.
func (w *world) measured(customer, metric, label string) (sums [2]int64) {
	w.t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(&metrics.State{Reader: unhurried{w.client}, MaxSeries: metrics.DefaultMaxSeries})
	families, err := registry.Gather()
	w.Expect(err).NotTo(HaveOccurred())
	for _, family := range families {
		if family.GetName() != metric {
			continue
		}
		for _, m := range family.GetMetric() {
			labels := map[string]string{}
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			if labels["namespace"] != w.namespaces[0] || labels[label] != customer {
				continue
			}
			at := map[string]int{"total": 0, "consumed": 1}[labels["state"]]
			sums[at] += int64(m.GetGauge().GetValue())
		}
	}
	return sums
}

// unhurried reads what the manager has in its cache from the API server, which may take
// longer than a scrape of the cache is given.
type unhurried struct{ client.Reader }

func (r unhurried) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	return r.Reader.List(context.WithoutCancel(ctx), list, opts...)
}
