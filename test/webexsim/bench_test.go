package webexsim

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// BenchmarkPeople measures how fast pages are made, without the network.
func BenchmarkPeople(b *testing.B) {
	for _, people := range []int{10_000, 1_000_000} {
		b.Run(fmt.Sprint(people), func(b *testing.B) {
			s, org := start(b, Options{}, Generate(GeneratorOptions{Seed: 1, People: people}))
			org.Truth()
			r := httptest.NewRequest(http.MethodGet, "/v1/people?callingData=true&excludeStatus=true&max=100&cursor="+
				encodeCursor(100, people/2, false), nil)
			r.Header.Set("Authorization", "Bearer t")
			b.ReportAllocs()
			size := 0
			for b.Loop() {
				w := &discard{header: http.Header{}}
				s.ServeHTTP(w, r)
				size = w.size
			}
			b.SetBytes(int64(size))
			b.ReportMetric(float64(size)/100, "B/person")
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pages/s")
		})
	}
}

// BenchmarkPeopleHTTP measures the same over a connection.
func BenchmarkPeopleHTTP(b *testing.B) {
	for name, o := range map[string]Options{"plain": {}, "TLS": {TLS: true}} {
		b.Run(name, func(b *testing.B) {
			s, _ := start(b, o, Generate(GeneratorOptions{Seed: 1, People: 100_000}))
			r, err := http.NewRequest(http.MethodGet, s.URL()+"/people?callingData=true&excludeStatus=true&max=100", nil)
			if err != nil {
				b.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer t")
			for b.Loop() {
				resp, err := s.Client().Do(r)
				if err != nil {
					b.Fatal(err)
				}
				n, err := io.Copy(io.Discard, resp.Body)
				if err != nil {
					b.Fatal(err)
				}
				resp.Body.Close()
				b.SetBytes(n)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pages/s")
		})
	}
}

// BenchmarkCount measures one pass over all people.
func BenchmarkCount(b *testing.B) {
	_, org := start(b, Options{}, Generate(GeneratorOptions{Seed: 1, People: 1_000_000}))
	for b.Loop() {
		org.Rename("x")
		org.Truth()
	}
}

// discard is a ResponseWriter that counts.
type discard struct {
	header http.Header
	size   int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(int)             {}
func (d *discard) Write(b []byte) (int, error) { d.size += len(b); return len(b), nil }
