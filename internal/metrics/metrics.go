// Package metrics holds the operator's own metrics, which all start with webexlicense_. Those of controllers, work
// queues and clients come with controller-runtime.
//
// What happens is counted as it happens: requests to Webex, runs, status writes. What is the case is read from the
// cache at scrape time by [State], so that the series of a deleted object are gone with the next scrape.
package metrics

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// nativeFactor makes native histograms beside the classic ones: buckets that grow by a tenth.
const nativeFactor = 1.1

var (
	requests = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "webexlicense_api_requests_total",
		Help: "Requests sent to Webex, by operation and by class of the answer's status: 2xx to 5xx, or none if no answer came.",
	}, []string{"operation", "code"})
	requestDuration = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "webexlicense_api_request_duration_seconds",
		Help: "Time from sending a request to Webex to the end of its answer, by operation.",
		// From a fast small answer to the time-out of a page of people, which is a minute.
		Buckets:                     []float64{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60},
		NativeHistogramBucketFactor: nativeFactor,
	}, []string{"operation"})
	rateLimited = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "webexlicense_api_rate_limited_total",
		Help: "Answers of Webex that asked to wait (HTTP 429 and 423), by operation.",
	}, []string{"operation"})
	throttled = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "webexlicense_api_throttled_seconds_total",
		Help: "Time that requests waited for the request budget or because Webex asked to, by operation.",
	}, []string{"operation"})
	runs = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "webexlicense_sync_runs_total",
		Help: "Runs that ended, by trigger and result.",
	}, []string{"trigger", "result"})
	runDuration = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "webexlicense_sync_duration_seconds",
		Help: "Time from the begin of a run's first attempt to its end, by trigger.",
		// From an organization of a few people to one of a million, 42 minutes at 240 requests a minute, and the deadline.
		Buckets:                     []float64{1, 2.5, 5, 10, 30, 60, 300, 900, 1800, 3600, 7200, 21600},
		NativeHistogramBucketFactor: nativeFactor,
	}, []string{"trigger"})
	assignmentChanges = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "webexlicense_assignment_changes_total",
		Help: "Licences that were to be given to a person or taken from one, by operation, add or remove, and result: Applied, or the reason in status.failures.",
	}, []string{"operation", "result"})
	statusWrites = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "webexlicense_status_writes_total",
		Help: "Statuses that were computed, by kind and by whether they differed and were written, or were skipped.",
	}, []string{"kind", "result"})
	scheduleSkew = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "webexlicense_schedule_skew_seconds",
		Help: "Time from the moment a scheduled run was due, spread included, to its creation.",
		// From a tenth of a second, a busy API server, to an hour, an outage.
		Buckets:                     []float64{0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60, 300, 900, 3600},
		NativeHistogramBucketFactor: nativeFactor,
	})
)

// events are the collectors of what happens.
var events = []prometheus.Collector{requests, requestDuration, rateLimited, throttled, runs, runDuration, assignmentChanges, partnerDiscoveries, partnerLastDiscovery, statusWrites, scheduleSkew}

func init() { metrics.Registry.MustRegister(events...) }

// Names are the names of all metrics of this package, sorted. Rules, dashboards and documents may name no other.
func Names() []string {
	return slices.Sorted(maps.Keys(Labels(append(slices.Clone(events), &State{}, &Listings{})...)))
}

// described is how a Desc tells its name and labels; it has no other way.
var described = regexp.MustCompile(`^Desc\{fqName: "([^"]+)", .*, variableLabels: \{([^}]*)\}\}$`)

// Labels are the metrics that collectors describe, with the names of their labels.
func Labels(collectors ...prometheus.Collector) map[string][]string {
	ch := make(chan *prometheus.Desc)
	go func() {
		defer close(ch)
		for _, collector := range collectors {
			collector.Describe(ch)
		}
	}()
	labels := map[string][]string{}
	for desc := range ch {
		if found := described.FindStringSubmatch(desc.String()); found != nil {
			labels[found[1]] = strings.FieldsFunc(found[2], func(r rune) bool { return r == ',' })
		}
	}
	return labels
}

// ObserveRequest counts one attempt of a request to Webex.
func ObserveRequest(call webex.Call) {
	requests.WithLabelValues(call.Operation, codeClass(call.Status)).Inc()
	requestDuration.WithLabelValues(call.Operation).Observe(call.Duration.Seconds())
	throttled.WithLabelValues(call.Operation).Add(max(call.Throttled.Seconds(), 0))
	if call.Class == webex.ClassRateLimited {
		rateLimited.WithLabelValues(call.Operation).Inc()
	}
}

func codeClass(status int) string {
	if status == 0 {
		return "none"
	}
	return strconv.Itoa(status/100) + "xx"
}

// ObserveRun counts a run that ended. The result is that of its condition: Complete or Failed; the duration is 0 if
// no attempt of it began.
func ObserveRun(trigger, result string, duration time.Duration) {
	runs.WithLabelValues(trigger, result).Inc()
	if duration > 0 {
		runDuration.WithLabelValues(trigger).Observe(duration.Seconds())
	}
}

// ObserveAssignment counts the change of one person's licence that was sent to Webex.
func ObserveAssignment(operation, result string) {
	assignmentChanges.WithLabelValues(operation, result).Inc()
}

// ObserveStatus counts a status that was computed. That most of them are skipped is what keeps the operator quiet.
func ObserveStatus(kind string, written bool) {
	result := "skipped"
	if written {
		result = "written"
	}
	statusWrites.WithLabelValues(kind, result).Inc()
}

// ObserveScheduleSkew notes how late a scheduled run was created.
func ObserveScheduleSkew(skew time.Duration) { scheduleSkew.Observe(skew.Seconds()) }
