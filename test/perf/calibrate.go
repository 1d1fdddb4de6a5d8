package main

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// calibrate writes the means of what the latest runs of scenarios measured into limits: those that are there anew, and
// those of figures without a limit, unless these are times. What is set by hand, comments and the order stay.
func calibrate(out io.Writer, data []byte, r results, chosen []Scenario) ([]byte, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(data, &document); err != nil {
		return nil, fmt.Errorf("limits.yaml: %w", err)
	}
	if len(document.Content) == 0 || document.Content[0].Kind != yaml.MappingNode {
		return nil, fmt.Errorf("limits.yaml: wants scenarios and their limits")
	}
	for _, s := range chosen {
		runs, err := r.latest(s.Name, 0)
		if err != nil {
			return nil, err
		}
		if len(runs) < leastRuns {
			return nil, fmt.Errorf("scenario %s has %d runs of one version on one machine; a mean takes %d: run it %d times more",
				s.Name, len(runs), leastRuns, leastRuns-len(runs))
		}
		if err := calibrateScenario(out, s.Name, entry(document.Content[0], s.Name), runs); err != nil {
			return nil, err
		}
	}
	var b bytes.Buffer
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(&document); err != nil {
		return nil, err
	}
	return spaced(b.Bytes()), encoder.Close()
}

func calibrateScenario(out io.Writer, scenario string, limits *yaml.Node, runs []Run) error {
	for i := 0; i+1 < len(limits.Content); i += 2 {
		if !runs[0].measured(limits.Content[i].Value) {
			return fmt.Errorf("scenario %s: %s has a limit and was not measured; correct its name in limits.yaml, or remove it there", scenario, limits.Content[i].Value)
		}
	}
	for _, s := range statistics(runs) {
		at := slices.IndexFunc(limits.Content, func(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Value == s.name })
		var old Limit
		if at >= 0 {
			if err := limits.Content[at+1].Decode(&old); err != nil {
				return fmt.Errorf("limits.yaml: %s, %s: %w", scenario, s.name, err)
			}
		}
		if isTime(s.name) || at >= 0 && old.Mean == nil {
			continue
		}
		mean := rounded(s.mean)
		limit := Limit{Mean: &mean, Runs: len(runs)}
		if !limit.met(s.most) {
			// A limit that its own calibration does not keep would fail now and then.
			fmt.Fprintf(out, "%s, %s: from %s to %s in %d runs, which is too far apart for a limit from their mean; nothing is written\n",
				scenario, s.name, short(s.least), short(s.most), len(runs))
			continue
		}
		value := entry(limits, s.name)
		value.Style = yaml.FlowStyle
		value.Content = []*yaml.Node{scalar("mean"), scalar(short(mean)), scalar("runs"), scalar(strconv.Itoa(len(runs)))}
		value.LineComment = fmt.Sprintf("# %s x %v = %s", short(mean), headroom, short(limit.most()))
	}
	return nil
}

// entry is the value of a key of a mapping, which is added if need be.
func entry(mapping *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	value := &yaml.Node{Kind: yaml.MappingNode}
	mapping.Content = append(mapping.Content, scalar(key), value)
	return value
}

func scalar(value string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: value} }

// spaced puts an empty line before each scenario and its comment, which the encoder leaves out.
func spaced(data []byte) []byte {
	var b bytes.Buffer
	before := ""
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(before, " ") && !strings.HasPrefix(line, " ") && line != "\n" {
			b.WriteByte('\n')
		}
		b.WriteString(line)
		before = line
	}
	return b.Bytes()
}

// statistic is what some runs say about a figure.
type statistic struct {
	name              string
	mean, least, most float64
	// values are those of the runs.
	values []float64
}

// statistics are those of all figures of comparable runs, in the order in which they are measured.
func statistics(runs []Run) []statistic {
	var all []statistic
	for i, f := range runs[0].Figures {
		s := statistic{name: f.Name}
		for _, run := range runs {
			s.values = append(s.values, run.Figures[i].Value)
			s.mean += run.Figures[i].Value / float64(len(runs))
		}
		s.least, s.most = slices.Min(s.values), slices.Max(s.values)
		all = append(all, s)
	}
	return all
}
