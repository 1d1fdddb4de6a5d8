package controllers

import (
	"fmt"
	"strconv"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/rows"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

func (f *fixture) meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: f.namespace, Name: name}
}

// apply creates the object, or replaces it.
func (f *fixture) apply(object client.Object) {
	f.t.Helper()
	existing := object.DeepCopyObject().(client.Object)
	err := f.client.Get(f.ctx, client.ObjectKeyFromObject(object), existing)
	if err == nil {
		object.SetResourceVersion(existing.GetResourceVersion())
		f.Expect(f.client.Update(f.ctx, object)).To(Succeed())
		return
	}
	f.Expect(client.IgnoreNotFound(err)).To(Succeed())
	f.Expect(f.client.Create(f.ctx, object)).To(Succeed())
}

// newCustomer is a customer that reaches the simulator, not yet created.
func (f *fixture) newCustomer(name string) *v1alpha1.WebexCustomerAccess {
	return &v1alpha1.WebexCustomerAccess{
		ObjectMeta: f.meta(name),
		Spec: v1alpha1.WebexCustomerAccessSpec{
			CredentialsSecretRef: v1alpha1.CredentialsSecretReference{Name: "webex-token"},
			Connection: &v1alpha1.Connection{
				BaseURL:     f.sim.URL(),
				CABundleRef: &v1alpha1.CABundleReference{Name: "webex-ca"},
			},
		},
	}
}

// createCustomer creates a customer and waits for its first run.
func (f *fixture) createCustomer(name string, adjust ...func(*v1alpha1.WebexCustomerAccess)) *v1alpha1.WebexCustomerAccess {
	f.t.Helper()
	customer := f.newCustomer(name)
	for _, a := range adjust {
		a(customer)
	}
	f.Expect(f.client.Create(f.ctx, customer)).To(Succeed())
	f.awaitCondition(customer, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSynced)
	f.settle(customer)
	return customer
}

// awaitCondition waits until a condition of the customer has status and reason.
func (f *fixture) awaitCondition(customer *v1alpha1.WebexCustomerAccess, conditionType string, value metav1.ConditionStatus, reason string) *metav1.Condition {
	f.t.Helper()
	var found *metav1.Condition
	f.Eventually(func(g Gomega) {
		g.Expect(f.client.Get(f.ctx, client.ObjectKeyFromObject(customer), customer)).To(Succeed())
		found = meta.FindStatusCondition(customer.Status.Conditions, conditionType)
		g.Expect(found).NotTo(BeNil(), "no condition %s: %+v", conditionType, customer.Status)
		g.Expect(string(found.Status)+" "+found.Reason).To(Equal(string(value)+" "+reason), "%+v", customer.Status.Conditions)
		g.Expect(found.ObservedGeneration).To(Equal(customer.Generation))
	}).Should(Succeed())
	return found
}

// settle waits until the operator that was started last has looked at the customer as it is, and nothing is
// written about it for a while, longer than the row watch gathers events.
func (f *fixture) settle(customer *v1alpha1.WebexCustomerAccess) {
	f.t.Helper()
	quiet := rowDebounce + 500*time.Millisecond
	last, since := "", time.Now()
	f.Eventually(func(g Gomega) {
		g.Expect(f.client.Get(f.ctx, client.ObjectKeyFromObject(customer), customer)).To(Succeed())
		_, atWork := f.reconciles.of(reconciledOf(customer))
		if state := customer.ResourceVersion + fmt.Sprint(len(atWork), f.writes.all()); state != last {
			last, since = state, time.Now()
		}
		version, err := strconv.ParseInt(customer.ResourceVersion, 10, 64)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(f.taken.of(customer.Name)).To(BeNumerically(">=", version), "a change that the operator has not seen")
		g.Expect(atWork).To(BeEmpty())
		g.Expect(time.Since(since)).To(BeNumerically(">", quiet))
	}).Should(Succeed())
}

// run creates a run by hand and waits for its end.
func (f *fixture) run(customer string) *v1alpha1.LicenseSync {
	f.t.Helper()
	run := &v1alpha1.LicenseSync{
		ObjectMeta: metav1.ObjectMeta{Namespace: f.namespace, GenerateName: customer + "-"},
		Spec:       v1alpha1.LicenseSyncSpec{CustomerAccessRef: v1alpha1.LocalCustomerReference{Name: customer}},
	}
	f.Expect(f.client.Create(f.ctx, run)).To(Succeed())
	return f.awaitEnd(run)
}

