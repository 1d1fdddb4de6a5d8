package controllers

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

func TestSlotRunName(t *testing.T) {
	g := NewWithT(t)
	g.Expect(slotRunName("plan", "acme", time.Unix(1_773_144_000, 0))).To(Equal("plan-acme-8ee68188-29552400"))
	g.Expect(slotRunName("plan", "acme", time.Unix(1_773_144_001, 0))).To(Equal("plan-acme-8ee68188-1773144001"))
	g.Expect(slotRunName("plan", "acme", time.Unix(1_773_144_059, 0))).To(Equal("plan-acme-8ee68188-1773144059"))
	// No zone and no fold makes two slots one, or one two.
	berlin, err := time.LoadLocation("Europe/Berlin")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(slotRunName("p", "c", at(12, 0, 0).In(berlin))).To(Equal(slotRunName("p", "c", at(12, 0, 0))))
	fold := time.Date(2026, time.October, 25, 0, 30, 0, 0, time.UTC)
	g.Expect(slotRunName("p", "c", fold)).NotTo(Equal(slotRunName("p", "c", fold.Add(time.Hour))))
}

// anyName is a name that the API server lets a customer or a schedule have.
func anyName(rng *rand.Rand, most int) string {
	for {
		length := 1 + rng.IntN(most)
		var b strings.Builder
		for b.Len() < length {
			b.WriteByte("abz059--.."[rng.IntN(10)])
		}
		if len(validation.IsDNS1123Subdomain(b.String())) == 0 {
			return b.String()
		}
	}
}

// Whatever a schedule and a customer are called, names and labels of their runs are valid, and no two of them get into
// each other's way.
func TestNamesOfRuns(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(63, 253))
	longest := strings.Repeat("a", 63)
	pairs := [][2]string{{"eu", "west-acme"}, {"eu-west", "acme"}, {"eu-west-acme", "m"}, {"a.b", "c"}, {"a", "b.c"}, {longest, longest}, {"a", "a-a"}, {"a-a", "a"}}
	for range 2000 {
		pairs = append(pairs, [2]string{anyName(rng, 63), anyName(rng, 63)}, [2]string{anyName(rng, 3), anyName(rng, 3)})
	}
	of := map[string][2]string{}
	for _, pair := range pairs {
		g := NewWithT(t)
		s := &scheduleScope{schedule: &v1alpha1.LicenseSyncSchedule{ObjectMeta: metav1.ObjectMeta{Name: pair[0]}}}
		customer := &v1alpha1.WebexCustomerAccess{ObjectMeta: metav1.ObjectMeta{Name: pair[1], UID: "3c9b8c1e-1111-2222-3333-444444444444"}}
		slot := at(rng.IntN(24), rng.IntN(60), rng.IntN(2))
		shared := []string{slotRunName(pair[0], pair[1], slot), requestedRunName(pair[0], pair[1], "now")}
		own := []string{runName(customer, "m", "now"), runName(customer, "initial", "then"), firstRunName(customer)}
		own = append(own, besides(own[0], customer), besides(own[2], customer))
		for _, name := range append(shared, own...) {
			g.Expect(validation.IsDNS1123Subdomain(name)).To(BeEmpty(), name)
		}
		for _, name := range shared {
			if known, ok := of[name]; ok {
				g.Expect(known).To(Equal(pair), name)
			}
			of[name] = pair
		}
		for key, value := range s.newRun(shared[0], pair[1], v1alpha1.TriggerSchedule, &slot).Labels {
			g.Expect(validation.IsValidLabelValue(value)).To(BeEmpty(), key)
		}
		for key, value := range ownRun(customer, wantedRun{name: own[0], trigger: v1alpha1.TriggerManual}).Labels {
			g.Expect(validation.IsValidLabelValue(value)).To(BeEmpty(), key)
		}
	}
}
