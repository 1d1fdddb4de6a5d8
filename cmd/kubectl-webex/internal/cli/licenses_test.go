package cli

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLicensesGolden(t *testing.T) {
	for name, c := range map[string]struct {
		live bool
		args []string
	}{
		"licenses":          {args: []string{"licenses"}},
		"licenses-terminal": {live: true, args: []string{"licenses"}},
		"licenses-at":       {args: []string{"licenses", "--at", "provider.reseller-west"}},
		"licenses-wide":     {args: []string{"licenses", "-A", "-o", "wide"}},
		"licenses-pools":    {args: []string{"licenses", "--customer", "globex", "--pools"}},
		"licenses-site":     {args: []string{"licenses", "--level", "Site", "--at", "provider.reseller-west"}},
		"licenses-location": {args: []string{"licenses", "--location", "headquarters"}},
		"licenses-below":    {args: []string{"licenses", "--below", "10%"}},
		"licenses-json":     {args: []string{"licenses", "--at", "provider.reseller-east", "-o", "json"}},
		"licenses-yaml":     {args: []string{"licenses", "--location", "Lisbon Office", "-o", "yaml"}},
		"licenses-csv":      {args: []string{"licenses", "--pools", "-o", "csv"}},
		"licenses-none":     {args: []string{"licenses", "--customer", "umbrella"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, fleet()...)
			w.live = c.live
			w.golden(name, c.args...)
		})
	}
}

// A pipe gets the result and nothing else: the rest is on the other stream.
func TestLicensesStreams(t *testing.T) {
	got := newWorld(t, fleet()...).run("licenses", "-o", "csv", "--customer", "globex")
	if lines := strings.Split(strings.TrimSpace(got.out), "\n"); len(lines) != 3 || !strings.HasPrefix(lines[0], "license,") {
		t.Errorf("output: %s", got.out)
	}
	if !strings.HasPrefix(got.err, "note: the figures of globex are older than they should be") {
		t.Errorf("errors: %s", got.err)
	}
}

func TestLicensesMistakes(t *testing.T) {
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"licenses --level Room", 2, `error: --level is "Room": use Customer or Site`},
		{"licenses --below few", 2, `error: --below is "few": use a share in percent from 0% to 100%, such as 10%`},
		{"licenses --below 101%", 2, `error: --below is "101%": use a share in percent from 0% to 100%, such as 10%`},
		{"licenses --level Customer --location HQ", 2, `error: --location is about level Site: leave --level away, or use --level Site`},
		{"licenses --location HQ --pools", 2, `error: --pools is about level Customer: leave --level and --location away`},
		{"licenses -o xml", 2, `error: invalid argument "xml" for "-o, --output" flag: use one of table, wide, json, yaml, csv, csv-excel`},
		{"licenses acme", 2, `error: unknown command "acme" for "kubectl webex licenses"`},
		{"licences", 2, `error: unknown command "licences" for "kubectl webex"`},
		{"licenses --customer acmee", 1, `error: there is no customer "acmee" in namespace webex: kubectl webex status lists them, or look elsewhere with -n or -A`},
		{"licenses --at provider.west", 1, `error: no customer is at or below "provider.west" in the hierarchy: the nodes there are provider, provider.reseller-east, provider.reseller-west`},
		{"licenses -n empty --at provider", 1, `error: no customer is at or below "provider" in the hierarchy: no customer has a spec.hierarchyPath; set one, or leave --at away`},
	} {
		got := newWorld(t, fleet()...).run(strings.Fields(c.args)...)
		first, _, _ := strings.Cut(got.err, "\n")
		if got.code != c.code || first != c.want {
			t.Errorf("%s: code %d, %s\nwant code %d, %s", c.args, got.code, first, c.code, c.want)
		}
		if got.out != "" {
			t.Errorf("%s: output %s", c.args, got.out)
		}
	}
}

func TestCompletion(t *testing.T) {
	for args, want := range map[string][]string{
		"licenses --customer ": {"acme", "globex", "initech", "umbrella"},
		"licenses --at ": {
			"provider", "provider.reseller-east", "provider.reseller-east.initech", "provider.reseller-east.umbrella",
			"provider.reseller-west", "provider.reseller-west.acme", "provider.reseller-west.globex",
		},
		"licenses --location ":    {"Chicago Branch", "Headquarters", "Lisbon Office", "London Office"},
		"licenses --level ":       {"Customer", "Site"},
		"licenses -o ":            {"table", "wide", "json", "yaml", "csv", "csv-excel"},
		"licenses ":               nil,
		"licenses -n other --at ": nil,
	} {
		got := newWorld(t, fleet()...).run(append([]string{"__complete"}, strings.Split(args, " ")...)...)
		lines := strings.Split(strings.TrimSpace(got.out), "\n")
		var offered []string
		if n := len(lines) - 1; n > 0 {
			offered = lines[:n]
		}
		if diff := cmp.Diff(want, offered); diff != "" {
			t.Errorf("%q (-want +got):\n%s", args, diff)
		}
		if last := lines[len(lines)-1]; last != ":4" { // no file names
			t.Errorf("%q: directive %s", args, last)
		}
	}
}
