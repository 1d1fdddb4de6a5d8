//go:build unix

package e2e

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/operator"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// Shorter than the product's, which are 35 s, 30 s and 5 s.
const (
	leaseDuration = 12 * time.Second
	renewDeadline = 9 * time.Second
	retryPeriod   = time.Second
)

// Two replicas, and 50 customers whose runs are under way: the leader is stopped, then
// killed, then frozen until its lease is gone. Each time the other replica goes on, no
// finished run is made again, no two replicas read an organization at a time, and the rows
// are right.
func TestTheOtherReplicaGoesOn(t *testing.T) {
	t.Parallel()
	f := newFailover(t, 50)
	first, second := f.replica("a"), f.replica("b")
	first.awaitLeader()
	second.awaitStandby()
	f.createCustomers()

	t.Log("the leader is stopped, as by a drained node or a new version")
	f.awaitMiddle(1)
	left := f.leave(func() { f.Expect(first.process.Stop()).To(Succeed()) })
	f.expectTakeover(left, first, second, leaseDuration)

	t.Log("the leader is killed")
	third := f.replica("c")
	third.awaitStandby()
	f.requestAll("killed")
	f.awaitMiddle(2)
	left = f.leave(second.process.Kill)
	f.expectTakeover(left, second, third, leaseDuration+10*retryPeriod)

	t.Log("the leader is frozen, and wakes up when it no longer is the leader")
	fourth := f.replica("d")
	fourth.awaitStandby()
	f.requestAll("frozen")
	f.awaitMiddle(3)
	left = f.leave(func() { f.Expect(third.process.Signal(syscall.SIGSTOP)).To(Succeed()) })
	f.expectTakeover(left, third, fourth, leaseDuration+10*retryPeriod)
	before := f.runs()
	f.Expect(third.process.Signal(syscall.SIGCONT)).To(Succeed())
	f.Eventually(third.process.Done()).Should(BeClosed())
	f.Expect(third.process.Err()).To(HaveOccurred(), "who lost the lease ends")
	f.Expect(third.log.String()).To(ContainSubstring("leader election lost"))
	f.Expect(f.runs()).To(Equal(before), "it changed no run")
	f.expectTruths()
}

// failover is a world with many customers and several replicas.
type failover struct {
	*world
	organizations []*webexsim.Organization
	specs         []webexsim.OrganizationSpec
}

// replica is one of several managers.
type replica struct {
	*failover
	agent   string // how its user agent begins
	process *operator.Process
	log     operator.Log
}

func newFailover(t *testing.T, customers int) *failover {
	t.Helper()
	spec := func(i int) webexsim.OrganizationSpec {
		return webexsim.Generate(webexsim.GeneratorOptions{Seed: int64(100 + i), People: 120, Locations: 3, Licenses: 6})
	}
	f := &failover{world: newWorld(t, spec(0))}
	f.sim.SetOptions(func(o *webexsim.Options) { o.RequestLog = 100_000 })
	f.sim.SetLatency(150 * time.Millisecond) // so that 50 runs, 8 at a time, take some 10 s
	for i := range customers {
		f.specs = append(f.specs, spec(i))
		organization := f.org
		if i > 0 {
			organization = f.sim.AddOrganization(f.specs[i])
		}
		f.organizations = append(f.organizations, organization)
	}
	return f
}

func (f *failover) createCustomers(adjust ...func(i int, customer *v1alpha1.WebexCustomerAccess)) {
	f.t.Helper()
	for i, organization := range f.organizations {
		token := fmt.Sprintf("failover-access-token-%d", i)
		f.sim.IssueToken(webexsim.TokenSpec{Organization: organization.UUID(), Access: token})
		f.createCustomer(f.customer(i), map[string]string{"accessToken": token}, func(c *v1alpha1.WebexCustomerAccess) {
			for _, a := range adjust {
				a(i, c)
			}
		})
	}
}

func (f *failover) customer(i int) string { return fmt.Sprintf("customer-%02d", i) }

// replica starts a manager of a version of its own, by which its requests are known.
func (f *failover) replica(name string) *replica {
	f.t.Helper()
	return f.start(name, f.build(name))
}

// build makes the binary of a version.
func (f *failover) build(version string) string {
	f.t.Helper()
	binary, err := operator.Build(f.ctx, repository, f.t.TempDir(), "-ldflags=-X main.version="+version)
	f.Expect(err).NotTo(HaveOccurred())
	return binary
}

// start starts a manager, with further flags.
func (f *failover) start(name, binary string, further ...string) *replica {
	f.t.Helper()
	r := &replica{failover: f, agent: "webex-license-operator/" + name + " "}
	var err error
	r.process, err = operator.Start(binary, shared.cluster.KubeconfigPath, &r.log, append(further,
		"--watch-namespaces="+f.namespace, "--allowed-api-hosts="+strings.TrimSuffix(strings.TrimPrefix(f.sim.URL(), "https://"), "/v1"),
		"--leader-elect", "--leader-election-namespace="+f.namespace,
		"--leader-election-lease-duration="+leaseDuration.String(), "--leader-election-renew-deadline="+renewDeadline.String(),
		"--leader-election-retry-period="+retryPeriod.String(),
		"--health-probe-bind-address=0", "--webex-qps=0")...)
	f.Expect(err).NotTo(HaveOccurred())
	f.t.Cleanup(func() {
		r.process.Kill()
		if f.t.Failed() {
			f.t.Logf("the log of %s:\n%s", name, r.log.Tail(60))
		}
	})
	return r
}

func (r *replica) awaitLeader() {
	r.t.Helper()
	r.Eventually(r.log.String).Should(ContainSubstring("Successfully acquired lease"))
}

