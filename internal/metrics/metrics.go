// Package metrics holds the operator's own metrics. Those of controllers, work
// queues and clients come with controller-runtime.
package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

// scheduleSkew is the indicator of how well schedules are kept, as
// cronjob_controller_job_creation_skew_duration_seconds is for CronJobs.
var scheduleSkew = prometheus.NewHistogram(prometheus.HistogramOpts{
	Name: "webexlicense_schedule_skew_seconds",
	Help: "Time from the moment a scheduled run was due, spread included, to its creation.",
	// From a tenth of a second, a busy API server, to an hour, an outage.
	Buckets:                     []float64{0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60, 300, 900, 3600},
	NativeHistogramBucketFactor: 1.1,
})

func init() { metrics.Registry.MustRegister(scheduleSkew) }

// ObserveScheduleSkew notes how late a scheduled run was created.
func ObserveScheduleSkew(skew time.Duration) { scheduleSkew.Observe(skew.Seconds()) }
