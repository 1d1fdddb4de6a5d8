package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"
)

// What came before the first look is in no quantile, and a quantile is as good as the buckets, which are a tenth wide.
func TestQuantileOfANativeHistogram(t *testing.T) {
	t.Parallel()
	const name = "skew_seconds"
	histogram := prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: "How late.", Buckets: []float64{1, 10}, NativeHistogramBucketFactor: 1.1})
	registry := prometheus.NewRegistry()
	registry.MustRegister(histogram, prometheus.NewGauge(prometheus.GaugeOpts{Name: "another", Help: "Of no use."}))
	server := httptest.NewServer(promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	t.Cleanup(server.Close)
	m := func(ctx context.Context) *dto.Histogram {
		family, err := scrapeNative(ctx, http.DefaultClient, server.URL, name)
		if err != nil {
			t.Fatal(err)
		}
		return family.GetMetric()[0].GetHistogram()
	}
	for range 500 {
		histogram.Observe(100)
	}
	before := m(t.Context())
	for i := range 1000 {
		histogram.Observe(float64(i+1) / 500) // to 2 seconds
	}
	after := m(t.Context())
	for q, want := range map[float64]float64{0.01: 0.02, 0.5: 1, 0.99: 1.98, 1: 2} {
		if got := quantile(before, after, q); got < want*0.95 || got > want*1.05 {
			t.Errorf("quantile %v is %v, not %v", q, got, want)
		}
	}
	if _, err := scrapeNative(t.Context(), http.DefaultClient, server.URL, "missing"); err == nil {
		t.Error("a metric that is not there was found")
	}
}