// runSeen is run, of which the beginning is written, too: on a busy machine it might have ended before.
func (f *fixture) runSeen(customer string) *v1alpha1.LicenseSync {
	f.t.Helper()
	release := f.writes.holdSecrets()
	defer release()
	run := f.newRun("", customer)
	run.GenerateName = customer + "-"
	f.create(run)
	f.awaitRun(run, v1alpha1.ReasonRunning)
	release()
	return f.awaitEnd(run)
}

// awaitEnd waits for a run's end.
func (f *fixture) awaitEnd(run *v1alpha1.LicenseSync) *v1alpha1.LicenseSync {
	f.t.Helper()
	f.Eventually(func(g Gomega) {
		g.Expect(f.client.Get(f.ctx, client.ObjectKeyFromObject(run), run)).To(Succeed())
		g.Expect(finished(run)).To(BeTrue(), "%+v", run.Status)
	}).Should(Succeed())
	return run
}

// keyOf names an object.
func keyOf(object client.Object) client.ObjectKey { return client.ObjectKeyFromObject(object) }

// list are the customer's rows.
func (f *fixture) list(customer string) []v1alpha1.WebexLicense {
	f.t.Helper()
	var list v1alpha1.WebexLicenseList
	f.Expect(f.client.List(f.ctx, &list, client.InNamespace(f.namespace), client.MatchingFields{"spec.customerAccessRef.name": customer})).To(Succeed())
	return list.Items
}

// rows are the customer's rows, by "level licence @ location".
func (f *fixture) rows(customer string) map[string]*v1alpha1.WebexLicense {
	f.t.Helper()
	list := f.list(customer)
	rows := map[string]*v1alpha1.WebexLicense{}
	for i := range list {
		row := &list[i]
		rows[fmt.Sprintf("%s %s @ %s", row.Spec.Level, row.Status.Name, row.Status.Location)] = row
	}
	f.Expect(rows).To(HaveLen(len(list)), "rows share name and location")
	return rows
}

// change alters a customer as an administrator would, also while others write it.
func (f *fixture) change(customer *v1alpha1.WebexCustomerAccess, alter func(*v1alpha1.WebexCustomerAccess)) {
	f.t.Helper()
	f.Expect(retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		if err := f.client.Get(f.ctx, client.ObjectKeyFromObject(customer), customer); err != nil {
			return err
		}
		alter(customer)
		return f.client.Update(f.ctx, customer)
	})).To(Succeed())
}

// setAnnotation sets an annotation of a customer; empty removes it.
func (f *fixture) setAnnotation(customer *v1alpha1.WebexCustomerAccess, key, value string) {
	f.t.Helper()
	f.change(customer, func(c *v1alpha1.WebexCustomerAccess) {
		if c.Annotations == nil {
			c.Annotations = map[string]string{}
		}
		c.Annotations[key] = value
		if value == "" {
			delete(c.Annotations, key)
		}
	})
}

// poke makes the operator look at a customer although nothing changed that matters.
func (f *fixture) poke(customer *v1alpha1.WebexCustomerAccess) {
	f.t.Helper()
	f.setAnnotation(customer, "example.com/poke", time.Now().Format(time.RFC3339Nano))
}

// forget makes all counters zero.
func (f *fixture) forget() {
	f.writes.reset()
	f.sim.ResetRequests()
}

// runs are the names of a customer's runs, by trigger.
func (f *fixture) runs(customer string) map[v1alpha1.Trigger][]string {
	f.t.Helper()
	var list v1alpha1.LicenseSyncList
	f.Expect(f.client.List(f.ctx, &list, client.InNamespace(f.namespace), client.MatchingFields{"spec.customerAccessRef.name": customer})).To(Succeed())
	runs := map[v1alpha1.Trigger][]string{}
	for _, run := range list.Items {
		runs[run.Spec.Trigger] = append(runs[run.Spec.Trigger], run.Name)
	}
	return runs
}

