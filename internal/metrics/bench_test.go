package metrics

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// cached lists as the cache does when it need not copy: slices of what is there.
type cached struct {
	client.Reader
	customers []v1alpha1.WebexCustomerAccess
	rows      []v1alpha1.WebexLicense
}

func (c cached) List(_ context.Context, list client.ObjectList, _ ...client.ListOption) error {
	switch list := list.(type) {
	case *v1alpha1.WebexCustomerAccessList:
		list.Items = append(list.Items, c.customers...)
	case *v1alpha1.WebexLicenseList:
		list.Items = append(list.Items, c.rows...)
	}
	return nil
}

// fleet is 125 customers with 80 rows each: 20 licences at level Customer, and each at 3 locations.
func fleet() cached {
	var c cached
	for i := range 125 {
		customer := acme()
		customer.Name = fmt.Sprintf("customer-%04d", i)
		c.customers = append(c.customers, *customer)
		for j := range 80 {
			level := v1alpha1.LevelSite
			if j < 20 {
				level = v1alpha1.LevelCustomer
			}
			row := license(fmt.Sprintf("%s-webex-calling-professional-%012d", customer.Name, j), level, v1alpha1.ClassPurchased)
			row.Spec.CustomerAccessRef.Name = customer.Name
			c.rows = append(c.rows, *row)
		}
	}
	return c
}

// BenchmarkScrape scrapes 10,000 rows at the default flags over HTTP. The aim is 100 ms and 2 MB.
func BenchmarkScrape(b *testing.B) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(&State{Reader: fleet(), MaxSeries: DefaultMaxSeries})
	server := httptest.NewServer(promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	defer server.Close()
	b.ReportAllocs()
	var size int64
	for b.Loop() {
		size = get(b, server.URL)
	}
	b.ReportMetric(float64(size), "bytes/scrape")
}

func get(tb testing.TB, url string) int64 {
	tb.Helper()
	request, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, url, nil)
	if err != nil {
		tb.Fatal(err)
	}
	request.Header.Set("Accept-Encoding", "identity")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		tb.Fatal(err)
	}
	defer response.Body.Close()
	size, err := io.Copy(io.Discard, response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		tb.Fatal(response.Status, err)
	}
	return size
}

// The bound on series keeps a scrape of 10,000 rows below 2 MB.
func TestScrapeSize(t *testing.T) {
	t.Parallel()
	state := &State{Reader: fleet(), MaxSeries: DefaultMaxSeries}
	if size := len(exposition(t, state)); size > 2_000_000 {
		t.Errorf("a scrape of 10,000 rows takes %d bytes, more than 2 MB", size)
	}
}
