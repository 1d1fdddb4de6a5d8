package main

import (
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/rest"
)

var update = flag.Bool("update", false, "write the table of docs/flags.md")

// docs/flags.md has all flags of the manager, with the defaults and texts of the program.
func TestFlagsPage(t *testing.T) {
	path := filepath.Join("docs", "flags.md")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- flags, written by go test . -update -->\n", "<!-- end of the flags -->"
	head, rest, found := strings.Cut(string(content), begin)
	have, tail, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("%s has no table of flags", path)
	}
	want := flagTable()
	if *update {
		if err := os.WriteFile(path, []byte(head+begin+want+end+tail), 0o644); err != nil { //nolint:gosec // a page to read
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("%s is not what the manager's -help says; go test . -update writes it (-want +got):\n%s", path, diff)
	}
}

// The manifests start the operator with flags that it has, and the page about its
// installation speaks of such.
func TestFlagsOfManifests(t *testing.T) {
	flags := managerFlags()
	passed := regexp.MustCompile(`(?m)^\s*- --([a-z-]+)|^\s+(?:value|- ): ["\']?--([a-z-]+)`)
	used := 0
	for _, pattern := range []string{"config/manager/*.yaml", "config/default/*.yaml", "config/namespaced/*/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, match := range passed.FindAllStringSubmatch(string(content), -1) {
				used++
				if name := match[1] + match[2]; flags.Lookup(name) == nil {
					t.Errorf("%s: the manager has no flag --%s", file, name)
				}
			}
		}
	}
	page, err := os.ReadFile(filepath.Join("docs", "installation.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range regexp.MustCompile("(?m)^\\| (`--[^|]+) \\|").FindAllSubmatch(page, -1) {
		for _, match := range regexp.MustCompile("`--([a-z-]+)`").FindAllSubmatch(row[1], -1) {
			used++
			if flags.Lookup(string(match[1])) == nil {
				t.Errorf("docs/installation.md: the manager has no flag --%s", match[1])
			}
		}
	}
	if used < 12 {
		t.Errorf("found %d flags in manifests and page: the test looks for the wrong thing", used)
	}
}

// The environment's proxy is for Webex: the API server of the pod's own cluster is asked
// directly, and any other as it is configured.
func TestProxyOfAPIServer(t *testing.T) {
	t.Setenv("KUBERNETES_SERVICE_HOST", "fd00::1")
	t.Setenv("KUBERNETES_SERVICE_PORT", "6443")
	proxy, err := url.Parse("http://proxy.example.com:3128")
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		config  rest.Config
		decides bool     // or the environment does
		want    *url.URL // by which the API server is asked
	}{
		"in its own cluster":    {rest.Config{Host: "https://[fd00::1]:6443"}, true, nil},
		"elsewhere":             {rest.Config{Host: "https://api.example.com"}, false, nil},
		"with a proxy for that": {rest.Config{Host: "https://[fd00::1]:6443", Proxy: http.ProxyURL(proxy)}, true, proxy},
	} {
		withoutProxy(&tc.config)
		if (tc.config.Proxy != nil) != tc.decides {
			t.Errorf("%s: the configuration decides: %v, want %v", name, !tc.decides, tc.decides)
			continue
		}
		if tc.decides {
			if got, err := tc.config.Proxy(nil); err != nil || got != tc.want {
				t.Errorf("%s: by %v, %v, want %v", name, got, err, tc.want)
			}
		}
	}
}

// managerFlags are the flags as the program has them: its own, and those of libraries.
func managerFlags() *flag.FlagSet {
	flags := flag.NewFlagSet("manager", flag.ContinueOnError)
	flag.VisitAll(func(f *flag.Flag) {
		if !strings.HasPrefix(f.Name, "test.") && f.Name != "update" {
			flags.Var(f.Value, f.Name, f.Usage)
		}
	})
	new(options).bind(flags)
	return flags
}

func flagTable() string {
	var b strings.Builder
	b.WriteString("| flag | default | what it does |\n| --- | --- | --- |\n")
	var logger []string
	managerFlags().VisitAll(func(f *flag.Flag) {
		if strings.HasPrefix(f.Name, "zap-") {
			logger = append(logger, "`--"+f.Name+"`")
			return
		}
		value := "–"
		if f.DefValue != "" {
			value = "`" + f.DefValue + "`"
		}
		usage := strings.Join(strings.Fields(strings.ReplaceAll(f.Usage, "|", "\\|")), " ")
		fmt.Fprintf(&b, "| `--%s` | %s | %s |\n", f.Name, value, usage)
	})
	fmt.Fprintf(&b, "| %s | – | How the log is written; default: JSON from level info on. |\n", strings.Join(logger, ", "))
	return b.String()
}
