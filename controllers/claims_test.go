package controllers

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/internal/shard"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// newShards is a world in which the test says who holds which lease.
func newShards(t *testing.T, adjust ...func(*fixtureOptions)) *fixture {
	t.Helper()
	return newFixture(t, append(adjust, func(o *fixtureOptions) { o.stopped, o.sim.RequestLog = true, 10_000 })...)
}

// startShard runs a manager of a shard whose requests to Webex are known by its name.
func (f *fixture) startShard(name, selector string, adjust ...func(*Options)) (stop func()) {
	f.t.Helper()
	part, err := shard.Parse(name, selector)
	f.Expect(err).NotTo(HaveOccurred())
	f.holdLease(part, "pod of "+name)
	f.start(append([]func(*Options){func(o *Options) { o.Shard, o.UserAgent = part, "manager of "+name }}, adjust...)...)
	return f.stop
}

// holdLease gives the lease of a shard a holder; empty lets it go.
func (f *fixture) holdLease(part shard.Shard, holder string) {
	f.t.Helper()
	now := metav1.NowMicro()
	f.apply(&coordinationv1.Lease{ObjectMeta: f.meta(part.LeaseName()), Spec: coordinationv1.LeaseSpec{
		HolderIdentity: &holder, LeaseDurationSeconds: new(int32(600)), RenewTime: &now,
	}})
}

func (f *fixture) letGo(name string) {
	f.t.Helper()
	part, err := shard.Parse(name, "any")
	f.Expect(err).NotTo(HaveOccurred())
	f.holdLease(part, "")
}

const inShard = v1alpha1.LabelShard + "="

func labelled(shard string) func(*v1alpha1.WebexCustomerAccess) {
	return func(c *v1alpha1.WebexCustomerAccess) { c.Labels = map[string]string{v1alpha1.LabelShard: shard} }
}

// awaitShard waits until the customer is in a shard.
func (f *fixture) awaitShard(customer *v1alpha1.WebexCustomerAccess, name string) {
	f.t.Helper()
	f.Eventually(func(g Gomega) {
		g.Expect(f.client.Get(f.ctx, keyOf(customer), customer)).To(Succeed())
		g.Expect(customer.Status.Shard).To(Equal(name))
	}).Should(Succeed())
}

// agents are those who asked Webex, in order.
func (f *fixture) agents() []string {
	var agents []string
	for _, r := range f.sim.RequestLog() {
		agents = append(agents, strings.TrimPrefix(r.UserAgent, "manager of "))
	}
	return slices.Compact(agents)
}

// A customer goes to another shard in the middle of a run: its manager ends the attempt, and
// then lets it go; the other one begins it anew. It ends once.
func TestCustomerChangesItsShardInTheMiddle(t *testing.T) {
	f := newShards(t, slowPeople(3))
	f.startShard("a", inShard+"a")
	f.startShard("b", inShard+"b")
	run, rows := interruptedOf(f, labelled("a"))
	customer := f.newCustomer("acme")
	f.awaitShard(customer, "a")
	f.Expect(f.agents()).To(Equal([]string{"a"}))

	f.change(customer, labelled("b"))
	f.awaitShard(customer, "b")
	f.expectReason(f.awaitEnd(run), v1alpha1.ReasonSucceeded)
	expectOneEnd(f, run)
	f.Expect(run.Status.FailedAttempts).To(HaveValue(BeZero()), "to change hands is no failure")
	f.Expect(f.agents()).To(Equal([]string{"a", "b"}), "never both")
	f.Expect(f.versions("acme")).NotTo(Equal(rows))
	f.expectRows("acme")
	f.settle(customer)
	f.Expect(f.agents()).To(Equal([]string{"a", "b"}))

	f.forget()
	f.poke(customer)
	f.settle(customer)
	f.Expect(f.writes.all()).To(BeEmpty(), "who has a customer writes nothing more about that")
}