// awaitRuns waits until so many runs of a trigger exist, and all have ended.
func (f *fixture) awaitRuns(customer string, trigger v1alpha1.Trigger, count int) []v1alpha1.LicenseSync {
	f.t.Helper()
	var found []v1alpha1.LicenseSync
	f.Eventually(func(g Gomega) {
		var list v1alpha1.LicenseSyncList
		g.Expect(f.client.List(f.ctx, &list, client.InNamespace(f.namespace), client.MatchingFields{
			"spec.customerAccessRef.name": customer, "spec.trigger": string(trigger),
		})).To(Succeed())
		found = list.Items
		g.Expect(found).To(HaveLen(count))
		for i := range found {
			g.Expect(finished(&found[i])).To(BeTrue(), "%s: %+v", found[i].Name, found[i].Status)
		}
	}).Should(Succeed())
	return found
}

// row is the row of a licence, by its key in the simulator, at a location; ""
// means level Customer.
func (f *fixture) row(customer *v1alpha1.WebexCustomerAccess, license, location string) *v1alpha1.WebexLicense {
	f.t.Helper()
	fields := client.MatchingFields{
		"spec.customerAccessRef.name": customer.Name, "spec.licenseID": f.org.LicenseID(license), "spec.level": string(v1alpha1.LevelCustomer),
	}
	if location != "" {
		fields["spec.level"], fields["spec.locationID"] = string(v1alpha1.LevelSite), f.org.LocationID(location)
	}
	var list v1alpha1.WebexLicenseList
	f.Expect(f.client.List(f.ctx, &list, client.InNamespace(f.namespace), fields)).To(Succeed())
	f.Expect(list.Items).To(HaveLen(1), "rows of %s at %q", license, location)
	return &list.Items[0]
}

// expectFigures compares all rows of a customer with the figures that the
// simulator counts from its own people and workspaces.
func (f *fixture) expectFigures(customer *v1alpha1.WebexCustomerAccess) {
	f.t.Helper()
	f.Expect(shown(f.list(customer.Name))).To(Equal(f.truth(customer)))
}

// truth is what the rows of a customer must show, by level, licence and location.
func (f *fixture) truth(customer *v1alpha1.WebexCustomerAccess) map[string]string {
	hidden := map[string]bool{} // licences of which Webex does not tell who consumes
	for _, spec := range f.opts.organization.Licenses {
		hidden[spec.Name] = spec.Consumers == webexsim.FormNull
	}
	want := map[string]string{}
	for _, l := range f.org.Truth().Licenses {
		users, workspaces := fmt.Sprint(l.ByUsers), fmt.Sprint(l.ByWorkspaces)
		if hidden[l.Name] {
			users, workspaces = "?", "?"
		}
		class := v1alpha1.ClassPurchased
		if l.Subscription == "" {
			class = v1alpha1.ClassIncluded
		}
		about := fmt.Sprintf("%s %s subscription %q site %q", l.OfferCode, class, l.Subscription, l.SiteURL)
		want["Customer "+l.ID+" @ "] = fmt.Sprintf("%s @ %s: total %d consumed %d available %d users %s workspaces %s elsewhere %d residual %d; %s",
			l.Name, rows.DisplayName(customer), l.Total, l.Consumed, l.Total-l.Consumed, users, workspaces, l.WithoutLocation, l.Residual, about)
		for _, at := range l.Locations {
			want["Site "+l.ID+" @ "+at.ID] = fmt.Sprintf("%s @ %s: total %d consumed %d available %d users %d workspaces %d elsewhere ? residual ?; %s",
				l.Name, at.Name, l.Total, at.Units, l.Total-at.Units, at.Users, at.Workspaces, about)
		}
	}
	return want
}

// shown is what rows show, in the form of truth.
func shown(rows []v1alpha1.WebexLicense) map[string]string {
	unit := func(n *int64) string {
		if n == nil {
			return "?"
		}
		return fmt.Sprint(*n)
	}
	got := map[string]string{}
	for _, row := range rows {
		s := row.Status
		got[fmt.Sprintf("%s %s @ %s", row.Spec.Level, row.Spec.LicenseID, row.Spec.LocationID)] = fmt.Sprintf(
			"%s @ %s: total %s consumed %s available %s users %s workspaces %s elsewhere %s residual %s; %s %s subscription %q site %q",
			s.Name, s.Location, unit(s.TotalUnits), unit(s.ConsumedUnits), unit(s.AvailableUnits), unit(s.ConsumedByUsers), unit(s.ConsumedByWorkspaces),
			unit(s.UnitsWithoutLocation), unit(s.ResidualUnits), s.OfferCode, s.Class, s.SubscriptionID, s.SiteURL)
	}
	return got
}
