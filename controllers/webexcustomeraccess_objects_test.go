package controllers

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/census"
)

// limited makes the numbers of objects small enough for a test.
func limited(limits census.Limits) func(*fixtureOptions) {
	return func(o *fixtureOptions) { o.objectLimits = limits }
}

// addSchedules creates suspended schedules, which do nothing but count.
func (f *fixture) addSchedules(from, to int) {
	f.t.Helper()
	for i := from; i < to; i++ {
		f.Expect(f.client.Create(f.ctx, &v1alpha1.LicenseSyncSchedule{
			ObjectMeta: f.meta(fmt.Sprintf("s%02d", i)),
			Spec: v1alpha1.LicenseSyncScheduleSpec{
				CustomerAccessRef: &v1alpha1.LocalCustomerReference{Name: "missing"}, Schedule: "0 2 * * *", Suspend: new(true),
			},
		})).To(Succeed())
	}
}

// dropSchedules deletes them.
func (f *fixture) dropSchedules(from, to int) {
	f.t.Helper()
	for i := from; i < to; i++ {
		f.Expect(f.client.Delete(f.ctx, &v1alpha1.LicenseSyncSchedule{ObjectMeta: f.meta(fmt.Sprintf("s%02d", i))})).To(Succeed())
	}
}

// customerWrites are the writes of customers' statuses.
func (f *fixture) customerWrites() int { return f.writes.all()["PATCH webexcustomeraccesses/status"] }

// ObjectCountOK warns before the limit is reached, ends well below where it began, and costs
// one write for each change of it. The figures are none the worse for it.
func TestObjectCountOfANamespace(t *testing.T) {
	f := newFixture(t, limited(census.Limits{census.Schedules: {Namespace: 10, Cluster: 1000}}))
	customer := f.createCustomer("acme")
	f.awaitCondition(customer, v1alpha1.ConditionObjectCountOK, metav1.ConditionTrue, v1alpha1.ReasonWithinLimits)

	// unchanged says that what happens changes nothing that is worth a write.
	unchanged := func(about string, happens func()) {
		f.t.Helper()
		f.forget()
		happens()
		f.poke(customer)
		f.settle(customer)
		f.Expect(f.customerWrites()).To(BeZero(), about)
	}
	becomes := func(status metav1.ConditionStatus, reason string) *metav1.Condition {
		f.t.Helper()
		condition := f.awaitCondition(customer, v1alpha1.ConditionObjectCountOK, status, reason)
		f.settle(customer)
		f.Expect(f.customerWrites()).To(Equal(1), "one write says it")
		f.Expect(meta.IsStatusConditionTrue(customer.Status.Conditions, v1alpha1.ConditionReady)).To(BeTrue(), "nothing is broken")
		return condition
	}

	unchanged("7 of 10", func() { f.addSchedules(0, 7) })
	f.addSchedules(7, 8)
	near := becomes(metav1.ConditionFalse, v1alpha1.ReasonNearNamespaceLimit)
	f.Expect(near.Message).To(And(
		HavePrefix("licensesyncschedules in this namespace are near the limit of 10"),
		ContainSubstring("spread customers over more namespaces"), HaveSuffix("(docs/capacity.md#limits)")))
	unchanged("10 of 10 are still near", func() { f.addSchedules(8, 10) })
	unchanged("a restart remembers what was said", func() {
		f.stop()
		f.start()
	})

	f.addSchedules(10, 11)
	over := becomes(metav1.ConditionFalse, v1alpha1.ReasonOverNamespaceLimit)
	f.Expect(over.LastTransitionTime).To(Equal(near.LastTransitionTime), "it was False before")
	unchanged("9 of 10 are no end of too many", func() { f.dropSchedules(9, 11) })
	f.dropSchedules(8, 9)
	becomes(metav1.ConditionFalse, v1alpha1.ReasonNearNamespaceLimit)
	unchanged("7 of 10 do not take back that they were 8", func() { f.dropSchedules(7, 8) })
	f.dropSchedules(6, 7)
	becomes(metav1.ConditionTrue, v1alpha1.ReasonWithinLimits)
}

// Each customer is told of the cluster's limit, with one write, a new one with its first, and
// a restart repeats no event.
func TestObjectCountOfACluster(t *testing.T) {
	f := newFixture(t, limited(census.Limits{census.Schedules: {Cluster: 10}}))
	const customers = 8
	all := make([]*v1alpha1.WebexCustomerAccess, customers+1)
	create := func(i int, status metav1.ConditionStatus, reason string) {
		all[i] = f.newCustomer(fmt.Sprintf("c%d", i))
		all[i].Spec.Suspend = new(true)
		f.Expect(f.client.Create(f.ctx, all[i])).To(Succeed())
		f.awaitCondition(all[i], v1alpha1.ConditionObjectCountOK, status, reason)
	}
	for i := range customers {
		create(i, metav1.ConditionTrue, v1alpha1.ReasonWithinLimits)
	}
	f.settle(all[0])
	f.forget()
	f.addSchedules(0, 9)
	for _, customer := range all[:customers] {
		condition := f.awaitCondition(customer, v1alpha1.ConditionObjectCountOK, metav1.ConditionFalse, v1alpha1.ReasonNearClusterLimit)
		f.Expect(condition.Message).To(HavePrefix("licensesyncschedules in all namespaces that the operator watches are near the limit of 10"))
	}
	create(customers, metav1.ConditionFalse, v1alpha1.ReasonNearClusterLimit)
	f.settle(all[0])
	f.Expect(f.customerWrites()).To(Equal(customers+1), "one write for each customer")

	f.forget()
	f.stop()
	f.start()
	for _, customer := range all {
		f.poke(customer)
	}
	for _, customer := range all {
		f.settle(customer)
	}
	f.Expect(f.writes.all()).To(BeEmpty(), "a restart repeats no event")
}

