package controlplane

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// controllers are those that an operator without pods notices. All of them would need twice
// the memory and log about clouds and nodes that are not there.
var controllers = []string{
	"garbage-collector-controller",
	"namespace-controller",
	"serviceaccount-controller",
	"clusterrole-aggregation-controller",
}

// etcdSpec starts a single etcd that speaks TLS to holders of a certificate only: others
// on the machine must not read the Secrets that the API server keeps in it.
func etcdSpec(dir string, pki *pki, port string) spec {
	url := "https://127.0.0.1:" + port
	return spec{
		name: "etcd",
		args: []string{
			"--name=default",
			"--data-dir=" + filepath.Join(dir, "etcd"),
			"--listen-client-urls=" + url,
			"--advertise-client-urls=" + url,
			"--client-cert-auth",
			"--trusted-ca-file=" + pki.caPath,
			"--cert-file=" + pki.server.certPath,
			"--key-file=" + pki.server.keyPath,
			// No peers will come; port 0 is any free one.
			"--listen-peer-urls=http://127.0.0.1:0",
			// The data need not survive a power failure, and syncing costs most of the time of a write.
			"--unsafe-no-fsync",
		},
		ready: httpsReady(pki, url+"/health"),
	}
}

// apiServerSpec starts an API server with RBAC, certificates for users and tokens for
// service accounts, like a production one.
func apiServerSpec(pki *pki, etcdURL, port string, o Options) spec {
	args := []string{
		"--bind-address=127.0.0.1",
		"--advertise-address=127.0.0.1",
		"--secure-port=" + port,
		"--etcd-servers=" + etcdURL,
		"--etcd-cafile=" + pki.caPath,
		"--etcd-certfile=" + pki.admin.certPath,
		"--etcd-keyfile=" + pki.admin.keyPath,
		"--client-ca-file=" + pki.caPath,
		"--tls-cert-file=" + pki.server.certPath,
		"--tls-private-key-file=" + pki.server.keyPath,
		"--authorization-mode=RBAC",
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + pki.serviceAccount.keyPath,
		"--service-account-signing-key-file=" + pki.serviceAccount.keyPath,
		"--service-cluster-ip-range=10.0.0.0/24",
		"--allow-privileged=true",
		// The default reconciler keeps a lease that makes each stop wait.
		"--endpoint-reconciler-type=none",
	}
	if !o.ControllerManager {
		// Without the controllers there is no default service account, and this plugin
		// would refuse every pod.
		args = append(args, "--disable-admission-plugins=ServiceAccount")
	}
	return spec{
		name:  "kube-apiserver",
		args:  append(args, o.APIServerArgs...),
		ready: httpsReady(pki, "https://127.0.0.1:"+port+"/readyz"),
	}
}

// controllerManagerSpec starts the controllers. They listen on no port; the default
// service account, which one of them makes, is the sign that they work.
func controllerManagerSpec(pki *pki, kubeconfig string, config *rest.Config) spec {
	return spec{
		name: "kube-controller-manager",
		args: []string{
			"--kubeconfig=" + kubeconfig,
			"--controllers=" + strings.Join(controllers, ","),
			"--secure-port=0",
			"--leader-elect=false",
			"--use-service-account-credentials=false",
			"--service-account-private-key-file=" + pki.serviceAccount.keyPath,
			"--root-ca-file=" + pki.caPath,
		},
		ready: func(ctx context.Context) error {
			client, err := kubernetes.NewForConfig(config)
			if err != nil {
				return err
			}
			_, err = client.CoreV1().ServiceAccounts(metav1.NamespaceDefault).Get(ctx, "default", metav1.GetOptions{})
			return err
		},
	}
}

// httpsReady asks a health endpoint as the admin.
func httpsReady(pki *pki, url string) func(ctx context.Context) error {
	client := &http.Client{
		// One answer takes milliseconds; a stuck one is asked for again.
		Timeout:   5 * time.Second,
		Transport: &http.Transport{TLSClientConfig: pki.clientTLS(), DisableKeepAlives: true},
	}
	return func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		resp, err := client.Do(req)
		if err != nil {
			return err
		}
		defer func() { _ = resp.Body.Close() }()
		if resp.StatusCode != http.StatusOK {
			body, _ := io.ReadAll(io.LimitReader(resp.Body, logTail))
			return fmt.Errorf("%s: %s", resp.Status, body)
		}
		return nil
	}
}
