package main

import (
	"embed"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

//go:embed scenarios/*.yaml
var scenarioFiles embed.FS

// Scenario is a fleet and what happens to it.
type Scenario struct {
	// Name is that of the file.
	Name string `json:"-"`
	// Title says in a line what is measured.
	Title string `json:"title"`
	// OnlyIfNamed keeps it out of the scenarios that are run if none is named.
	OnlyIfNamed bool `json:"onlyIfNamed,omitempty"`
	// Timeout bounds a run of it. Default: scenarioTimeout.
	Timeout metav1.Duration `json:"timeout,omitzero"`
	// Fleet are groups of equal customers. Each has a simulated Webex of its own.
	Fleet []Group `json:"fleet"`
	// Manager are further flags of the manager.
	Manager []string `json:"manager,omitempty"`
	// ControllerManager also starts Kubernetes' controllers, for what garbage collection does.
	ControllerManager bool `json:"controllerManager,omitempty"`
	// Steps happen one after the other.
	Steps []Step `json:"steps"`
}

// Group are customers that are alike.
type Group struct {
	Name      string `json:"name"`
	Customers int    `json:"customers"`
	// PerNamespace is how many of them share a namespace; 0 for all.
	PerNamespace int `json:"perNamespace,omitempty"`
	// People, Licenses and Locations are those of each organization.
	People    int `json:"people"`
	Licenses  int `json:"licenses"`
	Locations int `json:"locations"`
	// Levels default to both.
	Levels []v1alpha1.Level `json:"levels,omitempty"`
	// Partner lets all customers share a partner's token.
	Partner bool `json:"partner,omitempty"`
	// RequestsPerMinute bounds each token's requests to an endpoint; 0 for the default.
	RequestsPerMinute int32 `json:"requestsPerMinute,omitempty"`
	// Webex are options of the simulator, as PATCH /control/options takes them, and Latency.
	Webex   map[string]any  `json:"webex,omitempty"`
	Latency metav1.Duration `json:"latency,omitzero"`
}

// Step is one thing that happens, and that may be measured.
type Step struct {
	// Do names what happens; see actions.
	Do string `json:"do"`
	// As begins the names of the step's figures. Default: Do.
	As string `json:"as,omitempty"`
	// Groups are those that take part; default: all.
	Groups []string `json:"groups,omitempty"`
	// Percent, For and Count are what some actions need.
	Percent int             `json:"percent,omitempty"`
	For     metav1.Duration `json:"for,omitzero"`
	Count   int             `json:"count,omitempty"`
	// Each has one schedule for each customer, SpreadSeconds is that of the schedules.
	Each          bool   `json:"each,omitempty"`
	SpreadSeconds *int32 `json:"spreadSeconds,omitempty"`
	// Hours is the length of a day.
	Hours int `json:"hours,omitempty"`
	// Beside names an earlier step whose peak of memory this one's is compared with.
	Beside string `json:"beside,omitempty"`
	// Budget also compares the time from the first to the last request with what the request budget allows.
	Budget bool `json:"budget,omitempty"`
}

// scenarios reads the files, in the order of their names.
func scenarios() ([]Scenario, error) {
	entries, err := scenarioFiles.ReadDir("scenarios")
	if err != nil {
		return nil, err
	}
	var all []Scenario
	for _, entry := range entries {
		data, err := scenarioFiles.ReadFile(path.Join("scenarios", entry.Name()))
		if err != nil {
			return nil, err
		}
		s, err := parseScenario(strings.TrimSuffix(entry.Name(), ".yaml"), data)
		if err != nil {
			return nil, err
		}
		all = append(all, *s)
	}
	return all, nil
}

// choose are the scenarios of these names, comma-separated, or those of the default set.
func choose(all []Scenario, names string) ([]Scenario, error) {
	if names == "" {
		return slices.DeleteFunc(slices.Clone(all), func(s Scenario) bool { return s.OnlyIfNamed }), nil
	}
	var chosen []Scenario
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(all, func(s Scenario) bool { return s.Name == name })
		if i < 0 {
			var known []string
			for _, s := range all {
				known = append(known, s.Name)
			}
			return nil, fmt.Errorf("no scenario is called %q; there are %s", name, strings.Join(known, ", "))
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

func parseScenario(name string, data []byte) (*Scenario, error) {
	s := &Scenario{Name: name}
	if err := yaml.UnmarshalStrict(data, s); err != nil {
		return nil, fmt.Errorf("scenario %s: %w", name, err)
	}
	var groups []string
	for _, g := range s.Fleet {
		groups = append(groups, g.Name)
	}
	for i := range s.Steps {
		step := &s.Steps[i]
		if _, ok := actions[step.Do]; !ok {
			return nil, fmt.Errorf("scenario %s: a step does %q; it can do %s", name, step.Do, strings.Join(slices.Sorted(maps.Keys(actions)), ", "))
		}
		if step.As == "" {
			step.As = step.Do
		}
		for _, group := range step.Groups {
			if !slices.Contains(groups, group) {
				return nil, fmt.Errorf("scenario %s, step %s: no group is called %q", name, step.As, group)
			}
		}
	}
	return s, nil
}
