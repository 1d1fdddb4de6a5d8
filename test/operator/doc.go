// Package operator runs the manager as it is shipped, the binary as a process of
// its own, and looks at what it leaves behind. It is for tests.
package operator

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// Build builds the manager of the repository into a directory, with further flags of
// go build, and returns its path.
func Build(ctx context.Context, repository, directory string, flags ...string) (string, error) {
	binary := filepath.Join(directory, "manager")
	build := exec.CommandContext(ctx, "go", append(append([]string{"build", "-o", binary}, flags...), ".")...) //nolint:gosec // flags are those of our tests
	build.Dir = repository
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the manager: %w\n%s", err, output)
	}
	return binary, nil
}

// CRDs is where a repository keeps the definitions of the operator's kinds.
func CRDs(repository string) string { return filepath.Join(repository, "config", "crd", "bases") }

// Scheme knows Kubernetes' own kinds and the operator's.
func Scheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			panic(err) // two types of one name
		}
	}
	return scheme
}
