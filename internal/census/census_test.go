package census

import (
	"fmt"
	"math/rand/v2"
	"testing"

	. "github.com/onsi/gomega"
)

func TestLevel(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		count, limit int
		was, want    Level
	}{
		"nothing":                        {0, 1500, Within, Within},
		"no limit":                       {1e9, 0, Over, Within},
		"below 80 percent":               {1199, 1500, Within, Within},
		"at 80 percent, before the end":  {1200, 1500, Within, Near},
		"at the limit":                   {1500, 1500, Within, Near},
		"one too many":                   {1501, 1500, Within, Over},
		"near, and fewer":                {1199, 1500, Near, Near},
		"near, and 70 percent":           {1050, 1500, Near, Near},
		"near, and below 70 percent":     {1049, 1500, Near, Within},
		"near, and too many":             {1501, 1500, Near, Over},
		"over, and at the limit":         {1500, 1500, Over, Over},
		"over, and 90 percent":           {1350, 1500, Over, Over},
		"over, and below 90 percent":     {1349, 1500, Over, Near},
		"over, and below 80 percent":     {1199, 1500, Over, Near},
		"over, and below 70 percent":     {1049, 1500, Over, Within},
		"within, and between the marks":  {1100, 1500, Within, Within},
		"a limit of one":                 {1, 1, Within, Near},
		"a limit of one, and it is gone": {0, 1, Near, Within},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			NewWithT(t).Expect(levelOf(test.count, test.limit, test.was)).To(Equal(test.want))
		})
	}
}

// A census that looks again only when a mark is passed misses nothing: between two marks a level
// stays what it is, whatever it was.
func TestLevelsChangeAtMarksOnly(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	for _, limit := range []int{1, 2, 3, 7, 10, 99, 600, 1500} {
		for count := range 2 * limit {
			for _, was := range []Level{Within, Near, Over} {
				if marks(count, limit) != marks(count+1, limit) {
					continue
				}
				is := levelOf(count, limit, was)
				g.Expect(levelOf(count+1, limit, was)).To(Equal(is), "%d and one more of %d, was %d", count, limit, was)
				g.Expect(levelOf(count, limit, is)).To(Equal(is), "looking again says the same")
			}
		}
	}
}

// fill counts so many objects.
func fill(c *Census, kind, namespace string, n int) {
	for range n {
		c.Add(kind, namespace)
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	type counts map[key]int
	limits := Limits{
		Rows: {Namespace: 10, Cluster: 20}, Runs: {Namespace: 10, Cluster: 20},
		Customers: {Namespace: 5, Cluster: 10}, Schedules: {Namespace: 10, Cluster: 20},
	}
	for name, test := range map[string]struct {
		counts counts
		before Verdict
		want   Verdict
	}{
		"few":                                       {counts: counts{{Rows, "a"}: 7}},
		"near in the namespace":                     {counts: counts{{Rows, "a"}: 8}, want: Verdict{Near, Namespace, Rows, 10}},
		"each kind counts":                          {counts: counts{{Schedules, "a"}: 8}, want: Verdict{Near, Namespace, Schedules, 10}},
		"each kind has its limit":                   {counts: counts{{Customers, "a"}: 4}, want: Verdict{Near, Namespace, Customers, 5}},
		"kinds are not added up":                    {counts: counts{{Rows, "a"}: 5, {Runs, "a"}: 5, {Schedules, "a"}: 5}},
		"another namespace's":                       {counts: counts{{Rows, "b"}: 9}},
		"near in the cluster":                       {counts: counts{{Rows, "b"}: 16}, want: Verdict{Near, Cluster, Rows, 20}},
		"over in the cluster":                       {counts: counts{{Runs, "b"}: 11, {Runs, "c"}: 10}, want: Verdict{Over, Cluster, Runs, 20}},
		"the worst is told":                         {counts: counts{{Rows, "a"}: 9, {Runs, "a"}: 11}, want: Verdict{Over, Namespace, Runs, 10}},
		"over the cluster's before near":            {counts: counts{{Rows, "a"}: 9, {Rows, "b"}: 12}, want: Verdict{Over, Cluster, Rows, 20}},
		"of equals the namespace's first":           {counts: counts{{Runs, "a"}: 9, {Rows, "b"}: 16}, want: Verdict{Near, Namespace, Runs, 10}},
		"of equals rows first":                      {counts: counts{{Runs, "a"}: 10, {Rows, "a"}: 8}, want: Verdict{Near, Namespace, Rows, 10}},
		"what was told lingers":                     {counts: counts{{Runs, "a"}: 7}, before: Verdict{Near, Namespace, Runs, 10}, want: Verdict{Near, Namespace, Runs, 10}},
		"of the same kind only":                     {counts: counts{{Runs, "a"}: 7}, before: Verdict{Near, Namespace, Rows, 10}},
		"of the same scope only":                    {counts: counts{{Runs, "a"}: 7}, before: Verdict{Near, Cluster, Runs, 20}},
		"what was told ends":                        {counts: counts{{Runs, "a"}: 6}, before: Verdict{Near, Namespace, Runs, 10}},
		"what was told makes room for the next":     {counts: counts{{Rows, "a"}: 6, {Runs, "a"}: 8}, before: Verdict{Near, Namespace, Rows, 10}, want: Verdict{Near, Namespace, Runs, 10}},
		"over becomes near":                         {counts: counts{{Rows, "a"}: 8}, before: Verdict{Over, Namespace, Rows, 10}, want: Verdict{Near, Namespace, Rows, 10}},
		"a limit that was raised is told no more":   {counts: counts{{Rows, "a"}: 6}, before: Verdict{Over, Namespace, Rows, 5}},
		"a kind that is not known says nothing":     {counts: counts{{Rows, "a"}: 7}, before: Verdict{Near, Namespace, "gadgets", 10}},
		"a lingering one is as near as one at hand": {counts: counts{{Runs, "a"}: 8, {Rows, "a"}: 7}, before: Verdict{Near, Namespace, Rows, 10}, want: Verdict{Near, Namespace, Rows, 10}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			c := New(limits)
			for at, n := range test.counts {
				fill(c, at.kind, at.namespace, n)
			}
			got := c.Judge("a", test.before)
			g.Expect(got).To(Equal(test.want))
			g.Expect(c.Judge("a", got)).To(Equal(got), "looking again says the same")
		})
	}
}

