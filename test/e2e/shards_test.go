//go:build unix

package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

const shardKey = v1alpha1.LabelShard

// Three managers divide 45 customers. While all are read, customers change their labels, a
// shard is added, one is removed, and the leader of one is killed. Each customer is read by
// one manager at a time, none is forgotten, and no run is carried out twice.
func TestThreeShards(t *testing.T) {
	t.Parallel()
	s := &shards{failover: newFailover(t, 45), label: map[int]string{}, binaries: map[string]string{}}
	rest, a, b := s.manager("rest", "notin (a,b)"), s.manager("a", "in (a)"), s.manager("b", "in (b)")
	for _, r := range []*replica{rest, a, b} {
		r.awaitLeader()
	}
	s.createCustomers(func(i int, c *v1alpha1.WebexCustomerAccess) {
		s.label[i] = []string{"", "a", "b"}[i%3]
		if s.label[i] != "" {
			c.Labels = map[string]string{shardKey: s.label[i]}
		}
	})
	s.round(func() {})
	s.expectShards(map[string]string{"": "rest", "a": "a", "b": "b"})

	t.Log("customers change their labels, some to a shard that does not exist")
	s.round(func() {
		s.relabel("a", "b", 7)
		s.relabel("b", "", 7)
		s.relabel("", "c", 7)
	})
	s.expectShards(map[string]string{"": "rest", "a": "a", "b": "b", "c": "rest"})

	t.Log("a shard is added, with the next version of the rest's Deployment")
	s.manager("c", "in (c)").awaitLeader()
	rest2 := s.manager("rest-2", "notin (a,b,c)")
	rest2.awaitStandby()
	s.round(func() { s.Expect(rest.process.Stop()).To(Succeed()) })
	s.expectShards(map[string]string{"": "rest", "a": "a", "b": "b", "c": "c"})

	t.Log("a shard is removed, and the rest follows")
	rest3 := s.manager("rest-3", "notin (a,c)")
	rest3.awaitStandby()
	s.round(func() {
		s.Expect(b.process.Stop()).To(Succeed())
		s.Expect(rest2.process.Stop()).To(Succeed())
	})
	s.expectShards(map[string]string{"": "rest", "a": "a", "b": "rest", "c": "c"})

	t.Log("the leader of a shard is killed")
	s.manager("a-2", "in (a)").awaitStandby()
	s.round(a.process.Kill)
	s.expectShards(map[string]string{"": "rest", "a": "a", "b": "rest", "c": "c"})
	s.expectOneAtATime()
}

// shards is a world whose managers have a part of the customers each.
type shards struct {
	*failover
	label    map[int]string    // of customers
	binaries map[string]string // by shard, which their requests are known by
	rounds   int
}

// manager starts one. What stands before the hyphen of its name is that of its shard.
func (s *shards) manager(name, selects string) *replica {
	s.t.Helper()
	shard, _, _ := strings.Cut(name, "-")
	if s.binaries[shard] == "" {
		s.binaries[shard] = s.build(shard)
	}
	return s.start(name, s.binaries[shard], "--watch-label-selector="+shardKey+" "+selects, "--shard-name="+shard)
}

// round has all customers read, the first time because they are new, does something in the
// middle of it, and waits until all runs have ended.
func (s *shards) round(disturb func()) {
	s.t.Helper()
	s.rounds++
	if s.rounds > 1 {
		s.requestAll(fmt.Sprintf("round-%d", s.rounds))
	}
	s.awaitMiddle(s.rounds)
	before := len(s.sim.RequestLog())
	disturb()
	s.Eventually(func(g Gomega) {
		runs := s.runs()
		g.Expect(runs).To(HaveLen(s.rounds * len(s.organizations)))
		for name, run := range runs {
			g.Expect(run.text).NotTo(BeEmpty(), name)
		}
	}).WithTimeout(2 * patience).Should(Succeed())
	s.t.Logf("%d requests after the disturbance", len(s.sim.RequestLog())-before)
	s.expectTruths()
}

// relabel gives some customers of a label another one.
func (s *shards) relabel(from, to string, n int) {
	s.t.Helper()
	for i := range s.organizations {
		if s.label[i] != from || n == 0 || s.moved(i) {
			continue
		}
		n--
		s.label[i] = to
		value := fmt.Sprintf("%q", to)
		if to == "" {
			value = "null"
		}
		patch := fmt.Appendf(nil, `{"metadata":{"labels":{%q:%s}}}`, shardKey, value)
		s.Expect(s.client.Patch(s.ctx, &v1alpha1.WebexCustomerAccess{ObjectMeta: s.meta(s.customer(i))}, client.RawPatch("application/merge-patch+json", patch))).To(Succeed())
	}
	s.Expect(n).To(BeZero(), "there are as many")
}

// moved says whether a customer no longer has its first label.
func (s *shards) moved(i int) bool { return s.label[i] != []string{"", "a", "b"}[i%3] }

// expectShards waits until each customer says whose it is: by its label.
func (s *shards) expectShards(byLabel map[string]string) {
	s.t.Helper()
	s.Eventually(func(g Gomega) {
		var customers v1alpha1.WebexCustomerAccessList
		g.Expect(s.client.List(s.ctx, &customers, client.InNamespace(s.namespace))).To(Succeed())
		g.Expect(customers.Items).To(HaveLen(len(s.organizations)))
		for _, c := range customers.Items {
			g.Expect(c.Status.Shard).To(Equal(byLabel[c.Labels[shardKey]]), "%s with label %q", c.Name, c.Labels[shardKey])
		}
	}).Should(Succeed())
}

// expectOneAtATime looks at who asked Webex about each organization. No customer came back to
// a shard that it had left, so that each shard's requests are in one piece; and a run is begun
// a second time only where a customer changed hands, or its shard had another leader.
func (s *shards) expectOneAtATime() {
	s.t.Helper()
	newLeaders := map[string]int{"rest": 2, "a": 1}
	shards, walks := map[string][]string{}, map[string]int{}
	for _, r := range s.sim.RequestLog() {
		_, version, _ := strings.Cut(r.UserAgent, "/")
		shard, _, _ := strings.Cut(version, " ")
		shards[r.Organization] = append(shards[r.Organization], shard)
		if r.Operation == "GET /licenses" {
			walks[r.Organization]++
		}
	}
	s.Expect(shards).To(HaveLen(len(s.organizations)))
	again := 0
	for organization, all := range shards {
		turns := slices.Compact(all)
		s.Expect(slices.Compact(slices.Sorted(slices.Values(turns)))).To(HaveLen(len(turns)), "%s was read by two at a time: %q", organization, turns)
		excuses := len(turns) - 1
		for _, shard := range turns {
			excuses += newLeaders[shard]
		}
		s.Expect(walks[organization]).To(And(BeNumerically(">=", s.rounds), BeNumerically("<=", s.rounds+excuses)), organization)
		again += walks[organization] - s.rounds
	}
	s.t.Logf("%d requests; %d of %d runs began a second time", len(s.sim.RequestLog()), again, s.rounds*len(s.organizations))
}
