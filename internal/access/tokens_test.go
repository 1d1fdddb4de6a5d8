package access

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// Months of runs, each day one, each by a new process: the refresh token survives
// whatever the service does with it.
func TestTokensOverMonths(t *testing.T) {
	for _, mode := range refreshModes {
		for life, runs := range map[time.Duration]int{14 * day: 120, 12 * time.Hour: 20, time.Hour: 20} {
			t.Run(fmt.Sprint(mode, " ", life), func(t *testing.T) {
				w := newTokenWorld(t, func(o *webexsim.Options) {
					o.RefreshMode, o.AccessTokenLifetime, o.ReuseTokenWithin = mode, life, day
				})
				w.secret("webex", keysOf(w.authorize()))
				customer := w.customer("acme", "webex")
				total := 0
				for range runs {
					n, err := w.run(customer)
					w.Expect(err).NotTo(HaveOccurred())
					w.Expect(n).To(BeNumerically("<=", 1))
					total += n
					w.clock.SetTime(w.clock.Now().Add(25 * time.Hour))
					w.restart()
				}
				w.Expect(total).To(BeNumerically("<=", map[time.Duration]int{14 * day: 18, 12 * time.Hour: runs, time.Hour: runs}[life]))
				w.Expect(string(w.stored("webex-webex-token").Data[KeyRefreshToken])).NotTo(BeEmpty())
			})
		}
	}
}

// Whatever interrupts a renewal, the refresh token is there afterwards, or the
// access token goes on and a person is told.
func TestInterruptedRenewals(t *testing.T) {
	for _, mode := range refreshModes {
		t.Run(string(mode), func(t *testing.T) {
			w := newTokenWorld(t, func(o *webexsim.Options) { o.RefreshMode = mode })
			w.secret("webex", keysOf(w.authorize()))
			customer := w.customer("acme", "webex")
			w.Expect(w.run(customer)).To(Equal(1))
			due := func() { w.clock.SetTime(w.clock.Now().Add(9 * day)) }

			due()
			w.refuse = func() error { return errors.New("out of order") }
			w.Expect(w.run(customer)).To(BeZero(), "a store that is out of order is noticed before anything is lost")
			w.refuse = nil
			w.Expect(w.run(customer)).To(Equal(1))

			due()
			var n int
			w.refuse = func() error {
				if n++; n == 1 {
					return nil // before the request
				}
				return errors.New("out of order")
			}
			a, err := w.use(t.Context(), customer)
			w.Expect(err).NotTo(HaveOccurred(), "the old access token is good")
			w.Expect(n).To(Equal(2), "the client that is handed in asks again by itself")
			before := w.stored("webex-webex-token")
			w.refuse = nil
			_, err = a.Tokens.Token(t.Context())
			w.Expect(err).NotTo(HaveOccurred())
			after := w.stored("webex-webex-token")
			w.Expect(after.Data[KeyAccessToken]).NotTo(Equal(before.Data[KeyAccessToken]), "the same run stores it as soon as it can")
			w.Expect(w.run(customer)).To(BeZero(), "and nothing was lost")

			due()
			ctx, cancel := context.WithCancel(t.Context())
			w.refuse = func() error { cancel(); return nil } // the run is stopped when the request is about to leave
			_, err = w.use(ctx, customer)
			w.Expect(err).To(HaveOccurred())
			w.refuse = nil
			w.Expect(w.stored("webex-webex-token").Data[KeyAccessToken]).NotTo(Equal(after.Data[KeyAccessToken]), "it was renewed and stored all the same")
			w.Expect(w.run(customer)).To(BeZero())

			w.sim.ResetRequests()
			due()
			_, err = w.use(ctx, customer)
			w.Expect(err).To(HaveOccurred())
			w.Expect(w.sim.TotalRequests()).To(BeZero(), "a run that was stopped before begins nothing")
			w.Expect(w.run(customer)).To(Equal(1))
		})
	}
}

