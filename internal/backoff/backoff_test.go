package backoff_test

import (
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/webex-operator/webex-license-operator/internal/backoff"
)

// A clock that can has timers does, so that a day can be simulated.
func TestSleepByAClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		fake := clocktesting.NewFakeClock(time.Unix(0, 0))
		woken := make(chan error, 1)
		go func() { woken <- backoff.Sleep(t.Context(), fake, time.Hour) }()
		synctest.Wait()
		fake.Step(time.Hour - time.Second)
		synctest.Wait()
		g.Expect(woken).NotTo(Receive())
		fake.Step(time.Second)
		g.Expect(<-woken).To(Succeed())

		began := time.Now()
		g.Expect(backoff.Sleep(t.Context(), clocktesting.NewFakePassiveClock(time.Unix(0, 0)), time.Minute)).To(Succeed())
		g.Expect(time.Since(began)).To(Equal(time.Minute), "one that cannot leaves it to the machine")
	})
}
