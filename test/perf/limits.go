package main

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

const (
	// headroom is how far above the mean of its calibration a figure may be.
	headroom = 1.2
	// leastRuns is from how many runs a mean is taken at least.
	leastRuns = 5
)

// Limits say what figures may be, by scenario and by the figure's name.
type Limits map[string]map[string]Limit

// Limit is what a figure may be. Exactly one of Target, Exactly and Mean is set.
type Limit struct {
	// Target is the most that is promised, set by hand.
	Target *float64 `yaml:"target"`
	// Exactly is what the figure is to be, also set by hand.
	Exactly *float64 `yaml:"exactly"`
	// Mean is that of some Runs; the figure may be 1.2 times as much.
	Mean *float64 `yaml:"mean"`
	Runs int      `yaml:"runs"`
}

// parseLimits reads limits of scenarios, strictly.
func parseLimits(data []byte, all []Scenario) (Limits, error) {
	var limits Limits
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(&limits); err != nil {
		return nil, fmt.Errorf("limits.yaml: %w", err)
	}
	var errs []error
	for scenario, figures := range limits {
		i := slices.IndexFunc(all, func(s Scenario) bool { return s.Name == scenario })
		if i < 0 {
			errs = append(errs, fmt.Errorf("limits.yaml: no scenario is called %q", scenario))
			continue
		}
		for name, limit := range figures {
			step, _, _ := strings.Cut(name, "/")
			if !slices.ContainsFunc(all[i].Steps, func(s Step) bool { return s.As == step }) {
				errs = append(errs, fmt.Errorf("limits.yaml: scenario %s has no step %q, of which %s is a figure", scenario, step, name))
			}
			if err := limit.validate(name); err != nil {
				errs = append(errs, fmt.Errorf("limits.yaml: %s, %s: %w", scenario, name, err))
			}
		}
	}
	return limits, errors.Join(errs...)
}

func (l Limit) validate(name string) error {
	set := 0
	for _, value := range []*float64{l.Target, l.Exactly, l.Mean} {
		if value == nil {
			continue
		}
		set++
		if *value < 0 || math.IsInf(*value, 0) || math.IsNaN(*value) {
			return fmt.Errorf("%v is no limit", *value)
		}
	}
	switch {
	case set != 1:
		return errors.New("wants one of target, exactly and mean")
	case l.Mean == nil && l.Runs != 0:
		return errors.New("runs go with a mean only")
	case l.Mean != nil && l.Runs < leastRuns:
		return fmt.Errorf("a mean of %d runs; %d are the least", l.Runs, leastRuns)
	case l.Mean != nil && isTime(name):
		return errors.New("a mean of a time holds on one machine only; calibrate its ratio to a reference of the same run, or set a target")
	}
	return nil
}

// isTime is whether a figure is a time that nothing was set beside, as its unit says: another machine has another one.
func isTime(name string) bool {
	if strings.Contains(name, ", times ") {
		return false
	}
	return slices.ContainsFunc(strings.FieldsFunc(name, func(r rune) bool { return r == ' ' || r == '/' || r == ',' }), func(word string) bool {
		return slices.Contains([]string{"ms", "seconds", "minutes", "core"}, word)
	})
}

// met is whether a value is within the limit. What is no number never is.
func (l Limit) met(value float64) bool {
	if l.Exactly != nil {
		return value == *l.Exactly
	}
	return value <= l.most()
}

// most is the largest value within the limit.
func (l Limit) most() float64 {
	switch {
	case l.Exactly != nil:
		return *l.Exactly
	case l.Target != nil:
		return *l.Target
	}
	return rounded(*l.Mean * headroom)
}

// String is the limit in words.
func (l Limit) String() string {
	if l.Exactly != nil {
		return "exactly " + short(*l.Exactly)
	}
	return "at most " + short(l.most())
}

// origin is where the limit comes from.
func (l Limit) origin() string {
	if l.Mean == nil {
		return "a target set by hand"
	}
	return fmt.Sprintf("%v times %s, the mean of %d runs", headroom, short(*l.Mean), l.Runs)
}

// rounded is a number to four digits, or to none behind the point if it has more before it.
func rounded(value float64) float64 {
	if value == 0 || math.IsNaN(value) || math.IsInf(value, 0) {
		return value
	}
	unit := math.Pow(10, min(math.Floor(math.Log10(math.Abs(value)))-3, 0))
	// Divide twice, so that 0.1 is not 0.1000…1: the inverse of a unit is whole.
	return math.Round(value/unit) / math.Round(1/unit)
}

// short is a number as people and limits.yaml write it.
func short(value float64) string { return strconv.FormatFloat(rounded(value), 'f', -1, 64) }
