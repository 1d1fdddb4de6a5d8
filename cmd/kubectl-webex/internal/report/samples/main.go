// Command samples writes pages of made-up fleets into a directory, for the test in
// a browser and for the pictures of the documentation.
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/report"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/report/reporttest"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/report/webpage"
)

func main() {
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func write(dir string) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	samples := reporttest.Samples()
	samples["large"] = report.New(reporttest.Large())
	for name, r := range samples {
		var content bytes.Buffer
		if err := webpage.Write(&content, r, webpage.Options{Zone: time.UTC, Version: "v0.0.0-sample"}); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name+".html"), content.Bytes(), 0o600); err != nil {
			return err
		}
	}
	return nil
}
