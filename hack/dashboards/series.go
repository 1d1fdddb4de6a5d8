package main

import (
	"github.com/prometheus/client_golang/prometheus"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

	_ "github.com/webex-operator/webex-license-operator/controllers" // and with it all that registers metrics
	"github.com/webex-operator/webex-license-operator/internal/metrics"
)

// series are the metrics of the operator with their labels: what is registered in its registry, those of
// controller-runtime and Go too, and the state that main registers.
func series() map[string][]string {
	collectors := []prometheus.Collector{&metrics.State{}}
	if registry, ok := ctrlmetrics.Registry.(prometheus.Collector); ok {
		collectors = append(collectors, registry)
	}
	return metrics.Labels(collectors...)
}
