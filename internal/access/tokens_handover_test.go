package access

import (
	"errors"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// shard is a process of another shard, beside those that there are.
func (w *tokenWorld) shard(lease string) *Provider {
	w.restart()
	w.engine.Lease = lease
	return w.engine
}

// Several shards with customers of one Secret need another token at the same moment: where
// there is none, where it has ended, and where Webex refuses it early. One of them asks, and
// all go on with what it got, whatever the service does with the refresh token.
func TestOneRefreshForAllShards(t *testing.T) {
	for _, mode := range refreshModes {
		t.Run(string(mode), func(t *testing.T) {
			w := newTokenWorld(t, func(o *webexsim.Options) { o.RefreshMode, o.Latency = mode, 20*time.Millisecond })
			w.secret("webex", keysOf(w.authorize()))
			customer := w.customer("acme", "webex")
			var engines []*Provider
			for _, lease := range []string{"a", "b", "c", "d"} {
				engines = append(engines, w.shard(lease))
			}
			together := func(when string) {
				t.Helper()
				w.sim.ResetRequests()
				var group sync.WaitGroup
				failures, tokens := make([]error, len(engines)), make([]string, len(engines))
				for i, engine := range engines {
					group.Go(func() {
						one := *w
						one.engine = engine
						a, err := one.use(t.Context(), customer)
						if err == nil {
							tokens[i], err = a.Tokens.Token(t.Context())
						}
						failures[i] = err
					})
				}
				group.Wait()
				w.Expect(errors.Join(failures...)).NotTo(HaveOccurred(), when)
				w.Expect(w.sim.Requests()).To(HaveKeyWithValue(refreshRequest, 1), when)
				w.Expect(tokens).To(HaveEach(string(w.stored("webex-webex-token").Data[KeyAccessToken])), when)
				w.Expect(w.stored("webex-webex-token").Data).NotTo(HaveKey(keyAttemptedBy), when)
			}
			together("there is none")
			w.clock.SetTime(w.clock.Now().Add(15 * day))
			together("it has ended")
			w.sim.RevokeToken(string(w.stored("webex-webex-token").Data[KeyAccessToken]))
			together("it is refused")
		})
	}
}

// A process that died in the middle of a renewal is not waited for by its successor, by other
// shards no longer than it could have taken, and not at all while the access token is good.
func TestProcessDiesDuringARenewal(t *testing.T) {
	w := newTokenWorld(t)
	w.secret("webex", keysOf(w.authorize()))
	customer := w.customer("acme", "webex")
	w.shard("a")
	w.Expect(w.run(customer)).To(Equal(1))
	dies := func() {
		writes := 0
		w.refuse = func() error {
			if writes++; writes > 1 {
				return errors.New("the process is gone")
			}
			return nil
		}
		_, _ = w.use(t.Context(), customer)
		w.refuse = nil
		w.Expect(writes).To(BeNumerically(">", 1), "it came so far")
	}
	w.clock.SetTime(noon.Add(9 * day))
	dies()
	w.shard("b")
	w.Expect(w.run(customer)).To(BeZero(), "the access token is good")

	w.clock.SetTime(noon.Add(14 * day))
	w.shard("c")
	dies()
	w.shard("d")
	waiting := make(chan error, 1)
	go func() {
		_, err := w.use(t.Context(), customer)
		waiting <- err
	}()
	w.Consistently(waiting, "200ms").ShouldNot(Receive())
	w.clock.SetTime(w.clock.Now().Add(2 * renewalTime))
	w.Eventually(waiting, "10s").Should(Receive(BeNil()))
	w.Expect(w.run(customer)).To(BeZero())

	w.clock.SetTime(w.clock.Now().Add(15 * day))
	w.shard("d")
	dies()
	w.shard("d")
	w.Expect(w.run(customer)).To(Equal(1), "the successor has the lease")
}

// A process whose customer goes to another shard stores first what only it knows.
func TestStoreTokens(t *testing.T) {
	w := newTokenWorld(t, func(o *webexsim.Options) { o.RefreshMode = webexsim.RefreshRotate })
	w.secret("webex", keysOf(w.authorize()))
	customer, stranger := w.customer("acme", "webex"), w.customer("stranger", "other")
	this := w.shard("a")
	w.Expect(w.run(customer)).To(Equal(1))
	w.clock.SetTime(noon.Add(15 * day))
	writes := 0
	w.refuse = func() error {
		if writes++; writes > 1 {
			return errors.New("out of order")
		}
		return nil
	}
	_, err := w.use(t.Context(), customer)
	w.Expect(err).To(HaveOccurred(), "the new pair is nowhere but in memory")
	w.Expect(this.StoreTokens(t.Context(), customer)).To(BeFalse(), "the store is still out of order")
	w.Expect(this.StoreTokens(t.Context(), stranger)).To(BeTrue(), "that is of another Secret")
	w.refuse = nil
	w.Expect(this.StoreTokens(t.Context(), customer)).To(BeTrue())
	w.shard("b")
	w.Expect(w.run(customer)).To(BeZero(), "the other shard goes on with it")
}
