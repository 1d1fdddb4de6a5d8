package main

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	dto "github.com/prometheus/client_model/go"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// bareRuns measures how long the API server takes to create runs for some clients.
func bareRuns(ctx context.Context, w *world, step Step) error {
	took, err := w.bareRuns(ctx, step.Count)
	w.figures.add(step.As, "seconds", took.Seconds())
	return err
}

// bareRuns is how long the API server takes to create runs for some clients, where no manager watches: no controller can
// have them created sooner.
func (w *world) bareRuns(ctx context.Context, n int) (time.Duration, error) {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "bare-runs-"}}
	if err := w.client.Create(ctx, namespace); err != nil {
		return 0, err
	}
	begin := time.Now()
	err := w.parallel(ctx, n, func(i int) error {
		name := fmt.Sprintf("customer-%05d", i)
		return w.client.Create(ctx, &v1alpha1.LicenseSync{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace.Name, Name: name},
			Spec:       v1alpha1.LicenseSyncSpec{CustomerAccessRef: v1alpha1.LocalCustomerReference{Name: name}, Trigger: v1alpha1.TriggerSchedule},
		})
	})
	took := time.Since(begin)
	if err != nil {
		return 0, err
	}
	return took, w.client.DeleteAllOf(ctx, &v1alpha1.LicenseSync{}, client.InNamespace(namespace.Name))
}

// storm has customers due in the same minute, and measures how late their runs are created, and how many requests go
// to Webex in any one second. With a count, so many bare creations a moment before, and again a moment after, say what
// the API server can do meanwhile.
func storm(ctx context.Context, w *world, step Step) error {
	before, err := w.manager.skew(ctx)
	if err != nil {
		return err
	}
	slot, err := w.schedule(ctx, step)
	if err != nil {
		return err
	}
	bare, err := w.bareRuns(ctx, step.Count)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := w.runsOf(ctx, step, slot); err != nil {
		return err
	}
	after, err := w.manager.skew(ctx)
	if err != nil {
		return err
	}
	again, err := w.bareRuns(ctx, step.Count)
	if err != nil {
		return err
	}
	n := float64(after.GetSampleCount() - before.GetSampleCount())
	w.figures.add(step.As, "runs", n)
	w.figures.add(step.As, "skew seconds, 50 percent", quantile(before, after, 0.5))
	w.figures.add(step.As, "skew seconds, 99 percent", quantile(before, after, 0.99))
	w.figures.add(step.As, "skew seconds, mean", (after.GetSampleSum()-before.GetSampleSum())/n)
	if step.Count > 0 {
		reference := (bare + again).Seconds() / 2
		w.figures.add(step.As, "seconds of as many bare creations", reference)
		w.figures.add(step.As, "skew of 99 percent, times all bare creations", quantile(before, after, 0.99)/reference)
	}
	most, err := w.mostInASecond(ctx, w.of(step), began)
	w.figures.add(step.As, "most Webex requests in a second", float64(most))
	return err
}

// mostInASecond is how many requests came to the simulators of some groups in any one second since a moment.
func (w *world) mostInASecond(ctx context.Context, groups []*group, begin time.Time) (most int, err error) {
	var times []time.Time
	for _, g := range groups {
		records, err := g.sim.Log(ctx)
		if err != nil {
			return 0, err
		}
		for _, r := range records {
			if r.Time.After(begin) {
				times = append(times, r.Time)
			}
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	first := 0
	for i, at := range times {
		for at.Sub(times[first]) >= time.Second {
			first++
		}
		most = max(most, i+1-first)
	}
	return most, nil
}

// skew is the histogram of how late scheduled runs were created, since the manager began.
func (m *manager) skew(ctx context.Context) (*dto.Histogram, error) {
	family, err := scrapeNative(ctx, m.client, m.metrics, "webexlicense_schedule_skew_seconds")
	if err != nil {
		return nil, err
	}
	if len(family.GetMetric()) != 1 {
		return nil, fmt.Errorf("%d histograms of schedules' skew", len(family.GetMetric()))
	}
	return family.GetMetric()[0].GetHistogram(), nil
}

// quantile is drawn from what came into a native histogram between two looks: within a bucket, which is a tenth wide,
// by a straight line. The classic ones hold seconds, in which a line may be a second off.
func quantile(before, after *dto.Histogram, q float64) float64 {
	was, is := buckets(before), buckets(after)
	growth := math.Exp2(math.Exp2(-float64(after.GetSchema())))
	wanted := q * float64(after.GetSampleCount()-before.GetSampleCount())
	seen := float64(after.GetZeroCount() - before.GetZeroCount())
	var upper float64
	for _, index := range slices.Sorted(maps.Keys(is)) {
		upper = math.Pow(growth, float64(index))
		count := float64(is[index] - was[index])
		if seen+count >= wanted && count > 0 {
			lower := upper / growth
			return lower + (upper-lower)*max(wanted-seen, 0)/count
		}
		seen += count
	}
	return upper
}

// buckets are the counts of a native histogram's buckets, each of which ends at the growth of its schema to the power of
// its index.
func buckets(h *dto.Histogram) map[int]int64 {
	counts := map[int]int64{}
	index, next, count := 0, 0, int64(0)
	for _, span := range h.GetPositiveSpan() {
		index += int(span.GetOffset())
		for range span.GetLength() {
			count += h.GetPositiveDelta()[next]
			counts[index] = count
			index, next = index+1, next+1
		}
	}
	return counts
}
