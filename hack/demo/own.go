package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/test/controlplane"
	"github.com/webex-operator/webex-license-operator/test/operator"
)

// tokenSeconds outlasts any demo: a year.
const tokenSeconds = 365 * 24 * 60 * 60

// ownCluster is a control plane of the demo's own. The operator runs there as its service
// account.
type ownCluster struct {
	root string
	*controlplane.ControlPlane
	client client.Client
}

func (c *ownCluster) look(context.Context) error { return nil }

func (c *ownCluster) start(ctx context.Context, files *workspace) (clusterAccess, error) {
	var err error
	c.ControlPlane, err = controlplane.Start(ctx, controlplane.Options{
		CRDPaths:          []string{operator.CRDs(c.root)},
		ControllerManager: true,
		Log:               say,
	})
	if err != nil {
		return clusterAccess{}, err
	}
	kubectl := filepath.Join(c.AssetsDir, "kubectl"+exeSuffix)
	if _, err := os.Stat(kubectl); err != nil {
		return clusterAccess{}, fmt.Errorf("no kubectl beside the control plane: %w", err)
	}
	if c.client, err = newClient(c.Config); err != nil {
		return clusterAccess{}, err
	}
	operators, err := c.installOperator(ctx, kubectl)
	if err != nil {
		return clusterAccess{}, err
	}
	viewer := files.path(kubeconfigFile)
	return clusterAccess{client: c.client, kubectl: kubectl, viewer: viewer, operator: operators}, c.writeKubeconfig(viewer)
}

func (c *ownCluster) failed() <-chan struct{} { return c.Failed() }

func (c *ownCluster) err() error { return c.Err() }

func (c *ownCluster) createNamespace(ctx context.Context) error {
	return c.client.Create(ctx, customersNamespace())
}

func (c *ownCluster) stop() error {
	if c.ControlPlane == nil {
		return nil
	}
	return c.Stop()
}

// installOperator applies what config/default gives the operator: its namespace, service
// account and rights. The kinds are there already, and nothing runs pods here, so that the
// Deployment and its Service are left out. It returns a kubeconfig of the service account.
func (c *ownCluster) installOperator(ctx context.Context, kubectl string) (kubeconfig string, err error) {
	say("installing config/default: namespace, service account, roles")
	cmd := exec.CommandContext(ctx, kubectl, "kustomize", filepath.Join(c.root, "config", "default")) //nolint:gosec // our own program
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("rendering config/default: %w\n%s", err, stderr.Bytes())
	}
	objects, err := operator.Objects(out.Bytes())
	if err != nil {
		return "", fmt.Errorf("reading config/default: %w", err)
	}
	var account *unstructured.Unstructured
	for _, object := range objects {
		switch object.GetKind() {
		case "CustomResourceDefinition", "Deployment", "Service":
			continue
		case "ServiceAccount":
			account = object
		}
		if err := apply(ctx, c.client, object); err != nil {
			return "", err
		}
	}
	if account == nil {
		return "", errors.New("config/default has no ServiceAccount")
	}
	return c.serviceAccountKubeconfig(ctx, account.GetNamespace(), account.GetName())
}

// serviceAccountKubeconfig writes a kubeconfig with a token of a service account, beside
// the control plane's data, which is removed with it.
func (c *ownCluster) serviceAccountKubeconfig(ctx context.Context, namespace, name string) (string, error) {
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: new(int64(tokenSeconds))}}
	if err := c.client.SubResource("token").Create(ctx, account, request); err != nil {
		return "", fmt.Errorf("asking for a token of service account %s: %w", name, err)
	}
	config, err := clientcmd.LoadFromFile(c.KubeconfigPath)
	if err != nil {
		return "", err
	}
	config.AuthInfos = map[string]*clientcmdapi.AuthInfo{name: {Token: request.Status.Token}}
	config.Contexts[config.CurrentContext].AuthInfo = name
	path := filepath.Join(c.Dir, "operator.kubeconfig")
	return path, clientcmd.WriteToFile(*config, path) // mode 0600
}

// writeKubeconfig copies the administrator's kubeconfig, with the customers' namespace as
// the default, so that "kubectl get webexlicenses" needs no -n.
func (c *ownCluster) writeKubeconfig(to string) error {
	config, err := clientcmd.LoadFromFile(c.KubeconfigPath)
	if err != nil {
		return err
	}
	config.Contexts[config.CurrentContext].Namespace = namespace
	return clientcmd.WriteToFile(*config, to) // mode 0600
}