// Two selectors match a customer by mistake: the first manager keeps it, and the second says
// so, once. When the first is gone, the second goes on.
func TestSelectorsOverlap(t *testing.T) {
	f := newShards(t)
	stop := f.startShard("a", inShard+"a")
	customer := f.createCustomer("acme", labelled("a"))
	f.awaitShard(customer, "a")
	f.startShard("also", v1alpha1.LabelShard, func(o *Options) { o.Contested = time.Millisecond })
	f.Eventually(func() []string { return f.told.of("WebexCustomerAccess", "acme") }).Should(ContainElement(
		"Warning " + v1alpha1.ReasonServedByAnother))
	f.run("acme")
	f.poke(customer)
	f.Consistently(func() int {
		return strings.Count(strings.Join(f.told.of("WebexCustomerAccess", "acme"), "\n"), v1alpha1.ReasonServedByAnother)
	}, "5s").Should(Equal(1), "once")
	f.Expect(f.agents()).To(Equal([]string{"a"}))

	stop()
	f.Consistently(func(g Gomega) {
		g.Expect(f.client.Get(f.ctx, keyOf(customer), customer)).To(Succeed())
		g.Expect(customer.Status.Shard).To(Equal("a"))
	}, "3s").Should(Succeed(), "its lease is not expired")
	f.letGo("a")
	f.awaitShard(customer, "also")
	f.run("acme")
	f.Expect(f.agents()).To(Equal([]string{"a", "also"}))
}

// The rest takes the customers of a shard that is gone, and of one that never was. A manager
// without a selector takes them all, and writes nothing more about shards. A restart writes nothing.
func TestShardsGo(t *testing.T) {
	f := newShards(t)
	stopA, stopRest := f.startShard("a", inShard+"a"), f.startShard("rest", inShard+"a,"+inShard+"b")
	stopRest() // of which the selector changes, below
	ours := f.createCustomer("acme", labelled("a"))
	stopA()
	f.letGo("a")

	f.forget()
	stopA = f.startShard("a", inShard+"a")
	f.settle(ours)
	f.Expect(f.writes.all()).To(BeEmpty(), "a restart writes nothing")
	f.Expect(f.sim.TotalRequests()).To(BeZero())

	stopRest = f.startShard("rest", v1alpha1.LabelShard+" notin (b)")
	misspelt := f.newCustomer("misspelt")
	other := f.sim.AddOrganization(webexsim.TwoSubscriptionOrganization())
	token := f.sim.IssueToken(webexsim.TokenSpec{Organization: other.UUID()})
	f.apply(&corev1.Secret{ObjectMeta: f.meta("other-token"), StringData: map[string]string{access.KeyAccessToken: token.Access}})
	misspelt.Spec.CredentialsSecretRef.Name = "other-token"
	labelled("aa")(misspelt)
	f.create(misspelt)
	f.awaitShard(misspelt, "rest")
	f.awaitCondition(misspelt, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSynced)
	stopA()
	f.letGo("a")
	f.awaitShard(ours, "rest")
	f.expectReason(f.run("acme"), v1alpha1.ReasonSucceeded)

	stopRest()
	f.letGo("rest")
	f.start()
	f.awaitShard(ours, "")
	f.awaitShard(misspelt, "")
	f.expectReason(f.run("acme"), v1alpha1.ReasonSucceeded)
	f.Expect(f.agents()).To(Equal([]string{"a", "rest", "test"}))
}

// A schedule runs the customers of all shards, and belongs to one by its own labels.
func TestScheduleOverShards(t *testing.T) {
	f := newShards(t)
	f.startShard("a", inShard+"a")
	f.startShard("rest", v1alpha1.LabelShard+" notin (a)")
	f.createCustomer("acme", labelled("a"))
	f.create(&v1alpha1.LicenseSyncSchedule{ObjectMeta: f.meta("all"), Spec: v1alpha1.LicenseSyncScheduleSpec{
		CustomerAccessSelector: &metav1.LabelSelector{}, Schedule: "0 0 1 1 *", RunOnActivation: new(true),
	}})
	runs := f.awaitRuns("acme", v1alpha1.TriggerSchedule, 1)
	f.expectReason(&runs[0], v1alpha1.ReasonSucceeded)
	f.Expect(f.agents()).To(Equal([]string{"a"}))
	f.create(f.newRun("orphan", "missing"))
	f.awaitRun(f.newRun("orphan", "missing"), v1alpha1.ReasonCustomerNotFound)
}

