// Command chartdocs writes what a Helm chart says about its values: the tables in README.md
// and values.schema.json, both from the comments in values.yaml, and files/defaults.json, by
// which the templates know what a value is that a user sets to null.
//
//	go run ./hack/chartdocs CHART
//
// The comment above a value is its description. A line "@schema {...}" in it is YAML that
// adds to the value's JSON schema what the default does not tell. "##@ Words" begins a table.
// A mapping with a comment is one value, such as resources; one without is a group of values.
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: chartdocs CHART")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "chartdocs:", err)
		os.Exit(1)
	}
}

// The tables of README.md are between these lines.
const (
	begin = "<!-- The values, generated from values.yaml by make generate: -->\n"
	end   = "<!-- End of the values. -->\n"
)

// write brings README.md and values.schema.json of a chart up to date.
func write(chart string) error {
	path := filepath.Join(chart, "values.yaml")
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	values, err := parse(content)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	schema, err := schemaOf(values)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := os.WriteFile(filepath.Join(chart, "values.schema.json"), schema, 0o644); err != nil { //nolint:gosec // no secret
		return err
	}
	defaults, err := defaultsOf(values)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := os.WriteFile(filepath.Join(chart, "files", "defaults.json"), defaults, 0o644); err != nil { //nolint:gosec // no secret
		return err
	}
	path = filepath.Join(chart, "README.md")
	readme, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if readme, err = replaceTables(readme, tables(values)); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return os.WriteFile(path, readme, 0o644) //nolint:gosec // no secret
}

// replaceTables puts the tables between their marks.
func replaceTables(readme, tables []byte) ([]byte, error) {
	head, rest, ok := bytes.Cut(readme, []byte(begin))
	if !ok {
		return nil, fmt.Errorf("no line %q", begin)
	}
	_, tail, ok := bytes.Cut(rest, []byte(end))
	if !ok {
		return nil, fmt.Errorf("no line %q", end)
	}
	return bytes.Join([][]byte{head, []byte(begin), tables, []byte(end), tail}, nil), nil
}