// The numbers are those of the objects that are there, and a token tells each time that a
// mark was passed, up or down.
func TestCountAndChanged(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	c := New(Limits{Rows: {Namespace: 10, Cluster: 100}})
	changed := func() bool {
		select {
		case <-c.Changed():
			return true
		default:
			return false
		}
	}
	var told []int
	for n := 1; n <= 12; n++ {
		c.Add(Rows, "a")
		if changed() {
			told = append(told, n)
		}
	}
	g.Expect(told).To(Equal([]int{7, 8, 9, 11}))
	told = nil
	for n := 11; n >= 0; n-- {
		c.Remove(Rows, "a")
		if changed() {
			told = append(told, n)
		}
	}
	g.Expect(told).To(Equal([]int{10, 8, 7, 6}))
	g.Expect(c.counts).To(BeEmpty(), "a namespace that is gone leaves nothing behind")

	random := rand.New(rand.NewPCG(1, 2))
	want := map[key]int{}
	for range 10_000 {
		at := key{Kinds()[random.IntN(4)], fmt.Sprint("n", random.IntN(5))}
		if want[at] > 0 && random.IntN(2) == 0 {
			want[at]--
			c.Remove(at.kind, at.namespace)
		} else {
			want[at]++
			c.Add(at.kind, at.namespace)
		}
	}
	total := map[string]int{}
	for at, n := range want {
		g.Expect(c.Count(at.kind, at.namespace)).To(Equal(n))
		total[at.kind] += n
	}
	for kind, n := range total {
		g.Expect(c.Count(kind, "")).To(Equal(n))
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	g.Expect(Published().Times(2.5)[Rows]).To(Equal(Limit{Namespace: 3750, Cluster: 25000}))
	c := New(Published().Times(0))
	fill(c, Rows, "a", 20_000)
	g.Expect(c.Judge("a", Verdict{})).To(Equal(Verdict{}), "0 is for no limits")
}

// BenchmarkCensus is what an object costs that comes and goes, and a look at a customer, in
// a cluster of 10,000 namespaces.
func BenchmarkCensus(b *testing.B) {
	c := New(Published())
	for i := range 10_000 {
		c.Add(Customers, fmt.Sprint("n", i))
	}
	b.Run("object", func(b *testing.B) {
		for b.Loop() {
			c.Add(Rows, "n1")
			c.Remove(Rows, "n1")
		}
	})
	b.Run("customer", func(b *testing.B) {
		for b.Loop() {
			c.Judge("n1", Verdict{})
		}
	})
}
