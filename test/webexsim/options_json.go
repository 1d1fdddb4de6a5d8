package webexsim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

// plainOptions has the fields of Options without its methods.
type plainOptions Options

// optionsJSON are the options that can change while the simulator runs, with durations
// in the form that people write.
type optionsJSON struct {
	*plainOptions
	Latency              duration            `json:"latency"`
	Latencies            map[string]duration `json:"latencies"`
	CountsLag            duration            `json:"countsLag"`
	AuditLag             duration            `json:"auditLag"`
	ReuseTokenWithin     duration            `json:"reuseTokenWithin"`
	AccessTokenLifetime  duration            `json:"accessTokenLifetime"`
	RefreshTokenLifetime duration            `json:"refreshTokenLifetime"`
	CodeLifetime         duration            `json:"codeLifetime"`
	ManagedListLapse     duration            `json:"managedListLapse"`
}

func (o *Options) json() optionsJSON {
	return optionsJSON{
		plainOptions: (*plainOptions)(o), Latency: duration(o.Latency), Latencies: convert[duration](o.Latencies), CountsLag: duration(o.CountsLag), AuditLag: duration(o.AuditLag), ReuseTokenWithin: duration(o.ReuseTokenWithin),
		AccessTokenLifetime: duration(o.AccessTokenLifetime), RefreshTokenLifetime: duration(o.RefreshTokenLifetime),
		CodeLifetime: duration(o.CodeLifetime), ManagedListLapse: duration(o.ManagedListLapse),
	}
}

// MarshalJSON writes the options that can change while the simulator runs.
func (o Options) MarshalJSON() ([]byte, error) { return json.Marshal(o.json()) }

// UnmarshalJSON changes the options that are named, and leaves the others alone. A
// misspelt one is an error, and so is a value that means nothing.
func (o *Options) UnmarshalJSON(b []byte) error {
	// What other copies of the options hold must not change with this one.
	changed := *o
	changed.RateLimits = maps.Clone(o.RateLimits)
	if o.ItemErrors != nil {
		changed.ItemErrors = &ItemErrors{o.ItemErrors.Every, slices.Clone(o.ItemErrors.Fields)}
	}
	j := changed.json()
	decoder := json.NewDecoder(bytes.NewReader(b))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&j); err != nil {
		return err
	}
	changed.Latency, changed.ReuseTokenWithin = time.Duration(j.Latency), time.Duration(j.ReuseTokenWithin)
	changed.Latencies, changed.CountsLag = convert[time.Duration](j.Latencies), time.Duration(j.CountsLag)
	changed.AuditLag = time.Duration(j.AuditLag)
	changed.AccessTokenLifetime = time.Duration(j.AccessTokenLifetime)
	changed.RefreshTokenLifetime = time.Duration(j.RefreshTokenLifetime)
	changed.CodeLifetime = time.Duration(j.CodeLifetime)
	changed.ManagedListLapse = time.Duration(j.ManagedListLapse)
	if err := changed.check(); err != nil {
		return err
	}
	*o = changed
	return nil
}

// convert makes a map of durations of another type; nil stays nil.
func convert[To, From ~int64](from map[string]From) map[string]To {
	if from == nil {
		return nil
	}
	to := make(map[string]To, len(from))
	for name, value := range from {
		to[name] = To(value)
	}
	return to
}

// check finds what can only be a slip of the pen.
func (o *Options) check() error {
	for operation := range o.RateLimits {
		if !knownOperation(operation) {
			return fmt.Errorf("rateLimits: %w", errOperation(operation))
		}
	}
	for operation := range o.Latencies {
		if !knownOperation(operation) {
			return fmt.Errorf("latencies: %w", errOperation(operation))
		}
	}
	return checkForms(
		form{"linkFault", string(o.LinkFault), linkFaults},
		form{"authorizeState", string(o.AuthorizeState), stateFaults},
		form{"retryAfter", string(o.RetryAfter), retryAfters},
		form{"noUnits", string(o.NoUnits), noUnitsForms},
		form{"refreshMode", string(o.RefreshMode), refreshModes},
		form{"tokenErrorStyle", string(o.TokenErrorStyle), tokenErrorStyles},
	)
}
