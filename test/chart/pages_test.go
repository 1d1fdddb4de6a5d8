package chart

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/webex-operator/webex-license-operator/test/controlplane"
)

var shellBlock = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")

// The commands of the chart's page run one after the other, as they stand, and so does the
// one of the first page.
func TestPages(t *testing.T) {
	t.Parallel()
	w := newCluster(t, controlplane.Options{ControllerManager: true})
	for _, name := range []string{"team-a", "team-b"} {
		w.namespace(name, nil)
	}
	w.shell(w.blocks(filepath.Join(chart, "README.md"), 3)...)
	w.run("", "uninstall", release)
	for _, block := range w.blocks(filepath.Join(repository, "README.md"), 3) {
		if strings.HasPrefix(block, "helm ") {
			w.shell(block)
		}
	}
	w.Expect(w.deployment(deployment).Spec.Template.Spec.Containers[0].Image).To(Equal("registry.example.com/webex-license-operator:v0.1.0"))
}

// blocks are the blocks of commands of a page.
func (w *world) blocks(page string, least int) (scripts []string) {
	w.t.Helper()
	content, err := os.ReadFile(page)
	w.Expect(err).NotTo(HaveOccurred())
	for _, match := range shellBlock.FindAllStringSubmatch(string(content), -1) {
		scripts = append(scripts, match[1])
	}
	w.Expect(len(scripts)).To(BeNumerically(">=", least), page)
	return scripts
}

// shell runs scripts in the repository, where helm and kubectl are found.
func (w *world) shell(scripts ...string) {
	w.t.Helper()
	for _, script := range scripts {
		cmd := exec.CommandContext(w.t.Context(), "bash", "-euo", "pipefail", "-c", script)
		cmd.Dir = repository
		cmd.Env = append(w.helm.env, "PATH="+strings.Join([]string{filepath.Dir(w.helm.binary), w.cluster.AssetsDir, os.Getenv("PATH")}, string(filepath.ListSeparator)))
		output, err := cmd.CombinedOutput()
		w.Expect(err).NotTo(HaveOccurred(), "%s\n%s", script, output)
	}
}
