package access

import (
	"errors"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// writer is the same world, whose runs assign licences.
func (w *tokenWorld) writer() *tokenWorld {
	one := *w
	one.opens = (*Provider).OpenWriter
	return &one
}

// writingWith gives a customer write credentials.
func writingWith(secret string) func(*v1alpha1.WebexCustomerAccess) {
	return func(c *v1alpha1.WebexCustomerAccess) {
		c.Spec.Assignment = &v1alpha1.CustomerAssignment{}
		c.Spec.Assignment.CredentialsSecretRef.Name = secret
	}
}

// Customers that share write credentials share their tokens, over a rotating refresh token, and they go with the last of
// them. The tokens that they are read with are others.
func TestSharedWriteCredentials(t *testing.T) {
	w := newTokenWorld(t, func(o *webexsim.Options) { o.RefreshMode = webexsim.RefreshRotate })
	for _, name := range []string{"read-a", "read-b", "write"} {
		w.secret(name, keysOf(w.authorize()))
	}
	a, b := w.customer("a", "read-a", writingWith("write")), w.customer("b", "read-b", writingWith("write"))
	reader := w.customer("reader", "write")
	w.Expect(w.writer().run(a)).To(Equal(1))
	w.Expect(w.writer().run(b)).To(BeZero(), "it uses the tokens of a")
	w.Expect(w.run(reader)).To(BeZero(), "one that is read with them does, too")
	owners := func(customers ...*v1alpha1.WebexCustomerAccess) []metav1.OwnerReference {
		var all []metav1.OwnerReference
		for _, c := range customers {
			all = append(all, customerUser(c).reference())
		}
		return all
	}
	w.Expect(w.stored("write-webex-token").OwnerReferences).To(ConsistOf(owners(a, b, reader)))
	w.Expect(w.run(a)).To(Equal(1))
	w.Expect(w.stored("read-a-webex-token").OwnerReferences).To(ConsistOf(owners(a)))

	w.Expect(w.api.Delete(t.Context(), a)).To(Succeed())
	for range 3 { // each time the refresh token of before is good no longer
		w.clock.SetTime(w.clock.Now().Add(9 * day))
		w.restart()
		w.Expect(w.writer().run(b)).To(Equal(1))
		w.Expect(w.run(reader)).To(BeZero())
	}
	w.Expect(w.stored("write-webex-token").OwnerReferences).To(ContainElements(owners(b, reader)), "they stay with those that are left")
}

// One Secret for both is one pair of tokens with one owner, and one budget.
func TestOneSecretToReadAndWrite(t *testing.T) {
	w := newTokenWorld(t, func(o *webexsim.Options) { o.RefreshMode = webexsim.RefreshRotate })
	w.secret("webex", keysOf(w.authorize()))
	customer := w.customer("acme", "webex", writingWith("webex"))
	w.Expect(w.run(customer)).To(Equal(1))
	w.Expect(w.writer().run(customer)).To(BeZero())
	w.Expect(w.stored("webex-webex-token").OwnerReferences).To(ConsistOf(customerUser(customer).reference()))
	reads, err := w.open(customer)
	w.Expect(err).NotTo(HaveOccurred())
	writes, err := w.writer().open(customer)
	w.Expect(err).NotTo(HaveOccurred())
	w.Expect(writes.Owner).To(Equal(reads.Owner))
	w.Expect(writes.SecretVersion).To(Equal(reads.SecretVersion))

	w.secret("write", keysOf(w.authorize()))
	w.secret("write", keysOf(w.authorize())) // another version than that of the other Secret
	writingWith("write")(customer)
	writes, err = w.writer().open(customer)
	w.Expect(err).NotTo(HaveOccurred())
	w.Expect(writes.Owner).NotTo(Equal(reads.Owner), "Webex counts by the owner of the token")
	w.Expect(writes.SecretVersion).To(Equal(w.stored("write").ResourceVersion))
	w.Expect(writes.SecretVersion).NotTo(Equal(reads.SecretVersion))
}

// A process whose customer goes to another shard stores first what only it knows of the write credentials.
func TestStoreTokensOfTheWriter(t *testing.T) {
	w := newTokenWorld(t, func(o *webexsim.Options) { o.RefreshMode = webexsim.RefreshRotate })
	w.secret("read", keysOf(w.authorize()))
	w.secret("write", keysOf(w.authorize()))
	customer, other := w.customer("acme", "read", writingWith("write")), w.customer("other", "read")
	this := w.shard("a")
	w.Expect(w.writer().run(customer)).To(Equal(1))
	w.clock.SetTime(noon.Add(15 * day))
	writes := 0
	w.refuse = func() error {
		if writes++; writes > 1 {
			return errors.New("out of order")
		}
		return nil
	}
	_, err := w.writer().use(t.Context(), customer)
	w.Expect(err).To(HaveOccurred(), "the new pair is nowhere but in memory")
	w.Expect(this.StoreTokens(t.Context(), customer)).To(BeFalse())
	w.Expect(this.StoreTokens(t.Context(), other)).To(BeTrue(), "it has nothing to do with the write credentials")
	w.refuse = nil
	w.Expect(this.StoreTokens(t.Context(), customer)).To(BeTrue())
	w.shard("b")
	w.clock.SetTime(w.clock.Now().Add(time.Minute))
	w.Expect(w.writer().run(customer)).To(BeZero(), "the other shard goes on with it")
}

// What is wrong with write credentials is told by their own field, and nothing is asked.
func TestWriteCredentialsThatCannotBeUsed(t *testing.T) {
	w := newTokenWorld(t)
	w.secret("read", map[string]string{KeyAccessToken: "good"})
	w.secret("empty", map[string]string{KeyAccessToken: ""})
	for name, test := range map[string]struct {
		secret, reason, message string
	}{
		"none":    {"", v1alpha1.ReasonSecretNotFound, "set spec.assignment.credentialsSecretRef"},
		"missing": {"gone", v1alpha1.ReasonSecretNotFound, `Secret "gone" of spec.assignment.credentialsSecretRef does not exist`},
		"empty":   {"empty", v1alpha1.ReasonSecretKeyMissing, `Secret "empty" has an empty key "accessToken"`},
	} {
		customer := &v1alpha1.WebexCustomerAccess{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "acme"}}
		customer.Spec.CredentialsSecretRef.Name = "read"
		if test.secret != "" {
			writingWith(test.secret)(customer)
		}
		session, err := w.engine.OpenWriter(t.Context(), customer)
		w.Expect(session).NotTo(BeNil(), name)
		failure := w.failure(err)
		w.Expect(failure.Reason).To(Equal(test.reason), name)
		w.Expect(failure.Message).To(ContainSubstring(test.message), name)
		_, err = w.engine.Open(t.Context(), customer)
		w.Expect(err).NotTo(HaveOccurred(), "reading goes on")
	}
	w.Expect(w.sim.TotalRequests()).To(BeZero())
}
