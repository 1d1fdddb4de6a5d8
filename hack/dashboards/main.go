// Command dashboards writes the dashboards of config/grafana, which are defined in this directory. make generate calls
// it, and make verify notices if a file is not what it writes.
//
// With -perses it also writes the same panels for Perses, https://perses.dev. With -series it writes nothing but the
// metrics that the operator exports, with their labels, as JSON to its output: test/alerts holds the queries against it.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/webex-operator/webex-license-operator/hack/dashboards/board"
)

func main() {
	grafana := flag.String("grafana", "config/grafana", "directory for the dashboards in Grafana's form")
	perses := flag.String("perses", "", "directory for the dashboards in Perses' form; none are written if empty")
	onlySeries := flag.Bool("series", false, "print the operator's metrics with their labels, and leave")
	flag.Parse()
	var err error
	if *onlySeries {
		err = json.NewEncoder(os.Stdout).Encode(series())
	} else {
		err = run(*grafana, *perses)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "dashboards:", err)
		os.Exit(1)
	}
}

func run(grafana, perses string) error {
	for _, d := range dashboards() {
		if err := write(grafana, d, board.Grafana); err != nil {
			return err
		}
		if perses != "" {
			if err := write(perses, d, board.Perses); err != nil {
				return err
			}
		}
	}
	return nil
}

func write(directory string, d *board.Dashboard, form func(*board.Dashboard) ([]byte, error)) error {
	content, err := form(d)
	if err != nil {
		return fmt.Errorf("%s: %w", d.UID, err)
	}
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(directory, d.UID+".json"), content, 0o644)
}

// dashboards are all of them, from the whole to its parts.
func dashboards() []*board.Dashboard {
	return []*board.Dashboard{fleet(), customer(), license(), location(), operator()}
}
