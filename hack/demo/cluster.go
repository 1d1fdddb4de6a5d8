package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"

	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// cluster is where the demo happens: ownCluster or currentCluster. look, start and stop are
// called in this order, stop also after an error of the others.
type cluster interface {
	// look refuses a cluster that the demo cannot use, and asks for leave. It changes nothing.
	look(ctx context.Context) error
	// start brings up what the operator needs: an API server with the kinds, and rights there.
	start(ctx context.Context, files *workspace) (clusterAccess, error)
	// failed is closed when the cluster ends before the demo; err then says why.
	failed() <-chan struct{}
	err() error
	// createNamespace creates the customers' namespace.
	createNamespace(ctx context.Context) error
	// stop leaves nothing of the demo there.
	stop() error
}

// clusterAccess is how a cluster is reached.
type clusterAccess struct {
	client  client.Client
	kubectl string
	// viewer and operator are values of KUBECONFIG, for kubectl and for the operator.
	viewer, operator string
	// arguments are what the operator needs there besides those that it always gets.
	arguments []string
}

// newScheme knows Kubernetes' own kinds, their definitions and the operator's kinds.
func newScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	return scheme, errors.Join(clientgoscheme.AddToScheme(scheme), apiextensionsv1.AddToScheme(scheme), v1alpha1.AddToScheme(scheme))
}

func newClient(config *rest.Config) (client.Client, error) {
	scheme, err := newScheme()
	if err != nil {
		return nil, err
	}
	return client.New(config, client.Options{Scheme: scheme})
}

func customersNamespace() *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}
}

// kubectl runs kubectl against the cluster, with the viewer's terminal.
func (d *demo) kubectl(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, d.access.kubectl, args...) //nolint:gosec // the control plane's, or the viewer's own
	cmd.Env = append(os.Environ(), "KUBECONFIG="+d.access.viewer)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("kubectl %v: %w", args, err)
	}
	return nil
}
