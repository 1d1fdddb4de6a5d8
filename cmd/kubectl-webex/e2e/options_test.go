package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Each option that kubectl gives all its commands is one here, too, or the page says that
// it is not.
func TestOptionsOfKubectl(t *testing.T) {
	w := newWorld(t, 1)
	page, err := os.ReadFile(filepath.Join(repository, "docs", "kubectl-webex.md"))
	if err != nil {
		t.Fatal(err)
	}
	out, _, _ := w.kubectl("options")
	options := regexp.MustCompile(`(?m)^\s+(?:(-\w), )?(--[\w-]+)=(.*):$`).FindAllStringSubmatch(out, -1)
	if len(options) < 25 {
		t.Fatalf("%d options in\n%s", len(options), out)
	}
	_, others, _ := strings.Cut(string(page), "but for ")
	others, _, _ = strings.Cut(others, "which are of kubectl's")
	args := []string{"webex", "licenses", "--help"}
	for _, o := range options {
		short, name, value := o[1], o[2], strings.Trim(o[3], "'")
		if strings.Contains(others, "`"+name+"`") || name == "--version" {
			continue
		}
		if value == "[]" {
			value = "a=b"
		}
		if args = append(args, name+"="+value); short != "" {
			args = append(args, short, value)
		}
	}
	if _, errs, code := w.kubectl(args...); code != 0 {
		t.Errorf("%v: code %d, %s", args, code, errs)
	}
	// Logs and warnings go where errors do.
	out, errs, code := w.kubectl("webex", "licenses", "-n", w.namespaces[0], "-v=6", "--warnings-as-errors", "--cache-dir", t.TempDir())
	if code != 0 || !strings.Contains(errs, "/apis/licensing.webex-operator.io/") || strings.Contains(out, "GET") {
		t.Errorf("code %d\n%s%s", code, out, errs)
	}
}