// awaitStandby waits until the caches are full, and the lease is what is left to get.
func (r *replica) awaitStandby() {
	r.t.Helper()
	r.Eventually(r.log.String).Should(ContainSubstring("Attempting to acquire leader lease"))
}

// requestAll has all customers read again, with figures that changed.
func (f *failover) requestAll(token string) {
	f.t.Helper()
	for i, organization := range f.organizations {
		for _, license := range organization.Truth().Licenses {
			if license.Subscription != "" {
				f.Expect(organization.SetTotal(license.ID, license.Total+1)).To(Succeed())
			}
		}
		f.request(&v1alpha1.WebexCustomerAccess{ObjectMeta: f.meta(f.customer(i))}, token)
	}
}

// ending is how a run ended; the zero value if it has not.
type ending struct{ organization, text string }

// runs are all runs by name.
func (f *failover) runs() map[string]ending {
	f.t.Helper()
	var runs v1alpha1.LicenseSyncList
	f.Expect(f.client.List(f.ctx, &runs, client.InNamespace(f.namespace))).To(Succeed())
	endings := map[string]ending{}
	for i := range runs.Items {
		run := &runs.Items[i]
		e := ending{}
		for n, organization := range f.organizations {
			if f.customer(n) == run.Spec.CustomerAccessRef.Name {
				e.organization = organization.UUID()
			}
		}
		if run.Status.CompletionTime != nil {
			e.text = fmt.Sprintf("%s at %s by version %s", run.Status.Message, run.Status.CompletionTime, run.ResourceVersion)
		}
		endings[run.Name] = e
	}
	return endings
}

// awaitMiddle waits until all runs of so many rounds exist, some of the last one have ended,
// and most have not.
func (f *failover) awaitMiddle(rounds int) {
	f.t.Helper()
	f.Eventually(func(g Gomega) {
		runs := f.runs()
		g.Expect(runs).To(HaveLen(rounds * len(f.organizations)))
		ended := 0
		for _, run := range runs {
			if run.text != "" {
				ended++
			}
		}
		g.Expect(ended).To(BeNumerically(">=", (rounds-1)*len(f.organizations)+5))
	}).Should(Succeed())
}

// leftover is how things were when the leader went.
type leftover struct {
	at   time.Time
	read int // requests until then
	runs map[string]ending
}

// leave ends the leader, one way or another.
func (f *failover) leave(end func()) leftover {
	f.t.Helper()
	left := leftover{at: time.Now(), read: len(f.sim.RequestLog())}
	end()
	left.runs = f.runs() // no run of the next leader has ended yet: that takes more than a second
	return left
}

// expectTakeover waits until all runs have ended, and looks how the next leader came to it.
func (f *failover) expectTakeover(left leftover, old, next *replica, within time.Duration) {
	f.t.Helper()
	var runs map[string]ending
	f.Eventually(func(g Gomega) {
		runs = f.runs()
		for name, run := range runs {
			g.Expect(run.text).NotTo(BeEmpty(), name)
		}
	}).WithTimeout(2 * patience).Should(Succeed())
	f.Expect(runs).To(HaveLen(len(left.runs)), "no run was made up")
	unfinished := map[string]bool{} // organizations
	for name, run := range left.runs {
		if run.text == "" {
			unfinished[run.organization] = true
			continue
		}
		f.Expect(runs[name]).To(Equal(run), "%s had ended, and is as it was", name)
	}
	f.Expect(len(unfinished)).To(BeNumerically(">", 10), "the leader went in the middle")

	var took time.Duration
	walks := map[string]int{}
	for _, r := range f.sim.RequestLog()[left.read:] {
		switch {
		case strings.HasPrefix(r.UserAgent, next.agent):
			if took == 0 {
				took = r.Time.Sub(left.at)
			}
			if r.Operation == "GET /licenses" {
				walks[r.Organization]++
			}
		case strings.HasPrefix(r.UserAgent, old.agent):
			f.Expect(took).To(BeZero(), "%s asked %s after the other one had begun", old.agent, r.Operation)
		default:
			f.t.Errorf("who is %q?", r.UserAgent)
		}
	}
	f.t.Logf("%d runs were unfinished; the other replica asked Webex after %s", len(unfinished), took.Round(10*time.Millisecond))
	f.Expect(took).To(And(BeNumerically(">", 0), BeNumerically("<", within)))
	for organization, times := range walks {
		f.Expect(unfinished).To(HaveKey(organization), "its run had ended")
		f.Expect(times).To(Equal(1), "organization %s was walked more than once", organization)
	}
	f.expectTruths()
}

// expectTruths looks at all rows, and at how runs ended.
func (f *failover) expectTruths() {
	f.t.Helper()
	got, want := map[string]string{}, map[string]string{}
	rows := f.list()
	for i := range rows {
		got[rows[i].Spec.CustomerAccessRef.Name+" "+operator.Key(&rows[i])] = operator.Shown(&rows[i])
	}
	for i, organization := range f.organizations {
		for key, text := range operator.Expected(f.customer(i), organization.Truth(), f.specs[i].Licenses) {
			want[f.customer(i)+" "+key] = text
		}
	}
	f.Expect(got).To(HaveLen(len(rows)), "no row twice")
	f.Expect(got).To(Equal(want))
	var runs v1alpha1.LicenseSyncList
	f.Expect(f.client.List(f.ctx, &runs, client.InNamespace(f.namespace))).To(Succeed())
	for i := range runs.Items {
		status := runs.Items[i].Status
		f.Expect(meta.IsStatusConditionTrue(status.Conditions, v1alpha1.ConditionComplete)).To(BeTrue(), "%s: %+v", runs.Items[i].Name, status)
		f.Expect(status.FailedAttempts).To(Or(BeNil(), HaveValue(BeZero())), "to be stopped is no failure")
	}
}
