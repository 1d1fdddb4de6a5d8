package webexsim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

func getOptions(s *Server, _ *http.Request) (any, error) { return s.Options(), nil }

func patchOptions(s *Server, r *http.Request) (any, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, fmt.Errorf("reading the body: %w", err)
	}
	if len(body) == 0 {
		return nil, errBodyMissing
	}
	s.SetOptions(func(o *Options) { err = json.Unmarshal(body, o) })
	if err != nil {
		return nil, fmt.Errorf("reading the body: %w", err)
	}
	return s.Options(), nil
}

func postLatency(s *Server, r *http.Request) (any, error) {
	var body struct{ Latency duration }
	if err := decodeBody(r, &body); err != nil {
		return nil, err
	}
	s.SetLatency(time.Duration(body.Latency))
	return nil, nil
}

func getClock(s *Server, _ *http.Request) (any, error) {
	return map[string]time.Time{"now": s.Now()}, nil
}

func postClock(s *Server, r *http.Request) (any, error) {
	var body struct {
		Advance duration
		Set     time.Time
	}
	if err := decodeBody(r, &body); err != nil {
		return nil, err
	}
	switch {
	case !body.Set.IsZero() && body.Advance != 0:
		return nil, errors.New("advance and set contradict each other; want one of them")
	case !body.Set.IsZero():
		s.SetTime(body.Set)
	default:
		s.Advance(time.Duration(body.Advance))
	}
	return getClock(s, r)
}

// RequestLogAnswer is what GET /control/log answers.
type RequestLogAnswer struct {
	Records []RequestRecord `json:"records"`
}

// getLog shows the log, or what a query chooses from it: records after a sequence
// number, of an operation, an organization, an owner, a status, a rule.
func getLog(s *Server, r *http.Request) (any, error) {
	q := r.URL.Query()
	number := func(name string) (n int64, err error) {
		if q.Has(name) {
			if n, err = strconv.ParseInt(q.Get(name), 10, 64); err != nil {
				return 0, fmt.Errorf("%s: %q is no number", name, q.Get(name))
			}
		}
		return n, nil
	}
	after, err := number("after")
	status, wrong := number("status")
	if err := errors.Join(err, wrong); err != nil {
		return nil, err
	}
	is := func(name, value string) bool { return !q.Has(name) || q.Get(name) == value }
	answer := RequestLogAnswer{Records: []RequestRecord{}}
	for _, record := range s.RequestLog() {
		if record.Sequence > after && (!q.Has("status") || int64(record.Status) == status) &&
			is("operation", record.Operation) && is("organization", record.Organization) &&
			is("owner", record.Owner) && is("rule", record.Rule) {
			answer.Records = append(answer.Records, record)
		}
	}
	return answer, nil
}
