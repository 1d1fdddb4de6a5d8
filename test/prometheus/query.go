package prometheus

import (
	"fmt"
	"slices"
	"time"

	prometheusv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
)

// Query asks Prometheus a question about now.
func (w *World) Query(query string) model.Vector {
	w.t.Helper()
	value, err := w.ask(query)
	w.must(query, err)
	return value
}

func (w *World) ask(query string) (model.Vector, error) {
	value, _, err := w.prometheus.api.Query(w.t.Context(), query, time.Now())
	if err != nil {
		return nil, err
	}
	switch value := value.(type) {
	case model.Vector:
		return value, nil
	case *model.Scalar:
		return model.Vector{{Value: value.Value, Timestamp: value.Timestamp}}, nil
	default:
		return nil, unexpected(value)
	}
}

func unexpected(value model.Value) error { return fmt.Errorf("the answer is a %s", value.Type()) }

// QueryRange asks Prometheus a question about the time until now, in steps.
func (w *World) QueryRange(query string, since, step time.Duration) model.Matrix {
	w.t.Helper()
	now := time.Now()
	value, _, err := w.prometheus.api.QueryRange(w.t.Context(), query, prometheusv1.Range{Start: now.Add(-since), End: now, Step: step})
	w.must(query, err)
	matrix, ok := value.(model.Matrix)
	if !ok {
		w.must(query, unexpected(value))
	}
	return matrix
}

// AwaitQuery waits until the answer to a question is not empty.
func (w *World) AwaitQuery(query string) model.Vector {
	w.t.Helper()
	var answer model.Vector
	w.Await("an answer to "+query, func() bool {
		var err error
		answer, err = w.ask(query)
		return err == nil && len(answer) > 0 // Prometheus refuses to answer in its first moments
	})
	return answer
}

// AwaitScrape waits until Prometheus has seen what the manager knows now: a scrape that began after the call.
func (w *World) AwaitScrape() {
	w.t.Helper()
	since := time.Now()
	w.Await("a scrape of the manager at work", func() bool {
		answer, err := w.ask("timestamp(webexlicense_cache_objects)")
		return err == nil && slices.ContainsFunc(answer, func(s *model.Sample) bool {
			return float64(s.Value) > float64(since.UnixMilli())/1000
		})
	})
}

// awaitResolved waits until an alert neither fires nor is about to.
func (w *World) awaitResolved(selector string) {
	w.t.Helper()
	w.Await("the end of "+selector, func() bool { return len(w.Query(selector)) == 0 })
}