// The process dies between answer and store. Where the service rotates, the new
// refresh token is lost: the access token is used to its end, and no customer asks
// again with the old refresh token.
func TestCrashBetweenAnswerAndStore(t *testing.T) {
	for _, mode := range refreshModes {
		t.Run(string(mode), func(t *testing.T) {
			w := newTokenWorld(t, func(o *webexsim.Options) { o.RefreshMode = mode })
			w.secret("webex", keysOf(w.authorize()))
			customer := w.customer("acme", "webex")
			w.Expect(w.run(customer)).To(Equal(1))
			w.clock.SetTime(noon.Add(9 * day))
			writes := 0
			w.refuse = func() error {
				if writes++; writes > 1 {
					return errors.New("the process is gone")
				}
				return nil
			}
			_, err := w.use(t.Context(), customer)
			w.Expect(err).NotTo(HaveOccurred())
			w.refuse = nil
			w.restart()

			w.Expect(w.run(customer)).To(BeZero(), "not again within the hour")
			w.clock.SetTime(w.clock.Now().Add(time.Hour))
			w.Expect(w.run(customer)).To(Equal(1))
			w.clock.SetTime(w.clock.Now().Add(2 * time.Hour))
			w.sim.ResetRequests()
			a, err := w.use(t.Context(), customer)
			w.Expect(err).NotTo(HaveOccurred())
			w.Expect(w.sim.Requests()).NotTo(HaveKey(refreshRequest))
			o, known := a.Outlook()
			w.Expect(known).To(BeTrue())
			if mode != webexsim.RefreshRotate {
				w.Expect(o.Refused).To(BeNil())
				w.Expect(o.Access).To(BeTemporally(">", w.clock.Now().Add(13*day)))
				return
			}
			w.Expect(o.Access).To(BeTemporally("~", noon.Add(14*day), time.Minute))
			w.Expect(o.Refused.Message).To(Equal(`Webex refused the refresh token or the client of Secret "webex": authorize again and put the new refreshToken into it`))

			w.clock.SetTime(noon.Add(14 * day))
			n, err := w.run(customer)
			w.Expect(n).To(Equal(1), "there is nothing to lose by one last try")
			failure := w.failure(err)
			w.Expect(failure.Reason).To(Equal(v1alpha1.ReasonCredentialsRejected))
			w.Expect(failure.Message).To(HaveSuffix("put the new refreshToken into it; nothing is tried before the Secret changes"))
			w.Expect(failure.TrackingID).NotTo(BeEmpty())
			n, err = w.run(customer)
			w.Expect(n).To(BeZero())
			w.Expect(w.failure(err).Reason).To(Equal(v1alpha1.ReasonCredentialsRejected))
			w.Expect(w.sim.TotalRequests()).To(BeZero())

			w.secret("webex", keysOf(w.authorize()))
			w.Expect(w.run(customer)).To(Equal(1), "the user's new credentials win")
		})
	}
}

// An answer that is lost on the way leads to another try with the old refresh token.
func TestLostAnswer(t *testing.T) {
	w := newTokenWorld(t)
	w.secret("webex", keysOf(w.authorize()))
	customer := w.customer("acme", "webex")
	w.Expect(w.run(customer)).To(Equal(1))
	w.clock.SetTime(noon.Add(9 * day))
	w.sim.AddRule(webexsim.Rule{Operation: refreshRequest, CutAfter: 20, Times: 1})
	w.sim.AddRule(webexsim.Rule{Operation: refreshRequest, Status: 503, Times: 2})
	for range 3 {
		w.Expect(w.run(customer)).To(Equal(1), "the access token is good meanwhile")
		w.Expect(w.run(customer)).To(BeZero(), "the next try is an hour later")
		w.clock.SetTime(w.clock.Now().Add(time.Hour))
	}
	w.Expect(w.run(customer)).To(Equal(1))
	w.clock.SetTime(w.clock.Now().Add(6 * day))
	w.Expect(w.run(customer)).To(BeZero())
}

