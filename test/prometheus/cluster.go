package prometheus

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/test/controlplane"
	"github.com/webex-operator/webex-license-operator/test/operator"
)

// Names of config/default, and of a Prometheus that runs beside it.
const (
	systemNamespace = "webex-license-operator-system"
	managerAccount  = "webex-license-operator-controller-manager"
	metricsReader   = "webex-license-operator-metrics-reader"

	monitoringNamespace = "monitoring"
	scraperAccount      = "prometheus"
	strangerAccount     = "stranger"
)

// Binary is the path of Prometheus: the variable PROMETHEUS, which make prometheus sets. It is empty for tests that run
// without the package.
func Binary() string { return os.Getenv("PROMETHEUS") }

// Cluster is a control plane on which config/default is installed, and the manager's binary. Tests share one; each has a
// [World] of its own.
type Cluster struct {
	*controlplane.ControlPlane
	client     client.WithWatch
	repository string
	directory  string
	manager    string
}

// StartCluster builds the manager of the repository, starts a control plane and installs config/default. There are no
// nodes: worlds start the manager themselves, with the token of its ServiceAccount.
func StartCluster(ctx context.Context, repository string) (*Cluster, error) {
	directory, err := os.MkdirTemp("", "prometheus-")
	if err != nil {
		return nil, err
	}
	c := &Cluster{repository: repository, directory: directory}
	if err := c.start(ctx); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

func (c *Cluster) start(ctx context.Context) (err error) {
	if c.manager, err = operator.Build(ctx, c.repository, c.directory); err != nil {
		return err
	}
	if c.ControlPlane, err = controlplane.Start(ctx, controlplane.Options{}); err != nil {
		return err
	}
	if c.client, err = client.NewWithWatch(c.Config, client.Options{Scheme: operator.Scheme()}); err != nil {
		return err
	}
	for _, args := range [][]string{
		{"apply", "--server-side", "-k", filepath.Join(c.repository, "config", "default")},
		{"wait", "--for=condition=Established", "crd", "--all"},
	} {
		kubectl := exec.CommandContext(ctx, filepath.Join(c.AssetsDir, "kubectl"), append(args, "--kubeconfig="+c.KubeconfigPath)...)
		if output, err := kubectl.CombinedOutput(); err != nil {
			return fmt.Errorf("kubectl %s: %w\n%s", args[0], err, output)
		}
	}
	for _, object := range scrapers() {
		if err := c.client.Create(ctx, object); err != nil {
			return err
		}
	}
	return nil
}

// scrapers are a ServiceAccount that may read the metrics, as the ServiceMonitor asks for, and one that may not.
func scrapers() []client.Object {
	account := func(name string) *corev1.ServiceAccount {
		return &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: monitoringNamespace, Name: name}}
	}
	return []client.Object{
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: monitoringNamespace}},
		account(scraperAccount), account(strangerAccount),
		&rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: "prometheus-reads-metrics"},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: metricsReader},
			Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: monitoringNamespace, Name: scraperAccount}},
		},
	}
}

// Stop ends the control plane and removes what was built.
func (c *Cluster) Stop() error {
	var err error
	if c.ControlPlane != nil {
		err = c.ControlPlane.Stop()
	}
	return errors.Join(err, os.RemoveAll(c.directory))
}

// token is one that the API server issues for a ServiceAccount, as it does for pods.
func (c *Cluster) token(ctx context.Context, namespace, account string) (string, error) {
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: new(int64(3600))}}
	object := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: account}}
	if err := c.client.SubResource("token").Create(ctx, object, request); err != nil {
		return "", err
	}
	return request.Status.Token, nil
}

// managerKubeconfig writes a kubeconfig with the rights of the manager's ServiceAccount.
func (c *Cluster) managerKubeconfig(ctx context.Context, path string) error {
	token, err := c.token(ctx, systemNamespace, managerAccount)
	if err != nil {
		return err
	}
	config := rest.AnonymousClientConfig(c.Config)
	kubeconfig := clientcmdapi.NewConfig()
	kubeconfig.Clusters["c"] = &clientcmdapi.Cluster{Server: config.Host, CertificateAuthorityData: config.CAData}
	kubeconfig.AuthInfos["u"] = &clientcmdapi.AuthInfo{Token: token}
	kubeconfig.Contexts["x"] = &clientcmdapi.Context{Cluster: "c", AuthInfo: "u"}
	kubeconfig.CurrentContext = "x"
	return clientcmd.WriteToFile(*kubeconfig, path)
}
