package controllers

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// The published limits are for objects up to 10 kB. docs/capacity.md says which of these
// objects stay below that, and how large they are.
func TestObjectSizes(t *testing.T) {
	f := newFixture(t, func(o *fixtureOptions) { o.stopped = true })
	const small = 10_000
	// Without its owner, the garbage collector would delete what is measured.
	owner := f.newCustomer(long(63))
	f.Expect(f.client.Create(f.ctx, owner)).To(Succeed())
	sizes := map[string]int{}
	for name, object := range map[string]client.Object{
		"largest row": f.largestRow(owner), "typical run": f.run10(owner, 60, 35, 20), "largest run": f.run10(owner, 253, 256, 256), "schedule": f.largestSchedule(),
		"typical customer": f.listingCustomer("typical", 3, 5, 40), "large customer": f.listingCustomer("large", 30, 30, 60),
		"largest customer": f.listingCustomer("largest", 256, 256, 128),
	} {
		sizes[name] = f.bytesOf(object)
	}
	t.Log(sizes)
	for _, name := range []string{"largest row", "typical run", "schedule", "typical customer", "large customer"} { // the page says so
		f.Expect(sizes[name]).To(BeNumerically("<", small), name)
	}
	for _, name := range []string{"largest run", "largest customer"} {
		f.Expect(sizes[name]).To(BeNumerically(">", small), "%s: the page says that it may be larger", name)
	}
}

// bytesOf creates an object with its status, and says how large the API server makes it.
func (f *fixture) bytesOf(object client.Object) int {
	f.t.Helper()
	withStatus := object.DeepCopyObject().(client.Object)
	f.Expect(f.client.Create(f.ctx, object)).To(Succeed())
	withStatus.SetResourceVersion(object.GetResourceVersion())
	f.Expect(f.client.Status().Update(f.ctx, withStatus)).To(Succeed())
	text, err := json.Marshal(withStatus)
	f.Expect(err).NotTo(HaveOccurred())
	return len(text)
}

// long is a text of so many characters.
func long(n int) string { return strings.Repeat("x", n) }

// longConditions are as the operator would write them at the worst: messages of 1,024 bytes.
func longConditions(types ...string) []metav1.Condition {
	var all []metav1.Condition
	for _, name := range types {
		all = append(all, metav1.Condition{Type: name, Status: metav1.ConditionFalse, Reason: "DefaultSubscriptionRequired", Message: long(1024), LastTransitionTime: metav1.Now(), ObservedGeneration: 1})
	}
	return all
}

// owned has the labels and the owner that rows and runs have.
func owned(meta metav1.ObjectMeta, owner *v1alpha1.WebexCustomerAccess) metav1.ObjectMeta {
	meta.Labels = map[string]string{}
	for _, label := range []string{v1alpha1.LabelCustomer, v1alpha1.LabelLevel, v1alpha1.LabelClass, v1alpha1.LabelLocation, v1alpha1.LabelTrigger} {
		meta.Labels[label] = long(63)
	}
	meta.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(owner, v1alpha1.GroupVersion.WithKind("WebexCustomerAccess"))}
	return meta
}

// largestRow has all texts at the bounds of the CRD, those that people write in characters of 3 bytes.
func (f *fixture) largestRow(owner *v1alpha1.WebexCustomerAccess) *v1alpha1.WebexLicense {
	units, wide := new(int64(1_000_000)), strings.Repeat("社", 256)
	return &v1alpha1.WebexLicense{
		ObjectMeta: owned(f.meta(long(253)), owner),
		Spec:       v1alpha1.WebexLicenseSpec{CustomerAccessRef: v1alpha1.LocalCustomerReference{Name: long(63)}, LicenseID: long(512), Level: v1alpha1.LevelSite, LocationID: long(512)},
		Status: v1alpha1.WebexLicenseStatus{
			Conditions: longConditions(v1alpha1.ConditionReady, v1alpha1.ConditionCapacityOK), ObservedGeneration: new(int64(1)),
			Name: wide, OfferCode: long(64), Class: v1alpha1.ClassPurchased, Location: wide, TotalUnits: units, ConsumedUnits: units, AvailableUnits: units,
			UtilizationPercent: new(int32(100)), ConsumedByUsers: units, ConsumedByWorkspaces: units, UnitsWithoutLocation: units, ResidualUnits: units,
			SubscriptionID: long(128), SiteURL: long(253), SiteType: long(64), Assignable: new(false),
			AssignableReason: v1alpha1.AssignableDefaultSubscriptionRequired, LastChangeTime: new(metav1.Now()),
		},
	}
}