// Customers of one Secret that need another token at the same moment get it by
// one request, whatever the service does with the refresh token.
func TestOneRefreshForAll(t *testing.T) {
	for _, mode := range refreshModes {
		t.Run(string(mode), func(t *testing.T) {
			w := newTokenWorld(t, func(o *webexsim.Options) { o.RefreshMode, o.Latency = mode, 5*time.Millisecond })
			w.secret("webex", keysOf(w.authorize()))
			var customers []*v1alpha1.WebexCustomerAccess
			for i := range 20 {
				customers = append(customers, w.customer(fmt.Sprint("customer-", i), "webex"))
			}
			together := func() {
				t.Helper()
				w.sim.ResetRequests()
				var group sync.WaitGroup
				failures := make([]error, len(customers))
				for i := range customers {
					group.Go(func() { _, failures[i] = w.use(t.Context(), customers[i]) })
				}
				group.Wait()
				w.Expect(errors.Join(failures...)).NotTo(HaveOccurred())
				w.Expect(w.sim.Requests()).To(HaveKeyWithValue(refreshRequest, 1))
			}
			together()
			w.clock.SetTime(noon.Add(9 * day))
			together()
			w.sim.RevokeToken(string(w.stored("webex-webex-token").Data[KeyAccessToken]))
			together()

			stored := w.stored("webex-webex-token")
			w.Expect(stored.OwnerReferences).To(HaveLen(len(customers)), "it stays as long as one of them does")
			w.Expect(metav1.GetControllerOf(stored)).To(BeNil())
			late := w.customer("late", "webex")
			w.Expect(w.run(late)).To(BeZero())
			w.Expect(w.stored("webex-webex-token").OwnerReferences).To(ContainElement(customerUser(late).reference()))
			w.Expect(w.engine.locks.locks).To(BeEmpty(), "locks are forgotten")
		})
	}
}

// Another process, one that is about to end, has renewed in the meantime.
func TestAnotherProcessRenews(t *testing.T) {
	w := newTokenWorld(t, func(o *webexsim.Options) { o.RefreshMode = webexsim.RefreshRotate })
	w.secret("webex", keysOf(w.authorize()))
	customer := w.customer("acme", "webex")
	w.Expect(w.run(customer)).To(Equal(1))
	w.clock.SetTime(noon.Add(9 * day))
	this := w.engine
	var theirs string
	w.refuse = func() error { // between what this process read and what it writes
		w.refuse = nil
		w.restart()
		a, err := w.use(t.Context(), customer)
		w.Expect(err).NotTo(HaveOccurred())
		theirs, err = a.Tokens.Token(t.Context())
		w.engine = this
		return err
	}
	w.sim.ResetRequests()
	a, err := w.use(t.Context(), customer)
	w.Expect(err).NotTo(HaveOccurred())
	w.Expect(w.sim.Requests()).To(HaveKeyWithValue(refreshRequest, 1), "theirs")
	w.Expect(a.Tokens.Token(t.Context())).To(Equal(theirs))
	w.Expect(string(w.stored("webex-webex-token").Data[KeyAccessToken])).To(Equal(theirs))
}

// A run that read the user's Secret before it changed does not replace the tokens
// of the new credentials.
func TestSecretChangesDuringARun(t *testing.T) {
	w := newTokenWorld(t, func(o *webexsim.Options) { o.RefreshMode = webexsim.RefreshRotate })
	w.secret("webex", keysOf(w.authorize()))
	slow, quick := w.customer("slow", "webex"), w.customer("quick", "webex")
	a, err := w.open(slow)
	w.Expect(err).NotTo(HaveOccurred())
	w.secret("webex", keysOf(w.authorize()))
	w.Expect(w.run(quick)).To(Equal(1))
	stored := w.stored("webex-webex-token")

	token, err := a.Tokens.Token(t.Context())
	w.Expect(err).NotTo(HaveOccurred())
	w.Expect(token).To(Equal(string(stored.Data[KeyAccessToken])))
	w.Expect(w.stored("webex-webex-token").Data).To(Equal(stored.Data))

	w.Expect(w.api.Delete(t.Context(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "webex"}})).To(Succeed())
	_, err = a.Tokens.Refresh(t.Context(), token)
	w.Expect(w.failure(err).Reason).To(Equal(v1alpha1.ReasonSecretNotFound), "nothing is renewed for a Secret that is gone")
}

