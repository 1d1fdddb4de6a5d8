// Package docs has no code. Its tests hold the pages against the code and a real API
// server: reasons, commands, links.
package docs

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/webex-operator/webex-license-operator/test/controlplane"
)

// elsewhere says of pages, and of single blocks by their first line, who runs them or why
// none does. All other blocks of commands run here.
var elsewhere = map[string]string{
	"test/webexsim/README.md": "hack/webexsim/docs_test.go makes its calls",
	"docs/kubectl-webex.md":   "page_test.go of the plugin holds its blocks against golden files",

	"docs/assigning.md: $ kubectl webex plan sales": "page_test.go of the plugin holds them against golden files",

	"charts/webex-license-operator/README.md":                                         "test/chart runs its blocks, with helm",
	"README.md: helm install webex-license-operator charts/webex-license-operator \\": "test/chart runs it, with helm",

	"README.md: make demo CLUSTER=current  # a simulated Webex, the operator and three customers, in the cluster of your kubectl context": "hack/demo tests the one, .ci/run runs the other",
	"README.md: $ kubectl get webexcustomeraccesses -A": "what make demo prints, which .ci/run runs",

	"docs/runbooks/WebexLicenseScheduleLate.md: kubectl top pod -n webex-license-operator-system": "there is no metrics server",

	"docs/security.md: kubectl apply --server-side -k config/admission": "config/admission_test.go runs it, on a cluster of its own: here it would stop the rows that other blocks need",

	"docs/installation.md: kubectl wait -n webex-customers wxca/acme --for=condition=Ready --timeout=10m":                                         "no Webex; test/e2e has a first run",
	"docs/installation.md: kubectl rollout status -n webex-license-operator-system deployment/webex-license-operator-controller-manager":          "no node runs the pod",
	"docs/installation.md: docker build --build-arg VERSION=$(git describe --tags --always) -t registry.example.com/webex-license-operator:dev .": "there is no container engine and no registry",
	"docs/installation.md: VERSION=v0.1.0":                                         "there is no release yet",
	"docs/releases.md: VERSION=v0.1.0":                                             "there is no release yet, and cosign asks a service",
	"docs/releases.md: git checkout v0.1.0":                                        "there is no such tag yet; the workflow compares two builds",
	"docs/releases.md: mkdir -p schemas && tar -xzf crd-schemas.tar.gz -C schemas": "hack/release validates the samples with the schemas; kubeconform fetches others from the Internet",
}

// lifecycle are the pages whose blocks run one after the other, in this order, on a cluster
// of their own: they install, restore and remove.
var lifecycle = []string{"docs/installation.md", "docs/upgrades.md", "docs/backup.md", "docs/uninstall.md"}

var (
	commandBlock = regexp.MustCompile("(?ms)^( *)```(sh|console)\n(.*?)^ *```$")
	otherShell   = regexp.MustCompile("(?m)^ *```(bash|shell|shell-session|zsh)$")
)

// block is a block of commands of a page.
type block struct{ page, first, script string }

func (b block) key() string { return b.page + ": " + b.first }

// blocksOf are a page's blocks. Those that show output too, marked console, run nowhere by
// themselves.
func blocksOf(t *testing.T, page string) (blocks []block) {
	t.Helper()
	content := read(t, filepath.Join("..", page))
	if wrong := otherShell.FindString(content); wrong != "" {
		t.Errorf("%s: a block is marked %s, which no test runs: mark it sh, or console", page, wrong)
	}
	for _, match := range commandBlock.FindAllStringSubmatch(content, -1) {
		script := strings.ReplaceAll("\n"+match[3], "\n"+match[1], "\n")[1:]
		first, _, _ := strings.Cut(script, "\n")
		b := block{page, first, script}
		if match[2] == "console" && elsewhere[page] == "" && elsewhere[b.key()] == "" {
			t.Errorf("%s: the block %q is marked console: mark it sh, or say in elsewhere who runs it", page, first)
			continue
		}
		blocks = append(blocks, b)
	}
	return blocks
}

// pagesWithCommands are all pages that a user may read.
func pagesWithCommands(t *testing.T) (pages []string) {
	t.Helper()
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md", "charts/*/README.md", "test/*/*.md"} {
		found, err := filepath.Glob(filepath.Join("..", filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			pages = append(pages, strings.TrimPrefix(filepath.ToSlash(path), "../"))
		}
	}
	if len(pages) < 30 {
		t.Fatalf("found %d pages: the test looks in the wrong place", len(pages))
	}
	return pages
}

// Every block of commands of every page runs, as it stands, against an API server with the
// operator's manifests and the objects that the pages speak of.
func TestCommands(t *testing.T) {
	t.Parallel()
	c := newCommands(t, controlplane.Options{})
	c.installed(t)
	excused := map[string]bool{}
	for _, page := range pagesWithCommands(t) {
		for i, b := range blocksOf(t, page) {
			switch {
			case elsewhere[page] != "":
				excused[page] = true
			case elsewhere[b.key()] != "":
				excused[b.key()] = true
			case slices.Contains(lifecycle, page):
			default:
				t.Run(fmt.Sprintf("%s %d %s", page, i+1, b.first), func(t *testing.T) { c.run(t, b.script) })
			}
		}
	}
	for key := range elsewhere {
		if !excused[key] {
			t.Errorf("elsewhere names %q, which has no block of commands", key)
		}
	}
	t.Run("a wrong command fails", func(t *testing.T) {
		for _, wrong := range []string{"kubectl get wxcustomer", "kubectl get wxca --no-such-flag", "kubectl get wxca --field-selector spec.nothing=1", "kubectl get wxca acme | false"} {
			if output, err := c.shell(t, c.prepare(t), wrong); err == nil {
				t.Errorf("%q succeeds:\n%s", wrong, output)
			}
		}
	})
}
