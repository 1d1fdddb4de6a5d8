package cli

import (
	"os"
	"strings"
	"testing"
)

func TestLintGolden(t *testing.T) {
	for name, args := range map[string]string{
		"lint":      "lint testdata/manifests",
		"lint-good": "lint ../../../../config/samples/licensesyncschedule.yaml ../../../../config/samples/webexcustomeraccess.yaml",
		"lint-json": "lint testdata/manifests/schedules.yaml -o json",
		"lint-csv":  "lint testdata/manifests/schedules.yaml -o csv --strict",
	} {
		t.Run(name, func(t *testing.T) { newWorld(t).golden(name, strings.Fields(args)...) })
	}
}

// Linting needs no cluster.
func TestLintWithoutACluster(t *testing.T) {
	w := newWorld(t)
	w.connectErr = os.ErrNotExist
	w.stdin = "apiVersion: licensing.webex-operator.io/v1alpha1\nkind: WebexLicense\nmetadata: {name: row}\nspec: {customerAccessRef: {name: acme}, licenseID: x, level: Customer}\n"
	const finding = "-:1: warning: licence rows are written by runs, which repair or remove what a manifest brings: leave the object away"
	w.expect("lint -", 0, finding, "1 object in 1 file: no errors, 1 warning")
	w.expect("lint - --strict", 1, finding, "error: 1 object in 1 file: 0 errors, 1 warning")
	w.stdin = "apiVersion: v1\nkind: ConfigMap\n"
	w.expect("lint -", 0, "0 objects in 1 file, and 1 of others: no errors, 0 warnings")
}

func TestLintMistakes(t *testing.T) {
	empty := t.TempDir()
	w := newWorld(t)
	w.expect("lint", 2, "error: requires at least 1 arg(s), only received 0", "See 'kubectl webex lint --help'.")
	w.expect("lint nowhere.yaml", 1, "error: there is no file nowhere.yaml: name a file, a directory, or - for the standard input")
	w.expect("lint "+empty, 1, "error: directory "+empty+" has no .yaml, .yml or .json file: name another one")
}
