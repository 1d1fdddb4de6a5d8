package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Run is what one run of a scenario measured, and where.
type Run struct {
	// Version is that of the repository.
	Version string   `json:"version"`
	Machine Machine  `json:"machine"`
	Figures []Figure `json:"figures"`
}

// measured is whether there is a figure of this name.
func (r Run) measured(name string) bool {
	return slices.ContainsFunc(r.Figures, func(f Figure) bool { return f.Name == name })
}

// results are the runs of each scenario, a file of JSON lines each.
type results struct{ dir string }

func (r results) path(scenario string) string { return filepath.Join(r.dir, scenario+".jsonl") }

// append adds a run of a scenario to those before.
func (r results) append(scenario string, run Run) error {
	line, err := json.Marshal(run)
	if err != nil {
		return fmt.Errorf("a figure that is no number: %w", err)
	}
	file, err := os.OpenFile(r.path(scenario), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644) //nolint:gosec // nothing secret
	if err != nil {
		return err
	}
	_, err = file.Write(append(line, '\n'))
	return errors.Join(err, file.Close())
}

// latest are the last runs of a scenario that were measured on the same machine, of the same version and of the same
// figures as the very last one, n at most; 0 is for all of them.
func (r results) latest(scenario string, n int) ([]Run, error) {
	data, err := os.ReadFile(r.path(scenario))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("scenario %s was not run: there is no %s", scenario, r.path(scenario))
	} else if err != nil {
		return nil, err
	}
	lines := bytes.Split(bytes.TrimSpace(data), []byte("\n"))
	var runs []Run
	for i := len(lines) - 1; i >= 0 && (n == 0 || len(runs) < n); i-- {
		var run Run
		if err := json.Unmarshal(lines[i], &run); err != nil {
			return nil, fmt.Errorf("%s, line %d: %w; remove the file, and run the scenario again", r.path(scenario), i+1, err)
		}
		if len(runs) > 0 && !run.comparable(runs[0]) {
			break
		}
		runs = append(runs, run)
	}
	return runs, nil
}

// comparable is whether figures of two runs may be put together.
func (r Run) comparable(other Run) bool {
	if r.Version != other.Version || r.Machine != other.Machine || len(r.Figures) != len(other.Figures) {
		return false
	}
	for i, f := range r.Figures {
		if f.Name != other.Figures[i].Name {
			return false
		}
	}
	return true
}
