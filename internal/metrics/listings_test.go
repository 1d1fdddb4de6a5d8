package metrics

import (
	"errors"
	"io"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus/testutil"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	testingclock "k8s.io/utils/clock/testing"
)

type fakeLister struct{ kind, version string }

func (l *fakeLister) TypeDescription() string         { return l.kind }
func (l *fakeLister) LastSyncResourceVersion() string { return l.version }

// A kind fails once nothing of it was read for half a minute, and no longer than that is so.
func TestListings(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	now := testingclock.NewFakePassiveClock(time.Unix(1e9, 0))
	after := func(d time.Duration) { now.SetTime(now.Now().Add(d)) }
	l := &Listings{Clock: now}
	runs, secrets := &fakeLister{kind: "*v1alpha1.LicenseSync", version: "7"}, &fakeLister{kind: "/v1, Kind=Secret"}
	refused := errors.New("refused")

	l.note(runs, refused)
	l.note(secrets, io.EOF)
	l.note(secrets, apierrors.NewResourceExpired("old"))
	g.Expect(l.Failing()).To(BeEmpty(), "a single failure is none")
	after(listingGrace)
	l.note(runs, refused)
	l.note(secrets, refused)
	g.Expect(l.Failing()).To(Equal([]string{"LicenseSync"}))
	after(listingGrace)
	g.Expect(l.Failing()).To(Equal([]string{"LicenseSync", "Secret"}))
	g.Expect(testutil.CollectAndCount(l, "webexlicense_cache_listing_failing")).To(Equal(2))

	runs.version = "8"
	g.Expect(l.Failing()).To(Equal([]string{"Secret"}), "something was read")
	l.note(runs, refused)
	g.Expect(l.Failing()).To(Equal([]string{"Secret"}), "it fails anew")
	after(listingMemory + time.Second)
	g.Expect(l.Failing()).To(BeEmpty(), "nothing failed for long: watches are quiet where nothing happens")
}