// A customer of an operator that did not count is not written for the sake of good news.
func TestObjectCountAfterAnUpgrade(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	condition := func(value metav1.ConditionStatus) metav1.Condition {
		return metav1.Condition{Type: v1alpha1.ConditionObjectCountOK, Status: value}
	}
	ready := metav1.Condition{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue}
	good, bad := condition(metav1.ConditionTrue), condition(metav1.ConditionFalse)
	for _, test := range []struct{ old, desired, want []metav1.Condition }{
		{[]metav1.Condition{ready}, []metav1.Condition{ready, good}, []metav1.Condition{ready}},
		{[]metav1.Condition{ready}, []metav1.Condition{ready, bad}, []metav1.Condition{ready, bad}},
		{[]metav1.Condition{ready, bad}, []metav1.Condition{ready, good}, []metav1.Condition{ready, good}},
	} {
		g.Expect(untold(test.old, test.desired)).To(Equal(test.want))
	}
}

// What was said is known by reason and field, whatever the message is.
func TestVerdictIsRemembered(t *testing.T) {
	t.Parallel()
	for _, level := range []census.Level{census.Near, census.Over} {
		for _, scope := range []census.Scope{census.Namespace, census.Cluster} {
			for _, kind := range census.Kinds() {
				g := NewWithT(t)
				s := syncedScope()
				s.objects = census.Verdict{Level: level, Scope: scope, Kind: kind, Limit: 1500}
				conditions, _ := judge(g, s.conditions())
				s.customer.Status.Conditions, s.customer.Status.Told = slices.Clone(conditions), &s.told
				for i := range s.customer.Status.Conditions {
					s.customer.Status.Conditions[i].Message = "x"
				}
				g.Expect(verdictOf(s.customer).Same(s.objects)).To(BeTrue(), "%+v", s.objects)
				g.Expect(verdict(conditions)).To(Equal("True Synced"))
				said := meta.FindStatusCondition(conditions, v1alpha1.ConditionObjectCountOK)
				g.Expect(said.Message).NotTo(Or(ContainSubstring(": ("), ContainSubstring("or  ")), "there is a remedy")
			}
		}
	}
}

// crowd is a reconciler with so many customers in its cache, whose conditions say that all is well.
func crowd(t testing.TB, customers, perNamespace int) *WebexCustomerAccessReconciler {
	t.Helper()
	b := fake.NewClientBuilder().WithScheme(testScheme())
	r := &WebexCustomerAccessReconciler{Census: census.New(census.Published())}
	for i := range customers {
		s := syncedScope()
		s.customer.Namespace, s.customer.Name = fmt.Sprint("n", i/perNamespace), fmt.Sprint("c", i)
		s.customer.Status.Conditions = s.conditions()
		b.WithObjects(s.customer)
		r.Census.Add(census.Rows, s.customer.Namespace)
	}
	r.Client = b.Build()
	return r
}

// delays notes when requests are due.
type delays struct {
	workqueue.TypedRateLimitingInterface[ctrl.Request]
	all []time.Duration
}

func (d *delays) AddAfter(_ ctrl.Request, after time.Duration) { d.all = append(d.all, after) }

// Customers are told one after the other, and no others are.
func TestWakeCrowded(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	r := crowd(t, 40, 20)
	wake := func() []time.Duration {
		queue := &delays{}
		r.wakeCrowded(context.Background(), queue)
		return queue.all
	}
	g.Expect(wake()).To(BeEmpty())
	for range 1200 {
		r.Census.Add(census.Rows, "n1")
	}
	woken := wake()
	g.Expect(woken).To(HaveLen(20), "those of the namespace")
	g.Expect(woken[len(woken)-1]).To(Equal(19*censusSpacing), "20 a second")
}

// BenchmarkWakeCrowded is what it costs to look at 10,000 customers, which happens at most
// once in 10 seconds, and only if a number passed a mark.
func BenchmarkWakeCrowded(b *testing.B) {
	r := crowd(b, 10_000, 10)
	var customers v1alpha1.WebexCustomerAccessList
	if err := r.List(context.Background(), &customers); err != nil {
		b.Fatal(err)
	}
	r.Client = listed{Client: r.Client, customers: customers}
	for b.Loop() {
		r.wakeCrowded(context.Background(), &delays{})
	}
}

// listed lists as a cache does: without another copy of what is there.
type listed struct {
	client.Client
	customers v1alpha1.WebexCustomerAccessList
}

func (l listed) List(_ context.Context, list client.ObjectList, _ ...client.ListOption) error {
	list.(*v1alpha1.WebexCustomerAccessList).Items = append([]v1alpha1.WebexCustomerAccess(nil), l.customers.Items...)
	return nil
}