// Keys beside the authorization may change; a first access token saves a refresh.
func TestKeysBesideTheRefreshToken(t *testing.T) {
	w := newTokenWorld(t, func(o *webexsim.Options) { o.RefreshMode = webexsim.RefreshRotate })
	token := w.authorize()
	keys := keysOf(token)
	keys[KeyAccessToken] = token.Access
	w.secret("webex", keys)
	customer := w.customer("acme", "webex")
	w.Expect(w.run(customer)).To(BeZero(), "the access token is good")
	w.clock.SetTime(noon.Add(13 * day))
	w.Expect(w.run(customer)).To(BeZero(), "its end is unknown")
	w.clock.SetTime(noon.Add(15 * day))
	w.Expect(w.run(customer)).To(Equal(1), "it has ended")
	w.Expect(w.run(customer)).To(BeZero())

	keys["proxyPassword"] = "p"
	keys[KeyApplicationID] = "app"
	w.secret("webex", keys)
	w.Expect(w.run(customer)).To(BeZero(), "the stored pair still counts")
	again := w.sim.IssueToken(webexsim.TokenSpec{Organization: webexsim.StandardUUID})
	keys[KeyAccessToken] = again.Access
	w.secret("webex", keys)
	a, err := w.use(t.Context(), customer)
	w.Expect(err).NotTo(HaveOccurred())
	w.Expect(a.Tokens.Token(t.Context())).To(Equal(again.Access), "the user's new access token goes first")
	w.sim.RevokeToken(again.Access)
	w.Expect(w.run(customer)).To(Equal(1), "and is replaced by the refresh token that was stored")
	w.Expect(w.run(customer)).To(BeZero())
}

// Tokens never go into a Secret that is not the operator's.
func TestTokenSecretOfOthers(t *testing.T) {
	w := newTokenWorld(t)
	w.secret("acme-webex-token", keysOf(w.authorize()))
	theirs := w.customer("theirs", "acme-webex-token")
	w.Expect(w.run(theirs)).To(Equal(1), "a user's Secret may have such a name")
	w.Expect(w.stored("acme-webex-token-webex-token").Type).To(Equal(tokenSecretType))

	before := w.stored("acme-webex-token").Data
	w.secret("acme", keysOf(w.authorize()))
	n, err := w.run(w.customer("ours", "acme"))
	failure := w.failure(err)
	w.Expect(failure.Reason).To(Equal(v1alpha1.ReasonSecretNameReserved))
	w.Expect(failure.Retriable()).To(BeFalse())
	w.Expect(failure.Message).To(ContainSubstring(`Secret "acme-webex-token"`))
	w.Expect(n).To(BeZero(), "nothing is renewed that could not be stored")
	w.Expect(w.stored("acme-webex-token").Data).To(Equal(before))

	_, err = w.run(w.customer("mistaken", "acme-webex-token-webex-token"))
	w.Expect(w.failure(err).Reason).To(Equal(v1alpha1.ReasonSecretNameReserved))

	// Purposes make names, which may be those of other Secrets.
	_, stored := w.serviceApp("app", true)
	w.secret("app-bootstrap", keysOf(w.authorize()))
	w.Expect(w.run(stored)).To(Equal(2))
	_, err = w.run(w.customer("coincidence", "app-bootstrap"))
	w.Expect(w.failure(err).Reason).To(Equal(v1alpha1.ReasonSecretNameReserved))
}

// A lock is given to one at a time, and not to those who stopped waiting.
func TestTokenLocks(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	var locks tokenLocks
	key := client.ObjectKey{Namespace: "ns", Name: "a"}
	_, unlock, err := locks.lock(t.Context(), key)
	g.Expect(err).NotTo(HaveOccurred())
	_, other, err := locks.lock(t.Context(), client.ObjectKey{Namespace: "other", Name: "a"})
	g.Expect(err).NotTo(HaveOccurred(), "another Secret is another lock")
	other()
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("the run was stopped")
	cancel(stopped)
	_, _, err = locks.lock(ctx, key)
	g.Expect(err).To(MatchError(stopped))
	unlock()
	_, unlock, err = locks.lock(t.Context(), key)
	g.Expect(err).NotTo(HaveOccurred())
	unlock()
	g.Expect(locks.locks).To(BeEmpty())
}