// run10 is a run that tells of the most changes that it can, with texts of these lengths.
func (f *fixture) run10(owner *v1alpha1.WebexCustomerAccess, row, license, location int) *v1alpha1.LicenseSync {
	run := &v1alpha1.LicenseSync{
		ObjectMeta: owned(f.meta(fmt.Sprint("run-", row)), owner),
		Spec:       v1alpha1.LicenseSyncSpec{CustomerAccessRef: v1alpha1.LocalCustomerReference{Name: long(63)}, Trigger: v1alpha1.TriggerSchedule},
		Status: v1alpha1.LicenseSyncStatus{
			Conditions: longConditions(v1alpha1.ConditionReady), StartTime: new(metav1.Now()), CompletionTime: new(metav1.Now()), Message: long(256),
		},
	}
	for i := range 10 {
		run.Status.Changes = append(run.Status.Changes, v1alpha1.Change{
			Kind: v1alpha1.ChangeUpdated, Row: fmt.Sprint(i) + long(row-1), License: long(license), Location: long(location), Before: long(16), After: long(16),
		})
	}
	return run
}

// largestSchedule has all slots that a plan can name.
func (f *fixture) largestSchedule() *v1alpha1.LicenseSyncSchedule {
	schedule := &v1alpha1.LicenseSyncSchedule{
		ObjectMeta: f.meta(long(52)),
		Spec:       v1alpha1.LicenseSyncScheduleSpec{CustomerAccessSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"example.com/sync": long(63)}}},
		Status:     v1alpha1.LicenseSyncScheduleStatus{Conditions: longConditions(v1alpha1.ConditionReady, v1alpha1.ConditionStalled)},
	}
	for i := range 64 {
		schedule.Spec.At = append(schedule.Spec.At, metav1.Unix(int64(1_900_000_000+86_400*i), 0))
	}
	for i := range 10 {
		schedule.Status.Active = append(schedule.Status.Active, fmt.Sprint(i)+long(62))
	}
	return schedule
}

// listingCustomer is a customer of an organization with so many subscriptions, sites and roles.
func (f *fixture) listingCustomer(name string, subscriptions, sites, roles int) *v1alpha1.WebexCustomerAccess {
	customer := f.newCustomer(name)
	status := &customer.Status
	for _, c := range longConditions(v1alpha1.ConditionReady, v1alpha1.ConditionCredentialsValid, v1alpha1.ConditionDefaultsResolved, v1alpha1.ConditionDataFresh, v1alpha1.ConditionCapacityOK, v1alpha1.ConditionObjectCountOK) {
		c.Message = long(200) // the longest that there are, but for lists of licences
		status.Conditions = append(status.Conditions, c)
	}
	list := func(n int, format string) (all []string) {
		for i := range n {
			all = append(all, fmt.Sprintf(format, i))
		}
		return all
	}
	status.Subscriptions, status.SiteURLs, status.Roles = list(subscriptions, "Sub-hydraOct%03da"), list(sites, "customer-site-%03d.webex.com"), list(roles, "Some Administrator Role %03d")
	status.Organization = &v1alpha1.OrganizationStatus{ID: long(36), DisplayName: long(40)}
	status.LastRun = &v1alpha1.LastRun{Name: long(63), Reason: v1alpha1.ReasonAPIUnavailable, Message: long(200), EndTime: new(metav1.Now())}
	return customer
}