// Labels say whose a schedule is, and what it selects: both are seen when they change.
func TestLabelsChange(t *testing.T) {
	f := newShards(t)
	f.startShard("a", inShard+"a")
	f.createCustomer("acme", labelled("a"))
	schedule := &v1alpha1.LicenseSyncSchedule{ObjectMeta: f.meta("all"), Spec: v1alpha1.LicenseSyncScheduleSpec{
		CustomerAccessSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"tier": "gold"}}, Schedule: "0 0 1 1 *",
	}}
	schedule.Labels = map[string]string{v1alpha1.LabelShard: "b"}
	f.create(schedule)
	f.Consistently(func(g Gomega) {
		g.Expect(f.client.Get(f.ctx, keyOf(schedule), schedule)).To(Succeed())
		g.Expect(schedule.Status.Conditions).To(BeEmpty(), "it is another manager's")
	}, "500ms").Should(Succeed())
	f.patch(schedule, `{"metadata":{"labels":{"`+v1alpha1.LabelShard+`":"a"}}}`)
	f.awaitSchedule(schedule, v1alpha1.ReasonNoCustomers)
	f.patch(f.newCustomer("acme"), `{"metadata":{"labels":{"tier":"gold"}}}`)
	f.awaitSchedule(schedule, v1alpha1.ReasonScheduled, func(g Gomega) { g.Expect(schedule.Status.Targets.Total).To(HaveValue(BeEquivalentTo(1))) })
	f.patch(f.newCustomer("acme"), `{"metadata":{"labels":{"tier":null}}}`)
	f.awaitSchedule(schedule, v1alpha1.ReasonNoCustomers, func(g Gomega) { g.Expect(schedule.Status.Targets.Total).To(HaveValue(BeZero())) })
}

// Customers of one Secret in two shards spend its budget twice, which the customers say.
func TestSecretInSeveralShards(t *testing.T) {
	f := newShards(t)
	f.startShard("a", inShard+"a")
	customer := f.createCustomer("acme", labelled("a"))
	f.awaitCondition(customer, v1alpha1.ConditionCredentialsValid, metav1.ConditionTrue, v1alpha1.ReasonAccepted)
	other := f.newCustomer("other")
	f.create(other)
	said := f.awaitCondition(customer, v1alpha1.ConditionCredentialsValid, metav1.ConditionTrue, v1alpha1.ReasonSecretInSeveralShards)
	f.Expect(said.Message).To(And(ContainSubstring(`Secret "webex-token"`), ContainSubstring("the same labels")))
	f.Eventually(func() []string { return f.told.of("WebexCustomerAccess", "acme") }).Should(ContainElement("Warning " + v1alpha1.ReasonSecretInSeveralShards))
	f.patch(other, `{"metadata":{"labels":{"`+v1alpha1.LabelShard+`":"a"}}}`)
	f.awaitCondition(customer, v1alpha1.ConditionCredentialsValid, metav1.ConditionTrue, v1alpha1.ReasonAccepted)
	f.patch(other, `{"metadata":{"labels":{"`+v1alpha1.LabelShard+`":"b"}}}`)
	f.awaitCondition(customer, v1alpha1.ConditionCredentialsValid, metav1.ConditionTrue, v1alpha1.ReasonSecretInSeveralShards)
	f.Expect(f.client.Delete(f.ctx, other)).To(Succeed())
	f.awaitCondition(customer, v1alpha1.ConditionCredentialsValid, metav1.ConditionTrue, v1alpha1.ReasonAccepted)
}

