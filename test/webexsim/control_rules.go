package webexsim

import (
	"net/http"
	"time"
)

func getRules(s *Server, _ *http.Request) (any, error) { return s.RuleStates(), nil }

func postRule(s *Server, r *http.Request) (any, error) {
	var body Rule
	if err := decodeBody(r, &body); err != nil {
		return nil, err
	}
	if err := body.check(); err != nil {
		return nil, err
	}
	return map[string]string{"id": s.AddRule(body)}, nil
}

// duration is a time.Duration in the form that people write: "20ms".
type duration time.Duration

// MarshalText writes what UnmarshalText reads.
func (d duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads a duration.
func (d *duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = duration(parsed)
	return err
}
