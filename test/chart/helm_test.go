// Package chart tests charts/webex-license-operator with the helm of hack/tools: that it
// renders what config/ does, that each of its values has a use, and that a release can be
// installed, upgraded, rolled back and uninstalled without losing a customer or a row.
package chart

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/webex-operator/webex-license-operator/test/controlplane"
	"github.com/webex-operator/webex-license-operator/test/operator"
)

const (
	repository = "../.."
	chart      = repository + "/charts/webex-license-operator"
	// The names with which the chart's objects are called as those of config/default are.
	release   = "webex-license-operator"
	namespace = "webex-license-operator-system"
)

// helm runs the helm of hack/tools.
type helm struct {
	binary string
	env    []string
}

func newHelm(t *testing.T, kubeconfig string) helm {
	t.Helper()
	binary, err := filepath.Abs(filepath.Join(repository, "bin", "tools", "helm"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(binary); err != nil {
		t.Fatalf("%v: run hack/tools/build.sh helm", err)
	}
	// Nothing of the user's own, neither settings nor a cluster, and no warnings of a detector that
	// is meant for the manager.
	return helm{binary: binary, env: append(os.Environ(), "HOME="+t.TempDir(), "KUBECONFIG="+kubeconfig, "KUBE_CACHE_MUTATION_DETECTOR=",
		"HELM_CACHE_HOME=", "HELM_CONFIG_HOME=", "HELM_DATA_HOME=", "XDG_CACHE_HOME=", "XDG_CONFIG_HOME=", "XDG_DATA_HOME=")}
}

// run gives helm these values, in YAML, as its standard input if there are any.
func (h helm) run(ctx context.Context, values string, args ...string) (string, error) {
	if values != "" {
		args = append(args, "--values=-")
	}
	cmd := exec.CommandContext(ctx, h.binary, args...) //nolint:gosec // our own program
	cmd.Env = h.env
	cmd.Stdin = strings.NewReader(values)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("helm %s: %w\n%s", strings.Join(args, " "), err, stderr.Bytes())
	}
	if stderr.Len() > 0 { // warnings
		return "", fmt.Errorf("helm %s says: %s", strings.Join(args, " "), stderr.Bytes())
	}
	return stdout.String(), nil
}

// template renders the chart.
func (h helm) template(t *testing.T, values string) string {
	t.Helper()
	rendered, err := h.run(t.Context(), values, "template", release, chart, "--namespace="+namespace)
	if err != nil {
		t.Fatal(err)
	}
	return rendered
}

// withoutHooks are the objects that a release consists of: hooks come and go in an instant.
func withoutHooks(objects []*unstructured.Unstructured) []*unstructured.Unstructured {
	return slices.DeleteFunc(objects, func(o *unstructured.Unstructured) bool {
		_, hook := o.GetAnnotations()["helm.sh/hook"]
		return hook
	})
}

// kustomize is what kustomize makes of a directory of config.
func kustomize(t *testing.T, directory string) []*unstructured.Unstructured {
	t.Helper()
	assets, err := controlplane.AssetsDir()
	if err != nil {
		t.Fatal(err)
	}
	output, err := exec.CommandContext(t.Context(), filepath.Join(assets, "kubectl"), "kustomize", filepath.Join(repository, "config", directory)).Output()
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, string(output))
}

func decode(t *testing.T, manifests string) []*unstructured.Unstructured {
	t.Helper()
	objects, err := operator.Objects([]byte(manifests))
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

// valuesFile is one of the examples that come with the chart.
func valuesFile(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(chart, "ci", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