// A customer that was taken from a shard whose manager came back in that moment is given back.
func TestTakenAtTheWrongMoment(t *testing.T) {
	f := newShards(t)
	customer := f.newCustomer("acme")
	labelled("a")(customer)
	f.create(customer)
	part, err := shard.Parse("b", "any")
	f.Expect(err).NotTo(HaveOccurred())
	before := client.MergeFrom(customer.DeepCopy())
	customer.Status.Shard = "b"
	f.Expect(f.client.Status().Patch(f.ctx, customer, before)).To(Succeed())

	held, release := f.writes.hold("webexcustomeraccesses", "acme")
	f.startShard("a", inShard+"a")
	f.Eventually(held).Should(BeClosed(), "the manager of a is about to write its name")
	f.holdLease(part, "pod of b")
	release()
	f.Eventually(func() int { return f.writes.all()["PATCH webexcustomeraccesses/status"] }).Should(Equal(2), "it wrote it, and took it back")
	f.awaitShard(customer, "b")
	f.Consistently(f.sim.TotalRequests, "1s").Should(BeZero())
	f.letGo("b")
	f.awaitCondition(customer, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSynced)
	f.awaitShard(customer, "a")
}

// claimed is a customer in one shard whose label is that of another, the API server that has it, and shard a.
func claimed(g *WithT, in, label string) (*v1alpha1.WebexCustomerAccess, client.Client, shard.Shard) {
	customer := &v1alpha1.WebexCustomerAccess{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "acme", UID: "1"}}
	customer.Status.Shard = in
	labelled(label)(customer)
	part, err := shard.Parse("a", inShard+"a")
	g.Expect(err).NotTo(HaveOccurred())
	return customer, fake.NewClientBuilder().WithScheme(testScheme()).WithObjects(customer).WithStatusSubresource(customer).Build(), part
}

// A reconcile that follows a take at once sees the customer as it was before. It must not
// lose that the claim is not confirmed yet.
func TestTakenWithALateCache(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	customer, live, part := claimed(g, "b", "a")
	clock := clocktesting.NewFakePassiveClock(time.Now())
	claims := &Claims{
		Client: live, Shard: part, Leases: &shard.Leases{Live: live, Namespace: "ns", Clock: clock},
		Runner: newRunner(1, clock), Clock: clock, Contested: time.Hour,
	}
	read := func() *v1alpha1.WebexCustomerAccess {
		read := &v1alpha1.WebexCustomerAccess{}
		g.Expect(live.Get(t.Context(), keyOf(customer), read)).To(Succeed())
		return read
	}
	settle := func(as *v1alpha1.WebexCustomerAccess) bool {
		serve, _, err := claims.settle(t.Context(), as)
		g.Expect(err).NotTo(HaveOccurred())
		return serve
	}

	before := read()
	g.Expect(settle(before)).To(BeFalse())
	g.Expect(read().Status.Shard).To(Equal("a"), "there is no lease: it was taken")
	g.Expect(settle(before)).To(BeFalse(), "the cache is late")
	g.Expect(claims.Serves(read())).To(BeFalse(), "it is not confirmed")

	holder := "pod of b"
	g.Expect(live.Create(t.Context(), &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "webex-license-operator.licensing.webex-operator.io-b"},
		Spec:       coordinationv1.LeaseSpec{HolderIdentity: &holder, LeaseDurationSeconds: new(int32(30))},
	})).To(Succeed())
	g.Expect(settle(read())).To(BeFalse())
	g.Expect(read().Status.Shard).To(Equal("b"), "b came back in that moment, and has its customer back")
}

// A customer whose renewed tokens are in this process alone does not leave before they are stored.
func TestTokensAreStoredBeforeTheCustomerLeaves(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	customer, live, part := claimed(g, "a", "b")
	stored := false
	claims := &Claims{
		Client: live, Shard: part, Runner: newRunner(1, clock.RealClock{}), Clock: clock.RealClock{}, Contested: time.Hour,
		Store: func(context.Context, *v1alpha1.WebexCustomerAccess) bool { return stored },
	}
	settle := func() string {
		serve, after, err := claims.settle(t.Context(), customer)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(serve).To(BeFalse())
		g.Expect(after > 0).To(Equal(!stored), "it looks again as long as something is left")
		g.Expect(live.Get(t.Context(), keyOf(customer), customer)).To(Succeed())
		return customer.Status.Shard
	}
	g.Expect(settle()).To(Equal("a"))
	stored = true
	g.Expect(settle()).To(BeEmpty())
}
