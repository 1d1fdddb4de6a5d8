// Package rbac proves that the manager has the rights that it needs, and no others: it does
// its whole work with the RBAC of config/, the API server's audit log says which rights it
// used, and each of them is taken away once.
package rbac

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/webex-operator/webex-license-operator/test/controlplane"
	"github.com/webex-operator/webex-license-operator/test/operator"
)

const repository = "../.."

// shared is what all tests of the package use: a control plane and the binary.
var shared struct {
	cluster  *controlplane.ControlPlane
	manager  string
	auditLog string
}

// auditPolicy has each request of a service account noted, without its content.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
  userGroups: [system:serviceaccounts]
- level: None
`

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	// API servers of today send lists as watches, which takes no right to list; the others are
	// why the right is there.
	if err := os.Setenv("KUBE_FEATURE_WatchListClient", "false"); err != nil {
		os.Exit(fail(err))
	}
	os.Exit(func() int {
		directory, err := os.MkdirTemp("", "rbac-")
		if err != nil {
			return fail(err)
		}
		defer func() { _ = os.RemoveAll(directory) }()
		if shared.manager, err = operator.Build(context.Background(), repository, directory); err != nil {
			return fail(err)
		}
		shared.auditLog = filepath.Join(directory, "audit.log")
		policy := filepath.Join(directory, "audit-policy.yaml")
		if err := os.WriteFile(policy, []byte(auditPolicy), 0o600); err != nil {
			return fail(err)
		}
		shared.cluster, err = controlplane.Start(context.Background(), controlplane.Options{
			CRDPaths: []string{operator.CRDs(repository)},
			APIServerArgs: []string{
				"--audit-policy-file=" + policy,
				"--audit-log-path=" + shared.auditLog,
				// As on OpenShift: who sets blockOwnerDeletion must be allowed to update the
				// owner's finalizers.
				"--enable-admission-plugins=OwnerReferencesPermissionEnforcement",
			},
		})
		if err != nil {
			return fail(err)
		}
		defer func() { _ = shared.cluster.Stop() }()
		return m.Run()
	}())
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}
