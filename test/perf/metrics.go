package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// families are metrics by the names of their families.
type families map[string]*dto.MetricFamily

func scrape(ctx context.Context, client *http.Client, url string) (families, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(response.Body, 200))
		return nil, fmt.Errorf("GET %s: %s: %s", url, response.Status, body)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	return parser.TextToMetricFamilies(response.Body)
}

// sumBy adds up the counters or gauges of a family by the value of a function of their labels.
func (f families) sumBy(name string, key func(label map[string]string) string) map[string]float64 {
	sums := map[string]float64{}
	for _, metric := range f[name].GetMetric() {
		label := map[string]string{}
		for _, pair := range metric.GetLabel() {
			label[pair.GetName()] = pair.GetValue()
		}
		sums[key(label)] += metric.GetCounter().GetValue() + metric.GetGauge().GetValue()
	}
	return sums
}

// since is by how much sums grew.
func since(before, after map[string]float64) map[string]float64 {
	grown := map[string]float64{}
	for key, value := range after {
		if d := value - before[key]; d != 0 {
			grown[key] = d
		}
	}
	return grown
}

func total(sums map[string]float64) float64 {
	var t float64
	for _, key := range slices.Sorted(maps.Keys(sums)) {
		t += sums[key]
	}
	return t
}
