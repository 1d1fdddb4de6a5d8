package controllers

import (
	"testing"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

func TestOwnWrites(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	customer := func(uid types.UID, version string) *v1alpha1.WebexCustomerAccess {
		return &v1alpha1.WebexCustomerAccess{ObjectMeta: metav1.ObjectMeta{Namespace: "msp", Name: "acme", UID: uid, ResourceVersion: version}}
	}
	name := client.ObjectKeyFromObject(customer("", ""))
	var writes ownWrites
	g.Expect(writes.missing(customer("first", "1"))).To(BeFalse(), "nothing was written")

	writes.note(name, "first", "10")
	g.Expect(writes.missing(customer("first", "9"))).To(BeTrue(), "9 comes before 10, if not in the alphabet")
	g.Expect(writes.missing(customer("first", "10"))).To(BeFalse())
	g.Expect(writes.written).To(BeEmpty(), "what the cache has, needs no memory")

	writes.note(name, "first", "20")
	g.Expect(writes.missing(customer("first", "21"))).To(BeFalse(), "another writer came after us")

	writes.note(name, "first", "30")
	g.Expect(writes.missing(customer("second", "29"))).To(BeFalse(), "another customer of that name says nothing of the first one")

	writes.note(name, "first", "x")
	g.Expect(writes.missing(customer("first", "9"))).To(BeFalse(), "no reconcile waits for a version that has no order")

	writes.note(name, "first", "40")
	writes.forget(name)
	g.Expect(writes.missing(customer("first", "39"))).To(BeFalse(), "it is gone")
}
