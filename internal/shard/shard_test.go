package shard

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

func TestParse(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	whole, err := Parse("", "")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(whole).To(Equal(Shard{}))
	g.Expect(whole.Whole()).To(BeTrue())
	g.Expect(whole.LeaseName()).To(Equal("webex-license-operator.licensing.webex-operator.io"), "as ever")
	customer := &v1alpha1.WebexCustomerAccess{}
	g.Expect(whole.Matches(customer) && whole.Holds(customer)).To(BeTrue())

	rest, err := Parse("default", v1alpha1.LabelShard+" notin (a,b)")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(rest.Matches(customer)).To(BeTrue(), "a customer without the label belongs to the rest")
	g.Expect(rest.Holds(customer)).To(BeFalse(), "and not before its manager said so")
	for shard, matches := range map[string]bool{"a": false, "c": true, "": true} {
		customer.Labels = map[string]string{v1alpha1.LabelShard: shard}
		g.Expect(rest.Matches(customer)).To(Equal(matches), shard)
	}

	_, err = Parse("a", "")
	g.Expect(err).To(MatchError(ContainSubstring(`--shard-name: "a" needs --watch-label-selector`)))
	_, err = Parse("A", "shard=a")
	g.Expect(err).To(MatchError(ContainSubstring("use small letters, digits and -")))
}

// A lease has a holder until the holder lets it go, or until it was not renewed for its
// duration by our clock, whatever the holder's clock says.
func TestLeases(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	scheme := runtime.NewScheme()
	g.Expect(coordinationv1.AddToScheme(scheme)).To(Succeed())
	var broken error
	live := fake.NewClientBuilder().WithScheme(scheme).WithInterceptorFuncs(interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, object client.Object, opts ...client.GetOption) error {
			if broken != nil {
				return broken
			}
			return c.Get(ctx, key, object, opts...)
		},
	}).Build()
	clock := clocktesting.NewFakePassiveClock(time.Now())
	leases := &Leases{Live: live, Namespace: "system", Clock: clock}
	expect := func(free bool, why string) {
		t.Helper()
		got, err := leases.FreeNow(t.Context(), "b")
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(got).To(Equal(free), why)
	}
	pass := func(d time.Duration) { clock.SetTime(clock.Now().Add(d)) }

	expect(true, "there is no lease")
	renewed := metav1.NewMicroTime(clock.Now().Add(-time.Hour)) // its clock is late
	lease := &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Namespace: "system", Name: "webex-license-operator.licensing.webex-operator.io-b"},
		Spec:       coordinationv1.LeaseSpec{HolderIdentity: new("pod-1"), LeaseDurationSeconds: new(int32(35)), RenewTime: &renewed},
	}
	g.Expect(live.Create(t.Context(), lease)).To(Succeed())
	expect(false, "it has a holder")
	pass(34 * time.Second)
	expect(false, "it is not expired yet")
	renewed = metav1.NewMicroTime(renewed.Add(30 * time.Second))
	lease.Spec.RenewTime = &renewed
	g.Expect(live.Update(t.Context(), lease)).To(Succeed())
	pass(34 * time.Second)
	expect(false, "it was renewed since")
	pass(36 * time.Second)
	expect(true, "it was not renewed for its duration")

	lease.Spec.HolderIdentity = new("pod-2")
	g.Expect(live.Update(t.Context(), lease)).To(Succeed())
	stale, err := leases.Free(t.Context(), "b")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(stale).To(BeTrue(), "what was read within the second is good enough for a first look")
	expect(false, "another one got it")
	lease.Spec.HolderIdentity = new("")
	g.Expect(live.Update(t.Context(), lease)).To(Succeed())
	pass(2 * time.Second)
	freed, err := leases.Free(t.Context(), "b")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(freed).To(BeTrue(), "it was let go")

	broken = errors.New("unreachable")
	_, err = leases.FreeNow(t.Context(), "b")
	g.Expect(err).To(MatchError(broken), "who does not know says so")
	broken = nil
	leases.Namespace = ""
	expect(false, "who does not know where the leases are takes nothing")
}

func ExampleParse() {
	part, err := Parse("", "licensing.webex-operator.io/shard  notin (b, a)")
	same, _ := Parse("", "licensing.webex-operator.io/shard notin (a,b)")
	fmt.Println(part.LeaseName(), part.Name() == same.Name(), err)
	part, err = Parse("a", "licensing.webex-operator.io/shard=a")
	fmt.Println(part.LeaseName(), err)
	_, err = Parse("", "shard is a")
	fmt.Println(err)
	// Output:
	// webex-license-operator.licensing.webex-operator.io-df3980a0 true <nil>
	// webex-license-operator.licensing.webex-operator.io-a <nil>
	// --watch-label-selector: "shard is a" is no selector of labels, such as licensing.webex-operator.io/shard=a or "licensing.webex-operator.io/shard notin (a,b)": unable to parse requirement: found 'is', expected: in, notin, =, ==, !=, gt, lt
}
