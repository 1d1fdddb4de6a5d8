package metrics

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	toolscache "k8s.io/client-go/tools/cache"
	"k8s.io/utils/clock"
)

const (
	// listingGrace keeps a restart of the API server quiet.
	listingGrace = 30 * time.Second
	// listingMemory is twice the longest time between two attempts to list.
	listingMemory = 2 * time.Minute
)

var listingFailing = describe("cache_listing_failing", "1 for each kind that the operator's cache has not been able to list and watch for 30 seconds: what changes is not seen.", "kind")

// Listings know which kinds the cache cannot list and watch at the moment.
type Listings struct {
	// Clock tells the time; required.
	Clock clock.PassiveClock

	mu       sync.Mutex
	failures map[lister]listingFailure
}

// lister is what lists a kind, in one namespace or in all.
type lister interface {
	TypeDescription() string
	LastSyncResourceVersion() string
}

// listingFailure is a series of failures in which nothing was read.
type listingFailure struct {
	first, last time.Time
	version     string
}

// Failed is a [toolscache.WatchErrorHandlerWithContext].
func (l *Listings) Failed(ctx context.Context, r *toolscache.Reflector, err error) {
	toolscache.DefaultWatchErrorHandler(ctx, r, err)
	l.note(r, err)
}

func (l *Listings) note(r lister, err error) {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || apierrors.IsResourceExpired(err) || apierrors.IsGone(err) {
		return // a watch has its end
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now, version := l.Clock.Now(), r.LastSyncResourceVersion()
	failure, known := l.failures[r]
	if !known || failure.version != version || now.Sub(failure.last) > listingMemory {
		failure = listingFailure{first: now, version: version}
	}
	failure.last = now
	if l.failures == nil {
		l.failures = map[lister]listingFailure{}
	}
	l.failures[r] = failure
}

// Failing are the kinds that have not been listed for a while, sorted.
func (l *Listings) Failing() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, kinds := l.Clock.Now(), map[string]bool{}
	for r, failure := range l.failures {
		switch {
		case r.LastSyncResourceVersion() != failure.version, now.Sub(failure.last) > listingMemory:
			delete(l.failures, r) // it has read something since, or has not tried again, because nothing was wrong
		case now.Sub(failure.first) >= listingGrace:
			kind := r.TypeDescription()
			kinds[kind[strings.LastIndexAny(kind, ".=")+1:]] = true // *v1alpha1.LicenseSync; /v1, Kind=Secret
		}
	}
	return slices.Sorted(maps.Keys(kinds))
}

// Describe implements [prometheus.Collector].
func (l *Listings) Describe(ch chan<- *prometheus.Desc) { ch <- listingFailing }

// Collect implements [prometheus.Collector].
func (l *Listings) Collect(ch chan<- prometheus.Metric) {
	for _, kind := range l.Failing() {
		ch <- prometheus.MustNewConstMetric(listingFailing, prometheus.GaugeValue, 1, kind)
	}
}
