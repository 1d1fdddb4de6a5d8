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
	body, err := getMetrics(ctx, client, url, "")
	if err != nil {
		return nil, err
	}
	defer body.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	return parser.TextToMetricFamilies(body)
}

// scrapeNative is the family of a name with its native histograms, which no text has.
func scrapeNative(ctx context.Context, client *http.Client, url, name string) (*dto.MetricFamily, error) {
	format := expfmt.NewFormat(expfmt.TypeProtoDelim)
	body, err := getMetrics(ctx, client, url, string(format))
	if err != nil {
		return nil, err
	}
	defer body.Close()
	for decoder := expfmt.NewDecoder(body, format); ; {
		family := &dto.MetricFamily{}
		if err := decoder.Decode(family); err != nil {
			return nil, fmt.Errorf("looking for %s in %s: %w", name, url, err)
		}
		if family.GetName() == name {
			return family, nil
		}
	}
}

// getMetrics asks for metrics in a format; empty for that of the server's choice, which is text.
func getMetrics(ctx context.Context, client *http.Client, url, format string) (io.ReadCloser, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	if format != "" {
		request.Header.Set("Accept", format)
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(response.Body, 200))
		response.Body.Close()
		return nil, fmt.Errorf("GET %s: %s: %s", url, response.Status, body)
	}
	return response.Body, nil
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
